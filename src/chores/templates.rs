//! What saved machines there are to go on from, for `pyro doctor`.

use super::doctor::{Check, failed, note, ok};
use crate::{
    host::Dirs,
    template::{self, Place, Told},
    workspace::{Settings, bytes_shown},
};

pub(super) fn check(dirs: &Dirs) -> Check {
    match Settings::from_env() {
        Ok(settings) => {
            let place = Place { cache: dirs.cache.clone(), home: dirs.home.clone() };
            judge(settings.templates, &template::list(&place), template::last_trouble(&dirs.cache))
        }
        Err(failure) => failed("templates", failure),
    }
}

fn judge(wanted: bool, found: &[Told], trouble: Option<String>) -> Check {
    let kept = found.iter().filter(|told| told.kept).count();
    let disk = bytes_shown(found.iter().map(|told| told.size_bytes).sum());
    let counted = match found.len() {
        0 => "none yet: the first machine of each size makes one".to_owned(),
        count => format!("{count}, {disk} on disk, {kept} kept in memory"),
    };
    if !wanted {
        return note(
            "templates",
            &format!("PYRO_TEMPLATES=off; {counted}"),
            "unset it: machines start many times faster",
        );
    }
    match trouble {
        Some(why) => {
            let remedy = "machines boot instead; tried again after an hour, or after `pyro env prune`";
            note("templates", &format!("{counted}; one was of no use: {why}"), remedy)
        }
        None => ok("templates", &counted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{chores::doctor::CheckState, template::Kind};

    #[test]
    fn templates_are_counted_and_trouble_is_told() {
        let told = |kept| Told {
            key: "k".into(),
            kind: Kind::Fresh,
            environment: "debian:12".into(),
            digest: "d".into(),
            vcpu_count: 1,
            mem_mib: 1024,
            execution_mode: None,
            made_at: 0,
            made_in_ms: 7,
            size_bytes: 64 << 20,
            kept,
        };
        let all = [told(true), told(false)];
        let check = judge(true, &all, None);
        assert_eq!((check.state, check.found.as_str()), (CheckState::Ok, "2, 128 MiB on disk, 1 kept in memory"));
        assert!(judge(true, &[], None).found.starts_with("none yet"));
        let check = judge(true, &all, Some("no room".into()));
        assert!(check.state == CheckState::Note && check.found.ends_with("one was of no use: no room"));
        assert!(judge(false, &all, None).found.starts_with("PYRO_TEMPLATES=off; 2, "));
    }
}

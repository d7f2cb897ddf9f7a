//! Decides which kernel modules are loaded and in which order, from what the modules say of themselves.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use super::elf;

/// What a machine needs from a distribution kernel: buses, disks, the agent's channel, entropy, the file systems.
pub(super) const WANTED: [&str; 8] = [
    "virtio_mmio",
    "virtio_blk",
    "virtio_console",
    "virtio_rng",
    "overlay",
    "erofs",
    "vmw_vsock_virtio_transport",
    "virtio_net",
];

#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(super) enum Unloadable {
    #[error("the kernel has no module `{0}`")]
    Missing(String),
    #[error("module `{0}` needs itself")]
    Circle(String),
    #[error("module `{0}` cannot be read")]
    Unreadable(String),
}

/// One name for one module: files say `-` where the kernel says `_`.
pub(super) fn normal(name: &str) -> String {
    name.replace('-', "_")
}

/// The module a path like `kernel/fs/erofs/erofs.ko.xz` holds.
pub(super) fn name_of(path: &str) -> Option<String> {
    let file = path.rsplit('/').next()?;
    let stem = ["", ".xz", ".gz"].iter().find_map(|packed| file.strip_suffix(packed)?.strip_suffix(".ko"))?;
    Some(normal(stem))
}

/// One module needed by another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Need {
    pub(super) name: String,
    /// A `softdep`: often an alias rather than a module, so it may be absent.
    pub(super) optional: bool,
}

/// What must be loaded before this module: its `depends` and its `softdep` with `pre:`.
pub(super) fn needs(module: &[u8]) -> Option<Vec<Need>> {
    let info = elf::section(module, ".modinfo")?;
    let mut needs = Vec::new();
    for field in info.split(|byte| *byte == 0).filter_map(|field| std::str::from_utf8(field).ok()) {
        if let Some(list) = field.strip_prefix("depends=") {
            let names = list.split(',').filter(|name| !name.is_empty());
            needs.extend(names.map(|name| Need { name: normal(name), optional: false }));
        } else if let Some(list) = field.strip_prefix("softdep=") {
            let mut before = false;
            for word in list.split_whitespace() {
                match word {
                    "pre:" => before = true,
                    "post:" => before = false,
                    name if before => needs.push(Need { name: normal(name), optional: true }),
                    _ => {}
                }
            }
        }
    }
    Some(needs)
}

/// Answers what a module needs; `None` where there is no such module.
type Lookup<'a> = dyn FnMut(&str) -> Result<Option<Vec<Need>>, Unloadable> + 'a;

/// `wanted` and all they need, each behind what it needs. Names in `builtin` need no loading.
pub(super) fn order(
    wanted: &[&str],
    builtin: &BTreeSet<String>,
    needs: &mut Lookup<'_>,
) -> Result<Vec<String>, Unloadable> {
    let mut done = Vec::new();
    let mut state = BTreeMap::new();
    for name in wanted {
        let need = Need { name: normal(name), optional: false };
        visit(&need, builtin, needs, &mut state, &mut done)?;
    }
    Ok(done)
}

fn visit(
    need: &Need,
    builtin: &BTreeSet<String>,
    needs: &mut Lookup<'_>,
    state: &mut BTreeMap<String, bool>,
    done: &mut Vec<String>,
) -> Result<(), Unloadable> {
    let name = need.name.as_str();
    match state.get(name) {
        Some(true) => return Ok(()),
        Some(false) => return Err(Unloadable::Circle(name.to_owned())),
        None if builtin.contains(name) => return Ok(()),
        None => {}
    }
    let first = match needs(name)? {
        Some(first) => first,
        None if need.optional => return Ok(()),
        None => return Err(Unloadable::Missing(name.to_owned())),
    };
    state.insert(name.to_owned(), false);
    for other in first {
        visit(&other, builtin, needs, state, done)?;
    }
    state.insert(name.to_owned(), true);
    done.push(name.to_owned());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `?` in front marks an optional one.
    fn need(text: &str) -> Need {
        Need { name: text.trim_start_matches('?').to_owned(), optional: text.starts_with('?') }
    }

    fn check(graph: &[(&str, &[&str])], wanted: &[&str]) -> Result<Vec<String>, Unloadable> {
        let builtin = BTreeSet::from(["ext4".to_owned()]);
        order(wanted, &builtin, &mut |name| {
            let found = graph.iter().find(|(module, _)| *module == name);
            Ok(found.map(|(_, needs)| needs.iter().map(|name| need(name)).collect()))
        })
    }

    #[test]
    fn what_is_needed_comes_first_and_once() {
        let graph: &[(&str, &[&str])] = &[
            ("virtio", &["virtio_ring"]),
            ("virtio_ring", &["?alias"]),
            ("virtio_blk", &["virtio", "virtio_ring", "ext4"]),
        ];
        assert_eq!(check(graph, &["virtio-blk", "virtio"]).unwrap(), ["virtio_ring", "virtio", "virtio_blk"]);
    }

    #[test]
    fn a_missing_module_and_a_circle_are_errors() {
        assert_eq!(check(&[], &["a"]), Err(Unloadable::Missing("a".to_owned())));
        assert_eq!(check(&[("a", &["b"]), ("b", &["a"])], &["a"]), Err(Unloadable::Circle("a".to_owned())));
    }

    #[test]
    fn modinfo_says_what_is_needed() {
        let info = b"license=GPL\0depends=libcrc32c,virtio-ring\0softdep=pre: crc32c lz4 post: late\0name=x\0";
        let module = elf::tests::with_section(".modinfo", info);
        assert_eq!(needs(&module).unwrap(), ["libcrc32c", "virtio_ring", "?crc32c", "?lz4"].map(need));
        assert_eq!(needs(&elf::tests::with_section(".modinfo", b"depends=\0")).unwrap(), []);
        assert_eq!(needs(b"garbage"), None);
    }

    #[test]
    fn names_come_from_paths() {
        assert_eq!(name_of("kernel/drivers/block/virtio-blk.ko.xz").as_deref(), Some("virtio_blk"));
        assert_eq!(name_of("erofs.ko").as_deref(), Some("erofs"));
        assert_eq!(name_of("modules.order"), None);
    }
}

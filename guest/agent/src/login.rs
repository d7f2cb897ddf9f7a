//! The environment of a login shell, captured once and given to every command.

use std::{collections::BTreeMap, ffi::OsString, os::unix::ffi::OsStringExt, time::Duration};

use pyro_protocol::{
    exec::{KILL_GRACE_MS, Stdin},
    frame::Stream,
};
use tokio::sync::OnceCell;

use crate::{
    Agent, Place,
    exec::{Exec, Spec},
};

/// A profile that takes longer is cut off, and commands get the defaults.
const CAPTURE_DEADLINE: Duration = Duration::from_secs(10);
/// What a login shell adds that belongs to that one process.
const OWN_TO_A_SHELL: [&str; 4] = ["PWD", "OLDPWD", "SHLVL", "_"];

pub(crate) type Environment = BTreeMap<OsString, OsString>;

/// The login environment: given, or captured when first asked for.
#[derive(Debug)]
pub struct Login {
    cell: OnceCell<Environment>,
    base: Environment,
}

impl Login {
    /// Uses exactly this environment.
    pub fn given(environment: BTreeMap<String, String>) -> Self {
        let given: Environment = environment.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { cell: OnceCell::new_with(Some(given)), base: Environment::new() }
    }

    /// Captures `sh -l` beneath `base` and the defaults of a machine without one.
    pub fn captured(base: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let defaults = [
            ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
            ("HOME", "/root"),
            ("USER", "root"),
            ("LOGNAME", "root"),
            ("SHELL", "/bin/bash"),
            ("LANG", "C.UTF-8"),
            ("TERM", "dumb"),
            ("DEBIAN_FRONTEND", "noninteractive"),
        ];
        let mut environment: Environment = defaults.map(|(name, value)| (name.into(), value.into())).into();
        environment.extend(base);
        // Output goes to pipes, whatever terminal the base environment came from.
        environment.insert("TERM".into(), "dumb".into());
        Self { cell: OnceCell::new(), base: environment }
    }

    /// Answers the environment, capturing it on the first call.
    pub(crate) async fn environment(&self, agent: &Agent) -> &Environment {
        self.cell.get_or_init(|| self.capture(agent)).await
    }

    async fn capture(&self, agent: &Agent) -> Environment {
        let spec = Spec {
            argv: vec!["-lc".into(), "exec env -0".into()],
            environment: self.base.clone(),
            // A profile may rely on the home directory; the root always exists.
            cwd: None,
            stdin: Stdin::Null,
            terminal: None,
            contained: false,
            timeout: Some(CAPTURE_DEADLINE),
            grace: Duration::from_millis(KILL_GRACE_MS),
        };
        let Ok(exec) = Exec::spawn(agent, spec, 0) else { return self.base.clone() };
        let ended = exec.output.ended().await;
        if ended.exit_code != 0 {
            return self.base.clone();
        }
        let mut environment = self.base.clone();
        environment.extend(parse(exec.output.kept(Stream::Stdout)));
        for name in OWN_TO_A_SHELL {
            environment.remove(std::ffi::OsStr::new(name));
        }
        if agent.place == Place::Guest {
            environment.insert("TERM".into(), "dumb".into());
        }
        environment
    }
}

fn parse(output: Vec<u8>) -> Environment {
    // A talkative profile may print before `env` does: its text then stands in front of the first name, and goes.
    output
        .split(|byte| *byte == 0)
        .filter_map(|pair| pair.iter().position(|byte| *byte == b'=').map(|at| (&pair[..at], &pair[at + 1..])))
        .map(|(name, value)| (name.rsplit(|byte| *byte == b'\n').next().unwrap_or(name), value))
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, value)| (OsString::from_vec(name.to_vec()), OsString::from_vec(value.to_vec())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_profile_prints_does_not_become_a_variable() {
        let environment = parse(b"Welcome!\nPATH=/bin\0MULTI=a\nb=c\0\0".to_vec());
        assert_eq!(environment, Environment::from([("PATH".into(), "/bin".into()), ("MULTI".into(), "a\nb=c".into())]));
    }
}

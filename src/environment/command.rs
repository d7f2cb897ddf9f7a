//! Runs one program of a build so that nothing of it outlives the build: not a canceled call, not a killed pyro.

use std::{ffi::OsString, fs::File, path::PathBuf, process::Stdio};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::Command,
};

use super::trouble::{self, Log};
use crate::failure::Failure;

/// Runs "$@" and kills the whole process group when standard input ends, which it does when pyro ends in any way.
/// Descriptor 3 because a shell gives background jobs /dev/null as their standard input.
const WATCHED: &str = r#"exec 3<&0 </dev/null
"$@" 3<&- &
child=$!
(read -r line <&3; kill -KILL 0) >/dev/null 2>&1 &
watcher=$!
exec 3<&-
wait "$child"; status=$?
kill -KILL "$watcher" 2>/dev/null
exit "$status""#;

/// One program to run.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// Completes "could not …".
    pub(super) what: &'static str,
    /// Put before the watching shell: what makes the namespace, if any.
    pub(super) prefix: Vec<OsString>,
    pub(super) line: Vec<OsString>,
    pub(super) variables: Vec<(String, OsString)>,
    /// Hidden from messages.
    pub(super) directory: PathBuf,
}

/// Kills the process group when the future that waits for it is dropped.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0.take() {
            // Already gone is fine.
            let _ = killpg(group, Signal::SIGKILL);
        }
    }
}

impl Step {
    /// Runs it to its end with standard output in `output`, or returned where that is `None`.
    pub(super) async fn run(
        &self,
        output: Option<File>,
        on_line: &mut (dyn FnMut(&str) + Send),
    ) -> Result<String, Failure> {
        let words: Vec<OsString> =
            self.prefix.iter().cloned().chain(["sh", "-c", WATCHED, "sh"].map(OsString::from)).collect();
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).args(&self.line).current_dir(&self.directory);
        command.env_clear().envs(inherited()).envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stderr(Stdio::piped());
        command.stdout(output.map_or_else(Stdio::piped, Stdio::from));
        command.process_group(0).kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| Failure::io(self.what, &error))?;
        let mut group = Group(child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw));
        let _open = child.stdin.take();

        let mut log = Log::default();
        let mut text = Vec::new();
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let read_output = async {
            match stdout {
                Some(mut stdout) => stdout.read_to_end(&mut text).await.map(|_| ()),
                None => Ok(()),
            }
        };
        let read_lines = async {
            let Some(stderr) = stderr else { return Ok(()) };
            let mut lines = BufReader::new(stderr).split(b'\n');
            while let Some(line) = lines.next_segment().await? {
                let line = String::from_utf8_lossy(&line);
                on_line(&line);
                log.add(&line);
            }
            Ok::<(), std::io::Error>(())
        };
        let ended = async {
            tokio::try_join!(read_output, read_lines)?;
            child.wait().await
        };
        let status = ended.await.map_err(|error| Failure::io(self.what, &error))?;
        group.0 = None;
        if status.success() {
            return Ok(String::from_utf8_lossy(&text).into_owned());
        }
        Err(trouble::explain(self.what, status.code(), &log, &self.directory))
    }
}

/// The few variables a build may see of ours: maintainer scripts run as root and must not depend on the caller.
fn inherited() -> impl Iterator<Item = (String, OsString)> {
    const KEPT: [&str; 7] =
        ["SSL_CERT_FILE", "SSL_CERT_DIR", "no_proxy", "NO_PROXY", "http_proxy", "https_proxy", "ftp_proxy"];
    let kept = KEPT.iter().filter_map(|name| Some(((*name).to_owned(), std::env::var_os(name)?)));
    let mut path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
    path.push(":/usr/local/sbin:/usr/sbin:/sbin");
    kept.chain([("PATH".to_owned(), path), ("LC_ALL".to_owned(), "C.UTF-8".into()), ("HOME".to_owned(), "/".into())])
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::failure::Code;

    fn step(script: &str) -> Step {
        Step {
            what: "try",
            prefix: Vec::new(),
            line: ["sh", "-c", script].map(OsString::from).to_vec(),
            variables: vec![("GREETING".to_owned(), "hello".into())],
            directory: std::env::temp_dir(),
        }
    }

    #[tokio::test]
    async fn output_and_lines_come_back() {
        let mut lines = Vec::new();
        let script = "echo $GREETING; echo one >&2; echo two >&2";
        let text = step(script).run(None, &mut |line| lines.push(line.to_owned())).await.unwrap();
        assert_eq!((text.as_str(), lines), ("hello\n", vec!["one".to_owned(), "two".to_owned()]));
    }

    #[tokio::test]
    async fn a_full_disk_is_a_limit() {
        let script = "echo 'cp: write error: No space left on device' >&2; exit 3";
        let failure = step(script).run(None, &mut |_| {}).await.unwrap_err();
        assert_eq!(failure.code, Code::Limit);
    }

    #[tokio::test]
    async fn dropping_the_future_ends_every_process() {
        let dir = tempfile::tempdir().unwrap();
        let mark = dir.path().join("pid");
        let script = format!("sh -c 'echo $$ > {}; exec sleep 60' & wait", mark.display());
        let ended = tokio::time::timeout(Duration::from_millis(500), step(&script).run(None, &mut |_| {})).await;
        assert!(ended.is_err());
        let pid = std::fs::read_to_string(&mark).unwrap();
        let gone = || match std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())) {
            Ok(stat) => stat.contains(") Z "),
            Err(_) => true,
        };
        let start = Instant::now();
        while !gone() {
            assert!(start.elapsed() < Duration::from_secs(2), "still running");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

//! The agent's routes. `{exec}` stands for the number in [`crate::exec::ExecStarted`], `{dial}` for one that
//! [`DIALS`] told.

/// GET -> [`crate::control::Health`].
pub const HEALTH: &str = "/v1/health";
/// POST [`crate::control::Wake`] -> [`crate::control::Health`].
pub const WAKE: &str = "/v1/wake";
/// POST -> `{}`: all file systems written to disk.
pub const SYNC: &str = "/v1/sync";
/// POST [`crate::control::Shutdown`] -> `{}`, then the guest powers off.
pub const SHUTDOWN: &str = "/v1/shutdown";
/// POST [`crate::exec::ExecRequest`] -> frames, from `Started` to `Ended`. Dropping the answer leaves the command running.
pub const EXEC: &str = "/v1/exec";
/// GET `/v1/exec/{exec}?stdout=OFFSET&stderr=OFFSET` -> frames from there on; DELETE forgets an ended command.
pub const EXEC_ONE: &str = "/v1/exec/{exec}";
/// PUT raw bytes -> `{}`: standard input, closed by the body's end.
pub const EXEC_STDIN: &str = "/v1/exec/{exec}/stdin";
/// PUT raw bytes -> [`crate::exec::Typed`]: typed into a command's terminal. The body's end closes nothing.
pub const EXEC_TYPE: &str = "/v1/exec/{exec}/type";
/// POST [`crate::exec::TerminalSize`] -> `{}`: its programs are told by WINCH.
pub const EXEC_RESIZE: &str = "/v1/exec/{exec}/resize";
/// POST [`crate::exec::ExecSignal`] -> [`crate::exec::Signaled`].
pub const EXEC_SIGNAL: &str = "/v1/exec/{exec}/signal";
/// POST -> `{}`: TERM to the process group (HUP to a terminal's session, TERM to all that is contained), KILL after the
/// command's grace.
pub const EXEC_CANCEL: &str = "/v1/exec/{exec}/cancel";
/// GET `?path=&offset=&length=` or `?path=&line=&lines=&length=` -> the file's bytes, or that piece of them;
/// PUT `?path=&mode=&create_only=1&expect=` bytes -> [`crate::file::FileWritten`], atomically.
pub const FILE: &str = "/v1/file";
/// GET `?path=` -> tar of that tree; PUT `?path=` tar -> [`crate::file::TarUnpacked`].
pub const TAR: &str = "/v1/tar";
/// GET `?path=&depth=&exclude_git=1&after=` -> [`crate::tree::Record`]s of everything below, parents first, the names of
/// each directory in byte order. A file lists itself.
pub const WALK: &str = "/v1/walk";
/// PUT `?path=`, the body of [`crate::tree::ApplyRequest`] -> [`crate::tree::Applied`]: all of it or nothing.
pub const APPLY: &str = "/v1/apply";
/// POST -> a body without bytes: file systems stay frozen until it is dropped, at most
/// [`crate::tree::FROZEN_SECONDS_MAX`]; then it breaks off.
pub const FREEZE: &str = "/v1/freeze";
/// POST [`crate::probe::Probe`] -> [`crate::probe::Probed`].
pub const PROBE: &str = "/v1/probe";
/// POST [`crate::network::Furnishing`] -> [`crate::network::Furnished`]: what this machine is given besides its disk.
/// Said again, it replaces what was said before.
pub const FURNISH: &str = "/v1/furnish";
/// POST `?port=` raw bytes -> raw bytes: a connection to that TCP port of the guest's loopback. The answer's head comes
/// once it is there; each body's end closes that direction, and a body that breaks off resets the connection.
pub const CONNECT: &str = "/v1/connect";
/// GET -> [`crate::network::DIAL_BYTES`] each: numbers of connections that programs of the guest opened to the proxy's port
/// and that wait for the host to take them up, those of before included. One listener at a time: a later one takes over
/// from an earlier, whose answer ends.
pub const DIALS: &str = "/v1/dials";
/// POST raw bytes -> raw bytes: takes such a connection up, once; the answer is what its program sends.
pub const DIAL_ONE: &str = "/v1/dials/{dial}";
/// GET -> [`crate::network::DialOwner`], as long as that connection is not over.
pub const DIAL_OWNER: &str = "/v1/dials/{dial}/owner";

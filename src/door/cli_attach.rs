//! `pyro workspace shell attach`: a person's own terminal on a shell of a workspace.

use std::io::Write;

use bytes::Bytes;
use clap::{Arg, ArgMatches, Command};
use futures_util::StreamExt;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use pyro_protocol::exec::TerminalSize;
use serde_json::json;
use tokio::{
    io::AsyncReadExt,
    signal::unix::{SignalKind, signal},
    sync::mpsc,
};

use super::{Front, Streams};
use crate::{
    failure::{Code, Failure},
    host::tty::{self, RawTerminal},
    ids::ShellId,
    limits,
    registry::{CallScope, Calls, Profile},
    supervisor::Client,
    workspace::WorkspaceRef,
};

/// Ctrl-], as telnet has it: programs hardly use it.
const LEAVE: u8 = 0x1d;
/// Keys on their way; a shell that takes none holds the person's typing back.
const KEYS_AHEAD: usize = 16;

pub(super) const WORDS: [&str; 3] = ["workspace", "shell", "attach"];

pub(super) fn command() -> Command {
    Command::new("attach")
        .about("Puts this terminal on a shell of a workspace; Ctrl-] leaves it running")
        .arg(Arg::new("workspace_id").required(true).value_name("WORKSPACE_ID").help("Id or name"))
        .arg(
            Arg::new("shell_id")
                .value_name("SHELL_ID")
                .value_parser(|text: &str| text.parse::<ShellId>().map_err(|failure| failure.message))
                .help("Which; without it a new one is opened"),
        )
        .after_help(
            "Its exit status becomes ours when it ends.\n\nExample:\n  pyro workspace shell attach my-workspace",
        )
}

/// How it ended for the person.
enum Left {
    /// The shell goes on.
    Detached,
    Ended {
        exit: u8,
        detail: Option<String>,
    },
}

pub(super) fn run(matches: &ArgMatches, front: &Front, streams: &Streams) -> Result<u8, Failure> {
    let workspace = matches.get_one::<String>("workspace_id").map_or("", String::as_str);
    let workspace: WorkspaceRef = serde_json::from_value(json!(workspace))
        .map_err(|error| Failure::invalid(format!("{workspace:?} is no workspace: {error}")))?;
    if !tty::is_there() {
        return Err(Failure::invalid("standard input and output are no terminal")
            .hint("programs use: pyro workspace shell write, and read"));
    }
    let calls = (front.open)(&front.registry)?;
    let runtime = super::runtime()?;
    let done = runtime.block_on(attach(&calls, &workspace, matches.get_one::<ShellId>("shell_id").cloned()));
    // A blocked read of the keyboard must not hold the exit.
    runtime.shutdown_background();
    let (shell, left) = done?;
    let (exit, said) = match left {
        Left::Detached => {
            let words = WORDS.join(" ");
            (0, Some(format!("pyro: {shell} goes on; back to it with: pyro {words} {} {shell}\n", workspace.as_str())))
        }
        Left::Ended { exit, detail } => (exit, detail.map(|detail| format!("pyro: {shell} has ended: {detail}\n"))),
    };
    streams.err(said.unwrap_or_default());
    Ok(exit)
}

async fn attach(calls: &Calls, workspace: &WorkspaceRef, shell: Option<ShellId>) -> Result<(ShellId, Left), Failure> {
    let call = async |tool: &str, input| {
        let scope = CallScope { door: "cli", ..CallScope::default() };
        calls.call(tool, input, &Profile::everything(), scope).await
    };
    let size = size();
    let shell = match shell {
        Some(shell) => shell,
        None => {
            let input = json!({"workspace_id": workspace.as_str(), "cols": size.cols, "rows": size.rows});
            let opened = call("workspace_shell_open", input).await?;
            opened["shell_id"].as_str().unwrap_or_default().parse()?
        }
    };
    let workspaces = &calls.services().workspaces;
    let client = workspaces.shell_client(&workspaces.find(workspace)?, &shell).await?;
    if talk(&client, &shell, size).await? {
        return Ok((shell, Left::Detached));
    }
    let close = json!({"workspace_id": workspace.as_str(), "shell_id": shell.as_str()});
    let closed = call("workspace_shell_close", close).await?;
    let exit = closed["exit_code"].as_u64().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Ok((shell, Left::Ended { exit, detail: closed["detail"].as_str().map(str::to_owned) }))
}

/// Carries keys in and what is shown out, until the person leaves, which is true, or the shell ends.
async fn talk(client: &Client, shell: &ShellId, mut now: TerminalSize) -> Result<bool, Failure> {
    let (keys, typed) = mpsc::channel::<Bytes>(KEYS_AHEAD);
    let typed = futures_util::stream::unfold(typed, |mut typed| async move { Some((typed.recv().await?, typed)) });
    let body = StreamBody::new(typed.map(|bytes| Ok(Frame::data(bytes)))).boxed_unsync();
    let mut shown = client.attach_shell(shell, now, body).await?.into_body();
    let mut resized = signal(SignalKind::window_change()).map_err(|error| Failure::io("watch the window", &error))?;
    // Not sooner: until here Ctrl-C is to end this program.
    let _raw = RawTerminal::enter().map_err(|error| Failure::io("take over the terminal", &error))?;
    let leaves = tokio::spawn(read_keys(keys));
    let mut leaves = std::pin::pin!(leaves);
    loop {
        tokio::select! {
            frame = shown.frame() => match frame {
                Some(Ok(frame)) => show(frame)?,
                Some(Err(_)) => {
                    let lost = Failure::new(Code::VmDied, format!("the connection to {shell} was lost"));
                    return Err(lost.hint("workspace_status tells whether it still runs"));
                }
                None => return Ok(false),
            },
            _ = &mut leaves => return Ok(true),
            _ = resized.recv() => {
                let new = size();
                // A shell that has just ended says so by itself.
                if new != now && client.resize_shell(shell, new).await.is_ok() {
                    now = new;
                }
            }
        }
    }
}

/// Ends when the person leaves, or the terminal is gone.
async fn read_keys(keys: mpsc::Sender<Bytes>) {
    let mut stdin = tokio::io::stdin();
    let mut piece = vec![0; 4096];
    while let Ok(count @ 1..) = stdin.read(&mut piece).await {
        let typed = &piece[..count];
        let leave = typed.iter().position(|key| *key == LEAVE);
        let before = Bytes::copy_from_slice(&typed[..leave.unwrap_or(count)]);
        if (!before.is_empty() && keys.send(before).await.is_err()) || leave.is_some() {
            return;
        }
    }
}

fn show(frame: Frame<Bytes>) -> Result<(), Failure> {
    let Ok(bytes) = frame.into_data() else { return Ok(()) };
    let mut out = std::io::stdout().lock();
    out.write_all(&bytes).and_then(|()| out.flush()).map_err(|error| Failure::io("write to the terminal", &error))
}

fn size() -> TerminalSize {
    let (cols, rows) = tty::size().unwrap_or((limits::cols_default(), limits::rows_default()));
    let side = |side: u16| side.clamp(1, limits::TERMINAL_SIDE_MAX);
    TerminalSize { cols: side(cols), rows: side(rows) }
}

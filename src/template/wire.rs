//! What a keeper is told at its start and asked on its socket, and how descriptors come along.

use std::{
    io::{self, IoSlice, IoSliceMut},
    os::{
        fd::{AsRawFd, BorrowedFd, OwnedFd},
        unix::net::UnixStream,
    },
    path::PathBuf,
};

use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::Wanted;
use crate::failure::Failure;

/// A message's longest form, bytes.
const MESSAGE_BYTES_MAX: usize = 16 * 1024;
/// Descriptors that come with one message at most.
const FDS_MAX: usize = 3;

/// Where templates and their keepers are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Files that outlive their keepers.
    pub cache: PathBuf,
    /// Keepers of one state directory do not serve another's.
    pub home: PathBuf,
}

/// First line of a keeper's standard input.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) place: Place,
    pub(super) wanted: Wanted,
}

/// First line of a spare's standard input, which stays open for as long as its keeper lives.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SpareOrder {
    pub place: Place,
    pub wanted: Wanted,
    /// Its own.
    pub dir: PathBuf,
}

/// What a keeper is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Question {
    /// Its descriptors.
    Give,
    /// A machine that has gone on from it already, for who has this environment.
    Take { environment: String },
    /// A machine did not go on from it: it is of no use.
    Failed(String),
}

/// What it answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    /// Memory, state and disk come along.
    Given,
    /// The directory of a spare, now the asker's alone.
    Spare(PathBuf),
    NoSpare,
    /// There is none to be had.
    None(Failure),
}

/// Sends one message. Messages are short, and their reader waits for them.
pub(super) fn send<T: Serialize>(stream: &UnixStream, message: &T, fds: &[BorrowedFd<'_>]) -> io::Result<()> {
    let mut bytes = serde_json::to_vec(message)?;
    bytes.push(b'\n');
    let fds: Vec<i32> = fds.iter().map(AsRawFd::as_raw_fd).collect();
    let rights = ControlMessage::ScmRights(&fds);
    let along = if fds.is_empty() { &[][..] } else { std::slice::from_ref(&rights) };
    let sent = sendmsg::<()>(stream.as_raw_fd(), &[IoSlice::new(&bytes)], along, MsgFlags::MSG_NOSIGNAL, None)?;
    if sent == bytes.len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
}

/// Waits for one message and what comes with it; an end without one is an error.
pub(super) fn receive<T: DeserializeOwned>(stream: &UnixStream) -> io::Result<(T, Vec<OwnedFd>)> {
    let (mut bytes, mut fds) = (Vec::new(), Vec::new());
    let mut buffer = vec![0; MESSAGE_BYTES_MAX];
    while bytes.last() != Some(&b'\n') {
        let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FDS_MAX))];
        let mut along = RecvAncillaryBuffer::new(&mut space);
        let read = recvmsg(stream, &mut [IoSliceMut::new(&mut buffer)], &mut along, RecvFlags::CMSG_CLOEXEC)?;
        for message in along.drain() {
            if let RecvAncillaryMessage::ScmRights(rights) = message {
                fds.extend(rights);
            }
        }
        if read.bytes == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&buffer[..read.bytes]);
        if bytes.len() > MESSAGE_BYTES_MAX {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
    Ok((serde_json::from_slice(&bytes)?, fds))
}

#[cfg(test)]
mod tests {
    use std::{fs::File, io::Read, os::fd::AsFd};

    use super::*;

    #[test]
    fn descriptors_come_with_the_answer() {
        let (keeper, asker) = UnixStream::pair().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let files: Vec<File> = ["memory", "state", "disk"]
            .into_iter()
            .map(|name| {
                std::fs::write(dir.path().join(name), name).unwrap();
                File::open(dir.path().join(name)).unwrap()
            })
            .collect();
        send(&keeper, &Answer::Given, &files.iter().map(AsFd::as_fd).collect::<Vec<_>>()).unwrap();
        let (answer, fds) = receive::<Answer>(&asker).unwrap();
        assert_eq!(answer, Answer::Given);
        let read = |fd: OwnedFd| {
            let mut text = String::new();
            File::from(fd).read_to_string(&mut text).map(|_| text).unwrap()
        };
        assert_eq!(fds.into_iter().map(read).collect::<Vec<_>>(), ["memory", "state", "disk"]);
        drop(keeper);
        assert!(receive::<Answer>(&asker).is_err());
    }
}

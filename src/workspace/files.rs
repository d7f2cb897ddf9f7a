//! Single files of a workspace: listed, read in pieces, written whole.

use std::{fmt, io};

use bytes::Bytes;
use futures_util::stream;
use pyro_protocol::tree::Entry;
use pyro_tree::{WalkOptions, sha256_of};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    diff::{EntryType, Paths},
    image,
    output::{self, json_bytes},
    paths,
    workspaces::{Workspaces, activity},
};
use crate::{
    failure::{Code, Failure},
    host::clock::rfc3339,
    ids::WorkspaceId,
    limits,
    link::{Piece, PutFile},
    progress::ProgressSink,
    supervisor::client,
    vm::ExecutionMode,
};

/// Which entries a list holds.
#[derive(Clone, Debug)]
pub struct Listing {
    pub path: String,
    /// Levels below `path`; all where absent.
    pub depth: Option<u32>,
    pub glob: Option<String>,
    pub limit: usize,
    pub cursor: Option<String>,
}

/// One entry of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct FileEntry {
    /// Absolute; invalid UTF-8 replaced.
    pub path: String,
    pub artifact_type: EntryType,
    /// Of a file; 0 for everything else.
    pub size_bytes: u64,
    /// Permissions, e.g. 0644.
    pub mode: String,
    pub modified_at: String,
    /// Where a symlink leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_target: Option<String>,
    /// A directory that could not be read: its entries are missing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unreadable: bool,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileList {
    pub workspace_id: WorkspaceId,
    /// Absolute.
    pub path: String,
    pub count: u64,
    /// Depth first, the names of a directory in the order of their bytes.
    pub entries: Vec<FileEntry>,
    /// For the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    pub execution_mode: ExecutionMode,
    /// The workspace was stopped, and this call started it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resumed: bool,
}

/// Where a piece of a file begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// A byte; from the end where negative.
    Offset(i64),
    /// A line, from 1; from the end where negative. So many at most.
    Line(i64, Option<u64>),
}

/// A piece of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FilePiece {
    pub workspace_id: WorkspaceId,
    /// Absolute.
    pub path: String,
    /// Of the whole file.
    pub size_bytes: u64,
    /// UTF-8; empty where the piece is binary.
    pub content: String,
    /// Of the content's first byte.
    pub offset: u64,
    /// Where the next piece begins; absent at the end of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_offset: Option<u64>,
    /// Number of the first line, where lines were asked for and counted from the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The content is not the whole file.
    pub truncated: bool,
    /// No text: workspace_export copies it out.
    pub binary: bool,
    /// image/png or image/jpeg; where it is not too large, it stands beside the result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Permissions, e.g. 0644.
    pub mode: String,
    /// Of the whole file, where the content is it: for workspace_file_write's expected_sha256.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    pub execution_mode: ExecutionMode,
    /// The workspace was stopped, and this call started it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resumed: bool,
}

/// How to write a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Writing {
    pub path: String,
    pub text: String,
    /// Octal permissions.
    pub mode: Option<String>,
    pub create_only: bool,
    pub expected_sha256: Option<String>,
}

/// A file that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Written {
    pub workspace_id: WorkspaceId,
    /// Absolute.
    pub path: String,
    pub bytes_written: u64,
    /// There was no such file before.
    pub created: bool,
    /// Permissions it has now, e.g. 0644.
    pub mode: String,
    /// Of what was written.
    pub sha256: String,
    pub execution_mode: ExecutionMode,
    /// The workspace was stopped, and this call started it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resumed: bool,
}

impl Workspaces {
    /// Lists what is below a path; a file or link lists itself.
    pub async fn list_files(
        &self,
        id: &WorkspaceId,
        listing: &Listing,
        progress: Option<&ProgressSink>,
    ) -> Result<FileList, Failure> {
        let path = paths::inside("path", &listing.path)?;
        let pattern = listing.glob.as_ref().map(|glob| Paths::new(&[glob])).transpose()?;
        let after = listing.cursor.as_deref().map(from_cursor).transpose()?;
        let inhabited = self.inhabit(id, progress).await?;
        let guest = inhabited.guest();
        let (mut entries, mut next_cursor, mut last, mut cost) = (Vec::new(), None, None, 0);
        if let Some(entry) = inhabited.itself(&path).await? {
            entries.push(FileEntry { path: path.clone(), ..FileEntry::of(&path, &entry) });
        } else {
            let options = WalkOptions { depth: listing.depth, exclude_git: false, after };
            let mut walk = guest.walk(&path, &options).await.map_err(client::failure)?;
            while let Some(entry) = walk.next().await.map_err(client::failure)? {
                if pattern.as_ref().is_some_and(|pattern| !pattern.matches(&entry.path)) {
                    continue;
                }
                if entries.len() == listing.limit || cost > limits::FILE_LIST_JSON_BYTES_MAX {
                    next_cursor = last.as_ref().map(to_cursor);
                    break;
                }
                let shown = FileEntry::of(&path, &entry);
                cost += json_bytes(&shown.path) + shown.link_target.as_deref().map_or(0, json_bytes) + 160;
                entries.push(shown);
                last = Some(entry.path);
            }
        }
        Ok(FileList {
            workspace_id: id.clone(),
            path,
            count: entries.len() as u64,
            entries,
            next_cursor,
            execution_mode: inhabited.execution_mode(),
            resumed: inhabited.resumed,
        })
    }

    /// Reads a piece of a file; links are followed within the guest.
    pub async fn read_file(
        &self,
        id: &WorkspaceId,
        path: &str,
        from: From,
        max_bytes: u32,
        progress: Option<&ProgressSink>,
    ) -> Result<FilePiece, Failure> {
        let path = paths::inside("path", path)?;
        let inhabited = self.inhabit(id, progress).await?;
        let length = Some(u64::from(max_bytes));
        let piece = match from {
            From::Offset(offset) => Piece::Bytes { offset, length },
            From::Line(first, count) => Piece::Lines { first, count, length },
        };
        let mut file = inhabited.guest().get_piece(&path, piece).await.map_err(client::failure)?;
        let mut bytes = Vec::new();
        while let Some(piece) = file.next().await.map_err(client::failure)? {
            bytes.extend_from_slice(&piece);
        }
        // A file of /proc says 0 and has more; one that shrinks has less.
        let size = file.size.max(file.offset + bytes.len() as u64);
        let media_type = if file.offset == 0 { image::media_type(&bytes).map(str::to_owned) } else { None };
        let Decoded { content, offset, end, binary } = decoded(&bytes, file.offset, size);
        let whole = offset == 0 && end == size;
        Ok(FilePiece {
            workspace_id: id.clone(),
            path,
            size_bytes: size,
            content,
            offset,
            next_offset: (end < size).then_some(end),
            line: file.first_line,
            truncated: !whole,
            binary,
            media_type,
            mode: format!("{:04o}", file.mode),
            sha256: (whole && !binary).then(|| sha256_of(&bytes)),
            execution_mode: inhabited.execution_mode(),
            resumed: inhabited.resumed,
        })
    }

    /// Writes a file whole or not at all; parents are created.
    pub async fn write_file(
        &self,
        id: &WorkspaceId,
        writing: Writing,
        progress: Option<&ProgressSink>,
    ) -> Result<Written, Failure> {
        let path = paths::inside("path", &writing.path)?;
        let put = PutFile {
            mode: writing.mode.as_deref().map(octal).transpose()?,
            create_only: writing.create_only,
            expect_sha256: writing.expected_sha256.as_deref().map(hash).transpose()?,
        };
        let inhabited = self.inhabit(id, progress).await?;
        let sha256 = sha256_of(writing.text.as_bytes());
        activity::mark(&inhabited.dir);
        let bytes = stream::iter([Ok::<_, io::Error>(Bytes::from(writing.text))]);
        let written = inhabited.guest().put_file(&path, &put, bytes).await.map_err(client::failure)?;
        activity::mark(&inhabited.dir);
        Ok(Written {
            workspace_id: id.clone(),
            path,
            bytes_written: written.bytes,
            created: written.created,
            mode: format!("{:04o}", written.mode),
            sha256,
            execution_mode: inhabited.execution_mode(),
            resumed: inhabited.resumed,
        })
    }
}

impl fmt::Display for FileEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.artifact_type {
            EntryType::File => "file",
            EntryType::Directory => "directory",
            EntryType::Symlink => "symlink",
            EntryType::Other => "other",
        };
        write!(f, "{} {kind:<9} {:>10} ", self.mode, self.size_bytes)?;
        for char in self.path.chars() {
            match char.is_control() {
                true => write!(f, "{}", char.escape_default())?,
                false => write!(f, "{char}")?,
            }
        }
        self.link_target.as_ref().map_or(Ok(()), |target| write!(f, " -> {target:?}"))
    }
}

impl FileEntry {
    pub(super) fn of(base: &str, entry: &Entry) -> Self {
        Self {
            path: format!("{base}/{}", String::from_utf8_lossy(&entry.path)),
            artifact_type: entry.kind.into(),
            size_bytes: entry.size,
            mode: format!("{:04o}", entry.mode),
            modified_at: rfc3339(entry.mtime_ns.div_euclid(1_000_000_000)),
            link_target: (!entry.target.is_empty()).then(|| String::from_utf8_lossy(&entry.target).into_owned()),
            unreadable: entry.unreadable,
        }
    }
}

/// A piece of a file as text.
pub(super) struct Decoded {
    /// Empty where it is binary.
    pub(super) content: String,
    /// In the file: where the content begins and ends.
    pub(super) offset: u64,
    pub(super) end: u64,
    pub(super) binary: bool,
}

/// Makes text of the bytes that a file of `size` bytes has from `offset` on, as far as a result holds it.
pub(super) fn decoded(bytes: &[u8], offset: u64, size: u64) -> Decoded {
    let more = offset + (bytes.len() as u64) < size;
    // A caller's own offset may lie within a character: the piece begins with the next one.
    let cut = if offset > 0 { output::char_start(bytes) } else { 0 };
    let piece = text(&bytes[cut..], more);
    let (cut, (content, taken, binary)) = if piece.2 { (0, text(bytes, more)) } else { (cut, piece) };
    let offset = offset + cut as u64;
    Decoded { content, offset, end: offset + taken as u64, binary }
}

/// The bytes as text, as many as a result holds, and whether they are none. `more`: the file goes on, so a character may
/// be cut at the end.
fn text(bytes: &[u8], more: bool) -> (String, usize, bool) {
    let end = if more { output::char_end(bytes) } else { bytes.len() };
    let end = if end == 0 { bytes.len() } else { end };
    match std::str::from_utf8(&bytes[..end]) {
        Ok(text) if !text.contains('\0') => {
            let mut cost = 0;
            let fits = text.char_indices().find(|(_, char)| {
                cost += output::json_bytes_of(*char);
                cost > limits::OUTPUT_JSON_BYTES_MAX
            });
            let taken = fits.map_or(text.len(), |(at, _)| at);
            (text[..taken].to_owned(), taken, false)
        }
        _ => (String::new(), end, true),
    }
}

fn octal(mode: &str) -> Result<u32, Failure> {
    let parsed = u32::from_str_radix(mode, 8).ok().filter(|parsed| *parsed <= 0o7777);
    parsed.ok_or_else(|| {
        Failure::invalid(format!("mode {mode:?} is no octal permissions")).hint("write it like 0644 or 755")
    })
}

fn hash(text: &str) -> Result<String, Failure> {
    let text = text.trim().to_lowercase();
    if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(text);
    }
    Err(Failure::new(Code::Invalid, "expected_sha256 is not 64 hexadecimal digits")
        .hint("workspace_file_read answers it as sha256 when it read the whole file"))
}

/// A path as a cursor: its bytes in hexadecimal, for names need not be text.
pub(super) fn to_cursor(path: impl AsRef<[u8]>) -> String {
    path.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn from_cursor(cursor: &str) -> Result<Vec<u8>, Failure> {
    let digits = cursor.as_bytes();
    let byte = |pair: &[u8]| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let bytes: Option<Vec<u8>> = digits.chunks(2).map(|pair| if pair.len() == 2 { byte(pair) } else { None }).collect();
    bytes.filter(|bytes| !bytes.is_empty()).ok_or_else(|| {
        Failure::invalid("cursor is none that a list of files answered").hint("leave it out to begin anew")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_told_from_binary_and_characters_stay_whole() {
        assert_eq!(text("aü".as_bytes(), false), ("aü".into(), 3, false));
        assert_eq!(
            text(&"aü".as_bytes()[..2], true),
            ("a".into(), 1, false),
            "a cut character waits for the next piece"
        );
        assert_eq!(text(&"aü".as_bytes()[..2], false), (String::new(), 2, true));
        assert_eq!(text(b"a\0b", false), (String::new(), 3, true));
        assert_eq!(text(b"", false), (String::new(), 0, false));
        let (content, taken, binary) = text(&[1; 100_000], false);
        assert!(
            !binary && taken == content.len() && taken < 100_000,
            "JSON writes control characters six times as long"
        );
    }

    #[test]
    fn cursors_carry_any_name() {
        let name = b"a/\xff\n".as_slice();
        assert_eq!(from_cursor(&to_cursor(name)).unwrap(), name);
        for bad in ["", "f", "zz", "ü"] {
            assert!(from_cursor(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn modes_and_hashes_are_checked() {
        assert_eq!((octal("0644").unwrap(), octal("755").unwrap()), (0o644, 0o755));
        for bad in ["", "9", "10000", "rwx", "-1"] {
            assert!(octal(bad).is_err(), "{bad:?}");
        }
        assert_eq!(hash(&"AB".repeat(32)).unwrap(), "ab".repeat(32));
        assert!(hash("abc").is_err());
        assert_eq!(sha256_of(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}

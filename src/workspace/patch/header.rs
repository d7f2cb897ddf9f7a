//! A file's header lines: git's extended ones, and the two labels.

use super::{
    PatchError,
    lines::Lines,
    names::{self, Label},
};

/// What the header of a file's section says, before it is judged.
#[derive(Debug, Default)]
pub(super) struct Header {
    /// Where it begins in the patch, from 1.
    pub(super) line: usize,
    /// Whether there is a `diff --git` line.
    pub(super) git: bool,
    /// The name in the `diff --git` line, where it can be told.
    pub(super) name: Option<String>,
    pub(super) old_mode: Option<u32>,
    pub(super) new_mode: Option<u32>,
    pub(super) added: bool,
    pub(super) deleted: bool,
    pub(super) renamed: Moved,
    pub(super) copied: Moved,
    pub(super) labels: Option<(Label, Label)>,
}

/// The names of a rename or copy.
#[derive(Debug, Default)]
pub(super) struct Moved {
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
}

/// Reads the header that begins at `at`; returns where its hunks would begin.
pub(super) fn read(lines: &Lines, at: usize) -> Result<(Header, usize), PatchError> {
    let (mut header, mut at) = (Header { line: at + 1, ..Header::default() }, at);
    if let Some(names) = lines.bare(at).strip_prefix("diff --git ") {
        (header.git, header.name) = (true, names::in_git_line(names, at + 1)?);
        at += 1;
        while header.take(lines.bare(at), at + 1)? {
            at += 1;
        }
    }
    refuse_binary(lines, at, header.name.as_deref())?;
    if lines.starts_labels(at) {
        let old = names::label(&lines.bare(at)[4..], at + 1)?;
        let new = names::label(&lines.bare(at + 1)[4..], at + 2)?;
        header.labels = Some((old, new));
        at += 2;
        if !lines.starts_hunk(at) {
            return Err(PatchError::new(
                at,
                "no hunk follows the `+++` line",
                "begin each hunk with its line numbers, e.g. `@@ -10,3 +10,4 @@`",
            ));
        }
    } else if header.git && lines.bare(at).starts_with("--- ") {
        return Err(PatchError::new(at + 2, "a `+++` line is missing after the `---` line", "add `+++ b/PATH`"));
    }
    Ok((header, at))
}

impl Header {
    /// Takes in one of git's extended header lines; false if this is none.
    fn take(&mut self, text: &str, line: usize) -> Result<bool, PatchError> {
        let name = |text| names::name(text, line).map(Some);
        if let Some(mode) = text.strip_prefix("old mode ") {
            self.old_mode = Some(self.mode(mode, line)?);
        } else if let Some(mode) = text.strip_prefix("new mode ") {
            self.new_mode = Some(self.mode(mode, line)?);
        } else if let Some(mode) = text.strip_prefix("new file mode ") {
            (self.added, self.new_mode) = (true, Some(self.mode(mode, line)?));
        } else if let Some(mode) = text.strip_prefix("deleted file mode ") {
            (self.deleted, self.old_mode) = (true, Some(self.mode(mode, line)?));
        } else if let Some(from) = text.strip_prefix("rename from ") {
            self.renamed.from = name(from)?;
        } else if let Some(to) = text.strip_prefix("rename to ") {
            self.renamed.to = name(to)?;
        } else if let Some(from) = text.strip_prefix("copy from ") {
            self.copied.from = name(from)?;
        } else if let Some(to) = text.strip_prefix("copy to ") {
            self.copied.to = name(to)?;
        } else if let Some(hashes) = text.strip_prefix("index ") {
            // The mode stands here when it does not change.
            if let Some((_, mode)) = hashes.split_once(' ') {
                self.old_mode = Some(self.mode(mode.trim_end(), line)?);
            }
        } else {
            return Ok(text.starts_with("similarity index ") || text.starts_with("dissimilarity index "));
        }
        Ok(true)
    }

    /// A mode as git writes it; what is neither file nor link is refused.
    fn mode(&self, text: &str, line: usize) -> Result<u32, PatchError> {
        let name = self.name.as_deref().unwrap_or("the file");
        let mode = Some(text.trim_end()).filter(|text| text.len() <= 7);
        let mode = mode.and_then(|text| u32::from_str_radix(text, 8).ok());
        match mode.map(|mode| (mode, mode & super::file::TYPE_MASK)) {
            Some((mode, super::file::REGULAR | super::file::SYMLINK)) => Ok(mode),
            Some((_, super::file::SUBMODULE)) => Err(PatchError::new(
                line,
                format!("{name} is a submodule, which no patch can hold"),
                "leave this section out; check the submodule out with a command in the workspace",
            )),
            _ => Err(PatchError::new(
                line,
                format!("{text:?} is no mode of a file or symbolic link"),
                "git writes 100644, 100755 or 120000",
            )),
        }
    }
}

/// Refuses what stands for a change of binary content.
pub(super) fn refuse_binary(lines: &Lines, at: usize, name: Option<&str>) -> Result<(), PatchError> {
    let text = lines.bare(at);
    let differ = text.strip_prefix("Binary files ").and_then(|text| text.strip_suffix(" differ"));
    if differ.is_none() && text != "GIT binary patch" {
        return Ok(());
    }
    let name = name.or(differ).unwrap_or("a file");
    Err(PatchError::new(
        at + 1,
        format!("{name} is binary, and patches are for text only"),
        "leave this section out; bring the file in with workspace_sync_push or make it with a command",
    ))
}

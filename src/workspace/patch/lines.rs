//! A patch by lines, and what a line can be; lines end at `\n` only, and are numbered from 0 here.

pub(super) struct Lines<'a>(Vec<&'a str>);

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self(text.split_inclusive('\n').collect())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The line with its end; empty beyond the last.
    pub(super) fn raw(&self, at: usize) -> &'a str {
        self.0.get(at).copied().unwrap_or_default()
    }

    /// The line without its end, be it LF or CRLF: for everything but content.
    pub(super) fn bare(&self, at: usize) -> &'a str {
        let line = self.raw(at);
        let line = line.strip_suffix('\n').unwrap_or(line);
        line.strip_suffix('\r').unwrap_or(line)
    }

    pub(super) fn ended(&self, at: usize) -> bool {
        at >= self.len()
    }

    /// Whether the line can stand in a hunk. A blank one can: editors strip the space before an empty line.
    pub(super) fn in_body(&self, at: usize) -> bool {
        !self.ended(at) && (self.bare(at).is_empty() || self.bare(at).starts_with([' ', '+', '-', '\\']))
    }

    pub(super) fn blank(&self, at: usize) -> bool {
        !self.ended(at) && self.bare(at).is_empty()
    }

    /// The first line from `at` on that is not blank.
    pub(super) fn after_blanks(&self, at: usize) -> usize {
        (at..self.len()).find(|&at| !self.blank(at)).unwrap_or(self.len())
    }

    pub(super) fn starts_hunk(&self, at: usize) -> bool {
        self.bare(at).starts_with("@@ -")
    }

    pub(super) fn starts_labels(&self, at: usize) -> bool {
        self.bare(at).starts_with("--- ") && self.bare(at + 1).starts_with("+++ ")
    }

    pub(super) fn starts_file(&self, at: usize) -> bool {
        self.bare(at).starts_with("diff --git ") || self.starts_labels(at)
    }

    /// A line that no hunk holds and that says that what came before is over.
    pub(super) fn separates(&self, at: usize) -> bool {
        let words = ["```", "diff ", "Index: ", "commit ", "From "];
        words.iter().any(|word| self.bare(at).starts_with(word)) || self.signature(at)
    }

    /// The end of a mail, which looks like a removed line: two dashes, then text that no hunk could hold.
    fn signature(&self, at: usize) -> bool {
        ["-- ", "--"].contains(&self.bare(at)) && !self.ended(at + 1) && !self.in_body(at + 1) && {
            !self.starts_hunk(at + 1) && !self.starts_file(at + 1)
        }
    }
}

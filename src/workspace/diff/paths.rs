//! Which paths of a workspace a caller wants to see.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::{failure::Failure, limits::DIFF_PATHS_MAX};

/// Paths and patterns; none means everything.
#[derive(Clone, Debug, Default)]
pub struct Paths {
    literal: Vec<Vec<u8>>,
    globs: GlobSet,
    limited: bool,
}

impl Paths {
    /// Understands paths and patterns relative to `/workspace`, or beginning with it. A directory means all below it. A
    /// pattern without `/` is tried on names at any depth; in others `*` stays within one name and `**` does not.
    pub fn new<S: AsRef<str>>(wanted: &[S]) -> Result<Self, Failure> {
        if wanted.len() > DIFF_PATHS_MAX {
            return Err(Failure::invalid(format!("more than {DIFF_PATHS_MAX} paths")).hint("name directories instead"));
        }
        let (mut literal, mut globs) = (Vec::new(), GlobSetBuilder::new());
        for text in wanted.iter().map(AsRef::as_ref) {
            let Some(path) = within(text) else {
                return Err(Failure::invalid(format!("the path {text:?} is not in the workspace"))
                    .hint("give paths relative to /workspace, e.g. src or src/**/*.rs")
                    .bounded());
            };
            if path.is_empty() {
                return Ok(Self::default());
            }
            if path.contains(['*', '?', '[', '{']) {
                let pattern = if path.contains('/') { path.to_owned() } else { format!("**/{path}") };
                globs.add(
                    GlobBuilder::new(&pattern).literal_separator(true).build().map_err(|error| unclear(text, error))?,
                );
            }
            // A name may itself hold a bracket.
            literal.push(path.as_bytes().to_vec());
        }
        let globs = globs.build().map_err(|error| unclear("paths", error))?;
        Ok(Self { limited: !literal.is_empty(), literal, globs })
    }

    /// Whether an entry is wanted: it, or a directory above it, is named.
    pub fn matches(&self, path: &[u8]) -> bool {
        let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(end, _)| end);
        let mut lead = ends.chain([path.len()]).map(|end| &path[..end]);
        !self.limited
            || lead.any(|lead| {
                self.literal.iter().any(|literal| literal == lead) || self.globs.is_match(OsStr::from_bytes(lead))
            })
    }

    /// Whether something in a directory may be wanted.
    pub(super) fn touches(&self, directory: &[u8]) -> bool {
        let leads = |literal: &Vec<u8>| literal.starts_with(&[directory, b"/"].concat());
        self.matches(directory) || !self.globs.is_empty() || self.literal.iter().any(leads)
    }
}

/// The path within the workspace, without what says the same in other words; `None` for one elsewhere.
fn within(text: &str) -> Option<&str> {
    let path = match text.strip_prefix("/workspace") {
        Some("") => "",
        Some(rest) => rest.strip_prefix('/')?,
        None => text,
    };
    let path = path.trim_start_matches("./").trim_end_matches('/');
    if path == "." {
        return Some("");
    }
    let clean = !path.contains('\0') && path.split('/').all(|name| name != ".." && name != ".");
    // Nothing at all names nothing; only the workspace itself is an empty path.
    let named = !path.is_empty() || text.starts_with("/workspace") || text.starts_with('.');
    (clean && named && !path.starts_with('/')).then_some(path)
}

fn unclear(text: &str, error: globset::Error) -> Failure {
    Failure::invalid(format!("the pattern {text:?} is not understood: {}", error.kind()))
        .hint("* and ? stay within a name, ** crosses directories, [ab] and {a,b} choose")
        .bounded()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(wanted: &[&str], path: &str) -> bool {
        Paths::new(wanted).unwrap().matches(path.as_bytes())
    }

    #[test]
    fn a_directory_means_all_below_and_nothing_else() {
        for wanted in ["src", "./src/", "/workspace/src", "/workspace/src/"] {
            assert!(matches(&[wanted], "src") && matches(&[wanted], "src/a/b"), "{wanted}");
            assert!(!matches(&[wanted], "srcs") && !matches(&[wanted], "a/src"), "{wanted}");
        }
        for everything in [".", "./", "/workspace", "/workspace/"] {
            assert!(matches(&[everything, "src"], "any/thing"), "{everything}");
        }
        assert!(matches(&[], "any"));
    }

    #[test]
    fn patterns_match_names_anywhere_or_paths_from_the_top() {
        assert!(matches(&["*.rs"], "a.rs") && matches(&["*.rs"], "b/c/a.rs") && !matches(&["*.rs"], "a.rsx"));
        assert!(matches(&["src/*.rs"], "src/a.rs") && !matches(&["src/*.rs"], "src/b/a.rs"));
        assert!(matches(&["src/**/*.rs"], "src/a.rs") && matches(&["src/**/*.rs"], "src/b/c/a.rs"));
        assert!(matches(&["src/t*"], "src/tests/deep/er"), "a directory that matches means all below");
        assert!(matches(&["app/[id]/page"], "app/[id]/page"), "a name with brackets");
        assert!(matches(&["b", "*.{py,js}"], "x/y.js") && !matches(&["b", "*.{py,js}"], "x/y.rs"));
    }

    #[test]
    fn what_is_elsewhere_or_not_understood_is_refused() {
        for wanted in ["/etc", "../x", "a/../b", "/workspaces", "", "[a", "{a"] {
            assert!(Paths::new(&[wanted]).is_err(), "{wanted}");
        }
        assert!(Paths::new(&vec!["a"; DIFF_PATHS_MAX + 1]).is_err());
    }

    #[test]
    fn a_directory_is_touched_when_something_below_may_be_wanted() {
        let paths = Paths::new(&["a/b/c"]).unwrap();
        assert!(paths.touches(b"a/b") && paths.touches(b"a/b/c/d") && !paths.touches(b"x"));
        assert!(Paths::default().touches(b"x") && Paths::new(&["*.c"]).unwrap().touches(b"x"));
    }
}

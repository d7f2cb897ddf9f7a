//! The order in which trees are walked.

use std::cmp::Ordering;

/// Compares paths component by component: a directory before what is in it, that before the directory's next sibling.
pub fn compare_paths(a: &[u8], b: &[u8]) -> Ordering {
    a.split(|byte| *byte == b'/').cmp(b.split(|byte| *byte == b'/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_follow_their_directory_at_once() {
        let mut paths: Vec<&[u8]> = vec![b"a.b", b"a/b/c", b"a", b"a-", b"a/b", b"", b"a/b-c", b"b", b"a\xff"];
        paths.sort_by(|a, b| compare_paths(a, b));
        assert_eq!(paths, [&b""[..], b"a", b"a/b", b"a/b/c", b"a/b-c", b"a-", b"a.b", b"a\xff", b"b"]);
    }
}

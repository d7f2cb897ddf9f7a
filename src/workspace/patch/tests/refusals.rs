//! What is no patch, or none for this place.

use proptest::prelude::*;

use super::*;
use crate::limits::{PATCH_BYTES_MAX, PATCH_FILES_MAX, PATCHED_BYTES_MAX};

const BODY: &str = "@@ -1 +1 @@\n-a\n+b\n";

#[track_caller]
fn refused(text: &str, line: usize, why: &str) {
    let error = parse(text).unwrap_err();
    assert!(error.what.contains(why), "{error}");
    assert_eq!(error.line, line, "{error}");
    assert!(!error.hint.is_empty());
}

#[test]
fn paths_outside_are_refused() {
    for (path, why) in [
        ("../x", "goes upwards"),
        ("d/../../x", "goes upwards"),
        ("/etc/passwd", "outside"),
        ("/workspacex/y", "outside"),
        ("/workspace/../x", "goes upwards"),
        ("/workspace", "outside"),
        ("/workspace/", "names no file"),
        ("d/", "directory"),
        (".", "names no file"),
        ("x\0y", "NUL"),
        ("\"x\\000y\"", "NUL"),
        ("\"\\377\"", "not UTF-8"),
        ("\"x", "quoted name is broken"),
        ("\"\\9\"", "quoted name is broken"),
    ] {
        let error = parse(&format!("--- {path}\n+++ {path}\n{BODY}")).unwrap_err();
        assert!(error.what.contains(why), "{path}: {error}");
        let moved = format!("diff --git a/x b/y\nrename from x\nrename to {path}\n");
        let error = parse(&moved).unwrap_err();
        assert!(error.what.contains(why), "{path}: {error}");
    }
    refused(&format!("--- a/../x\n+++ b/../x\n{BODY}"), 1, "goes upwards");
    refused(&format!("--- {0}\n+++ {0}\n{BODY}", "y".repeat(5000)), 1, "longer than");
    refused(&format!("--- \n+++ \n{BODY}"), 1, "names two files");
}

#[test]
fn what_is_no_text_patch_is_refused() {
    let git = "diff --git a/x b/x\nindex 1..2 100644\n";
    refused(&format!("{git}GIT binary patch\nliteral 1\nIcmZ\n"), 3, "x is binary");
    refused(&format!("{git}Binary files a/x and b/x differ\n"), 3, "x is binary");
    refused(&format!("{}Binary files p and q differ\n", section(BODY)), 6, "p and q is binary");
    refused("diff --git a/s b/s\nindex 1..2 160000\n--- a/s\n+++ b/s\n", 2, "s is a submodule");
    refused("Submodule s 123..456:\n  > x\n", 1, "submodules");
    refused("diff --cc x\nindex 1,2..3\n--- a/x\n+++ b/x\n@@@ -1 -1 +1 @@@\n", 1, "combined");
    refused("*** Begin Patch\n*** Update File: x\n@@\n-a\n+b\n", 1, "not a unified patch");
    refused("", 1, "no file header");
    refused("hello\n", 1, "no file header");
}

#[test]
fn broken_sections_are_refused() {
    refused("--- a/x\n+++ b/x\n@@ ... @@\n-a\n+b\n", 2, "no hunk follows");
    refused("--- a/x\n+++ b/x\n@@ -x +1 @@\n-a\n", 3, "no line numbers");
    refused("--- a/x\n+++ b/x\n@@ -1,0 +1,0 @@\n", 3, "no lines");
    refused("diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n@@ -1 +1 @@\n", 4, "missing");
    refused("diff --git a/x b/x\nindex 1..2 100644\n", 1, "changes nothing");
    refused("diff --git a/x b/y\nnew mode 100755\n", 1, "does not tell which file");
    refused(&format!("--- a/x\n+++ b/y\n{BODY}"), 1, "two files");
    refused(&format!("--- /dev/null\n+++ /dev/null\n{BODY}"), 1, "does not tell");
    refused(&format!("--- /dev/null\n+++ b/x\n{BODY}"), 3, "is new, but");
    refused(&format!("--- a/x\n+++ /dev/null\n{BODY}"), 3, "is deleted, but");
    refused("diff --git a/x b/x\nold mode 100644\nnew mode 120000\n", 1, "between file and symbolic link");
    refused("diff --git a/x b/x\nnew file mode 040000\n", 2, "no mode");
    refused("diff --git a/x b/x\nnew file mode 100644\ndeleted file mode 100644\n", 1, "two things");
    refused("diff --git a/x b/y\nrename from x\n", 1, "only one of its two names");
    refused("diff --git a/x b/x\nrename from x\nrename to ./x\n", 1, "moved to where it is");
    let git = "diff --git a/x b/x\nindex 1..2 100644\n";
    refused(&format!("{git}--- a/y\n+++ b/y\n{BODY}"), 1, "the labels below it \"y\"");
    refused(&format!("{git}--- /dev/null\n+++ b/y\n@@ -0,0 +1 @@\n+a\n"), 1, "the labels below it \"y\"");
}

#[test]
fn sections_do_not_contradict_each_other() {
    let second = format!("{}{}", section(BODY), section(BODY));
    refused(&second, 6, "x has a section at line 1 already");
    let renamed = "diff --git a/x b/y\nrename from x\nrename to y\n";
    refused(&format!("{renamed}diff --git a/x b/x\n{}", section(BODY)), 4, "already");
    refused(&format!("{}{renamed}", section(BODY)), 6, "already");
    let add = |path: &str| format!("diff --git a/{path} b/{path}\nnew file mode 100644\n");
    refused(&format!("{}{}", add("d"), add("d/x")), 3, "is to be within d");
    refused(&format!("{}{}", add("d/x/y"), add("d")), 1, "is to be within d");
    // Trading places, and taking the place of what moves away, is consistent.
    let back = "diff --git a/y b/x\nrename from y\nrename to x\n";
    assert_eq!(parse(&format!("{renamed}{back}")).unwrap().files.len(), 2);
    assert_eq!(parse(&format!("{}{renamed}", add("x"))).unwrap().files.len(), 2);
}

#[test]
fn limits_are_kept() {
    let files = |count| (0..count).map(|n| format!("--- a/{n}\n+++ b/{n}\n{BODY}")).collect::<String>();
    assert_eq!(parse(&files(PATCH_FILES_MAX)).unwrap().files.len(), PATCH_FILES_MAX);
    assert!(parse(&files(PATCH_FILES_MAX + 1)).unwrap_err().what.contains("more than 1000 files"));
    assert!(parse(&" ".repeat(PATCH_BYTES_MAX + 1)).unwrap_err().what.contains("bytes"));
    let file = one(&section(BODY));
    let mut old = vec![b'x'; PATCHED_BYTES_MAX];
    old[..2].copy_from_slice(b"a\n");
    assert_eq!(apply(&file, &old).unwrap().content.len(), PATCHED_BYTES_MAX);
    let grown = one(&section("@@ -1 +1 @@\n-a\n+bb\n"));
    assert_eq!(apply(&grown, &old), Err(ApplyError::TooLarge { bytes: PATCHED_BYTES_MAX + 1 }));
    old.push(b'x');
    assert_eq!(apply(&file, &old), Err(ApplyError::TooLarge { bytes: PATCHED_BYTES_MAX + 1 }));
}

proptest! {
    #[test]
    fn no_path_leads_outside(
        parts in proptest::collection::vec("(a|b|\\.|\\.\\.|workspace|x||\\\\056)", 1..6), quoted in any::<bool>(),
    ) {
        let path = if quoted { format!("\"{}\"", parts.join("/")) } else { parts.join("/") };
        if let Ok(patch) = parse(&format!("--- {path}\n+++ {path}\n{BODY}")) {
            let safe = |part: &str| !["", ".", ".."].contains(&part);
            prop_assert!(patch.files[0].path().split('/').all(safe));
        }
    }
}

//! What git itself writes, applied here, gives what git compared.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

/// Runs git apart from the settings of whoever runs this test.
fn git(dir: &Path, args: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "core.autocrlf=false", "-c", "user.name=a", "-c", "user.email=a@b"])
        .args(args)
        .current_dir(dir)
        .env("HOME", dir)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CEILING_DIRECTORIES", "/")
        .output()
        .unwrap();
    assert!(output.status.code().is_some_and(|code| code < 2), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What git says of two versions of a file `x`.
fn diff_of(old: &str, new: &str, context: u8) -> String {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("x.orig"), old).unwrap();
    fs::write(dir.path().join("x"), new).unwrap();
    git(dir.path(), &["diff", "--no-index", "--text", &format!("-U{context}"), "x.orig", "x"])
}

/// Lines that look like a patch's own, in files with and without a final newline.
fn lines() -> impl Strategy<Value = Vec<String>> {
    let line = prop_oneof![
        4 => "[a-c]",
        1 => proptest::sample::select(vec![
            "", " ", "-- a/x", "-", "++ b/x", "+", "@@ -1 +1 @@", "\\ No newline at end of file", "diff --git a/x b/x",
            "-- ", "a\r", "\r", "a\u{c}b", "\u{2028}", "\t", "```", "ä",
        ]).prop_map(String::from),
    ];
    proptest::collection::vec(line, 0..20)
}

fn joined(lines: &[String], newline: bool) -> String {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    if newline { text } else { text.strip_suffix('\n').unwrap_or(&text).to_owned() }
}

/// An edit: where, how many lines go, what comes.
fn edits() -> impl Strategy<Value = Vec<(usize, usize, Vec<String>)>> {
    proptest::collection::vec(
        (0..20_usize, 0..4_usize, lines().prop_map(|lines| lines.into_iter().take(3).collect())),
        0..4,
    )
}

fn edited(old: &[String], edits: &[(usize, usize, Vec<String>)]) -> Vec<String> {
    let mut new = old.to_vec();
    for (at, gone, come) in edits {
        let at = (*at).min(new.len());
        let end = (at + gone).min(new.len());
        new.splice(at..end, come.iter().cloned());
    }
    new
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn diffs_of_two_files_apply_exactly(
        old in lines(), edits in edits(),
        old_newline in any::<bool>(), new_newline in any::<bool>(), context in 0..4_u8,
    ) {
        let (new, old) = (joined(&edited(&old, &edits), new_newline), joined(&old, old_newline));
        let diff = diff_of(&old, &new, context);
        prop_assert_eq!(diff.is_empty(), old == new);
        if !diff.is_empty() {
            // Lone, and with another file's section behind it.
            for text in [diff.clone(), format!("{diff}--- a/y\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\n")] {
                let patch = parse(&text).unwrap();
                let file = &patch.files[0];
                let applied = apply(file, old.as_bytes()).unwrap();
                prop_assert_eq!(applied.content, new.as_bytes());
                prop_assert!(applied.offsets.iter().all(|offset| *offset == 0));
                let counted: Vec<usize> = file.hunks.iter().map(|hunk| hunk.old_lines().count()).collect();
                let header = |hunk: &Hunk| {
                    let range = hunk.header.split(' ').nth(1).unwrap();
                    range.split_once(',').map_or(1, |(_, count)| count.parse().unwrap())
                };
                prop_assert_eq!(counted, file.hunks.iter().map(header).collect::<Vec<usize>>());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn wrong_counts_never_give_another_result(
        old in lines(), edits in edits(), context in 0..4_u8, wrong in proptest::collection::vec(0..4_usize, 2),
    ) {
        let (new, old) = (joined(&edited(&old, &edits), true), joined(&old, true));
        let header = |line: &str| -> String {
            let mut counts = wrong.iter();
            let range = |range: &str| match range.split_once(',') {
                Some((start, _)) => format!("{start},{}", counts.next().unwrap_or(&1)),
                None => range.to_owned(),
            };
            line.split(' ').map(range).collect::<Vec<_>>().join(" ")
        };
        let diff: String = diff_of(&old, &new, context)
            .split_inclusive('\n')
            .map(|line| if line.starts_with("@@ -") { header(line) } else { line.to_owned() })
            .collect();
        if let Ok(patch) = parse(&diff) && let Ok(applied) = apply(&patch.files[0], old.as_bytes()) {
            prop_assert_eq!((patch.files.len(), applied.content), (1, new.into_bytes()), "{}", diff);
        }
    }
}

/// Files and links of a directory, `.git` left out.
fn tree(dir: &Path) -> Tree {
    let mut found = Tree::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap).filter(|entry| entry.file_name() != ".git") {
            let (path, kind) = (entry.path(), entry.file_type().unwrap());
            let name = path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_symlink() {
                let target = fs::read_link(&path).unwrap().to_str().unwrap().to_owned();
                found.insert(name, (0o120_000, target.into_bytes()));
            } else {
                let runs = entry.metadata().unwrap().permissions().mode() & 0o100 != 0;
                found.insert(name, (if runs { 0o100_755 } else { 0o100_644 }, fs::read(&path).unwrap()));
            }
        }
    }
    found
}

#[test]
fn diffs_of_a_repository_apply_exactly() {
    let dir = TempDir::new().unwrap();
    let at = |name: &str| dir.path().join(name);
    let write = |name: &str, content: &str| fs::write(at(name), content).unwrap();
    let long: String = (0..40).map(|n| format!("line {n}\n")).collect();
    git(dir.path(), &["init", "-q"]);
    fs::create_dir(at("d")).unwrap();
    for name in ["changed", "renamed", "copied", "gone", "script", "d/sp ace", "ümläut \"q\"", "becomes link"] {
        write(name, &format!("{name}\n{long}"));
    }
    write("empty gone", "");
    write("becomes file dir", "x");
    std::os::unix::fs::symlink("changed", at("link")).unwrap();
    std::os::unix::fs::symlink("changed", at("becomes file")).unwrap();
    git(dir.path(), &["add", "-A"]);
    git(dir.path(), &["commit", "-qm", "old"]);
    let old = tree(dir.path());

    write("changed", &long.replace("line 7\n", "").replace("line 30\n", "dreißig\n"));
    fs::rename(at("renamed"), at("d/new name")).unwrap();
    write("d/new name", &format!("renamed\n{long}more"));
    write("copied", &format!("copied\n{long}end\n"));
    write("copy", &format!("copied\n{long}other end\n"));
    fs::set_permissions(at("script"), fs::Permissions::from_mode(0o755)).unwrap();
    write("d/sp ace", "sp ace\n");
    write("ümläut \"q\"", &long);
    for name in ["gone", "empty gone", "link", "becomes file", "becomes link"] {
        fs::remove_file(at(name)).unwrap();
    }
    std::os::unix::fs::symlink("elsewhere/\u{e9}", at("link")).unwrap();
    std::os::unix::fs::symlink("d", at("becomes link")).unwrap();
    write("becomes file", "now a file");
    fs::remove_file(at("becomes file dir")).unwrap();
    fs::create_dir(at("becomes file dir")).unwrap();
    write("becomes file dir/x", "inside\n");
    write("empty new", "");
    write("new\tname", "-- \n");
    git(dir.path(), &["add", "-A"]);
    let new = tree(dir.path());

    let settings: &[&[&str]] = &[
        &[],
        &["--no-renames"],
        &["-M", "-C", "--find-copies-harder"],
        &["-B", "-M"],
        &["-U0"],
        &["--no-prefix"],
        &["-c", "mnemonic"],
        &["--full-index"],
        &["--stat", "-p"],
    ];
    for options in settings {
        let mnemonic = options.first() == Some(&"-c");
        let mut args = vec![];
        args.extend(if mnemonic { vec!["-c", "diff.mnemonicPrefix=true"] } else { vec![] });
        args.extend(["diff", "--cached"]);
        args.extend(if mnemonic { &[] } else { *options });
        let diff = git(dir.path(), &args);
        let patch = parse(&diff).unwrap_or_else(|error| panic!("{options:?}: {error}\n{diff}"));
        assert_eq!(patched_tree(&patch, &old), new, "{options:?}");
        // Both ways, and as a caller may have pasted it.
        let back = git(dir.path(), &[&args[..], &["-R"]].concat());
        // With it, git may rename onto a link without saying that the link goes; git does not apply that either.
        if !options.contains(&"-B") {
            assert_eq!(patched_tree(&parse(&back).unwrap(), &new), old, "{options:?}");
        }
        let fenced = format!("Please apply:\n```diff\n{}\n```\n", diff.trim_end());
        assert_eq!(patched_tree(&parse(&fenced).unwrap(), &old), new, "{options:?}");
    }
    git(dir.path(), &["commit", "-qm", "new"]);
    for command in [&["format-patch", "--stdout", "-1"][..], &["log", "-p", "-1"], &["show"]] {
        assert_eq!(patched_tree(&parse(&git(dir.path(), command)).unwrap(), &old), new, "{command:?}");
    }
}

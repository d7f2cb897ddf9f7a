//! Trees of the host that tests seed, push and compare.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs,
    os::unix::{
        ffi::{OsStrExt, OsStringExt},
        fs::{MetadataExt, PermissionsExt, symlink},
    },
    path::Path,
    process::Command,
    time::{Duration, SystemTime},
};

/// An archive of files, whatever their names say.
pub(super) fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        // The builder would refuse some of the names.
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        header.set_cksum();
        builder.append(&header, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

/// Writes a file with its directories.
pub(super) fn write(root: &Path, name: impl AsRef<Path>, content: impl AsRef<[u8]>, mode: u32) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, content).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A name that is no text.
pub(super) fn odd() -> &'static OsStr {
    OsStr::from_bytes(b"odd\n\x1b[31m\xff")
}

/// Everything a tree can have, with times of its own.
pub(super) fn everything(root: &Path) {
    write(root, "bin/run", "#!/bin/sh\necho run\n", 0o755);
    write(root, "src/main.c", "int main(void) { return 0; }\n", 0o640);
    write(root, "private", "x", 0o600);
    write(root, odd(), "named oddly", 0o644);
    write(root, "empty.txt", "", 0o444);
    fs::create_dir_all(root.join("hollow/below")).unwrap();
    fs::set_permissions(root.join("hollow"), fs::Permissions::from_mode(0o711)).unwrap();
    fs::hard_link(root.join("private"), root.join("second name")).unwrap();
    for (name, target) in
        [("inner", "bin/run"), ("src/up", "../bin/run"), ("dangling", "no/such"), ("absolute", "/etc/hostname")]
    {
        symlink(target, root.join(name)).unwrap();
    }
    let time = |nanoseconds| SystemTime::UNIX_EPOCH + Duration::new(1_600_000_000, nanoseconds);
    for (name, nanoseconds) in [("bin/run", 123_456_789), ("src/main.c", 1), ("hollow/below", 999_999_999), ("src", 5)]
    {
        fs::File::open(root.join(name)).unwrap().set_modified(time(nanoseconds)).unwrap();
    }
}

/// What can be compared of a tree: kind and mode, time, content or target, and which names are one file.
pub(super) type Seen = BTreeMap<Vec<u8>, (u32, Option<(i64, i64)>, Vec<u8>, u64)>;

pub(super) fn seen(root: &Path) -> Seen {
    let mut seen = Seen::new();
    let mut open = vec![root.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            let meta = fs::symlink_metadata(&path).unwrap();
            let content = match meta.file_type() {
                kind if kind.is_symlink() => fs::read_link(&path).unwrap().into_os_string().into_vec(),
                kind if kind.is_file() => fs::read(&path).unwrap(),
                _ => vec![],
            };
            // A link's own time means nothing, and directories change theirs with every name in them.
            let time = meta.is_file().then(|| (meta.mtime(), meta.mtime_nsec()));
            let links = if meta.is_file() { meta.nlink() } else { 0 };
            let name = path.strip_prefix(root).unwrap().as_os_str().as_bytes().to_vec();
            seen.insert(name, (meta.mode(), time, content, links));
            if meta.is_dir() {
                open.push(path);
            }
        }
    }
    seen
}

/// Runs git as nobody in particular; answers what it says.
#[track_caller]
pub(super) fn git(directory: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.current_dir(directory).env("HOME", directory).env("GIT_CONFIG_NOSYSTEM", "1");
    // A repository further up is none of ours.
    command.env("GIT_CEILING_DIRECTORIES", directory.parent().unwrap());
    command.args(["-c", "user.name=a", "-c", "user.email=a@b", "-c", "core.autocrlf=false"]).args(arguments);
    let output = command.output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

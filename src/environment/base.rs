//! The base image: Debian's packages installed into a tree by mmdebstrap, and the tree turned into an erofs.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, BufReader},
    path::{Path, PathBuf},
    time::Instant,
};

use super::{
    apt::Apt,
    cache::{Bench, Cache, Tag},
    catalog::Definition,
    command::Step,
    how::How,
    manifest::{BaseManifest, Manifest, Source, Tools, VERSION, now},
    report::{Installation, Reporter},
    room::Room,
    sealed::{Sealed, State},
    tree,
};
use crate::failure::Failure;

pub(super) const IMAGE: &str = "base.erofs";
pub(super) const PACKAGES: &str = "packages.txt";

/// Options that keep the tree small. They stay in it, so that what a guest installs stays small too.
const SLIM: [&str; 9] = [
    "--aptopt=Apt::Install-Recommends \"false\"",
    "--aptopt=Acquire::Languages \"none\"",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/info/*",
    "--dpkgopt=path-exclude=/usr/share/lintian/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    "--dpkgopt=path-include=/usr/share/locale/locale.alias",
];
/// mmdebstrap copies the host's names into the tree; these are what the guest shall have instead.
const HOOKS: [&str; 6] = [
    "--customize-hook=rm -f \"$1/etc/hostname\" \"$1/etc/resolv.conf\"",
    "--customize-hook=umask 022; echo localhost > \"$1/etc/hostname\"; : > \"$1/etc/resolv.conf\"",
    "--customize-hook=: > \"$1/etc/machine-id\"",
    "--customize-hook=printf '127.0.0.1 localhost\\n::1 localhost ip6-localhost ip6-loopback\\n' > \"$1/etc/hosts\"",
    "--customize-hook=rm -f \"$1/etc/apt/sources.list\"; printf %s \"$PYRO_SOURCES\" > \"$1/etc/apt/sources.list.d/debian.sources\"",
    // Debian's small vim answers to `vi` alone; the large one, once installed, comes before it.
    "--customize-hook=test ! -x \"$1/usr/bin/vim.tiny\" || chroot \"$1\" update-alternatives --install /usr/bin/vim vim /usr/bin/vim.tiny 10",
];
/// `$1` directory, `$2` tar, `$3` UUID, then what is left out; the image goes to standard output.
const TREE_TO_IMAGE: &str = "set -e; umask 022; cd \"$1\"; mkdir tree; tar=$2 uuid=$3; shift 3
tar --xattrs --xattrs-include='*' --numeric-owner -xpf \"$tar\" \"$@\" -C tree
mkfs.erofs -U \"$uuid\" --quiet image tree >&2
rm -rf tree; cat image; rm image";

/// What names the recipe of `definition`: with another one an environment is built again.
pub(super) fn recipe(definition: &Definition) -> String {
    let mut hasher = blake3::Hasher::new();
    let parts = [&[definition.suite.as_str(), TREE_TO_IMAGE][..], &SLIM, &HOOKS].concat();
    for part in parts.into_iter().chain(definition.packages.iter().map(String::as_str)) {
        hasher.update(part.as_bytes()).update(b"\0");
    }
    hasher.finalize().to_hex().to_string()
}

/// The image of `definition` at present, with its directory, sound or not.
pub(super) fn installed(cache: &Cache, definition: &Definition) -> Option<(PathBuf, BaseManifest)> {
    let tag = cache.tag(&definition.name).filter(|tag| tag.recipe == recipe(definition))?;
    by_digest(cache, &tag.digest)
}

pub(super) fn by_digest(cache: &Cache, digest: &str) -> Option<(PathBuf, BaseManifest)> {
    let directory = cache.environments().join(digest);
    BaseManifest::read(&directory).map(|manifest| (directory, manifest))
}

/// Builds and installs the image of `definition`, unless what is installed comes from the very same releases.
pub(super) async fn build(
    cache: &Cache,
    bench: &Bench,
    (how, apt): (How, &Apt),
    definition: &Definition,
    reporter: &Reporter,
) -> Result<(), Failure> {
    let sources = apt.sources()?;
    if installed(cache, definition)
        .is_some_and(|(directory, manifest)| manifest.sources == sources && manifest.state(&directory) == State::Good)
    {
        return Ok(());
    }
    let room = Room::make(how, bench, &apt.keyring)?;
    let done = build_in(&room, (cache, bench), (how, apt), (definition, sources), reporter).await;
    room.close().await;
    done
}

async fn build_in(
    room: &Room,
    (cache, bench): (&Cache, &Bench),
    (how, apt): (How, &Apt),
    (definition, sources): (&Definition, Vec<Source>),
    reporter: &Reporter,
) -> Result<(), Failure> {
    let start = Instant::now();
    let fail = |error: io::Error| Failure::io("build the base image", &error);
    let epoch = sources.iter().map(|source| source.date).max().unwrap_or_default();
    let mut variables = apt.proxy_variables();
    variables.push(("SOURCE_DATE_EPOCH".to_owned(), epoch.to_string().into()));

    let tar = room.shared().join("tree.tar");
    install_packages(room, (how, apt), definition, (&tar, &variables), reporter).await?;

    reporter.say("examining the tree", 0.85);
    let contents =
        on_thread(tar.clone(), |tar| tree::examine(BufReader::with_capacity(1 << 20, File::open(tar)?))).await?;
    let tools =
        Tools { mmdebstrap: version(room, &["mmdebstrap", "--version"]).await, mkfs_erofs: erofs_version(room).await };
    let (digest, uuid) = identity(&contents.blake3, &tools.mkfs_erofs);

    reporter.say("making the image", 0.88);
    let made = bench.path().join("base");
    fs::create_dir(&made).map_err(fail)?;
    let image = made.join(IMAGE);
    let line = ["sh", "-c", TREE_TO_IMAGE, "sh"].iter().map(OsString::from);
    let left_out = tree::LEFT_OUT.iter().map(|pattern| format!("--exclude={pattern}").into());
    let line = line.chain([room.private().into(), tar.clone().into(), uuid.clone().into()]).chain(left_out).collect();
    let step = Step {
        what: "make the base image",
        prefix: how.prefix(),
        line,
        variables,
        directory: room.shared().to_owned(),
    };
    step.run(Some(File::create_new(&image).map_err(fail)?), &mut |_| {}).await?;
    fs::remove_file(&tar).map_err(fail)?;

    reporter.say("installing the image", 0.97);
    fs::write(made.join(PACKAGES), contents.packages.join("\n") + "\n").map_err(fail)?;
    let files = on_thread(made.clone(), |made| {
        [IMAGE, PACKAGES].iter().map(|name| Sealed::seal(&made.join(name))).collect::<io::Result<Vec<_>>>()
    });
    let manifest = BaseManifest {
        version: VERSION,
        name: definition.name.clone(),
        digest: digest.clone(),
        uuid,
        recipe: recipe(definition),
        debian_version: contents.debian_version,
        packages: contents.packages.len(),
        packages_blake3: blake3::hash(contents.packages.join("\n").as_bytes()).to_hex().to_string(),
        sources,
        tools,
        files: files.await?,
        installed_at: now(),
        build_seconds: start.elapsed().as_secs(),
    };
    manifest.write(&made)?;
    bench.install(&made, &cache.environments().join(&digest))?;
    cache.set_tag(&definition.name, &Tag { digest, recipe: manifest.recipe })?;
    reporter.say("installed", 1.0);
    Ok(())
}

async fn install_packages(
    room: &Room,
    (how, apt): (How, &Apt),
    definition: &Definition,
    (tar, variables): (&Path, &[(String, OsString)]),
    reporter: &Reporter,
) -> Result<(), Failure> {
    let (prefix, mode) = how.mmdebstrap();
    let mut variables = variables.to_vec();
    variables.push(("TMPDIR".to_owned(), room.shared().into()));
    variables.push(("PYRO_SOURCES".to_owned(), apt.mirrors.deb822(&definition.suite).into()));
    let line = mmdebstrap_line(definition, mode, room.keyring(), &apt.mirrors.sources(&definition.suite, ""));
    let step = Step { what: "install Debian's packages", prefix, line, variables, directory: room.shared().to_owned() };
    let output = File::create_new(tar).map_err(|error| Failure::io("build the base image", &error))?;
    let mut run = Installation::default();
    let mut on_line = |line: &str| {
        if let Some((step, fraction)) = run.line(line) {
            reporter.say(step, fraction * 0.85);
        }
    };
    step.run(Some(output), &mut on_line).await.map(drop)
}

fn mmdebstrap_line(definition: &Definition, mode: &str, keyring: &Path, sources: &[String]) -> Vec<OsString> {
    let mut line: Vec<OsString> =
        ["mmdebstrap", "--verbose", "--variant=minbase", "--format=tar", mode].map(OsString::from).to_vec();
    line.extend(["--architectures=amd64", "--components=main", "--skip=check/signed-by"].map(OsString::from));
    let mut option = OsString::from("--keyring=");
    option.push(keyring);
    line.push(option);
    if !definition.packages.is_empty() {
        line.push(format!("--include={}", definition.packages.join(",")).into());
    }
    line.extend(SLIM.iter().chain(&HOOKS).map(OsString::from));
    line.extend([definition.suite.as_str(), "-"].map(OsString::from));
    line.extend(sources.iter().map(OsString::from));
    line
}

/// Digest and file system UUID of the image a tree becomes. Another mkfs.erofs may number inodes in another way, and a
/// disk made over one numbering must never be mounted over another.
fn identity(tree_digest: &str, mkfs_erofs: &str) -> (String, String) {
    let hash = blake3::hash(format!("pyro base image\0{tree_digest}\0{mkfs_erofs}\0{TREE_TO_IMAGE}").as_bytes());
    let mut id = [0; 16];
    id.copy_from_slice(&hash.as_bytes()[..16]);
    id[6] = id[6] & 0x0f | 0x80;
    id[8] = id[8] & 0x3f | 0x80;
    let hex: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    let uuid = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-");
    (hash.to_hex().to_string(), uuid)
}

/// The last word of the first line a program says, e.g. of `mmdebstrap 1.3.5`.
async fn version(room: &Room, line: &[&str]) -> String {
    let line = line.iter().map(OsString::from).collect();
    let directory = room.shared().to_owned();
    let step = Step { what: "ask for a version", prefix: Vec::new(), line, variables: Vec::new(), directory };
    let text = step.run(None, &mut |_| {}).await.unwrap_or_default();
    text.lines().next().and_then(|line| line.split_whitespace().last()).unwrap_or("unknown").to_owned()
}

/// Older ones refuse `--version` but say it all the same, before their usage.
async fn erofs_version(room: &Room) -> String {
    version(room, &["sh", "-c", "mkfs.erofs --version 2>&1 | grep -o 'mkfs.erofs [0-9].*' || mkfs.erofs -V; true"])
        .await
}

/// Work on a large file, away from the runtime's threads.
async fn on_thread<T: Send + 'static>(
    path: PathBuf,
    work: impl FnOnce(PathBuf) -> io::Result<T> + Send + 'static,
) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(move || work(path)).await;
    let done = done.map_err(|error| Failure::internal(format!("building the base image ended: {error}")))?;
    done.map_err(|error| Failure::io("build the base image", &error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::catalog;

    #[test]
    fn the_command_line_is_whole() {
        let definition = catalog::find("debian:12-base").unwrap();
        let line = mmdebstrap_line(
            &definition,
            "--mode=root",
            Path::new("/k.gpg"),
            &["deb http://m bookworm main".to_owned()],
        );
        let line: Vec<_> = line.iter().map(|word| word.to_str().unwrap()).collect();
        let start =
            ["mmdebstrap", "--verbose", "--variant=minbase", "--format=tar", "--mode=root", "--architectures=amd64"];
        assert_eq!(line[..6], start);
        assert!(line.contains(&"--keyring=/k.gpg"));
        assert!(!line.iter().any(|word| word.starts_with("--include")));
        assert_eq!(line[line.len() - 3..], ["bookworm", "-", "deb http://m bookworm main"]);
    }

    #[test]
    fn digest_and_uuid_follow_the_tree_and_the_tool() {
        let (digest, uuid) = identity("tree", "1.5");
        assert_eq!((digest.len(), uuid.len()), (64, 36));
        assert_eq!(uuid.as_bytes()[14], b'8');
        assert_ne!(identity("tree", "1.6").1, uuid);
        assert_ne!(identity("other", "1.5").1, uuid);
    }

    #[test]
    fn recipes_differ() {
        let recipes: std::collections::BTreeSet<_> = catalog::all().unwrap().iter().map(recipe).collect();
        assert_eq!(recipes.len(), 3);
    }
}

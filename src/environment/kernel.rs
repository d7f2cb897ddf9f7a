//! The kernel machines boot: Debian's own for clouds, taken out of its package without installing it.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    fs, io,
    io::Read,
    path::{Path, PathBuf},
};

use super::{
    apt::Apt,
    bzimage,
    cache::{Bench, Cache, Tag},
    command::Step,
    cpio::{Archive, Entry},
    elf,
    manifest::{KernelManifest, Manifest, VERSION, now},
    modules::{self, Unloadable},
    report::Reporter,
    sealed::{Sealed, Stamp, State},
    tuned,
};
use crate::failure::Failure;

/// Follows the newest kernel of the release.
const PACKAGE: &str = "linux-image-cloud-amd64";
const TAG: &str = "kernel";
/// Counts up when what is made of the package changes.
const RECIPE: &str = "1";
pub(super) const IMAGE: &str = "vmlinux";
pub(super) const MODULES: &str = "modules.cpio";

/// A kernel of the cache or of a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kernel {
    pub(super) image: PathBuf,
    /// An archive of the modules to load; a kernel with everything built in has none.
    pub(super) modules: Option<PathBuf>,
    /// Tells one initramfs from another.
    pub(super) key: String,
    pub(super) version: String,
}

/// The kernel to boot, if there is one whose files are sound: the one that is named, the tuned one, Debian's.
pub(super) fn find(cache: &Cache) -> Result<Option<Kernel>, Failure> {
    if let Some(named) = named()? {
        return Ok(Some(named));
    }
    if let Some(Ok(tuned)) = tuned::look(cache) {
        return Ok(Some(tuned));
    }
    Ok(installed(cache).filter(|(directory, manifest)| manifest.state(directory) == State::Good).map(
        |(directory, manifest)| Kernel {
            image: directory.join(IMAGE),
            modules: Some(directory.join(MODULES)),
            key: manifest.digest,
            version: manifest.package_version,
        },
    ))
}

/// What there is to say of the tuned kernel where it is there and not booted.
pub(super) fn tuned_trouble(cache: &Cache) -> Option<String> {
    tuned::look(cache)?.err().map(|why| format!("the tuned kernel is not used: {why}"))
}

/// What the tag points to, sound or not.
pub(super) fn installed(cache: &Cache) -> Option<(PathBuf, KernelManifest)> {
    let tag = cache.tag(TAG).filter(|tag| tag.recipe == RECIPE)?;
    let directory = cache.kernels().join(&tag.digest);
    KernelManifest::read(&directory).map(|manifest| (directory, manifest))
}

/// The kernel of a setting, which has everything built in.
fn named() -> Result<Option<Kernel>, Failure> {
    let Some(path) = std::env::var_os("PYRO_GUEST_KERNEL").filter(|value| !value.is_empty()) else { return Ok(None) };
    let image = std::path::absolute(path).map_err(|error| Failure::io("find PYRO_GUEST_KERNEL", &error))?;
    let unreadable = |error| {
        Failure::unavailable(format!("the kernel named by PYRO_GUEST_KERNEL cannot be read: {error}"))
            .hint("set PYRO_GUEST_KERNEL to an uncompressed vmlinux, or unset it")
    };
    if read_head(&image).map_err(unreadable)? != *b"\x7fELF" {
        return Err(Failure::unavailable("the kernel named by PYRO_GUEST_KERNEL is no uncompressed vmlinux")
            .hint("set PYRO_GUEST_KERNEL to the file `vmlinux` of a kernel build, or unset it"));
    }
    let stamp = Stamp::of(&image).map_err(unreadable)?;
    let stamp = serde_json::to_vec(&stamp).map_err(|error| Failure::internal(format!("a stamp: {error}")))?;
    let key = blake3::hash(&stamp).to_hex().to_string();
    Ok(Some(Kernel { image, modules: None, key, version: "named by PYRO_GUEST_KERNEL".to_owned() }))
}

fn read_head(path: &Path) -> io::Result<[u8; 4]> {
    let mut head = [0; 4];
    fs::File::open(path)?.read_exact(&mut head)?;
    Ok(head)
}

/// Makes sure the mirror's newest kernel is in the cache.
pub(super) async fn build(cache: &Cache, bench: &Bench, apt: &Apt, reporter: &Reporter) -> Result<(), Failure> {
    reporter.say("looking up the kernel", 0.0);
    let (package, version) = newest(&apt.field(PACKAGE, "Depends").await?)?;
    if installed(cache).is_some_and(|(directory, manifest)| {
        manifest.package == package && manifest.package_version == version && manifest.state(&directory) == State::Good
    }) {
        return Ok(());
    }
    reporter.say("downloading the kernel", 0.1);
    let work = bench.path().join("kernel");
    fs::create_dir(&work).map_err(|error| Failure::io("prepare the kernel", &error))?;
    let file = apt.download(&package, &work).await?;
    reporter.say("unpacking the kernel", 0.5);
    let line = [OsString::from("dpkg-deb"), "-x".into(), file.into(), work.join("tree").into()].to_vec();
    let directory = work.clone();
    let step = Step { what: "unpack the kernel", prefix: Vec::new(), line, variables: Vec::new(), directory };
    step.run(None, &mut |_| {}).await?;
    let made = tokio::task::spawn_blocking(move || make(&work, package, version)).await;
    let (made, manifest) = made.map_err(|error| Failure::internal(format!("making the kernel ended: {error}")))??;
    bench.install(&made, &cache.kernels().join(&manifest.digest))?;
    cache.set_tag(TAG, &Tag { digest: manifest.digest, recipe: RECIPE.to_owned() })
}

/// Package and version in a dependency like `linux-image-6.1.0-56-cloud-amd64 (= 6.1.192-2)`.
fn newest(depends: &str) -> Result<(String, String), Failure> {
    let parse = |item: &str| {
        let (package, version) = item.trim().strip_prefix("linux-image-")?.split_once(" (= ")?;
        Some((format!("linux-image-{package}"), version.strip_suffix(')')?.to_owned()))
    };
    depends.split(',').find_map(parse).ok_or_else(|| {
        Failure::unavailable(format!("the mirror's {PACKAGE} names no kernel"))
            .hint("set PYRO_MIRROR to another mirror")
    })
}

/// Makes a directory with the image, the modules and their manifest out of the unpacked package.
fn make(work: &Path, package: String, package_version: String) -> Result<(PathBuf, KernelManifest), Failure> {
    let fail = |error: io::Error| Failure::io("make the kernel", &error);
    let tree = work.join("tree");
    let compressed = first_file(&tree.join("boot"), "vmlinuz-").map_err(fail)?;
    let compressed = compressed.ok_or_else(|| Failure::internal(format!("{package} holds no kernel")))?;
    let image = bzimage::unpack(&fs::read(compressed).map_err(fail)?)
        .map_err(|why| Failure::unavailable(format!("the kernel of {package} cannot be unpacked: {why}")))?;
    if !elf::boots_by_pvh(&image) {
        return Err(Failure::unavailable(format!(
            "the kernel of {package} cannot boot without a boot loader (no PVH)"
        )));
    }
    let mut tops = ["lib/modules", "usr/lib/modules"].iter().map(|below| tree.join(below)).filter(|dir| dir.is_dir());
    let top = tops.next().ok_or_else(|| Failure::internal(format!("{package} holds no modules")))?;
    let (names, archive) = pack(&top, &package)?;

    let made = work.join("made");
    fs::create_dir(&made).map_err(fail)?;
    fs::write(made.join(IMAGE), image).map_err(fail)?;
    fs::write(made.join(MODULES), archive).map_err(fail)?;
    let files = [IMAGE, MODULES].map(|name| Sealed::seal(&made.join(name)));
    let files = files.into_iter().collect::<io::Result<Vec<_>>>().map_err(fail)?;
    let mut hasher = blake3::Hasher::new();
    files.iter().for_each(|file| {
        hasher.update(file.blake3.as_bytes());
    });
    let digest = hasher.finalize().to_hex().to_string();
    let installed_at = now();
    let manifest =
        KernelManifest { version: VERSION, digest, package, package_version, modules: names, files, installed_at };
    manifest.write(&made)?;
    Ok((made, manifest))
}

/// The wanted modules in loading order, and the archive that holds them as `/modules/NN-name.ko`.
fn pack(top: &Path, package: &str) -> Result<(Vec<String>, Vec<u8>), Failure> {
    let fail = |error: io::Error| Failure::io("read the kernel's modules", &error);
    let (mut files, mut builtin) = (BTreeMap::new(), BTreeSet::new());
    collect(top, &mut files, &mut builtin).map_err(fail)?;
    let mut contents = BTreeMap::new();
    let order = modules::order(&modules::WANTED, &builtin, &mut |name| {
        let Some(path) = files.get(name) else { return Ok(None) };
        let unreadable = || Unloadable::Unreadable(name.to_owned());
        let content = read_module(path).map_err(|_| unreadable())?;
        let needs = modules::needs(&content).ok_or_else(unreadable)?;
        contents.insert(name.to_owned(), content);
        Ok(Some(needs))
    });
    let order = order.map_err(|why| Failure::unavailable(format!("{package} cannot be used: {why}")))?;
    let mut archive = Archive::default();
    archive.add("modules", Entry::Directory);
    for (index, name) in order.iter().enumerate() {
        let content = contents.get(name).map(Vec::as_slice).unwrap_or_default();
        archive.add(&format!("modules/{index:02}-{name}.ko"), Entry::File(content, false));
    }
    Ok((order, archive.finish()))
}

/// Modules by name, and the names of what is built in, below `directory`.
fn collect(directory: &Path, files: &mut BTreeMap<String, PathBuf>, builtin: &mut BTreeSet<String>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let (path, file_name) = (entry.path(), entry.file_name());
        let file_name = file_name.to_string_lossy();
        if entry.file_type()?.is_dir() {
            collect(&path, files, builtin)?;
        } else if file_name == "modules.builtin" {
            builtin.extend(fs::read_to_string(&path)?.lines().filter_map(modules::name_of));
        } else if let Some(name) = modules::name_of(&file_name) {
            files.insert(name, path);
        }
    }
    Ok(())
}

fn read_module(path: &Path) -> io::Result<Vec<u8>> {
    let packed = fs::read(path)?;
    let mut plain = Vec::new();
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("xz") => xz2::read::XzDecoder::new(&packed[..]).read_to_end(&mut plain)?,
        Some("gz") => flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut plain)?,
        _ => return Ok(packed),
    };
    Ok(plain)
}

fn first_file(directory: &Path, prefix: &str) -> io::Result<Option<PathBuf>> {
    let mut entries = fs::read_dir(directory)?.flatten();
    Ok(entries.find(|entry| entry.file_name().to_string_lossy().starts_with(prefix)).map(|entry| entry.path()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_kernel_is_read_from_the_dependency() {
        let expected = ("linux-image-6.1.0-56-cloud-amd64".to_owned(), "6.1.192-2".to_owned());
        assert_eq!(newest("linux-image-6.1.0-56-cloud-amd64 (= 6.1.192-2)").unwrap(), expected);
        assert_eq!(newest("kmod, linux-image-6.1.0-56-cloud-amd64 (= 6.1.192-2), x").unwrap(), expected);
        assert!(newest("kmod").is_err());
    }

    #[test]
    fn compressed_modules_are_packed_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().join("6.1/kernel");
        fs::create_dir_all(&top).unwrap();
        for name in modules::WANTED {
            let depends: &[u8] = if name == "virtio_net" { b"depends=failover\0" } else { b"depends=\0" };
            fs::write(top.join(format!("{name}.ko")), elf::tests::with_section(".modinfo", depends)).unwrap();
        }
        let mut packed = xz2::write::XzEncoder::new(fs::File::create(top.join("failover.ko.xz")).unwrap(), 1);
        io::Write::write_all(&mut packed, &elf::tests::with_section(".modinfo", b"depends=\0")).unwrap();
        packed.finish().unwrap();
        fs::remove_file(top.join("overlay.ko")).unwrap();
        fs::write(top.join("../modules.builtin"), "kernel/fs/overlayfs/overlay.ko\n").unwrap();

        let (names, archive) = pack(dir.path(), "linux-image-x").unwrap();
        let expected = ["virtio_mmio", "virtio_blk", "virtio_console", "virtio_rng", "erofs"];
        let rest = ["vmw_vsock_virtio_transport", "failover", "virtio_net"];
        assert_eq!(names, [&expected[..], &rest[..]].concat());
        assert!(String::from_utf8_lossy(&archive).contains("modules/06-failover.ko\0"));
    }
}

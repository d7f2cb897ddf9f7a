//! The directory in which a Firecracker runs: its files under fixed names, all of it its user's.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io,
    os::{
        fd::{AsRawFd, RawFd},
        unix::fs::{PermissionsExt, fchown, symlink},
    },
    path::{Path, PathBuf},
};

use super::config;
use crate::{
    failure::Failure,
    host::write,
    vm::{Image, Saved, VmSpec, saved, vmm::Owner},
};

/// Everybody may read and nobody write; there is no way to the file but the descriptor that one is handed.
const READ_ONLY: u32 = 0o444;

/// One file that a machine is made of.
#[derive(Debug)]
pub(super) struct Part {
    /// By which Firecracker is told of it.
    pub(super) name: &'static str,
    pub(super) file: File,
    /// The machine's own; everything else is shared with others, and read.
    pub(super) own: bool,
}

/// What a machine is made of. One that goes on from where another was saved has its kernel in memory.
pub(super) fn parts(image: &Image, spec: &VmSpec, saved: Option<&Saved>) -> Result<Vec<Part>, Failure> {
    let shared = |name, path: &Path, what: &str| match File::open(path) {
        Ok(file) => Ok(Part { name, file, own: false }),
        Err(error) => Err(Failure::io(&format!("open the {what}"), &error)),
    };
    let mut parts = match saved {
        None => vec![
            shared(config::KERNEL, &image.kernel, "kernel")?,
            shared(config::INITRAMFS, &image.initramfs, "initramfs")?,
        ],
        Some(Saved { memory, state }) => vec![
            read_only(config::MEMORY, memory).map_err(|error| Failure::io("open the saved memory", &error))?,
            read_only(config::STATE, state).map_err(|error| Failure::io("open the saved state", &error))?,
        ],
    };
    if let Some(base) = &image.base {
        let disk = OpenOptions::new().read(true).write(true).open(spec.disk());
        let file = disk.map_err(|error| Failure::io("open the machine's disk", &error))?;
        parts.push(shared(config::BASE, base, "base image")?);
        parts.push(Part { name: config::DISK, file, own: true });
    }
    Ok(parts)
}

/// The same file, but through a descriptor that cannot write: many machines go on from it, each under its own user.
fn read_only(name: &'static str, file: &File) -> io::Result<Part> {
    if file.metadata()?.permissions().mode() & 0o777 != READ_ONLY {
        file.set_permissions(Permissions::from_mode(READ_ONLY))?;
    }
    Ok(Part { name, file: saved::reopened(file)?, own: false })
}

/// How the parts get to their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// Links to the descriptors that the process inherits.
    Descriptor,
    /// Mounts, which the jail makes over empty files.
    Mount,
}

/// Makes a directory for the machine's files and sockets, all of it its user's: the jailer gives a jail away once nobody
/// else is left to write there. So is the disk, which is opened once more under that user.
pub(super) fn prepare(place: &Path, parts: &[Part], by: By, owner: Option<Owner>) -> io::Result<File> {
    write::private_dir(place)?;
    for Part { name, file, .. } in parts {
        match by {
            By::Descriptor => symlink(by_descriptor(file.as_raw_fd()), place.join(name))?,
            By::Mount => drop(File::create_new(place.join(name))?),
        }
    }
    let directory = File::open(place)?;
    if by == By::Descriptor {
        give(&directory, owner)?;
    }
    for part in parts.iter().filter(|part| part.own) {
        give(&part.file, owner)?;
    }
    Ok(directory)
}

/// Removes the directory, or what an earlier machine left of it.
pub(super) fn clear(room: &Path) -> io::Result<()> {
    match fs::remove_dir_all(room) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes a file the machine's user's own.
pub(super) fn give(file: &File, owner: Option<Owner>) -> io::Result<()> {
    owner.map_or(Ok(()), |owner| fchown(file, Some(owner.user), None))
}

pub(super) fn by_descriptor(fd: RawFd) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{fd}"))
}

#[cfg(test)]
pub(super) mod tests {
    use std::{io::Write, os::unix::fs::MetadataExt};

    use super::*;

    pub(in crate::vm::firecracker) fn spec(dir: &Path) -> VmSpec {
        let [kernel, initramfs, base] = ["vmlinux", "initramfs.cpio", "base.erofs"].map(|name| dir.join(name));
        for file in [&kernel, &initramfs, &base, &dir.join("disk.ext4")] {
            fs::write(file, file.to_str().unwrap()).unwrap();
        }
        let image = Some(Image { kernel, initramfs, base: Some(base) });
        VmSpec {
            name: "vm-abcdefgh2345".into(),
            vcpu_count: 1,
            mem_mib: 256,
            image,
            dir: dir.into(),
            durable: false,
            waits: false,
        }
    }

    fn names(place: &Path) -> Vec<String> {
        let names = fs::read_dir(place).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn its_directory_leads_to_its_files_and_is_its_users() {
        let dir = tempfile::tempdir().unwrap();
        let spec = spec(dir.path());
        let place = dir.path().join("place");
        fs::create_dir(&place).unwrap();
        fs::write(place.join("old.sock"), "").unwrap();
        clear(&place).unwrap();
        let parts = parts(spec.image.as_ref().unwrap(), &spec, None).unwrap();
        let owner = Owner::of(&spec.name, false);
        prepare(&place, &parts, By::Descriptor, owner).unwrap();
        assert_eq!(names(&place), ["base", "disk", "initramfs", "kernel"]);
        let told = fs::read_to_string(place.join("disk")).unwrap();
        assert_eq!(Path::new(&told), spec.disk());
        let user = owner.map_or(nix::unistd::geteuid().as_raw(), |owner| owner.user);
        let [place, disk, kernel] =
            [place, spec.disk(), spec.image.unwrap().kernel].map(|path| fs::metadata(path).unwrap());
        assert_eq!((place.uid(), place.mode() & 0o777, disk.uid()), (user, 0o700, user));
        assert_eq!(kernel.uid(), nix::unistd::geteuid().as_raw(), "what is shared stays whose it is");
    }

    #[test]
    fn saved_memory_is_handed_over_to_be_read() {
        let dir = tempfile::tempdir().unwrap();
        let spec = spec(dir.path());
        let saved = ["memory", "state"].map(|name| {
            let mut file = File::options().read(true).write(true).create_new(true).open(dir.path().join(name)).unwrap();
            file.write_all(name.as_bytes()).unwrap();
            file.set_permissions(Permissions::from_mode(0o600)).unwrap();
            file
        });
        let [memory, state] = saved;
        let parts = parts(spec.image.as_ref().unwrap(), &spec, Some(&Saved { memory, state })).unwrap();
        let place = dir.path().join("place");
        prepare(&place, &parts, By::Descriptor, Owner::of(&spec.name, false)).unwrap();
        assert_eq!(names(&place), ["base", "disk", "memory", "state"]);
        assert_eq!(fs::read_to_string(place.join("memory")).unwrap(), "memory");
        for mut part in parts.into_iter().filter(|part| !part.own) {
            assert!(part.file.write_all(b"x").is_err(), "{} can be written", part.name);
            assert_eq!(part.file.metadata().unwrap().mode() & 0o004, 0o004);
        }
    }
}

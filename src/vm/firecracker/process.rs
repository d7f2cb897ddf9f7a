//! One Firecracker process: its files under fixed names in a directory of its own, started, and told what to run.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::{
        fd::{AsRawFd, OwnedFd, RawFd},
        unix::{fs::symlink, net::UnixStream},
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use tokio::time::timeout;

use super::{api, config, device, vsock};
use crate::{
    failure::Failure,
    host::{socket, write},
    link::ByteStream,
    redact::Redactor,
    vm::{
        ByteFuture, Death, Image, Machine, VmSpec,
        vmm::{Owner, Vmm},
    },
};

/// It answers within milliseconds; this is for a very busy host.
const STARTS_WITHIN: Duration = Duration::from_secs(20);
/// Its API breaks off a moment before its end is seen.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// A running Firecracker.
#[derive(Debug)]
pub(super) struct FirecrackerMachine {
    /// Where it runs, with its sockets.
    place: PathBuf,
    vmm: Vmm,
}

pub(super) async fn launch(binary: &Path, spec: &VmSpec, redactor: &Redactor) -> Result<FirecrackerMachine, Failure> {
    let place = spec.dir.join(socket::FIRECRACKER);
    let launched = launch_in(&place, binary, spec, redactor).await;
    if launched.is_err() {
        let _ = fs::remove_dir_all(&place);
    }
    launched.map(|vmm| FirecrackerMachine { place, vmm })
}

async fn launch_in(place: &Path, binary: &Path, spec: &VmSpec, redactor: &Redactor) -> Result<Vmm, Failure> {
    let image = spec.image.as_ref().ok_or_else(|| Failure::internal("a VM without an image"))?;
    let owner = Owner::of(&spec.name, true);
    let files = open(image, spec)?;
    let io = |error: io::Error| Failure::io("prepare the machine's directory", &error);
    let directory = prepare(place, &files, owner).map_err(io)?;
    if let Some(owner) = owner {
        device::hand_over(place, owner)?;
    }
    let (console, console_guest) = UnixStream::pair().map_err(io)?;
    let mut command = Command::new(binary);
    command.args(config::args(spec)).stdin(Stdio::null()).stdout(OwnedFd::from(console_guest));
    // By descriptor, for its user may not look into the directories above.
    command.current_dir(by_descriptor(directory.as_raw_fd()));
    let keep = files.iter().map(|(_, file)| file.as_raw_fd()).collect();
    let vmm = Vmm::spawn(command, owner, keep, console, spec.dir.join("console.log"), redactor).map_err(|error| {
        Failure::io("start firecracker", &error).hint("let PYRO_FIRECRACKER name a program that every user may run")
    })?;
    if let Err(failure) = start(place, &vmm, config::calls(spec, image.base.is_some())).await {
        vmm.kill();
        vmm.ended().await;
        return Err(failure);
    }
    Ok(vmm)
}

/// What the machine is made of, by the names that the configuration gives.
fn open(image: &Image, spec: &VmSpec) -> Result<Vec<(&'static str, File)>, Failure> {
    let open =
        |path: &Path, what: &str| File::open(path).map_err(|error| Failure::io(&format!("open the {what}"), &error));
    let mut files = vec![
        (config::KERNEL, open(&image.kernel, "kernel")?),
        (config::INITRAMFS, open(&image.initramfs, "initramfs")?),
    ];
    if let Some(base) = &image.base {
        let disk = OpenOptions::new().read(true).write(true).open(spec.disk());
        files.push((config::BASE, open(base, "base image")?));
        files.push((config::DISK, disk.map_err(|error| Failure::io("open the machine's disk", &error))?));
    }
    Ok(files)
}

/// Makes the directory anew, with links to the descriptors of `files`, all of it its user's; so is the disk, which is
/// opened once more through its descriptor.
fn prepare(place: &Path, files: &[(&'static str, File)], owner: Option<Owner>) -> io::Result<File> {
    match fs::remove_dir_all(place) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => write::private_dir(place)?,
    }
    for (name, file) in files {
        symlink(by_descriptor(file.as_raw_fd()), place.join(name))?;
    }
    let directory = File::open(place)?;
    if let Some(Owner { user, .. }) = owner {
        let disk = files.iter().filter(|(name, _)| *name == config::DISK).map(|(_, disk)| disk);
        for own in disk.chain([&directory]) {
            std::os::unix::fs::fchown(own, Some(user), None)?;
        }
    }
    Ok(directory)
}

fn by_descriptor(fd: RawFd) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{fd}"))
}

async fn start(place: &Path, vmm: &Vmm, calls: Vec<config::Put>) -> Result<(), Failure> {
    let ended = |death: Death| Failure::unavailable(format!("Firecracker did not start: {}", death.detail));
    let made = tokio::select! {
        made = timeout(STARTS_WITHIN, api::make(place, calls)) => made,
        death = vmm.ended() => return Err(ended(death)),
    };
    let failure = match made {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(failure)) => failure,
        Err(_) => Failure::unavailable(format!("Firecracker's API was silent for {} s", STARTS_WITHIN.as_secs())),
    };
    // Where it is no more, it has said why.
    Err(timeout(LAST_WORDS, vmm.ended()).await.map_or(failure, ended))
}

impl Machine for FirecrackerMachine {
    fn connect(&self) -> ByteFuture<'_, io::Result<ByteStream>> {
        Box::pin(async move {
            tokio::select! {
                connected = vsock::connect(&self.place) => Ok(Box::new(connected?) as ByteStream),
                _ = self.vmm.ended() => Err(io::ErrorKind::BrokenPipe.into()),
            }
        })
    }

    fn ended(&self) -> ByteFuture<'_, Death> {
        Box::pin(self.vmm.ended())
    }

    fn kill(&self) {
        self.vmm.kill();
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use super::*;

    fn spec(dir: &Path) -> VmSpec {
        let [kernel, initramfs, base] = ["vmlinux", "initramfs.cpio", "base.erofs"].map(|name| dir.join(name));
        for file in [&kernel, &initramfs, &base, &dir.join("disk.ext4")] {
            fs::write(file, file.to_str().unwrap()).unwrap();
        }
        let image = Some(Image { kernel, initramfs, base: Some(base) });
        VmSpec { name: "vm-abcdefgh2345".into(), vcpu_count: 1, mem_mib: 256, image, dir: dir.into(), durable: false, waits: false }
    }

    #[test]
    fn its_directory_leads_to_its_files_and_is_its_users() {
        let dir = tempfile::tempdir().unwrap();
        let spec = spec(dir.path());
        let place = dir.path().join("place");
        fs::create_dir(&place).unwrap();
        fs::write(place.join("old.sock"), "").unwrap();
        let files = open(spec.image.as_ref().unwrap(), &spec).unwrap();
        let owner = Owner::of(&spec.name, false);
        prepare(&place, &files, owner).unwrap();
        let mut names: Vec<_> = fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["base", "disk", "initramfs", "kernel"]);
        let told = fs::read_to_string(place.join("disk")).unwrap();
        assert_eq!(Path::new(&told), spec.disk());
        let user = owner.map_or(nix::unistd::geteuid().as_raw(), |owner| owner.user);
        let [place, disk, kernel] =
            [place, spec.disk(), spec.image.unwrap().kernel].map(|path| fs::metadata(path).unwrap());
        assert_eq!((place.uid(), place.mode() & 0o777, disk.uid()), (user, 0o700, user));
        assert_eq!(kernel.uid(), nix::unistd::geteuid().as_raw(), "what is shared stays whose it is");
    }

    #[tokio::test]
    async fn one_that_ends_at_once_leaves_its_words_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let binary = dir.path().join("program");
        fs::write(&binary, "#!/bin/sh\necho 'no such luck' >&2; exit 7\n").unwrap();
        fs::set_permissions(&binary, fs::Permissions::from_mode(0o755)).unwrap();
        // The machine's user must find the program.
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let failure = launch(&binary, &spec(dir.path()), &Redactor::default()).await.unwrap_err();
        assert!(!dir.path().join(socket::FIRECRACKER).exists());
        assert!(failure.message.ends_with("status 7; its last words: no such luck"), "{}", failure.message);
    }
}

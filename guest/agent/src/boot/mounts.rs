//! Every mount of the guest.

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt, PermissionsExt, symlink},
    path::Path,
};

use nix::mount::{MsFlags, mount};

/// Where the pieces of the root stand before it is the root.
const BASE: &str = "/base";
const DISK: &str = "/disk";
const ROOT: &str = "/root";

/// What the disk holds; made on its first boot.
const DISK_DIRECTORIES: [&str; 3] = ["root", "work", "workspace"];

struct Mount {
    source: &'static str,
    target: &'static str,
    kind: &'static str,
    flags: MsFlags,
    data: &'static str,
}

const fn entry(target: &'static str, kind: &'static str, flags: MsFlags, data: &'static str) -> Mount {
    Mount { source: kind, target, kind, flags, data }
}

const NOSUID: MsFlags = MsFlags::MS_NOSUID;
const NODEV: MsFlags = MsFlags::MS_NODEV;
const NOEXEC: MsFlags = MsFlags::MS_NOEXEC;

const KERNEL: [Mount; 3] = [
    entry("/proc", "proc", NOSUID.union(NODEV).union(NOEXEC), ""),
    entry("/sys", "sysfs", NOSUID.union(NODEV).union(NOEXEC), ""),
    entry("/dev", "devtmpfs", NOSUID, "mode=0755"),
];

const COMPLETION: [Mount; 4] = [
    entry("/dev/pts", "devpts", NOSUID.union(NOEXEC), "gid=5,mode=620,ptmxmode=666"),
    // Without it, POSIX semaphores and Python's multiprocessing fail.
    entry("/dev/shm", "tmpfs", NOSUID.union(NODEV), "mode=1777"),
    // The kernel's default mode would let anyone write here.
    entry("/run", "tmpfs", NOSUID.union(NODEV), "mode=0755"),
    entry("/sys/fs/cgroup", "cgroup2", NOSUID.union(NODEV).union(NOEXEC), ""),
];

/// Bash's `<(...)` and many scripts need these.
const DEV_LINKS: [(&str, &str); 4] = [
    ("/proc/self/fd", "/dev/fd"),
    ("/proc/self/fd/0", "/dev/stdin"),
    ("/proc/self/fd/1", "/dev/stdout"),
    ("/proc/self/fd/2", "/dev/stderr"),
];

pub(super) fn kernel_file_systems() -> io::Result<()> {
    KERNEL.iter().try_for_each(attach)
}

/// What nearly every command runs; read while nobody waits yet, so that it is in memory.
const HOT: [&str; 4] = ["bin/sh", "usr/bin/env", "lib/x86_64-linux-gnu/libc.so.6", "lib64/ld-linux-x86-64.so.2"];

pub(super) fn mount_base(base: &Path) -> io::Result<()> {
    fs::create_dir_all(BASE)?;
    mount(Some(base), BASE, Some("erofs"), MsFlags::MS_RDONLY, None::<&str>).map_err(naming("base image"))?;
    for path in HOT {
        // An image without it has other things that are hot.
        let _ = fs::read(Path::new(BASE).join(path));
    }
    Ok(())
}

/// Overlay of the disk over the base. With these options, inodes are stable, hard links survive copying up, and
/// directories of the base can be renamed.
pub(super) fn stack_root(disk: &Path) -> io::Result<()> {
    for directory in [DISK, ROOT] {
        fs::create_dir_all(directory)?;
    }
    let none = None::<&str>;
    // What commands write reaches the host within three seconds, see also the settings of dirty pages.
    // The disk is new where it was never written: its inode tables are zero already, and zeroing all 256 MB of them would
    // keep each new machine busy for half a minute.
    let data = Some("commit=1,noinit_itable");
    mount(Some(disk), DISK, Some("ext4"), MsFlags::MS_NOATIME, data).map_err(naming("disk"))?;
    for directory in DISK_DIRECTORIES {
        fs::create_dir_all(Path::new(DISK).join(directory))?;
    }
    let options = format!("lowerdir={BASE},upperdir={DISK}/root,workdir={DISK}/work,redirect_dir=on,index=on,xino=on");
    mount(Some("overlay"), ROOT, Some("overlay"), MsFlags::empty(), Some(options.as_str()))
        .map_err(naming("overlay"))?;
    let workspace = format!("{ROOT}/workspace");
    fs::create_dir_all(&workspace)?;
    let source = format!("{DISK}/workspace");
    mount(Some(source.as_str()), workspace.as_str(), none, MsFlags::MS_BIND, none).map_err(naming("workspace"))
}

/// As `switch_root(8)`: the initramfs cannot be unmounted, so its files are deleted and the root moved over it.
pub(super) fn switch_root() -> io::Result<()> {
    let none = None::<&str>;
    for kernel in &KERNEL {
        let target = format!("{ROOT}{}", kernel.target);
        fs::create_dir_all(&target)?;
        mount(Some(kernel.target), target.as_str(), none, MsFlags::MS_MOVE, none)?;
    }
    let _ = fs::remove_dir_all("/modules");
    let _ = fs::remove_file("/init");
    std::env::set_current_dir(ROOT)?;
    mount(Some("."), "/", none, MsFlags::MS_MOVE, none)?;
    nix::unistd::chroot(".")?;
    std::env::set_current_dir("/")
}

pub(super) fn complete_root() -> io::Result<()> {
    for completion in &COMPLETION {
        attach(completion)?;
    }
    for (target, link) in DEV_LINKS {
        // The kernel or the image may have made it already.
        if !Path::new(link).is_symlink() {
            symlink(target, link)?;
        }
    }
    for everyones in ["/run/lock", "/tmp"] {
        fs::create_dir_all(everyones)?;
        fs::set_permissions(everyones, fs::Permissions::from_mode(0o1777))?;
    }
    Ok(())
}

fn attach(entry: &Mount) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o755).create(entry.target)?;
    let data = (!entry.data.is_empty()).then_some(entry.data);
    mount(Some(entry.source), entry.target, Some(entry.kind), entry.flags, data).map_err(naming(entry.target))
}

fn naming(what: &str) -> impl Fn(nix::Error) -> io::Error {
    move |error| io::Error::other(format!("{what}: {error}"))
}

//! Health, waking, syncing and ending.

use std::{
    fs,
    io::Write,
    os::unix::ffi::OsStrExt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use nix::{
    mount::{MsFlags, mount},
    sys::{statvfs::fstatvfs, time::TimeSpec},
    time::{ClockId, clock_settime},
};
use pyro_protocol::{
    GENERATION, GuestError, GuestErrorCode,
    control::{Health, Shutdown, Wake},
};

use crate::{
    Agent, Place,
    http::Call,
    reply::{self, Reply},
    sys,
};

/// As `hostname(7)`.
const HOSTNAME_BYTES_MAX: usize = 64;

pub(crate) async fn health(call: Call) -> Reply {
    reply::json(&look(&call.agent))
}

/// Tells a guest what it cannot know by itself. Elsewhere it only checks the request: the machine is not ours.
pub(crate) async fn wake(call: Call) -> Reply {
    let agent = call.agent.clone();
    let wake: Wake = call.json().await?;
    let invalid = |message: &str| GuestError::new(GuestErrorCode::Invalid, message);
    let entropy =
        STANDARD.decode(&wake.entropy).ok().and_then(|bytes| <[u8; sys::ENTROPY_BYTES]>::try_from(bytes).ok());
    let entropy = entropy.ok_or_else(|| invalid("entropy is not 32 bytes in base64"))?;
    let name_fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    if wake.hostname.is_empty() || wake.hostname.len() > HOSTNAME_BYTES_MAX || !wake.hostname.bytes().all(name_fits) {
        return Err(invalid("hostname is not 1 to 64 letters, digits, '-' and '.'"));
    }
    if agent.place == Place::Guest {
        let failed = |what: &str, error: &dyn std::fmt::Display| {
            GuestError::new(GuestErrorCode::Internal, format!("{what} cannot be set: {error}"))
        };
        let random = fs::File::open("/dev/urandom").map_err(|error| failed("entropy", &error))?;
        sys::add_entropy(&random, entropy).map_err(|error| failed("entropy", &error))?;
        let clock = TimeSpec::from_duration(Duration::from_nanos(wake.clock_unix_ns));
        clock_settime(ClockId::CLOCK_REALTIME, clock).map_err(|error| failed("clock", &error))?;
        name_host(&wake.hostname).map_err(|error| failed("hostname", &error))?;
        identify(wake.renewed).map_err(|error| failed("machine id", &error))?;
        if wake.renewed {
            another_boot().map_err(|error| failed("boot id", &error))?;
        }
    }
    reply::json(&look(&agent))
}

/// Sets the name and writes it where programs look it up; a root without `/etc` has no such programs.
fn name_host(name: &str) -> std::io::Result<()> {
    nix::unistd::sethostname(name)?;
    if !fs::exists("/etc")? {
        return Ok(());
    }
    fs::write("/etc/hostname", format!("{name}\n"))?;
    let old = fs::read_to_string("/etc/hosts").unwrap_or_else(|_| "127.0.0.1\tlocalhost\n::1\tlocalhost\n".to_owned());
    let mut hosts = fs::File::create("/etc/hosts")?;
    for line in old.lines().filter(|line| !line.starts_with("127.0.1.1")) {
        writeln!(hosts, "{line}")?;
    }
    writeln!(hosts, "127.0.1.1\t{name}")
}

/// Gives the machine an id of its own, once, or another one; only now is there entropy for it.
fn identify(anew: bool) -> std::io::Result<()> {
    let has_one = !anew && fs::metadata("/etc/machine-id").is_ok_and(|id| id.len() > 0);
    if has_one || !fs::exists("/etc")? {
        return Ok(());
    }
    fs::write("/etc/machine-id", fs::read_to_string("/proc/sys/kernel/random/uuid")?.replace('-', ""))
}

/// The kernel makes its boot id once, when it is first read: a machine that goes on as another has another put over it.
fn another_boot() -> std::io::Result<()> {
    const ID: &str = "/run/boot-id";
    fs::write(ID, fs::read_to_string("/proc/sys/kernel/random/uuid")?)?;
    let none = None::<&str>;
    Ok(mount(Some(ID), "/proc/sys/kernel/random/boot_id", none, MsFlags::MS_BIND, none)?)
}

/// Writes file systems to disk: all of a guest's, only the workspace's elsewhere.
pub(crate) async fn sync(call: Call) -> Reply {
    let agent = call.agent;
    let failed = |error: &dyn std::fmt::Display| {
        GuestError::new(GuestErrorCode::Internal, format!("file systems cannot be synced: {error}"))
    };
    let synced = tokio::task::spawn_blocking(move || match agent.place {
        Place::Guest => {
            nix::unistd::sync();
            Ok(())
        }
        Place::Host => agent
            .root
            .make_directory(&agent.root.absolute(b".").map_err(std::io::Error::other)?)
            .and_then(|workspace| Ok(nix::unistd::syncfs(workspace)?)),
    });
    synced.await.map_err(|error| failed(&error))?.map_err(|error| failed(&error))?;
    reply::done()
}

/// Answers, and then begins the end.
pub(crate) async fn shutdown(call: Call) -> Reply {
    let agent = call.agent.clone();
    let shutdown: Shutdown = call.json().await?;
    agent.end(Duration::from_millis(shutdown.grace_ms));
    reply::done()
}

fn look(agent: &Agent) -> Health {
    let (memory_total_bytes, memory_available_bytes) = memory();
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let uptime_seconds: f64 = read("/proc/uptime").split(' ').next().and_then(|text| text.parse().ok()).unwrap_or(0.0);
    let disk = agent.root.workspace().ok().and_then(|workspace| fstatvfs(&workspace).ok());
    let kernel = nix::sys::utsname::uname();
    Health {
        generation: GENERATION,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        boot_id: read("/proc/sys/kernel/random/boot_id").trim().to_owned(),
        kernel: kernel.map(|name| String::from_utf8_lossy(name.release().as_bytes()).into_owned()).unwrap_or_default(),
        uptime_ms: (uptime_seconds * 1000.0) as u64,
        clock_unix_ns: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos() as u64,
        memory_total_bytes,
        memory_available_bytes,
        disk_free_bytes: disk.map_or(0, |disk| disk.blocks_available() * disk.fragment_size()),
        execs_running: agent.execs.running() as u32,
    }
}

/// Total and available memory, bytes.
pub(crate) fn memory() -> (u64, u64) {
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let bytes = |name: &str| {
        let line = meminfo.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
    };
    (bytes("MemTotal:").unwrap_or(0), bytes("MemAvailable:").unwrap_or(0))
}

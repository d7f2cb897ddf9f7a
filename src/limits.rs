//! Every limit of the host side, its unit and its reason.

use std::time::Duration;

/// Virtual CPUs of one machine.
pub const VCPUS_MAX: u32 = 8;
/// Memory of one machine, MiB: below, a Debian userland starves.
pub const MEM_MIB_MIN: u32 = 256;
pub const MEM_MIB_MAX: u32 = 32_768;
/// Idle time after which a machine is ended, seconds.
pub const TTL_SECONDS_MIN: u32 = 60;
pub const TTL_SECONDS_MAX: u32 = 604_800;
/// Longest a command may run, seconds: one day.
pub const TIMEOUT_SECONDS_MAX: u32 = 86_400;
/// A command line, bytes: below the kernel's 128 KiB for one argument.
pub const COMMAND_BYTES_MAX: usize = 100_000;

/// What a machine gets when the caller says nothing.
pub const fn vcpus_default() -> u32 {
    1
}

pub const fn mem_mib_default() -> u32 {
    1024
}

pub const fn ttl_seconds_default() -> u32 {
    600
}

pub const fn timeout_seconds_default() -> u32 {
    30
}

/// Of one stream in a result, bytes; shared by head and tail.
pub const fn output_bytes_default() -> u32 {
    16 * 1024
}

/// The most a caller may ask for, so that a result stays within [`RESULT_BYTES_MAX`].
pub const OUTPUT_BYTES_MAX: u32 = 96 * 1024;
/// One stream's share of a result, as JSON writes it: a line end costs two bytes there, a control character six.
pub const OUTPUT_JSON_BYTES_MAX: usize = 120 * 1024;
/// How much of a command a result repeats, characters.
pub const COMMAND_SHOWN_CHARS: usize = 1000;
/// A failure's message or hint, characters: a caller's own words are repeated no further.
pub const FAILURE_CHARS_MAX: usize = 2000;
/// A whole result as JSON, bytes: beyond it, hosts cut or refuse.
pub const RESULT_BYTES_MAX: usize = 256 * 1024;
/// Calls one process runs at once; the next is refused.
pub const CALLS_AT_ONCE: usize = 64;
/// Connections the HTTP door holds at once; the next wait to be accepted.
pub const HTTP_CONNECTIONS_MAX: usize = 256;
/// A request's line and headers over HTTP, bytes.
pub const HTTP_HEAD_BYTES_MAX: usize = 64 * 1024;
/// A request's body over HTTP, bytes.
pub const HTTP_BODY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Bodies being read and decoded at once, bytes: parsed, they take a multiple of that in memory.
pub const HTTP_BODIES_BYTES_MAX: usize = 16 * 1024 * 1024;
/// A request's head must be there within this, and then its body; an idle connection is closed after it.
pub const HTTP_READ_DEADLINE: Duration = Duration::from_secs(30);
/// A client that takes nothing of its answer for this long is gone.
pub const HTTP_WRITE_DEADLINE: Duration = Duration::from_secs(60);
/// A call that names no deadline of its own.
pub const CALL_DEADLINE: Duration = Duration::from_secs(60);
/// Time a call may take besides its command: a cold boot on a busy emulating host.
pub const BOOT_DEADLINE: Duration = Duration::from_secs(120);
/// Time an environment may take to build: Debian's packages over a slow line, emulation not included.
pub const BUILD_DEADLINE: Duration = Duration::from_secs(3600);
/// An orderly end of a machine; then it is killed.
pub const STOP_GRACE: Duration = Duration::from_secs(5);
/// No answer to a session's opening for this long: the guest counts as faulty.
pub const ACK_DEADLINE: Duration = Duration::from_secs(3);
/// Share of the host's memory that running machines may claim, percent.
pub const MEMORY_SHARE_PERCENT: u64 = 75;
/// The end of the serial console that is kept, bytes.
pub const CONSOLE_KEPT_BYTES: usize = 256 * 1024;
/// The journal starts anew at this size, keeping one older file.
pub const JOURNAL_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// The writable disk of a machine, bytes: sparse, so only what is written is used.
pub const DISK_BYTES: u64 = 16 * 1024 * 1024 * 1024;
/// KVM must boot a real kernel to the agent's answer within this.
pub const KVM_PROBE: Duration = Duration::from_secs(3);

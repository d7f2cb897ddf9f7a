//! Health, waking and ending of a guest.

use serde::{Deserialize, Serialize};

/// What the agent is and how it fares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// [`crate::GENERATION`] of the agent.
    pub generation: u32,
    /// Version of the agent's package.
    pub version: String,
    /// The kernel's boot id: another one means another boot.
    pub boot_id: String,
    /// `uname -r`.
    pub kernel: String,
    pub uptime_ms: u64,
    /// The guest's wall clock, nanoseconds since 1970.
    pub clock_unix_ns: u64,
    pub memory_total_bytes: u64,
    pub memory_available_bytes: u64,
    /// Free bytes of the file system under `/workspace`.
    pub disk_free_bytes: u64,
    /// Commands running now.
    pub execs_running: u32,
}

/// First call of every session with a booted or restored guest: whatever a guest cannot know by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wake {
    /// 32 fresh random bytes, base64: restored guests would otherwise share their randomness.
    pub entropy: String,
    /// The host's wall clock, nanoseconds since 1970.
    pub clock_unix_ns: u64,
    /// Also written to `/etc/hostname` and `/etc/hosts`.
    pub hostname: String,
    /// The machine goes on as another than it was: it gets new ids, where each boot or installation has one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub renewed: bool,
}

/// Ends the guest: all processes told, file systems synced, power off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shutdown {
    /// How long processes may take to heed TERM.
    pub grace_ms: u64,
}

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

pub const fn workspace_ttl_seconds_default() -> u32 {
    3600
}

pub const fn timeout_seconds_default() -> u32 {
    30
}

/// Of a shell's output in a result when the caller says nothing.
pub const fn shell_read_default() -> u32 {
    16 * 1024
}

/// A terminal's size when the caller says nothing.
pub const fn cols_default() -> u16 {
    120
}

pub const fn rows_default() -> u16 {
    30
}

/// The longest wait for a shell's output to pause, seconds.
pub const fn shell_wait_default() -> u32 {
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
/// The same in a list of many, and of other texts that callers wrote.
pub const LISTED_CHARS: usize = 200;
/// A failure's message or hint, characters: a caller's own words are repeated no further.
pub const FAILURE_CHARS_MAX: usize = 2000;
/// A whole result as JSON, bytes: beyond it, hosts cut or refuse.
pub const RESULT_BYTES_MAX: usize = 256 * 1024;
/// Calls one process runs at once; the next is refused.
pub const CALLS_AT_ONCE: usize = 64;
/// Connections the HTTP door holds at once, and with them the descriptors it takes; the next wait to be accepted.
pub const HTTP_CONNECTIONS_MAX: usize = 1024;
/// A request's line and headers over HTTP, bytes.
pub const HTTP_HEAD_BYTES_MAX: usize = 64 * 1024;
/// A request's body over HTTP, bytes.
pub const HTTP_BODY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Bodies being read and decoded at once, bytes: parsed, they take a multiple of that in memory.
pub const HTTP_BODIES_BYTES_MAX: usize = 16 * 1024 * 1024;
/// A connection without a whole head of a request is closed after this; clients keep idle ones about as long...
pub const HTTP_IDLE_DEADLINE: Duration = Duration::from_secs(75);
/// ...and one that was accepted when three quarters were taken already after this: whoever holds many without a word keeps
/// nobody out.
pub const HTTP_HURRY_DEADLINE: Duration = Duration::from_secs(5);
/// A call's body must be there within this.
pub const HTTP_READ_DEADLINE: Duration = Duration::from_secs(30);
/// A client that takes nothing of its answer for this long is gone.
pub const HTTP_WRITE_DEADLINE: Duration = Duration::from_secs(60);
/// A call that names no deadline of its own.
pub const CALL_DEADLINE: Duration = Duration::from_secs(60);
/// Time a call may take besides its command: a cold boot on a busy emulating host.
pub const BOOT_DEADLINE: Duration = Duration::from_secs(120);
/// Time an environment may take to build: Debian's packages over a slow line, emulation not included.
pub const BUILD_DEADLINE: Duration = Duration::from_secs(3600);
/// An orderly end of a machine, services' [`SERVICE_GRACE`] and the writing out of its file systems included; then it is
/// killed.
pub const STOP_GRACE: Duration = Duration::from_secs(15);
/// Saving a running machine for its forks: its memory is written once, and its disk copied.
pub const FORK_DEADLINE: Duration = Duration::from_secs(600);
/// Forks that one call makes.
pub const FORKS_MAX: u32 = 16;
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
/// Of each stream of a workspace's command, bytes kept on disk: its beginning...
pub const OUTPUT_HEAD_BYTES: u64 = 8 * 1024 * 1024;
/// ...and its end.
pub const OUTPUT_TAIL_BYTES: u64 = 8 * 1024 * 1024;
/// Output kept of all commands of one workspace, bytes; the oldest commands' goes first, their records stay.
pub const HISTORY_KEPT_BYTES: u64 = 512 * 1024 * 1024;
/// A workspace's name or a label's value, characters.
pub const NAME_CHARS_MAX: usize = 120;
/// Labels of one workspace.
pub const LABELS_MAX: usize = 64;
/// Entries of one page of a list.
pub const LIST_DEFAULT: u32 = 50;
pub const LIST_MAX: u32 = 200;
/// A workspace's command that still runs after this is handed back to callers who would give the call up: hosts cut
/// calls at 60 s.
pub const YIELD: Duration = Duration::from_secs(45);
/// Standard input of a command, bytes of UTF-8.
pub const STDIN_BYTES_MAX: usize = 1024 * 1024;
/// Trees in and out: as long as a full disk takes over a slow channel.
pub const TRANSFER_DEADLINE: Duration = Duration::from_secs(3600);
/// One archive that a remote caller uploads, bytes.
pub const UPLOAD_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;
/// An archive within a call, bytes before base64: a call's body holds no more.
pub const ARCHIVE_BYTES_MAX: usize = 1024 * 1024;
/// Uploads and downloads of one principal that wait to be used...
pub const SPOOL_ENTRIES_MAX: usize = 64;
/// ...their bytes together...
pub const SPOOL_BYTES_MAX: u64 = 16 * 1024 * 1024 * 1024;
/// ...and how long each waits, seconds.
pub const SPOOL_SECONDS: i64 = 3600;
/// An upload or download on which no byte moves for this long is given up.
pub const SPOOL_SILENCE: Duration = Duration::from_secs(30);
/// An image that a result carries, bytes: one client refuses events of 1 MiB, and base64 takes a third more.
pub const IMAGE_BYTES_MAX: u64 = 720 * 1024;
/// Between two reports of progress of one call at most.
pub const PROGRESS_EVERY: Duration = Duration::from_secs(4);
/// What workspace_logs may wait for a command's end, seconds.
pub const WAIT_SECONDS_MAX: u32 = 3600;
/// A tree that crosses into or out of a workspace, bytes as tar: below a workspace's disk.
pub const TREE_BYTES_MAX: u64 = 14 * 1024 * 1024 * 1024;
/// Entries of such a tree.
pub const TREE_ENTRIES_MAX: u64 = 1_000_000;
/// Special files of a tree of the host that are named as left out.
pub const SKIPPED_TOLD_MAX: usize = 100;
/// A file whose differences are told as text, bytes: beyond, it is data rather than source.
pub const DIFF_FILE_BYTES_MAX: u64 = 1024 * 1024;
/// The most of a patch a caller may ask for, bytes as JSON writes them, so that a result stays within
/// [`RESULT_BYTES_MAX`].
pub const DIFF_PATCH_BYTES_MAX: u32 = 120 * 1024;
/// Changed entries that one result lists.
pub const DIFF_ENTRIES_MAX: usize = 500;
/// The listed entries' share of a result, bytes of JSON: names may be long.
pub const DIFF_ENTRIES_JSON_BYTES_MAX: usize = 96 * 1024;
/// Paths and patterns that narrow one diff: each is tried on every entry.
pub const DIFF_PATHS_MAX: usize = 100;
/// Search for one file's shortest differences; then larger ones are told, which are as true.
pub const DIFF_FILE_TIME: Duration = Duration::from_millis(500);
/// The same for all files of one diff.
pub const DIFF_TIME: Duration = Duration::from_secs(10);
/// Named snapshots of one workspace: each costs what its disk holds.
pub const SNAPSHOTS_MAX: usize = 32;
/// Directories on the way to one file of a disk at rest, bytes: some 400,000 names.
pub const DISK_DIRECTORIES_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// The directory in which an overlay notes files of several names that were changed, bytes: some 50,000 of them.
pub const OVERLAY_INDEX_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// The journal of a guest's disk, bytes: mkfs makes none larger.
pub const DISK_JOURNAL_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// Blocks that a journal revokes: a few seconds' work, and a hundred times what fits into the journal that ours have.
pub const DISK_REVOKES_MAX: u64 = 16 * 1024 * 1024;
/// One directory that is walked on a guest's disk, bytes: [`TREE_ENTRIES_MAX`] of the longest names.
pub const WALK_DIRECTORY_BYTES_MAX: u64 = 264 * TREE_ENTRIES_MAX;
/// All directories of such a walk, bytes: as many as it has entries, a block each.
pub const WALK_DIRECTORIES_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;
/// Names that such a walk holds at once, on all levels, bytes with what holds them: a million of usual length.
pub const WALK_NAMES_BYTES_MAX: usize = 64 * 1024 * 1024;
/// All paths and targets of links that such a walk tells, bytes: a kilobyte for each of its entries.
pub const WALK_TOLD_BYTES_MAX: u64 = 1024 * TREE_ENTRIES_MAX;
/// Links followed on the way to one entry of a machine at rest: as many as the kernel follows.
pub const LINKS_MAX: usize = 40;
/// What one link of such a machine says, bytes: the kernel's own limit.
pub const LINK_TARGET_BYTES_MAX: u64 = 4096;
/// Where an overlay notes that a directory came from, bytes: kernels write at most 256.
pub const REDIRECT_BYTES_MAX: usize = 4096;

/// How much of a patch a result carries when the caller says nothing, bytes as JSON writes them.
pub const fn diff_patch_bytes_default() -> u32 {
    48 * 1024
}
/// A patch, bytes: what one call may reasonably carry.
pub const PATCH_BYTES_MAX: usize = 1024 * 1024;
/// Files one patch changes: all are held until all of them fit.
pub const PATCH_FILES_MAX: usize = 1000;
/// A file that is patched, bytes, before and after: both are held in memory.
pub const PATCHED_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes compared in one file in search of where hunks belong, besides the places they name: well under a second.
pub const PATCH_SEARCH_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Hunks of one file whose failure is told; the rest is not tried.
pub const HUNK_FAILURES_MAX: usize = 8;
/// A list of files, bytes of JSON: below a result's limit.
pub const FILE_LIST_JSON_BYTES_MAX: usize = 160 * 1024;
/// Files of one page of such a list.
pub const FILE_LIST_DEFAULT: u32 = 200;
pub const FILE_LIST_MAX: u32 = 1000;
/// Of one file in a result, bytes.
pub const FILE_READ_DEFAULT: u32 = 64 * 1024;
pub const FILE_READ_MAX: u32 = 96 * 1024;
/// A file's text in a call, bytes of UTF-8.
pub const FILE_WRITE_BYTES_MAX: usize = 1024 * 1024;
/// Everything that one patch reads, bytes.
pub const PATCH_READ_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Shells of one workspace that nobody has closed; those that have ended make room.
pub const SHELLS_MAX: usize = 16;
/// Of what a shell's programs wrote, bytes kept to be read exactly.
pub const SHELL_KEPT_BYTES: usize = 2 * 1024 * 1024;
/// Of a shell in a result, bytes or characters.
pub const SHELL_READ_MAX: u32 = 96 * 1024;
/// A shell's output in a result, bytes of JSON...
pub const SHELL_JSON_BYTES_MAX: usize = 140 * 1024;
/// ...and its screen: with the rest they stay within [`RESULT_BYTES_MAX`].
pub const SHELL_SCREEN_JSON_BYTES_MAX: usize = 96 * 1024;
/// How long output must pause before a shell counts as idle, milliseconds.
pub const IDLE_MS_MAX: u32 = 10_000;
/// A place in what a shell wrote: what JSON numbers hold exactly.
pub const CURSOR_MAX: u64 = 1 << 53;
/// What is typed at once, bytes of UTF-8.
pub const SHELL_INPUT_BYTES_MAX: usize = 64 * 1024;

/// Commands one workspace can ever have.
pub const SEQUENCE_MAX: u64 = 1_000_000_000;
/// A terminal's columns and rows, each: larger than any screen, small enough to be repainted in one go.
pub const TERMINAL_SIDE_MAX: u16 = pyro_protocol::exec::TERMINAL_SIDE_MAX;
/// Rows that are kept after they scrolled off a terminal's screen: a long build's log.
pub const TERMINAL_SCROLLED_ROWS_MAX: usize = 10_000;
/// Their text, bytes: rows may be wide, and every shell has its own.
pub const TERMINAL_SCROLLED_BYTES_MAX: usize = 4 * 1024 * 1024;
/// A terminal's answers that nobody has typed back yet, bytes: a program asks and waits, it does not ask ahead.
pub const TERMINAL_REPLIES_BYTES_MAX: usize = 4 * 1024;
/// Characters without a width of their own that one cell of a terminal carries: more than any script stacks.
pub const TERMINAL_MARKS_MAX: usize = 4;
/// Services of one workspace, ended ones included: each keeps its record and up to 32 MiB of output.
pub const SERVICES_MAX: usize = 32;
/// How long a service's processes may take to heed TERM before they are killed.
pub const SERVICE_GRACE: Duration = Duration::from_secs(5);
/// A failed service is started again after this, and after twice as long each further time...
pub const RESTART_BACKOFF_MIN: Duration = Duration::from_secs(1);
/// ...up to this.
pub const RESTART_BACKOFF_MAX: Duration = Duration::from_secs(60);
/// A service that ran for this long before it failed has earned the shortest wait again.
pub const RESTART_STEADY: Duration = Duration::from_secs(60);
/// How long a service may take to be ready, seconds.
pub const READY_SECONDS_MAX: u32 = 3600;
/// Between the beginnings of two looks whether a service is ready, milliseconds: each costs the guest a process or a
/// connection.
pub const READY_INTERVAL_MS_MIN: u32 = 50;
pub const READY_INTERVAL_MS_MAX: u32 = 60_000;
/// What is looked at to tell whether a service is ready, bytes.
pub const READY_BYTES_MAX: usize = 4096;
/// Of what a guest says of a cause, characters.
pub const DETAIL_CHARS_MAX: usize = 500;
/// Of each stream of a service that failed to start, told with the failure: its last lines, within so many bytes.
pub const FAILED_LINES: u64 = 20;
pub const FAILED_BYTES: usize = 4096;
/// Secrets of one workspace.
pub const SECRETS_MAX: usize = 64;
/// One secret's value, bytes: a key or a certificate, not an archive.
pub const SECRET_BYTES_MAX: usize = 64 * 1024;
/// A shorter value is not redacted, bytes: it would be found everywhere.
pub const SECRET_REDACTED_BYTES_MIN: usize = 6;
/// Entries of a list of hosts: each is tried for every connection.
pub const NETWORK_HOSTS_MAX: usize = 256;
/// Certificates that a guest is to trust besides its own, bytes of PEM: five times what Debian ships.
pub const CA_BYTES_MAX: usize = pyro_protocol::network::CA_BYTES_MAX;
/// Refused connections that a workspace remembers...
pub const DENIED_KEPT: usize = 100;
/// ...of how many commands under way...
pub const DENIED_COMMANDS_MAX: usize = 256;
/// ...and that one result tells.
pub const DENIED_TOLD: usize = 20;
/// A guest that does not tell within this which program met a refusal is not waited for.
pub const DIAL_OWNER_DEADLINE: Duration = Duration::from_secs(2);
/// A running guest that is to open or close its proxy may take so long; whoever changed the policy waits.
pub const FURNISH_AGAIN_DEADLINE: Duration = Duration::from_secs(3);
/// Once one side of a published connection has said its last word, how long the other may be silent.
pub const PUBLISHED_LAST_WORDS: Duration = Duration::from_secs(60);
/// Ports that one service publishes.
pub const PUBLISHED_PORTS_MAX: usize = 16;
/// Below, ports of a host are not for everyone.
pub const HOST_PORT_MIN: u16 = 1024;
/// Last lines of a service's output.
pub const TAIL_LINES_MAX: u32 = 10_000;
/// A request's line and headers to the egress proxy, bytes, and an answer's from the world.
pub const EGRESS_HEAD_BYTES_MAX: usize = 64 * 1024;
/// Headers of such a request.
pub const EGRESS_HEADERS_MAX: usize = 100;
/// A request's head must be there within this; an idle connection to the proxy is closed after it.
pub const EGRESS_HEAD_DEADLINE: Duration = Duration::from_secs(30);
/// A connection through the proxy on which no byte moves for this long is gone.
pub const EGRESS_SILENCE: Duration = Duration::from_secs(15 * 60);
/// One look-up of a name: longer than a resolver's second try.
pub const EGRESS_RESOLVE: Duration = Duration::from_secs(10);
/// The same beside the host's own proxy, which resolves names by itself: such hosts often cannot.
pub const EGRESS_RESOLVE_BESIDE: Duration = Duration::from_secs(2);
/// One address of a host is tried for this long...
pub const EGRESS_CONNECT: Duration = Duration::from_secs(10);
/// ...and all of them, or a proxy's answer awaited, for this long.
pub const EGRESS_CONNECT_ALL: Duration = Duration::from_secs(30);
/// A TLS connection's first message, bytes: with post-quantum keys they have some two thousand.
pub const HELLO_BYTES_MAX: usize = 16 * 1024;

pub const fn ready_seconds_default() -> u32 {
    30
}

pub const fn ready_interval_ms_default() -> u32 {
    500
}

pub const fn tail_lines_default() -> u32 {
    200
}

/// What a text costs inside a JSON string.
pub fn json_bytes(text: &str) -> usize {
    text.chars().map(json_bytes_of).sum()
}

/// What one character costs inside a JSON string.
pub const fn json_bytes_of(char: char) -> usize {
    match char {
        '"' | '\\' | '\n' | '\r' | '\t' => 2,
        '\0'..='\x1f' => 6,
        _ => char.len_utf8(),
    }
}

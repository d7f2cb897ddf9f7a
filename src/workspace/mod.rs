//! What a caller owns: machines for one command, and workspaces. What may happen is pure; records are atomic.

mod caller;
mod command;
mod cost;
mod creation;
mod destination;
pub mod diff;
mod diffing;
mod disk;
mod exec;
mod export;
mod files;
mod fork;
mod homes;
mod host_files;
mod image;
mod inhabit;
mod life;
mod logs;
mod machine;
mod machines;
mod names;
mod network;
mod outcome;
mod output;
pub mod patch;
mod patching;
mod paths;
mod place;
mod record;
mod reset;
mod rest;
mod secrets;
mod seed;
mod services;
mod shells;
mod sides;
pub mod snapshot;
mod snapshots;
mod state;
mod store;
mod sync;
mod templates;
mod transfer;
mod uploads;
mod view;
mod vms;
mod workspaces;

pub use caller::Caller;
pub use command::{CommandState, Ran, Wanted};
pub use cost::{Cost, costs, shown as bytes_shown, used_bytes};
pub use creation::NewWorkspace;
pub use destination::Download;
pub use diffing::Comparison;
pub use disk::{DiskExported, DiskList, DiskPiece};
pub use exec::{Capture, Finished, shell};
pub use export::Exported;
pub use files::{FileEntry, FileList, FilePiece, From, Listing, Writing, Written};
pub use fork::Forks;
pub use host_files::HostFiles;
pub use logs::{At, Entry as LogEntry, Look, Match, Page as LogPage, Which, pattern};
pub use machines::{Machines, Settings};
pub use names::WorkspaceRef;
pub use network::{EgressDenied, Network, NewNetwork, Verdict};
pub use outcome::{Cleanup, Noticed, OneShot, Reason};
pub use output::{Captured, HeadTail};
pub use patching::{PatchSummary, Patched, PatchedFile, PatchedStatus};
pub use reset::ResetTo;
pub use rest::Stop;
pub use secrets::{NewSecrets, SecretFacts, SecretSource, Variables};
pub use seed::{From as SeedFrom, Seed, SeedMode};
pub use services::{
    ListedService, NewService, Part, PublishedPort, ReadyWhen, Service, ServiceLooks, ServiceOutput, StartedService,
};
pub use shells::{Closed, NewShell, OpenedShell, Reading, Shell, ShellOutput, ShellState, Signaled, Typed};
pub use snapshots::{DamagedSnapshot, Snapshot, SnapshotKind};
pub use state::State;
pub use sync::{Pushed, Sync};
pub use templates::{PrunedTemplates, Template, TemplateKind, Templates};
pub use uploads::Upload;
pub use view::{Damaged, LastCommand, Listed, WORKSPACE_PATH, Workspace};
pub use vms::{NewVm, Ready, Vm, VmRecord, Vms};
pub use workspaces::{Filter, Page, Renaming, Workspaces, page_default};

pub use crate::supervisor::services::{Restart, ServiceState, StopReason};

/// What host-compat cannot keep away.
pub const HOST_NETWORK: &str = "it runs unisolated on the host (host-compat), with the host's own network";

/// What a machine without network has.
pub const NO_NETWORK: &str = "it has no network card and no proxy: network was not asked for";

/// What a machine with network has.
pub const PROXY_NETWORK: &str = "it has no network card; programs that honor proxy variables reach public hosts";

/// Where the guests' programs find the proxy.
pub const PROXY: &str = "http://127.0.0.1:3128";

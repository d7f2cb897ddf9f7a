//! Every workspace tool through the registry against a machine in memory, whose files lie in a directory of the host.

mod diff;
mod diff_limits;
mod examples;
mod exec;
mod export;
mod files;
mod handback;
mod held;
mod keeping;
mod lifecycle;
mod listing;
mod lists;
mod logs;
mod making;
mod network;
mod patch;
mod patch_refusals;
mod push;
mod reset;
mod service_ends;
mod service_logs;
mod services;
mod shell_limits;
mod shells;
mod strangers;
mod trees;

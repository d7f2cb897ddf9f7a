//! One process beside each running machine: it owns the VMM, the link, the idle time and the cause of death.
//! Everybody else asks it over its unix socket; nobody but it needs to live for the machine to live.

mod begin;
pub mod client;
mod drive;
mod follow;
mod fork;
mod forward;
mod guest;
pub mod history;
mod kept;
pub mod network;
mod process;
mod relay;
pub mod secrets;
mod serve;
pub mod services;
pub mod shells;
mod spare;
pub mod spawn;
pub mod state;
mod surroundings;
pub mod wire;

pub use client::Client;
pub use process::run;
pub use spawn::{Spawner, Started, Tether};

//! pyro gives LLM agents a computer of their own. The modules stand in the order in which a request meets them:
//!
//! ```text
//! caller ── tools/call | pyro run … | pyro.call(…)
//!   door/         bytes -> (tool name, JSON)                        value -> content / text
//!   registry/     find, validate, admit, deadline, journal          cap, render the failure
//!   tools/        one file per operation: Input::run(cx) -> Output
//!   workspace/    what may happen (pure), written down atomically
//!   supervisor/   unix socket -> one process per VM, one loop owns its state
//!   vm/ + link/   back end: QEMU | host                             HTTP/2 over one byte stream
//!   guest agent   exec, files, tars, clock, reseed
//! ```
//!
//! Imports point downwards only; `tidy.rs` holds that and the other rules of this repository as tests.

pub mod app;
pub mod chores;

pub mod door;
pub mod remote;

#[path = "../tools/mod.rs"]
pub mod tools;

pub mod smoke;

pub mod registry;

pub mod workspace;

pub mod environment;
pub mod spool;
pub mod supervisor;
pub mod template;

pub mod egress;
pub mod link;
pub mod vm;

pub mod disk;
pub mod failure;
pub mod host;
pub mod ids;
pub mod key;
pub mod limits;
pub mod progress;
pub mod redact;
pub mod terminal;
pub mod token;

mod sys;

#[cfg(test)]
mod tidy;

pub use app::{Pyro, input};
pub use failure::{Code, Failure};
pub use remote::Remote;

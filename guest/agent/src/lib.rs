//! pyro's guest agent: runs commands and moves files for the host, over one byte stream.
//!
//! In a microVM it is PID 1 and the stream is a virtio-serial port or a vsock connection; on the host ("host-compat") it is an ordinary
//! process and the stream a socket; in tests it lives in a temporary directory and the stream is a pipe in memory.
//! Nothing a client starts depends on the stream: commands keep running and their output is kept, within bounds.

pub mod agent;
pub mod boot;
mod children;
mod control;
mod exec;
mod file;
mod freeze;
pub mod host;
mod http;
mod login;
mod network;
mod piece;
mod port;
mod probe;
mod processes;
mod replace;
mod reply;
mod root;
mod session;
mod sys;
mod transfer;
mod tree;
mod vsock;

pub use agent::{Agent, Place};
pub use http::serve;
pub use login::Login;
pub use session::serve_sessions;

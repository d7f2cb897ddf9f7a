//! What a machine's programs may reach of the world, and the proxy that takes them there.
//!
//! A program asks for a host (`CONNECT`, or plain HTTP) on a stream that [`Gate::serve`] gets. `target` reads the host in
//! its usual form or not at all; `decide` judges its name, and only then is it looked up, once (`resolve`); `decide` judges
//! its addresses by what they are (`address`), and `connect` tries those that are open and no others, or asks the host's
//! own proxy (`upstream`). `plain` passes requests on, each judged by itself; `tunnel` holds a client's bytes until
//! `hello` has read which host they are meant for. What is refused is told to a hook, then to the program (`trouble`).
//! `visit` holds one connection together, and ends it when nothing moves or a new policy closes where it went
//! (`route`).

mod address;
mod connect;
mod decide;
mod entry;
mod gate;
mod hello;
mod plain;
mod policy;
mod resolve;
mod route;
mod target;
#[cfg(test)]
mod tests;
mod trouble;
mod tunnel;
mod upstream;
mod visit;

pub use entry::Entry;
pub use gate::Gate;
pub use policy::{Access, FILE, Policy};
pub use resolve::{Resolver, Resolving, system_resolver};
pub use upstream::Upstream;
pub use visit::Told;

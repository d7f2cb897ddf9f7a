//! What a caller owns: machines and, later, workspaces. What may happen to them is pure; records are written atomically.

mod exec;
mod homes;
mod lifecycle;
mod look;
mod outcome;
mod output;
pub mod patch;
mod record;
mod start;
mod state;
mod store;

pub use exec::{Capture, Finished, shell};
pub use lifecycle::{Settings, Vms};
pub use outcome::{Cleanup, Noticed, OneShot, Reason};
pub use output::{Captured, HeadTail};
pub use record::{NewVm, Vm, VmRecord};
pub use start::Ready;
pub use state::State;

use crate::failure::{Code, Failure};

/// Why no machine has a network.
pub const NO_NETWORK: &str = "machines run without a network card; network policy is not part of this version";

/// What host-compat cannot keep away.
pub const HOST_NETWORK: &str = "it runs unisolated on the host (host-compat), with the host's own network";

/// Refuses a machine with network: silently giving none would be a lie.
pub fn refuse_network(wanted: bool) -> Result<(), Failure> {
    if wanted {
        return Err(Failure::new(Code::Denied, format!("network is refused: {NO_NETWORK}"))
            .hint("call again with network: false"));
    }
    Ok(())
}

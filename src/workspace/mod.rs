//! What a caller owns: machines and, later, workspaces; what may happen to them, and their records.

/// The machines of this host. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Vms {}

//! How a long step tells how far it is.

use std::sync::Arc;

/// How far a long step is.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// What is being done, e.g. "unpacking packages".
    pub step: String,
    /// From 0 to 1 where it can be known.
    pub fraction: Option<f64>,
}

/// Takes progress reports; must not block.
pub type ProgressSink = Arc<dyn Fn(Progress) + Send + Sync>;

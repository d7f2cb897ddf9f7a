//! Whoever carries a pack's calls to the tools.

use std::future::Future;

use serde_json::Value;

use crate::{
    failure::Failure,
    registry::{CallScope, Calls, Profile},
};

/// Carries calls, one at a time.
pub trait Caller {
    /// Runs one tool; ends soon after `scope` is taken back.
    fn call(
        &mut self,
        tool: &str,
        input: Value,
        scope: CallScope,
    ) -> impl Future<Output = Result<Value, Failure>> + Send;
}

/// Straight to the registry, as programs call.
impl Caller for Calls {
    async fn call(&mut self, tool: &str, input: Value, scope: CallScope) -> Result<Value, Failure> {
        Calls::call(self, tool, input, &Profile::everything(), scope).await
    }
}

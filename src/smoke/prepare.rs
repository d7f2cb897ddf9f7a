//! What must be on this host before a pack runs, and is not what it measures.

use serde_json::{Value, json};

use super::{Outcome, Pack, Watch, run::said};
use crate::{
    failure::Failure,
    host,
    registry::{CallScope, Calls, Profile},
};

/// Tells which environments are installed.
const LIST: &str = "vm_list_environments";
/// Installs one.
const PULL: &str = "environment_pull";

/// Gets the environments that are not installed, which takes minutes; a host that lacks a program cannot run the pack.
pub(super) async fn ready(pack: &Pack, calls: &Calls, watch: &Watch<'_>) -> Result<(), Outcome> {
    if pack.steps.iter().any(|step| step.git_apply.is_some()) && host::tool("git").is_none() {
        return Err(Outcome::Skipped("git, which is to apply a patch, is not installed on this host".into()));
    }
    if calls.registry().get(LIST).is_none() {
        return Ok(());
    }
    let everything = Profile::everything();
    let cannot = |failure: Failure| Outcome::Failed(format!("its environment cannot be had: {}", said(&failure)));
    let listed = calls.call(LIST, json!({}), &everything, super::run::scope()).await.map_err(cannot)?;
    let installed = |name: &String| {
        let all = listed.get("environments").and_then(Value::as_array).into_iter().flatten();
        all.filter(|one| one["name"] == **name).any(|one| one["installed"] == true)
    };
    for name in pack.needs.iter().filter(|name| !installed(name)) {
        let (canceled, progress) = (watch.canceled.clone(), watch.progress.clone());
        let scope = CallScope { canceled, progress, ..super::run::scope() };
        calls.call(PULL, json!({ "environment": name }), &everything, scope).await.map_err(cannot)?;
    }
    Ok(())
}

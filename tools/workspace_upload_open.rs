//! Opens a place that an archive can be uploaded to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    registry::{Callers, Context, Effect, Names, Profiles, Tool},
    workspace::Upload,
};

/// Open a one-time URL to upload a tar, .tar.gz or .tar.zst to, for workspace_create or workspace_sync_push.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {}

impl Tool for Input {
    const TITLE: &'static str = "Open an upload";
    const EFFECT: Effect = Effect::Changes;
    const PROFILES: Profiles = Profiles::Core;
    const CALLERS: Callers = Callers::Elsewhere;
    const NAMES: Names = Names { cli: None, sdk: Some("open_upload") };
    const EXAMPLE: &'static str = "{}";

    type Output = Upload;

    async fn run(self, cx: Context) -> Result<Upload, Failure> {
        cx.workspaces().open_upload()
    }
}

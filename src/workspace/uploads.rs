//! Places for archives that callers elsewhere send: opened here, received by the HTTP door, used by seeds and pushes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::workspaces::Workspaces;
use crate::{
    failure::{Code, Failure},
    host::clock::{now_unix, rfc3339},
    ids::UploadId,
    spool::Spool,
};

/// Where one archive can be sent, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Upload {
    /// For seed_upload_id or upload_id, once the archive was sent.
    pub upload_id: UploadId,
    /// Takes one HTTP PUT of a tar, .tar.gz or .tar.zst; whoever has it may send.
    pub url: String,
    /// How to send a directory.
    pub example: String,
    pub bytes_max: u64,
    pub expires_at: String,
}

impl Workspaces {
    /// Opens an upload for the caller.
    pub fn open_upload(&self) -> Result<Upload, Failure> {
        let caller = self.machines.caller();
        let Some(base_url) = &caller.base_url else {
            return Err(Failure::new(Code::Denied, "uploads are for callers over HTTP")
                .hint("on this host, name the directory or archive itself: seed_path, source_path"));
        };
        let (record, key) = self.spool().open_upload(caller.principal.as_ref(), now_unix())?;
        let url = format!("{base_url}/uploads/{}/{}", record.upload_id, key.as_str());
        Ok(Upload {
            upload_id: record.upload_id,
            example: format!("tar -cz -C DIRECTORY . | curl -fsS -T - {url}"),
            url,
            bytes_max: record.bytes_max,
            expires_at: rfc3339(record.expires_at),
        })
    }

    /// What waits below this state directory.
    pub(super) fn spool(&self) -> Spool {
        Spool::below(&self.machines.dirs().home)
    }
}

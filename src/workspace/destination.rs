//! Where what leaves a workspace goes: a new path of the host, or a download that its caller fetches.

use std::os::unix::fs::PermissionsExt;

use pyro_protocol::tree::Kind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{place::Place, workspaces::Workspaces};
use crate::{
    failure::{Code, Failure},
    host::clock::{now_unix, rfc3339},
    spool::{Draft, Shape},
};

/// What is fetched at a URL, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Download {
    /// Admits whoever has it, until it was fetched whole.
    pub url: String,
    /// A directory comes as a tar.
    pub file_name: String,
    pub media_type: String,
    pub expires_at: String,
}

/// Where one export goes.
pub(super) struct Destination {
    pub(super) place: Place,
    draft: Option<(Draft, String)>,
}

/// Where it went: one of both.
#[derive(Default)]
pub(super) struct Arrived {
    pub(super) output_path: Option<String>,
    pub(super) download: Option<Download>,
}

impl Workspaces {
    /// The new path that a caller named, or a download for callers elsewhere.
    pub(super) fn destination(&self, output_path: Option<&str>) -> Result<Destination, Failure> {
        let caller = self.machines.caller();
        match (output_path, &caller.base_url) {
            (Some(path), _) => Ok(Destination { place: Place::open(&caller.files, path)?, draft: None }),
            (None, Some(base_url)) => {
                let draft = self.spool().draft(caller.principal.as_ref(), now_unix())?;
                let place = Place::within(draft.dir(), Draft::CONTENT)?;
                Ok(Destination { place, draft: Some((draft, base_url.clone())) })
            }
            (None, None) => Err(Failure::new(Code::Invalid, "output_path is missing")
                .hint("name a new path on the host, in an existing directory")),
        }
    }
}

impl Destination {
    /// A link alone means nothing to who downloads it.
    pub(super) fn refuse_links(&self, path: &str, kind: Kind) -> Result<(), Failure> {
        if self.draft.is_none() || matches!(kind, Kind::File | Kind::Directory) {
            return Ok(());
        }
        Err(Failure::invalid(format!("{path} is neither a file nor a directory"))
            .hint("download what it leads to, or the directory it is in"))
    }

    /// Permissions of the file that is there.
    pub(super) fn mode(&self, kind: Kind) -> Option<String> {
        let meta = (kind == Kind::File).then(|| std::fs::symlink_metadata(self.place.path()))?.ok()?;
        Some(format!("{:04o}", meta.permissions().mode() & 0o7777))
    }

    /// It is there. `name` is what it is called where it came from, `tree_bytes` what a directory's files hold.
    pub(super) fn finish(self, name: &str, kind: Kind, tree_bytes: u64) -> Result<Arrived, Failure> {
        let Some((draft, base_url)) = self.draft else {
            let output_path = Some(self.place.path().to_string_lossy().into_owned());
            return Ok(Arrived { output_path, download: None });
        };
        let name = name.rsplit('/').find(|part| !part.is_empty()).unwrap_or("workspace");
        let (file_name, shape, media_type, tree_bytes) = match kind {
            Kind::Directory => (format!("{name}.tar"), Shape::Tree, "application/x-tar", tree_bytes),
            _ => (name.to_owned(), Shape::File, media_type(name), 0),
        };
        let (record, key) = draft.publish(file_name.clone(), shape, tree_bytes, now_unix())?;
        let download = Download {
            url: format!("{base_url}/downloads/{}/{}", record.download_id, key.as_str()),
            file_name,
            media_type: media_type.to_owned(),
            expires_at: rfc3339(record.entry.expires_at),
        };
        Ok(Arrived { output_path: None, download: Some(download) })
    }
}

/// By the name's ending: a hint for whoever opens it, never for us.
fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).as_deref() {
        Some("txt" | "log" | "md" | "csv") => "text/plain",
        Some("patch" | "diff") => "text/x-diff",
        Some("json") => "application/json",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("pdf") => "application/pdf",
        Some("tar") => "application/x-tar",
        Some("gz" | "tgz") => "application/gzip",
        _ => "application/octet-stream",
    }
}

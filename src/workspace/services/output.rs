//! What a service said: its end, its beginning and end, or any part that is kept.

use pyro_protocol::frame::Stream;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Service, folder};
use crate::{
    failure::Failure,
    ids::{ServiceName, WorkspaceId},
    workspace::{
        logs::{
            At, Page, page,
            tail::{head_tail, tail},
        },
        workspaces::Workspaces,
    },
};

/// Which part of the output.
#[derive(Clone, Debug)]
pub enum Part {
    /// The last lines of each stream.
    Tail(u32),
    /// Beginning and end of each.
    All,
    /// A page of one of them.
    Page(At),
}

/// A service and what it said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ServiceOutput {
    #[serde(flatten)]
    pub service: Service,
    /// UTF-8 without control sequences; absent beside a page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stdout: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stderr: Option<String>,
    /// How many lines were asked for; absent beside a page and with `all`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tail_lines: Option<u32>,
    /// Some output was left out.
    pub truncated: bool,
    /// Where `offset` or `grep` was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<Page>,
}

impl Workspaces {
    /// What a service said. Starts no workspace.
    pub async fn service_output(
        &self,
        id: &WorkspaceId,
        name: &ServiceName,
        part: &Part,
        max_bytes: usize,
    ) -> Result<ServiceOutput, Failure> {
        let (dir, record) = self.service_record(id, name).await?;
        let stored = |stream| record.stored(&folder(&dir), stream);
        let (texts, tail_lines, page) = match part {
            Part::Page(at) => (None, None, Some(page::read(&stored(at.stream()), at, max_bytes, false)?)),
            Part::All => {
                let of = |stream| head_tail(&stored(stream), max_bytes, false);
                (Some((of(Stream::Stdout)?, of(Stream::Stderr)?)), None, None)
            }
            Part::Tail(lines) => {
                let of = |stream| tail(&stored(stream), u64::from(*lines), max_bytes);
                (Some((of(Stream::Stdout)?, of(Stream::Stderr)?)), Some(*lines), None)
            }
        };
        let more = page.as_ref().is_some_and(|page| page.next_offset.is_some());
        let (stdout, stderr) = texts.unzip();
        let left_out = [&stdout, &stderr].into_iter().flatten().any(|one| one.truncated);
        let (stdout, stderr) = (stdout.map(|one| one.text), stderr.map(|one| one.text));
        let service = Service::of(id, &dir, record);
        Ok(ServiceOutput { service, stdout, stderr, tail_lines, truncated: more || left_out, page })
    }
}

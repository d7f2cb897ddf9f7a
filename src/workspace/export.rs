//! A file, link or tree out of a workspace, to a new place on the host. The guest is not believed: everything is unpacked
//! beneath a directory that nobody else knows, and appears under its name in one step.

use std::io;

use pyro_protocol::{file::TarUnpacked, tree::Kind};
use pyro_tree::UnpackOptions;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    destination::Download,
    diff::EntryType,
    paths,
    place::Place,
    seed,
    transfer::{self, Meter, blocking},
    workspaces::Workspaces,
};
use crate::{
    failure::Failure, ids::WorkspaceId, limits, progress::ProgressSink, supervisor::client, vm::ExecutionMode,
};

/// What was written to the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Exported {
    pub workspace_id: WorkspaceId,
    /// In the workspace, absolute.
    pub workspace_path: String,
    /// On the host, absolute; absent where it is to be downloaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_path: Option<String>,
    /// For callers elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub download: Option<Download>,
    /// Permissions of a file, e.g. 0755, which a download does not carry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    pub artifact_type: EntryType,
    /// Files, links and directories below it.
    pub entry_count: u64,
    /// Of files.
    pub bytes_written: u64,
    /// Special files that were left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<String>,
    pub execution_mode: ExecutionMode,
    /// The workspace was stopped, and this call started it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resumed: bool,
}

impl Workspaces {
    /// Copies `path` of the workspace to `output_path`, where nothing may be, or to a download.
    pub async fn export(
        &self,
        id: &WorkspaceId,
        path: &str,
        output_path: Option<&str>,
        progress: Option<&ProgressSink>,
    ) -> Result<Exported, Failure> {
        let workspace_path = paths::inside("path", path)?;
        let destination = self.destination(output_path)?;
        let inhabited = self.inhabit(id, progress).await?;
        let kind = inhabited.kind_of(&workspace_path).await?;
        destination.refuse_links(&workspace_path, kind)?;
        let mut tar = inhabited.guest().get_tar(&workspace_path).await.map_err(client::failure)?;
        let (pieces, inlet) = transfer::inlet();
        let unpacking = blocking(move || {
            let unpacked = take(&destination.place, kind, inlet)?;
            Ok((unpacked, destination))
        });
        let mut meter = Meter::new("exporting", None, progress);
        let feeding = async move {
            while let Some(piece) = tar.next().await.map_err(client::failure)? {
                meter.add(piece.len());
                if pieces.send(Some(piece)).await.is_err() {
                    // The thread has failed and knows why.
                    return Ok(vec![]);
                }
            }
            let _ = pieces.send(None).await;
            Ok(tar.skipped().to_vec())
        };
        let (skipped, unpacked) = tokio::join!(feeding, unpacking);
        let (skipped, unpacked) = match (skipped, unpacked) {
            // A transfer that broke off explains what the thread found missing.
            (Err(failure), _) | (Ok(_), Err(failure)) => return Err(failure),
            (Ok(skipped), Ok(unpacked)) => (skipped, unpacked),
        };
        let (unpacked, destination) = unpacked;
        let mode = destination.mode(kind);
        let arrived = destination.finish(&workspace_path, kind, unpacked.bytes)?;
        Ok(Exported {
            workspace_id: id.clone(),
            workspace_path,
            mode: arrived.download.as_ref().and(mode),
            output_path: arrived.output_path,
            download: arrived.download,
            artifact_type: kind.into(),
            entry_count: unpacked.entries,
            bytes_written: unpacked.bytes,
            skipped: skipped.into_iter().chain(unpacked.skipped).collect(),
            execution_mode: inhabited.execution_mode(),
            resumed: inhabited.resumed,
        })
    }
}

/// Unpacks a tar in its place.
fn take(place: &Place, kind: Kind, tar: impl io::Read) -> Result<TarUnpacked, Failure> {
    let options = UnpackOptions {
        entries_max: limits::TREE_ENTRIES_MAX,
        bytes_max: limits::TREE_BYTES_MAX,
        keep_setid: false,
        sync: true,
    };
    place.fill(kind, |directory| {
        let unpacked = pyro_tree::unpack(directory, io::BufReader::with_capacity(128 * 1024, tar), &options);
        unpacked.map_err(|error| seed::host_tree(&place.path().display().to_string(), &error))
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;
    use crate::{Code, workspace::HostFiles};

    fn tar(add: impl FnOnce(&mut tar::Builder<Vec<u8>>)) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        add(&mut builder);
        builder.into_inner().unwrap()
    }

    fn file(builder: &mut tar::Builder<Vec<u8>>, name: &str, mode: u32, text: &str) {
        let mut header = tar::Header::new_gnu();
        header.set_mode(mode);
        header.set_size(text.len() as u64);
        builder.append_data(&mut header, name, text.as_bytes()).unwrap();
    }

    #[test]
    fn a_tree_appears_whole_under_its_name() {
        let host = tempfile::tempdir().unwrap();
        let out = host.path().join("out");
        let place = Place::open(&HostFiles::Any, out.to_str().unwrap()).unwrap();
        let tree = tar(|builder| {
            file(builder, "bin/run", 0o4755, "#!");
            file(builder, "notes", 0o640, "x");
        });
        let unpacked = take(&place, Kind::Directory, &*tree).unwrap();
        assert_eq!((unpacked.entries, unpacked.bytes), (2, 3));
        let mode = |name: &str| std::fs::metadata(out.join(name)).unwrap().permissions().mode() & 0o7777;
        assert_eq!((mode("bin/run"), mode("notes"), mode(".")), (0o755, 0o640, 0o755), "no file keeps setuid");
        assert_eq!(Place::open(&HostFiles::Any, out.to_str().unwrap()).err().unwrap().code, Code::Conflict);
        assert_eq!(std::fs::read_dir(host.path()).unwrap().count(), 1);
    }

    #[test]
    fn one_file_comes_out_as_itself() {
        let host = tempfile::tempdir().unwrap();
        let out = host.path().join("report.txt");
        let place = Place::open(&HostFiles::Any, out.to_str().unwrap()).unwrap();
        take(&place, Kind::File, &*tar(|builder| file(builder, "inner-name", 0o644, "text"))).unwrap();
        assert_eq!(std::fs::read_to_string(&out).unwrap(), "text");
        let many = Place::open(&HostFiles::Any, host.path().join("two").to_str().unwrap()).unwrap();
        let two = tar(|builder| {
            file(builder, "a", 0o644, "");
            file(builder, "b", 0o644, "");
        });
        assert!(take(&many, Kind::File, &*two).is_err(), "a guest that sends more than it was asked for");
        assert_eq!(std::fs::read_dir(host.path()).unwrap().count(), 1, "nothing is left of it");
    }

    #[test]
    fn whatever_takes_the_name_meanwhile_stays() {
        let host = tempfile::tempdir().unwrap();
        let secret = host.path().join("secret");
        std::fs::write(&secret, "host").unwrap();
        let out = host.path().join("out");
        let place = Place::open(&HostFiles::Any, out.to_str().unwrap()).unwrap();
        symlink(&secret, &out).unwrap();
        let before = std::fs::symlink_metadata(&out).unwrap().ino();
        let refused = take(&place, Kind::File, &*tar(|builder| file(builder, "out", 0o644, "guest"))).unwrap_err();
        assert_eq!(refused.code, Code::Conflict);
        assert_eq!(std::fs::read_to_string(&secret).unwrap(), "host");
        assert_eq!(std::fs::symlink_metadata(&out).unwrap().ino(), before);
        assert_eq!(std::fs::read_dir(host.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_tar_that_breaks_off_or_leads_out_leaves_nothing() {
        let host = tempfile::tempdir().unwrap();
        let out = host.path().join("out");
        let whole = tar(|builder| file(builder, "a", 0o644, "text"));
        let mut evil = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.as_mut_bytes()[..9].copy_from_slice(b"../escape");
        header.set_size(0);
        header.set_cksum();
        evil.append(&header, io::empty()).unwrap();
        for bytes in [whole[..515].to_vec(), evil.into_inner().unwrap()] {
            let place = Place::open(&HostFiles::Any, out.to_str().unwrap()).unwrap();
            assert!(take(&place, Kind::Directory, &*bytes).is_err());
        }
        assert_eq!(std::fs::read_dir(host.path()).unwrap().count(), 0);
        assert!(!host.path().parent().unwrap().join("escape").exists());
    }
}

//! A file, link or tree out of a workspace, to a new place on the host. The guest is not believed: everything is unpacked
//! beneath a directory that nobody else knows, and appears under its name in one step.

use std::{
    ffi::OsString,
    fs::File,
    io,
    os::fd::AsRawFd,
    path::{Path, PathBuf},
};

use nix::{
    errno::Errno,
    fcntl::{AtFlags, OFlag, RenameFlags, openat, renameat2},
    sys::stat::{Mode, fchmod, fstatat, mkdirat},
};
use pyro_protocol::{file::TarUnpacked, tree::Kind};
use pyro_tree::UnpackOptions;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    diff::EntryType,
    paths, seed,
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
    /// On the host, absolute.
    pub output_path: String,
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
    /// Copies `path` of the workspace to `output_path`, where nothing may be.
    pub async fn export(
        &self,
        id: &WorkspaceId,
        path: &str,
        output_path: &str,
        progress: Option<&ProgressSink>,
    ) -> Result<Exported, Failure> {
        let workspace_path = paths::inside("path", path)?;
        let place = Place::open(output_path)?;
        let inhabited = self.inhabit(id, progress).await?;
        let kind = inhabited.kind_of(&workspace_path).await?;
        let mut tar = inhabited.guest().get_tar(&workspace_path).await.map_err(client::failure)?;
        let output_path = place.path.to_string_lossy().into_owned();
        let (pieces, inlet) = transfer::inlet();
        let unpacking = blocking(move || place.take(kind, inlet));
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
        Ok(Exported {
            workspace_id: id.clone(),
            workspace_path,
            output_path,
            artifact_type: kind.into(),
            entry_count: unpacked.entries,
            bytes_written: unpacked.bytes,
            skipped: skipped.into_iter().chain(unpacked.skipped).collect(),
            execution_mode: inhabited.execution_mode(),
            resumed: inhabited.resumed,
        })
    }
}

/// A name in an open directory of the host, free so far.
struct Place {
    path: PathBuf,
    parent: File,
    name: OsString,
}

/// A directory being filled; gone again unless it is kept.
struct Aside<'a> {
    place: &'a Place,
    name: String,
    directory: File,
}

impl Place {
    fn open(output_path: &str) -> Result<Self, Failure> {
        let path = seed::on_host("output_path", output_path)?;
        let shown = path.display();
        let no_name = || Failure::invalid(format!("output_path {shown} has no name to export to"));
        let (parent, name) = (path.parent().ok_or_else(no_name)?, path.file_name().ok_or_else(no_name)?);
        let parent = File::options().read(true).open(parent).and_then(|parent| {
            if parent.metadata()?.is_dir() { Ok(parent) } else { Err(io::ErrorKind::NotADirectory.into()) }
        });
        let parent = parent.map_err(|error| {
            let message = format!("the directory of output_path {shown} cannot be opened: {error}");
            Failure::invalid(message).hint("create it first; it is a path on the host")
        })?;
        let place = Self { name: name.to_owned(), parent, path };
        match fstatat(&place.parent, place.name.as_os_str(), AtFlags::AT_SYMLINK_NOFOLLOW) {
            Err(Errno::ENOENT) => Ok(place),
            _ => Err(place.taken()),
        }
    }

    fn taken(&self) -> Failure {
        let message = format!("output_path {} already exists; nothing is ever overwritten", self.path.display());
        Failure::conflict(message).hint("name a path that does not exist")
    }

    /// Unpacks aside and moves the result to its name.
    fn take(&self, kind: Kind, tar: impl io::Read) -> Result<TarUnpacked, Failure> {
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::AlreadyExists => self.taken(),
            _ => Failure::io(&format!("write {}", self.path.display()), &error),
        };
        let aside = Aside::create(self).map_err(failed)?;
        let options = UnpackOptions {
            entries_max: limits::TREE_ENTRIES_MAX,
            bytes_max: limits::TREE_BYTES_MAX,
            keep_setid: false,
            sync: true,
        };
        let base = aside.directory.try_clone().map_err(failed)?.into();
        let unpacked = pyro_tree::unpack(&base, io::BufReader::with_capacity(128 * 1024, tar), &options);
        let unpacked = unpacked.map_err(|error| seed::host_tree(&self.path.display().to_string(), &error))?;
        aside.keep(kind).map_err(failed)?;
        Ok(unpacked)
    }
}

impl<'a> Aside<'a> {
    fn create(place: &'a Place) -> io::Result<Self> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        let name = format!(".pyro-export-{:016x}", u64::from_le_bytes(random));
        mkdirat(&place.parent, name.as_str(), Mode::S_IRWXU)?;
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let directory = openat(&place.parent, name.as_str(), flags, Mode::empty())?.into();
        Ok(Self { place, name, directory })
    }

    /// Gives the tree, or the one thing in it, its name.
    fn keep(self, kind: Kind) -> io::Result<()> {
        let (place, once) = (self.place, RenameFlags::RENAME_NOREPLACE);
        let to = place.name.as_os_str();
        if kind == Kind::Directory {
            fchmod(&self.directory, Mode::from_bits_truncate(0o755))?;
            renameat2(&place.parent, self.name.as_str(), &place.parent, to, once)?;
        } else {
            let mut names = std::fs::read_dir(format!("/proc/self/fd/{}", self.directory.as_raw_fd()))?;
            let (Some(only), None) = (names.next().transpose()?, names.next()) else {
                return Err(io::Error::other("the guest sent something else than one file"));
            };
            renameat2(&self.directory, only.file_name().as_os_str(), &place.parent, to, once)?;
        }
        place.parent.sync_all()
    }
}

impl Drop for Aside<'_> {
    fn drop(&mut self) {
        // Through the descriptor: the directory's path may lead elsewhere by now. Nothing is there after a success.
        let parent = format!("/proc/self/fd/{}", self.place.parent.as_raw_fd());
        let _ = std::fs::remove_dir_all(Path::new(&parent).join(&self.name));
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;
    use crate::Code;

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
        let place = Place::open(out.to_str().unwrap()).unwrap();
        let tree = tar(|builder| {
            file(builder, "bin/run", 0o4755, "#!");
            file(builder, "notes", 0o640, "x");
        });
        let unpacked = place.take(Kind::Directory, &*tree).unwrap();
        assert_eq!((unpacked.entries, unpacked.bytes), (2, 3));
        let mode = |name: &str| std::fs::metadata(out.join(name)).unwrap().permissions().mode() & 0o7777;
        assert_eq!((mode("bin/run"), mode("notes"), mode(".")), (0o755, 0o640, 0o755), "no file keeps setuid");
        assert_eq!(Place::open(out.to_str().unwrap()).err().unwrap().code, Code::Conflict);
        assert_eq!(std::fs::read_dir(host.path()).unwrap().count(), 1);
    }

    #[test]
    fn one_file_comes_out_as_itself() {
        let host = tempfile::tempdir().unwrap();
        let out = host.path().join("report.txt");
        let place = Place::open(out.to_str().unwrap()).unwrap();
        place.take(Kind::File, &*tar(|builder| file(builder, "inner-name", 0o644, "text"))).unwrap();
        assert_eq!(std::fs::read_to_string(&out).unwrap(), "text");
        let many = Place::open(host.path().join("two").to_str().unwrap()).unwrap();
        let two = tar(|builder| {
            file(builder, "a", 0o644, "");
            file(builder, "b", 0o644, "");
        });
        assert!(many.take(Kind::File, &*two).is_err(), "a guest that sends more than it was asked for");
        assert_eq!(std::fs::read_dir(host.path()).unwrap().count(), 1, "nothing is left of it");
    }

    #[test]
    fn whatever_takes_the_name_meanwhile_stays() {
        let host = tempfile::tempdir().unwrap();
        let secret = host.path().join("secret");
        std::fs::write(&secret, "host").unwrap();
        let out = host.path().join("out");
        let place = Place::open(out.to_str().unwrap()).unwrap();
        symlink(&secret, &out).unwrap();
        let before = std::fs::symlink_metadata(&out).unwrap().ino();
        let refused = place.take(Kind::File, &*tar(|builder| file(builder, "out", 0o644, "guest"))).unwrap_err();
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
            let place = Place::open(out.to_str().unwrap()).unwrap();
            assert!(place.take(Kind::Directory, &*bytes).is_err());
        }
        assert_eq!(std::fs::read_dir(host.path()).unwrap().count(), 0);
        assert!(!host.path().parent().unwrap().join("escape").exists());
    }
}

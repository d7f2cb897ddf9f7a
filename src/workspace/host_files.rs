//! Paths of the host as callers may name them: any, those below some directories, or none.

use std::{
    ffi::OsString,
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use nix::{
    errno::Errno,
    fcntl::{OFlag, OpenHow, ResolveFlag, openat2},
};

use crate::failure::{Code, Failure};

/// Which paths of the host a caller may name.
#[derive(Clone, Debug)]
pub enum HostFiles {
    /// The caller is whoever this process runs for.
    Any,
    /// Those below these directories, whatever links say.
    Beneath(Arc<Vec<Root>>),
    /// The caller is elsewhere.
    None,
}

/// A directory that callers may use, open.
#[derive(Debug)]
pub struct Root {
    /// As it was given, and as it is without links: callers may say either.
    names: [PathBuf; 2],
    directory: File,
}

/// A name in an open directory.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) path: PathBuf,
    pub(super) parent: File,
    pub(super) name: OsString,
}

impl HostFiles {
    /// Confines callers to `directories`, opened now.
    pub fn beneath(directories: &[PathBuf]) -> Result<Self, Failure> {
        let root = |given: &PathBuf| {
            let opened = || {
                let names = [std::path::absolute(given)?, given.canonicalize()?];
                let directory = File::open(given)?;
                if directory.metadata()?.is_dir() {
                    Ok((names, directory))
                } else {
                    Err(io::ErrorKind::NotADirectory.into())
                }
            };
            let (names, directory) = opened().map_err(|error: io::Error| {
                let message = format!("the directory {} cannot be opened: {error}", given.display());
                Failure::invalid(message).hint("--root names an existing directory")
            })?;
            Ok(Root { names, directory })
        };
        let roots = directories.iter().map(root).collect::<Result<Vec<_>, Failure>>()?;
        Ok(Self::Beneath(Arc::new(roots)))
    }

    /// Opens what is there for reading, never waiting for a FIFO's writer. `argument` is told in failures.
    pub(super) fn open(&self, argument: &str, path: &str) -> Result<(PathBuf, File), Failure> {
        let path = absolute(argument, path)?;
        let opened = self.open_at(&path, OFlag::O_RDONLY).map_err(|error| {
            let failure = match error.kind() {
                io::ErrorKind::NotFound => Failure::missing(format!("{argument} {} does not exist", path.display())),
                _ => return self.refused(argument, &path, &error),
            };
            failure.hint("it is a path on the host, as the server's user sees it")
        })?;
        Ok((path, opened))
    }

    /// The open directory of a path that need not exist.
    pub(super) fn named(&self, argument: &str, path: &str) -> Result<Named, Failure> {
        let path = absolute(argument, path)?;
        let shown = path.display();
        let no_name = || Failure::invalid(format!("{argument} {shown} has no name to write to"));
        let (parent, name) = (path.parent().ok_or_else(no_name)?, path.file_name().ok_or_else(no_name)?.to_owned());
        let parent = self.open_at(parent, OFlag::O_RDONLY | OFlag::O_DIRECTORY).map_err(|error| {
            if is_outside(&error) {
                return self.refused(argument, &path, &error);
            }
            let message = format!("the directory of {argument} {shown} cannot be opened: {error}");
            Failure::invalid(message).hint("create it first; it is a path on the host")
        })?;
        Ok(Named { parent, name, path })
    }

    fn open_at(&self, path: &Path, flags: OFlag) -> io::Result<File> {
        let flags = flags | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK;
        match self {
            Self::Any => Ok(nix::fcntl::open(path, flags, nix::sys::stat::Mode::empty())?.into()),
            Self::None => Err(Errno::EXDEV.into()),
            Self::Beneath(roots) => {
                let below =
                    |root: &Root| root.names.iter().find_map(|name| Some(path.strip_prefix(name).ok()?.to_owned()));
                let (root, rest) =
                    roots.iter().find_map(|root| Some((root, below(root)?))).ok_or(io::Error::from(Errno::EXDEV))?;
                let rest = if rest.as_os_str().is_empty() { Path::new(".") } else { &rest };
                let beneath = ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_MAGICLINKS;
                let how = OpenHow::new().flags(flags).resolve(beneath);
                Ok(openat2(&root.directory, rest, how)?.into())
            }
        }
    }

    fn refused(&self, argument: &str, path: &Path, error: &io::Error) -> Failure {
        let shown = path.display();
        match self {
            Self::None => Failure::new(Code::Denied, format!("{argument} names a path of the server's host"))
                .hint("callers elsewhere upload and download; see workspace_upload_open"),
            Self::Beneath(roots) if is_outside(error) => {
                let roots: Vec<String> = roots.iter().map(|root| root.names[0].display().to_string()).collect();
                let message = format!("{argument} {shown} leads out of the directories this server may use");
                Failure::new(Code::Denied, message).hint(format!("they are: {}", roots.join(", ")))
            }
            _ => Failure::invalid(format!("{argument} {shown} cannot be read: {error}"))
                .hint("it is a path on the host, as the server's user sees it"),
        }
    }
}

fn is_outside(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::EXDEV as i32)
}

/// A caller's path on the host: absolute, with `~` as the server's user has it.
fn absolute(argument: &str, path: &str) -> Result<PathBuf, Failure> {
    if path.is_empty() || path.contains('\0') {
        return Err(Failure::invalid(format!("{argument} is empty or has a NUL character")));
    }
    let home = || std::env::var_os("HOME").map(PathBuf::from);
    let path = match (path.strip_prefix("~/"), home()) {
        (Some(rest), Some(home)) => home.join(rest),
        (None, Some(home)) if path == "~" => home,
        _ => PathBuf::from(path),
    };
    std::path::absolute(path).map_err(|error| Failure::invalid(format!("{argument} is no path: {error}")))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn nothing_outside_a_root_is_opened_whatever_leads_there() {
        let host = tempfile::tempdir().unwrap();
        let at = |name: &str| host.path().join(name);
        for dir in ["in", "in/deep", "out"] {
            std::fs::create_dir(at(dir)).unwrap();
        }
        for file in ["in/a", "in/deep/b", "out/secret"] {
            std::fs::write(at(file), file).unwrap();
        }
        symlink("../out/secret", at("in/leads-out")).unwrap();
        symlink(at("out"), at("in/away")).unwrap();
        symlink("deep", at("in/stays")).unwrap();
        symlink(at("in"), at("alias")).unwrap();
        let files = HostFiles::beneath(&[at("alias")]).unwrap();
        let opens =
            |path: PathBuf| files.open("seed_path", path.to_str().unwrap()).map(|_| ()).map_err(|error| error.code);
        for good in ["in", "in/a", "in/stays/b", "in/deep/../a", "alias", "alias/a"] {
            assert_eq!(opens(at(good)), Ok(()), "{good}");
        }
        for bad in [
            "out",
            "out/secret",
            "in/../out/secret",
            "in/leads-out",
            "in/away/secret",
            "in/deep/../../out/secret",
            "inside",
        ] {
            assert_eq!(opens(at(bad)), Err(Code::Denied), "{bad}");
        }
        assert_eq!(opens(at("in/none")), Err(Code::Missing));
        assert_eq!(opens(PathBuf::from("/proc/self/root/etc/passwd")), Err(Code::Denied));
        let named =
            |path: PathBuf| files.named("output_path", path.to_str().unwrap()).map(|_| ()).map_err(|error| error.code);
        assert_eq!(named(at("in/new")), Ok(()));
        assert_eq!(named(at("in/none/new")), Err(Code::Invalid));
        for bad in ["out/new", "in/away/new", "in/../new"] {
            assert_eq!(named(at(bad)), Err(Code::Denied), "{bad}");
        }
    }

    #[test]
    fn callers_elsewhere_name_nothing() {
        let refused = HostFiles::None.open("seed_path", "/etc/passwd").unwrap_err();
        assert_eq!(refused.code, Code::Denied);
        assert!(refused.hint.unwrap().contains("workspace_upload_open"));
        assert_eq!(HostFiles::None.named("output_path", "/tmp/x").unwrap_err().code, Code::Denied);
    }
}

//! Kernel modules of a distribution kernel, in the order of their file names.

use std::{fs, io, path::Path};

use nix::{
    errno::Errno,
    kmod::{ModuleInitFlags, finit_module},
};

/// Loads every `.ko` of the directory; a kernel with everything built in comes without one.
pub(super) fn load(directory: &Path) -> io::Result<()> {
    if !directory.exists() {
        return Ok(());
    }
    let mut paths: Vec<_> = fs::read_dir(directory)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    paths.sort();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == "ko")) {
        match finit_module(fs::File::open(path)?, c"", ModuleInitFlags::empty()) {
            Ok(()) | Err(Errno::EEXIST) => {}
            Err(error) => return Err(io::Error::other(format!("{}: {error}", path.display()))),
        }
    }
    Ok(())
}

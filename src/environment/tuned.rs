//! The kernel that `make kernel` put into the cache: booted for as long as it is what its record says, else told about.

use super::{
    cache::Cache,
    kernel::{IMAGE, Kernel},
    manifest::{KernelManifest, Manifest},
    sealed::State,
};

/// Its directory among the kernels.
pub(super) const NAME: &str = "tuned";

/// The tuned kernel, or why it is not booted; nothing where none was built.
pub(super) fn look(cache: &Cache) -> Option<Result<Kernel, String>> {
    let directory = cache.kernels().join(NAME);
    directory.exists().then(|| {
        let Some(manifest) = KernelManifest::read(&directory) else {
            return Err("it has no record of its build".to_owned());
        };
        // A record that does not speak of the image vouches for nothing.
        let state = match manifest.files.iter().any(|file| file.name == IMAGE) {
            true => manifest.state(&directory),
            false => State::Missing,
        };
        match state {
            State::Good => Ok(Kernel {
                image: directory.join(IMAGE),
                modules: None,
                key: manifest.digest,
                version: format!("{} ({NAME})", manifest.package_version),
            }),
            State::Missing => Err("its file is missing".to_owned()),
            State::Damaged => Err("its file is not the one that was built".to_owned()),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf};

    use super::*;
    use crate::environment::{
        manifest::{VERSION, now},
        sealed::Sealed,
    };

    fn install(cache: &Cache, content: &str) -> PathBuf {
        let directory = cache.kernels().join(NAME);
        drop(fs::remove_dir_all(&directory));
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join(IMAGE), content).unwrap();
        let manifest = KernelManifest {
            version: VERSION,
            digest: content.to_owned(),
            package: "linux-source-6.1".to_owned(),
            package_version: "6.1.192-2".to_owned(),
            modules: Vec::new(),
            files: vec![Sealed::seal(&directory.join(IMAGE)).unwrap()],
            installed_at: now(),
        };
        manifest.write(&directory).unwrap();
        directory
    }

    #[test]
    fn only_what_was_built_is_booted() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::new(dir.path());
        assert_eq!(look(&cache), None);

        let directory = install(&cache, "one");
        let first = look(&cache).unwrap().unwrap();
        assert_eq!((first.version.as_str(), &first.image), ("6.1.192-2 (tuned)", &directory.join(IMAGE)));
        install(&cache, "two");
        assert_ne!(look(&cache).unwrap().unwrap().key, first.key, "another kernel has another initramfs");

        for foreign in ["", "tw", "three"] {
            fs::remove_file(directory.join(IMAGE)).unwrap();
            fs::write(directory.join(IMAGE), foreign).unwrap();
            assert_eq!(look(&cache).unwrap().unwrap_err(), "its file is not the one that was built");
        }
        fs::remove_file(directory.join(IMAGE)).unwrap();
        assert_eq!(look(&cache).unwrap().unwrap_err(), "its file is missing");
        fs::write(directory.join("manifest.json"), "{}").unwrap();
        assert_eq!(look(&cache).unwrap().unwrap_err(), "it has no record of its build");
    }

    #[test]
    fn the_record_of_the_build_script_is_read() {
        let record = r#"{
          "version": 1, "digest": "d", "package": "linux-source-6.1", "package_version": "6.1.192-2", "config": "c",
          "modules": [], "files": [{ "name": "vmlinux", "bytes": 3, "blake3": "b" }],
          "installed_at": "2026-11-26T09:12:44Z"
        }"#;
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("manifest.json"), record).unwrap();
        assert_eq!(KernelManifest::read(dir.path()).unwrap().files[0].name, IMAGE);
    }
}

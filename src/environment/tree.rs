//! Reads what a tree is from its tar: its digest, Debian's version and the installed packages. Pure but for the reader.

use std::io::{self, Read};

/// Left out of the image, as tar names them: device nodes, which cannot be made in a user namespace and which the guest's
/// devtmpfs has; and two directories that belong to whoever built, which apt makes anew.
pub(super) const LEFT_OUT: [&str; 3] = ["./dev/*", "./var/lib/apt/lists/partial", "./var/cache/apt/archives/partial"];

/// What a tree says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Contents {
    /// Over names, attributes and bytes of everything that is not left out: the same for everyone who builds.
    pub(super) blake3: String,
    /// E.g. `12.15`.
    pub(super) debian_version: String,
    /// Sorted `package:architecture=version`.
    pub(super) packages: Vec<String>,
}

/// Reads a tar; every package must be installed completely.
pub(super) fn examine(tar: impl Read) -> io::Result<Contents> {
    let (mut debian_version, mut packages) = (None, None);
    let mut hasher = blake3::Hasher::new();
    for entry in tar::Archive::new(tar).entries()? {
        let mut entry = entry?;
        let path = entry.path_bytes().into_owned();
        if is_left_out(&path) {
            continue;
        }
        hasher.update(entry.header().as_bytes()).update(&path);
        if let Some(attributes) = entry.pax_extensions()? {
            for attribute in attributes {
                let attribute = attribute?;
                hasher.update(attribute.key_bytes()).update(b"=").update(attribute.value_bytes()).update(b"\n");
            }
        }
        let place: &mut Option<String> = match &path[..] {
            b"./etc/debian_version" => &mut debian_version,
            b"./var/lib/dpkg/status" => &mut packages,
            _ => {
                hasher.update_reader(&mut entry)?;
                continue;
            }
        };
        let mut text = String::new();
        entry.read_to_string(&mut text)?;
        hasher.update(text.as_bytes());
        *place = Some(text);
    }
    let broken = |what: &str| io::Error::other(format!("the tree has no {what}"));
    let debian_version = debian_version.ok_or_else(|| broken("Debian version"))?.trim().to_owned();
    let packages = parse(&packages.ok_or_else(|| broken("package database"))?).map_err(io::Error::other)?;
    Ok(Contents { blake3: hasher.finalize().to_hex().to_string(), debian_version, packages })
}

fn is_left_out(path: &[u8]) -> bool {
    let path = path.strip_suffix(b"/").unwrap_or(path);
    LEFT_OUT.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(start) => path.starts_with(start.as_bytes()) && path.len() > start.len(),
        None => path == pattern.as_bytes(),
    })
}

fn parse(status: &str) -> Result<Vec<String>, String> {
    let mut packages = Vec::new();
    for stanza in status.split("\n\n").filter(|stanza| !stanza.trim().is_empty()) {
        let field =
            |name: &str| stanza.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).unwrap_or("");
        let name = field("Package");
        match field("Status") {
            "install ok installed" => {}
            status => return Err(format!("package {name} is `{status}`")),
        }
        packages.push(format!("{name}:{}={}", field("Architecture"), field("Version")));
    }
    packages.sort();
    Ok(packages)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tar(files: &[(&str, &str)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, content) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            // Set by hand: the builder would drop the leading `./` that tar of a directory writes.
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_cksum();
            builder.append(&header, content.as_bytes()).unwrap();
        }
        builder.into_inner().unwrap()
    }

    #[test]
    fn version_and_packages_are_read() {
        let status = "Package: tar\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.34\n\n\
            Package: bash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.2\nDescription: a\n b\n\n";
        let archive = tar(&[("./etc/debian_version", "12.15\n"), ("./bin/x", ""), ("./var/lib/dpkg/status", status)]);
        let packages = vec!["bash:amd64=5.2".to_owned(), "tar:amd64=1.34".to_owned()];
        let contents = examine(&archive[..]).unwrap();
        assert_eq!((contents.debian_version.as_str(), contents.packages), ("12.15", packages));
    }

    #[test]
    fn the_digest_covers_what_is_in_the_image() {
        let check = |more: &[(&str, &str)]| {
            let rest = [("./etc/debian_version", "12.15\n"), ("./var/lib/dpkg/status", "")];
            examine(&tar(&[more, &rest].concat())[..]).unwrap().blake3
        };
        let plain = check(&[]);
        assert_eq!(check(&[("./dev/null", ""), ("./var/lib/apt/lists/partial/", "")]), plain);
        assert_ne!(check(&[("./dev", "")]), plain);
        assert_ne!(check(&[("./a", "1")]), check(&[("./a", "2")]));
    }

    #[test]
    fn a_half_installed_package_is_an_error() {
        let error = parse("Package: x\nStatus: install ok half-configured\nVersion: 1\n").unwrap_err();
        assert_eq!(error, "package x is `install ok half-configured`");
        assert!(examine(&tar(&[("./etc/debian_version", "12")])[..]).is_err());
    }
}

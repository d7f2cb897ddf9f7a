//! Reads what a tree is from its tar: Debian's version and the installed packages. Pure but for the reader.

use std::io::{self, Read};

/// What a tree says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Contents {
    /// E.g. `12.15`.
    pub(super) debian_version: String,
    /// Sorted `package:architecture=version`.
    pub(super) packages: Vec<String>,
}

/// Reads a tar; every package must be installed completely.
pub(super) fn examine(tar: impl Read) -> io::Result<Contents> {
    let (mut debian_version, mut packages) = (None, None);
    for entry in tar::Archive::new(tar).entries()? {
        let mut entry = entry?;
        let path = entry.path_bytes().into_owned();
        let place: &mut Option<String> = match path.strip_prefix(b"./").unwrap_or(&path) {
            b"etc/debian_version" => &mut debian_version,
            b"var/lib/dpkg/status" => &mut packages,
            _ => continue,
        };
        let mut text = String::new();
        entry.read_to_string(&mut text)?;
        *place = Some(text);
    }
    let broken = |what: &str| io::Error::other(format!("the tree has no {what}"));
    let debian_version = debian_version.ok_or_else(|| broken("Debian version"))?.trim().to_owned();
    let packages = parse(&packages.ok_or_else(|| broken("package database"))?).map_err(io::Error::other)?;
    Ok(Contents { debian_version, packages })
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
            builder.append_data(&mut header, name, content.as_bytes()).unwrap();
        }
        builder.into_inner().unwrap()
    }

    #[test]
    fn version_and_packages_are_read() {
        let status = "Package: tar\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.34\n\n\
            Package: bash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.2\nDescription: a\n b\n\n";
        let archive = tar(&[("./etc/debian_version", "12.15\n"), ("./bin/x", ""), ("./var/lib/dpkg/status", status)]);
        let packages = vec!["bash:amd64=5.2".to_owned(), "tar:amd64=1.34".to_owned()];
        assert_eq!(examine(&archive[..]).unwrap(), Contents { debian_version: "12.15".to_owned(), packages });
    }

    #[test]
    fn a_half_installed_package_is_an_error() {
        let error = parse("Package: x\nStatus: install ok half-configured\nVersion: 1\n").unwrap_err();
        assert_eq!(error, "package x is `install ok half-configured`");
        assert!(examine(&tar(&[("./etc/debian_version", "12")])[..]).is_err());
    }
}

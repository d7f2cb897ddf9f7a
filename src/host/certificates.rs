//! The certificates that this host trusts and Debian does not know: of networks that re-sign TLS, of companies.

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
};

use crate::limits::CA_BYTES_MAX;

/// Where distributions keep all that they trust, in one file; the first that is there.
const BUNDLES: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];
/// Where Debian keeps what everybody trusts, one to a file...
const KNOWN: &str = "/usr/share/ca-certificates/mozilla";
/// ...and what the host's owner adds.
const ADDED: &str = "/usr/local/share/ca-certificates";
/// Files of certificates that a user names for their own programs.
const VARIABLES: [&str; 2] = ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"];

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// All of them as PEM, each once, as many as fit into [`CA_BYTES_MAX`].
pub fn extra() -> String {
    let named = VARIABLES.iter().filter_map(env::var_os).map(PathBuf::from);
    let bundle = BUNDLES.iter().map(PathBuf::from).find(|path| path.is_file());
    let trusted = files(Path::new(ADDED)).into_iter().chain(named).chain(bundle);
    let known = files(Path::new(KNOWN));
    beyond(trusted.map(|path| text(&path)), known.iter().map(|path| text(path)))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|one| one == "crt")).collect();
    files.sort();
    files
}

fn text(path: &Path) -> String {
    fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

/// The certificates of some texts that are in none of others.
fn beyond(trusted: impl Iterator<Item = String>, known: impl Iterator<Item = String>) -> String {
    let mut seen: BTreeSet<String> = known.flat_map(|text| certificates(&text)).collect();
    let mut extra = String::new();
    for certificate in trusted.flat_map(|text| certificates(&text)) {
        if extra.len() + certificate.len() < CA_BYTES_MAX && seen.insert(certificate.clone()) {
            extra.push_str(&certificate);
        }
    }
    extra
}

/// Each certificate of a text, written in one way.
fn certificates(text: &str) -> Vec<String> {
    let blocks = text.split(BEGIN).skip(1).filter_map(|after| after.split_once(END)).map(|(body, _)| body);
    let lines = |body: &str| -> String { body.split_whitespace().map(|line| format!("{line}\n")).collect() };
    blocks.map(|body| format!("{BEGIN}\n{}{END}\n", lines(body))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_everybody_knows_is_left_out_and_the_rest_told_once() {
        let pem = |body: &str| format!("# a comment\n{BEGIN}\n{body}\n{END}\n");
        let texts = |bodies: &[&str]| vec![bodies.iter().map(|body| pem(body)).collect::<String>()].into_iter();
        let extra = beyond(texts(&["AAAA", "BBBB\r\nCCCC", "BBBB\nCCCC", "DDDD"]), texts(&["AAAA"]));
        assert_eq!(extra, format!("{BEGIN}\nBBBB\nCCCC\n{END}\n{BEGIN}\nDDDD\n{END}\n"));
        let unfinished = [format!("{BEGIN}\nAAAA"), "no certificate".to_owned()];
        assert_eq!(beyond(unfinished.into_iter(), [].into_iter()), "");
    }
}

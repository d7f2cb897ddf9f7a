//! Secrets and certificates.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{MetadataExt, symlink},
    path::PathBuf,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use pyro_protocol::{
    GuestErrorCode,
    network::{CA_BUNDLE, CA_BYTES_MAX, CA_COUNT_MAX, Furnished, Furnishing, SECRETS_FOLDER},
};

use super::{Guest, refused};

impl Guest {
    fn at(&self, path: &str) -> PathBuf {
        self.root.path().join(path.trim_start_matches('/'))
    }

    async fn given(&self, secrets: &[(&str, &str)]) -> Result<Furnished, crate::link::LinkError> {
        let secrets = secrets.iter().map(|(name, value)| (name.to_string(), STANDARD.encode(value))).collect();
        self.link.furnish(&Furnishing { secrets, ..Furnishing::default() }).await
    }

    /// What lies in the secrets' folder: names, values and modes.
    fn secrets(&self) -> BTreeMap<String, (String, u32)> {
        let entries = fs::read_dir(self.at(SECRETS_FOLDER)).unwrap().map(Result::unwrap);
        let entry = |entry: fs::DirEntry| {
            let value = fs::read_to_string(entry.path()).unwrap();
            (entry.file_name().into_string().unwrap(), (value, entry.metadata().unwrap().mode() & 0o7777))
        };
        entries.map(entry).collect()
    }

    async fn trusting(&self, ca_certificates: &str) -> Result<Furnished, crate::link::LinkError> {
        self.link.furnish(&Furnishing { ca_certificates: ca_certificates.into(), ..Furnishing::default() }).await
    }
}

fn files(all: &[(&str, &str)]) -> BTreeMap<String, (String, u32)> {
    all.iter().map(|(name, value)| (name.to_string(), (value.to_string(), 0o600))).collect()
}

#[tokio::test]
async fn secrets_are_files_for_root_alone_and_replace_each_other() {
    let guest = Guest::start().await;
    guest.given(&[]).await.unwrap();
    assert!(!guest.at(SECRETS_FOLDER).exists());
    guest.given(&[("A", "one"), ("B_2", "")]).await.unwrap();
    assert_eq!(guest.secrets(), files(&[("A", "one"), ("B_2", "")]));
    let folder = guest.at(SECRETS_FOLDER);
    assert_eq!(fs::metadata(&folder).unwrap().mode() & 0o7777, 0o700);

    // Whatever a program has put there goes.
    fs::create_dir_all(folder.join("deep/er")).unwrap();
    fs::create_dir_all(folder.join("C/er")).unwrap();
    fs::write(folder.join(".unfinished"), "x").unwrap();
    let outside = guest.workspace("outside");
    fs::write(&outside, "mine").unwrap();
    fs::remove_file(folder.join("A")).unwrap();
    symlink(&outside, folder.join("A")).unwrap();
    fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    guest.given(&[("A", "two"), ("C", "three")]).await.unwrap();
    assert_eq!(guest.secrets(), files(&[("A", "two"), ("C", "three")]));
    assert_eq!(fs::metadata(&folder).unwrap().mode() & 0o7777, 0o700);
    assert_eq!(fs::read_to_string(&outside).unwrap(), "mine");
    guest.given(&[]).await.unwrap();
    assert_eq!(guest.secrets(), files(&[]));
}

#[tokio::test]
async fn a_link_in_place_of_their_folder_is_replaced() {
    let guest = Guest::start().await;
    let (folder, trap) = (guest.at(SECRETS_FOLDER), guest.workspace("trap"));
    fs::create_dir_all(folder.parent().unwrap()).unwrap();
    fs::create_dir(&trap).unwrap();
    for target in ["/workspace/trap", "../workspace/trap", "/nowhere"] {
        symlink(target, &folder).unwrap();
        guest.given(&[("A", "x")]).await.unwrap();
        assert!(folder.symlink_metadata().unwrap().is_dir());
        assert_eq!(guest.secrets(), files(&[("A", "x")]));
        fs::remove_dir_all(&folder).unwrap();
    }
    assert_eq!(fs::read_dir(&trap).unwrap().count(), 0);
    fs::write(&folder, "a file").unwrap();
    guest.given(&[("A", "x")]).await.unwrap();
    assert_eq!(guest.secrets(), files(&[("A", "x")]));
}

#[tokio::test]
async fn names_that_are_none_are_refused_before_anything_is_done() {
    let guest = Guest::start().await;
    guest.given(&[("A", "x")]).await.unwrap();
    for name in ["", "1", "a/b", "..", "a b", &"x".repeat(65)] {
        assert_eq!(refused(guest.given(&[("B", "y"), (name, "z")]).await), GuestErrorCode::Invalid);
    }
    let secrets = [("B".to_owned(), "not base64".to_owned())].into();
    let answer = guest.link.furnish(&Furnishing { secrets, ..Furnishing::default() }).await;
    assert_eq!(refused(answer), GuestErrorCode::Invalid);
    assert_eq!(guest.secrets(), files(&[("A", "x")]));
}

/// Something that looks like a certificate.
fn certificate(seed: u16) -> String {
    let body = [&[0x30, 0x82, 1, 44][..], &seed.to_be_bytes().repeat(150)].concat();
    let body = STANDARD.encode(body);
    let lines: Vec<&str> = body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

#[tokio::test]
async fn certificates_are_added_once_and_kept_for_updates() {
    let guest = Guest::start().await;
    let (bundle, share) = (guest.at(CA_BUNDLE), guest.at("/usr/local/share"));
    assert!(!guest.trusting("").await.unwrap().ca_bundle);
    assert!(!bundle.exists());
    let [one, two, three] = [1, 2, 3].map(certificate);
    // Without a place for local ones, there is the bundle alone.
    assert!(guest.trusting(&one).await.unwrap().ca_bundle);
    assert_eq!(fs::read_to_string(&bundle).unwrap(), one);
    assert_eq!(fs::metadata(&bundle).unwrap().mode() & 0o7777, 0o644);
    assert!(!share.exists());

    fs::create_dir_all(&share).unwrap();
    fs::write(&bundle, format!("# a comment\n{}", one.replace('\n', "\r\n").trim_end())).unwrap();
    let before = fs::read_to_string(&bundle).unwrap();
    let key = two.replace("CERTIFICATE", "PRIVATE KEY");
    for _ in 0..2 {
        guest.trusting(&format!("{two}{key}\n{one}{three}junk\n{two}")).await.unwrap();
        assert_eq!(fs::read_to_string(&bundle).unwrap(), format!("{before}\n{two}{three}"));
        let local: Vec<_> = fs::read_dir(share.join("ca-certificates")).unwrap().map(Result::unwrap).collect();
        let mut contents: Vec<_> = local.iter().map(|file| fs::read_to_string(file.path()).unwrap()).collect();
        contents.sort_unstable();
        assert_eq!(contents, [two.clone(), three.clone()]);
        for file in local {
            let name = file.file_name().into_string().unwrap();
            let digits = name.strip_prefix("pyro-host-").and_then(|rest| rest.strip_suffix(".crt")).unwrap();
            assert!(digits.len() == 12 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()), "{name}");
        }
    }
}

#[tokio::test]
async fn too_much_to_trust_is_refused() {
    let guest = Guest::start().await;
    let many: String = (0..=CA_COUNT_MAX as u16).map(certificate).collect();
    assert!(many.len() < CA_BYTES_MAX);
    assert_eq!(refused(guest.trusting(&many).await), GuestErrorCode::Limit);
    assert_eq!(refused(guest.trusting(&" ".repeat(CA_BYTES_MAX + 1)).await), GuestErrorCode::Limit);
    assert!(!guest.at(CA_BUNDLE).exists());
}

#[tokio::test]
async fn the_hosts_own_files_are_given_nothing() {
    let login = pyro_guest::Login::given([].into());
    let agent = pyro_guest::Agent::new("/".as_ref(), "/workspace", pyro_guest::Place::Host, login).unwrap();
    let link = super::connect(agent).await;
    let secrets: BTreeMap<_, _> = [("A".to_owned(), STANDARD.encode("x"))].into();
    let answer = link.furnish(&Furnishing { secrets, proxy: true, ..Furnishing::default() }).await;
    assert_eq!(refused(answer), GuestErrorCode::Denied);
    let ca_certificates = certificate(1);
    let answer = link.furnish(&Furnishing { ca_certificates, ..Furnishing::default() }).await;
    assert_eq!(refused(answer), GuestErrorCode::Denied);
    let furnished = link.furnish(&Furnishing { proxy: true, ..Furnishing::default() }).await.unwrap();
    assert_eq!((furnished.proxy_port.is_some(), furnished.ca_bundle), (true, std::path::Path::new(CA_BUNDLE).exists()));
}

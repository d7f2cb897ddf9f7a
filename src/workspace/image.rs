//! Images that a workload made, for models that see them.

use super::{paths, workspaces::Workspaces};
use crate::{failure::Failure, ids::WorkspaceId, limits, link::Piece, supervisor::client};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
const JPEG: &[u8] = b"\xff\xd8\xff";

/// What a file's first bytes say it is, if hosts can show that.
pub(super) fn media_type(first: &[u8]) -> Option<&'static str> {
    match first {
        first if first.starts_with(PNG) => Some("image/png"),
        first if first.starts_with(JPEG) => Some("image/jpeg"),
        _ => None,
    }
}

impl Workspaces {
    /// A PNG or JPEG of a workspace, whole; `None` where it is none, or larger than a result may carry.
    pub async fn read_image(&self, id: &WorkspaceId, path: &str) -> Result<Option<(&'static str, Vec<u8>)>, Failure> {
        let path = paths::inside("path", path)?;
        let inhabited = self.inhabit(id, None).await?;
        let piece = Piece::Bytes { offset: 0, length: Some(limits::IMAGE_BYTES_MAX + 1) };
        let mut file = inhabited.guest().get_piece(&path, piece).await.map_err(client::failure)?;
        let mut bytes = Vec::new();
        while let Some(piece) = file.next().await.map_err(client::failure)? {
            bytes.extend_from_slice(&piece);
        }
        let fits = bytes.len() as u64 <= limits::IMAGE_BYTES_MAX;
        Ok(media_type(&bytes).filter(|_| fits).map(|media_type| (media_type, bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::media_type;

    #[test]
    fn only_what_hosts_show_is_an_image() {
        assert_eq!(media_type(b"\x89PNG\r\n\x1a\n\0"), Some("image/png"));
        assert_eq!(media_type(b"\xff\xd8\xff\xe0"), Some("image/jpeg"));
        for other in [&b""[..], b"\x89PNG", b"GIF89a", b"<svg>", b"\xff\xd8"] {
            assert_eq!(media_type(other), None);
        }
    }
}

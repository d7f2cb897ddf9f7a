//! What goes beside a result, where a door has a form for it: never instead of a field.

use std::sync::{Arc, Mutex};

use crate::workspace::Download;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attachment {
    /// PNG or JPEG.
    Image { media_type: &'static str, bytes: Vec<u8> },
    /// Something to fetch.
    Link { url: String, name: String, media_type: String },
}

/// Collects those of one call.
pub type Attachments = Arc<Mutex<Vec<Attachment>>>;

impl From<&Download> for Attachment {
    fn from(download: &Download) -> Self {
        let Download { url, file_name, media_type, .. } = download.clone();
        Self::Link { url, name: file_name, media_type }
    }
}

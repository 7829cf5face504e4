use crate::msg;
use crate::text::Message;

/// Why a step is not needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Skip {
    /// The target does not have the layer, which is marked: that is as it should be.
    StaysAway,
    /// The target could not be asked: the reason.
    BlobUnknown(Message),
    /// The target has the manifest.
    ManifestThere,
}

impl Skip {
    /// The reason, for a person.
    pub fn message(&self) -> Message {
        match self {
            Self::StaysAway => msg!("push.stays-away"),
            Self::BlobUnknown(reason) => msg!("push.blob-unknown", reason = reason.clone()),
            Self::ManifestThere => msg!("push.manifest-there"),
        }
    }
}

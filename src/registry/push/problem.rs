use super::Role;
use crate::manifest::Digest;
use crate::msg;
use crate::registry::manifest::MAX_MANIFEST;
use crate::registry::reference::Tag;
use crate::text::{Arg, Message};

/// Why a push cannot begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// There is no document.
    Nothing,
    /// The target does not have a blob, and there is nowhere to get it from.
    Missing(Digest, Role),
    /// The target does not have a child manifest that is not pushed along.
    ChildMissing(Digest),
    /// The target's blob has another size than the descriptor says. Registries do not notice.
    SizeDiffers {
        /// The blob.
        digest: Digest,
        /// As the descriptor says.
        expected: u64,
        /// As the registry says.
        found: u64,
    },
    /// A document is larger than registries accept.
    TooLarge(Digest),
    /// The backup tag is the tag itself.
    BackupIsTag(Tag),
}

impl Problem {
    /// Whether this is about a blob that can be had nowhere.
    pub fn is_missing(&self, blob: &Digest) -> bool {
        matches!(self, Self::Missing(digest, _) if digest == blob)
    }

    /// What is wrong, for a person.
    pub fn message(&self) -> Message {
        match self {
            Self::Nothing => msg!("push.nothing"),
            Self::Missing(digest, role) => match role {
                Role::Config | Role::Manifest => {
                    msg!("push.missing-config", digest = digest.short())
                }
                Role::Layer => msg!("push.missing", digest = digest.short()),
                Role::ForeignWithoutUrl => msg!("push.missing-url", digest = digest.short()),
            },
            Self::ChildMissing(digest) => msg!("push.child-missing", digest = digest.short()),
            Self::SizeDiffers { digest, expected, found } => msg!(
                "push.size-differs",
                digest = digest.short(),
                expected = *expected,
                found = *found
            ),
            Self::TooLarge(digest) => {
                msg!("push.too-large", digest = digest.short(), max = Arg::Bytes(MAX_MANIFEST))
            }
            Self::BackupIsTag(tag) => msg!("push.backup-is-tag", tag = tag.as_str()),
        }
    }
}

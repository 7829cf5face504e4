//! What becomes of attestations whose image changes, and of the image's media types.

use std::rc::Rc;

use crate::app::{Opened, State};
use crate::image::ConversionBlocker;
use crate::manifest::media_type::Family;
use crate::manifest::{Descriptor, Digest, EntryChoice, EntryKey, Kind};
use crate::msg;
use crate::text::Message;

/// BuildKit's annotation by which an attestation names its image.
const OF_IMAGE: &str = "vnd.docker.reference.digest";

/// An attestation in an index of the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attestation {
    /// The index that names it.
    pub index: Digest,
    /// The zero-based position there.
    pub at: usize,
    /// Its own digest.
    pub digest: Digest,
    /// The platform or digest of the image that it speaks of.
    pub of: Option<String>,
    /// Whether that image gets another digest, so that the statement inside names the old one.
    pub concerned: bool,
    /// What becomes of it.
    pub choice: EntryChoice,
}

/// A choice for the whole image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConvertAction {
    /// What becomes of the attestation at this position of this index.
    Attestation(Digest, usize, EntryChoice),
    /// Give the whole image the media types of this family.
    Family(Family),
}

impl Opened {
    /// The attestations in reading order.
    pub fn attestations(&self) -> Vec<Attestation> {
        let edits = self.history.edits();
        let rows = self.image.rows(edits);
        let platform_of = |digest: &str| {
            let entries = rows.iter().filter_map(|row| row.descriptor.as_ref());
            let mut named = entries.filter(|entry| entry.digest.as_str() == digest);
            named.find_map(|entry| entry.platform.as_ref()).map(ToString::to_string)
        };
        let attestation = |entry: &Descriptor, index: &Digest, at: usize| {
            let named = entry.annotation(OF_IMAGE);
            let digest = named.and_then(|named| Digest::parse(named).ok());
            Attestation {
                index: index.clone(),
                at,
                digest: entry.digest.clone(),
                of: named.map(|named| platform_of(named).unwrap_or_else(|| named.to_owned())),
                concerned: digest.is_some_and(|digest| self.rendered.is_changed(&digest)),
                choice: edits.of(index).entry_choice(at),
            }
        };
        rows.iter()
            .filter_map(|row| row.descriptor.as_ref().zip(row.entry.as_ref()))
            .filter(|(descriptor, _)| descriptor.is_attestation())
            .filter_map(|(descriptor, (index, key))| match key {
                EntryKey::Loaded(at) => Some(attestation(descriptor, index, *at)),
                // What was added is not decided upon: it follows its image, or is removed.
                EntryKey::Added(_) => None,
            })
            .collect()
    }

    /// The family of the root as it becomes.
    pub fn family(&self) -> Option<Family> {
        let root = self.rendered.node(self.image.root())?;
        Kind::from_media_type(root.media_type).map(Kind::family)
    }

    /// What keeps the image from being converted to the other family; empty in its own.
    pub fn blockers(&self, family: Family) -> Vec<ConversionBlocker> {
        if self.family() == Some(family) {
            return Vec::new();
        }
        self.image.conversion_blockers(self.history.edits(), family)
    }
}

pub(in crate::app) fn update(state: &mut State, action: ConvertAction) {
    let Some(opened) = &mut state.opened else { return };
    let mut edits = (**opened.history.edits()).clone();
    let name: Message = match action {
        ConvertAction::Attestation(index, at, choice) => {
            edits.change(&index, |node| node.edits.choose_entry(at, choice));
            match choice {
                EntryChoice::Repoint => msg!("history.attestation-repoint"),
                EntryChoice::Leave => msg!("history.attestation-leave"),
                EntryChoice::Drop => msg!("history.attestation-drop"),
            }
        }
        ConvertAction::Family(family) => {
            if !opened.blockers(family).is_empty() {
                return;
            }
            edits.set_family(&opened.image, family);
            match family {
                Family::Oci => msg!("history.to-oci"),
                Family::Docker => msg!("history.to-docker"),
            }
        }
    };
    if edits == **opened.history.edits() {
        return;
    }
    let opened = Rc::make_mut(opened);
    opened.history.push(name, edits, None);
    opened.refresh();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::{opened, platforms, send};
    use crate::app::{OpenAction, SourceAction, WholeAction};

    #[test]
    fn an_attestation_is_concerned_when_its_image_changes() {
        let state = platforms();
        let [before] = <[Attestation; 1]>::try_from(opened(&state).attestations()).unwrap();
        assert!(before.of.is_some() && !before.concerned, "{before:?}");
        let all = opened(&state).steps();
        let state = all.layers().fold(state.clone(), |state, layer| {
            send(&state, WholeAction::Mark(layer.digest.clone(), true))
        });
        let [after] = <[Attestation; 1]>::try_from(opened(&state).attestations()).unwrap();
        assert!(after.concerned && after.choice == EntryChoice::Repoint);
        let choose = |choice| ConvertAction::Attestation(after.index.clone(), after.at, choice);
        let entries = |state: &Rc<State>| state.opened.as_ref().unwrap().entries();
        let (platforms, attestations) = entries(&state);
        let dropped = send(&state, choose(EntryChoice::Drop));
        assert_eq!(entries(&dropped), (platforms, attestations - 1));
        assert_eq!(opened(&dropped).attestations()[0].choice, EntryChoice::Drop);
        let back = send(&dropped, choose(EntryChoice::Repoint));
        assert_eq!(opened(&back).history.edits(), opened(&state).history.edits());
        assert!(Rc::ptr_eq(&send(&back, choose(EntryChoice::Repoint)), &back), "nothing changed");
    }

    #[test]
    fn the_family_goes_there_and_back() {
        let manifest = crate::image::SAMPLES[0].documents[0];
        let state = send(&Rc::default(), SourceAction::Json(manifest.into()));
        let state = send(&state, OpenAction::Json);
        let own = opened(&state).family().unwrap();
        let other = if own == Family::Oci { Family::Docker } else { Family::Oci };
        assert_eq!(opened(&state).blockers(other), []);
        let converted = send(&state, ConvertAction::Family(other));
        assert_eq!(opened(&converted).family(), Some(other));
        let back = send(&converted, ConvertAction::Family(own));
        assert!(opened(&back).history.edits().is_empty());
    }

    #[test]
    fn what_has_no_counterpart_blocks() {
        let manifest = crate::image::SAMPLES[1].documents[0];
        let zstd = manifest.replacen("tar+gzip", "tar+zstd", 1);
        assert_ne!(zstd, manifest);
        let state = send(&Rc::default(), SourceAction::Json(zstd));
        let state = send(&state, OpenAction::Json);
        let first = opened(&state).steps().steps[0].layers[0].digest.clone();
        let state = send(&state, WholeAction::Mark(first, true));
        let blocked = opened(&state).blockers(Family::Docker);
        assert_eq!(blocked.len(), 1);
        assert!(Rc::ptr_eq(&send(&state, ConvertAction::Family(Family::Docker)), &state));
    }
}

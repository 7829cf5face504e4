//! Where blobs come from that the image's own place does not have.

use std::collections::BTreeSet;

use crate::app::Opened;
use crate::json::{Node, string};
use crate::manifest::Digest;
use crate::registry::push::LocalBlob;
use crate::registry::{Reference, ShortNames};

/// Where the blobs and documents are had from that the place of the image does not have, or not all,
/// sorted by digest; and the blobs among them that the person wants to be there, although a layer with
/// URLs may stay away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Brought(Vec<(Digest, BlobFrom)>, BTreeSet<Digest>);

/// Where a blob is had from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlobFrom {
    /// From this repository.
    Repository(Reference),
    /// From a file of the person, or from URLs.
    Here(LocalBlob),
}

impl Brought {
    /// Where this blob is had from, where it is not the place of the image.
    pub fn of(&self, blob: &Digest) -> Option<&BlobFrom> {
        let at = self.0.binary_search_by(|(digest, _)| digest.cmp(blob)).ok()?;
        Some(&self.0[at].1)
    }

    /// Whether the person wants this blob to be where the image is pushed to.
    pub fn is_required(&self, blob: &Digest) -> bool {
        self.1.contains(blob)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &(Digest, BlobFrom)> {
        self.0.iter()
    }

    /// Whether the blobs come from where the image came from, all of them.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What of it outlives the page, as a member of a JSON object with a comma before it: the blobs of
    /// repositories, not those of files. Empty where there is none.
    pub(in crate::app) fn text(&self) -> String {
        let pairs = self.0.iter().filter_map(|(digest, from)| match from {
            BlobFrom::Repository(reference) => {
                let (blob, from) = (string(digest.as_str()), string(&reference.to_string()));
                let required = if self.1.contains(digest) { ",true" } else { "" };
                Some(format!("[{blob},{from}{required}]"))
            }
            BlobFrom::Here(_) => None,
        });
        let pairs: Vec<String> = pairs.collect();
        if pairs.is_empty() {
            String::new()
        } else {
            format!(r#","brought":[{}]"#, pairs.join(","))
        }
    }

    /// Reads what [`text`](Self::text) wrote; `None` when that is no text of this form.
    pub(in crate::app) fn read(root: &Node) -> Option<Self> {
        let (mut brought, mut all) = (Self::default(), Vec::new());
        for pair in root.get("brought").map_or(&[][..], Node::elements) {
            let [blob, from, required @ ..] = pair.elements() else { return None };
            let from = Reference::parse(from.as_str()?, ShortNames::OfDefaultRegistry).ok()?;
            let blob = Digest::parse(blob.as_str()?).ok()?;
            if !required.is_empty() {
                brought.1.insert(blob.clone());
            }
            all.push((blob, BlobFrom::Repository(from)));
        }
        brought.extend(all);
        Some(brought)
    }

    /// A blob that shall be where the image is pushed to.
    pub(super) fn require(&mut self, blob: Digest, from: BlobFrom) {
        self.1.insert(blob.clone());
        self.insert(blob, from);
    }

    pub(in crate::app) fn insert(&mut self, blob: Digest, from: BlobFrom) {
        self.extend(vec![(blob, from)]);
    }

    /// Adds all of `new`, each in the place of what was known of its digest.
    pub(super) fn extend(&mut self, mut new: Vec<(Digest, BlobFrom)>) {
        new.append(&mut self.0);
        new.sort_by(|(one, _), (other, _)| one.cmp(other));
        // Of one digest the first stays, which is the new one.
        new.dedup_by(|(later, _), (first, _)| later == first);
        self.0 = new;
    }
}

impl Opened {
    /// Whether something comes from elsewhere that the image needs as it becomes.
    pub fn brings(&self) -> bool {
        let edits = self.history.edits();
        let is_brought = |digest: &Digest| self.brought.of(digest).is_some();
        let needs = |id: &Digest| {
            let document = self.image.base(edits, id);
            let config = document.and_then(|it| it.config());
            let layers = document.map_or(&[][..], |it| it.layers());
            is_brought(id) || config.into_iter().chain(layers).any(|it| is_brought(&it.digest))
        };
        !self.brought.is_empty()
            && self.image.rows(edits).iter().any(|row| !row.removed && needs(&row.id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_blobs_come_from_outlives_the_page_as_far_as_that_can_be() {
        let reference = |text| Reference::parse(text, ShortNames::OfDefaultRegistry).unwrap();
        let mut brought = Brought::default();
        assert_eq!(brought.text(), "");
        let place = BlobFrom::Repository(reference("r.example:5000/other/app:1"));
        let urls = LocalBlob::Urls(vec!["https://cdn.example/a".into()]);
        brought.insert(Digest::sha256(b"a"), BlobFrom::Here(urls));
        for blob in ["b", "a"] {
            brought.insert(Digest::sha256(blob.as_bytes()), place.clone());
        }
        assert_eq!(brought.of(&Digest::sha256(b"a")), Some(&place), "the newer one counts");
        assert_eq!(brought.iter().count(), 2);
        brought.require(Digest::sha256(b"d"), place);
        let kept = brought.clone();
        let urls = LocalBlob::Urls(vec!["https://cdn.example/c".into()]);
        brought.require(Digest::sha256(b"c"), BlobFrom::Here(urls));
        let text = format!(r#"{{"layermark":1{}}}"#, brought.text());
        let read = Brought::read(&crate::json::parse(text.as_bytes()).unwrap());
        let read = read.unwrap();
        assert_eq!(read, kept, "files and addresses are given again");
        let required = ["a", "d"].map(|blob| read.is_required(&Digest::sha256(blob.as_bytes())));
        assert_eq!(required, [false, true]);
        for wrong in [r#"{"brought":[1]}"#, r#"{"brought":[["x","a"]]}"#] {
            assert_eq!(Brought::read(&crate::json::parse(wrong.as_bytes()).unwrap()), None);
        }
    }
}

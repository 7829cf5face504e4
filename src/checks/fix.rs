use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::compatibility::{LayerRef, UrlTraits};
use crate::image::{Image, ImageEdits};
use crate::manifest::media_type::{Family, Form};
use crate::manifest::{Descriptor, Digest, Document, Edits, EntryChoice, LayerMark, UrlParts};
use crate::msg;
use crate::text::Message;

/// An edit that settles a finding, as a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What is done.
    pub kind: FixKind,
    /// To which layers.
    pub layers: Arc<[LayerRef]>,
    /// To which documents, where it is not about layers.
    pub nodes: Vec<Digest>,
}

/// What a fix does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FixKind {
    /// Makes the layers plain, without URLs.
    Unmark,
    /// Gives the layers the non-distributable type; their URLs stay.
    MarkType,
    /// Takes the URLs away; the type stays.
    RemoveUrls,
    /// Takes out empty URLs.
    DropEmptyUrls,
    /// Takes out URLs that are not http(s) or malformed.
    DropUnusableUrls,
    /// Takes the `#fragment` off each URL.
    DropFragments,
    /// Takes user name and password out of each URL.
    DropCredentials,
    /// Makes `http://` into `https://`.
    UseHttps,
    /// Keeps each URL once.
    DropDuplicateUrls,
    /// Converts the image to OCI and gives the layers its non-distributable type.
    ConvertToOci,
    /// Converts the layers' manifests to the family of the layers' types.
    ConvertToLayers,
    /// Gives every layer with the same digest as one of these the same mark.
    MarkAlike,
    /// Marks the layers as the same build step is marked on other platforms. As at the switch, their
    /// URLs are those of the template, which is not known here: [`Fix::apply`] leaves them as they are.
    MarkStep,
    /// Lets the annotations of attestation entries name the new digests.
    Repoint,
    /// Takes attestations of edited manifests out of the index.
    DropAttestations,
}

impl Fix {
    /// The edits with this fix added. `edits` stay as they are, so that undo has them.
    pub fn apply(&self, image: &Image, edits: &ImageEdits) -> ImageEdits {
        let mut out = edits.clone();
        if self.kind == FixKind::MarkAlike {
            self.mark_alike(image, &mut out);
            return out;
        }
        if self.kind == FixKind::ConvertToOci {
            out.set_family(image, Family::Oci);
        }
        for (node, indexes) in by_node(&self.layers) {
            let Some(document) = image.base(edits, node) else { continue };
            out.change(node, |node| {
                self.change_layers(document, &indexes, &mut node.edits);
            });
        }
        for node in &self.nodes {
            let Some(document) = image.base(edits, node) else { continue };
            out.change(node, |node| self.change_entries(document, edits, &mut node.edits));
        }
        out
    }

    /// What the fix does, as the label of a button.
    pub fn label(&self) -> Message {
        match self.kind {
            FixKind::Unmark => msg!("fix.unmark"),
            FixKind::MarkType => msg!("fix.mark-type"),
            FixKind::RemoveUrls => msg!("fix.remove-urls"),
            FixKind::DropEmptyUrls => msg!("fix.drop-empty-urls"),
            FixKind::DropUnusableUrls => msg!("fix.drop-unusable-urls"),
            FixKind::DropFragments => msg!("fix.drop-fragments"),
            FixKind::DropCredentials => msg!("fix.drop-credentials"),
            FixKind::UseHttps => msg!("fix.use-https"),
            FixKind::DropDuplicateUrls => msg!("fix.drop-duplicate-urls"),
            FixKind::ConvertToOci => msg!("fix.convert-to-oci"),
            FixKind::ConvertToLayers => msg!("fix.convert-to-layers"),
            FixKind::MarkAlike => msg!("fix.mark-alike"),
            FixKind::MarkStep => msg!("fix.mark-step", count = self.layers.len()),
            FixKind::Repoint => msg!("fix.repoint"),
            FixKind::DropAttestations => msg!("fix.drop-attestations"),
        }
    }

    fn change_layers(&self, document: &Document, indexes: &[usize], edits: &mut Edits) {
        if self.kind == FixKind::ConvertToLayers {
            let first = indexes.first().and_then(|&index| document.layers().get(index));
            if let Some(known) = first.and_then(Descriptor::layer_type) {
                edits.set_family(document, known.family);
            }
        }
        for &index in indexes {
            let Some(mark) = edits.layer_mark(document, index) else { continue };
            edits.mark_layer(document, index, self.changed(mark));
        }
    }

    fn changed(&self, mark: LayerMark) -> LayerMark {
        let repair = |change: &dyn Fn(&mut Vec<String>)| {
            let mut mark = mark.clone();
            if let Some(urls) = &mut mark.urls {
                change(urls);
                // A member without content says nothing that its absence does not say.
                if urls.is_empty() {
                    mark.urls = None;
                }
            }
            mark
        };
        match self.kind {
            FixKind::Unmark => LayerMark::plain(),
            FixKind::MarkType | FixKind::ConvertToOci => {
                LayerMark { form: Form::NonDistributable, ..mark }
            }
            FixKind::RemoveUrls => LayerMark { urls: None, ..mark },
            FixKind::DropEmptyUrls => repair(&|urls| urls.retain(|url| !url.is_empty())),
            FixKind::DropUnusableUrls => repair(&|urls| {
                let unusable = UrlTraits::EMPTY.or(UrlTraits::SCHEME).or(UrlTraits::MALFORMED);
                urls.retain(|url| !UrlTraits::of(url).any(unusable));
            }),
            FixKind::DropFragments => repair(&|urls| {
                for url in urls {
                    url.truncate(url.find('#').unwrap_or(url.len()));
                }
            }),
            FixKind::DropCredentials => repair(&|urls| {
                for url in urls {
                    drop_credentials(url);
                }
            }),
            FixKind::UseHttps => repair(&|urls| {
                for url in urls {
                    if let Some(rest) = strip_http(url) {
                        *url = format!("https://{rest}");
                    }
                }
            }),
            FixKind::DropDuplicateUrls => repair(&|urls| {
                let mut seen = BTreeSet::new();
                urls.retain(|url| seen.insert(url.clone()));
            }),
            FixKind::ConvertToLayers
            | FixKind::MarkAlike
            | FixKind::MarkStep
            | FixKind::Repoint
            | FixKind::DropAttestations => mark,
        }
    }

    fn change_entries(&self, document: &Document, all: &ImageEdits, edits: &mut Edits) {
        for (index, entry) in document.entries().iter().enumerate() {
            let names_edited = || {
                entry.annotation("vnd.docker.reference.digest").is_some_and(|named| {
                    Digest::parse(named).is_ok_and(|named| all.get(&named).is_some())
                })
            };
            match self.kind {
                FixKind::Repoint if edits.entry_choice(index) == EntryChoice::Leave => {
                    edits.choose_entry(index, EntryChoice::Repoint);
                }
                FixKind::DropAttestations if entry.is_attestation() && names_edited() => {
                    edits.choose_entry(index, EntryChoice::Drop);
                }
                _ => {}
            }
        }
    }

    /// The layers of this fix are the unmarked ones; the mark is that of another layer with the
    /// same digest.
    fn mark_alike(&self, image: &Image, out: &mut ImageEdits) {
        let mut marks: BTreeMap<Digest, LayerMark> = BTreeMap::new();
        for (id, _) in image.documents() {
            let Some(document) = image.base(out, id) else { continue };
            let edits = out.get(id).map(|node| &node.edits);
            for (index, layer) in document.layers().iter().enumerate() {
                let mark = match edits {
                    Some(edits) => edits.layer_mark(document, index),
                    None => Some(LayerMark::of(layer)),
                };
                if let Some(mark) = mark.filter(LayerMark::is_foreign) {
                    marks.entry(layer.digest.clone()).or_insert(mark);
                }
            }
        }
        for (id, indexes) in by_node(&self.layers) {
            let Some(document) = image.base(out, id).cloned() else { continue };
            out.change(id, |node| {
                for index in indexes {
                    let layer = document.layers().get(index);
                    if let Some(mark) = layer.and_then(|layer| marks.get(&layer.digest)) {
                        node.edits.mark_layer(&document, index, mark.clone());
                    }
                }
            });
        }
    }
}

fn by_node(layers: &[LayerRef]) -> BTreeMap<&Digest, Vec<usize>> {
    let mut nodes: BTreeMap<&Digest, Vec<usize>> = BTreeMap::new();
    for layer in layers {
        nodes.entry(&layer.node).or_default().push(layer.index as usize);
    }
    nodes
}

fn strip_http(url: &str) -> Option<&str> {
    UrlParts::of(url).filter(UrlParts::is_http).and_then(|_| url.get("http://".len()..))
}

fn drop_credentials(url: &mut String) {
    if let Some(UrlParts { scheme, userinfo: Some(userinfo), .. }) = UrlParts::of(url) {
        let start = scheme.len() + "://".len();
        url.replace_range(start..=start + userinfo.len(), "");
    }
}

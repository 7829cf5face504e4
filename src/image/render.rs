use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Entry, Image, ImageEdits, NodeEdits};
use crate::json::{self, Splices};
use crate::manifest::{
    Descriptor, Digest, Document, Edits, EntryChoice, EntryKey, EntryUpdate, SubjectEdit, Totals,
    Updates, base64,
};

/// Every loaded document of an image with its edits, and with the digests of its children.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    nodes: BTreeMap<Digest, Arc<RenderedNode>>,
    order: Vec<Digest>,
}

/// One document as it becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedNode {
    /// The text that the splices are made to: as loaded, or as the person rewrote it.
    pub base: Arc<Document>,
    /// What changes in it.
    pub splices: Splices,
    /// The bytes that result.
    pub bytes: Arc<[u8]>,
    /// Their digest.
    pub digest: Digest,
    /// Their media type, which is the `Content-Type` to send.
    pub media_type: &'static str,
    /// What its layers are together.
    pub totals: Totals,
    edits: Option<Arc<NodeEdits>>,
    updates: Updates,
}

impl RenderedNode {
    /// The byte offset in [`RenderedNode::bytes`] where the first member of a layer stands.
    pub fn place_of_layer(&self, index: usize) -> Option<usize> {
        let first = self.base.layer_node(index)?.members().first()?;
        let at = first.name_span.start;
        let before = self.splices.iter().filter(|splice| splice.range.end <= at);
        Some(before.fold(at, |at, splice| at + splice.text.len() - splice.range.len()))
    }
}

impl Image {
    /// Computes what every loaded document becomes with `edits`, each after those that it names.
    ///
    /// A document names its children, and an attestation that is re-pointed
    /// ([`EntryChoice::Repoint`]) also its `subject`: an attestation manifest of BuildKit 0.32 and
    /// later refers to its image by digest and size, and so changes with it.
    ///
    /// `before` is an earlier result for this image: documents whose edits and children did not
    /// change since are taken over from it, so that one edit costs the documents above it.
    pub fn render(&self, edits: &ImageEdits, before: &Rendered) -> Rendered {
        let tree = Tree::walk(self, edits);
        let mut out = Rendered::default();
        // The second visit to a document on the stack renders it, after what it names.
        let mut stack = vec![(self.root().clone(), false)];
        let mut entered = BTreeSet::new();
        while let Some((id, named_done)) = stack.pop() {
            let Some(base) = self.base(edits, &id) else { continue };
            let subject = subject_to_follow(base, edits.of(&id), tree.repointed.contains(&id));
            let subject = subject.filter(|subject| tree.reached.contains(&subject.digest));
            let entries = self.entries(edits, &id);
            if named_done {
                let updates = self.updates(entries, subject, &out);
                let node =
                    render_node(&id, base, edits.shared(&id), updates, before.nodes.get(&id));
                out.nodes.insert(id.clone(), node);
                if tree.kept.contains(&id) {
                    out.order.push(id);
                }
            } else if entered.insert(id.clone()) {
                stack.push((id, true));
                let named = entries.iter().map(|entry| &entry.descriptor.digest);
                let named = named.chain(subject.map(|subject| &subject.digest)).rev();
                stack.extend(named.map(|digest| (digest.clone(), false)));
            }
        }
        out
    }

    /// What a document must say of the documents that it names.
    fn updates(
        &self,
        entries: Vec<Entry<'_>>,
        subject: Option<&Descriptor>,
        done: &Rendered,
    ) -> Updates {
        let update = |named: &Descriptor| {
            // What is not there, or is above the document itself, stays named as it is.
            let node = done.nodes.get(&named.digest)?;
            let loaded = self.document(&named.digest)?;
            (node.digest != named.digest).then(|| EntryUpdate {
                digest: node.digest.clone(),
                size: node.bytes.len() as u64,
                media_type: (node.media_type != loaded.kind().media_type())
                    .then_some(node.media_type),
                data: named.data.as_ref().map(|_| base64::encode(&node.bytes)),
            })
        };
        let entries = entries.into_iter();
        Updates {
            entries: entries
                .filter_map(|entry| Some((entry.key, update(&entry.descriptor)?)))
                .collect(),
            subject: subject.and_then(update),
        }
    }
}

/// The subject that names what its document becomes: as the person decided, and else for an
/// attestation that is re-pointed.
fn subject_to_follow<'a>(
    base: &'a Document,
    edits: &'a Edits,
    repointed: bool,
) -> Option<&'a Descriptor> {
    match edits.subject() {
        None => base.subject().filter(|_| repointed),
        Some(SubjectEdit::Follow) => base.subject(),
        Some(SubjectEdit::Remove) => None,
        Some(SubjectEdit::Set(subject)) => Some(subject),
    }
}

/// The documents below the root, by how they are named.
#[derive(Default)]
struct Tree {
    /// Named by some entry.
    reached: BTreeSet<Digest>,
    /// Named by some entry that is not taken out.
    kept: BTreeSet<Digest>,
    /// Named by an attestation entry that is to follow its image.
    repointed: BTreeSet<Digest>,
}

impl Tree {
    fn walk(image: &Image, edits: &ImageEdits) -> Self {
        let mut tree = Self::default();
        let mut stack = vec![(image.root().clone(), true)];
        while let Some((id, kept)) = stack.pop() {
            let reached = tree.reached.insert(id.clone());
            let newly_kept = kept && tree.kept.insert(id.clone());
            if !reached && !newly_kept {
                continue;
            }
            for entry in image.entries(edits, &id) {
                let follows = match entry.key {
                    EntryKey::Loaded(at) => edits.of(&id).entry_choice(at) == EntryChoice::Repoint,
                    EntryKey::Added(_) => true,
                };
                let digest = &entry.descriptor.digest;
                if follows && entry.descriptor.is_attestation() {
                    tree.repointed.insert(digest.clone());
                }
                stack.push((digest.clone(), kept && entry.kept));
            }
        }
        tree
    }
}

impl Rendered {
    /// What the document loaded as `id` becomes.
    pub fn node(&self, id: &Digest) -> Option<&Arc<RenderedNode>> {
        self.nodes.get(id)
    }

    /// The new digest of the document loaded as `id`.
    pub fn digest(&self, id: &Digest) -> Option<&Digest> {
        self.nodes.get(id).map(|node| &node.digest)
    }

    /// The documents of the tree as it becomes, by the digest under which they were loaded: each
    /// after those that it names, without those whose every entry is taken out.
    pub fn children_first(&self) -> impl DoubleEndedIterator<Item = (&Digest, &Arc<RenderedNode>)> {
        self.order.iter().filter_map(|id| self.nodes.get_key_value(id))
    }

    /// Whether the document loaded as `id` gets other bytes.
    pub fn is_changed(&self, id: &Digest) -> bool {
        self.digest(id).is_some_and(|digest| digest != id)
    }
}

fn render_node(
    id: &Digest,
    base: &Arc<Document>,
    edits: Option<&Arc<NodeEdits>>,
    updates: Updates,
    before: Option<&Arc<RenderedNode>>,
) -> Arc<RenderedNode> {
    let before =
        before.filter(|before| Arc::ptr_eq(&before.base, base) && before.updates == updates);
    let own = declared(edits);
    let splices = match before {
        Some(before) if before.edits.as_ref() == edits => return before.clone(),
        Some(before) => {
            base.splices_after(own, &updates, (declared(before.edits.as_ref()), &before.splices))
        }
        None => base.splices(own, &updates),
    };
    // The new digest is of the algorithm by which the document was named; a text rewritten by hand
    // may have been read with another.
    let (bytes, digest) = if !splices.is_empty() {
        let bytes: Arc<[u8]> = json::apply(base.bytes(), &splices).into();
        let digest = Digest::of(id.algorithm(), &bytes);
        (bytes, digest)
    } else if base.digest().algorithm() == id.algorithm() {
        (base.bytes().clone(), base.digest().clone())
    } else {
        (base.bytes().clone(), Digest::of(id.algorithm(), base.bytes()))
    };
    let kind = match own.family() {
        Some(family) => base.kind().in_family(family),
        None => base.kind(),
    };
    Arc::new(RenderedNode {
        base: base.clone(),
        splices,
        bytes,
        digest,
        media_type: kind.media_type(),
        totals: base.totals(own),
        edits: edits.cloned(),
        updates,
    })
}

fn declared(edits: Option<&Arc<NodeEdits>>) -> &Edits {
    edits.map_or(Edits::none(), |node| &node.edits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Slot;
    use crate::manifest::media_type::{DOCKER_MANIFEST, OCI_MANIFEST};
    use crate::manifest::{Algorithm, LayerMark};

    fn manifest(layer: &str) -> Document {
        let text = format!(
            r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{c}","size":2}},"layers":[{{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"{l}","size":9}}]}}"#,
            c = Digest::sha256(b"{}"),
            l = Digest::sha256(layer.as_bytes())
        );
        Document::parse(text.into_bytes(), None, Algorithm::Sha256).unwrap()
    }

    fn index(children: &[&Document], annotation: Option<&Digest>) -> Document {
        let entries: Vec<String> = children
            .iter()
            .enumerate()
            .map(|(at, child)| {
                let note = annotation.filter(|_| at == 1).map_or(String::new(), |digest| {
                    format!(r#","annotations":{{"vnd.docker.reference.digest":"{digest}"}}"#)
                });
                format!(
                    "{{\n  \"mediaType\":\"{}\", \"digest\": \"{}\",\"size\":{}{note}}}",
                    child.kind().media_type(),
                    child.digest(),
                    child.bytes().len()
                )
            })
            .collect();
        let text = format!("{{\"schemaVersion\":2,\"manifests\":[{}]}}\n", entries.join(","));
        Document::parse(text.into_bytes(), None, Algorithm::Sha256).unwrap()
    }

    fn load(root: &Document, children: &[&Document]) -> Image {
        let mut image = Image::new(root.clone());
        for child in children {
            image.insert(child.digest().clone(), Slot::Loaded(Arc::new((*child).clone())));
        }
        image
    }

    #[test]
    fn the_place_of_a_layer_follows_the_edits() {
        for sample in crate::image::SAMPLES {
            let image = sample.open().unwrap();
            let mut edits = ImageEdits::default();
            for (id, document) in image.documents() {
                for (index, layer) in document.layers().iter().enumerate().step_by(2) {
                    let mut mark = LayerMark::foreign(vec!["https://cdn.example/ä".into()]);
                    if layer.size % 2 == 0 {
                        mark.form = LayerMark::of(layer).form;
                    }
                    edits.change(id, |node| node.edits.mark_layer(document, index, mark));
                }
            }
            let rendered = image.render(&edits, &Rendered::default());
            for (id, node) in rendered.children_first() {
                let read = Document::parse(node.bytes.clone(), None, Algorithm::Sha256).unwrap();
                for index in 0..read.layers().len() {
                    let first = &read.layer_node(index).unwrap().members()[0];
                    assert_eq!(
                        node.place_of_layer(index),
                        Some(first.name_span.start),
                        "layer {index} of {id} in {}",
                        sample.name
                    );
                }
                assert_eq!(node.place_of_layer(read.layers().len()), None);
            }
        }
    }

    #[test]
    fn a_mark_cascades_to_the_root_and_back() {
        let (a, b) = (manifest("a"), manifest("b"));
        let inner = index(&[&a, &b], Some(a.digest()));
        let root = index(&[&inner, &b], None);
        let image = load(&root, &[&inner, &a, &b]);
        let original = image.render(&ImageEdits::default(), &Rendered::default());
        assert_eq!(original.digest(root.digest()), Some(root.digest()));

        let mut edits = ImageEdits::default();
        let mark = LayerMark::foreign(vec!["https://cdn.example/x".into()]);
        edits.change(a.digest(), |node| node.edits.mark_layer(&a, 0, mark));
        let marked = image.render(&edits, &original);
        for changed in [&a, &inner, &root] {
            assert!(marked.is_changed(changed.digest()));
        }
        assert!(!marked.is_changed(b.digest()));
        assert!(Arc::ptr_eq(marked.node(b.digest()).unwrap(), original.node(b.digest()).unwrap()));

        // Every descriptor names the bytes it points to.
        let new_inner = marked.node(inner.digest()).unwrap();
        let reread = Document::parse(new_inner.bytes.clone(), None, Algorithm::Sha256).unwrap();
        let new_a = marked.node(a.digest()).unwrap();
        assert_eq!(reread.entries()[0].digest, new_a.digest);
        assert_eq!(reread.entries()[0].size, new_a.bytes.len() as u64);
        let named = reread.entries()[1].annotation("vnd.docker.reference.digest");
        assert_eq!(named, Some(new_a.digest.as_str()));

        edits.change(a.digest(), |node| node.edits.mark_layer(&a, 0, LayerMark::plain()));
        assert!(edits.is_empty());
        assert_eq!(image.render(&edits, &marked), original);
    }

    /// An image, an attestation about it that refers to it by `subject`, and the index of both.
    fn attested(name: &str) -> (Document, Document, Document) {
        let image = manifest(name);
        let text = format!(
            r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","subject":{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{}","size":{}}},"config":{{"mediaType":"application/vnd.oci.empty.v1+json","digest":"{c}","size":2}},"layers":[]}}"#,
            image.digest(),
            image.bytes().len(),
            c = Digest::sha256(b"{}"),
        );
        let attestation = Document::parse(text.into_bytes(), None, Algorithm::Sha256).unwrap();
        let entry = |document: &Document, more: &str| {
            let (digest, size) = (document.digest(), document.bytes().len());
            format!(r#"{{"mediaType":"{OCI_MANIFEST}","digest":"{digest}","size":{size}{more}}}"#)
        };
        let note = format!(
            r#","annotations":{{"vnd.docker.reference.type":"attestation-manifest","vnd.docker.reference.digest":"{}","org.opencontainers.image.base.digest":"{}"}}"#,
            image.digest(),
            image.digest()
        );
        // The attestation stands first, so that reading order is not the order to compute in.
        let entries = [entry(&attestation, &note), entry(&image, "")].join(",");
        let text = format!(r#"{{"schemaVersion":2,"manifests":[{entries}]}}"#);
        let root = Document::parse(text.into_bytes(), None, Algorithm::Sha256).unwrap();
        (image, attestation, root)
    }

    #[test]
    fn attestations_follow_their_image_by_choice() {
        let (platform, attestation, root) = attested("a");
        let image = load(&root, &[&platform, &attestation]);
        let mut edits = ImageEdits::default();
        let mark = LayerMark::foreign(vec!["https://cdn.example/x".into()]);
        edits.change(platform.digest(), |node| node.edits.mark_layer(&platform, 0, mark));
        let reread = |rendered: &Rendered, id: &Digest| {
            let bytes = rendered.node(id).unwrap().bytes.clone();
            Document::parse(bytes, None, Algorithm::Sha256).unwrap()
        };

        let followed = image.render(&edits, &Rendered::default());
        let new = followed.node(platform.digest()).unwrap();
        let subject = reread(&followed, attestation.digest()).subject().cloned().unwrap();
        assert_eq!((&subject.digest, subject.size), (&new.digest, new.bytes.len() as u64));
        let index = reread(&followed, root.digest());
        let entry = &index.entries()[0];
        assert_eq!(Some(&entry.digest), followed.digest(attestation.digest()));
        assert_eq!(entry.annotation("vnd.docker.reference.digest"), Some(new.digest.as_str()));
        // What an image was built on is history and stays.
        let base = entry.annotation("org.opencontainers.image.base.digest");
        assert_eq!(base, Some(platform.digest().as_str()));
        let order: Vec<&Digest> = followed.children_first().map(|(id, _)| id).collect();
        assert_eq!(order, [platform.digest(), attestation.digest(), root.digest()]);

        edits.change(root.digest(), |node| node.edits.choose_entry(0, EntryChoice::Leave));
        let left = image.render(&edits, &followed);
        assert!(!left.is_changed(attestation.digest()));
        assert_eq!(reread(&left, root.digest()).entries()[0], root.entries()[0]);
        assert_eq!(reread(&left, root.digest()).entries()[1].digest, new.digest);

        edits.change(root.digest(), |node| node.edits.choose_entry(0, EntryChoice::Drop));
        let dropped = image.render(&edits, &left);
        assert_eq!(reread(&dropped, root.digest()).entries().len(), 1);
        assert_eq!(dropped.children_first().count(), 2);

        edits.change(root.digest(), |node| node.edits.choose_entry(0, EntryChoice::Repoint));
        assert_eq!(image.render(&edits, &dropped), followed);
    }

    #[test]
    fn a_text_rewritten_by_hand_cascades_too() {
        let (a, b) = (manifest("a"), manifest("b"));
        let root = index(&[&a], None);
        let image = load(&root, &[&a]);
        let mut edits = ImageEdits::default();
        let text = Document::parse(b.bytes().clone(), None, Algorithm::Sha512).unwrap();
        edits.change(a.digest(), |node| node.text = Some(Arc::new(text)));
        let rendered = image.render(&edits, &Rendered::default());
        assert_eq!(rendered.digest(a.digest()), Some(b.digest()));
        assert!(rendered.is_changed(root.digest()));

        let converted = String::from_utf8(a.bytes().to_vec()).unwrap();
        let docker = converted.replace(OCI_MANIFEST, DOCKER_MANIFEST);
        let text = Document::parse(docker.into_bytes(), None, Algorithm::Sha256).unwrap();
        edits.change(a.digest(), |node| node.text = Some(Arc::new(text)));
        let rendered = image.render(&edits, &rendered);
        let bytes = rendered.node(root.digest()).unwrap().bytes.clone();
        let reread = Document::parse(bytes, None, Algorithm::Sha256).unwrap();
        assert_eq!(reread.entries()[0].media_type, DOCKER_MANIFEST);
    }

    #[test]
    fn cycles_and_missing_children_end() {
        let a = manifest("a");
        let root = index(&[&a, &a], None);
        let image = load(&root, &[]);
        let rendered = image.render(&ImageEdits::default(), &Rendered::default());
        assert_eq!(rendered.children_first().count(), 1);
        assert_eq!(image.rows(&ImageEdits::default()).len(), 3);
        assert_eq!(image.wanted(&ImageEdits::default()).len(), 1);
    }
}

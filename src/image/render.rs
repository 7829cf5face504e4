use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Image, ImageEdits, NodeEdits};
use crate::json::{self, Splice};
use crate::manifest::{Digest, Document, EntryUpdate, Kind};

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
    /// What changes in it, sorted and disjoint.
    pub splices: Vec<Splice>,
    /// The bytes that result.
    pub bytes: Arc<[u8]>,
    /// Their digest.
    pub digest: Digest,
    /// Their media type, which is the `Content-Type` to send.
    pub media_type: &'static str,
    edits: Option<NodeEdits>,
    updates: BTreeMap<usize, EntryUpdate>,
}

impl Image {
    /// Computes what every loaded document becomes with `edits`, children before parents.
    ///
    /// `before` is an earlier result for this image: documents whose edits and children did not
    /// change since are taken over from it, so that one edit costs the documents above it.
    pub fn render(&self, edits: &ImageEdits, before: &Rendered) -> Rendered {
        let mut out = Rendered::default();
        // The second visit to a document on the stack renders it, after its children.
        let mut stack = vec![(self.root().clone(), false)];
        let mut entered = BTreeSet::new();
        while let Some((id, children_done)) = stack.pop() {
            let Some(base) = self.base(edits, &id) else { continue };
            if children_done {
                let node = render_node(base, edits.get(&id), &out, before.nodes.get(&id));
                out.nodes.insert(id.clone(), node);
                out.order.push(id);
            } else if entered.insert(id.clone()) {
                stack.push((id, true));
                let children = base.entries().iter().rev();
                stack.extend(children.map(|entry| (entry.digest.clone(), false)));
            }
        }
        out
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

    /// The documents by the digest under which they were loaded, children before parents.
    pub fn children_first(&self) -> impl DoubleEndedIterator<Item = (&Digest, &Arc<RenderedNode>)> {
        self.order.iter().filter_map(|id| self.nodes.get_key_value(id))
    }

    /// Whether the document loaded as `id` gets other bytes.
    pub fn is_changed(&self, id: &Digest) -> bool {
        self.digest(id).is_some_and(|digest| digest != id)
    }
}

fn render_node(
    base: &Arc<Document>,
    edits: Option<&NodeEdits>,
    done: &Rendered,
    before: Option<&Arc<RenderedNode>>,
) -> Arc<RenderedNode> {
    let mut updates = BTreeMap::new();
    for (index, entry) in base.entries().iter().enumerate() {
        // A child that is not there, or that is its own ancestor, keeps its entry.
        let Some(child) = done.nodes.get(&entry.digest) else { continue };
        let media_type = (child.media_type != entry.media_type
            && Kind::from_media_type(&entry.media_type).is_some())
        .then_some(child.media_type);
        if child.digest != entry.digest {
            updates.insert(
                index,
                EntryUpdate {
                    digest: child.digest.clone(),
                    size: child.bytes.len() as u64,
                    media_type,
                    data: entry.data.as_ref().map(|_| base64(&child.bytes)),
                },
            );
        }
    }
    if let Some(before) = before
        && Arc::ptr_eq(&before.base, base)
        && before.edits.as_ref() == edits
        && before.updates == updates
    {
        return before.clone();
    }
    let empty = crate::manifest::Edits::default();
    let own = edits.map_or(&empty, |node| &node.edits);
    let splices = base.splices(own, &updates);
    let (bytes, digest) = if splices.is_empty() {
        (base.bytes().clone(), base.digest().clone())
    } else {
        let bytes: Arc<[u8]> = json::apply(base.bytes(), &splices).into();
        let digest = Digest::of(base.digest().algorithm(), &bytes);
        (bytes, digest)
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
        edits: edits.cloned(),
        updates,
    })
}

/// RFC 4648 base64 with padding, as image-spec wants it in `data`.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for position in 0..4 {
            if position <= chunk.len() {
                let digit = group >> (18 - 6 * position) & 63;
                out.push(char::from(DIGITS[digit as usize]));
            } else {
                out.push('=');
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Slot;
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

    #[test]
    fn base64_of_each_length() {
        for (bytes, expected) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            assert_eq!(base64(bytes.as_bytes()), expected);
        }
    }
}

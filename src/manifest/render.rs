//! From a document and its edits to splices, and from those to bytes.
//!
//! Invariant: `render(∅)` is the document's bytes, and a splice touches only the members that an
//! edit must change.

use super::media_type::{self, Family, Form, LayerType};
use super::{Document, Edits, EntryUpdate, LayerMark, Updates};
use crate::json::{self, Node, Overlap, Splice, Splices, Value, Written};

/// Up to how many layers' marks are spliced into what is there.
const FEW: usize = 16;

impl Document {
    /// The bytes with `edits`, and with what the manifests that it names became in `updates`.
    pub fn render(&self, edits: &Edits, updates: &Updates) -> Vec<u8> {
        json::apply(self.bytes(), &self.splices(edits, updates))
    }

    /// The changes that [`Self::render`] makes, in offsets of the loaded bytes.
    ///
    /// # Panics
    ///
    /// When two edits replace the same bytes, which no edits can ask for: rather no result than one
    /// in which an edit is missing.
    pub fn splices(&self, edits: &Edits, updates: &Updates) -> Splices {
        if edits.is_empty() && updates.is_empty() {
            return Splices::default();
        }
        let mut out = Draft { text: self.bytes(), found: Vec::new() };
        if let Some(family) = edits.family() {
            out.set_family(self.root(), self.kind().in_family(family).media_type(), family);
        }
        if edits.family().is_some() {
            (0..self.layers().len()).for_each(|index| self.layer_splices(index, edits, &mut out));
        } else {
            edits.layers().keys().for_each(|&index| self.layer_splices(index, edits, &mut out));
        }
        if self.kind().is_index() {
            self.entry_splices(edits, updates, &mut out);
        }
        self.own_splices(edits, updates, &mut out);
        whole(Splices::new(out.found))
    }

    /// The same as [`Self::splices`], made from what it was `before`, where only the marks of few
    /// layers are other ones: a key press in one of thousands of layers costs that layer.
    pub fn splices_after(
        &self,
        edits: &Edits,
        updates: &Updates,
        before: (&Edits, &Splices),
    ) -> Splices {
        let since = edits.marks_since(before.0).filter(|since| since.len() <= FEW);
        let Some(since) = since else { return self.splices(edits, updates) };
        let mut splices = before.1.clone();
        for index in since {
            let Some(node) = self.layer_node(index) else { continue };
            let mut own = Draft { text: self.bytes(), found: Vec::new() };
            self.layer_splices(index, edits, &mut own);
            // All of them lie between the braces of the layer.
            splices = whole(splices.replaced(&node.span, own.found));
        }
        splices
    }

    fn layer_splices(&self, index: usize, edits: &Edits, out: &mut Draft<'_>) {
        let mark = edits.layers().get(&index);
        let Some(layer) = self.layers().get(index) else { return };
        let Some(node) = self.layer_node(index) else { return };
        let form = mark.map_or_else(|| LayerMark::of(layer).form, |mark| mark.form);
        out.set_form(node, edits, form);
        if let Some(mark) = mark
            && mark.urls != layer.urls
        {
            out.set_urls(node, mark.urls.as_deref());
        }
    }
}

/// The media types of `document` that have no counterpart in `family` and so block a conversion:
/// that of the config, or of a layer with its zero-based index.
pub fn conversion_blockers(document: &Document, family: Family) -> Vec<(Option<usize>, String)> {
    let config = document.config().map(|config| (None, config));
    let layers = document.layers().iter().enumerate().map(|(at, layer)| (Some(at), layer));
    config
        .into_iter()
        .chain(layers)
        .filter(|(_, each)| media_type::in_family(&each.media_type, family).is_none())
        .map(|(at, each)| (at, each.media_type.clone()))
        .collect()
}

/// Stops the program where two edits overlap; the page then shows what it saved.
pub(super) fn whole(splices: Result<Splices, Overlap>) -> Splices {
    splices.unwrap_or_else(|overlap| panic!("{overlap}"))
}

/// Splices as the edits ask for them, in any order.
pub(super) struct Draft<'a> {
    pub(super) text: &'a [u8],
    pub(super) found: Vec<Splice>,
}

impl Draft<'_> {
    /// Makes the string `node` say `value`, unless it does.
    fn set_string(&mut self, node: &Node, value: &str) {
        if node.as_str() != Some(value) {
            self.found.push(Splice::new(node.span.clone(), json::string(value)));
        }
    }

    /// Makes the document `root` and its config say the media types of `family`. Docker's documents
    /// must have a `mediaType` (OCI's may leave it out), so it is inserted where it is missing.
    fn set_family(&mut self, root: &Node, media_type: &str, family: Family) {
        match root.get("mediaType") {
            Some(node) => self.set_string(node, media_type),
            None if family == Family::Docker => {
                let written = json::string(media_type);
                let after = root.members().iter().position(|each| each.name == "schemaVersion");
                let at = after.map_or(0, |after| after + 1);
                self.found.push(json::insert_member(self.text, root, at, "mediaType", &written));
            }
            None => {}
        }
        if let Some(node) = root.get("config").and_then(|config| config.get("mediaType"))
            && let Some(to) = node.as_str().and_then(|from| media_type::in_family(from, family))
        {
            self.set_string(node, to);
        }
    }

    fn set_form(&mut self, layer: &Node, edits: &Edits, form: Form) {
        let Some(node) = layer.get("mediaType") else { return };
        let Some(known) = node.as_str().and_then(LayerType::parse) else { return };
        let family = edits.family().unwrap_or(known.family);
        let to = LayerType { family, form, ..known };
        if let Some(spelling) = to.spelling() {
            self.set_string(node, spelling);
        }
    }

    fn set_urls(&mut self, layer: &Node, urls: Option<&[String]>) {
        let at = layer.members().iter().position(|member| member.name == "urls");
        let member = at.and_then(|at| layer.members().get(at));
        match (urls, at, member) {
            (None, Some(at), _) => self.found.push(json::remove_member(layer, at)),
            (Some(urls), _, Some(member)) => {
                let present = member.node.elements();
                if present.is_empty() || urls.is_empty() {
                    let written =
                        json::written_member(self.text, layer, &Written::Texts(urls.to_vec()));
                    self.found.push(Splice::new(member.node.span.clone(), written));
                    return;
                }
                for (node, url) in present.iter().zip(urls) {
                    self.set_string(node, url);
                }
                let surplus: Vec<usize> = (urls.len()..present.len()).collect();
                self.found.extend(json::remove_elements(&member.node, &surplus));
                if let Some(added) = urls.get(present.len()..).filter(|added| !added.is_empty()) {
                    let items: Vec<String> = added.iter().map(|url| json::string(url)).collect();
                    self.found.push(json::append_elements(self.text, &member.node, &items));
                }
            }
            (Some(urls), ..) => {
                let written =
                    json::written_member(self.text, layer, &Written::Texts(urls.to_vec()));
                self.found.push(json::append_member(self.text, layer, "urls", &written));
            }
            (None, None, _) => {}
        }
    }

    pub(super) fn set_entry(&mut self, entry: &Node, update: &EntryUpdate) {
        if let Some(node) = entry.get("digest") {
            self.set_string(node, update.digest.as_str());
        }
        if let Some(node) = entry.get("size") {
            let size = update.size.to_string();
            if !matches!(&node.value, Value::Number(found) if *found == size) {
                self.found.push(Splice::new(node.span.clone(), size));
            }
        }
        if let (Some(node), Some(media_type)) = (entry.get("mediaType"), update.media_type) {
            self.set_string(node, media_type);
        }
        if let (Some(node), Some(data)) = (entry.get("data"), &update.data) {
            self.set_string(node, data);
        }
    }
}

//! From a document and its edits to splices, and from those to bytes.
//!
//! Invariant: `render(∅)` is the document's bytes, and a splice touches only the members that an
//! edit must change.

use std::collections::BTreeMap;

use super::media_type::{self, Family, Form, LayerType};
use super::{Digest, Document, Edits, EntryChoice, EntryUpdate, LayerMark, Updates};
use crate::json::{self, Node, Overlap, Splice, Splices, Value};

/// The annotation by which an index entry names the manifest that an attestation is about
/// (buildkit `attestation-storage.md`).
pub(super) const REFERENCE_DIGEST: &str = "vnd.docker.reference.digest";

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
            self.entry_splices(edits, &updates.entries, &mut out);
        }
        if let (Some(node), Some(update)) = (self.root().get("subject"), &updates.subject) {
            out.set_entry(node, update);
        }
        if !edits.annotations().is_empty() {
            out.set_annotations(self.root(), edits.annotations());
        }
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

    fn entry_splices(
        &self,
        edits: &Edits,
        updates: &BTreeMap<usize, EntryUpdate>,
        out: &mut Draft<'_>,
    ) {
        let dropped: Vec<usize> = (0..self.entries().len())
            .filter(|&index| edits.entry_choice(index) == EntryChoice::Drop)
            .collect();
        if let Some(list) = self.list_node() {
            out.found.extend(json::remove_elements(list, &dropped));
        }
        let renamed: BTreeMap<&str, &Digest> = updates
            .iter()
            .filter_map(|(&index, update)| {
                Some((self.entries().get(index)?.digest.as_str(), &update.digest))
            })
            .collect();
        for index in 0..self.entries().len() {
            let choice = edits.entry_choice(index);
            let Some(node) = self.entry_node(index) else { continue };
            if choice == EntryChoice::Drop {
                continue;
            }
            if let Some(update) = updates.get(&index) {
                out.set_entry(node, update);
            }
            if choice == EntryChoice::Repoint {
                out.repoint(node, &renamed);
            }
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
fn whole(splices: Result<Splices, Overlap>) -> Splices {
    splices.unwrap_or_else(|overlap| panic!("{overlap}"))
}

/// Splices as the edits ask for them, in any order.
struct Draft<'a> {
    text: &'a [u8],
    found: Vec<Splice>,
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

    /// Lets the annotation of `entry` that names the image of an attestation say its new digest.
    fn repoint(&mut self, entry: &Node, renamed: &BTreeMap<&str, &Digest>) {
        let annotation = entry.get("annotations").and_then(|node| node.get(REFERENCE_DIGEST));
        if let Some(node) = annotation
            && let Some(digest) = node.as_str().and_then(|old| renamed.get(old))
        {
            self.set_string(node, digest.as_str());
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
                    let written = json::string_array(self.text, layer, urls);
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
                let written = json::string_array(self.text, layer, urls);
                self.found.push(json::append_member(self.text, layer, "urls", &written));
            }
            (None, None, _) => {}
        }
    }

    fn set_entry(&mut self, entry: &Node, update: &EntryUpdate) {
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

    fn set_annotations(&mut self, root: &Node, wanted: &BTreeMap<String, Option<String>>) {
        let Some(object) = root.get("annotations").filter(|node| !node.members().is_empty()) else {
            let added: Vec<(&str, &str)> = wanted
                .iter()
                .filter_map(|(name, value)| Some((name.as_str(), value.as_deref()?)))
                .collect();
            if added.is_empty() {
                return;
            }
            let written = json::string_object(self.text, root, &added);
            self.found.push(match root.get("annotations") {
                Some(empty) => Splice::new(empty.span.clone(), written),
                None => json::append_member(self.text, root, "annotations", &written),
            });
            return;
        };
        let mut removed = Vec::new();
        let mut added = Vec::new();
        for (name, value) in wanted {
            let at = object.members().iter().position(|member| member.name == *name);
            match (at, value) {
                (Some(at), Some(value)) => self.set_string(&object.members()[at].node, value),
                (Some(at), None) => removed.push(at),
                (None, Some(value)) => added.push((name.as_str(), value.as_str())),
                (None, None) => {}
            }
        }
        if removed.len() == object.members().len() && !added.is_empty() {
            // Nothing is left to take the layout from: the object is written anew.
            let written = json::string_object(self.text, root, &added);
            self.found.push(Splice::new(object.span.clone(), written));
            return;
        }
        self.found.extend(json::remove_members(object, &removed));
        for (name, value) in added {
            let written = json::string(value);
            self.found.push(json::append_member(self.text, object, name, &written));
        }
    }
}

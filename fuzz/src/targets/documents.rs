//! JSON, documents, edits with their inverse, and the cascade of digests.

use layermark::image::{Image, ImageEdits, Rendered, Slot};
use layermark::json;
use layermark::manifest::media_type::{Form, twin};
use layermark::manifest::{Algorithm, Digest, Document, Edits, LayerMark, Updates};
use serde_json::Value;
use std::sync::Arc;

use crate::source::Source;

/// Strict JSON: what is taken, `serde_json` takes too, and every span lies in the text.
pub fn json(input: &[u8]) {
    let Ok(root) = json::parse(input) else { return };
    assert!(root.span.end <= input.len());
    let own = &input[root.span.start..root.span.end];
    assert!(
        serde_json::from_slice::<&serde_json::value::RawValue>(own).is_ok(),
        "taken, and no JSON"
    );
}

/// A document that is not edited is its bytes.
pub fn document(input: &[u8]) {
    for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
        let Ok(document) = Document::parse(input, None, algorithm) else { return };
        assert_eq!(document.render(Edits::none(), &Updates::default()), input);
        assert_eq!(*document.digest(), Digest::of(algorithm, input));
    }
}

/// Marks on a document say what an independent model says, and are gone without a trace when they
/// are taken back. The input is the document, a zero byte, and choices.
pub fn edits(input: &[u8]) {
    let mut source = Source::new(input);
    let bytes = source.piece();
    let Ok(document) = Document::parse(bytes, None, Algorithm::Sha256) else { return };
    if document.layers().is_empty() {
        return;
    }
    let Ok(mut model) = serde_json::from_slice::<Value>(bytes) else { return };
    let mut edits = Edits::default();
    for _ in 0..4 {
        let index = source.below(document.layers().len());
        let foreign = source.byte().is_multiple_of(2);
        let urls: Vec<String> = (0..source.byte() % 3).map(|_| source.text()).collect();
        let form = if foreign { Form::NonDistributable } else { Form::Plain };
        edits.mark_layer(&document, index, LayerMark { form, urls: Some(urls) });
    }
    for index in 0..document.layers().len() {
        let Some(mark) = edits.layer_mark(&document, index) else { continue };
        if edits.layers().contains_key(&index) {
            expect(&mut model["layers"][index], &mark);
        }
    }
    let rendered = document.render(&edits, &Updates::default());
    let result = serde_json::from_slice::<Value>(&rendered);
    assert_eq!(result.ok().as_ref(), Some(&model), "the edits say something else than the model");
    for index in 0..document.layers().len() {
        let loaded = LayerMark::of(&document.layers()[index]);
        edits.mark_layer(&document, index, loaded);
    }
    assert_eq!(document.render(&edits, &Updates::default()), bytes);
}

/// What a layer's descriptor should say of its type and URLs.
fn expect(layer: &mut Value, mark: &LayerMark) {
    let Some(members) = layer.as_object_mut() else { return };
    let now = members.get("mediaType").and_then(Value::as_str).unwrap_or_default();
    if let Ok(other) = twin(now, mark.form) {
        members.insert("mediaType".to_owned(), other.into());
    }
    match &mark.urls {
        Some(urls) => members.insert("urls".to_owned(), urls.clone().into()),
        None => members.remove("urls"),
    };
}

/// In an edited tree every descriptor names the bytes that it points to. The input is documents,
/// each followed by a zero byte; the first is the root, the others stand in for what it names.
pub fn cascade(input: &[u8]) {
    let mut source = Source::new(input);
    let Ok(root) = Document::parse(source.piece(), None, Algorithm::Sha256) else { return };
    let mut image = Image::new(root);
    while !source.is_empty() {
        let Ok(child) = Document::parse(source.piece(), None, Algorithm::Sha256) else { continue };
        image.insert(child.digest().clone(), Slot::Loaded(Arc::new(child)));
    }
    let mut edits = ImageEdits::default();
    let before = image.render(&edits, &Rendered::default());
    for (id, document) in image.documents() {
        let Some(layer) = document.layers().first() else { continue };
        let mut mark = LayerMark::of(layer);
        mark.urls = Some(vec!["https://cdn.example/blob".to_owned()]);
        edits.change(id, |node| node.edits.mark_layer(document, 0, mark));
    }
    let after = image.render(&edits, &before);
    for (id, node) in after.children_first() {
        assert!(node.digest.matches(&node.bytes), "a digest names other bytes");
        let Ok(result) = Document::parse(node.bytes.clone(), None, Algorithm::Sha256) else {
            continue;
        };
        let Some(loaded) = image.document(id) else { continue };
        for (old, new) in loaded.entries().iter().zip(result.entries()) {
            let expected = after.digest(&old.digest).unwrap_or(&old.digest);
            assert!(new.digest == *expected || old.is_attestation(), "an entry names old bytes");
        }
    }
    let undone = image.render(&ImageEdits::default(), &after);
    assert_eq!(undone.digest(image.root()), Some(image.root()));
}

//! One document: without edits the same bytes, edits and their inverse the same bytes, and an edit
//! changes what it must and nothing else, as a model over `serde_json::Value` says.

use layermark::json;
use layermark::manifest::media_type::{self, Family, Form, LayerType};
use layermark::manifest::{Algorithm, Document, Edits, LayerMark, Updates};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::generate::{manifests, other_form, styles, url_texts, write};

/// What a person may ask for.
#[derive(Clone, Debug)]
enum Wish {
    Mark { layer: usize, form: Form, urls: Option<Vec<String>> },
    Annotate { name: &'static str, value: Option<String> },
}

fn wishes() -> impl Strategy<Value = Vec<Wish>> {
    let form = select(vec![Form::Plain, Form::NonDistributable]);
    let urls = proptest::option::of(vec(url_texts(), 0..4));
    let mark =
        (0..6_usize, form, urls).prop_map(|(layer, form, urls)| Wish::Mark { layer, form, urls });
    let name = select(vec!["a", "b/ä", "new", "org.opencontainers.image.title", "other"]);
    let value = proptest::option::of(select(vec!["", "value", "a\"\u{1}"]).prop_map(str::to_owned));
    let annotate = (name, value).prop_map(|(name, value)| Wish::Annotate { name, value });
    vec(prop_oneof![3 => mark, 1 => annotate], 0..6)
}

fn parse(text: &str) -> Document {
    Document::parse(text.as_bytes(), None, Algorithm::Sha256).unwrap()
}

fn grant(document: &Document, edits: &mut Edits, wish: &Wish) {
    match wish.clone() {
        Wish::Mark { layer, form, urls } => {
            edits.mark_layer(document, layer, LayerMark { form, urls });
        }
        Wish::Annotate { name, value } => edits.annotate(document, name, value),
    }
}

/// The same wishes on values: `original` as it was loaded, each layer and annotation set as the
/// last wish that could be granted says.
fn model(original: &Value, wishes: &[Wish]) -> Value {
    let mut wanted = original.clone();
    for wish in wishes {
        match wish {
            Wish::Mark { layer, form, urls } => {
                let before = original["layers"][layer].clone();
                let Value::Object(members) = before else { continue };
                let mut after = members.clone();
                let media_type = members.get("mediaType").and_then(Value::as_str);
                match media_type.and_then(LayerType::parse) {
                    Some(known) if known.form != *form => {
                        let Some(twin) = other_form(media_type.unwrap(), *form) else { continue };
                        after.insert("mediaType".into(), twin.into());
                    }
                    None if *form != Form::Plain => continue,
                    _ => {}
                }
                let present = members.get("urls").filter(|urls| !urls.is_null());
                match urls.as_deref().filter(|urls| !urls.is_empty()) {
                    Some(urls) => drop(after.insert("urls".into(), json!(urls))),
                    // An empty list that is there may stay, for the wish of an empty list.
                    None if urls.is_some() && present == Some(&json!([])) => {}
                    None if present.is_some() => drop(after.remove("urls")),
                    None => {}
                }
                wanted["layers"][layer] = Value::Object(after);
            }
            Wish::Annotate { name, value } => {
                let present = wanted.get("annotations").is_some();
                match value {
                    Some(value) => {
                        if !present {
                            wanted["annotations"] = json!({});
                        }
                        wanted["annotations"][name] = json!(value);
                    }
                    None if present => {
                        drop(wanted["annotations"].as_object_mut().unwrap().remove(*name));
                    }
                    None => {}
                }
            }
        }
    }
    // Annotations that came and went again leave no empty object.
    if original.get("annotations").is_none() && wanted.get("annotations") == Some(&json!({})) {
        drop(wanted.as_object_mut().unwrap().remove("annotations"));
    }
    wanted
}

proptest! {
    #[test]
    fn an_edit_changes_what_it_must(
        manifest in manifests(),
        style in styles(),
        wishes in wishes(),
    ) {
        let text = write(&manifest, &style);
        let document = parse(&text);
        let mut edits = Edits::default();
        prop_assert_eq!(&document.render(&edits, &Updates::default()), text.as_bytes());
        for wish in &wishes {
            grant(&document, &mut edits, wish);
        }
        let rendered = String::from_utf8(document.render(&edits, &Updates::default())).unwrap();

        let reread = parse(&rendered);
        let original: Value = serde_json::from_str(&text).unwrap();
        let value: Value = serde_json::from_str(&rendered).unwrap();
        let wanted = model(&original, &wishes);
        prop_assert_eq!(&value, &wanted, "{}\n{}", text, rendered);
        // Equal declarations, equal bytes: edits are empty exactly when nothing differs.
        prop_assert_eq!(edits.is_empty(), rendered == text);

        // Members that did not change keep their text and their order.
        same_text(&text, document.root(), &original, &rendered, reread.root(), &value)?;

        // The inverse of each edit, in any order, gives the bytes back.
        for (index, layer) in document.layers().iter().enumerate() {
            edits.mark_layer(&document, index, LayerMark::of(layer));
        }
        for wish in wishes.iter().rev() {
            if let Wish::Annotate { name, .. } = wish {
                let value = original["annotations"][name].as_str().map(str::to_owned);
                edits.annotate(&document, name, value);
            }
        }
        prop_assert!(edits.is_empty());
        prop_assert_eq!(&document.render(&edits, &Updates::default()), text.as_bytes());
    }

    /// A marked manifest that is saved, opened again and unmarked is the one from before.
    #[test]
    fn unmarking_a_saved_manifest_gives_the_bytes_back(
        manifest in manifests(),
        style in styles(),
        url in url_texts(),
    ) {
        let text = write(&manifest, &style);
        let document = parse(&text);
        let mut edits = Edits::default();
        let mut marked = Vec::new();
        for (index, layer) in document.layers().iter().enumerate() {
            // `urls` that were there before, and types spelled with escapes, are written anew.
            let node = document.layer_node(index).unwrap();
            let spelled = node.get("mediaType").is_some_and(|node| {
                text[node.span.clone()] == json::string(&layer.media_type)
            });
            let plain = layer.layer_type().is_some_and(|known| known.form == Form::Plain);
            if node.get("urls").is_none() && spelled && plain {
                marked.push(index);
                edits.mark_layer(&document, index, LayerMark::foreign(vec![url.clone()]));
            }
        }
        let saved = document.render(&edits, &Updates::default());
        let opened = Document::parse(saved, None, Algorithm::Sha256).unwrap();
        let mut back = Edits::default();
        for index in marked {
            back.mark_layer(&opened, index, LayerMark::plain());
        }
        let unmarked = String::from_utf8(opened.render(&back, &Updates::default())).unwrap();
        prop_assert_eq!(unmarked, text);
    }

    #[test]
    fn a_conversion_changes_media_types_only(manifest in manifests(), style in styles()) {
        let text = write(&manifest, &style);
        let document = parse(&text);
        let family = match document.kind().family() {
            Family::Docker => Family::Oci,
            Family::Oci => Family::Docker,
        };
        let mut edits = Edits::default();
        edits.set_family(&document, family);
        let rendered = document.render(&edits, &Updates::default());
        let mut wanted: Value = serde_json::from_str(&text).unwrap();
        wanted["mediaType"] = json!(match family {
            Family::Oci => media_type::OCI_MANIFEST,
            Family::Docker => media_type::DOCKER_MANIFEST,
        });
        let convert = |descriptor: &mut Value| {
            let to = descriptor["mediaType"].as_str().and_then(|from| {
                media_type::in_family(from, family)
            });
            if let Some(to) = to {
                descriptor["mediaType"] = json!(to);
            }
        };
        for layer in wanted["layers"].as_array_mut().unwrap() {
            if layer.get("mediaType").is_some() {
                convert(layer);
            }
        }
        if wanted.get("config").is_some() {
            convert(&mut wanted["config"]);
        }
        prop_assert_eq!(serde_json::from_slice::<Value>(&rendered).unwrap(), wanted);
        edits.set_family(&document, document.kind().family());
        prop_assert!(edits.is_empty());
    }

    /// Whatever bytes come: a document or a refusal, and a document gives its bytes back.
    #[test]
    fn any_text_is_read_or_refused(
        manifest in manifests(),
        style in styles(),
        at in any::<prop::sample::Index>(),
        with in vec(any::<u8>(), 0..4),
    ) {
        let mut bytes = write(&manifest, &style).into_bytes();
        let at = at.index(bytes.len());
        bytes.splice(at..=at, with);
        match Document::parse(bytes.clone(), None, Algorithm::Sha256) {
            Ok(document) => {
                prop_assert_eq!(document.render(&Edits::default(), &Updates::default()), bytes);
            }
            Err(refusal) => prop_assert!(!refusal.to_string().is_empty()),
        }
    }
}

/// Every member, at any depth, whose value did not change has the text that it had, and the members
/// that are left have the order that they had.
fn same_text(
    text: &str,
    node: &json::Node,
    value: &Value,
    new_text: &str,
    new_node: &json::Node,
    new_value: &Value,
) -> Result<(), TestCaseError> {
    if value == new_value {
        prop_assert_eq!(&text[node.span.clone()], &new_text[new_node.span.clone()]);
        return Ok(());
    }
    for (at, (element, new)) in node.elements().iter().zip(new_node.elements()).enumerate() {
        same_text(text, element, &value[at], new_text, new, &new_value[at])?;
    }
    let mut position = 0;
    for new in new_node.members() {
        let found = node.members().iter().position(|member| member.name == new.name);
        let Some(found) = found else { continue };
        prop_assert!(found >= position, "{} moved", new.name);
        position = found;
        let member = &node.members()[found];
        prop_assert_eq!(&text[member.name_span.clone()], &new_text[new.name_span.clone()]);
        let name = member.name.as_str();
        same_text(text, &member.node, &value[name], new_text, &new.node, &new_value[name])?;
    }
    Ok(())
}

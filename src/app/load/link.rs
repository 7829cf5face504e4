//! Links into the page: what stands behind `#` in its address.
//!
//! A link may come from anybody. It names an image and what could be done to it; nothing is done by
//! following it but what a person who types the reference does.

use std::fmt::Write as _;

use crate::app::{Opened, Origin};
use crate::export::Recipe;
use crate::registry::MAX_REFERENCE;

/// What a link asks for: `#ref=registry.example.com/team/app:1.4&platform=linux/arm64`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeepLink {
    /// The image.
    pub reference: String,
    /// The platform to show, as `os/architecture[/variant]`.
    pub platform: Option<String>,
    /// The recipe to propose for it, as JSON text.
    pub recipe: Option<String>,
}

/// The most bytes that a recipe in a link has: browsers and chats cut longer addresses off.
const MAX_RECIPE: usize = 16 * 1024;

impl DeepLink {
    /// The link to what `opened` shows, with `recipe` to propose; `None` for an image that is at no
    /// registry.
    pub fn to(opened: &Opened, recipe: Option<&Recipe>) -> Option<Self> {
        let Origin::Registry { reference, .. } = &opened.origin else { return None };
        let rows = opened.image.rows(opened.history.edits());
        let row = rows.iter().find(|row| row.id == opened.current);
        let platform = row.and_then(|row| row.descriptor.as_ref()?.platform.as_ref());
        Some(Self {
            reference: reference.clone(),
            platform: platform.map(|it| {
                let variant = if it.variant.is_empty() { "" } else { "/" };
                format!("{}/{}{variant}{}", it.os, it.architecture, it.variant)
            }),
            recipe: recipe.map(|recipe| compact(&recipe.to_json())),
        })
    }

    /// The part of an address after `#`; `None` when its recipe is too long for a link.
    pub fn fragment(&self) -> Option<String> {
        let mut text = String::from("ref=");
        encode(&mut text, &self.reference);
        for (name, value) in [("&platform=", &self.platform), ("&recipe=", &self.recipe)] {
            if let Some(value) = value {
                text.push_str(name);
                encode(&mut text, value);
            }
        }
        self.recipe.as_ref().is_none_or(|recipe| recipe.len() <= MAX_RECIPE).then_some(text)
    }

    /// Reads the part of an address after `#`; `None` when it names no image. What else stands
    /// there is ignored.
    pub fn parse(fragment: &str) -> Option<Self> {
        let mut link = Self::default();
        for parameter in fragment.trim_start_matches('#').split('&') {
            let (name, value) = parameter.split_once('=')?;
            match name {
                "ref" => link.reference = decoded(value)?,
                "platform" => link.platform = Some(decoded(value)?),
                "recipe" => {
                    let recipe = decoded(value)?;
                    link.recipe = (recipe.len() <= MAX_RECIPE).then_some(recipe);
                }
                _ => {}
            }
        }
        (1..=MAX_REFERENCE).contains(&link.reference.len()).then_some(link)
    }
}

/// `text` without percent-encoding; `None` when that is no text.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'%' {
            let hex = std::str::from_utf8(rest.get(..2)?).ok()?;
            if !hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return None;
            }
            bytes.push(u8::from_str_radix(hex, 16).ok()?);
            rest = &rest[2..];
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// Percent-encodes all that an address or a chat may take for something else.
fn encode(into: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:/@,".contains(&byte) {
            into.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(into, "%{byte:02X}");
        }
    }
}

/// JSON text without the white space between its parts.
fn compact(json: &str) -> String {
    let (mut quoted, mut escaped) = (false, false);
    let kept = |c: &char| {
        let within = quoted;
        match c {
            '"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = within && *c == '\\' && !escaped;
        within || !c.is_ascii_whitespace()
    };
    json.chars().filter(kept).collect()
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::app::testing::{asked, opened, send};
    use crate::app::{
        EditAction, Effect, ExportAction, OpenAction, PortalAction, SourceAction, State,
    };
    use crate::image::fixtures::two_platforms;
    use crate::manifest::Facts;

    const IMAGE: &str = "r.example/team/app:1.4";

    fn loaded(reference: &str) -> OpenAction {
        let origin = Origin::Registry { reference: reference.to_owned(), facts: Facts::default() };
        OpenAction::Loaded(Rc::new(Opened::new(two_platforms().image, origin)))
    }

    /// The part behind `#` of the address that is copied.
    fn copied(state: &Rc<State>, with_edits: bool) -> String {
        let effects = asked(state, ExportAction::CopyLink(with_edits));
        let [Effect::Copy(text)] = effects.as_slice() else { panic!("{effects:?}") };
        text.split_once('#').unwrap().1.to_owned()
    }

    fn followed(fragment: &str) -> Rc<State> {
        send(&Rc::default(), PortalAction::Follow(DeepLink::parse(fragment).unwrap()))
    }

    #[test]
    fn a_link_names_the_image_and_may_carry_the_edits_as_a_proposal() {
        let state = send(&Rc::default(), loaded(IMAGE));
        let state = send(&state, EditAction::Mark(1));
        let state = send(&state, EditAction::Urls(1, "https://cdn.example/a?b=c&d=%23e".into()));
        assert_eq!(copied(&state, false), "ref=r.example/team/app:1.4&platform=linux/amd64");
        let link = copied(&state, true);
        let safe = |c: char| c.is_ascii_alphanumeric() || "-._~:/@,%=&".contains(c);
        assert!(link.chars().all(safe), "{link}");

        let there = send(&followed(&link), loaded(IMAGE));
        let proposed = there.export.recipe.clone().unwrap();
        let outcome = proposed.outcome(opened(&there));
        assert!(there.export.recipes_shown && outcome.changes && !outcome.applied);
        assert!(!opened(&there).is_edited(), "nothing is applied by itself");
        let applied = send(&there, ExportAction::ApplyRecipe);
        let root = state.opened.as_ref().unwrap().image.root();
        assert_eq!(
            opened(&applied).rendered.digest(root),
            opened(&state).rendered.digest(root),
            "applied, it does what was done"
        );
    }

    #[test]
    fn hostile_links_change_nothing_and_ask_nobody_else() {
        let recipe = |text: &str| {
            let mut link = format!("ref={IMAGE}&recipe=");
            encode(&mut link, text);
            link
        };
        for text in [
            "{\"layermarkRecipe\":1,\"rules\":[{\"layers\":{},\"form\":\"foreign\",\"urls\":[\"https://evil.example/{digest}\"]}]}",
            "{\"layermarkRecipe\":1,\"rules\":[{\"layers\":{},\"urls\":[\"javascript:alert(1)\"]}]}",
            "{\"layermarkRecipe\":1,\"rules\":[{\"layers\":{},\"urls\":[]}]}",
            "{\"layermarkRecipe\":1,\"layermarkRecipe\":2}",
            "<script>alert(1)</script>",
            "\0",
            "[[[[[[[[[[[[",
        ] {
            let link = DeepLink::parse(&recipe(text)).unwrap();
            let effects = asked(&Rc::default(), PortalAction::Follow(link));
            assert_eq!(effects, [], "another registry than the page's waits for “Load”: {text}");
            let state = send(&followed(&recipe(text)), SourceAction::Load);
            let state = send(&state, loaded(IMAGE));
            let opened = opened(&state);
            assert!(!opened.is_edited() && opened.template.is_empty(), "{text}");
            assert!(state.pushes.running.is_none() && state.push.target.is_empty(), "{text}");
            let read = state.export.recipe.as_ref().unwrap();
            let outcome = read.outcome(opened);
            assert!(
                !outcome.applied && (read.recipe.is_err() || !outcome.lines.is_empty()),
                "{text}"
            );
        }
        // It is for the image that the link names, and no other.
        let state = followed(&recipe("{\"layermarkRecipe\":1,\"rules\":[]}"));
        let other = send(&state, loaded("r.example/team/other:1"));
        assert_eq!(other.export.recipe, None);
        assert_eq!(
            send(&other, loaded(IMAGE)).export.recipe,
            None,
            "an older wish does not come back"
        );
        // What is too long, or no text, is left out or not followed at all.
        let long = DeepLink::parse(&recipe(&"x".repeat(MAX_RECIPE + 1))).unwrap();
        assert_eq!(long.recipe, None);
        for fragment in ["ref=a&recipe=%ff%fe", "ref=a&recipe=%zz", "recipe=x", "ref="] {
            assert_eq!(DeepLink::parse(fragment), None, "{fragment}");
        }
    }

    #[test]
    fn json_without_white_space() {
        for (text, expected) in [
            ("{\n  \"a\": [1, 2]\n}\n", "{\"a\":[1,2]}"),
            (r#"{"a b": "c \\" , "d": "e \" f"}"#, r#"{"a b":"c \\","d":"e \" f"}"#),
        ] {
            assert_eq!(compact(text), expected);
        }
    }
}

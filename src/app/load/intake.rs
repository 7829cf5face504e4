//! One field that takes anything: what was typed, pasted or dropped is opened, or answered by what to do.

use std::rc::Rc;

use crate::app::load::link::DeepLink;
use crate::app::load::recognise::{Other, Recognised, recognise};
use crate::app::load::{open, source};
use crate::app::page::notices::Proposed;
use crate::app::{Effect, Failure, OpenAction, SourceAction, State, Tab};
use crate::json;
use crate::msg;

/// What happens in the tabs, with texts that are more than a reference.
pub(in crate::app) fn source(state: &mut State, action: SourceAction, effects: &mut Vec<Effect>) {
    match action {
        SourceAction::Anything(text) => {
            let found = recognise(&text);
            if found.is_none()
                && json::parse(text.as_bytes()).is_err()
                && !text.trim().starts_with(['{', '['])
            {
                // The field has one line, and says itself what is wrong with the text.
                let line: Vec<&str> = text.split_whitespace().collect();
                return source::update(state, SourceAction::Reference(line.join(" ")), effects);
            }
            let found = found.unwrap_or(Recognised::Manifest(text));
            take(state, found, false, effects);
        }
        SourceAction::Load => match recognise(&state.source.reference) {
            Some(found) => take(state, found, true, effects),
            None => source::update(state, SourceAction::Load, effects),
        },
        action => source::update(state, action, effects),
    }
}

/// What comes in as text or file; one that is refused may be something else.
pub(in crate::app) fn open(state: &mut State, action: OpenAction, effects: &mut Vec<Effect>) {
    let may_be_anything = matches!(action, OpenAction::Json | OpenAction::File { .. });
    open::update(state, action, effects);
    let Some(refused) = state.source.refused.clone().filter(|_| may_be_anything) else { return };
    let Ok(text) = std::str::from_utf8(&refused.text) else { return };
    match recognise(text) {
        // The very text that was refused: the refusal says more.
        None => {}
        Some(Recognised::Manifest(found)) if found == text.trim() => {}
        Some(found) => take(state, found, false, effects),
    }
}

/// Opens what was recognised, or says what to do with it. Nothing is asked of a registry unless `load`.
fn take(state: &mut State, found: Recognised, load: bool, effects: &mut Vec<Effect>) {
    state.source.failure = None;
    source::forget_refused(state);
    match found {
        Recognised::Image(image) => name(state, image, load, effects),
        Recognised::Link(DeepLink { reference, platform, recipe }) => {
            state.page.platform = platform;
            state.page.recipe = recipe
                .map(|recipe| Proposed { recipe: recipe.into(), of: Some(reference.clone()) });
            name(state, reference, load, effects);
        }
        Recognised::Manifest(text) => {
            show(state, Tab::Paste, effects);
            state.source.json = Rc::new(text);
            open::update(state, OpenAction::Json, effects);
        }
        Recognised::Recipe(text) => {
            let hint = match state.opened {
                Some(_) => msg!("recognised.recipe-now"),
                None => msg!("recognised.recipe-first"),
            };
            answer(
                state,
                Failure { hint: Some(hint), ..Failure::plain(msg!("recognised.recipe")) },
            );
            state.page.recipe = Some(Proposed { recipe: text.into(), of: None });
            crate::app::page::notices::show_wanted(state);
        }
        Recognised::Other(Other { what, image, command }) => {
            let hint = image.as_ref().map(|image| msg!("recognised.load", image = image));
            if let Some(image) = image {
                name(state, image, false, effects);
            }
            answer(state, Failure { hint, details: command, ..Failure::plain(what) });
        }
    }
}

/// Puts the name of an image into the field, and loads it where that was said.
fn name(state: &mut State, image: String, load: bool, effects: &mut Vec<Effect>) {
    show(state, Tab::Registry, effects);
    source::update(state, SourceAction::Reference(image), effects);
    if load {
        source::update(state, SourceAction::Load, effects);
    }
}

fn show(state: &mut State, tab: Tab, effects: &mut Vec<Effect>) {
    if state.config.tabs.contains(&tab) {
        source::update(state, SourceAction::Show(tab), effects);
    }
}

fn answer(state: &mut State, failure: Failure) {
    state.source.failure = Some(failure);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::{asked, send};
    use crate::image::SAMPLES;

    const SKOPEO: &str = "{\"Name\": \"r.example/a\", \"Digest\": \"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\", \"Layers\": []}";

    #[test]
    fn whatever_is_pasted_is_opened_or_answered() {
        let manifest = SAMPLES[0].documents[0];
        let fenced = format!("```json\n{manifest}\n```");
        for (text, opens, says, field) in [
            (manifest, true, None, ""),
            (&*fenced, true, None, ""),
            (SKOPEO, false, Some("recognised.skopeo-inspect"), "r.example/a@sha256"),
            ("FROM alpine\nRUN true", false, Some("recognised.dockerfile"), ""),
            ("docker pull r.example/a:1\n", false, None, "r.example/a:1"),
            ("r.example/\n a:1", false, None, "r.example/ a:1"),
            ("{\"layermarkRecipe\": 1, \"rules\": []}", false, Some("recognised.recipe"), ""),
        ] {
            let action = SourceAction::Anything(text.to_owned());
            let state = send(&Rc::default(), action.clone());
            assert_eq!(state.opened.is_some(), opens, "{text}");
            let said = state.source.failure.as_ref().map(|failure| failure.message.key);
            assert_eq!(said, says, "{text}");
            assert!(state.source.reference.starts_with(field), "{}", state.source.reference);
            assert_eq!(asked(&Rc::default(), action), [], "nobody is asked: {text}");
        }
    }

    #[test]
    fn load_finds_the_image_in_what_was_typed() {
        for (typed, expected) in [
            ("https://hub.docker.com/_/alpine", Some("docker.io/library/alpine")),
            ("docker pull r.example/a:1", Some("r.example/a:1")),
            ("https://portal.example/#ref=r.example/b:2", Some("r.example/b:2")),
            ("alpine", Some("alpine")),
            ("https://r.example/", None),
        ] {
            let state = send(&Rc::default(), SourceAction::Reference(typed.into()));
            let expected = expected.map(|it| Effect::LoadReference(it.into()));
            assert_eq!(asked(&state, SourceAction::Load), Vec::from_iter(expected), "{typed}");
        }
    }

    #[test]
    fn the_paste_tab_answers_too() {
        let state = send(&Rc::default(), SourceAction::Show(Tab::Paste));
        let state = send(&state, SourceAction::Json(SKOPEO.into()));
        let state = send(&state, OpenAction::Json);
        let failure = state.source.failure.as_ref().unwrap();
        assert_eq!(failure.message.key, "recognised.skopeo-inspect");
        assert!(failure.details.as_ref().unwrap().starts_with("skopeo inspect --raw docker://"));
        assert!(state.source.refused.is_none() && state.source.tab == Tab::Registry);
    }

    #[test]
    fn a_recipe_waits_for_its_image_and_changes_nothing() {
        let recipe =
            "{\"layermarkRecipe\": 1, \"rules\": [{\"layers\": {}, \"form\": \"foreign\"}]}";
        let state = send(&Rc::default(), SourceAction::Anything(recipe.into()));
        let state = send(&state, OpenAction::Sample("linux"));
        let proposed = state.export.recipe.as_ref().unwrap();
        let outcome = proposed.outcome(state.opened.as_ref().unwrap());
        assert!(outcome.changes && !outcome.applied);
        assert!(!state.opened.as_ref().unwrap().is_edited(), "nothing is applied by itself");
    }
}

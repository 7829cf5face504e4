use std::collections::BTreeSet;
use std::rc::Rc;

use crate::app::{Opened, State};
use crate::image::ImageEdits;
use crate::manifest::media_type::Form;
use crate::manifest::{Digest, Document, Facts, LayerMark, TemplateError, Templates, no_twin};
use crate::msg;
use crate::text::Message;

/// An edit of the open image, or a step in its history. Layers count from zero and are those of
/// the current document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditAction {
    /// The switch “Mark layer N as foreign” was turned on.
    Mark(usize),
    /// The switch was turned off.
    Unmark(usize, Unmark),
    /// The text of “URLs for layer N” changed; one URL a line.
    Urls(usize, String),
    /// Select a layer or take it out of the selection.
    Select(usize, bool),
    /// Select all layers from the one clicked last to this one, or take them out.
    SelectTo(usize, bool),
    /// Select all layers or none.
    SelectAll(bool),
    /// The text of “URL template” changed.
    Template(String),
    /// “Apply to selected”: mark the selected layers with the URLs of the template.
    ApplyTemplate,
    /// Make the selected layers plain.
    UnmarkSelected,
    /// The value of an annotation of the current document, or `None` to take it out.
    Annotate(String, Option<String>),
    /// Back one step.
    Undo,
    /// Forward one step.
    Redo,
    /// To the step at this position of the history.
    GoTo(usize),
}

/// What becomes of the URLs of a layer that is made plain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unmark {
    /// `urls` goes.
    RemoveUrls,
    /// `urls` stays on the now plain layer.
    KeepUrls,
}

pub(in crate::app) fn update(state: &mut State, action: EditAction) {
    let Some(opened) = &mut state.opened else { return };
    let before = opened.history.edits().clone();
    let opened = Rc::make_mut(opened);
    apply(opened, action);
    if *opened.history.edits() != before {
        opened.refresh();
    }
}

fn apply(opened: &mut Opened, action: EditAction) {
    match action {
        EditAction::Mark(index) => {
            let Some(document) = opened.base().cloned() else { return };
            // Without a usable template the type alone is set; what came in as `urls` stays.
            let present = document.layers().get(index).and_then(|layer| layer.urls.clone());
            let made = template_urls(opened, &document, index);
            let blank = opened.template.trim().is_empty();
            opened.template_error = made.as_ref().err().filter(|_| !blank).cloned();
            let urls = made.ok().or(present);
            let mark = LayerMark { form: Form::NonDistributable, urls };
            opened.drafts.remove(&(opened.current.clone(), index));
            set_marks(opened, msg!("history.mark", index = index), None, [(index, mark)]);
        }
        EditAction::Unmark(index, unmark) => {
            let Some(mark) = present_mark(opened, index) else { return };
            let urls = match unmark {
                Unmark::RemoveUrls => None,
                Unmark::KeepUrls => mark.urls,
            };
            opened.drafts.remove(&(opened.current.clone(), index));
            let mark = LayerMark { form: Form::Plain, urls };
            set_marks(opened, msg!("history.unmark", index = index), None, [(index, mark)]);
        }
        EditAction::Urls(index, text) => {
            let Some(mark) = present_mark(opened, index) else { return };
            let urls: Vec<String> = text
                .lines()
                .map(str::trim)
                .filter(|line| !line.is_empty())
                .map(str::to_owned)
                .collect();
            let urls = (!urls.is_empty()).then_some(urls);
            opened.drafts.insert((opened.current.clone(), index), text);
            let merge = Some(format!("urls {} {index}", opened.current));
            let mark = LayerMark { urls, ..mark };
            set_marks(opened, msg!("history.urls", index = index), merge, [(index, mark)]);
        }
        EditAction::Select(index, selected) => {
            if selected {
                opened.selected.insert(index);
            } else {
                opened.selected.remove(&index);
            }
            opened.anchor = Some(index);
        }
        EditAction::SelectTo(index, selected) => select_to(opened, index, selected),
        EditAction::SelectAll(selected) => {
            opened.anchor = None;
            let count = opened.base().map_or(0, |document| document.layers().len());
            opened.selected = if selected { (0..count).collect() } else { BTreeSet::new() };
        }
        EditAction::Template(text) => {
            opened.template = text;
            opened.template_error = None;
        }
        EditAction::ApplyTemplate => apply_template(opened),
        EditAction::UnmarkSelected => {
            let marks: Vec<_> =
                opened.selected.iter().map(|&index| (index, LayerMark::plain())).collect();
            let name = msg!("history.unmark-many", count = marks.len());
            forget_drafts(opened, &marks);
            set_marks(opened, name, None, marks);
        }
        EditAction::Annotate(name, value) => {
            crate::app::documents::annotation::annotate(opened, &name, value);
        }
        EditAction::Undo => step(opened, |opened| opened.history.undo()),
        EditAction::Redo => step(opened, |opened| opened.history.redo()),
        EditAction::GoTo(position) => step(opened, |opened| opened.history.go_to(position)),
    }
}

/// Selects the range from the anchor to `index`, or takes it out; without an anchor `index` alone.
fn select_to(opened: &mut Opened, index: usize, selected: bool) {
    let anchor = *opened.anchor.get_or_insert(index);
    for each in anchor.min(index)..=anchor.max(index) {
        if selected {
            opened.selected.insert(each);
        } else {
            opened.selected.remove(&each);
        }
    }
}

fn apply_template(opened: &mut Opened) {
    let Some(document) = opened.base().cloned() else { return };
    let family = opened.history.edits().of(&opened.current).family();
    let mut marks = Vec::new();
    for &index in &opened.selected {
        let Some(layer) = document.layers().get(index) else { continue };
        if no_twin(layer, family).is_some() {
            continue;
        }
        match template_urls(opened, &document, index) {
            Ok(urls) => marks.push((index, LayerMark::foreign(urls))),
            Err(error) => {
                opened.template_error = Some(error);
                return;
            }
        }
    }
    opened.template_error = None;
    let foreign = |(index, _): &(usize, LayerMark)| {
        present_mark(opened, *index).is_some_and(|it| it.is_foreign())
    };
    let name = if !marks.is_empty() && marks.iter().all(foreign) {
        msg!("history.urls-many", count = marks.len())
    } else {
        msg!("history.mark-many", count = marks.len())
    };
    forget_drafts(opened, &marks);
    set_marks(opened, name, None, marks);
}

fn forget_drafts(opened: &mut Opened, marks: &[(usize, LayerMark)]) {
    for (index, _) in marks {
        opened.drafts.remove(&(opened.current.clone(), *index));
    }
}

fn template_urls(
    opened: &Opened,
    document: &Document,
    index: usize,
) -> Result<Vec<String>, TemplateError> {
    let facts: Facts = opened.facts();
    let layer = document.layers().get(index).ok_or(TemplateError::Empty)?;
    Templates::parse(&opened.template)?.urls(&facts, index, layer)
}

impl Opened {
    /// The URLs that the template makes for a layer of the current document, one a line; `None` where
    /// there is no template that can be used.
    pub fn offered_urls(&self, index: usize) -> Option<String> {
        let urls = template_urls(self, self.base()?, index).ok()?;
        (!urls.is_empty()).then(|| urls.join("\n"))
    }
}

fn present_mark(opened: &Opened, index: usize) -> Option<LayerMark> {
    let document = opened.base()?;
    opened.history.edits().of(&opened.current).layer_mark(document, index)
}

/// Makes one step of the history that gives layers of the current document these marks.
fn set_marks(
    opened: &mut Opened,
    name: Message,
    merge: Option<String>,
    marks: impl IntoIterator<Item = (usize, LayerMark)>,
) {
    let Some(document) = opened.base().cloned() else { return };
    let id: Digest = opened.current.clone();
    let mut edits: ImageEdits = (**opened.history.edits()).clone();
    edits.change(&id, |node| {
        for (index, mark) in marks {
            node.edits.mark_layer(&document, index, mark);
        }
    });
    opened.history.push(name, edits, merge);
}

/// A step in the history; fields then show what the edits say, not what was being typed.
fn step(opened: &mut Opened, go: impl FnOnce(&mut Opened)) {
    let before = opened.history.present();
    go(opened);
    if opened.history.present() != before {
        opened.drafts.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Action, OpenAction, WholeAction, reduce};

    #[test]
    fn ranges_are_selected_from_the_anchor() {
        let check = |actions: &[EditAction], expected: &[usize]| {
            let mut state = reduce(&Rc::default(), OpenAction::Sample("linux").into());
            for action in actions {
                state = reduce(&state, action.clone().into());
            }
            let selected = state.opened.as_ref().unwrap().selected.iter().copied();
            assert_eq!(selected.collect::<Vec<_>>(), expected, "{actions:?}");
        };
        use EditAction::{Select, SelectAll, SelectTo};
        check(&[SelectTo(2, true)], &[2]);
        check(&[Select(0, true), SelectTo(2, true)], &[0, 1, 2]);
        check(&[Select(3, true), SelectTo(1, true), SelectTo(2, false)], &[1]);
        check(&[SelectAll(true), Select(1, false), SelectTo(2, false)], &[0, 3]);
        check(&[Select(0, true), SelectAll(false), SelectTo(2, true)], &[2]);
    }

    #[test]
    fn a_template_that_makes_no_urls_says_why_at_the_switch() {
        let start = reduce(&Rc::default(), OpenAction::Sample("linux").into());
        let layer = start.opened.as_ref().unwrap().base().unwrap().layers()[0].digest.clone();
        let check = |template: &str, is_wrong: bool| {
            let everywhere = WholeAction::Mark(layer.clone(), true);
            for switch in [Action::from(EditAction::Mark(0)), everywhere.into()] {
                let state = reduce(&start, EditAction::Template(template.into()).into());
                let state = reduce(&state, switch);
                let opened = state.opened.as_ref().unwrap();
                assert_eq!(opened.template_error.is_some(), is_wrong, "{template}");
                assert_eq!(opened.marked().0, 1, "{template}");
                let state = reduce(&state, EditAction::Template("x".into()).into());
                assert_eq!(state.opened.as_ref().unwrap().template_error, None);
            }
        };
        check("https://cdn.example.com/{repository}/{digest}", true);
        check("https://cdn.example.com/{nonsense}", true);
        check("https://cdn.example.com/{digest}", false);
        check(" \n", false);
    }

    #[test]
    fn the_history_says_whether_layers_were_marked_or_got_other_urls() {
        let template = |text: &str| EditAction::Template(text.into());
        let mut state = reduce(&Rc::default(), OpenAction::Sample("linux").into());
        let mut names = Vec::new();
        for action in [
            EditAction::Select(0, true),
            template("https://cdn.example.com/{digest}"),
            EditAction::ApplyTemplate,
            template("https://other.example.com/{digest}"),
            EditAction::ApplyTemplate,
            EditAction::Select(1, true),
            template("https://third.example.com/{digest}"),
            EditAction::ApplyTemplate,
        ] {
            let applies = action == EditAction::ApplyTemplate;
            state = reduce(&state, action.into());
            if applies {
                let history = &state.opened.as_ref().unwrap().history;
                names.push(history.steps()[history.present()].name.key);
            }
        }
        assert_eq!(names, ["history.mark-many", "history.urls-many", "history.mark-many"]);
    }

    #[test]
    fn an_empty_field_is_offered_what_the_template_makes() {
        let state = reduce(&Rc::default(), OpenAction::Sample("linux").into());
        let offered = |state: &State| state.opened.as_ref().unwrap().offered_urls(1);
        assert_eq!(offered(&state), None);
        let template = |text: &str| EditAction::Template(text.into());
        let state =
            reduce(&state, template("https://a.example/{index}\nhttps://b.example/").into());
        assert_eq!(offered(&state).as_deref(), Some("https://a.example/1\nhttps://b.example/"));
        assert_eq!(offered(&reduce(&state, template("https://a.example/{nothing}").into())), None);
    }

    #[test]
    fn marks_are_counted_as_they_become() {
        let mut state = reduce(&Rc::default(), OpenAction::Sample("windows").into());
        let check = |state: &State| {
            let opened = state.opened.as_ref().unwrap();
            let (document, edits) = (opened.base().unwrap(), opened.history.edits());
            let edits = edits.of(&opened.current);
            let foreign = (0..document.layers().len())
                .filter(|&index| edits.layer_mark(document, index).unwrap().is_foreign());
            let sizes: Vec<u64> = foreign.map(|index| document.layers()[index].size).collect();
            assert_eq!(opened.marked(), (sizes.len(), sizes.iter().sum()));
            sizes.len()
        };
        let mut counts = vec![check(&state)];
        for action in [
            EditAction::Mark(2),
            EditAction::Mark(4),
            EditAction::Unmark(0, Unmark::RemoveUrls),
            EditAction::Urls(3, "https://cdn.example/x".into()),
            EditAction::Unmark(1, Unmark::KeepUrls),
            EditAction::Undo,
        ] {
            state = reduce(&state, action.into());
            counts.push(check(&state));
        }
        assert_eq!(counts, [2, 3, 4, 3, 3, 2, 3]);
    }
}

use std::rc::Rc;
use std::sync::Arc;

use crate::app::{Effect, Opened, Origin, State};
use crate::export::splices_between;
use crate::image::ImageEdits;
use crate::json::{Layout, Splice, Splices, laid_out};
use crate::manifest::{Digest, Document, Edits, EntryChoice, Refusal, Updates};
use crate::msg;

/// The text of a document as a person is rewriting it; nothing of the image changes before it is
/// applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewrite {
    /// The document, by the digest under which it was loaded.
    pub of: Digest,
    /// The text as it stands.
    pub text: Rc<str>,
    /// How it reads, strictly.
    pub verdict: Result<Arc<Document>, Refusal>,
    start: Rc<str>,
}

/// What is done to the text of the current document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RewriteAction {
    /// “Edit text”.
    Start,
    /// The text changed. From a text field, so every line end is a line feed here.
    Type(String),
    /// Another layout, which the person asked for.
    LayOut(Layout),
    /// The text as it was loaded.
    Loaded,
    /// “Apply”: the text becomes the document's.
    Apply,
    /// “Discard”.
    Discard,
}

impl Rewrite {
    /// Whether the text differs from the one that rewriting started with.
    pub fn is_changed(&self) -> bool {
        self.text != self.start
    }

    fn set(&mut self, text: String) {
        self.verdict = read(&text, &self.of);
        self.text = text.into();
    }
}

impl Opened {
    /// The text that was typed and is not applied: the new digest and all files are without it.
    pub fn unapplied(&self) -> Option<&Rewrite> {
        self.rewrite.as_ref().filter(|rewrite| rewrite.is_changed())
    }

    /// Goes on with a `text` of the document `of` that was typed and not applied.
    pub(in crate::app) fn resume_rewrite(&mut self, of: Digest, text: String) {
        let Some(start) = self.own_text(&of) else { return };
        let (verdict, text) = (read(&text, &of), text.into());
        self.rewrite = Some(Rewrite { of, text, verdict, start: start.into() });
    }

    /// The text of the document `id` with its own edits, and with its children named as they
    /// were loaded: what is rewritten by hand must not freeze digests that are still to be computed.
    fn own_text(&self, id: &Digest) -> Option<String> {
        let edits = self.history.edits();
        let bytes = self.image.base(edits, id)?.render(edits.of(id), &Updates::default());
        // A document is UTF-8, and edits write UTF-8.
        String::from_utf8(bytes).ok()
    }
}

pub(in crate::app) fn update(state: &mut State, action: RewriteAction, effects: &mut Vec<Effect>) {
    let Some(opened) = &mut state.opened else { return };
    let opened = Rc::make_mut(opened);
    if action == RewriteAction::Start {
        let of = opened.current.clone();
        let Some(text) = opened.own_text(&of) else { return };
        let start: Rc<str> = text.into();
        let verdict = read(&start, &of);
        opened.rewrite = Some(Rewrite { of, text: start.clone(), verdict, start });
        return;
    }
    let Some(rewrite) = &mut opened.rewrite else { return };
    match action {
        RewriteAction::Start => {}
        RewriteAction::Type(typed) => {
            let text = retyped(&rewrite.text, typed);
            rewrite.set(text);
        }
        RewriteAction::LayOut(layout) => {
            if let Ok(document) = &rewrite.verdict {
                let text = laid_out(&rewrite.text, document.root(), layout);
                rewrite.set(text);
            }
        }
        RewriteAction::Loaded => {
            let loaded = opened.image.document(&rewrite.of);
            let text = loaded.and_then(|loaded| String::from_utf8(loaded.bytes().to_vec()).ok());
            if let Some(text) = text {
                rewrite.set(text);
            }
        }
        RewriteAction::Discard => opened.rewrite = None,
        RewriteAction::Apply => {
            let Some(Rewrite { of, verdict: Ok(document), .. }) = opened.rewrite.clone() else {
                return;
            };
            opened.rewrite = None;
            apply(opened, &of, &document);
            let wanted = opened.image.wanted(opened.history.edits());
            if !wanted.is_empty() && matches!(opened.origin, Origin::Registry { .. }) {
                effects.push(Effect::LoadChildren);
            }
        }
    }
}

/// Makes one step of the history in which `document` is the text of the document loaded as `id`.
fn apply(opened: &mut Opened, id: &Digest, document: &Arc<Document>) {
    let mut edits: ImageEdits = (**opened.history.edits()).clone();
    let Some(loaded) = opened.image.document(id) else { return };
    let Some(before) = opened.image.base(&edits, id).cloned() else { return };
    let is_loaded = loaded.bytes() == document.bytes();
    edits.change(id, |node| {
        // The marks are in the text now. Choices for attestations are no text; they go along.
        let mut kept = Edits::default();
        for (index, entry) in before.entries().iter().enumerate() {
            let choice = node.edits.entry_choice(index);
            let same = document.entries().iter().position(|each| each.digest == entry.digest);
            if let (EntryChoice::Leave, Some(index)) = (choice, same) {
                kept.choose_entry(index, choice);
            }
        }
        node.edits = kept;
        node.text = (!is_loaded).then(|| document.clone());
    });
    opened.history.push(msg!("history.text"), edits, None);
    opened.drafts.retain(|(of, _), _| of != id);
    opened.selected.clear();
    opened.anchor = None;
    opened.refresh();
}

fn read(text: &str, of: &Digest) -> Result<Arc<Document>, Refusal> {
    Document::parse(text.as_bytes(), None, of.algorithm()).map(Arc::new)
}

/// What a person made of `text` in a text field, which shows and gives back every line end as a
/// line feed: the line ends of lines that were not touched stay as they were, and new lines get
/// the one that the text begins with.
fn retyped(text: &str, typed: String) -> String {
    if !text.contains('\r') {
        return typed;
    }
    let ends = LineEnds::of(text);
    let splices = splices_between(ends.plain.as_bytes(), typed.as_bytes());
    let own = splices.iter().map(|splice| {
        let range = ends.original(splice.range.start)..ends.original(splice.range.end);
        Splice::new(range, splice.text.replace('\n', ends.first))
    });
    // The way back keeps the order of offsets, so what was disjoint stays so.
    let Ok(splices) = Splices::new(own.collect()) else { return typed };
    // Splices cut between characters, so the result is UTF-8 again.
    String::from_utf8(crate::json::apply(text.as_bytes(), &splices)).unwrap_or(typed)
}

/// A text with line feeds alone, and the way back to its own line ends.
struct LineEnds {
    plain: String,
    first: &'static str,
    /// The offsets in `plain` behind the line feeds of which a CR LF was made.
    shortened: Vec<usize>,
}

impl LineEnds {
    fn of(text: &str) -> Self {
        let mut plain = String::with_capacity(text.len());
        let mut shortened = Vec::new();
        for (at, line) in text.split("\r\n").enumerate() {
            if at > 0 {
                plain.push('\n');
                shortened.push(plain.len());
            }
            // A lone CR is white space that the field shows as a line end, too.
            plain.push_str(&line.replace('\r', "\n"));
        }
        let first = match text.find(['\r', '\n']) {
            Some(at) if text[at..].starts_with("\r\n") => "\r\n",
            _ => "\n",
        };
        Self { plain, first, shortened }
    }

    fn original(&self, offset: usize) -> usize {
        offset + self.shortened.partition_point(|&behind| behind <= offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Action, EditAction, OpenAction, SourceAction, reduce};

    fn manifest() -> String {
        let digest = Digest::sha256(b"");
        let layer = "application/vnd.oci.image.layer.v1.tar+gzip";
        format!(
            "{{\n  \"schemaVersion\": 2,\n  \"layers\": [\n    {{\"mediaType\": \"{layer}\", \"digest\": \"{digest}\", \"size\": 1}}\n  ],\n  \"config\": {{\"mediaType\": \"x/y\", \"digest\": \"{digest}\", \"size\": 1}}\n}}\n"
        )
    }

    fn run(state: Rc<State>, actions: impl IntoIterator<Item = Action>) -> Rc<State> {
        actions.into_iter().fold(state, |state, action| reduce(&state, action))
    }

    fn open(text: &str) -> Rc<State> {
        let actions = [SourceAction::Json(text.into()).into(), OpenAction::Json.into()];
        run(Rc::default(), actions)
    }

    fn result(state: &State) -> String {
        let opened = state.opened.as_ref().unwrap();
        let bytes = opened.rendered.node(&opened.current).unwrap().bytes.to_vec();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_rewritten_text_becomes_the_document_and_can_be_undone() {
        let loaded = manifest();
        let state = run(open(&loaded), [EditAction::Mark(0).into(), RewriteAction::Start.into()]);
        let text = state.opened.as_ref().unwrap().rewrite.as_ref().unwrap().text.to_string();
        assert!(text.contains("nondistributable"), "the marks stand in the text");
        let typed = text.replace("\"size\": 1}\n  ]", "\"size\": 7}\n  ]");
        let state = run(state, [RewriteAction::Type(typed.clone()).into()]);
        assert!(state.opened.as_ref().unwrap().unapplied().is_some());
        assert_eq!(result(&state), text, "nothing changes before it is applied");
        let state = run(state, [RewriteAction::Apply.into()]);
        assert_eq!(result(&state), typed);
        assert_eq!(state.opened.as_ref().unwrap().unapplied(), None);
        assert_eq!(state.opened.as_ref().unwrap().history.steps().len(), 3);
        let state = run(state, [EditAction::Undo.into()]);
        assert_eq!(result(&state), text);
        let actions = [RewriteAction::Start, RewriteAction::Loaded, RewriteAction::Apply];
        let state = run(state, actions.map(Action::from));
        assert_eq!(result(&state), loaded);
        assert!(!state.opened.as_ref().unwrap().is_edited());
    }

    #[test]
    fn a_refused_text_is_not_applied() {
        let loaded = manifest();
        let broken = loaded.replace("\"layers\"", "\"layers\": [], \"layers\"");
        let actions = [RewriteAction::Start, RewriteAction::Type(broken), RewriteAction::Apply];
        let state = run(open(&loaded), actions.map(Action::from));
        let rewrite = state.opened.as_ref().unwrap().rewrite.clone().unwrap();
        assert_eq!(rewrite.verdict.unwrap_err().place.map(|place| place.line), None);
        assert_eq!(result(&state), loaded);
        let state = run(state, [RewriteAction::Discard.into()]);
        assert_eq!(state.opened.as_ref().unwrap().rewrite, None);
    }

    #[test]
    fn another_layout_is_made_only_when_asked_for() {
        let loaded = manifest();
        let actions = [RewriteAction::Start, RewriteAction::LayOut(Layout::Compact)];
        let state = run(open(&loaded), actions.map(Action::from));
        assert_eq!(result(&state), loaded);
        let state = run(state, [RewriteAction::Apply.into()]);
        assert_eq!(result(&state).lines().count(), 1);
        assert!(result(&state).ends_with("}\n"));
    }

    #[test]
    fn line_ends_of_untouched_lines_stay() {
        let check = |text: &str, typed: &str, expected: &str| {
            assert_eq!(retyped(text, typed.into()), expected, "{text:?} {typed:?}");
        };
        check("a\nb\n", "a\nc\n", "a\nc\n");
        check("a\r\nb\r\n", "a\nb\n", "a\r\nb\r\n");
        check("a\r\nb\r\n", "a\nc\nd\n", "a\r\nc\r\nd\r\n");
        check("a\r\nb\nc\r\n", "a\nb\nx\n", "a\r\nb\nx\r\n");
        check("a\r\nb\r\nc", "a\nc", "a\r\nc");
        check("a\rb\r\nc", "a\nb\nd", "a\rb\r\nd");
    }
}

use std::sync::Arc;

use crate::app::{Effect, Opened, State};
use crate::export::{self, Diff};
use crate::json::{Span, Splices};

/// What becomes of the text of one document: the bytes that were loaded, and what changes in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// The bytes as they were loaded.
    pub loaded: Arc<[u8]>,
    /// What changes in them.
    pub splices: Splices,
}

/// How the region “Changes” shows them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChangesView {
    /// Where the new lines stand.
    pub layout: DiffLayout,
    /// Which lines are shown.
    pub extent: DiffExtent,
}

/// Where the new lines of a difference stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DiffLayout {
    /// Beside the old ones.
    #[default]
    SideBySide,
    /// Below the old ones.
    Unified,
}

/// Which lines of a difference are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DiffExtent {
    /// Those that change, with a few around them.
    #[default]
    Changed,
    /// All.
    Whole,
}

/// What is done in the region “Changes”.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangesAction {
    /// Show the new lines there.
    Layout(DiffLayout),
    /// Show these lines.
    Extent(DiffExtent),
    /// “Copy as patch”.
    CopyPatch,
}

impl Opened {
    /// What changes in the current document; `None` while it is not there.
    ///
    /// After edits of marks alone these are the very splices that make the result. A text that was
    /// rewritten by hand is compared with the one that was loaded.
    pub fn changes(&self) -> Option<Changes> {
        let loaded = self.image.document(&self.current)?;
        let node = self.rendered.node(&self.current)?;
        let splices = if node.base.bytes() == loaded.bytes() {
            node.splices.clone()
        } else {
            export::splices_between(loaded.bytes(), &node.bytes)
        };
        Some(Changes { loaded: loaded.bytes().clone(), splices })
    }
}

impl Changes {
    /// Where the new text differs from the loaded one, as spans of the new one.
    pub fn spans(&self) -> Vec<Span> {
        let (mut grown, mut shrunk) = (0, 0);
        let spans = self.splices.iter().map(|splice| {
            let start = splice.range.start + grown - shrunk;
            grown += splice.text.len();
            shrunk += splice.range.len();
            start..start + splice.text.len()
        });
        spans.filter(|span| !span.is_empty()).collect()
    }

    /// The difference by lines.
    pub fn diff(&self, extent: DiffExtent) -> Diff {
        match extent {
            DiffExtent::Changed => export::diff(&self.loaded, &self.splices),
            DiffExtent::Whole => export::whole(&self.loaded, &self.splices),
        }
    }
}

pub(in crate::app) fn update(state: &mut State, action: ChangesAction, effects: &mut Vec<Effect>) {
    match action {
        ChangesAction::Layout(layout) => state.view.changes.layout = layout,
        ChangesAction::Extent(extent) => state.view.changes.extent = extent,
        ChangesAction::CopyPatch => {
            let Some(opened) = &state.opened else { return };
            let Some(changes) = opened.changes() else { return };
            let name = format!("{}.json", opened.file_stem());
            let patch = export::unified_patch(&name, &changes.loaded, &changes.splices);
            effects.push(Effect::Copy(patch));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::app::testing::asked;
    use crate::app::{Action, EditAction, OpenAction, SourceAction, reduce};

    const MANIFEST: &str = r#"{
  "schemaVersion": 2,
  "mediaType": "application/vnd.oci.image.manifest.v1+json",
  "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "digest": "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "size": 0 },
  "layers": [
    {
      "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
      "digest": "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "size": 1
    }
  ]
}
"#;

    fn copied(state: &Rc<State>, action: ChangesAction) -> String {
        match asked(state, action).pop() {
            Some(Effect::Copy(text)) => text,
            other => panic!("nothing is copied: {other:?}"),
        }
    }

    #[test]
    fn a_mark_is_shown_and_copied() {
        let actions: [Action; 3] = [
            SourceAction::Json(MANIFEST.into()).into(),
            OpenAction::Json.into(),
            EditAction::Mark(0).into(),
        ];
        let start = Rc::new(State::default());
        let state = actions.into_iter().fold(start, |state, action| reduce(&state, action));
        let changes = state.opened.as_ref().unwrap().changes().unwrap();
        let summary = changes.diff(DiffExtent::Changed).summary().to_string();
        assert_eq!(summary, "1 of 12 lines becomes 1 line; every other byte is as it was.");
        assert_eq!(changes.diff(DiffExtent::Whole).hunks[0].rows.len(), 12);
        let opened = state.opened.as_ref().unwrap();
        let result = &opened.rendered.node(&opened.current).unwrap().bytes;
        for (span, splice) in changes.spans().into_iter().zip(changes.splices.iter()) {
            assert_eq!(result[span], *splice.text.as_bytes());
        }

        let patch = copied(&state, ChangesAction::CopyPatch);
        assert!(patch.starts_with("--- manifest.json\n+++ manifest.json\n@@ -4,7 +4,7 @@\n"));
    }
}

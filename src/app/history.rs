use std::rc::Rc;

use crate::app::{Notice, NoticeKind, Opened, State};
use crate::image::ImageEdits;
use crate::text::Message;

/// Undo and redo as a line of edits, of which one is the present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    steps: Vec<Step>,
    present: usize,
    merge: Option<String>,
}

/// A point in the history: what was done, and the edits after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What was done, such as “Mark layer 0 as foreign”.
    pub name: Message,
    /// All edits after it.
    pub edits: Rc<ImageEdits>,
}

impl Default for History {
    fn default() -> Self {
        Self::new(ImageEdits::default())
    }
}

impl History {
    /// A history whose start has `edits`.
    pub fn new(edits: ImageEdits) -> Self {
        let start = Step { name: crate::msg!("history.start"), edits: Rc::new(edits) };
        Self { steps: vec![start], present: 0, merge: None }
    }

    /// The edits at present.
    pub fn edits(&self) -> &Rc<ImageEdits> {
        &self.steps[self.present].edits
    }

    /// All steps, the original first.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The zero-based position of the present.
    pub fn present(&self) -> usize {
        self.present
    }

    /// Whether there is a step to take back.
    pub fn can_undo(&self) -> bool {
        self.present > 0
    }

    /// Whether a step was taken back.
    pub fn can_redo(&self) -> bool {
        self.present + 1 < self.steps.len()
    }

    /// Adds a step with `edits`; what was taken back is forgotten. Nothing happens when the edits
    /// are the present ones.
    ///
    /// Steps that come one after the other with an equal `merge` become one: typing in a field is
    /// one step, not one for each key.
    pub fn push(&mut self, name: Message, edits: ImageEdits, merge: Option<String>) {
        if edits == **self.edits() {
            return;
        }
        let step = Step { name, edits: Rc::new(edits) };
        self.steps.truncate(self.present + 1);
        if merge.is_some() && merge == self.merge && self.present > 0 {
            self.steps[self.present] = step;
        } else {
            self.steps.push(step);
            self.present += 1;
        }
        self.merge = merge;
    }

    /// Goes to the step at `position`, if there is one.
    pub fn go_to(&mut self, position: usize) {
        if position < self.steps.len() {
            self.present = position;
            self.merge = None;
        }
    }

    /// Takes back the last step.
    pub fn undo(&mut self) {
        self.go_to(self.present.saturating_sub(1));
    }

    /// Takes back the last undo.
    pub fn redo(&mut self) {
        self.go_to(self.present + 1);
    }
}

/// Takes back what the open image was edited to since it was `before`, where that is more than is opened
/// here for editing: nobody could open the result again.
pub(super) fn refuse_too_much(state: &mut State, before: Option<&Rc<Opened>>) {
    let (Some(before), Some(now)) = (before, &state.opened) else { return };
    let (old, new) = (before.history.edits(), now.history.edits());
    if Rc::ptr_eq(old, new) || !before.is_same(now) {
        return;
    }
    if let Some(message) = now.image.too_much(new, old) {
        state.opened = Some(before.clone());
        state.view.notice = Some(Notice { kind: NoticeKind::Failed, message });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Digest, EntryChoice};
    use crate::msg;

    fn edits(index: usize) -> ImageEdits {
        let mut edits = ImageEdits::default();
        let id = Digest::sha256(b"x");
        edits.change(&id, |node| node.edits.choose_entry(index, EntryChoice::Drop));
        edits
    }

    #[test]
    fn undo_redo_and_merging() {
        let mut history = History::default();
        history.push(msg!("a"), edits(0), None);
        history.push(msg!("b"), edits(1), Some("field".into()));
        history.push(msg!("b"), edits(2), Some("field".into()));
        assert_eq!(history.steps().len(), 3);
        history.push(msg!("b"), edits(2), Some("field".into()));
        assert_eq!(history.steps().len(), 3, "equal edits are no step");
        history.undo();
        assert_eq!(**history.edits(), edits(0));
        history.redo();
        assert_eq!(**history.edits(), edits(2));
        assert!(!history.can_redo());
        history.go_to(0);
        assert!(history.edits().is_empty() && !history.can_undo());
        history.push(msg!("c"), edits(3), Some("field".into()));
        assert_eq!(history.steps().len(), 2, "what was taken back is forgotten");
        history.go_to(9);
        assert_eq!(history.present(), 1);
    }
}

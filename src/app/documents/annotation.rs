use std::collections::BTreeSet;

use crate::app::Opened;
use crate::image::ImageEdits;
use crate::msg;

/// An annotation of the current document itself, as it was loaded and as it becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// Its name.
    pub name: String,
    /// Its value as loaded; `None` for one that was added.
    pub loaded: Option<String>,
    /// Its value as it becomes; `None` for one that is taken out.
    pub value: Option<String>,
}

impl Opened {
    /// The annotations of the current document in the order of the text, then those added.
    pub fn annotations(&self) -> Vec<Annotation> {
        let Some(document) = self.base() else { return Vec::new() };
        let edits = self.history.edits().of(&self.current);
        let edited = edits.annotations();
        let present = document.annotations();
        let loaded = present.iter().map(|(name, value)| Annotation {
            name: name.clone(),
            loaded: Some(value.clone()),
            value: edited.get(name).cloned().unwrap_or_else(|| Some(value.clone())),
        });
        let known: BTreeSet<&str> = present.iter().map(|(name, _)| name.as_str()).collect();
        let is_new = |name: &String| !known.contains(name.as_str());
        let added = edited.iter().filter(|(name, value)| value.is_some() && is_new(name));
        let added = added.map(|(name, value)| Annotation {
            name: name.clone(),
            loaded: None,
            value: value.clone(),
        });
        loaded.chain(added).collect()
    }
}

pub(in crate::app) fn annotate(opened: &mut Opened, name: &str, value: Option<String>) {
    let Some(document) = opened.base().cloned() else { return };
    let id = opened.current.clone();
    let (title, merge) = match value {
        Some(_) => (msg!("history.annotate", name = name), Some(format!("annotation {id} {name}"))),
        None => (msg!("history.annotation-removed", name = name), None),
    };
    let mut edits: ImageEdits = (**opened.history.edits()).clone();
    edits.change(&id, |node| node.edits.annotate(&document, name, value));
    opened.history.push(title, edits, merge);
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use crate::app::{EditAction, OpenAction, SourceAction, State, reduce};

    #[test]
    fn annotations_are_changed_added_removed_and_restored() {
        let manifest = crate::image::SAMPLES[1].documents[0];
        let state = reduce(&Rc::default(), SourceAction::Json(manifest.into()).into());
        let state = reduce(&state, OpenAction::Json.into());
        let annotate = |state: &Rc<State>, name: &str, value: Option<&str>| {
            let value = value.map(str::to_owned);
            reduce(state, EditAction::Annotate(name.into(), value).into())
        };
        let show = |state: &Rc<State>| -> Vec<String> {
            let rows = state.opened.as_ref().unwrap().annotations();
            rows.into_iter()
                .map(|row| format!("{}={}", row.name, row.value.unwrap_or("(gone)".into())))
                .collect()
        };
        let before = show(&state);
        let name = before[0].split('=').next().unwrap().to_owned();
        let state = annotate(&state, &name, Some("x"));
        let state = annotate(&state, &name, Some("xy"));
        let state = annotate(&state, "added", Some("1"));
        assert_eq!(show(&state)[0], format!("{name}=xy"));
        assert_eq!(show(&state).last().unwrap(), "added=1");
        assert_eq!(state.opened.as_ref().unwrap().history.steps().len(), 3);
        let state = annotate(&annotate(&state, "added", None), &name, None);
        assert_eq!(show(&state)[0], format!("{name}=(gone)"));
        let loaded = state.opened.as_ref().unwrap().annotations()[0].loaded.clone();
        let state = annotate(&state, &name, loaded.as_deref());
        assert_eq!(show(&state), before);
        assert!(!state.opened.as_ref().unwrap().is_edited());
    }
}

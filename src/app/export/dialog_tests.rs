use super::*;
use crate::app::Origin;
use crate::app::testing::{asked, send};
use crate::app::{EditAction, OpenAction, SourceAction, Unmark};

fn marked() -> Rc<State> {
    let manifest = crate::image::SAMPLES[1].documents[0];
    let state = send(&Rc::default(), SourceAction::Json(manifest.into()));
    let state = send(&state, OpenAction::Json);
    let state = send(&state, EditAction::Template("https://cdn.example/{digest}".into()));
    send(&state, EditAction::Mark(0))
}

#[test]
fn commands_push_what_changed() {
    let state = send(&marked(), ExportAction::Open);
    assert_eq!(state.view.dialog, Some(Dialog::Export));
    assert_eq!(push_by_hand(&state), None, "no target");
    let state = send(&state, ExportAction::Target("r.example/a/b:1".into()));
    let push = push_by_hand(&state).unwrap();
    assert_eq!(push.manifests.len(), 1);
    for tool in Tool::ALL {
        let lines = script(&push, tool).lines;
        assert!(lines.iter().any(|line| line.contains("r.example")), "{lines:?}");
    }
}

#[test]
fn an_archive_without_blobs_names_them() {
    let state = marked();
    let opened = state.opened.as_ref().unwrap();
    assert_eq!(configs(opened).len(), 1);
    let layout = archive(opened, &BTreeMap::new()).unwrap();
    let layers = opened.base().unwrap().layers().len();
    assert_eq!(layout.left_out.len(), layers + 1);
    let of = opened.clone();
    let state = send(&state, ExportAction::ArchiveSaved { of, layout: Rc::new(layout) });
    let count = |key: &str| state.export.remarks.iter().filter(|said| said.key == key).count();
    assert_eq!((count("export.without"), count("export.without-blob")), (1, layers + 1));
    assert_eq!(count("export.without-foreign"), 1);
}

#[test]
fn an_archive_from_the_registry_is_without_foreign_layers() {
    let state = marked();
    let mut opened = (**state.opened.as_ref().unwrap()).clone();
    assert_eq!(archive_offer(&opened), None, "there is no registry");
    let reference = "r.example/a/b:1".to_owned();
    opened.origin = Origin::Registry { reference, facts: opened.facts() };
    let layout = archive_from_registry(&opened).unwrap();
    let foreign = opened.base().unwrap().layers()[0].clone();
    let others: u64 = opened.base().unwrap().layers()[1..].iter().map(|layer| layer.size).sum();
    let left_out: Vec<_> = layout.left_out.iter().map(|blob| (&blob.digest, blob.why)).collect();
    assert_eq!(left_out, [(&foreign.digest, WhyLeftOut::Foreign)]);
    let offer = archive_offer(&opened).unwrap();
    assert_eq!((offer.size, offer.foreign, offer.not_loaded), (layout.size, 1, 0));
    assert!(offer.size > others);

    let from_registry = ExportAction::Archive(ArchiveBlobs::FromRegistry);
    assert_eq!(asked(&state, from_registry.clone()).len(), 1);
    let writing = send(&state, from_registry.clone());
    assert!(writing.export.writing);
    assert_eq!(asked(&writing, from_registry), [], "one at a time");
    let failed = send(&writing, ExportAction::ArchiveEnded(Some(msg!("file.gone"))));
    assert_eq!((failed.export.writing, failed.export.remarks.len()), (false, 1));
    let of = state.opened.clone().unwrap();
    let layout = Rc::new(layout);
    let saved = send(&writing, ExportAction::ArchiveSaved { of, layout: layout.clone() });
    assert_eq!((saved.export.writing, saved.export.remarks.len()), (false, 3));
    assert!(!saved.has_unsaved_edits());

    // What was written is not what is open: another image, or the same with other edits.
    let other = opened.clone(); // from a registry, which the open one is not
    let mut before = (**state.opened.as_ref().unwrap()).clone();
    before.history = crate::app::History::default();
    for of in [other, before] {
        let of = Rc::new(of);
        let ended = send(&writing, ExportAction::ArchiveSaved { of, layout: layout.clone() });
        assert!(ended.has_unsaved_edits());
    }
}

#[test]
fn a_recipe_goes_out_and_comes_in_again() {
    let state = marked();
    let last = asked(&state, ExportAction::SaveRecipe).pop();
    let Some(Effect::Download { name, bytes, .. }) = last else { panic!("{last:?}") };
    let state = send(&state, ExportAction::SaveRecipe);
    assert_eq!(name, "manifest.recipe.json");
    let marked = state.opened.as_ref().unwrap().history.edits().clone();
    let state = send(&state, EditAction::Undo);
    let bytes = bytes.to_vec().into();
    let state = send(&state, ExportAction::RecipeRead { name, bytes });
    let found = state.export.recipe.clone().unwrap();
    let outcome = |state: &State| found.outcome(state.opened.as_ref().unwrap());
    let keys: Vec<_> = outcome(&state).lines.iter().map(|said| said.key).collect();
    assert_eq!(keys, ["recipe.matched", "export.recipe-urls"]);
    let said = |state: &State| (outcome(state).changes, outcome(state).applied);
    assert_eq!(said(&state), (true, false));
    // It stays where it is when the work is exported meanwhile.
    let state = send(&state, ExportAction::Open);
    let state = send(&state, ExportAction::ApplyRecipe);
    assert_eq!(*state.opened.as_ref().unwrap().history.edits(), marked);
    assert_eq!(said(&state), (false, true));
    assert_eq!(said(&send(&state, EditAction::Undo)), (true, false), "it can be applied again");
    assert_eq!(said(&send(&state, EditAction::Unmark(0, Unmark::RemoveUrls))), (true, true));
    let bytes = b"{}".as_slice().into();
    let state = send(&state, ExportAction::RecipeRead { name: "x".into(), bytes });
    assert!(state.export.recipe.as_ref().unwrap().recipe.is_err());
}

use std::sync::Arc;

use crate::app::{Effect, Notice, NoticeKind, State};
use crate::manifest::Digest;
use crate::msg;

/// A document leaves the page, in its very bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TakeAction {
    /// “Copy manifest”: the root, whose digest is the new digest.
    Copy,
    /// “Download manifest”: the root, whose digest is the new digest.
    Download,
    /// Download the document that was loaded with this digest, as it becomes.
    DownloadDocument(Digest),
}

pub(in crate::app) fn update(state: &mut State, action: TakeAction, effects: &mut Vec<Effect>) {
    let Some(opened) = state.opened.clone() else { return };
    // The buttons are off meanwhile, but keys work: nothing leaves without what was typed.
    if opened.unapplied().is_some() {
        let notice = Notice { kind: NoticeKind::Failed, message: msg!("rewrite.unapplied") };
        state.view.notice = Some(notice);
        return;
    }
    let root = opened.image.root();
    let bytes = |id: &Digest| opened.rendered.node(id).map(|node| node.bytes.clone());
    match action {
        TakeAction::Copy => {
            if let Some(bytes) = bytes(root) {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                effects.push(Effect::Copy(text));
            }
        }
        TakeAction::Download => {
            if let Some(bytes) = bytes(root) {
                download(effects, format!("{}.json", opened.file_stem()), bytes);
                // Of an index whose children changed, its own bytes are not the whole work.
                if opened.history.edits().iter().all(|(id, _)| id == root) {
                    state.mark_saved(opened.history.edits());
                }
            }
        }
        TakeAction::DownloadDocument(id) => {
            if let Some(bytes) = bytes(&id) {
                let name = format!("{}-{}.json", opened.file_stem(), &id.hex()[..12]);
                download(effects, name, bytes);
            }
        }
    }
}

fn download(effects: &mut Vec<Effect>, name: String, bytes: Arc<[u8]>) {
    effects.push(Effect::Download { name, media_type: "application/json", bytes });
}

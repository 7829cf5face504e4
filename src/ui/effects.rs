//! Does what the state asks of the outside world, and tells it what came of it.

use std::rc::Rc;

use yew::prelude::*;

use super::context::Context;
use crate::app::{Effect, Notice, NoticeKind, SourceAction, State, ViewAction};
use crate::browser::{clipboard, files, preferences};
use crate::msg;

/// Runs each effect of the outbox once.
#[hook]
pub(crate) fn use_effects(state: &Rc<State>, context: &Context) {
    let seen = use_mut_ref(|| 0);
    let (state, context) = (state.clone(), context.clone());
    use_effect_with(state.outbox.last(), move |last| {
        let before = seen.replace(*last);
        for (_, effect) in state.outbox.after(before) {
            run(effect.clone(), &state, context.clone());
        }
    });
}

fn run(effect: Effect, state: &State, context: Context) {
    match effect {
        Effect::Download { name, media_type, bytes } => {
            if files::download(&name, media_type, &bytes).is_none() {
                failed(&context, msg!("notice.download-failed"));
            }
        }
        Effect::KeepPreferences => preferences::keep_theme(state.view.theme),
        Effect::Copy(text) => wasm_bindgen_futures::spawn_local(async move {
            let notice = if clipboard::copy(&text).await.is_some() {
                Notice { kind: NoticeKind::Done, message: msg!("notice.copied") }
            } else {
                Notice { kind: NoticeKind::Failed, message: msg!("notice.copy-failed") }
            };
            context.send(ViewAction::Notice(notice));
        }),
        Effect::ReadFile(id) => wasm_bindgen_futures::spawn_local(async move {
            match files::read(id, crate::manifest::MAX_BYTES).await {
                Ok((name, bytes)) => context.send(SourceAction::FileRead { name, bytes }),
                Err(failure) => context.send(SourceAction::Failed(failure)),
            }
        }),
        Effect::LoadReference(_) | Effect::LoadChildren(_) => {}
    }
}

fn failed(context: &Context, message: crate::text::Message) {
    context.send(ViewAction::Notice(Notice { kind: NoticeKind::Failed, message }));
}

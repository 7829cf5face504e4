//! What is in the second wasm file: registries, pushing, exporting, archives, downloads.

use std::rc::Rc;

use yew::Html;

use super::common::failure;
use super::export::{dialog, making};
use super::layers::verifying;
use super::load::{access, archiving, browse};
use super::push::{plan, pushes};
use crate::app::{Effect, State};
use crate::browser::worker;
use crate::ui::effects::Runner;
use crate::ui::parts::{Panel, Second};

/// The ways into it.
pub(crate) const SECOND: Second = Second { show, run, serve: worker::serve };

fn show(panel: Panel, state: &Rc<State>) -> Html {
    match panel {
        Panel::Access => access::view(state),
        Panel::Archive => archiving::view(state),
        Panel::Browse => browse::view(state),
        Panel::Export => dialog::view(state),
        Panel::Failure => failure::view(state),
        Panel::LeavePush => pushes::leave(state),
        Panel::Push => plan::view(state),
        Panel::Pushes => pushes::view(state),
    }
}

fn run(runner: &Runner, effect: Effect, state: &Rc<State>) {
    match &effect {
        Effect::ReadFile(_) | Effect::OpenRoot(_) | Effect::ReadBase(_) => {
            archiving::run(runner, &effect, state);
        }
        Effect::SaveReport(_)
        | Effect::SaveArchive(_)
        | Effect::StopArchive
        | Effect::ReadRecipe(_) => making::run(runner, &effect, state),
        Effect::AskUrls(_)
        | Effect::StartVerify(..)
        | Effect::PauseVerify(..)
        | Effect::StopVerify(_) => verifying::run(runner, &effect, state),
        _ => runner.below().carry_out(effect, state),
    }
}

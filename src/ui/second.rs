//! What is in the second wasm file: registries, pushing, exporting, archives, downloads.

use std::rc::Rc;

use yew::Html;

use super::common::failure;
use super::deliver;
use super::documents::{bring, compare, config, entries, health};
use super::export::{dialog, recipe};
use super::load::{access, archive, browse};
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
        Panel::Archive => archive::view(state),
        Panel::Browse => browse::view(state),
        Panel::Bring => bring::view(state),
        Panel::Compare => compare::view(state),
        Panel::Config => config::view(state),
        Panel::Entries => entries::view(state),
        Panel::Deliver => deliver::view(state),
        Panel::Export => dialog::view(state),
        Panel::Failure => failure::view(state),
        Panel::Health => health::view(state),
        Panel::LeavePush => pushes::leave(state),
        Panel::Push => plan::view(state),
        Panel::Pushes => pushes::view(state),
        Panel::Recipe => recipe::view(state),
    }
}

fn run(runner: &Runner, effect: Effect, state: &Rc<State>) {
    runner.below().carry_out(effect, state);
}

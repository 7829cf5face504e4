//! Recipes, at the head of the layers: opening one, what it would do, applying and saving.

use std::rc::Rc;

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::app::{
    Area, ExportAction, ExportState, Opened, OpenedRecipe, Origin, RecipeOutcome, State,
};
use crate::browser::files;
use crate::export::ChooseBy;
use crate::msg;
use crate::text::Message;
use crate::ui::common::choice::Choice;
use crate::ui::common::context::{Context, use_ctx};

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) export: Area<ExportState>,
    /// The image as it rested.
    pub(crate) opened: Rc<Opened>,
    /// Whether the image is at a registry, so that a link can name it.
    pub(crate) linkable: bool,
}

pub(crate) fn view(state: &Rc<State>) -> Html {
    let Some(opened) = state.opened.clone() else { return Html::default() };
    let linkable = matches!(opened.origin, Origin::Registry { .. });
    html! { <Recipes export={state.export.clone()} {opened} {linkable} /> }
}

/// What the recipe that was opened would do, and the buttons for opening and saving one.
#[component]
fn Recipes(props: &Props) -> Html {
    let context = &use_ctx();
    let export = &props.export;
    let outcome = use_memo((export.recipe.clone(), props.opened.clone()), |(recipe, opened)| {
        recipe.as_ref().map(|recipe| recipe.outcome(opened)).unwrap_or_default()
    });
    let onchange = {
        let context = context.clone();
        Callback::from(move |event: Event| {
            let input: HtmlInputElement = event.target_unchecked_into();
            if let Some(file) = input.files().and_then(|files| files.item(0)) {
                context.send(ExportAction::OpenRecipe(files::keep(file)));
            }
            // The same file again is a new choice.
            input.set_value("");
        })
    };
    let choices = vec![
        (ChooseBy::Position, context.t(msg!("export.by-position"))),
        (ChooseBy::History, context.t(msg!("export.by-history"))),
        (ChooseBy::Digest, context.t(msg!("export.by-digest"))),
    ];
    let onchoose = context.on(ExportAction::ChooseBy);
    html! {
        <div class="body stack">
            <Choice<ChooseBy> label={context.t(msg!("export.choose-by"))} chosen={export.choose_by}
                {choices} {onchoose} />
            <div class="row wrapping">
                { button(context, msg!("export.save-recipe"), ExportAction::SaveRecipe) }
                <label class="button">
                    <input type="file" accept=".json,application/json" class="visually-hidden" {onchange} />
                    { context.t(msg!("export.open-recipe")) }
                </label>
                if props.linkable {
                    <span class="spacer"></span>
                    { button(context, msg!("export.copy-link"), ExportAction::CopyLink(false)) }
                    { button(context, msg!("export.copy-link-edits"), ExportAction::CopyLink(true)) }
                }
            </div>
            <div role="status">
                { for export.recipe_remarks.iter().map(|said| html! { <p class="hint">{ context.t(said) }</p> }) }
            </div>
            if let Some(found) = &export.recipe {
                { opened_recipe(context, found, &outcome) }
            }
        </div>
    }
}

fn opened_recipe(context: &Context, found: &OpenedRecipe, outcome: &RecipeOutcome) -> Html {
    if let Err(error) = &found.recipe {
        return html! {
            <p class="error" role="alert">{ found.name.clone() }{ ": " }{ context.t(error.message()) }</p>
        };
    }
    let verdict = match (outcome.changes, outcome.applied) {
        (true, _) => msg!("export.recipe-would", name = &found.name),
        (false, true) => msg!("export.recipe-applied", name = &found.name),
        (false, false) => msg!("export.recipe-nothing", name = &found.name),
    };
    html! {
        <div class="stack" role="status">
            <p>{ context.t(verdict) }</p>
            <ul class="plain-list">
                { for outcome.lines.iter().map(|line| html! { <li>{ context.t(line) }</li> }) }
            </ul>
            if outcome.changes {
                <div class="row">
                    <button class="primary" onclick={context.on(|_| ExportAction::ApplyRecipe)}>
                        { context.t(msg!("export.apply-recipe")) }
                    </button>
                </div>
            }
        </div>
    }
}

fn button(context: &Context, label: Message, action: ExportAction) -> Html {
    html! {
        <button onclick={context.on(move |_| action.clone())}>{ context.t(label) }</button>
    }
}

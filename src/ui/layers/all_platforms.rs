//! The layers of all platforms in one table by build step, and what is done to many at once.

use std::rc::Rc;

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::app::{Area, Criterion, Opened, State, VerifyState, WholeAction};
use crate::image::StepLayer;
use crate::msg;
use crate::text::Message;
use crate::ui::common::button::button;
use crate::ui::common::choice::chosen_line;
use crate::ui::common::context::use_ctx;
use crate::ui::layers::row::platform_name;
use crate::ui::layers::scope::Scope;
use crate::ui::layers::step_rows::StepRows;
use crate::ui::layers::table::{TemplateField, TemplateProps, table_head};
use crate::ui::layers::url_checks::VerifyBar;
use crate::ui::load::source::typed;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) opened: Rc<Opened>,
    pub(crate) verify: Area<VerifyState>,
}

pub(crate) fn view(state: &Rc<State>) -> Html {
    let Some(opened) = &state.opened else { return Html::default() };
    html! { <WholeLayers opened={opened.clone()} verify={state.verify.clone()} /> }
}

/// The table of all platforms.
#[component]
fn WholeLayers(props: &Props) -> Html {
    let context = use_ctx();
    let (opened, verify) = (&props.opened, &props.verify);
    let steps = opened.steps();
    let count = steps.layers().count();
    let is_selected = |layer: &&StepLayer| opened.whole.selected.contains(&layer.digest);
    let selected = steps.layers().filter(is_selected).count();
    let none = || (selected == 0).then(|| msg!("layers.none-selected"));
    let has_urls = opened.image.documents().any(|(id, _)| opened.totals(id).with_urls > 0);
    html! {
        <section class="card layers" aria-labelledby="layers-title">
            <h3 id="layers-title" tabindex="-1">
                { context.t(msg!("layers.title")) }
                <span class="chip">{ steps.steps.len() }</span>
                <span class="spacer"></span>
                <Scope opened={opened.clone()} />
            </h3>
            <PlatformBoxes opened={opened.clone()} />
            <Chooser opened={opened.clone()} />
            <div class="bulk">
                <TemplateField opened={opened.clone()} />
            { button(&context, "", msg!("layers.apply"), none(), WholeAction::ApplyTemplate) }
            { button(&context, "quiet", msg!("layers.unmark-selected"), none(), WholeAction::UnmarkSelected) }
                <p id="template-help" class={classes!("hint", opened.template_error.as_ref().map(|_| "error"))}>
                    { match &opened.template_error {
                        Some(error) => context.t(error.message()),
                        None if selected == 0 => context.t(msg!("layers.template-help")),
                        None => context.t(msg!("layers.selected", count = selected)),
                    } }
                </p>
            </div>
            if has_urls || verify.pending() > 0 {
                <VerifyBar verify={verify.clone()} />
            }
            <table class="layers whole" aria-labelledby="layers-title">
                { table_head(&context, (selected, count), WholeAction::SelectAll) }
                <StepRows opened={opened.clone()} verify={verify.clone()} {steps} />
            </table>
        </section>
    }
}

/// The platforms, to leave some of them out.
#[component]
fn PlatformBoxes(props: &TemplateProps) -> Html {
    let context = use_ctx();
    let opened = &props.opened;
    let boxes = opened.platforms().into_iter().map(|manifest| {
        let name = platform_name(&manifest);
        let id = manifest.id;
        let checked = !opened.whole.left_out.contains(&id);
        let onchange = context.on(move |event: Event| {
            let input: HtmlInputElement = event.target_unchecked_into();
            WholeAction::Platform(id.clone(), input.checked())
        });
        html! {
            <label class="check"><input type="checkbox" {checked} {onchange} />{ name }</label>
        }
    });
    html! {
        <div class="row wrapping boxes" role="group" aria-label={context.t(msg!("whole.platforms"))}>
            { for boxes }
        </div>
    }
}

fn criterion_name(criterion: Criterion) -> Message {
    match criterion {
        Criterion::History => msg!("whole.by-history"),
        Criterion::AtLeast => msg!("whole.at-least"),
        Criterion::AtMost => msg!("whole.at-most"),
        Criterion::Position => msg!("whole.by-position"),
        Criterion::FromBase => msg!("whole.from-base"),
        Criterion::Foreign => msg!("whole.foreign"),
    }
}

/// The condition by which layers are selected.
#[component]
fn Chooser(props: &TemplateProps) -> Html {
    let context = use_ctx();
    let whole = &props.opened.whole;
    let onsubmit = {
        let context = context.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            context.send(WholeAction::Choose);
        })
    };
    let onchange = context.on(|event: Event| {
        let criterion = chosen_line(&event).and_then(|at| Criterion::ALL.get(at));
        WholeAction::Criterion(criterion.copied().unwrap_or_default())
    });
    let options = Criterion::ALL.iter().map(|&criterion| {
        html! {
            <option selected={criterion == whole.criterion}>{ context.t(criterion_name(criterion)) }</option>
        }
    });
    let hint = match whole.criterion {
        Criterion::History => "RUN apt-get",
        Criterion::AtLeast | Criterion::AtMost => "10 MB",
        Criterion::Position => "0, 2-4, -1",
        Criterion::FromBase | Criterion::Foreign => "",
    };
    html! {
        <form class="row wrapping boxes" {onsubmit}>
            <select aria-label={context.t(msg!("whole.select-by"))} {onchange}>{ for options }</select>
            if whole.criterion.takes_text() {
            <input type="text" spellcheck="false" autocomplete="off" placeholder={hint}
                aria-label={context.t(msg!("whole.condition"))} aria-describedby="whole-problem"
                aria-invalid={whole.problem.is_some().then_some("true")} value={whole.text.clone()}
                oninput={context.on(|event: InputEvent| WholeAction::Text(typed(&event)))} />
            }
            <button type="submit">{ context.t(msg!("whole.choose")) }</button>
            <button type="button" class="quiet" onclick={context.on(|_| WholeAction::Add)}>
                { context.t(msg!("whole.add")) }
            </button>
            <p id="whole-problem" class="hint error" role="status">
                { whole.problem.as_ref().map(|problem| context.t(problem)).unwrap_or_default() }
            </p>
        </form>
    }
}

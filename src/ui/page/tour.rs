//! The tour: a few words on each part of the page, which stays usable meanwhile.

use std::rc::Rc;

use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use crate::app::{GuideAction, State, TourStep};
use crate::msg;
use crate::ui::common::context::use_ctx;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) step: TourStep,
}

/// Tells the style sheet of which part the tour speaks.
const MARK: &str = "data-toured";

pub(crate) fn view(state: &Rc<State>) -> Html {
    state.guide.tour.map(|step| html! { <Tour {step} /> }).unwrap_or_default()
}

#[component]
fn Tour(props: &Props) -> Html {
    let context = use_ctx();
    let node = use_node_ref();
    let step = props.step;
    use_effect_with(step, {
        let node = node.clone();
        move |step| {
            let part = part_of(*step);
            if let Some(part) = &part {
                part.set_attribute(MARK, "").ok();
                part.scroll_into_view_with_bool(*step != TourStep::Changes);
            }
            if let Some(card) = node.cast::<HtmlElement>() {
                card.focus().ok();
            }
            move || {
                if let Some(part) = part {
                    part.remove_attribute(MARK).ok();
                }
            }
        }
    });
    let (title, text) = step.messages();
    let position = msg!("tour.step", step = step.number(), count = TourStep::ALL.len());
    let onkeydown = {
        let context = context.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                context.send(GuideAction::EndTour);
            }
        })
    };
    html! {
        <section ref={node} class="tour card" role="dialog" aria-labelledby="tour-title" aria-describedby="tour-text"
            tabindex="-1" {onkeydown}>
            <p class="hint">{ context.t(position) }</p>
            <h2 id="tour-title">{ context.t(title) }</h2>
            <p id="tour-text">{ context.t(text) }</p>
            <div class="row">
                if step.after().is_some() {
                    <button class="quiet" onclick={context.on(|_| GuideAction::EndTour)}>
                        { context.t(msg!("tour.end")) }
                    </button>
                }
                <span class="spacer"></span>
                if let Some(before) = step.before() {
                    <button onclick={context.on(move |_| GuideAction::Step(before))}>
                        { context.t(msg!("tour.back")) }
                    </button>
                }
                if let Some(after) = step.after() {
                    <button class="primary" onclick={context.on(move |_| GuideAction::Step(after))}>
                        { context.t(msg!("tour.next")) }
                    </button>
                } else {
                    <button class="primary" onclick={context.on(|_| GuideAction::EndTour)}>
                        { context.t(msg!("tour.done")) }
                    </button>
                }
            </div>
        </section>
    }
}

/// The part of the page that a step speaks of.
fn part_of(step: TourStep) -> Option<Element> {
    let selector = match step {
        TourStep::Source => "section.source",
        TourStep::Digests => "section.summary",
        TourStep::Layers => "section.layers",
        TourStep::Changes => "section.changes",
        TourStep::Actions => "footer.actions",
    };
    web_sys::window()?.document()?.query_selector(selector).ok()?
}

//! The card “Config of this platform”: how the image runs, to read, search and copy.

use std::rc::Rc;

use yew::prelude::*;

use crate::app::{Opened, State, ViewAction};
use crate::image::{ConfigFact, config_facts};
use crate::msg;
use crate::text::visible;
use crate::ui::common::context::{Context, use_ctx};
use crate::ui::load::source::typed;

/// How many lines are shown; a search finds the others.
const SHOWN: usize = 300;

#[derive(PartialEq, Properties)]
struct Props {
    opened: Rc<Opened>,
}

pub(crate) fn view(state: &Rc<State>) -> Html {
    let opened = state.opened.as_ref();
    opened.map(|opened| html! { <Facts opened={opened.clone()} /> }).unwrap_or_default()
}

#[component]
fn Facts(props: &Props) -> Html {
    let context = use_ctx();
    let search = use_state_eq(String::new);
    let opened = &props.opened;
    let text = opened.image.config_of(&opened.current).and_then(|config| config.text.clone());
    let is_kept = text.is_some();
    let facts = use_memo(text, |text| text.as_deref().map(config_facts).unwrap_or_default());
    let wanted = search.to_lowercase();
    let fits = |(_, fact): &(usize, &ConfigFact)| {
        fact.name.to_lowercase().contains(&wanted) || fact.value.to_lowercase().contains(&wanted)
    };
    let mut found = facts.iter().enumerate().filter(fits);
    let rows = found.by_ref().take(SHOWN).map(|(at, fact)| row(&context, at, fact));
    let rows: Vec<Html> = rows.collect();
    let rest = found.count();
    let oninput = {
        let search = search.setter();
        Callback::from(move |event: InputEvent| search.set(typed(&event)))
    };
    html! {
        <>
            <p class="hint">{ context.t(msg!("config-facts.hint")) }</p>
            <p class="hint mono">{ "regctl image mod --config-entrypoint … · crane mutate --entrypoint …" }</p>
            if !is_kept {
                <p>{ context.t(msg!("config-facts.not-kept")) }</p>
            } else if facts.is_empty() {
                <p>{ context.t(msg!("config-facts.none")) }</p>
            } else {
                <input type="search" autocomplete="off" value={(*search).clone()} {oninput}
                    aria-label={context.t(msg!("config-facts.search"))}
                    placeholder={context.t(msg!("config-facts.search"))} />
                <div class="scroll">
                    <table class="entries" aria-label={context.t(msg!("config-facts.title"))}>
                        <tbody>{ for rows }</tbody>
                    </table>
                </div>
                if rest > 0 {
                    <p class="hint">{ context.t(msg!("whole.and-more", count = rest)) }</p>
                }
            }
        </>
    }
}

/// A line, by its place among all: its words come from outside, and two lines may say the same.
fn row(context: &Context, at: usize, fact: &ConfigFact) -> Html {
    let copied = fact.value.clone();
    let name = visible(&fact.name);
    html! {
        <tr key={at}>
            <th scope="row" class="mono">{ name.clone() }</th>
            <td class="mono">{ visible(&fact.value) }</td>
            <td>
                <button class="quiet small" onclick={context.on(move |_| ViewAction::Copy(copied.clone()))}
                    aria-label={context.t(msg!("config-facts.copy", name = &name))}>
                    { context.t(msg!("summary.copy")) }
                </button>
            </td>
        </tr>
    }
}

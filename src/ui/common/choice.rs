//! One of a few, as buttons in a row; and which line of a list is chosen.

use web_sys::HtmlSelectElement;
use yew::prelude::*;

/// Which of its lines a list has chosen, from zero.
pub(crate) fn chosen_line(event: &Event) -> Option<usize> {
    let select: HtmlSelectElement = event.target_dyn_into()?;
    usize::try_from(select.selected_index()).ok()
}

#[derive(PartialEq, Properties)]
pub(crate) struct Props<T: PartialEq> {
    /// What is chosen, for people who do not see that the buttons belong together.
    pub(crate) label: AttrValue,
    pub(crate) chosen: T,
    pub(crate) choices: Vec<(T, AttrValue)>,
    pub(crate) onchoose: Callback<T>,
    /// The ids of the buttons begin with this, where they are given the focus.
    #[prop_or_default]
    pub(crate) id: Option<&'static str>,
}

#[component]
pub(crate) fn Choice<T: Copy + PartialEq + 'static>(props: &Props<T>) -> Html {
    let buttons = props.choices.iter().enumerate().map(|(at, (value, name))| {
        let id = props.id.map(|id| format!("{id}-{at}"));
        let (value, onchoose) = (*value, props.onchoose.clone());
        html! {
            <button class="small" {id} aria-pressed={(value == props.chosen).to_string()}
                onclick={move |_| onchoose.emit(value)}>
                { name.clone() }
            </button>
        }
    });
    html! { <div class="choice" role="group" aria-label={props.label.clone()}>{ for buttons }</div> }
}

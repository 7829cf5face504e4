//! The table “Layers” of the current document, and what is done to many layers at once.

use std::rc::Rc;

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::app::{Action, Area, EditAction, Opened, VerifyState};
use crate::msg;
use crate::ui::common::button::button;
use crate::ui::common::choice::chosen_line;
use crate::ui::common::context::{Context, use_ctx};
use crate::ui::layers::row::twins;
use crate::ui::layers::rows::{GROUP, LayerRows};
use crate::ui::layers::scope::Scope;
use crate::ui::layers::url_checks::VerifyBar;
use crate::ui::load::source::typed;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) opened: Rc<Opened>,
    pub(crate) verify: Area<VerifyState>,
}

#[component]
pub(crate) fn Layers(props: &Props) -> Html {
    let context = use_ctx();
    let (opened, verify) = (&props.opened, &props.verify);
    let of_document =
        use_memo((opened.image.clone(), opened.base().cloned()), |(image, document)| {
            let layers = document.as_ref().map(|document| document.layers()).unwrap_or_default();
            let config = image.config_of(&opened.current);
            let origins = config.map(|config| config.origins(layers.len()));
            let words = |text: &str| AttrValue::from(text.to_owned());
            let made_by =
                origins.iter().flatten().map(|origin| origin.made_by.map(words)).collect();
            let made_by: Rc<[Option<AttrValue>]> = made_by;
            (made_by, layers.iter().map(|layer| layer.size).max().unwrap_or(0))
        });
    let (made_by, largest) = (&of_document.0, of_document.1);
    let twins = use_memo(opened.clone(), |opened| twins(opened));
    let Some(document) = opened.base() else { return Html::default() };
    if document.kind().is_index() {
        return html! {
            <section class="card">
                <h3>
                    { context.t(msg!("layers.title")) }
                    <span class="spacer"></span>
                    <Scope opened={opened.clone()} />
                </h3>
                <p class="body hint">{ context.t(msg!("layers.choose-platform")) }</p>
            </section>
        };
    }
    let count = document.layers().len();
    let has_urls = opened.image.documents().any(|(id, _)| opened.totals(id).with_urls > 0);
    let groups = (0..count.div_ceil(GROUP)).map(|group| {
        html! {
            <LayerRows key={group} {group} opened={opened.clone()} verify={verify.clone()}
                made_by={made_by.clone()} {largest} twins={(*twins).clone()} />
        }
    });
    html! {
        <section class="card layers" aria-labelledby="layers-title">
            <h3>
                <span id="layers-title" tabindex="-1">{ context.t(msg!("layers.title")) }</span>
                <span class="chip">{ count }</span>
                <span class="spacer"></span>
                <Scope opened={opened.clone()} />
            </h3>
            <Bulk opened={opened.clone()} />
            if has_urls || verify.pending() > 0 {
                <VerifyBar verify={verify.clone()} />
            }
            <table class="layers" aria-labelledby="layers-title">
                { table_head(&context, (opened.selected.len(), count), EditAction::SelectAll) }
                { for groups }
            </table>
            if count == 0 {
                <p class="body hint">{ context.t(msg!("layers.none")) }</p>
            }
        </section>
    }
}

/// The head of a table of layers, with the box that selects all of them: so many are, of so many.
pub(crate) fn table_head<A: Into<Action> + 'static>(
    context: &Context,
    (selected, of): (usize, usize),
    select: fn(bool) -> A,
) -> Html {
    let all = of > 0 && selected == of;
    let onchange = context.on(move |event: Event| {
        let input: HtmlInputElement = event.target_unchecked_into();
        select(input.checked())
    });
    html! {
        <thead>
            <tr>
                <th scope="col" data-label={context.t(msg!("layers.select-all"))}>
                    <input type="checkbox" aria-label={context.t(msg!("layers.select-all"))}
                        checked={all} ~indeterminate={selected > 0 && !all} {onchange} />
                </th>
                <th scope="col" class="num">{ "#" }</th>
                <th scope="col">{ context.t(msg!("layers.made-by")) }</th>
                <th scope="col" class="num">{ context.t(msg!("layers.size")) }</th>
                <th scope="col">{ context.t(msg!("layers.foreign")) }</th>
            </tr>
        </thead>
    }
}

/// The URL template and what it is applied to.
#[component]
fn Bulk(props: &TemplateProps) -> Html {
    let context = use_ctx();
    let opened = &props.opened;
    let selected = opened.selected.len();
    let error = opened.template_error.as_ref();
    let none = || (selected == 0).then(|| msg!("layers.none-selected"));
    html! {
        <div class="bulk">
            <TemplateField opened={opened.clone()} />
            { button(&context, "", msg!("layers.apply"), none(), EditAction::ApplyTemplate) }
            { button(&context, "quiet", msg!("layers.unmark-selected"), none(), EditAction::UnmarkSelected) }
            <p id="template-help" class={classes!("hint", error.map(|_| "error"))}>
                { match error {
                    Some(error) => context.t(error.message()),
                    None if selected == 0 => context.t(msg!("layers.template-help")),
                    None => context.t(msg!("layers.selected", count = selected)),
                } }
            </p>
        </div>
    }
}

#[derive(PartialEq, Properties)]
pub(crate) struct TemplateProps {
    pub(crate) opened: Rc<Opened>,
}

/// The field “URL template”; what is said of it stands under `template-help`.
#[component]
pub(crate) fn TemplateField(props: &TemplateProps) -> Html {
    let context = use_ctx();
    let opened = &props.opened;
    let error = opened.template_error.as_ref();
    let lines = opened.template.lines().count().clamp(1, 6).to_string();
    html! {
        <>
            <label for="template">{ context.t(msg!("layers.template")) }</label>
            <div class="stack">
            <TemplateChoice text={opened.template.clone()} />
            <textarea id="template" rows={lines} spellcheck="false" autocomplete="off"
                placeholder={"https://cdn.example.com/{repository}/blobs/{digest}"}
                aria-describedby="template-help" aria-invalid={error.is_some().then_some("true")}
                value={opened.template.clone()}
                oninput={context.on(|event: InputEvent| EditAction::Template(typed(&event)))} />
            </div>
        </>
    }
}

#[derive(PartialEq, Properties)]
struct TemplateChoiceProps {
    /// The text of “URL template”.
    text: String,
}

/// The templates of the portal, to choose one of them; nothing where it has none.
#[component]
fn TemplateChoice(props: &TemplateChoiceProps) -> Html {
    let context = use_ctx();
    let templates = &context.config().templates;
    if templates.is_empty() {
        return Html::default();
    }
    let onchange = {
        let context = context.clone();
        Callback::from(move |event: Event| {
            let chosen = chosen_line(&event).and_then(|at| context.config().templates.get(at));
            if let Some(chosen) = chosen {
                context.send(EditAction::Template(chosen.text.clone()));
            }
        })
    };
    let options = templates.iter().map(|template| {
        let selected = template.text == props.text;
        html! { <option {selected}>{ template.name.clone() }</option> }
    });
    let own = !templates.iter().any(|template| template.text == props.text);
    html! {
        <select aria-label={context.t(msg!("layers.portal-template"))} {onchange}>
            { for options }
            if own {
                <option selected={true}>{ context.t(msg!("layers.own-template")) }</option>
            }
        </select>
    }
}

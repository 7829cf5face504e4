//! The card “Compare”: the open image, as it becomes, beside another one.

use std::rc::Rc;

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::app::{AskedAt, CompareAction, DeskAction, Found, Opened, State};
use crate::browser::files;
use crate::image::{ComparedPart, Comparison, Difference, PartEquality, Shape};
use crate::msg;
use crate::text::{excerpt, visible};
use crate::ui::common::context::{Context, use_ctx};
use crate::ui::documents::desk::use_toggled;
use crate::ui::load::access::Access;
use crate::ui::load::source::typed;

/// How many parts, and how many differences of each, are told one by one; what is saved has all.
const SHOWN: usize = 200;

/// How many characters of a value are shown.
const LONGEST: usize = 1000;

#[derive(PartialEq, Properties)]
struct Props {
    state: Rc<State>,
}

pub(crate) fn view(state: &Rc<State>) -> Html {
    html! { <Card state={state.clone()} /> }
}

#[component]
fn Card(props: &Props) -> Html {
    let context = use_ctx();
    let state = &props.state;
    let compare = &state.desk.compare;
    let compared = use_memo((state.opened.clone(), compare.found.clone()), |(opened, found)| {
        opened.as_ref()?.compared_with(found.as_ref()?)
    });
    let text = state.compare_text().to_owned();
    let onsubmit = {
        let context = context.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            context.send(CompareAction::Start);
        })
    };
    let onchange = {
        let context = context.clone();
        Callback::from(move |event: Event| {
            let input: HtmlInputElement = event.target_unchecked_into();
            if let Some(file) = input.files().and_then(|files| files.item(0)) {
                context.send(CompareAction::File(files::keep(file)));
            }
            input.set_value("");
        })
    };
    html! {
        <>
            <p class="hint">{ context.t(msg!("compare.hint")) }</p>
            <form class="row fields" {onsubmit}>
                <label>
                    <span>{ context.t(msg!("compare.reference")) }</span>
                    <input type="text" spellcheck="false" autocomplete="off" autocapitalize="off"
                        placeholder="registry.example.com/team/app:1" value={text.clone()}
                        oninput={context.on(|event: InputEvent| CompareAction::Text(typed(&event)))} />
                </label>
                <button type="submit" disabled={compare.loading || text.trim().is_empty()}>
                    { context.t(msg!("compare.start")) }
                </button>
                if compare.loading {
                    <button type="button" onclick={context.on(|_| CompareAction::Stop)}>
                        { context.t(msg!("source.cancel")) }
                    </button>
                }
            </form>
            <div class="row">
                <label class="button small">
                    <input type="file" class="visually-hidden" {onchange} disabled={compare.loading} />
                    { context.t(msg!("compare.file")) }
                </label>
            </div>
            <Access access={state.access.clone()} at={AskedAt::Compare} />
            <div class="stack" role="status">
                if compare.loading {
                    <p>{ context.t(msg!("compare.loading")) }</p>
                }
                if let Some(problem) = &compare.problem {
                    <p class="error">{ context.t(problem) }</p>
                }
                if let (Some(comparison), Some(found)) = (&*compared, &compare.found) {
                    { summary(&context, comparison, found) }
                }
            </div>
            if let (Some(comparison), Some(opened), Some(found)) = (&*compared, &state.opened, &compare.found) {
                { result(&context, comparison, opened, found) }
            }
        </>
    }
}

fn summary(context: &Context, comparison: &Comparison, found: &Found) -> Html {
    let says = comparison.sentences().into_iter().map(|each| context.t(each).to_string());
    let says: Vec<String> = says.collect();
    html! {
        <p>
            <span class="hint">{ context.t(msg!("compare.with", name = visible(&found.name))) }</span>
            { " " }<strong>{ says.join(" ") }</strong>
        </p>
    }
}

fn result(
    context: &Context,
    comparison: &Comparison,
    opened: &Rc<Opened>,
    found: &Rc<Found>,
) -> Html {
    let odd = comparison.parts.iter().filter(|part| part.state != PartEquality::Same);
    let rest = odd.clone().count().saturating_sub(SHOWN);
    let same = comparison.count(PartEquality::Same);
    let is_open = odd.clone().count() + usize::from(!comparison.index.is_empty()) == 1;
    let digest = |label, digest: &crate::manifest::Digest| {
        html! { <><dt>{ context.t(label) }</dt><dd class="mono">{ digest.to_string() }</dd></> }
    };
    html! {
        <>
            <dl class="compared">
                { digest(msg!("compare.digest-here"), &comparison.here) }
                { digest(msg!("compare.digest-there"), &comparison.there) }
            </dl>
            if !comparison.index.is_empty() {
                <Fold title={context.t(msg!("compare.index"))} state={AttrValue::default()} {is_open}
                    differences={comparison.index.clone()} same_layers={0} />
            }
            { for odd.take(SHOWN).enumerate().map(|(at, part)| self::part(context, (at, part), comparison.shape, is_open, opened, found)) }
            if rest > 0 {
                <p class="hint">{ context.t(msg!("whole.and-more", count = rest)) }</p>
            }
            if same > 0 && comparison.shape == Shape::Indexes {
                <p class="hint">{ context.t(msg!("compare.same-parts", count = same)) }</p>
            }
            <div class="row wrapping">
                <button class="small" onclick={context.on(|_| CompareAction::Save)}>
                    { context.t(msg!("compare.save")) }
                </button>
            </div>
        </>
    }
}

fn part(
    context: &Context,
    (at, part): (usize, &ComparedPart),
    shape: Shape,
    is_open: bool,
    opened: &Opened,
    found: &Found,
) -> Html {
    let title = context.t(part.title());
    let key = format!("{at} {title}");
    let state = context.t(part.state.message());
    if part.state == PartEquality::Differs {
        let (differences, same_layers) = (part.differences.clone(), part.same_layers);
        return html! { <Fold {key} {title} {state} {is_open} {differences} {same_layers} /> };
    }
    let digest = part.here.as_ref().or(part.there.as_ref());
    let digest = digest.map(|digest| (digest.short(), digest.to_string()));
    html! {
        <div {key} class="row wrapping">
            <span>{ title.clone() }</span>
            <span class="chip">{ state }</span>
            { for digest.map(|(short, whole)| html! { <span class="mono hint" title={whole}>{ short }</span> }) }
            if shape == Shape::Indexes && part.state == PartEquality::OnlyThere {
                { add(context, (at, part), &title, opened, found) }
            }
        </div>
    }
}

/// The button that adds an entry which only the other index has.
fn add(
    context: &Context,
    (at, part): (usize, &ComparedPart),
    title: &str,
    opened: &Opened,
    found: &Found,
) -> Html {
    let Some(digest) = part.entry.as_ref().map(|entry| entry.digest.clone()) else {
        return Html::default();
    };
    let unavailable = !opened.can_add(found, &digest);
    let label = context.t(msg!("compare.add-of", part = title));
    let id = format!("compare-add-{at}");
    let why = unavailable.then(|| id.clone());
    let onclick = {
        let context = context.clone();
        Callback::from(move |_: MouseEvent| {
            if !unavailable {
                context.send(CompareAction::Add(digest.clone()));
            }
        })
    };
    html! {
        <>
            <button class="quiet small" aria-label={label} aria-disabled={unavailable.then_some("true")}
                aria-describedby={why} {onclick}>{ context.t(msg!("compare.add")) }</button>
            if unavailable {
                <span {id} class="hint">{ context.t(msg!("compare.add-not-loaded")) }</span>
            }
        </>
    }
}

#[derive(PartialEq, Properties)]
struct FoldProps {
    title: AttrValue,
    state: AttrValue,
    /// Whether it is open from the start: nothing else differs.
    is_open: bool,
    differences: Vec<Difference>,
    same_layers: usize,
}

/// What differs in one document, folded; the table is made when it is opened.
#[component]
fn Fold(props: &FoldProps) -> Html {
    let context = use_ctx();
    let (is_open, ontoggle) = use_toggled();
    let count = props.differences.len();
    html! {
        <details class="compared-part" open={props.is_open} {ontoggle}>
            <summary>
                <span>{ &props.title }</span>
                if !props.state.is_empty() {
                    <span class="chip">{ &props.state }</span>
                }
                <span class="hint">{ context.t(msg!("compare.differences", count = count)) }</span>
            </summary>
            if is_open || props.is_open {
                { table(&context, props) }
            }
        </details>
    }
}

fn table(context: &Context, props: &FoldProps) -> Html {
    let label = context.t(msg!("compare.table", part = props.title.as_str()));
    let head = [msg!("compare.what"), msg!("compare.digest-here"), msg!("compare.digest-there")];
    let rest = props.differences.len().saturating_sub(SHOWN);
    html! {
        <>
            <div class="scroll">
                <table class="entries compared" aria-label={label}>
                    <thead><tr>
                        { for head.iter().map(|key| html! { <th scope="col">{ context.t(key) }</th> }) }
                        <td></td>
                    </tr></thead>
                    <tbody>{ for props.differences.iter().take(SHOWN).map(|each| line(context, each)) }</tbody>
                </table>
            </div>
            if rest > 0 {
                <p class="hint">{ context.t(msg!("whole.and-more", count = rest)) }</p>
            }
            if props.same_layers > 0 {
                <p class="hint">{ context.t(msg!("compare.same-layers", count = props.same_layers)) }</p>
            }
        </>
    }
}

fn line(context: &Context, difference: &Difference) -> Html {
    let title = context.t(difference.title());
    let value = |value: &Option<String>| match value {
        Some(value) => html! { <td class="mono">{ excerpt(value, LONGEST) }</td> },
        None => html! { <td class="hint">{ "–" }</td> },
    };
    html! {
        <tr key={format!("{:?}", difference.aspect)}>
            <th scope="row">{ title.clone() }</th>
            { value(&difference.here) }
            { value(&difference.there) }
            <td>{ take_over(context, difference, &title) }</td>
        </tr>
    }
}

/// The button that sets an annotation here as it is there.
fn take_over(context: &Context, difference: &Difference, title: &str) -> Html {
    if difference.follows() {
        return html! {
            <>
                <button class="quiet small" aria-disabled="true"
                    aria-label={context.t(msg!("compare.take-over-of", name = title))}
                    title={context.t(msg!("compare.follows"))}>
                    { context.t(msg!("compare.take-over")) }
                </button>
                <p class="hint">{ context.t(msg!("compare.follows")) }</p>
            </>
        };
    }
    let Some((place, name)) = difference.annotation() else { return Html::default() };
    let (place, name, value) = (place.clone(), name.to_owned(), difference.there.clone());
    let (label, named) = if value.is_some() {
        (msg!("compare.take-over"), msg!("compare.take-over-of", name = title))
    } else {
        (msg!("compare.remove"), msg!("compare.remove-of", name = title))
    };
    let onclick = context.on(move |_: MouseEvent| {
        let (document, name, value) = (place.document.clone(), name.clone(), value.clone());
        match place.entry.clone() {
            Some(key) => DeskAction::AnnotateEntry(document, key, name, value),
            None => DeskAction::AnnotateDocument(document, name, value),
        }
    });
    html! {
        <button class="quiet small" aria-label={context.t(named)} {onclick}>{ context.t(label) }</button>
    }
}

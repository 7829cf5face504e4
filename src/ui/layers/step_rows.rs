//! The rows of the table of all platforms: one for each build step, with its layers where they are
//! marked.

use std::rc::Rc;
use std::sync::Arc;

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::app::{Area, Opened, Target, UrlCheck, VerifyState, ViewAction, WholeAction};
use crate::image::{BuildStep, LayerMarks, StepLayer, Steps};
use crate::msg;
use crate::text::{Arg, Message};
use crate::ui::common::context::{Context, use_ctx};
use crate::ui::common::visible_rows::use_visible_rows;
use crate::ui::layers::row::{Twins, half_marked, platform_name, problem, switch, twins};
use crate::ui::layers::url_checks::UrlChecks;
use crate::ui::load::source::typed;

/// How many rows a group has, of which only those near the screen are drawn: few, because a group is
/// drawn between two frames.
const GROUP: usize = 10;
/// How many groups are drawn wherever they stand.
const AT_ONCE: usize = 6;
/// About the height of a row.
const ROW_HEIGHT: usize = 56;
/// How many platforms a row names.
const NAMED: usize = 6;
/// Up to how many sizes stand below each other.
const SIZES: usize = 3;
/// Up to how many layers of a marked step are not folded away.
const UNFOLDED: usize = 4;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) opened: Rc<Opened>,
    pub(crate) verify: Area<VerifyState>,
    pub(crate) steps: Arc<Steps>,
}

/// The rows: in a long table those far from the screen are not drawn.
#[component]
pub(crate) fn StepRows(props: &Props) -> Html {
    let Props { opened, verify, steps } = props;
    let count = steps.steps.len();
    let near = use_visible_rows(count.div_ceil(GROUP), AT_ONCE);
    let all = count <= AT_ONCE * GROUP;
    let names = use_memo(steps.clone(), |steps| -> Rc<[AttrValue]> {
        steps.manifests().map(|manifest| platform_name(manifest).into()).collect()
    });
    let twins = use_memo(opened.clone(), |opened| twins(opened));
    let marks = steps.marks(opened.history.edits());
    let row = |at: usize| {
        let Some(step) = steps.steps.get(at) else { return Html::default() };
        let marks = marks.of(step);
        let places = steps.places(step);
        let known = |(layer, marks): (&StepLayer, &LayerMarks)| {
            let urls = marks.mark.as_ref().and_then(|mark| mark.urls.as_deref());
            let first = layer.manifests.first().and_then(|&at| steps.manifest(at));
            let draft = first.and_then(|it| opened.drafts.get(&(it.id.clone(), step.number)));
            Known {
                checks: verify.of(&layer.digest, urls),
                file: verify.file_of(&layer.digest),
                draft: draft.cloned(),
            }
        };
        let known = step.layers.iter().zip(&marks).map(known).collect::<Rc<[Known]>>();
        let selected = |layer: &&StepLayer| opened.whole.selected.contains(&layer.digest);
        let twins = twins.iter().find(|twins| twins.marked.iter().any(|it| places.contains(it)));
        let id = places.first().map(|place| place.manifest.as_str()).unwrap_or_default();
        let key = format!("{} {id}", step.number);
        html! {
            <StepRow {key} steps={steps.clone()} {at} names={(*names).clone()}
                selected={step.layers.iter().filter(selected).count()}
                marks={Rc::from(marks)} twins={twins.cloned()} {known} />
        }
    };
    let rows = |group: usize| {
        let rows = group * GROUP..count.min((group + 1) * GROUP);
        let id = format!("rows-{group}");
        if all || near.draws(group) {
            return html! { <tbody key={group} {id}>{ for rows.map(row) }</tbody> };
        }
        // The height is an attribute because the page's policy forbids inline styles.
        let height = near.height(group, rows.len() * ROW_HEIGHT).to_string();
        html! { <tbody key={group} {id}><tr {height} aria-hidden="true" /></tbody> }
    };
    html! { <>{ for (0..count.div_ceil(GROUP)).map(rows) }</> }
}

/// What is known of a layer beside the image.
#[derive(Clone, PartialEq)]
struct Known {
    checks: Rc<[Option<UrlCheck>]>,
    file: Option<(Target, UrlCheck)>,
    /// The URL field as it is being typed.
    draft: Option<String>,
}

#[derive(Properties)]
struct RowProps {
    steps: Arc<Steps>,
    /// Which of the steps.
    at: usize,
    /// How its layers are marked.
    marks: Rc<[LayerMarks]>,
    /// Where it is not marked although it is elsewhere.
    twins: Option<Twins>,
    /// The platforms in the order of the manifests.
    names: Rc<[AttrValue]>,
    /// How many of its layers are selected.
    selected: usize,
    known: Rc<[Known]>,
}

/// Steps are the same ones until something else than marks changes.
impl PartialEq for RowProps {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.steps, &other.steps)
            && self.at == other.at
            && self.marks == other.marks
            && self.twins == other.twins
            && self.names == other.names
            && self.selected == other.selected
            && self.known == other.known
    }
}

#[component]
fn StepRow(props: &RowProps) -> Html {
    let context = use_ctx();
    let Some(step) = props.steps.steps.get(props.at) else { return Html::default() };
    let number = step.number;
    let count: usize = props.marks.iter().map(|layer| layer.foreign.len()).sum();
    let on = count > 0 && props.marks.iter().all(|layer| layer.unmarked.is_empty());
    let is_barred = props.marks.iter().all(|layer| layer.barred.is_some());
    let barred = props.marks.first().filter(|_| is_barred).and_then(|layer| layer.barred);
    let manifests = || step.layers.iter().flat_map(|layer| &layer.manifests);
    let platforms = names(props, manifests());
    // The number alone names a step that has it for itself.
    let named = |alone: Message, on: Message| context.t(if step.is_alone { alone } else { on });
    let places: Rc<[_]> = props.steps.places(step).into();
    let toggle = WholeAction::MarkStep(number, places, !on);
    let digests: Rc<[_]> = step.layers.iter().map(|layer| layer.digest.clone()).collect();
    let select = context.on(move |event: MouseEvent| {
        let input: HtmlInputElement = event.target_unchecked_into();
        WholeAction::SelectStep(digests.clone(), input.checked())
    });
    let all = props.selected == step.layers.len();
    html! {
        <tr class={classes!("layer", (count > 0).then_some("marked"))}>
            <td class="pick">
                <input type="checkbox" class="pick" checked={all} onclick={select}
                    ~indeterminate={props.selected > 0 && !all}
                    aria-label={named(
                        msg!("layer.select", index = number),
                        msg!("steps.select-on", index = number, platforms = &platforms),
                    )} />
            </td>
            <td class="num index">{ number }</td>
            <td class="what">
                if let Some(command) = &step.command {
                    <div class="made" title={command.clone()}>{ command.clone() }</div>
                }
                <div class="dig">
                    if let [layer] = step.layers.as_slice() { { digest(&context, number, layer) } }
                    { chips(&context, props, manifests()) }
                    { marked(&context, count, step.uses()) }
                </div>
                if let Some(reason) = barred {
                    <p class="hint">{ context.t(reason.message()) }</p>
                }
                { for props.twins.as_ref().map(|twins| half_marked(&context, twins)) }
                { layers(&context, props, step) }
            </td>
            <td class="num size">{ sizes(&context, props, step) }</td>
            <td class="toggle">
                { switch(&context, named(
                    msg!("layer.mark", index = number),
                    msg!("steps.mark-on", index = number, platforms = &platforms),
                ), on, barred, toggle) }
            </td>
        </tr>
    }
}

/// The names of these manifests' platforms.
fn names<'a>(props: &RowProps, manifests: impl Iterator<Item = &'a usize>) -> String {
    let found = manifests.filter_map(|&at| props.names.get(at));
    found.map(AttrValue::as_str).collect::<Vec<_>>().join(", ")
}

fn chips<'a>(
    context: &Context,
    props: &RowProps,
    manifests: impl Iterator<Item = &'a usize>,
) -> Html {
    let named: Vec<&AttrValue> = manifests.filter_map(|&at| props.names.get(at)).collect();
    let rest = named.len().saturating_sub(NAMED);
    let chip = |name: &&AttrValue| html! { <span class="chip">{ (*name).clone() }</span> };
    html! {
        <>
            { for named.iter().take(NAMED).map(chip) }
            if rest > 0 {
                <span class="chip">{ context.t(msg!("whole.and-more", count = rest)) }</span>
            }
        </>
    }
}

/// On how many platforms a step is marked.
fn marked(context: &Context, count: usize, of: usize) -> Html {
    let words = match count {
        0 => return Html::default(),
        all if all == of => msg!("layer.foreign"),
        _ => msg!("whole.somewhere", count = count, of = of),
    };
    html! { <span class="chip foreign">{ context.t(words) }</span> }
}

/// The size of each layer where there are few, else the smallest and the largest; and a bar.
fn sizes(context: &Context, props: &RowProps, step: &BuildStep) -> Html {
    let mut distinct: Vec<(u64, &StepLayer)> = Vec::new();
    for layer in &step.layers {
        if !distinct.iter().any(|(size, _)| *size == layer.size) {
            distinct.push((layer.size, layer));
        }
    }
    let one = |&(size, layer): &(u64, &StepLayer)| {
        html! {
            <div title={context.t(msg!("layer.exact-size", bytes = size))}>
                if step.layers.len() > 1 {
                    <span class="visually-hidden">{ names(props, layer.manifests.iter()) }{ ": " }</span>
                }
                { context.t(msg!("layer.size", size = Arg::Bytes(size))) }
            </div>
        }
    };
    let shown = if distinct.len() > SIZES {
        distinct.sort_unstable_by_key(|(size, _)| *size);
        vec![distinct[0], distinct[distinct.len() - 1]]
    } else {
        distinct
    };
    let size = step.layers.iter().map(|layer| layer.size).max().unwrap_or(0);
    let permille = size.saturating_mul(1000).checked_div(props.steps.largest).unwrap_or(0);
    html! {
        <>
            <div class="sizes">{ for shown.iter().map(one) }</div>
            <svg class="bar" width="100%" height="4" aria-hidden="true">
                <rect class="whole" width="100%" height="4" rx="2" />
                <rect class="part" width={format!("{}.{}%", permille / 10, permille % 10)} height="4" rx="2" />
            </svg>
        </>
    }
}

fn digest(context: &Context, number: usize, layer: &StepLayer) -> Html {
    let (whole, short) = (layer.digest.to_string(), layer.digest.short());
    let copy = whole.clone();
    html! {
        <button class="copy mono" title={whole} onclick={context.on(move |_| ViewAction::Copy(copy.clone()))}
            aria-label={context.t(msg!("layer.copy-digest", index = number, digest = &short))}>
            { &short }
        </button>
    }
}

/// The single layers of a step that is marked or has URLs, each with its URLs and what is known of
/// them.
fn layers(context: &Context, props: &RowProps, step: &BuildStep) -> Html {
    let says = |marks: &LayerMarks| {
        !marks.foreign.is_empty() || marks.mark.as_ref().is_none_or(|mark| mark.urls.is_some())
    };
    if !props.marks.iter().any(says) {
        return Html::default();
    }
    let several = step.layers.len() > 1;
    let list = step.layers.iter().zip(props.marks.iter()).zip(props.known.iter());
    let list = list.map(|(layer, known)| single(context, props, step, layer, known, several));
    let list = html! { <div class="singles">{ for list }</div> };
    if step.layers.len() <= UNFOLDED {
        return list;
    }
    html! {
        <details class="jumps">
            <summary>{ context.t(msg!("steps.single-layers", count = step.layers.len())) }</summary>
            { list }
        </details>
    }
}

fn single(
    context: &Context,
    props: &RowProps,
    step: &BuildStep,
    (layer, marks): (&StepLayer, &LayerMarks),
    known: &Known,
    several: bool,
) -> Html {
    let number = step.number;
    let platforms = names(props, layer.manifests.iter());
    let on = marks.is_on();
    let urls = marks.mark.as_ref().and_then(|mark| mark.urls.clone()).unwrap_or_default();
    let label = if several || !step.is_alone {
        msg!("steps.urls-on", index = number, platforms = &platforms)
    } else {
        msg!("layer.urls", index = number)
    };
    let set = {
        let digest = layer.digest.clone();
        context.on(move |event: InputEvent| WholeAction::Urls(digest.clone(), typed(&event)))
    };
    let shows = !marks.foreign.is_empty() || !urls.is_empty();
    let problem = marks.mark.as_ref().and_then(|mark| problem(context.config(), mark, &urls));
    let help = format!("urls-{}-help", layer.digest.short());
    let checked: Rc<[String]> = urls.clone().into();
    html! {
        <div key={layer.digest.to_string()} class={classes!("single", several.then_some("several"))}>
            if several {
                <div class="dig">
                    { chips(context, props, layer.manifests.iter()) }
                    { digest(context, number, layer) }
                    <span class="spacer"></span>
                    { switch(context, context.t(msg!("steps.mark-on", index = number, platforms = &platforms)),
                        on, marks.barred, WholeAction::Mark(layer.digest.clone(), !on)) }
                </div>
            }
            if marks.mark.is_none() {
                <p class="hint">{ context.t(msg!("whole.differs")) }</p>
            } else if shows {
                <div class="urls">
                    <textarea rows={urls.len().clamp(1, 8).to_string()} spellcheck="false" autocomplete="off"
                        aria-label={context.t(label)} aria-describedby={help.clone()}
                        aria-invalid={problem.is_some().then_some("true")} placeholder="https://cdn.example.com/…"
                        value={known.draft.clone().unwrap_or_else(|| urls.join("\n"))} oninput={set} />
                    <div id={help}>
                        { for problem.map(|problem| html! { <p class="hint error">{ context.t(problem) }</p> }) }
                    </div>
                </div>
                <UrlChecks layer={layer.digest.clone()} size={layer.size} urls={checked}
                    checks={known.checks.clone()} file={known.file.clone()} />
            }
        </div>
    }
}

//! The layers of all platforms in one table, each digest once, and what is done to many at once.

use std::rc::Rc;

use web_sys::{HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};
use yew::prelude::*;

use crate::app::{Criterion, Opened, State, WholeAction};
use crate::image::{GroupState, LayerGroup, LayerGroups, PlatformManifest, image_manifests};
use crate::manifest::media_type::NoTwin;
use crate::msg;
use crate::text::{Arg, Message};
use crate::ui::common::context::use_ctx;
use crate::ui::common::visible_rows::use_near_rows;
use crate::ui::layers::scope::Scope;
use crate::ui::layers::table::TemplateField;
use crate::ui::load::source::typed;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) opened: Rc<Opened>,
}

/// How many rows a group has, of which only those near the screen are drawn: few, because a group is
/// drawn between two frames.
const GROUP: usize = 10;
/// How many groups are drawn wherever they stand.
const AT_ONCE: usize = 6;
/// About the height of a row.
const ROW_HEIGHT: usize = 50;

pub(crate) fn view(state: &Rc<State>) -> Html {
    let opened = state.opened.as_ref();
    opened.map(|opened| html! { <WholeLayers opened={opened.clone()} /> }).unwrap_or_default()
}

/// The table of all platforms.
#[component]
fn WholeLayers(props: &Props) -> Html {
    let context = use_ctx();
    let opened = &props.opened;
    let groups = Rc::new(opened.groups());
    let count = groups.groups.len();
    let selected =
        groups.groups.iter().filter(|group| opened.whole.selected.contains(&group.digest)).count();
    let all = count > 0 && selected == count;
    let select_all = context.on(|event: Event| {
        let input: HtmlInputElement = event.target_unchecked_into();
        WholeAction::SelectAll(input.checked())
    });
    html! {
        <section class="card layers" aria-labelledby="layers-title">
            <h3 id="layers-title" tabindex="-1">
                { context.t(msg!("layers.title")) }
                <span class="chip">{ count }</span>
                <span class="spacer"></span>
                <Scope opened={opened.clone()} />
            </h3>
            <PlatformBoxes opened={opened.clone()} />
            <Chooser opened={opened.clone()} />
            <div class="bulk">
                <TemplateField opened={opened.clone()} />
                <button disabled={selected == 0} onclick={context.on(|_| WholeAction::ApplyTemplate)}>
                    { context.t(msg!("layers.apply")) }
                </button>
                <button class="quiet" disabled={selected == 0} onclick={context.on(|_| WholeAction::UnmarkSelected)}>
                    { context.t(msg!("layers.unmark-selected")) }
                </button>
                <p id="template-help" class={classes!("hint", opened.template_error.as_ref().map(|_| "error"))}>
                    { match &opened.template_error {
                        Some(error) => context.t(error.message()),
                        None if selected == 0 => context.t(msg!("layers.template-help")),
                        None => context.t(msg!("layers.selected", count = selected)),
                    } }
                </p>
            </div>
            <table class="layers whole" aria-labelledby="layers-title">
                <thead>
                    <tr>
                        <th scope="col" data-label={context.t(msg!("layers.select-all"))}>
                            <input type="checkbox" aria-label={context.t(msg!("layers.select-all"))}
                                checked={all} onchange={select_all} />
                        </th>
                        <th scope="col" class="num" title={context.t(msg!("whole.uses-title"))}>{ "×" }</th>
                        <th scope="col">{ context.t(msg!("layers.made-by")) }</th>
                        <th scope="col" class="num">{ context.t(msg!("layers.size")) }</th>
                        <th scope="col">{ context.t(msg!("layers.foreign")) }</th>
                    </tr>
                </thead>
                <Rows opened={opened.clone()} {groups} />
            </table>
        </section>
    }
}

#[derive(PartialEq, Properties)]
struct RowsProps {
    opened: Rc<Opened>,
    groups: Rc<LayerGroups>,
}

/// The rows of the table: in a long one those far from the screen are not drawn.
#[component]
fn Rows(props: &RowsProps) -> Html {
    let RowsProps { opened, groups } = props;
    let count = groups.groups.len();
    let near = use_near_rows(count.div_ceil(GROUP), AT_ONCE);
    let all = count <= AT_ONCE * GROUP;
    let names = use_memo(groups.clone(), |groups| -> Rc<[AttrValue]> {
        groups.manifests.iter().map(platform_name).collect()
    });
    let row = |group: &LayerGroup| {
        let made_by = made_by(opened, &groups.manifests, group);
        html! {
            <GroupRow key={group.digest.to_string()} group={group.clone()} names={(*names).clone()} {made_by}
                selected={opened.whole.selected.contains(&group.digest)}
                barred={opened.barred(groups, group)} />
        }
    };
    let rows = |(at, rows): (usize, &[LayerGroup])| {
        let id = format!("rows-{at}");
        if all || near.draws(at) {
            return html! { <tbody key={at} {id}>{ for rows.iter().map(row) }</tbody> };
        }
        // The height is an attribute because the page's policy forbids inline styles.
        let height = near.height(at, rows.len() * ROW_HEIGHT).to_string();
        html! { <tbody key={at} {id}><tr {height} aria-hidden="true" /></tbody> }
    };
    html! { <>{ for groups.groups.chunks(GROUP).enumerate().map(rows) }</> }
}

fn platform_name(manifest: &PlatformManifest) -> AttrValue {
    match &manifest.platform {
        Some(platform) => platform.to_string().into(),
        None => manifest.id.short().into(),
    }
}

/// The command that made the layer where it stands first.
fn made_by(
    opened: &Opened,
    manifests: &[PlatformManifest],
    group: &LayerGroup,
) -> Option<AttrValue> {
    let &(manifest, index) = group.uses.first()?;
    let id = &manifests.get(manifest)?.id;
    let count = opened.image.base(opened.history.edits(), id)?.layers().len();
    let origins = opened.image.config_of(id)?.origins(count);
    origins.get(index)?.made_by.map(|text| AttrValue::from(text.to_owned()))
}

/// The platforms, to leave some of them out.
#[component]
fn PlatformBoxes(props: &Props) -> Html {
    let context = use_ctx();
    let opened = &props.opened;
    let boxes = image_manifests(&opened.image, opened.history.edits()).into_iter();
    let boxes = boxes.map(|(id, platform)| {
        let checked = !opened.whole.left_out.contains(&id);
        let manifest = PlatformManifest { id: id.clone(), platform };
        let onchange = context.on(move |event: Event| {
            let input: HtmlInputElement = event.target_unchecked_into();
            WholeAction::Platform(id.clone(), input.checked())
        });
        html! {
            <label class="check"><input type="checkbox" {checked} {onchange} />{ platform_name(&manifest) }</label>
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
fn Chooser(props: &Props) -> Html {
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
        let select: HtmlSelectElement = event.target_unchecked_into();
        let index = usize::try_from(select.selected_index()).unwrap_or_default();
        WholeAction::Criterion(Criterion::ALL.get(index).copied().unwrap_or_default())
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

#[derive(PartialEq, Properties)]
struct RowProps {
    group: LayerGroup,
    /// The platforms in the order of the groups' uses.
    names: Rc<[AttrValue]>,
    made_by: Option<AttrValue>,
    selected: bool,
    barred: Option<NoTwin>,
}

/// How many platforms a row names.
const NAMED: usize = 6;

#[component]
fn GroupRow(props: &RowProps) -> Html {
    let context = use_ctx();
    let group = &props.group;
    let everywhere = group.state() == GroupState::Everywhere;
    let digest = group.digest.clone();
    let toggle = context.on(move |_: Event| WholeAction::Mark(digest.clone(), !everywhere));
    let digest = group.digest.clone();
    let select = context.on(move |event: Event| {
        let input: HtmlInputElement = event.target_unchecked_into();
        WholeAction::Select(digest.clone(), input.checked())
    });
    let digest = group.digest.clone();
    let set_urls = context.on(move |event: Event| {
        let area: HtmlTextAreaElement = event.target_unchecked_into();
        WholeAction::Urls(digest.clone(), area.value())
    });
    let short = group.digest.short();
    let named: Vec<&AttrValue> =
        group.uses.iter().filter_map(|(manifest, _)| props.names.get(*manifest)).collect();
    let chips = named
        .iter()
        .take(NAMED)
        .map(|name| html! { <span class="chip">{ (*name).clone() }</span> });
    let rest = named.len().saturating_sub(NAMED);
    let title = named.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
    let urls = group.mark.as_ref().and_then(|mark| mark.urls.clone()).unwrap_or_default();
    html! {
        <tr class={classes!("layer", (group.foreign > 0).then_some("marked"))}>
            <td class="pick">
                <input type="checkbox" class="pick" checked={props.selected} onchange={select}
                    aria-label={context.t(msg!("whole.select", layer = &short))} />
            </td>
            <td class="num index">{ group.uses.len() }</td>
            <td class="what">
                if let Some(made_by) = &props.made_by {
                    <div class="made" title={made_by.clone()}>{ made_by.clone() }</div>
                }
                <div class="dig" {title}>
                    <span class="mono" title={group.digest.to_string()}>{ &short }</span>
                    { for chips }
                    if rest > 0 {
                        <span class="chip">{ context.t(msg!("whole.and-more", count = rest)) }</span>
                    }
                    { match group.state() {
                        GroupState::Nowhere => Html::default(),
                        GroupState::Everywhere => html! {
                            <span class="chip foreign">{ context.t(msg!("layer.foreign")) }</span>
                        },
                        GroupState::Somewhere => html! {
                            <span class="chip foreign">
                                { context.t(msg!("whole.somewhere", count = group.foreign, of = group.uses.len())) }
                            </span>
                        },
                    } }
                </div>
                if let Some(reason) = props.barred {
                    <p class="hint">{ context.t(reason.message()) }</p>
                }
                if group.mark.is_some() && group.foreign > 0 {
                    <div class="urls">
                    <textarea rows={urls.len().max(1).to_string()} spellcheck="false" autocomplete="off"
                        aria-label={context.t(msg!("whole.urls", layer = &short))}
                        placeholder="https://cdn.example.com/…" value={urls.join("\n")}
                        onchange={set_urls} />
                    </div>
                } else {
                    { for urls.iter().map(|url| html! { <div class="mono url">{ url }</div> }) }
                }
                if group.mark.is_none() {
                    <p class="hint">{ context.t(msg!("whole.differs")) }</p>
                } else if group.foreign > 0 && urls.is_empty() {
                    <p class="hint error">{ context.t(msg!("layer.no-urls")) }</p>
                }
            </td>
            <td class="num size" title={context.t(msg!("layer.exact-size", bytes = group.size))}>
                { context.t(msg!("layer.size", size = Arg::Bytes(group.size))) }
            </td>
            <td class="toggle">
                <input type="checkbox" role="switch" class="switch" checked={everywhere}
                    disabled={props.barred.is_some()} onchange={toggle}
                    aria-label={context.t(msg!("whole.mark", layer = &short))} />
            </td>
        </tr>
    }
}

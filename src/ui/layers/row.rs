//! One layer: what it is, whether it is marked, and its URLs.

use std::rc::Rc;
use std::sync::Arc;

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::app::{
    Action, Config, EditAction, Opened, Target, Unmark, UrlCheck, ViewAction, WholeAction,
};
use crate::image::{LayerPlace, PlatformManifest};
use crate::manifest::media_type::{Family, NoTwin};
use crate::manifest::{Document, LayerMark, Platform, check_url, no_twin};
use crate::msg;
use crate::text::{Arg, Message};
use crate::ui::common::button::told;
use crate::ui::common::context::{Context, use_ctx};
use crate::ui::layers::url_checks::UrlChecks;
use crate::ui::load::source::typed;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) index: usize,
    pub(crate) document: Arc<Document>,
    pub(crate) family: Option<Family>,
    /// The edited mark; `None` where the layer says what it said.
    pub(crate) mark: Option<Arc<LayerMark>>,
    /// The URL field as it is being typed.
    pub(crate) draft: Option<String>,
    /// What the template makes for its empty URL field.
    pub(crate) offered: Option<String>,
    pub(crate) selected: bool,
    pub(crate) made_by: Option<AttrValue>,
    /// What is known of its URLs, in their order.
    pub(crate) checks: Rc<[Option<UrlCheck>]>,
    /// A file that was chosen to be compared with it.
    pub(crate) file: Option<(Target, UrlCheck)>,
    /// The size in bytes of the largest layer of the table.
    pub(crate) largest: u64,
    /// Where the same build step is not marked.
    pub(crate) twins: Option<Twins>,
}

/// A layer of the table that is marked while what the same build step made elsewhere is not.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Twins {
    /// The layer's zero-based index.
    pub(crate) index: usize,
    /// The names of the platforms.
    pub(crate) platforms: AttrValue,
    /// The layers that are marked.
    pub(crate) marked: Rc<[LayerPlace]>,
    /// The layers that are not.
    pub(crate) unmarked: Rc<[LayerPlace]>,
}

/// The layers of the table that are marked on some platforms only.
pub(crate) fn twins(opened: &Opened) -> Rc<[Twins]> {
    let half = opened.half_marked_in_table();
    if half.is_empty() {
        return Rc::default();
    }
    let manifests = opened.platforms();
    let name = |place: &LayerPlace| {
        let known = manifests.iter().find(|it| it.id == place.manifest);
        known.map(platform_name)
    };
    let twins = half.into_iter().map(|step| Twins {
        index: step.number,
        platforms: step.unmarked.iter().filter_map(name).collect::<Vec<_>>().join(", ").into(),
        marked: step.marked.into(),
        unmarked: step.unmarked.into(),
    });
    twins.collect()
}

/// The name of a manifest's platform; without one its digest.
pub(crate) fn platform_name(manifest: &PlatformManifest) -> String {
    manifest.platform.as_ref().map_or_else(|| manifest.id.short(), Platform::to_string)
}

#[component]
pub(crate) fn LayerRow(props: &Props) -> Html {
    let context = use_ctx();
    let index = props.index;
    let Some(layer) = props.document.layers().get(index) else { return Html::default() };
    let loaded = LayerMark::of(layer);
    let mark = props.mark.clone().unwrap_or_else(|| Arc::new(loaded.clone()));
    let foreign = mark.is_foreign();
    let barred = no_twin(layer, props.family);
    let packing =
        layer.layer_type().map_or(layer.media_type.clone(), |known| known.packing_name().into());
    let media_type = mark.media_type(layer, props.family);
    let digest = layer.digest.to_string();
    // A click is also what the space bar makes.
    let select = context.on(move |event: MouseEvent| {
        let input: HtmlInputElement = event.target_unchecked_into();
        if event.shift_key() {
            EditAction::SelectTo(index, input.checked())
        } else {
            EditAction::Select(index, input.checked())
        }
    });
    let toggle = if foreign {
        EditAction::Unmark(index, Unmark::RemoveUrls)
    } else {
        EditAction::Mark(index)
    };
    let permille = layer.size.saturating_mul(1000).checked_div(props.largest).unwrap_or(0);
    let changed = props.mark.is_some();
    let checked_urls: Rc<[String]> = mark.urls.clone().unwrap_or_default().into();
    let shows_urls = foreign || mark.urls.is_some() || props.draft.is_some();
    html! {
        <tr class={classes!("layer", foreign.then_some("marked"), changed.then_some("changed"))}>
            <td class="pick">
                <input type="checkbox" id={format!("select-{index}")} class="pick" checked={props.selected} onclick={select}
                    aria-label={context.t(msg!("layer.select", index = index))} />
            </td>
            <td class="num index">{ index }</td>
            <td class="what">
                if let Some(made_by) = &props.made_by {
                    <div class="made" title={made_by.clone()}>{ made_by.clone() }</div>
                }
                <div class="dig">
                    <button class="copy mono" title={digest.clone()} onclick={context.on(move |_| ViewAction::Copy(digest.clone()))}
                        aria-label={context.t(msg!("layer.copy-digest", index = index, digest = layer.digest.short()))}>
                        { layer.digest.short() }
                    </button>
                    <span class="chip" title={media_type}>{ packing }</span>
                    if foreign {
                        <span class="chip foreign">{ context.t(msg!("layer.foreign")) }</span>
                    }
                    if changed {
                        <span class="chip edited">{ context.t(msg!("layer.edited")) }</span>
                    }
                    if !shows_urls {
                        { add_urls(&context, index, &loaded) }
                    }
                </div>
                if let Some(reason) = barred {
                    <p class="hint">{ context.t(reason.message()) }</p>
                }
                { for props.twins.as_ref().map(|twins| half_marked(&context, twins)) }
                if shows_urls {
                    <Urls {index} {mark} draft={props.draft.clone()} offered={props.offered.clone()} />
                    <UrlChecks layer={layer.digest.clone()} size={layer.size} urls={checked_urls}
                        checks={props.checks.clone()} file={props.file.clone()} />
                }
            </td>
            <td class="num size" title={context.t(msg!("layer.exact-size", bytes = layer.size))}>
                { context.t(msg!("layer.size", size = Arg::Bytes(layer.size))) }
                <span class="visually-hidden">{ context.t(msg!("layer.exact-size", bytes = layer.size)) }</span>
                <svg class="bar" width="100%" height="4" aria-hidden="true">
                    <rect class="whole" width="100%" height="4" rx="2" />
                    <rect class="part" width={format!("{}.{}%", permille / 10, permille % 10)} height="4" rx="2" />
                </svg>
            </td>
            <td class="toggle">
                { switch(&context, context.t(msg!("layer.mark", index = index)), foreign, barred, toggle) }
            </td>
        </tr>
    }
}

/// The switch of a layer or a build step. One that cannot be marked stays focusable and says why.
pub(crate) fn switch(
    context: &Context,
    name: AttrValue,
    on: bool,
    barred: Option<NoTwin>,
    action: impl Into<Action>,
) -> Html {
    let reason = barred.map(|barred| context.t(barred.message()));
    let action = barred.map_or(action.into(), |barred| told(barred.message()));
    let onclick = {
        let context = context.clone();
        Callback::from(move |event: MouseEvent| {
            if barred.is_some() {
                event.prevent_default();
            }
            context.send(action.clone());
        })
    };
    html! {
        <input type="checkbox" role="switch" class="switch" checked={on} aria-label={name} title={reason}
            aria-disabled={barred.map(|_| "true")} {onclick} />
    }
}

/// Says that the same build step is not marked on other platforms.
pub(crate) fn half_marked(context: &Context, twins: &Twins) -> Html {
    let (index, places) = (twins.index, twins.unmarked.clone());
    let mark = context.on(move |_: MouseEvent| WholeAction::MarkStep(index, places.clone(), true));
    html! {
        <p class="half">
            <span>{ context.t(msg!("layer.half-marked", platforms = twins.platforms.to_string())) }</span>
            <button class="small" onclick={mark}
                aria-label={context.t(msg!("layer.mark-too-on", platforms = twins.platforms.to_string(), index = index))}>
                { context.t(msg!("layer.mark-too")) }
            </button>
        </p>
    }
}

#[derive(PartialEq, Properties)]
struct UrlsProps {
    index: usize,
    mark: Arc<LayerMark>,
    draft: Option<String>,
    offered: Option<String>,
}

/// Opens the field for URLs of a plain layer, and takes back those that it came with.
fn add_urls(context: &Context, index: usize, loaded: &LayerMark) -> Html {
    let fill = |text: String| {
        let context = context.clone();
        Callback::from(move |_: MouseEvent| {
            context.send(EditAction::Urls(index, text.clone()));
            context.send(ViewAction::Focus(format!("urls-{index}")));
        })
    };
    let had = loaded.urls.as_ref().filter(|urls| loaded.is_foreign() && !urls.is_empty());
    html! {<>
        <button class="quiet small add-urls" aria-label={context.t(msg!("layer.add-urls-to", index = index))}
            onclick={fill(String::new())}>
            { context.t(msg!("layer.add-urls")) }
        </button>
        if let Some(urls) = had {
            <button class="quiet small" onclick={fill(urls.join("\n"))}>
                { context.t(msg!("layer.keep-urls")) }
            </button>
        }
    </>}
}

/// The field of a layer's URLs, shown where there are some or there should be.
#[component]
fn Urls(props: &UrlsProps) -> Html {
    let context = use_ctx();
    let (index, mark) = (props.index, &props.mark);
    let urls = mark.urls.clone().unwrap_or_default();
    let text = props.draft.clone().unwrap_or_else(|| urls.join("\n"));
    let problem = problem(context.config(), mark, &urls);
    let help = format!("urls-{index}-help");
    let rows = text.lines().count().clamp(1, 8).to_string();
    html! {
        <div class="urls">
            <textarea id={format!("urls-{index}")} {rows} spellcheck="false" autocomplete="off"
                aria-label={context.t(msg!("layer.urls", index = index))}
                aria-describedby={help.clone()} aria-invalid={problem.is_some().then_some("true")}
                placeholder="https://cdn.example.com/…"
                value={text}
                oninput={context.on(move |event: InputEvent| EditAction::Urls(index, typed(&event)))} />
            <div id={help}>
                if let Some(problem) = problem {
                    <p class="hint error">{ context.t(problem) }</p>
                }
            </div>
            if let Some(offered) = props.offered.clone() {
                <button class="quiet small" title={offered.clone()}
                    onclick={
                        let context = context.clone();
                        move |_| {
                            context.send(EditAction::Urls(index, offered.clone()));
                            context.send(ViewAction::Focus(format!("urls-{index}")));
                        }
                    }>
                    { context.t(msg!("layer.use-template")) }
                </button>
            }
            if !mark.is_foreign() && mark.urls.is_some() {
                <button class="quiet small"
                    onclick={
                        let context = context.clone();
                        move |_| {
                            context.send(EditAction::Unmark(index, Unmark::RemoveUrls));
                            context.send(ViewAction::ShowLayer(index));
                        }
                    }>
                    { context.t(msg!("layer.remove-urls")) }
                </button>
            }
        </div>
    }
}

/// What is wrong with the URLs, for the line under the field.
pub(crate) fn problem(config: &Config, mark: &LayerMark, urls: &[String]) -> Option<Message> {
    if urls.is_empty() {
        return mark.is_foreign().then(|| msg!("layer.no-urls"));
    }
    urls.iter().enumerate().find_map(|(at, url)| {
        let error = match check_url(url) {
            Ok(()) => config.check_url(url).err()?.message(),
            Err(error) => error.message(),
        };
        Some(msg!("layer.url-problem", line = at + 1, error = error))
    })
}

//! The region “Deliver”: the marked layers as files, by commands, or straight to a server.

mod progress;
mod pull;
mod whole;

use std::collections::BTreeSet;
use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::app::{
    Area, BlobHomes, ChecksState, DeliverAction, DeliverState, Opened, State, Target, UrlCheck,
    VerifyAction, VerifyState, ViewAction,
};
use crate::browser::{focus, folders, sink};
use crate::deliver::{
    BlobHome, Delivery, Fetch, MarkedLayer, PutError, PutJob, Upload, delete_commands,
    fetch_commands, receivers, upload_commands,
};
use crate::export::Place;
use crate::manifest::UrlParts;
use crate::msg;
use crate::registry::Verdict;
use crate::run::MOST_IN_MEMORY;
use crate::text::{Arg, Message, visible};
use crate::ui::common::choice::chosen_line;
use crate::ui::common::context::{Context, use_ctx};
use crate::ui::load::source::typed;

#[derive(PartialEq, Properties)]
struct Props {
    opened: Rc<Opened>,
    deliver: Area<DeliverState>,
    verify: Area<VerifyState>,
    checks: Area<ChecksState>,
    /// Where the blobs are that commands fetch.
    home: Option<Place>,
}

pub(crate) fn view(state: &Rc<State>) -> Html {
    let Some(opened) = state.opened.clone() else { return Html::default() };
    html! {
        <Deliver {opened} deliver={state.deliver.clone()} verify={state.verify.clone()} checks={state.checks.clone()} home={state.blob_home()} />
    }
}

#[component]
fn Deliver(props: &Props) -> Html {
    let context = use_ctx();
    let opened = &props.opened;
    let deliver = &props.deliver;
    // What is made of the whole image is made anew only when it, or what was chosen, changes.
    let rendered = &opened.rendered;
    let marked = use_memo(rendered.clone(), |_| Marked::of(opened));
    let commands =
        use_memo((rendered.clone(), deliver.fetch, deliver.upload, props.home.clone()), |_| {
            commands(props, &marked.delivery)
        });
    let deletion = use_memo((rendered.clone(), props.home.clone()), |_| {
        Some(delete_commands(blob_home(props.home.as_ref()?), &marked.layers).join("\n"))
    });
    let typed = (deliver.presigned.clone(), deliver.also_loaded);
    let uploads = use_memo((rendered.clone(), typed), |_| opened.uploads(deliver));
    let situation = props.checks.situation.clone();
    let pulls = use_memo((rendered.clone(), situation, deliver.pull), |_| {
        pull::play(opened, &props.checks, deliver.pull)
    });
    let delivery = &marked.delivery;
    let keep = props.deliver.keep_marks;
    let complete = use_memo((opened.rendered.clone(), keep), |_| opened.complete(keep));
    let busy = props.deliver.running.is_some();
    // From here, for whoever asks for it first waits until the second file of the page is there.
    use_effect_with(props.deliver.led_to, |led_to| {
        if let Some((id, _)) = *led_to {
            spawn_local(focus::on(id));
        }
    });
    html! {
        <section class="card deliver" id="deliver" tabindex="-1" aria-labelledby="deliver-title">
            <h3><span id="deliver-title">{ context.t(msg!("deliver.title")) }</span>
                <span class="spacer"></span>
                <button class="quiet small" disabled={busy} onclick={context.on(|_| DeliverAction::Show(false))}>
                    { context.t(msg!("dialog.close")) }
                </button>
            </h3>
            <div class="body stack">
                { progress::view(&context, &props.deliver, opened) }
                if delivery.files.is_empty() && delivery.problems.is_empty() {
                    <p>{ context.t(msg!("deliver.nothing-marked")) }</p>
                } else {
                    { what(&context, delivery, &props.verify) }
                    { as_files(&context, &marked, busy) }
                    { by_commands(&context, props, &commands) }
                    { to_server(&context, props, &marked, &uploads, busy) }
                    { pull::view(&context, &pulls, deliver.pull) }
                    { whole::kept(&context, deletion.as_deref()) }
                    { whole::home_again(&context, opened) }
                }
                { whole::complete(&context, &props.deliver, (*complete).as_ref(), busy) }
            </div>
        </section>
    }
}

/// The marked layers of the open image.
struct Marked {
    layers: Vec<MarkedLayer>,
    /// The files that make their URLs true.
    delivery: Delivery,
    /// Where they can be had.
    homes: BlobHomes,
}

impl Marked {
    fn of(opened: &Opened) -> Self {
        let layers = opened.marked_layers();
        let delivery = Delivery::new(&layers);
        Self { layers, delivery, homes: BlobHomes::of(opened) }
    }
}

fn blob_home(home: &Place) -> BlobHome<'_> {
    let (registry, repository) = (home.registry.as_str(), home.repository.as_str());
    BlobHome { registry, repository, plain_http: home.plain_http }
}

/// The commands that fetch the layers, where that is known, and copy them to the server.
fn commands(props: &Props, delivery: &Delivery) -> String {
    let home = props.home.as_ref().map(blob_home);
    let fetch = home.map(|home| fetch_commands(props.deliver.fetch, home, delivery));
    let mut lines = fetch.unwrap_or_default();
    lines.extend(upload_commands(props.deliver.upload, delivery));
    lines.join("\n")
}

/// What is delivered, what is known of its URLs, and what has to be put right first.
fn what(context: &Context, delivery: &Delivery, verify: &VerifyState) -> Html {
    let files = &delivery.files;
    let is_good = |layer: &crate::manifest::Digest, url: &String| {
        let known = verify.of(layer, Some(std::slice::from_ref(url)));
        matches!(&known[..], [Some(UrlCheck::Done(found, _))] if found.verdict == Verdict::Verified)
    };
    let verified = files.iter().filter(|file| is_good(&file.digest, &file.url)).count();
    html! {
        <>
            <p>
                { context.t(msg!("deliver.what", count = files.len(), size = Arg::Bytes(delivery.size()))) }
                { " " }
                <span role="status">
                    { context.t(msg!("deliver.verified", count = verified, all = files.len())) }
                </span>
                { " " }
                <button class="small" onclick={context.on(|_| VerifyAction::VerifyAll)}>
                    { context.t(msg!("urls.verify-all")) }
                </button>
            </p>
            if !delivery.problems.is_empty() {
                <div role="alert">
                    <p>{ context.t(msg!("deliver.problems", count = delivery.problems.len())) }</p>
                    <ul class="plain-list">
                        { for delivery.problems.iter().take(SHOWN).map(|problem| html! {
                            <li class="failure">{ context.t(problem.message()) }</li>
                        }) }
                    </ul>
                </div>
            }
        </>
    }
}

/// How many of the same kind are told one by one.
const SHOWN: usize = 20;

fn heading(context: &Context, title: Message) -> Html {
    html! { <h4>{ context.t(title) }</h4> }
}

fn as_files(context: &Context, marked: &Marked, busy: bool) -> Html {
    let Marked { delivery, homes, .. } = marked;
    let nowhere = delivery.files.iter().filter(|file| !homes.may_have(&file.digest)).count();
    let waits = busy || nowhere > 0 || !delivery.problems.is_empty();
    let too_large = delivery.size() > MOST_IN_MEMORY && !sink::streams();
    let in_folder = match (folders::writes_folders(), delivery.fits_a_folder()) {
        (true, true) => None,
        (true, false) => Some(msg!("deliver.folder-names")),
        (false, _) => Some(msg!("deliver.no-folders")),
    };
    html! {
        <section class="stack">
            { heading(context, msg!("deliver.files")) }
            <p class="hint">{ context.t(msg!("deliver.files-hint", hosts = delivery.hosts().len().max(1))) }</p>
            if nowhere > 0 {
                <p class="failure">{ context.t(msg!("deliver.nowhere-count", count = nowhere)) }</p>
            }
            if too_large {
                <p class="hint">{ context.t(msg!("deliver.write-too-large", max = Arg::Bytes(MOST_IN_MEMORY))) }</p>
            }
            <div class="row wrapping">
                <button disabled={waits || too_large} onclick={context.on(|_| DeliverAction::SaveArchive)}>
                    { context.t(msg!("deliver.save-archive")) }
                </button>
                <button disabled={waits || in_folder.is_some()} onclick={context.on(|_| DeliverAction::WriteFolder)}>
                    { context.t(msg!("deliver.write-folder")) }
                </button>
            </div>
            { for in_folder.map(|why| html! { <p class="hint">{ context.t(why) }</p> }) }
        </section>
    }
}

fn by_commands(context: &Context, props: &Props, text: &str) -> Html {
    let deliver = &props.deliver;
    let fetch = context.on(|event: Event| DeliverAction::Fetch(chosen(&event, &Fetch::ALL)));
    let upload = context.on(|event: Event| DeliverAction::Upload(chosen(&event, &Upload::ALL)));
    let copied = text.to_owned();
    html! {
        <section class="stack">
            { heading(context, msg!("deliver.commands")) }
            <p class="hint">
                { context.t(msg!("deliver.commands-hint")) }
                if props.home.is_none() { { " " }{ context.t(msg!("deliver.commands-no-home")) } }
            </p>
            <div class="row fields">
                <label>
                    <span>{ context.t(msg!("deliver.fetch-with")) }</span>
                    <select onchange={fetch}>
                        { for Fetch::ALL.iter().map(|tool| html! {
                            <option selected={*tool == deliver.fetch}>{ tool.name() }</option>
                        }) }
                    </select>
                </label>
                <label>
                    <span>{ context.t(msg!("deliver.upload-with")) }</span>
                    <select onchange={upload}>
                        { for Upload::ALL.iter().map(|tool| html! {
                            <option selected={*tool == deliver.upload}>{ tool.name() }</option>
                        }) }
                    </select>
                </label>
            </div>
            <pre class="commands" tabindex="0" aria-label={context.t(msg!("deliver.commands"))}>{ text.to_owned() }</pre>
            <div class="row wrapping">
                <button onclick={context.on(move |_| ViewAction::Copy(copied.clone()))}>
                    { context.t(msg!("export.copy-commands")) }
                </button>
            </div>
        </section>
    }
}

/// The one of `all` that a list's choice stands for.
fn chosen<T: Copy>(event: &Event, all: &[T]) -> T {
    chosen_line(event).and_then(|at| all.get(at)).copied().unwrap_or(all[0])
}

fn to_server(
    context: &Context,
    props: &Props,
    marked: &Marked,
    uploads: &Result<Vec<PutJob>, PutError>,
    busy: bool,
) -> Html {
    let deliver = &props.deliver;
    let unsent = deliver
        .ended_for(props.opened.image.root())
        .map_or(0, |ended| if ended.request.jobs().is_empty() { 0 } else { ended.unsent() });
    let Marked { layers, homes, .. } = marked;
    let loaded: Vec<&MarkedLayer> = layers.iter().filter(|layer| layer.as_loaded).collect();
    let receivers = uploads.as_ref().map(|jobs| receivers(jobs)).unwrap_or_default();
    let cannot =
        |jobs: &Vec<PutJob>| jobs.is_empty() || jobs.iter().any(|job| !homes.may_have(&job.digest));
    // What is wrong with what was typed is said when it is to be sent.
    let waits = busy || uploads.as_ref().is_ok_and(cannot);
    let send = |again| context.on(move |_: MouseEvent| DeliverAction::Send { again });
    html! {
        <section class="stack">
            { heading(context, msg!("deliver.put")) }
            <p class="hint">{ context.t(msg!("deliver.put-hint")) }</p>
            if !sink::streams() {
                <p class="hint">{ context.t(msg!("deliver.put-memory", max = Arg::Bytes(MOST_IN_MEMORY))) }</p>
            }
            <label class="stack">
                <span>{ context.t(msg!("deliver.presigned")) }</span>
                <textarea rows="2" spellcheck="false" autocomplete="off" disabled={busy}
                    placeholder="https://bucket.s3.example.com/blobs/…?X-Amz-Signature=…"
                    value={deliver.presigned.text().to_owned()}
                    oninput={context.on(|event: InputEvent| DeliverAction::Presigned(typed(&event)))} />
            </label>
            <label class="stack">
                <span>{ context.t(msg!("deliver.headers")) }</span>
                <textarea rows="2" spellcheck="false" autocomplete="off" disabled={busy}
                    placeholder="x-ms-blob-type: BlockBlob"
                    value={deliver.headers.text().to_owned()}
                    oninput={context.on(|event: InputEvent| DeliverAction::Headers(typed(&event)))} />
            </label>
            if !loaded.is_empty() {
                { also_loaded(context, deliver, &loaded) }
            }
            if !receivers.is_empty() {
                <p>{ context.t(msg!("deliver.goes-to")) }</p>
                <ul class="plain-list" aria-label={context.t(msg!("deliver.goes-to"))}>
                    { for receivers.iter().map(|to| html! {
                        <li>{ context.t(msg!("deliver.receiver", origin = visible(&to.origin.to_string()), count = to.count, size = Arg::Bytes(to.size))) }</li>
                    }) }
                </ul>
            }
            <div role="alert">
                { for deliver.problem.iter().map(|problem| html! {
                    <p class="failure">{ context.t(problem) }</p>
                }) }
            </div>
            <div class="row wrapping">
                <button disabled={waits} onclick={send(false)}>{ context.t(msg!("deliver.send")) }</button>
                if unsent > 0 {
                    <button disabled={waits} onclick={send(true)}>
                        { context.t(msg!("deliver.send-again", count = unsent)) }
                    </button>
                }
            </div>
        </section>
    }
}

/// Whether layers are sent, too, whose URLs nobody here chose.
fn also_loaded(context: &Context, deliver: &DeliverState, loaded: &[&MarkedLayer]) -> Html {
    let (also, busy) = (deliver.also_loaded, deliver.running.is_some());
    let hosts: BTreeSet<String> = loaded
        .iter()
        .filter_map(|layer| Some(visible(UrlParts::of(layer.urls.first()?)?.authority)))
        .collect();
    let hosts: Vec<String> = hosts.into_iter().take(SHOWN).collect();
    let onchange = context.on(|event: Event| {
        let input: HtmlInputElement = event.target_unchecked_into();
        DeliverAction::AlsoLoaded(input.checked())
    });
    html! {
        <label class="check">
            <input type="checkbox" checked={also} {onchange} disabled={busy} />
            { context.t(msg!("deliver.also-loaded", count = loaded.len(), hosts = hosts.join(", "))) }
        </label>
    }
}

/// The button of a URL that does not answer: it leads here.
pub(crate) fn offer(context: &Context, target: &Target) -> Html {
    let words = msg!("deliver.title");
    let label = context.t(msg!("urls.button", what = words.clone(), url = &target.url));
    html! {
        <button class="quiet small" aria-label={label} onclick={context.on(|_: MouseEvent| DeliverAction::Show(true))}>
            { context.t(words) }
        </button>
    }
}

//! Opening archives: reading them by slices, and the choice among several images in one.

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::app::{
    ArchiveAction, BaseAction, Effect, Failure, FileId, OpenAction, OpenArchive, SourceAction,
    State,
};
use crate::browser::files;
use crate::browser::transport::now_ms;
use crate::export::{Progress, is_archive, open_archive, open_image};
use crate::image::Image;
use crate::manifest::{Algorithm, Digest, Document, MAX_BYTES};
use crate::msg;
use crate::text::{Arg, Message};
use crate::ui::common::context::use_ctx;
use crate::ui::common::dialog::Modal;
use crate::ui::effects::Runner;

/// Opens what the person chose.
pub(crate) fn run(runner: &Runner, effect: &Effect, state: &Rc<State>) {
    let runner = runner.clone();
    match *effect {
        Effect::ReadFile(id) => spawn_local(open(runner, id)),
        Effect::OpenRoot(index) => {
            if let Some(archive) = state.source.archive.clone() {
                spawn_local(open_root(runner, archive, index));
            }
        }
        Effect::ReadBase(id) => {
            if let Some(opened) = state.opened.clone() {
                spawn_local(read_base(runner, id, opened.image.root().clone()));
            }
        }
        _ => {}
    }
}

/// Reads the images of a file that may be the base of the open one.
async fn read_base(runner: Runner, id: FileId, root: Digest) {
    let Some(file) = files::get(id) else {
        return runner.context.send(BaseAction::Failed(msg!("file.gone")));
    };
    let name = file.name();
    runner.context.send(match base_images(id, file).await {
        Ok(images) => BaseAction::Found(root, name, images.into()),
        Err(message) => BaseAction::Failed(message),
    });
}

async fn base_images(id: FileId, file: web_sys::File) -> Result<Vec<Image>, Message> {
    if !files::start(id, 512).await.is_some_and(|start| is_archive(&start)) {
        let (_, bytes) = files::read(id, MAX_BYTES).await.map_err(|failure| failure.message)?;
        let document = Document::parse(bytes.to_vec(), None, Algorithm::Sha256);
        return Ok(vec![Image::new(document.map_err(|refusal| refusal.message())?)]);
    }
    let file = files::Chosen::of(file);
    let archive = open_archive(&file).await.map_err(|error| error.message())?;
    let mut images = Vec::new();
    for root in &archive.roots {
        let found = open_image(&file, &archive, root, &mut |_| {}).await;
        images.push(found.map_err(|error| error.message())?.image);
    }
    Ok(images)
}

async fn open(runner: Runner, id: FileId) {
    let Some(file) = files::get(id) else {
        return runner.fail(Failure::plain(msg!("file.gone")));
    };
    let name = file.name();
    match open_archive(&files::Chosen::of(file)).await {
        Ok(archive) => {
            let several = archive.roots.len() > 1;
            let archive = Rc::new(OpenArchive { file: id, name, archive });
            if several {
                runner.context.send(ArchiveAction::Choose(archive));
            } else {
                open_root(runner, archive, 0).await;
            }
        }
        Err(error) => runner.fail(Failure::plain(error.message())),
    }
}

/// How often the person hears of progress, in milliseconds.
const TELL_MS: u64 = 200;

async fn open_root(runner: Runner, archive: Rc<OpenArchive>, index: usize) {
    let (file, root) = (files::get(archive.file), archive.archive.roots.get(index));
    let (Some(file), Some(root)) = (file, root) else {
        return runner.fail(Failure::plain(msg!("file.gone")));
    };
    let context = runner.context.clone();
    let mut told = 0;
    let mut progress = move |Progress { done, total }| {
        let now = now_ms();
        if now < told + TELL_MS {
            return;
        }
        told = now;
        let message = msg!("archive.hashing", done = Arg::Bytes(done), total = Arg::Bytes(total));
        context.send(SourceAction::Progress(message));
    };
    match open_image(&files::Chosen::of(file), &archive.archive, root, &mut progress).await {
        Ok(found) => {
            let opened = Rc::new(archive.opened(index, found));
            runner.context.send(OpenAction::Loaded(opened));
        }
        Err(error) => runner.fail(Failure::plain(error.message())),
    }
}

#[derive(PartialEq, Properties)]
struct Props {
    archive: Rc<OpenArchive>,
}

/// The choice among several images.
pub(crate) fn view(state: &Rc<State>) -> Html {
    let archive = state.source.archive.as_ref();
    archive.map(|archive| html! { <Roots archive={archive.clone()} /> }).unwrap_or_default()
}

#[component]
fn Roots(props: &Props) -> Html {
    let context = use_ctx();
    let archive = &props.archive;
    let root = |(index, root): (usize, &crate::export::ArchiveRoot)| {
        let name = match root.names.first() {
            Some(name) => context.t(msg!("archive.named", name = name)),
            None => context.t(msg!("archive.unnamed", number = index + 1)),
        };
        html! {
            <li class="row wrapping">
                <button onclick={context.on(move |_| ArchiveAction::Open(index))}>{ name }</button>
                if let Some(platform) = &root.platform {
                    <span class="chip">{ platform }</span>
                }
                if root.needs_hashing() {
                    <span class="hint">{ context.t(msg!("archive.layers", size = Arg::Bytes(root.size))) }</span>
                }
            </li>
        }
    };
    html! {
        <Modal title={context.t(msg!("archive.choose", name = &archive.name))}
            onclose={context.on(|()| ArchiveAction::Close)}>
            <ul class="plain-list">{ for archive.archive.roots.iter().enumerate().map(root) }</ul>
            <div class="row end">
                <button onclick={context.on(|_| ArchiveAction::Close)}>{ context.t(msg!("source.cancel")) }</button>
            </div>
        </Modal>
    }
}

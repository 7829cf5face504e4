//! The border between the two wasm files of the page.
//!
//! The first has all that it takes to open a sample, a text or a file, to mark layers, and to hand
//! out the manifest. What talks to registries, pushes, exports and opens archives is in the second,
//! which is fetched when it is first needed. It gives one value of plain functions, [`Second`];
//! nothing else leads into it. Builds for development and tests have one file.

use std::cell::Cell;
use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::second;
use crate::app::{Effect, State};
use crate::msg;
use crate::ui::common::context::use_ctx;
use crate::ui::effects::Runner;

/// What is in the second file.
#[derive(Clone, Copy)]
pub(crate) struct Second {
    /// Shows a panel.
    pub(crate) show: fn(Panel, &Rc<State>) -> Html,
    /// Does what the state asks of the outside world.
    pub(crate) run: fn(&Runner, Effect, &Rc<State>),
    /// Serves a worker that downloads or hashes.
    pub(crate) serve: fn(),
}

/// What is shown by the second file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Panel {
    /// The question to sign in.
    Access,
    /// The choice among the images of an archive.
    Archive,
    /// The dialog “Browse”.
    Browse,
    /// The dialog in which something is looked for elsewhere.
    Bring,
    /// The open image beside another one.
    Compare,
    /// How the image of the platform that is shown runs.
    Config,
    /// The entries of the indexes, and annotations in many documents.
    Entries,
    /// The region “Deliver”.
    Deliver,
    /// The dialog “Export”.
    Export,
    /// Why a registry could not be reached.
    Failure,
    /// The health of a tag.
    Health,
    /// The question before an image is left that is being pushed.
    LeavePush,
    /// The region “Push plan”.
    Push,
    /// The region “Pushes in progress”.
    Pushes,
    /// Recipes, at the head of the layers.
    Recipe,
}

/// The second file did not arrive.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Missing;

#[cfg(feature = "split")]
impl From<wasm_split_helpers::SplitLoaderError> for Missing {
    fn from(_: wasm_split_helpers::SplitLoaderError) -> Self {
        Self
    }
}

#[cfg(feature = "split")]
// The macro declares the border, which the linker knows as a foreign function.
#[allow(unsafe_code, clippy::unnecessary_wraps)]
#[wasm_split_helpers::wasm_split(second, fallible)]
fn load() -> Result<Second, Missing> {
    Ok(second::SECOND)
}

#[cfg(not(feature = "split"))]
#[allow(clippy::unused_async, clippy::unnecessary_wraps)] // as it is when split
async fn load() -> Result<Second, Missing> {
    Ok(second::SECOND)
}

thread_local! {
    /// The second file, once it is there.
    static THERE: Cell<Option<Second>> = const { Cell::new(None) };
}

/// The second file, as soon as it is there.
pub(crate) async fn second() -> Result<Second, Missing> {
    if let Some(there) = THERE.get() {
        return Ok(there);
    }
    let second = load().await?;
    THERE.set(Some(second));
    Ok(second)
}

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) panel: Panel,
    pub(crate) state: Rc<State>,
}

/// A panel of the second file: says that it is on its way, or that it does not come, until it is
/// there.
#[component]
pub(crate) fn Part(props: &Props) -> Html {
    let context = use_ctx();
    let failed = use_state(|| false);
    let tries = use_state(|| 0_u32);
    use_effect_with(*tries, {
        let (failed, tries) = (failed.setter(), tries.setter());
        move |&tried| {
            if THERE.get().is_some() {
                return;
            }
            spawn_local(async move {
                match second().await {
                    Ok(_) => {
                        failed.set(false);
                        tries.set(tried + 1); // draws it
                    }
                    Err(Missing) => failed.set(true),
                }
            });
        }
    });
    if let Some(second) = THERE.get() {
        return (second.show)(props.panel, &props.state);
    }
    if *failed {
        let again = {
            let (failed, tries) = (failed.setter(), tries.clone());
            Callback::from(move |_: MouseEvent| {
                failed.set(false);
                tries.set(*tries + 1);
            })
        };
        return html! {
            <section class="card part-missing" role="alert">
                <p class="body">{ context.t(msg!("part.missing")) }</p>
                <div class="body"><button onclick={again}>{ context.t(msg!("part.again")) }</button></div>
            </section>
        };
    }
    html! { <p class="hint part-loading" role="status">{ context.t(msg!("part.loading")) }</p> }
}

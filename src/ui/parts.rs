//! The parts of the page that are loaded on demand, and the ways into them.
//!
//! What everybody needs is in the first wasm file: open an image, mark layers, see the new digest,
//! take the manifest out. What follows from a choice of the person, such as pushing, is in files of
//! its own (`cargo xtask build` splits them off). A way into a part is a plain function that
//! arrives with it; the calls below are the only places where code crosses that border.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::context::{Context, use_ctx};
use super::effects::Runner;
use crate::app::config::{Config, ConfigProblem};
use crate::app::{Effect, Notice, NoticeKind, Opened, State, ViewAction};
use crate::msg;

/// Shows what the state says.
pub(crate) type View = fn(&Rc<State>) -> Html;
/// Does what the state asked of the outside world.
pub(crate) type Run = fn(&Runner, &Effect, &Rc<State>);
/// Begins something.
pub(crate) type Start = fn(&Context);
/// Reads the work that a reload of the page interrupted, from its two texts.
pub(crate) type Restore = fn(&str, &str) -> Option<(Opened, u64)>;
/// Reads the portal's settings.
pub(crate) type ReadSettings = fn(&[u8]) -> (Config, Vec<ConfigProblem>);
/// Serves the worker that hashes layers.
pub(crate) type Serve = fn();

/// The file of a part did not arrive.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Missing;

#[cfg(feature = "split")]
impl From<wasm_split_helpers::SplitLoaderError> for Missing {
    fn from(_: wasm_split_helpers::SplitLoaderError) -> Self {
        Self
    }
}

/// Declares ways into parts: `Name in file => function`.
macro_rules! ways {
    ($(#[$doc:meta])* $kind:ident: $function:ident { $($way:ident in $file:ident => $name:ident, $target:path;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $kind { $($way),* }

        impl $kind {
            /// The function, as soon as its part is there.
            pub(crate) async fn load(self) -> Result<$function, Missing> {
                match self { $(Self::$way => $name().await),* }
            }
        }

        $(
            #[cfg(feature = "split")]
            // The macro declares the border between two wasm files, which the linker knows as
            // foreign functions.
            #[allow(unsafe_code, clippy::unnecessary_wraps)]
            #[wasm_split_helpers::wasm_split($file, fallible)]
            fn $name() -> Result<$function, Missing> {
                Ok($target)
            }
            #[cfg(not(feature = "split"))]
            #[allow(clippy::unused_async, clippy::unnecessary_wraps)] // as it is when split
            async fn $name() -> Result<$function, Missing> {
                Ok($target)
            }
        )*
    };
}

ways! {
    /// Something on the screen that is not in the first file.
    Place: View {
        Links in portal => links_view, super::links::view;
        Editor in editor => editor_view, super::editor::view;
        Actions in editor => actions_view, super::editor::actions;
        Refused in editor => refused_view, super::editor::refused;
        ReplaceEdits in editor => replace_view, super::editor::replace;
        Access in registry => access_view, super::access::view;
        Failure in registry => failure_view, super::failure::view;
        Archive in archive => archive_view, super::archiving::view;
        Browse in registry => browse_view, super::browse::view;
        Checks in editor => checks_view, super::checks::view;
        Push in registry => push_view, super::push::view;
        Pushes in registry => pushes_view, super::pushes::view;
        LeavePush in registry => leave_push_view, super::pushes::leave;
        Export in registry => export_view, super::export::view;
        Convert in editor => convert_view, super::convert::view;
        Document in editor => document_view, super::document::view;
        Help in editor => help_view, super::help::view;
        Shortcuts in editor => shortcuts_view, super::shortcuts::view;
        Tour in editor => tour_view, super::tour::view;
        Whole in editor => whole_view, super::whole::view;
    }
}

ways! {
    /// Who does what the state asks for.
    Work: Run {
        Editor in editor => run_editor, super::editor::run;
        Registry in registry => run_registry, super::loading::run;
        Push in registry => run_push, super::pushing::run;
        Archive in archive => run_archive, super::archiving::run;
        Export in registry => run_export, super::exporting::run;
        Verify in registry => run_verify, super::verifying::run;
    }
}

ways! {
    /// What a button or key outside of a part begins in it.
    Begin: Start {
        Undo in editor => undo, super::editor::undo;
        Redo in editor => redo, super::editor::redo;
        Discard in editor => discard, super::editor::discard;
        SelectAll in editor => select_all, super::layers::select_all;
        SelectNone in editor => select_none, super::layers::select_none;
        Download in editor => download, super::actions::download;
        Browse in registry => begin_browse, super::browse::begin;
        Review in registry => begin_review, super::push::begin;
        Export in registry => begin_export, super::export::begin;
    }
}

ways! {
    /// What the start of the page needs of a part.
    Kept: Restore {
        Work in editor => restore, crate::app::session::restore;
    }
}

ways! {
    /// What a page in a portal needs.
    Portal: ReadSettings {
        Settings in portal => read_settings, Config::read;
    }
}

ways! {
    /// What the worker needs, which has no page.
    Side: Serve {
        Worker in registry => serve_worker, crate::browser::worker::serve;
    }
}

/// Waits for a part and for the sentences that it shows.
pub(crate) async fn with_texts<T>(
    context: &Context,
    part: impl Future<Output = Result<T, Missing>>,
) -> Result<T, Missing> {
    let there = part.await?;
    if context.texts().complete().await { Ok(there) } else { Err(Missing) }
}

impl Begin {
    /// Begins it as soon as its part is there; says so where it does not come.
    pub(crate) fn now(self, context: &Context) {
        let context = context.clone();
        spawn_local(async move {
            match with_texts(&context, self.load()).await {
                Ok(begin) => begin(&context),
                Err(Missing) => {
                    let notice = Notice { kind: NoticeKind::Failed, message: msg!("part.missing") };
                    context.send(ViewAction::Notice(notice));
                }
            }
        });
    }
}

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) place: Place,
    pub(crate) state: Rc<State>,
}

thread_local! {
    /// The views that are there already: they are shown without a moment of waiting.
    static THERE: RefCell<Vec<(Place, View)>> = const { RefCell::new(Vec::new()) };
}

fn there(place: Place) -> Option<View> {
    THERE
        .with_borrow(|views| views.iter().find(|(known, _)| *known == place).map(|(_, view)| *view))
}

impl Place {
    /// Loads its part; from then on it is shown at once.
    pub(crate) async fn fetch(self) -> Result<(), Missing> {
        let view = self.load().await?;
        THERE.with_borrow_mut(|views| views.push((self, view)));
        Ok(())
    }
}

/// A place on the screen whose part is loaded when it is first shown.
#[component]
pub(crate) fn Part(props: &Props) -> Html {
    let context = use_ctx();
    let place = props.place;
    let failed = use_state(|| false);
    let tries = use_state(|| 0_u32);
    use_effect_with((place, *tries), {
        let (failed, tries, context) = (failed.setter(), tries.setter(), context.clone());
        move |&(place, tried)| {
            if there(place).is_some() {
                return;
            }
            spawn_local(async move {
                match with_texts(&context, place.fetch()).await {
                    Ok(()) => {
                        failed.set(false);
                        // Shows it.
                        tries.set(tried + 1);
                    }
                    Err(Missing) => failed.set(true),
                }
            });
        }
    });
    if let Some(view) = there(place) {
        return view(&props.state);
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

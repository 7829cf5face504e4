//! The new digest, said to screen readers.

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::app::Opened;
use crate::browser::transport::sleep;
use crate::msg;
use crate::ui::common::context::use_ctx;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) opened: Rc<Opened>,
}

/// How long the digest must rest before it is read out, so that typing is not talked over.
const REST_MS: u64 = 1200;

/// Reads out the new digest once it rests.
#[component]
pub(crate) fn DigestAnnouncer(props: &Props) -> Html {
    let context = use_ctx();
    let opened = &props.opened;
    let root = opened.image.root();
    let digest = opened.rendered.digest(root).unwrap_or(root).clone();
    let said = use_state(AttrValue::default);
    let latest = use_mut_ref(|| digest.clone());
    let words = if digest == *root {
        context.t(msg!("announce.unchanged"))
    } else {
        let (count, _) = opened.marked();
        context.t(msg!("announce.digest", digest = digest.short(), count = count))
    };
    use_effect_with(digest, {
        let said = said.setter();
        move |digest| {
            let first = latest.replace(digest.clone()) == *digest;
            let digest = digest.clone();
            if !first {
                spawn_local(async move {
                    sleep(REST_MS).await;
                    if *latest.borrow() == digest {
                        said.set(words);
                    }
                });
            }
        }
    });
    html! { <p class="visually-hidden" role="status">{ (*said).clone() }</p> }
}

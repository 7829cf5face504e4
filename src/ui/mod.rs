//! The view: Yew components, one file per thing on the screen.

use yew::prelude::*;

/// Mounts the editor in the element `#app` of the page, in place of the shell that stands there.
///
/// Does nothing where there is no page, as in a worker that loads the same wasm file.
pub fn mount() {
    let document = web_sys::window().and_then(|window| window.document());
    if let Some(place) = document.and_then(|document| document.get_element_by_id("app")) {
        yew::Renderer::<Editor>::with_root(place).render();
    }
}

/// The whole page.
#[component]
fn Editor() -> Html {
    html! {
        <header class="app"><strong>{ "Layermark" }</strong></header>
    }
}

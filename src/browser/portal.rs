//! Where the page is, and the portal that embeds it.

use js_sys::JSON;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageEvent, Window};

/// The page's own origin; empty when it has none.
pub fn origin() -> String {
    web_sys::window().and_then(|window| window.location().origin().ok()).unwrap_or_default()
}

/// The page's own address, without what stands behind `#`.
pub fn address() -> String {
    let address = web_sys::window().and_then(|window| window.location().href().ok());
    let address = address.unwrap_or_default();
    address.split('#').next().unwrap_or_default().to_owned()
}

/// Whether something outside of the page may want something of it: a link to an image, or a portal.
pub fn is_linked() -> bool {
    fragment().is_some_and(|fragment| !fragment.is_empty()) || portal().is_some()
}

/// The part of the address after `#`.
pub fn fragment() -> Option<String> {
    web_sys::window()?.location().hash().ok()
}

/// Calls `changed` whenever the part of the address after `#` changes.
pub fn on_fragment(changed: impl Fn(String) + 'static) {
    let listener = Closure::<dyn Fn()>::new(move || {
        if let Some(fragment) = fragment() {
            changed(fragment);
        }
    });
    listen("hashchange", listener.as_ref());
    listener.forget(); // It listens as long as there is a page.
}

/// Calls `asked` with each message, as JSON text, of a portal that embeds this page. Only a page of
/// this very origin is one.
pub fn on_portal(asked: impl Fn(String) + 'static) {
    let Some((portal, origin)) = portal() else { return };
    let portal = JsValue::from(portal);
    let listener = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        let from_portal = event.source().is_some_and(|source| *source == portal);
        if !from_portal || event.origin() != origin {
            return;
        }
        let text = JSON::stringify(&event.data()).ok();
        if let Some(text) = text.and_then(|text| text.as_string()) {
            asked(text);
        }
    });
    listen("message", listener.as_ref());
    listener.forget(); // It listens as long as there is a page.
}

/// Sends a message, given as JSON text, to the portal that embeds this page, if there is one.
pub fn tell_portal(json: &str) {
    if let (Some((portal, origin)), Ok(message)) = (portal(), JSON::parse(json)) {
        portal.post_message(&message, &origin).ok();
    }
}

/// The window that embeds this one, and the origin of both.
fn portal() -> Option<(Window, String)> {
    let window = web_sys::window()?;
    let parent = window.parent().ok()??;
    let origin = window.location().origin().ok()?;
    if parent == window || origin == "null" {
        return None;
    }
    // Reading anything of a page of another origin throws.
    let their_origin = parent.location().origin().ok()?;
    (their_origin == origin).then_some((parent, origin))
}

fn listen(event: &str, listener: &JsValue) {
    if let Some(window) = web_sys::window() {
        window.add_event_listener_with_callback(event, listener.unchecked_ref()).ok();
    }
}

//! The scripts beside the editor, `static/keep.js` and `static/offline.js`: they keep the work over
//! a reload and a failure, and the page for use without a network.
//!
//! They share the object `layermark`. In a page without it (tests of components) all of this does
//! nothing.

use js_sys::{Array, Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::run::Storage;

/// The script that keeps the work.
pub struct BrowserStorage;

impl Storage for BrowserStorage {
    fn hold_image(&self, text: Option<&str>) {
        call("holdImage", &[text.into()]);
    }

    fn hold_edits(&self, text: &str) {
        call("holdEdits", &[text.into()]);
    }

    fn hold_file(&self, identity: &str, name: &str, bytes: &[u8]) {
        call("holdFile", &[identity.into(), name.into(), Uint8Array::from(bytes).into()]);
    }

    fn drop_file(&self, identity: &str) {
        call("dropFile", &[identity.into()]);
    }

    fn release(&self) {
        call("release", &[]);
    }
}

/// The texts of the image and of the edits that an earlier life of the page left.
pub fn kept() -> Option<(String, String)> {
    let kept: Array = call("kept", &[])?.dyn_into().ok()?;
    Some((kept.get(0).as_string()?, kept.get(1).as_string()?))
}

/// Whether leaving the page should ask first.
pub fn set_unsaved(unsaved: bool) {
    call("unsaved", &[unsaved.into()]);
}

/// The sentences of the page that comes when the editor stops, by their keys.
pub fn set_sentences(sentences: &[(&str, String)]) {
    let object = js_sys::Object::new();
    for (key, sentence) in sentences {
        Reflect::set(&object, &JsValue::from_str(key), &JsValue::from_str(sentence)).ok();
    }
    call("sentences", &[object.into()]);
}

/// Puts the page that says so in the place of the editor, which is about to stop.
pub fn stop(what: &str) {
    call("stop", &[what.into()]);
}

/// Says in the place of the editor that a file of the page did not arrive.
pub fn fail(file: &str) {
    call("fail", &[file.into()]);
}

/// The text of the portal's settings; `None` where there are none, or why they did not arrive.
pub async fn settings() -> Result<Option<String>, String> {
    let Some(promise) = member("settings").and_then(|it| it.dyn_into::<Promise>().ok()) else {
        return Ok(None);
    };
    match JsFuture::from(promise).await {
        Ok(text) => Ok(text.as_string()),
        Err(error) => Err(js_sys::Error::from(error).message().into()),
    }
}

/// The text of a file of the page, by its name and integrity value, with a space between them.
pub async fn file(name: &str) -> Option<String> {
    let promise = call("file", &[name.into()])?.dyn_into::<Promise>().ok()?;
    JsFuture::from(promise).await.ok()?.as_string()
}

/// Keeps the page for use without a network, or stops that.
pub fn set_offline(wanted: bool) {
    call("offline", &[wanted.into()]);
}

/// Calls `ready` when a newer version of the page is ready, now or later.
pub fn on_update(ready: impl Fn() + 'static) {
    if call("isUpdateReady", &[]).is_some_and(|is_ready| is_ready.is_truthy()) {
        ready();
        return;
    }
    let listener = Closure::<dyn Fn()>::new(ready);
    if let Some(window) = web_sys::window() {
        let function = listener.as_ref().unchecked_ref();
        window.add_event_listener_with_callback("layermark-update", function).ok();
    }
    // It listens as long as there is a page.
    listener.forget();
}

/// Reloads the page in its newer version; the work is kept.
pub fn take_update() {
    call("takeUpdate", &[]);
}

fn member(name: &str) -> Option<JsValue> {
    let shared = Reflect::get(&js_sys::global(), &JsValue::from_str("layermark")).ok()?;
    Reflect::get(&shared, &JsValue::from_str(name)).ok()
}

fn call(name: &str, arguments: &[JsValue]) -> Option<JsValue> {
    let function: Function = member(name)?.dyn_into().ok()?;
    function.apply(&JsValue::UNDEFINED, &arguments.iter().collect()).ok()
}

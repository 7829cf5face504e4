//! The document around the editor: its language, its name, its colours, its files.

use wasm_bindgen::JsCast;
use web_sys::{Document, HtmlElement};

/// The page's document.
pub fn document() -> Option<Document> {
    web_sys::window()?.document()
}

/// The languages that the browser asks for, in the order of preference.
pub fn languages() -> Vec<String> {
    let navigator = web_sys::window().map(|window| window.navigator());
    let languages = navigator.map(|navigator| navigator.languages());
    languages
        .map(|tags| tags.iter().filter_map(|tag| tag.as_string()).collect())
        .unwrap_or_default()
}

/// What the page says of itself in `<meta name="layermark-…">`.
pub fn meta(name: &str) -> Option<String> {
    let selector = format!("meta[name='layermark-{name}']");
    document()?.query_selector(&selector).ok()??.get_attribute("content")
}

/// Names the page, and its language for assistive technology.
pub fn describe(title: &str, language: &str) {
    let Some(document) = document() else { return };
    document.set_title(title);
    if let Some(root) = document.document_element() {
        root.set_attribute("lang", language).ok();
    }
}

/// Sets custom properties of the style sheet.
pub fn set_properties(properties: &[(&str, String)]) {
    let root = document().and_then(|document| document.document_element());
    let Some(root) = root.and_then(|root| root.dyn_into::<HtmlElement>().ok()) else { return };
    for (name, value) in properties {
        // By the object model: the policy of the page refuses `style` attributes.
        root.style().set_property(name, value).ok();
    }
}

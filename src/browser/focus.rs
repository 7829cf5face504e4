//! Where the keyboard is.

use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, window};

/// Gives the focus to the element with this id, once what is being drawn is there, and brings it
/// into view.
pub async fn on(id: &str) {
    super::transport::sleep(0).await;
    let element = window().and_then(|window| window.document()?.get_element_by_id(id));
    if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        // Headings take the focus only from a link that leads to them.
        if element.tab_index() < 0 && !element.has_attribute("tabindex") {
            element.set_attribute("tabindex", "-1").ok();
        }
        element.focus().ok();
    }
}

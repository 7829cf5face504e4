//! Moving about on the page.

use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, ScrollIntoViewOptions, ScrollLogicalPosition};

/// Brings the row of the zero-based layer into view and gives its switch the focus.
pub fn show_layer(index: usize) {
    let document = web_sys::window().and_then(|window| window.document());
    let row = document.and_then(|document| document.get_element_by_id(&format!("layer-{index}")));
    let Some(row) = row else { return };
    let options = ScrollIntoViewOptions::new();
    options.set_block(ScrollLogicalPosition::Center);
    row.scroll_into_view_with_scroll_into_view_options(&options);
    let switch = row.query_selector("[role=switch]").ok().flatten();
    if let Some(switch) = switch.and_then(|switch| switch.dyn_into::<HtmlElement>().ok()) {
        switch.focus().ok();
    }
}

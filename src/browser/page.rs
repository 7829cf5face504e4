//! Moving about on the page.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, ScrollIntoViewOptions, ScrollLogicalPosition};

use super::transport::sleep;

/// How often the row of a layer is looked for, while the table is drawn.
const TRIES: u32 = 40;

/// Brings the row of the zero-based layer into view and gives it the focus. In a long table its
/// group of rows, of `group` rows each, is drawn first.
pub async fn show_layer(index: usize, group: usize) {
    for _ in 0..TRIES {
        sleep(50).await;
        if let Some(row) = find(&format!("select-{index}")) {
            center(&row);
            if let Ok(row) = row.dyn_into::<HtmlElement>() {
                row.focus().ok();
            }
            return;
        }
        if let Some(rows) = find(&format!("rows-{}", index / group)) {
            center(&rows);
        }
    }
}

fn find(id: &str) -> Option<Element> {
    web_sys::window()?.document()?.get_element_by_id(id)
}

fn center(element: &Element) {
    let options = ScrollIntoViewOptions::new();
    options.set_block(ScrollLogicalPosition::Center);
    element.scroll_into_view_with_scroll_into_view_options(&options);
}

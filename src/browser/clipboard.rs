//! Writing to the clipboard.

use wasm_bindgen_futures::JsFuture;

/// Puts `text` on the clipboard; `None` when the browser refuses.
pub async fn copy(text: &str) -> Option<()> {
    let navigator = web_sys::window()?.navigator();
    // Absent in pages that are not served over https or from localhost.
    if js_sys::Reflect::get(&navigator, &"clipboard".into()).ok()?.is_undefined() {
        return None;
    }
    JsFuture::from(navigator.clipboard().write_text(text)).await.ok().map(|_| ())
}

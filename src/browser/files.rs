//! Files that the person chose, kept by number, and files handed to the person.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, File, HtmlAnchorElement, Url};

use crate::app::{Failure, FileId};
use crate::msg;
use crate::text::Arg;

thread_local! {
    static CHOSEN: RefCell<Vec<File>> = const { RefCell::new(Vec::new()) };
}

/// Keeps a file that the person chose and gives it a number.
pub fn keep(file: File) -> FileId {
    CHOSEN.with_borrow_mut(|chosen| {
        chosen.push(file);
        FileId(u32::try_from(chosen.len() - 1).unwrap_or(u32::MAX))
    })
}

/// The file kept under `id`.
pub fn get(id: FileId) -> Option<File> {
    CHOSEN.with_borrow(|chosen| chosen.get(id.0 as usize).cloned())
}

/// The name and the bytes of a kept file of at most `limit` bytes.
pub async fn read(id: FileId, limit: usize) -> Result<(String, Rc<[u8]>), Failure> {
    let Some(file) = get(id) else { return Err(Failure::plain(msg!("file.gone"))) };
    let name = file.name();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // A size is a whole number.
    let size = file.size() as u64;
    if size > limit as u64 {
        let message = msg!("file.too-big", name = &name, size = Arg::Bytes(size));
        return Err(Failure::plain(message));
    }
    match JsFuture::from(file.array_buffer()).await {
        Ok(buffer) => Ok((name, js_sys::Uint8Array::new(&buffer).to_vec().into())),
        Err(_) => Err(Failure::plain(msg!("file.unreadable", name = &name))),
    }
}

/// Hands `bytes` to the person as a file; `None` when the browser refuses.
pub fn download(name: &str, media_type: &str, bytes: &[u8]) -> Option<()> {
    let parts = js_sys::Array::of1(&js_sys::Uint8Array::from(bytes));
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    let blob = Blob::new_with_u8_array_sequence_and_options(&parts, &options).ok()?;
    let url = Url::create_object_url_with_blob(&blob).ok()?;
    let document = web_sys::window()?.document()?;
    let link: HtmlAnchorElement = document.create_element("a").ok()?.dyn_into().ok()?;
    link.set_href(&url);
    link.set_download(name);
    link.click();
    // The browser has taken the blob by then; keeping the URL would keep the bytes.
    Url::revoke_object_url(&url).ok()
}

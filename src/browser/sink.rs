//! A file that is written piece by piece: to the place that the person chose, or by way of the
//! browser's own storage, or else in memory.
//!
//! Invariant: a file is handed out only when it is finished; one that is dropped before leaves nothing.

use std::cell::Cell;

use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::Blob;

use super::files;
use super::transport::sleep;
use crate::registry::Pending;
use crate::run::{Downloads, FilePart, MOST_IN_MEMORY, NotWritten, Sink};

/// How many bytes are collected before they are passed on.
pub(super) const PIECE: usize = 4 * 1024 * 1024;
/// What the file is called in the browser's storage, where it stands only until it is handed out.
const STORED: &str = "archive.part";
/// How long the browser has to copy a file out of its storage, in milliseconds.
const COPIED_MS: u64 = 600_000;

/// A file that is being written.
struct Written {
    name: String,
    pending: Vec<u8>,
    place: Place,
}

enum Place {
    /// A stream into a file that the person chose, of this handle.
    Chosen(JsValue, JsValue),
    /// A stream into a file of the browser's storage, of this handle.
    Stored(JsValue, JsValue),
    /// Parts in memory; the browser may put them on the disk.
    Parts(Array),
    /// It was finished.
    Done,
}

/// Whether this browser writes files of any size.
pub fn streams() -> bool {
    picker().is_some() || storage().is_some()
}

/// Hands files to the person.
pub struct ToDisk;

impl Downloads for ToDisk {
    fn hand_out(&self, name: &str, media_type: &str, parts: &[FilePart<'_>]) -> bool {
        files::download_parts(name, media_type, parts).is_some()
    }

    fn begin<'a>(
        &'a self,
        name: &'a str,
        size: u64,
    ) -> Pending<'a, Result<Box<dyn Sink>, NotWritten>> {
        Box::pin(async move {
            let place = match chosen(name).await? {
                Some(place) => Some(place),
                None => stored().await,
            };
            let place = match place {
                Some(place) => place,
                None if size > MOST_IN_MEMORY => return Err(NotWritten::TooLarge),
                None => Place::Parts(Array::new()),
            };
            let written = Written { name: name.to_owned(), pending: Vec::new(), place };
            Ok(Box::new(written) as Box<dyn Sink>)
        })
    }
}

impl Sink for Written {
    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> Pending<'a, Result<(), NotWritten>> {
        Box::pin(async move {
            self.pending.extend_from_slice(bytes);
            if self.pending.len() < PIECE { Ok(()) } else { self.flush().await }
        })
    }

    fn finish(
        mut self: Box<Self>,
        media_type: &'static str,
    ) -> Pending<'static, Result<(), NotWritten>> {
        Box::pin(async move {
            self.flush().await?;
            let handed_out = match &self.place {
                Place::Chosen(_, stream) => {
                    call(stream, "close", &[]).await?;
                    Some(())
                }
                Place::Stored(handle, stream) => {
                    call(stream, "close", &[]).await?;
                    let file = call(handle, "getFile", &[]).await?;
                    let handed_out = files::save(&self.name, media_type, &Array::of1(&file));
                    COPYING.set(true);
                    spawn_local(async {
                        sleep(COPIED_MS).await;
                        COPYING.set(false);
                        forget_stored().await;
                    });
                    handed_out
                }
                Place::Parts(parts) => files::save(&self.name, media_type, parts),
                Place::Done => None,
            };
            self.place = Place::Done;
            handed_out.ok_or_else(|| NotWritten::Refused(String::new()))
        })
    }
}

impl Written {
    async fn flush(&mut self) -> Result<(), NotWritten> {
        let bytes = Uint8Array::from(&self.pending[..]);
        self.pending.clear();
        match &self.place {
            Place::Chosen(_, stream) | Place::Stored(_, stream) => {
                call(stream, "write", &[bytes.into()]).await?;
            }
            Place::Parts(parts) => {
                // As a blob it is the browser's, no longer the page's.
                let blob =
                    Blob::new_with_u8_array_sequence(&Array::of1(&bytes)).map_err(refused)?;
                parts.push(&blob);
            }
            Place::Done => {}
        }
        Ok(())
    }
}

impl Drop for Written {
    /// What was not finished goes away: the stream with what it wrote, and the file itself.
    fn drop(&mut self) {
        let (Place::Chosen(handle, stream) | Place::Stored(handle, stream)) = &self.place else {
            return;
        };
        let (handle, stream) = (handle.clone(), stream.clone());
        spawn_local(async move {
            call(&stream, "abort", &[]).await.ok();
            call(&handle, "remove", &[]).await.ok();
        });
    }
}

thread_local! {
    /// The browser may still be copying a file out of its storage.
    static COPYING: Cell<bool> = const { Cell::new(false) };
}

/// Takes away what an earlier file left in the browser's storage. Not while one is being written.
pub async fn forget_stored() {
    if !COPYING.get()
        && let Some(storage) = storage()
        && let Ok(folder) = call(&storage, "getDirectory", &[]).await
    {
        call(&folder, "removeEntry", &[STORED.into()]).await.ok();
    }
}

/// A stream into a file that the person chooses; `None` where the browser does not let a page ask.
async fn chosen(name: &str) -> Result<Option<Place>, NotWritten> {
    if picker().is_none() {
        return Ok(None);
    }
    let options = Object::new();
    Reflect::set(&options, &"suggestedName".into(), &name.into()).map_err(refused)?;
    let handle = match call(&js_sys::global(), "showSaveFilePicker", &[options.into()]).await {
        Ok(handle) => handle,
        Err(Thrown { name, .. }) if name == "AbortError" => return Err(NotWritten::Dismissed),
        // Not inside the frame of another site, for example.
        Err(_) => return Ok(None),
    };
    let stream = call(&handle, "createWritable", &[]).await?;
    Ok(Some(Place::Chosen(handle, stream)))
}

/// A stream into a file of the browser's storage; `None` where it has none for this page.
async fn stored() -> Option<Place> {
    let folder = call(&storage()?, "getDirectory", &[]).await.ok()?;
    let options = Object::new();
    Reflect::set(&options, &"create".into(), &true.into()).ok()?;
    let handle = call(&folder, "getFileHandle", &[STORED.into(), options.into()]).await.ok()?;
    let stream = call(&handle, "createWritable", &[]).await.ok()?;
    Some(Place::Stored(handle, stream))
}

fn picker() -> Option<Function> {
    method(&js_sys::global(), "showSaveFilePicker")
}

pub(super) fn storage() -> Option<JsValue> {
    let navigator = Reflect::get(&js_sys::global(), &"navigator".into()).ok()?;
    let storage = Reflect::get(&navigator, &"storage".into()).ok()?;
    storage.is_object().then_some(storage).filter(|it| method(it, "getDirectory").is_some())
}

pub(super) fn method(object: &JsValue, name: &str) -> Option<Function> {
    Reflect::get(object, &name.into()).ok()?.dyn_into().ok()
}

/// What a call threw.
pub(super) struct Thrown {
    pub(super) name: String,
    pub(super) words: String,
}

/// Calls a method that answers with a promise. Bindings of their own would be loaded by everybody.
pub(super) async fn call(
    object: &JsValue,
    name: &str,
    arguments: &[JsValue],
) -> Result<JsValue, Thrown> {
    let thrown = |error: JsValue| match error.dyn_into::<js_sys::Error>() {
        Ok(error) => Thrown { name: error.name().into(), words: error.message().into() },
        Err(_) => Thrown { name: String::new(), words: String::new() },
    };
    let Some(method) = method(object, name) else {
        return Err(Thrown { name: String::new(), words: name.to_owned() });
    };
    let answer = method.apply(object, &arguments.iter().collect::<Array>()).map_err(thrown)?;
    JsFuture::from(Promise::resolve(&answer)).await.map_err(thrown)
}

fn refused(error: JsValue) -> NotWritten {
    let words = error.dyn_into::<js_sys::Error>().map(|error| String::from(error.message()));
    NotWritten::Refused(words.unwrap_or_default())
}

impl From<Thrown> for NotWritten {
    fn from(thrown: Thrown) -> Self {
        match thrown.name.as_str() {
            "QuotaExceededError" => Self::Full,
            _ => Self::Refused(thrown.words),
        }
    }
}

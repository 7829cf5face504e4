//! Files that are written piece by piece by way of streams, and files of the browser's own storage.

use js_sys::{Array, Function, IteratorNext, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, File};

use super::transport::now_ms;
use crate::deliver::WriteError;
use crate::run::{MOST_IN_MEMORY, Written};

/// How many bytes are collected before they are passed on.
const PIECE: usize = 4 * 1024 * 1024;
/// What the names of stored files begin with; the time follows, in milliseconds since 1970.
const PREFIX: &str = "file.part-";
/// How old a file is that no window uses any more, in milliseconds.
const OLD_MS: u64 = 48 * 3600 * 1000;

/// Where bytes go that are written one piece after the other.
pub(super) struct Output {
    pending: Vec<u8>,
    to: To,
}

enum To {
    /// A stream into a file.
    Stream(JsValue),
    /// Parts in memory; the browser may put them on the disk.
    Parts(Array),
}

impl Output {
    /// Into a file, by this stream.
    pub(super) fn stream(stream: JsValue) -> Self {
        Self { pending: Vec::new(), to: To::Stream(stream) }
    }

    /// Into memory, up to [`MOST_IN_MEMORY`] bytes; refused where `size` is more.
    pub(super) fn memory(size: u64) -> Written<Self> {
        if size > MOST_IN_MEMORY {
            return Err(WriteError::TooLarge(MOST_IN_MEMORY));
        }
        Ok(Self { pending: Vec::new(), to: To::Parts(Array::new()) })
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> Written<()> {
        self.pending.extend_from_slice(bytes);
        if self.pending.len() < PIECE { Ok(()) } else { self.flush().await }
    }

    async fn flush(&mut self) -> Written<()> {
        let bytes = Uint8Array::from(&self.pending[..]);
        self.pending.clear();
        match &self.to {
            To::Stream(stream) => {
                call(stream, "write", &[bytes.into()]).await?;
            }
            To::Parts(parts) => {
                // As a blob it is the browser's, no longer the page's.
                let blob = Blob::new_with_u8_array_sequence(&Array::of1(&bytes));
                parts.push(&blob.map_err(|_| WriteError::Full)?.into());
            }
        }
        Ok(())
    }

    /// Ends the file; the parts, where it is in memory.
    pub(super) async fn close(&mut self) -> Written<Option<Array>> {
        self.flush().await?;
        match &self.to {
            To::Stream(stream) => {
                call(stream, "close", &[]).await?;
                Ok(None)
            }
            To::Parts(parts) => Ok(Some(parts.clone())),
        }
    }
}

/// A file on the disk that goes away with this: the stream into it with what it wrote, and the file
/// itself.
pub(super) struct Passing {
    handle: JsValue,
    stream: JsValue,
    stays: bool,
}

impl Passing {
    /// The file of this handle, which is written anew.
    pub(super) async fn of(handle: JsValue) -> Written<Self> {
        match call(&handle, "createWritable", &[]).await {
            Ok(stream) => Ok(Self { handle, stream, stays: false }),
            Err(thrown) => {
                call(&handle, "remove", &[]).await.ok();
                Err(thrown.into())
            }
        }
    }

    /// A file of its own in the browser's storage; `None` where it has none for this page.
    pub(super) async fn stored() -> Option<Self> {
        let folder = call(&storage()?, "getDirectory", &[]).await.ok()?;
        // Other windows of the page, and other files of this one, are written into the same folder.
        let name = format!("{PREFIX}{}-{}", now_ms(), js_sys::Math::random());
        let options = [name.into(), creating().into()];
        let handle = call(&folder, "getFileHandle", &options).await.ok()?;
        Self::of(handle).await.ok()
    }

    /// What is written goes into it.
    pub(super) fn output(&self) -> Output {
        Output::stream(self.stream.clone())
    }

    /// The file as it is on the disk.
    pub(super) async fn file(&self) -> Written<File> {
        Ok(call(&self.handle, "getFile", &[]).await?.unchecked_into())
    }

    /// Gives it this name in `folder`; what stands there is replaced, by the whole file only.
    pub(super) async fn move_to(self, folder: &JsValue, name: &str) -> Written<()> {
        call(&self.handle, "move", &[folder.clone(), name.into()]).await?;
        self.stay();
        Ok(())
    }

    /// It stays where it is.
    pub(super) fn stay(mut self) {
        self.stays = true;
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        if self.stays {
            return;
        }
        let (handle, stream) = (self.handle.clone(), self.stream.clone());
        spawn_local(async move {
            call(&stream, "abort", &[]).await.ok();
            call(&handle, "remove", &[]).await.ok();
        });
    }
}

/// Takes away what windows left in the browser's storage that ended in the middle.
pub(super) async fn forget_old() {
    let Some(storage) = storage() else { return };
    let Ok(folder) = call(&storage, "getDirectory", &[]).await else { return };
    let Ok(names) = call(&folder, "keys", &[]).await else { return };
    while let Ok(next) = call(&names, "next", &[]).await {
        let next: IteratorNext = next.unchecked_into();
        let Some(name) = next.value().as_string().filter(|_| !next.done()) else { return };
        let begun = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next()?.parse().ok());
        if begun.is_some_and(|begun: u64| begun + OLD_MS < now_ms()) {
            call(&folder, "removeEntry", &[name.into()]).await.ok();
        }
    }
}

/// The options that have a file or folder made where there is none.
pub(super) fn creating() -> Object {
    let options = Object::new();
    Reflect::set(&options, &"create".into(), &true.into()).ok();
    options
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
    words: String,
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

/// What the person may have done, closing the browser's choice, only the call that opened it knows.
impl From<Thrown> for WriteError {
    fn from(thrown: Thrown) -> Self {
        match thrown.name.as_str() {
            "QuotaExceededError" => Self::Full,
            _ => Self::Refused(thrown.words),
        }
    }
}

//! Files that the page writes into a folder that the person chooses (File System Access), or into the
//! browser's own storage until they are sent.
//!
//! Invariant: in a folder a file is written under a temporary name and moved when it is whole.

use js_sys::{Array, IteratorNext, Object, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, File};

use super::files;
use super::sink::{PIECE, Thrown, call, method, storage};
use super::transport::now_ms;
use crate::app::FileId;
use crate::deliver::WriteError;
use crate::registry::{FileSlice, Pending};
use crate::run::{Folder, Folders, Kept, MOST_IN_MEMORY, Writer, Written};

/// The browser's.
pub(super) struct BrowserFolders;

/// Whether this browser lets a page write into a folder.
pub fn writes_folders() -> bool {
    method(&js_sys::global(), "showDirectoryPicker").is_some()
}

impl Folders for BrowserFolders {
    fn folder(&self) -> Pending<'_, Written<Box<dyn Folder>>> {
        Box::pin(async {
            let options = Object::new();
            Reflect::set(&options, &"mode".into(), &"readwrite".into()).ok();
            let global = js_sys::global();
            let chosen = call(&global, "showDirectoryPicker", &[options.into()]).await?;
            Ok(Box::new(Chosen(chosen)) as Box<dyn Folder>)
        })
    }

    fn keep(&self, size: u64) -> Pending<'_, Written<Box<dyn Kept>>> {
        Box::pin(async move {
            let place = match stored().await {
                Some(stream) => Place::Stored(stream),
                None if size > MOST_IN_MEMORY => return Err(WriteError::TooLarge(MOST_IN_MEMORY)),
                None => Place::Parts(Array::new()),
            };
            Ok(Box::new(Sent { pending: Vec::new(), place, id: None }) as Box<dyn Kept>)
        })
    }
}

/// A folder that the person chose, by its handle.
struct Chosen(JsValue);

/// What is added to the name of a file that is being written.
const PART: &str = ".layermark-part";

impl Folder for Chosen {
    fn create<'a>(&'a self, path: &'a str) -> Pending<'a, Written<Box<dyn Writer>>> {
        Box::pin(async move {
            let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
            let create = Object::new();
            Reflect::set(&create, &"create".into(), &true.into()).ok();
            let of_name = |name: &str| {
                let name = name.to_owned();
                move |thrown: Thrown| match thrown.name.as_str() {
                    "TypeError" => WriteError::Name(name),
                    _ => thrown.into(),
                }
            };
            let mut folder = self.0.clone();
            for part in folders.split('/').filter(|part| !part.is_empty()) {
                let options = [part.into(), create.clone().into()];
                folder =
                    call(&folder, "getDirectoryHandle", &options).await.map_err(of_name(part))?;
            }
            let part = String::from(name) + PART;
            let options = [part.into(), create.into()];
            let handle = call(&folder, "getFileHandle", &options).await.map_err(of_name(name))?;
            let stream = call(&handle, "createWritable", &[]).await?;
            let (name, pending) = (name.to_owned(), Vec::new());
            let file = InFolder { folder, handle, stream, name, pending, moved: false };
            Ok(Box::new(file) as Box<dyn Writer>)
        })
    }
}

/// A file that is written into a folder.
struct InFolder {
    folder: JsValue,
    handle: JsValue,
    stream: JsValue,
    name: String,
    pending: Vec<u8>,
    moved: bool,
}

impl InFolder {
    async fn flush(&mut self) -> Written<()> {
        flush(&self.stream, &mut self.pending).await
    }
}

impl Writer for InFolder {
    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> Pending<'a, Written<()>> {
        Box::pin(async move {
            self.pending.extend_from_slice(bytes);
            if self.pending.len() < PIECE { Ok(()) } else { self.flush().await }
        })
    }

    fn finish(mut self: Box<Self>) -> Pending<'static, Written<()>> {
        Box::pin(async move {
            self.flush().await?;
            call(&self.stream, "close", &[]).await?;
            let name = JsValue::from(&self.name);
            // What stands there is replaced, by the whole file only.
            call(&self.handle, "move", &[self.folder.clone(), name]).await?;
            self.moved = true;
            Ok(())
        })
    }
}

impl Drop for InFolder {
    /// What was not finished goes away: the stream with what it wrote, and the file itself.
    fn drop(&mut self) {
        if self.moved {
            return;
        }
        let (handle, stream) = (self.handle.clone(), self.stream.clone());
        spawn_local(async move {
            call(&stream, "abort", &[]).await.ok();
            call(&handle, "remove", &[]).await.ok();
        });
    }
}

async fn flush(stream: &JsValue, pending: &mut Vec<u8>) -> Written<()> {
    let bytes = Uint8Array::from(&pending[..]);
    pending.clear();
    call(stream, "write", &[bytes.into()]).await?;
    Ok(())
}

/// A file that is kept until it is sent.
struct Sent {
    pending: Vec<u8>,
    place: Place,
    id: Option<FileId>,
}

enum Place {
    /// In the browser's storage.
    Stored(Stored),
    /// Parts in memory; the browser may put them on the disk.
    Parts(Array),
}

/// A file in the browser's storage, which goes away with this.
struct Stored {
    handle: JsValue,
    stream: JsValue,
}

/// A file of its own in the browser's storage; `None` where it has none for this page.
async fn stored() -> Option<Stored> {
    let folder = call(&storage()?, "getDirectory", &[]).await.ok()?;
    forget_old(&folder).await;
    let options = Object::new();
    Reflect::set(&options, &"create".into(), &true.into()).ok()?;
    // Other windows of the page write into the same folder.
    let name = format!("{STORED}{}-{}", now_ms(), js_sys::Math::random());
    let handle = call(&folder, "getFileHandle", &[name.into(), options.into()]).await.ok()?;
    let stream = call(&handle, "createWritable", &[]).await.ok()?;
    Some(Stored { handle, stream })
}

/// What the names of kept files begin with; the time follows, in milliseconds since 1970.
const STORED: &str = "layer.part-";
/// How old a file is that no window sends any more, in milliseconds.
const OLD_MS: u64 = 48 * 3600 * 1000;

/// Takes away what windows left that ended in the middle.
async fn forget_old(folder: &JsValue) {
    let Ok(names) = call(folder, "keys", &[]).await else { return };
    while let Ok(next) = call(&names, "next", &[]).await {
        let next: IteratorNext = next.unchecked_into();
        let Some(name) = next.value().as_string().filter(|_| !next.done()) else { return };
        let begun = name.strip_prefix(STORED).and_then(|rest| rest.split('-').next()?.parse().ok());
        if begun.is_some_and(|begun: u64| begun + OLD_MS < now_ms()) {
            call(folder, "removeEntry", &[name.into()]).await.ok();
        }
    }
}

impl Drop for Stored {
    fn drop(&mut self) {
        let (handle, stream) = (self.handle.clone(), self.stream.clone());
        spawn_local(async move {
            call(&stream, "abort", &[]).await.ok();
            call(&handle, "remove", &[]).await.ok();
        });
    }
}

impl Sent {
    async fn flush(&mut self) -> Written<()> {
        match &self.place {
            Place::Stored(stored) => flush(&stored.stream, &mut self.pending).await,
            Place::Parts(parts) => {
                let bytes = Uint8Array::from(&self.pending[..]);
                self.pending.clear();
                // As a blob it is the browser's, no longer the page's.
                let blob = Blob::new_with_u8_array_sequence(&Array::of1(&bytes));
                parts.push(&blob.map_err(|_| WriteError::Full)?.into());
                Ok(())
            }
        }
    }
}

impl Kept for Sent {
    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> Pending<'a, Written<()>> {
        Box::pin(async move {
            self.pending.extend_from_slice(bytes);
            if self.pending.len() < PIECE { Ok(()) } else { self.flush().await }
        })
    }

    fn file(&mut self) -> Pending<'_, Written<FileSlice>> {
        Box::pin(async move {
            self.flush().await?;
            let file: File = match &self.place {
                Place::Stored(stored) => {
                    call(&stored.stream, "close", &[]).await?;
                    call(&stored.handle, "getFile", &[]).await?.unchecked_into()
                }
                Place::Parts(parts) => {
                    File::new_with_blob_sequence(parts, "layer").map_err(|_| WriteError::Full)?
                }
            };
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Whole, positive.
            let len = file.size() as u64;
            let id = files::keep(file);
            self.id = Some(id);
            Ok(FileSlice { file: id.0, start: 0, len })
        })
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            files::forget(id);
        }
    }
}

impl From<Thrown> for WriteError {
    fn from(thrown: Thrown) -> Self {
        match thrown.name.as_str() {
            "AbortError" | "NotAllowedError" | "SecurityError" => Self::Dismissed,
            "QuotaExceededError" => Self::Full,
            _ => Self::Refused(thrown.words),
        }
    }
}

//! Files that the page writes into a folder that the person chooses (File System Access), or into the
//! browser's own storage until they are sent.
//!
//! Invariant: in a folder a file is written under a temporary name and moved when it is whole.

use js_sys::{Object, Reflect};
use wasm_bindgen::JsValue;
use web_sys::File;

use super::files;
use super::stored::{Output, Passing, Thrown, call, creating, method};
use crate::app::FileId;
use crate::deliver::WriteError;
use crate::registry::{FileSlice, Pending};
use crate::run::{Folder, Folders, Kept, Writer, Written};

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
            match call(&js_sys::global(), "showDirectoryPicker", &[options.into()]).await {
                Ok(chosen) => Ok(Box::new(Chosen(chosen)) as Box<dyn Folder>),
                Err(Thrown { name, .. }) if name == "AbortError" => Err(WriteError::Dismissed),
                Err(thrown) => Err(thrown.into()),
            }
        })
    }

    fn keep(&self, size: u64) -> Pending<'_, Written<Box<dyn Kept>>> {
        Box::pin(async move {
            let stored = Passing::stored().await;
            let output = match &stored {
                Some(stored) => stored.output(),
                None => Output::memory(size)?,
            };
            Ok(Box::new(KeptFile { output, stored, id: None }) as Box<dyn Kept>)
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
            let of_name = |name: &str| {
                let name = name.to_owned();
                move |thrown: Thrown| match thrown.name.as_str() {
                    "TypeError" => WriteError::Name(name),
                    _ => thrown.into(),
                }
            };
            let mut folder = self.0.clone();
            for part in folders.split('/').filter(|part| !part.is_empty()) {
                let options = [part.into(), creating().into()];
                folder =
                    call(&folder, "getDirectoryHandle", &options).await.map_err(of_name(part))?;
            }
            let part = String::from(name) + PART;
            let options = [part.into(), creating().into()];
            let handle = call(&folder, "getFileHandle", &options).await.map_err(of_name(name))?;
            let part = Passing::of(handle).await?;
            let (output, name) = (part.output(), name.to_owned());
            Ok(Box::new(InFolder { folder, name, part, output }) as Box<dyn Writer>)
        })
    }
}

/// A file that is written into a folder.
struct InFolder {
    folder: JsValue,
    name: String,
    part: Passing,
    output: Output,
}

impl Writer for InFolder {
    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> Pending<'a, Written<()>> {
        Box::pin(self.output.write(bytes))
    }

    fn finish(mut self: Box<Self>) -> Pending<'static, Written<()>> {
        Box::pin(async move {
            self.output.close().await?;
            self.part.move_to(&self.folder, &self.name).await
        })
    }
}

/// A file that is kept until it is sent.
struct KeptFile {
    output: Output,
    /// In the browser's storage; else it is in memory.
    stored: Option<Passing>,
    id: Option<FileId>,
}

impl Kept for KeptFile {
    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> Pending<'a, Written<()>> {
        Box::pin(self.output.write(bytes))
    }

    fn file(&mut self) -> Pending<'_, Written<FileSlice>> {
        Box::pin(async move {
            let parts = self.output.close().await?.unwrap_or_default();
            let file = match &self.stored {
                Some(stored) => stored.file().await?,
                None => {
                    File::new_with_blob_sequence(&parts, "layer").map_err(|_| WriteError::Full)?
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

impl Drop for KeptFile {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            files::forget(id);
        }
    }
}

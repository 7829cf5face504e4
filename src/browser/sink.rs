//! A file that is written piece by piece: to the place that the person chose, or by way of the
//! browser's own storage, or else in memory.
//!
//! Invariant: a file is handed out only when it is finished; one that is dropped before leaves nothing.

use js_sys::{Array, Function, Object, Reflect};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::files;
use super::stored::{Output, Passing, Thrown, call, method, storage};
use super::transport::sleep;
use crate::deliver::WriteError;
use crate::registry::Pending;
use crate::run::{Downloads, FilePart, Writer, Written};

/// How long the browser has to copy a file out of its storage, in milliseconds.
const COPIED_MS: u64 = 600_000;

/// A file that is being written.
struct Download {
    name: String,
    media_type: &'static str,
    output: Output,
    place: Place,
}

enum Place {
    /// A file that the person chose.
    Chosen(Passing),
    /// A file of the browser's storage.
    Stored(Passing),
    /// Memory.
    Memory,
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
        media_type: &'static str,
        size: u64,
    ) -> Pending<'a, Written<Box<dyn Writer>>> {
        Box::pin(async move {
            let place = match chosen(name).await? {
                Some(handle) => Place::Chosen(Passing::of(handle).await?),
                None => Passing::stored().await.map_or(Place::Memory, Place::Stored),
            };
            let output = match &place {
                Place::Chosen(file) | Place::Stored(file) => file.output(),
                Place::Memory => Output::memory(size)?,
            };
            let download = Download { name: name.to_owned(), media_type, output, place };
            Ok(Box::new(download) as Box<dyn Writer>)
        })
    }
}

impl Writer for Download {
    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> Pending<'a, Written<()>> {
        Box::pin(self.output.write(bytes))
    }

    fn finish(mut self: Box<Self>) -> Pending<'static, Written<()>> {
        Box::pin(async move {
            let parts = self.output.close().await?.unwrap_or_default();
            let handed_out = match self.place {
                Place::Chosen(file) => {
                    file.stay();
                    Some(())
                }
                Place::Stored(file) => {
                    let parts = Array::of1(&file.file().await?.into());
                    let handed_out = files::save(&self.name, self.media_type, &parts);
                    spawn_local(async move {
                        sleep(COPIED_MS).await;
                        drop(file);
                    });
                    handed_out
                }
                Place::Memory => files::save(&self.name, self.media_type, &parts),
            };
            handed_out.ok_or_else(|| WriteError::Refused(String::new()))
        })
    }
}

/// A file that the person chooses; `None` where the browser does not let a page ask.
async fn chosen(name: &str) -> Written<Option<JsValue>> {
    if picker().is_none() {
        return Ok(None);
    }
    let options = Object::new();
    Reflect::set(&options, &"suggestedName".into(), &name.into()).ok();
    match call(&js_sys::global(), "showSaveFilePicker", &[options.into()]).await {
        Ok(handle) => Ok(Some(handle)),
        Err(Thrown { name, .. }) if name == "AbortError" => Err(WriteError::Dismissed),
        // Not inside the frame of another site, for example.
        Err(_) => Ok(None),
    }
}

fn picker() -> Option<Function> {
    method(&js_sys::global(), "showSaveFilePicker")
}

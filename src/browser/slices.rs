//! The content of a file, piece by piece: memory does not grow with the file.

use js_sys::{ArrayBuffer, IteratorNext, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use super::body::{BUFFER, Reader};
use crate::registry::{Chunks, Pending, TransportError};

/// Reads a file, or a part of one, from its start to its end.
///
/// It is one stream into one buffer: slices of their own would each be garbage, of which the browser
/// keeps hundreds of megabytes before it looks for any.
pub(super) struct Slices {
    reader: Option<Reader>,
    /// Goes back and forth between this and the browser, where the reader takes one.
    buffer: Option<ArrayBuffer>,
    len: u64,
}

impl Slices {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Whole and positive.
    pub(super) fn of(content: &Blob) -> Self {
        let reader = Reader::of(&content.stream(), true);
        Self { reader, buffer: None, len: content.size() as u64 }
    }

    /// How many bytes it has.
    pub(super) fn len(&self) -> u64 {
        self.len
    }
}

impl Chunks for Slices {
    fn next(&mut self) -> Pending<'_, Result<Option<Vec<u8>>, TransportError>> {
        Box::pin(async move {
            let reader = self.reader.as_ref().ok_or(TransportError::Failed)?;
            let takes_buffer = matches!(reader, Reader::Buffers(_));
            let size = if takes_buffer { BUFFER } else { 0 };
            let buffer = self.buffer.take().unwrap_or_else(|| ArrayBuffer::new(size));
            let read = JsFuture::from(reader.read(&buffer, 0)).await;
            // An object with these two members by the standard of streams.
            let read: IteratorNext = read.map_err(|_| TransportError::Failed)?.unchecked_into();
            if read.done() {
                return Ok(None);
            }
            let bytes: Uint8Array = read.value().dyn_into().map_err(|_| TransportError::Failed)?;
            if takes_buffer {
                self.buffer = Some(bytes.buffer());
            }
            Ok(Some(bytes.to_vec()))
        })
    }
}

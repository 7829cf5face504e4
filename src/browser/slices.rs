//! The content of a file, slice by slice: memory does not grow with the file.

use js_sys::{ArrayBuffer, Promise, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::File;

use crate::registry::{Chunks, Pending, TransportError};

/// How many bytes are read at a time: enough that a read costs nothing beside hashing what it gives.
const SLICE: f64 = 4.0 * 1024.0 * 1024.0;

/// Reads a file from its start to its end.
pub(super) struct Slices {
    file: File,
    /// Where the next slice starts.
    start: f64,
    /// The slice that is on its way: it is read while the one before is hashed.
    coming: Option<Promise>,
}

impl Slices {
    pub(super) fn of(file: File) -> Self {
        let mut slices = Self { file, start: 0.0, coming: None };
        slices.read_on();
        slices
    }

    /// How many bytes the file has.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Whole and positive.
    pub(super) fn len(&self) -> u64 {
        self.file.size() as u64
    }

    fn read_on(&mut self) {
        let (start, end) = (self.start, (self.start + SLICE).min(self.file.size()));
        let slice = (start < end).then(|| self.file.slice_with_f64_and_f64(start, end).ok());
        self.coming = slice.flatten().map(|slice| slice.array_buffer());
        self.start = end;
    }
}

impl Chunks for Slices {
    fn next(&mut self) -> Pending<'_, Result<Option<Vec<u8>>, TransportError>> {
        Box::pin(async move {
            let Some(coming) = self.coming.take() else { return Ok(None) };
            let read = JsFuture::from(coming).await.map_err(|_| TransportError::Failed)?;
            let bytes: ArrayBuffer = read.dyn_into().map_err(|_| TransportError::Failed)?;
            self.read_on();
            Ok(Some(Uint8Array::new(&bytes).to_vec()))
        })
    }
}

//! Files that the person chose, kept by number, and files handed to the person.

use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::rc::Rc;

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, File, HtmlAnchorElement, Url};

use super::slices;
use super::transport::sleep;
use crate::app::FileId;
use crate::export::ArchiveError;
use crate::registry::{Chunks, Pending};
use crate::run::{ChosenFile, FilePart, Files};

thread_local! {
    static CHOSEN: RefCell<Vec<Option<File>>> = const { RefCell::new(Vec::new()) };
}

/// Keeps a file that the person chose and gives it a number.
pub fn keep(file: File) -> FileId {
    CHOSEN.with_borrow_mut(|chosen| {
        chosen.push(Some(file));
        FileId(u32::try_from(chosen.len() - 1).unwrap_or(u32::MAX))
    })
}

/// The file kept under `id`.
pub fn get(id: FileId) -> Option<File> {
    CHOSEN.with_borrow(|chosen| chosen.get(id.0 as usize).cloned().flatten())
}

/// Keeps a file no longer.
pub(super) fn forget(id: FileId) {
    CHOSEN.with_borrow_mut(|chosen| {
        if let Some(kept) = chosen.get_mut(id.0 as usize) {
            *kept = None;
        }
    });
}

/// The files that the person chose, by their numbers.
pub struct KeptFiles;

impl Files for KeptFiles {
    fn get(&self, id: FileId) -> Option<Rc<dyn ChosenFile>> {
        Some(Rc::new(Chosen::of(get(id)?)))
    }
}

/// A kept file, read by slices.
struct Chosen {
    file: File,
    /// Where the last long slice ended, and the stream that goes on from there.
    stream: RefCell<Option<(u64, slices::Slices, Vec<u8>)>>,
    /// When the page last had its turn, in milliseconds.
    rested: Cell<f64>,
}

/// How long reading may go on before the page has its turn, in milliseconds: what a stream has ready
/// comes at once, and would come forever.
const REST_AFTER: f64 = 25.0;

/// From this length on a slice is part of a stream: made one by one, slices would fill the memory with
/// what nobody uses any more.
const LONG: u64 = 1024 * 1024;

impl Chosen {
    fn of(file: File) -> Self {
        Self { file, stream: RefCell::default(), rested: Cell::new(js_sys::Date::now()) }
    }

    async fn short(&self, range: Range<u64>) -> Result<Vec<u8>, JsValue> {
        let buffer = JsFuture::from(part(&self.file, range)?.array_buffer()).await?;
        Ok(js_sys::Uint8Array::new(&buffer).to_vec())
    }

    /// `None` where the stream breaks.
    async fn long(&self, range: &Range<u64>) -> Option<Vec<u8>> {
        if js_sys::Date::now() - self.rested.get() > REST_AFTER {
            sleep(0).await;
            self.rested.set(js_sys::Date::now());
        }
        let going_on = self.stream.take().filter(|(at, ..)| *at == range.start);
        let (mut stream, mut bytes) = match going_on {
            Some((_, stream, rest)) => (stream, rest),
            None => {
                let rest = part(&self.file, range.start..self.size()).ok()?;
                (slices::Slices::of(&rest), Vec::new())
            }
        };
        let wanted = usize::try_from(range.end - range.start).ok()?;
        bytes.reserve(wanted.saturating_sub(bytes.len()));
        while bytes.len() < wanted {
            bytes.extend_from_slice(&stream.next().await.ok()??);
        }
        let rest = bytes.split_off(wanted);
        self.stream.replace(Some((range.end, stream, rest)));
        Some(bytes)
    }
}

impl ChosenFile for Chosen {
    fn name(&self) -> String {
        self.file.name()
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // A size is a whole number.
    fn size(&self) -> u64 {
        self.file.size() as u64
    }

    fn read(&self, range: Range<u64>) -> Pending<'_, Result<Vec<u8>, ArchiveError>> {
        Box::pin(async move {
            if range.end - range.start >= LONG
                && let Some(bytes) = self.long(&range).await
            {
                return Ok(bytes);
            }
            self.short(range).await.map_err(|error| {
                let words =
                    error.dyn_into::<js_sys::Error>().map(|error| String::from(error.message()));
                ArchiveError::Read(words.unwrap_or_default())
            })
        })
    }
}

fn part(file: &File, range: Range<u64>) -> Result<Blob, JsValue> {
    #[allow(clippy::cast_precision_loss)] // Files are smaller than 2⁵³ bytes.
    file.slice_with_f64_and_f64(range.start as f64, range.end as f64)
}

/// Hands `parts` to the person as one file; `None` when the browser refuses.
pub(super) fn download_parts(name: &str, media_type: &str, parts: &[FilePart<'_>]) -> Option<()> {
    let all = js_sys::Array::new();
    for part in parts {
        match part {
            FilePart::Bytes(bytes) => all.push(&js_sys::Uint8Array::from(*bytes)),
            FilePart::Slice(id, range) => {
                #[allow(clippy::cast_precision_loss)] // Files are smaller than 2⁵³ bytes.
                let (start, end) = (range.start as f64, range.end as f64);
                all.push(&get(*id)?.slice_with_f64_and_f64(start, end).ok()?.into())
            }
        };
    }
    save(name, media_type, &all)
}

/// Hands `parts`, which are bytes or blobs, to the person as one file; `None` when the browser refuses.
pub(super) fn save(name: &str, media_type: &str, parts: &js_sys::Array) -> Option<()> {
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    let blob = Blob::new_with_u8_array_sequence_and_options(parts, &options).ok()?;
    let url = Url::create_object_url_with_blob(&blob).ok()?;
    let document = web_sys::window()?.document()?;
    let link: HtmlAnchorElement = document.create_element("a").ok()?.dyn_into().ok()?;
    link.set_href(&url);
    link.set_download(name);
    link.click();
    // The browser has taken the blob by then; keeping the URL would keep the bytes.
    Url::revoke_object_url(&url).ok()
}

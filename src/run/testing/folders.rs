use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::deliver::WriteError;
use crate::registry::{FileSlice, Pending};
use crate::run::{Folder, Folders, Kept, Writer, Written};

/// A folder in memory, and files that are kept. Clones are the same.
#[derive(Clone)]
pub(crate) struct FakeFolders(Rc<Inner>);

struct Inner {
    /// What stands under its final name.
    files: RefCell<BTreeMap<String, Vec<u8>>>,
    /// How many files are being written.
    open: Cell<usize>,
    /// Files that are kept until they are sent.
    kept: RefCell<Vec<Option<Vec<u8>>>>,
    /// How many bytes it still takes.
    room: Cell<usize>,
    /// The person chooses no place.
    dismisses: Cell<bool>,
}

/// A file that is being written, for a name or to be kept.
struct FakeFile {
    folders: FakeFolders,
    name: String,
    bytes: Vec<u8>,
    number: Option<u32>,
}

impl FakeFolders {
    pub(super) fn new() -> Self {
        Self(Rc::new(Inner {
            files: RefCell::default(),
            open: Cell::new(0),
            kept: RefCell::default(),
            room: Cell::new(usize::MAX),
            dismisses: Cell::new(false),
        }))
    }

    /// What stands under a final name.
    pub(crate) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        self.0.files.borrow().clone()
    }

    /// Whether nothing is half written and nothing is kept.
    pub(crate) fn is_tidy(&self) -> bool {
        self.0.open.get() == 0 && self.0.kept.borrow().iter().all(Option::is_none)
    }

    /// The file that is kept under this number.
    pub(crate) fn kept(&self, number: u32) -> Vec<u8> {
        self.0.kept.borrow()[number as usize].clone().unwrap()
    }

    /// Takes only so many bytes more.
    pub(crate) fn leave_room(&self, bytes: usize) {
        self.0.room.set(bytes);
    }

    /// The person chooses no place from now on.
    pub(crate) fn dismiss(&self) {
        self.0.dismisses.set(true);
    }

    fn file(&self, name: &str) -> Written<FakeFile> {
        if self.0.dismisses.get() {
            return Err(WriteError::Dismissed);
        }
        self.0.open.set(self.0.open.get() + 1);
        let (folders, name) = (self.clone(), name.to_owned());
        Ok(FakeFile { folders, name, bytes: Vec::new(), number: None })
    }
}

impl FakeFile {
    fn add(&mut self, bytes: &[u8]) -> Written<()> {
        let room = self.folders.0.room.get();
        let left = room.checked_sub(bytes.len()).ok_or(WriteError::Full)?;
        self.folders.0.room.set(left);
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }
}

impl Drop for FakeFile {
    fn drop(&mut self) {
        self.folders.0.open.set(self.folders.0.open.get() - 1);
        if let Some(number) = self.number {
            self.folders.0.kept.borrow_mut()[number as usize] = None;
        }
    }
}

impl Folders for FakeFolders {
    fn folder(&self) -> Pending<'_, Written<Box<dyn Folder>>> {
        let folder = self.clone();
        Box::pin(async {
            if folder.0.dismisses.get() {
                return Err(WriteError::Dismissed);
            }
            Ok(Box::new(folder) as Box<dyn Folder>)
        })
    }

    fn keep(&self, _: u64) -> Pending<'_, Written<Box<dyn Kept>>> {
        let file = self.file("kept");
        Box::pin(async { Ok(Box::new(file?) as Box<dyn Kept>) })
    }
}

impl Folder for FakeFolders {
    fn create<'a>(&'a self, path: &'a str) -> Pending<'a, Written<Box<dyn Writer>>> {
        let file = self.file(path);
        Box::pin(async { Ok(Box::new(file?) as Box<dyn Writer>) })
    }
}

impl Writer for FakeFile {
    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> Pending<'a, Written<()>> {
        let written = self.add(bytes);
        Box::pin(async { written })
    }

    fn finish(mut self: Box<Self>) -> Pending<'static, Written<()>> {
        let bytes = std::mem::take(&mut self.bytes);
        self.folders.0.files.borrow_mut().insert(self.name.clone(), bytes);
        Box::pin(async { Ok(()) })
    }
}

impl Kept for FakeFile {
    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> Pending<'a, Written<()>> {
        let written = self.add(bytes);
        Box::pin(async { written })
    }

    fn file(&mut self) -> Pending<'_, Written<FileSlice>> {
        let mut kept = self.folders.0.kept.borrow_mut();
        let number = u32::try_from(kept.len()).unwrap();
        kept.push(Some(self.bytes.clone()));
        self.number = Some(number);
        let slice = FileSlice { file: number, start: 0, len: self.bytes.len() as u64 };
        Box::pin(async move { Ok(slice) })
    }
}

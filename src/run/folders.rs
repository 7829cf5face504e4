//! A folder of the person that is written into, and files that are kept until they are sent.
//!
//! Invariant: a file stands under its name only when all of it was written; one that is dropped
//! before leaves nothing.

use crate::deliver::WriteError;
use crate::registry::{FileSlice, Pending};

/// What a write gives.
pub type Written<T> = Result<T, WriteError>;

/// Where files are written.
pub trait Folders {
    /// A folder that the person chooses, right after a click.
    fn folder(&self) -> Pending<'_, Written<Box<dyn Folder>>>;

    /// A file of `size` bytes that is kept until it is sent.
    fn keep(&self, size: u64) -> Pending<'_, Written<Box<dyn Kept>>>;
}

/// A file that is being written. One that is dropped before it is finished leaves nothing.
pub trait Writer {
    /// Adds bytes at the end.
    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> Pending<'a, Written<()>>;

    /// Puts the file under its name, or hands it to the person.
    fn finish(self: Box<Self>) -> Pending<'static, Written<()>>;
}

/// A folder to write into.
pub trait Folder {
    /// Begins the file at `path`, whose parts are separated by `/`; the folders above it are made.
    fn create<'a>(&'a self, path: &'a str) -> Pending<'a, Written<Box<dyn Writer>>>;
}

/// A file that is kept until it is sent; it goes away when it is dropped.
pub trait Kept {
    /// Adds bytes at the end.
    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> Pending<'a, Written<()>>;

    /// All of it, as requests take it.
    fn file(&mut self) -> Pending<'_, Written<FileSlice>>;
}

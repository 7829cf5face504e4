//! A world of fakes: a page without a browser, whose clock and network obey the test.

mod disk;
mod folders;
mod images;
mod net;
mod page;
mod tasks;

pub(super) use disk::Disk;
pub(super) use folders::FakeFolders;
pub(super) use images::{layout, put_image, put_index, tag};
pub(super) use net::Net;
pub(super) use page::Page;

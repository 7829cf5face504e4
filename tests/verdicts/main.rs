//! Whether what is said of clients and registries is true, is what the documents say, and is said in
//! time.

mod documents;
mod images;
mod speed;

//! Bringing marked layers to their URLs: as files for a web server, by commands, or by `PUT`.
//!
//! Nothing here reads or sends anything: a delivery is a list of files with their paths, and texts.
//! Invariant: a path stays inside the folder that it is written to, and one path has one content.

mod commands;
mod contents;
mod error;
mod instructions;
mod path;
mod plan;
mod put;
mod server;

pub use commands::{BlobHome, Fetch, Upload, delete_commands, fetch_commands, upload_commands};
pub use contents::{Content, END, WrittenFile, archive_size, before, behind};
pub use error::{DeliverError, WriteError, code_of};
pub use instructions::CompleteArchive;
pub use path::PathError;
pub use plan::{Delivery, DeliveryFile, DeliveryProblem, MarkedLayer, ProblemKind};
pub use put::{
    PutError, PutHeader, PutJob, Receiver, check_receivers, parse_headers, put_jobs, receivers,
};
pub use server::{ServerFile, server_files};

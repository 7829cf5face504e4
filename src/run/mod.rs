//! What takes time: loading, planning, pushing, verifying, exporting, as futures over the small traits of a [`World`].
//!
//! Invariant: nothing here knows a browser. What an [`Effect`](crate::app::Effect) asks for is done
//! with what the world offers, and its outcome is sent back as an [`Action`](crate::app::Action); of
//! two jobs of the same kind only the later one is heard.

mod archive;
mod autosave;
mod base;
mod bring;
mod browse;
mod carry_out;
mod compare;
mod deliver;
mod export;
mod failure;
mod files;
mod folders;
mod gateway;
mod health;
mod idle;
mod job;
mod layer_bytes;
mod load;
mod push;
mod referrers;
mod runner;
mod sign_in;
#[cfg(test)]
mod stories;
mod task;
#[cfg(test)]
mod testing;
mod throttle;
mod verify;
mod workers;
mod world;

pub use autosave::{Autosave, Storage};
pub use files::{
    ChosenFile, Content, Downloads, FilePart, Files, MOST_IN_MEMORY, content, hand_out,
};
pub use folders::{Folder, Folders, Kept, Writer, Written};
pub use gateway::Gateway;
pub use runner::Runner;
pub use throttle::Throttle;
pub use workers::{Told, VerifyJob, VerifySource, Worker, Workers};
pub use world::{Sentences, Spoken, World};

//! What takes time: loading, planning, pushing, as futures over the small traits of a [`World`].
//!
//! Invariant: nothing here knows a browser. What an [`Effect`](crate::app::Effect) asks for is done
//! with what the world offers, and its outcome is sent back as an [`Action`](crate::app::Action); of
//! two jobs of the same kind only the later one is heard.

mod base;
mod browse;
mod carry_out;
mod failure;
mod gateway;
mod idle;
mod job;
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
mod world;

pub use gateway::Gateway;
pub use runner::Runner;
pub use world::World;

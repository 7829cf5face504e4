//! The table of facts: what each client and each registry does with foreign layers, with sources,
//! dates and the strength of the evidence. The verdicts, the page's matrix and the documents
//! `docs/compatibility.*` are all made from it; nothing else states such a fact.
//!
//! It is written as data, in `facts/compatibility.json`. `build.rs` makes constants of it, which the
//! compiler checks, so that no decoder travels to the browser.

use super::behaviour::{
    Acceptance, Answer, Client, Copy, Decides, Evidence, Keeps, Load, OnFailure, Order, Pull,
    Reason, Refuses, Registry, Strength, Then, Versions,
};
use super::registry_kind::RegistryKind;
use crate::manifest::media_type::Family;

include!(concat!(env!("OUT_DIR"), "/facts.rs"));

//! Marks of layers, in one manifest and in all platforms, and the checks of their URLs.

pub(in crate::app) mod all_platforms;
#[cfg(test)]
mod all_platforms_tests;
pub(in crate::app) mod base;
pub(in crate::app) mod edit;
pub(in crate::app) mod verify;
#[cfg(test)]
mod verify_tests;

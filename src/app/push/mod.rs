//! Plans of pushes, pushes under way, and what refers to the old digests.

pub(in crate::app) mod next;
#[cfg(test)]
mod next_tests;
pub(in crate::app) mod outcome;
pub(in crate::app) mod plan;
#[cfg(test)]
mod plan_tests;
pub(in crate::app) mod pushes;
#[cfg(test)]
mod pushes_tests;
#[cfg(test)]
mod question_tests;
pub(in crate::app) mod referrers;
pub(in crate::app) mod request;

//! What is questionable about an edited image, and the edits that mend it.
//!
//! Pure and data-driven: [`check`] runs a table of rules over a subject. A finding lists its layers
//! rather than being repeated for each.

mod finding;
mod fix;
mod report;
mod rules;

pub use finding::{Finding, RuleInfo, Severity};
pub use fix::{Fix, FixKind};
pub use report::{Report, report};
pub use rules::{check, rules};

use std::sync::Arc;

use super::Fix;
use crate::compatibility::LayerRef;
use crate::manifest::Digest;
use crate::text::{Arg, Message};

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something will break or leak; a push asks for a reason.
    Error,
    /// Some tools or registries will trip over it.
    Warning,
    /// Worth knowing.
    Note,
}

/// What is told apart about a rule without looking at an image.
#[derive(Debug)]
pub struct RuleInfo {
    /// The stable id, such as `LM201`.
    pub id: &'static str,
    /// How much a finding of this rule weighs.
    pub severity: Severity,
    /// The public address of what justifies the rule.
    pub source: &'static str,
    /// The catalogue key of what is the matter.
    pub what: &'static str,
    /// The catalogue key of what to do.
    pub advice: &'static str,
    /// Whether what it says is true of every mark, rather than of this image.
    pub is_general: bool,
}

/// What a rule found: one finding per rule, with all the layers it concerns.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: &'static RuleInfo,
    /// The layers concerned, in the order of the tree.
    pub layers: Arc<[LayerRef]>,
    /// The documents concerned, where it is not about layers.
    pub nodes: Vec<Digest>,
    /// What can be done about it by an edit.
    pub fix: Option<Fix>,
    pub(super) args: Vec<(&'static str, Arg)>,
}

impl Finding {
    /// What is the matter, in one sentence.
    pub fn what(&self) -> Message {
        Message { key: self.rule.what, args: self.args.clone() }
    }

    /// What to do about it, in one sentence.
    pub fn advice(&self) -> Message {
        Message { key: self.rule.advice, args: self.args.clone() }
    }
}

/// Equal rules with equal layers, documents and words.
impl PartialEq for Finding {
    fn eq(&self, other: &Self) -> bool {
        self.rule.id == other.rule.id
            && self.layers == other.layers
            && self.nodes == other.nodes
            && self.args == other.args
    }
}

impl Severity {
    /// Its name, for people.
    pub fn message(self) -> Message {
        match self {
            Self::Error => crate::msg!("checks.error"),
            Self::Warning => crate::msg!("checks.warning"),
            Self::Note => crate::msg!("checks.note"),
        }
    }
}

use super::{Finding, rules};
use crate::compatibility::survey::Survey;
use crate::compatibility::{ClientVerdict, RegistryVerdict, Subject, Summary};
use crate::compatibility::{client_verdict, registry_verdict};
use crate::msg;
use crate::text::Message;

/// Everything that is said of an edited image.
#[derive(Clone, Debug)]
pub struct Report {
    /// What the marks amount to; `None` when no layer is marked.
    pub summary: Option<Summary>,
    /// What is questionable, errors first.
    pub findings: Vec<Finding>,
    /// What each client does with the marked layers.
    pub clients: Vec<ClientVerdict>,
    /// What the target's registry says, of the kind that the situation names.
    pub registry: RegistryVerdict,
}

/// Everything at once, at less than half of the cost of asking one by one.
pub fn report(subject: &Subject<'_>) -> Report {
    let survey = Survey::new(subject);
    let classes = survey.classes();
    let clients = client_verdict::of_survey(&survey, classes);
    Report {
        summary: Summary::of(&survey, classes, &clients),
        findings: rules::of_survey(&survey),
        clients,
        registry: registry_verdict::of_survey(&survey, classes, subject.situation.kind),
    }
}

impl Report {
    /// What the marks amount to, in one sentence.
    pub fn sentence(&self) -> Message {
        self.summary.as_ref().map_or(msg!("summary.nothing"), Summary::sentence)
    }
}

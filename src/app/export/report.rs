//! The facts of the audit report, from the state.

use crate::app::export::dialog::{push_by_hand, script};
use crate::app::{EndedPush, Opened, Origin, State, UrlCheck};
use crate::checks::Severity;
use crate::export::{
    CheckFact, CommandFact, DocumentFact, FactSeverity, FactState, LayerFact, PushFact,
    ReportFacts, StepFact, Tool, UrlFact, unified_patch,
};
use crate::image::Row;
use crate::manifest::{Digest, Facts};
use crate::msg;
use crate::registry::push::{PushPlan, StepState};
use crate::registry::{Reference, ShortNames, Undone, Verdict};
use crate::text::Utc;

/// How many layers or documents a finding names.
const PLACES: usize = 20;

/// Everything that the audit report says now; `None` when no image is open. `now_ms` is the time in
/// milliseconds since 1970.
pub fn report_facts(state: &State, now_ms: u64) -> Option<ReportFacts> {
    let opened = state.opened.as_deref()?;
    let typed = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let source = match &opened.origin {
        Origin::Registry { reference, facts } => Some(named(reference, facts)),
        Origin::File { name } => Some(name.clone()),
        Origin::Sample { title } => Some(title.to_string()),
        Origin::Paste => None,
    };
    let plan = state.push_plan();
    Some(ReportFacts {
        made_with: concat!("Layermark ", env!("CARGO_PKG_VERSION")).to_owned(),
        who: typed(&state.export.who),
        when: Utc::of_ms(now_ms).rfc3339(),
        purpose: None,
        source,
        target: typed(&state.export.target).or_else(|| typed(&state.push.target)),
        documents: documents(opened),
        checks: checks(state, opened),
        urls: urls(state),
        pushes: state.pushes.of(opened).filter_map(push).collect(),
        push: plan.map(|plan| steps(plan)).unwrap_or_default(),
        commands: commands(state),
    })
}

/// The reference with the host of its registry, also where the person left it out.
fn named(reference: &str, facts: &Facts) -> String {
    let parsed = Reference::parse(reference, ShortNames::OfDefaultRegistry);
    match (parsed, &facts.registry) {
        (Ok(parsed), Some(registry)) if parsed.registry.is_none() => {
            format!("{registry}/{reference}")
        }
        _ => reference.to_owned(),
    }
}

fn documents(opened: &Opened) -> Vec<DocumentFact> {
    let mut seen = std::collections::BTreeSet::new();
    let rows = opened.image.rows(opened.history.edits());
    let fact = |row: &Row| {
        let loaded = opened.image.document(&row.id)?;
        let node = opened.rendered.node(&row.id)?;
        let name = name(row);
        Some(DocumentFact {
            patch: unified_patch(&name, node.base.bytes(), &node.splices),
            name,
            media_type: node.media_type.to_owned(),
            old: row.id.clone(),
            new: node.digest.clone(),
            old_size: loaded.bytes().len() as u64,
            new_size: node.bytes.len() as u64,
            layers: layers(opened, &row.id),
        })
    };
    rows.iter().filter(|row| seen.insert(row.id.clone())).filter_map(fact).collect()
}

/// What a document is in the image.
fn name(row: &Row) -> String {
    let Some(entry) = &row.descriptor else { return "root".to_owned() };
    let platform = entry.platform.as_ref().filter(|platform| !platform.os.is_empty());
    match platform {
        _ if entry.is_attestation() => format!("attestation {}", entry.digest.short()),
        Some(platform) => platform.to_string(),
        None => entry.digest.short(),
    }
}

fn layers(opened: &Opened, id: &Digest) -> Vec<LayerFact> {
    let Some(node) = opened.rendered.node(id) else { return Vec::new() };
    let edits = opened.history.edits().of(id);
    let marks = edits.layers().iter();
    marks
        .filter_map(|(&index, mark)| {
            let layer = node.base.layers().get(index)?;
            Some(LayerFact {
                index,
                digest: layer.digest.clone(),
                size: layer.size,
                old_media_type: layer.media_type.clone(),
                new_media_type: mark.media_type(layer, edits.family()),
                old_urls: layer.urls.clone().unwrap_or_default(),
                new_urls: mark.urls.clone().unwrap_or_default(),
            })
        })
        .collect()
}

fn checks(state: &State, opened: &Opened) -> Vec<CheckFact> {
    let reason = Some(state.checks.reason.trim().to_owned()).filter(|text| !text.is_empty());
    let findings = state.checks.findings(opened);
    let fact = |found: &crate::checks::Finding| {
        let layers = found.layers.iter();
        let layers = layers.map(|layer| format!("{} #{}", layer.node.short(), layer.index));
        let mut places: Vec<String> = layers.chain(found.nodes.iter().map(Digest::short)).collect();
        if places.len() > PLACES {
            places.truncate(PLACES);
            places.push("…".to_owned());
        }
        let severity = match found.rule.severity {
            Severity::Error => FactSeverity::Error,
            Severity::Warning => FactSeverity::Warning,
            Severity::Note => FactSeverity::Note,
        };
        CheckFact {
            rule: found.rule.id.to_owned(),
            severity,
            what: found.what(),
            place: places.join(", "),
            overridden: reason.clone().filter(|_| severity == FactSeverity::Error),
        }
    };
    findings.iter().map(fact).collect()
}

fn urls(state: &State) -> Vec<UrlFact> {
    let done = state.verify.all().filter_map(|(target, check)| match check {
        UrlCheck::Done(found, ms) => Some(UrlFact {
            url: match target.file {
                Some(_) => format!("file:{}", target.url),
                None => target.url.clone(),
            },
            digest: target.layer.clone(),
            outcome: outcome(&found.verdict).to_owned(),
            says: match target.file {
                Some(_) => found.verdict.message_of_file(),
                None => found.verdict.message(),
            },
            when: Some(Utc::of_ms(ms).rfc3339()),
        }),
        UrlCheck::Queued | UrlCheck::Running(_) => None,
    });
    done.collect()
}

fn outcome(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Verified => "verified",
        Verdict::Answers { .. } => "answers",
        Verdict::WrongContent(_) => "wrong-content",
        Verdict::Encoded(Undone::Unread) => "encoded",
        Verdict::Encoded(Undone::Layer) => "encoded-layer",
        Verdict::Encoded(Undone::Other) => "encoded-other",
        Verdict::WrongSize { .. } => "wrong-size",
        Verdict::SizeUnclear { .. } => "size-unclear",
        Verdict::Missing(_) => "missing",
        Verdict::NeedsAuthentication(_) => "needs-authentication",
        Verdict::Refused(_) => "refused",
        Verdict::Blocked => "blocked-by-cors",
        Verdict::Unreachable => "unreachable",
        Verdict::BrokeOff { .. } => "broke-off",
        Verdict::Timeout => "timeout",
        Verdict::Cancelled => "cancelled",
        Verdict::NotAUrl => "not-a-url",
    }
}

fn push(ended: &EndedPush) -> Option<PushFact> {
    let plan = &ended.push.plan;
    Some(PushFact {
        put_back: plan.input.put_back,
        target: ended.target(),
        digest: plan.input.root()?.digest.clone(),
        before: plan.expected().cloned(),
        state: if plan.is_done() { FactState::Done } else { FactState::Failed },
        when: Utc::of_ms(ended.at_ms).rfc3339(),
    })
}

fn steps(plan: &PushPlan) -> Vec<StepFact> {
    let fact = |step: &crate::registry::push::Step| {
        let (state, answer) = match &step.state {
            StepState::Pending | StepState::Running(_) => (FactState::Planned, None),
            StepState::Done(remark) => (FactState::Done, remark.clone()),
            StepState::Skipped(reason) => (FactState::Skipped, Some(reason.message())),
            StepState::Failed(reason) => (FactState::Failed, Some(reason.clone())),
        };
        StepFact { what: step.action.message(), requests: Vec::new(), state, answer }
    };
    plan.steps.iter().map(fact).collect()
}

fn commands(state: &State) -> Vec<CommandFact> {
    let Some(push) = push_by_hand(state) else { return Vec::new() };
    let tool: Tool = state.export.tool;
    let what = msg!("export.commands-of", tool = tool.name());
    vec![CommandFact { what, lines: script(&push, tool).lines }]
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::app::{EditAction, ExportAction, OpenAction, SourceAction, reduce};

    #[test]
    fn the_source_names_the_registry() {
        let facts = Facts { registry: Some("portal.example".into()), ..Facts::default() };
        for (typed, expected) in [
            ("team/app:1.4", "portal.example/team/app:1.4"),
            ("r.example/team/app:1.4", "r.example/team/app:1.4"),
        ] {
            assert_eq!(named(typed, &facts), expected);
        }
    }

    #[test]
    fn the_facts_say_what_changed_and_who_did_it() {
        let manifest = crate::image::SAMPLES[1].documents[0];
        let mut state: Rc<State> = Rc::default();
        assert_eq!(report_facts(&state, 0), None);
        for action in [
            SourceAction::Json(manifest.into()).into(),
            OpenAction::Json.into(),
            EditAction::Template("https://cdn.example/{digest}".into()).into(),
            EditAction::Mark(0).into(),
            ExportAction::Who(" Ada ".into()).into(),
            ExportAction::Target("r.example/a/b:1".into()).into(),
        ] {
            state = reduce(&state, action);
        }
        let facts = report_facts(&state, 951_782_400_000).unwrap();
        assert_eq!(facts.who.as_deref(), Some("Ada"));
        assert_eq!(facts.when, "2000-02-29T00:00:00Z");
        assert_eq!(facts.target.as_deref(), Some("r.example/a/b:1"));
        let [document] = facts.documents.as_slice() else { panic!("one document") };
        assert_ne!(document.old, document.new);
        assert_ne!(document.layers[0].old_media_type, document.layers[0].new_media_type);
        assert!(document.patch.contains("cdn.example"));
        assert_eq!(facts.commands.len(), 1);
    }
}

use super::*;
use crate::manifest::media_type::{OCI_INDEX, OCI_MANIFEST};
use crate::registry::push::{BlobFact, Place, PushFacts, PushInput};
use crate::registry::reference::{Reference, Repository, Tag};
use crate::registry::{Endpoint, ShortNames};

fn need(text: &str, role: Role, may_stay_away: bool) -> Needed {
    let size = text.len() as u64;
    Needed { digest: Digest::sha256(text.as_bytes()), size, may_stay_away, role }
}

fn document(text: &str, platform: Option<&str>, needs: Vec<Needed>) -> PushDocument {
    PushDocument {
        digest: Digest::sha256(text.as_bytes()),
        platform: platform.map(str::to_owned),
        media_type: if text == "index" { OCI_INDEX } else { OCI_MANIFEST }.to_owned(),
        is_index: text == "index",
        bytes: text.as_bytes().into(),
        needs,
        urls: Vec::new(),
        has_subject: false,
    }
}

/// An index of two platforms; of the blobs of the first the target has the config and the layers that
/// are marked, and a third platform is there.
fn plan() -> PushPlan {
    let amd = vec![
        need("config", Role::Config, false),
        need("plain", Role::Layer, false),
        need("held", Role::Layer, true),
    ];
    let arm = vec![need("config", Role::Config, false), need("away!", Role::Layer, true)];
    let place = Place {
        endpoint: Endpoint::parse("https://r.example").unwrap(),
        repository: Repository::parse("app").unwrap(),
    };
    let source = Place { endpoint: Endpoint::parse("https://s.example").unwrap(), ..place.clone() };
    let input = PushInput {
        documents: vec![
            document("amd", Some("linux/amd64"), amd),
            document("arm", Some("linux/arm64"), arm),
            document("known", Some("linux/s390x"), Vec::new()),
            document("index", None, Vec::new()),
        ],
        source: Some(source),
        wanted: std::collections::BTreeSet::new(),
        required: std::collections::BTreeSet::new(),
        local: [].into(),
        reference: Reference::parse("r.example/app:t", ShortNames::OfDefaultRegistry).unwrap(),
        target: place,
        tag: Some(Tag::parse("t").unwrap()),
        loaded: None,
        pinned: false,
        backup: None,
        put_back: false,
    };
    let there = ["config", "held"].map(|text| Digest::sha256(text.as_bytes()));
    let facts = PushFacts {
        blobs: there.map(|digest| (digest, BlobFact::Present(None))).into(),
        manifests: [(Digest::sha256(b"known"), true)].into(),
        ..PushFacts::default()
    };
    PushPlan::new(input, &facts)
}

#[test]
fn a_plan_in_numbers() {
    let amount = |count, size| Amount { count, size };
    assert_eq!(
        plan().summary(),
        Summary {
            there: amount(2, 10),
            sent: amount(1, 5),
            away: amount(1, 5),
            held: amount(1, 4),
            stored: 3,
            known: 1,
            ..Summary::default()
        }
    );
}

#[test]
fn steps_call_manifests_and_blobs_by_platform() {
    let plan = plan();
    let said: Vec<String> = plan.steps.iter().map(|step| plan.message(step).to_string()).collect();
    for expected in [
        "Check that the target has the config of linux/amd64 (6 B)",
        "Copy layer 0 of linux/amd64 (5 B) from s.example/app",
        "Check that the target has layer 1 of linux/amd64 (4 B)",
        "Check that the target has layer 0 of linux/arm64 (5 B)",
        "Store the manifest of linux/arm64",
        "Store the index sha256:",
        "Read the manifest of linux/amd64 back and compare",
    ] {
        assert!(said.iter().any(|line| line.starts_with(expected)), "{expected}: {said:#?}");
    }
}

#[test]
fn progress_counts_steps_and_bytes() {
    let mut plan = plan();
    let steps = plan.steps.len();
    // Four checks of blobs and the manifest that is there.
    let upload = |step: &Step| matches!(step.action, Action::UploadBlob { .. });
    let at = plan.steps.iter().position(upload).unwrap();
    let begun = Progress { at: Some(at), done: 5, steps, sent: 0, size: 5 };
    assert_eq!(plan.progress(), begun);
    for (state, done, sent) in [
        (StepState::Running(3), 5, 3),
        (StepState::Running(9), 5, 5),
        (StepState::Done(None), 6, 5),
        (StepState::Failed(msg!("push.no-source")), 5, 0),
    ] {
        plan.steps[at].state = state;
        let now = plan.progress();
        assert_eq!((now.done, now.steps, now.sent, now.size), (done, steps, sent, 5));
    }
    // The step that failed is the one that is left, and the one under way is named first.
    assert_eq!(plan.progress().at, Some(at));
    let last = steps - 1;
    plan.steps[last].state = StepState::Running(0);
    assert_eq!(plan.progress().at, Some(last));
    for step in &mut plan.steps {
        step.state = StepState::Done(None);
    }
    assert_eq!(plan.progress().at, None);
}

#[test]
fn the_step_under_way_is_not_the_number_of_those_that_are_done() {
    let mut plan = plan();
    // A check that was done before the plan begins to send stands behind what is sent.
    let upload = |step: &Step| matches!(step.action, Action::UploadBlob { .. });
    let at = plan.steps.iter().position(upload).unwrap();
    assert!(plan.steps[at + 1].state.has_ended());
    plan.steps[at].state = StepState::Running(1);
    let now = plan.progress();
    assert_eq!(now.at, Some(at));
    assert_ne!(now.at, Some(now.done));
}

#[test]
fn a_plan_of_many_layers_is_summed_up_at_once() {
    let layer = |at: usize, of: usize| need(&format!("{at} {of}"), Role::Layer, true);
    let manifest = |at: usize| {
        let name = format!("p{at}");
        document(&name, Some(&name), (0..100).map(|of| layer(at, of)).collect())
    };
    let mut input = plan().input;
    input.documents = (0..100).map(manifest).collect();
    // Looking through all documents for each of them took half a minute here.
    let plan = PushPlan::new(input, &PushFacts::default());
    assert_eq!(plan.summary().away.count, 10_000);
    let said: Vec<String> = plan.steps.iter().map(|step| plan.message(step).to_string()).collect();
    assert!(said[9_999].contains("layer 99 of p99"), "{}", said[9_999]);
}

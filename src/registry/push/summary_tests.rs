use super::*;
use crate::manifest::media_type::OCI_MANIFEST;
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
        "Upload layer 0 of linux/amd64 (5 B)",
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
    assert_eq!(plan.progress(), Progress { done: 5, steps, sent: 0, size: 5 });
    let upload = |step: &Step| matches!(step.action, Action::UploadBlob { .. });
    let at = plan.steps.iter().position(upload).unwrap();
    for (state, done, sent) in [
        (StepState::Running(3), 5, 3),
        (StepState::Running(9), 5, 5),
        (StepState::Done(None), 6, 5),
        (StepState::Failed(msg!("push.no-source")), 5, 0),
    ] {
        plan.steps[at].state = state;
        assert_eq!(plan.progress(), Progress { done, steps, sent, size: 5 });
    }
}

//! Checks of URLs and files: how many run, what a question may say, and what is forgotten.

use std::rc::Rc;

use crate::app::testing::asked;
use crate::app::*;
use crate::registry::{Verdict, Verification};

/// A page with the manifest of a sample open whose first layer has these URLs.
fn with_urls(urls: &[&str]) -> (Rc<State>, Target) {
    let manifest = crate::image::SAMPLES[1].documents[0];
    let mut state: Rc<State> = Rc::default();
    let open: [Action; 4] = [
        SourceAction::Json(manifest.into()).into(),
        OpenAction::Json.into(),
        EditAction::Mark(0).into(),
        EditAction::Urls(0, urls.join("\n")).into(),
    ];
    for action in open {
        state = reduce(&state, action);
    }
    let layer = state.opened.as_ref().unwrap().base().unwrap().layers()[0].digest.clone();
    (state, Target { layer, url: String::new(), file: None })
}

fn after(state: &Rc<State>, action: VerifyAction) -> Rc<State> {
    reduce(state, action.into())
}

fn found(verdict: Verdict) -> Verification {
    let read = u64::from(!matches!(verdict, Verdict::Answers { .. }));
    Verification { verdict, redirected_to: None, read }
}

/// What is shown of each check, in the order of the URLs.
fn shown(state: &State) -> Vec<&'static str> {
    let is_done = |check: &UrlCheck| matches!(check, UrlCheck::Done(..));
    let waiting = state.verify.all().filter(|(_, check)| !is_done(check)).count();
    assert_eq!(state.verify.pending(), waiting);
    let words = state.verify.all().map(|(_, check)| match check {
        UrlCheck::Queued => "waits",
        UrlCheck::Running(Progress { paused: true, .. }) => "paused",
        UrlCheck::Running(_) => "runs",
        UrlCheck::Done(result, _) if result.verdict.is_good() => "good",
        UrlCheck::Done(..) => "bad",
    });
    words.collect()
}

fn said(state: &Rc<State>, action: VerifyAction) -> Vec<String> {
    let said = asked(state, action).into_iter().map(|effect| match effect {
        Effect::StartVerify(target, _) => format!("start {}", target.url),
        Effect::PauseVerify(target, paused) => format!("pause {} {paused}", target.url),
        Effect::StopVerify(target) => format!("stop {}", target.url),
        other => format!("{other:?}"),
    });
    said.collect()
}

#[test]
fn two_downloads_run_and_others_wait() {
    let (a, b, c) = ("https://c.example/a", "https://c.example/b", "https://c.example/c");
    let (state, layer) = with_urls(&[a, b, c]);
    let target = |url: &str| Target { url: url.into(), ..layer.clone() };
    let pause = VerifyAction::Pause(target(a), true);
    let go_on = VerifyAction::Pause(target(a), false);
    let done = VerifyAction::Done(target(b), found(Verdict::Verified), 1);
    let steps = [
        (
            VerifyAction::VerifyAll,
            vec!["runs", "runs", "waits"],
            vec![format!("start {a}"), format!("start {b}")],
        ),
        // What runs is not begun again.
        (VerifyAction::VerifyAll, vec!["runs", "runs", "waits"], vec![]),
        (pause, vec!["paused", "runs", "waits"], vec![format!("pause {a} true")]),
        (go_on, vec!["runs", "runs", "waits"], vec![format!("pause {a} false")]),
        (done, vec!["runs", "good", "runs"], vec![format!("start {c}")]),
        (VerifyAction::Cancel(target(c)), vec!["runs", "good"], vec![format!("stop {c}")]),
        (VerifyAction::CancelAll, vec!["good"], vec![format!("stop {a}")]),
    ];
    let mut state = state;
    for (action, checks, effects) in steps {
        let name = format!("{action:?}");
        let said = said(&state, action.clone());
        state = after(&state, action);
        assert_eq!((shown(&state), said), (checks, effects), "{name}");
    }
}

#[test]
fn a_question_says_no_more_than_it_knows() {
    let url = "https://c.example/a";
    let (state, layer) = with_urls(&[url]);
    let target = Target { url: url.into(), ..layer };
    let answers = Verdict::Answers { size: None };
    let longer = Verdict::WrongSize { found: 9, expected: 8 };
    for (known, asked, expected) in [
        (None, &answers, &answers),
        (Some(Verdict::Verified), &answers, &Verdict::Verified),
        (Some(Verdict::Verified), &longer, &Verdict::Verified),
        (Some(longer.clone()), &answers, &longer),
        (Some(Verdict::Verified), &Verdict::Missing(404), &Verdict::Missing(404)),
        (Some(Verdict::Missing(404)), &answers, &answers),
        (Some(Verdict::Timeout), &answers, &answers),
    ] {
        let mut state = state.clone();
        if let Some(known) = known {
            state = after(&state, VerifyAction::Done(target.clone(), found(known), 1));
        }
        state = after(&state, VerifyAction::Asked(target.clone(), found(asked.clone()), 2));
        let Some(UrlCheck::Done(result, _)) = state.verify.checks.get(&target) else {
            panic!("{asked:?}")
        };
        assert_eq!(result.verdict, *expected, "{asked:?}");
    }
    // Nor does it end a download.
    let state = after(&state, VerifyAction::VerifyAll);
    let state = after(&state, VerifyAction::Asked(target, found(answers), 2));
    assert_eq!(shown(&state), ["runs"]);
}

#[test]
fn a_layer_is_compared_with_one_file() {
    let url = "https://c.example/a";
    let (state, layer) = with_urls(&[url]);
    let file =
        |id, name: &str| Target { url: name.into(), file: Some(FileId(id)), ..layer.clone() };
    let state = after(&state, VerifyAction::VerifyFile(file(1, "one.tar"), 5));
    assert_eq!(state.verify.file_of(&layer.layer).unwrap().0, file(1, "one.tar"));
    let second = VerifyAction::VerifyFile(file(2, "one.tar"), 5);
    assert_eq!(said(&state, second.clone()), ["stop one.tar", "start one.tar"]);
    let state = after(&state, second);
    let state = after(&state, VerifyAction::Done(file(2, "one.tar"), found(Verdict::Verified), 1));
    assert_eq!(shown(&state), ["good"]);
    // Nothing is said of any URL by that.
    assert_eq!(state.checks.situation.urls.get(&layer.layer), None);
    assert_eq!(state.verify.of(&layer.layer, Some(&[url.into()]))[0], None);
}

//! The audit report: what was changed, checked and pushed, by whom and when.
//!
//! Invariant: equal facts make equal reports. Nothing is looked up here: the facts are plain values,
//! with sentences as [`Message`]s, and the time comes in as text.

use super::json_text::Json;
use crate::manifest::Digest;
use crate::text::{Message, PlainNumbers, english};

/// Everything that a report says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportFacts {
    /// The editor with its version, such as `Layermark 0.2.0`.
    pub made_with: String,
    /// Who did it, when the person typed it.
    pub who: Option<String>,
    /// When the report was made, RFC 3339.
    pub when: String,
    /// Why, when the person typed it.
    pub purpose: Option<String>,
    /// Where the image was loaded from: a reference or a file name.
    pub source: Option<String>,
    /// Where it goes: a reference.
    pub target: Option<String>,
    /// The documents, the root first.
    pub documents: Vec<DocumentFact>,
    /// The findings of the checks.
    pub checks: Vec<CheckFact>,
    /// What is known of the URLs.
    pub urls: Vec<UrlFact>,
    /// What was pushed or put back, in order.
    pub pushes: Vec<PushFact>,
    /// The steps of the push planned last, in their order; none before one was planned.
    pub push: Vec<StepFact>,
    /// Commands that do the same by hand.
    pub commands: Vec<CommandFact>,
}

/// A document of the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentFact {
    /// What it is in the image, such as a platform.
    pub name: String,
    /// Its media type as it becomes.
    pub media_type: String,
    /// The digest under which it was loaded.
    pub old: Digest,
    /// The digest that it gets.
    pub new: Digest,
    /// Its size in bytes as it was loaded.
    pub old_size: u64,
    /// The size in bytes that it gets.
    pub new_size: u64,
    /// The difference as a unified patch; empty when nothing changes.
    pub patch: String,
    /// The layers that say something else.
    pub layers: Vec<LayerFact>,
}

/// A layer that says something else than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerFact {
    /// Its zero-based position.
    pub index: usize,
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// Its media type before.
    pub old_media_type: String,
    /// Its media type now.
    pub new_media_type: String,
    /// Its URLs before.
    pub old_urls: Vec<String>,
    /// Its URLs now.
    pub new_urls: Vec<String>,
}

/// A finding of the checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckFact {
    /// The rule's stable name.
    pub rule: String,
    /// How bad it is.
    pub severity: FactSeverity,
    /// What was found.
    pub what: Message,
    /// Where: layers or documents, in words.
    pub place: String,
    /// The reason for going on in spite of it, as the person typed it.
    pub overridden: Option<String>,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FactSeverity {
    /// Stops a push until a reason is given.
    Error,
    /// Should be looked at.
    Warning,
    /// Good to know.
    Note,
}

/// What is known of a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlFact {
    /// The URL.
    pub url: String,
    /// The digest of the layer that it should serve.
    pub digest: Digest,
    /// The outcome's stable name, such as `verified` or `blocked-by-cors`.
    pub outcome: String,
    /// The same as a sentence.
    pub says: Message,
    /// When it was checked, RFC 3339; `None` when it was not.
    pub when: Option<String>,
}

/// A push that came to an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushFact {
    /// Whether it set a tag back to what an earlier push replaced; otherwise it pushed the image.
    pub put_back: bool,
    /// The reference that it was to set.
    pub target: String,
    /// The digest that it was to set it to.
    pub digest: Digest,
    /// Where the tag pointed before; `None` when it was new or none was set.
    pub before: Option<Digest>,
    /// Done and read back, or failed.
    pub state: FactState,
    /// When it ended, RFC 3339.
    pub when: String,
}

/// A step of a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepFact {
    /// What it does.
    pub what: Message,
    /// The requests that it made, such as `PUT /v2/…`.
    pub requests: Vec<String>,
    /// What became of it.
    pub state: FactState,
    /// What the registry answered, or why it stopped.
    pub answer: Option<Message>,
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactState {
    /// Not tried.
    Planned,
    /// Done, and where it wrote, read back and compared.
    Done,
    /// Not needed.
    Skipped,
    /// Tried without success.
    Failed,
}

/// Commands for one purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandFact {
    /// What they do.
    pub what: Message,
    /// One command a line.
    pub lines: Vec<String>,
}

impl ReportFacts {
    /// The report as JSON. Member names and outcomes are the same in every language; sentences are
    /// in English.
    pub fn to_json(&self) -> String {
        Json::Object(vec![
            ("layermarkReport", Json::Number(1)),
            ("madeWith", Json::text(&self.made_with)),
            ("who", Json::optional(self.who.as_ref())),
            ("when", Json::text(&self.when)),
            ("purpose", Json::optional(self.purpose.as_ref())),
            ("source", Json::optional(self.source.as_ref())),
            ("target", Json::optional(self.target.as_ref())),
            ("documents", Json::list(&self.documents, document_json)),
            ("checks", Json::list(&self.checks, check_json)),
            ("urls", Json::list(&self.urls, url_json)),
            ("pushes", Json::list(&self.pushes, push_json)),
            ("push", Json::list(&self.push, step_json)),
            ("commands", Json::list(&self.commands, command_json)),
        ])
        .write()
    }
}

fn document_json(document: &DocumentFact) -> Json {
    Json::Object(vec![
        ("name", Json::text(&document.name)),
        ("mediaType", Json::text(&document.media_type)),
        ("oldDigest", Json::text(document.old.as_str())),
        ("newDigest", Json::text(document.new.as_str())),
        ("oldSize", Json::count(document.old_size)),
        ("newSize", Json::count(document.new_size)),
        ("layers", Json::list(&document.layers, layer_json)),
        ("patch", Json::text(&document.patch)),
    ])
}

fn layer_json(layer: &LayerFact) -> Json {
    let texts = |texts: &[String]| Json::list(texts, |text| Json::text(text));
    Json::Object(vec![
        ("index", Json::count(layer.index as u64)),
        ("digest", Json::text(layer.digest.as_str())),
        ("size", Json::count(layer.size)),
        ("oldMediaType", Json::text(&layer.old_media_type)),
        ("newMediaType", Json::text(&layer.new_media_type)),
        ("oldUrls", texts(&layer.old_urls)),
        ("newUrls", texts(&layer.new_urls)),
    ])
}

fn check_json(check: &CheckFact) -> Json {
    Json::Object(vec![
        ("rule", Json::text(&check.rule)),
        ("severity", Json::text(check.severity.name())),
        ("what", sentence(&check.what)),
        ("place", Json::text(&check.place)),
        ("overridden", Json::optional(check.overridden.as_ref())),
    ])
}

fn url_json(url: &UrlFact) -> Json {
    Json::Object(vec![
        ("url", Json::text(&url.url)),
        ("digest", Json::text(url.digest.as_str())),
        ("outcome", Json::text(&url.outcome)),
        ("says", sentence(&url.says)),
        ("when", Json::optional(url.when.as_ref())),
    ])
}

fn push_json(push: &PushFact) -> Json {
    Json::Object(vec![
        ("kind", Json::text(if push.put_back { "put-back" } else { "push" })),
        ("target", Json::text(&push.target)),
        ("digest", Json::text(push.digest.as_str())),
        ("before", push.before.as_ref().map_or(Json::Null, |digest| Json::text(digest.as_str()))),
        ("state", Json::text(push.state.name())),
        ("when", Json::text(&push.when)),
    ])
}

fn step_json(step: &StepFact) -> Json {
    Json::Object(vec![
        ("what", sentence(&step.what)),
        ("requests", Json::list(&step.requests, |request| Json::text(request))),
        ("state", Json::text(step.state.name())),
        ("answer", step.answer.as_ref().map_or(Json::Null, sentence)),
    ])
}

fn command_json(command: &CommandFact) -> Json {
    Json::Object(vec![
        ("what", sentence(&command.what)),
        ("lines", Json::list(&command.lines, |line| Json::text(line))),
    ])
}

fn sentence(message: &Message) -> Json {
    Json::text(english().render(message, &PlainNumbers))
}

impl FactSeverity {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

impl FactState {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Done => "done",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::msg;

    /// Facts of every kind, with text that could break out of its place.
    pub(in crate::export) fn facts() -> ReportFacts {
        let digest = |text: &str| Digest::sha256(text.as_bytes());
        ReportFacts {
            made_with: "Layermark 0.1.0".into(),
            who: Some("A. <b>Person</b> | *bold*".into()),
            when: "2026-05-04T10:00:00Z".into(),
            purpose: None,
            source: Some("registry.example.com/team/app:1.4".into()),
            target: Some("registry.example.com/team/app:1.4-foreign".into()),
            documents: vec![
                DocumentFact {
                    name: "linux/amd64".into(),
                    media_type: "application/vnd.oci.image.manifest.v1+json".into(),
                    old: digest("old"),
                    new: digest("new"),
                    old_size: 1000,
                    new_size: 1100,
                    patch: "--- a\n+++ a\n@@ -1 +1 @@\n-x\n+```\n".into(),
                    layers: vec![LayerFact {
                        index: 0,
                        digest: digest("layer"),
                        size: 28_400_000,
                        old_media_type: "application/vnd.oci.image.layer.v1.tar+gzip".into(),
                        new_media_type:
                            "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip".into(),
                        old_urls: Vec::new(),
                        new_urls: vec!["https://cdn.example/a|b`c".into()],
                    }],
                },
                DocumentFact {
                    name: "attestation".into(),
                    media_type: "application/vnd.oci.image.manifest.v1+json".into(),
                    old: digest("same"),
                    new: digest("same"),
                    old_size: 5,
                    new_size: 5,
                    patch: String::new(),
                    layers: Vec::new(),
                },
            ],
            checks: vec![CheckFact {
                rule: "url-http".into(),
                severity: FactSeverity::Error,
                what: msg!("url.scheme"),
                place: "layer 0".into(),
                overridden: Some("Our\nmirror".into()),
            }],
            urls: vec![UrlFact {
                url: "https://cdn.example/a|b`c".into(),
                digest: digest("layer"),
                outcome: "blocked-by-cors".into(),
                says: msg!("url.port"),
                when: None,
            }],
            pushes: [false, true]
                .map(|put_back| PushFact {
                    put_back,
                    target: "registry.example.com/team/app:1.4".into(),
                    digest: digest(if put_back { "old" } else { "new" }),
                    before: Some(digest(if put_back { "new" } else { "old" })),
                    state: FactState::Done,
                    when: "2026-05-04T09:59:00Z".into(),
                })
                .to_vec(),
            push: vec![StepFact {
                what: msg!("url.empty"),
                requests: vec!["PUT /v2/team/app/manifests/1.4".into()],
                state: FactState::Done,
                answer: Some(msg!("url.no-host")),
            }],
            commands: vec![CommandFact {
                what: msg!("url.space"),
                lines: vec!["crane digest x".into()],
            }],
        }
    }

    #[test]
    fn json_is_strict_and_deterministic() {
        let text = facts().to_json();
        assert_eq!(text, facts().to_json());
        let root = crate::json::parse(text.as_bytes()).unwrap();
        let names: Vec<&str> = root.members().iter().map(|member| member.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "layermarkReport",
                "madeWith",
                "who",
                "when",
                "purpose",
                "source",
                "target",
                "documents",
                "checks",
                "urls",
                "pushes",
                "push",
                "commands"
            ]
        );
        let check = &root.get("checks").unwrap().elements()[0];
        assert_eq!(check.get("severity").unwrap().as_str(), Some("error"));
        assert_eq!(check.get("overridden").unwrap().as_str(), Some("Our\nmirror"));
        let pushes = root.get("pushes").unwrap().elements();
        let kinds = pushes.iter().map(|push| push.get("kind").unwrap().as_str().unwrap());
        assert_eq!(kinds.collect::<Vec<_>>(), ["push", "put-back"]);
        let document = &root.get("documents").unwrap().elements()[0];
        assert!(document.get("patch").unwrap().as_str().unwrap().ends_with("+```\n"));
    }
}

//! Asking a registry what refers to digests that are about to change, and so stays with the old
//! ones.
//!
//! Invariant: what the registry hides is in [`LeftBehind::unknown`], never left out.

use std::cell::Cell;
use std::collections::BTreeSet;

use super::client::Client;
use super::error::Error;
use super::page::Listing;
use super::parallel::in_parallel;
use super::reference::{Repository, Selector, Tag};
use super::referrer::ReferrerSource;
use crate::image::{CosignTag, Orphan, Trace, orphan_of_cosign_tag, orphan_of_tag, traces};
use crate::manifest::Digest;
use crate::msg;
use crate::text::Message;

/// What stays with old digests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftBehind {
    /// What refers to which digest.
    pub found: Vec<(Digest, Orphan)>,
    /// What could not be established, each with the reason; equal ones once.
    pub unknown: Vec<Message>,
    /// Whether of every tag of the repository it is known where it points.
    pub all_tags: bool,
}

/// How many tags are asked where they point.
const MAX_TAGS: usize = 200;
/// Requests under way at the same time.
const PARALLEL: usize = 6;

/// One request.
enum Task {
    Referrers(Digest),
    Cosign(Digest, CosignTag, Tag),
    Points(Tag),
}

/// What came of it.
type Found = Result<Vec<(Digest, Orphan)>, Message>;

impl Client {
    /// What refers to `digests` in `repository`: the referrers API or its tag, cosign's tags, and
    /// all tags that point at one of them. `progress` hears how many requests are done, and of how
    /// many.
    ///
    /// A complete list of tags spares the requests for tags that are not there.
    pub async fn left_behind(
        &self,
        repository: &Repository,
        digests: &[Digest],
        progress: &dyn Fn(usize, usize),
    ) -> LeftBehind {
        let mut unknown = BTreeSet::new();
        let mut all = LeftBehind::default();
        // This call goes ahead: it fetches the token that the others then share.
        let listed = self.tags(repository).await;
        let tasks = tasks(digests, &listed, &mut all.unknown);
        let (done, total) = (Cell::new(0), tasks.len());
        progress(0, total);
        let hidden_tags = Cell::new(false);
        let answers = in_parallel(tasks, PARALLEL, |task| {
            let (done, hidden_tags) = (&done, &hidden_tags);
            async move {
                let of_tag = matches!(task, Task::Points(_));
                let answer = self.ask(repository, digests, task).await;
                if of_tag && answer.is_err() {
                    hidden_tags.set(true);
                }
                done.set(done.get() + 1);
                progress(done.get(), total);
                answer
            }
        });
        let answers = answers.await;
        all.all_tags = listed.is_ok_and(|tags| {
            let others = tags.entries.iter().filter(|tag| !is_schema(tag)).count();
            tags.complete && others <= MAX_TAGS && !hidden_tags.get()
        });
        // What was cut short by the person is said once.
        let stopped = self.cancel().is_cancelled();
        if stopped {
            all.unknown = vec![msg!("orphans.stopped")];
        }
        for answer in answers {
            match answer {
                Ok(found) => all.found.extend(found),
                Err(_) if stopped => {}
                Err(reason) if unknown.insert(reason.to_string()) => all.unknown.push(reason),
                Err(_) => {}
            }
        }
        all
    }

    async fn ask(&self, repository: &Repository, digests: &[Digest], task: Task) -> Found {
        match task {
            Task::Referrers(digest) => {
                let short = digest.short();
                let hidden =
                    |reason| msg!("orphans.referrers-hidden", digest = &short, reason = reason);
                let found = self.referrers(repository, &digest).await;
                let found = found.map_err(|error| hidden(error.message()))?;
                if found.source == ReferrerSource::Silent {
                    return Err(hidden(msg!("orphans.silent")));
                }
                if !found.complete {
                    return Err(hidden(msg!("orphans.too-many-pages")));
                }
                Ok(found.entries.into_iter().map(|orphan| (digest.clone(), orphan)).collect())
            }
            Task::Cosign(digest, kind, tag) => {
                let head = self.tag_head(repository, &tag).await?;
                let orphan = |at| (digest, orphan_of_cosign_tag(kind, tag.as_str(), Some(at)));
                Ok(head.map(orphan).into_iter().collect())
            }
            Task::Points(tag) => {
                let head = self.tag_head(repository, &tag).await?;
                let old = head.filter(|at| digests.contains(at));
                let orphan = |at: Digest| (at.clone(), orphan_of_tag(tag.as_str(), at));
                Ok(old.map(orphan).into_iter().collect())
            }
        }
    }

    async fn tag_head(
        &self,
        repository: &Repository,
        tag: &Tag,
    ) -> Result<Option<Digest>, Message> {
        let head = self.manifest_head(repository, &Selector::Tag(tag.clone())).await;
        let hidden =
            |error: Error| msg!("orphans.tag-hidden", tag = tag.as_str(), reason = error.message());
        Ok(head.map_err(hidden)?.map(|head| head.digest))
    }
}

/// What to ask, given the tags as far as they are known; adds what stays unknown.
fn tasks(
    digests: &[Digest],
    listed: &Result<Listing<Tag>, Error>,
    unknown: &mut Vec<Message>,
) -> Vec<Task> {
    let (tags, complete): (&[Tag], bool) = match listed {
        Ok(listing) => (&listing.entries, listing.complete),
        Err(error) => {
            unknown.push(msg!("orphans.tags-hidden", reason = error.message()));
            (&[], false)
        }
    };
    if listed.is_ok() && !complete {
        unknown.push(msg!("orphans.tags-incomplete", count = tags.len()));
    }
    let mut tasks = Vec::new();
    for digest in digests {
        for trace in traces(digest) {
            match trace {
                Trace::Referrers(digest) => tasks.push(Task::Referrers(digest)),
                // Asked with the referrers.
                Trace::FallbackTag(_) => {}
                Trace::CosignTag(kind, name) => {
                    let known = !complete || tags.iter().any(|tag| tag.as_str() == name);
                    let tag = Tag::parse(&name).ok().filter(|_| known);
                    tasks.extend(tag.map(|tag| Task::Cosign(digest.clone(), kind, tag)));
                }
            }
        }
    }
    let others: Vec<&Tag> = tags.iter().filter(|tag| !is_schema(tag)).collect();
    if others.len() > MAX_TAGS {
        unknown.push(msg!("orphans.tags-many", count = MAX_TAGS, of = others.len()));
    }
    tasks.extend(others.into_iter().take(MAX_TAGS).cloned().map(Task::Points));
    tasks
}

/// Whether a tag is one of those that stand for a digest, of referrers or of cosign.
fn is_schema(tag: &Tag) -> bool {
    let name = tag.as_str();
    let hex = name.strip_prefix("sha256-").or_else(|| name.strip_prefix("sha512-"));
    hex.and_then(|hex| hex.get(..64)).is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::OrphanKind;
    use crate::manifest::media_type::{OCI_INDEX, OCI_MANIFEST};
    use crate::registry::Cancel;
    use crate::registry::TransportError;
    use crate::registry::testing::{Answer, Script, Seen, block_on, code, is, with};

    const OLD: &[u8] = b"{}";
    const HIDDEN: Answer = Answer::Fails(TransportError::Failed);

    fn look(answer: impl Fn(&Seen, &str) -> Answer + 'static) -> (LeftBehind, Vec<String>) {
        let script = Script::by(move |seen| {
            let path = seen.url.path().trim_start_matches("/v2/app/").to_owned();
            answer(seen, &path)
        });
        let repository = Repository::parse("app").unwrap();
        let client = script.client("https://r.example");
        let digests = [Digest::sha256(OLD)];
        let found = block_on(client.left_behind(&repository, &digests, &|_, _| {}));
        (found, script.seen_lines())
    }

    fn at(bytes: &[u8]) -> Answer {
        let digest = Digest::sha256(bytes);
        let headers = [("Content-Type", OCI_MANIFEST), ("Docker-Content-Digest", digest.as_str())];
        with(200, &headers, "")
    }

    fn index() -> Answer {
        let of = Digest::sha256(b"signature");
        let text = format!(
            r#"{{"schemaVersion":2,"mediaType":"{OCI_INDEX}","manifests":[{{"mediaType":"{OCI_MANIFEST}","artifactType":"application/vnd.cncf.notary.signature","digest":"{of}","size":1}}]}}"#
        );
        with(200, &[("Content-Type", OCI_INDEX)], text)
    }

    #[test]
    fn referrers_cosign_tags_and_other_tags() {
        let name = Digest::sha256(OLD).as_str().replace(':', "-");
        let list = format!(r#"{{"tags":["1.4","1.5","{name}.sig","latest"]}}"#);
        let signature = format!("manifests/{name}.sig");
        let (found, lines) = look(move |_, path| match path {
            "tags/list" => is(200, &list),
            _ if path.starts_with("referrers/") => index(),
            "manifests/1.4" | "manifests/latest" => at(OLD),
            "manifests/1.5" => at(b"other"),
            _ if path == signature => at(b"signature"),
            other => panic!("{other}"),
        });
        let kinds: Vec<OrphanKind> = found.found.iter().map(|(_, orphan)| orphan.kind).collect();
        let expected = [
            OrphanKind::NotationSignature,
            OrphanKind::CosignSignature,
            OrphanKind::Tag,
            OrphanKind::Tag,
        ];
        assert_eq!(kinds, expected);
        assert!(found.found.iter().all(|(old, _)| *old == Digest::sha256(OLD)));
        assert_eq!((&found.unknown[..], found.all_tags), (&[][..], true));
        assert_eq!(lines.len(), 6, "no request for tags that are not there: {lines:?}");
    }

    #[test]
    fn what_is_hidden_is_unknown() {
        let keys = |found: &LeftBehind| -> Vec<&str> {
            found.unknown.iter().map(|message| message.key).collect()
        };
        let (found, _) = look(|_, path| match path {
            "tags/list" => code(403, "DENIED"),
            _ if path.starts_with("referrers/") => HIDDEN,
            _ => is(404, ""),
        });
        assert_eq!(keys(&found), ["orphans.tags-hidden", "orphans.referrers-hidden"]);
        assert!(!found.all_tags);
        assert_eq!(found.found, []);
        // The tag answers what the API hides.
        let (found, _) = look(|seen, path| match path {
            "tags/list" => is(200, r#"{"tags":[]}"#),
            _ if path.starts_with("referrers/") => HIDDEN,
            _ if seen.line.starts_with("GET") => index(),
            other => panic!("{other}"),
        });
        assert_eq!((found.found.len(), keys(&found)), (1, vec![]));
        let (found, _) = look(|_, path| match path {
            "tags/list" => is(200, r#"{"tags":["1.4"]}"#),
            "manifests/1.4" => code(403, "DENIED"),
            _ => is(404, ""),
        });
        assert_eq!((keys(&found), found.all_tags), (vec!["orphans.tag-hidden"], false));
        let (found, _) = look(|_, path| match path {
            "tags/list" => is(200, r#"{"tags":[]}"#),
            _ => HIDDEN,
        });
        assert_eq!(keys(&found), ["orphans.referrers-hidden"]);
        assert!(found.all_tags, "there are none");
    }

    #[test]
    fn a_search_that_is_stopped_keeps_what_it_found() {
        let cancel = Cancel::new();
        let switch = cancel.clone();
        let script = Script::by(move |seen| match seen.url.path() {
            "/v2/app/tags/list" => is(200, r#"{"tags":["1.4","1.5","1.6"]}"#),
            "/v2/app/manifests/1.4" => at(OLD),
            "/v2/app/manifests/1.5" => {
                switch.cancel();
                at(OLD)
            }
            "/v2/app/manifests/1.6" => panic!("asked after the search was stopped"),
            _ => is(404, ""),
        });
        let client = script.client("https://r.example").with_cancel(cancel);
        let (repository, digests) = (Repository::parse("app").unwrap(), [Digest::sha256(OLD)]);
        let found = block_on(client.left_behind(&repository, &digests, &|_, _| {}));
        let tags: Vec<_> = found.found.iter().filter_map(|(_, orphan)| orphan.tag()).collect();
        assert_eq!((tags, found.all_tags), (vec!["1.4"], false));
        let unknown: Vec<&str> = found.unknown.iter().map(|message| message.key).collect();
        assert_eq!(unknown, ["orphans.stopped"]);
    }

    #[test]
    fn only_so_many_tags_are_asked() {
        let tags: Vec<String> = (0..300).map(|tag| format!("\"t{tag}\"")).collect();
        let list = format!("{{\"tags\":[{}]}}", tags.join(","));
        let (found, lines) = look(move |_, path| match path {
            "tags/list" => is(200, &list),
            _ if path.starts_with("manifests/t") => at(b"other"),
            _ => is(404, ""),
        });
        assert_eq!((found.unknown.len(), found.all_tags), (1, false));
        assert_eq!(lines.iter().filter(|line| line.starts_with("HEAD")).count(), MAX_TAGS);
    }
}

use std::fmt::Write as _;

use super::client::{Client, is_unreadable};
use super::error::Error;
use super::manifest::MAX_MANIFEST;
use super::reference::{Repository, Selector, Tag};
use super::retry::Retry;
use super::transport::Method;
use crate::json::{self, Node, Splice, Value};
use crate::manifest::Digest;
use crate::manifest::media_type::OCI_INDEX;

/// What became of listing a manifest under its subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listed {
    /// The registry lists referrers itself, or the manifest has no subject.
    NotNeeded,
    /// This tag lists it now, or did already.
    Under(Tag),
}

impl Client {
    /// Lists a manifest that was stored under the referrers tag of its `subject`, where the registry
    /// did not say that it takes note of subjects and has no referrers API (distribution-spec,
    /// "Pushing Manifests with Subject").
    ///
    /// `bytes` is the manifest with the digest `digest` and of the type `media_type`.
    pub async fn list_under_subject(
        &self,
        repository: &Repository,
        media_type: &str,
        digest: &Digest,
        bytes: &[u8],
    ) -> Result<Listed, Error> {
        let Some((subject, entry)) = entry_of(media_type, digest, bytes) else {
            return Ok(Listed::NotNeeded);
        };
        // From another origin the header that tells may be hidden; the API itself is not.
        let call = self.read_call(Method::Get, repository, &format!("referrers/{subject}"));
        match self.send(&call, Retry::Safe, MAX_MANIFEST).await {
            Ok(response) if response.status == 200 && is_index(&response.body) => {
                return Ok(Listed::NotNeeded);
            }
            Ok(_) => {}
            Err(error) if is_unreadable(&error) => {}
            Err(error) => return Err(error),
        }
        let tag = Tag::of_referrers(&subject, "");
        let selector = Selector::Tag(tag.clone());
        let index = match self.manifest(repository, &selector, Some(OCI_INDEX)).await {
            Ok(fetched) => match with_entry(&fetched.bytes, digest, &entry) {
                Some(index) => index,
                None => return Ok(Listed::Under(tag)),
            },
            Err(Error::Refused(refusal)) if refusal.status == 404 => new_index(&entry),
            Err(error) => return Err(error),
        };
        self.put_manifest(repository, &selector, OCI_INDEX, index.into()).await?;
        Ok(Listed::Under(tag))
    }
}

/// The subject of a manifest, and the descriptor that lists it: its annotations go along, and the
/// artifact type, which for an image manifest may be the type of its config.
fn entry_of(media_type: &str, digest: &Digest, bytes: &[u8]) -> Option<(Digest, String)> {
    let root = json::parse(bytes).ok()?;
    let subject = Digest::parse(root.get("subject")?.get("digest")?.as_str()?).ok()?;
    let text = |node: &Node| std::str::from_utf8(&bytes[node.span.clone()]).ok();
    let kind = root.get("artifactType").filter(|kind| kind.as_str() != Some(""));
    let kind = kind.or_else(|| root.get("config")?.get("mediaType")).and_then(text);
    let mut entry = format!(
        r#"{{"mediaType":{},"digest":"{digest}","size":{}"#,
        json::string(media_type),
        bytes.len()
    );
    for (name, value) in
        [("artifactType", kind), ("annotations", root.get("annotations").and_then(text))]
    {
        if let Some(value) = value {
            let _ = write!(entry, r#","{name}":{value}"#);
        }
    }
    entry.push('}');
    Some((subject, entry))
}

fn new_index(entry: &str) -> Vec<u8> {
    format!(r#"{{"schemaVersion":2,"mediaType":"{OCI_INDEX}","manifests":[{entry}]}}"#).into_bytes()
}

/// The index with one entry more; `None` when it lists `digest` already. What is there and cannot be
/// read as an index makes way for a new one: clients could not read it either.
fn with_entry(index: &[u8], digest: &Digest, entry: &str) -> Option<Vec<u8>> {
    let Ok(root) = json::parse(index) else { return Some(new_index(entry)) };
    let Some(list) = root.get("manifests").filter(|list| matches!(list.value, Value::Array(_)))
    else {
        return Some(new_index(entry));
    };
    let is_it = |known: &Node| {
        known.get("digest").and_then(Node::as_str).is_some_and(|known| known == digest.as_str())
    };
    if list.elements().iter().any(is_it) {
        return None;
    }
    if list.elements().is_empty() {
        return Some(json::apply(
            index,
            &Splice::new(list.span.clone(), format!("[{entry}]")).into(),
        ));
    }
    Some(json::apply(index, &json::append_elements(index, list, &[entry.to_owned()]).into()))
}

fn is_index(bytes: &[u8]) -> bool {
    json::parse(bytes).is_ok_and(|root| root.get("manifests").is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_says_what_the_manifest_is() {
        let subject = Digest::sha256(b"subject");
        let check = |members: &str, expected: &str| {
            let text = format!(r#"{{"subject": {{"digest": "{subject}", "size": 7}}{members}}}"#);
            let digest = Digest::sha256(text.as_bytes());
            let (found, entry) = entry_of("a/b", &digest, text.as_bytes()).unwrap();
            assert_eq!(found, subject);
            let start = format!(r#"{{"mediaType":"a/b","digest":"{digest}","size":{}"#, text.len());
            assert_eq!(entry, format!("{start}{expected}}}"));
        };
        check("", "");
        check(r#", "artifactType": "x/y""#, r#","artifactType":"x/y""#);
        check(r#", "config": {"mediaType": "c/d"}"#, r#","artifactType":"c/d""#);
        check(
            r#", "artifactType": "", "config": {"mediaType": "c/d"}, "annotations": {"k": "v"}"#,
            r#","artifactType":"c/d","annotations":{"k": "v"}"#,
        );
        assert_eq!(entry_of("a/b", &subject, b"{}"), None);
    }

    #[test]
    fn an_index_gets_one_entry_more() {
        let digest = Digest::sha256(b"x");
        let entry = format!(r#"{{"digest":"{digest}"}}"#);
        let check = |index: &str, expected: Option<&str>| {
            let made = with_entry(index.as_bytes(), &digest, &entry);
            let made = made.map(|bytes| String::from_utf8(bytes).unwrap());
            assert_eq!(made.as_deref(), expected, "{index}");
        };
        let one = format!(r#"{{"manifests":[{entry}],"a":1}}"#);
        check(r#"{"manifests":[],"a":1}"#, Some(&one));
        check(&one, None);
        let two = format!(r#"{{"manifests": [{{"digest":"y"}},{entry}]}}"#);
        check(r#"{"manifests": [{"digest":"y"}]}"#, Some(&two));
        let new = String::from_utf8(new_index(&entry)).unwrap();
        for broken in ["", "[]", r#"{"manifests":{}}"#] {
            check(broken, Some(&new));
        }
        assert!(is_index(new.as_bytes()) && !is_index(b"<html>"));
    }
}

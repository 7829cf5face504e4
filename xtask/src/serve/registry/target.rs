//! What a request to the registry names: the path below `/v2/` and the parameters of the URL.

/// What a path below `/v2/` names; repositories have slashes in their names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target<'a> {
    Tags(&'a str),
    Referrers(&'a str, &'a str),
    Manifest(&'a str, &'a str),
    Blob(&'a str),
    NewUpload(&'a str),
    Upload(&'a str, &'a str),
}

impl<'a> Target<'a> {
    pub(super) fn of(path: &'a str) -> Option<Self> {
        if let Some(name) = path.strip_suffix("/tags/list") {
            return is_name(name).then_some(Self::Tags(name));
        }
        if let Some(name) = path.trim_end_matches('/').strip_suffix("/blobs/uploads") {
            return is_name(name).then_some(Self::NewUpload(name));
        }
        let (rest, last) = path.rsplit_once('/')?;
        let (name, kind) = rest.rsplit_once('/')?;
        let (name, target) = match kind {
            "manifests" => (name, Self::Manifest(name, last)),
            "referrers" => (name, Self::Referrers(name, last)),
            "blobs" => (name, Self::Blob(last)),
            "uploads" => {
                let name = name.strip_suffix("/blobs")?;
                (name, Self::Upload(name, last))
            }
            _ => return None,
        };
        is_name(name).then_some(target)
    }
}

/// The parameters of a URL.
pub(super) struct Query<'a>(pub(super) &'a str);

impl Query<'_> {
    /// The value of a parameter.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let pairs = self.0.split('&').filter_map(|pair| pair.split_once('='));
        let value = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next()?;
        // Digests and media types need no more.
        let plain = [("%3A", ":"), ("%3a", ":"), ("%2F", "/"), ("%2f", "/"), ("%2B", "+")];
        Some(plain.iter().fold(value.to_owned(), |value, (from, to)| value.replace(from, to)))
    }
}

/// Section "Pulling manifests": components in lower case between slashes.
fn is_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
    name.split('/')
        .all(|part| !part.is_empty() && !part.starts_with('.') && part.bytes().all(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for (path, expected) in [
            ("a/b/tags/list", Some(Target::Tags("a/b"))),
            ("a/manifests/1.0", Some(Target::Manifest("a", "1.0"))),
            ("a/referrers/sha256:00", Some(Target::Referrers("a", "sha256:00"))),
            ("a/b/blobs/sha256:00", Some(Target::Blob("sha256:00"))),
            ("a/blobs/uploads/", Some(Target::NewUpload("a"))),
            ("a/blobs/uploads", Some(Target::NewUpload("a"))),
            ("a/b/blobs/uploads/7", Some(Target::Upload("a/b", "7"))),
            ("A/manifests/1.0", None),
            ("a//manifests/1.0", None),
            ("../manifests/1.0", None),
            ("manifests/1.0", None),
            ("a/other/x", None),
        ] {
            assert_eq!(Target::of(path), expected, "{path}");
        }
    }

    #[test]
    fn parameters() {
        let query = Query("mount=sha256%3A00&from=a&artifactType=a%2Fb%2Bjson");
        assert_eq!(query.get("mount").as_deref(), Some("sha256:00"));
        assert_eq!(query.get("artifactType").as_deref(), Some("a/b+json"));
        assert_eq!(query.get("from").as_deref(), Some("a"));
        assert_eq!(query.get("none"), None);
    }
}

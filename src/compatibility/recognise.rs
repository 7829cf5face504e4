//! Which registry software answers, told by what any page may read of it.

use serde_json::Value;

use super::registry_kind::RegistryKind;
use super::subject::UrlAllowance;

/// The kind of registry that says this about a tag that does not exist (`GET
/// /v2/<name>/manifests/<reference>`), from the body and from the headers that a page may see; unknown
/// where nothing tells it.
///
/// Seen on running programs: docker-registry 2.8 names the tag as a member of `detail`, 3 writes a
/// text there, crane's registry gives no detail, olareg has words of its own. No other request is
/// needed; paging through tags with `n=0` or `n=-1`, which tells them apart as well, kills olareg and
/// crane's registry. What is built on 2.8 (GitLab) speaks as it does, and has its rules.
pub fn recognise(body: &[u8], headers: &[(String, String)]) -> RegistryKind {
    let by_header = headers.iter().find_map(|(name, value)| {
        let name = name.to_ascii_lowercase();
        match name.as_str() {
            "x-github-request-id" => Some(RegistryKind::Ghcr),
            "x-jfrog-version" | "x-artifactory-id" => Some(RegistryKind::Artifactory),
            "x-harbor-csrf-token" => Some(RegistryKind::Harbor),
            "server" if value.starts_with("Nexus/") => Some(RegistryKind::Nexus),
            _ => None,
        }
    });
    by_header.unwrap_or_else(|| by_body(body))
}

fn by_body(body: &[u8]) -> RegistryKind {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return RegistryKind::Unknown };
    let error = &body["errors"][0];
    if error["code"] != "MANIFEST_UNKNOWN" {
        return RegistryKind::Unknown;
    }
    let message = error["message"].as_str().unwrap_or_default();
    match &error["detail"] {
        Value::Object(detail) if detail.contains_key("Tag") && message == "manifest unknown" => {
            RegistryKind::Distribution2
        }
        Value::String(detail) if detail.starts_with("unknown tag=") => RegistryKind::Distribution3,
        _ if message == "manifest unknown to registry" => RegistryKind::Olareg,
        Value::String(detail) if detail == "manifest unknown to registry" => RegistryKind::Olareg,
        Value::Null if message == "Unknown manifest" => RegistryKind::CraneRegistry,
        _ => RegistryKind::Unknown,
    }
}

/// What the answer to a push of a manifest with URLs tells of a registry's settings: an acceptance
/// that they are allowed, and distribution's way of refusing a URL (`refused_url`) that they are not.
pub fn url_allowance_of(status: u16, refused_url: bool) -> UrlAllowance {
    match status {
        200..300 => UrlAllowance::Allows,
        500 if refused_url => UrlAllowance::Refuses,
        _ => UrlAllowance::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_what_is_said_of_an_unknown_tag() {
        use RegistryKind as K;
        let error = |rest: &str| format!(r#"{{"errors":[{{"code":"MANIFEST_UNKNOWN",{rest}}}]}}"#);
        for (body, expected) in [
            (error(r#""message":"manifest unknown","detail":{"Tag":"x"}"#), K::Distribution2),
            (error(r#""message":"manifest unknown","detail":"unknown tag=x""#), K::Distribution3),
            (error(r#""message":"Unknown manifest""#), K::CraneRegistry),
            (error(r#""message":"manifest unknown to registry""#), K::Olareg),
            (error(r#""message":"manifest unknown","detail":{"name":"a"}"#), K::Unknown),
            ("<html>".into(), K::Unknown),
            ("{}".into(), K::Unknown),
            (r#"{"errors":[{"code":"DENIED","detail":{"Tag":"x"}}]}"#.into(), K::Unknown),
        ] {
            assert_eq!(recognise(body.as_bytes(), &[]), expected, "{body}");
        }
    }

    #[test]
    fn by_headers() {
        for (name, value, expected) in [
            ("X-GitHub-Request-Id", "1", RegistryKind::Ghcr),
            ("Server", "Nexus/3.70.0", RegistryKind::Nexus),
            ("Server", "nginx", RegistryKind::Unknown),
            ("Docker-Distribution-Api-Version", "registry/2.0", RegistryKind::Unknown),
        ] {
            let headers = [(name.to_owned(), value.to_owned())];
            assert_eq!(recognise(b"", &headers), expected, "{name}: {value}");
        }
    }

    #[test]
    fn by_the_answer_to_a_push() {
        for (status, refused_url, expected) in [
            (201, false, UrlAllowance::Allows),
            (500, true, UrlAllowance::Refuses),
            (500, false, UrlAllowance::Unknown),
            (400, false, UrlAllowance::Unknown),
        ] {
            assert_eq!(url_allowance_of(status, refused_url), expected, "{status}");
        }
    }
}

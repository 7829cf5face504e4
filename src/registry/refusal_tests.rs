use super::*;
use crate::registry::Headers;

fn refusal(status: u16, content_type: &str, body: &[u8]) -> Refusal {
    let headers: Headers = [("Content-Type", content_type)].into_iter().collect();
    Refusal::read(&Response { status, headers, redirected_to: None, body: body.to_vec() })
}

fn json(status: u16, body: &str) -> Refusal {
    refusal(status, "application/json", body.as_bytes())
}

#[test]
fn bodies_of_every_shape_are_survived() {
    let many = format!(
        r#"{{"errors":[{}]}}"#,
        vec![r#"{"code":"DENIED","message":"no"}"#; 1000].join(",")
    );
    for (body, codes, detail, more) in [
        (r#"{"errors":[{"code":"DENIED","message":"no","detail":null}]}"#, "DENIED", "", 0),
        (r#"{"errors":[{"code":"DENIED","detail":"text"}]}"#, "DENIED", "text", 0),
        (r#"{"errors":[{"code":"DENIED","detail":{"Tag":"x"}}]}"#, "DENIED", r#"{"Tag":"x"}"#, 0),
        (r#"{"errors":[{"code":"DENIED","detail":[1,2]}]}"#, "DENIED", "[1,2]", 0),
        (r#"{"errors":[{"code":"DENIED","message":7,"detail":1e400}]}"#, "DENIED", "1e400", 0),
        (r#"{"errors":[{"code":"NEW_ONE"},{"code":"UNKNOWN"}]}"#, "NEW_ONE,UNKNOWN", "", 0),
        (r#"{"errors":[1,{"code":"DENIED"}]}"#, "DENIED", "", 0),
        (r#"{"code":"UNAUTHORIZED","message":"bare"}"#, "UNAUTHORIZED", "", 0),
        (r#"{"errors":[]}"#, "", "", 0),
        (r#"{"errors":null}"#, "", "", 0),
        ("[]", "", "", 0),
        ("not json", "", "", 0),
        ("", "", "", 0),
        (&many, &["DENIED"; 16].join(","), "", 984),
    ] {
        let refusal = json(400, body);
        let found: Vec<&str> = refusal.entries.iter().map(|entry| entry.code.name()).collect();
        assert_eq!(found.join(","), codes, "{body}");
        let first = refusal.entries.first().map_or("", |entry| &entry.detail);
        assert_eq!(first, detail, "{body}");
        assert_eq!(refusal.more, more, "{body}");
    }
}

#[test]
fn hostile_text_is_shown_not_obeyed() {
    let shown = json(403, "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"a\\u202eb<script>\"}]}");
    assert_eq!(shown.entries[0].message, "a⟨U+202E⟩b<script>");
    let long = format!(r#"{{"errors":[{{"code":"DENIED","message":"{}"}}]}}"#, "x".repeat(50_000));
    assert_eq!(json(403, &long).entries[0].message.chars().count(), MAX_TEXT + 1);
    let broken = refusal(500, "text/plain", b"\xFF\xFEabc\0");
    assert_eq!(broken.body, "\u{FFFD}\u{FFFD}abc⟨U+0000⟩");
    let page = refusal(
        502,
        "text/html",
        b"<html><head><title>502 Bad Gateway</title></head>\n<body><h1>502</h1></body></html>",
    );
    assert_eq!((page.kind, page.body.as_str()), (BodyKind::Html, "502 Bad Gateway 502"));
}

#[test]
fn immutable_tags_in_every_dialect() {
    let ecr = "The image tag 'v1' already exists in the 'app' repository and cannot be overwritten \
               because the tag is immutable.";
    for (status, code, message, expected) in [
        (400, "TAG_INVALID", ecr, true),
        (
            412,
            "PRECONDITION",
            "Failed to process request due to 'app:v1' configured as immutable.",
            true,
        ),
        (412, "PRECONDITION", "", true),
        (409, "TAG_ALREADY_EXISTS", "", true),
        (403, "DENIED", "tag v1 already exists", true),
        (405, "DENIED", "Immutable tags are enabled", true),
        (403, "DENIED", "requested access to the resource is denied", false),
        (400, "TAG_INVALID", "manifest tag did not match URI", false),
        (401, "UNAUTHORIZED", "immutable", false),
        (500, "UNKNOWN", "immutable", false),
    ] {
        let body = format!(r#"{{"errors":[{{"code":"{code}","message":"{message}"}}]}}"#);
        assert_eq!(json(status, &body).is_immutable_tag(), expected, "{code} {message}");
    }
}

#[test]
fn hints() {
    let code = |status: u16, code: &str, message: &str, detail: &str| {
        json(
            status,
            &format!(
                r#"{{"errors":[{{"code":"{code}","message":"{message}","detail":"{detail}"}}]}}"#
            ),
        )
    };
    let cases = [
        (code(404, "BLOB_UNKNOWN", "", ""), Some("hint.blob-unknown")),
        (code(404, "BLOB_UPLOAD_INVALID", "", ""), Some("hint.blob-upload-invalid")),
        (code(404, "BLOB_UPLOAD_UNKNOWN", "", ""), Some("hint.blob-upload-unknown")),
        (code(400, "DIGEST_INVALID", "", ""), Some("hint.digest-invalid")),
        (code(400, "MANIFEST_BLOB_UNKNOWN", "", ""), Some("hint.manifest-blob-unknown")),
        (code(400, "MANIFEST_INVALID", "", ""), Some("hint.manifest-invalid")),
        (
            code(400, "MANIFEST_INVALID", "", "http: request body too large"),
            Some("hint.manifest-too-large"),
        ),
        (code(404, "MANIFEST_UNKNOWN", "", ""), Some("hint.manifest-unknown")),
        (
            code(404, "MANIFEST_UNKNOWN", "OCI manifest found, but accept header does not", ""),
            Some("hint.manifest-accept"),
        ),
        (code(400, "MANIFEST_UNVERIFIED", "", ""), Some("hint.manifest-unverified")),
        (code(400, "NAME_INVALID", "", ""), Some("hint.name-invalid")),
        (code(404, "NAME_UNKNOWN", "", ""), Some("hint.name-unknown")),
        (code(400, "SIZE_INVALID", "", ""), Some("hint.size-invalid")),
        (code(416, "RANGE_INVALID", "", ""), Some("hint.range-invalid")),
        (code(400, "TAG_INVALID", "", ""), Some("hint.tag-invalid")),
        (code(401, "UNAUTHORIZED", "", ""), Some("hint.unauthorized")),
        (code(403, "DENIED", "", ""), Some("hint.denied")),
        (code(405, "UNSUPPORTED", "", ""), Some("hint.unsupported")),
        (code(429, "TOOMANYREQUESTS", "", ""), Some("hint.too-many-requests")),
        (code(503, "UNAVAILABLE", "", ""), Some("hint.unavailable")),
        (code(400, "PAGINATION_NUMBER_INVALID", "", ""), Some("hint.pagination")),
        (code(412, "PRECONDITION", "", ""), Some("hint.immutable-tag")),
        (code(409, "TAG_ALREADY_EXISTS", "", ""), Some("hint.immutable-tag")),
        (code(412, "PROJECTPOLICYVIOLATION", "", ""), Some("hint.policy")),
        (code(404, "TAG_EXPIRED", "", ""), Some("hint.tag-expired")),
        (code(500, "UNKNOWN", "", ""), Some("hint.registry-failed")),
        (code(418, "TEAPOT", "", ""), None),
        (refusal(413, "text/html", b"<html>too large</html>"), Some("hint.body-too-large")),
        (refusal(405, "", b""), Some("hint.method-blocked")),
        (refusal(404, "text/plain", b"404 page not found\n"), Some("hint.not-a-route")),
        (refusal(502, "text/html", b"<html>bad gateway</html>"), Some("hint.proxy-gave-up")),
        (refusal(415, "", b""), Some("hint.media-type")),
        (refusal(431, "", b""), Some("hint.request-too-long")),
    ];
    for (refusal, expected) in cases {
        let hint = refusal.hint();
        assert_eq!(hint.as_ref().map(|hint| hint.key), expected, "{refusal:?}");
        for message in hint.into_iter().chain([refusal.message()]) {
            let sentence = message.to_string();
            assert!(sentence != message.key && !sentence.contains('{'), "{sentence}");
        }
    }
}

#[test]
fn digests_in_details() {
    let (a, b) = (Digest::sha256(b"a"), Digest::sha256(b"b"));
    let body = format!(
        r#"{{"errors":[{{"code":"MANIFEST_BLOB_UNKNOWN","detail":"{a}"}},
        {{"code":"MANIFEST_BLOB_UNKNOWN","detail":{{"Digest":"{b}"}}}},
        {{"code":"MANIFEST_BLOB_UNKNOWN","detail":"{a}"}}]}}"#
    );
    assert_eq!(json(400, &body).digests(), [a, b]);
}

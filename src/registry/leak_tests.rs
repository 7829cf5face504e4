//! No credential ever leaves for another origin than the registry's or an accepted realm's, however
//! the registry answers. After GHSA-vh4v-2xq2-g5cg, CVE-2026-48978, CVE-2026-50151,
//! CVE-2020-15157 and their relatives.

use std::cell::Cell;
use std::sync::Arc;

use proptest::prelude::*;

use super::testing::{Answer, Script, Seen, block_on, with};
use super::*;
use crate::manifest::Digest;
use crate::manifest::media_type::OCI_MANIFEST;

const R: &str = "https://r.example";
const ACCEPTED: &str = "https://auth.example";
const PLACES: [&str; 12] = [
    "/token",
    "https://r.example/v2/x",
    "https://auth.example/token",
    "https://evil.example/x",
    "http://r.example/x",
    "https://r.example:8443/x",
    "//evil.example/x",
    "https://r.example.evil.example/x",
    "https://r.example@evil.example/x",
    "https://169.254.169.254/latest",
    "https://r.example\\@evil.example/",
    "https://auth.example:444/token",
];

/// A registry that answers every request as the next byte says.
fn hostile(choices: Vec<u8>) -> Script {
    let next = Cell::new(0);
    Script::by(move |_: &Seen| {
        let choice = choices.get(next.get()).copied().unwrap_or(7);
        next.set(next.get() + 1);
        let place = PLACES[usize::from(choice / 8) % PLACES.len()];
        let bearer = format!("Bearer realm=\"{place}\",service=\"s\"");
        let link = format!("<{place}>; rel=\"next\"");
        match choice % 8 {
            0 => with(401, &[("WWW-Authenticate", &bearer)], ""),
            1 => with(401, &[("WWW-Authenticate", "Basic realm=\"r\"")], ""),
            2 => with(307, &[("Location", place)], ""),
            3 => with(202, &[("Location", place), ("Range", "0-0")], ""),
            4 => with(200, &[("Link", &link)], r#"{"tags":["a"],"token":"tok"}"#),
            5 => with(200, &[("Content-Type", OCI_MANIFEST)], r#"{"token":"tok"}"#),
            6 => Answer::Fails(TransportError::Failed),
            _ => with(201, &[("Location", place)], ""),
        }
    })
}

fn check(seen: &Seen, accepted: &Origin, registry: &Origin) -> Result<(), String> {
    let origin = seen.url.origin();
    let authorization = seen.header("Authorization");
    let body = String::from_utf8_lossy(&seen.body()).into_owned();
    let password = authorization.starts_with("Basic ") || body.contains("secret");
    let token = authorization.starts_with("Bearer ");
    if password && origin != registry && origin != accepted {
        return Err(format!("the password went to {}", seen.line));
    }
    if (token || body.contains("layer bytes")) && origin != registry {
        return Err(format!("the token or the layer went to {}", seen.line));
    }
    if seen.line.contains("secret") || seen.line.contains("tok&") {
        return Err(format!("a secret in an address: {}", seen.line));
    }
    if body.contains("secret") && seen.request.redirect != Redirect::Error {
        return Err("a form that would be redirected".into());
    }
    let writes = !matches!(seen.request.method, Method::Get | Method::Head);
    if writes && seen.request.redirect != Redirect::Error {
        return Err(format!("a write that would be redirected: {}", seen.line));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn credentials_stay(choices in prop::collection::vec(any::<u8>(), 1..60), accept in any::<bool>()) {
        let script = hostile(choices);
        let client = script.client(R);
        let accepted = Url::parse(ACCEPTED).unwrap().origin().clone();
        client.session().sign_in(Credentials::basic("user", "secret").unwrap());
        if accept {
            client.session().accept_realm(accepted.clone());
        }
        let app = Repository::parse("app").unwrap();
        let other = Repository::parse("other").unwrap();
        let tag = Selector::Tag(Tag::latest());
        let layer: Arc<[u8]> = Arc::from(&b"layer bytes"[..]);
        let digest = Digest::sha256(&layer);
        let source = UploadSource::Bytes(Arc::clone(&layer));
        block_on(async {
            let _ = client.manifest(&app, &tag, None).await;
            let _ = client.tags(&app).await;
            let _ = client.blob(&app, &digest, 11).await;
            let _ = client.referrers(&app, &digest).await;
            let _ = client.mount_blob(&app, &digest, &other).await;
            let _ = client.upload_blob(&app, &digest, 11, &source, &|_| {}).await;
            let _ = client.put_manifest(&app, &tag, OCI_MANIFEST, Arc::clone(&layer)).await;
            client.session().sign_out();
        });
        let before = script.seen().len();
        let _ = block_on(client.manifest(&app, &tag, None));
        let registry = client.endpoint().origin();
        let allowed = if accept { &accepted } else { registry };
        for (index, seen) in script.seen().iter().enumerate() {
            if let Err(leak) = check(seen, allowed, registry) {
                return Err(TestCaseError::fail(leak));
            }
            let password = seen.header("Authorization").starts_with("Basic ");
            prop_assert!(index < before || !password, "after signing out: {}", seen.line);
        }
    }
}

use super::*;
use crate::registry::testing::{Answer, Script, block_on, code, is, with};
use crate::registry::{Client, Repository, Selector, Tag};

const R: &str = "https://r.example";
const TOKEN: &str = r#"{"token":"t1","expires_in":300}"#;

fn bearer(realm: &str) -> Answer {
    let challenge =
        format!("Bearer realm=\"{realm}\",service=\"reg\",scope=\"repository:app:pull\"");
    with(401, &[("WWW-Authenticate", &challenge)], "")
}

fn basic() -> Answer {
    with(401, &[("WWW-Authenticate", "Basic realm=\"r\"")], "")
}

fn manifest() -> Answer {
    with(200, &[("Content-Type", crate::manifest::media_type::OCI_MANIFEST)], "{}")
}

fn sign_in(client: &Client) {
    client.session().sign_in(Credentials::basic("user", "secret").unwrap());
}

fn load(client: &Client) -> Result<(), Error> {
    let repository = Repository::parse("app").unwrap();
    let selector = Selector::Tag(Tag::parse("t").unwrap());
    block_on(client.manifest(&repository, &selector, None)).map(drop)
}

const GET: &str = "GET https://r.example/v2/app/manifests/t";
const ASK: &str =
    "GET https://r.example/token?service=reg&scope=repository%3Aapp%3Apull&client_id=layermark";
const BASIC: &str = "Basic dXNlcjpzZWNyZXQ=";

#[test]
fn anonymous_token_is_fetched_once_and_reused() {
    let script = Script::lines(vec![
        (GET, bearer("/token")),
        (ASK, is(200, TOKEN)),
        (GET, manifest()),
        (GET, manifest()),
    ]);
    let client = script.client(R);
    assert!(client.session().is_plain());
    load(&client).unwrap();
    assert!(!client.session().is_plain());
    load(&client).unwrap();
    script.assert_played();
    let sent: Vec<String> =
        script.seen().iter().map(|seen| seen.header("Authorization").to_owned()).collect();
    assert_eq!(sent, ["", "", "Bearer t1", "Bearer t1"]);
    assert!(script.seen().iter().all(|seen| seen.request.cookies == CookieMode::Omit));
    assert_eq!(script.seen()[1].request.redirect, Redirect::Error);
}

#[test]
fn the_password_goes_to_the_realm_and_the_token_to_the_registry() {
    let script =
        Script::lines(vec![(GET, bearer("/token")), (ASK, is(200, TOKEN)), (GET, manifest())]);
    let client = script.client(R);
    sign_in(&client);
    load(&client).unwrap();
    let sent: Vec<String> =
        script.seen().iter().map(|seen| seen.header("Authorization").to_owned()).collect();
    assert_eq!(sent, ["", BASIC, "Bearer t1"]);
}

#[test]
fn basic_is_sent_after_the_challenge_and_then_at_once() {
    let script = Script::lines(vec![(GET, basic()), (GET, manifest()), (GET, manifest())]);
    let client = script.client(R);
    sign_in(&client);
    load(&client).unwrap();
    load(&client).unwrap();
    script.assert_played();
    let sent: Vec<String> =
        script.seen().iter().map(|seen| seen.header("Authorization").to_owned()).collect();
    assert_eq!(sent, ["", BASIC, BASIC]);
}

#[test]
fn refusals_end_after_one_renewal() {
    let again = || bearer("/token");
    let registry = || R.to_owned();
    let pull = || Scope::Pull(Repository::parse("app").unwrap());
    let hidden = || is(401, "");
    let unsupported = || with(401, &[("WWW-Authenticate", "Negotiate")], "");
    for (name, signed_in, lines, expected) in [
        ("nobody", false, vec![(GET, basic())], SignIn::Needed(registry())),
        (
            "nobody, private",
            false,
            vec![(GET, again()), (ASK, is(200, TOKEN)), (GET, again())],
            SignIn::Needed(registry()),
        ),
        (
            "nobody, token refused",
            false,
            vec![(GET, again()), (ASK, code(401, "UNAUTHORIZED"))],
            SignIn::Needed(registry()),
        ),
        (
            "wrong password",
            true,
            vec![(GET, basic()), (GET, basic())],
            SignIn::Rejected(registry()),
        ),
        (
            "wrong password at the realm",
            true,
            vec![(GET, again()), (ASK, code(401, "UNAUTHORIZED"))],
            SignIn::Rejected(registry()),
        ),
        (
            "no permission",
            true,
            vec![(GET, again()), (ASK, is(200, TOKEN)), (GET, again())],
            SignIn::NoPermission(pull()),
        ),
        ("hidden, nobody", false, vec![(GET, hidden())], SignIn::Hidden(registry())),
        (
            "hidden, signed in",
            true,
            vec![(GET, hidden()), (GET, hidden())],
            SignIn::Hidden(registry()),
        ),
    ] {
        let script = Script::lines(lines);
        let client = script.client(R);
        if signed_in {
            sign_in(&client);
        }
        assert_eq!(load(&client), Err(Error::SignIn(expected)), "{name}");
        script.assert_played();
    }
    let script = Script::lines(vec![(GET, unsupported())]);
    let error = load(&script.client(R)).unwrap_err();
    assert_eq!(error, Error::Challenge(ChallengeError::Unsupported("negotiate".into())));
}

#[test]
fn an_expired_token_is_renewed_before_or_after_the_registry_notices() {
    let second = r#"{"access_token":"t2"}"#;
    let script = Script::lines(vec![
        (GET, bearer("/token")),
        (ASK, is(200, TOKEN)),
        (GET, manifest()),
        // The clock says that it has expired.
        (ASK, is(200, second)),
        (GET, manifest()),
        // The registry says so.
        (GET, bearer("/token")),
        (ASK, is(200, TOKEN)),
        (GET, manifest()),
    ]);
    let client = script.client(R);
    load(&client).unwrap();
    script.pass_time(300_000);
    load(&client).unwrap();
    load(&client).unwrap();
    script.assert_played();
    assert_eq!(script.seen()[4].header("Authorization"), "Bearer t2");
}

#[test]
fn credentials_go_to_another_host_only_after_consent() {
    let realm = "https://auth.example/token";
    let ask = ASK.replace("r.example", "auth.example");
    let origin = Url::parse(realm).unwrap().origin().clone();
    let script = Script::lines(vec![
        (GET, bearer(realm)),
        // The challenge is remembered.
        (&ask, is(200, TOKEN)),
        (GET, manifest()),
    ]);
    let client = script.client(R);
    sign_in(&client);
    assert_eq!(load(&client), Err(Error::Realm(RealmError::NeedsConsent(origin.clone()))));
    client.session().accept_realm(origin.clone());
    load(&client).unwrap();
    script.assert_played();
    // Signing out takes the consent back.
    client.session().sign_out();
    sign_in(&client);
    let script = Script::lines(vec![(GET, bearer("https://evil.example/"))]);
    let client = script.client(R);
    sign_in(&client);
    client.session().accept_realm(origin);
    assert!(matches!(load(&client), Err(Error::Realm(RealmError::NeedsConsent(_)))));
}

#[test]
fn without_credentials_a_foreign_realm_is_asked_at_once() {
    let ask = ASK.replace("r.example", "auth.example");
    let script = Script::lines(vec![
        (GET, bearer("https://auth.example/token")),
        (&ask, is(200, TOKEN)),
        (GET, manifest()),
    ]);
    load(&script.client(R)).unwrap();
}

#[test]
fn a_second_realm_gets_nothing() {
    let script = Script::lines(vec![
        (GET, bearer("/token")),
        (ASK, is(200, TOKEN)),
        (GET, manifest()),
        (GET, bearer("https://evil.example/token")),
    ]);
    let client = script.client(R);
    sign_in(&client);
    load(&client).unwrap();
    assert!(matches!(load(&client), Err(Error::Realm(RealmError::Changed { .. }))));
    script.assert_played();
}

#[test]
fn the_form_is_the_way_where_a_preflight_fails() {
    let post = "POST https://r.example/token";
    for first in [Answer::Fails(TransportError::Failed), is(404, ""), is(405, "")] {
        let script = Script::lines(vec![
            (GET, bearer("/token")),
            (ASK, first),
            (post, is(200, TOKEN)),
            (GET, manifest()),
        ]);
        let client = script.client(R);
        sign_in(&client);
        load(&client).unwrap();
        let form = &script.seen()[2];
        assert_eq!(
            String::from_utf8(form.body()).unwrap(),
            "grant_type=password&username=user&password=secret&service=reg&client_id=layermark\
             &scope=repository%3Aapp%3Apull"
        );
        assert_eq!(form.request.redirect, Redirect::Error);
    }
}

#[test]
fn an_identity_token_is_exchanged() {
    let script = Script::lines(vec![
        (GET, bearer("/token")),
        ("POST https://r.example/token", is(200, TOKEN)),
        (GET, manifest()),
    ]);
    let client = script.client(R);
    client.session().sign_in(Credentials::identity_token("idt").unwrap());
    load(&client).unwrap();
    let form = String::from_utf8(script.seen()[1].body()).unwrap();
    assert!(form.starts_with("grant_type=refresh_token&refresh_token=idt&"), "{form}");
    let script = Script::lines(vec![(GET, basic())]);
    let client = script.client(R);
    client.session().sign_in(Credentials::identity_token("idt").unwrap());
    let refused = load(&client).unwrap_err();
    assert_eq!(refused, Error::Token(TokenError::IdentityNeedsTokenService));
    assert!(refused.wants_sign_in(), "with a user name it may be accepted");
}

#[test]
fn answers_of_token_services() {
    let realm = || R.to_owned();
    for (answer, expected) in [
        (is(200, "<html>"), TokenError::Unreadable(realm())),
        (is(200, "{}"), TokenError::Unreadable(realm())),
        (is(200, r#"{"token":"a\r\nX-Evil: b"}"#), TokenError::Unreadable(realm())),
        (is(200, r#"{"token":""}"#), TokenError::Unreadable(realm())),
        (
            is(200, vec![b' '; 10 * 1024 * 1024]),
            TokenError::NoAnswer(realm(), TransportError::TooLarge(64 * 1024)),
        ),
        (
            Answer::Fails(TransportError::Timeout),
            TokenError::NoAnswer(realm(), TransportError::Timeout),
        ),
    ] {
        let script = Script::lines(vec![(GET, bearer("/token")), (ASK, answer)]);
        assert_eq!(load(&script.client(R)), Err(Error::Token(expected)));
    }
}

#[test]
fn signing_out_forgets_and_idle_time_signs_out() {
    let script = Script::lines(vec![(GET, basic()), (GET, manifest()), (GET, basic())]);
    let client = script.client(R);
    let session = client.session();
    sign_in(&client);
    load(&client).unwrap();
    assert_eq!(session.user().as_deref(), Some("user"));
    script.pass_time(1000);
    assert!(!session.sign_out_when_idle(2000) && session.is_signed_in());
    script.pass_time(1000);
    assert!(session.sign_out_when_idle(2000) && !session.is_signed_in());
    assert!(!session.sign_out_when_idle(0));
    assert_eq!(load(&client), Err(Error::SignIn(SignIn::Needed(R.into()))));
    assert_eq!(script.seen()[2].header("Authorization"), "");
    assert_eq!(format!("{session:?}"), "Session(https://r.example)");
}

#[test]
fn scopes_are_cut_to_what_the_call_needs() {
    let name = Repository::parse("app").unwrap();
    let pull = [Scope::Pull(name.clone())];
    let push = [Scope::PullPush(name)];
    for (call, challenge, expected) in [
        (&pull[..], None, "repository:app:pull"),
        (&pull, Some("repository:app:pull,push"), "repository:app:pull"),
        (
            &pull,
            Some("repository:mirror/app:pull"),
            "repository:mirror/app:pull repository:app:pull",
        ),
        (&pull, Some("repository:app:push registry:catalog:* x"), "repository:app:pull"),
        (&push, Some("repository:app:pull"), "repository:app:pull,push"),
        (&push, Some("repository:b:push,pull"), "repository:b:push,pull repository:app:pull,push"),
        (&[Scope::Catalog], Some("registry:catalog:*"), "registry:catalog:*"),
    ] {
        assert_eq!(wanted_scopes(call, challenge).join(" "), expected, "{challenge:?}");
    }
}

#[test]
fn cookies_go_only_to_the_page_itself() {
    for (page, expected) in [(R, CookieMode::SameOrigin), ("https://p.example", CookieMode::Omit)] {
        let script = Script::lines(vec![(GET, manifest())]);
        let page = Url::parse(page).unwrap().origin().clone();
        let endpoint = Endpoint::parse(R).unwrap();
        let session = Session::new(script.http(), endpoint, Some(&page), CookieMode::SameOrigin);
        load(&Client::new(session)).unwrap();
        assert_eq!(script.seen()[0].request.cookies, expected);
    }
}

#[test]
fn at_the_page_a_registry_leads_no_call_elsewhere() {
    let digest = crate::manifest::Digest::sha256(b"{}");
    let blob = format!("GET https://r.example/v2/app/blobs/{digest}");
    let redirects = |page: &str, line: &str| {
        let script = Script::lines(vec![(line, with(200, &[], "{}"))]);
        let page = Url::parse(page).unwrap().origin().clone();
        let endpoint = Endpoint::parse(R).unwrap();
        let session = Session::new(script.http(), endpoint, Some(&page), CookieMode::SameOrigin);
        let client = Client::new(session);
        if line == blob {
            let repository = Repository::parse("app").unwrap();
            block_on(client.blob(&repository, &digest, 2)).unwrap();
        } else {
            load(&client).ok();
        }
        script.seen()[0].request.redirect
    };
    assert_eq!(redirects(R, GET), Redirect::Error);
    assert_eq!(redirects(R, &blob), Redirect::Follow);
    assert_eq!(redirects("https://p.example", GET), Redirect::Follow);
}

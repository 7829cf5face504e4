use std::fmt;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::cancel::Cancel;
use super::credentials::Credentials;
use super::reference::Repository;
use super::refusal::Refusal;
use super::transport::{Body, Http, Method, Redirect, Request, Response, TransportError};
use super::url::{Url, encode_component};
use crate::msg;
use crate::text::Message;

/// What a token must allow (distribution, "Token Scope Documentation").
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Reading a repository.
    Pull(Repository),
    /// Reading and writing a repository. Asked for only by a push: Quay creates a repository when
    /// such a token is asked for.
    PullPush(Repository),
    /// Listing the repositories.
    Catalog,
}

/// An access token.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) value: String,
    /// When to stop using it, on the local clock, in milliseconds since 1970.
    pub(super) expires_ms: u64,
}

/// Why there is no token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenError {
    /// No readable answer from the token service; holds its origin.
    NoAnswer(String, TransportError),
    /// The token service refused, usually because of a wrong password.
    Refused(Box<Refusal>),
    /// The answer is not JSON with a token that fits into a header.
    Unreadable(String),
    /// The registry asks for the password itself, which an identity token is not.
    IdentityNeedsTokenService,
}

const MAX_TOKEN: u64 = crate::limits::REFUSAL;
const CLIENT_ID: &str = "layermark";

#[derive(Deserialize)]
struct TokenBody<'a> {
    token: Option<String>,
    access_token: Option<String>,
    #[serde(borrow)]
    expires_in: Option<&'a RawValue>,
}

/// Asks the token service for a token for `scopes` (least first; some servers read only one).
///
/// By `GET` (distribution, "Token Authentication"). With a password and no readable answer, or one
/// that says the method is wrong, by the form `POST` of "OAuth 2 Token Authentication", which needs
/// no CORS preflight; an identity token goes by `POST` only. Redirects are never followed: a
/// redirected form would carry its password to wherever the answer says.
pub(super) async fn fetch(
    http: &Http,
    realm: &Url,
    service: Option<&str>,
    scopes: &[String],
    credentials: &Credentials,
    cancel: &Cancel,
) -> Result<Token, TokenError> {
    if matches!(credentials, Credentials::IdentityToken(_)) {
        let response = send(http, post(realm, service, scopes, credentials), realm, cancel).await?;
        return read(http, &response, realm);
    }
    let answer = send(http, get(realm, service, scopes, credentials), realm, cancel).await;
    let post_may_help = match &answer {
        Err(TokenError::NoAnswer(_, TransportError::Failed)) => true,
        Ok(response) => matches!(response.status, 404 | 405),
        Err(_) => false,
    };
    if post_may_help && !credentials.is_anonymous() {
        let second = send(http, post(realm, service, scopes, credentials), realm, cancel).await;
        return second.or(answer).and_then(|response| read(http, &response, realm));
    }
    read(http, &answer?, realm)
}

fn get(
    realm: &Url,
    service: Option<&str>,
    scopes: &[String],
    credentials: &Credentials,
) -> Request {
    let mut url = realm.clone();
    if let Some(service) = service {
        url = url.with_param("service", service);
    }
    for scope in scopes {
        url = url.with_param("scope", scope);
    }
    let mut request = Request::new(Method::Get, url.with_param("client_id", CLIENT_ID));
    if let Some(header) = credentials.basic_header() {
        request.headers.push(("Authorization", header));
    }
    request
}

fn post(
    realm: &Url,
    service: Option<&str>,
    scopes: &[String],
    credentials: &Credentials,
) -> Request {
    let mut form = String::new();
    let mut add = |name: &str, value: &str| {
        if !form.is_empty() {
            form.push('&');
        }
        form.push_str(name);
        form.push('=');
        form.push_str(&encode_component(value));
    };
    match credentials {
        Credentials::Basic { user, password } => {
            add("grant_type", "password");
            add("username", user);
            add("password", password);
        }
        Credentials::IdentityToken(token) => {
            add("grant_type", "refresh_token");
            add("refresh_token", token);
        }
        Credentials::Anonymous => {}
    }
    if let Some(service) = service {
        add("service", service);
    }
    add("client_id", CLIENT_ID);
    add("scope", &scopes.join(" "));
    let mut request = Request::new(Method::Post, realm.clone());
    request.headers.push(("Content-Type", "application/x-www-form-urlencoded".into()));
    request.body = Body::bytes(form.into_bytes());
    request
}

async fn send(
    http: &Http,
    mut request: Request,
    realm: &Url,
    cancel: &Cancel,
) -> Result<Response, TokenError> {
    request.redirect = Redirect::Error;
    request.cancel = cancel.clone();
    let no_answer = |error| TokenError::NoAnswer(realm.origin().to_string(), error);
    http.send(request, MAX_TOKEN).await.map_err(no_answer)
}

fn read(http: &Http, response: &Response, realm: &Url) -> Result<Token, TokenError> {
    if !(200..300).contains(&response.status) {
        return Err(TokenError::Refused(Box::new(Refusal::read(response))));
    }
    let unreadable = || TokenError::Unreadable(realm.origin().to_string());
    let body: TokenBody<'_> = serde_json::from_slice(&response.body).map_err(|_| unreadable())?;
    let value = body.token.or(body.access_token).ok_or_else(unreadable)?;
    // A token goes into a header: nothing in it may end the header.
    if value.is_empty() || !value.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(unreadable());
    }
    Ok(Token { value, expires_ms: http.now_ms() + lifetime_ms(body.expires_in) })
}

/// How long to use a token: `expires_in` seconds, 60 when it is missing, unusable or less (the
/// specification's default and minimum), at most an hour, and 5 s less than that for the way.
fn lifetime_ms(expires_in: Option<&RawValue>) -> u64 {
    let seconds = expires_in
        .and_then(|raw| raw.get().trim_matches('"').parse::<u64>().ok())
        .unwrap_or(60)
        .clamp(60, 3600);
    (seconds - 5) * 1000
}

impl Scope {
    /// Whether a token for `self` also serves `other`.
    pub fn covers(&self, other: &Self) -> bool {
        self == other
            || matches!((self, other), (Self::PullPush(ours), Self::Pull(theirs)) if ours == theirs)
    }

    /// What it allows, in a few words, for “no permission to …”.
    pub fn message(&self) -> Message {
        match self {
            Self::Pull(name) => msg!("scope.pull", repository = name.as_str()),
            Self::PullPush(name) => msg!("scope.push", repository = name.as_str()),
            Self::Catalog => msg!("scope.catalog"),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pull(name) => write!(f, "repository:{name}:pull"),
            Self::PullPush(name) => write!(f, "repository:{name}:pull,push"),
            Self::Catalog => f.write_str("registry:catalog:*"),
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

impl TokenError {
    /// What happened, for a person.
    pub fn message(&self) -> Message {
        match self {
            Self::NoAnswer(realm, error) => {
                msg!("token.no-answer", realm = realm, reason = error.message())
            }
            Self::Refused(refusal) if matches!(refusal.status, 400 | 401 | 403) => {
                msg!("token.rejected", reason = refusal.message())
            }
            Self::Refused(refusal) => msg!("token.refused", reason = refusal.message()),
            Self::Unreadable(realm) => msg!("token.unreadable", realm = realm),
            Self::IdentityNeedsTokenService => msg!("token.identity-needs-service"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes() {
        for (json, seconds) in [
            ("300", 295),
            ("60", 55),
            ("1", 55),
            ("-1", 55),
            ("\"120\"", 115),
            ("\"1e9\"", 55),
            ("1e9", 55),
            ("null", 55),
            ("[]", 55),
            ("99999999999", 3595),
        ] {
            let raw: Box<RawValue> = serde_json::from_str(json).unwrap();
            assert_eq!(lifetime_ms(Some(&raw)), seconds * 1000, "{json}");
        }
        assert_eq!(lifetime_ms(None), 55_000);
    }

    #[test]
    fn scopes() {
        let name = |text: &str| Repository::parse(text).unwrap();
        let push = Scope::PullPush(name("a/b"));
        assert_eq!(push.to_string(), "repository:a/b:pull,push");
        assert!(push.covers(&Scope::Pull(name("a/b"))) && push.covers(&push));
        assert!(!push.covers(&Scope::Pull(name("a"))));
        assert!(!Scope::Pull(name("a/b")).covers(&push));
    }
}

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use super::cancel::Cancel;
use super::challenge::{ChallengeError, Demand};
use super::credentials::Credentials;
use super::endpoint::Endpoint;
use super::error::{Error, SignIn};
use super::realm::{self, RealmError};
use super::refusal::MAX_REFUSAL;
use super::token::{self, Scope, Token, TokenError};
use super::transport::{
    Body, CookieMode, Deadline, Http, Incoming, Method, Redirect, Request, Response, TransportError,
};
use super::url::{Origin, Url};

/// What is known about one registry and who the person is there. Clones are the same session.
///
/// Invariant: credentials and tokens go to the registry's own origin only, the credentials besides
/// to a realm that is free or was accepted.
#[derive(Clone)]
pub struct Session(Rc<Inner>);

struct Inner {
    http: Http,
    endpoint: Endpoint,
    cookies: CookieMode,
    same_origin: bool,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    credentials: Credentials,
    /// Whether it has answered any call.
    answered: bool,
    /// What the registry demanded last, with the realm resolved.
    known: Option<Known>,
    tokens: Vec<(Vec<Scope>, Token)>,
    accepted_realms: Vec<Origin>,
    pinned_realm: Option<Origin>,
    /// Changes with every sign-in and sign-out, so that what was under way for the former person
    /// is not kept for the next.
    generation: u32,
    last_used_ms: u64,
}

#[derive(Clone)]
enum Known {
    Basic,
    Bearer { realm: Url, service: Option<String>, scope: Option<String> },
}

/// One call to the registry, before authorisation.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Body,
    pub(super) scopes: Vec<Scope>,
    pub(super) deadline: Deadline,
    pub(super) cancel: Cancel,
}

impl Session {
    /// A session with the registry at `endpoint`, not signed in. `page` is the origin of the page,
    /// when there is one: on the same origin no CORS rule applies and `cookies` may be sent.
    pub fn new(http: Http, endpoint: Endpoint, page: Option<&Origin>, cookies: CookieMode) -> Self {
        let same_origin = page == Some(endpoint.origin());
        let state = RefCell::default();
        Self(Rc::new(Inner { http, endpoint, cookies, same_origin, state }))
    }

    /// The registry.
    pub fn endpoint(&self) -> &Endpoint {
        &self.0.endpoint
    }

    /// The transport.
    pub fn http(&self) -> &Http {
        &self.0.http
    }

    /// Whether the registry has the page's own origin.
    pub fn same_origin(&self) -> bool {
        self.0.same_origin
    }

    /// Uses these credentials from now on and forgets all that came from the former.
    pub fn sign_in(&self, credentials: Credentials) {
        let mut state = self.0.state.borrow_mut();
        state.credentials = credentials;
        state.tokens.clear();
        state.pinned_realm = None;
        state.generation += 1;
        state.last_used_ms = self.0.http.now_ms();
    }

    /// Forgets the credentials, every token and every accepted realm.
    pub fn sign_out(&self) {
        self.sign_in(Credentials::Anonymous);
        self.0.state.borrow_mut().accepted_realms.clear();
    }

    /// Signs out when nothing was asked of the registry for `limit_ms`. Whether it did.
    pub fn sign_out_when_idle(&self, limit_ms: u64) -> bool {
        let idle = {
            let state = self.0.state.borrow();
            let since = self.0.http.now_ms().saturating_sub(state.last_used_ms);
            !state.credentials.is_anonymous() && since >= limit_ms
        };
        if idle {
            self.sign_out();
        }
        idle
    }

    /// Whether someone is signed in.
    pub fn is_signed_in(&self) -> bool {
        !self.0.state.borrow().credentials.is_anonymous()
    }

    /// The user name, when someone signed in with one.
    pub fn user(&self) -> Option<String> {
        self.0.state.borrow().credentials.user().map(str::to_owned)
    }

    /// Lets the credentials go to this realm: the person's answer to
    /// [`RealmError::NeedsConsent`].
    pub fn accept_realm(&self, realm: Origin) {
        let mut state = self.0.state.borrow_mut();
        state.pinned_realm = None;
        if !state.accepted_realms.contains(&realm) {
            state.accepted_realms.push(realm);
        }
    }

    /// Whether the registry has answered any call of this session.
    pub fn has_answered(&self) -> bool {
        self.0.state.borrow().answered
    }

    /// Whether the next call is expected to carry no `Authorization`, as long as none was demanded.
    pub fn is_plain(&self) -> bool {
        let state = self.0.state.borrow();
        state.credentials.is_anonymous() && !matches!(state.known, Some(Known::Bearer { .. }))
    }

    /// Sends a call with what it takes to be allowed: at first with what is known, and when that
    /// is refused with 401 once more with fresh authorisation. Never a third time.
    pub(super) async fn open(&self, call: &Call) -> Result<Incoming, Error> {
        let generation = self.touch();
        if call.url.origin() != self.0.endpoint.origin() {
            return self.attempt(call, None).await;
        }
        let before = self.known_authorization(call).await?;
        let answer = self.attempt(call, before.as_deref()).await?;
        if answer.status != 401 {
            return Ok(answer);
        }
        let response =
            answer.read_start(MAX_REFUSAL).await.map_err(|error| no_answer(call, error))?;
        let known = self.learn(&response, call)?;
        let fresh = self.authorize(&known, call).await?;
        let Some(fresh) = fresh.filter(|fresh| before.as_ref() != Some(fresh)) else {
            return Err(Error::SignIn(self.refused(call, &known, before.is_some())));
        };
        if self.0.state.borrow().generation != generation {
            return Err(no_answer(call, TransportError::Cancelled));
        }
        let answer = self.attempt(call, Some(&fresh)).await?;
        if answer.status == 401 {
            return Err(Error::SignIn(self.refused(call, &known, true)));
        }
        Ok(answer)
    }

    fn touch(&self) -> u32 {
        let mut state = self.0.state.borrow_mut();
        state.last_used_ms = self.0.http.now_ms();
        state.generation
    }

    async fn attempt(&self, call: &Call, authorization: Option<&str>) -> Result<Incoming, Error> {
        let mut headers = call.headers.clone();
        if let Some(value) = authorization {
            headers.push(("Authorization", value.to_owned()));
        }
        let reads = matches!(call.method, Method::Get | Method::Head);
        // At the page's origin a redirect would lead the call, with the portal's cookie, to any of
        // the portal's paths. Only blobs are kept elsewhere.
        let may_move = !self.0.same_origin || is_blob(&call.url);
        let request = Request {
            method: call.method,
            url: call.url.clone(),
            headers,
            typed_headers: Vec::new(),
            body: call.body.clone(),
            redirect: if reads && may_move { Redirect::Follow } else { Redirect::Error },
            cookies: if self.0.same_origin && self.0.endpoint.contains(&call.url) {
                self.0.cookies
            } else {
                CookieMode::Omit
            },
            deadline: call.deadline,
            cancel: call.cancel.clone(),
        };
        let own = call.url.origin() == self.0.endpoint.origin();
        let answer = self.0.http.open(request).await.map_err(|error| no_answer(call, error))?;
        self.0.state.borrow_mut().answered |= own;
        Ok(answer)
    }

    /// What a call can be authorised with before the registry demands it.
    async fn known_authorization(&self, call: &Call) -> Result<Option<String>, Error> {
        let known = self.0.state.borrow().known.clone();
        match known {
            None => Ok(None),
            Some(Known::Basic) => Ok(self.0.state.borrow().credentials.basic_header()),
            Some(known @ Known::Bearer { .. }) => match self.cached_token(&call.scopes) {
                Some(token) => Ok(Some(token)),
                None if call.scopes.is_empty() => Ok(None),
                None => self.authorize(&known, call).await,
            },
        }
    }

    fn cached_token(&self, scopes: &[Scope]) -> Option<String> {
        let now = self.0.http.now_ms();
        let mut state = self.0.state.borrow_mut();
        state.tokens.retain(|(_, token)| token.expires_ms > now);
        let covers =
            |held: &[Scope]| scopes.iter().all(|scope| held.iter().any(|one| one.covers(scope)));
        let found = state.tokens.iter().find(|(held, _)| covers(held));
        found.map(|(_, token)| format!("Bearer {}", token.value))
    }

    /// Reads the demand of a 401; without a readable header the last one, or the password if there
    /// is one, stands in.
    fn learn(&self, response: &Response, call: &Call) -> Result<Known, Error> {
        let mut state = self.0.state.borrow_mut();
        let known = match response.headers.get("www-authenticate") {
            Some(header) => match Demand::parse(header).map_err(Error::Challenge)? {
                Demand::Basic => Known::Basic,
                Demand::Bearer { realm, service, scope } => {
                    let realm = realm::resolve(&realm, &call.url, &self.0.endpoint)
                        .map_err(Error::Realm)?;
                    Known::Bearer { realm, service, scope }
                }
            },
            None => match &state.known {
                Some(known) => known.clone(),
                None if state.credentials.basic_header().is_some() => return Ok(Known::Basic),
                None => return Err(Error::SignIn(SignIn::Hidden(self.registry()))),
            },
        };
        // A scope belongs to the call that was refused, not to the calls that follow.
        state.known = Some(match &known {
            Known::Bearer { realm, service, .. } => {
                Known::Bearer { realm: realm.clone(), service: service.clone(), scope: None }
            }
            Known::Basic => Known::Basic,
        });
        Ok(known)
    }

    /// A fresh `Authorization` for the call, `None` when there is nothing to try.
    async fn authorize(&self, known: &Known, call: &Call) -> Result<Option<String>, Error> {
        let (credentials, generation) = {
            let state = self.0.state.borrow();
            (state.credentials.clone(), state.generation)
        };
        let Known::Bearer { realm, service, scope } = known else {
            return match credentials {
                Credentials::IdentityToken(_) => {
                    Err(Error::Token(TokenError::IdentityNeedsTokenService))
                }
                credentials => Ok(credentials.basic_header()),
            };
        };
        if !credentials.is_anonymous() {
            self.check_realm(realm).map_err(Error::Realm)?;
        }
        let scopes = wanted_scopes(&call.scopes, scope.as_deref());
        let fetched = token::fetch(
            &self.0.http,
            realm,
            service.as_deref(),
            &scopes,
            &credentials,
            &call.cancel,
        )
        .await;
        let token = match fetched {
            Ok(token) => token,
            Err(TokenError::Refused(refusal)) if matches!(refusal.status, 401 | 403) => {
                let registry = self.registry();
                return Err(Error::SignIn(if credentials.is_anonymous() {
                    SignIn::Needed(registry)
                } else {
                    SignIn::Rejected(registry)
                }));
            }
            Err(error) => return Err(Error::Token(error)),
        };
        let header = format!("Bearer {}", token.value);
        let mut state = self.0.state.borrow_mut();
        if state.generation == generation {
            state.tokens.retain(|(held, _)| *held != call.scopes);
            state.tokens.push((call.scopes.clone(), token));
        }
        Ok(Some(header))
    }

    fn check_realm(&self, realm: &Url) -> Result<(), RealmError> {
        let mut state = self.0.state.borrow_mut();
        let pinned = state.pinned_realm.as_ref();
        realm::judge(realm.origin(), &self.0.endpoint, &state.accepted_realms, pinned)?;
        state.pinned_realm = Some(realm.origin().clone());
        Ok(())
    }

    fn refused(&self, call: &Call, known: &Known, sent: bool) -> SignIn {
        let signed_in = self.is_signed_in();
        match (known, call.scopes.first()) {
            _ if !signed_in => SignIn::Needed(self.registry()),
            _ if self.0.state.borrow().known.is_none() => SignIn::Hidden(self.registry()),
            (Known::Bearer { .. }, Some(scope)) if sent => SignIn::NoPermission(scope.clone()),
            _ => SignIn::Rejected(self.registry()),
        }
    }

    fn registry(&self) -> String {
        self.0.endpoint.to_string()
    }
}

/// The scopes to ask for: those of the call, and before them what the challenge names besides, cut
/// down to the actions that the call needs: a registry that demands `push` for a reading call does
/// not get it.
fn wanted_scopes(call: &[Scope], challenge: Option<&str>) -> Vec<String> {
    let ours: Vec<String> = call.iter().map(Scope::to_string).collect();
    let pushes = call.iter().any(|scope| matches!(scope, Scope::PullPush(_)));
    let lists = call.contains(&Scope::Catalog);
    let mut scopes: Vec<String> = Vec::new();
    for named in challenge.unwrap_or_default().split_ascii_whitespace().take(8) {
        let Some((resource, actions)) = named.rsplit_once(':') else {
            continue;
        };
        let needed = |action: &&str| match *action {
            "pull" => true,
            "push" => pushes,
            "*" => lists && resource == "registry:catalog",
            _ => false,
        };
        let actions: Vec<&str> = actions.split(',').filter(needed).collect();
        let scope = format!("{resource}:{}", actions.join(","));
        let covered = ours.iter().any(|one| one.starts_with(&scope));
        if !actions.is_empty() && !covered && !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    scopes.extend(ours);
    scopes
}

pub(super) fn no_answer(call: &Call, error: TransportError) -> Error {
    match error {
        TransportError::TooLarge(cap) => Error::TooLarge(cap),
        error => Error::NoAnswer { error, method: call.method, url: call.url.without_query() },
    }
}

/// Nothing of who is signed in.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({})", self.0.endpoint)
    }
}

/// Equal when they are the same session.
impl PartialEq for Session {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl From<ChallengeError> for Error {
    fn from(error: ChallengeError) -> Self {
        Self::Challenge(error)
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;

/// Whether `url` is that of a blob: `…/blobs/<digest>`.
fn is_blob(url: &Url) -> bool {
    let mut parts = url.path().rsplit('/');
    let (digest, parent) = (parts.next(), parts.next());
    parent == Some("blobs") && digest.is_some_and(|digest| digest.contains(':'))
}

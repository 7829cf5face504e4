//! Sessions with registries, for as long as the page is open: the only place where credentials are.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::app::config::{Config, Disallowed};
use crate::registry::{
    Cancel, Client, Endpoint, Endpoints, Http, Notice, Origin, Reference, Session, Url,
};

/// All sessions. Clones share them.
#[derive(Clone)]
pub struct Gateway(Rc<Inner>);

struct Inner {
    http: Http,
    page: Option<Origin>,
    /// The API of references without a host; `None` means the page's own origin.
    endpoints: Endpoints,
    /// What the portal allows.
    config: Rc<Config>,
    sessions: RefCell<BTreeMap<Endpoint, Session>>,
}

impl Gateway {
    /// No sessions yet, for a page of `origin` (as text; empty where it has none), as the portal
    /// settled it.
    pub fn new(http: Http, origin: &str, config: &Rc<Config>) -> Self {
        Self(Rc::new(Inner {
            http,
            page: Url::parse(origin).ok().map(|url| url.origin().clone()),
            endpoints: config.endpoints(Endpoint::parse(origin).ok().as_ref()),
            config: config.clone(),
            sessions: RefCell::default(),
        }))
    }

    /// Where `reference` leads: without a host to the page's own origin, unless the portal says
    /// otherwise.
    pub fn endpoint(&self, reference: &Reference) -> Endpoint {
        let mut endpoints = self.0.endpoints.clone();
        if endpoints.default.is_none() {
            endpoints.default =
                self.page().and_then(|page| Endpoint::parse(&page.to_string()).ok());
        }
        let endpoint = endpoints.of(reference);
        // The page's own host and port is the page's own origin, with its scheme.
        match self.page() {
            Some(page) if same_place(page, endpoint.origin()) => {
                Endpoint::parse(&format!("{page}{}", endpoint.prefix())).unwrap_or(endpoint)
            }
            _ => endpoint,
        }
    }

    /// The session with the registry at `endpoint`.
    pub fn session(&self, endpoint: &Endpoint) -> Session {
        let mut sessions = self.0.sessions.borrow_mut();
        let new = || {
            Session::new(self.http().clone(), endpoint.clone(), self.page(), self.0.config.cookies)
        };
        sessions.entry(endpoint.clone()).or_insert_with(new).clone()
    }

    /// A client for the registry of `reference`, if the portal allows it.
    pub fn client(
        &self,
        reference: &Reference,
        cancel: Cancel,
        notices: Rc<dyn Fn(Notice)>,
    ) -> Result<Client, Disallowed> {
        self.0.config.check_registry(reference)?;
        let session = self.session(&self.endpoint(reference));
        Ok(Client::new(session).with_cancel(cancel).with_notices(notices))
    }

    /// Signs out of every registry that was not asked anything for `limit_ms`; the endpoints.
    pub fn sign_out_idle(&self, limit_ms: u64) -> Vec<Endpoint> {
        let sessions = self.0.sessions.borrow();
        let idle = sessions.iter().filter(|(_, session)| session.sign_out_when_idle(limit_ms));
        idle.map(|(endpoint, _)| endpoint.clone()).collect()
    }

    /// The transport, for what is not a registry's: layer URLs.
    pub fn http(&self) -> &Http {
        &self.0.http
    }

    /// The origin of the page.
    pub fn page(&self) -> Option<&Origin> {
        self.0.page.as_ref()
    }
}

fn same_place(page: &Origin, other: &Origin) -> bool {
    page.authority() == other.authority()
}

//! Sessions with registries, for as long as the page is open: the only place where credentials are.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::transport::Browser;
use crate::registry::{
    Cancel, Client, CookieMode, Endpoint, Endpoints, Http, Notice, Origin, Reference, Session, Url,
};

/// All sessions. Clones share them.
#[derive(Clone)]
pub struct Gateway(Rc<Inner>);

struct Inner {
    http: Http,
    page: Option<Origin>,
    settings: RefCell<Settings>,
    sessions: RefCell<BTreeMap<Endpoint, Session>>,
}

/// What the portal configures about registries.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The API of references without a host; `None` means the page's own origin.
    pub endpoints: Endpoints,
    /// Whether the portal's cookie goes along to its own origin.
    pub cookies: CookieMode,
}

impl Default for Gateway {
    fn default() -> Self {
        super::probe::watch_policy();
        let page = page_origin();
        Self(Rc::new(Inner {
            http: Http::new(Browser),
            page,
            settings: RefCell::default(),
            sessions: RefCell::default(),
        }))
    }
}

impl Gateway {
    /// Takes over the portal's settings.
    pub fn configure(&self, settings: Settings) {
        self.0.settings.replace(settings);
    }

    /// Where `reference` leads: without a host to the page's own origin, unless the portal says
    /// otherwise.
    pub fn endpoint(&self, reference: &Reference) -> Endpoint {
        let mut endpoints = self.0.settings.borrow().endpoints.clone();
        if endpoints.default.is_none() {
            endpoints.default =
                self.0.page.as_ref().and_then(|page| Endpoint::parse(&page.to_string()).ok());
        }
        let endpoint = endpoints.of(reference);
        // The page's own host and port is the page's own origin, with its scheme.
        match &self.0.page {
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
            let cookies = self.0.settings.borrow().cookies;
            Session::new(self.0.http.clone(), endpoint.clone(), self.0.page.as_ref(), cookies)
        };
        sessions.entry(endpoint.clone()).or_insert_with(new).clone()
    }

    /// A client for the registry of `reference`.
    pub fn client(
        &self,
        reference: &Reference,
        cancel: Cancel,
        notices: Rc<dyn Fn(Notice)>,
    ) -> Client {
        let session = self.session(&self.endpoint(reference));
        Client::new(session).with_cancel(cancel).with_notices(notices)
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

impl PartialEq for Gateway {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

fn page_origin() -> Option<Origin> {
    let origin = web_sys::window()?.location().origin().ok()?;
    Some(Url::parse(&origin).ok()?.origin().clone())
}

fn same_place(page: &Origin, other: &Origin) -> bool {
    page.authority() == other.authority()
}

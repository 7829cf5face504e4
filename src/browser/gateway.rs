//! Sessions with registries, for as long as the page is open: the only place where credentials are.

use std::cell::{OnceCell, RefCell};
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
    /// Made when the first request is: until then the page does without its code.
    http: OnceCell<Http>,
    page: OnceCell<Option<Origin>>,
    settings: OnceCell<Settings>,
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
        Self(Rc::new(Inner {
            http: OnceCell::new(),
            page: OnceCell::new(),
            settings: OnceCell::new(),
            sessions: RefCell::default(),
        }))
    }
}

impl Gateway {
    /// Takes over the portal's settings, once.
    pub fn configure(&self, settings: impl FnOnce() -> Settings) {
        self.0.settings.get_or_init(settings);
    }

    fn settings(&self) -> &Settings {
        self.0.settings.get_or_init(Settings::default)
    }

    /// Where `reference` leads: without a host to the page's own origin, unless the portal says
    /// otherwise.
    pub fn endpoint(&self, reference: &Reference) -> Endpoint {
        let mut endpoints = self.settings().endpoints.clone();
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
            let cookies = self.settings().cookies;
            Session::new(self.http().clone(), endpoint.clone(), self.page(), cookies)
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
        self.0.http.get_or_init(|| {
            super::probe::watch_policy();
            Http::new(Browser)
        })
    }

    /// The origin of the page.
    pub fn page(&self) -> Option<&Origin> {
        self.0.page.get_or_init(page_origin).as_ref()
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

//! What the browser can tell about a failed call, beside answers that may be read.

use std::cell::RefCell;
use std::collections::BTreeSet;

use js_sys::{Object, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::transport::{self, Look};
use crate::registry::diagnose::{Permission, Probe};
use crate::registry::{Origin, Pending, Url};

/// The browser.
pub struct BrowserProbe;

thread_local! {
    static BLOCKED: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
}

/// Remembers from now on which origins the page's own policy kept requests from.
pub fn watch_policy() {
    let Some(document) = web_sys::window().and_then(|window| window.document()) else { return };
    let hear = Closure::<dyn FnMut(JsValue)>::new(|event: JsValue| {
        let blocked = Reflect::get(&event, &"blockedURI".into()).ok();
        let url = blocked.and_then(|blocked| blocked.as_string());
        if let Some(url) = url.and_then(|url| Url::parse(&url).ok()) {
            BLOCKED.with_borrow_mut(|blocked| blocked.insert(url.origin().to_string()));
        }
    });
    let listener = hear.as_ref().unchecked_ref();
    document.add_event_listener_with_callback("securitypolicyviolation", listener).ok();
    // The page listens as long as it lives.
    hear.forget();
}

impl Probe for BrowserProbe {
    fn is_online(&self) -> Option<bool> {
        Some(web_sys::window()?.navigator().on_line())
    }

    fn policy_violated(&self, origin: &Origin) -> bool {
        BLOCKED.with_borrow(|blocked| blocked.contains(&origin.to_string()))
    }

    fn local_network(&self) -> Pending<'_, Option<Permission>> {
        Box::pin(async {
            let mut strictest = None;
            for name in ["local-network", "loopback-network", "local-network-access"] {
                let found = permission(name).await;
                strictest = match (strictest, found) {
                    (_, Some(Permission::Denied)) | (Some(Permission::Denied), _) => {
                        Some(Permission::Denied)
                    }
                    (_, Some(Permission::Prompt)) | (Some(Permission::Prompt), _) => {
                        Some(Permission::Prompt)
                    }
                    (before, found) => found.or(before),
                };
            }
            strictest
        })
    }

    fn reaches(&self, url: Url) -> Pending<'_, bool> {
        Box::pin(async move { transport::look(&url.to_string(), Look::Reach).await.is_some() })
    }

    fn redirects(&self, url: Url) -> Pending<'_, Option<bool>> {
        Box::pin(async move {
            let answer = transport::look(&url.to_string(), Look::Redirect).await?;
            let kind = Reflect::get(&answer, &"type".into()).ok()?.as_string()?;
            Some(kind == "opaqueredirect")
        })
    }
}

/// The state of a permission, where the browser knows it.
async fn permission(name: &str) -> Option<Permission> {
    let navigator = web_sys::window()?.navigator();
    let permissions = Reflect::get(&navigator, &"permissions".into()).ok()?;
    let query: js_sys::Function =
        Reflect::get(&permissions, &"query".into()).ok()?.dyn_into().ok()?;
    let wanted = Object::new();
    Reflect::set(&wanted, &"name".into(), &name.into()).ok()?;
    let asked: Promise = query.call1(&permissions, &wanted).ok()?.dyn_into().ok()?;
    let status = JsFuture::from(asked).await.ok()?;
    match Reflect::get(&status, &"state".into()).ok()?.as_string()?.as_str() {
        "granted" => Some(Permission::Granted),
        "prompt" => Some(Permission::Prompt),
        "denied" => Some(Permission::Denied),
        _ => None,
    }
}

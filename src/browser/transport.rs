//! HTTP by the browser's `fetch`: the one place that sends requests.

use js_sys::{Array, Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, Blob, ReferrerPolicy, RequestCache, RequestCredentials, RequestInit,
    RequestMode, RequestRedirect, ResponseType,
};

use super::body::{Abort, Clock, Reader, Stream, until};
use super::files;
use crate::app::FileId;
use crate::registry::{
    Body, Chunks, CookieMode, Deadline, FileSlice, Headers, Incoming, Pending, Redirect, Request,
    Transport, TransportError,
};

/// The browser.
pub struct Browser;

impl Transport for Browser {
    fn open(&self, request: Request) -> Pending<'_, Result<Incoming, TransportError>> {
        Box::pin(async {
            let incoming = open(request).await?;
            Ok(incoming.map_body(|body| -> Box<dyn Chunks> { Box::new(body) }))
        })
    }

    fn sleep(&self, ms: u64) -> Pending<'_, ()> {
        Box::pin(sleep(ms))
    }

    fn now_ms(&self) -> u64 {
        now_ms()
    }
}

/// The time in milliseconds since 1970.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Whole and positive.
pub fn now_ms() -> u64 {
    js_sys::Date::now() as u64
}

/// Completes after `ms` milliseconds, in a page and in a worker alike.
pub async fn sleep(ms: u64) {
    let timer = Promise::new(&mut |resolve, _| {
        let global = js_sys::global();
        let set_timeout = Reflect::get(&global, &JsValue::from_str("setTimeout"));
        if let Some(set_timeout) = set_timeout.ok().and_then(|it| it.dyn_into::<Function>().ok()) {
            let ms = JsValue::from(u32::try_from(ms).unwrap_or(u32::MAX).min(i32::MAX as u32));
            set_timeout.call2(&global, &resolve, &ms).ok();
        }
    });
    JsFuture::from(timer).await.ok();
}

/// A request without anything that says who asks, whose answer is only looked at from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Whether anything answers: the answer itself may not be read (`no-cors`).
    Reach,
    /// Whether the answer is a redirect, which is not followed.
    Redirect,
}

/// What `fetch` gives for such a request, if it gives anything.
pub(super) async fn look(url: &str, look: Look) -> Option<JsValue> {
    let init = RequestInit::new();
    init.set_credentials(RequestCredentials::Omit);
    init.set_cache(RequestCache::NoStore);
    init.set_referrer_policy(ReferrerPolicy::NoReferrer);
    match look {
        Look::Reach => init.set_mode(RequestMode::NoCors),
        Look::Redirect => init.set_redirect(RequestRedirect::Manual),
    }
    fetch(&JsValue::from_str(url), &init).await
}

/// What `fetch` gives, in a page and in a worker alike, if it gives anything.
async fn fetch(request: &JsValue, init: &JsValue) -> Option<JsValue> {
    let global = js_sys::global();
    let fetch = Reflect::get(&global, &JsValue::from_str("fetch")).ok()?;
    let asked = fetch.dyn_into::<Function>().ok()?.call2(&global, request, init);
    JsFuture::from(asked.ok()?.dyn_into::<Promise>().ok()?).await.ok()
}

/// Sends `request`; returns when the answer's head is there.
pub(super) async fn open(request: Request) -> Result<Incoming<Stream>, TransportError> {
    let abort = Abort(AbortController::new().map_err(|_| TransportError::Failed)?);
    let clock = Clock::start(request.deadline);
    let asked = build(&request, &abort).ok_or(TransportError::Failed)?;
    let sent = until(&clock, &request.cancel, fetch(&asked, &JsValue::UNDEFINED)).await?;
    let response = sent.and_then(|it| it.dyn_into::<web_sys::Response>().ok());
    let response = response.ok_or(TransportError::Failed)?;
    if response.type_() == ResponseType::Opaqueredirect {
        return Err(TransportError::Redirected);
    }
    let mut headers = Headers::new();
    for entry in response.headers().entries().into_iter().flatten() {
        let pair = Array::from(&entry);
        if let (Some(name), Some(value)) = (pair.get(0).as_string(), pair.get(1).as_string()) {
            headers.add(&name, &value);
        }
    }
    // Bodies that may take their time are the large ones.
    let large = matches!(request.deadline, Deadline::Stall(_));
    let reader = response.body().and_then(|stream| Reader::of(&stream, large));
    let body = Stream::new(reader, clock, request.cancel, abort);
    Ok(Incoming {
        status: response.status(),
        headers,
        redirected_to: response.redirected().then(|| response.url()),
        body,
    })
}

fn build(request: &Request, abort: &Abort) -> Option<web_sys::Request> {
    let headers = web_sys::Headers::new().ok()?;
    for (name, value) in &request.headers {
        headers.set(name, value).ok()?;
    }
    for (name, value) in &request.typed_headers {
        headers.set(name, value).ok()?;
    }
    let init = RequestInit::new();
    init.set_method(request.method.name());
    init.set_headers(&headers);
    init.set_credentials(match request.cookies {
        CookieMode::Omit => RequestCredentials::Omit,
        CookieMode::SameOrigin => RequestCredentials::SameOrigin,
    });
    init.set_redirect(match request.redirect {
        Redirect::Follow => RequestRedirect::Follow,
        Redirect::Error => RequestRedirect::Error,
        Redirect::Tell => RequestRedirect::Manual,
    });
    init.set_referrer_policy(ReferrerPolicy::NoReferrer);
    init.set_cache(RequestCache::NoStore);
    init.set_signal(Some(&abort.0.signal()));
    match &request.body {
        Body::None => {}
        Body::Bytes(bytes) => init.set_body(&Uint8Array::from(&bytes[..])),
        Body::File(slice) => init.set_body(blob(*slice)?.as_ref()),
    }
    web_sys::Request::new_with_str_and_init(&request.url.to_string(), &init).ok()
}

/// The part of the file itself: the browser streams it from the disk.
fn blob(slice: FileSlice) -> Option<Blob> {
    #[allow(clippy::cast_precision_loss)] // Files are smaller than 2⁵³ bytes.
    let (start, end) = (slice.start as f64, (slice.start + slice.len) as f64);
    files::get(FileId(slice.file))?.slice_with_f64_and_f64(start, end).ok()
}

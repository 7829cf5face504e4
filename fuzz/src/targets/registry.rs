//! A registry that answers anything: requests, and what is secret, stay where they belong.

use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use layermark::registry::{
    Chunks, Client, CookieMode, Credentials, Endpoint, Headers, Http, Incoming, Pending, Reference,
    Request, Session, ShortNames, Transport, TransportError, Url,
};

use crate::source::Source;

const REGISTRY: &str = "https://registry.example";
const PASSWORD: &str = "c2VjcmV0"; // of `user:secret`, as a part of its base64

/// Answers made from the input: a status, some headers and a body each.
struct Answers {
    left: RefCell<Vec<u8>>,
    asked: RefCell<u32>,
}

struct Whole(Option<Vec<u8>>);

impl Chunks for Whole {
    fn next(&mut self) -> Pending<'_, Result<Option<Vec<u8>>, TransportError>> {
        let body = self.0.take();
        Box::pin(async move { Ok(body) })
    }
}

const STATUSES: [u16; 14] = [200, 401, 200, 201, 202, 301, 307, 400, 403, 404, 416, 429, 500, 503];

const HEADERS: [&str; 12] = [
    "www-authenticate",
    "link",
    "location",
    "docker-content-digest",
    "content-type",
    "content-length",
    "oci-subject",
    "retry-after",
    "docker-upload-uuid",
    "range",
    "date",
    "docker-distribution-api-version",
];

impl Transport for Answers {
    fn open(&self, request: Request) -> Pending<'_, Result<Incoming, TransportError>> {
        let origin = request.url.origin().to_string();
        let authorization = request.header("authorization").unwrap_or_default();
        assert!(
            origin == REGISTRY || !authorization.starts_with("Basic"),
            "a password goes to {origin}"
        );
        assert!(!request.url.to_string().contains(PASSWORD), "a password stands in a URL");
        *self.asked.borrow_mut() += 1;
        assert!(*self.asked.borrow() < 5_000, "it never stops asking");
        let mut left = self.left.borrow_mut();
        let mut source = Source::new(&left);
        let status = STATUSES[usize::from(source.byte()) % STATUSES.len()];
        let mut headers = Headers::new();
        for _ in 0..source.byte() % 6 {
            let name = HEADERS[usize::from(source.byte()) % HEADERS.len()];
            // A browser hands over nothing else.
            let value = source.text().replace(['\r', '\n'], " ");
            headers.add(name, &value);
        }
        let body = source.piece().to_vec();
        let rest = source.rest().to_vec();
        *left = rest;
        let redirected_to = None;
        let body: Box<dyn Chunks> = Box::new(Whole(Some(body)));
        Box::pin(async move { Ok(Incoming { status, headers, redirected_to, body }) })
    }

    fn sleep(&self, _: u64) -> Pending<'_, ()> {
        Box::pin(async {})
    }

    fn now_ms(&self) -> u64 {
        1_800_000_000_000
    }
}

/// Runs a future that needs no waking from outside; `None` when it waits for nobody.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..100_000 {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return Some(value);
        }
    }
    None
}

/// Loading, listing, looking for referrers and uploading, with a password at hand.
pub fn registry(input: &[u8]) {
    let Some((&call, rest)) = input.split_first() else { return };
    let transport = Answers { left: RefCell::new(rest.to_vec()), asked: RefCell::new(0) };
    let (Ok(endpoint), Ok(reference), Ok(page), Ok(credentials)) = (
        Endpoint::parse(REGISTRY),
        Reference::parse("registry.example/team/app:1.4", ShortNames::OfDefaultRegistry),
        Url::parse("https://portal.example/"),
        Credentials::basic("user", "secret"),
    ) else {
        return;
    };
    let session =
        Session::new(Http::new(transport), endpoint, Some(page.origin()), CookieMode::Omit);
    session.sign_in(credentials);
    let client = Client::new(session).with_notices(Rc::new(|_| {}));
    let repository = &reference.repository;
    let digest = layermark::manifest::Digest::sha256(b"");
    let done = match call % 6 {
        0 => block_on(async { drop(client.load_image(&reference).await) }),
        1 => block_on(async { drop(client.tags(repository).await) }),
        2 => block_on(async { drop(client.repositories().await) }),
        3 => block_on(async { drop(client.referrers(repository, &digest).await) }),
        4 => block_on(async { drop(client.mount_blob(repository, &digest, repository).await) }),
        _ => block_on(async { drop(client.blob_head(repository, &digest).await) }),
    };
    assert!(done.is_some(), "it waits for something that nobody does");
}

//! Registries: references, sign-in, the client's calls by noun, push plans and their execution, and
//! the diagnosis of refusals.
//!
//! Invariants: nothing here does I/O but through [`Transport`]; credentials go only to the
//! registry's own origin and to a realm that was accepted; what a registry says is capped in size
//! and shown as text.

mod blob;
mod blob_stream;
#[cfg(test)]
mod blob_tests;
mod cancel;
mod catalog;
mod challenge;
mod client;
#[cfg(test)]
mod client_tests;
mod credentials;
pub mod diagnose;
mod endpoint;
mod error;
mod health;
mod host;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod leak_tests;
mod left_behind;
mod load;
mod location;
mod manifest;
mod page;
mod parallel;
mod ping;
pub mod push;
mod realm;
mod reference;
mod referrer;
mod refusal;
mod retry;
mod session;
mod subject;
mod tag;
#[cfg(test)]
pub(crate) mod test_store;
#[cfg(test)]
pub(crate) mod testing;
mod token;
mod transport;
mod upload;
mod url;
mod url_blob;
mod url_host;
mod url_policy;
mod verify;
#[cfg(test)]
mod verify_tests;

pub use blob::{BlobReader, Presence};
pub use blob_stream::BlobStream;
pub use cancel::{Cancel, Listening};
pub use challenge::{Challenge, ChallengeError, Demand, MAX_CHALLENGE};
pub use client::{Client, Notice};
pub use credentials::{Credentials, CredentialsError};
pub use endpoint::{Endpoint, Endpoints};
pub use error::{Alteration, Error, SignIn};
pub use health::{HEALTH_PARALLEL, PartState};
pub use host::{Host, HostError, Reach};
pub use left_behind::LeftBehind;
pub use load::{Child, LoadError};
pub use location::LocationError;
pub use manifest::{Fetched, Head, MAX_MANIFEST, Put};
pub use page::Listing;
pub use parallel::in_parallel;
pub use ping::{Access, Ping, ping};
pub use realm::RealmError;
pub use reference::{
    Authority, MAX_REFERENCE, Reference, ReferenceError, Repository, Selector, ShortNames, Tag,
};
pub use referrer::{ReferrerSource, Referrers};
pub use refusal::{BodyKind, Code, MAX_REFUSAL, Refusal, RefusalEntry};
pub use session::Session;
pub use token::{Scope, TokenError};
pub use transport::{
    Body, Chunks, CookieMode, Deadline, FileSlice, Headers, Http, Incoming, Method, Pending,
    Redirect, Request, Response, Transport, TransportError,
};
pub use upload::{Mount, Upload, UploadSource};
pub use url::{MAX_URL, Origin, Scheme, Url, UrlError, encode_component};
pub use url_host::UrlHost;
pub use url_policy::{AllowSetting, Unallowable, UrlPolicy, allow_setting};
pub use verify::{Hashed, HashedHere, Undone, Verdict, Verification, ask, verify, verify_file};

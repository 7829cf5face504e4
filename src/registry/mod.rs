//! Registries: references, sign-in, the client's calls by noun, push plans and their execution, and
//! the diagnosis of refusals.
//!
//! Invariants: nothing here does I/O but through [`Transport`]; credentials go only to the
//! registry's own origin and to a realm that was accepted; what a registry says is capped in size
//! and shown as text.

mod cancel;
mod endpoint;
mod host;
mod reference;
mod refusal;
mod transport;
mod url;
mod url_policy;

pub use cancel::{Cancel, Listening};
pub use endpoint::{Endpoint, Endpoints};
pub use host::{Host, HostError, Reach};
pub use reference::{
    Authority, MAX_REFERENCE, Reference, ReferenceError, Repository, Selector, ShortNames, Tag,
};
pub use refusal::{BodyKind, Code, MAX_REFUSAL, Refusal, RefusalEntry};
pub use transport::{
    Body, Chunks, CookieMode, Deadline, FileSlice, Headers, Http, Incoming, Method, Pending,
    Redirect, Request, Response, Transport, TransportError,
};
pub use url::{MAX_URL, Origin, Scheme, Url, UrlError, encode_component};
pub use url_policy::{AllowSetting, Unallowable, UrlPolicy, allow_setting};

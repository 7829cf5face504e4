use super::challenge::Demand;
use super::client::{Client, is_web_page};
use super::endpoint::Endpoint;
use super::error::Error;
use super::refusal::MAX_REFUSAL;
use super::retry::Retry;
use super::transport::{Headers, Http, Method, Request, TransportError};

/// What a registry answers at `/v2/` to someone who sends nothing along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ping {
    /// The status.
    pub status: u16,
    /// What it takes to be served.
    pub access: Access,
    /// Whether this looks like a registry at all.
    pub is_registry: bool,
    /// Whether `Docker-Distribution-Api-Version` can be read; from another origin it often cannot.
    pub names_api: bool,
}

/// What it takes to be served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nothing.
    Open,
    /// A password or a token.
    Demanded(Demand),
    /// Something that cannot be read or is not known.
    Unclear,
}

/// Asks `/v2/` with no header that could cause a preflight.
pub async fn ping(http: &Http, endpoint: &Endpoint) -> Result<Ping, TransportError> {
    let request = Request::new(Method::Get, endpoint.api());
    let response = http.send(request, MAX_REFUSAL).await?;
    let demanded = |headers: &Headers| {
        let header = headers.get("www-authenticate")?;
        Demand::parse(header).ok().map(Access::Demanded)
    };
    let access = match response.status {
        200..=299 => Access::Open,
        401 => demanded(&response.headers).unwrap_or(Access::Unclear),
        _ => Access::Unclear,
    };
    let names_api = response.headers.get("docker-distribution-api-version").is_some();
    let is_registry =
        matches!(response.status, 200 | 401 | 403 | 429) && !is_web_page(&response.headers);
    Ok(Ping { status: response.status, access, is_registry: is_registry || names_api, names_api })
}

impl Client {
    /// Checks that the registry lets this session in: the end of signing in.
    pub async fn check_access(&self) -> Result<(), Error> {
        let call = self.call(Method::Get, self.endpoint().api(), Vec::new());
        let response = self.send(&call, Retry::Safe, MAX_REFUSAL).await?;
        match response.status {
            200 if !is_web_page(&response.headers) => Ok(()),
            _ => Err(super::client::unexpected(&call, &response)),
        }
    }
}

use serde::Deserialize;

use super::client::Client;
use super::error::{Error, SignIn};
use super::page::Listing;
use super::reference::Repository;
use super::token::Scope;

#[derive(Deserialize)]
struct Body {
    repositories: Option<Vec<String>>,
}

impl Client {
    /// The repositories of the registry, `None` where the catalogue is closed to this session:
    /// most hosted registries do not offer it.
    pub async fn repositories(&self) -> Result<Option<Listing<Repository>>, Error> {
        let url = self.endpoint().url("_catalog");
        let names = |body: &[u8]| {
            let body: Body = serde_json::from_slice(body).ok()?;
            Some(body.repositories.unwrap_or_default())
        };
        let parse = |name: &str| Repository::parse(name).ok();
        match self.list(url, vec![Scope::Catalog], names, parse).await {
            Ok(listing) => Ok(Some(listing)),
            Err(Error::SignIn(SignIn::NoPermission(_) | SignIn::Needed(_))) => Ok(None),
            Err(Error::Refused(refusal)) if matches!(refusal.status, 401 | 403 | 404 | 405) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

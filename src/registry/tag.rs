use serde::Deserialize;

use super::client::Client;
use super::error::Error;
use super::page::Listing;
use super::reference::{Repository, Tag};
use super::token::Scope;

#[derive(Deserialize)]
struct Body {
    tags: Option<Vec<String>>,
}

impl Client {
    /// The tags of a repository. Entries that are no tags (a hostile registry's) are left out and
    /// counted.
    pub async fn tags(&self, repository: &Repository) -> Result<Listing<Tag>, Error> {
        let url = self.endpoint().in_repository(repository, "tags/list");
        let names = |body: &[u8]| {
            let body: Body = serde_json::from_slice(body).ok()?;
            Some(body.tags.unwrap_or_default())
        };
        let scopes = vec![Scope::Pull(repository.clone())];
        self.list(url, scopes, names, |name| Tag::parse(name).ok()).await
    }
}

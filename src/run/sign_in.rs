//! The person's answers to what a registry asked: they go to its session, never into the state.

use super::runner::Runner;
use crate::app::AccessAction;
use crate::registry::{Credentials, Endpoint, Url};
use crate::text::Message;

impl Runner {
    /// Signs in at `registry` with a name and a password, or with a token where there is no name,
    /// and lets go on what waited for it.
    pub fn sign_in(&self, registry: &str, user: &str, secret: &str) -> Result<(), Message> {
        let Ok(endpoint) = Endpoint::parse(registry) else { return Ok(()) };
        let user = user.trim();
        let credentials = match user {
            "" => Credentials::identity_token(secret),
            user => Credentials::basic(user, secret),
        };
        match credentials {
            Ok(credentials) => self.gateway().session(&endpoint).sign_in(credentials),
            Err(error) => return Err(error.message()),
        }
        let (registry, user) = (registry.to_owned(), Some(user.to_owned()));
        self.send(AccessAction::Answered { registry, user });
        Ok(())
    }

    /// Lets the credentials for `registry` go to the origin of `realm`, and lets go on what waited
    /// for it.
    pub fn accept_realm(&self, registry: &str, realm: &str) {
        if let (Ok(endpoint), Ok(url)) = (Endpoint::parse(registry), Url::parse(realm)) {
            self.gateway().session(&endpoint).accept_realm(url.origin().clone());
            self.send(AccessAction::Answered { registry: registry.to_owned(), user: None });
        }
    }
}

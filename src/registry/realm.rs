use super::endpoint::Endpoint;
use super::host::{Host, Reach};
use super::url::{Origin, Scheme, Url, UrlError};
use crate::msg;
use crate::text::Message;

/// Why no token is asked for at a realm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RealmError {
    /// The realm is not a URL that a request may go to.
    Url(UrlError),
    /// A realm in the clear for a registry over TLS.
    Insecure(String),
    /// A private, loopback or link-local address that is not the registry's own host: the way into
    /// a network that only the person's browser can reach.
    Private(String),
    /// Another realm than the one that was used before.
    Changed {
        /// The origin used before.
        before: String,
        /// The origin named now.
        now: String,
    },
    /// The realm is on another host. Credentials go there only after the person agreed; then call
    /// [`super::Session::accept_realm`] with this origin.
    NeedsConsent(Origin),
}

/// Registries whose tokens are known to come from another host.
const KNOWN_PAIRS: [(&str, &str); 2] =
    [("registry-1.docker.io", "auth.docker.io"), ("registry.gitlab.com", "gitlab.com")];

/// Reads the realm of a challenge that came from `request`, and refuses those where no request may
/// go at all.
pub(super) fn resolve(realm: &str, request: &Url, registry: &Endpoint) -> Result<Url, RealmError> {
    let url = request.join(realm).map_err(RealmError::Url)?;
    let (origin, own) = (url.origin(), registry.origin());
    if origin.scheme() == Scheme::Http && own.scheme() == Scheme::Https {
        return Err(RealmError::Insecure(origin.to_string()));
    }
    if origin.host().reach() != Reach::Public && origin.host() != own.host() {
        return Err(RealmError::Private(origin.to_string()));
    }
    Ok(url)
}

/// Whether credentials for `registry` may go to the realm's origin: to its own, to a known
/// partner's, to one in `accepted`; and never to a second one.
pub(super) fn judge(
    realm: &Origin,
    registry: &Endpoint,
    accepted: &[Origin],
    pinned: Option<&Origin>,
) -> Result<(), RealmError> {
    if accepted.contains(realm) {
        return Ok(());
    }
    if let Some(before) = pinned.filter(|&before| before != realm) {
        let (before, now) = (before.to_string(), realm.to_string());
        return Err(RealmError::Changed { before, now });
    }
    let is =
        |origin: &Origin, name: &str| matches!(origin.host(), Host::Name(known) if known == name);
    let known = |(registry_host, realm_host): &(&str, &str)| {
        is(registry.origin(), registry_host) && is(realm, realm_host) && realm.port() == 443
    };
    if realm == registry.origin() || KNOWN_PAIRS.iter().any(known) {
        return Ok(());
    }
    Err(RealmError::NeedsConsent(realm.clone()))
}

impl RealmError {
    /// What happened, for a person.
    pub fn message(&self) -> Message {
        match self {
            Self::Url(error) => msg!("realm.url", reason = error.message()),
            Self::Insecure(realm) => msg!("realm.insecure", realm = realm),
            Self::Private(realm) => msg!("realm.private", realm = realm),
            Self::Changed { before, now } => {
                msg!("realm.changed", before = before, now = now)
            }
            Self::NeedsConsent(realm) => {
                msg!("realm.needs-consent", realm = realm.to_string())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    enum Verdict {
        Free,
        Consent,
        Insecure,
        Private,
        Url,
        Changed,
    }

    fn verdict(registry: &str, realm: &str, accepted: &[&str], pinned: Option<&str>) -> Verdict {
        let registry = Endpoint::parse(registry).unwrap();
        let origin = |text: &&str| Url::parse(text).unwrap().origin().clone();
        let accepted: Vec<Origin> = accepted.iter().map(origin).collect();
        let pinned = pinned.as_ref().map(origin);
        let result = resolve(realm, &registry.api(), &registry)
            .and_then(|url| judge(url.origin(), &registry, &accepted, pinned.as_ref()));
        match result {
            Ok(()) => Verdict::Free,
            Err(RealmError::NeedsConsent(_)) => Verdict::Consent,
            Err(RealmError::Insecure(_)) => Verdict::Insecure,
            Err(RealmError::Private(_)) => Verdict::Private,
            Err(RealmError::Url(_)) => Verdict::Url,
            Err(RealmError::Changed { .. }) => Verdict::Changed,
        }
    }

    #[test]
    fn realms() {
        let own = "https://r.example";
        for (registry, realm, expected) in [
            (own, "https://r.example/token", Verdict::Free),
            (own, "/token", Verdict::Free),
            (own, "token?x", Verdict::Free),
            (own, "https://r.example:8443/token", Verdict::Consent),
            (own, "https://auth.example/token", Verdict::Consent),
            (own, "//auth.example/token", Verdict::Consent),
            (own, "https://r.example.evil.example/token", Verdict::Consent),
            (own, "http://r.example/token", Verdict::Insecure),
            (own, "http://169.254.169.254/latest", Verdict::Insecure),
            (own, "https://169.254.169.254/latest", Verdict::Private),
            (own, "https://127.0.0.1/token", Verdict::Private),
            (own, "https://0x7f.1/token", Verdict::Private),
            (own, "https://localhost:8443/token", Verdict::Private),
            (own, "https://[::ffff:10.0.0.1]/token", Verdict::Private),
            (own, "https://user:pw@r.example/token", Verdict::Url),
            (own, "https://user@auth.example/token", Verdict::Url),
            (own, "javascript:alert(1)", Verdict::Url),
            (own, "https://r.example\\@evil.example/", Verdict::Url),
            ("http://r.example", "http://auth.example/token", Verdict::Consent),
            ("http://127.0.0.1:5000", "http://127.0.0.1:5000/token", Verdict::Free),
            ("http://127.0.0.1:5000", "http://127.0.0.1:5001/token", Verdict::Consent),
            ("http://127.0.0.1:5000", "http://10.0.0.1/token", Verdict::Private),
            ("https://registry-1.docker.io", "https://auth.docker.io/token", Verdict::Free),
            ("https://registry-1.docker.io", "https://auth.docker.io:444/token", Verdict::Consent),
            (own, "https://auth.docker.io/token", Verdict::Consent),
        ] {
            assert_eq!(verdict(registry, realm, &[], None), expected, "{registry} {realm}");
        }
    }

    #[test]
    fn accepted_and_pinned_realms() {
        let (own, auth, evil) =
            ("https://r.example", "https://auth.example/t", "https://evil.example/t");
        assert_eq!(verdict(own, auth, &[auth], None), Verdict::Free);
        assert_eq!(verdict(own, evil, &[auth], Some(auth)), Verdict::Changed);
        assert_eq!(verdict(own, own, &[], Some(auth)), Verdict::Changed);
        assert_eq!(verdict(own, auth, &[], Some(auth)), Verdict::Consent);
    }
}

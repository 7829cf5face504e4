use super::{
    CallKind, Diagnosis, FailedCall, Observations, Permission, Plain, Verdict, decide, predict,
    remedies,
};
use crate::registry::endpoint::Endpoint;
use crate::registry::error::{Error, SignIn};
use crate::registry::location::LocationError;
use crate::registry::ping::ping;
use crate::registry::transport::{Http, Pending};
use crate::registry::url::{Origin, Url};

/// What the browser can tell besides sending requests whose answers are read.
///
/// Every request an implementation makes is a `GET` without credentials, headers, cache and
/// referrer.
pub trait Probe {
    /// Whether the browser says that it is online.
    fn is_online(&self) -> Option<bool>;

    /// Whether the browser reported that the page's policy kept a request from this origin
    /// (`securitypolicyviolation` for `connect-src`).
    fn policy_violated(&self, origin: &Origin) -> bool;

    /// The permission to reach the local network (`local-network`, `loopback-network` or
    /// `local-network-access`, whichever the browser knows and is the strictest).
    fn local_network(&self) -> Pending<'_, Option<Permission>>;

    /// Whether anything answers at `url`: a `no-cors` request, whose answer nobody may read.
    fn reaches(&self, url: Url) -> Pending<'_, bool>;

    /// Whether `url` is answered with a redirect: a request with `redirect: manual`. `None` when it
    /// fails.
    fn redirects(&self, url: Url) -> Pending<'_, Option<bool>>;
}

/// A call that failed, as the one who made it knows it.
#[derive(Clone, Copy, Debug)]
pub struct Failure<'a> {
    /// What it was.
    pub call: FailedCall,
    /// Its URL when it was for a blob, to ask whether that is redirected.
    pub blob: Option<&'a Url>,
    /// What [`Probe::local_network`] said before the call, when it was asked.
    pub permission_before: Option<Permission>,
    /// How it failed.
    pub error: &'a Error,
}

/// Finds out why a call failed; `None` when the error itself already says all.
pub async fn diagnose(
    http: &Http,
    probe: &dyn Probe,
    page: &Origin,
    registry: &Endpoint,
    failure: Failure<'_>,
) -> Option<Diagnosis> {
    let mut observed = Observations {
        page: page.clone(),
        registry: registry.clone(),
        failed: failure.call,
        online: None,
        policy_violated: false,
        permission_before: failure.permission_before,
        permission_after: None,
        reachable: None,
        plain: None,
        redirects: None,
    };
    let told = match failure.error {
        error if error.is_silence() && predict(page, registry).is_some() => predict(page, registry),
        Error::SignIn(SignIn::Hidden(_)) | Error::Location(LocationError::Missing)
            if page != registry.origin() =>
        {
            Some(Verdict::ExposeMissing)
        }
        Error::NotARegistry(_) => Some(Verdict::NotARegistry),
        error if error.is_silence() => {
            observe(http, probe, &mut observed, failure.blob).await;
            Some(decide(&observed))
        }
        _ => None,
    };
    let verdict = told?;
    let remedies = remedies(&verdict, page, registry);
    Some(Diagnosis { verdict, observed: observed.messages(), remedies })
}

/// Asks one thing after the other, and no more than it takes.
async fn observe(http: &Http, probe: &dyn Probe, observed: &mut Observations, blob: Option<&Url>) {
    let api = observed.registry.api();
    observed.online = probe.is_online();
    observed.policy_violated = probe.policy_violated(api.origin());
    if observed.online == Some(false) || observed.policy_violated {
        return;
    }
    observed.reachable = Some(probe.reaches(api).await);
    // After the probe: it may have been what made the browser ask.
    observed.permission_after = probe.local_network().await;
    observed.policy_violated = probe.policy_violated(observed.registry.origin());
    if observed.reachable == Some(false) || observed.policy_violated {
        return;
    }
    observed.plain = Some(match ping(http, &observed.registry).await {
        Ok(found) if found.is_registry => Plain::Registry(found.status),
        Ok(found) => Plain::Other(found.status),
        Err(_) => Plain::Unreadable,
    });
    let own = blob.filter(|url| url.origin() == observed.registry.origin());
    if let (CallKind::ReadBlob, Some(url)) = (observed.failed.kind, own) {
        observed.redirects = probe.redirects(url.clone()).await;
    }
}

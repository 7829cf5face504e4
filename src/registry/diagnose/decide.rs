use super::{CallKind, FailedCall, Verdict};
use crate::msg;
use crate::registry::endpoint::Endpoint;
use crate::registry::host::Reach;
use crate::registry::url::{Origin, Scheme};
use crate::text::Message;

/// What is known about a failure. `None` everywhere means that it was not or could not be found
/// out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observations {
    /// The page.
    pub page: Origin,
    /// The registry.
    pub registry: Endpoint,
    /// What failed.
    pub failed: FailedCall,
    /// Whether the browser says that it is online.
    pub online: Option<bool>,
    /// Whether the browser reported a violation of the page's policy for the registry.
    pub policy_violated: bool,
    /// The permission for the local network before the call failed.
    pub permission_before: Option<Permission>,
    /// The same after it.
    pub permission_after: Option<Permission>,
    /// Whether a request whose answer nobody may read got one.
    pub reachable: Option<bool>,
    /// What came of a request for `/v2/` without any header.
    pub plain: Option<Plain>,
    /// Whether the registry redirects the blob elsewhere.
    pub redirects: Option<bool>,
}

/// A permission of the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Given.
    Granted,
    /// Not asked yet.
    Prompt,
    /// Refused.
    Denied,
}

/// What came of a plain request for `/v2/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plain {
    /// No readable answer.
    Unreadable,
    /// The answer of a registry, with this status.
    Registry(u16),
    /// A readable answer that is not a registry's, with this status.
    Other(u16),
}

/// Ports that browsers never connect to (fetch standard, "bad port").
const BAD_PORTS: [u16; 82] = [
    1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102,
    103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465,
    512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993,
    995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668,
    6669, 6679, 6697, 10080,
];

/// What cannot work, known before anything is sent.
pub fn predict(page: &Origin, registry: &Endpoint) -> Option<Verdict> {
    let origin = registry.origin();
    let mixed = page.scheme() == Scheme::Https
        && origin.scheme() == Scheme::Http
        && origin.host().reach() != Reach::Loopback;
    if mixed {
        return Some(Verdict::MixedContent);
    }
    BAD_PORTS.contains(&origin.port()).then(|| Verdict::BlockedPort(origin.port()))
}

/// Judges what was observed: the more certain reasons first.
pub fn decide(observed: &Observations) -> Verdict {
    if let Some(verdict) = predict(&observed.page, &observed.registry) {
        return verdict;
    }
    if observed.online == Some(false) {
        return Verdict::Offline;
    }
    if observed.policy_violated {
        return Verdict::PolicyOfThePage;
    }
    let origin = observed.registry.origin();
    let same_origin = observed.page == *origin;
    if observed.reachable == Some(false) {
        // Refusing the local network looks like a dead host. A site may have been refused for
        // another host before, so an ordinary name counts only when the refusal came just now.
        let just_now = observed.permission_before != observed.permission_after;
        // A host that has answered before cannot have been refused.
        let refused = observed.permission_after == Some(Permission::Denied)
            && !observed.failed.answered_before
            && (just_now || origin.host().reach() != Reach::Public);
        return if refused && !same_origin { Verdict::LocalNetwork } else { Verdict::Unreachable };
    }
    match observed.plain {
        Some(Plain::Other(_)) => return Verdict::NotARegistry,
        Some(Plain::Unreadable) if !same_origin && observed.reachable == Some(true) => {
            return Verdict::CorsRefused;
        }
        Some(Plain::Unreadable) if observed.reachable.is_none() => return Verdict::Unreachable,
        _ => {}
    }
    if same_origin {
        return Verdict::BrokeOff;
    }
    let FailedCall { kind, asked_first, reads_worked, .. } = observed.failed;
    match kind {
        CallKind::ReadBlob if reads_worked || observed.redirects == Some(true) => {
            Verdict::StorageCors
        }
        CallKind::Write if reads_worked || !asked_first => Verdict::WriteNotAllowed,
        _ if asked_first && !reads_worked => Verdict::PreflightRefused,
        _ => Verdict::BrokeOff,
    }
}

impl Observations {
    /// What was observed, sentence by sentence.
    pub fn messages(&self) -> Vec<Message> {
        let mut all = vec![msg!(
            "observed.addresses",
            page = self.page.to_string(),
            registry = self.registry.to_string()
        )];
        if self.online == Some(false) {
            all.push(msg!("observed.offline"));
        }
        if self.policy_violated {
            all.push(msg!("observed.policy"));
        }
        if self.permission_after == Some(Permission::Denied) {
            all.push(msg!("observed.permission"));
        }
        match self.reachable {
            Some(true) => all.push(msg!("observed.reachable")),
            Some(false) => all.push(msg!("observed.unreachable")),
            None => {}
        }
        match self.plain {
            Some(Plain::Registry(status)) => {
                all.push(msg!("observed.plain", status = status.to_string()));
            }
            Some(Plain::Other(status)) => {
                all.push(msg!("observed.plain-other", status = status.to_string()));
            }
            Some(Plain::Unreadable) => all.push(msg!("observed.plain-unreadable")),
            None => {}
        }
        if self.redirects == Some(true) {
            all.push(msg!("observed.redirects"));
        }
        let readable = matches!(self.plain, Some(Plain::Registry(_)));
        match (self.failed.kind, readable) {
            (_, false) => {}
            (CallKind::Write, _) => all.push(msg!("observed.write-failed")),
            (CallKind::ReadBlob, _) => all.push(msg!("observed.blob-failed")),
            (CallKind::Read, _) if self.failed.asked_first => {
                all.push(msg!("observed.signed-in-failed"));
            }
            (CallKind::Read, _) => {}
        }
        all
    }
}

use std::collections::BTreeMap;

use super::{Effect, PushPhase, SourceAction, State};
use crate::text::Message;

/// Who is signed in where, and what a registry asks for. Credentials are not in here: the page
/// keeps them with its sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessState {
    /// The registries (as shown: host and port) with the name of who is signed in.
    pub signed_in: BTreeMap<String, String>,
    /// The names that were used last to sign in, by registry; empty for a token. They stay where the
    /// registry does not accept what was sent with them.
    pub tried: BTreeMap<String, String>,
    /// What stands between the person and a registry.
    pub asked: Option<Asked>,
}

/// What a registry asks of the person before it goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The registry, as shown and as the page knows it.
    pub registry: String,
    /// Why.
    pub reason: Message,
    /// What for.
    pub what: Ask,
    /// What goes on after the person has answered.
    pub then: Effect,
}

/// What the person is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// User name and password, or a token.
    Credentials,
    /// Whether the credentials may go to this origin, which is not the registry's own.
    Realm(String),
}

/// Where on the page a question is asked: where what it holds up was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskedAt {
    /// On the Registry tab.
    Source,
    /// In the dialog “Browse”.
    Browse,
    /// In the region “Push plan”.
    Push,
    /// Where the push is shown that stopped for it: in the region “Push plan”, or in that of pushes
    /// whose image is not open.
    RunningPush,
}

impl Asked {
    /// Where it is asked.
    pub fn place(&self) -> AskedAt {
        match &self.then {
            Effect::PlanPush(_) | Effect::PlanRestore { .. } => AskedAt::Push,
            Effect::ExecutePush(_) => AskedAt::RunningPush,
            Effect::ListRepositories(_) | Effect::ListTags { .. } => AskedAt::Browse,
            _ => AskedAt::Source,
        }
    }
}

/// What happens between the person and registries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessAction {
    /// A registry asks for something.
    Ask(Asked),
    /// The person answered; the page has told its session. The name is for showing.
    Answered {
        /// The registry.
        registry: String,
        /// Who signed in, empty for a token; `None` when nobody did.
        user: Option<String>,
    },
    /// The person does not want to answer.
    Dismiss,
    /// Nobody is signed in there any more.
    SignedOut(String),
    /// “Sign out”.
    SignOut(String),
}

pub(super) fn update(state: &mut State, action: AccessAction, effects: &mut Vec<Effect>) {
    match action {
        AccessAction::Ask(asked) => {
            state.source.loading = false;
            if matches!(asked.what, Ask::Credentials) {
                state.access.signed_in.remove(&asked.registry);
            }
            state.access.asked = Some(asked);
        }
        AccessAction::Answered { registry, user } => {
            if let Some(user) = user {
                let shown = if user.is_empty() { "token" } else { user.as_str() };
                state.access.signed_in.insert(registry.clone(), shown.to_owned());
                state.access.tried.insert(registry, user);
            }
            if let Some(asked) = state.access.asked.take() {
                match &asked.then {
                    Effect::LoadReference(_) => {
                        state.source.loading = true;
                        state.source.failure = None;
                    }
                    Effect::PlanPush(request) => {
                        if let Some(root) = request.documents.last() {
                            state.push.phase = PushPhase::Planning(root.digest.clone());
                        }
                        state.push.failure = None;
                    }
                    Effect::PlanRestore { before, .. } => {
                        state.push.phase = PushPhase::Planning(before.clone());
                        state.push.failure = None;
                    }
                    Effect::ExecutePush(plan) => {
                        return super::pushes::resume(state, plan, effects);
                    }
                    _ => {}
                }
                effects.push(asked.then);
            }
        }
        AccessAction::Dismiss => state.access.asked = None,
        AccessAction::SignedOut(registry) => {
            state.access.signed_in.remove(&registry);
            state.access.tried.remove(&registry);
        }
        AccessAction::SignOut(registry) => {
            state.access.signed_in.remove(&registry);
            state.access.tried.remove(&registry);
            effects.push(Effect::SignOut(registry));
        }
    }
}

/// Whether a new try to load makes an open question pointless.
pub(super) fn forget_on(state: &mut State, action: &SourceAction) {
    if state.access.asked.is_some()
        && matches!(action, SourceAction::Load | SourceAction::Reference(_) | SourceAction::Show(_))
    {
        state.access.asked = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::{asked, send};
    use crate::msg;

    fn ask() -> AccessAction {
        AccessAction::Ask(Asked {
            registry: "https://r.example".into(),
            reason: msg!("sign-in.rejected", registry = "r.example"),
            what: Ask::Credentials,
            then: Effect::LoadReference("r.example/a:1".into()),
        })
    }

    #[test]
    fn the_user_name_stays_when_the_password_was_wrong() {
        for (user, shown) in [("ada", "ada"), ("", "token")] {
            let answer = AccessAction::Answered {
                registry: "https://r.example".into(),
                user: Some(user.into()),
            };
            let state = send(&std::rc::Rc::default(), ask());
            assert_eq!(state.access.tried.len(), 0, "nothing was tried yet");
            let again = Effect::LoadReference("r.example/a:1".into());
            assert_eq!(asked(&state, answer.clone()), [again]);
            let state = send(&state, answer);
            assert_eq!(state.access.signed_in["https://r.example"], shown);
            let rejected = send(&state, ask());
            assert_eq!(rejected.access.signed_in.len(), 0);
            assert_eq!(rejected.access.tried["https://r.example"], user);
            assert!(rejected.access.asked.is_some());
            let out = send(&rejected, AccessAction::SignOut("https://r.example".into()));
            assert_eq!(out.access.tried.len(), 0, "nobody else sees the name");
        }
    }
}

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::app::{Area, Bring, Effect, PlanRequest, PushPhase, Remote, SourceAction, State};
use crate::registry::Endpoint;
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
    /// What stands between the person and registries: in each place one question at most.
    pub asked: Vec<Asked>,
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
    /// The call that waits for the answer. The question ends with it.
    pub call: HeldCall,
}

/// A call that a registry holds up with a question.
///
/// Nothing here can be carried out by itself: an answer begins loading and planning anew, from what
/// the fields say then, and never sends anything that the person has not pressed a button for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeldCall {
    /// Loading the image of this reference.
    Load(String),
    /// Loading the base image of this reference.
    Base(String),
    /// Looking where this reference leads for what is to be brought from elsewhere.
    Bring(String),
    /// Loading the image of this reference, to compare the open one with it.
    Compare(String),
    /// Checking the health of the open image.
    Health,
    /// Listing the repositories of this registry.
    Repositories(String),
    /// Listing tags.
    Tags {
        /// The registry; empty for the page's own.
        registry: String,
        /// The repository.
        repository: String,
    },
    /// Making the plan that this asks for.
    Plan(Rc<PlanRequest>),
    /// Carrying out the plan.
    Push,
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
    /// Under the tabs from which an image is opened.
    Source,
    /// In the dialog “Browse”.
    Browse,
    /// In the dialog in which something is looked for elsewhere.
    Bring,
    /// In the card “Compare”.
    Compare,
    /// In the card “Health of this tag”.
    Health,
    /// In the region “Push plan”.
    Push,
    /// Where the push is shown that stopped for it: in the region “Push plan”, or in that of pushes
    /// whose image is not open.
    RunningPush,
}

impl Asked {
    /// Where it is asked.
    pub fn place(&self) -> AskedAt {
        match &self.call {
            HeldCall::Plan(_) => AskedAt::Push,
            HeldCall::Push => AskedAt::RunningPush,
            HeldCall::Repositories(_) | HeldCall::Tags { .. } => AskedAt::Browse,
            HeldCall::Bring(_) => AskedAt::Bring,
            HeldCall::Compare(_) => AskedAt::Compare,
            HeldCall::Health => AskedAt::Health,
            HeldCall::Load(_) | HeldCall::Base(_) => AskedAt::Source,
        }
    }

    /// Whether what is typed would travel where others may read it.
    pub fn is_in_the_clear(&self) -> bool {
        let asks = match &self.what {
            Ask::Credentials => &self.registry,
            Ask::Realm(realm) => realm,
        };
        Endpoint::parse(asks).is_ok_and(|asks| asks.is_in_the_clear())
    }

    /// Whether the call that asks is still waited for.
    fn is_awaited(&self, state: &State) -> bool {
        match &self.call {
            HeldCall::Plan(request) => state.push.phase == PushPhase::Planning(request.clone()),
            HeldCall::Push => state.pushes.running.is_some(),
            HeldCall::Health => {
                state.desk.health.as_ref().is_some_and(|health| health.progress.is_some())
            }
            HeldCall::Compare(text) => {
                state.desk.compare.loading && state.compare_text().trim() == text
            }
            HeldCall::Bring(text) => {
                let is_it = |bring: &Bring| bring.loading && bring.text.trim() == text;
                state.desk.bring.as_ref().is_some_and(is_it)
            }
            HeldCall::Base(text) => {
                let base = state.opened.as_ref().and_then(|opened| opened.whole.base.as_ref());
                base.is_some_and(|base| base.loading && base.text.trim() == text)
            }
            HeldCall::Repositories(registry) => {
                let browse = &state.browse;
                browse.repositories == Remote::Loading && browse.registry.trim() == registry
            }
            HeldCall::Tags { registry, repository } => {
                let browse = &state.browse;
                browse.tags == Remote::Loading
                    && browse.registry.trim() == registry
                    && browse.repository == *repository
            }
            // Loading something else ends it unheard.
            HeldCall::Load(_) => true,
        }
    }
}

impl AccessState {
    /// What is asked at this place.
    pub fn at(&self, place: AskedAt) -> Option<&Asked> {
        self.asked.iter().find(|asked| asked.place() == place)
    }
}

/// Drops the question that is asked at this place: its call is no longer waited for.
pub(in crate::app) fn forget(access: &mut Area<AccessState>, place: AskedAt) {
    forget_if(access, |asked| asked.place() == place);
}

/// Drops the question about a base image: another image was opened, or another base is asked for.
pub(in crate::app) fn forget_base(access: &mut Area<AccessState>) {
    forget_if(access, |asked| matches!(asked.call, HeldCall::Base(_)));
}

/// Drops the question of the manifest desk: another image was opened.
pub(in crate::app) fn forget_desk(access: &mut Area<AccessState>) {
    forget_if(access, |asked| {
        matches!(asked.call, HeldCall::Bring(_) | HeldCall::Compare(_) | HeldCall::Health)
    });
}

fn forget_if(access: &mut Area<AccessState>, is_over: impl Fn(&Asked) -> bool) {
    if access.asked.iter().any(&is_over) {
        access.asked.retain(|asked| !is_over(asked));
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
    /// The person does not want to answer what is asked at this place.
    Dismiss(AskedAt),
    /// Nobody is signed in there any more.
    SignedOut(String),
    /// “Sign out”.
    SignOut(String),
}

pub(in crate::app) fn update(state: &mut State, action: AccessAction, effects: &mut Vec<Effect>) {
    match action {
        AccessAction::Ask(asked) => {
            if matches!(asked.call, HeldCall::Load(_)) {
                state.source.loading = false;
            }
            if matches!(asked.what, Ask::Credentials) {
                state.access.signed_in.remove(&asked.registry);
            }
            if asked.is_awaited(state) {
                open(&mut state.access, asked);
            }
        }
        AccessAction::Answered { registry: answered, user } => {
            if let Some(user) = user {
                let shown = if user.is_empty() { "token" } else { user.as_str() };
                state.access.signed_in.insert(answered.clone(), shown.to_owned());
                state.access.tried.insert(answered.clone(), user);
            }
            // Whatever waits for this registry goes on; what another one asks stays.
            while let Some(at) = state.access.asked.iter().position(|it| it.registry == answered) {
                let asked = state.access.asked.remove(at);
                go_on(state, asked.call, effects);
            }
        }
        AccessAction::Dismiss(place) => forget(&mut state.access, place),
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

/// Asks the person. A question that is open in the same place stays: what is being typed there is for
/// its registry. The job of the other says itself why it ended.
fn open(access: &mut AccessState, asked: Asked) {
    match access.asked.iter_mut().find(|open| open.place() == asked.place()) {
        None => access.asked.push(asked),
        Some(open) if open.call == asked.call => *open = asked,
        Some(_) => {}
    }
}

/// Makes the call again that was held up. A push waits for the person to press the button.
fn go_on(state: &mut State, call: HeldCall, effects: &mut Vec<Effect>) {
    let effect = match call {
        HeldCall::Load(text) => {
            state.source.loading = true;
            state.source.failure = None;
            Effect::LoadReference(text)
        }
        HeldCall::Base(text) => Effect::LoadBase(text),
        HeldCall::Bring(_) => return crate::app::documents::bring::look(state, effects),
        HeldCall::Compare(_) => return crate::app::documents::compare::start(state, effects),
        HeldCall::Health => return crate::app::documents::health::check(state, effects),
        HeldCall::Repositories(registry) => Effect::ListRepositories(registry),
        HeldCall::Tags { registry, repository } => Effect::ListTags { registry, repository },
        HeldCall::Plan(request) => {
            return crate::app::push::plan::plan_again(state, &request, effects);
        }
        HeldCall::Push => return crate::app::push::pushes::answered(state),
    };
    effects.push(effect);
}

/// Drops the question on the Registry tab where a new try to load makes it pointless.
pub(in crate::app) fn forget_on(state: &mut State, action: &SourceAction) {
    if matches!(action, SourceAction::Load | SourceAction::Reference(_) | SourceAction::Show(_)) {
        forget(&mut state.access, AskedAt::Source);
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
            call: HeldCall::Load("r.example/a:1".into()),
        })
    }

    #[test]
    fn the_user_name_stays_when_the_password_was_wrong() {
        for (user, shown) in [("ada", "ada"), ("", "token")] {
            let answer = AccessAction::Answered {
                registry: "https://r.example".into(),
                user: Some(user.into()),
            };
            let state = send(&Rc::default(), ask());
            assert_eq!(state.access.tried.len(), 0, "nothing was tried yet");
            let again = Effect::LoadReference("r.example/a:1".into());
            assert_eq!(asked(&state, answer.clone()), [again]);
            let state = send(&state, answer);
            assert_eq!(state.access.signed_in["https://r.example"], shown);
            let rejected = send(&state, ask());
            assert_eq!(rejected.access.signed_in.len(), 0);
            assert_eq!(rejected.access.tried["https://r.example"], user);
            assert_eq!(rejected.access.asked.len(), 1);
            let out = send(&rejected, AccessAction::SignOut("https://r.example".into()));
            assert_eq!(out.access.tried.len(), 0, "nobody else sees the name");
        }
    }

    #[test]
    fn what_travels_without_tls_is_known() {
        let at = |registry: &str, what| {
            let (reason, call) = (msg!("push.not-ready"), HeldCall::Health);
            Asked { registry: registry.into(), reason, what, call }.is_in_the_clear()
        };
        for (url, expected) in [
            ("https://r.example", false),
            ("http://r.example:5000", true),
            ("http://127.0.0.1:5000", false),
            ("http://localhost", false),
        ] {
            assert_eq!(at(url, Ask::Credentials), expected, "{url}");
            let realm = Ask::Realm(format!("{url}/token"));
            assert_eq!(at("https://r.example", realm), expected, "{url}");
        }
    }

    #[test]
    fn an_open_question_gives_way_to_none_of_another_call() {
        let question = |registry: &str, call| {
            let (reason, what) = (msg!("sign-in.rejected", registry = registry), Ask::Credentials);
            AccessAction::Ask(Asked { registry: registry.into(), reason, what, call })
        };
        let begun = send(&Rc::default(), crate::app::OpenAction::Sample("linux"));
        let base = "evil.example/base:1";
        let begun = send(&begun, crate::app::BaseAction::Text(base.into()));
        let begun = send(&begun, crate::app::BaseAction::Look);
        let state = send(&begun, ask());
        let late = question("https://evil.example", HeldCall::Base(base.into()));
        assert_eq!(send(&state, late.clone()).access, state.access);
        assert_eq!(send(&begun, late).access.asked.len(), 1, "it was waited for");
        // The same call again says what is the matter now.
        let again = send(&state, question("https://r.example", state.access.asked[0].call.clone()));
        assert_eq!(again.access.asked.len(), 1);
        // An answer to another registry answers nothing here.
        let registry = "https://evil.example".to_owned();
        let answered = AccessAction::Answered { registry, user: Some("ada".into()) };
        assert_eq!(send(&state, answered).access.asked, state.access.asked);
        // A question from elsewhere does not end that something is loaded.
        let loading = send(&begun, SourceAction::Load);
        let late = question("https://evil.example", HeldCall::Base(base.into()));
        assert!(send(&loading, late).source.loading);
    }
}

use std::cmp::Ordering;
use std::rc::Rc;

use crate::app::{AskedAt, Dialog, Effect, Failure, SourceAction, State};

/// Looking for an image: a registry, its repositories, the tags of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BrowseState {
    /// The registry as typed; empty for the one of the page.
    pub registry: String,
    /// The repositories, where the registry tells them; `None` inside means that it does not.
    pub repositories: Remote<Option<Names>>,
    /// The repository as typed or chosen.
    pub repository: String,
    /// Its tags.
    pub tags: Remote<Names>,
    /// What the tags shown must contain.
    pub filter: String,
    /// In which order they are shown.
    pub order: Order,
    /// How many of them are shown.
    pub shown: usize,
}

/// A list of names from a registry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// In the registry's order.
    pub names: Rc<[String]>,
    /// Whether these are all.
    pub complete: bool,
}

/// Something that is fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Remote<T> {
    /// Not asked for.
    #[default]
    Idle,
    /// On its way.
    Loading,
    /// There.
    Ready(T),
    /// Not to be had.
    Failed(Failure),
}

/// Orders of a list of tags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Greatest version first: `1.10` before `1.9`.
    #[default]
    Descending,
    /// Smallest version first.
    Ascending,
    /// As the registry lists them.
    Registry,
}

/// What happens while looking for an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BrowseAction {
    /// “Browse”.
    Start,
    /// The text of “Registry” changed.
    Registry(String),
    /// “List repositories”.
    ListRepositories,
    /// The repositories came, or why not.
    Repositories(Result<Option<Names>, Failure>),
    /// The text of “Repository” changed.
    Repository(String),
    /// “List tags”, or a repository was chosen.
    ListTags(String),
    /// The tags came, or why not.
    Tags(Result<Names, Failure>),
    /// The text of “Filter” changed.
    Filter(String),
    /// Another order.
    Sort(Order),
    /// “Show more”.
    More,
    /// A tag was chosen: load it.
    Choose(String),
}

impl BrowseAction {
    /// Whether something else is asked for than before, or will be.
    fn asks_otherwise(&self) -> bool {
        matches!(
            self,
            Self::Registry(_)
                | Self::ListRepositories
                | Self::Repository(_)
                | Self::ListTags(_)
                | Self::Choose(_)
        )
    }
}

/// How many tags one more page shows.
const PAGE: usize = 100;

impl BrowseState {
    /// The tags that the filter lets through, in the chosen order.
    pub fn matching(&self) -> Vec<&str> {
        let Remote::Ready(tags) = &self.tags else { return Vec::new() };
        let filter = self.filter.trim();
        let mut found: Vec<&str> =
            tags.names.iter().map(String::as_str).filter(|tag| tag.contains(filter)).collect();
        match self.order {
            Order::Registry => {}
            Order::Ascending => found.sort_by(|a, b| natural(a, b)),
            Order::Descending => found.sort_by(|a, b| natural(b, a)),
        }
        found
    }

    /// The reference of a tag, as the person would type it.
    fn reference(&self, tag: &str) -> String {
        let registry = self.registry.trim();
        let slash = if registry.is_empty() { "" } else { "/" };
        format!("{registry}{slash}{}:{tag}", self.repository.trim())
    }
}

pub(in crate::app) fn update(state: &mut State, action: BrowseAction, effects: &mut Vec<Effect>) {
    let browse = &mut state.browse;
    if action.asks_otherwise() {
        crate::app::load::access::forget(&mut state.access, AskedAt::Browse);
    }
    match action {
        BrowseAction::Start => {
            state.view.dialog = Some(Dialog::Browse);
            if browse.repositories == Remote::Idle {
                browse.repositories = Remote::Loading;
                let registry = browse.registry.trim().to_owned();
                effects.push(Effect::ListRepositories(registry));
            }
        }
        BrowseAction::Registry(text) => {
            browse.registry = text;
            browse.repositories = Remote::Idle;
            browse.tags = Remote::Idle;
        }
        BrowseAction::ListRepositories => {
            browse.repositories = Remote::Loading;
            let registry = browse.registry.trim().to_owned();
            effects.push(Effect::ListRepositories(registry));
        }
        BrowseAction::Repositories(result) => {
            browse.repositories = result.map_or_else(Remote::Failed, Remote::Ready);
        }
        BrowseAction::Repository(text) => {
            browse.repository = text;
            browse.tags = Remote::Idle;
        }
        BrowseAction::ListTags(repository) => {
            browse.repository.clone_from(&repository);
            browse.tags = Remote::Loading;
            browse.filter.clear();
            browse.shown = PAGE;
            let registry = browse.registry.trim().to_owned();
            effects.push(Effect::ListTags { registry, repository });
        }
        BrowseAction::Tags(result) => {
            browse.tags = result.map_or_else(Remote::Failed, Remote::Ready);
        }
        BrowseAction::Filter(text) => {
            browse.filter = text;
            browse.shown = PAGE;
        }
        BrowseAction::Sort(order) => browse.order = order,
        BrowseAction::More => browse.shown += PAGE,
        BrowseAction::Choose(tag) => {
            let reference = browse.reference(&tag);
            state.view.dialog = None;
            state.source.reference = reference;
            crate::app::load::source::update(state, SourceAction::Load, effects);
        }
    }
}

/// Compares with runs of digits as numbers, so that `1.9` comes before `1.10`.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    loop {
        let (Some(x), Some(y)) = (left.chars().next(), right.chars().next()) else {
            return left.len().cmp(&right.len()).then_with(|| a.cmp(b));
        };
        let order = if x.is_ascii_digit() && y.is_ascii_digit() {
            let (first, second) = (digits(left), digits(right));
            (left, right) = (&left[first.len()..], &right[second.len()..]);
            let (first, second) = (first.trim_start_matches('0'), second.trim_start_matches('0'));
            first.len().cmp(&second.len()).then_with(|| first.cmp(second))
        } else {
            (left, right) = (&left[x.len_utf8()..], &right[y.len_utf8()..]);
            x.cmp(&y)
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

fn digits(text: &str) -> &str {
    &text[..text.bytes().take_while(u8::is_ascii_digit).count()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_ordered_as_versions() {
        let names = ["1.9", "latest", "1.10", "1.10-rc1", "01.9", "2"];
        let mut state = BrowseState {
            tags: Remote::Ready(Names {
                names: names.iter().map(|name| (*name).to_owned()).collect(),
                complete: true,
            }),
            order: Order::Ascending,
            ..BrowseState::default()
        };
        assert_eq!(state.matching(), ["01.9", "1.9", "1.10", "1.10-rc1", "2", "latest"]);
        state.order = Order::Descending;
        assert_eq!(state.matching()[..2], ["latest", "2"]);
        state.filter = "rc".into();
        assert_eq!(state.matching(), ["1.10-rc1"]);
        state.repository = "team/app".into();
        assert_eq!(state.reference("2"), "team/app:2");
        state.registry = "r.example:5000".into();
        assert_eq!(state.reference("2"), "r.example:5000/team/app:2");
    }
}

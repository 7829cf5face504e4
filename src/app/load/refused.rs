use std::rc::Rc;
use std::sync::Arc;

use crate::app::{Failure, Origin, State};
use crate::json::{Place, Problem, SyntaxError};
use crate::manifest::{Refusal, RefusalReason};
use crate::msg;
use crate::text::Message;

/// A text that is not opened for editing, but may still be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The text.
    pub text: Arc<[u8]>,
    /// Where it came from.
    pub origin: Origin,
    /// The byte offset of the reason.
    pub place: Option<usize>,
    /// What would make it readable, where that is plain.
    pub repair: Option<Repair>,
}

/// What can be taken away from a text to make it readable. Only ever offered: it changes the digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repair {
    /// The UTF-8 byte-order mark at its start.
    ByteOrderMark,
    /// Everything from this offset on, which stands behind the document.
    Trailing(usize),
}

impl Refused {
    pub(in crate::app) fn new(text: &[u8], origin: Origin, refusal: &Refusal) -> Self {
        let syntax = match &refusal.reason {
            RefusalReason::Syntax(SyntaxError { place, problem }) => Some((place, problem)),
            _ => None,
        };
        let repair = match syntax {
            Some((_, Problem::ByteOrderMark)) => Some(Repair::ByteOrderMark),
            Some((place, Problem::Trailing)) => Some(Repair::Trailing(place.offset)),
            _ => None,
        };
        Self {
            text: text.into(),
            origin,
            place: place_of(refusal).map(|place| place.offset),
            repair,
        }
    }

    /// The text after its repair.
    pub(in crate::app) fn repaired(&self) -> Option<&[u8]> {
        match self.repair? {
            Repair::ByteOrderMark => self.text.get(3..),
            Repair::Trailing(from) => self.text.get(..from),
        }
    }
}

/// Where the reason of a refusal stands.
pub fn place_of(refusal: &Refusal) -> Option<Place> {
    match &refusal.reason {
        RefusalReason::Syntax(error) => Some(error.place),
        _ => refusal.place,
    }
}

impl Repair {
    /// What the button says.
    pub fn message(self) -> Message {
        match self {
            Self::ByteOrderMark => msg!("repair.byte-order-mark"),
            Self::Trailing(_) => msg!("repair.trailing"),
        }
    }

    pub(in crate::app) fn done(self) -> Message {
        match self {
            Self::ByteOrderMark => msg!("repair.byte-order-mark-done"),
            Self::Trailing(_) => msg!("repair.trailing-done"),
        }
    }
}

/// Keeps a text that was refused, with the reason.
pub(in crate::app) fn keep(state: &mut State, text: &[u8], origin: Origin, refusal: &Refusal) {
    state.source.failure = Some(Failure::plain(refusal.message()));
    state.source.refused = Some(Rc::new(Refused::new(text, origin, refusal)));
    crate::app::page::notices::forget_wanted(state);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{OpenAction, SourceAction, reduce};

    fn open(text: &str) -> Rc<State> {
        let state = reduce(&Rc::default(), SourceAction::Json(text.into()).into());
        reduce(&state, OpenAction::Json.into())
    }

    #[test]
    fn a_refused_text_is_kept_with_its_place_and_its_repair() {
        let check = |text: &str, place: Option<usize>, repair: Option<Repair>| {
            let state = open(text);
            let refused = state.source.refused.as_ref().unwrap();
            assert_eq!((refused.place, refused.repair), (place, repair), "{text}");
            assert_eq!(refused.text[..], *text.as_bytes());
        };
        check("{\"a\":1,\"a\":2}", Some(7), None);
        check("\u{feff}{}", Some(0), Some(Repair::ByteOrderMark));
        check("{} x", Some(3), Some(Repair::Trailing(3)));
        check("{\"schemaVersion\":2}", Some(0), None);
    }

    #[test]
    fn a_repair_is_made_only_when_asked_for() {
        let manifest = crate::image::SAMPLES[1].documents[0];
        let state = open(&format!("\u{feff}{manifest}"));
        assert!(state.opened.is_none());
        let state = reduce(&state, OpenAction::Repair.into());
        let opened = state.opened.as_ref().unwrap();
        assert_eq!(opened.image.root(), &crate::manifest::Digest::sha256(manifest.as_bytes()));
        assert!(state.source.failure.is_none() && state.source.refused.is_none());
        assert!(state.view.notice.is_some());
    }
}

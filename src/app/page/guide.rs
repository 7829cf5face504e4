use crate::app::{Dialog, Effect, OpenAction, SingleKeys, State};
use crate::msg;
use crate::text::Message;

/// How the editor explains itself, and how it listens to the keyboard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GuideState {
    /// The step of the tour that is shown.
    pub tour: Option<TourStep>,
    /// Whether the tour is still offered.
    pub offer: TourOffer,
    /// Whether keys without Control or Command do something.
    pub single_keys: SingleKeys,
}

/// Whether the tour is offered on the start page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TourOffer {
    /// This is a first visit.
    Open,
    /// It was taken or skipped, or nothing can be kept of that.
    #[default]
    Settled,
}

/// A step of the tour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TourStep {
    /// Where images come from.
    Source,
    /// The digests before and after.
    Digests,
    /// The layers and their switches.
    Layers,
    /// What changes.
    Changes,
    /// Taking it back, and getting it out.
    Actions,
}

/// What is done with help, tour and keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuideAction {
    /// Start the tour, on a sample where no image is open.
    StartTour,
    /// Show this step.
    Step(TourStep),
    /// End the tour, or take its offer away.
    EndTour,
    /// Whether keys without Control or Command do something.
    SingleKeys(SingleKeys),
}

impl TourStep {
    /// All steps in order.
    pub const ALL: [Self; 5] =
        [Self::Source, Self::Digests, Self::Layers, Self::Changes, Self::Actions];

    /// Its position, from one.
    pub fn number(self) -> usize {
        Self::ALL.iter().position(|step| *step == self).unwrap_or(0) + 1
    }

    /// The step before it.
    pub fn before(self) -> Option<Self> {
        Self::ALL.get(self.number().checked_sub(2)?).copied()
    }

    /// The step after it.
    pub fn after(self) -> Option<Self> {
        Self::ALL.get(self.number()).copied()
    }

    /// Its heading and its text.
    pub fn messages(self) -> (Message, Message) {
        match self {
            Self::Source => (msg!("tour.source"), msg!("tour.source-text")),
            Self::Digests => (msg!("tour.digests"), msg!("tour.digests-text")),
            Self::Layers => (msg!("tour.layers"), msg!("tour.layers-text")),
            Self::Changes => (msg!("tour.changes"), msg!("tour.changes-text")),
            Self::Actions => (msg!("tour.actions"), msg!("tour.actions-text")),
        }
    }
}

/// The sample on which the tour is given: its layers can be marked, and their history is at hand.
const TOUR_SAMPLE: &str = "linux";

pub(in crate::app) fn update(state: &mut State, action: GuideAction, effects: &mut Vec<Effect>) {
    match action {
        GuideAction::StartTour => {
            if state.opened.is_none() {
                crate::app::load::open::update(state, OpenAction::Sample(TOUR_SAMPLE), effects);
            }
            if matches!(state.view.dialog, Some(Dialog::Help)) {
                state.view.dialog = None;
            }
            state.guide.tour = Some(TourStep::Source);
        }
        GuideAction::Step(step) => state.guide.tour = Some(step),
        GuideAction::EndTour => {
            state.guide.tour = None;
            settle(state, effects);
        }
        GuideAction::SingleKeys(single_keys) => {
            if state.guide.single_keys != single_keys {
                state.guide.single_keys = single_keys;
                effects.push(Effect::KeepGuide);
            }
        }
    }
}

fn settle(state: &mut State, effects: &mut Vec<Effect>) {
    if state.guide.offer != TourOffer::Settled {
        state.guide.offer = TourOffer::Settled;
        effects.push(Effect::KeepGuide);
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::app::reduce;
    use crate::app::testing::asked;

    #[test]
    fn the_tour_goes_through_its_steps_and_ends_for_good() {
        let guide = GuideState { offer: TourOffer::Open, ..GuideState::default() };
        let mut state = Rc::new(State { guide: guide.into(), ..State::default() });
        state = reduce(&state, GuideAction::StartTour.into());
        assert!(state.opened.is_some(), "there is something to show");
        let mut seen = Vec::new();
        while let Some(step) = state.guide.tour {
            seen.push(step);
            let (title, text) = step.messages();
            assert!(title.to_string() != title.key && text.to_string() != text.key);
            let next = step.after().map_or(GuideAction::EndTour, GuideAction::Step);
            let ends = next == GuideAction::EndTour;
            assert_eq!(asked(&state, next), if ends { vec![Effect::KeepGuide] } else { vec![] });
            state = reduce(&state, next.into());
        }
        assert_eq!(seen, TourStep::ALL);
        assert_eq!(TourStep::Source.before(), None);
        assert_eq!(TourStep::Actions.before(), Some(TourStep::Changes));
        assert_eq!(state.guide.offer, TourOffer::Settled);
    }
}

//! Which groups of rows of a long table are drawn: those near the screen.
//!
//! A group is a `tbody` with the id `rows-N`. One that is far away is as high as it was when it was
//! drawn, and holds nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use js_sys::{Array, Reflect};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Element, IntersectionObserver, IntersectionObserverEntry, IntersectionObserverInit};
use yew::prelude::*;

/// How far from the screen a group is drawn.
const MARGIN: &str = "600px";

/// What is drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct VisibleRows {
    near: BTreeSet<usize>,
    /// The heights of groups that were drawn and are not any more.
    heights: BTreeMap<usize, usize>,
}

/// What became of a group.
pub(crate) enum Moved {
    /// It came near the screen.
    Near(usize),
    /// It went away, and had this height.
    Away(usize, usize),
}

impl VisibleRows {
    /// Whether this group is drawn.
    pub(crate) fn draws(&self, group: usize) -> bool {
        self.near.contains(&group)
    }

    /// The height of a group that is not drawn; `about` where it never was.
    pub(crate) fn height(&self, group: usize, about: usize) -> usize {
        self.heights.get(&group).copied().unwrap_or(about)
    }
}

impl Reducible for VisibleRows {
    type Action = Vec<Moved>;

    fn reduce(self: Rc<Self>, moved: Self::Action) -> Rc<Self> {
        let mut found = (*self).clone();
        for moved in moved {
            match moved {
                Moved::Near(group) => drop(found.near.insert(group)),
                Moved::Away(group, height) => {
                    if found.near.remove(&group) {
                        found.heights.insert(group, height);
                    }
                }
            }
        }
        Rc::new(found)
    }
}

/// Which of so many groups are near the screen. The first `at_once` are until it is known.
#[hook]
pub(crate) fn use_visible_rows(groups: usize, at_once: usize) -> UseReducerHandle<VisibleRows> {
    let rows =
        use_reducer_eq(|| VisibleRows { near: (0..at_once).collect(), ..VisibleRows::default() });
    use_effect_with(groups, {
        let rows = rows.dispatcher();
        move |&groups| {
            let observer = (groups > at_once).then(|| observe(groups, rows)).flatten();
            move || {
                if let Some((observer, _)) = observer {
                    observer.disconnect();
                }
            }
        }
    });
    rows
}

type Seen = Closure<dyn FnMut(Array)>;

fn observe(
    groups: usize,
    rows: UseReducerDispatcher<VisibleRows>,
) -> Option<(IntersectionObserver, Seen)> {
    let document = web_sys::window()?.document()?;
    let closure = Seen::new({
        let document = document.clone();
        move |entries: Array| {
            let moved = |entry| {
                let entry = IntersectionObserverEntry::unchecked_from_js(entry);
                let target = entry.target();
                let group = target.id().strip_prefix("rows-")?.parse().ok()?;
                if entry.is_intersecting() {
                    return Some(Moved::Near(group));
                }
                // Whoever types there goes on typing there.
                let focused = document.active_element();
                let held = focused.is_some_and(|focused| target.contains(Some(&focused)));
                (!held).then(|| Moved::Away(group, height(&target)))
            };
            let moved: Vec<Moved> = entries.iter().filter_map(moved).collect();
            rows.dispatch(moved);
        }
    });
    let options = IntersectionObserverInit::new();
    options.set_root_margin(MARGIN);
    let callback = closure.as_ref().unchecked_ref();
    let observer = IntersectionObserver::new_with_options(callback, &options).ok()?;
    for group in 0..groups {
        if let Some(rows) = document.get_element_by_id(&format!("rows-{group}")) {
            observer.observe(&rows);
        }
    }
    Some((observer, closure))
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // A whole number of points.
fn height(element: &Element) -> usize {
    let height = Reflect::get(element, &"offsetHeight".into()).ok();
    height.and_then(|height| height.as_f64()).unwrap_or_default() as usize
}

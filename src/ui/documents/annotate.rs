//! The form “Set an annotation everywhere”: on indexes, entries and manifests at once.

use std::collections::BTreeSet;
use std::rc::Rc;

use yew::prelude::*;

use crate::app::{DeskAction, Opened};
use crate::image::{AnnotatedPlace, AnnotationTargets, AnnotationWish, ChosenPlatforms};
use crate::manifest::{Digest, KNOWN_KEYS, KnownKey};
use crate::msg;
use crate::text::visible;
use crate::ui::common::context::{Context, use_ctx};
use crate::ui::load::source::typed;

/// How many places of an annotation are told one by one.
const SHOWN: usize = 12;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) opened: Rc<Opened>,
}

/// What is typed into the form.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Form {
    /// Keys and values; there is always one, and each is a row of the form.
    rows: Vec<(String, String)>,
    remove: bool,
    targets: AnnotationTargets,
}

impl Form {
    fn left_out(&self) -> BTreeSet<Digest> {
        match &self.targets.platforms {
            ChosenPlatforms::Except(left_out) => left_out.clone(),
            _ => BTreeSet::new(),
        }
    }

    fn wishes(&self) -> Vec<AnnotationWish> {
        let named = self.rows.iter().filter(|(name, _)| !name.is_empty());
        let wish = |(name, value): &(String, String)| AnnotationWish {
            name: name.clone(),
            value: (!self.remove).then(|| value.clone()),
        };
        named.map(wish).collect()
    }
}

/// What is done to the form when something is typed or checked.
type Change = Rc<dyn Fn(&dyn Fn(&mut Form))>;

#[component]
pub(crate) fn Annotate(props: &Props) -> Html {
    let context = use_ctx();
    let form = use_state_eq(|| Form {
        rows: vec![Default::default()],
        remove: false,
        targets: AnnotationTargets { index: true, manifests: true, ..AnnotationTargets::default() },
    });
    let change: Change = Rc::new({
        let form = form.clone();
        move |with: &dyn Fn(&mut Form)| {
            let mut next = (*form).clone();
            with(&mut next);
            form.set(next);
        }
    });
    let wishes = form.wishes();
    let places = match &wishes[..] {
        [] => Vec::new(),
        wishes => props.opened.annotation_preview(wishes, &form.targets),
    };
    let onsubmit = {
        let (context, targets, nothing) =
            (context.clone(), form.targets.clone(), places.is_empty());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if !nothing {
                context.send(DeskAction::Annotate(wishes.clone(), targets.clone()));
            }
        })
    };
    let label =
        if form.remove { msg!("desk.remove-annotation") } else { msg!("desk.set-annotation") };
    let more = {
        let change = change.clone();
        Callback::from(move |_: MouseEvent| change(&|form| form.rows.push(Default::default())))
    };
    let targets = &form.targets;
    let (index, entries, manifests) = (targets.index, targets.entries, targets.manifests);
    html! {
        <form class="stack" {onsubmit} aria-label={context.t(msg!("desk.annotate"))}>
            <h4>{ context.t(msg!("desk.annotate")) }</h4>
            <datalist id="annotation-keys">
                { for KNOWN_KEYS.iter().map(|known| html! { <option value={known.name} /> }) }
            </datalist>
            { for (0..form.rows.len()).map(|at| row(&context, &form, at, &change)) }
            <div class="row wrapping">
                <button type="button" class="quiet small" onclick={more}>{ context.t(msg!("desk.more-keys")) }</button>
                { check(&change, context.t(msg!("desk.take-out")), form.remove, |form| form.remove = !form.remove) }
            </div>
            <fieldset class="row wrapping">
                <legend>{ context.t(msg!("desk.where")) }</legend>
                { check(&change, context.t(msg!("desk.on-index")), index,
                    |form| form.targets.index = !form.targets.index) }
                { check(&change, context.t(msg!("desk.on-entries")), entries,
                    |form| form.targets.entries = !form.targets.entries) }
                { check(&change, context.t(msg!("desk.on-manifests")), manifests,
                    |form| form.targets.manifests = !form.targets.manifests) }
            </fieldset>
            if entries || manifests {
                { platforms(&context, &props.opened, &form, &change) }
            }
            { preview(&context, &places) }
            <div class="row">
                <button type="submit" disabled={places.is_empty()}>{ context.t(label) }</button>
            </div>
        </form>
    }
}

fn check(
    change: &Change,
    label: AttrValue,
    checked: bool,
    with: impl Fn(&mut Form) + 'static,
) -> Html {
    let change = change.clone();
    let onchange = Callback::from(move |_: Event| change(&with));
    html! { <label class="row"><input type="checkbox" {checked} {onchange} />{ label }</label> }
}

/// One key with its value, what the key means, and what is wrong with the value.
fn row(context: &Context, form: &Form, at: usize, change: &Change) -> Html {
    let Some((name, value)) = form.rows.get(at) else { return Html::default() };
    let onchange = |with: fn(&mut (String, String), &str)| {
        let change = change.clone();
        Callback::from(move |event: InputEvent| {
            let text = typed(&event);
            change(&|form| {
                if let Some(row) = form.rows.get_mut(at) {
                    with(row, &text);
                }
            });
        })
    };
    let known = KnownKey::named(name);
    let problem = known.filter(|_| !form.remove && !value.is_empty());
    let problem = problem.and_then(|known| known.check(value).err());
    let numbered = |first, other| if at == 0 { first } else { other };
    let key_label = numbered(msg!("desk.key"), msg!("desk.key-number", number = at + 1));
    let value_label = numbered(msg!("desk.value"), msg!("desk.value-number", number = at + 1));
    let (key_hint, value_hint) =
        (format!("annotation-key-hint-{at}"), format!("annotation-value-hint-{at}"));
    html! {
        <div key={at}>
            <div class="row wrapping">
                <input type="text" list="annotation-keys" autocomplete="off" spellcheck="false" value={name.clone()}
                    oninput={onchange(|row, text| text.clone_into(&mut row.0))}
                    aria-label={context.t(key_label)} placeholder={context.t(msg!("desk.key"))}
                    aria-describedby={key_hint.clone()} />
                if !form.remove {
                    <input type="text" autocomplete="off" value={value.clone()}
                        oninput={onchange(|row, text| text.clone_into(&mut row.1))}
                        aria-label={context.t(value_label)} placeholder={context.t(msg!("desk.value"))}
                        aria-describedby={value_hint.clone()} />
                }
            </div>
            <p id={key_hint} class="hint">{ for known.map(|known| context.t(known.explanation())) }</p>
            <p id={value_hint} class="hint error" role="status">
                { for problem.map(|problem| context.t(problem.message())) }
            </p>
        </div>
    }
}

/// The choice of platforms, where there is one.
fn platforms(context: &Context, opened: &Opened, form: &Form, change: &Change) -> Html {
    let all = opened.platforms();
    if all.len() < 2 {
        return Html::default();
    }
    let left_out = form.left_out();
    let box_of = |id: &Digest, label: String| {
        let id = id.clone();
        check(change, visible(&label).into(), !left_out.contains(&id), move |form| {
            let mut left_out = form.left_out();
            if !left_out.remove(&id) {
                left_out.insert(id.clone());
            }
            form.targets.platforms = if left_out.is_empty() {
                ChosenPlatforms::All
            } else {
                ChosenPlatforms::Except(left_out)
            };
        })
    };
    let name = |platform: &Option<crate::manifest::Platform>, id: &Digest| {
        platform.as_ref().map_or_else(|| id.short(), ToString::to_string)
    };
    html! {
        <fieldset class="row wrapping">
            <legend>{ context.t(msg!("desk.for-platforms")) }</legend>
            { for all.iter().map(|manifest| box_of(&manifest.id, name(&manifest.platform, &manifest.id))) }
        </fieldset>
    }
}

fn preview(context: &Context, places: &[AnnotatedPlace]) -> Html {
    if places.is_empty() {
        return Html::default();
    }
    let place = |place: &AnnotatedPlace| {
        let platform = place.platform.as_ref().map(ToString::to_string).unwrap_or_default();
        let (platform, digest) = (visible(&platform), place.document.short());
        let says = match (&place.entry, platform.is_empty()) {
            (Some(_), _) => msg!("desk.changes-entry", platform = platform, digest = digest),
            (None, true) => msg!("desk.changes-document", digest = digest),
            (None, false) => msg!("desk.changes-manifest", platform = platform, digest = digest),
        };
        html! { <li>{ context.t(says) }</li> }
    };
    let rest = places.len().saturating_sub(SHOWN);
    html! {
        <div>
            <p>{ context.t(msg!("desk.changes", count = places.len())) }</p>
            <ul class="plain-list hint">
                { for places.iter().take(SHOWN).map(place) }
                if rest > 0 {
                    <li>{ context.t(msg!("whole.and-more", count = rest)) }</li>
                }
            </ul>
        </div>
    }
}

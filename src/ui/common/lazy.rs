//! Parts of long texts that are put on the page only when they come near the screen.

use js_sys::Array;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Element, IntersectionObserver, IntersectionObserverEntry, IntersectionObserverInit};
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    /// About how many lines it shows.
    pub(crate) lines: usize,
    /// Which part it is; `render` gets it.
    pub(crate) part: usize,
    /// Whether it is shown wherever it stands.
    #[prop_or_default]
    pub(crate) at_once: bool,
    /// The ARIA role of a part.
    #[prop_or_default]
    pub(crate) role: Option<AttrValue>,
    pub(crate) render: Callback<usize, Html>,
}

/// The height of a line in the style sheet.
const LINE_HEIGHT: usize = 20;

/// A part of a long text: room for it until it comes near the screen, from then on the part.
#[component]
pub(crate) fn Lazy(props: &Props) -> Html {
    let node = use_node_ref();
    let shown = use_near(&node, props.at_once);
    if shown {
        let class = classes!("part", (!props.at_once).then_some("long"));
        return html! { <div {class} role={props.role.clone()}>{ props.render.emit(props.part) }</div> };
    }
    // The height is an attribute because the page's policy forbids inline styles.
    let height = (props.lines * LINE_HEIGHT).to_string();
    html! { <div ref={node} class="part" role="presentation"><svg width="1" {height} aria-hidden="true" /></div> }
}

/// Whether `node` has come near the screen, or is shown wherever it stands.
#[hook]
pub(crate) fn use_near(node: &NodeRef, at_once: bool) -> bool {
    let near = use_state(|| false);
    let shown = at_once || *near;
    use_effect_with(shown, {
        let node = node.clone();
        move |shown| {
            let watched = if *shown { None } else { node.cast::<Element>() };
            let observing = watched.and_then(|element| observe(&element, move || near.set(true)));
            move || {
                if let Some((observer, _)) = &observing {
                    observer.disconnect();
                }
            }
        }
    });
    shown
}

type Seen = Closure<dyn FnMut(Array)>;

fn observe(element: &Element, seen: impl Fn() + 'static) -> Option<(IntersectionObserver, Seen)> {
    let closure = Seen::new(move |entries: Array| {
        let is_near = |entry| IntersectionObserverEntry::unchecked_from_js(entry).is_intersecting();
        if entries.iter().any(is_near) {
            seen();
        }
    });
    let options = IntersectionObserverInit::new();
    options.set_root_margin("800px");
    let callback = closure.as_ref().unchecked_ref();
    let observer = IntersectionObserver::new_with_options(callback, &options).ok()?;
    observer.observe(element);
    Some((observer, closure))
}

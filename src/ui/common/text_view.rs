//! A text with line numbers, links and highlighted edits, put on the page in parts.

use std::rc::Rc;

use web_sys::HtmlElement;
use yew::prelude::*;

use crate::app::{Link, Reading, ReadingPiece, ReadingRow};
use crate::json::{Span, TokenKind};
use crate::ui::common::lazy::Lazy;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) label: AttrValue,
    pub(crate) reading: Rc<Reading>,
    /// The edited spans.
    #[prop_or_default]
    pub(crate) changed: Rc<Vec<Span>>,
    /// The byte offset of a place to mark and to scroll to.
    #[prop_or_default]
    pub(crate) place: Option<usize>,
    /// Whether the place also gets the keyboard: the person asked for it somewhere else.
    #[prop_or_default]
    pub(crate) takes_focus: bool,
    /// Makes a link of a string that leads somewhere; `None` leaves it as text.
    pub(crate) link: Callback<(Link, Html), Html>,
}

/// How many rows one part has.
const PART: usize = 80;

#[component]
pub(crate) fn TextView(props: &Props) -> Html {
    let node = use_node_ref();
    use_effect_with((props.place, props.reading.clone()), {
        let (node, takes_focus) = (node.clone(), props.takes_focus);
        move |(place, _)| {
            let Some(view) = place.and_then(|_| node.cast::<HtmlElement>()) else { return };
            let active = view.owner_document().and_then(|document| document.active_element());
            // Whoever goes from place to place stays on the button.
            let walking = active.is_some_and(|at| matches!(at.closest(".places"), Ok(Some(_))));
            if takes_focus && !walking {
                view.focus().ok();
            }
            if let Ok(Some(row)) = view.query_selector(".marked") {
                row.scroll_into_view_with_bool(false);
            }
        }
    });
    let render = {
        let (reading, changed) = (props.reading.clone(), props.changed.clone());
        let (place, link) = (props.place, props.link.clone());
        Callback::from(move |part: usize| {
            let rows = reading.rows(part * PART, PART, &changed, place);
            rows.iter().map(|row| line(row, &link)).collect::<Html>()
        })
    };
    let count = props.reading.len();
    let marked = props.place.map(|place| props.reading.row_of(place) / PART);
    let parts = (0..count.div_ceil(PART)).map(|part| {
        let lines = PART.min(count - part * PART);
        let at_once = count <= PART || marked == Some(part);
        html! { <Lazy key={part} {part} {lines} {at_once} render={render.clone()} /> }
    });
    html! {
        <div ref={node} class="text-view" role="group" aria-label={props.label.clone()} tabindex="0">
            { for parts }
        </div>
    }
}

fn line(row: &ReadingRow, link: &Callback<(Link, Html), Html>) -> Html {
    let number = row.line.map_or_else(|| "↳".to_owned(), |line| line.to_string());
    html! {
        <div class={classes!("line", row.marked.then_some("marked"))}>
            <span class="no">{ number }</span>
            <code>{ for row.pieces.iter().map(|each| piece(each, link)) }</code>
        </div>
    }
}

fn piece(piece: &ReadingPiece, link: &Callback<(Link, Html), Html>) -> Html {
    let parts = piece.parts.iter().map(|(text, edited)| {
        if *edited {
            html! { <mark>{ text.clone() }</mark> }
        } else {
            html! { { text.clone() } }
        }
    });
    let text: Html = parts.collect();
    let class = match piece.kind {
        TokenKind::Name => "t-name",
        TokenKind::String => "t-string",
        TokenKind::Word => "t-word",
        TokenKind::Odd => "t-odd",
        TokenKind::Blank | TokenKind::Mark => return text,
    };
    let text = match &piece.link {
        Some(target) => link.emit((target.clone(), text)),
        None => text,
    };
    html! { <span {class}>{ text }</span> }
}

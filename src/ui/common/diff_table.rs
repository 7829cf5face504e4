//! The lines of a difference, side by side or one below the other.
//!
//! A line that goes or comes says so by its sign, not by its colour alone; numbers and signs stay
//! out of what is copied.

use std::rc::Rc;

use yew::prelude::*;

use crate::app::DiffLayout;
use crate::export::{Diff, Hunk, Line, Piece, Row, Sign, UnifiedLine};
use crate::msg;
use crate::text::Arg;
use crate::ui::common::context::{Context, use_ctx};
use crate::ui::common::lazy::Lazy;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) diff: Rc<Diff>,
    pub(crate) layout: DiffLayout,
}

/// How many rows one part of the table has.
const PART: usize = 100;

#[component]
pub(crate) fn DiffTable(props: &Props) -> Html {
    let context = use_ctx();
    let diff = &props.diff;
    let layout = props.layout;
    let marks_ends = line_end_differs(diff);
    let mut passed = 0;
    let hunks = diff.hunks.iter().enumerate().map(|(at, hunk)| {
        let skipped = hunk.old_start.saturating_sub(passed + 1);
        passed = hunk.old_start.max(1) - 1 + hunk.old_count;
        html! {<>
            { gap(&context, skipped) }
            { for parts(&context, diff, at, layout, marks_ends) }
        </>}
    });
    let hunks: Html = hunks.collect();
    let class = match layout {
        DiffLayout::SideBySide => "diff paired",
        DiffLayout::Unified => "diff unified",
    };
    html! {
        <div {class} role="table" aria-label={context.t(msg!("changes.table"))} tabindex="0">
            <div class="visually-hidden" role="row">
                if layout == DiffLayout::SideBySide {
                    { for ["changes.old-line", "changes.old-text", "changes.new-line", "changes.new-text"].map(|key| column(&context, key)) }
                } else {
                    { for ["changes.old-line", "changes.new-line", "changes.text"].map(|key| column(&context, key)) }
                }
            </div>
            { hunks }
            { gap(&context, diff.total.saturating_sub(passed)) }
        </div>
    }
}

fn column(context: &Context, key: &'static str) -> Html {
    html! { <span role="columnheader">{ context.t(crate::text::Message { key, args: Vec::new() }) }</span> }
}

/// Lines that stay and are not shown.
fn gap(context: &Context, count: usize) -> Html {
    if count == 0 {
        return Html::default();
    }
    html! {
        <div class="gap" role="row"><span role="cell">{ context.t(msg!("changes.gap", count = count)) }</span></div>
    }
}

/// The rows of one hunk, in parts that come onto the page when they are near.
fn parts(
    context: &Context,
    diff: &Rc<Diff>,
    hunk: usize,
    layout: DiffLayout,
    marks_ends: bool,
) -> impl Iterator<Item = Html> + use<> {
    let count = match layout {
        DiffLayout::SideBySide => diff.hunks[hunk].rows.len(),
        DiffLayout::Unified => diff.hunks[hunk].unified().len(),
    };
    let render = {
        let (context, diff) = (context.clone(), diff.clone());
        Callback::from(move |part: usize| {
            rows(&context, &diff.hunks[hunk], layout, part, marks_ends)
        })
    };
    let at_once = count <= PART;
    (0..count.div_ceil(PART)).map(move |part| {
        html! { <Lazy key={part} {part} lines={PART.min(count - part * PART)} {at_once} role="rowgroup" render={render.clone()} /> }
    })
}

fn rows(context: &Context, hunk: &Hunk, layout: DiffLayout, part: usize, marks_ends: bool) -> Html {
    let from = part * PART;
    match layout {
        DiffLayout::SideBySide => hunk
            .rows
            .iter()
            .skip(from)
            .take(PART)
            .map(|row| match row {
                Row::Same { old, new, pieces } => html! {
                    <div class="same" role="row">
                        { number(Some(*old)) } { text(context, "old", Sign::Same, pieces, false) }
                        { number(Some(*new)) } { text(context, "new", Sign::Same, pieces, false) }
                    </div>
                },
                Row::Changed { old, new } => html! {
                    <div role="row">
                        { half(context, old.as_ref(), Sign::Removed, marks_ends) }
                        { half(context, new.as_ref(), Sign::Added, marks_ends) }
                    </div>
                },
            })
            .collect(),
        DiffLayout::Unified => hunk
            .unified()
            .into_iter()
            .skip(from)
            .take(PART)
            .map(|UnifiedLine { sign, old, new, pieces, unended }| {
                let unended = unended && marks_ends;
                html! {
                    <div role="row">
                        { number(old) } { number(new) } { text(context, "", sign, pieces, unended) }
                    </div>
                }
            })
            .collect(),
    }
}

fn half(context: &Context, line: Option<&Line>, sign: Sign, marks_ends: bool) -> Html {
    let side = if sign == Sign::Removed { "old" } else { "new" };
    match line {
        Some(line) => html! {<>
            { number(Some(line.number)) }
            { text(context, side, sign, &line.pieces, line.unended && marks_ends) }
        </>},
        None => {
            html! {<><span class="no" role="cell"></span><span class="text none" role="cell"></span></>}
        }
    }
}

fn number(number: Option<usize>) -> Html {
    html! { <span class="no" role="cell">{ number.map(|number| number.to_string()).unwrap_or_default() }</span> }
}

fn text(
    context: &Context,
    side: &'static str,
    sign: Sign,
    pieces: &[Piece],
    unended: bool,
) -> Html {
    let (class, sign) = match sign {
        Sign::Same => ("", ""),
        Sign::Removed => ("del", "−"),
        Sign::Added => ("add", "+"),
    };
    let pieces = pieces.iter().map(|piece| match piece {
        Piece::Same(text) => html! { { text.clone() } },
        Piece::Changed(text) => html! { <mark>{ text.clone() }</mark> },
        Piece::WhiteSpace(text) => html! { <mark class="space">{ text.clone() }</mark> },
        Piece::Elided(count) => html! {
            <span class="elided">{ context.t(msg!("changes.elided", size = Arg::Bytes(*count as u64))) }</span>
        },
    });
    html! {
        <span class={classes!("text", side, class)} role="cell">
            <span class="sign">{ sign }</span>
            <code>{ for pieces }</code>
            if unended {
                <span class="elided">{ context.t(msg!("changes.no-line-end")) }</span>
            }
        </span>
    }
}

/// Whether one of the texts ends with a line end and the other without.
fn line_end_differs(diff: &Diff) -> bool {
    let Some(Row::Changed { old, new }) = diff.hunks.last().and_then(|hunk| hunk.rows.last())
    else {
        return false;
    };
    let unended = |line: &Option<Line>| line.as_ref().is_some_and(|line| line.unended);
    unended(old) != unended(new)
}

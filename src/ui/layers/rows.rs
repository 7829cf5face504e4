//! A group of rows of the table “Layers”: in a long table those far from the screen are not drawn.

use std::rc::Rc;

use yew::prelude::*;

use crate::app::{Area, Opened, VerifyState};
use crate::ui::common::lazy::use_near;
use crate::ui::layers::row::{LayerRow, Twins};

/// How many rows a group has.
pub(crate) const GROUP: usize = 100;
/// Up to how many layers every row is drawn at once.
pub(crate) const ALL_AT_ONCE: usize = 500;
/// About the height of a row.
const ROW_HEIGHT: usize = 58;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) opened: Rc<Opened>,
    pub(crate) verify: Area<VerifyState>,
    /// What made each layer, where that is known.
    pub(crate) made_by: Rc<[Option<AttrValue>]>,
    /// The size in bytes of the largest layer of the table.
    pub(crate) largest: u64,
    /// The layers whose build step is not marked on other platforms.
    pub(crate) twins: Rc<[Twins]>,
    /// The number of the group, from zero.
    pub(crate) group: usize,
}

#[component]
pub(crate) fn LayerRows(props: &Props) -> Html {
    let node = use_node_ref();
    let (opened, verify) = (&props.opened, &props.verify);
    let count = opened.base().map_or(0, |document| document.layers().len());
    let shown = use_near(&node, count <= ALL_AT_ONCE);
    let Some(document) = opened.base() else { return Html::default() };
    let rows = props.group * GROUP..count.min((props.group + 1) * GROUP);
    let id = format!("rows-{}", props.group);
    if !shown {
        // The height is an attribute because the page's policy forbids inline styles.
        let height = (rows.len() * ROW_HEIGHT).to_string();
        return html! {
            <tbody {id} ref={node}>
                <tr><td colspan="5"><svg width="1" {height} aria-hidden="true" /></td></tr>
            </tbody>
        };
    }
    let edits = opened.history.edits().of(&opened.current);
    let rows = rows.map(|index| {
        let digest = &document.layers()[index].digest;
        let mark = edits.layers().get(&index);
        let urls = mark.map_or(&document.layers()[index].urls, |mark| &mark.urls);
        let draft = opened.drafts.get(&(opened.current.clone(), index)).cloned();
        // Only where there is an empty field to fill.
        let is_empty = urls.as_ref().is_none_or(Vec::is_empty);
        let offers = is_empty && (mark.is_some() || draft.is_some());
        let offered = offers.then(|| opened.offered_urls(index)).flatten();
        html! {
            <LayerRow key={index} {index} {offered} document={document.clone()}
                family={edits.family()}
                mark={mark.cloned()}
                {draft}
                selected={opened.selected.contains(&index)}
                made_by={props.made_by.get(index).cloned().flatten()}
                checks={verify.of(digest, urls.as_deref())}
                file={verify.file_of(digest)}
                largest={props.largest}
                twins={props.twins.iter().find(|twins| twins.index == index).cloned()} />
        }
    });
    html! { <tbody {id} ref={node}>{ for rows }</tbody> }
}

//! The region “Changes”: the bytes before and after, line by line.

use std::rc::Rc;

use yew::prelude::*;

use crate::app::{ChangesAction, ChangesView, DiffExtent, DiffLayout, Opened};
use crate::msg;
use crate::ui::common::choice::Choice;
use crate::ui::common::context::use_ctx;
use crate::ui::common::diff_table::DiffTable;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) opened: Rc<Opened>,
    pub(crate) view: ChangesView,
}

#[component]
pub(crate) fn Changes(props: &Props) -> Html {
    let context = use_ctx();
    let opened = &props.opened;
    let ChangesView { layout, extent } = props.view;
    let node = opened.rendered.node(&opened.current).cloned();
    let diff =
        use_memo((node, extent), |_| opened.changes().map(|changes| Rc::new(changes.diff(extent))));
    let Some(diff) = diff.as_ref() else { return Html::default() };
    let changed = opened.rendered.is_changed(&opened.current);
    html! {
        <section class="card changes" aria-labelledby="changes-title">
            <div class="head">
                <h3 id="changes-title">{ context.t(msg!("changes.title")) }</h3>
                if changed {
                    <p class="hint">{ context.t(diff.summary()) }</p>
                    <span class="spacer"></span>
                    <Choice<DiffLayout> label={context.t(msg!("changes.layout"))} chosen={layout}
                        choices={vec![
                            (DiffLayout::SideBySide, context.t(msg!("changes.side-by-side"))),
                            (DiffLayout::Unified, context.t(msg!("changes.unified"))),
                        ]}
                        onchoose={context.on(ChangesAction::Layout)} />
                    <Choice<DiffExtent> label={context.t(msg!("changes.extent"))} chosen={extent}
                        choices={vec![
                            (DiffExtent::Changed, context.t(msg!("changes.changed-lines"))),
                            (DiffExtent::Whole, context.t(msg!("changes.whole"))),
                        ]}
                        onchoose={context.on(ChangesAction::Extent)} />
                }
            </div>
            if changed {
                <DiffTable diff={diff.clone()} {layout} />
                <div class="foot">
                    <button class="quiet small" title={context.t(msg!("changes.patch-hint"))}
                        onclick={context.on(|_| ChangesAction::CopyPatch)}>
                        { context.t(msg!("changes.copy-patch")) }
                    </button>
                </div>
            } else {
                <p class="body hint">{ context.t(msg!("changes.none")) }</p>
            }
        </section>
    }
}

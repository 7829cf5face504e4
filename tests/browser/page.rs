//! The editor in a document.

use layermark::msg;
use layermark::text::{PlainNumbers, english};
use wasm_bindgen::JsCast as _;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Document, HtmlElement};
use yew::prelude::*;

#[wasm_bindgen_test]
async fn the_editor_takes_the_place_of_the_shell() {
    let place = place();
    place.set_id("app");
    place.set_text_content(Some("the shell"));
    layermark::ui::start();
    // The editor first takes in the portal's settings.
    let mut text = String::new();
    for _ in 0..200 {
        layermark::browser::transport::sleep(10).await;
        text = place.text_content().unwrap_or_default();
        if !text.contains("the shell") {
            break;
        }
    }
    assert!(text.contains("Layermark") && !text.contains("the shell"), "{text}");
    place.remove();
}

#[wasm_bindgen_test]
async fn foreign_text_stays_text() {
    const HOSTILE: &str = "<img src=x onerror=\"throw 1\">&amp;{name}\u{202e}";
    let sentence =
        english().render(&msg!("digest.unknown-algorithm", name = HOSTILE), &PlainNumbers);
    let place = place();
    yew::Renderer::<Paragraph>::with_root_and_props(
        place.clone().into(),
        ParagraphProps { text: sentence.into() },
    )
    .render();
    yew::scheduler::flush().await;
    assert!(place.text_content().unwrap_or_default().contains(HOSTILE));
    assert_eq!(place.query_selector_all("*").unwrap().length(), 1, "only the paragraph itself");
    place.remove();
}

#[derive(PartialEq, Properties)]
struct ParagraphProps {
    text: AttrValue,
}

#[component]
fn Paragraph(props: &ParagraphProps) -> Html {
    html! { <p title={props.text.clone()}>{ &props.text }</p> }
}

fn document() -> Document {
    web_sys::window().and_then(|window| window.document()).unwrap()
}

/// An empty element at the end of the document.
fn place() -> HtmlElement {
    let place = document().create_element("div").unwrap().unchecked_into::<HtmlElement>();
    document().body().unwrap().append_child(&place).unwrap();
    place
}

//! The head of the page: the portal's name and logo, help, language, theme.

use web_sys::HtmlSelectElement;
use yew::prelude::*;

use crate::app::{Dialog, PageAction, Theme, ViewAction};
use crate::msg;
use crate::text::Language;
use crate::ui::common::context::Context;
use crate::ui::common::icons;

pub(crate) fn header(context: &Context, theme: Theme) -> Html {
    let shown_language = context.texts().language();
    let config = context.config();
    let next = match theme {
        Theme::System => Theme::Light,
        Theme::Light => Theme::Dark,
        Theme::Dark => Theme::System,
    };
    let shown = match theme {
        Theme::System => msg!("theme.system"),
        Theme::Light => msg!("theme.light"),
        Theme::Dark => msg!("theme.dark"),
    };
    let logo = match &config.logo {
        Some(logo) => html! { <img class="logo" src={logo.clone()} alt="" /> },
        None => icons::logo(),
    };
    let title = config.title.clone().unwrap_or_else(|| "Layermark".to_owned());
    let languages = Language::ALL.map(|language| {
        let selected = language == shown_language;
        html! { <option value={language.tag()} lang={language.tag()} {selected}>{ language.name() }</option> }
    });
    let onchange = {
        let context = context.clone();
        Callback::from(move |event: Event| {
            let select: HtmlSelectElement = event.target_unchecked_into();
            if let Some(language) = Language::of_tag(&select.value()) {
                context.send(PageAction::Language(language));
            }
        })
    };
    html! {
        <header class="app wrap">
            { logo }
            <h1 class="product">{ title }</h1>
            <span class="spacer"></span>
            if let Some(link) = &config.help_link {
                <a class="button quiet" href={link.clone()} target="_blank" rel="noopener noreferrer">
                    { context.t(msg!("page.portal-help")) }
                </a>
            }
            <button class="quiet" onclick={context.on(|_| ViewAction::Open(Dialog::Help))}>
                { context.t(msg!("header.help")) }
            </button>
            <select class="quiet" aria-label={context.t(msg!("page.language"))} {onchange}>
                { for languages }
            </select>
            <button class="quiet" title={context.t(shown)} onclick={context.on(move |_| ViewAction::Theme(next))}>
                { icons::theme(theme) }
                <span>{ context.t(msg!("header.theme")) }</span>
            </button>
        </header>
    }
}

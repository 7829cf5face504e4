//! The few drawings of the page, in the colour of the text around them.

use yew::prelude::*;

use crate::app::Theme;

fn drawing(paths: Html) -> Html {
    html! {
        <svg viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor"
            stroke-width="1.8" stroke-linejoin="round" stroke-linecap="round" aria-hidden="true">
            { paths }
        </svg>
    }
}

/// Three layers, the middle one marked.
pub(crate) fn logo() -> Html {
    drawing(html! {<>
        <path d="M12 3 3 8l9 5 9-5-9-5Z" />
        <path d="m3 12 9 5 9-5" stroke-dasharray="2.2 2.6" />
        <path d="m3 16 9 5 9-5" />
    </>})
}

/// A tick in a circle.
pub(crate) fn done() -> Html {
    drawing(html! {<><circle cx="12" cy="12" r="9" /><path d="m8 12.5 2.7 2.7L16 9.5" /></>})
}

/// An exclamation mark in a circle.
pub(crate) fn failed() -> Html {
    drawing(html! {<><circle cx="12" cy="12" r="9" /><path d="M12 7v6M12 16.5v.1" /></>})
}

/// Sun, moon, or both.
pub(crate) fn theme(theme: Theme) -> Html {
    drawing(match theme {
        Theme::System => html! {<>
            <circle cx="12" cy="12" r="8" />
            <path d="M12 4a8 8 0 0 1 0 16Z" fill="currentColor" />
        </>},
        Theme::Light => html! {<>
            <circle cx="12" cy="12" r="4" />
            <path d="M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.4M18.4 5.6 17 7M7 17l-1.4 1.4" />
        </>},
        Theme::Dark => html! { <path d="M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5Z" /> },
    })
}

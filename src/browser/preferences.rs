//! What the person likes, kept in this browser: never anything of an image, never a credential.

use crate::app::Theme;

const THEME: &str = "layermark.theme";

fn storage() -> Option<web_sys::Storage> {
    // Throws in a sandboxed frame: then nothing is kept.
    web_sys::window()?.local_storage().ok()?
}

/// Keeps the theme.
pub fn keep_theme(theme: Theme) {
    let Some(storage) = storage() else { return };
    match theme {
        Theme::System => storage.remove_item(THEME).ok(),
        Theme::Light => storage.set_item(THEME, "light").ok(),
        Theme::Dark => storage.set_item(THEME, "dark").ok(),
    };
}

/// The theme that was kept.
pub fn theme() -> Theme {
    match storage().and_then(|storage| storage.get_item(THEME).ok()?).as_deref() {
        Some("light") => Theme::Light,
        Some("dark") => Theme::Dark,
        _ => Theme::System,
    }
}

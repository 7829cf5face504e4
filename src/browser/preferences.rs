//! What the person likes, kept in this browser: never anything of an image, never a credential.

use crate::app::Theme;
use crate::text::Language;

const THEME: &str = "layermark.theme";
const LANGUAGE: &str = "layermark.language";

/// Keeps theme and language.
pub fn keep(theme: Theme, language: Option<Language>) {
    let theme = match theme {
        Theme::System => None,
        Theme::Light => Some("light"),
        Theme::Dark => Some("dark"),
    };
    set(THEME, theme);
    set(LANGUAGE, language.map(Language::tag));
}

/// The theme that was kept.
pub fn theme() -> Theme {
    match get(THEME).as_deref() {
        Some("light") => Theme::Light,
        Some("dark") => Theme::Dark,
        _ => Theme::System,
    }
}

/// The language that was kept.
pub fn language() -> Option<Language> {
    Language::of_tag(&get(LANGUAGE)?)
}

fn storage() -> Option<web_sys::Storage> {
    // Throws in a sandboxed frame: then nothing is kept.
    web_sys::window()?.local_storage().ok()?
}

fn get(name: &str) -> Option<String> {
    storage()?.get_item(name).ok()?
}

fn set(name: &str, value: Option<&str>) {
    let Some(storage) = storage() else { return };
    match value {
        Some(value) => storage.set_item(name, value).ok(),
        None => storage.remove_item(name).ok(),
    };
}

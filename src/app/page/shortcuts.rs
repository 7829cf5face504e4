use crate::msg;
use crate::text::Message;

/// What a key can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortcut {
    /// Back one step.
    Undo,
    /// Forward one step.
    Redo,
    /// “Review push”.
    Push,
    /// “Download manifest”.
    Download,
    /// Show the list of shortcuts.
    Shortcuts,
    /// To the field “Image reference”.
    Reference,
    /// To the next layer.
    NextLayer,
    /// To the layer before.
    PreviousLayer,
    /// Mark the layer as foreign, or make it plain.
    Mark,
    /// To the layer’s URLs.
    Urls,
    /// Select all layers, or none.
    SelectAll,
}

/// A key that was pressed. `control` is the Command key of Apple's keyboards, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key<'a> {
    /// Its name as browsers spell it, such as `z` or `ArrowDown`.
    pub name: &'a str,
    /// Whether Control or Command was held.
    pub control: bool,
    /// Whether Shift was held.
    pub shift: bool,
    /// Whether Alt was held.
    pub alt: bool,
}

/// Where the keyboard is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    /// In a field for text, which has its own keys and its own undo.
    Text,
    /// In the table of layers, outside its fields.
    Layers,
    /// Elsewhere on the page.
    Page,
}

/// Whether keys without Control or Command do something. WCAG 2.2, 2.1.4 asks for the choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SingleKeys {
    /// They do.
    #[default]
    On,
    /// They do nothing, except arrows in the table.
    Off,
}

/// All shortcuts as the list shows them: the keys, and what they do. A `+` joins keys that are held
/// together, ` ` separates keys of which one is enough.
pub const SHORTCUTS: [(&str, Shortcut); 11] = [
    ("Ctrl+Z", Shortcut::Undo),
    ("Ctrl+Shift+Z Ctrl+Y", Shortcut::Redo),
    ("Ctrl+S", Shortcut::Download),
    ("Ctrl+Enter P", Shortcut::Push),
    ("J ↓", Shortcut::NextLayer),
    ("K ↑", Shortcut::PreviousLayer),
    ("M", Shortcut::Mark),
    ("U", Shortcut::Urls),
    ("A", Shortcut::SelectAll),
    ("/", Shortcut::Reference),
    ("?", Shortcut::Shortcuts),
];

impl Shortcut {
    /// What it does.
    pub fn message(self) -> Message {
        match self {
            Self::Undo => msg!("actions.undo"),
            Self::Redo => msg!("actions.redo"),
            Self::Download => msg!("actions.download-manifest"),
            Self::Push => msg!("push.review"),
            Self::Shortcuts => msg!("shortcut.shortcuts"),
            Self::Reference => msg!("shortcut.reference"),
            Self::NextLayer => msg!("shortcut.next-layer"),
            Self::PreviousLayer => msg!("shortcut.previous-layer"),
            Self::Mark => msg!("shortcut.mark"),
            Self::Urls => msg!("shortcut.urls"),
            Self::SelectAll => msg!("shortcut.select-all"),
        }
    }

    /// Whether it works without Control or Command, and so can be switched off.
    pub fn is_single_key(self) -> bool {
        !matches!(self, Self::Undo | Self::Redo | Self::Download | Self::Push)
    }

    /// What `key` does there, if anything.
    ///
    /// A field for text keeps its own undo: Control and Z there takes back typing, which the browser
    /// does key by key. The page's undo takes back whole steps, and so the field's own would be
    /// lost; the buttons “Undo” and “Redo” work everywhere.
    pub fn of(key: Key<'_>, focus: Focus, single: SingleKeys) -> Option<Self> {
        if key.alt {
            return None;
        }
        let name = key.name.to_ascii_lowercase();
        if key.control {
            return match (name.as_str(), key.shift) {
                ("s", false) => Some(Self::Download),
                ("enter", false) => Some(Self::Push),
                _ if focus == Focus::Text => None,
                ("z", false) => Some(Self::Undo),
                ("z", true) | ("y", false) => Some(Self::Redo),
                _ => None,
            };
        }
        match (name.as_str(), focus) {
            (_, Focus::Text) => None,
            ("arrowdown", Focus::Layers) if !key.shift => Some(Self::NextLayer),
            ("arrowup", Focus::Layers) if !key.shift => Some(Self::PreviousLayer),
            _ if single == SingleKeys::Off => None,
            // On many keyboards these two need Shift.
            ("?", _) => Some(Self::Shortcuts),
            ("/", _) => Some(Self::Reference),
            _ if key.shift => None,
            ("j", _) => Some(Self::NextLayer),
            ("k", _) => Some(Self::PreviousLayer),
            ("m", Focus::Layers) => Some(Self::Mark),
            ("u", Focus::Layers) => Some(Self::Urls),
            ("a", _) => Some(Self::SelectAll),
            ("p", _) => Some(Self::Push),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys() {
        let check = |keys: &str, focus: Focus, single: SingleKeys, expected: Option<Shortcut>| {
            let name = keys.rsplit('+').next().unwrap();
            let held = |key: &str| keys.contains(&format!("{key}+"));
            let (control, shift, alt) = (held("Ctrl"), held("Shift"), held("Alt"));
            let key = Key { name, control, shift, alt };
            assert_eq!(Shortcut::of(key, focus, single), expected, "{keys} {focus:?} {single:?}");
        };
        use Focus::{Layers, Page, Text};
        use SingleKeys::{Off, On};
        check("Ctrl+z", Page, Off, Some(Shortcut::Undo));
        check("Ctrl+Shift+Z", Layers, Off, Some(Shortcut::Redo));
        check("Ctrl+y", Page, On, Some(Shortcut::Redo));
        check("Ctrl+z", Text, On, None);
        check("Ctrl+s", Text, Off, Some(Shortcut::Download));
        check("Ctrl+Enter", Text, Off, Some(Shortcut::Push));
        check("p", Layers, On, Some(Shortcut::Push));
        check("p", Text, On, None);
        check("p", Page, Off, None);
        check("Ctrl+Alt+z", Page, On, None);
        check("Ctrl+c", Page, On, None);
        check("Shift+?", Page, On, Some(Shortcut::Shortcuts));
        check("Shift+?", Page, Off, None);
        check("?", Text, On, None);
        check("m", Layers, On, Some(Shortcut::Mark));
        check("m", Page, On, None);
        check("Shift+M", Layers, On, None);
        check("ArrowDown", Layers, Off, Some(Shortcut::NextLayer));
        check("ArrowDown", Page, On, None);
        check("j", Page, On, Some(Shortcut::NextLayer));
        check("j", Page, Off, None);
        check("Tab", Page, On, None);
    }

    #[test]
    fn every_shortcut_of_the_list_works() {
        for (keys, shortcut) in SHORTCUTS {
            for keys in keys.split(' ') {
                let name = match keys.rsplit('+').next().unwrap() {
                    "↓" => "ArrowDown",
                    "↑" => "ArrowUp",
                    name => name,
                };
                let (control, shift) = (keys.contains("Ctrl+"), keys.contains("Shift+"));
                let key = Key { name, control, shift, alt: false };
                let got = Shortcut::of(key, Focus::Layers, SingleKeys::On);
                assert_eq!(got, Some(shortcut), "{keys}");
                // What works with Control, too, is not lost when single keys are off.
                assert!(control || shortcut.is_single_key() || shortcut == Shortcut::Push);
                assert_ne!(shortcut.message().to_string(), shortcut.message().key);
            }
        }
    }
}

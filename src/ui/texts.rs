//! The catalogue in the person's language, with the browser's own way of writing numbers.

use js_sys::{Array, Intl, Object, Reflect};
use wasm_bindgen::JsValue;

use crate::text::{Catalog, Message, Numbers, english};

/// Sentences and numbers of one language.
pub(crate) struct Texts {
    language: String,
    catalog: Option<Catalog>,
    plain: Intl::NumberFormat,
}

impl Texts {
    /// English, which is compiled in.
    pub(crate) fn english() -> Self {
        Self::new("en", None)
    }

    /// The language `tag` (BCP 47) with its catalogue; `None` means the compiled-in English one.
    pub(crate) fn new(tag: &str, catalog: Option<Catalog>) -> Self {
        let locales = Array::of1(&JsValue::from_str(tag));
        Self {
            language: tag.to_owned(),
            catalog,
            plain: Intl::NumberFormat::new(&locales, &Object::new()),
        }
    }

    /// The sentence of `message`.
    pub(crate) fn render(&self, message: &Message) -> String {
        self.catalog.as_ref().unwrap_or_else(|| english()).render(message, self)
    }
}

/// The languages there are; two with the same tag say the same.
impl PartialEq for Texts {
    fn eq(&self, other: &Self) -> bool {
        self.language == other.language
    }
}

impl Numbers for Texts {
    #[allow(clippy::cast_precision_loss)] // Counts and sizes stay below 2⁵³.
    fn number(&self, value: u64) -> String {
        format(&self.plain, value as f64)
    }

    fn bytes(&self, value: u64) -> String {
        let english = crate::text::PlainNumbers.bytes(value);
        let Some((digits, unit)) = english.split_once(' ') else { return english };
        let Ok(digits) = digits.parse::<f64>() else { return english };
        let options = Object::new();
        let decimals =
            english.find(' ').zip(english.find('.')).map_or(0, |(end, dot)| end - dot - 1);
        for name in ["minimumFractionDigits", "maximumFractionDigits"] {
            #[allow(clippy::cast_precision_loss)] // 0, 1 or 2
            Reflect::set(&options, &name.into(), &JsValue::from_f64(decimals as f64)).ok();
        }
        let locales = Array::of1(&JsValue::from_str(&self.language));
        let number = Intl::NumberFormat::new(&locales, &options);
        // A thin, unbreakable gap keeps number and unit together.
        format!("{}\u{202F}{unit}", format(&number, digits))
    }
}

fn format(number: &Intl::NumberFormat, value: f64) -> String {
    number
        .format()
        .call1(&JsValue::UNDEFINED, &JsValue::from_f64(value))
        .ok()
        .and_then(|text| text.as_string())
        .unwrap_or_default()
}

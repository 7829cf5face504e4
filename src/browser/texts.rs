//! The catalogue in the person's language, with the browser's own way of writing numbers and dates.

use std::rc::Rc;

use js_sys::{Array, Date, Intl, Object, Reflect};
use wasm_bindgen::JsValue;

use super::{keeper, shell};
use crate::registry::Pending;
use crate::run::{Sentences, Spoken};
use crate::text::{Catalog, Language, Message, Numbers, PlainNumbers, english};

/// Sentences and numbers of one language.
pub struct Texts {
    language: Language,
    catalog: Catalog,
    locales: Array,
    plain: Intl::NumberFormat,
}

impl Texts {
    /// The sentences of `language`; `None` when their file does not arrive.
    pub async fn load(language: Language) -> Option<Self> {
        // Without files, as in tests of components, English is compiled in.
        let compiled = || Some(english().clone()).filter(|known| known.entries().next().is_some());
        let catalog = file(language).await.or_else(compiled)?;
        Some(Self::new(language, catalog))
    }

    fn new(language: Language, catalog: Catalog) -> Self {
        // The browser's own tag, such as `de-AT`, says more than the language alone.
        let tags = shell::languages();
        let tag = tags.into_iter().find(|tag| Language::of_tag(tag) == Some(language));
        let locales = Array::of1(&JsValue::from(tag.unwrap_or_else(|| language.tag().to_owned())));
        let plain = Intl::NumberFormat::new(&locales, &Object::new());
        Self { language, catalog, locales, plain }
    }

    /// The language of the sentences.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The sentence of `message`.
    pub fn render(&self, message: &Message) -> String {
        self.catalog.render(message, self)
    }
}

impl Spoken for Texts {
    fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    fn numbers(&self) -> &dyn Numbers {
        self
    }
}

/// The files with sentences.
pub struct TextFiles;

impl Sentences for TextFiles {
    fn load(&self, language: Language) -> Pending<'_, Option<Rc<dyn Spoken>>> {
        Box::pin(async move {
            let texts = Texts::load(language).await?;
            Some(Rc::new(texts) as Rc<dyn Spoken>)
        })
    }
}

/// The sentences in their file of the page.
async fn file(language: Language) -> Option<Catalog> {
    let name = shell::meta(&format!("text-{}", language.tag()))?;
    Catalog::parse(&keeper::file(&name).await?).ok()
}

/// The languages there are; two with the same name say the same.
impl PartialEq for Texts {
    fn eq(&self, other: &Self) -> bool {
        self.language == other.language
    }
}

impl Numbers for Texts {
    #[allow(clippy::cast_precision_loss)] // Counts and sizes stay below 2⁵³.
    fn number(&self, value: u64) -> String {
        format(&self.plain, &JsValue::from_f64(value as f64))
    }

    fn bytes(&self, value: u64) -> String {
        let english = PlainNumbers.bytes(value);
        let Some((digits, unit)) = english.split_once(' ') else { return english };
        let options = Object::new();
        let decimals = digits.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        for name in ["minimumFractionDigits", "maximumFractionDigits"] {
            #[allow(clippy::cast_precision_loss)] // 0, 1 or 2
            Reflect::set(&options, &name.into(), &JsValue::from_f64(decimals as f64)).ok();
        }
        let number = Intl::NumberFormat::new(&self.locales, &options);
        // The browser reads the digits itself. A thin, unbreakable gap keeps number and unit together.
        format!("{}\u{202F}{unit}", format(&number, &JsValue::from_str(digits)))
    }

    #[allow(clippy::cast_precision_loss)] // Milliseconds since 1970 stay below 2⁵³.
    fn time(&self, ms: u64) -> String {
        let options = Object::new();
        for (name, style) in [("dateStyle", "medium"), ("timeStyle", "short")] {
            Reflect::set(&options, &name.into(), &style.into()).ok();
        }
        let date = Date::new(&JsValue::from_f64(ms as f64));
        let format = Intl::DateTimeFormat::new(&self.locales, &options).format();
        let text = format.call1(&JsValue::UNDEFINED, &date).ok();
        text.and_then(|text| text.as_string()).unwrap_or_else(|| PlainNumbers.time(ms))
    }
}

fn format(number: &Intl::NumberFormat, value: &JsValue) -> String {
    number
        .format()
        .call1(&JsValue::UNDEFINED, value)
        .ok()
        .and_then(|text| text.as_string())
        .unwrap_or_default()
}

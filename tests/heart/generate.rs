//! Random JSON texts as builders, editors and enemies write them: every layout, escapes where none
//! are needed, unknown members, odd orders.

use std::cell::Cell;
use std::fmt::Write as _;

use layermark::manifest::Digest;
use layermark::manifest::media_type::{
    self, DOCKER_CONFIG, DOCKER_MANIFEST, LayerType, OCI_CONFIG, OCI_MANIFEST,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// A JSON value of which every name and scalar is spelled already.
#[derive(Clone, Debug)]
pub(crate) enum Json {
    Scalar(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// How a text is laid out.
#[derive(Clone, Debug)]
pub(crate) enum Style {
    /// Everything on one line, with this inside brackets, before and after colons and commas.
    Line { pad: &'static str, colon: &'static str, comma: &'static str },
    /// One child a line.
    Indented { unit: &'static str, newline: &'static str, colon: &'static str },
    /// These gaps in turn, wherever a gap may be.
    Odd(Vec<&'static str>),
}

pub(crate) fn string(text: &str) -> Json {
    Json::Scalar(spell(text, 0))
}

pub(crate) fn number(value: impl std::fmt::Display) -> Json {
    Json::Scalar(format!("{value}"))
}

pub(crate) fn object<const N: usize>(members: [(&str, Json); N]) -> Json {
    Json::Object(members.into_iter().map(|(name, value)| (spell(name, 0), value)).collect())
}

/// `text` as a JSON string; each bit of `bits` that is set (they repeat) escapes a character.
pub(crate) fn spell(text: &str, bits: u32) -> String {
    let mut out = String::from('"');
    for (at, c) in text.chars().enumerate() {
        let escaped = bits >> (at % 32) & 1 == 1;
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '/' if escaped => out.push_str("\\/"),
            _ if u32::from(c) < 0x20 || (escaped && u32::from(c) < 0x10000) => {
                write!(out, "\\u{:04X}", u32::from(c)).unwrap();
            }
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

pub(crate) fn write(json: &Json, style: &Style) -> String {
    let mut out = String::new();
    let turn = Cell::new(0);
    write_value(json, style, 0, &turn, &mut out);
    match style {
        Style::Indented { newline, .. } => out.push_str(newline),
        Style::Odd(gaps) => out.push_str(gap(gaps, &turn)),
        Style::Line { .. } => {}
    }
    out
}

fn write_value(json: &Json, style: &Style, depth: usize, turn: &Cell<usize>, out: &mut String) {
    let (brackets, children): ([char; 2], Vec<(Option<&str>, &Json)>) = match json {
        Json::Scalar(text) => return out.push_str(text),
        Json::List(elements) => (['[', ']'], elements.iter().map(|each| (None, each)).collect()),
        Json::Object(members) => {
            (['{', '}'], members.iter().map(|(name, value)| (Some(name.as_str()), value)).collect())
        }
    };
    let start_of_line = |depth: usize, out: &mut String| match style {
        Style::Line { pad, .. } => out.push_str(pad),
        Style::Indented { unit, newline, .. } => {
            out.push_str(newline);
            out.push_str(&unit.repeat(depth));
        }
        Style::Odd(gaps) => out.push_str(gap(gaps, turn)),
    };
    out.push(brackets[0]);
    for (at, (name, value)) in children.iter().enumerate() {
        match style {
            Style::Line { comma, .. } if at > 0 => out.push_str(comma),
            Style::Odd(gaps) if at > 0 => {
                out.push_str(gap(gaps, turn));
                out.push(',');
                out.push_str(gap(gaps, turn));
            }
            _ => {
                if at > 0 {
                    out.push(',');
                }
                start_of_line(depth + 1, out);
            }
        }
        if let Some(name) = name {
            out.push_str(name);
            match style {
                Style::Line { colon, .. } | Style::Indented { colon, .. } => out.push_str(colon),
                Style::Odd(gaps) => {
                    out.push_str(gap(gaps, turn));
                    out.push(':');
                    out.push_str(gap(gaps, turn));
                }
            }
        }
        write_value(value, style, depth + 1, turn, out);
    }
    if !children.is_empty() {
        start_of_line(depth, out);
    }
    out.push(brackets[1]);
}

fn gap(gaps: &[&'static str], turn: &Cell<usize>) -> &'static str {
    turn.set(turn.get() + 1);
    gaps.get(turn.get() % gaps.len().max(1)).copied().unwrap_or_default()
}

pub(crate) fn styles() -> impl Strategy<Value = Style> {
    let pads = select(vec!["", " "]);
    let colons = select(vec![":", ": ", " : "]);
    let commas = select(vec![",", ", ", " , "]);
    let units = select(vec!["  ", "   ", "    ", "\t", ""]);
    let newlines = select(vec!["\n", "\r\n"]);
    let gaps = select(vec!["", "", " ", "\t", "\n", "\r\n  ", "\n\n\t", "  "]);
    prop_oneof![
        (pads, colons.clone(), commas).prop_map(|(pad, colon, comma)| Style::Line {
            pad,
            colon,
            comma
        }),
        (units, newlines, colons).prop_map(|(unit, newline, colon)| Style::Indented {
            unit,
            newline,
            colon
        }),
        vec(gaps, 1..9).prop_map(Style::Odd),
    ]
}

/// An image manifest, apart from its layout.
pub(crate) fn manifests() -> impl Strategy<Value = Json> {
    let heads = (any::<bool>(), any::<bool>(), any::<bool>(), 0..3_u32);
    (heads, vec(layers(), 0..5), annotations(), extras(), any::<u64>()).prop_map(
        |((docker, declared, has_config, spelling), layers, annotations, extras, order)| {
            let (own, config) =
                if docker { (DOCKER_MANIFEST, DOCKER_CONFIG) } else { (OCI_MANIFEST, OCI_CONFIG) };
            let bits = [0, 0x5A5A_0F31, 0xFFFF_FFFF][spelling as usize];
            let name = |name: &str| spell(name, bits);
            let mut members = vec![(name("schemaVersion"), number(2))];
            if docker || declared {
                members.push((name("mediaType"), Json::Scalar(spell(own, bits))));
            }
            if has_config {
                let digest = Digest::sha256(b"config");
                members.push((
                    name("config"),
                    object([
                        ("mediaType", string(config)),
                        ("digest", string(digest.as_str())),
                        ("size", number(7)),
                    ]),
                ));
            }
            members.push((name("layers"), Json::List(layers)));
            if let Some(annotations) = annotations {
                members.push((name("annotations"), annotations));
            }
            members.extend(extras);
            shuffle(&mut members, order);
            Json::Object(members)
        },
    )
}

fn layers() -> impl Strategy<Value = Json> {
    let mut types: Vec<Option<String>> =
        LayerType::all().map(|known| known.spelling().map(str::to_owned)).collect();
    types.push(Some("application/vnd.in-toto+json".into()));
    types.push(None);
    let urls = prop_oneof![
        3 => Just(None),
        1 => Just(Some(Json::Scalar("null".into()))),
        4 => vec(url_texts(), 0..4).prop_map(|urls| {
            Some(Json::List(urls.iter().map(|url| Json::Scalar(spell(url, 0x11))).collect()))
        }),
    ];
    let sizes = prop_oneof![0..5_u64, Just(1 << 53), any::<u32>().prop_map(u64::from)];
    let parts = (select(types), 0..4_u8, sizes, urls, annotations());
    (parts, extras(), any::<u64>(), any::<u32>()).prop_map(
        |((media_type, content, size, urls, annotations), extras, order, bits)| {
            // One layer in eight is spelled with escapes.
            let bits = if bits % 8 == 0 { bits } else { 0 };
            let mut members = vec![
                (
                    spell("digest", bits),
                    Json::Scalar(spell(Digest::sha256(&[content]).as_str(), bits)),
                ),
                (spell("size", bits), number(size)),
            ];
            let media_type = media_type.map(|text| Json::Scalar(spell(&text, bits)));
            for (name, value) in
                [("mediaType", media_type), ("urls", urls), ("annotations", annotations)]
            {
                members.extend(value.map(|value| (spell(name, bits), value)));
            }
            members.extend(extras);
            shuffle(&mut members, order);
            Json::Object(members)
        },
    )
}

fn annotations() -> impl Strategy<Value = Option<Json>> {
    let names = select(vec!["a", "b/ä", "org.opencontainers.image.title"]);
    let pairs = proptest::collection::btree_map(names, texts(), 0..3);
    proptest::option::of(pairs.prop_map(|pairs| {
        let member = |(name, value): (&str, String)| (spell(name, 0), Json::Scalar(value));
        Json::Object(pairs.into_iter().map(member).collect())
    }))
}

/// Spelled strings.
fn texts() -> impl Strategy<Value = String> {
    let plain = select(vec!["", "x", "a\"b\\c", "<&>", "ä\u{2028}\u{1F600}", "https://a/b", "\n"]);
    (plain, any::<u32>()).prop_map(|(text, bits)| spell(text, bits))
}

/// Members that nobody here knows, with numbers and nesting of all kinds.
pub(crate) fn extras() -> impl Strategy<Value = Vec<(String, Json)>> {
    let numbers = ["0", "-0", "1E+2", "0.10", "123456789012345678901234567890", "-1.5e-300"];
    let scalars = prop_oneof![
        select(numbers.to_vec()).prop_map(number),
        select(vec!["null", "true", "false"]).prop_map(number),
        texts().prop_map(Json::Scalar),
    ];
    let values = scalars.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Json::List),
            proptest::collection::btree_map("[a-c]", inner, 0..3).prop_map(|members| {
                let member = |(name, value): (String, Json)| (spell(&name, 0), value);
                Json::Object(members.into_iter().map(member).collect())
            }),
        ]
    });
    let names = select(vec!["x", "platforms", "", "x-\u{e9}", "data2"]);
    proptest::collection::btree_map(names, values, 0..3).prop_map(|members| {
        members.into_iter().map(|(name, value)| (spell(name, 0), value)).collect()
    })
}

pub(crate) fn url_texts() -> impl Strategy<Value = String> {
    select(vec!["", "https://a.example/1", "https://b.example/ä?x=\"", "http://c/\u{7f}<>"])
        .prop_map(str::to_owned)
}

/// All layer types that a mark may ask for: those with a twin and those without.
pub(crate) fn other_form(media_type: &str, form: media_type::Form) -> Option<&'static str> {
    media_type::twin(media_type, form).ok()
}

/// Puts `items` in an order that follows from `seed`.
pub(crate) fn shuffle<T>(items: &mut [T], mut seed: u64) {
    for at in (1..items.len()).rev() {
        // Knuth's multiplier; any spread will do.
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let other = usize::try_from(seed >> 33).unwrap() % (at + 1);
        items.swap(at, other);
    }
}

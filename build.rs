//! Turns `facts/compatibility.json` into tables of constants, so that an addition needs no Rust and
//! no decoder travels to the browser. What the file may say is in
//! `docs/compatibility-facts.schema.json`; a mistake in it stops the build and says where it is.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use serde_json::{Map, Value};

const FACTS: &str = "facts/compatibility.json";

type Object = Map<String, Value>;
type Written = Result<String, String>;

fn main() -> ExitCode {
    println!("cargo:rerun-if-changed={FACTS}");
    println!("cargo:rerun-if-changed=build.rs");
    match write() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{FACTS}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write() -> Result<(), String> {
    let text = std::fs::read_to_string(FACTS).map_err(|error| error.to_string())?;
    let facts: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let facts = object("the file", &facts)?;
    known("the file", facts, &["$schema", "version", "clients", "registries"])?;
    if facts.get("version").and_then(Value::as_u64) != Some(1) {
        return Err("the version must be 1".into());
    }
    let clients = each("clients", facts.get("clients"), client)?;
    let rows = list("registries", facts.get("registries"))?;
    let registries = each("registries", facts.get("registries"), registry)?;
    let tables = format!(
        "pub(super) static CLIENTS: &[Client] = &[{clients}];\n\
         pub(super) static REGISTRIES: &[Registry] = &[{registries}];\n"
    );
    let out = std::env::var("OUT_DIR").map_err(|error| error.to_string())?;
    let save = |name: &str, text: &str| {
        std::fs::write(Path::new(&out).join(name), text).map_err(|error| error.to_string())
    };
    save("facts.rs", &tables)?;
    save("registry_kinds.rs", &registry_kinds(rows)?)
}

fn client(at: &str, row: &Object) -> Written {
    known(
        at,
        row,
        &[
            "id", "name", "variant", "group", "versions", "headline", "pull", "push", "save",
            "base", "load",
        ],
    )?;
    let copies = |key: &str| each(&format!("{at}.{key}"), row.get(key), copy);
    Ok(format!(
        "Client {{ id: {:?}, name: {:?}, variant: {:?}, group: {:?}, versions: {}, headline: {}, \
         pull: {}, push: &[{}], save: &[{}], base: &[{}], load: {} }}",
        text(at, row, "id")?,
        text(at, row, "name")?,
        optional(at, row, "variant")?.unwrap_or_default(),
        text(at, row, "group")?,
        versions(at, row)?,
        match optional(at, row, "headline")? {
            Some(name) => format!("Some({name:?})"),
            None => "None".into(),
        },
        pull(&format!("{at}.pull"), member(at, row, "pull")?)?,
        copies("push")?,
        copies("save")?,
        copies("base")?,
        match row.get("load") {
            None => "None".to_owned(),
            Some(_) => load(&format!("{at}.load"), member(at, row, "load")?)?,
        },
    ))
}

fn versions(at: &str, row: &Object) -> Written {
    let range = member(at, row, "versions")?;
    known(at, range, &["from", "before"])?;
    Ok(match (optional(at, range, "from")?, optional(at, range, "before")?) {
        (None, None) => "Versions::All".into(),
        (None, Some(before)) => format!("Versions::Before({before:?})"),
        (Some(from), None) => format!("Versions::From({from:?})"),
        (Some(from), Some(before)) => format!("Versions::Between({from:?}, {before:?})"),
    })
}

fn pull(at: &str, row: &Object) -> Written {
    known(at, row, &["leaves_out", "order", "on_failure", "refuses", "no_zstd", "evidence"])?;
    let failure = match row.get("on_failure") {
        None => "OnFailure { missing: Then::Next, refused: Then::Next, unreachable: Then::Next }"
            .to_owned(),
        Some(value) => {
            let row = object(at, value)?;
            known(at, row, &["missing", "refused", "unreachable"])?;
            let then = |key| choice(at, row, key, "Then", &["stop", "next", "next-then-registry"]);
            format!(
                "OnFailure {{ missing: {}, refused: {}, unreachable: {} }}",
                then("missing")?,
                then("refused")?,
                then("unreachable")?
            )
        }
    };
    let refuses = match row.get("refuses") {
        None => "Refuses::Nothing".to_owned(),
        Some(_) => choice(at, row, "refuses", "Refuses", &["crane", "regctl"])?,
    };
    Ok(format!(
        "Pull {{ leaves_out: {}, order: {}, on_failure: {failure}, refuses: {refuses}, \
         no_zstd: {}, evidence: {} }}",
        decides(at, row)?,
        choice(
            at,
            row,
            "order",
            "Order",
            &["registry", "registry-first", "urls-first", "unknown"]
        )?,
        flag(at, row, "no_zstd")?,
        evidence(at, row)?
    ))
}

fn load(at: &str, row: &Object) -> Written {
    known(at, row, &["order", "evidence"])?;
    let order = choice(at, row, "order", "Order", &["registry", "urls-first"])?;
    Ok(format!("Some(Load {{ order: {order}, evidence: {} }})", evidence(at, row)?))
}

fn copy(at: &str, row: &Object) -> Written {
    known(
        at,
        row,
        &[
            "way",
            "leaves_out",
            "keeps",
            "stored",
            "gets",
            "compresses",
            "no_zstd",
            "option",
            "evidence",
        ],
    )?;
    let gets = match row.get("gets") {
        None => "None".to_owned(),
        Some(_) => {
            let order =
                choice(at, row, "gets", "Order", &["registry", "registry-first", "urls-first"]);
            format!("Some({})", order?)
        }
    };
    Ok(format!(
        "Copy {{ way: {:?}, leaves_out: {}, keeps: {}, stored: {}, gets: {gets}, compresses: {}, \
         no_zstd: {}, option: {:?}, evidence: {} }}",
        optional(at, row, "way")?.unwrap_or_default(),
        decides(at, row)?,
        choice(at, row, "keeps", "Keeps", &["all", "type", "nothing", "broken"])?,
        flag(at, row, "stored")?,
        flag(at, row, "compresses")?,
        flag(at, row, "no_zstd")?,
        optional(at, row, "option")?.unwrap_or_default(),
        evidence(at, row)?
    ))
}

fn decides(at: &str, row: &Object) -> Written {
    match row.get("leaves_out") {
        None => Ok("Decides::Nothing".into()),
        Some(Value::Object(types)) => {
            known(at, types, &["types", "types_with_urls"])?;
            let (key, name) = if types.contains_key("types") {
                ("types", "Types")
            } else {
                ("types_with_urls", "TypesWithUrls")
            };
            Ok(format!("Decides::{name}(&{:?})", texts(at, types.get(key))?))
        }
        Some(_) => {
            choice(at, row, "leaves_out", "Decides", &["nothing", "prefixes", "urls", "unknown"])
        }
    }
}

fn evidence(at: &str, row: &Object) -> Written {
    let value = row.get("evidence").ok_or_else(|| format!("{at} says nothing of its evidence"))?;
    if value.is_null() {
        return Ok("None".into());
    }
    let at = &format!("{at}.evidence");
    let row = object(at, value)?;
    known(at, row, &["strength", "program", "date", "sources"])?;
    let strengths = &["measured", "read", "inferred", "documented"];
    let strength = choice(at, row, "strength", "Strength", strengths)?;
    let program = optional(at, row, "program")?.unwrap_or_default();
    if strength == "Strength::Measured" && program.is_empty() {
        return Err(format!("{at} is measured, but names no program with its version"));
    }
    let sources = texts(at, row.get("sources"))?;
    if sources.is_empty() || sources.iter().any(|source| !source.starts_with("https://")) {
        return Err(format!("{at} needs at least one https address as its source"));
    }
    let date = text(at, row, "date")?;
    Ok(format!(
        "Some(Evidence {{ strength: {strength}, program: {program:?}, date: {date:?}, sources: &{sources:?} }})"
    ))
}

fn registry(at: &str, row: &Object) -> Written {
    known(
        at,
        row,
        &[
            "variant",
            "id",
            "name",
            "hosts",
            "url_settings",
            "urls_always_allowed",
            "rules",
            "evidence",
        ],
    )?;
    Ok(format!(
        "Registry {{ kind: RegistryKind::{}, urls_always_allowed: {}, rules: &[{}], evidence: {} }}",
        text(at, row, "variant")?,
        flag(at, row, "urls_always_allowed")?,
        each(&format!("{at}.rules"), row.get("rules"), rule)?,
        evidence(at, row)?
    ))
}

fn rule(at: &str, row: &Object) -> Written {
    known(
        at,
        row,
        &[
            "family",
            "types",
            "urls",
            "uri",
            "config",
            "answer",
            "reason",
            "status",
            "set_status",
            "code",
        ],
    )?;
    let family = match optional(at, row, "family")? {
        None => "None",
        Some("docker") => "Some(Family::Docker)",
        Some("oci") => "Some(Family::Oci)",
        Some(other) => return Err(format!("{at}: there is no family {other:?}")),
    };
    let config = match optional(at, row, "config")? {
        None => "None",
        Some("image") => "Some(true)",
        Some("other") => "Some(false)",
        Some(other) => return Err(format!("{at}: there is no config {other:?}")),
    };
    let status = |key: &str| {
        let value = row.get(key).and_then(Value::as_u64).and_then(|it| u16::try_from(it).ok());
        value.ok_or_else(|| format!("{at}.{key} is no status"))
    };
    let code = || text(at, row, "code");
    let answer = match text(at, row, "answer")? {
        "accepts" => "Accepts".to_owned(),
        "unknown" => "Unknown".to_owned(),
        "as-allowed" => "AsAllowed".to_owned(),
        "as-allowed-with-blob" => "AsAllowedWithBlob".to_owned(),
        "needs-blob" => format!("NeedsBlob({}, {:?})", status("status")?, code()?),
        "refuses" => {
            let reasons = &["url", "not-allowed", "no-urls", "media-type", "no-blob"];
            let reason = choice(at, row, "reason", "Reason", reasons)?;
            format!("Refuses({reason}, {}, {:?})", status("status")?, code()?)
        }
        "refuses-unless-set" => {
            let (off, on) = (status("status")?, status("set_status")?);
            format!("RefusesUnlessSet({off}, {on}, {:?})", code()?)
        }
        other => return Err(format!("{at}: there is no answer {other:?}")),
    };
    Ok(format!(
        "Acceptance {{ family: {family}, types: &{:?}, urls: {:?}, uri: {:?}, image_config: {config}, \
         answer: Answer::{answer} }}",
        match row.get("types") {
            None => Vec::new(),
            some => texts(at, some)?,
        },
        row.get("urls").and_then(Value::as_bool),
        row.get("uri").and_then(Value::as_bool),
    ))
}

/// The enum of registries with what is a matter of data in it.
fn registry_kinds(rows: &[Value]) -> Written {
    let (mut variants, mut all, mut names, mut ids) =
        (String::new(), String::new(), String::new(), String::new());
    let (mut hosts, mut settings) = (String::new(), String::new());
    for (index, row) in rows.iter().enumerate() {
        let at = format!("registries[{index}]");
        let row = object(&at, row)?;
        let (variant, name) = (text(&at, row, "variant")?, text(&at, row, "name")?);
        let _ = write!(variants, "/// {name}.\n{variant},\n");
        let _ = write!(all, "Self::{variant}, ");
        let _ = write!(names, "Self::{variant} => {name:?}, ");
        let _ = write!(ids, "Self::{variant} => {:?}, ", text(&at, row, "id")?);
        for host in row.get("hosts").map_or(Ok(Vec::new()), |hosts| texts(&at, Some(hosts)))? {
            let _ = write!(hosts, "({host:?}, Self::{variant}), ");
        }
        if flag(&at, row, "url_settings")? {
            let _ = write!(settings, "Self::{variant} | ");
        }
    }
    let settings = settings.trim_end_matches(" | ");
    Ok(format!(
        "/// Which registry software answers, as far as it was recognised.\n\
         #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]\n\
         pub enum RegistryKind {{ {variants}\n/// Not recognised, or one that nobody looked at.\n\
         #[default]\nUnknown }}\n\
         impl RegistryKind {{\n\
         /// All kinds, the unknown one last.\n\
         pub const ALL: [Self; {}] = [{all}Self::Unknown];\n\
         /// Hosts of public services; one that begins with a dot stands for those below it.\n\
         const HOSTS: &[(&str, Self)] = &[{hosts}];\n\
         /// The product's name; empty for the unknown one.\n\
         pub fn name(self) -> &'static str {{ match self {{ {names}Self::Unknown => \"\" }} }}\n\
         /// Its id in the data; empty for the unknown one.\n\
         pub fn id(self) -> &'static str {{ match self {{ {ids}Self::Unknown => \"\" }} }}\n\
         /// Whether it is distribution or built on it, so that URLs in manifests are a matter of its \
         `validation.manifests.urls` setting.\n\
         pub fn has_url_policy(self) -> bool {{ matches!(self, {settings}) }}\n}}\n",
        rows.len() + 1
    ))
}

// Reading with places.

fn object<'a>(at: &str, value: &'a Value) -> Result<&'a Object, String> {
    value.as_object().ok_or_else(|| format!("{at} is no object"))
}

fn member<'a>(at: &str, row: &'a Object, key: &str) -> Result<&'a Object, String> {
    object(&format!("{at}.{key}"), row.get(key).unwrap_or(&Value::Null))
}

fn list<'a>(at: &str, value: Option<&'a Value>) -> Result<&'a [Value], String> {
    let list = value.and_then(Value::as_array).ok_or_else(|| format!("{at} is no list"))?;
    Ok(list)
}

/// What `write` makes of each row, separated by commas; nothing where there is no list.
fn each(at: &str, rows: Option<&Value>, write: fn(&str, &Object) -> Written) -> Written {
    let Some(rows) = rows else { return Ok(String::new()) };
    let mut out = String::new();
    for (index, row) in list(at, Some(rows))?.iter().enumerate() {
        let id = row.get("id").and_then(Value::as_str);
        let at = id.map_or_else(|| format!("{at}[{index}]"), |id| format!("{at}[{id}]"));
        let _ = write!(out, "{}, ", write(&at, object(&at, row)?)?);
    }
    Ok(out)
}

fn texts<'a>(at: &str, value: Option<&'a Value>) -> Result<Vec<&'a str>, String> {
    let texts: Option<Vec<&str>> = list(at, value)?.iter().map(Value::as_str).collect();
    texts.ok_or_else(|| format!("{at} has a list with something that is no text"))
}

fn text<'a>(at: &str, row: &'a Object, key: &str) -> Result<&'a str, String> {
    optional(at, row, key)?.ok_or_else(|| format!("{at} has no {key:?}"))
}

fn optional<'a>(at: &str, row: &'a Object, key: &str) -> Result<Option<&'a str>, String> {
    match row.get(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("{at}.{key} is no text")),
    }
}

fn flag(at: &str, row: &Object, key: &str) -> Result<bool, String> {
    match row.get(key) {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(format!("{at}.{key} is neither true nor false")),
    }
}

/// The variant of an enum that a word stands for: `next-then-registry` is `Then::NextThenRegistry`.
fn choice(at: &str, row: &Object, key: &str, of: &str, words: &[&str]) -> Written {
    let word = text(at, row, key)?;
    if !words.contains(&word) {
        return Err(format!("{at}.{key} is {word:?}, but must be one of {}", words.join(", ")));
    }
    let capital = |part: &str| {
        let (first, rest) = part.split_at(1);
        first.to_uppercase() + rest
    };
    let variant: String = word.split('-').map(capital).collect();
    Ok(format!("{of}::{variant}"))
}

fn known(at: &str, row: &Object, keys: &[&str]) -> Result<(), String> {
    match row.keys().find(|key| !keys.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => Err(format!("{at} has {key:?}, which is not one of {}", keys.join(", "))),
    }
}

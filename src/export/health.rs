//! The health of a tag as a table for people and for programs.

use std::fmt::Write as _;

use super::json_text::Json;
use super::report_markdown::{code, escape};
use crate::image::{Part, PartRole, PartUse};
use crate::manifest::Digest;
use crate::msg;
use crate::registry::PartState;
use crate::text::{Arg, Catalog, Message, Numbers};

impl PartRole {
    /// The stable name, as tables write it.
    fn name(&self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Config => "config",
            Self::Layer(_) => "layer",
        }
    }
}

/// What a part is and where it is used, as a sentence.
pub fn part_title(part: &Part) -> Message {
    let used = part.used.first();
    let platform = used.and_then(|used| used.platform.as_ref()).map(ToString::to_string);
    let place = match (platform, used) {
        (Some(platform), _) => platform,
        (None, Some(used)) => used.document.short(),
        (None, None) => String::new(),
    };
    match &part.role {
        PartRole::Document => msg!("health.document", place = place),
        PartRole::Config => msg!("health.config", place = place),
        PartRole::Layer(_) => {
            let number = used.and_then(|used| used.layer).unwrap_or_default();
            msg!("health.layer", number = number, place = place)
        }
    }
}

/// At how many more places a part is used than its title names.
pub fn part_places(part: &Part) -> Option<Message> {
    let more = part.used.len().saturating_sub(1);
    (more > 0).then(|| msg!("health.used-more", count = more))
}

/// The table as Markdown, in the language of `catalog`: what `place` says of the parts of the image
/// loaded as `root`.
pub fn health_markdown<'a>(
    place: &str,
    root: &Digest,
    rows: impl Iterator<Item = (&'a Part, &'a PartState)>,
    catalog: &Catalog,
    numbers: &dyn Numbers,
) -> String {
    let say = |message: &Message| catalog.render(message, numbers);
    let title = msg!("health.table-title", place = place, digest = root.as_str());
    let mut out = format!("# {}\n\n", escape(&say(&title)));
    let head = [
        msg!("health.part"),
        msg!("desk.digest"),
        msg!("desk.size"),
        msg!("desk.state"),
        msg!("health.advice"),
    ];
    let head: Vec<String> = head.iter().map(say).collect();
    let line = "---|".repeat(head.len());
    let _ = write!(out, "| {} |\n|{line}\n", head.join(" | "));
    for (part, state) in rows {
        let advice = state.advice(part).map(|advice| escape(&say(&advice))).unwrap_or_default();
        let mut title = say(&part_title(part));
        if let Some(more) = part_places(part) {
            title += " ";
            title += &say(&more);
        }
        let cells = [
            escape(&title),
            code(part.digest.as_str()),
            say(&msg!("desk.bytes", size = Arg::Bytes(part.size))),
            escape(&say(&state.message())),
            advice,
        ];
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
    out
}

/// The table as JSON: stable names, no sentences.
pub fn health_json<'a>(
    place: &str,
    root: &Digest,
    rows: impl Iterator<Item = (&'a Part, &'a PartState)>,
) -> String {
    let used = |used: &PartUse| {
        let platform = used.platform.as_ref().map(ToString::to_string);
        Json::Object(vec![
            ("platform", Json::optional(platform.as_ref())),
            ("document", Json::text(used.document.as_str())),
            ("layer", used.layer.map_or(Json::Null, |layer| Json::count(layer as u64))),
        ])
    };
    let row = |(part, state): (&Part, &PartState)| {
        let found = match state {
            PartState::OtherSize(size) => Json::count(*size),
            PartState::OtherMediaType(found) => Json::text(found),
            PartState::OtherBytes(found) => Json::text(found.as_str()),
            _ => Json::Null,
        };
        let urls = match &part.role {
            PartRole::Layer(urls) => Json::list(urls, |url| Json::text(url)),
            _ => Json::List(Vec::new()),
        };
        Json::Object(vec![
            ("what", Json::text(part.role.name())),
            ("digest", Json::text(part.digest.as_str())),
            ("size", Json::count(part.size)),
            ("mediaType", Json::text(&part.media_type)),
            ("state", Json::text(state.name())),
            ("found", found),
            ("urls", urls),
            ("used", Json::list(&part.used, used)),
        ])
    };
    let table = Json::Object(vec![
        ("layermark", Json::text("health/1")),
        ("place", Json::text(place)),
        ("digest", Json::text(root.as_str())),
        ("parts", Json::List(rows.map(row).collect())),
    ]);
    table.write()
}

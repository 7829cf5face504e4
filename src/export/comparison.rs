//! A comparison of two images as Markdown.

use std::fmt::Write as _;

use super::report_markdown::{code, escape, write_table};
use crate::image::{Comparison, Difference, PartEquality};
use crate::manifest::Digest;
use crate::msg;
use crate::text::{Catalog, Message, Numbers};

/// The comparison in the language of `catalog`, of what is called by these names, here and there.
pub fn comparison_markdown(
    (here, there): (&str, &str),
    comparison: &Comparison,
    catalog: &Catalog,
    numbers: &dyn Numbers,
) -> String {
    let say = |message: &Message| escape(&catalog.render(message, numbers));
    let title = say(&msg!("compare.saved-title", here = here, there = there));
    let sentences: Vec<String> = comparison.sentences().iter().map(say).collect();
    let mut out = format!("# {title}\n\n{}\n\n", sentences.join(" "));
    let [what, here, there] =
        [msg!("compare.what"), msg!("compare.digest-here"), msg!("compare.digest-there")]
            .map(|it| say(&it));
    let digest = say(&msg!("desk.digest"));
    let roots = [&comparison.here, &comparison.there].map(|digest| code(digest.as_str()));
    let [own, other] = roots;
    let header = [what, here, there];
    write_table(&mut out, &header, &[vec![digest.clone(), own, other]]);
    let cell = |value: Option<&str>| value.map_or_else(|| "–".to_owned(), code);
    let row = |each: &Difference| {
        vec![say(&each.title()), cell(each.here.as_deref()), cell(each.there.as_deref())]
    };
    if !comparison.index.is_empty() {
        let _ = write!(out, "## {}\n\n", say(&msg!("compare.index")));
        let rows: Vec<Vec<String>> = comparison.index.iter().map(row).collect();
        write_table(&mut out, &header, &rows);
    }
    for part in comparison.parts.iter().filter(|part| part.state != PartEquality::Same) {
        let state = say(&part.state.message());
        let _ = write!(out, "## {} ({state})\n\n", say(&part.title()));
        let [own, other] =
            [&part.here, &part.there].map(|it| cell(it.as_ref().map(Digest::as_str)));
        let mut rows = vec![vec![digest.clone(), own, other]];
        rows.extend(part.differences.iter().map(row));
        write_table(&mut out, &header, &rows);
    }
    let same = comparison.count(PartEquality::Same);
    if same > 0 {
        let _ = writeln!(out, "{}", say(&msg!("compare.same-parts", count = same)));
    }
    out
}

//! The audit report as Markdown, in the person's language.
//!
//! Invariant: text from outside cannot leave its place: it is escaped, or stands in code whose
//! fence is longer than any run of backticks in it.

use std::fmt::Write as _;

use super::report::{
    CheckFact, DocumentFact, FactSeverity, FactState, PushFact, ReportFacts, StepFact, UrlFact,
};
use crate::msg;
use crate::text::{Catalog, Message, Numbers, visible};

impl ReportFacts {
    /// The report as Markdown (CommonMark with tables), in the language of `catalog`.
    pub fn to_markdown(&self, catalog: &Catalog, numbers: &dyn Numbers) -> String {
        let mut page = Page { out: String::new(), catalog, numbers };
        page.heading(1, &msg!("report.title"));
        page.summary(self);
        page.heading(2, &msg!("report.digests"));
        page.digests(&self.documents);
        for document in self.documents.iter().filter(|document| document.old != document.new) {
            page.document(document);
        }
        page.heading(2, &msg!("report.checks"));
        page.checks(&self.checks);
        page.heading(2, &msg!("report.urls"));
        page.urls(&self.urls);
        page.heading(2, &msg!("report.push"));
        page.pushes(&self.pushes);
        page.push(&self.push);
        if !self.commands.is_empty() {
            page.heading(2, &msg!("report.commands"));
            for command in &self.commands {
                page.paragraph(&command.what);
                page.fenced("sh", &(command.lines.join("\n") + "\n"));
            }
        }
        page.out
    }
}

struct Page<'a> {
    out: String,
    catalog: &'a Catalog,
    numbers: &'a dyn Numbers,
}

impl Page<'_> {
    fn summary(&mut self, facts: &ReportFacts) {
        let none = || self.say(&msg!("report.not-given"));
        let text = |value: &Option<String>| value.as_deref().map_or_else(none, escape);
        let reference = |value: &Option<String>| value.as_deref().map_or_else(none, code);
        let rows = [
            (msg!("report.who"), text(&facts.who)),
            (msg!("report.when"), escape(&facts.when)),
            (msg!("report.purpose"), text(&facts.purpose)),
            (msg!("report.source"), reference(&facts.source)),
            (msg!("report.target"), reference(&facts.target)),
            (msg!("report.made-with"), escape(&facts.made_with)),
        ];
        let rows: Vec<String> =
            rows.iter().map(|(name, value)| format!("- {}: {value}\n", self.say(name))).collect();
        self.out.push_str(&rows.concat());
    }

    fn digests(&mut self, documents: &[DocumentFact]) {
        let header = [msg!("report.document"), msg!("report.old"), msg!("report.new")];
        let rows: Vec<Vec<String>> = documents
            .iter()
            .map(|document| {
                let new = if document.old == document.new {
                    self.say(&msg!("report.unchanged"))
                } else {
                    code(document.new.as_str())
                };
                vec![escape(&document.name), code(document.old.as_str()), new]
            })
            .collect();
        self.table(&header, &rows);
    }

    fn document(&mut self, document: &DocumentFact) {
        let name = visible(&document.name);
        self.heading(2, &msg!("report.changes", name = name));
        let (old, new) = (document.old_size, document.new_size);
        self.paragraph(&msg!("report.sizes", old = old, new = new));
        if !document.layers.is_empty() {
            let header = [
                msg!("report.layer"),
                msg!("report.digest"),
                msg!("report.media-type"),
                msg!("report.layer-urls"),
            ];
            let rows: Vec<Vec<String>> = document
                .layers
                .iter()
                .map(|layer| {
                    let media_type = if layer.old_media_type == layer.new_media_type {
                        code(&layer.new_media_type)
                    } else {
                        format!("{} → {}", code(&layer.old_media_type), code(&layer.new_media_type))
                    };
                    let urls: Vec<String> = layer.new_urls.iter().map(|url| code(url)).collect();
                    let urls = if urls.is_empty() {
                        self.say(&msg!("report.none"))
                    } else {
                        urls.join("<br>")
                    };
                    let size = self.numbers.bytes(layer.size);
                    let digest = format!("{} ({size})", code(layer.digest.as_str()));
                    vec![layer.index.to_string(), digest, media_type, urls]
                })
                .collect();
            self.table(&header, &rows);
        }
        self.fenced("diff", &document.patch);
    }

    fn checks(&mut self, checks: &[CheckFact]) {
        if checks.is_empty() {
            return self.paragraph(&msg!("report.no-findings"));
        }
        let header = [
            msg!("report.severity"),
            msg!("report.rule"),
            msg!("report.finding"),
            msg!("report.place"),
            msg!("report.overridden"),
        ];
        let rows: Vec<Vec<String>> = checks
            .iter()
            .map(|check| {
                let severity = match check.severity {
                    FactSeverity::Error => msg!("report.severity.error"),
                    FactSeverity::Warning => msg!("report.severity.warning"),
                    FactSeverity::Note => msg!("report.severity.note"),
                };
                let reason = check.overridden.as_deref().map(escape).unwrap_or_default();
                let what = escape(&self.say(&check.what));
                vec![self.say(&severity), code(&check.rule), what, escape(&check.place), reason]
            })
            .collect();
        self.table(&header, &rows);
    }

    fn urls(&mut self, urls: &[UrlFact]) {
        if urls.is_empty() {
            return self.paragraph(&msg!("report.no-urls"));
        }
        let header =
            [msg!("report.url"), msg!("report.digest"), msg!("report.result"), msg!("report.when")];
        let rows: Vec<Vec<String>> = urls
            .iter()
            .map(|url| {
                let when = url.when.as_deref().map(escape).unwrap_or_default();
                vec![code(&url.url), code(url.digest.as_str()), escape(&self.say(&url.says)), when]
            })
            .collect();
        self.table(&header, &rows);
    }

    fn pushes(&mut self, pushes: &[PushFact]) {
        let done = |push: &&PushFact| push.state == FactState::Done;
        if pushes.is_empty() {
            return self.paragraph(&msg!("report.no-push"));
        }
        let header = [
            msg!("report.when"),
            msg!("report.kind"),
            msg!("report.target"),
            msg!("report.before"),
            msg!("report.digest"),
            msg!("report.state"),
        ];
        let rows: Vec<Vec<String>> = pushes
            .iter()
            .map(|push| {
                let kind =
                    if push.put_back { msg!("report.put-back") } else { msg!("report.push") };
                let before = push.before.as_ref();
                vec![
                    escape(&push.when),
                    self.say(&kind),
                    code(&push.target),
                    before.map(|digest| code(digest.as_str())).unwrap_or_default(),
                    code(push.digest.as_str()),
                    self.state(push.state),
                ]
            })
            .collect();
        self.table(&header, &rows);
        if let Some(last) = pushes.iter().rfind(done).filter(|last| last.put_back) {
            self.paragraph(&msg!("report.is-put-back", target = visible(&last.target)));
        }
    }

    fn state(&self, state: FactState) -> String {
        self.say(&match state {
            FactState::Planned => msg!("report.state.planned"),
            FactState::Done => msg!("report.state.done"),
            FactState::Skipped => msg!("report.state.skipped"),
            FactState::Failed => msg!("report.state.failed"),
        })
    }

    fn push(&mut self, steps: &[StepFact]) {
        if steps.is_empty() {
            return;
        }
        self.paragraph(&msg!("report.steps"));
        let header = [
            msg!("report.step"),
            msg!("report.state"),
            msg!("report.requests"),
            msg!("report.answer"),
        ];
        let rows: Vec<Vec<String>> = steps
            .iter()
            .map(|step| {
                let requests: Vec<String> = step.requests.iter().map(|each| code(each)).collect();
                let answer = step.answer.as_ref().map(|answer| escape(&self.say(answer)));
                vec![
                    escape(&self.say(&step.what)),
                    self.state(step.state),
                    requests.join("<br>"),
                    answer.unwrap_or_default(),
                ]
            })
            .collect();
        self.table(&header, &rows);
    }

    fn say(&self, message: &Message) -> String {
        self.catalog.render(message, self.numbers)
    }

    fn heading(&mut self, level: usize, title: &Message) {
        let before = if self.out.is_empty() { "" } else { "\n" };
        let line = format!("{before}{} {}\n\n", "#".repeat(level), escape(&self.say(title)));
        self.out.push_str(&line);
    }

    fn paragraph(&mut self, text: &Message) {
        let text = escape(&self.say(text));
        self.out.push_str(&text);
        self.out.push_str("\n\n");
    }

    fn table(&mut self, header: &[Message], rows: &[Vec<String>]) {
        let header: Vec<String> = header.iter().map(|cell| escape(&self.say(cell))).collect();
        write_table(&mut self.out, &header, rows);
    }

    fn fenced(&mut self, language: &str, text: &str) {
        if text.is_empty() {
            return;
        }
        let fence = "`".repeat(longest_run(text, '`').max(2) + 1);
        let end = if text.ends_with('\n') { "" } else { "\n" };
        // Verbatim: a patch must stay one.
        let _ = write!(self.out, "{fence}{language}\n{text}{end}{fence}\n\n");
    }
}

/// Writes a table whose cells are Markdown already.
pub(super) fn write_table(out: &mut String, header: &[String], rows: &[Vec<String>]) {
    let rule = vec![String::from("---"); header.len()];
    for cells in std::iter::once(header).chain([&rule[..]]).chain(rows.iter().map(Vec::as_slice)) {
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
    out.push('\n');
}

/// Text from outside as text on one line, also inside a table.
///
/// A bar is written as a character reference: readers differ in whether a backslash before it is
/// itself escaped (GFM, “Tables”). So are the signs that make links of bare URLs (GFM, “Autolinks”).
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in visible(&text.replace(['\n', '\r'], " ")).chars() {
        match c {
            '|' => out.push_str("&#124;"),
            _ => {
                if r"\`*_{}[]<>#~&".contains(c) {
                    out.push('\\');
                }
                out.push(c);
            }
        }
    }
    out.replace("://", "&#58;//").replace("www.", "www&#46;")
}

/// Text from outside as code on one line, also inside a table; as text where code could not hold it.
pub(crate) fn code(text: &str) -> String {
    let text = visible(text);
    // Tables are cut before code is seen, and readers cut differently at `\|`.
    if text.is_empty() || text.contains(['`', '|', '\\']) {
        escape(&text)
    } else {
        format!("`{text}`")
    }
}

fn longest_run(text: &str, of: char) -> usize {
    text.split(|c| c != of).map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::report::tests::facts;
    use crate::text::{PlainNumbers, english};

    #[test]
    fn text_from_outside_stays_in_its_place() {
        for (text, expected) in [
            ("plain 1.4-x", "plain 1.4-x"),
            ("a|b *c* <d>", r"a&#124;b \*c\* \<d\>"),
            (r"a\|b", r"a\\&#124;b"),
            ("https://x", r"https&#58;//x"),
            ("a\n# b", r"a \# b"),
            ("[x](javascript:y)", r"\[x\](javascript:y)"),
            ("a\u{202e}b", "a⟨U+202E⟩b"),
        ] {
            assert_eq!(escape(text), expected);
        }
        for (text, expected) in
            [("sha256:1", "`sha256:1`"), ("a`b", r"a\`b"), (r"a\|b", r"a\\&#124;b"), ("", "")]
        {
            assert_eq!(code(text), expected);
        }
    }

    #[test]
    fn the_report_says_everything() {
        let text = facts().to_markdown(english(), &PlainNumbers);
        assert_eq!(text, facts().to_markdown(english(), &PlainNumbers));
        for expected in [
            "# Audit report\n",
            r"- Who: A. \<b\>Person\</b\> &#124; \*bold\*",
            "- When: 2026-05-04T10:00:00Z\n",
            "- Purpose: not given\n",
            "- Source: `registry.example.com/team/app:1.4`\n",
            "## Changes of linux/amd64\n",
            "| 0 | `sha256:",
            "(28.4 MB)",
            r"https&#58;//cdn.example/a&#124;b\`c",
            "````diff\n--- a\n+++ a\n@@ -1 +1 @@\n-x\n+```\n````\n",
            "| error | `url-http` |",
            "| layer 0 | Our mirror |",
            "| put back | `registry.example.com/team/app:1.4` | `sha256:",
            "| 2026-05-04T09:59:00Z | Push |",
            "is not behind the tag",
            "`PUT /v2/team/app/manifests/1.4`",
            "| done |",
            "```sh\ncrane digest x\n```\n",
        ] {
            assert!(text.contains(expected), "{expected}\n\n{text}");
        }
        assert!(!text.contains("Changes of attestation"));
        assert!(text.contains("| unchanged |"));
    }

    #[test]
    fn an_empty_report_says_so() {
        let mut facts = facts();
        facts.checks.clear();
        facts.urls.clear();
        facts.pushes.clear();
        facts.push.clear();
        facts.commands.clear();
        let text = facts.to_markdown(english(), &PlainNumbers);
        for expected in ["No findings.", "No URLs", "Nothing was pushed"] {
            assert!(text.contains(expected), "{expected}");
        }
    }
}

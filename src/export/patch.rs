//! Differences as a unified patch, which other tools apply.

use std::fmt::Write as _;

use super::blocks::{CONTEXT, RawLine, Step, blocks, steps};
use crate::json::Splices;

/// What `splices` make of `base` as a unified patch of the file `name`, which `patch -p0` applies
/// byte by byte; empty when nothing changes. `base` is UTF-8.
///
/// Format: POSIX `diff -u`, with GNU's `\ No newline at end of file`.
pub fn unified_patch(name: &str, base: &[u8], splices: &Splices) -> String {
    let (blocks, _) = blocks(base, splices);
    if blocks.is_empty() {
        return String::new();
    }
    // A tab ends a name with a space in it; GNU patch reads the name up to there.
    let end = if name.contains(' ') { "\t" } else { "" };
    let mut out = format!("--- {name}{end}\n+++ {name}{end}\n");
    let mut hunk = PatchHunk::default();
    for step in steps(base, &blocks, CONTEXT) {
        match step {
            Step::Gap => std::mem::take(&mut hunk).write(&mut out),
            Step::Same { text, old, new } => {
                hunk.reach(old, new);
                hunk.line(' ', &mut text.iter());
                hunk.old_count += 1;
                hunk.new_count += 1;
            }
            Step::Block(block) => {
                hunk.reach(block.old_before, block.new_before);
                hunk.old_count += block.old.len();
                hunk.new_count += block.new.len();
                let mut all = |sign, lines: &[RawLine<'_>]| {
                    for line in lines {
                        hunk.line(sign, &mut line.bytes());
                    }
                };
                all('-', &block.old);
                all('+', &block.new);
            }
        }
    }
    hunk.write(&mut out);
    out
}

#[derive(Default)]
struct PatchHunk {
    begun: bool,
    old_before: usize,
    new_before: usize,
    old_count: usize,
    new_count: usize,
    lines: Vec<u8>,
}

impl PatchHunk {
    fn reach(&mut self, old: usize, new: usize) {
        if !self.begun {
            (self.begun, self.old_before, self.new_before) = (true, old, new);
        }
    }

    fn line(&mut self, sign: char, bytes: &mut dyn Iterator<Item = &u8>) {
        self.lines.push(sign as u8);
        self.lines.extend(bytes);
        if self.lines.last() != Some(&b'\n') {
            self.lines.extend_from_slice(b"\n\\ No newline at end of file\n");
        }
    }

    fn write(self, out: &mut String) {
        // A range without lines names the line before it.
        let range = |before: usize, count: usize| match count {
            0 => format!("{before},0"),
            1 => format!("{}", before + 1),
            _ => format!("{},{count}", before + 1),
        };
        let old = range(self.old_before, self.old_count);
        let new = range(self.new_before, self.new_count);
        let _ = writeln!(out, "@@ -{old} +{new} @@");
        out.push_str(&String::from_utf8_lossy(&self.lines));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::splices_between;

    fn patch_of(old: &str, new: &str) -> String {
        unified_patch("m.json", old.as_bytes(), &splices_between(old.as_bytes(), new.as_bytes()))
    }

    #[test]
    fn unified_patches() {
        let check = |old: &str, new: &str, expected: &str| {
            assert_eq!(patch_of(old, new), expected);
        };
        check("a\n", "a\n", "");
        check(
            "a",
            "b",
            "--- m.json\n+++ m.json\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n",
        );
        check("", "a\n", "--- m.json\n+++ m.json\n@@ -0,0 +1 @@\n+a\n");
        check("a\nb\n", "b\n", "--- m.json\n+++ m.json\n@@ -1,2 +1 @@\n-a\n b\n");
        check(
            "1\n2\n3\n4\n5\n6\n7\n8\n9\n",
            "1\nx\n3\n4\n5\n6\n7\n8\n",
            "--- m.json\n+++ m.json\n@@ -1,9 +1,8 @@\n 1\n-2\n+x\n 3\n 4\n 5\n 6\n 7\n 8\n-9\n",
        );
    }
}

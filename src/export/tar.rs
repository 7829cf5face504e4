//! Tar archives: headers written, and archives read by slices.
//!
//! Formats: POSIX.1-1988 ustar, POSIX.1-2001 pax, and of GNU tar the long names and base-256
//! numbers. Written are plain ustar headers, with a pax record only where one is needed, and every
//! time is 0, so that equal contents make equal archives.

use std::future::Future;
use std::ops::Range;

use super::ArchiveError;

/// A file that is read by slices, so that it never has to be in memory as a whole.
pub trait Slices {
    /// The size in bytes.
    fn size(&self) -> u64;

    /// The bytes of `range`, all of which lie inside the file.
    fn read(&self, range: Range<u64>) -> impl Future<Output = Result<Vec<u8>, ArchiveError>>;
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum EntryKind {
    File,
    /// A symbolic or hard link to this name.
    Link(String),
    /// A folder, device or the like.
    Other,
}

/// An entry of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The path without `./` in front.
    pub(super) name: String,
    pub(super) kind: EntryKind,
    /// Where the content lies in the archive.
    pub(super) content: Range<u64>,
}

/// Size of a header and unit of everything.
pub(super) const BLOCK: u64 = 512;

const MAX_ENTRIES: usize = crate::limits::ARCHIVE;
const MAX_EXTENSION: u64 = 1024 * 1024;
const WINDOW: u64 = 64 * 1024;

/// The entries of the archive `file`.
pub(super) async fn entries<S: Slices>(file: &S) -> Result<Vec<Entry>, ArchiveError> {
    let mut window = Window { file, start: 0, bytes: Vec::new() };
    let mut found = Vec::new();
    let mut extended = Extended::default();
    let mut at = 0;
    while at < file.size() {
        let block = window.get(at..at + BLOCK).await?;
        if block.iter().all(|&byte| byte == 0) {
            break;
        }
        let header = Header::read(block, at)?;
        let size = match header.kind {
            b'x' | b'g' | b'L' | b'K' => header.size,
            _ => extended.size.unwrap_or(header.size),
        };
        let content = at + BLOCK..(at + BLOCK).saturating_add(size);
        if content.end > file.size() {
            return Err(ArchiveError::Truncated { name: extended.name(&header) });
        }
        at = content.start + size.next_multiple_of(BLOCK);
        match header.kind {
            b'x' | b'L' | b'K' => {
                if size > MAX_EXTENSION {
                    return Err(ArchiveError::Header { offset: content.start - BLOCK });
                }
                let bytes = window.get(content.clone()).await?;
                match header.kind {
                    b'L' => extended.path = Some(text(bytes)),
                    b'K' => extended.link = Some(text(bytes)),
                    _ => extended.read_pax(bytes, content.start)?,
                }
                continue;
            }
            // Defaults for all entries: none that are used here matter for an image.
            b'g' => continue,
            b'S' => return Err(ArchiveError::Sparse { name: extended.name(&header) }),
            _ => {}
        }
        let name = plain_path(&extended.name(&header))?;
        let kind = match header.kind {
            b'0' | 0 | b'7' => EntryKind::File,
            b'1' | b'2' => EntryKind::Link(extended.link.take().unwrap_or(header.link)),
            _ => EntryKind::Other,
        };
        extended = Extended::default();
        if found.len() == MAX_ENTRIES {
            return Err(ArchiveError::TooManyEntries { max: MAX_ENTRIES });
        }
        found.push(Entry { name, kind, content });
    }
    if found.is_empty() { Err(ArchiveError::NotAnArchive) } else { Ok(found) }
}

/// The header of a file of `size` bytes, or of a folder when the name ends in `/`.
pub(crate) fn header(name: &str, size: u64) -> Vec<u8> {
    let mut out = Vec::new();
    let mut records = String::new();
    if name.len() > 100 {
        records.push_str(&pax_record("path", name));
    }
    if size > MAX_OCTAL {
        records.push_str(&pax_record("size", &size.to_string()));
    }
    if !records.is_empty() {
        out.extend(ustar("pax", records.len() as u64, b'x'));
        out.extend(records.as_bytes());
        out.extend(padding(records.len() as u64));
    }
    let kind = if name.ends_with('/') { b'5' } else { b'0' };
    out.extend(ustar(name, size, kind));
    out
}

/// What stands between `size` bytes of content and the next header.
pub(crate) fn padding(size: u64) -> Vec<u8> {
    vec![0; usize::try_from(size.next_multiple_of(BLOCK) - size).unwrap_or(0)]
}

/// What ends an archive.
pub(crate) const END: [u8; 1024] = [0; 1024];

/// The largest size that eleven octal digits spell.
const MAX_OCTAL: u64 = 0o777_7777_7777;

fn ustar(name: &str, size: u64, kind: u8) -> [u8; 512] {
    let mut block = [0; 512];
    let mut put = |at: usize, text: &[u8]| block[at..at + text.len()].copy_from_slice(text);
    put(0, &name.as_bytes()[..name.len().min(100)]);
    put(100, if kind == b'5' { b"0000755\0" } else { b"0000644\0" });
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{:011o}\0", size.min(MAX_OCTAL)).as_bytes());
    put(136, b"00000000000\0");
    put(148, b"        ");
    put(156, &[kind]);
    put(257, b"ustar\x0000");
    let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

/// `length key=value\n`, the length counting itself.
fn pax_record(key: &str, value: &str) -> String {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while length.to_string().len() + rest != length {
        length += 1;
    }
    format!("{length} {key}={value}\n")
}

struct Header {
    name: String,
    link: String,
    kind: u8,
    size: u64,
}

impl Header {
    fn read(block: &[u8], offset: u64) -> Result<Self, ArchiveError> {
        let fail = || {
            if offset == 0 { ArchiveError::NotAnArchive } else { ArchiveError::Header { offset } }
        };
        let field = |at: usize, length: usize| block.get(at..at + length).unwrap_or_default();
        let sum = number(field(148, 8)).ok_or_else(fail)?;
        let unsigned = |(at, &byte): (usize, &u8)| {
            u64::from(if (148..156).contains(&at) { b' ' } else { byte })
        };
        if block.iter().enumerate().map(unsigned).sum::<u64>() != sum {
            return Err(fail());
        }
        let size = number(field(124, 12)).ok_or_else(fail)?;
        let mut name = text(field(0, 100));
        let prefix = text(field(345, 155));
        // GNU's own magic, `ustar  `, has other things in the place of the prefix.
        if field(257, 6) == b"ustar\0" && !prefix.is_empty() {
            name = format!("{prefix}/{name}");
        }
        Ok(Self { name, link: text(field(157, 100)), kind: block[156], size })
    }
}

/// What extension headers say of the entry that follows them.
#[derive(Default)]
struct Extended {
    path: Option<String>,
    link: Option<String>,
    size: Option<u64>,
}

impl Extended {
    fn name(&self, header: &Header) -> String {
        self.path.clone().unwrap_or_else(|| header.name.clone())
    }

    fn read_pax(&mut self, mut bytes: &[u8], offset: u64) -> Result<(), ArchiveError> {
        let broken = || ArchiveError::Header { offset };
        while !bytes.is_empty() {
            let space = bytes.iter().position(|&byte| byte == b' ').ok_or_else(broken)?;
            let length: usize = text(&bytes[..space]).parse().map_err(|_| broken())?;
            let record = bytes.get(space + 1..length).ok_or_else(broken)?;
            let record = record.strip_suffix(b"\n").ok_or_else(broken)?;
            let equals = record.iter().position(|&byte| byte == b'=').ok_or_else(broken)?;
            let value = &record[equals + 1..];
            match &record[..equals] {
                b"path" => self.path = Some(text(value)),
                b"linkpath" => self.link = Some(text(value)),
                b"size" => self.size = Some(text(value).parse().map_err(|_| broken())?),
                key if key.starts_with(b"GNU.sparse.") => {
                    let name = self.path.clone().unwrap_or_default();
                    return Err(ArchiveError::Sparse { name });
                }
                _ => {}
            }
            bytes = &bytes[length..];
        }
        Ok(())
    }
}

/// The slice of the file that was read last, so that small neighbours cost no reading each.
struct Window<'a, S> {
    file: &'a S,
    start: u64,
    bytes: Vec<u8>,
}

impl<S: Slices> Window<'_, S> {
    async fn get(&mut self, range: Range<u64>) -> Result<&[u8], ArchiveError> {
        let size = self.file.size();
        if range.end > size {
            return Err(ArchiveError::Truncated { name: String::new() });
        }
        let held = self.start..self.start + self.bytes.len() as u64;
        if range.start < held.start || range.end > held.end {
            let end = range.end.max(range.start.saturating_add(WINDOW)).min(size);
            self.bytes = self.file.read(range.start..end).await?;
            self.start = range.start;
        }
        let at = |place: u64| usize::try_from(place - self.start).unwrap_or(usize::MAX);
        let name = String::new();
        self.bytes.get(at(range.start)..at(range.end)).ok_or(ArchiveError::Truncated { name })
    }
}

/// A number field: octal digits between blanks and NULs, or GNU's base 256.
fn number(field: &[u8]) -> Option<u64> {
    if let Some(first @ 0x80..) = field.first() {
        let digits = std::iter::once(first & 0x7f).chain(field[1..].iter().copied());
        return digits
            .into_iter()
            .try_fold(0_u64, |value, digit| value.checked_mul(256)?.checked_add(u64::from(digit)));
    }
    let blank = |byte: &u8| *byte == b' ' || *byte == 0;
    let start = field.iter().take_while(|byte| blank(byte)).count();
    let digits: Vec<u8> = field[start..].iter().copied().take_while(|byte| !blank(byte)).collect();
    if digits.is_empty() {
        return Some(0);
    }
    u64::from_str_radix(std::str::from_utf8(&digits).ok()?, 8).ok()
}

/// The text up to the first NUL.
fn text(field: &[u8]) -> String {
    let end = field.iter().position(|&byte| byte == 0).unwrap_or(field.len());
    String::from_utf8_lossy(&field[..end]).into_owned()
}

/// The path without `.` parts; one that leaves the archive is refused, though nothing is ever
/// unpacked: whoever made it meant no good.
fn plain_path(name: &str) -> Result<String, ArchiveError> {
    if name.starts_with('/') || name.split('/').any(|part| part == "..") {
        return Err(ArchiveError::Path { name: name.to_owned() });
    }
    let parts: Vec<&str> =
        name.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    Ok(parts.join("/"))
}

#[cfg(test)]
pub(super) mod tests {
    use std::task::{Context, Poll, Waker};

    use super::*;

    impl Slices for Vec<u8> {
        fn size(&self) -> u64 {
            self.len() as u64
        }

        async fn read(&self, range: Range<u64>) -> Result<Vec<u8>, ArchiveError> {
            let at = |place: u64| usize::try_from(place).unwrap();
            Ok(self[at(range.start)..at(range.end)].to_vec())
        }
    }

    /// Runs a future that never has to wait.
    pub(in crate::export) fn now<T>(future: impl Future<Output = T>) -> T {
        let mut future = std::pin::pin!(future);
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => value,
            Poll::Pending => panic!("reading memory does not wait"),
        }
    }

    /// An archive of these files.
    pub(in crate::export) fn archive_of(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut out = Vec::new();
        for (name, bytes) in files {
            out.extend(header(name, bytes.len() as u64));
            out.extend(*bytes);
            out.extend(padding(bytes.len() as u64));
        }
        out.extend(END);
        out
    }

    fn names(archive: &Vec<u8>) -> Result<Vec<(String, u64)>, ArchiveError> {
        let found = now(entries(archive))?;
        Ok(found
            .into_iter()
            .map(|entry| (entry.name, entry.content.end - entry.content.start))
            .collect())
    }

    #[test]
    fn what_is_written_is_read() {
        let long = format!("{}/{}", "a".repeat(90), "b".repeat(90));
        let archive =
            archive_of(&[("x", b"1"), ("./y/", b""), (&long, &[7; 700]), ("z", &[8; 512])]);
        assert_eq!(archive.len() as u64 % BLOCK, 0);
        let expected = [("x".into(), 1), ("y".into(), 0), (long, 700), ("z".into(), 512)];
        assert_eq!(names(&archive).unwrap(), expected);
        let big = header("big", 1 << 40);
        let mut extended = Extended::default();
        extended.read_pax(&big[512..512 + 22], 0).unwrap();
        assert_eq!(extended.size, Some(1 << 40));
    }

    /// An archive of one entry after `change` was made to its header, with the right checksum.
    fn changed(change: impl Fn(&mut [u8])) -> Vec<u8> {
        let mut archive = archive_of(&[("name", b"content")]);
        change(&mut archive[..512]);
        archive[148..156].copy_from_slice(b"        ");
        let sum: u32 = archive[..512].iter().map(|&byte| u32::from(byte)).sum();
        archive[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        archive
    }

    #[test]
    fn hostile_headers() {
        let check = |archive: Vec<u8>, expected: ArchiveError| {
            assert_eq!(names(&archive), Err(expected));
        };
        check(Vec::new(), ArchiveError::NotAnArchive);
        check(vec![0; 1024], ArchiveError::NotAnArchive);
        check(b"{\"schemaVersion\": 2}".repeat(100), ArchiveError::NotAnArchive);
        check(vec![7; 100], ArchiveError::Truncated { name: String::new() });
        let name = || String::from("name");
        check(
            changed(|header| header[124..136].copy_from_slice(b"77777777777\0")),
            ArchiveError::Truncated { name: name() },
        );
        check(
            changed(|header| {
                header[124..136].copy_from_slice(b"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff");
            }),
            ArchiveError::Truncated { name: name() },
        );
        check(
            changed(|header| header[124..136].copy_from_slice(&[0xff; 12])),
            ArchiveError::NotAnArchive,
        );
        check(changed(|header| header[156] = b'S'), ArchiveError::Sparse { name: name() });
        for path in ["/name", "../name", "a/../../b"] {
            let archive = changed(|header| header[..path.len()].copy_from_slice(path.as_bytes()));
            let name = if path.len() < 5 { format!("{path}name") } else { path.to_owned() };
            check(archive, ArchiveError::Path { name });
        }
        let mut broken = archive_of(&[("a", b""), ("b", b"")]);
        broken[512] = b'c';
        check(broken, ArchiveError::Header { offset: 512 });
        let mut cut = archive_of(&[("a", b""), ("b", &[1; 600])]);
        cut.truncate(1500);
        check(cut, ArchiveError::Truncated { name: "b".into() });
        let record = pax_record("GNU.sparse.major", "1");
        let mut sparse = ustar("pax", record.len() as u64, b'x').to_vec();
        sparse.extend(record.as_bytes());
        sparse.extend(padding(record.len() as u64));
        check(sparse, ArchiveError::Sparse { name: String::new() });
        let many = header("x", 0).repeat(MAX_ENTRIES + 1);
        check(many, ArchiveError::TooManyEntries { max: MAX_ENTRIES });
    }

    #[test]
    fn gnu_names_and_numbers() {
        let long = "n".repeat(150);
        let mut archive = ustar("././@LongLink", 151, b'L').to_vec();
        archive.extend(format!("{long}\0").as_bytes());
        archive.extend(padding(151));
        archive.extend(archive_of(&[("short", b"abc")]));
        assert_eq!(names(&archive).unwrap(), [(long, 3)]);
        let archive = changed(|header| {
            header[124..136].copy_from_slice(b"\x80\0\0\0\0\0\0\0\0\0\0\x07");
        });
        assert_eq!(names(&archive).unwrap(), [("name".into(), 7)]);
        assert_eq!(number(b" 17\0   "), Some(15));
        assert_eq!(number(b"8"), None);
        assert_eq!(number(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), None);
    }
}

//! Whom a signing certificate names: as much of X.509 as that takes.
//!
//! Invariant: any bytes can be read, in time proportional to their number; what is not as expected
//! names nobody. Nothing here verifies anything.

use crate::manifest::base64;

/// Whom a certificate names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// An e-mail address, or the URI of a workflow or service.
    pub identity: String,
    /// Who vouched for the identity when the certificate was made.
    pub issuer: Option<String>,
}

/// Certificates of sigstore have about 1 KiB.
const MAX_PEM: usize = 32 * 1024;
/// The longest text that is taken over.
const MAX_TEXT: usize = 512;

const SEQUENCE: u8 = 0x30;
const OID: u8 = 0x06;
const OCTETS: u8 = 0x04;
const UTF8: u8 = 0x0C;
/// `extensions [3]` of the part that is signed (RFC 5280, section 4.1).
const EXTENSIONS: u8 = 0xA3;
/// `rfc822Name [1]` and `uniformResourceIdentifier [6]` (RFC 5280, section 4.2.1.6).
const NAMES: [u8; 2] = [0x81, 0x86];

/// 2.5.29.17, the subject alternative name.
const SUBJECT: &[u8] = &[0x55, 0x1D, 0x11];
/// 1.3.6.1.4.1.57264.1.1, the issuer as bare text (fulcio `docs/oid-info.md`).
const ISSUER: &[u8] = &[0x2B, 6, 1, 4, 1, 0x83, 0xBF, 0x30, 1, 1];
/// 1.3.6.1.4.1.57264.1.8, the issuer as a UTF8String (same place).
const ISSUER_V2: &[u8] = &[0x2B, 6, 1, 4, 1, 0x83, 0xBF, 0x30, 1, 8];

impl Signer {
    /// Whom the first certificate of a PEM text names; `None` where it names nobody or is none.
    pub fn of_pem(pem: &str) -> Option<Self> {
        let pem = pem.get(..MAX_PEM).unwrap_or(pem);
        let (_, rest) = pem.split_once("-----BEGIN CERTIFICATE-----")?;
        let (body, _) = rest.split_once("-----END CERTIFICATE-----")?;
        let body: String = body.split_ascii_whitespace().collect();
        Self::of_der(&base64::decode(&body)?)
    }

    fn of_der(der: &[u8]) -> Option<Self> {
        let certificate = Elements(der).one(SEQUENCE)?;
        let signed = Elements(certificate).one(SEQUENCE)?;
        let extensions = Elements(signed).find(|(tag, _)| *tag == EXTENSIONS)?.1;
        let (mut identity, mut issuer) = (None, None);
        for (_, extension) in Elements(Elements(extensions).one(SEQUENCE)?) {
            let mut parts = Elements(extension);
            let Some(name) = parts.one(OID) else { continue };
            // Whether it is critical may stand between the two.
            let Some((_, value)) = parts.find(|(tag, _)| *tag == OCTETS) else { continue };
            match name {
                SUBJECT => {
                    let mut names = Elements(Elements(value).one(SEQUENCE)?);
                    let named = names.find(|(tag, _)| NAMES.contains(tag));
                    identity = named.and_then(|(_, name)| text(name));
                }
                // The later one says the same in a better form.
                ISSUER if issuer.is_none() => issuer = text(value),
                ISSUER_V2 => issuer = Elements(value).one(UTF8).and_then(text).or(issuer),
                _ => {}
            }
        }
        Some(Self { identity: identity?, issuer })
    }
}

/// Names and addresses are visible ASCII; anything else could be shown as what it is not.
fn text(bytes: &[u8]) -> Option<String> {
    let fits = (1..=MAX_TEXT).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic);
    fits.then(|| String::from_utf8_lossy(bytes).into_owned())
}

/// The elements of DER, one after the other: tag and content (X.690, section 8.1). What is cut off
/// or not understood ends them.
struct Elements<'a>(&'a [u8]);

impl<'a> Elements<'a> {
    /// The content of the next element, which must have this tag.
    fn one(&mut self, expected: u8) -> Option<&'a [u8]> {
        self.next().filter(|(tag, _)| *tag == expected).map(|(_, content)| content)
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7F => (usize::from(first), rest),
            // Two bytes of length are more than any certificate needs.
            0x81 | 0x82 => {
                let (length, rest) = rest.split_at_checked(usize::from(first - 0x80))?;
                (length.iter().fold(0, |sum, &byte| sum << 8 | usize::from(byte)), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMAIL: &str = include_str!("../../tests/data/signer-email.pem");
    const WORKFLOW: &str = include_str!("../../tests/data/signer-workflow.pem");
    const UNNAMED: &str = include_str!("../../tests/data/signer-unnamed.pem");
    const ACCOUNTS: &str = "https://accounts.example.com";

    fn of(pem: &str) -> Option<(String, Option<String>)> {
        Signer::of_pem(pem).map(|signer| (signer.identity, signer.issuer))
    }

    fn der(pem: &str) -> Vec<u8> {
        let lines: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        base64::decode(&lines).unwrap()
    }

    /// The identity and issuer after `from` was replaced by `to`, which has the same length.
    fn changed(from: &[u8], to: &[u8]) -> Option<(String, Option<String>)> {
        let mut bytes = der(EMAIL);
        let at = bytes.windows(from.len()).position(|found| found == from).unwrap();
        bytes[at..at + from.len()].copy_from_slice(to);
        Signer::of_der(&bytes).map(|signer| (signer.identity, signer.issuer))
    }

    #[test]
    fn certificates_name_people_and_workflows() {
        let workflow =
            "https://github.example.com/team/app/.github/workflows/release.yml@refs/tags/v1.4";
        for (pem, expected) in [
            (EMAIL.to_owned(), Some("release@example.com")),
            (WORKFLOW.to_owned(), Some(workflow)),
            (format!("text\n{EMAIL}{WORKFLOW}"), Some("release@example.com")),
            (EMAIL.replace('\n', "\r\n"), Some("release@example.com")),
            (UNNAMED.to_owned(), None),
            (String::new(), None),
            ("-----BEGIN CERTIFICATE-----".into(), None),
            (EMAIL.replace("MII", "M-I"), None),
            (format!("{}{EMAIL}", " ".repeat(MAX_PEM)), None),
        ] {
            let expected = expected.map(|who| (who.to_owned(), Some(ACCOUNTS.to_owned())));
            assert_eq!(of(&pem), expected, "{pem}");
        }
        let issuers = [
            // Without the newer extension the older one counts, and the other way round.
            (ISSUER_V2, &[0x2B, 6, 1, 4, 1, 0x83, 0xBF, 0x30, 1, 9][..], Some(ACCOUNTS)),
            (ISSUER, &[0x2B, 6, 1, 4, 1, 0x83, 0xBF, 0x30, 1, 2][..], Some(ACCOUNTS)),
        ];
        for (from, to, issuer) in issuers {
            let expected = ("release@example.com".to_owned(), issuer.map(str::to_owned));
            assert_eq!(changed(from, to), Some(expected));
        }
    }

    #[test]
    fn hostile_certificates_name_nobody() {
        let whole = der(EMAIL);
        let named = Signer::of_der(&whole);
        assert!(named.is_some());
        // The signature behind the names is not needed, the length in front is.
        for end in 0..whole.len() {
            assert_eq!(Signer::of_der(&whole[..end]), None, "cut to {end} bytes");
        }
        // Whatever byte is another one, reading ends and says nothing that cannot be shown.
        for at in 0..whole.len() {
            for value in [0, 1, 0x30, 0x7F, 0x80, 0x81, 0x82, 0x84, 0xA3, 0xFF] {
                let mut bytes = whole.clone();
                bytes[at] = value;
                if let Some(found) = Signer::of_der(&bytes) {
                    assert!(found.identity.bytes().all(|byte| byte.is_ascii_graphic()));
                }
            }
        }
        for to in
            [&b"release\nexample.com"[..], b"release@ex\xE2\x80\xAEle.com", b"release @xample.com"]
        {
            assert_eq!(changed(b"release@example.com", to), None);
        }
        // As deep as it goes, it is read to a fixed depth.
        assert_eq!(Signer::of_der(&[0x30, 0x80].repeat(10_000)), None);
        assert_eq!(Signer::of_der(&[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF]), None);
        let long = format!("{{\"{}", "A".repeat(1_000_000));
        assert_eq!(of(&long), None);
    }
}

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use sha2::{Digest as _, Sha256, Sha512};

use crate::msg;
use crate::text::{Message, excerpt};

/// The digest of some bytes in the form `algorithm:hex`, hex in lower case.
///
/// Grammar: image-spec `descriptor.md`, "Digests", cut down to the registered algorithms that can
/// be computed here. A value of this type is safe inside a URL path.
#[derive(Clone)]
pub struct Digest(Arc<str>);

/// A registered digest algorithm (image-spec `descriptor.md`, "Registered algorithms").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Algorithm {
    /// SHA-256: every registry and client has it.
    Sha256,
    /// SHA-512: optional in the specification; crane and its relatives refuse it.
    Sha512,
}

/// Why a text is not a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DigestError {
    /// No `algorithm:` in front.
    NoAlgorithm,
    /// An algorithm that is not [`Algorithm`].
    UnknownAlgorithm(String),
    /// Not the right number of lower-case hex digits.
    Hex(Algorithm),
}

/// Computes a digest over bytes that come in pieces.
pub struct Hasher(State);

enum State {
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Digest {
    /// The digest of `bytes`.
    pub fn of(algorithm: Algorithm, bytes: &[u8]) -> Self {
        let mut hasher = Hasher::new(algorithm);
        hasher.update(bytes);
        hasher.finish()
    }

    /// The SHA-256 digest of `bytes`.
    pub fn sha256(bytes: &[u8]) -> Self {
        Self::of(Algorithm::Sha256, bytes)
    }

    /// Reads `algorithm:hex`.
    pub fn parse(text: &str) -> Result<Self, DigestError> {
        let (name, hex) = text.split_once(':').ok_or(DigestError::NoAlgorithm)?;
        let algorithm = Algorithm::from_name(name)
            .ok_or_else(|| DigestError::UnknownAlgorithm(name.to_owned()))?;
        let lower_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if hex.len() != algorithm.hex_len() || !hex.bytes().all(lower_hex) {
            return Err(DigestError::Hex(algorithm));
        }
        Ok(Self(text.into()))
    }

    /// The whole text, `algorithm:hex`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The algorithm.
    pub fn algorithm(&self) -> Algorithm {
        if self.0.starts_with("sha512:") { Algorithm::Sha512 } else { Algorithm::Sha256 }
    }

    /// The hex digits after the colon.
    pub fn hex(&self) -> &str {
        &self.0[self.algorithm().name().len() + 1..]
    }

    /// The digest shortened in the middle for reading, such as `sha256:9f2c61d0a7e4…b1c07`.
    pub fn short(&self) -> String {
        let hex = self.hex();
        format!("{}:{}…{}", self.algorithm().name(), &hex[..12], &hex[hex.len() - 5..])
    }

    /// Whether `bytes` hash to this digest.
    pub fn matches(&self, bytes: &[u8]) -> bool {
        Self::of(self.algorithm(), bytes) == *self
    }
}

impl Algorithm {
    /// The name before the colon.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// The algorithm of this name; `None` when there is none.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "sha256" => Some(Self::Sha256),
            "sha512" => Some(Self::Sha512),
            _ => None,
        }
    }

    fn hex_len(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Sha512 => 128,
        }
    }
}

impl Hasher {
    /// A hasher that has seen nothing yet.
    pub fn new(algorithm: Algorithm) -> Self {
        Self(match algorithm {
            Algorithm::Sha256 => State::Sha256(Sha256::new()),
            Algorithm::Sha512 => State::Sha512(Sha512::new()),
        })
    }

    /// Takes in the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            State::Sha256(hasher) => hasher.update(bytes),
            State::Sha512(hasher) => hasher.update(bytes),
        }
    }

    /// The digest of all bytes taken in.
    pub fn finish(self) -> Digest {
        match self.0 {
            State::Sha256(hasher) => spell(Algorithm::Sha256, &hasher.finalize()),
            State::Sha512(hasher) => spell(Algorithm::Sha512, &hasher.finalize()),
        }
    }
}

/// Most digests that are compared are the same one, handed around: that is told without looking at
/// the text, which matters for lists of thousands.
impl Ord for Digest {
    fn cmp(&self, other: &Self) -> Ordering {
        if Arc::ptr_eq(&self.0, &other.0) { Ordering::Equal } else { self.0.cmp(&other.0) }
    }
}

impl PartialOrd for Digest {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Eq for Digest {}

fn spell(algorithm: Algorithm, bytes: &[u8]) -> Digest {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(algorithm.name().len() + 1 + algorithm.hex_len());
    text.push_str(algorithm.name());
    text.push(':');
    for byte in bytes {
        text.push(char::from(HEX[usize::from(byte >> 4)]));
        text.push(char::from(HEX[usize::from(byte & 15)]));
    }
    Digest(text.into())
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl DigestError {
    /// What is wrong, for a person.
    pub fn message(&self) -> Message {
        match self {
            Self::NoAlgorithm => msg!("digest.no-algorithm"),
            Self::UnknownAlgorithm(name) => {
                msg!("digest.unknown-algorithm", name = excerpt(name, 40))
            }
            Self::Hex(algorithm) => {
                msg!("digest.hex", name = algorithm.name(), count = algorithm.hex_len())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_digests() {
        let million = vec![b'a'; 1_000_000];
        for (algorithm, bytes, expected) in [
            (
                Algorithm::Sha256,
                &b""[..],
                "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ),
            (
                Algorithm::Sha256,
                b"abc",
                "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
            (
                Algorithm::Sha512,
                b"abc",
                "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
                 2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            ),
            // A million times the letter a (FIPS 180-2, appendix).
            (
                Algorithm::Sha256,
                &million,
                "sha256:cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
            ),
            (
                Algorithm::Sha512,
                &million,
                "sha512:e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb\
                 de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b",
            ),
        ] {
            let digest = Digest::of(algorithm, bytes);
            assert_eq!(digest.as_str(), expected);
            assert_eq!(Digest::parse(expected), Ok(digest.clone()));
            assert!(digest.matches(bytes) && !digest.matches(b"other"));
            assert_eq!(digest.algorithm(), algorithm);
        }
    }

    #[test]
    fn refused_digests() {
        let hex = "a".repeat(64);
        for (text, expected) in [
            (hex.clone(), DigestError::NoAlgorithm),
            (format!("md5:{hex}"), DigestError::UnknownAlgorithm("md5".into())),
            (format!("sha256:{}", &hex[1..]), DigestError::Hex(Algorithm::Sha256)),
            (format!("sha256:{}", hex.to_uppercase()), DigestError::Hex(Algorithm::Sha256)),
            (format!("sha512:{hex}"), DigestError::Hex(Algorithm::Sha512)),
            (format!("sha256:../{}", &hex[3..]), DigestError::Hex(Algorithm::Sha256)),
        ] {
            assert_eq!(Digest::parse(&text), Err(expected), "{text}");
        }
    }
}

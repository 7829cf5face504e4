use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::msg;
use crate::text::Message;

/// The host of a URL or a reference: a name in lower case or an address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host {
    /// A DNS name.
    Name(String),
    /// An IPv4 address, however it was spelled (`0x7f.1`, `2130706433`).
    V4(Ipv4Addr),
    /// An IPv6 address; written in brackets.
    V6(Ipv6Addr),
}

/// How far away a host is, as far as its spelling tells. Names are not resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// A public address or any ordinary name.
    Public,
    /// This machine: `localhost`, `127.0.0.0/8`, `::1`, the unspecified addresses.
    Loopback,
    /// A private, shared or otherwise not public network.
    Private,
    /// `169.254.0.0/16`, `fe80::/10`; also where clouds keep their metadata service.
    LinkLocal,
}

/// Why a text is not a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostError {
    /// Nothing there.
    Empty,
    /// Letters outside ASCII: the name must be written in its ASCII form (`xn--…`).
    NotAscii,
    /// A character that names do not have.
    Character(char),
    /// An empty label, or one that starts or ends with a hyphen, or more than 253 characters.
    Label,
    /// Looks like an IPv4 address and is none.
    Ipv4,
    /// Not an IPv6 address in brackets.
    Ipv6,
}

impl Host {
    /// Reads a host; IPv6 in brackets.
    pub fn parse(text: &str) -> Result<Self, HostError> {
        if text.is_empty() {
            return Err(HostError::Empty);
        }
        if let Some(rest) = text.strip_prefix('[') {
            let inner = rest.strip_suffix(']').ok_or(HostError::Ipv6)?;
            return inner.parse().map(Self::V6).map_err(|_| HostError::Ipv6);
        }
        if !text.is_ascii() {
            return Err(HostError::NotAscii);
        }
        let allowed = |ch: char| ch.is_ascii_alphanumeric() || "-._".contains(ch);
        if let Some(ch) = text.chars().find(|&ch| !allowed(ch)) {
            return Err(HostError::Character(ch));
        }
        let name = text.to_ascii_lowercase();
        if ends_in_number(&name) {
            return parse_ipv4(&name).map(Self::V4).ok_or(HostError::Ipv4);
        }
        let labels = name.strip_suffix('.').unwrap_or(&name);
        let good = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        if name.len() > 253 || !labels.split('.').all(good) {
            return Err(HostError::Label);
        }
        Ok(Self::Name(name))
    }

    /// How far away the host is.
    pub fn reach(&self) -> Reach {
        match self {
            Self::Name(name) => {
                let name = name.strip_suffix('.').unwrap_or(name);
                if name == "localhost" || name.ends_with(".localhost") {
                    Reach::Loopback
                } else {
                    Reach::Public
                }
            }
            Self::V4(address) => reach_v4(*address),
            Self::V6(address) => reach_v6(*address),
        }
    }
}

/// WHATWG URL, "ends in a number checker": such a host is an IPv4 address or nothing.
fn ends_in_number(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let last = name.rsplit('.').next().unwrap_or_default();
    !last.is_empty() && (last.bytes().all(|b| b.is_ascii_digit()) || parse_number(last).is_some())
}

/// WHATWG URL, "IPv4 parser": one to four parts in decimal, octal (`0…`) or hex (`0x…`); the last
/// one fills all bytes that are left.
fn parse_ipv4(name: &str) -> Option<Ipv4Addr> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let parts: Vec<u64> = name.split('.').map(parse_number).collect::<Option<_>>()?;
    let (last, front) = parts.split_last()?;
    if front.len() > 3 || front.iter().any(|&part| part > 255) {
        return None;
    }
    if *last >= 1 << (8 * (4 - front.len())) {
        return None;
    }
    let mut value = *last;
    for (index, part) in front.iter().enumerate() {
        value += part << (8 * (3 - index));
    }
    u32::try_from(value).ok().map(Ipv4Addr::from)
}

fn parse_number(text: &str) -> Option<u64> {
    if text.is_empty() || text.starts_with(['+', '-']) {
        return None;
    }
    if let Some(hex) = text.strip_prefix("0x") {
        return if hex.is_empty() { Some(0) } else { u64::from_str_radix(hex, 16).ok() };
    }
    if text.len() > 1 && text.starts_with('0') {
        return u64::from_str_radix(&text[1..], 8).ok();
    }
    text.parse().ok()
}

fn reach_v4(address: Ipv4Addr) -> Reach {
    let [a, b, ..] = address.octets();
    match (a, b) {
        (0 | 127, _) => Reach::Loopback,
        (169, 254) => Reach::LinkLocal,
        (10 | 224.., _) | (172, 16..=31) | (192, 168) | (100, 64..=127) | (198, 18..=19) => {
            Reach::Private
        }
        _ => Reach::Public,
    }
}

fn reach_v6(address: Ipv6Addr) -> Reach {
    let segments = address.segments();
    match segments {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => Reach::Loopback,
        // IPv4 in IPv6: mapped, compatible, and the NAT64 prefix.
        [0, 0, 0, 0, 0, 0 | 0xFFFF, high, low] | [0x64, 0xFF9B, 0, 0, 0, 0, high, low] => {
            let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
            reach_v4(Ipv4Addr::new(a, b, c, d))
        }
        [0xFE80..=0xFEBF, ..] => Reach::LinkLocal,
        [0xFC00..=0xFDFF | 0xFEC0..=0xFEFF | 0xFF00.., ..] => Reach::Private,
        _ => Reach::Public,
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::V4(address) => address.fmt(f),
            Self::V6(address) => write!(f, "[{address}]"),
        }
    }
}

impl HostError {
    /// What is wrong, for a person.
    pub fn message(&self) -> Message {
        match self {
            Self::Empty => msg!("host.empty"),
            Self::NotAscii => msg!("host.not-ascii"),
            Self::Character(ch) => {
                msg!("host.character", what = crate::text::visible(&ch.to_string()))
            }
            Self::Label => msg!("host.label"),
            Self::Ipv4 => msg!("host.ipv4"),
            Self::Ipv6 => msg!("host.ipv6"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reaches() {
        for (text, expected) in [
            ("registry.example.com", Reach::Public),
            ("8.8.8.8", Reach::Public),
            ("localhost", Reach::Loopback),
            ("LOCALHOST.", Reach::Loopback),
            ("app.localhost", Reach::Loopback),
            ("127.0.0.1", Reach::Loopback),
            ("127.1", Reach::Loopback),
            ("0x7f000001", Reach::Loopback),
            ("017700000001", Reach::Loopback),
            ("0.0.0.0", Reach::Loopback),
            ("10.1.2.3", Reach::Private),
            ("172.31.0.1", Reach::Private),
            ("172.32.0.1", Reach::Public),
            ("192.168.1.1", Reach::Private),
            ("100.64.0.1", Reach::Private),
            ("169.254.169.254", Reach::LinkLocal),
            ("2852039166", Reach::LinkLocal),
            ("[::1]", Reach::Loopback),
            ("[::]", Reach::Loopback),
            ("[::ffff:127.0.0.1]", Reach::Loopback),
            ("[::ffff:a9fe:a9fe]", Reach::LinkLocal),
            ("[64:ff9b::10.0.0.1]", Reach::Private),
            ("[fe80::1]", Reach::LinkLocal),
            ("[fd00:ec2::254]", Reach::Private),
            ("[2001:db8::1]", Reach::Public),
        ] {
            assert_eq!(Host::parse(text).unwrap().reach(), expected, "{text}");
        }
    }

    #[test]
    fn refused() {
        for (text, expected) in [
            ("", HostError::Empty),
            ("bücher.example", HostError::NotAscii),
            ("a b", HostError::Character(' ')),
            ("a%62", HostError::Character('%')),
            ("a..b", HostError::Label),
            (".a", HostError::Label),
            ("-a.example", HostError::Label),
            ("a-.example", HostError::Label),
            ("1.2.3.4.5", HostError::Ipv4),
            ("256.1.1.1", HostError::Ipv4),
            ("1.2.3.09", HostError::Ipv4),
            ("foo.0x4", HostError::Ipv4),
            ("[::1", HostError::Ipv6),
            ("[fe80::1%25eth0]", HostError::Ipv6),
            ("[127.0.0.1]", HostError::Ipv6),
        ] {
            assert_eq!(Host::parse(text), Err(expected), "{text}");
        }
    }
}

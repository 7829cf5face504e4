use crate::msg;
use crate::text::{Message, visible};

/// One authentication challenge: what a `WWW-Authenticate` header asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The scheme in lower case, such as `bearer`.
    pub scheme: String,
    /// `token68` after the scheme, such as the data of `Negotiate`.
    pub token68: Option<String>,
    /// Parameters in their order: names in lower case, values unquoted.
    pub params: Vec<(String, String)>,
}

/// The demand of a registry, out of all its challenges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Demand {
    /// User name and password with every request.
    Basic,
    /// A token from the service at `realm` (distribution, "Token Authentication").
    Bearer {
        /// Where tokens come from; may be relative to the request.
        realm: String,
        /// The name of the registry there.
        service: Option<String>,
        /// What the token must allow, entries separated by spaces.
        scope: Option<String>,
    },
}

/// Why a header holds no usable demand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChallengeError {
    /// Not in the grammar, at this byte.
    Malformed(usize),
    /// Longer than [`MAX_CHALLENGE`] bytes.
    TooLong,
    /// Only schemes that are not known here, as in `Negotiate`.
    Unsupported(String),
}

/// The most bytes of a `WWW-Authenticate` header that are read.
pub const MAX_CHALLENGE: usize = crate::limits::CHALLENGE;

impl Challenge {
    /// Reads all challenges of a `WWW-Authenticate` header (RFC 9110, section 11.6.1):
    ///
    /// ```text
    /// WWW-Authenticate = #challenge
    /// challenge        = auth-scheme [ 1*SP ( token68 / #auth-param ) ]
    /// auth-param       = token BWS "=" BWS ( token / quoted-string )
    /// ```
    ///
    /// and, beyond the grammar, unquoted values with any character up to the next comma, because
    /// registries send `realm=https://…` without quotes.
    pub fn parse_all(header: &str) -> Result<Vec<Self>, ChallengeError> {
        if header.len() > MAX_CHALLENGE {
            return Err(ChallengeError::TooLong);
        }
        let mut cursor = Cursor { text: header, at: 0 };
        let mut challenges: Vec<Self> = Vec::new();
        loop {
            cursor.skip(|b| b == b',' || is_space(b));
            if cursor.rest().is_empty() {
                return Ok(challenges);
            }
            let start = cursor.at;
            let name = cursor.take(is_token).to_ascii_lowercase();
            if name.is_empty() {
                return Err(ChallengeError::Malformed(cursor.at));
            }
            let before_space = cursor.at;
            cursor.skip(is_space);
            if cursor.eat(b'=') {
                cursor.skip(is_space);
                let value = cursor.value(&name)?;
                let current = challenges.last_mut().filter(|last| last.token68.is_none());
                current.ok_or(ChallengeError::Malformed(start))?.params.push((name, value));
                continue;
            }
            let spaced = cursor.at > before_space;
            let ended = matches!(cursor.rest().bytes().next(), None | Some(b','));
            if !spaced && !ended {
                return Err(ChallengeError::Malformed(cursor.at));
            }
            let token68 = if spaced && !ended { cursor.token68() } else { None };
            challenges.push(Self { scheme: name, token68, params: Vec::new() });
        }
    }

    /// The value of a parameter, by its name in lower case.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl Demand {
    /// What the header asks for: a token if that is offered, else the password. `x-Basic` is
    /// `Basic` under the name by which proxies hide it from the browser's own password box.
    pub fn parse(header: &str) -> Result<Self, ChallengeError> {
        let challenges = Challenge::parse_all(header)?;
        for challenge in challenges.iter().filter(|challenge| challenge.scheme == "bearer") {
            if let Some(realm) = challenge.param("realm").filter(|realm| !realm.is_empty()) {
                let text = |name| challenge.param(name).map(str::to_owned);
                return Ok(Self::Bearer {
                    realm: realm.to_owned(),
                    service: text("service"),
                    scope: text("scope"),
                });
            }
        }
        if challenges.iter().any(|challenge| matches!(&*challenge.scheme, "basic" | "x-basic")) {
            return Ok(Self::Basic);
        }
        let schemes: Vec<&str> = challenges.iter().map(|one| one.scheme.as_str()).collect();
        Err(ChallengeError::Unsupported(visible(&schemes.join(", "))))
    }
}

struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn take(&mut self, accept: impl Fn(u8) -> bool) -> &'a str {
        let rest = self.rest();
        let len = rest.bytes().take_while(|&b| b.is_ascii() && accept(b)).count();
        self.at += len;
        &rest[..len]
    }

    fn skip(&mut self, accept: impl Fn(u8) -> bool) {
        self.take(accept);
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.rest().as_bytes().first() == Some(&byte);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self, name: &str) -> Result<String, ChallengeError> {
        if self.eat(b'"') { self.quoted() } else { Ok(self.unquoted(name)) }
    }

    /// The rest of a quoted-string (RFC 9110, section 5.6.4).
    fn quoted(&mut self) -> Result<String, ChallengeError> {
        let start = self.at;
        let mut value = String::new();
        let mut escaped = false;
        for (index, ch) in self.rest().char_indices() {
            match ch {
                _ if escaped => {
                    value.push(ch);
                    escaped = false;
                }
                '\\' => escaped = true,
                '"' => {
                    self.at += index + 1;
                    return Ok(value);
                }
                _ => value.push(ch),
            }
        }
        Err(ChallengeError::Malformed(start))
    }

    /// Everything up to the next comma. An unquoted scope goes on over `,push` and the like, which
    /// could not be anything else.
    fn unquoted(&mut self, name: &str) -> String {
        let mut value = self.until_comma().to_owned();
        let mut more = name == "scope";
        while more {
            let rest = self.rest().strip_prefix(',').unwrap_or_default();
            let action = rest.split(',').next().unwrap_or_default().trim();
            more = matches!(action, "pull" | "push" | "delete" | "*");
            if more {
                self.at += 1;
                value.push(',');
                value.push_str(self.until_comma().trim());
            }
        }
        value
    }

    fn until_comma(&mut self) -> &'a str {
        let rest = self.rest();
        let len = rest.find(',').unwrap_or(rest.len());
        self.at += len;
        rest[..len].trim_end()
    }

    /// `token68`, unless what follows the scheme is a parameter.
    fn token68(&mut self) -> Option<String> {
        let before = self.at;
        let data = self.take(|b| b.is_ascii_alphanumeric() || b"-._~+/".contains(&b));
        let len = data.len() + self.take(|b| b == b'=').len();
        self.skip(is_space);
        if len > 0 && matches!(self.rest().bytes().next(), None | Some(b',')) {
            return Some(self.text[before..before + len].to_owned());
        }
        self.at = before;
        None
    }
}

fn is_space(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// `tchar` of RFC 9110, section 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

impl ChallengeError {
    /// What is wrong, for a person.
    pub fn message(&self) -> Message {
        match self {
            Self::Malformed(_) | Self::TooLong => msg!("challenge.malformed"),
            Self::Unsupported(schemes) => msg!("challenge.unsupported", schemes = schemes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Demand {
        let text = |value: Option<&str>| value.map(str::to_owned);
        Demand::Bearer { realm: realm.into(), service: text(service), scope: text(scope) }
    }

    #[test]
    fn demands() {
        let unsupported = |schemes: &str| Err(ChallengeError::Unsupported(schemes.into()));
        for (header, expected) in [
            ("Basic realm=\"r\"", Ok(Demand::Basic)),
            ("basic", Ok(Demand::Basic)),
            ("x-Basic realm=\"r\"", Ok(Demand::Basic)),
            ("Basic realm=Registry Realm", Ok(Demand::Basic)),
            (
                "Bearer realm=\"https://a.example/token\",service=\"s\",scope=\"repository:a/b:pull,push\"",
                Ok(bearer("https://a.example/token", Some("s"), Some("repository:a/b:pull,push"))),
            ),
            ("BEARER scope=\"x y\" , realm = \"/token\"", Ok(bearer("/token", None, Some("x y")))),
            (
                "Bearer realm=https://a.example/token?x=1,service=reg.example",
                Ok(bearer("https://a.example/token?x=1", Some("reg.example"), None)),
            ),
            (
                "Bearer realm=https://a.example/t,scope=repository:a:pull,push,error=insufficient_scope",
                Ok(bearer("https://a.example/t", None, Some("repository:a:pull,push"))),
            ),
            ("Basic realm=\"a\", Bearer realm=\"b\\\"c,d\"", Ok(bearer("b\"c,d", None, None))),
            ("Negotiate, Basic realm=\"a\"", Ok(Demand::Basic)),
            ("Negotiate YWJj==, x-basic realm=a", Ok(Demand::Basic)),
            (",, Basic realm=\"a\" ,", Ok(Demand::Basic)),
            ("Bearer service=\"no realm\", Basic", Ok(Demand::Basic)),
            ("Bearer realm=\"\"", unsupported("bearer")),
            ("Negotiate", unsupported("negotiate")),
            ("NTLM, Digest realm=\"a\", nonce=\"b\"", unsupported("ntlm, digest")),
            ("", unsupported("")),
            ("realm=\"a\"", Err(ChallengeError::Malformed(0))),
            ("Basic realm=\"open", Err(ChallengeError::Malformed(13))),
            ("Basic/realm", Err(ChallengeError::Malformed(5))),
            ("\u{202E}", Err(ChallengeError::Malformed(0))),
        ] {
            assert_eq!(Demand::parse(header), expected, "{header}");
        }
        let long = format!("Basic realm=\"{}\"", "x".repeat(MAX_CHALLENGE));
        assert_eq!(Demand::parse(&long), Err(ChallengeError::TooLong));
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
#[path = "challenge_oracle_tests.rs"]
mod oracle_tests;

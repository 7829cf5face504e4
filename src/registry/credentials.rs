use std::fmt;

use crate::msg;
use crate::text::Message;

/// How the person is known to a registry. Lives in memory only and is never printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Credentials {
    /// Not signed in.
    #[default]
    Anonymous,
    /// User name and password, or a robot account and its secret.
    Basic {
        /// The user name, without a colon.
        user: String,
        /// The password.
        password: String,
    },
    /// An identity (refresh) token, from which access tokens are made.
    IdentityToken(String),
}

/// Why text is not credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialsError {
    /// The user name is empty.
    NoUser,
    /// The user name has a colon, which `Basic` cannot carry (RFC 7617).
    Colon,
    /// A control character, or in a token anything but visible ASCII.
    Character,
    /// The token is empty.
    NoToken,
}

impl Credentials {
    /// User name and password.
    pub fn basic(user: &str, password: &str) -> Result<Self, CredentialsError> {
        let user = user.trim();
        if user.is_empty() {
            return Err(CredentialsError::NoUser);
        }
        if user.contains(':') {
            return Err(CredentialsError::Colon);
        }
        if user.chars().chain(password.chars()).any(char::is_control) {
            return Err(CredentialsError::Character);
        }
        Ok(Self::Basic { user: user.to_owned(), password: password.to_owned() })
    }

    /// An identity token, as pasted.
    pub fn identity_token(token: &str) -> Result<Self, CredentialsError> {
        let token = token.trim();
        if token.is_empty() {
            return Err(CredentialsError::NoToken);
        }
        if !token.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(CredentialsError::Character);
        }
        Ok(Self::IdentityToken(token.to_owned()))
    }

    /// Whether nobody is signed in.
    pub fn is_anonymous(&self) -> bool {
        *self == Self::Anonymous
    }

    /// The user name, for showing who is signed in.
    pub fn user(&self) -> Option<&str> {
        match self {
            Self::Basic { user, .. } => Some(user),
            Self::Anonymous | Self::IdentityToken(_) => None,
        }
    }

    /// The value of an `Authorization` header (RFC 7617, UTF-8), for `Basic` credentials.
    pub(super) fn basic_header(&self) -> Option<String> {
        match self {
            Self::Basic { user, password } => {
                Some(format!("Basic {}", base64(format!("{user}:{password}").as_bytes())))
            }
            Self::Anonymous | Self::IdentityToken(_) => None,
        }
    }
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |index: usize| u32::from(group.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for index in 0..4 {
            if index <= group.len() {
                out.push(char::from(ALPHABET[(bits >> (18 - 6 * index)) as usize & 63]));
            } else {
                out.push('=');
            }
        }
    }
    out
}

/// The kind only.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Anonymous => "Anonymous",
            Self::Basic { .. } => "Basic",
            Self::IdentityToken(_) => "IdentityToken",
        })
    }
}

impl CredentialsError {
    /// What is wrong, for a person.
    pub fn message(self) -> Message {
        match self {
            Self::NoUser => msg!("credentials.no-user"),
            Self::Colon => msg!("credentials.colon"),
            Self::Character => msg!("credentials.character"),
            Self::NoToken => msg!("credentials.no-token"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        for (user, password, expected) in [
            ("a", "", "Basic YTo="),
            ("Aladdin", "open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
            ("test", "123£", "Basic dGVzdDoxMjPCow=="),
            (" ab ", "x:y", "Basic YWI6eDp5"),
        ] {
            let credentials = Credentials::basic(user, password).unwrap();
            assert_eq!(credentials.basic_header().as_deref(), Some(expected));
        }
    }

    #[test]
    fn refused_and_never_printed() {
        for (result, expected) in [
            (Credentials::basic(" ", "x"), CredentialsError::NoUser),
            (Credentials::basic("a:b", "x"), CredentialsError::Colon),
            (Credentials::basic("a", "x\r\ny"), CredentialsError::Character),
            (Credentials::identity_token("\n"), CredentialsError::NoToken),
            (Credentials::identity_token("a\r\nX: y"), CredentialsError::Character),
        ] {
            assert_eq!(result, Err(expected));
        }
        let printed = format!(
            "{:?} {:?}",
            Credentials::basic("user", "secret").unwrap(),
            Credentials::identity_token("secret").unwrap()
        );
        assert_eq!(printed, "Basic IdentityToken");
    }
}

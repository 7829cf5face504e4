//! Why a layer was not delivered.

use crate::manifest::Digest;
use crate::msg;
use crate::registry::{Error, TransportError};
use crate::text::{Arg, Message, visible};

/// Why a file is not written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriteError {
    /// The person chose no place, or did not allow writing there.
    Dismissed,
    /// The browser writes files in memory only, of this many bytes at most.
    TooLarge(u64),
    /// There is no room left.
    Full,
    /// The browser does not take this name.
    Name(String),
    /// The browser refused, in these words.
    Refused(String),
}

/// Why a delivery stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliverError {
    /// A file was not written.
    Write {
        /// Its path.
        path: String,
        /// Why.
        error: WriteError,
    },
    /// A layer's bytes cannot be had.
    Layer {
        /// The layer.
        digest: Digest,
        /// Why.
        error: Error,
    },
    /// There is no place known that has the layer: the image is from no registry or archive, and the
    /// layer had no URL.
    Nowhere(Digest),
    /// The archive would be without a part of it.
    Incomplete,
    /// The portal does not allow the registry that has it; says so.
    Disallowed(Message),
    /// The server's answer to a `PUT` is not success.
    Answer {
        /// The status.
        status: u16,
        /// What S3 and Azure call the reason, such as `SignatureDoesNotMatch`.
        code: Option<String>,
    },
    /// No answer, or none that the page may read.
    NoAnswer(TransportError),
}

impl WriteError {
    /// What is wrong and what to do, for a person.
    pub fn message(&self) -> Message {
        match self {
            Self::Dismissed => msg!("transport.cancelled"),
            Self::TooLarge(max) => msg!("deliver.write-too-large", max = Arg::Bytes(*max)),
            Self::Full => msg!("deliver.write-full"),
            Self::Name(name) => msg!("deliver.write-name", name = visible(name)),
            Self::Refused(words) => {
                // Not every browser says why, and few end a sentence.
                let words = visible(words.trim_end_matches('.'));
                let words = if words.is_empty() { "–".to_owned() } else { format!("{words}.") };
                msg!("deliver.write-refused", words = words)
            }
        }
    }
}

impl DeliverError {
    /// Whether the person ended it.
    pub fn is_stop(&self) -> bool {
        match self {
            Self::Layer { error, .. } => error.is_cancelled(),
            Self::Write { error, .. } => *error == WriteError::Dismissed,
            Self::NoAnswer(error) => *error == TransportError::Cancelled,
            Self::Nowhere(_) | Self::Incomplete | Self::Disallowed(_) | Self::Answer { .. } => {
                false
            }
        }
    }

    /// What is wrong and what to do, for a person.
    pub fn message(&self) -> Message {
        match self {
            Self::Write { path, error } => {
                msg!("deliver.not-written", path = visible(path), reason = error.message())
            }
            Self::Layer { digest, error } => {
                msg!("deliver.no-bytes", digest = digest.short(), reason = error.message())
            }
            Self::Nowhere(digest) => msg!("deliver.nowhere", digest = digest.short()),
            Self::Incomplete => msg!("deliver.incomplete"),
            Self::Disallowed(refused) => refused.clone(),
            Self::Answer { status, code } => {
                let said = match code {
                    Some(code) => format!("{status} {code}"),
                    None => status.to_string(),
                };
                msg!("deliver.answer", said = said, reason = of_status(*status))
            }
            Self::NoAnswer(TransportError::Timeout) => msg!("deliver.put-timeout"),
            Self::NoAnswer(TransportError::Cancelled) => msg!("transport.cancelled"),
            Self::NoAnswer(TransportError::Redirected) => msg!("deliver.put-moved"),
            Self::NoAnswer(_) => msg!("deliver.put-no-answer"),
        }
    }
}

/// What a server means that answers a `PUT` so, and what to do.
fn of_status(status: u16) -> Message {
    match status {
        400 => msg!("deliver.put-400"),
        401 | 403 => msg!("deliver.put-403"),
        404 => msg!("deliver.put-404"),
        405 | 501 => msg!("deliver.put-405"),
        409 => msg!("deliver.put-409"),
        411 => msg!("deliver.put-411"),
        412 => msg!("deliver.put-412"),
        413 => msg!("deliver.put-413"),
        507 => msg!("deliver.put-507"),
        500.. => msg!("deliver.put-5xx"),
        _ => msg!("deliver.put-other"),
    }
}

/// The name of the reason in an error's body as S3 and Azure write it, `<Code>NoSuchKey</Code>`.
/// Nothing else of such a body is shown: S3 repeats the signed text in it.
pub fn code_of(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let code = text.split_once("<Code>")?.1.split_once("</Code>")?.0;
    let plain = !code.is_empty() && code.len() <= 60;
    (plain && code.chars().all(|c| c.is_ascii_alphanumeric())).then(|| code.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_says_what_to_do() {
        for (status, body, key, said) in [
            (
                403,
                "<Error><Code>SignatureDoesNotMatch</Code><StringToSign>s",
                "deliver.put-403",
                "403 SignatureDoesNotMatch",
            ),
            (403, "<Code>X-Amz-Signature=1</Code>", "deliver.put-403", "403"),
            (403, "<html>expired</html>", "deliver.put-403", "403"),
            (405, "", "deliver.put-405", "405"),
            (409, "", "deliver.put-409", "409"),
            (
                411,
                "<Code>MissingContentLength</Code>",
                "deliver.put-411",
                "411 MissingContentLength",
            ),
            (413, "", "deliver.put-413", "413"),
            (507, "", "deliver.put-507", "507"),
            (503, "", "deliver.put-5xx", "503"),
            (418, "", "deliver.put-other", "418"),
        ] {
            let error = DeliverError::Answer { status, code: code_of(body.as_bytes()) };
            let message = error.message();
            let expected = [("said", said.into()), ("reason", Arg::Message(of_status(status)))];
            assert_eq!((message.key, message.args), ("deliver.answer", expected.to_vec()));
            assert_eq!(of_status(status).key, key, "{status}");
        }
    }
}

//! Lossless JSON: strict text to spans, and edits as splices in the text's own style.
//!
//! Invariant: a [`Node`] only points into the text it was read from; no value is ever written back
//! from it. Changing a text means [`Splices`], and every byte outside them stays.
//!
//! ```
//! use layermark::json::{Splice, apply, parse};
//!
//! let text = br#"{"a" : 1.0 , "b":[ ]}"#;
//! let root = parse(text).map_err(|error| error.message().to_string())?;
//! let a = root.get("a").ok_or("no member a".to_owned())?;
//! let edited = apply(text, &Splice::new(a.span.clone(), "2").into());
//! assert_eq!(edited, br#"{"a" : 2 , "b":[ ]}"#);
//! # Ok::<(), String>(())
//! ```
//!
//! Strict means: what `serde_json` takes, and besides no name twice in an object, no lone
//! surrogate, no byte-order mark, and no nesting beyond [`MAX_DEPTH`].

mod format;
mod layout;
mod node;
mod parse;
mod splice;
mod tokens;
mod written;

pub use format::{Layout, laid_out};
pub use layout::{
    append_elements, append_member, insert_member, remove_elements, remove_member, remove_members,
    string,
};
pub use node::{Member, Node, Value};
pub use parse::{MAX_DEPTH, Place, Problem, SyntaxError, parse};
pub use splice::{Overlap, Span, Splice, Splices, apply};
pub use tokens::{Token, TokenKind, tokens};
pub use written::{Written, set_members, written_array, written_element, written_member};

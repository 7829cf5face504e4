/// A sentence as its key in the catalogue and the values of its placeholders.
///
/// Built with [`crate::msg!`]; rendered by [`super::Catalog::render`]. `Display` is English, for
/// reports, logs and tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The catalogue key, such as `json.duplicate-key`.
    pub key: &'static str,
    /// Placeholder names with their values.
    pub args: Vec<(&'static str, Arg)>,
}

/// The value of a placeholder; how it is spelled is the catalogue's and the language's affair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arg {
    /// Text as it is. Foreign text (from a registry, a manifest) goes in here and is only ever
    /// rendered as text.
    Text(String),
    /// A count; also chooses between the forms of `{name|one|many}`.
    Number(u64),
    /// A size in bytes, shown in human units.
    Bytes(u64),
    /// A moment in milliseconds since the start of 1970, shown in the person's time zone.
    Time(u64),
    /// A sentence inside the sentence.
    Message(Message),
}

impl AsRef<Message> for Message {
    fn as_ref(&self) -> &Message {
        self
    }
}

macro_rules! arg_from {
    ($($ty:ty => $variant:ident $(, $convert:expr)?;)*) => {$(
        impl From<$ty> for Arg {
            fn from(value: $ty) -> Self {
                Self::$variant($($convert)?(value))
            }
        }
    )*};
}
arg_from! {
    String => Text, String::from;
    &String => Text, String::from;
    &str => Text, String::from;
    char => Text, String::from;
    u16 => Number, u64::from;
    u32 => Number, u64::from;
    u64 => Number, u64::from;
    Message => Message, Message::from;
}

impl From<usize> for Arg {
    fn from(value: usize) -> Self {
        Self::Number(value as u64)
    }
}

/// Builds a [`Message`]: `msg!("checks.too-big", size = Arg::Bytes(9), layer = 3_usize)`.
#[macro_export]
macro_rules! msg {
    ($key:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::text::Message {
            key: $key,
            args: vec![$((stringify!($name), $crate::text::Arg::from($value))),*],
        }
    };
}

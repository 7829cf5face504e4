//! New values in the layout of what stands around them.

use super::layout::{between, indent_unit, last_line, push_string, separator};
use super::{Node, Splice, Value};

/// A value to be written. Numbers are whole, names come in the order given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// A string.
    Text(String),
    /// A whole number.
    Number(u64),
    /// An array of strings.
    Texts(Vec<String>),
    /// An object.
    Object(Vec<(String, Written)>),
}

impl Written {
    /// A string.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// An object of strings.
    pub fn pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let member = |(name, value): (&str, &str)| (name.to_owned(), Self::text(value));
        Self::Object(pairs.into_iter().map(member).collect())
    }

    /// The value on one line, without white space.
    pub fn compact(&self) -> String {
        let mut out = String::new();
        Style { colon: ":".to_owned(), ..Style::default() }.write(b"", None, self, &mut out);
        out
    }

    /// Whether `node` says this already.
    fn is_said_by(&self, node: &Node) -> bool {
        match (self, &node.value) {
            (Self::Text(text), Value::String(found)) => text == found,
            (Self::Number(number), Value::Number(found)) => *found == number.to_string(),
            (Self::Texts(texts), Value::Array(found)) => {
                texts.iter().map(|text| Some(text.as_str())).eq(found.iter().map(Node::as_str))
            }
            _ => false,
        }
    }
}

/// The splices that make `object`, the value at its place, have each member as it is wanted: a value
/// to say, or (with `None`) no such member. Members that are not named stay, and so does a value that
/// is said already.
///
/// `names` must not name a member twice.
pub fn set_members(text: &[u8], object: &Node, wanted: &[(&str, Option<Written>)]) -> Vec<Splice> {
    let members = object.members();
    let places = places_of(object, wanted);
    let mut found = Vec::new();
    let (mut removed, mut added) = (Vec::new(), Vec::new());
    for ((name, value), at) in wanted.iter().zip(places) {
        match (at.and_then(|at| Some((at, members.get(at)?))), value) {
            (Some((_, member)), Some(value)) if !value.is_said_by(&member.node) => {
                let style = Style::of(text, object).inner();
                let mut out = String::new();
                style.write(text, Some(&member.node), value, &mut out);
                found.push(Splice::new(member.node.span.clone(), out));
            }
            (Some((at, _)), None) => removed.push(at),
            (None, Some(value)) => added.push((*name, value)),
            _ => {}
        }
    }
    removed.sort_unstable();
    if removed.len() == members.len() && !added.is_empty() {
        // Nothing is left to stand behind: the members are written anew, in the layout of the old.
        let style = Style::of(text, object);
        let mut out = String::new();
        let all = added.iter().map(|(name, value)| (*name, *value));
        style.write_members(text, None, all, &mut out);
        return vec![Splice::new(object.span.clone(), out)];
    }
    found.extend(super::remove_members(object, &removed));
    if let Some(last) = members.last().filter(|_| !added.is_empty()) {
        let style = Style::of(text, object);
        let mut out = String::new();
        for (name, value) in added {
            style.next(&mut out);
            style.write_member(text, None, name, value, &mut out);
        }
        let end = last.node.span.end;
        found.push(Splice::new(end..end, out));
    }
    found
}

/// `value` as a member of `object`, in the layout of its other members.
pub fn written_member(text: &[u8], object: &Node, value: &Written) -> String {
    let mut out = String::new();
    Style::of(text, object).inner().write(text, None, value, &mut out);
    out
}

/// `value` as an element of `array`, which is a member of `root`: in the layout of the last element,
/// and of an element of a new array where there is none.
pub fn written_element(text: &[u8], root: &Node, array: &Node, value: &Written) -> String {
    let mut out = String::new();
    let model = array.elements().iter().rfind(|element| !element.members().is_empty());
    let style = match model {
        Some(model) => Style::of(text, model),
        None => Style::of(text, root).inner().inner(),
    };
    style.write(text, model, value, &mut out);
    out
}

/// An array of already written `items` as the value of a member of `root`.
pub fn written_array(text: &[u8], root: &Node, items: &[String]) -> String {
    let style = Style::of(text, root).inner();
    style.enclose(['[', ']'], items.iter(), |item, out| out.push_str(item))
}

/// The positions of the members that are named; each name is looked up once, however many there are.
fn places_of(object: &Node, wanted: &[(&str, Option<Written>)]) -> Vec<Option<usize>> {
    let members = object.members();
    if wanted.len() < 8 {
        let find = |name: &str| members.iter().position(|member| member.name == name);
        return wanted.iter().map(|(name, _)| find(name)).collect();
    }
    let all = members.iter().enumerate().map(|(at, member)| (member.name.as_str(), at));
    let known: std::collections::BTreeMap<&str, usize> = all.collect();
    wanted.iter().map(|(name, _)| known.get(name).copied()).collect()
}

/// How the members of an object, or the elements of an array, are laid out.
#[derive(Clone, Debug, Default)]
struct Style {
    /// Between the opening bracket and the first child.
    open: String,
    /// Before a comma.
    comma: String,
    /// After a comma.
    lead: String,
    /// Between the last child and the closing bracket.
    close: String,
    /// Around a colon.
    colon: String,
    /// By how much children stand further in than what encloses them.
    unit: String,
}

impl Style {
    /// How the members of `object` are laid out. Without members: all on one line.
    fn of(text: &[u8], object: &Node) -> Self {
        let members = object.members();
        let Some((first, last)) = members.first().zip(members.last()) else {
            return Self { colon: ":".to_owned(), ..Self::default() };
        };
        let (comma, lead) = separator(text, object, members.len() - 1);
        let is_lines = last_line(lead).is_some() && last_line(comma).is_none();
        let lead_line = last_line(lead).unwrap_or(lead);
        let unit = if is_lines { indent_unit(text, object, lead_line) } else { "" };
        Self {
            open: between(text, object.span.start + 1, first.name_span.start).to_owned(),
            comma: comma.to_owned(),
            lead: lead.to_owned(),
            close: between(text, last.node.span.end, object.span.end - 1).to_owned(),
            colon: between(text, last.name_span.end, last.node.span.start).to_owned(),
            unit: unit.to_owned(),
        }
    }

    /// How the children of a child are laid out: over several lines where these are, one indent
    /// deeper; else on one line.
    fn inner(&self) -> Self {
        let colon = self.colon.clone();
        let unit = self.unit.clone();
        match (last_line(&self.comma), last_line(&self.lead)) {
            // Lines that end with their comma, as everyone writes them.
            (None, Some(outer)) => {
                let lead = [outer, &self.unit].concat();
                let (open, comma) = (lead.clone(), self.comma.clone());
                Self { open, comma, lead, close: outer.to_owned(), colon, unit }
            }
            (None, None) => Self {
                comma: self.comma.clone(),
                lead: self.lead.clone(),
                colon,
                ..Self::default()
            },
            // Lines that start with a comma: too rare for a layout of their own.
            _ => Self { lead: " ".to_owned(), colon, ..Self::default() },
        }
    }

    fn next(&self, out: &mut String) {
        out.push_str(&self.comma);
        out.push(',');
        out.push_str(&self.lead);
    }

    /// Writes `value`, whose children are laid out like this, or like those of `model`.
    fn write(&self, text: &[u8], model: Option<&Node>, value: &Written, out: &mut String) {
        match value {
            Written::Text(text) => push_string(out, text),
            Written::Number(number) => out.push_str(&number.to_string()),
            Written::Texts(texts) => {
                let written = self.enclose(['[', ']'], texts.iter(), |text, out| {
                    push_string(out, text);
                });
                out.push_str(&written);
            }
            Written::Object(members) => {
                let members = members.iter().map(|(name, value)| (name.as_str(), value));
                self.write_members(text, model, members, out);
            }
        }
    }

    fn write_members<'a>(
        &self,
        text: &[u8],
        model: Option<&Node>,
        members: impl ExactSizeIterator<Item = (&'a str, &'a Written)>,
        out: &mut String,
    ) {
        let written = self.enclose(['{', '}'], members, |(name, value), out| {
            self.write_member(text, model, name, value, out);
        });
        out.push_str(&written);
    }

    fn write_member(
        &self,
        text: &[u8],
        model: Option<&Node>,
        name: &str,
        value: &Written,
        out: &mut String,
    ) {
        push_string(out, name);
        out.push_str(&self.colon);
        let model =
            model.and_then(|model| model.get(name)).filter(|like| !like.members().is_empty());
        let style = match model {
            Some(model) => Self::of(text, model),
            None => self.inner(),
        };
        style.write(text, model, value, out);
    }

    fn enclose<T>(
        &self,
        [open, close]: [char; 2],
        items: impl ExactSizeIterator<Item = T>,
        write: impl Fn(T, &mut String),
    ) -> String {
        let mut out = String::from(open);
        let some = items.len() > 0;
        for (at, item) in items.enumerate() {
            if at > 0 {
                self.next(&mut out);
            } else {
                out.push_str(&self.open);
            }
            write(item, &mut out);
        }
        if some {
            out.push_str(&self.close);
        }
        out.push(close);
        out
    }
}

//! JSON read without loss: numbers stay text, repeated keys stay visible. Nothing passes through a float.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::answer::Fault;
use crate::exact::{Exact, MAX_TEXT};

/// Deeper nesting than any input of ours has.
const MAX_DEPTH: usize = 16;

/// The largest exponent, either way, that a number may have: as many digits as it could be written out with.
const MAX_EXPONENT: i32 = MAX_TEXT as i32 - 1;

/// A JSON value as it was written.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// The number's own text.
    Number(String),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Node>),
    /// An object, repeated keys included, in the order written.
    Map(Vec<(String, Node)>),
}

impl Node {
    /// What kind of value it is, for messages.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Map(_) => "an object",
        }
    }
}

/// Reads a JSON text.
///
/// # Errors
///
/// One fault, with line and column, when the text is no JSON or is nested too deeply.
pub fn parse_json(text: &str) -> Result<Node, Fault> {
    let fault = |error: serde_json::Error| Fault::new("", format!("not JSON: {error}"));
    // Some editors begin a file with a byte order mark; it says nothing about the content.
    let raw: &RawValue = serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(fault)?;
    node(raw.get(), MAX_DEPTH)
}

fn node(raw: &str, depth: usize) -> Result<Node, Fault> {
    let fault = |error: serde_json::Error| Fault::new("", format!("not JSON: {error}"));
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Fault::new("", format!("nested more than {MAX_DEPTH} levels deep")));
    };
    Ok(match raw.as_bytes().first() {
        Some(b'{') => {
            let Pairs(pairs) = serde_json::from_str(raw).map_err(fault)?;
            let read = |(key, value): (String, &RawValue)| Ok((key, node(value.get(), depth)?));
            Node::Map(pairs.into_iter().map(read).collect::<Result<_, Fault>>()?)
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(raw).map_err(fault)?;
            Node::List(items.into_iter().map(|item| node(item.get(), depth)).collect::<Result<_, Fault>>()?)
        }
        Some(b'"') => Node::Text(serde_json::from_str(raw).map_err(fault)?),
        Some(b't') => Node::Bool(true),
        Some(b'f') => Node::Bool(false),
        Some(b'n') => Node::Null,
        _ => Node::Number(raw.to_owned()),
    })
}

/// An object's entries in the order written, repeats included.
struct Pairs<'de>(Vec<(String, &'de RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PairsVisitor;
        impl<'de> Visitor<'de> for PairsVisitor {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry::<String, &'de RawValue>()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(PairsVisitor)
    }
}

/// The exact value of a JSON number, read from its text, exponent included.
#[must_use]
pub fn exact_number(text: &str) -> Option<Exact> {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else { return text.parse().ok() };
    let exponent: i32 = exponent.strip_prefix('+').unwrap_or(exponent).parse().ok()?;
    if exponent.abs() > MAX_EXPONENT {
        return None;
    }
    let mantissa: Exact = mantissa.parse().ok()?;
    let power: Exact = format!("1{}", "0".repeat(exponent.unsigned_abs() as usize)).parse().ok()?;
    if exponent < 0 { mantissa.checked_div(&power) } else { Some(mantissa * power) }
}

/// Walks through a JSON value and collects every fault with its path.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    pub(crate) faults: Vec<Fault>,
}

impl Reader {
    pub(crate) fn fault(&mut self, path: &str, message: impl Into<String>) {
        self.faults.push(Fault::new(path, message));
    }

    /// The object's entries, each key once and among `known` (all keys are, when it is empty).
    pub(crate) fn map<'n>(&mut self, path: &str, node: &'n Node, known: &[&str]) -> Vec<(&'n str, &'n Node)> {
        let Node::Map(pairs) = node else {
            self.fault(path, format!("an object is expected, not {}", node.kind()));
            return Vec::new();
        };
        let mut seen = std::collections::HashSet::new();
        let mut entries: Vec<(&str, &Node)> = Vec::with_capacity(pairs.len());
        for (key, value) in pairs {
            if !known.is_empty() && !known.contains(&key.as_str()) {
                self.fault(&join(path, key), "this key is not known here");
            } else if !seen.insert(key.as_str()) {
                self.fault(&join(path, key), "this key is given twice");
            } else {
                entries.push((key, value));
            }
        }
        entries
    }

    pub(crate) fn text<'n>(&mut self, path: &str, node: &'n Node) -> Option<&'n str> {
        match node {
            Node::Text(text) => Some(text),
            other => {
                self.fault(path, format!("a text is expected, not {}", other.kind()));
                None
            }
        }
    }

    pub(crate) fn number(&mut self, path: &str, node: &Node) -> Option<Exact> {
        let Node::Number(text) = node else {
            self.fault(path, format!("a number is expected, not {}", node.kind()));
            return None;
        };
        let value = exact_number(text);
        if value.is_none() {
            self.fault(path, "this number is too long");
        }
        value
    }

    /// `true`, where nothing else makes sense.
    pub(crate) fn yes(&mut self, path: &str, node: &Node) {
        if *node != Node::Bool(true) {
            self.fault(path, "only true is expected here; leave the key out otherwise");
        }
    }

    pub(crate) fn texts(&mut self, path: &str, node: &Node) -> Vec<String> {
        let Node::List(items) = node else {
            self.fault(path, format!("a list is expected, not {}", node.kind()));
            return Vec::new();
        };
        let mut texts = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            texts.extend(self.text(&format!("{path}[{index}]"), item).map(str::to_owned));
        }
        texts
    }
}

/// A path one key further in.
pub(crate) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_text_and_repeated_keys_stay_visible() {
        let node = parse_json(r#"{"a": 0.10, "a": [1e3, "x", null, true]}"#).unwrap();
        let Node::Map(pairs) = node else { panic!("an object") };
        assert_eq!(pairs[0], ("a".to_owned(), Node::Number("0.10".to_owned())));
        assert_eq!(pairs[1].0, "a");
        assert!(
            matches!(&pairs[1].1, Node::List(items) if items[0] == Node::Number("1e3".into()) && items.len() == 4)
        );
    }

    #[test]
    fn numbers_are_exact_with_exponents_and_bounded() {
        assert_eq!(exact_number("1.5e2"), Some(Exact::from(150_i64)));
        assert_eq!(exact_number("25E-2"), Some(Exact::ratio(1, 4)));
        assert_eq!(exact_number("-0"), Some(Exact::zero()));
        assert_eq!(exact_number("0.1"), Some(Exact::ratio(1, 10)));
        assert_eq!(exact_number("1e37"), format!("1{}", "0".repeat(37)).parse().ok());
        assert_eq!(exact_number("1e-40").map(|x| x.to_string()), Some(format!("1/1{}", "0".repeat(40))));
        let long = "30.500000000000000000000000000000000000000000001";
        assert_eq!(
            exact_number(long).map(|x| x.to_string()),
            long.parse::<Exact>().ok().map(|x| x.to_string())
        );
        assert_eq!(exact_number("1e999999999"), None);
        assert_eq!(exact_number("1e99999999999999999999"), None);
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for bad in ["", "{", "{} {}", "[01]", "{'a': 1}", "nul", "[1,]", "{\"a\":\"\\ud800\"}"] {
            assert!(parse_json(bad).is_err(), "{bad}");
        }
        assert!(parse_json(&format!("{}1{}", "[".repeat(100), "]".repeat(100))).is_err());
    }
}

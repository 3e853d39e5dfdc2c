//! Typed values out of nodes. Every reader reports what is wrong at its place and returns nothing then, so that
//! one mistake is one fault and reading goes on.

use chrono::NaiveDate;

use super::lint::{Code, Faults, list, show, texts};
use super::yaml::{Node, Pos, Value};
use crate::exact::{Exact, ExactError};

/// Most decimal places of numbers that are not credits (multiplier, `upto`, `gte`, `lte`).
const NUMBER_PLACES: usize = 4_096;

/// Most decimal places of a credit.
const CREDIT_PLACES: usize = 4;

/// A map whose keys have been compared with those allowed.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'n> {
    node: &'n Node,
}

impl<'n> Fields<'n> {
    /// Reads a map; reports every key that is not `allowed`.
    pub fn read(node: &'n Node, what: &str, allowed: &[&str], faults: &mut Faults) -> Option<Self> {
        if !matches!(node.value, Value::Map(_)) {
            wrong_type(node, &format!("{what} is a map"), faults);
            return None;
        }
        for entry in node.entries() {
            if !allowed.contains(&entry.key.as_str()) {
                let message = format!("{what} has no key {}", show(&entry.key));
                let fault = faults.add(entry.key_pos, Code::UnknownKey, message);
                fault.hint = format!("{} Known here: {}.", fault.hint, allowed.join(", "));
            }
        }
        Some(Self { node })
    }

    /// The value of a key that may be absent.
    pub fn get(&self, key: &str) -> Option<&'n Node> {
        self.node.get(key)
    }

    /// The value of a key that must be there.
    pub fn required(&self, key: &str, faults: &mut Faults) -> Option<&'n Node> {
        let found = self.get(key);
        if found.is_none() {
            faults.add(self.node.pos, Code::MissingKey, format!("the key {key} is missing"));
        }
        found
    }

    /// A text that must be there; empty after a fault.
    pub fn required_text(&self, key: &str, faults: &mut Faults) -> String {
        self.required(key, faults).and_then(|node| text(node, faults)).unwrap_or_default()
    }

    /// A text that may be absent.
    pub fn text(&self, key: &str, faults: &mut Faults) -> Option<String> {
        self.get(key).and_then(|node| text(node, faults))
    }

    /// A truth value that is false when absent.
    pub fn flag(&self, key: &str, faults: &mut Faults) -> bool {
        self.get(key).and_then(|node| flag(node, faults)).unwrap_or(false)
    }

    /// A whole number that may be absent.
    pub fn integer(&self, key: &str, from: u32, to: u32, faults: &mut Faults) -> Option<u32> {
        self.get(key).and_then(|node| integer(node, from, to, Code::NumberOutOfRange, faults))
    }

    /// A list of words that is empty when absent.
    pub fn words(&self, key: &str, faults: &mut Faults) -> Vec<(String, Pos)> {
        self.get(key).map(|node| words(node, faults)).unwrap_or_default()
    }
}

pub(crate) fn wrong_type(node: &Node, expected: &str, faults: &mut Faults) {
    let found = match &node.value {
        Value::Scalar { text, plain: true } if is_null(text) => "found nothing".to_owned(),
        Value::Scalar { text, plain: true } => format!("found {}", show(text)),
        Value::Scalar { text, .. } => format!("found the quoted text {}", show(text)),
        Value::Seq(_) => "found a list".to_owned(),
        Value::Map(_) => "found a map".to_owned(),
        Value::Broken => return,
    };
    faults.add(node.pos, Code::WrongType, format!("{expected}; {found}"));
}

fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// A name, id or keyword: any scalar but null, as it is written. Not checked as prose.
pub(crate) fn word(node: &Node, faults: &mut Faults) -> Option<String> {
    match &node.value {
        Value::Scalar { text, plain } if !(*plain && is_null(text)) => Some(text.clone()),
        _ => {
            wrong_type(node, "a word is expected", faults);
            None
        }
    }
}

/// A text for people: any scalar but null, without line breaks at its end, held to the rules of every text.
pub(crate) fn text(node: &Node, faults: &mut Faults) -> Option<String> {
    let text = bare_text(node, faults)?;
    texts::check_links(&text, node.pos, faults);
    Some(text)
}

/// The text of a question, which ends with one of the `marks`.
pub(crate) fn question_text(node: &Node, marks: &[char], faults: &mut Faults) -> Option<String> {
    let text = bare_text(node, faults)?;
    texts::check_question(&text, marks, node.pos, faults);
    Some(text)
}

/// A text whose links have a rule of their own.
pub(crate) fn bare_text(node: &Node, faults: &mut Faults) -> Option<String> {
    match &node.value {
        Value::Scalar { text, plain } if !(*plain && is_null(text)) => {
            let text = text.trim_end_matches('\n').to_owned();
            texts::check(&text, node.pos, faults);
            Some(text)
        }
        _ => {
            wrong_type(node, "a text is expected", faults);
            None
        }
    }
}

/// `true` or `false`, unquoted.
pub(crate) fn flag(node: &Node, faults: &mut Faults) -> Option<bool> {
    match &node.value {
        Value::Scalar { text, plain: true } if text == "true" => Some(true),
        Value::Scalar { text, plain: true } if text == "false" => Some(false),
        _ => {
            wrong_type(node, "true or false is expected", faults);
            None
        }
    }
}

/// A whole number from `from` to `to`, unquoted; outside them the fault has the code given.
pub(crate) fn integer(node: &Node, from: u32, to: u32, range: Code, faults: &mut Faults) -> Option<u32> {
    let Value::Scalar { text, plain: true } = &node.value else {
        wrong_type(node, "a whole number is expected", faults);
        return None;
    };
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        // 2.5 is a number, but no weight: the range says so.
        match Exact::parse_decimal(text, NUMBER_PLACES) {
            Ok(_) => {
                faults.add(node.pos, range, format!("{} is not a whole number", show(text)));
            }
            Err(_) => wrong_type(node, "a whole number is expected", faults),
        }
        return None;
    }
    let value = text.parse::<u32>().ok().filter(|n| (from..=to).contains(n));
    if value.is_none() {
        faults.add(node.pos, range, format!("{} is not between {from} and {to}", show(text)));
    }
    value
}

/// A decimal that is no credit, unquoted, exactly as written.
pub(crate) fn number(node: &Node, faults: &mut Faults) -> Option<Exact> {
    let Value::Scalar { text, plain: true } = &node.value else {
        wrong_type(node, "a number is expected", faults);
        return None;
    };
    match Exact::parse_decimal(text, NUMBER_PLACES) {
        Ok(number) => Some(number),
        Err(ExactError::NotANumber) => {
            wrong_type(node, "a decimal number such as 3 or 0.5 is expected", faults);
            None
        }
        Err(error) => {
            faults.add(node.pos, Code::NumberOutOfRange, format!("{}: {error}", show(text)));
            None
        }
    }
}

/// A credit: a decimal with at most 4 places, between 0 and 1.
pub(crate) fn credit(node: &Node, faults: &mut Faults) -> Option<Exact> {
    let Value::Scalar { text, plain: true } = &node.value else {
        wrong_type(node, "a credit is a decimal without quotes", faults);
        return None;
    };
    match Exact::parse_decimal(text, CREDIT_PLACES) {
        Ok(credit) if credit.is_negative() || credit > Exact::one() => {
            faults.add(
                node.pos,
                Code::CreditRange,
                format!("the credit {} is not between 0 and 1", show(text)),
            );
            None
        }
        Ok(credit) => Some(credit),
        Err(error) => {
            faults.add(node.pos, Code::CreditSyntax, format!("the credit {}: {error}", show(text)));
            None
        }
    }
}

/// A day as YYYY-MM-DD.
pub(crate) fn date(node: &Node, faults: &mut Faults) -> Option<NaiveDate> {
    let text = word(node, faults)?;
    let shape = text.len() == 10
        && text.bytes().enumerate().all(|(i, b)| match i {
            4 | 7 => b == b'-',
            _ => b.is_ascii_digit(),
        });
    let day = if shape { NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok() } else { None };
    if day.is_none() {
        faults.add(node.pos, Code::DateSyntax, format!("{} is not a day", show(&text)));
    }
    day
}

/// One of the words in `known`.
pub(crate) fn one_of<T: Copy>(node: &Node, known: &[(&str, T)], faults: &mut Faults) -> Option<T> {
    let text = word(node, faults)?;
    let found = known.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
    if found.is_none() {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        faults.add(node.pos, Code::UnknownWord, format!("{} is none of: {}", show(&text), list(&names)));
    }
    found
}

/// The items of a list.
pub(crate) fn items<'n>(node: &'n Node, faults: &mut Faults) -> &'n [Node] {
    if !matches!(node.value, Value::Seq(_)) {
        wrong_type(node, "a list is expected", faults);
    }
    node.items()
}

/// A list of words with their places.
pub(crate) fn words(node: &Node, faults: &mut Faults) -> Vec<(String, Pos)> {
    let mut found = Vec::new();
    for item in items(node, faults) {
        if let Some(text) = word(item, faults) {
            found.push((text, item.pos));
        }
    }
    found
}

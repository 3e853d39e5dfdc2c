//! Every mistake that an author of a file can make, each with a stable code.
//!
//! A code is never renamed and never changes its meaning. To add one: a line in the table of `code.rs`, a check in
//! the file of its family, and the smallest file that yields it as `tests/lint/<code>.yaml`.
//!
//! Families: `ids`, `weights`, `conditions`, `options`, `uses`, `maps`, `intake`, `warnings` look at a whole
//! questionnaire; `texts` is asked for every text while it is read.

mod code;
pub(crate) mod conditions;
pub(crate) mod ids;
pub(crate) mod intake;
pub(crate) mod maps;
pub(crate) mod options;
pub(crate) mod texts;
pub(crate) mod uses;
pub(crate) mod warnings;
pub(crate) mod weights;

use std::fmt;

use serde::Serialize;

pub use code::{Code, Severity};

use super::yaml::Pos;

/// One mistake, or one thing worth a second look, at one place in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Fault {
    /// The name under which the file was given.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// Which rule.
    pub code: Code,
    /// What is wrong here.
    pub message: String,
    /// The question it concerns, when it concerns one.
    pub question: Option<String>,
    /// What to do about it.
    pub hint: String,
}

impl Fault {
    /// Whether it makes a file unusable or is only worth a look.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }
}

impl fmt::Display for Fault {
    /// `file:line:column: code: message (question id)`, and the hint on a line of its own. The message of a warning
    /// begins with the word.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let warning = if self.severity() == Severity::Warning { "warning: " } else { "" };
        write!(f, "{}:{}:{}: {}: {warning}{}", self.file, self.line, self.column, self.code, self.message)?;
        if let Some(question) = &self.question {
            write!(f, " ({question})")?;
        }
        write!(f, "\n    hint: {}", self.hint)
    }
}

/// The exit status of `assay questionnaire lint`: 2 when a file cannot be read, 1 with faults (or with warnings when
/// those are denied), else 0.
#[must_use]
pub fn exit_status(faults: &[Fault], unreadable: bool, deny_warnings: bool) -> u8 {
    match unreadable {
        true => 2,
        false if faults.iter().any(|fault| deny_warnings || fault.severity() == Severity::Fault) => 1,
        false => 0,
    }
}

/// The most findings that are kept for one file; whoever has so many has one cause. The last one says so.
pub const MAX_FAULTS: usize = 10_000;

/// Collects what is found in one file.
#[derive(Debug)]
pub(crate) struct Faults {
    file: String,
    found: Vec<Fault>,
    /// How many were found, kept or not.
    count: usize,
}

impl Faults {
    pub fn new(file: &str) -> Self {
        Self { file: file.to_owned(), found: Vec::new(), count: 0 }
    }

    /// Records something; the question is added later from the place, where it has one.
    pub fn add(&mut self, pos: Pos, code: Code, message: impl Into<String>) -> &mut Fault {
        self.count += 1;
        let fault = Fault {
            file: self.file.clone(),
            line: pos.line,
            column: pos.column,
            code,
            message: message.into(),
            question: None,
            hint: code.hint().to_owned(),
        };
        self.settle();
        let at = self.found.len();
        self.found.push(fault);
        &mut self.found[at]
    }

    /// Beyond the limit one place is used again and again; a warning never takes it from a fault, so that a file
    /// with a fault always shows one.
    fn settle(&mut self) {
        if self.found.len() > MAX_FAULTS + 1
            && let Some(newest) = self.found.pop()
            && newest.severity() == Severity::Fault
        {
            self.found[MAX_FAULTS] = newest;
        }
    }

    /// Records something about one question.
    pub fn add_for(&mut self, question: &str, pos: Pos, code: Code, message: impl Into<String>) {
        self.add(pos, code, message).question = named(question);
    }

    /// How many were found so far.
    pub fn count(&self) -> usize {
        self.count
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Fault> {
        self.found.iter_mut()
    }

    pub fn into_vec(mut self) -> Vec<Fault> {
        self.settle();
        if self.count > self.found.len()
            && let Some(last) = self.found.last_mut()
        {
            last.hint =
                format!("{} ({} findings in this file; the rest is not shown.)", last.hint, self.count);
        }
        self.found
    }
}

/// The question that a fault concerns; an empty id names none.
pub(crate) fn named(question: &str) -> Option<String> {
    Some(clean(question)).filter(|id| !id.is_empty())
}

/// An author's text inside a message: in quotes, without control characters, shortened.
pub(crate) fn show(text: &str) -> String {
    format!("\"{}\"", clean(text))
}

/// Text from outside made fit for one line of output.
pub(crate) fn clean(text: &str) -> String {
    let mut out = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == 80 {
            out.push('…');
            break;
        }
        if c.is_control() || is_invisible(c) { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    out
}

/// Characters that reorder or hide text on a terminal. The joiners that Indic scripts need are not among them.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Up to eight words for a message, in reading order.
pub(crate) fn list(words: &[&str]) -> String {
    let mut shown = words.iter().take(8).map(|word| clean(word)).collect::<Vec<_>>().join(", ");
    if words.len() > 8 {
        shown.push_str(", …");
    }
    shown
}

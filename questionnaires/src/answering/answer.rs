//! An answer: the value given, what supports it, and the reviewer's word on it.

use std::collections::BTreeMap;
use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::exact::Exact;

/// The answers of one assessment by question id. A question that is missing here is blank.
pub type Answers = BTreeMap<String, Answer>;

/// One row of a table answer: cell text by column id. Numbers and dates are kept as they were written.
pub type TableRow = BTreeMap<String, String>;

/// One fault of an input, with the place where it stands, such as `answers.SEC-IAM-01.review.credit`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Fault {
    /// Keys from the outside in, joined by dots; list positions as `[2]`, counted from 0.
    pub path: String,
    /// What is wrong, in words.
    pub message: String,
}

impl Fault {
    /// A fault at `path`.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }

    /// The same fault seen from further out.
    #[must_use]
    pub fn within(self, outer: &str) -> Self {
        let path = match (outer.is_empty(), self.path.is_empty()) {
            (true, _) => self.path,
            (_, true) => outer.to_owned(),
            _ if self.path.starts_with('[') => format!("{outer}{}", self.path),
            _ => format!("{outer}.{}", self.path),
        };
        Self { path, message: self.message }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.is_empty() {
            true => f.write_str(&self.message),
            false => write!(f, "{}: {}", self.path, self.message),
        }
    }
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerValue {
    /// The option of a select_one, or of a file question with options.
    One(String),
    /// The options of a select_many, in any order.
    Many(Vec<String>),
    /// A number, as it was written.
    Number(Exact),
    /// A day.
    Date(NaiveDate),
    /// Words.
    Text(String),
    /// Rows of a table; no rows count as blank.
    Rows(Vec<TableRow>),
    /// Names of files, and the option where the question has options.
    Files {
        /// The option; nothing where the question has none.
        choice: Option<String>,
        /// File names or stored ids.
        files: Vec<String>,
    },
    /// The statement is confirmed.
    Attest,
    /// "We do not know": complete for progress, scored as unanswered.
    Unknown,
    /// "Does not apply to us".
    NotApplicable {
        /// Why.
        reason: String,
    },
}

impl AnswerValue {
    /// The chosen option ids; empty for values that are no choices.
    #[must_use]
    pub fn chosen(&self) -> Vec<&str> {
        match self {
            Self::One(option) => vec![option],
            Self::Many(options) => options.iter().map(String::as_str).collect(),
            Self::Files { choice, .. } => choice.iter().map(String::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether it says something: not unknown, not N/A, not an empty table.
    #[must_use]
    pub fn is_substantive(&self) -> bool {
        match self {
            Self::Unknown | Self::NotApplicable { .. } => false,
            Self::Rows(rows) => !rows.is_empty(),
            _ => true,
        }
    }
}

/// One question's answer. Without a value it is blank, and may still hold a note.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Nothing when blank.
    pub value: Option<AnswerValue>,
    /// The vendor's words beside it, at most 4,000 characters; never scored.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
    /// The effective grade of its evidence.
    #[serde(default)]
    pub evidence: Grade,
    /// The reviewer's word.
    #[serde(default)]
    pub review: Review,
}

impl Answer {
    /// An answer with this value, asserted and not reviewed.
    #[must_use]
    pub fn of(value: AnswerValue) -> Self {
        Self { value: Some(value), ..Self::default() }
    }

    /// The chosen option of a select_one.
    pub fn one(option: impl Into<String>) -> Self {
        Self::of(AnswerValue::One(option.into()))
    }

    /// The chosen options of a select_many.
    pub fn many<S: Into<String>>(options: impl IntoIterator<Item = S>) -> Self {
        Self::of(AnswerValue::Many(options.into_iter().map(Into::into).collect()))
    }

    /// N/A with a reason, without a verdict.
    pub fn na(reason: impl Into<String>) -> Self {
        Self::of(AnswerValue::NotApplicable { reason: reason.into() })
    }

    /// The same answer with this evidence grade.
    #[must_use]
    pub fn graded(mut self, grade: Grade) -> Self {
        self.evidence = grade;
        self
    }

    /// The same answer with this review.
    #[must_use]
    pub fn reviewed(mut self, review: Review) -> Self {
        self.review = review;
        self
    }

    /// The value when it says something: not blank, unknown, N/A or an empty table.
    #[must_use]
    pub fn substantive(&self) -> Option<&AnswerValue> {
        self.value.as_ref().filter(|value| value.is_substantive())
    }
}

/// How well an answer is proven: the best unexpired citation, or the reviewer's rejection of the answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// The evidence contradicts the answer: factor 0.
    Rejected,
    /// The vendor's word alone: factor 1/4.
    #[default]
    Asserted,
    /// A file or link is there: factor 1/2.
    Supplied,
    /// A reviewer read it and it supports the answer: factor 3/4.
    Accepted,
    /// Independent proof, accepted: factor 1.
    Independent,
}

impl Grade {
    /// Every grade, worst first.
    pub const ALL: [Self; 5] =
        [Self::Rejected, Self::Asserted, Self::Supplied, Self::Accepted, Self::Independent];

    /// The evidence factor e in [0, 1].
    #[must_use]
    pub fn factor(self) -> Exact {
        match self {
            Self::Rejected => Exact::zero(),
            Self::Asserted => Exact::ratio(1, 4),
            Self::Supplied => Exact::ratio(1, 2),
            Self::Accepted => Exact::ratio(3, 4),
            Self::Independent => Exact::one(),
        }
    }

    /// The word used in files and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Asserted => "asserted",
            Self::Supplied => "supplied",
            Self::Accepted => "accepted",
            Self::Independent => "independent",
        }
    }

    /// The grade that goes by this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grade| grade.as_str() == word)
    }
}

/// The reviewer's word on one answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// Verdict on an N/A.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub na: Option<NaVerdict>,
    /// Replaces the option's credit; in [0, 1].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub credit: Option<Exact>,
    /// A compensating control lifts the credit.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub compensating: Option<Compensating>,
    /// The answer to a scope question is accepted as given, so nothing widens it.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub scope_accepted: bool,
}

/// Verdict on an N/A.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NaVerdict {
    /// It does not apply.
    Accepted,
    /// It does apply.
    Rejected,
}

/// How far a compensating control makes up for a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compensating {
    /// Credit at least 1/2.
    Partial,
    /// Credit at least 3/4.
    Substantial,
}

impl Compensating {
    /// The least credit that it gives.
    #[must_use]
    pub fn credit(self) -> Exact {
        match self {
            Self::Partial => Exact::ratio(1, 2),
            Self::Substantial => Exact::ratio(3, 4),
        }
    }
}

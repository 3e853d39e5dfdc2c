//! A questionnaire as the rest of the product sees it: scales resolved, used questions copied in, defaults filled.
//!
//! These types say nothing about where in a file something stood; the loader checks the rules of the format and
//! builds them. Their JSON is the form that an assessment pins: exact numbers as text, absent keys left out.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::exact::Exact;

/// A versioned list of sections and questions; immutable once sent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Questionnaire {
    /// Always `assay/1`.
    pub format: String,
    /// What the file is for.
    pub kind: Kind,
    /// `[a-z0-9-]{3,40}`.
    pub id: String,
    /// Major.minor.patch.
    pub version: String,
    /// Shown to everybody.
    pub title: String,
    /// Language of the texts, such as `en`.
    pub locale: String,
    /// Under which licence the text may be used.
    pub license: String,
    /// Who answers.
    pub audience: Audience,
    /// How long answering takes.
    pub minutes: u32,
    /// Shown before the first question.
    pub description: String,
    /// Whether its residual risk enters the assessment's.
    pub counts_to_residual: bool,
    /// Sets the default due time; otherwise 14 days.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub due_hours: Option<u32>,
    /// What the buyer tells: its own, then those brought by used questions.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub facts: Vec<Fact>,
    /// In file order.
    pub sections: Vec<Section>,
    /// Contradictions put to the vendor before submit; never scored.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub checks: Vec<Check>,
}

/// What a questionnaire file is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Asked and scored.
    #[default]
    Questionnaire,
    /// Gives the tier and the facts; never scored.
    Intake,
}

/// Who answers a questionnaire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// The vendor, in the portal.
    #[default]
    Vendor,
    /// The tenant itself.
    Buyer,
}

/// Something that the buyer already told us.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// Named by conditions and `widen`.
    pub id: String,
    /// In words.
    pub label: String,
    /// Its value when it is not given.
    pub default: bool,
}

/// A page of questions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Three capitals.
    pub id: String,
    /// Shown above the questions.
    pub title: String,
    /// Topics of its own questions.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub topics: Vec<String>,
    /// Multiplies the weights of its questions; above 0.
    pub multiplier: Exact,
    /// Hides the whole section when false.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub show_if: Option<Condition>,
    /// Its own questions, then the used ones in the order listed.
    pub questions: Vec<Question>,
}

impl Default for Section {
    fn default() -> Self {
        Self {
            id: String::new(),
            title: String::new(),
            topics: Vec::new(),
            multiplier: Exact::one(),
            show_if: None,
            questions: Vec::new(),
        }
    }
}

/// One question, with everything needed to ask and score it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Stable for ever.
    pub id: String,
    /// Ends with a question mark, at most 130 characters.
    pub text: String,
    /// Paragraphs and https links.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub help: Option<String>,
    /// What kind of answer is expected.
    #[serde(rename = "type")]
    pub answer_type: AnswerType,
    /// The scale that the options came from, in the file where the question is at home; for translations.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub scale: Option<String>,
    /// The choices, whether they stood here or in a scale, in file order.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub options: Vec<Choice>,
    /// Credits of a number or date, ascending; the last has no `upto`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub bands: Vec<Band>,
    /// How the credits of several choices combine; present on every scored select_many.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub credit_mode: Option<CreditMode>,
    /// Blocks submit when blank; weight 0 only.
    #[serde(skip_serializing_if = "is_false", default)]
    pub required: bool,
    /// Present when "not applicable" may be claimed: the hint for the reason.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub na: Option<String>,
    /// 0 (unscored) to 5.
    pub weight: u8,
    /// Present when a low credit caps the rating.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub critical: Option<Critical>,
    /// Hides the question when false.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub show_if: Option<Condition>,
    /// `zero` when a scored gate may hide it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub if_hidden: Option<IfHidden>,
    /// What the buyer already knows about the answer; without effect unless a condition names the question.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub widen: Vec<Widen>,
    /// The controls it says something about.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub maps: Vec<MapRef>,
    /// What would prove the answer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub evidence: Option<String>,
    /// From this tier on, evidence is asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub evidence_required_from: Option<Tier>,
    /// What to do about a gap.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fix: Option<String>,
    /// Overrides the days that the severity gives.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sla_days: Option<u32>,
    /// In addition to the section's.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub topics: Vec<String>,
    /// Control sets whose certificate proves the answer by itself.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub assured_by: Vec<String>,
    /// File name endings that a file answer may have.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub accept: Vec<String>,
    /// Largest file, in megabytes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub max_mb: Option<u32>,
    /// Columns of a table.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub columns: Vec<Column>,
    /// Most rows of a table.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub max_rows: Option<u32>,
    /// Intake only: the factor's weight in the inherent risk.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub factor_weight: Option<u8>,
    /// Where a used question is at home.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub used_from: Option<UsedFrom>,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// The questionnaire in which a used question is at home, with its exact version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UsedFrom {
    /// Its id.
    pub questionnaire: String,
    /// The version that was found for the asked range.
    pub version: String,
}

/// What kind of answer a question expects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerType {
    /// One option.
    #[default]
    SelectOne,
    /// One option or more.
    SelectMany,
    /// A decimal number.
    Number,
    /// A day.
    Date,
    /// Words.
    Text,
    /// Files; with options also a choice.
    File,
    /// Rows of columns.
    Table,
    /// A named statement.
    Attest,
}

/// How the credits of a select_many combine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreditMode {
    /// The sum, at most 1.
    SumCapped,
}

/// What a scored question counts when a scored gate hides it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IfHidden {
    /// Credit 0, in the denominator.
    Zero,
}

/// One option of a question, scale or column.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// Unique among its siblings, stable for ever.
    pub id: String,
    /// Shown to people.
    pub label: String,
    /// In [0, 1]; present on every option of a scored question.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub credit: Option<Exact>,
    /// Stands alone in a select_many.
    #[serde(skip_serializing_if = "is_false", default)]
    pub exclusive: bool,
    /// Asks for a date and pre-fills an action.
    #[serde(skip_serializing_if = "is_false", default)]
    pub plan: bool,
    /// The note becomes required before Ready.
    #[serde(skip_serializing_if = "is_false", default)]
    pub explain: bool,
    /// The finding's own text.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub finding: Option<String>,
    /// Intake only: 0 to 4.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub points: Option<u8>,
    /// Intake only: the facts that choosing it makes true.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub sets_facts: Vec<String>,
}

/// The credit of a number, or of the age of a date in full months, up to a bound.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// The largest value in the band; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub upto: Option<Exact>,
    /// In [0, 1].
    pub credit: Exact,
}

/// Marks a question whose failure caps the rating.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Critical {
    /// How far a failure caps.
    pub level: CriticalLevel,
    /// The smallest credit that does not fail; in (0, 1].
    pub pass: Exact,
}

/// How far a failed critical question caps the rating.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CriticalLevel {
    /// One or two cap at C, three or more at D.
    Major,
    /// One caps at D.
    Blocker,
}

/// A fact of the buyer's that makes the answer of a scope question wider.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Widen {
    /// When this fact is true,
    pub fact: String,
    /// the answer is at least this option.
    pub to: String,
}

/// When a section or question is shown, or a check holds. The JSON is the file's own form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Condition {
    /// The chosen option is one of these (select_one).
    In {
        /// Question id.
        q: String,
        /// Never empty.
        #[serde(rename = "in")]
        options: Vec<String>,
    },
    /// Answered, and nothing chosen is one of these (select_one, select_many).
    NotIn {
        /// Question id.
        q: String,
        /// Never empty.
        #[serde(rename = "not_in")]
        options: Vec<String>,
    },
    /// One of these is chosen (select_many).
    AnyOf {
        /// Question id.
        q: String,
        /// Never empty.
        #[serde(rename = "any_of")]
        options: Vec<String>,
    },
    /// The number is at least this.
    Gte {
        /// Question id.
        q: String,
        /// The bound, included.
        #[serde(rename = "gte")]
        value: Exact,
    },
    /// The number is at most this.
    Lte {
        /// Question id.
        q: String,
        /// The bound, included.
        #[serde(rename = "lte")]
        value: Exact,
    },
    /// There is an answer; always `true` in files.
    Answered {
        /// Question id.
        q: String,
        /// Always true.
        answered: bool,
    },
    /// The fact has this value.
    Profile {
        /// Fact id.
        #[serde(rename = "profile")]
        fact: String,
        /// The value looked for.
        is: bool,
    },
    /// The tier is one of these.
    Tier {
        /// Never empty.
        #[serde(rename = "tier")]
        tiers: Vec<Tier>,
    },
    /// Every part is true.
    All {
        /// Never empty.
        all: Vec<Condition>,
    },
    /// At least one part is true.
    Any {
        /// Never empty.
        any: Vec<Condition>,
    },
}

impl Condition {
    /// The question that a single term names; nothing for facts, tiers and combinations.
    #[must_use]
    pub fn question(&self) -> Option<&str> {
        match self {
            Self::In { q, .. }
            | Self::NotIn { q, .. }
            | Self::AnyOf { q, .. }
            | Self::Gte { q, .. }
            | Self::Lte { q, .. }
            | Self::Answered { q, .. } => Some(q),
            Self::Profile { .. } | Self::Tier { .. } | Self::All { .. } | Self::Any { .. } => None,
        }
    }

    /// All single terms, in reading order.
    #[must_use]
    pub fn terms(&self) -> Vec<&Condition> {
        match self {
            Self::All { all: parts } | Self::Any { any: parts } => {
                parts.iter().flat_map(Condition::terms).collect()
            }
            term => vec![term],
        }
    }

    /// The questions named anywhere in it, in reading order, repeats included.
    pub fn questions(&self) -> impl Iterator<Item = &str> {
        self.terms().into_iter().filter_map(Condition::question)
    }
}

/// A contradiction to put to the vendor before submit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Unique within the questionnaire.
    pub id: String,
    /// Evaluated over all answers.
    pub when: Condition,
    /// What the vendor reads.
    pub text: String,
}

/// A column of a table question.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Unique within the table.
    pub id: String,
    /// Shown above the column.
    pub label: String,
    /// What a cell holds.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// Choices of a select_one column.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub options: Vec<Choice>,
    /// Every row must fill it.
    #[serde(skip_serializing_if = "is_false", default)]
    pub required: bool,
}

/// What a table cell holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// Words.
    #[default]
    Text,
    /// A decimal number.
    Number,
    /// A day.
    Date,
    /// One option.
    SelectOne,
}

/// How much harm a service can do before controls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Below 20.
    Low,
    /// From 20.
    Medium,
    /// From 40.
    High,
    /// From 60.
    Critical,
}

impl Tier {
    /// Every tier, lowest first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The word used in files, JSON and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is no tier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a tier is low, medium, high or critical")]
pub struct NotATier;

impl FromStr for Tier {
    type Err = NotATier;

    fn from_str(text: &str) -> Result<Self, NotATier> {
        Self::ALL.into_iter().find(|tier| tier.as_str() == text).ok_or(NotATier)
    }
}

/// One control of one control set, written `set:ref`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MapRef {
    /// Id of the control set.
    pub set: String,
    /// Reference of the control in it; may itself hold colons.
    pub reference: String,
}

impl fmt::Display for MapRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.set, self.reference)
    }
}

/// A text that is not of the form `set:ref`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected <control set id>:<ref>")]
pub struct NotAMapRef;

impl FromStr for MapRef {
    type Err = NotAMapRef;

    fn from_str(text: &str) -> Result<Self, NotAMapRef> {
        match text.split_once(':') {
            Some((set, reference)) if !set.is_empty() && !reference.is_empty() => {
                Ok(Self { set: set.to_owned(), reference: reference.to_owned() })
            }
            _ => Err(NotAMapRef),
        }
    }
}

impl Serialize for MapRef {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for MapRef {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl Questionnaire {
    /// All questions with their section, in file order.
    pub fn questions(&self) -> impl Iterator<Item = (&Section, &Question)> {
        self.sections
            .iter()
            .flat_map(|section| section.questions.iter().map(move |question| (section, question)))
    }

    /// The question with this id.
    #[must_use]
    pub fn question(&self, id: &str) -> Option<&Question> {
        self.questions().map(|(_, question)| question).find(|question| question.id == id)
    }

    /// The fact with this id.
    #[must_use]
    pub fn fact(&self, id: &str) -> Option<&Fact> {
        self.facts.iter().find(|fact| fact.id == id)
    }
}

impl Question {
    /// Whether both ask the same. Where a used question comes from is no part of its content.
    #[must_use]
    pub fn same_content(&self, other: &Self) -> bool {
        let bare = |question: &Self| Self { used_from: None, ..question.clone() };
        std::ptr::eq(self, other) || bare(self) == bare(other)
    }

    /// Whether it counts: weight above 0.
    #[must_use]
    pub fn is_scored(&self) -> bool {
        self.weight > 0
    }

    /// The option with this id.
    #[must_use]
    pub fn option(&self, id: &str) -> Option<&Choice> {
        self.options.iter().find(|option| option.id == id)
    }
}

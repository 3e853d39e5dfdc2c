//! View parts that many pages share. Each is rendered by the partial of the same name in `templates/partials/`.

use serde::{Serialize, Serializer};

/// How far from safe: fill, bar glyph and order of everything that shows risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RiskLevel {
    /// Not assessed, N/A, not asked: hatched.
    None = 0,
    /// Low.
    Low = 1,
    /// Moderate (risk), medium (tier, severity).
    Moderate = 2,
    /// High.
    High = 3,
    /// Critical.
    Critical = 4,
}

impl RiskLevel {
    /// The level that fills a score's letter: A and B low, C moderate, D high, E critical, else none.
    #[must_use]
    pub fn of_letter(letter: &str) -> Self {
        match letter {
            "A" | "B" => Self::Low,
            "C" => Self::Moderate,
            "D" => Self::High,
            "E" => Self::Critical,
            _ => Self::None,
        }
    }

    /// The level of a tier, severity or residual risk by its API name.
    #[must_use]
    pub fn of_name(name: &str) -> Self {
        match name {
            "low" => Self::Low,
            "moderate" | "medium" => Self::Moderate,
            "high" => Self::High,
            "critical" => Self::Critical,
            _ => Self::None,
        }
    }
}

impl Serialize for RiskLevel {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(*self as u8)
    }
}

/// A pill: fill, bar glyph, word. Helper `band`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Band {
    /// Decides fill and glyph.
    pub level: RiskLevel,
    /// The words in the pill.
    pub text: String,
}

impl Band {
    /// A tier, severity or residual risk by its API name: `high` becomes "High", anything unknown "Not assessed".
    #[must_use]
    pub fn named(name: &str) -> Self {
        let level = RiskLevel::of_name(name);
        let text = if level == RiskLevel::None { "Not assessed".to_owned() } else { capitalised(name) };
        Self { level, text }
    }

    /// A residual risk with the word risk: "High risk".
    #[must_use]
    pub fn residual(name: &str) -> Self {
        let band = Self::named(name);
        if band.level == RiskLevel::None {
            band
        } else {
            Self { text: format!("{} risk", band.text), ..band }
        }
    }

    /// A rating with its score: "C 92.1".
    #[must_use]
    pub fn scored(letter: &str, score: &str) -> Self {
        Self { level: RiskLevel::of_letter(letter), text: format!("{letter} {score}") }
    }

    /// Hatched, with words such as "Not assessed", "N/A".
    #[must_use]
    pub fn none(text: impl Into<String>) -> Self {
        Self { level: RiskLevel::None, text: text.into() }
    }
}

/// What an assessment came to, a pill for each questionnaire, and the way to why. Partial `results`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResultsView {
    /// A pill for each questionnaire.
    pub lines: Vec<LabelledBand>,
    /// The page of the score.
    pub why: String,
    /// What was assessed, for who cannot see what stands beside it.
    pub about: String,
}

impl ResultsView {
    /// One questionnaire, for samples of pages.
    pub(super) fn sample() -> Self {
        Self {
            lines: vec![LabelledBand {
                label: "Supplier security".to_owned(),
                band: Band::scored("C", "92.1"),
            }],
            why: "/assessments/1/score".to_owned(),
            about: "Lumen Triage".to_owned(),
        }
    }
}

/// A pill with a word before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LabelledBand {
    /// The word.
    pub label: String,
    /// The pill.
    pub band: Band,
}

/// A rating tile: letter, word and claimed score. Partial `rating` (and `rating_big`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rating {
    /// Decides the fill.
    pub level: RiskLevel,
    /// `A` to `E`, or a dash.
    pub letter: String,
    /// Strong, good, fair, weak, poor; or why there is none.
    pub word: String,
    /// The claimed score with one decimal; nothing when not assessed.
    pub claimed: Option<String>,
}

impl Rating {
    /// A rating by its letter and the claimed score as shown.
    #[must_use]
    pub fn new(letter: &str, claimed: &str) -> Self {
        Self {
            level: RiskLevel::of_letter(letter),
            letter: letter.to_owned(),
            word: rating_word(letter).to_owned(),
            claimed: Some(claimed.to_owned()),
        }
    }

    /// No rating, with the reason in a few words.
    #[must_use]
    pub fn none(word: impl Into<String>) -> Self {
        Self { level: RiskLevel::None, letter: "\u{2013}".to_owned(), word: word.into(), claimed: None }
    }
}

/// The word of a rating or band letter: A strong, B good, C fair, D weak, E poor.
#[must_use]
pub fn rating_word(letter: &str) -> &'static str {
    match letter {
        "A" => "Strong",
        "B" => "Good",
        "C" => "Fair",
        "D" => "Weak",
        "E" => "Poor",
        _ => "Not assessed",
    }
}

/// One cell of a heat table, filled by the score's band. Helper `cell`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScoreCell {
    /// Decides fill and glyph.
    pub level: RiskLevel,
    /// The score with one decimal, or a dash.
    pub value: String,
    /// The band's letter, or `N/A`.
    pub letter: String,
    /// Where the answers behind it are.
    pub href: Option<String>,
}

impl ScoreCell {
    /// A score in its band.
    #[must_use]
    pub fn new(letter: &str, value: &str) -> Self {
        Self {
            level: RiskLevel::of_letter(letter),
            value: value.to_owned(),
            letter: letter.to_owned(),
            href: None,
        }
    }

    /// Nothing to score: `N/A`, "Not asked".
    #[must_use]
    pub fn none(letter: &str) -> Self {
        Self { level: RiskLevel::None, value: "\u{2013}".to_owned(), letter: letter.to_owned(), href: None }
    }

    /// Makes it a link.
    #[must_use]
    pub fn href(mut self, href: impl Into<String>) -> Self {
        self.href = Some(href.into());
        self
    }
}

/// One error of a form, with the field it belongs to. Partial `error_summary` shows `page.errors`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorItem {
    /// The same words as beside the field.
    pub text: String,
    /// `#` and the id of the field; nothing when no field is to blame.
    pub href: Option<String>,
}

impl ErrorItem {
    /// An error of the field with this id.
    #[must_use]
    pub fn at(field_id: &str, text: impl Into<String>) -> Self {
        Self { text: text.into(), href: Some(format!("#{field_id}")) }
    }

    /// An error of the whole form.
    #[must_use]
    pub fn general(text: impl Into<String>) -> Self {
        Self { text: text.into(), href: None }
    }
}

/// A breadcrumb. Partial `crumbs` shows `page.crumbs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Crumb {
    /// The parent's name.
    pub label: String,
    /// The parent's address.
    pub href: String,
}

/// A link of a navigation, of tabs (`tabs`) or of chips (`chips`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NavItem {
    /// Its words.
    pub label: String,
    /// Where it goes.
    pub href: String,
    /// Whether it is this page.
    pub current: bool,
}

impl NavItem {
    /// A link elsewhere.
    #[must_use]
    pub fn new(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self { label: label.into(), href: href.into(), current: false }
    }

    /// Marks this page.
    #[must_use]
    pub fn current(mut self, current: bool) -> Self {
        self.current = current;
        self
    }
}

/// A list of links with a name. Partial `tabs`.
#[derive(Debug, Clone, Serialize)]
pub struct Tabs {
    /// Accessible name.
    pub label: String,
    /// The links.
    pub items: Vec<NavItem>,
}

/// A plain link or a link that looks like a button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Its words.
    pub label: String,
    /// Where it goes.
    pub href: String,
}

impl Link {
    /// A link.
    #[must_use]
    pub fn new(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self { label: label.into(), href: href.into() }
    }
}

/// The foot of a long list. Partial `pager`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pager {
    /// For instance "1 to 50 of 120 vendors".
    pub text: String,
    /// Address of the page before.
    pub previous: Option<String>,
    /// Address of the page after.
    pub next: Option<String>,
}

/// What just happened, or what to know. Partial `notice`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FlashNotice {
    /// `ok`, `info` or `bad`.
    pub kind: &'static str,
    /// The icon.
    pub icon: &'static str,
    /// One or two sentences.
    pub text: String,
}

impl FlashNotice {
    /// It worked.
    #[must_use]
    pub fn ok(text: impl Into<String>) -> Self {
        Self { kind: "ok", icon: "circle-check", text: text.into() }
    }

    /// Good to know.
    #[must_use]
    pub fn info(text: impl Into<String>) -> Self {
        Self { kind: "info", icon: "info", text: text.into() }
    }

    /// It did not work.
    #[must_use]
    pub fn bad(text: impl Into<String>) -> Self {
        Self { kind: "bad", icon: "circle-alert", text: text.into() }
    }
}

/// The saved line of the portal's head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SavedLine {
    /// For instance "All answers saved, 14:32".
    pub text: String,
    /// True when something is not saved.
    pub waiting: bool,
}

/// One label and value of a fact list. Partials `facts` (a strip) and `kv` (lines).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// The label.
    pub label: String,
    /// The value; nothing when a band stands in its place.
    pub value: Option<String>,
    /// A pill in place of the value.
    pub band: Option<Band>,
    /// Small print under the value.
    pub note: Option<String>,
    /// Makes the value a link.
    pub href: Option<String>,
}

impl Fact {
    /// A label with its value.
    #[must_use]
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: Some(value.into()), band: None, note: None, href: None }
    }

    /// A label with a pill.
    #[must_use]
    pub fn band(label: impl Into<String>, band: Band) -> Self {
        Self { label: label.into(), value: None, band: Some(band), note: None, href: None }
    }

    /// Adds small print.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// Makes the value a link.
    #[must_use]
    pub fn href(mut self, href: impl Into<String>) -> Self {
        self.href = Some(href.into());
        self
    }
}

/// What will appear here, and the one next act. Partial `empty`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EmptyState {
    /// One line.
    pub title: String,
    /// What will appear here.
    pub text: String,
    /// The next act.
    pub action: Option<Link>,
}

/// The head of a sortable column. Partial `th`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// The column's name.
    pub label: String,
    /// True for numbers.
    pub num: bool,
    /// Address of the list sorted by this column; nothing when it cannot be sorted.
    pub href: Option<String>,
    /// `ascending` or `descending` when the list is sorted by it.
    pub sort: Option<&'static str>,
}

impl Column {
    /// A column of text.
    #[must_use]
    pub fn text(label: impl Into<String>) -> Self {
        Self { label: label.into(), num: false, href: None, sort: None }
    }

    /// A column of numbers.
    #[must_use]
    pub fn num(label: impl Into<String>) -> Self {
        Self { num: true, ..Self::text(label) }
    }

    /// Makes it sortable.
    #[must_use]
    pub fn sortable(mut self, href: impl Into<String>, sort: Option<&'static str>) -> Self {
        self.href = Some(href.into());
        self.sort = sort;
        self
    }
}

/// One step of a wizard. Partial `steps`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Its name.
    pub label: String,
    /// Address to go back to it; only for steps already done.
    pub href: Option<String>,
    /// Whether it is this page.
    pub current: bool,
}

/// The portal's bar of sections: one piece per section, wide as its questions, dark as far as it is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SectionProgress {
    /// In words, for instance "113 of 141 questions answered."
    pub label: String,
    /// Width of the drawing.
    pub width: u32,
    /// The pieces.
    pub pieces: Vec<ProgressPiece>,
}

/// One section of the bar; lengths in units of the drawing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProgressPiece {
    /// Start.
    pub x: u32,
    /// Length.
    pub w: u32,
    /// Length of the answered part.
    pub done: u32,
    /// Top: the open section is taller.
    pub y: u32,
    /// Height.
    pub h: u32,
}

impl SectionProgress {
    /// The bar for sections given as (answered, questions, is open now).
    #[must_use]
    pub fn new(sections: &[(u32, u32, bool)]) -> Self {
        const UNIT: u32 = 20;
        const GAP: u32 = 6;
        let mut x = 0;
        let mut pieces = Vec::with_capacity(sections.len());
        for &(answered, questions, open) in sections {
            let w = questions.max(1) * UNIT;
            let done = answered.min(questions) * UNIT;
            pieces.push(ProgressPiece {
                x,
                w,
                done,
                y: if open { 0 } else { 2 },
                h: if open { 9 } else { 5 },
            });
            x += w + GAP;
        }
        let answered: u32 = sections.iter().map(|s| s.0).sum();
        let questions: u32 = sections.iter().map(|s| s.1).sum();
        let label = format!("{answered} of {questions} questions answered.");
        Self { label, width: x.saturating_sub(GAP).max(1), pieces }
    }
}

/// Two letters for a person's round tile: first letters of the first and the last word, without what is in brackets.
#[must_use]
pub fn initials(name: &str) -> String {
    let mut words = name
        .split('(')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let first = words.next();
    let last = words.next_back();
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

/// The first letter in upper case, underscores as spaces: `risk_manager` becomes "Risk manager".
#[must_use]
pub fn capitalised(name: &str) -> String {
    let spaced = name.replace('_', " ");
    let mut chars = spaced.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

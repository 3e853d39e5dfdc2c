//! A questionnaire file while it is being judged: its values beside the places where they stood.

use std::collections::{HashMap, HashSet};

use super::definition::{Band, Check, Choice, Condition, Question, Questionnaire, Section};
use super::version::VersionRange;
use super::yaml::{Node, Pos};

/// A questionnaire with places. Own questions until `uses` is expanded, then all of them in order.
#[derive(Debug)]
pub(crate) struct Draft<'n> {
    /// Everything but sections.
    pub head: Questionnaire,
    pub root: &'n Node,
    pub sections: Vec<SectionDraft<'n>>,
    pub questions: Vec<QuestionDraft<'n>>,
    pub checks: Vec<(Check, Vec<Pos>)>,
}

/// A section with places.
#[derive(Debug)]
pub(crate) struct SectionDraft<'n> {
    /// Without its questions.
    pub section: Section,
    pub node: &'n Node,
    /// The place of each term of `show_if`.
    pub terms: Vec<Pos>,
    pub uses: Vec<UseDraft>,
}

/// One entry of `uses`.
#[derive(Debug)]
pub(crate) struct UseDraft {
    pub questionnaire: String,
    pub pos: Pos,
    pub range: Option<VersionRange>,
    pub range_text: String,
    pub range_pos: Pos,
    pub questions: Vec<(String, Pos)>,
}

/// A question with places.
#[derive(Debug)]
pub(crate) struct QuestionDraft<'n> {
    pub question: Question,
    /// Index of its section.
    pub section: usize,
    /// Nothing for a used question.
    pub node: Option<&'n Node>,
    /// Where it stands, or where its id stands under `uses`.
    pub pos: Pos,
    /// The place of each term of `show_if`.
    pub terms: Vec<Pos>,
    pub sound: Sound,
}

/// What could be read without a fault. Rules that need a broken part stay silent, so that one mistake is one fault.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sound {
    pub id: bool,
    pub weight: bool,
    pub answer_type: bool,
    /// The list of options and their ids.
    pub options: bool,
    /// The credits of options and bands.
    pub credits: bool,
    pub show_if: bool,
}

impl Sound {
    pub const ALL: Self =
        Self { id: true, weight: true, answer_type: true, options: true, credits: true, show_if: true };
}

impl QuestionDraft<'_> {
    pub fn id(&self) -> &str {
        &self.question.id
    }

    /// Where a key's value stands; the question itself when it is used or lacks the key.
    pub fn at(&self, key: &str) -> Pos {
        self.node.and_then(|node| node.get(key)).map_or(self.pos, |node| node.pos)
    }

    pub fn has(&self, key: &str) -> bool {
        self.node.is_some_and(|node| node.get(key).is_some())
    }

    /// Known to be scored.
    pub fn scored(&self) -> bool {
        self.sound.weight && self.question.weight > 0
    }

    /// Known to be unscored.
    pub fn unscored(&self) -> bool {
        self.sound.weight && self.question.weight == 0
    }

    /// The condition's terms with their places.
    pub fn placed_terms(&self) -> Vec<(&Condition, Pos)> {
        placed(self.question.show_if.as_ref(), &self.terms, self.pos)
    }
}

/// Pairs the terms of a condition with their places.
pub(crate) fn placed<'c>(
    condition: Option<&'c Condition>,
    places: &[Pos],
    other: Pos,
) -> Vec<(&'c Condition, Pos)> {
    let terms = condition.map(Condition::terms).unwrap_or_default();
    terms.into_iter().enumerate().map(|(i, term)| (term, places.get(i).copied().unwrap_or(other))).collect()
}

impl<'n> Draft<'n> {
    /// The position of each question id; the first one where an id repeats. Nothing can name an empty id.
    pub fn index(&self) -> HashMap<&str, usize> {
        let mut index = HashMap::with_capacity(self.questions.len());
        for (at, question) in self.questions.iter().enumerate().filter(|(_, q)| !q.id().is_empty()) {
            index.entry(question.id()).or_insert(at);
        }
        index
    }

    /// Ids that some `show_if` names. Checks do not make a question a gate.
    pub fn gates(&self) -> HashSet<&str> {
        let sections = self.sections.iter().filter_map(|s| s.section.show_if.as_ref());
        let questions = self.questions.iter().filter_map(|q| q.question.show_if.as_ref());
        sections.chain(questions).flat_map(Condition::questions).collect()
    }

    /// The definition with whatever questions it has now.
    pub fn to_questionnaire(&self) -> Questionnaire {
        let mut whole = self.head.clone();
        whole.sections = self.sections.iter().map(|s| s.section.clone()).collect();
        for question in &self.questions {
            if let Some(section) = whole.sections.get_mut(question.section) {
                section.questions.push(question.question.clone());
            }
        }
        whole.checks = self.checks.iter().map(|(check, _)| check.clone()).collect();
        whole
    }
}

/// The credits that a question's answers can have.
pub(crate) fn credits(options: &[Choice], bands: &[Band]) -> Vec<crate::exact::Exact> {
    options.iter().filter_map(|o| o.credit.clone()).chain(bands.iter().map(|b| b.credit.clone())).collect()
}

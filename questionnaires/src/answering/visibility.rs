//! Which questions are shown for these answers, facts and tier; how far the answering is; which checks fire.
//!
//! One pass in file order is enough, because a condition names only earlier questions.

use std::collections::{BTreeSet, HashMap};

use super::answer::{Answer, AnswerValue, Answers, Grade};
use super::condition::{BuyerSide, Effective, Facts, term_holds};
use crate::definition::{AnswerType, Check, Condition, Fact, Question, Questionnaire, Tier};

/// One questionnaire seen through its answers: for every question whether it is shown and what conditions see.
pub(crate) struct Sight<'a> {
    /// Every question with the position of its section, in file order.
    pub(crate) rows: Vec<(usize, &'a Question)>,
    /// Position in `rows` by question id.
    pub(crate) position: HashMap<&'a str, usize>,
    /// Whether a section's or question's `show_if` names it.
    pub(crate) named: Vec<bool>,
    /// The answer as given, hidden or not.
    pub(crate) answers: Vec<Option<&'a Answer>>,
    /// By section position.
    pub(crate) section_shown: Vec<bool>,
    /// Whether the question's own condition holds (true without one).
    pub(crate) own_holds: Vec<bool>,
    /// What conditions see.
    pub(crate) effective: Vec<Effective<'a>>,
    /// Facts and tier.
    pub(crate) buyer: BuyerSide<'a>,
}

impl<'a> Sight<'a> {
    pub(crate) fn new(
        questionnaire: &'a Questionnaire,
        answers: &'a Answers,
        facts: &Facts,
        tier: Option<Tier>,
    ) -> Self {
        let rows: Vec<(usize, &Question)> = questionnaire
            .sections
            .iter()
            .enumerate()
            .flat_map(|(section, content)| content.questions.iter().map(move |question| (section, question)))
            .collect();
        let position: HashMap<&str, usize> =
            rows.iter().enumerate().map(|(row, (_, question))| (question.id.as_str(), row)).collect();
        let mut sight = Self {
            named: vec![false; rows.len()],
            answers: rows.iter().map(|(_, question)| answers.get(&question.id)).collect(),
            section_shown: Vec::with_capacity(questionnaire.sections.len()),
            own_holds: Vec::with_capacity(rows.len()),
            effective: vec![Effective::Blank; rows.len()],
            buyer: BuyerSide::new(questionnaire, facts, tier),
            rows,
            position,
        };
        for id in named_ids(questionnaire) {
            if let Some(&row) = sight.position.get(id) {
                sight.named[row] = true;
            }
        }
        let mut row = 0;
        for (section, content) in questionnaire.sections.iter().enumerate() {
            let shown = content.show_if.as_ref().is_none_or(|condition| sight.holds(condition));
            sight.section_shown.push(shown);
            for question in &content.questions {
                let holds = question.show_if.as_ref().is_none_or(|condition| sight.holds(condition));
                sight.own_holds.push(holds);
                if sight.section_shown[section] && holds {
                    sight.effective[row] = sight.effective_answer(question, sight.answers[row]);
                }
                row += 1;
            }
        }
        sight
    }

    /// Whether the question at this position is shown.
    pub(crate) fn shown(&self, row: usize) -> bool {
        self.section_shown[self.rows[row].0] && self.own_holds[row]
    }

    /// Whether a term on the question `id` holds.
    pub(crate) fn term(&self, term: &Condition, id: &str) -> bool {
        self.position.get(id).is_some_and(|&row| term_holds(term, &self.effective[row]))
    }

    fn holds(&self, condition: &Condition) -> bool {
        self.buyer.holds(condition, &|term, id| self.term(term, id))
    }

    /// What conditions see of a shown question: its answer, widened by what the buyer already knows.
    fn effective_answer(&self, question: &'a Question, answer: Option<&'a Answer>) -> Effective<'a> {
        let accepted = answer.is_some_and(|answer| answer.review.scope_accepted);
        if accepted || question.is_scored() {
            return as_given(answer);
        }
        self.widened(question, as_given(answer))
    }

    /// A given answer, made as wide as the facts that hold say it is.
    fn widened(&self, question: &'a Question, given: Effective<'a>) -> Effective<'a> {
        let widths = question.widen.iter().filter(|widen| self.buyer.fact(&widen.fact));
        let widths: Vec<&str> = widths.map(|widen| widen.to.as_str()).collect();
        if widths.is_empty() {
            return given;
        }
        let mut wide: Vec<&str> = match &given {
            Effective::Chosen(chosen) => chosen.iter().copied().chain(widths).collect(),
            _ => widths,
        };
        let place = |id: &str| question.options.iter().position(|option| option.id == id);
        wide.sort_by_key(|id| place(id));
        wide.dedup();
        match question.answer_type {
            AnswerType::SelectMany => {
                wide.retain(|id| !question.option(id).is_some_and(|option| option.exclusive));
            }
            // Options stand from narrow to wide: only the widest remains.
            _ => drop(wide.drain(..wide.len() - 1)),
        }
        match wide.is_empty() {
            true => Effective::Blank,
            false => Effective::Chosen(wide),
        }
    }

    /// The shown scope questions without an answer of their own, in file order.
    pub(crate) fn blank_scope_questions(&self) -> Vec<String> {
        let rows = self.rows.iter().enumerate();
        let blank = rows.filter(|(row, (_, question))| {
            let answer = self.answers[*row].and_then(Answer::substantive);
            self.named[*row] && !question.is_scored() && self.shown(*row) && answer.is_none()
        });
        blank.map(|(_, (_, question))| question.id.clone()).collect()
    }

    /// Whether a check's condition holds: over the answers as given, never widened; hidden answers stay out.
    fn check_holds(&self, condition: &Condition) -> bool {
        self.buyer.holds(condition, &|term, id| {
            self.position
                .get(id)
                .is_some_and(|&row| self.shown(row) && term_holds(term, &as_given(self.answers[row])))
        })
    }
}

fn as_given(answer: Option<&Answer>) -> Effective<'_> {
    match answer.and_then(Answer::substantive) {
        None => Effective::Blank,
        Some(value) => match value.chosen() {
            chosen if chosen.is_empty() => Effective::Value(value),
            chosen => Effective::Chosen(chosen),
        },
    }
}

/// Which sections and questions of one questionnaire are shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Visibility {
    sections: BTreeSet<String>,
    questions: BTreeSet<String>,
}

impl Visibility {
    /// Whether the question is shown.
    #[must_use]
    pub fn shows(&self, question_id: &str) -> bool {
        self.questions.contains(question_id)
    }

    /// Whether the section's own condition holds; all its questions may still be hidden.
    #[must_use]
    pub fn shows_section(&self, section_id: &str) -> bool {
        self.sections.contains(section_id)
    }
}

/// Which sections and questions are shown for these answers, facts and tier.
#[must_use]
pub fn visible(
    questionnaire: &Questionnaire,
    answers: &Answers,
    facts: &Facts,
    tier: Option<Tier>,
) -> Visibility {
    let sight = Sight::new(questionnaire, answers, facts, tier);
    let sections = questionnaire.sections.iter().zip(&sight.section_shown).filter(|(_, shown)| **shown);
    let questions = sight.rows.iter().enumerate().filter(|(row, _)| sight.shown(*row));
    Visibility {
        sections: sections.map(|(section, _)| section.id.clone()).collect(),
        questions: questions.map(|(_, (_, question))| question.id.clone()).collect(),
    }
}

/// The ids that conditions of sections and questions name; those of checks do not count.
#[must_use]
pub fn named_ids(questionnaire: &Questionnaire) -> BTreeSet<&str> {
    let sections = questionnaire.sections.iter().filter_map(|section| section.show_if.as_ref());
    let questions = questionnaire.questions().filter_map(|(_, question)| question.show_if.as_ref());
    sections.chain(questions).flat_map(Condition::questions).collect()
}

/// The scope questions in file order: weight-0 questions that a condition names. Their answers decide what is
/// counted, so each needs a verdict before a decision.
#[must_use]
pub fn scope_questions(questionnaire: &Questionnaire) -> Vec<&Question> {
    let named = named_ids(questionnaire);
    let questions = questionnaire.questions().map(|(_, question)| question);
    questions.filter(|question| !question.is_scored() && named.contains(question.id.as_str())).collect()
}

/// Whether an N/A on this question is valid only once the reviewer has accepted it: on critical questions, and on
/// questions that a condition names.
#[must_use]
pub fn na_needs_acceptance(questionnaire: &Questionnaire, question: &Question) -> bool {
    question.critical.is_some() || named_ids(questionnaire).contains(question.id.as_str())
}

/// How far the answering is. Unknown and N/A count as done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Shown questions.
    pub total: usize,
    /// Shown questions with a value.
    pub done: usize,
    /// Per section, in file order, hidden sections included.
    pub sections: Vec<SectionProgress>,
    /// Shown questions that block submit while blank.
    pub required_blanks: Vec<String>,
    /// Shown scored questions without a value; listed, never blocking.
    pub scored_blanks: Vec<String>,
    /// Shown questions answered "we do not know".
    pub unknowns: Vec<String>,
    /// Shown answers whose evidence is asked for at this tier and that have none; listed, never blocking.
    pub missing_evidence: Vec<String>,
    /// Shown answers whose chosen option asks for a note, without one: their section is not Ready.
    pub missing_notes: Vec<String>,
}

/// How far one section is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SectionProgress {
    /// The section's id.
    pub id: String,
    /// Whether it has anything to show.
    pub shown: bool,
    /// Shown questions.
    pub total: usize,
    /// Shown questions with a value.
    pub done: usize,
    /// Shown questions that need a note before the section is Ready.
    pub notes_missing: usize,
}

/// Counts what is shown, done and still missing.
#[must_use]
pub fn progress(
    questionnaire: &Questionnaire,
    answers: &Answers,
    facts: &Facts,
    tier: Option<Tier>,
) -> Progress {
    let sight = Sight::new(questionnaire, answers, facts, tier);
    let mut progress = Progress::default();
    for section in &questionnaire.sections {
        progress.sections.push(SectionProgress { id: section.id.clone(), ..SectionProgress::default() });
    }
    for (row, (section, question)) in sight.rows.iter().enumerate().filter(|(row, _)| sight.shown(*row)) {
        let section = &mut progress.sections[*section];
        let answer = sight.answers[row];
        let value = answer.and_then(|answer| answer.value.as_ref());
        section.shown = true;
        section.total += 1;
        progress.total += 1;
        if value.is_some() {
            section.done += 1;
            progress.done += 1;
        } else if question.required {
            progress.required_blanks.push(question.id.clone());
        } else if question.is_scored() {
            progress.scored_blanks.push(question.id.clone());
        }
        if matches!(value, Some(AnswerValue::Unknown)) {
            progress.unknowns.push(question.id.clone());
        }
        let Some(answer) = answer else { continue };
        if answer.evidence == Grade::Asserted && evidence_is_asked(question, answer, tier) {
            progress.missing_evidence.push(question.id.clone());
        }
        if needs_note(question, answer) && answer.note.as_ref().is_none_or(|note| note.trim().is_empty()) {
            section.notes_missing += 1;
            progress.missing_notes.push(question.id.clone());
        }
    }
    progress
}

/// Evidence is asked from a tier upward, and never for a plain "No".
fn evidence_is_asked(question: &Question, answer: &Answer, tier: Option<Tier>) -> bool {
    let asked = matches!((question.evidence_required_from, tier), (Some(from), Some(tier)) if tier >= from);
    let Some(value) = answer.substantive() else { return false };
    let chosen = value.chosen();
    let plain_no = !chosen.is_empty()
        && chosen.iter().all(|id| {
            question.option(id).and_then(|option| option.credit.as_ref()).is_some_and(|c| c.is_zero())
        });
    asked && !plain_no
}

fn needs_note(question: &Question, answer: &Answer) -> bool {
    answer.value.as_ref().is_some_and(|value| {
        value.chosen().iter().any(|id| question.option(id).is_some_and(|option| option.explain))
    })
}

/// The contradictions to put to the vendor before submit, in file order.
#[must_use]
pub fn firing_checks<'a>(
    questionnaire: &'a Questionnaire,
    answers: &Answers,
    facts: &Facts,
    tier: Option<Tier>,
) -> Vec<&'a Check> {
    let sight = Sight::new(questionnaire, answers, facts, tier);
    questionnaire.checks.iter().filter(|check| sight.check_holds(&check.when)).collect()
}

/// An answer that is narrower than what the buyer knows.
#[derive(Debug, Clone, PartialEq)]
pub struct AgainstFacts<'a> {
    /// The question.
    pub question: &'a Question,
    /// The facts that hold and say more than the answer.
    pub facts: Vec<&'a Fact>,
    /// Ids of the options that count unless the answer is accepted as given.
    pub widened: Vec<&'a str>,
    /// A reviewer let the answer stand, so it is not widened.
    pub accepted: bool,
}

/// The shown scope questions whose answers contradict the buyer's facts, in file order. A blank, an unknown and a
/// "does not apply" say nothing, so they contradict nothing.
#[must_use]
pub fn answers_against_facts<'a>(
    questionnaire: &'a Questionnaire,
    answers: &'a Answers,
    facts: &Facts,
    tier: Option<Tier>,
) -> Vec<AgainstFacts<'a>> {
    let sight = Sight::new(questionnaire, answers, facts, tier);
    let rows = sight
        .rows
        .iter()
        .enumerate()
        .filter(|(row, (_, question))| sight.named[*row] && !question.is_scored() && sight.shown(*row));
    let found = rows.filter_map(|(row, (_, question))| {
        let answer = sight.answers[row]?;
        let given = answer.substantive()?.chosen();
        let Effective::Chosen(widened) = sight.widened(question, as_given(Some(answer))) else { return None };
        let more: Vec<&str> = widened.iter().copied().filter(|id| !given.contains(id)).collect();
        let says_more = question.widen.iter().filter(|widen| more.contains(&widen.to.as_str()));
        let facts: Vec<&Fact> = says_more
            .filter(|widen| sight.buyer.fact(&widen.fact))
            .filter_map(|widen| questionnaire.fact(&widen.fact))
            .collect();
        let accepted = answer.review.scope_accepted;
        (!more.is_empty()).then_some(AgainstFacts { question, facts, widened, accepted })
    });
    found.collect()
}

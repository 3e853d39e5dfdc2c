//! Answers of an earlier submission, offered again. They count for nothing until a respondent uses them. Pure; which of
//! them still fit is the engine's word (`questionnaires::answering::carry_forward`).

use super::{
    answer::{TypedAnswer, stored_value},
    sheet::{Openness, Sheet, SheetSection},
};
use chrono::{DateTime, Utc};
use questionnaires::{
    answering::{AnswerValue, Answers, carry_forward},
    definition::Questionnaire,
};
use std::{collections::BTreeMap, sync::Arc};

/// An earlier answer that still fits its question.
#[derive(Clone, Debug, PartialEq)]
pub struct EarlierAnswer {
    /// As a form holds it.
    pub typed: TypedAnswer,
    /// The question or its options were worded differently then.
    pub reworded: bool,
}

/// What a vendor handed in before.
#[derive(Clone, Debug, PartialEq)]
pub struct Earlier {
    /// When.
    pub submitted_at: DateTime<Utc>,
    /// About which service.
    pub service: String,
    answers: BTreeMap<String, EarlierAnswer>,
}

impl Earlier {
    /// The answers of `before` that fit what is `asked` now. "We do not know" is asked anew.
    #[must_use]
    pub fn new(
        submitted_at: DateTime<Utc>,
        service: String,
        before: &[Arc<Questionnaire>],
        answers: &Answers,
        asked: &[&Questionnaire],
    ) -> Self {
        let mut fitting = BTreeMap::new();
        for now in asked {
            for then in before {
                let (carried, _) = carry_forward(then, now, answers);
                for one in carried {
                    let value = one.answer.value.as_ref().filter(|value| **value != AnswerValue::Unknown);
                    let Some(stored) = value.and_then(stored_value) else { continue };
                    let typed = TypedAnswer::of_stored(Some(&stored), one.answer.note.as_deref());
                    let earlier = EarlierAnswer { typed, reworded: one.reworded };
                    fitting.entry(one.question).or_insert(earlier);
                }
            }
        }
        Self { submitted_at, service, answers: fitting }
    }

    /// The earlier answer to a question that is open and has none now.
    #[must_use]
    pub fn offered(&self, sheet: &Sheet, question: &str) -> Option<&EarlierAnswer> {
        let blank = sheet.answer(question).is_none_or(|row| row.value.is_none());
        let offered = blank && sheet.openness(question) == Openness::Open;
        self.answers.get(question).filter(|_| offered)
    }

    /// Questions of a section with an earlier answer on offer, in the order asked.
    #[must_use]
    pub fn offered_in<'a>(&self, sheet: &Sheet, section: &'a SheetSection) -> Vec<&'a str> {
        let ids = section.questions.iter().map(|question| question.id.as_str());
        ids.filter(|id| self.offered(sheet, id).is_some()).collect()
    }
}

//! Which earlier answers may prefill a questionnaire that is asked again.

use super::answer::{Answer, AnswerValue, Answers};
use super::check::check_answer;
use crate::definition::{AnswerType, Questionnaire};

/// An earlier answer that fits the new version, without evidence grade and review: both are given anew.
#[derive(Debug, Clone, PartialEq)]
pub struct Carried {
    /// The question.
    pub question: String,
    /// Value and note.
    pub answer: Answer,
    /// The question's text or the options' labels changed since: show both wordings.
    pub reworded: bool,
}

/// Why an earlier answer was left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotCarried {
    /// The new version does not ask it.
    Gone,
    /// It no longer fits the question.
    NoLongerFits,
    /// An attestation is made anew each time.
    Attestation,
}

/// Sorts earlier answers into those that may prefill `to` and those that may not, each in order of question id.
///
/// A question id never changes its meaning, so an answer is carried when it is still allowed for its question.
#[must_use]
pub fn carry_forward(
    from: &Questionnaire,
    to: &Questionnaire,
    answers: &Answers,
) -> (Vec<Carried>, Vec<(String, NotCarried)>) {
    let (mut carried, mut left) = (Vec::new(), Vec::new());
    for (id, answer) in answers {
        let Some(value) = &answer.value else { continue };
        let (Some(earlier), Some(question)) = (from.question(id), to.question(id)) else {
            left.push((id.clone(), NotCarried::Gone));
            continue;
        };
        let prefill = Answer { value: Some(value.clone()), note: answer.note.clone(), ..Answer::default() };
        // A banded date is compared with the day it was given, which the new submission day cannot precede.
        let given_on = match value {
            AnswerValue::Date(date) => Some(*date),
            _ => None,
        };
        if question.answer_type == AnswerType::Attest {
            left.push((id.clone(), NotCarried::Attestation));
        } else if !check_answer(question, &prefill, given_on).is_empty() {
            left.push((id.clone(), NotCarried::NoLongerFits));
        } else {
            let labels = |options: &[crate::definition::Choice]| -> Vec<String> {
                options.iter().map(|option| option.label.clone()).collect()
            };
            let reworded =
                earlier.text != question.text || labels(&earlier.options) != labels(&question.options);
            carried.push(Carried { question: id.clone(), answer: prefill, reworded });
        }
    }
    (carried, left)
}

//! From the buyer's intake answers to factors, facts, inherent risk and the checks that fire.

use std::collections::BTreeMap;

use super::inherent::{Factor, Inherent, Points, inherent};
use crate::answering::{Answers, Facts, Fault, check_answer, firing_checks, visible};
use crate::definition::{Check, Questionnaire};

/// What an answered intake says.
#[derive(Debug, Clone, PartialEq)]
pub struct IntakeResult<'a> {
    /// Points by factor; hidden factors count 0.
    pub points: Points,
    /// Every fact that the intake declares, true or false.
    pub facts: Facts,
    /// Score, tier, floors.
    pub inherent: Inherent,
    /// Contradictions to put to the person who answers.
    pub checks: Vec<&'a Check>,
}

/// Reads an answered intake. Answers to hidden questions are checked for form, then ignored.
///
/// # Errors
///
/// Every fault: unknown questions, answers that are not allowed, and shown required questions that are blank, with
/// paths such as `INH-DAT.choice`.
pub fn read_intake<'a>(intake: &'a Questionnaire, answers: &Answers) -> Result<IntakeResult<'a>, Vec<Fault>> {
    let no_facts = Facts::new();
    let shown = visible(intake, answers, &no_facts, None);
    let mut faults = Vec::new();
    for (id, answer) in answers {
        match intake.question(id) {
            None => faults.push(Fault::new(id.clone(), "the intake has no such question")),
            Some(question) => {
                faults.extend(check_answer(question, answer, None).into_iter().map(|fault| fault.within(id)));
            }
        }
    }
    let mut points = Points::new();
    let mut facts: Facts = intake.facts.iter().map(|fact| (fact.id.clone(), false)).collect();
    for (_, question) in intake.questions().filter(|(_, question)| shown.shows(&question.id)) {
        let value = answers.get(&question.id).and_then(|answer| answer.value.as_ref());
        let Some(value) = value else {
            if question.required {
                faults.push(Fault::new(question.id.clone(), "an answer is needed"));
            }
            continue;
        };
        if question.factor_weight.is_some() && !value.is_substantive() {
            faults.push(Fault::new(
                question.id.clone(),
                "choose one of the options; if unsure, the higher one",
            ));
        }
        for option in value.chosen().into_iter().filter_map(|id| question.option(id)) {
            facts.extend(option.sets_facts.iter().map(|fact| (fact.clone(), true)));
            let factor = question.id.strip_prefix("INH-").and_then(Factor::from_letters);
            if let (Some(factor), Some(p)) = (factor, option.points) {
                points.insert(factor, p);
            }
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    for factor in Factor::ALL {
        points.entry(factor).or_insert(0);
    }
    let inherent = inherent(&points);
    Ok(IntakeResult { checks: firing_checks(intake, answers, &no_facts, None), points, facts, inherent })
}

/// The facts' labels by id, for pages.
#[must_use]
pub fn fact_labels(intake: &Questionnaire) -> BTreeMap<&str, &str> {
    intake.facts.iter().map(|fact| (fact.id.as_str(), fact.label.as_str())).collect()
}

//! What the form of a verdict says: whether it fits the answer that it judges, with every fault at once.

use super::{Desk, GiveVerdict, MAX_WORDS};
use crate::{
    domain::{
        review::{VerdictKind, scope_questions},
        score_inputs::compensating_from_word,
    },
    usecases::{Result, error::Faults},
};
use questionnaires::{
    answering::{Answer, AnswerValue, Compensating, Grade, NaVerdict},
    definition::Question,
    exact::Exact,
};

/// A verdict that was read and fits its answer.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub kind: VerdictKind,
    pub na: Option<NaVerdict>,
    pub scope_accepted: bool,
    pub credit: Option<Exact>,
    pub compensating: Option<Compensating>,
    pub grade: Option<Grade>,
    pub reason: Option<String>,
    pub ask: Option<String>,
}

pub(super) fn read_verdict(desk: &Desk, question: &Question, input: &GiveVerdict) -> Result<Read> {
    let answer = desk.inputs.answers.get(&question.id);
    let cited = desk.citations.iter().any(|citation| citation.question == question.id);
    let scope =
        desk.definitions.questionnaires.iter().any(|q| scope_questions(q).contains(question.id.as_str()));
    read(question, answer, cited, scope, input)
}

fn read(
    question: &Question,
    answer: Option<&Answer>,
    cited: bool,
    scope: bool,
    input: &GiveVerdict,
) -> Result<Read> {
    let mut faults = Faults::default();
    let is_na = matches!(answer.and_then(|a| a.value.as_ref()), Some(AnswerValue::NotApplicable { .. }));
    let answered = answer.is_some_and(|a| a.substantive().is_some());
    let mut read = Read {
        reason: faults.optional("reason", "the reason", Some(&input.reason), MAX_WORDS),
        ..Read::default()
    };
    match VerdictKind::parse(input.verdict.trim()) {
        None => faults.add("verdict", "required", "Choose a verdict"),
        Some(VerdictKind::Accepted) => {
            read.kind = VerdictKind::Accepted;
            // What was typed for another verdict is not thrown away unsaid.
            let typed = [("text", &input.text), ("credit", &input.credit)];
            for (field, _) in typed.iter().filter(|(_, text)| !text.trim().is_empty()) {
                let text =
                    "An accepted answer leaves this out. Choose the verdict that it belongs to, or empty it";
                faults.add(*field, "not_accepted", text);
            }
            read.na = is_na.then_some(NaVerdict::Accepted);
            read.scope_accepted = scope;
        }
        Some(VerdictKind::Asked) => {
            read.kind = VerdictKind::Asked;
            read.ask = Some(faults.required("text", "what to ask the vendor", &input.text, MAX_WORDS));
        }
        Some(VerdictKind::Adjusted) => {
            read.kind = VerdictKind::Adjusted;
            if read.reason.is_none() {
                faults.add("reason", "required", "Say why it counts otherwise");
            }
            if is_na {
                read.na = Some(NaVerdict::Rejected);
            } else if question.is_scored() && answered {
                adjustment(&mut faults, input, &mut read);
            } else if !scope {
                let text =
                    "Only the answer to a scored question can be adjusted; accept it or ask the vendor";
                faults.add("verdict", "not_adjustable", text);
            }
        }
    }
    if let Some(word) = Some(input.grade.trim()).filter(|word| !word.is_empty()) {
        match Grade::from_word(word) {
            None => faults.add("grade", "unknown_option", "Choose a grade from the list"),
            Some(_) if !answered => {
                faults.add("grade", "not_answered", "There is no answer that evidence could support")
            }
            Some(Grade::Accepted | Grade::Independent | Grade::Supplied) if !cited => {
                faults.add(
                    "grade",
                    "no_evidence",
                    "No evidence is cited for this answer; ask the vendor for it",
                );
            }
            Some(Grade::Rejected) if read.reason.is_none() => {
                faults.add("reason", "required", "Say how the evidence contradicts the answer");
            }
            Some(grade) => read.grade = Some(grade),
        }
    }
    faults.finish()?;
    Ok(read)
}

fn adjustment(faults: &mut Faults, input: &GiveVerdict, read: &mut Read) {
    let typed = input.credit.trim();
    if !typed.is_empty() {
        match credit(typed) {
            Some(credit) => read.credit = Some(credit),
            None => {
                faults.add("credit", "not_a_credit", "Write a credit between 0 and 1, such as 3/4 or 0.75")
            }
        }
    }
    let word = input.compensating.trim();
    if !word.is_empty() {
        read.compensating = compensating_from_word(word);
        if read.compensating.is_none() {
            faults.add("compensating", "unknown_option", "Choose partial or substantial");
        }
    }
    if typed.is_empty() && word.is_empty() {
        faults.add("credit", "required", "Enter a credit or choose a compensating control");
    }
}

/// A credit in [0, 1] as a reviewer writes it: a fraction or a decimal of at most twelve characters.
#[must_use]
pub fn credit(text: &str) -> Option<Exact> {
    let plain = text.len() <= 12 && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'/' | b'.'));
    let credit: Exact = if plain { text.parse().ok()? } else { return None };
    (credit >= Exact::zero() && credit <= Exact::one()).then_some(credit)
}

#[expect(clippy::derivable_impls, reason = "the macro that makes the enum knows no default")]
impl Default for VerdictKind {
    fn default() -> Self {
        Self::Accepted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usecases::{FieldError, UseCaseError};

    fn question(weight: u8) -> Question {
        Question { id: "Q1".into(), weight, na: Some("Why?".into()), ..Question::default() }
    }
    fn form(verdict: &str) -> GiveVerdict {
        GiveVerdict { verdict: verdict.into(), ..GiveVerdict::default() }
    }
    fn codes(result: Result<Read>) -> Vec<(String, &'static str)> {
        match result {
            Err(UseCaseError::Invalid(faults)) => {
                faults.into_iter().map(|FieldError { pointer, code, .. }| (pointer, code)).collect()
            }
            other => panic!("expected faults, got {other:?}"),
        }
    }

    #[test]
    fn credits_are_fractions_or_decimals_between_0_and_1() {
        assert_eq!(credit("3/4"), Some(Exact::ratio(3, 4)));
        assert_eq!(credit("0.75"), Some(Exact::ratio(3, 4)));
        assert_eq!(credit("1"), Some(Exact::one()));
        for bad in ["", "1.1", "-1", "5/4", "1/0", "abc", "1e0", "0.1234567890123"] {
            assert_eq!(credit(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_adjustment_needs_a_reason_and_something_to_adjust() {
        let answer = Answer::one("full");
        let faults = codes(read(&question(5), Some(&answer), false, false, &form("adjusted")));
        assert_eq!(faults, [("reason".to_owned(), "required"), ("credit".to_owned(), "required")]);
        let good = GiveVerdict { credit: "1/2".into(), reason: "older".into(), ..form("adjusted") };
        assert_eq!(
            read(&question(5), Some(&answer), false, false, &good).unwrap().credit,
            Some(Exact::ratio(1, 2))
        );
        // Nothing was answered: there is nothing to adjust.
        assert_eq!(
            codes(read(&question(5), None, false, false, &good)),
            [("verdict".to_owned(), "not_adjustable")]
        );
    }

    #[test]
    fn accepting_an_na_accepts_it_and_adjusting_it_rejects_it_with_a_reason() {
        let na = Answer::na("no staff");
        assert_eq!(
            read(&question(5), Some(&na), false, false, &form("accepted")).unwrap().na,
            Some(NaVerdict::Accepted)
        );
        let rejected = GiveVerdict { reason: "they have staff".into(), ..form("adjusted") };
        assert_eq!(
            read(&question(5), Some(&na), false, false, &rejected).unwrap().na,
            Some(NaVerdict::Rejected)
        );
    }

    #[test]
    fn accepting_throws_away_nothing_that_was_typed_for_another_verdict() {
        let answer = Answer::one("full");
        let accept = |form: GiveVerdict| read(&question(5), Some(&answer), false, false, &form);
        let asked = GiveVerdict { text: "Since when?".into(), ..form("accepted") };
        assert_eq!(codes(accept(asked)), [("text".to_owned(), "not_accepted")]);
        let adjusted = GiveVerdict { credit: "1/2".into(), ..form("accepted") };
        assert_eq!(codes(accept(adjusted)), [("credit".to_owned(), "not_accepted")]);
        let blank = GiveVerdict { text: "  ".into(), reason: "Read.".into(), ..form("accepted") };
        assert_eq!(accept(blank).unwrap().reason.as_deref(), Some("Read."));
    }

    #[test]
    fn a_scope_answer_is_accepted_or_kept_wide() {
        let answer = Answer::one("narrow");
        assert!(read(&question(0), Some(&answer), false, true, &form("accepted")).unwrap().scope_accepted);
        let wide = GiveVerdict { reason: "the contract says more".into(), ..form("adjusted") };
        assert!(!read(&question(0), Some(&answer), false, true, &wide).unwrap().scope_accepted);
    }

    #[test]
    fn evidence_is_graded_only_where_there_is_some() {
        let answer = Answer::one("full");
        let graded = |grade: &str| GiveVerdict { grade: grade.into(), ..form("accepted") };
        assert_eq!(
            codes(read(&question(5), Some(&answer), false, false, &graded("accepted")))[0].1,
            "no_evidence"
        );
        assert_eq!(
            read(&question(5), Some(&answer), true, false, &graded("independent")).unwrap().grade,
            Some(Grade::Independent)
        );
        assert_eq!(codes(read(&question(5), Some(&answer), true, false, &graded("rejected")))[0].0, "reason");
        assert_eq!(codes(read(&question(5), None, true, false, &graded("accepted")))[0].1, "not_answered");
    }

    #[test]
    fn asking_needs_a_question() {
        assert_eq!(
            codes(read(&question(5), None, false, false, &form("asked"))),
            [("text".to_owned(), "required")]
        );
    }
}

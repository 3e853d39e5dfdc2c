//! What a page promises about fixes and unproven answers is what the engine says of the changed answers.

use crate::{
    config,
    generate::{Case, as_of, case, values_by_credit},
    score::{score, score_with},
};
use proptest::prelude::*;
use questionnaires::{
    answering::{Answer, Grade},
    exact::Exact,
    scoring::{
        State,
        what_if::{Basis, fastest, unproven},
    },
};

fn basis(case: &Case) -> Basis<'_> {
    Basis {
        questionnaire: &case.questionnaire,
        answers: &case.answers,
        facts: &case.facts,
        tier: case.tier,
        as_of: Some(as_of()),
    }
}

/// That following the way leads where it says, and that a way which leads nowhere says why.
fn follow(case: &Case) -> Result<(), TestCaseError> {
    let now = score(case);
    let basis = basis(case);
    let Some(way) = fastest(&basis, &now) else {
        prop_assert!(now.rating.is_none_or(|rating| rating.as_str() == "A"));
        return Ok(());
    };
    let mut answers = case.answers.clone();
    for fix in &way.fixes {
        let question = case.questionnaire.question(&fix.question).unwrap();
        let (credit, value) = values_by_credit(question).pop().unwrap();
        let before = score_with(case, &answers, case.tier);
        let hides = before.rows.iter().any(|row| row.gate.as_ref() == Some(&fix.question));
        prop_assert!(fix.credit < credit || hides, "{} offers nothing better", fix.question);
        let before = before.claimed.unwrap();
        let kept = now.rows.iter().find(|row| row.question == fix.question).and_then(|row| row.evidence);
        answers
            .insert(fix.question.clone(), Answer { evidence: kept.unwrap_or_default(), ..Answer::of(value) });
        let after = score_with(case, &answers, case.tier).claimed.unwrap();
        prop_assert_eq!(&(after - before), &fix.gain, "{}", &fix.question);
    }
    let then = score_with(case, &answers, case.tier);
    prop_assert_eq!(&then.claimed, &way.after.claimed);
    prop_assert_eq!(then.rating, way.after.rating);
    prop_assert_eq!(way.reached, then.rating <= Some(way.target));
    prop_assert!(way.reached || !way.waiting.is_empty(), "stuck without a reason");
    let printed: Exact = way.fixes.iter().map(|fix| fix.gain_printed.clone()).sum();
    prop_assert_eq!(printed, then.claimed.unwrap().rounded(2) - now.claimed.unwrap().rounded(2));
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn fixes_lead_where_they_promise_and_their_gains_sum(case in case()) {
        follow(&case)?;
    }

    #[test]
    fn a_gate_with_full_credit_by_a_reviewers_word_is_no_dead_end(mut case in case()) {
        for row in score(&case).rows.iter().filter(|row| row.state == State::Answered) {
            case.answers.get_mut(&row.question).unwrap().review.credit = Some(Exact::one());
        }
        follow(&case)?;
    }

    #[test]
    fn without_what_is_not_proven_the_score_is_that_of_those_answers_at_zero(case in case()) {
        let now = score(&case);
        let basis = basis(&case);
        for proof in [Grade::Supplied, Grade::Accepted] {
            let Some(then) = unproven(&basis, &now, proof) else {
                prop_assert!(now.claimed.is_none());
                continue;
            };
            // A reviewer who gives no credit says the same of an answer, and leaves open what hangs on it.
            let mut answers = case.answers.clone();
            let answered = now.rows.iter().filter(|row| row.evidence.is_some_and(|grade| grade < proof));
            for row in answered {
                let review = &mut answers.get_mut(&row.question).unwrap().review;
                (review.credit, review.compensating) = (Some(Exact::zero()), None);
            }
            let judged = score_with(&case, &answers, case.tier);
            prop_assert_eq!(Some(&then.claimed), judged.claimed.as_ref());
            prop_assert_eq!(Some(then.rating), judged.rating);
            prop_assert_eq!(then.residual, judged.residual);
            let carried: Exact = then.carried.iter().map(|(_, points)| points.clone()).sum();
            prop_assert_eq!(carried, now.claimed.clone().unwrap() - &then.claimed);
        }
    }
}

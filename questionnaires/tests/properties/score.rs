//! P1 to P10 and P13 to P15: what a questionnaire's score promises.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use questionnaires::answering::{Answer, AnswerValue, Answers, Grade, NaVerdict, Review, visible};
use questionnaires::definition::{Condition, Question, Questionnaire, Tier};
use questionnaires::exact::Exact;
use questionnaires::scoring::score::{Rating, ScoreState};
use questionnaires::scoring::{QuestionnaireScore, State, score_questionnaire};

use super::generate::{Case, any_value, as_of, case, values_by_credit};

pub fn score_with(case: &Case, answers: &Answers, tier: Option<Tier>) -> QuestionnaireScore {
    score_questionnaire(&case.questionnaire, answers, &case.facts, tier, Some(as_of()))
}

pub fn score(case: &Case) -> QuestionnaireScore {
    score_with(case, &case.answers, case.tier)
}

fn zero() -> Exact {
    Exact::zero()
}

fn hundred() -> Exact {
    Exact::from(100_i64)
}

/// S, V, rating and residual are all at least as good as before.
fn not_worse(before: &QuestionnaireScore, after: &QuestionnaireScore) -> Result<(), TestCaseError> {
    prop_assert!(after.claimed >= before.claimed, "S {:?} -> {:?}", before.claimed, after.claimed);
    prop_assert!(after.evidenced >= before.evidenced, "V {:?} -> {:?}", before.evidenced, after.evidenced);
    prop_assert!(after.rating <= before.rating, "rating {:?} -> {:?}", before.rating, after.rating);
    let level = |score: &QuestionnaireScore| score.residual.map(|residual| residual.level);
    prop_assert!(level(after) <= level(before), "residual {:?} -> {:?}", before.residual, after.residual);
    Ok(())
}

/// The scored questions in this state.
fn in_state<'a>(case: &'a Case, score: &QuestionnaireScore, state: State) -> Vec<&'a Question> {
    let rows = score.rows.iter().filter(|row| row.state == state);
    rows.map(|row| case.questionnaire.question(&row.question).unwrap()).collect()
}

fn named(questionnaire: &Questionnaire) -> BTreeSet<String> {
    let sections = questionnaire.sections.iter().filter_map(|section| section.show_if.as_ref());
    let questions = questionnaire.questions().filter_map(|(_, question)| question.show_if.as_ref());
    sections.chain(questions).flat_map(Condition::questions).map(str::to_owned).collect()
}

proptest! {
    #![proptest_config(super::config())]

    #[test]
    fn p1_zero_le_v_le_s_le_upper_le_hundred(case in case()) {
        let score = score(&case);
        if score.state == ScoreState::Scored {
            let [v, s, upper] = [&score.evidenced, &score.claimed, &score.upper].map(|x| x.clone().unwrap());
            prop_assert!(zero() <= v && v <= s && s <= upper && upper <= hundred());
            let complete = score.completeness.unwrap();
            prop_assert!(zero() <= complete && complete <= Exact::one());
        }
    }

    #[test]
    fn p2_raising_one_credit_never_lowers_anything(case in case()) {
        for tier in Tier::ALL.map(Some).into_iter().chain([None]) {
            let before = score_with(&case, &case.answers, tier);
            for question in in_state(&case, &before, State::Answered) {
                let answer = &case.answers[&question.id];
                let given = values_by_credit(question);
                let now = questionnaires::scoring::credit::credit_of_value(
                    question, answer.value.as_ref().unwrap(), Some(as_of()),
                );
                for (credit, value) in given.into_iter().filter(|(credit, _)| *credit > now) {
                    let mut answers = case.answers.clone();
                    answers.insert(question.id.clone(), Answer { value: Some(value), ..answer.clone() });
                    let after = score_with(&case, &answers, tier);
                    not_worse(&before, &after).map_err(|error| {
                        TestCaseError::fail(format!("{} {now} -> {credit} at {tier:?}: {error}", question.id))
                    })?;
                }
                let mut answers = case.answers.clone();
                let review = Review { credit: Some(Exact::one()), ..answer.review.clone() };
                answers.insert(question.id.clone(), Answer { review, ..answer.clone() });
                not_worse(&before, &score_with(&case, &answers, tier))?;
            }
        }
    }

    #[test]
    fn p3_answering_a_blank_scored_question_never_lowers_s_or_rating(case in case()) {
        let before = score(&case);
        let mut tape = case.tape.clone();
        for question in in_state(&case, &before, State::Unanswered) {
            for value in values_by_credit(question).into_iter().map(|(_, v)| v).chain([any_value(&mut tape, question)]) {
                let mut answers = case.answers.clone();
                answers.insert(question.id.clone(), Answer::of(value));
                let after = score_with(&case, &answers, case.tier);
                prop_assert!(after.claimed >= before.claimed, "{}", question.id);
                prop_assert!(after.rating <= before.rating, "{}", question.id);
            }
        }
    }

    #[test]
    fn p4_better_evidence_keeps_s_and_never_lowers_v_or_worsens_residual(case in case()) {
        let before = score(&case);
        for (id, answer) in &case.answers {
            for grade in Grade::ALL.into_iter().filter(|grade| *grade > answer.evidence) {
                let mut answers = case.answers.clone();
                answers.insert(id.clone(), answer.clone().graded(grade));
                let after = score_with(&case, &answers, case.tier);
                prop_assert_eq!(&after.claimed, &before.claimed);
                not_worse(&before, &after)?;
            }
        }
    }

    #[test]
    fn p5_an_accepted_na_on_a_question_that_gates_nothing_equals_deleting_it(case in case()) {
        let gates = named(&case.questionnaire);
        let questions = case.questionnaire.questions().map(|(_, question)| question.clone());
        for question in questions.filter(|q| q.is_scored() && q.na.is_some() && !gates.contains(&q.id)) {
            let mut with_na = case.clone();
            let review = Review { na: Some(NaVerdict::Accepted), ..Review::default() };
            with_na.answers.insert(question.id.clone(), Answer::na("None").reviewed(review));
            let mut without = case.clone();
            for section in &mut without.questionnaire.sections {
                section.questions.retain(|other| other.id != question.id);
            }
            let (a, b) = (score(&with_na), score(&without));
            // Deleting the only condition that names a gate would change what an N/A on that gate needs.
            if named(&without.questionnaire) != gates {
                continue;
            }
            // An answer behind a closed scored gate is ignored, so it is no N/A.
            if in_state(&with_na, &a, State::HiddenZero).iter().any(|hidden| hidden.id == question.id) {
                continue;
            }
            prop_assert_eq!((&a.claimed, &a.evidenced, &a.confidence), (&b.claimed, &b.evidenced, &b.confidence), "{}", question.id);
            prop_assert_eq!((&a.upper, a.band, a.rating), (&b.upper, b.band, b.rating));
            prop_assert_eq!((&a.sections, &a.knock_outs), (&b.sections, &b.knock_outs));
            let parts = |score: &QuestionnaireScore| {
                let rows = score.rows.iter().filter(|row| row.question != question.id);
                rows.map(|row| (row.question.clone(), row.explained.clone())).collect::<Vec<_>>()
            };
            prop_assert_eq!(parts(&a), parts(&b));
            if b.state == ScoreState::Scored {
                prop_assert_eq!(a.residual, b.residual);
            }
        }
    }

    #[test]
    fn p6_multiplying_all_section_multipliers_changes_nothing(case in case(), k in 1_i64..40, d in 1_i64..9) {
        let factor = Exact::ratio(k, d);
        let mut scaled = case.clone();
        for section in &mut scaled.questionnaire.sections {
            section.multiplier = &section.multiplier * &factor;
        }
        let (a, mut b) = (score(&case), score(&scaled));
        for row in &mut b.rows {
            row.weight = row.weight.checked_div(&factor).unwrap();
        }
        for section in &mut b.sections {
            section.weight = section.weight.checked_div(&factor).unwrap();
        }
        for line in &mut b.scope {
            line.hidden_weight = line.hidden_weight.checked_div(&factor).unwrap();
        }
        prop_assert_eq!(a, b);
    }

    #[test]
    fn p7_contributions_sum_to_s_and_sections_roll_up_to_s(case in case()) {
        let score = score(&case);
        let Some(claimed) = score.claimed.clone() else { return Ok(()) };
        let parts = || score.rows.iter().filter_map(|row| row.explained.as_ref());
        prop_assert_eq!(parts().map(|p| &p.contribution).sum::<Exact>(), claimed.clone());
        prop_assert_eq!(parts().map(|p| &p.lost).sum::<Exact>(), hundred() - &claimed);
        prop_assert_eq!(parts().map(|p| &p.contribution_printed).sum::<Exact>(), claimed.rounded(2));
        prop_assert_eq!(parts().map(|p| &p.lost_printed).sum::<Exact>(), hundred() - claimed.rounded(2));
        for part in parts() {
            let cent = Exact::ratio(1, 100);
            for (exact, printed) in [(&part.contribution, &part.contribution_printed), (&part.lost, &part.lost_printed)] {
                prop_assert!(exact - printed < cent && printed - exact < cent);
            }
        }
        let weight: Exact = score.sections.iter().map(|section| &section.weight).sum();
        let rolled: Exact = score
            .sections
            .iter()
            .map(|section| &section.weight * section.claimed.as_ref().unwrap_or(&zero()))
            .sum();
        prop_assert_eq!(rolled.checked_div(&weight).unwrap(), claimed);
    }

    #[test]
    fn p8_order_of_sections_and_questions_is_irrelevant(case in case()) {
        let mut tape = case.tape.clone();
        let mut shuffled = case.clone();
        shuffle(&mut shuffled.questionnaire, &mut |bound| tape.below(bound));
        let (a, b) = (score(&case), score(&shuffled));
        prop_assert_eq!(&a.claimed, &b.claimed);
        prop_assert_eq!((&a.evidenced, &a.confidence, &a.upper), (&b.evidenced, &b.confidence, &b.upper));
        prop_assert_eq!((&a.completeness, &a.na_share, a.state), (&b.completeness, &b.na_share, b.state));
        prop_assert_eq!((a.band, a.rating, a.residual), (b.band, b.rating, b.residual));
        let rows = |score: &QuestionnaireScore| {
            let rows = score.rows.iter();
            rows.map(|row| {
                let parts = row.explained.as_ref().map(|p| (p.contribution.clone(), p.lost.clone()));
                (row.question.clone(), (row.state, row.open, row.credit.clone(), parts))
            })
            .collect::<BTreeMap<_, _>>()
        };
        prop_assert_eq!(rows(&a), rows(&b));
        let scope = |score: &QuestionnaireScore| {
            let lines = score.scope.iter().cloned();
            lines
                .map(|mut line| {
                    line.hidden_critical.sort();
                    (line.question.clone(), line)
                })
                .collect::<BTreeMap<_, _>>()
        };
        prop_assert_eq!(scope(&a), scope(&b));
        let knock_outs = |score: &QuestionnaireScore| {
            score.knock_outs.iter().map(|failed| (failed.question.clone(), failed.level)).collect::<BTreeSet<_>>()
        };
        prop_assert_eq!(knock_outs(&a), knock_outs(&b));
    }

    #[test]
    fn p9_all_best_with_independent_evidence_is_a_hundred_and_empty_is_zero(case in case()) {
        let mut best = case.clone();
        best.answers.retain(|id, _| !best.questionnaire.question(id).unwrap().is_scored());
        let scored: Vec<&Question> =
            case.questionnaire.questions().map(|(_, q)| q).filter(|q| q.is_scored()).collect();
        for question in &scored {
            let (credit, value) = values_by_credit(question).pop().unwrap();
            prop_assert_eq!(credit, Exact::one());
            best.answers.insert(question.id.clone(), Answer::of(value).graded(Grade::Independent));
        }
        let full = score(&best);
        if full.state == ScoreState::Scored {
            prop_assert_eq!((&full.claimed, &full.evidenced), (&Some(hundred()), &Some(hundred())));
            prop_assert_eq!(full.rating, Some(Rating::A));
            prop_assert!(full.rows.iter().all(|row| row.state != State::HiddenZero));
        }
        let mut empty = case.clone();
        empty.answers.retain(|id, _| !empty.questionnaire.question(id).unwrap().is_scored());
        let none = score(&empty);
        if none.state == ScoreState::Scored {
            prop_assert_eq!((none.claimed, none.rating), (Some(zero()), Some(Rating::E)));
            prop_assert_eq!((none.completeness, none.upper), (Some(zero()), Some(hundred())));
        }
    }

    #[test]
    fn p10_the_rating_is_never_better_than_the_band(case in case()) {
        let score = score(&case);
        prop_assert!(score.rating >= score.band);
        prop_assert_eq!(score.band, score.claimed.as_ref().map(Rating::of));
    }

    #[test]
    fn p13_rescoring_a_stored_submission_reproduces_the_stored_snapshot_bit_for_bit(case in case()) {
        let stored_definition = serde_json::to_string(&case.questionnaire).unwrap();
        let stored_answers = serde_json::to_string(&case.answers).unwrap();
        let snapshot = serde_json::to_string(&score(&case)).unwrap();
        let again = Case {
            questionnaire: serde_json::from_str(&stored_definition).unwrap(),
            answers: serde_json::from_str(&stored_answers).unwrap(),
            ..case
        };
        prop_assert_eq!(serde_json::to_string(&score(&again)).unwrap(), snapshot.clone());
        let read: QuestionnaireScore = serde_json::from_str(&snapshot).unwrap();
        prop_assert_eq!(serde_json::to_string(&read).unwrap(), snapshot);
    }

    #[test]
    fn p14_answers_to_hidden_questions_never_influence_the_result(case in case()) {
        let before = score(&case);
        let shown = visible(&case.questionnaire, &case.answers, &case.facts, case.tier);
        let mut tape = case.tape.clone();
        let hidden = || case.questionnaire.questions().map(|(_, q)| q).filter(|q| !shown.shows(&q.id));
        let mut removed = case.answers.clone();
        let mut changed = case.answers.clone();
        for question in hidden() {
            removed.remove(&question.id);
            let review = Review { na: Some(NaVerdict::Accepted), ..Review::default() };
            let answer = match tape.below(3) {
                0 if question.na.is_some() => Answer::na("None").reviewed(review),
                1 => Answer::of(AnswerValue::Unknown),
                _ => Answer::of(any_value(&mut tape, question)).graded(Grade::Independent),
            };
            changed.insert(question.id.clone(), answer);
        }
        prop_assert_eq!(&score_with(&case, &removed, case.tier), &before);
        prop_assert_eq!(&score_with(&case, &changed, case.tier), &before);
    }

    #[test]
    fn p15_translations_never_change_scores(case in case()) {
        let mut translated = case.clone();
        for section in &mut translated.questionnaire.sections {
            section.title = format!("अनुभाग {}", section.title);
            for question in &mut section.questions {
                question.text = format!("क्या {}", question.text);
                question.help = Some("मदद".into());
                question.evidence = Some("दस्तावेज़".into());
                question.fix = Some("करें".into());
                question.options.iter_mut().for_each(|option| option.label = format!("विकल्प {}", option.label));
            }
        }
        prop_assert_eq!(score(&translated), score(&case));
    }
}

/// Another order of sections and of questions in them in which every condition still names earlier questions.
fn shuffle(questionnaire: &mut Questionnaire, below: &mut dyn FnMut(usize) -> usize) {
    let home: BTreeMap<String, usize> = questionnaire
        .sections
        .iter()
        .enumerate()
        .flat_map(|(n, section)| section.questions.iter().map(move |question| (question.id.clone(), n)))
        .collect();
    let needs = |condition: &Option<Condition>| -> Vec<String> {
        condition.iter().flat_map(Condition::questions).map(str::to_owned).collect()
    };
    let section_needs: Vec<BTreeSet<usize>> = questionnaire
        .sections
        .iter()
        .enumerate()
        .map(|(n, section)| {
            let own = section.questions.iter().map(|question| &question.show_if).chain([&section.show_if]);
            own.flat_map(needs).map(|id| home[&id]).filter(|other| *other != n).collect()
        })
        .collect();
    let order = any_order(section_needs, below);
    let mut sections: Vec<_> = questionnaire.sections.drain(..).map(Some).collect();
    questionnaire.sections = order.into_iter().map(|n| sections[n].take().unwrap()).collect();
    for section in &mut questionnaire.sections {
        let place: BTreeMap<String, usize> =
            section.questions.iter().enumerate().map(|(n, question)| (question.id.clone(), n)).collect();
        let question_needs = section.questions.iter().map(|question| {
            needs(&question.show_if).iter().filter_map(|id| place.get(id).copied()).collect()
        });
        let order = any_order(question_needs.collect(), below);
        let mut questions: Vec<_> = section.questions.drain(..).map(Some).collect();
        section.questions = order.into_iter().map(|n| questions[n].take().unwrap()).collect();
    }
}

fn any_order(needs: Vec<BTreeSet<usize>>, below: &mut dyn FnMut(usize) -> usize) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::new();
    while order.len() < needs.len() {
        let ready: Vec<usize> = (0..needs.len())
            .filter(|n| !order.contains(n) && needs[*n].iter().all(|need| order.contains(need)))
            .collect();
        order.push(ready[below(ready.len())]);
    }
    order
}

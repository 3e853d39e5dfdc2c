//! P16: what control sets promise.

use proptest::prelude::*;
use questionnaires::answering::{Answer, Answers, Review};
use questionnaires::definition::{Control, ControlGroup, ControlSet, MapRef, Questionnaire};
use questionnaires::exact::Exact;
use questionnaires::scoring::control_sets::{ControlSetScore, CountedRows, score_control_set};
use questionnaires::scoring::score_questionnaire;
use questionnaires::scoring::states::State;

use super::generate::{Case, as_of, case};

/// Six controls in two groups, with these weights.
fn control_set(weights: &[Exact]) -> ControlSet {
    let control = |(n, weight): (usize, &Exact)| Control {
        reference: ["A.5.1", "A.5.2", "A.5.3", "A.8.5", "A.8.8", "A.8.13"][n].into(),
        weight: weight.clone(),
        ..Control::default()
    };
    let controls: Vec<Control> = weights.iter().enumerate().map(control).collect();
    let group = |id: &str, controls: &[Control]| ControlGroup {
        id: id.into(),
        controls: controls.to_vec(),
        ..ControlGroup::default()
    };
    let groups = vec![group("A.5", &controls[..3]), group("A.8", &controls[3..])];
    ControlSet { id: "iso27001".into(), version: "1.0.0".into(), groups, ..ControlSet::default() }
}

fn under(set: &ControlSet, questionnaire: &Questionnaire, answers: &Answers, case: &Case) -> ControlSetScore {
    let score = score_questionnaire(questionnaire, answers, &case.facts, case.tier, Some(as_of()));
    score_control_set(set, &CountedRows::new(&[(questionnaire, &score)]))
}

fn weights() -> impl Strategy<Value = Vec<Exact>> {
    proptest::collection::vec((0_i64..=5, 1_i64..=3).prop_map(|(n, d)| Exact::ratio(n, d)), 6)
}

proptest! {
    #![proptest_config(super::config())]

    #[test]
    fn p16_contributions_sum_to_claimed_and_evidenced_stays_below(case in case(), weights in weights()) {
        let set = control_set(&weights);
        let score = under(&set, &case.questionnaire, &case.answers, &case);
        if let (Some(claimed), Some(evidenced)) = (&score.claimed, &score.evidenced) {
            prop_assert_eq!(&score.contributions.iter().map(|part| &part.exact).sum::<Exact>(), claimed);
            prop_assert!(Exact::zero() <= *evidenced && evidenced <= claimed && *claimed <= Exact::from(100_i64));
        }
        prop_assert!(Exact::zero() <= score.coverage && score.coverage <= Exact::one());
        prop_assert_eq!(score.covered == score.counted && score.counted > 0, score.coverage == Exact::one());
    }

    #[test]
    fn p16_raising_a_credit_never_lowers_it(case in case(), weights in weights()) {
        let set = control_set(&weights);
        let before = under(&set, &case.questionnaire, &case.answers, &case);
        let own = score_questionnaire(&case.questionnaire, &case.answers, &case.facts, case.tier, Some(as_of()));
        for row in own.rows.iter().filter(|row| row.state == State::Answered) {
            let answer = case.answers[&row.question].clone();
            let review = Review { credit: Some(Exact::one()), ..answer.review.clone() };
            let mut answers = case.answers.clone();
            answers.insert(row.question.clone(), Answer { review, ..answer });
            let after = under(&set, &case.questionnaire, &answers, &case);
            prop_assert!(after.claimed >= before.claimed && after.evidenced >= before.evidenced);
        }
    }

    #[test]
    fn p16_scaling_all_weights_changes_nothing(case in case(), weights in weights(), k in 1_i64..30, d in 1_i64..9) {
        let scaled: Vec<Exact> = weights.iter().map(|weight| weight * Exact::ratio(k, d)).collect();
        let [a, b] = [weights, scaled]
            .map(|weights| under(&control_set(&weights), &case.questionnaire, &case.answers, &case));
        prop_assert_eq!(a, b);
    }

    #[test]
    fn p16_one_control_per_question_weighted_alike_gives_the_questionnaires_own_scores(case in case()) {
        let mut case = case;
        let mut controls = Vec::new();
        for section in &mut case.questionnaire.sections {
            section.multiplier = Exact::one();
            for question in section.questions.iter_mut().filter(|question| question.is_scored()) {
                question.maps = vec![MapRef { set: "own".into(), reference: question.id.clone() }];
                let weight = Exact::from(question.weight);
                controls.push(Control { reference: question.id.clone(), weight, ..Control::default() });
            }
        }
        let groups = vec![ControlGroup { id: "all".into(), controls, ..ControlGroup::default() }];
        let set = ControlSet { id: "own".into(), groups, ..ControlSet::default() };
        let own = score_questionnaire(&case.questionnaire, &case.answers, &case.facts, case.tier, Some(as_of()));
        let score = under(&set, &case.questionnaire, &case.answers, &case);
        prop_assert_eq!((score.claimed, score.evidenced, score.band), (own.claimed, own.evidenced, own.band));
    }
}

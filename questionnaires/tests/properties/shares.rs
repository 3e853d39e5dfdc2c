//! What is generated passes the loader, and no state is too rare to be tested.

use std::collections::BTreeMap;
use std::io::Write;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use questionnaires::scoring::{State, score_questionnaire};

use super::file::loaded;
use super::generate::{Case, as_of, case};

/// As many cases as the properties see, drawn with a fixed seed.
fn drawn(count: u32) -> Vec<Case> {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    (0..count).map(|_| case().new_tree(&mut runner).unwrap().current()).collect()
}

#[test]
fn every_state_occurs_in_at_least_five_percent_of_the_rows() {
    let mut counts: BTreeMap<State, usize> = BTreeMap::new();
    let (mut rows, mut scope_lines, mut knock_outs_by_gate) = (0, 0, 0);
    let cases = drawn(400);
    for case in &cases {
        let score =
            score_questionnaire(&case.questionnaire, &case.answers, &case.facts, case.tier, Some(as_of()));
        scope_lines += score.scope.len();
        knock_outs_by_gate += score.knock_outs.iter().filter(|failed| failed.gate.is_some()).count();
        for row in &score.rows {
            rows += 1;
            *counts.entry(row.state).or_default() += 1;
        }
    }
    let share = |state: State| 100.0 * counts.get(&state).copied().unwrap_or(0) as f64 / f64::from(rows);
    let shares: Vec<String> =
        State::ALL.iter().map(|state| format!("{} {:.1} %", state.as_str(), share(*state))).collect();
    // Past the test harness, which keeps what passing tests print to itself.
    let line = format!("shares of states in {rows} rows of {} cases: {}\n", cases.len(), shares.join(", "));
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    for state in State::ALL {
        assert!(share(state) >= 5.0, "{} is too rare: {}", state.as_str(), shares.join(", "));
    }
    assert!(scope_lines > 50 && knock_outs_by_gate > 20, "{scope_lines} {knock_outs_by_gate}");
}

proptest! {
    #![proptest_config(super::config())]

    #[test]
    fn generated_questionnaires_pass_the_loader_unchanged(case in case()) {
        let read = loaded(&case.questionnaire);
        prop_assert_eq!(read.as_ref(), Ok(&case.questionnaire), "{}", read.as_ref().err().cloned().unwrap_or_default());
    }

    #[test]
    fn generated_answers_are_valid(case in case()) {
        for (_, question) in case.questionnaire.questions() {
            if let Some(answer) = case.answers.get(&question.id) {
                let faults = questionnaires::answering::check_answer(question, answer, Some(as_of()));
                prop_assert!(faults.is_empty(), "{:?} {:?}", faults, answer);
            }
        }
    }
}

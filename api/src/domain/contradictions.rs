//! What does not fit together in a submission: answers against what the intake says, and answers among each other.
//!
//! A report for the reviewer. It changes no score: a scope answer that says less than the intake is counted wider until
//! a reviewer accepts it as given (scoring, "Scope questions").

use super::{
    review::QueueItem,
    score_inputs::{Definitions, ScoreInputs, asked_of_the_vendor},
};
use questionnaires::{
    answering::{AgainstFacts, answers_against_facts, firing_checks},
    definition::Question,
};
use std::collections::BTreeSet;

/// Two sayings that cannot both be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// The questions whose answers take part, each once.
    pub questions: Vec<String>,
    /// What does not fit, in sentences.
    pub text: String,
    /// A reviewer has given a verdict on each of them.
    pub settled: bool,
}

/// Everything that does not fit together, the intake's side first, in the order asked. `queue` tells what was judged.
#[must_use]
pub fn contradictions(
    definitions: &Definitions,
    inputs: &ScoreInputs,
    queue: &[QueueItem],
) -> Vec<Contradiction> {
    let judged = |id: &str| queue.iter().find(|item| item.question == id).is_none_or(QueueItem::judged);
    let asked: Vec<_> = definitions.questionnaires.iter().filter(|one| asked_of_the_vendor(one)).collect();
    let mut found: Vec<Contradiction> = Vec::new();
    for questionnaire in &asked {
        let narrow = answers_against_facts(questionnaire, &inputs.answers, &inputs.facts, inputs.tier);
        found.extend(narrow.iter().map(|one| against_intake(one, inputs, judged(&one.question.id))));
    }
    for questionnaire in &asked {
        for check in firing_checks(questionnaire, &inputs.answers, &inputs.facts, inputs.tier) {
            let questions: BTreeSet<&str> = check.when.questions().collect();
            found.push(Contradiction {
                settled: questions.iter().all(|id| judged(id)),
                questions: questions.into_iter().map(str::to_owned).collect(),
                text: format!("Put to the vendor, who left it as it is: {}", check.text),
            });
        }
    }
    // Two questionnaires may ask the same question.
    let mut seen = BTreeSet::new();
    found.retain(|one| seen.insert(one.text.clone()));
    found
}

fn against_intake(one: &AgainstFacts<'_>, inputs: &ScoreInputs, judged: bool) -> Contradiction {
    let given = inputs.answers.get(&one.question.id).and_then(|answer| answer.value.as_ref());
    let given = labels(one.question, &given.map(|value| value.chosen()).unwrap_or_default());
    let facts: Vec<String> = one.facts.iter().map(|fact| format!("\"{}\"", fact.label)).collect();
    let widened = labels(one.question, &one.widened);
    let counted = match (one.accepted, judged) {
        (true, _) => "It was accepted as given, so the vendor's answer counts.".to_owned(),
        (false, true) => format!("It was not accepted, so {widened} counts."),
        (false, false) => format!("Until it is accepted as given, {widened} counts."),
    };
    Contradiction {
        questions: vec![one.question.id.clone()],
        text: format!("Our intake says {}; the vendor answers {given}. {counted}", facts.join(" and ")),
        settled: judged,
    }
}

fn labels(question: &Question, ids: &[&str]) -> String {
    let label =
        |id: &&str| question.option(id).map_or_else(|| (*id).to_owned(), |option| option.label.clone());
    format!("\"{}\"", ids.iter().map(label).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::review::{QueueGroup, VerdictKind};
    use questionnaires::{
        answering::{Answer, Answers, Facts, Review},
        definition::{Check, Choice, Condition, Fact, Questionnaire, Section, Widen},
    };
    use std::sync::Arc;

    fn asked() -> Definitions {
        let choice = |id: &str| Choice { id: id.into(), label: format!("{id}!"), ..Choice::default() };
        let question = |id: &str, show_if: Option<&str>| Question {
            id: id.into(),
            options: vec![choice("own"), choice("shared")],
            show_if: show_if.map(|q| Condition::In { q: q.into(), options: vec!["shared".into()] }),
            ..Question::default()
        };
        let scope = Question {
            widen: vec![Widen { fact: "cloud".into(), to: "shared".into() }],
            ..question("Q1", None)
        };
        let both = |q: &str| Condition::In { q: q.into(), options: vec!["own".into()] };
        let section = Section { questions: vec![scope, question("Q2", Some("Q1"))], ..Section::default() };
        let questionnaire = Questionnaire {
            facts: vec![Fact { id: "cloud".into(), label: "It is a cloud".into(), default: false }],
            sections: vec![section],
            checks: vec![Check {
                id: "both".into(),
                when: Condition::All { all: vec![both("Q1"), both("Q2")] },
                text: "Which is right?".into(),
            }],
            ..Questionnaire::default()
        };
        Definitions { questionnaires: vec![Arc::new(questionnaire)], control_sets: vec![] }
    }

    fn found(cloud: bool, q1: Answer, q2: &str, verdicts: &[(&str, VerdictKind)]) -> Vec<Contradiction> {
        let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 24).unwrap();
        let facts = Facts::from([("cloud".to_owned(), cloud)]);
        let mut inputs = ScoreInputs::submitted(vec![], vec![], facts, None, day);
        inputs.answers = Answers::from([("Q1".into(), q1), ("Q2".into(), Answer::one(q2))]);
        let item = |id: &str| QueueItem {
            question: id.into(),
            number: String::new(),
            text: String::new(),
            section: String::new(),
            section_key: String::new(),
            group: QueueGroup::Scope,
            effect: 0,
            verdict: verdicts.iter().find(|(of, _)| *of == id).map(|(_, kind)| *kind),
            outdated: false,
        };
        contradictions(&asked(), &inputs, &[item("Q1"), item("Q2")])
    }

    #[test]
    fn an_answer_against_the_intake_says_which_of_the_two_counts() {
        let says = "Our intake says \"It is a cloud\"; the vendor answers \"own!\".";
        let one = |accepted: bool, verdicts: &[(&str, VerdictKind)]| {
            let review = Review { scope_accepted: accepted, ..Review::default() };
            let lines = found(true, Answer::one("own").reviewed(review), "shared", verdicts);
            assert_eq!(lines.len(), 1, "{lines:?}");
            assert_eq!(lines[0].questions, ["Q1"]);
            (lines[0].text.strip_prefix(says).unwrap().trim().to_owned(), lines[0].settled)
        };
        let open = ("Until it is accepted as given, \"shared!\" counts.".to_owned(), false);
        assert_eq!(one(false, &[]), open);
        assert_eq!(
            one(false, &[("Q1", VerdictKind::Asked)]),
            open,
            "a question to the vendor settles nothing"
        );
        assert_eq!(
            one(true, &[("Q1", VerdictKind::Accepted)]),
            ("It was accepted as given, so the vendor's answer counts.".to_owned(), true)
        );
        assert_eq!(
            one(false, &[("Q1", VerdictKind::Adjusted)]),
            ("It was not accepted, so \"shared!\" counts.".to_owned(), true)
        );
        assert!(found(true, Answer::one("shared"), "shared", &[]).is_empty());
        assert!(found(false, Answer::one("own"), "shared", &[]).is_empty());
    }

    #[test]
    fn a_check_that_the_vendor_left_is_settled_by_verdicts_on_all_its_answers() {
        let shown = Answer::one("own");
        // The second question is asked because the intake widens the first.
        let open = found(true, shown.clone(), "own", &[("Q1", VerdictKind::Adjusted)]);
        let check = open.iter().find(|one| one.questions.len() == 2).unwrap();
        assert!(check.text.contains("Which is right?") && !check.settled, "{check:?}");
        let all = [("Q1", VerdictKind::Adjusted), ("Q2", VerdictKind::Accepted)];
        assert!(found(true, shown, "own", &all).iter().all(|one| one.settled));
    }
}

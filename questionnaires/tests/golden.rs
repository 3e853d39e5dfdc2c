//! The golden examples of the scoring model, exact to the last digit.
#![expect(clippy::unwrap_used, reason = "tests")]

use questionnaires::answering::{
    AgainstFacts, Answer, AnswerValue, Answers, Compensating, Facts, Grade, NaVerdict, Review,
    answers_against_facts,
};
use questionnaires::definition::{
    Band, Choice, Condition, Control, ControlGroup, ControlSet, Critical, CriticalLevel, IfHidden, Question,
    Questionnaire, Section, Tier, Widen,
};
use questionnaires::exact::Exact;
use questionnaires::risk::inherent::{Factor, Floor, Points, inherent};
use questionnaires::risk::residual::{ResidualLevel, matrix, residual};
use questionnaires::scoring::control_sets::{CountedRows, score_control_set};
use questionnaires::scoring::score::{ConfidenceLabel, Rating, ScoreState};
use questionnaires::scoring::{QuestionnaireScore, State, score_questionnaire};

fn x(text: &str) -> Exact {
    text.parse().unwrap()
}

fn scale() -> Vec<Choice> {
    let option = |id: &str, credit: Exact| Choice {
        id: id.into(),
        label: id.into(),
        credit: Some(credit),
        ..Choice::default()
    };
    vec![
        option("full", Exact::one()),
        option("mostly", Exact::ratio(3, 4)),
        option("partial", Exact::ratio(1, 2)),
        option("none", Exact::zero()),
    ]
}

fn question(id: &str, weight: u8) -> Question {
    Question { id: id.into(), text: "?".into(), weight, options: scale(), ..Question::default() }
}

fn critical(level: CriticalLevel, pass: Exact) -> Option<Critical> {
    Some(Critical { level, pass })
}

/// The small questionnaire of the scoring model's section 7.
fn small() -> Questionnaire {
    let q1 = Question { critical: critical(CriticalLevel::Major, Exact::ratio(3, 4)), ..question("Q1", 5) };
    let q3 = Question { na: Some("Why?".into()), ..question("Q3", 2) };
    let q5 = Question { critical: critical(CriticalLevel::Blocker, Exact::ratio(1, 2)), ..question("Q5", 4) };
    of_sections(vec![
        ("D1", vec![q1, question("Q2", 3), q3]),
        ("D2", vec![question("Q4", 4), q5, question("Q6", 1)]),
    ])
}

fn of_sections(sections: Vec<(&str, Vec<Question>)>) -> Questionnaire {
    Questionnaire {
        id: "small".into(),
        version: "1.0.0".into(),
        counts_to_residual: true,
        sections: sections
            .into_iter()
            .map(|(id, questions)| Section { id: id.into(), questions, ..Section::default() })
            .collect(),
        ..Questionnaire::default()
    }
}

fn answers<const N: usize>(pairs: [(&str, Answer); N]) -> Answers {
    pairs.into_iter().map(|(id, answer)| (id.to_owned(), answer)).collect()
}

fn score(questionnaire: &Questionnaire, answers: &Answers, tier: Option<Tier>) -> QuestionnaireScore {
    score_questionnaire(questionnaire, answers, &Facts::new(), tier, None)
}

fn level(questionnaire: &Questionnaire, answers: &Answers, tier: Tier) -> (Rating, bool, ResidualLevel) {
    let residual = score(questionnaire, answers, Some(tier)).residual.unwrap();
    (residual.read_as.unwrap(), residual.shifted, residual.level)
}

fn state(score: &QuestionnaireScore, id: &str) -> State {
    score.rows.iter().find(|row| row.question == id).unwrap().state
}

#[test]
fn g1_na_partial_and_blank() {
    let small = small();
    let answers = answers([
        ("Q1", Answer::one("full").graded(Grade::Accepted)),
        ("Q2", Answer::one("partial")),
        ("Q3", Answer::na("We have none")),
        ("Q4", Answer::one("mostly").graded(Grade::Supplied)),
        ("Q6", Answer::one("none")),
    ]);
    let score = score(&small, &answers, None);
    assert_eq!(score.state, ScoreState::Scored);
    assert_eq!(score.claimed, Some(x("950/17")));
    assert_eq!(score.claimed.as_ref().unwrap().display1(), "55.9");
    assert_eq!(score.evidenced, Some(x("1125/34")));
    assert_eq!(score.evidenced.as_ref().unwrap().display1(), "33.1");
    let confidence = score.confidence.as_ref().unwrap();
    assert_eq!((&confidence.exact, confidence.label), (&x("45/76"), ConfidenceLabel::Medium));
    let sections: Vec<_> =
        score.sections.iter().map(|s| (s.claimed.clone().unwrap(), s.weight.clone())).collect();
    assert_eq!(sections, [(x("325/4"), x("8")), (x("100/3"), x("9"))]);
    let parts: Vec<_> = score.rows.iter().filter_map(|row| row.explained.as_ref()).collect();
    let contributions: Vec<_> = parts.iter().map(|part| part.contribution.clone()).collect();
    assert_eq!(contributions, [x("500/17"), x("150/17"), x("300/17"), x("0"), x("0")]);
    let losses: Vec<_> = parts.iter().map(|part| part.lost.clone()).collect();
    assert_eq!(losses, [x("0"), x("150/17"), x("100/17"), x("400/17"), x("100/17")]);
    let printed: Vec<_> = parts.iter().map(|part| part.contribution_printed.display2()).collect();
    assert_eq!(printed, ["29.41", "8.82", "17.65", "0.00", "0.00"], "sums to 55.88");
    assert_eq!((score.band, score.rating), (Some(Rating::D), Some(Rating::D)));
    assert_eq!(score.knock_outs.len(), 1);
    assert_eq!(score.knock_outs[0].question, "Q5");
    assert_eq!(score.completeness, Some(x("15/19")));
    assert_eq!(score.na_share, Some(x("2/19")));
    assert!(!score.limited_scope);
    assert_eq!(score.upper, Some(x("1350/17")));
    assert_eq!(level(&small, &answers, Tier::Low), (Rating::D, false, ResidualLevel::Moderate));
    assert_eq!(level(&small, &answers, Tier::High), (Rating::E, true, ResidualLevel::Critical));
}

fn g2_answers(q1: Answer) -> Answers {
    answers([
        ("Q1", q1),
        ("Q2", Answer::one("full").graded(Grade::Supplied)),
        ("Q3", Answer::one("full")),
        ("Q4", Answer::one("full").graded(Grade::Independent)),
        ("Q5", Answer::one("partial").graded(Grade::Supplied)),
        ("Q6", Answer::one("full")),
    ])
}

#[test]
fn g2_compensating_control() {
    let small = small();
    let review = Review { compensating: Some(Compensating::Substantial), ..Review::default() };
    let answers = g2_answers(Answer::one("partial").graded(Grade::Accepted).reviewed(review));
    let score = score(&small, &answers, None);
    assert_eq!(score.claimed, Some(x("1575/19")));
    assert_eq!(score.evidenced, Some(x("4025/76")));
    assert_eq!(score.confidence.as_ref().unwrap().exact, x("23/36"));
    assert!(score.knock_outs.is_empty());
    assert_eq!(score.rating, Some(Rating::B));
    assert_eq!(level(&small, &answers, Tier::Critical), (Rating::B, false, ResidualLevel::Moderate));
    assert_eq!(level(&small, &answers, Tier::Medium), (Rating::B, false, ResidualLevel::Low));
}

#[test]
fn g2x_without_the_compensation() {
    let small = small();
    let answers = g2_answers(Answer::one("partial").graded(Grade::Accepted));
    let score = score(&small, &answers, None);
    assert_eq!(score.claimed, Some(x("1450/19")));
    assert_eq!(score.evidenced, Some(x("1825/38")));
    assert_eq!(score.evidenced.as_ref().unwrap().display1(), "48.0");
    assert_eq!((score.band, score.rating), (Some(Rating::B), Some(Rating::C)));
    assert_eq!(level(&small, &answers, Tier::Critical), (Rating::D, true, ResidualLevel::Critical));
    assert_eq!(level(&small, &answers, Tier::High), (Rating::C, false, ResidualLevel::High));
    assert_eq!(level(&small, &answers, Tier::Medium), (Rating::C, false, ResidualLevel::Moderate));
}

#[test]
fn a_section_multiplier_weighs_contributions_but_not_the_sections_own_score() {
    let mut questionnaire = of_sections(vec![
        ("D1", vec![question("Q1", 3), question("Q2", 1)]),
        ("D2", vec![question("Q3", 4)]),
    ]);
    questionnaire.sections[0].multiplier = x("3/2");
    let answers =
        answers([("Q1", Answer::one("full")), ("Q2", Answer::one("none")), ("Q3", Answer::one("partial"))]);
    let score = score(&questionnaire, &answers, None);
    // W = 9/2, 3/2, 4, together 10; S = 100 (9/2 + 2) / 10.
    assert_eq!(score.claimed, Some(x("65")));
    let contributions: Vec<_> =
        score.rows.iter().map(|row| row.explained.as_ref().unwrap().contribution.clone()).collect();
    assert_eq!(contributions, [x("45"), x("0"), x("20")]);
    let sections: Vec<_> =
        score.sections.iter().map(|s| (s.claimed.clone().unwrap(), s.weight.clone())).collect();
    assert_eq!(sections, [(x("75"), x("6")), (x("50"), x("4"))]);
}

#[test]
fn a_control_set_weighs_controls_and_not_the_questions_behind_them() {
    let mapped = |id: &str, weight: u8, controls: &[&str]| Question {
        maps: controls.iter().map(|control| format!("set:{control}").parse().unwrap()).collect(),
        ..question(id, weight)
    };
    let questionnaire = of_sections(vec![(
        "S",
        vec![mapped("Q1", 4, &["K.1"]), mapped("Q2", 2, &["K.1", "K.2"]), mapped("Q3", 5, &["K.2"])],
    )]);
    let answers = answers([
        ("Q1", Answer::one("full").graded(Grade::Supplied)),
        ("Q2", Answer::one("partial").graded(Grade::Accepted)),
        ("Q3", Answer::one("none")),
    ]);
    let score = score(&questionnaire, &answers, None);
    let control = |reference: &str, weight: i64| Control {
        reference: reference.into(),
        weight: weight.into(),
        ..Control::default()
    };
    let group = |id: &str, controls| ControlGroup { id: id.into(), controls, ..ControlGroup::default() };
    let set = ControlSet {
        id: "set".into(),
        groups: vec![
            group("K", vec![control("K.1", 3), control("K.2", 1)]),
            group("L", vec![control("L.1", 2), control("L.2", 0)]),
        ],
        ..ControlSet::default()
    };
    let result = score_control_set(&set, &CountedRows::new(&[(&questionnaire, &score)]));
    // C of K.1 = (4 + 1) / 6, of K.2 = 1 / 7; claimed = 100 (3 * 5/6 + 1/7) / 4.
    let controls: Vec<_> = result.controls.iter().map(|control| control.claimed.clone()).collect();
    assert_eq!(controls, [Some(x("250/3")), Some(x("100/7")), None, None]);
    assert_eq!(result.claimed, Some(x("925/14")));
    // E of K.1 = (2 + 3/4) / 6, of K.2 = (3/4) / 7.
    assert_eq!(result.evidenced, Some(x("4150/112")));
    assert_eq!((result.coverage.clone(), result.covered, result.counted), (x("2/3"), 2, 3));
    assert_eq!(
        (result.groups[0].claimed.clone(), result.groups[1].claimed.clone()),
        (Some(x("925/14")), None)
    );
    let parts: Vec<_> = result.contributions.iter().map(|p| (p.question.as_str(), p.exact.clone())).collect();
    assert_eq!(parts, [("Q1", x("50")), ("Q2", x("225/14")), ("Q3", x("0"))]);
    assert_eq!(result.band, Some(Rating::C));
}

#[test]
fn a_credit_by_the_reviewer_and_a_compensating_control_combine_to_the_larger() {
    let small = small();
    let adjusted = |credit: Option<&str>, compensating: Option<Compensating>| {
        let review = Review { credit: credit.map(x), compensating, ..Review::default() };
        let answers = answers([("Q2", Answer::one("full").reviewed(review))]);
        score(&small, &answers, None).rows[1].credit.clone()
    };
    assert_eq!(adjusted(Some("1/5"), None), x("1/5"), "the reviewer's credit replaces a better one");
    assert_eq!(adjusted(Some("1/5"), Some(Compensating::Partial)), x("1/2"));
    assert_eq!(adjusted(Some("4/5"), Some(Compensating::Substantial)), x("4/5"));
    assert_eq!(adjusted(None, Some(Compensating::Substantial)), x("1"));
}

#[test]
fn one_or_two_majors_cap_at_c_and_three_majors_or_a_blocker_at_d() {
    let major = |id: &str| Question {
        critical: critical(CriticalLevel::Major, Exact::one()),
        weight: 1,
        ..question(id, 1)
    };
    let heavy = question("Q9", 5);
    let heavy: Vec<Question> = (0..20).map(|n| Question { id: format!("H{n}"), ..heavy.clone() }).collect();
    let majors = |failed: usize, level: CriticalLevel| {
        let mut questions = heavy.clone();
        questions.extend(
            (0..failed)
                .map(|n| Question { critical: critical(level, Exact::one()), ..major(&format!("M{n}")) }),
        );
        let mut answers: Answers = heavy.iter().map(|q| (q.id.clone(), Answer::one("full"))).collect();
        answers.extend((0..failed).map(|n| (format!("M{n}"), Answer::one("mostly"))));
        let score = score(&of_sections(vec![("S", questions)]), &answers, None);
        assert_eq!(score.band, Some(Rating::A));
        score.rating.unwrap()
    };
    assert_eq!(majors(0, CriticalLevel::Major), Rating::A);
    assert_eq!(majors(1, CriticalLevel::Major), Rating::C);
    assert_eq!(majors(2, CriticalLevel::Major), Rating::C);
    assert_eq!(majors(3, CriticalLevel::Major), Rating::D);
    assert_eq!(majors(1, CriticalLevel::Blocker), Rating::D);
}

#[test]
fn the_confidence_label_turns_exactly_at_two_fifths_and_seven_tenths() {
    // K = (3/4 a + 1/4 b) / (a + b) with full credit on questions of weight a and b.
    let label = |grades: &[(u8, Grade)]| {
        let questions = grades.iter().enumerate().map(|(n, (w, _))| question(&format!("Q{n}"), *w)).collect();
        let answers = grades
            .iter()
            .enumerate()
            .map(|(n, (_, grade))| (format!("Q{n}"), Answer::one("full").graded(*grade)))
            .collect();
        score(&of_sections(vec![("S", questions)]), &answers, None).confidence.unwrap()
    };
    // (2*1/4 + 3*1/2)/5 = 2/5.
    let edge = label(&[(2, Grade::Asserted), (3, Grade::Supplied)]);
    assert_eq!((edge.exact, edge.label), (x("2/5"), ConfidenceLabel::Medium));
    // (1*1/2 + 4*3/4)/5 = 7/10.
    let edge = label(&[(1, Grade::Supplied), (4, Grade::Accepted)]);
    assert_eq!((edge.exact, edge.label), (x("7/10"), ConfidenceLabel::High));
    let below = label(&[(2, Grade::Supplied), (3, Grade::Accepted)]);
    assert_eq!((below.exact, below.label), (x("13/20"), ConfidenceLabel::Medium));
    let below = label(&[(3, Grade::Asserted), (2, Grade::Supplied)]);
    assert_eq!((below.exact, below.label), (x("7/20"), ConfidenceLabel::Low));
    assert_eq!(label(&[(3, Grade::Rejected)]).exact, x("0"));
    assert_eq!(label(&[(3, Grade::Independent)]).exact, x("1"));
}

#[test]
fn more_than_thirty_percent_na_is_limited_scope_and_exactly_thirty_is_not() {
    let na_question = |w| Question { na: Some("Why?".into()), ..question("N1", w) };
    let answers = answers([("N1", Answer::na("None")), ("Q1", Answer::one("full"))]);
    let limited = |na_weights: &[u8], other: &[u8]| {
        let mut questions: Vec<Question> = Vec::new();
        let mut given = answers.clone();
        for (n, w) in na_weights.iter().enumerate() {
            questions.push(Question { id: format!("N{n}"), ..na_question(*w) });
            given.insert(format!("N{n}"), Answer::na("None"));
        }
        for (n, w) in other.iter().enumerate() {
            questions.push(question(&format!("Q{n}"), *w));
        }
        let score = score(&of_sections(vec![("S", questions)]), &given, None);
        (score.na_share.unwrap(), score.limited_scope)
    };
    assert_eq!(limited(&[3], &[5, 2]), (x("3/10"), false));
    assert_eq!(limited(&[4], &[5, 4]), (x("4/13"), true), "30.8 %");
    assert_eq!(limited(&[5, 4], &[5, 5, 5, 5]), (x("9/29"), true), "31.03 %");
}

#[test]
fn na_on_a_critical_question_or_a_gate_needs_the_reviewers_acceptance() {
    let with_na = |question: Question| Question { na: Some("Why?".into()), ..question };
    let follow = Question {
        show_if: Some(Condition::In { q: "QG".into(), options: vec!["full".into()] }),
        if_hidden: Some(IfHidden::Zero),
        ..question("QF", 2)
    };
    let plain = with_na(question("QP", 1));
    let crucial =
        with_na(Question { critical: critical(CriticalLevel::Major, Exact::one()), ..question("QC", 5) });
    let questionnaire =
        of_sections(vec![("S", vec![plain, crucial, with_na(question("QG", 3)), follow, question("QZ", 1)])]);
    let states = |verdict: Option<NaVerdict>| {
        let na = Answer::na("None").reviewed(Review { na: verdict, ..Review::default() });
        let answers = answers([("QP", na.clone()), ("QC", na.clone()), ("QG", na)]);
        let score = score(&questionnaire, &answers, None);
        (["QP", "QC", "QG", "QF"].map(|id| state(&score, id)), score)
    };
    use State::{Hidden, HiddenZero, Na, NaPending};
    let (pending, score) = states(None);
    assert_eq!(pending, [Na, NaPending, NaPending, HiddenZero]);
    assert_eq!(score.claimed, Some(x("0")));
    assert_eq!(score.rows.iter().filter(|row| row.state.counts()).count(), 4);
    assert_eq!(score.knock_outs[0].question, "QC", "a pending N/A fails a critical question");
    assert_eq!(states(Some(NaVerdict::Rejected)).0, [NaPending, NaPending, NaPending, HiddenZero]);
    assert_eq!(states(Some(NaVerdict::Accepted)).0, [Na, Na, Na, Hidden], "an accepted N/A gate excludes");
}

#[test]
fn a_term_on_a_blank_question_is_false_also_not_in() {
    let follow = Question {
        show_if: Some(Condition::NotIn { q: "QG".into(), options: vec!["none".into()] }),
        ..question("QF", 2)
    };
    let gate = Question { weight: 0, ..question("QG", 0) };
    let questionnaire = of_sections(vec![("S", vec![gate, follow])]);
    let of = |answer: Answer| state(&score(&questionnaire, &answers([("QG", answer)]), None), "QF");
    assert_eq!(state(&score(&questionnaire, &Answers::new(), None), "QF"), State::Hidden);
    assert_eq!(of(Answer::of(AnswerValue::Unknown)), State::Hidden);
    assert_eq!(of(Answer::one("none")), State::Hidden);
    assert_eq!(of(Answer::one("full")), State::Unanswered);
}

#[test]
fn hidden_zero_chains_open_only_behind_open_gates() {
    let behind = |id: &str, gate: &str| Question {
        show_if: Some(Condition::In { q: gate.into(), options: vec!["full".into()] }),
        if_hidden: Some(IfHidden::Zero),
        ..question(id, 2)
    };
    let questionnaire =
        of_sections(vec![("S", vec![question("Q1", 4), behind("Q2", "Q1"), behind("Q3", "Q2")])]);
    let blank = score(&questionnaire, &Answers::new(), None);
    assert_eq!(state(&blank, "Q3"), State::HiddenZero);
    assert!(blank.rows.iter().all(|row| row.open));
    assert_eq!(blank.upper, Some(x("100")));
    assert_eq!(blank.completeness, Some(x("0")));
    let closed = score(&questionnaire, &answers([("Q1", Answer::one("none"))]), None);
    assert_eq!(state(&closed, "Q2"), State::HiddenZero);
    assert!(closed.rows.iter().all(|row| !row.open), "the gate is answered, so nothing can be gained");
    assert_eq!((closed.claimed, closed.upper), (Some(x("0")), Some(x("0"))));
    assert_eq!(closed.completeness, Some(x("1")));
    let gates: Vec<_> = closed.rows.iter().map(|row| row.gate.as_deref()).collect();
    assert_eq!(gates, [None, Some("Q1"), Some("Q1")], "a hidden_zero gate is replaced by its own gate");
}

/// Two scored questions behind a scope question that the buyer's fact widens; the answer, and the fact.
fn behind_a_fact(fact: bool, accepted: bool, answer: Option<&str>) -> (Questionnaire, Answers, Facts) {
    let scope = Question {
        weight: 0,
        options: ["narrow", "middle", "wide"].map(|id| Choice { id: id.into(), ..Choice::default() }).into(),
        widen: vec![Widen { fact: "known".into(), to: "middle".into() }],
        ..question("Q0", 0)
    };
    let behind = |id: &str, options: &[&str]| Question {
        show_if: Some(Condition::In {
            q: "Q0".into(),
            options: options.iter().map(|&id| id.to_owned()).collect(),
        }),
        ..question(id, 3)
    };
    let questionnaire = of_sections(vec![(
        "S",
        vec![scope, behind("Q1", &["middle", "wide"]), behind("Q2", &["wide"]), question("Q3", 1)],
    )]);
    let mut given = Answers::new();
    if let Some(option) = answer {
        let review = Review { scope_accepted: accepted, ..Review::default() };
        given.insert("Q0".into(), Answer::one(option).reviewed(review));
    }
    let mut questionnaire = questionnaire;
    questionnaire.facts =
        vec![questionnaires::definition::Fact { id: "known".into(), label: "Known".into(), default: false }];
    (questionnaire, given, Facts::from([("known".to_owned(), fact)]))
}

fn widened(fact: bool, accepted: bool, answer: Option<&str>) -> QuestionnaireScore {
    let (questionnaire, given, facts) = behind_a_fact(fact, accepted, answer);
    score_questionnaire(&questionnaire, &given, &facts, None, None)
}

#[test]
fn what_the_buyer_knows_widens_a_scope_answer_until_the_reviewer_accepts_it() {
    use questionnaires::scoring::explain::ScopeAnswer;
    let states = |score: &QuestionnaireScore| ["Q1", "Q2"].map(|id| state(score, id));
    let effective = |score: &QuestionnaireScore| match score.scope[0].effective.clone() {
        Some(ScopeAnswer::One(option)) => Some(option),
        _ => None,
    };
    let narrow = widened(false, false, Some("narrow"));
    assert_eq!(states(&narrow), [State::Hidden, State::Hidden]);
    assert_eq!((narrow.scope[0].hidden, &narrow.scope[0].hidden_weight), (2, &x("6")));
    let wider = widened(true, false, Some("narrow"));
    assert_eq!(states(&wider), [State::Unanswered, State::Hidden]);
    assert_eq!((effective(&wider), wider.scope[0].hidden), (Some("middle".to_owned()), 1));
    assert_eq!(states(&widened(true, true, Some("narrow"))), [State::Hidden, State::Hidden]);
    assert_eq!(
        states(&widened(true, false, None)),
        [State::Unanswered, State::Hidden],
        "just `to` when blank"
    );
    assert_eq!(states(&widened(true, false, Some("wide"))), [State::Unanswered, State::Unanswered]);
    assert_eq!(effective(&widened(false, false, None)), None);
}

#[test]
fn an_answer_narrower_than_a_fact_that_holds_is_reported_and_nothing_else_is() {
    let report = |fact, accepted, answer| {
        let (questionnaire, given, facts) = behind_a_fact(fact, accepted, answer);
        let found = answers_against_facts(&questionnaire, &given, &facts, None);
        let line = |one: &AgainstFacts<'_>| {
            let facts: Vec<&str> = one.facts.iter().map(|fact| fact.label.as_str()).collect();
            format!("{} {} {:?} {}", one.question.id, facts.join(" "), one.widened, one.accepted)
        };
        found.iter().map(line).collect::<Vec<_>>()
    };
    assert_eq!(report(true, false, Some("narrow")), [r#"Q0 Known ["middle"] false"#]);
    assert_eq!(
        report(true, true, Some("narrow")),
        [r#"Q0 Known ["middle"] true"#],
        "it stays a contradiction"
    );
    assert!(report(true, false, Some("wide")).is_empty(), "it says more than we know");
    assert!(report(true, false, Some("middle")).is_empty());
    assert!(report(false, false, Some("narrow")).is_empty());
    assert!(report(true, false, None).is_empty(), "a blank says nothing");
}

#[test]
fn dates_count_full_months() {
    let bands = vec![
        Band { upto: Some(x("3")), credit: Exact::one() },
        Band { upto: Some(x("12")), credit: Exact::ratio(1, 2) },
        Band { upto: None, credit: Exact::zero() },
    ];
    let dated = Question {
        answer_type: questionnaires::definition::AnswerType::Date,
        options: vec![],
        bands,
        ..question("Q1", 3)
    };
    let questionnaire = of_sections(vec![("S", vec![dated])]);
    let credit = |date: &str, as_of: &str| {
        let answers = answers([("Q1", Answer::of(AnswerValue::Date(date.parse().unwrap())))]);
        let as_of = Some(as_of.parse().unwrap());
        score_questionnaire(&questionnaire, &answers, &Facts::new(), None, as_of).rows[0].credit.to_string()
    };
    assert_eq!(credit("2026-08-22", "2026-11-22"), "1", "3 months to the day");
    assert_eq!(credit("2026-07-23", "2026-11-22"), "1", "one day short of 4 months is 3");
    assert_eq!(credit("2026-07-22", "2026-11-22"), "1/2", "4 months");
    assert_eq!(credit("2025-10-23", "2026-11-22"), "1/2", "one day short of 13 months is 12");
    assert_eq!(credit("2025-10-22", "2026-11-22"), "0", "13 months");
    assert_eq!(credit("2026-11-22", "2026-11-22"), "1");
}

#[test]
fn nothing_to_score_is_not_applicable_and_all_na_is_not_assessed() {
    let hidden =
        Question { show_if: Some(Condition::Tier { tiers: vec![Tier::Critical] }), ..question("Q1", 3) };
    let na = Question { na: Some("Why?".into()), ..question("Q2", 3) };
    let only_hidden = of_sections(vec![("S", vec![hidden.clone()])]);
    let result = score(&only_hidden, &Answers::new(), Some(Tier::High));
    assert_eq!(result.state, ScoreState::NotApplicable);
    assert_eq!((result.residual, result.completeness, result.na_share), (None, None, None));
    assert!(!result.limited_scope);
    let with_na = of_sections(vec![("S", vec![hidden, na])]);
    let answers = answers([("Q2", Answer::na("None"))]);
    let result = score(&with_na, &answers, Some(Tier::High));
    assert_eq!(result.state, ScoreState::NotAssessed);
    assert_eq!((result.claimed, result.rating, result.confidence), (None, None, None));
    assert_eq!((result.completeness, result.na_share), (Some(x("1")), Some(x("1"))));
    assert!(result.limited_scope);
    let residual = result.residual.unwrap();
    assert_eq!((residual.read_as, residual.shifted), (None, false));
    assert_eq!(residual.level, ResidualLevel::Critical, "the tier's worst cell");
}

#[test]
fn the_residual_matrix_is_the_printed_one() {
    use ResidualLevel::{Critical, High, Low, Moderate};
    let printed = [
        (Tier::Critical, [Moderate, Moderate, High, Critical, Critical]),
        (Tier::High, [Low, Moderate, High, High, Critical]),
        (Tier::Medium, [Low, Low, Moderate, High, High]),
        (Tier::Low, [Low, Low, Low, Moderate, Moderate]),
    ];
    for (tier, row) in printed {
        assert_eq!(Rating::ALL.map(|rating| matrix(tier, rating)), row, "{tier}");
    }
}

#[test]
fn the_evidence_gate_looks_at_the_rounded_v() {
    let read = |tier, evidenced: &str| {
        let residual = residual(tier, ScoreState::Scored, Some(Rating::B), Some(&x(evidenced))).unwrap();
        (residual.read_as.unwrap(), residual.shifted)
    };
    for (tier, gate) in [(Tier::Critical, "50"), (Tier::High, "35"), (Tier::Medium, "20")] {
        let just_rounding_up = (x(gate) - Exact::ratio(1, 20)).to_string();
        let just_below = (x(gate) - Exact::ratio(51, 1000)).to_string();
        assert_eq!(read(tier, gate), (Rating::B, false));
        assert_eq!(read(tier, &just_rounding_up), (Rating::B, false), "{tier}: r1(V) reaches the gate");
        assert_eq!(read(tier, &just_below), (Rating::C, true));
    }
    assert_eq!(read(Tier::Low, "0"), (Rating::B, false));
    let worst = residual(Tier::High, ScoreState::Scored, Some(Rating::E), Some(&x("0"))).unwrap();
    assert_eq!((worst.read_as, worst.shifted), (Some(Rating::E), true), "E stays E");
}

#[test]
fn bands_are_decided_on_the_rounded_score() {
    for (score, band) in [
        ("89.95", Rating::A),
        ("89.9499", Rating::B),
        ("74.95", Rating::B),
        ("59.95", Rating::C),
        ("59.94", Rating::D),
        ("39.95", Rating::D),
        ("39.9", Rating::E),
    ] {
        assert_eq!(Rating::of(&x(score)), band, "{score}");
    }
}

/// DAT VOL ACC CRT SUB REG LOC NTH AIE AUT AIX PPL.
fn points(values: [u8; 12]) -> Points {
    Factor::ALL.into_iter().zip(values).collect()
}

#[test]
fn i1_to_i3_inherent_risk() {
    let i1 = inherent(&points([2, 2, 1, 1, 1, 0, 2, 2, 1, 1, 2, 1]));
    assert_eq!((i1.score, i1.tier, i1.floors), (x("4900/152"), Tier::Medium, vec![]));
    let i2 = inherent(&points([3, 2, 2, 2, 1, 2, 2, 2, 3, 1, 2, 3]));
    assert_eq!((i2.score.display1().as_str(), i2.tier), ("54.6", Tier::High));
    assert_eq!((i2.score, i2.floors), (x("8300/152"), vec![Floor::F2, Floor::F6]));
    let i3 = inherent(&points([1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0]));
    assert_eq!((i3.score.display1().as_str(), i3.tier), ("7.2", Tier::Low));
    assert_eq!(i3.score, x("1100/152"));
}

#[test]
fn every_floor_lifts_to_its_level_and_no_further() {
    let tier = |changes: &[(Factor, u8)]| {
        let result = inherent(&changes.iter().copied().collect());
        (result.tier, result.floors)
    };
    use Factor::{Acc, Aie, Aix, Aut, Crt, Dat, Reg, Sub, Vol};
    use Floor::{F1, F2, F3, F4, F5, F6, F7};
    assert_eq!(tier(&[(Dat, 4)]), (Tier::High, vec![F1]));
    assert_eq!(tier(&[(Dat, 4), (Vol, 2)]), (Tier::High, vec![F1]));
    assert_eq!(tier(&[(Dat, 4), (Vol, 3)]), (Tier::Critical, vec![F1]));
    assert_eq!(tier(&[(Dat, 3)]), (Tier::Medium, vec![F2]));
    assert_eq!(tier(&[(Acc, 4)]), (Tier::High, vec![F3]));
    assert_eq!(tier(&[(Crt, 4)]), (Tier::High, vec![F4]));
    assert_eq!(tier(&[(Crt, 4), (Sub, 4)]), (Tier::Critical, vec![F4]));
    assert_eq!(tier(&[(Sub, 4)]), (Tier::Low, vec![]));
    assert_eq!(tier(&[(Reg, 4)]), (Tier::High, vec![F5]));
    assert_eq!(tier(&[(Aie, 3)]), (Tier::High, vec![F6]));
    assert_eq!(tier(&[(Aie, 4), (Aut, 3)]), (Tier::High, vec![F6]));
    assert_eq!(tier(&[(Aie, 4), (Aut, 4)]), (Tier::Critical, vec![F6]));
    assert_eq!(tier(&[(Aix, 4)]), (Tier::High, vec![F7]));
    assert_eq!(tier(&[(Dat, 2)]), (Tier::Low, vec![]));
}

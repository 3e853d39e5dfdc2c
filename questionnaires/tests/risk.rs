//! Routing, intake, findings, comparison, carry-forward and progress on the shipped questionnaires.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use questionnaires::answering::{
    Answer, AnswerValue, Answers, Facts, Grade, NaVerdict, NotCarried, Review, carry_forward, firing_checks,
    progress, visible,
};
use questionnaires::definition::catalog::shipped;
use questionnaires::definition::{
    Choice, Condition, Critical, CriticalLevel, Fact, IfHidden, Question, Questionnaire, Section, Tier,
};
use questionnaires::exact::Exact;
use questionnaires::risk::comparison::{Compared, NotRanked, compare, options_hash};
use questionnaires::risk::findings::{Proposal, Severity, projected, propose};
use questionnaires::risk::inherent::{Factor, Floor, Points};
use questionnaires::risk::intake::read_intake;
use questionnaires::risk::residual::{Recommendation, ResidualLevel, recommendation};
use questionnaires::risk::routing::{cadence_months, suggest};
use questionnaires::scoring::{QuestionnaireScore, score_questionnaire};

fn shipped_questionnaire(id: &str) -> &'static Questionnaire {
    shipped().questionnaires.iter().find(|questionnaire| questionnaire.id == id).unwrap()
}

fn suggested(tier: Tier, points: &[(Factor, u8)], facts: &[&str]) -> Vec<&'static str> {
    let points: Points = points.iter().copied().collect();
    let facts: Facts = facts.iter().map(|fact| ((*fact).to_owned(), true)).collect();
    let suggestions = suggest(tier, &points, &facts);
    assert!(suggestions.iter().all(|suggestion| suggestion.reason.ends_with('.')));
    suggestions.into_iter().map(|suggestion| suggestion.questionnaire).collect()
}

#[test]
fn routing_suggests_by_tier_factors_and_facts() {
    use Factor::{Acc, Aie, Dat};
    assert_eq!(suggested(Tier::Low, &[], &[]), [""; 0]);
    assert_eq!(suggested(Tier::Low, &[(Dat, 1)], &[]), ["supplier-security-lite"]);
    assert_eq!(suggested(Tier::Medium, &[(Acc, 1)], &[]), ["supplier-security-core"]);
    assert_eq!(suggested(Tier::Critical, &[], &["onsite"]), ["supplier-security-core"]);
    assert_eq!(suggested(Tier::Low, &[], &["software_delivered"]), ["supplier-security-lite"]);
    assert_eq!(suggested(Tier::Medium, &[(Aie, 1)], &["ai_present"]), ["ai-lite"]);
    assert_eq!(suggested(Tier::Low, &[(Aie, 2)], &["ai_present"]), ["ai-tool-risk"]);
    assert_eq!(suggested(Tier::High, &[(Aie, 1)], &["ai_present"]), ["ai-tool-risk"]);
    assert_eq!(suggested(Tier::Low, &[], &["ai_present", "agentic"]), ["ai-lite", "genai-agent"]);
    assert_eq!(
        suggested(Tier::Low, &[], &["ai_present", "eu_use"]),
        ["ai-lite", "eu-ai-act-vendor", "eu-ai-act-own"]
    );
    assert_eq!(suggested(Tier::Low, &[], &["eu_use", "genai"]), [""; 0], "these need AI");
    assert_eq!(suggested(Tier::Low, &[], &["india_regulated"]), ["india-regulatory"], "with or without AI");
    let every = shipped();
    for id in suggested(Tier::High, &[(Dat, 4)], &["ai_present", "genai", "eu_use", "india_regulated"]) {
        assert!(every.questionnaires.iter().any(|questionnaire| questionnaire.id == id), "{id} ships");
    }
}

#[test]
fn cadence_is_by_tier() {
    assert_eq!(Tier::ALL.map(cadence_months), [36, 24, 12, 12]);
}

fn intake_answers(choices: &[(&str, &str)]) -> Answers {
    let mut answers: Answers =
        choices.iter().map(|(factor, option)| (format!("INH-{factor}"), Answer::one(*option))).collect();
    answers.insert("INH-OWN".into(), Answer::of(AnswerValue::Text("Asha Rao, asha@example.org".into())));
    answers
}

const CV_SCREENING: [(&str, &str); 13] = [
    ("DAT", "personal"),
    ("VOL", "k100"),
    ("ACC", "read"),
    ("CRT", "days"),
    ("SUB", "weeks"),
    ("REG", "guidance"),
    ("LOC", "agreed"),
    ("NTH", "some"),
    ("AIE", "informs"),
    ("AUT", "suggests"),
    ("AIX", "stored"),
    ("PPL", "k100"),
    ("PRO", "clear"),
];

#[test]
fn the_intake_of_i2_gives_factors_facts_tier_and_floors() {
    let intake = shipped_questionnaire("inherent-risk-intake");
    let mut answers = intake_answers(&CV_SCREENING);
    answers.insert("INH-CTX".into(), Answer::many(["eu_use"]));
    answers.insert("INH-ANX".into(), Answer::many(["employment"]));
    let result = read_intake(intake, &answers).unwrap();
    assert_eq!(result.inherent.score, Exact::ratio(8300, 152));
    assert_eq!((result.inherent.tier, &result.inherent.floors), (Tier::High, &vec![Floor::F2, Floor::F6]));
    let on: Vec<&str> = result.facts.iter().filter(|(_, on)| **on).map(|(fact, _)| fact.as_str()).collect();
    assert_eq!(on, ["ai_present", "eu_use", "high_risk_use", "people_decisions", "personal_data"]);
    assert_eq!(result.facts.len(), intake.facts.len(), "every fact is given, true or false");
    assert!(result.checks.is_empty());
}

#[test]
fn hidden_factors_count_zero_and_contradictions_fire() {
    let intake = shipped_questionnaire("inherent-risk-intake");
    let mut choices = CV_SCREENING.to_vec();
    choices.retain(|(factor, _)| !["AIE", "DAT"].contains(factor));
    choices.extend([("AIE", "none"), ("DAT", "internal")]);
    let mut answers = intake_answers(&choices);
    answers.insert("INH-CTX".into(), Answer::many(["genai"]));
    let result = read_intake(intake, &answers).unwrap();
    assert_eq!((result.points[&Factor::Aut], result.points[&Factor::Ppl]), (0, 0));
    assert!(!result.facts["ai_present"]);
    let fired: Vec<&str> = result.checks.iter().map(|check| check.id.as_str()).collect();
    assert_eq!(fired, ["people_no_data", "genai_without_ai"]);
}

#[test]
fn a_faulty_intake_lists_every_fault() {
    let intake = shipped_questionnaire("inherent-risk-intake");
    let mut answers = intake_answers(&[("DAT", "nonsense"), ("AIE", "none")]);
    answers.insert("SEC-GOV-01".into(), Answer::one("full"));
    answers.insert("INH-VOL".into(), Answer::of(AnswerValue::Unknown));
    let faults = read_intake(intake, &answers).unwrap_err();
    let paths: Vec<&str> = faults.iter().map(|fault| fault.path.as_str()).collect();
    let missing = ["INH-ACC", "INH-LOC", "INH-NTH", "INH-CRT", "INH-SUB", "INH-REG"];
    assert_eq!(paths[..3], ["INH-DAT.choice", "SEC-GOV-01", "INH-VOL"]);
    assert_eq!(paths[3..], missing);
}

fn question(id: &str, weight: u8) -> Question {
    let option =
        |id: &str, credit: Exact| Choice { id: id.into(), credit: Some(credit), ..Choice::default() };
    let options = vec![
        option("full", Exact::one()),
        option("half", Exact::ratio(1, 2)),
        Choice { finding: Some("There is nothing.".into()), ..option("none", Exact::zero()) },
    ];
    Question { id: id.into(), weight, options, fix: Some("Do it.".into()), ..Question::default() }
}

fn behind(id: &str, weight: u8, gate: &str) -> Question {
    Question {
        show_if: Some(Condition::In { q: gate.into(), options: vec!["full".into()] }),
        if_hidden: Some(IfHidden::Zero),
        ..question(id, weight)
    }
}

fn critical(question: Question, level: CriticalLevel) -> Question {
    Question { critical: Some(Critical { level, pass: Exact::ratio(1, 2) }), weight: 5, ..question }
}

fn of(version: &str, questions: Vec<Question>) -> Questionnaire {
    Questionnaire {
        id: "sample".into(),
        version: version.into(),
        counts_to_residual: true,
        facts: vec![Fact { id: "f".into(), label: "f".into(), default: false }],
        sections: vec![Section { id: "SEC".into(), questions, ..Section::default() }],
        ..Questionnaire::default()
    }
}

fn answers(pairs: &[(&str, &str)]) -> Answers {
    pairs.iter().map(|(id, option)| ((*id).to_owned(), Answer::one(*option))).collect()
}

fn score(questionnaire: &Questionnaire, answers: &Answers) -> QuestionnaireScore {
    score_questionnaire(questionnaire, answers, &Facts::new(), Some(Tier::Medium), None)
}

fn proposals(questionnaire: &Questionnaire, answers: &Answers) -> Vec<Proposal> {
    let score = score(questionnaire, answers);
    propose(&[(questionnaire, &score)], &|id| {
        let value = answers.get(id).and_then(|answer| answer.value.clone());
        value.map_or_else(Vec::new, |value| value.chosen().into_iter().map(str::to_owned).collect())
    })
}

#[test]
fn findings_get_their_severity_days_and_text() {
    let questionnaire = of(
        "1.0.0",
        vec![
            critical(question("BLK", 5), CriticalLevel::Blocker),
            critical(question("MAJ", 5), CriticalLevel::Major),
            question("W5", 5),
            question("W4", 4),
            question("W3", 3),
            question("W2", 2),
            Question { sla_days: Some(7), ..question("OWN", 3) },
            question("FIN", 5),
        ],
    );
    let given = [
        ("BLK", "none"),
        ("MAJ", "none"),
        ("W5", "none"),
        ("W4", "half"),
        ("W3", "half"),
        ("W2", "none"),
        ("OWN", "none"),
        ("FIN", "full"),
    ];
    let found = proposals(&questionnaire, &answers(&given));
    let rows: Vec<_> = found.iter().map(|p| (p.question.as_str(), p.severity, p.sla_days)).collect();
    assert_eq!(
        rows,
        [
            ("BLK", Severity::Critical, 14),
            ("MAJ", Severity::High, 30),
            ("W5", Severity::High, 30),
            ("W4", Severity::Medium, 90),
            ("W3", Severity::Low, 180),
            ("W2", Severity::Medium, 90),
            ("OWN", Severity::Medium, 7),
        ]
    );
    assert_eq!(found[0].text.as_deref(), Some("There is nothing."));
    assert_eq!((found[3].text.as_deref(), found[3].fix.as_deref()), (None, Some("Do it.")));
    assert!(found[3].preselected && !found[4].preselected);
}

#[test]
fn hidden_zero_rows_fold_into_the_first_gate_and_lend_it_their_severity() {
    let questionnaire = of(
        "1.0.0",
        vec![
            Question { na: Some("Why?".into()), ..question("Q1", 1) },
            behind("Q2", 1, "Q1"),
            critical(behind("Q3", 5, "Q2"), CriticalLevel::Blocker),
        ],
    );
    let found = proposals(&questionnaire, &answers(&[("Q1", "none")]));
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].question.as_str(), found[0].severity), ("Q1", Severity::Critical));
    assert_eq!(found[0].folded, ["Q2", "Q3"]);
    let adjusted: Answers = [(
        "Q1".to_owned(),
        Answer::one("none").reviewed(Review { credit: Some(Exact::one()), ..Review::default() }),
    )]
    .into();
    assert_eq!(proposals(&questionnaire, &adjusted)[0].question, "Q1", "whatever its own credit");
    let pending: Answers = [("Q1".to_owned(), Answer::na("None"))].into();
    assert_eq!(proposals(&questionnaire, &pending), [], "none for a pending N/A gate");
}

#[test]
fn a_question_in_two_questionnaires_gives_one_finding_and_buyers_give_none() {
    let one = of("1.0.0", vec![question("Q1", 2), question("Q2", 1)]);
    let two = Questionnaire { id: "other".into(), ..one.clone() };
    let own = Questionnaire {
        id: "own".into(),
        audience: questionnaires::definition::Audience::Buyer,
        ..of("1.0.0", vec![question("Q9", 5)])
    };
    let given = Answers::new();
    let scores = [&one, &two, &own].map(|questionnaire| score(questionnaire, &given));
    let scored: Vec<_> = [&one, &two, &own].into_iter().zip(&scores).collect();
    let found = propose(&scored, &|_| Vec::new());
    assert_eq!(found.iter().map(|p| p.question.as_str()).collect::<Vec<_>>(), ["Q1", "Q2"]);
}

#[test]
fn projected_puts_agreed_findings_at_their_target() {
    let questionnaire = of("1.0.0", vec![question("Q1", 3), question("Q2", 1)]);
    let score = score(&questionnaire, &answers(&[("Q1", "none"), ("Q2", "full")]));
    assert_eq!(projected(&score, &BTreeMap::new()), score.claimed);
    let agreed = |credit: Exact| BTreeMap::from([("Q1".to_owned(), credit)]);
    assert_eq!(projected(&score, &agreed(Exact::one())), Some(Exact::from(100_i64)));
    assert_eq!(projected(&score, &agreed(Exact::ratio(1, 2))), Some(Exact::ratio(125, 2)));
}

#[test]
fn the_recommendation_stops_for_blockers_and_prohibited_use() {
    use Recommendation::{Approve, ApproveWithActions, Conditional, DoNotProceed, Stop};
    let by_matrix = ResidualLevel::ALL.map(|level| recommendation(Some(level), false, false).unwrap());
    assert_eq!(by_matrix, [Approve, ApproveWithActions, Conditional, DoNotProceed]);
    assert_eq!(recommendation(Some(ResidualLevel::Low), true, false), Some(Stop));
    assert_eq!(recommendation(None, false, true), Some(Stop));
    assert_eq!(recommendation(None, false, false), None);
}

#[test]
fn the_options_hash_sees_credits_and_order_but_no_words() {
    let one = question("Q1", 3);
    let mut worded = one.clone();
    worded.text = "Else?".into();
    worded.weight = 5;
    worded.options[0].label = "Other".into();
    assert_eq!(options_hash(&one), options_hash(&worded));
    let mut credited = one.clone();
    credited.options[1].credit = Some(Exact::ratio(3, 5));
    let mut turned = one.clone();
    turned.options.swap(0, 1);
    assert_ne!(options_hash(&one), options_hash(&credited));
    assert_ne!(options_hash(&one), options_hash(&turned));
    assert_eq!(options_hash(&one).len(), 64);
}

#[test]
fn vendors_of_one_version_keep_their_results_and_equal_means_equal_rank() {
    let mut questionnaire = of("1.0.0", vec![question("Q1", 3), question("Q2", 2)]);
    questionnaire.sections[0].questions[1].na = Some("Why?".into());
    let good = score(&questionnaire, &answers(&[("Q1", "full"), ("Q2", "full")]));
    let fair = score(&questionnaire, &answers(&[("Q1", "full"), ("Q2", "half")]));
    let narrow: Answers =
        [("Q1".to_owned(), Answer::one("full")), ("Q2".to_owned(), Answer::na("None"))].into();
    let narrow = score(&questionnaire, &narrow);
    let compared = [("Zeta", &fair), ("Beta", &good), ("Alpha", &good), ("Small", &narrow), ("Eta", &fair)]
        .map(|(name, score)| Compared { name, questionnaire: &questionnaire, score });
    let result = compare(&compared);
    assert_eq!(result.common, None);
    let lines: Vec<_> = result.lines.iter().map(|l| (compared[l.index].name, l.rank, l.not_ranked)).collect();
    assert_eq!(
        lines,
        [
            ("Alpha", Some(1), None),
            ("Beta", Some(1), None),
            ("Eta", Some(3), None),
            ("Zeta", Some(3), None),
            ("Small", None, Some(NotRanked::LimitedScope)),
        ]
    );
}

#[test]
fn rank_looks_at_rating_then_rounded_s_then_rounded_v() {
    let questionnaire =
        of("1.0.0", vec![question("Q1", 3), critical(question("Q2", 5), CriticalLevel::Major)]);
    let graded = |grade| {
        let full = |id: &str| (id.to_owned(), Answer::one("full").graded(grade));
        score(&questionnaire, &[full("Q1"), full("Q2")].into())
    };
    let (proven, asserted) = (graded(Grade::Independent), graded(Grade::Asserted));
    let capped = score(&questionnaire, &answers(&[("Q1", "full"), ("Q2", "none")]));
    let one = |name, score| Compared { name, questionnaire: &questionnaire, score };
    let compared = [one("Capped", &capped), one("Asserted", &asserted), one("Proven", &proven)];
    let names: Vec<_> = compare(&compared).lines.iter().map(|l| (compared[l.index].name, l.rank)).collect();
    assert_eq!(names, [("Proven", Some(1)), ("Asserted", Some(2)), ("Capped", Some(3))]);
}

#[test]
fn vendors_of_two_versions_are_compared_on_common_questions() {
    let old = of("1.9.0", vec![question("Q1", 3), question("Q2", 5), question("Q3", 2)]);
    let mut changed = question("Q3", 2);
    changed.options[1].credit = Some(Exact::ratio(3, 5));
    let new = of("1.10.0", vec![question("Q1", 1), question("Q2", 5), changed, question("Q4", 5)]);
    let on_old = score(&old, &answers(&[("Q1", "full"), ("Q2", "half"), ("Q3", "full")]));
    let on_new = score(&new, &answers(&[("Q1", "full"), ("Q2", "full"), ("Q3", "none"), ("Q4", "none")]));
    let compared = [
        Compared { name: "Old", questionnaire: &old, score: &on_old },
        Compared { name: "New", questionnaire: &new, score: &on_new },
    ];
    let result = compare(&compared);
    assert_eq!(result.common, Some((2, 4)), "common questions, 2 of 4");
    assert_eq!(compared[result.lines[0].index].name, "Old");
    assert_eq!(
        result.lines[0].claimed,
        Some(Exact::ratio(350, 6)),
        "weights of the newest version: (1 + 2.5) / 6"
    );
    assert_eq!(result.lines[0].rank, Some(1), "8 of its 10 are common");
    assert_eq!(result.lines[1].not_ranked, Some(NotRanked::SmallCommonSet), "6 of its 13 are common");
    assert_eq!(result.lines[1].claimed, Some(Exact::from(100_i64)));
}

#[test]
fn carry_forward_takes_what_still_fits_without_grade_and_review() {
    let mut old = of("1.0.0", vec![question("Q1", 3), question("Q2", 5), question("Q3", 2)]);
    let attest = questionnaires::definition::AnswerType::Attest;
    old.sections[0].questions.push(Question { answer_type: attest, ..Question::default() });
    old.sections[0].questions[3].id = "Q4".into();
    let mut new = old.clone();
    new.version = "1.1.0".into();
    new.sections[0].questions.remove(2);
    new.sections[0].questions[0].text = "Reworded?".into();
    new.sections[0].questions[1].options.remove(1);
    let mut given = answers(&[("Q1", "full"), ("Q2", "half"), ("Q3", "full")]);
    given.insert("Q4".into(), Answer::of(AnswerValue::Attest));
    let review = Review { credit: Some(Exact::zero()), ..Review::default() };
    let noted = Answer { note: Some("Since 2024".into()), ..Answer::one("full") };
    given.insert("Q1".into(), noted.clone().graded(Grade::Accepted).reviewed(review));
    let (carried, left) = carry_forward(&old, &new, &given);
    assert_eq!(carried.len(), 1);
    assert_eq!((carried[0].question.as_str(), carried[0].reworded), ("Q1", true));
    assert_eq!(carried[0].answer, noted);
    assert_eq!(
        left,
        [
            ("Q2".to_owned(), NotCarried::NoLongerFits),
            ("Q3".to_owned(), NotCarried::Gone),
            ("Q4".to_owned(), NotCarried::Attestation)
        ]
    );
}

#[test]
fn the_portal_sees_what_is_shown_what_is_missing_and_which_checks_fire() {
    let sample = shipped_questionnaire("meeting-notes-ai");
    let facts = Facts::from([("personal_data".to_owned(), false)]);
    let mut given: Answers = Answers::new();
    given.insert("MTG-BAS-02".into(), Answer::many(["mood"]));
    given.insert("MTG-BAS-03".into(), Answer::one("disabled"));
    given.insert("MTG-QUA-01".into(), Answer::one("partial"));
    given.insert("MTG-DAT-01".into(), Answer::of(AnswerValue::Unknown));
    given.insert("MTG-END-01".into(), Answer::na("It is online"));
    let shown = visible(sample, &given, &facts, Some(Tier::High));
    assert!(shown.shows("MTG-BAS-03") && shown.shows("MTG-QUA-02"));
    assert!(!shown.shows("MTG-DAT-03"), "no personal data");
    assert!(!shown.shows_section("AGT") && !shown.shows("MTG-AGT-01"));
    let progress = progress(sample, &given, &facts, Some(Tier::High));
    assert_eq!(progress.done, 5, "unknown and N/A count as done");
    assert_eq!(progress.required_blanks, ["MTG-BAS-01", "MTG-END-02"]);
    assert_eq!(progress.unknowns, ["MTG-DAT-01"]);
    assert_eq!(progress.missing_evidence, ["MTG-BAS-03"]);
    assert_eq!(progress.missing_notes, ["MTG-QUA-01"], "\"In part\" asks for a note");
    assert!(progress.scored_blanks.contains(&"MTG-DAT-02".to_owned()));
    let agt = progress.sections.iter().find(|section| section.id == "AGT").unwrap();
    assert!(!agt.shown && agt.total == 0);
    let fired: Vec<&str> =
        firing_checks(sample, &given, &facts, None).iter().map(|check| check.id.as_str()).collect();
    assert_eq!(fired, ["tested_unused"]);
    let agentic = Facts::from([("agentic".to_owned(), true)]);
    let widened = visible(sample, &given, &agentic, None);
    assert!(widened.shows("MTG-AGT-01"), "the buyer knows that it acts by itself");
    let accepted = Review { scope_accepted: true, ..Review::default() };
    given.insert("MTG-BAS-02".into(), Answer::many(["mood"]).reviewed(accepted));
    assert!(!visible(sample, &given, &agentic, None).shows("MTG-AGT-01"));
}

#[test]
fn ten_thousand_questions_are_scored_without_a_quadratic_detour() {
    let started = std::time::Instant::now();
    let scope = Question {
        options: ["narrow", "wide"].map(|id| Choice { id: id.into(), ..Choice::default() }).into(),
        ..question("Q0", 0)
    };
    let mut questions = vec![scope];
    for n in 1..10_000 {
        questions.push(match n % 4 {
            0 => behind(&format!("Q{n}"), 3, &format!("Q{}", n - 1)),
            1 => Question {
                show_if: Some(Condition::In { q: "Q0".into(), options: vec!["wide".into()] }),
                ..question(&format!("Q{n}"), 2)
            },
            _ => Question { na: Some("Why?".into()), ..question(&format!("Q{n}"), 4) },
        });
    }
    let questionnaire = of("1.0.0", questions);
    let mut given: Answers = (1..10_000).step_by(3).map(|n| (format!("Q{n}"), Answer::one("half"))).collect();
    let review = Review { na: Some(NaVerdict::Accepted), ..Review::default() };
    given.insert("Q2".into(), Answer::na("None").reviewed(review));
    let score = score(&questionnaire, &given);
    assert_eq!(score.rows.len(), 9_999);
    assert_eq!(score.scope[0].hidden, 2_500);
    // Far above what it takes (under half a second without optimisation), far below what N squared would.
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

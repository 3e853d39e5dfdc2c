//! The shipped questionnaires scored through the answers file, as `assay score` does it: G3, G5, G6 and the JSON.
#![expect(clippy::unwrap_used, reason = "tests")]

use questionnaires::answering::Fault;
use questionnaires::answering::json::{Node, parse_json};
use questionnaires::definition::catalog::{Library, shipped};
use questionnaires::definition::load::SourceFile;
use questionnaires::definition::{AnswerType, Question, Questionnaire, Tier};
use questionnaires::report::{score_json, score_library, score_text, tier_report};
use questionnaires::scoring::AssessmentScore;
use serde_json::{Map, Value, json};

fn shipped_file(id: &str) -> Vec<u8> {
    let path = format!("{}/catalog/{id}.yaml", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).unwrap()
}

fn questionnaire(id: &str) -> &'static Questionnaire {
    shipped().questionnaires.iter().find(|questionnaire| questionnaire.id == id).unwrap()
}

fn score(ids: &[&str], answers: &Value, tier: Option<Tier>) -> Result<AssessmentScore, Vec<Fault>> {
    score_text_of(ids, &answers.to_string(), tier)
}

fn score_text_of(ids: &[&str], answers: &str, tier: Option<Tier>) -> Result<AssessmentScore, Vec<Fault>> {
    let files: Vec<(String, Vec<u8>)> =
        ids.iter().map(|id| (format!("{id}.yaml"), shipped_file(id))).collect();
    let sources: Vec<SourceFile<'_>> = files.iter().map(|(name, bytes)| SourceFile { name, bytes }).collect();
    let library = Library::with_files(&sources);
    assert!(!library.given().has_faults());
    score_library(&library, answers, tier)
}

/// The best answer to a scored question with options.
fn best(question: &Question) -> Value {
    let credit = |id: &str| question.option(id).unwrap().credit.clone().unwrap();
    let ids = || question.options.iter().map(|option| option.id.as_str());
    match question.answer_type {
        AnswerType::SelectMany => json!(ids().filter(|id| credit(id).is_positive()).collect::<Vec<_>>()),
        _ => json!(ids().max_by_key(|id| credit(id)).unwrap()),
    }
}

fn all_best(questionnaire: &Questionnaire, evidence: &str) -> Map<String, Value> {
    let scored = questionnaire.questions().map(|(_, question)| question).filter(|q| q.is_scored());
    scored.map(|q| (q.id.clone(), json!({"choice": best(q), "evidence": evidence}))).collect()
}

const CORE: &str = "supplier-security-core";

fn g3_answers() -> Value {
    let mut answers = all_best(questionnaire(CORE), "supplied");
    answers.insert("SEC-ASR-01".into(), json!({"choice": ["iso27001", "soc2t2"], "evidence": "supplied"}));
    answers.insert("SEC-CLD-01".into(), json!({"choice": "onprem"}));
    answers.insert("SEC-IAM-01".into(), json!({"choice": "admins", "evidence": "asserted"}));
    answers.insert("SEC-CRY-01".into(), json!({"choice": "external", "evidence": "supplied"}));
    answers.insert("SEC-ASR-03".into(), json!({"choice": "older", "evidence": "asserted"}));
    answers.insert("SEC-IAM-02".into(), json!({"na": true, "reason": "Nobody signs in"}));
    json!({"facts": {"personal_data": false}, "answers": answers})
}

/// Reads what `assay score --json` prints.
fn printed(ids: &[&str], answers: &Value, tier: Option<Tier>) -> Value {
    serde_json::from_str(&score_json(&score(ids, answers, tier).unwrap()).unwrap()).unwrap()
}

#[test]
fn g3_the_real_supplier_security_core() {
    let out = printed(&[CORE], &g3_answers(), Some(Tier::High));
    let result = &out["questionnaires"][0];
    assert_eq!(result["claimed"], json!({"exact": "20000/213", "display": "93.9"}));
    assert_eq!(result["evidenced"], json!({"exact": "6625/142", "display": "46.7"}));
    assert_eq!(result["confidence"], json!({"exact": "159/320", "label": "medium"}));
    assert_eq!((&result["band"], &result["rating"]), (&json!("A"), &json!("C")));
    assert_eq!(
        result["knock_outs"],
        json!([{"question": "SEC-ASR-03", "level": "major", "gate": null}]),
        "93.9, capped from A to C because of SEC-ASR-03"
    );
    for section in result["sections"].as_array().unwrap() {
        let expected = match section["id"].as_str().unwrap() {
            "ASR" => json!({"exact": "40", "display": "40.0"}),
            "IAM" => json!({"exact": "1075/12", "display": "89.6"}),
            "CRY" => json!({"exact": "275/3", "display": "91.7"}),
            "PRV" => Value::Null,
            _ => json!({"exact": "100", "display": "100.0"}),
        };
        assert_eq!(section["claimed"], expected, "{section}");
    }
    let question = |id: &str| {
        result["questions"].as_array().unwrap().iter().find(|row| row["id"] == id).unwrap().clone()
    };
    assert_eq!(question("SEC-ASR-04")["state"], "hidden_zero");
    assert_eq!(question("SEC-IAM-02"), json!({"id": "SEC-IAM-02", "state": "na"}));
    assert_eq!(question("SEC-PRV-01"), json!({"id": "SEC-PRV-01", "state": "hidden"}));
    assert_eq!(
        result["residual"],
        json!({"tier": "high", "read_as": "C", "shifted": false, "level": "high"})
    );
    assert_eq!(out["assessment"], json!({"residual": "high"}));
    let level = |tier| printed(&[CORE], &g3_answers(), Some(tier))["questionnaires"][0]["residual"].clone();
    assert_eq!(level(Tier::Medium)["level"], "moderate");
    assert_eq!(
        level(Tier::Critical),
        json!({"tier": "critical", "read_as": "D", "shifted": true, "level": "critical"})
    );
    let scope = &result["scope"][0];
    assert_eq!((&scope["question"], &scope["effective"]), (&json!("SEC-CLD-01"), &json!("onprem")));
}

#[test]
fn g5_empty_and_g6_all_best() {
    let facts = json!({"personal_data": true});
    let cloud = json!({"SEC-CLD-01": {"choice": "cloud"}});
    let out = printed(&[CORE], &json!({"facts": facts, "answers": cloud}), None);
    let empty = &out["questionnaires"][0];
    assert_eq!((&empty["claimed"]["exact"], &empty["rating"]), (&json!("0"), &json!("E")));
    assert_eq!(empty["knock_outs"].as_array().unwrap().len(), 10);
    assert_eq!((&empty["confidence"], &empty["residual"]), (&Value::Null, &Value::Null));
    let weight: i64 = empty["sections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|section| section["weight"].as_str().unwrap().parse::<i64>().unwrap())
        .sum();
    assert_eq!(weight, 236);

    let mut answers = all_best(questionnaire(CORE), "independent");
    answers.insert("SEC-CLD-01".into(), json!({"choice": "cloud"}));
    let best = json!({"facts": facts, "answers": answers});
    let out = printed(&[CORE], &best, Some(Tier::Critical));
    let full = &out["questionnaires"][0];
    assert_eq!(
        (&full["claimed"]["display"], &full["evidenced"]["display"]),
        (&json!("100.0"), &json!("100.0"))
    );
    assert_eq!((&full["rating"], &full["residual"]["level"]), (&json!("A"), &json!("moderate")));
}

/// The keys of the object at this path, in the order printed.
fn keys(json: &str, path: &[&str]) -> Vec<String> {
    let mut node = parse_json(json).unwrap();
    for step in path {
        node = match node {
            Node::List(mut items) => items.remove(step.parse().unwrap()),
            Node::Map(pairs) => pairs.into_iter().find(|(key, _)| key == step).unwrap().1,
            other => panic!("{step} in {other:?}"),
        };
    }
    match node {
        Node::Map(pairs) => pairs.into_iter().map(|(key, _)| key).collect(),
        other => panic!("an object, not {other:?}"),
    }
}

#[test]
fn the_json_has_the_keys_of_the_contract_in_its_order() {
    let json = score_json(&score(&[CORE], &g3_answers(), Some(Tier::High)).unwrap()).unwrap();
    let order = |path: &[&str]| keys(&json, path).join(" ");
    assert_eq!(order(&[]), "scoring_model questionnaires assessment control_sets");
    assert_eq!(
        order(&["questionnaires", "0"]),
        "id version state limited_scope own_readiness claimed evidenced confidence upper completeness na_share \
         band rating knock_outs scope sections questions residual"
    );
    let inside = |key: &str| order(&["questionnaires", "0", key, "0"]);
    assert_eq!(inside("knock_outs"), "question level gate");
    assert_eq!(inside("scope"), "question effective hidden hidden_weight hidden_critical");
    assert_eq!(inside("sections"), "id claimed weight");
    assert_eq!(inside("questions"), "id state credit evidence_factor weight contribution lost");
    assert_eq!(order(&["questionnaires", "0", "residual"]), "tier read_as shifted level");
    assert_eq!(
        order(&["control_sets", "0"]),
        "id version claimed evidenced coverage band groups controls contributions"
    );
    assert_eq!(order(&["control_sets", "0", "groups", "0"]), "id claimed");
    assert_eq!(order(&["control_sets", "0", "controls", "0"]), "ref claimed questions");
    assert_eq!(order(&["control_sets", "0", "contributions", "0"]), "question exact");
    let ids: Vec<Value> = serde_json::from_str::<Value>(&json).unwrap()["control_sets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|set| set["id"].clone())
        .collect();
    let mut sorted: Vec<&str> = ids.iter().map(|id| id.as_str().unwrap()).collect();
    sorted.sort_unstable();
    assert_eq!(ids, sorted, "shipped sets stand in the order of their ids");
    assert!(ids.contains(&json!("iso27001")) && !ids.contains(&json!("iso42001")));
}

#[test]
fn a_question_in_two_questionnaires_has_one_answer_and_counts_once_for_control_sets() {
    let answers = json!({"answers": {"SEC-IAM-01": {"choice": "all", "evidence": "accepted"}}});
    let out = printed(&["meeting-notes-ai", CORE], &answers, Some(Tier::Low));
    for result in out["questionnaires"].as_array().unwrap() {
        let rows = result["questions"].as_array().unwrap();
        let row = rows.iter().find(|row| row["id"] == "SEC-IAM-01").unwrap();
        assert_eq!((&row["credit"], &row["evidence_factor"]), (&json!("9/10"), &json!("3/4")));
    }
    let iso = out["control_sets"].as_array().unwrap().iter().find(|set| set["id"] == "iso27001").unwrap();
    let control = iso["controls"].as_array().unwrap().iter().find(|c| c["ref"] == "A.5.17").unwrap();
    assert_eq!(control["questions"], json!(["SEC-IAM-01", "SEC-CRY-04"]), "each once");
    assert_eq!(control["claimed"], json!({"exact": "50", "display": "50.0"}), "100 * 5 * 0.9 / (5 + 4)");
    let uncovered = iso["controls"].as_array().unwrap().iter().find(|c| c["questions"] == json!([])).unwrap();
    assert_eq!(uncovered["claimed"], Value::Null, "all controls are listed");
}

#[test]
fn own_readiness_stays_out_of_residual_and_control_sets() {
    let out = printed(&["eu-ai-act-own"], &json!({"answers": {}}), Some(Tier::High));
    let own = &out["questionnaires"][0];
    assert_eq!((&own["own_readiness"], &own["residual"]), (&json!(true), &Value::Null));
    assert_eq!((&out["assessment"]["residual"], &out["control_sets"]), (&Value::Null, &json!([])));
}

#[test]
fn the_readable_text_names_the_knock_out_and_the_scope() {
    let text = score_text(&score(&[CORE], &g3_answers(), Some(Tier::Critical)).unwrap());
    for expected in [
        "93.9 (20000/213)",
        "93.9, capped from A to C because of SEC-ASR-03",
        "Scope: SEC-CLD-01 = onprem hides",
        "Residual risk critical (tier critical, rating read as D",
        "because of SEC-ASR-03",
        "controls covered, readiness indication",
    ] {
        assert!(text.contains(expected), "{expected} in\n{text}");
    }
    assert!(!text.to_lowercase().contains("compliant"));
}

/// The paths of all faults, in order.
fn paths(ids: &[&str], answers: &str) -> Vec<String> {
    score_text_of(ids, answers, None).unwrap_err().into_iter().map(|fault| fault.path).collect()
}

#[test]
fn every_fault_is_listed_with_its_path() {
    let answers = r#"{
      "facts": {"personal_data": "yes", "no_such_fact": true, "agentic": true, "agentic": false},
      "as_of": "2026-11-22", "extra": 1,
      "answers": {
        "SEC-XXX-99": {"choice": "full"},
        "SEC-GOV-01": {"choice": "best"},
        "SEC-GOV-02": {"choice": ["full", "none"]},
        "SEC-GOV-03": {"choice": "m12", "number": 3, "evidence": "great"},
        "SEC-GOV-04": {"choice": "full", "review": {"credit": "3/2", "na": "accepted", "scope": "accepted"}},
        "SEC-ASR-01": {"choice": ["iso27001", "iso27001", "none"]},
        "SEC-ASR-02": {"na": true},
        "SEC-IAM-02": {"na": true, "reason": " "},
        "SEC-IAM-03": {"unknown": true, "review": {"compensating": "partial"}},
        "SEC-CLD-01": {"choice": "cloud", "review": {"credit": "1/2"}},
        "SEC-HRS-01": {},
        "SEC-HRS-02": {"choice": "p95", "reason": "x"},
        "SEC-SUP-06": {"rows": [{"name": "A", "colour": "red", "service": 3}]},
        "SEC-HRS-03": {"choice": "full", "choice": "none"}
      }}"#;
    let mut expected = [
        "extra",
        "facts.agentic",
        "facts.personal_data",
        "facts.no_such_fact",
        "answers.SEC-XXX-99",
        "answers.SEC-GOV-01.choice",
        "answers.SEC-GOV-02.choice",
        "answers.SEC-GOV-03",
        "answers.SEC-GOV-03.evidence",
        "answers.SEC-GOV-04.review.credit",
        "answers.SEC-GOV-04.review.na",
        "answers.SEC-GOV-04.review.scope",
        "answers.SEC-ASR-01.choice[1]",
        "answers.SEC-ASR-01.choice[2]",
        "answers.SEC-ASR-02.na",
        "answers.SEC-ASR-02.reason",
        "answers.SEC-IAM-02.reason",
        "answers.SEC-IAM-03.review.compensating",
        "answers.SEC-CLD-01.review.credit",
        "answers.SEC-HRS-02.reason",
        "answers.SEC-SUP-06.rows[0].service",
        "answers.SEC-SUP-06.rows[0].colour",
        "answers.SEC-SUP-06.rows[0].country",
        "answers.SEC-SUP-06.rows[0].data",
        "answers.SEC-HRS-03.choice",
    ];
    let mut found = paths(&[CORE], answers);
    found.sort();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn banded_dates_need_a_day_of_submission_that_is_not_before_them() {
    let with = |as_of: &str| format!(r#"{{{as_of} "answers": {{"MTG-QUA-03": {{"date": "2026-08-01"}}}}}}"#);
    let sample = ["meeting-notes-ai"];
    assert_eq!(paths(&sample, &with("")), ["answers.MTG-QUA-03.date"]);
    assert_eq!(paths(&sample, &with(r#""as_of": "2026-07-31","#)), ["answers.MTG-QUA-03.date"]);
    assert!(score_text_of(&sample, &with(r#""as_of": "2026-08-01","#), None).is_ok());
    assert_eq!(paths(&sample, &with(r#""as_of": "2026-02-30","#)), ["as_of"]);
    assert_eq!(paths(&sample, &with(r#""as_of": "2026-8-1","#)), ["as_of"]);
}

#[test]
fn numbers_are_read_from_their_text() {
    let credit = |number: &str| {
        let answers = format!(r#"{{"answers": {{"MTG-DAT-01": {{"number": {number}}}}}}}"#);
        let score = score_text_of(&["meeting-notes-ai"], &answers, None).unwrap();
        let rows = &score.questionnaires[0].rows;
        rows.iter().find(|row| row.question == "MTG-DAT-01").unwrap().credit.to_string()
    };
    assert_eq!(credit("30"), "1");
    assert_eq!(credit("30.0000000000000000000001"), "3/5", "a float would say 30");
    assert_eq!(credit("3e1"), "1");
    assert_eq!(credit("366"), "0");
    let text = r#"{"answers": {"MTG-DAT-01": {"number": "30"}}}"#;
    assert_eq!(paths(&["meeting-notes-ai"], text), ["answers.MTG-DAT-01.number"]);
}

#[test]
fn answers_to_hidden_questions_are_checked_for_form_and_then_ignored() {
    let hidden = r#"{"facts": {"personal_data": false}, "answers": {
        "SEC-PRV-01": {"choice": "ours", "evidence": "independent", "review": {"credit": "1"}}}}"#;
    let blank = r#"{"facts": {"personal_data": false}, "answers": {}}"#;
    assert_eq!(score_text_of(&[CORE], hidden, None), score_text_of(&[CORE], blank, None));
    let wrong = r#"{"facts": {"personal_data": false}, "answers": {"SEC-PRV-01": {"choice": "never"}}}"#;
    assert_eq!(paths(&[CORE], wrong), ["answers.SEC-PRV-01.choice"]);
}

#[test]
fn one_questionnaire_twice_or_one_id_with_two_meanings_is_refused() {
    let twice = score_text_of(&[CORE], r#"{"answers": {}}"#, None).unwrap();
    assert_eq!(twice.questionnaires.len(), 1);
    let own = questionnaire(CORE);
    let mut other = own.clone();
    other.id = "other".into();
    other.sections[0].questions[0].weight = 1;
    let faults = questionnaires::scoring::score_assessment(&questionnaires::scoring::AssessmentInput {
        questionnaires: &[own, &other, own],
        answers: &Default::default(),
        facts: &Default::default(),
        tier: None,
        as_of: None,
        control_sets: &[],
    });
    let paths: Vec<String> = faults.unwrap_err().into_iter().map(|fault| fault.path).collect();
    assert_eq!(paths, ["other.SEC-GOV-01", CORE]);
}

#[test]
fn tier_prints_exactly_what_the_contract_says() {
    let factors = |values: [u8; 12]| {
        let letters = ["DAT", "VOL", "ACC", "CRT", "SUB", "REG", "LOC", "NTH", "AIE", "AUT", "AIX", "PPL"];
        let map: Map<String, Value> =
            letters.iter().zip(values).map(|(k, v)| ((*k).to_owned(), json!(v))).collect();
        Value::Object(map).to_string()
    };
    let i1 = tier_report(&factors([2, 2, 1, 1, 1, 0, 2, 2, 1, 1, 2, 1])).unwrap();
    assert_eq!(
        i1.json().unwrap(),
        r#"{"inherent":{"exact":"1225/38","display":"32.2"},"tier":"medium","floors":[]}"#
    );
    let i2 = tier_report(&factors([3, 2, 2, 2, 1, 2, 2, 2, 3, 1, 2, 3])).unwrap();
    assert!(i2.json().unwrap().ends_with(r#""tier":"high","floors":["F2","F6"]}"#));
    assert!(i2.text().contains("Tier: high") && i2.text().contains("Floor F6 holds"));
    let faulty = r#"{"DAT": 5, "VOL": "2", "ACC": 1.5, "CRT": 1, "CRT": 2, "XXX": 1, "SUB": -1}"#;
    let paths: Vec<String> = tier_report(faulty).unwrap_err().into_iter().map(|fault| fault.path).collect();
    let expected =
        ["CRT", "XXX", "DAT", "VOL", "ACC", "SUB", "REG", "LOC", "NTH", "AIE", "AUT", "AIX", "PPL"];
    assert_eq!(paths, expected);
    assert!(tier_report("[]").is_err() && tier_report("").is_err());
}

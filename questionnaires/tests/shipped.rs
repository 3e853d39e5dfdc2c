//! Every shipped file loads with no fault, and says what its plan says.

use questionnaires::definition::catalog::{Library, canonical_json, content_hash, shipped, shipped_files};
use questionnaires::definition::lint::Severity;
use questionnaires::definition::{CriticalLevel, Questionnaire};

#[test]
fn every_shipped_file_loads_with_no_fault() {
    let loaded = shipped();
    for fault in &loaded.faults {
        println!("{fault}");
    }
    let faults: Vec<_> = loaded.faults.iter().filter(|f| f.severity() == Severity::Fault).collect();
    assert!(faults.is_empty(), "{faults:?}");
    assert_eq!(loaded.questionnaires.len(), 12);
    assert_eq!(loaded.control_sets.len(), 16);
    assert_eq!(loaded.overlays.len(), 1);
}

#[test]
fn a_shipped_file_is_named_for_its_id() {
    let mut named: Vec<String> = shipped_files().into_iter().map(|(path, _)| path).collect();
    let loaded = shipped();
    let mut ids: Vec<String> =
        loaded.questionnaires.iter().map(|q| format!("catalog/{}.yaml", q.id)).collect();
    ids.extend(loaded.control_sets.iter().map(|set| format!("control-sets/{}.yaml", set.id)));
    ids.extend(loaded.overlays.iter().map(|o| format!("catalog/i18n/{}.{}.yaml", o.questionnaire, o.lang)));
    ids.sort();
    named.sort();
    assert_eq!(named, ids);
}

#[test]
fn the_main_questionnaires_have_the_weights_that_the_plan_gives() {
    let library = Library::shipped();
    let totals = |id: &str| {
        let q = library.questionnaire(id).unwrap();
        let weight: u32 = q.questions().map(|(_, q)| u32::from(q.weight)).sum();
        let level = |level| {
            q.questions().filter(|(_, q)| q.critical.as_ref().is_some_and(|c| c.level == level)).count()
        };
        (weight, level(CriticalLevel::Major), level(CriticalLevel::Blocker))
    };
    assert_eq!(totals("supplier-security-core"), (236, 7, 3));
    assert_eq!(totals("ai-tool-risk"), (267, 16, 2));
}

#[test]
fn used_questions_come_with_their_own_options_facts_and_home() {
    let library = Library::shipped();
    let lite = library.questionnaire("supplier-security-lite").unwrap();
    assert_eq!(lite.questions().count(), 20);
    let core = library.questionnaire("supplier-security-core").unwrap();
    for (_, used) in lite.questions() {
        let home = core.question(&used.id).unwrap();
        assert_eq!(used.options, home.options);
        let from = used.used_from.as_ref().unwrap();
        assert_eq!((from.questionnaire.as_str(), from.version.as_str()), ("supplier-security-core", "1.0.0"));
    }
    let notes = library.questionnaire("meeting-notes-ai").unwrap();
    for id in ["SEC-IAM-01", "SEC-CRY-01", "SEC-INC-02"] {
        assert_eq!(notes.question(id).unwrap().options, core.question(id).unwrap().options);
    }
}

#[test]
fn canonical_json_is_read_back_as_the_same_definition() {
    for q in &shipped().questionnaires {
        let json = canonical_json(q).unwrap();
        let back: Questionnaire = serde_json::from_str(&json).expect(&q.id);
        assert_eq!(&back, q);
        assert_eq!(canonical_json(&back).unwrap(), json);
        assert_eq!(content_hash(q).unwrap().len(), 64);
        assert!(!json.contains("0.75"), "credits are exact text");
    }
}

#[test]
fn the_hindi_sample_says_what_it_leaves_out() {
    let library = Library::shipped();
    let notes = library.questionnaire("meeting-notes-ai").unwrap();
    let overlay = library.overlays("meeting-notes-ai").next().unwrap();
    let missing = overlay.missing(notes);
    assert!(missing.contains(&"MTG-BAS-01.text".to_owned()));
    assert!(!missing.contains(&"MTG-DAT-02.text".to_owned()));
    assert!(!missing.contains(&"MTG-DAT-03.options.full".to_owned()), "the scale has it");
    assert!(overlay.stale(notes).is_empty());
}

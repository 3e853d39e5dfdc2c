//! Every rule code has a smallest file `tests/lint/<code>.yaml` that yields exactly that code, once.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use questionnaires::definition::lint::{Code, Fault, Severity, exit_status};
use questionnaires::definition::load::{Loaded, SourceFile, load};
use questionnaires::definition::{MAX_BYTES, Tier};

/// A file of more than 2 MB is made, not kept.
const MADE: [Code; 1] = [Code::TooLarge];

fn lint(text: &str) -> Loaded {
    load(&[SourceFile { name: "f.yaml", bytes: text.as_bytes() }])
}

fn found(text: &str) -> Vec<(&'static str, usize, usize, Option<String>)> {
    lint(text).faults.into_iter().map(|f| (f.code.as_str(), f.line, f.column, f.question)).collect()
}

fn codes(text: &str) -> Vec<&'static str> {
    lint(text).faults.iter().map(|f| f.code.as_str()).collect()
}

/// The codes of several files given together.
fn together(files: &[&str]) -> Vec<&'static str> {
    let files: Vec<SourceFile<'_>> =
        files.iter().map(|text| SourceFile { name: "f", bytes: text.as_bytes() }).collect();
    load(&files).faults.iter().map(|fault| fault.code.as_str()).collect()
}

#[test]
fn every_code_has_a_smallest_file_that_yields_exactly_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lint");
    let mut files = BTreeSet::new();
    let mut wrong = Vec::new();
    for code in Code::ALL.iter().filter(|code| !MADE.contains(code)) {
        let name = format!("{code}.yaml");
        let Ok(bytes) = fs::read(folder.join(&name)) else {
            wrong.push(format!("{name} is missing"));
            continue;
        };
        let faults = load(&[SourceFile { name: &name, bytes: &bytes }]).faults;
        if faults.len() != 1 || faults[0].code != *code {
            let all: Vec<String> = faults.iter().map(Fault::to_string).collect();
            wrong.push(format!("{name} yields\n  {}", all.join("\n  ")));
        }
        files.insert(name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let there: BTreeSet<String> =
        fs::read_dir(folder).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(there, files, "a file without a code");
}

#[test]
fn codes_are_named_once() {
    let names: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(names.len(), Code::ALL.len());
    for given in ["gate_not_upward", "scored_gate_laundered", "used_gate_missing"] {
        assert!(names.contains(given));
    }
}

#[test]
fn a_file_over_two_megabytes_is_refused_and_one_below_is_read() {
    let mut text = "#".repeat(MAX_BYTES + 1);
    assert_eq!(codes(&text), ["too_large"]);
    text.truncate(MAX_BYTES);
    assert_eq!(codes(&text), ["empty_file"]);
}

#[test]
fn status_and_line_are_those_of_the_contract() {
    let text =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lint/gate_not_upward.yaml"));
    let faults = load(&[SourceFile { name: "a b.yaml", bytes: text.unwrap().as_bytes() }]).faults;
    let line = faults[0].to_string();
    assert!(line.starts_with("a b.yaml:15:"), "{line}");
    assert!(line.lines().next().unwrap().ends_with("(SAM-02)"), "{line}");
    assert!(line.contains(": gate_not_upward: ") && line.contains("hint: "), "{line}");
    assert_eq!(exit_status(&faults, false, false), 1);
    assert_eq!(exit_status(&faults, true, false), 2);
    assert_eq!(exit_status(&[], false, true), 0);
    let warnings = lint(include_str!("lint/unknown_control.yaml")).faults;
    assert_eq!(warnings[0].severity(), Severity::Warning);
    assert_eq!(exit_status(&warnings, false, false), 0);
    assert_eq!(exit_status(&warnings, false, true), 1);
}

#[test]
fn of_countless_findings_the_first_are_kept_and_a_fault_is_always_among_them() {
    let refs = "iso27001:none, ".repeat(12_000);
    let question =
        format!("{{id: SAM-01, text: \"First?\", type: text, weight: 0, factor_weight: 3, maps: [{refs}]}}");
    let loaded = lint(&file(&[&question]));
    assert!(loaded.has_faults() && loaded.questionnaires.is_empty());
    assert_eq!(loaded.faults.len(), 10_001);
    assert!(loaded.faults.iter().any(|f| f.hint.contains("12001 findings in this file")));
}

const HEAD: &str = "format: assay/1\nid: sample\nversion: 1.0.0\ntitle: Sample\nlocale: no\nlicense: CC0-1.0\n\
                    audience: vendor\nminutes: 5\ndescription: A sample.\nsections:\n";
const SCORED: &str = "weight: 3, maps: [iso27001:A.5.1], evidence: Proof, fix: Do it.";

fn file(questions: &[&str]) -> String {
    let list: String = questions.iter().map(|q| format!("      - {q}\n")).collect();
    format!("{HEAD}  - id: AAA\n    title: Part\n    questions:\n{list}")
}

/// A scored select_one with credits 1, 1, 0.5 and 0.
fn gate() -> String {
    format!(
        "{{id: SAM-01, text: \"First thing?\", options: [{{id: best, label: a, credit: 1}}, \
         {{id: good, label: b, credit: 1.0}}, {{id: half, label: c, credit: 0.5}}, {{id: none, label: d, credit: 0}}], {SCORED}}}"
    )
}

fn follower(condition: &str) -> String {
    format!(
        "{{id: SAM-02, text: \"Second matter?\", options: [{{id: best, label: a, credit: 1}}, \
         {{id: none, label: d, credit: 0}}], {SCORED}, show_if: {condition}, if_hidden: zero}}"
    )
}

#[test]
fn gates_open_upward() {
    let with = |condition: &str| codes(&file(&[&gate(), &follower(condition)]));
    let none: [&str; 0] = [];
    for good in [
        "{q: SAM-01, in: [best, good]}",
        "{q: SAM-01, in: [half, best, good]}",
        "{q: SAM-01, not_in: [none]}",
        "{q: SAM-01, not_in: [none, half]}",
        "{q: SAM-01, answered: true}",
        "{any: [{q: SAM-01, in: [best, good]}, {tier: [critical]}]}",
    ] {
        assert_eq!(with(good), none, "{good}");
    }
    for bad in [
        "{q: SAM-01, in: [best]}",
        "{q: SAM-01, in: [best, good, none]}",
        "{q: SAM-01, in: [none]}",
        "{q: SAM-01, not_in: [half]}",
        "{q: SAM-01, not_in: [best]}",
        "{q: SAM-01, not_in: [none, half, good]}",
        "{all: [{tier: [low]}, {any: [{q: SAM-01, in: [half]}]}]}",
    ] {
        assert_eq!(with(bad), ["gate_not_upward"], "{bad}");
    }
    // A weight-0 question may hang on any term.
    let free = "{id: SAM-03, text: \"Why?\", type: text, weight: 0, show_if: {q: SAM-01, in: [none]}}";
    assert_eq!(codes(&file(&[&gate(), free])), none);
}

#[test]
fn scored_multi_selects_and_numbers_as_gates() {
    let multi = format!(
        "{{id: SAM-01, text: \"First thing?\", type: select_many, credit_mode: sum_capped, options: [\
         {{id: one, label: a, credit: 0.6}}, {{id: two, label: b, credit: 0.4}}, {{id: tiny, label: c, credit: 0}}, \
         {{id: none, label: d, credit: 0, exclusive: true}}], {SCORED}}}"
    );
    let with = |condition: &str| codes(&file(&[&multi, &follower(condition)]));
    let none: [&str; 0] = [];
    assert_eq!(with("{q: SAM-01, any_of: [one, two]}"), none);
    assert_eq!(with("{q: SAM-01, not_in: [none]}"), none);
    assert_eq!(with("{q: SAM-01, any_of: [one]}"), ["gate_not_upward"]);
    assert_eq!(with("{q: SAM-01, not_in: [tiny]}"), ["gate_not_upward"]);
    assert_eq!(with("{q: SAM-01, in: [one, two]}"), ["condition_operator"]);
    let number = format!(
        "{{id: SAM-01, text: \"How many?\", type: number, bands: [{{upto: 3, credit: 1}}, {{credit: 0}}], {SCORED}}}"
    );
    let with = |condition: &str| codes(&file(&[&number, &follower(condition)]));
    assert_eq!(with("{q: SAM-01, gte: 5}"), ["gate_not_upward"]);
    assert_eq!(with("{q: SAM-01, lte: 5}"), ["gate_not_upward"]);
    assert_eq!(with("{q: SAM-01, answered: true}"), none);
}

#[test]
fn a_weight_0_question_that_conditions_name_does_not_launder_a_scored_gate() {
    let middle = "{id: SAM-03, text: \"Which way?\", options: [{id: left, label: l}, {id: right, label: r}], \
                  weight: 0, show_if: {q: SAM-01, in: [best, good]}}";
    let end = "{id: SAM-04, text: \"How far?\", type: text, weight: 0, show_if: {q: SAM-03, in: [left]}}";
    let none: [(&str, usize, usize, Option<String>); 0] = [];
    assert_eq!(found(&file(&[&gate(), middle])), none);
    let both = found(&file(&[&gate(), middle, end]));
    assert_eq!(both.len(), 1);
    assert_eq!((both[0].0, both[0].1, both[0].3.as_deref()), ("scored_gate_laundered", 15, Some("SAM-03")));
    // A check that names it does not make it a gate.
    let text =
        file(&[&gate(), middle]) + "checks:\n  - {id: odd, when: {q: SAM-03, in: [left]}, text: Odd.}\n";
    assert_eq!(found(&text), none);
}

#[test]
fn laundering_through_a_used_question_is_seen_in_the_using_file() {
    let home = file(&[
        &gate(),
        "{id: SAM-03, text: \"Which way?\", options: [{id: left, label: l}, {id: right, label: r}], weight: 0, \
         show_if: {q: SAM-01, in: [best, good]}}",
    ]);
    let using = format!(
        "{}  - id: AAA\n    title: Part\n    uses: [{{questionnaire: sample, version: ^1, questions: [SAM-01, SAM-03]}}]\n\
         \x20 - id: BBB\n    title: Rest\n    questions:\n      - {{id: OTH-01, text: \"How far?\", type: text, weight: 0, \
         show_if: {{q: SAM-03, in: [left]}}}}\n",
        HEAD.replace("sample", "other")
    );
    let files = [
        SourceFile { name: "other.yaml", bytes: using.as_bytes() },
        SourceFile { name: "sample.yaml", bytes: home.as_bytes() },
    ];
    let faults = load(&files).faults;
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert_eq!((faults[0].code, faults[0].file.as_str()), (Code::ScoredGateLaundered, "other.yaml"));
    assert_eq!(faults[0].question.as_deref(), Some("SAM-03"));
}

#[test]
fn a_used_gate_stands_before_what_hangs_on_it() {
    let using = |questions: &str| {
        format!(
            "{HEAD}  - id: AAA\n    title: Part\n    uses: [{{questionnaire: supplier-security-core, version: \"^1\", \
             questions: [{questions}]}}]\n"
        )
    };
    let none: [&str; 0] = [];
    assert_eq!(codes(&using("SEC-ASR-03, SEC-ASR-04")), none);
    assert_eq!(codes(&using("SEC-ASR-04, SEC-ASR-03")), ["used_gate_missing"]);
    assert_eq!(codes(&using("SEC-ASR-03, SEC-ASR-03")), ["duplicate_id"]);
}

#[test]
fn a_gate_of_the_same_id_from_elsewhere_is_not_the_used_gate() {
    let yearly = "[{id: m12, label: a, credit: 1}, {id: m24, label: b, credit: 0.4}, {id: older, label: c, credit: 0}]";
    let own = format!("{{id: SEC-ASR-03, text: \"Mine?\", options: {yearly}, {SCORED}}}");
    let uses = "    uses: [{questionnaire: supplier-security-core, version: ^1, questions: [SEC-ASR-04]}]\n";
    assert_eq!(codes(&(file(&[&own]) + uses)), ["used_gate_missing"]);
}

#[test]
fn a_condition_names_only_what_stands_before_it() {
    let own = "{id: SAM-01, text: \"First?\", type: text, weight: 0, show_if: {q: SAM-01, answered: true}}";
    assert_eq!(codes(&file(&[own])), ["condition_not_earlier"], "a question on itself");
    let first = "{id: SAM-01, text: \"First?\", type: text, weight: 0}";
    let section =
        file(&[first]).replace("title: Part\n", "title: Part\n    show_if: {q: SAM-01, answered: true}\n");
    assert_eq!(codes(&section), ["condition_not_earlier"], "a section on its own question");
    let none: [&str; 0] = [];
    let check = file(&[first]) + "checks:\n  - {id: odd, when: {q: SAM-01, answered: true}, text: Odd.}\n";
    assert_eq!(codes(&check), none, "checks look at all answers");
}

#[test]
fn a_question_may_have_130_characters_and_not_131() {
    let with = |n: usize| {
        codes(&file(&[&format!("{{id: SAM-01, text: \"{}?\", type: text, weight: 0}}", "é".repeat(n))]))
    };
    let none: [&str; 0] = [];
    assert_eq!(with(129), none);
    assert_eq!(with(130), ["text_too_long"]);
}

#[test]
fn given_files_come_before_shipped_ones_and_the_highest_match_is_taken() {
    let home = |version: &str, text: &str| {
        file(&[&format!("{{id: SAM-01, text: \"{text}?\", type: text, weight: 0}}")])
            .replace("1.0.0", version)
    };
    let (old, new, next) = (home("1.2.0", "Old"), home("1.10.0", "New"), home("2.0.0", "Next"));
    let core = home("1.0.0", "Mine").replace("id: sample", "id: supplier-security-core");
    let using = format!(
        "{}  - id: AAA\n    title: Part\n    uses:\n      - {{questionnaire: sample, version: ^1, questions: [SAM-01]}}\n",
        HEAD.replace("sample", "other")
    );
    let shadow = using.replace("questionnaire: sample", "questionnaire: supplier-security-core");
    let shadow = shadow.replace("id: other", "id: shadow");
    let all = [&old, &new, &next, &core, &using, &shadow];
    let files: Vec<SourceFile<'_>> =
        all.iter().map(|t| SourceFile { name: "f", bytes: t.as_bytes() }).collect();
    let loaded = load(&files);
    assert_eq!(loaded.faults, []);
    let taken = |at: usize| loaded.questionnaires[at].question("SAM-01").unwrap().text.clone();
    assert_eq!((taken(4), taken(5)), ("New?".to_owned(), "Mine?".to_owned()));
    assert_eq!(
        loaded.questionnaires[4].question("SAM-01").unwrap().used_from.as_ref().unwrap().version,
        "1.10.0"
    );
}

#[test]
fn one_version_of_a_file_says_one_thing() {
    let told = |first: &str, second: &str| {
        let files: Vec<SourceFile<'_>> =
            [first, second].iter().map(|t| SourceFile { name: "f", bytes: t.as_bytes() }).collect();
        load(&files).faults.iter().map(|f| (f.line, f.code.as_str())).collect::<Vec<_>>()
    };
    let asked = |text: &str| file(&[&format!("{{id: SAM-01, text: \"{text}?\", type: text, weight: 0}}")]);
    assert_eq!(told(&asked("One"), &asked("One")), [], "the same file given twice");
    assert_eq!(told(&asked("One"), &asked("Two")), [(2, "duplicate_id")]);
    assert_eq!(told(&asked("One"), &asked("Two").replace("1.0.0", "1.0.1")), [], "another version");
}

#[test]
fn one_version_of_a_translation_says_one_thing() {
    let hindi = |text: &str, lang: &str| {
        format!(
            "questionnaire: meeting-notes-ai\nversion: 1.2.0\nlang: {lang}\nquestions:\n  MTG-DAT-02: {{text: \"{text}?\"}}\n"
        )
    };
    let none: [&str; 0] = [];
    assert_eq!(together(&[&hindi("One", "hi"), &hindi("One", "hi")]), none, "the same file given twice");
    assert_eq!(together(&[&hindi("One", "hi"), &hindi("Two", "hi")]), ["duplicate_id"]);
    assert_eq!(together(&[&hindi("One", "hi"), &hindi("Two", "de")]), none, "another language");
}

#[test]
fn an_empty_id_is_no_id() {
    let question = |id: &str, text: &str| format!("{{id: {id}, text: \"{text}?\", type: text, weight: 0}}");
    let (empty, syntax) = (question("\"\"", "First"), "question_id_syntax");
    assert_eq!(found(&file(&[&empty])), [(syntax, 14, 14, None)]);
    let second = question("\"\"", "Other matter");
    assert_eq!(codes(&file(&[&empty, &second])), [syntax, syntax, "duplicate_id"]);
    assert_eq!(
        codes(&file(&[&empty, &question("SAM-02", "Other matter")])),
        [syntax],
        "nothing about SAM-02"
    );
    assert_eq!(codes(&file(&[&question("~", "First"), &question("~", "Other matter")])), ["wrong_type"; 2]);

    let options = "[{id: \"\", label: a}, {id: \"\", label: b}]";
    let told = ["option_id_syntax", "option_id_syntax", "duplicate_id"];
    let own = format!("{{id: SAM-01, text: \"First?\", weight: 0, options: {options}}}");
    assert_eq!(codes(&file(&[&own])), told);
    let column = format!(
        "{{id: SAM-01, text: \"First?\", type: table, weight: 0, \
         columns: [{{id: one, label: One, type: select_one, options: {options}}}]}}"
    );
    assert_eq!(codes(&file(&[&column])), told);
    let scale = file(&[&question("SAM-01", "First")])
        .replace("sections:", &format!("scales: {{some: {options}}}\nsections:"));
    assert_eq!(codes(&scale), told);

    let hangs =
        "{id: SAM-02, text: \"Other matter?\", type: text, weight: 0, show_if: {q: \"\", in: [\"\"]}}";
    let gate = "{id: \"\", text: \"First?\", weight: 0, options: [{id: \"\", label: a}]}";
    assert_eq!(codes(&file(&[hangs])), ["condition_unknown_question"]);
    assert_eq!(codes(&file(&[gate, hangs])), [syntax, "option_id_syntax", "condition_unknown_question"]);
}

/// A questionnaire that asks nothing itself: `(questionnaire, range, questions)` in one section.
fn using(uses: &[(&str, &str, &str)]) -> String {
    let list: String = uses
        .iter()
        .map(|(home, range, ids)| {
            format!("      - {{questionnaire: {home}, version: \"{range}\", questions: [{ids}]}}\n")
        })
        .collect();
    format!("{HEAD}  - id: AAA\n    title: Part\n    uses:\n{list}").replace("id: sample", "id: other")
}

#[test]
fn a_used_gate_is_the_one_that_the_questions_own_version_means() {
    let version = |version: &str, questions: &[&str]| file(questions).replace("1.0.0", version);
    let open = "{id: SAM-01, text: \"First thing?\", options: [{id: best, label: a}, {id: none, label: d}], weight: 0}";
    let after = follower("{q: SAM-01, in: [none]}").replace(", if_hidden: zero", "");
    let first = version("1.0.0", &[open, &after]);
    let other = using(&[("sample", "^2", "SAM-01"), ("sample", "^1", "SAM-02")]);
    for changed in [
        gate(),
        open.replace("id: best", "id: good"),
        "{id: SAM-01, text: \"First thing?\", type: number, weight: 0}".to_owned(),
    ] {
        assert_eq!(
            together(&[&other, &first, &version("2.0.0", &[&changed])]),
            ["used_gate_missing"],
            "{changed}"
        );
    }
    let none: [&str; 0] = [];
    assert_eq!(
        together(&[&other, &first, &version("2.0.0", &[open])]),
        none,
        "the same words in both versions"
    );
    let one = using(&[("sample", "1.0.0", "SAM-01"), ("sample", "^1", "SAM-02")]);
    assert_eq!(together(&[&one, &first, &version("2.0.0", &[&gate()])]), none);
}

#[test]
fn a_used_gate_may_be_at_home_in_a_third_file() {
    let core = ("supplier-security-core", "^1", "SEC-GOV-01");
    let home = format!(
        "{}  - id: BBB\n    title: Rest\n    questions:\n      - {}\n",
        using(&[core]).replace("id: other", "id: home"),
        follower("{q: SEC-GOV-01, answered: true}").replace("SAM-02", "HOM-01")
    );
    let none: [&str; 0] = [];
    assert_eq!(together(&[&home]), none);
    assert_eq!(together(&[&home, &using(&[core, ("home", "^1", "HOM-01")])]), none);
    assert_eq!(together(&[&home, &using(&[("home", "^1", "HOM-01")])]), ["used_gate_missing"]);
    assert_eq!(together(&[&home, &using(&[("home", "^1", "HOM-01"), core])]), ["used_gate_missing"]);

    // A word-for-word copy of the gate is the gate, another question of its id is not.
    let (first, after) = (gate(), follower("{q: SAM-01, answered: true}"));
    let sample = file(&[&first, &after]);
    let copy = |text: &str| {
        let own =
            format!("    title: Part\n    questions:\n      - {}\n    uses:", gate().replace("First", text));
        using(&[("sample", "^1", "SAM-02")]).replace("    title: Part\n    uses:", &own)
    };
    assert_eq!(together(&[&sample, &copy("First")]), none);
    assert_eq!(together(&[&sample, &copy("Other")]), ["used_gate_missing"]);
}

/// An intake without a fault: twelve factors, one scale.
fn intake() -> String {
    include_str!("lint/intake_audience.yaml").replace("audience: vendor", "audience: buyer")
}

#[test]
fn an_option_of_a_column_is_a_word_and_no_more() {
    let table = |id: &str, key: &str| {
        format!(
            "{{id: {id}, text: \"Which of them?\", type: table, weight: 0, columns: [{{id: one, label: One, \
             type: select_one, options: [{{id: aa, label: a, {key}}}]}}]}}"
        )
    };
    let outside = |key: &str| codes(&file(&[&table("SAM-01", key)]));
    let inside = |key: &str| {
        let facts = "scales:\n  unused: [{id: aa, label: a, sets_facts: [known]}]\n";
        let text = intake()
            .replace("scales:\n", &format!("facts: [{{id: known, label: Known, default: true}}]\n{facts}"));
        let set = "{id: INH-CTX, text: \"Where is it?\", weight: 0, options: [{id: aa, label: a, sets_facts: [known]}]}";
        codes(&format!("{text}      - {set}\n      - {}\n", table("INH-01", key)))
    };
    let none: [&str; 0] = [];
    for key in ["credit: 1", "exclusive: true"] {
        assert_eq!(outside(key), ["key_not_for_type"], "{key}");
        assert_eq!(inside(key), ["key_not_for_type"], "{key}");
    }
    for key in ["points: 3", "sets_facts: [known]"] {
        assert_eq!(outside(key), ["intake_only"], "{key}");
        assert_eq!(inside(key), ["key_not_for_type"], "{key}");
    }
    assert_eq!(inside("sets_facts: [nosuch]"), ["key_not_for_type", "unknown_fact"]);
    assert_eq!((outside("plan: true"), inside("explain: true")), (none.to_vec(), none.to_vec()));
}

#[test]
fn an_unused_scale_of_the_intake_sets_declared_facts_only() {
    let with = |fact: &str| {
        intake()
            .replace("scales:\n", &format!("scales:\n  some: [{{id: aa, label: a, sets_facts: [{fact}]}}]\n"))
    };
    let told: Vec<_> = found(&with("nosuch")).into_iter().map(|fault| (fault.0, fault.1, fault.2)).collect();
    assert_eq!(told, [("unknown_fact", 12, 42)]);
}

#[test]
fn questions_of_the_intake_stay_in_intakes() {
    let other = using(&[("inherent-risk-intake", "^1", "INH-DAT, INH-CTX")]);
    let told: Vec<_> = found(&other).into_iter().map(|f| (f.0, f.1, f.3.unwrap())).collect();
    assert_eq!(told, [("intake_only", 14, "INH-DAT".to_owned()), ("intake_only", 14, "INH-CTX".to_owned())]);
    // Another intake may use them, a factor among them.
    let own =
        "      - {id: INH-NTH, text: \"How much hotel?\", scale: points, factor_weight: 1, weight: 0}\n";
    let uses = "    uses: [{questionnaire: inherent-risk-intake, version: ^1, questions: [INH-NTH]}]\n";
    let none: [&str; 0] = [];
    assert!(intake().contains(own));
    let text = intake().replace(own, "").replace("    questions:\n", &format!("{uses}    questions:\n"));
    assert_eq!(codes(&text), none);
}

#[test]
fn the_weights_of_the_factors_are_those_of_the_score() {
    let swapped = intake().replace("scale: points, factor_weight: 1", "scale: points, factor_weight: 2");
    let swapped = swapped
        .replace("lima?\", scale: points, factor_weight: 2", "lima?\", scale: points, factor_weight: 1");
    let told: Vec<_> = found(&swapped).into_iter().map(|f| (f.0, f.3.unwrap())).collect();
    assert_eq!(told, [("intake_factors", "INH-NTH".to_owned()), ("intake_factors", "INH-PPL".to_owned())]);
}

#[test]
fn links_are_https_in_every_text() {
    let none: [&str; 0] = [];
    let with = |link: &str| {
        [
            format!("{{id: SAM-01, text: \"First?\", type: text, weight: 0, help: \"{link}\"}}"),
            format!("{{id: SAM-01, text: \"First?\", type: text, weight: 0, na: \"{link}\"}}"),
            format!("{{id: SAM-01, text: \"First?\", type: text, weight: 0, evidence: \"{link}\"}}"),
            format!("{{id: SAM-01, text: \"First?\", type: text, weight: 0, fix: \"{link}\"}}"),
            format!("{{id: SAM-01, text: \"First?\", weight: 0, options: [{{id: aa, label: \"{link}\"}}]}}"),
            format!("{{id: SAM-01, text: \"First?\", weight: 0, options: [{{id: aa, label: a, finding: \"{link}\"}}]}}"),
        ]
        .map(|question| file(&[&question]))
    };
    let plain = file(&["{id: SAM-01, text: \"First?\", type: text, weight: 0}"]);
    for (link, told) in [("http://x.org", &["help_link"][..]), ("https://x.org", &none)] {
        let described = plain.replace("description: A sample.", &format!("description: \"{link}\""));
        let checked = format!("{plain}checks: [{{id: aa, when: {{tier: [low]}}, text: \"{link}\"}}]\n");
        let translated = format!(
            "questionnaire: meeting-notes-ai\nversion: 1.2.0\nlang: hi\nquestions: {{MTG-DAT-02: {{fix: \"{link}\"}}}}\n"
        );
        let source = include_str!("lint/control_url.yaml")
            .replace("url: \"http:", "source: \"http:")
            .replace("http://example.org", link);
        for text in with(link).iter().chain([&described, &checked, &translated, &source]) {
            assert_eq!(codes(text), told, "{text}");
        }
    }
    let asked =
        |text: &str| codes(&file(&[&format!("{{id: SAM-01, text: \"{text}\", type: text, weight: 0}}")]));
    for text in [
        "Is mailto:a@b.c known?",
        "See http://x.org?",
        "Is [this](/a) so?",
        "Is **this** so?",
        "Is `ls` run?",
        "# Is it so?",
    ] {
        assert_eq!(asked(text), ["text_not_plain"], "{text}");
    }
    for text in [
        "Is it 2 * 3 * 4?",
        "Are issues (such as #3) closed?",
        "Does the policy name data: personal, public, secret?",
    ] {
        assert_eq!(asked(text), none, "{text}");
    }
}

#[test]
fn a_map_names_a_control_and_nothing_else() {
    let mapped = |map: &str| codes(&file(&[&gate().replace("iso27001:A.5.1", map)]));
    assert_eq!(mapped("\"iso27001:<b>x</b>\""), ["map_syntax"]);
    assert_eq!(mapped("\"iso27001:x:y<5\""), ["unknown_control"]);
}

#[test]
fn the_address_of_a_control_has_a_host_and_no_space() {
    let with = |url: &str| codes(&include_str!("lint/control_url.yaml").replace("http://example.org", url));
    let none: [&str; 0] = [];
    for good in ["https://example.org", "https://example.org/a?b=c#d", "https://example.org:8443/a"] {
        assert_eq!(with(good), none, "{good}");
    }
    for bad in [
        "https://",
        "https:///a",
        "https://?a",
        "https://:443",
        "https://a b",
        "https://example.org/a\u{a0}b",
        "ftp://x",
    ] {
        assert_eq!(with(bad), ["control_url"], "{bad}");
    }
}

#[test]
fn a_questions_own_text_ends_with_the_plain_mark_and_a_translation_with_that_of_its_script() {
    let own = |mark: &str| {
        codes(&file(&[&format!("{{id: SAM-01, text: \"First{mark}\", type: text, weight: 0}}")]))
    };
    let translated = |mark: &str| {
        codes(&format!(
            "questionnaire: meeting-notes-ai\nversion: 1.2.0\nlang: ja\nquestions: {{MTG-DAT-02: {{text: \"First{mark}\"}}}}\n"
        ))
    };
    let none: [&str; 0] = [];
    for mark in ["？", "؟"] {
        assert_eq!(own(mark), ["text_no_question_mark"]);
        assert_eq!(translated(mark), none);
    }
    assert_eq!((own("?"), translated("?")), (none.to_vec(), none.to_vec()));
}

#[test]
fn a_fact_of_the_using_file_wins_over_a_brought_one() {
    let using = |facts: &str| {
        format!("{HEAD}  - id: AAA\n    title: Part\n    uses: [{{questionnaire: supplier-security-core, version: ^1, questions: [SEC-PRV-01]}}]\n")
            .replace("sections:", &format!("{facts}sections:"))
    };
    let own = lint(&using("facts: [{id: personal_data, label: Mine, default: true}]\n"));
    assert_eq!(own.faults, []);
    assert_eq!(own.questionnaires[0].facts.len(), 1);
    assert_eq!(own.questionnaires[0].fact("personal_data").map(|f| f.default), Some(true));
    let brought = lint(&using(""));
    assert_eq!(brought.questionnaires[0].fact("personal_data").map(|f| f.default), Some(false));
}

#[test]
fn every_fault_of_a_file_is_told_with_its_place_and_question() {
    let text = file(&[
        "{id: SAM-01, text: \"First thing\", type: text, weight: 7}",
        "{id: SAM-02, text: \"Second?\", type: txet, weight: 0, colour: red}",
        "{id: SAM-03, text: \"Third?\", type: text, weight: 0, show_if: {q: SAM-09, answered: true}}",
    ]);
    let id = |n: &str| Some(format!("SAM-0{n}"));
    assert_eq!(
        found(&text),
        [
            ("text_no_question_mark", 14, 28, id("1")),
            ("weight_range", 14, 63, id("1")),
            ("unknown_word", 15, 45, id("2")),
            ("unknown_key", 15, 62, id("2")),
            ("condition_unknown_question", 16, 70, id("3")),
        ]
    );
}

#[test]
fn words_that_yaml_could_scan_stay_words() {
    let loaded = lint(&file(&[
        "{id: SAM-01, text: \"First?\", weight: 0, options: [{id: nil, label: no}, {id: e1, label: 1.10}]}",
    ]));
    assert_eq!(loaded.faults, []);
    let q = &loaded.questionnaires[0];
    assert_eq!(q.locale, "no");
    let labels: Vec<&str> = q.sections[0].questions[0].options.iter().map(|o| o.label.as_str()).collect();
    assert_eq!(labels, ["no", "1.10"]);
}

#[test]
fn json_is_accepted_and_gives_the_same_definition() {
    let yaml = file(&["{id: SAM-01, text: \"First?\", type: text, weight: 0, evidence_required_from: high}"]);
    let json = "{\"format\": \"assay/1\", \"id\": \"sample\", \"version\": \"1.0.0\", \"title\": \"Sample\",\n\
        \t\"locale\": \"no\", \"license\": \"CC0-1.0\", \"audience\": \"vendor\", \"minutes\": 5,\n\
        \t\"description\": \"A sample.\", \"sections\": [{\"id\": \"AAA\", \"title\": \"Part\", \"questions\": [\n\
        \t{\"id\": \"SAM-01\", \"text\": \"First?\", \"type\": \"text\", \"weight\": 0, \"evidence_required_from\": \"high\"}]}]}";
    let (a, b) = (lint(&yaml), lint(json));
    assert_eq!(b.faults, []);
    assert_eq!(a.questionnaires, b.questionnaires);
    assert_eq!(a.questionnaires[0].sections[0].questions[0].evidence_required_from, Some(Tier::High));
}

#[test]
fn ten_thousand_questions_are_linted_in_seconds() {
    let list: String = (0..10_000)
        .map(|i| {
            let letter = |n: usize| char::from(b'A' + u8::try_from(n % 26).expect("below 26"));
            let id = format!("{0}{1}{2}-QQQ-{3:02}", letter(i / 67_600), letter(i / 2_600), letter(i / 100), i % 100);
            format!("      - {{id: {id}, text: \"Is thing number {i} in place and checked by somebody?\", weight: 0, scale: many}}\n")
        })
        .collect();
    let text = format!("{HEAD}  - id: AAA\n    title: Part\n    questions:\n{list}")
        .replace("sections:", "scales: {many: [{id: good, label: Yes}, {id: bad, label: No}]}\nsections:");
    let started = std::time::Instant::now();
    let loaded = lint(&text);
    assert!(loaded.faults.iter().all(|f| f.severity() == Severity::Warning), "{:?}", loaded.faults.first());
    assert_eq!(loaded.questionnaires[0].questions().count(), 10_000);
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

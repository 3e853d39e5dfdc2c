//! The published JSON Schemas say of a file's shape what the reader says, so that an editor neither hides a fault that
//! the linter finds nor invents one.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use jsonschema::Validator;
use questionnaires::definition::catalog::shipped_files;
use questionnaires::definition::lint::{Code, Severity};
use questionnaires::definition::load::{Loaded, SourceFile, load};
use serde_json::{Value, json};

/// A schema with samples that are clean and together use every key.
struct Published {
    name: &'static str,
    schema: Value,
    validator: Validator,
    samples: Vec<Value>,
}

fn published() -> [Published; 3] {
    let intake = include_str!("lint/intake_audience.yaml")
        .replace("audience: vendor", "audience: buyer")
        .replace("scales:\n", "facts: [{id: cloud, label: Cloud, default: false}]\nscales:\n")
        .replace("id: p0, ", "id: p0, sets_facts: [cloud], ");
    let one = |name, schema: &str, samples: &[&str]| {
        let schema: Value = serde_json::from_str(schema).unwrap();
        assert!(jsonschema::draft202012::meta::is_valid(&schema), "{name} is no schema");
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        Published { name, schema, validator, samples: samples.iter().map(|text| value(text)).collect() }
    };
    [
        one(
            "questionnaire",
            include_str!("../schema/questionnaire.schema.json"),
            &[include_str!("schema/questionnaire.yaml"), &intake],
        ),
        one(
            "control-set",
            include_str!("../schema/control-set.schema.json"),
            &[include_str!("schema/control-set.yaml")],
        ),
        one("overlay", include_str!("../schema/overlay.schema.json"), &[include_str!("schema/overlay.yaml")]),
    ]
}

/// A YAML file as an editor sees it.
fn value(yaml: &str) -> Value {
    serde_saphyr::from_str(yaml).unwrap()
}

fn read(value: &Value) -> Loaded {
    load(&[SourceFile { name: "f.json", bytes: value.to_string().as_bytes() }])
}

/// Which of the three a file is, by what it says, as the loader tells them apart.
fn of<'p>(all: &'p [Published; 3], value: &Value) -> &'p Published {
    match value.get("format").and_then(Value::as_str) {
        Some("assay-control-set/1") => &all[1],
        None if value.get("lang").is_some() || value.get("questionnaire").is_some() => &all[2],
        _ => &all[0],
    }
}

fn why(published: &Published, value: &Value) -> Vec<String> {
    published.validator.iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).collect()
}

#[test]
fn every_shipped_file_and_every_clean_sample_is_valid() {
    let all = published();
    let none: [String; 0] = [];
    for (path, bytes) in shipped_files() {
        let value = value(std::str::from_utf8(&bytes).unwrap());
        assert_eq!(why(of(&all, &value), &value), none, "{path}");
    }
    for code in Code::ALL.iter().filter(|code| code.severity() == Severity::Warning) {
        let value = value(&sample(*code));
        assert_eq!(why(of(&all, &value), &value), none, "{code}");
    }
    for published in &all {
        for sample in &published.samples {
            let faults = read(sample).faults;
            assert!(faults.iter().all(|fault| fault.severity() == Severity::Warning), "{faults:?}");
            assert_eq!(why(published, sample), none, "{}", published.name);
        }
    }
}

/// The smallest file that yields this code.
fn sample(code: Code) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/lint/{code}.yaml"))).unwrap()
}

/// Codes of faults in the shape of a file: an editor tells them.
const SHAPE: [Code; 27] = [
    Code::UnknownKey,
    Code::MissingKey,
    Code::WrongType,
    Code::UnknownWord,
    Code::NumberOutOfRange,
    Code::UnknownFormat,
    Code::QuestionnaireIdSyntax,
    Code::QuestionIdSyntax,
    Code::OptionIdSyntax,
    Code::OptionIdReserved,
    Code::ScaleIdSyntax,
    Code::SectionIdSyntax,
    Code::NameSyntax,
    Code::VersionSyntax,
    Code::WeightRange,
    Code::CreditRange,
    Code::ScoredWithoutMaps,
    Code::ScoredWithoutEvidence,
    Code::ScoredWithoutFix,
    Code::OptionsTwice,
    Code::ConditionShape,
    Code::ConditionEmpty,
    Code::TextEmpty,
    Code::TextNoQuestionMark,
    Code::TextTooLong,
    Code::ControlWhyMissing,
    Code::ControlUrl,
];

#[test]
fn the_smallest_file_with_a_fault_in_its_shape_is_not_valid() {
    let all = published();
    for code in SHAPE {
        let value = value(&sample(code));
        assert!(!of(&all, &value).validator.is_valid(&value), "{code}");
    }
}

/// Every map with fixed keys in a sample: its JSON pointer, and the part of the schema that describes it.
fn maps<'s>(value: &Value, part: &'s Value, root: &'s Value, at: &str, found: &mut Vec<(String, &'s Value)>) {
    let target =
        part.get("$ref").and_then(Value::as_str).and_then(|at| root.pointer(at.trim_start_matches('#')));
    let part = target.unwrap_or(part);
    match value {
        Value::Object(entries) => {
            if part.get("properties").is_some() {
                found.push((at.to_owned(), part));
            }
            for (key, value) in entries {
                let named = part.get("properties").and_then(|properties| properties.get(key));
                let below = named.or(part.get("additionalProperties")).expect("the sample is valid");
                maps(value, below, root, &format!("{at}/{key}"), found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                maps(item, &part["items"], root, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

fn keys(map: &Value) -> BTreeSet<&str> {
    map.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn the_keys_are_those_that_the_reader_knows() {
    for Published { name, schema, samples, .. } in &published() {
        let mut used: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for sample in samples {
            let mut found = Vec::new();
            maps(sample, schema, schema, "", &mut found);
            for (at, part) in found {
                let mut changed = sample.clone();
                changed.pointer_mut(&at).unwrap().as_object_mut().unwrap().insert("zzz".to_owned(), json!(1));
                let faults = read(&changed).faults;
                let unknown = faults.iter().find(|fault| fault.code == Code::UnknownKey);
                let hint = &unknown.unwrap_or_else(|| panic!("{name}{at}: {faults:?}")).hint;
                let known = hint.split_once("Known here: ").unwrap().1.trim_end_matches('.');
                assert_eq!(keys(&part["properties"]), known.split(", ").collect(), "{name}{at}");
                let here = sample.pointer(&at).unwrap();
                used.entry(part["properties"].to_string()).or_default().extend(keys(here));
            }
        }
        let parts = schema["$defs"].as_object().unwrap().values().chain([schema]);
        for part in parts.filter(|part| part.get("properties").is_some()) {
            let here = used.get(&part["properties"].to_string()).cloned().unwrap_or_default();
            assert_eq!(keys(&part["properties"]), here, "no sample has all these keys");
        }
    }
}

/// The JSON pointers of everything below the root.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    let below: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(key, value)| (format!("{at}/{key}"), value)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(i, item)| (format!("{at}/{i}"), item)).collect()
        }
        _ => Vec::new(),
    };
    for (at, value) in below {
        places(value, &at, found);
        found.push(at);
    }
}

/// The sample with another value at one place; with none there when no value is given.
fn changed(sample: &Value, at: &str, to: Option<&Value>) -> Value {
    let mut changed = sample.clone();
    if let Some(to) = to {
        *changed.pointer_mut(at).unwrap() = to.clone();
        return changed;
    }
    let (parent, last) = at.rsplit_once('/').unwrap();
    match changed.pointer_mut(parent).unwrap() {
        Value::Array(items) => drop(items.remove(last.parse().unwrap())),
        other => drop(other.as_object_mut().unwrap().remove(last)),
    }
    changed
}

/// A pointer without its numbers: one place of each kind is enough.
fn kind(at: &str) -> String {
    at.split('/')
        .map(|part| if part.parse::<usize>().is_ok() { "#" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

#[test]
fn the_schema_refuses_what_the_reader_refuses_and_nothing_that_it_takes() {
    let values = [
        json!(null),
        json!(true),
        json!(7),
        json!(-0.5),
        json!(""),
        json!("Two words?"),
        json!([]),
        json!({}),
    ];
    let mut wrong = Vec::new();
    for Published { name, validator, samples, .. } in &published() {
        let mut seen = BTreeSet::new();
        for sample in samples {
            let mut all = Vec::new();
            places(sample, "", &mut all);
            // Which ids are allowed hangs on the kind; a schema does not say that.
            for at in all.into_iter().filter(|at| at != "/kind" && seen.insert(kind(at))) {
                for to in values.iter().map(Some).chain([None]) {
                    let there = changed(sample, &at, to);
                    let loaded = read(&there);
                    let valid = validator.is_valid(&there);
                    let shape = loaded.faults.iter().find(|fault| SHAPE.contains(&fault.code));
                    if let (true, Some(fault)) = (valid, shape) {
                        wrong.push(format!(
                            "{name}{at} = {to:?}: the reader says {fault}, the schema nothing"
                        ));
                    }
                    // The reader takes an unquoted word that looks like a number or a truth value; the schema asks
                    // for quotes.
                    let quoted =
                        to.filter(|to| to.is_boolean() || to.is_number()).map(|to| json!(to.to_string()));
                    let valid = valid
                        || quoted.is_some_and(|to| validator.is_valid(&changed(sample, &at, Some(&to))));
                    if !valid && !loaded.has_faults() {
                        wrong.push(format!("{name}{at} = {to:?}: the schema refuses what the reader takes"));
                    }
                }
            }
        }
        assert!(seen.len() > 10, "{name}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

//! Whatever the bytes, loading ends soon, never panics, and says something when it refuses.
#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;
use questionnaires::definition::Questionnaire;
use questionnaires::definition::catalog::{canonical_json, shipped_files};
use questionnaires::definition::load::{SourceFile, load};

fn check(bytes: &[u8]) {
    let loaded = load(&[SourceFile { name: "f.yaml", bytes }]);
    let contents = loaded.questionnaires.len() + loaded.control_sets.len() + loaded.overlays.len();
    assert_eq!(contents, usize::from(!loaded.has_faults()), "a file loads or has a fault");
    for fault in &loaded.faults {
        assert!(fault.line > 0 && fault.column > 0);
        assert!(!fault.to_string().contains(|c: char| c.is_control() && c != '\n'));
    }
    for q in &loaded.questionnaires {
        let json = canonical_json(q).unwrap();
        assert_eq!(&serde_json::from_str::<Questionnaire>(&json).unwrap(), q);
    }
}

/// One change to a file.
#[derive(Debug, Clone)]
enum Change {
    Delete(usize, usize),
    Insert(usize, &'static str),
    Repeat(usize, usize),
    Byte(usize, u8),
}

fn change() -> impl Strategy<Value = Change> {
    let pieces = prop::sample::select(vec![
        "&a ",
        "*a",
        "!t ",
        "<<: ",
        "---\n",
        "{",
        "}",
        "[",
        "]",
        ": ",
        "- ",
        "\n",
        "\t",
        "\"",
        "'",
        "| ",
        "> ",
        "#",
        "? ",
        "0",
        "-1",
        "1e9",
        "99999999999999999999",
        "0.33333",
        "null",
        "yes",
        "~",
        "\u{0}",
        "\u{feff}",
        "\u{202e}",
        "<b>",
        "show_if: {q: SEC-IAM-01, in: []}",
        "in: [none]",
        "weight: 5",
        "weight: 0",
        "scale: none",
        "type: table",
    ]);
    prop_oneof![
        (any::<usize>(), 1..200usize).prop_map(|(at, n)| Change::Delete(at, n)),
        (any::<usize>(), pieces).prop_map(|(at, text)| Change::Insert(at, text)),
        (any::<usize>(), 1..400usize).prop_map(|(at, n)| Change::Repeat(at, n)),
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
    ]
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    let place = |at: usize| if bytes.is_empty() { 0 } else { at % bytes.len() };
    match *change {
        Change::Delete(at, n) => {
            let at = place(at);
            bytes.drain(at..(at + n).min(bytes.len()));
        }
        Change::Insert(at, text) => {
            let at = place(at);
            bytes.splice(at..at, text.bytes());
        }
        Change::Repeat(at, n) => {
            let at = place(at);
            let part = bytes[at..(at + n).min(bytes.len())].to_vec();
            bytes.splice(at..at, part);
        }
        Change::Byte(at, byte) if !bytes.is_empty() => {
            let at = place(at);
            bytes[at] = byte;
        }
        Change::Byte(..) => bytes.push(0),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        check(&bytes);
    }

    #[test]
    fn random_text_of_yaml_signs_never_panics(text in "[-\\[\\]{}:,&*!|>'\"%@#? \\n\\ta-c0-9.]{0,200}") {
        check(text.as_bytes());
        check(format!("format: assay/1\nsections: {text}").as_bytes());
    }

    #[test]
    fn changed_files_never_panic(file in any::<prop::sample::Index>(), changes in prop::collection::vec(change(), 1..6)) {
        // The smaller files, so that every part of one is met often.
        let files: Vec<_> = shipped_files().into_iter().filter(|(_, bytes)| bytes.len() < 20_000).collect();
        let mut bytes = file.get(&files).1.clone();
        changes.iter().for_each(|change| apply(&mut bytes, change));
        check(&bytes);
    }
}

/// A hundred kilobytes of each, a twentieth of what is read: nothing may take more than linear time.
#[test]
fn large_hostile_files_end_soon() {
    let size = 100_000;
    let fill = |unit: &str| unit.repeat(size / unit.len());
    let head = "format: assay/1\n";
    let files = [
        fill("["),
        fill("{"),
        fill("- "),
        fill("? "),
        fill("a: {"),
        fill("\n- "),
        fill("&a "),
        fill("*a "),
        fill("!a "),
        fill("---\n"),
        fill("\""),
        fill("'"),
        fill("a"),
        fill("9"),
        fill("\t"),
        fill("#\n"),
        fill("%A\n"),
        fill("\u{feff}"),
        fill("a: b\n"),
        format!("{head}sections: [{}]", fill("1,")),
        format!("{head}sections: [{}]", fill("{},")),
        format!("{head}sections: [{{questions: [{}]}}]", fill("{},")),
        format!("{head}sections: [{{questions: [{{options: [{}]}}]}}]", fill("{id: a},")),
        format!("{head}facts: [{}]", fill("{id: a},")),
        format!("{head}scales: {{ss: [{}]}}", fill("{id: a},")),
        format!("{head}weight: {}", fill("9")),
        format!("{head}minutes: 0.{}", fill("9")),
        format!("{head}title: {}", fill("<b>://&a;")),
        format!("{head}checks: [{{when: {{all: [{}]}}}}]", fill("{q: A, in: [b]},")),
        format!("{head}sections: [{{uses: [{}]}}]", fill("{questionnaire: a, version: ^1, questions: [b]},")),
        format!(
            "{head}sections: [{{uses: [{{questionnaire: supplier-security-core, version: ^1, questions: [{}]}}]}}]",
            fill("SEC-GOV-01,")
        ),
        format!(
            "{head}scales: {{ss: [{}]}}\nsections: [{{questions: [{}]}}]",
            (0..300).map(|i| format!("{{id: o{i}, label: x}},")).collect::<String>(),
            "{scale: ss},".repeat(8_000)
        ),
        (0..10_000).map(|i| format!("k{i}: 1\n")).collect(),
        format!("questionnaire: meeting-notes-ai\nlang: hi\nquestions: {{{}}}", fill("a: {},")),
    ];
    for (at, text) in files.iter().enumerate() {
        let started = std::time::Instant::now();
        check(text.as_bytes());
        let took = started.elapsed();
        println!("{at}: {} ms, {} bytes", took.as_millis(), text.len());
        assert!(took.as_secs() < 5, "file {at} took {took:?}");
    }
}

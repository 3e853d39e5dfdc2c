//! What is fuzzed: a name, good inputs, words, and what must hold whatever comes.

use crate::engine::Target;
use api::{
    auth::{
        Secret, code, jwt,
        keys::{KeyFolder, SigningKey},
    },
    blobs::sniff,
    documents::csv::{head, lines},
    domain::{
        Surroundings,
        answer::{TypedAnswer, engine_answer},
        email_address::EmailAddress,
        evidence::{FileKind, attachment, check_link, clean_name, clean_title, served_as},
        receipt::{About, Asked, Attested, Claims, HandedIn, ReceiptFile, SubmissionReceipt},
        signing_key::{KeyPurpose, PublicKey, parse_key_set},
    },
    usecases::receipts,
};
use chrono::{DateTime, NaiveDate};
use questionnaires::{
    answering::{Answers, Facts, check_answer, parse_answers, visible},
    definition::{
        Question, Questionnaire, Tier,
        catalog::{canonical_json, shipped, shipped_files},
        load::{SourceFile, load},
    },
    scoring::score_questionnaire,
};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hash, Hasher as _},
    io::Cursor,
};

/// Every target.
pub fn all() -> Vec<Target> {
    vec![loader(), answers(), conditions(), forms(), links(), files(), tokens(), csv()]
}

/// What was said, as a number. Digits are left out: they mostly are places.
fn said(what: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

fn kind_of(message: &str) -> String {
    message.chars().filter(char::is_ascii_lowercase).take(60).collect()
}

/// One line, whatever was in the input.
fn plain(text: &str) {
    assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "a control character gets out: {text:?}");
}

const YAML: &[&str] = &[
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
    "\"",
    "'",
    "| ",
    "> ",
    "#",
    "? ",
    "format: assay/1\n",
    "show_if: ",
    "in: [none]",
    "weight: 5",
    "type: table",
    "scale: none",
    "credit: 0.5",
    "if_hidden: zero",
    "uses: ",
    "null",
    "yes",
    "~",
    "0.33333",
    "99999999999999999999",
];

fn loader() -> Target {
    let seeds = shipped_files().into_iter().map(|(_, bytes)| bytes).filter(|bytes| bytes.len() < 20_000);
    Target {
        name: "loader",
        seeds: seeds.collect(),
        words: YAML,
        read: Box::new(|bytes| {
            let loaded = load(&[SourceFile { name: "f.yaml", bytes }]);
            let contents = loaded.questionnaires.len() + loaded.control_sets.len() + loaded.overlays.len();
            assert_eq!(contents, usize::from(!loaded.has_faults()), "a file loads or has a fault");
            for fault in &loaded.faults {
                assert!(fault.line > 0 && fault.column > 0);
                plain(&fault.to_string());
            }
            for one in &loaded.questionnaires {
                let text = canonical_json(one).unwrap_or_default();
                assert_eq!(serde_json::from_str::<Questionnaire>(&text).ok().as_ref(), Some(one));
            }
            said((contents, loaded.faults.iter().map(|fault| fault.code).collect::<BTreeSet<_>>()))
        }),
    }
}

fn core() -> &'static Questionnaire {
    let found = shipped().questionnaires.iter().find(|one| one.id == "supplier-security-core");
    found.unwrap_or_else(|| panic!("the core questionnaire ships"))
}

fn questions() -> BTreeMap<&'static str, &'static Question> {
    shipped().questionnaires.iter().flat_map(|one| one.questions()).map(|(_, q)| (q.id.as_str(), q)).collect()
}

fn answers() -> Target {
    let seed = r#"{"facts":{"personal_data":true},"as_of":"2026-11-22","answers":{
        "SEC-IAM-01":{"choice":"full","evidence":"accepted","note":"n"},
        "SEC-ASR-01":{"choice":["iso27001","soc2t2"],"evidence":"supplied"},
        "SEC-IAM-02":{"na":true,"reason":"none","review":{"na":"accepted","credit":"3/4"}},
        "SEC-GOV-01":{"unknown":true},"SEC-CLD-01":{"choice":"cloud"},
        "SEC-SUP-06":{"rows":[{"name":"Corvid","purpose":"mail"}]}}}"#;
    let facts: BTreeSet<&str> = core().facts.iter().map(|fact| fact.id.as_str()).collect();
    let known = questions();
    Target {
        name: "answers",
        seeds: vec![seed.as_bytes().to_vec()],
        words: &[
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            "\"choice\":",
            "\"number\":",
            "\"date\":",
            "\"text\":",
            "\"rows\":",
            "\"files\":",
            "\"review\":",
            "\"credit\":",
            "\"1/0\"",
            "\"-1/3\"",
            "1e40",
            "0.1",
            "\"9999-12-31\"",
            "\"attest\":true",
            "\"unknown\":true",
            "\"na\":true",
            "\"\\u0000\"",
            "null",
            "\"SEC-CLD-01\":",
        ],
        read: Box::new(move |bytes| {
            let text = String::from_utf8_lossy(bytes);
            match parse_answers(&text, &known, &facts) {
                Err(faults) => {
                    assert!(!faults.is_empty(), "refused without a reason");
                    said(faults.iter().map(|fault| kind_of(&fault.message)).collect::<BTreeSet<_>>())
                }
                Ok(file) => {
                    let of_core: Answers =
                        file.answers.into_iter().filter(|(id, _)| core().question(id).is_some()).collect();
                    let score =
                        score_questionnaire(core(), &of_core, &file.facts, Some(Tier::High), file.as_of);
                    if let Some(claimed) = &score.claimed {
                        let shown: f64 = claimed.display1().parse().unwrap_or(-1.0);
                        assert!((0.0..=100.0).contains(&shown), "a score of {shown}");
                    }
                    said((true, score.claimed.map(|s| s.display1()), score.knock_outs.len()))
                }
            }
        }),
    }
}

fn conditions() -> Target {
    const HEAD: &str = "format: assay/1\nid: sample\nversion: 1.0.0\ntitle: Sample\nlocale: en\nlicense: CC0-1.0\n\
        audience: vendor\nminutes: 5\ndescription: A sample.\nfacts: [{id: personal_data, label: Data, default: false}]\n\
        sections:\n  - id: AAA\n    title: Part\n    questions:\n      \
        - {id: SAM-01, text: \"First thing?\", options: [{id: best, label: a}, {id: none, label: d}], weight: 0}\n      \
        - {id: SAM-02, text: \"Which ones?\", type: select_many, options: [{id: x, label: a}, {id: y, label: d}], weight: 0}\n      \
        - {id: SAM-03, text: \"How many?\", type: number, weight: 0}\n      \
        - {id: SAM-04, text: \"What then?\", type: text, weight: 0, show_if: ";
    let seeds = [
        "{q: SAM-01, in: [best]}",
        "{q: SAM-02, any_of: [x]}",
        "{q: SAM-03, gte: 3}",
        "{fact: personal_data}",
        "{all: [{q: SAM-01, not_in: [none]}, {not: {fact: personal_data}}]}",
        "{any: [{tier_at_least: high}, {q: SAM-02, not_in: [y]}]}",
    ];
    Target {
        name: "conditions",
        seeds: seeds.map(|text| text.as_bytes().to_vec()).to_vec(),
        words: &[
            "{",
            "}",
            "[",
            "]",
            ", ",
            "q: SAM-01",
            "q: SAM-04",
            "in: ",
            "not_in: ",
            "any_of: ",
            "gte: ",
            "lte: ",
            "all: ",
            "any: ",
            "not: ",
            "fact: personal_data",
            "tier_at_least: ",
            "high",
            "answered: ",
            "best",
            "x",
        ],
        read: Box::new(|bytes| {
            let text: String = String::from_utf8_lossy(bytes).replace(['\n', '\r'], " ");
            let file = format!("{HEAD}{text}}}\n");
            let loaded = load(&[SourceFile { name: "f.yaml", bytes: file.as_bytes() }]);
            let mut shown = Vec::new();
            for one in &loaded.questionnaires {
                for tier in [None, Some(Tier::Low), Some(Tier::Critical)] {
                    for told in [false, true] {
                        let facts = Facts::from([("personal_data".to_owned(), told)]);
                        let seen = visible(one, &Answers::new(), &facts, tier);
                        shown.push(seen.shows("SAM-04"));
                    }
                }
            }
            said((shown, loaded.faults.iter().map(|fault| fault.code).collect::<BTreeSet<_>>()))
        }),
    }
}

/// A form for one question: lines `field=value`, the first line names the question.
fn forms() -> Target {
    let known = questions();
    let ids: Vec<&'static str> = known.keys().copied().collect();
    let seeds = ids.iter().map(|id| {
        let first = known[id].options.first().map_or("", |option| option.id.as_str());
        format!("{id}\nchoice={first}\nvalue=12\nnote=n\nreason=r\ncell=name:Corvid\n").into_bytes()
    });
    Target {
        name: "forms",
        seeds: seeds.collect(),
        words: &[
            "choice=-unknown\n",
            "choice=-na\n",
            "choice=",
            "value=",
            "value=2026-02-30\n",
            "value=1e9\n",
            "value=-0.5\n",
            "value=1/3\n",
            "reason=",
            "note=",
            "cell=",
            ":",
            "\n",
            "12,5",
            "\u{0}",
        ],
        read: Box::new(move |bytes| {
            let text = String::from_utf8_lossy(bytes);
            let mut lines = text.split('\n');
            let first = lines.next().unwrap_or_default();
            let at = ids.partition_point(|id| *id < first).min(ids.len() - 1);
            let question = known[ids[at]];
            let mut typed = TypedAnswer::default();
            for line in lines {
                match line.split_once('=') {
                    Some(("choice", value)) => typed.choices.push(value.to_owned()),
                    Some(("value", value)) => typed.value = value.to_owned(),
                    Some(("note", value)) => typed.note = value.to_owned(),
                    Some(("reason", value)) => typed.reason = value.to_owned(),
                    Some(("cell", value)) => {
                        let (column, cell) = value.split_once(':').unwrap_or((value, ""));
                        typed.rows.push(BTreeMap::from([(column.to_owned(), cell.to_owned())]));
                    }
                    _ => {}
                }
            }
            let today = NaiveDate::default();
            match typed.read(question, today) {
                Err(faults) => {
                    assert!(!faults.is_empty(), "refused without a reason");
                    said(
                        faults
                            .iter()
                            .map(|fault| (fault.code, kind_of(&fault.field)))
                            .collect::<BTreeSet<_>>(),
                    )
                }
                Ok(read) => {
                    let answer =
                        engine_answer(question, read.value.as_ref(), read.note.as_deref(), &[], today);
                    let faults = check_answer(question, &answer, Some(today));
                    assert!(faults.is_empty(), "what was taken cannot be scored: {faults:?}");
                    assert_eq!(answer.value.is_some(), read.value.is_some(), "what was taken is lost");
                    // The page shows what is stored, and that reads back as it is.
                    let shown = TypedAnswer::of_stored(read.value.as_ref(), read.note.as_deref());
                    let again = shown.read(question, today);
                    assert_eq!(
                        again.ok().and_then(|again| again.value),
                        read.value,
                        "shown otherwise than stored"
                    );
                    said((question.answer_type, answer.value.map(|v| std::mem::discriminant(&v))))
                }
            }
        }),
    }
}

fn links() -> Target {
    let seeds = [
        "0123456789ABCDEFGHJKMNPQRSTVWXYZ",
        "0123 4567-89ab cdef oil",
        "123-456",
        "priya@lumen.example",
        "\"a b\"@lumen.example",
        "priya@bücher.example",
        "https://trust.example/report?x=1#y",
        "Prüf\"bericht.pdf",
        "..\\..\\x/y.docx",
        "a.tar.gz",
    ];
    Target {
        name: "links",
        seeds: seeds.map(|text| text.as_bytes().to_vec()).to_vec(),
        words: &[
            "@",
            ".",
            "xn--",
            "https://",
            "//",
            "\\",
            "\"",
            ";",
            "%",
            "%00",
            "..",
            ".pdf",
            "<b>",
            "\r\nBcc: x@y.z",
        ],
        read: Box::new(|bytes| {
            let text = String::from_utf8_lossy(bytes);
            let secret = Secret::typed(&text);
            assert!(secret.reveal().chars().count() <= 64 && secret.hash().len() == 32);
            assert_eq!(
                Secret::typed(&secret.grouped()).reveal(),
                secret.reveal(),
                "grouped, it is another secret"
            );
            assert!(code::typed(&text).chars().count() <= 12);
            let address = EmailAddress::parse(&text);
            if let Ok(address) = &address {
                let deliverable = address.deliverable();
                assert!(!deliverable.contains(char::is_control) && !address.domain().contains('@'));
                let again = EmailAddress::parse(&deliverable).map(|a| a.canonical().to_owned());
                assert_eq!(again.as_deref().ok(), Some(address.canonical()), "delivered elsewhere");
                plain(&EmailAddress::masked(address.typed()));
            }
            let link = check_link(&text);
            if let Ok(link) = &link {
                assert!(
                    link.to_ascii_lowercase().starts_with("https://") && !link.contains(char::is_whitespace)
                );
            }
            let name = clean_name(&text);
            assert!(!name.contains(['/', '\\', '\0']) && name.chars().count() <= 255, "{name:?}");
            assert!(name != "." && name != "..");
            assert!(clean_title(&text).chars().count() <= 255);
            let header = attachment(&name);
            assert!(header.bytes().all(|b| (b' '..=b'~').contains(&b)), "{header:?}");
            assert_eq!(header.matches('"').count(), 2, "{header:?}");
            said((
                address.map(|a| a.local_part().len().min(3)).map_err(|e| e.to_string()),
                link.map(|_| ()),
                format!("{:?}", FileKind::claimed_by(&name)),
                name.is_empty(),
            ))
        }),
    }
}

const KINDS: [FileKind; 9] = [
    FileKind::Pdf,
    FileKind::Png,
    FileKind::Jpg,
    FileKind::Docx,
    FileKind::Xlsx,
    FileKind::Pptx,
    FileKind::Txt,
    FileKind::Csv,
    FileKind::Md,
];

/// The first byte says what the file claims to be.
fn files() -> Target {
    let mut archive = b"\x03PK\x03\x04\x14\0\0\0\0\0".to_vec();
    let at = archive.len() as u32 - 1;
    let mut directory = Vec::new();
    for name in ["[Content_Types].xml", "word/document.xml"] {
        directory.extend(b"PK\x01\x02\x14\0\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
        directory.extend((name.len() as u16).to_le_bytes());
        directory.extend([0; 16]);
        directory.extend(name.as_bytes());
    }
    let length = directory.len() as u32;
    archive.extend(directory);
    archive.extend(b"PK\x05\x06\0\0\0\0\x02\0\x02\0");
    archive.extend(length.to_le_bytes());
    archive.extend(at.to_le_bytes());
    archive.extend(b"\0\0");
    let seeds = [
        archive,
        b"\0%PDF-1.7 x".to_vec(),
        b"\x01\x89PNG\r\n\x1a\n....".to_vec(),
        b"\x02\xff\xd8\xff\xe0".to_vec(),
        "\u{6}# Grüße\n".as_bytes().to_vec(),
        b"\x07a;b\n1;2\n".to_vec(),
    ];
    Target {
        name: "files",
        seeds: seeds.to_vec(),
        words: &[
            "PK\u{3}\u{4}",
            "PK\u{1}\u{2}",
            "PK\u{5}\u{6}",
            "[Content_Types].xml",
            "xl/workbook.xml",
            "ppt/presentation.xml",
            "word/vbaProject.bin",
            "%PDF-",
            "<html>",
            "<?xml",
            "#!",
            "\0",
            "MZ",
        ],
        read: Box::new(|bytes| {
            let Some((first, content)) = bytes.split_first() else { return 0 };
            let kind = KINDS[usize::from(*first) % KINDS.len()];
            let answer = sniff::check(&mut Cursor::new(content), content.len() as u64, kind);
            if answer.is_ok() && matches!(kind, FileKind::Txt | FileKind::Csv | FileKind::Md) {
                assert!(std::str::from_utf8(content).is_ok_and(|text| !text.contains('\0')), "taken as text");
            }
            said((format!("{kind:?}"), answer.map_err(|error| error.to_string()), served_as(None)))
        }),
    }
}

struct Signer {
    key: SigningKey,
    public: PublicKey,
    receipt: String,
    jws: String,
}

fn signer() -> anyhow::Result<Signer> {
    let place = tempfile::tempdir()?;
    let key = KeyFolder::at(place.path()).make(KeyPurpose::Documents, &Surroundings::system())?;
    let public = PublicKey {
        kid: key.kid.clone(),
        purpose: KeyPurpose::Documents,
        x: key.x.clone(),
        created_at: DateTime::UNIX_EPOCH,
        retired_at: None,
        revoked_at: None,
    };
    let answers = json!({"answers": {"SEC-GOV-01": {"rev": 1}}, "questionnaires": []});
    let view = json!({"service": "T", "sections": []});
    let submission = HandedIn {
        number: 1,
        submitted_at: DateTime::UNIX_EPOCH,
        as_of: NaiveDate::default(),
        questionnaires: vec![Asked { id: "core".to_owned(), version: "1.0.0".to_owned() }],
        respondent_view_sha256: hex::encode(Sha256::digest(canonical_json(&view)?)),
        answers_sha256: hex::encode(Sha256::digest(canonical_json(&answers)?)),
        attestation: Attested { name: "P".to_owned(), role: "R".to_owned(), statement: "S".to_owned() },
    };
    let text = |text: &str| text.to_owned();
    let about =
        About { organisation: text("N"), vendor: text("L"), service: text("T"), reference: text("A-1") };
    let kind = jwt::TokenKind::SubmissionReceipt;
    let claims = Claims {
        iss: text("https://assay.example"),
        aud: kind.audience().to_owned(),
        sub: uuid::Uuid::nil(),
        iat: 0,
    };
    let receipt = SubmissionReceipt::new(claims, about, submission);
    let jws = jwt::sign(kind, &key, &receipt)?;
    let receipt = serde_json::to_value(&receipt)?;
    let file = ReceiptFile { receipt, answers, respondent_view: Some(view), jws: jws.clone() };
    Ok(Signer { key, public, receipt: serde_json::to_string(&file)?, jws })
}

fn tokens() -> Target {
    let Signer { key, public, receipt, jws } =
        signer().unwrap_or_else(|error| panic!("a receipt can be signed: {error}"));
    let set = json!({"keys": [public.jwk()]}).to_string();
    let keys = [public];
    let good = serde_json::from_str::<ReceiptFile>(&receipt).ok();
    Target {
        name: "tokens",
        seeds: vec![receipt.into_bytes(), jws.clone().into_bytes(), set.into_bytes()],
        words: &[
            ".",
            "eyJ",
            "\"alg\":\"none\"",
            "\"jws\":",
            "\"kid\":",
            "\"revoked\":{\"revoked_at\":1}",
            "{",
            "}",
            "[",
            "\"keys\":",
            "null",
            "=",
            "-",
            "_",
            "\\u0000",
        ],
        read: Box::new(move |bytes| {
            let text = String::from_utf8_lossy(bytes);
            let claimed = jwt::claimed(&text).map(|(kind, _)| kind.typ());
            let set = parse_key_set(&text).map(|keys| keys.len()).map_err(|error| kind_of(&error));
            let verified = receipts::verify(&text, &keys);
            if let Ok(verified) = &verified
                && verified.checks.iter().all(|check| check.holds)
            {
                let said = text.trim();
                let same = match said.starts_with('{') {
                    true => {
                        let mut file = serde_json::from_str::<ReceiptFile>(said).ok();
                        // Without the view its hash stands alone, as in older files.
                        if let (Some(file), Some(good)) = (&mut file, &good) {
                            file.respondent_view =
                                file.respondent_view.take().or(good.respondent_view.clone());
                        }
                        file == good
                    }
                    false => said == jws,
                };
                assert!(same, "a changed receipt is called genuine by the key {}", key.kid);
            }
            let verified = verified
                .map(|v| v.checks.iter().map(|check| (check.what, check.holds)).collect::<Vec<_>>())
                .map_err(|error| kind_of(&error.to_string()));
            said((claimed, set, verified))
        }),
    }
}

/// Fields, each ended by the unit separator, as the one line of a file.
fn csv() -> Target {
    let seeds = [
        "=1+1\u{1f}a;=b\u{1f}",
        "'=x\u{1f}\u{ff1d}cmd\u{1f}",
        "\t@SUM(A1)\u{1f}12.5\u{1f}-3\u{1f}",
        "a\r\n=b\u{1f}\"=c\u{1f}",
    ];
    Target {
        name: "csv",
        seeds: seeds.map(|text| text.as_bytes().to_vec()).to_vec(),
        words: &[
            "=", "+", "-", "@", "\t", "\r", "\n", "\"", "'", ";", ",", "\u{1f}", "\u{ff1d}", "\u{ff0b}",
            "\u{ff0d}", "\u{ff20}", "\u{a0}",
        ],
        read: Box::new(|bytes| {
            let text = String::from_utf8_lossy(bytes);
            let fields: Vec<&str> = text.split('\u{1f}').collect();
            let written = lines([&fields]).unwrap_or_else(|error| panic!("not written: {error}"));
            let begun = head(["a"]).unwrap_or_else(|error| panic!("not begun: {error}"));
            assert!(begun.starts_with("\u{feff}".as_bytes()));
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&*written);
            let read: Vec<csv::StringRecord> = reader.records().flatten().collect();
            let [line] = &read[..] else { panic!("{} lines for one", read.len()) };
            assert_eq!(line.len(), fields.len(), "a field is lost");
            for (cell, field) in line.iter().zip(&fields) {
                assert_eq!(cell.strip_prefix('\'').unwrap_or(cell), *field, "it does not read back");
                let number = field.parse::<f64>().is_ok_and(f64::is_finite);
                let first = cell.trim_start().chars().next();
                let sign = first.is_some_and(|c| "=+-@\u{ff1d}\u{ff0b}\u{ff0d}\u{ff20}".contains(c));
                assert!(
                    !sign || number && !cell.starts_with(['=', '@']),
                    "{cell:?} may be taken for a formula"
                );
            }
            said(
                line.iter()
                    .map(|cell| (cell.starts_with('\''), cell.len().min(4)))
                    .take(6)
                    .collect::<Vec<_>>(),
            )
        }),
    }
}

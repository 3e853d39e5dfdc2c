//! Receipts: what they say, that they verify, and that nothing in them can be changed unseen.

use crate::{submission::hand_in, vendor_side::respondent};
use api::{
    auth::{
        jwt::{self, TokenKind},
        keys::{KeyFolder, SigningKey},
    },
    domain::{
        Role, Surroundings,
        receipt::ReceiptFile,
        signing_key::{KeyPurpose, PublicKey, parse_key_set},
    },
    usecases::{
        keys,
        receipts::{CannotVerify, Verified, verify},
    },
};
use serde_json::{Value, json};
use tests::{app::TestApp, browser::Client};

pub async fn published(app: &TestApp) -> Vec<PublicKey> {
    let answer = Client::new(&app.base).json("/.well-known/jwks.json").await.expect(200);
    parse_key_set(&answer.body).unwrap()
}

fn holds(verified: &Verified) -> bool {
    verified.checks.iter().all(|check| check.holds)
}

fn failed(verified: &Verified) -> Vec<&'static str> {
    verified.checks.iter().filter(|check| !check.holds).map(|check| check.what).collect()
}

/// The vendor's receipt of a submission, as saved.
pub async fn vendors_receipt(app: &TestApp) -> (Client, String) {
    let (vendor, _) = respondent(app).await;
    hand_in(&vendor).await;
    let page = vendor.open("/portal/receipt").await.expect(200);
    let saved = page.follow("Download receipt").await.expect(200);
    let disposition = saved.headers["content-disposition"].to_str().unwrap().to_owned();
    assert!(disposition.starts_with("attachment; filename=\"submission-receipt-"), "{disposition}");
    assert!(saved.headers["cache-control"].to_str().unwrap().contains("no-store"));
    (vendor, saved.body)
}

/// The tenant's receipt of a score, as saved.
pub async fn score_receipt(app: &TestApp) -> String {
    let (vendor, path) = respondent(app).await;
    hand_in(&vendor).await;
    let risk = app.signed_in(Role::RiskManager).await;
    let page = risk.open(&format!("{path}/score")).await.expect(200);
    page.follow("Receipt of snapshot 1").await.expect(200).body
}

#[tokio::test]
async fn the_vendors_receipt_verifies_and_says_what_the_page_says() {
    let app = TestApp::start().await;
    let (vendor, text) = vendors_receipt(&app).await;
    let verified = verify(&text, &published(&app).await).unwrap();
    assert!(holds(&verified), "{verified:?}");
    let file: ReceiptFile = serde_json::from_str(&text).unwrap();
    let page = vendor.open("/portal/receipt").await.expect(200);
    let hash = page.all("p.mono").remove(0);
    assert_eq!(file.receipt["submission"]["answers_sha256"], json!(hash));
    assert!(page.text().contains(file.receipt["about"]["reference"].as_str().unwrap()));
    assert_eq!(file.receipt["about"]["organisation"], json!("Northwind Bank"));
    assert_eq!(file.receipt["submission"]["attestation"]["role"], json!("Lead"));
    // The hash of a definition would give a changed weight away to whoever tries them all.
    for asked in file.answers["questionnaires"].as_array().unwrap() {
        assert_eq!(asked.as_object().unwrap().keys().collect::<Vec<_>>(), ["id", "version"]);
    }
    // What was seen is in it, in the words that were shown.
    let checked: Vec<_> = verified.checks.iter().map(|check| check.what).collect();
    assert_eq!(checked, ["signature", "answers", "respondent's view"]);
    let view = file.respondent_view.unwrap();
    let first = &view["sections"][0]["questions"][0];
    let shown =
        vendor.open(&format!("/portal/questions/{}", first["id"].as_str().unwrap())).await.expect(200);
    assert!(shown.text().contains(first["question"].as_str().unwrap()), "{first}");
    // Saved twice, it is the same file.
    assert_eq!(vendor.open("/portal/receipt/file").await.expect(200).body, text);
}

#[tokio::test]
async fn nothing_in_a_receipt_can_be_changed_unseen() {
    let app = TestApp::start().await;
    let (_, text) = vendors_receipt(&app).await;
    let keys = published(&app).await;
    let file: ReceiptFile = serde_json::from_str(&text).unwrap();
    let changed = |change: &dyn Fn(&mut ReceiptFile)| {
        let mut file = file.clone();
        change(&mut file);
        verify(&serde_json::to_string(&file).unwrap(), &keys)
    };
    let readable =
        changed(&|file| file.receipt["submission"]["attestation"]["name"] = json!("Somebody else"));
    assert_eq!(failed(&readable.unwrap()), ["readable part"]);
    let answers = changed(&|file| file.answers["answers"]["SEC-GOV-01"]["value"] = json!({"choice": "full"}));
    assert_eq!(failed(&answers.unwrap()), ["answers"]);
    let seen = |view: &mut Value| view["sections"][0]["questions"][0]["question"] = json!("Another?");
    let seen = changed(&|file| file.respondent_view.iter_mut().for_each(seen));
    assert_eq!(failed(&seen.unwrap()), ["respondent's view"]);
    // What was handed in before it was kept has the hash alone, and whoever verifies is told so.
    let hash_alone = changed(&|file| file.respondent_view = None).unwrap();
    assert!(holds(&hash_alone));
    let told = hash_alone.about.last().unwrap();
    assert_eq!(told, "What the respondents saw is not in this file, so its hash was not compared.");
    for at in (file.jws.find('.').unwrap() + 1..file.jws.len() - 1).step_by(97) {
        let broken = changed(&|file| {
            let other = if file.jws[at..].starts_with('A') { "B" } else { "A" };
            if !file.jws[at..].starts_with('.') {
                file.jws.replace_range(at..=at, other);
            } else {
                file.jws.remove(at);
            }
        });
        assert!(broken.is_err() || !holds(&broken.unwrap()), "changed at {at}");
    }
    let unsigned = changed(&|file| file.jws = file.jws.rsplit_once('.').unwrap().0.to_owned() + ".");
    assert_eq!(failed(&unsigned.unwrap()), ["signature"]);
    for nonsense in ["", "{}", "..", "[]", "null", "{\"jws\":1}", "eyJhbGciOiJub25lIn0.e30."] {
        assert!(matches!(verify(nonsense, &keys), Err(CannotVerify::NoReceipt(_))), "{nonsense}");
    }
    // The signed text alone, and with keys of somebody else.
    assert!(holds(&verify(&file.jws, &keys).unwrap()));
    assert!(matches!(verify(&text, &[]), Err(CannotVerify::UnknownKey { .. })));
}

#[tokio::test]
async fn a_score_receipt_computes_its_score_again() {
    let app = TestApp::start().await;
    let text = score_receipt(&app).await;
    let verified = verify(&text, &published(&app).await).unwrap();
    assert!(holds(&verified), "{verified:?}");
    let what: Vec<_> = verified.checks.iter().map(|check| check.what).collect();
    assert_eq!(what, ["signature", "answers", "respondent's view", "definitions", "score"]);
    let score = verified.checks.iter().find(|check| check.what == "score").unwrap();
    assert!(score.detail.contains("supplier-security-core"), "{}", score.detail);
}

/// A receipt with something changed, signed again by a key that is then trusted.
fn forged(text: &str, key: &SigningKey, change: impl FnOnce(&mut Value)) -> String {
    let mut file: ReceiptFile = serde_json::from_str(text).unwrap();
    change(&mut file.receipt);
    file.jws = jwt::sign(TokenKind::ScoreReceipt, key, &file.receipt).unwrap();
    serde_json::to_string(&file).unwrap()
}

#[tokio::test]
async fn a_score_that_does_not_follow_from_its_receipt_is_found_whoever_signed_it() {
    let app = TestApp::start().await;
    let text = score_receipt(&app).await;
    let place = tempfile::tempdir().unwrap();
    let key = KeyFolder::at(place.path()).make(KeyPurpose::Documents, &Surroundings::system()).unwrap();
    let trusted = [PublicKey {
        kid: key.kid.clone(),
        purpose: KeyPurpose::Documents,
        x: key.x.clone(),
        created_at: app.services.now(),
        retired_at: None,
        revoked_at: None,
    }];
    let found = |change: &dyn Fn(&mut Value)| {
        let verified = verify(&forged(&text, &key, |receipt| change(receipt)), &trusted);
        failed(&verified.unwrap())
    };
    assert_eq!(found(&|_| ()), Vec::<&str>::new(), "signing again alone changes nothing");
    let claimed = |receipt: &mut Value| {
        receipt["result"]["questionnaires"][0]["claimed"] = json!({"exact": "99", "display": "99.0"});
    };
    assert_eq!(found(&claimed), ["score"]);
    let answer = |receipt: &mut Value| {
        receipt["answers"]["SEC-GOV-01"]["value"] = json!("unknown");
    };
    assert_eq!(found(&answer), ["score"]);
    let verdict = |receipt: &mut Value| {
        receipt["answers"]["SEC-GOV-01"]["review"] = json!({"credit": "1/3"});
    };
    assert_eq!(found(&verdict), ["score"]);
    let tier = |receipt: &mut Value| receipt["tier"] = json!("low");
    assert_eq!(found(&tier), ["score"]);
    let weight = |receipt: &mut Value| {
        let questions = &mut receipt["questionnaires"][0]["definition"]["sections"][0]["questions"];
        questions[0]["weight"] = json!(1);
    };
    assert_eq!(found(&weight), ["definitions"]);
    let hash = |receipt: &mut Value| receipt["control_sets"][0]["sha256"] = json!("00");
    assert_eq!(found(&hash), ["definitions"]);
    let version = |receipt: &mut Value| receipt["questionnaires"][0]["version"] = json!("9.9.9");
    assert_eq!(found(&version), ["definitions"]);
    let model = |receipt: &mut Value| receipt["scoring_model"] = json!("assay-score/2");
    assert_eq!(found(&model), ["score"]);
    let unknown = |receipt: &mut Value| receipt["verified_by"] = json!("me");
    assert_eq!(found(&unknown), ["form"]);
}

#[tokio::test]
async fn a_04_receipts_of_every_earlier_key_still_verify() {
    let app = TestApp::start().await;
    let (vendor, first) = vendors_receipt(&app).await;
    keys::rotate(&app.services, false).await.unwrap();
    let second = vendor.open("/portal/receipt/file").await.expect(200).body;
    assert_ne!(first, second, "the new key signs");
    let set = published(&app).await;
    assert_eq!(set.len(), 2);
    for text in [&first, &second] {
        let verified = verify(text, &set).unwrap();
        assert!(holds(&verified) && verified.warnings.is_empty());
    }
    keys::rotate(&app.services, true).await.unwrap();
    let third = vendor.open("/portal/receipt/file").await.expect(200).body;
    let set = published(&app).await;
    assert_eq!(set.len(), 3);
    for (text, warned) in [(&first, true), (&second, true), (&third, false)] {
        let verified = verify(text, &set).unwrap();
        assert!(holds(&verified));
        assert_eq!(!verified.warnings.is_empty(), warned);
    }
}

#[tokio::test]
async fn a_key_that_the_folder_lost_is_replaced_and_its_receipts_still_verify() {
    let mut app = TestApp::start().await;
    let (vendor, first) = vendors_receipt(&app).await;
    app.restart_without_keys().await;
    let second = vendor.open("/portal/receipt/file").await.expect(200).body;
    let set = published(&app).await;
    assert!(holds(&verify(&first, &set).unwrap()) && holds(&verify(&second, &set).unwrap()));
    assert_ne!(first, second);
}

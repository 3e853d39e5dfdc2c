//! Receipts that are none, and claims of the wrong form under a signature that holds: each is refused, and
//! the words say why.

use crate::{
    forged::{Forger, Forgery, Why, absurd, forgeries, part, parts_of, with, without},
    receipts::{published, score_receipt, vendors_receipt},
};
use api::{
    auth::jwt::TokenKind,
    domain::{receipt::ReceiptFile, signing_key::PublicKey},
    usecases::receipts::verify,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use serde_json::{Value, json};
use tests::app::TestApp;

/// What a reader is told of a receipt that is not to be relied on; nothing when it is.
fn refusal(text: &str, keys: &[PublicKey]) -> Option<String> {
    match verify(text, keys) {
        Err(error) => Some(error.to_string()),
        Ok(verified) => {
            let broken = verified.checks.iter().filter(|check| !check.holds);
            let broken: Vec<String> =
                broken.map(|check| format!("{}: {}", check.what, check.detail)).collect();
            (!broken.is_empty()).then(|| broken.join("; "))
        }
    }
}

const fn words(why: Why) -> &'static str {
    match why {
        Why::NoToken => "this is no receipt: nothing in it is signed as one",
        Why::UnknownKey => "that signed it is not among the keys given; save the page ",
        Why::Signature => "signature: its signature does not hold",
    }
}

/// A receipt as saved, the vendor's or that of a score, and the keys to read it with.
async fn receipt(kind: TokenKind) -> (ReceiptFile, Vec<PublicKey>) {
    let app = TestApp::start().await;
    let text = match kind {
        TokenKind::ScoreReceipt => score_receipt(&app).await,
        _ => vendors_receipt(&app).await.1,
    };
    let keys = published(&app).await;
    assert_eq!(refusal(&text, &keys), None, "the receipt itself is good");
    (serde_json::from_str(&text).unwrap(), keys)
}

const RECEIPTS: [TokenKind; 2] = [TokenKind::SubmissionReceipt, TokenKind::ScoreReceipt];

#[tokio::test]
async fn a_01_a_forged_receipt_is_refused_with_the_reason() {
    for kind in RECEIPTS {
        let (file, keys) = receipt(kind).await;
        assert_eq!(refusal(&file.jws, &keys), None, "the signed text alone is good");
        for Forgery { what, token, why } in forgeries(&file.jws, &keys[0].x) {
            // As the file is saved, and the signed text alone.
            let saved = serde_json::to_string(&ReceiptFile { jws: token.clone(), ..file.clone() }).unwrap();
            for text in [&saved, &token] {
                let told = refusal(text, &keys).unwrap_or_else(|| panic!("{what} is believed"));
                assert!(told.contains(words(why)), "{what}: {told}");
            }
        }
    }
}

/// Claims that a receipt of this payload may not have, and what a reader is told of them.
fn wrong_claims(payload: &Value) -> Vec<(Value, &'static str)> {
    let (signature, form) = ("signature: its signature does not hold", "form: ");
    let mut wrong = vec![];
    for name in ["iss", "aud", "sub"] {
        wrong.push((without(payload, name), signature));
    }
    wrong.push((without(payload, "iat"), form));
    let own = &payload["aud"];
    let others = [Value::Null, json!("other"), json!(""), json!(1), json!(["other"])];
    wrong.extend(others.map(|aud| (with(payload, "aud", aud), signature)));
    let kinds = TokenKind::ALL.into_iter().map(|kind| json!(kind.audience())).filter(|aud| aud != own);
    wrong.extend(kinds.map(|aud| (with(payload, "aud", aud), signature)));
    // We issue a single text, so a list is none of ours even with the right one in it.
    for aud in [json!([own]), json!([own, "other"])] {
        wrong.push((with(payload, "aud", aud), form));
    }
    wrong.push((with(payload, "sub", json!("nobody")), form));
    for (name, value) in [("sub", json!(1)), ("iss", json!(1)), ("iss", json!([1]))] {
        wrong.push((with(payload, name, value), signature));
    }
    let times = absurd(payload["iat"].as_u64().unwrap());
    wrong.push((with(payload, "iat", json!(payload["iat"].as_u64().unwrap() + 1)), form));
    wrong.extend(times.into_iter().map(|time| (with(payload, "iat", time), form)));
    // Receipts do not end, and nobody is told that they would.
    for name in ["exp", "nbf", "role"] {
        wrong.push((with(payload, name, payload["iat"].clone()), form));
    }
    wrong
}

/// Headers that no receipt has, even where the signature over them holds.
fn wrong_headers(header: &Value) -> Vec<Value> {
    let key = json!({"kty": "OKP", "crv": "Ed25519", "x": "AA"});
    let additions = [
        ("jwk", key),
        ("jku", json!("https://evil.example/jwks.json")),
        ("x5u", json!("https://evil.example/key.pem")),
        ("crit", json!(["b64"])),
        ("b64", json!(false)),
        ("cty", json!("JWT")),
        ("alg", json!("none")),
        ("alg", json!("ES256")),
        ("alg", Value::Null),
        ("typ", json!("JWT")),
        ("typ", json!("dl+jwt")),
        ("typ", json!(1)),
        ("typ", Value::Null),
        ("kid", json!(1)),
        ("kid", Value::Null),
    ];
    let changed = additions.into_iter().map(|(name, value)| with(header, name, value));
    changed.chain(["typ", "alg", "kid"].map(|name| without(header, name))).collect()
}

#[tokio::test]
async fn a_02_claims_and_headers_of_the_wrong_form_are_refused_whoever_signed_them() {
    for kind in RECEIPTS {
        let (file, _) = receipt(kind).await;
        let forger = Forger::new();
        let trusted = [forger.public()];
        let [header, payload] = parts_of(&file.jws);
        let header = with(&header, "kid", json!(forger.kid()));
        let told = |jws: String, receipt: &Value| {
            let file = ReceiptFile { jws, receipt: receipt.clone(), ..file.clone() };
            refusal(&serde_json::to_string(&file).unwrap(), &trusted)
        };
        assert_eq!(told(forger.sign(&header, &payload), &payload), None, "signing again changes nothing");
        for (claims, words) in wrong_claims(&payload) {
            let told = told(forger.sign(&header, &claims), &claims);
            let what = ["iss", "aud", "sub", "iat"].map(|name| claims[name].to_string()).join(", ");
            let told = told.unwrap_or_else(|| panic!("{what} are believed"));
            assert!(told.contains(words), "{what}: {told}");
        }
        for header in wrong_headers(&header) {
            let told = told(forger.sign(&header, &payload), &payload);
            let told = told.unwrap_or_else(|| panic!("{header} is believed"));
            assert!(told.contains(words(Why::NoToken)), "{header}: {told}");
        }
        // One claim twice, and the same claims written otherwise: a second meaning of one signature.
        let text = BASE64.decode(part(&payload)).unwrap();
        let text = String::from_utf8(text).unwrap();
        let twice = text.replacen('{', "{\"iat\":1,", 1);
        let spaced = text.replacen('{', "{ ", 1);
        for text in [twice, spaced] {
            let token = forger.sign_text(&part(&header), &BASE64.encode(text));
            let told = told(token, &payload).unwrap();
            assert_eq!(told, "signature: its content is not of the right form");
        }
    }
}

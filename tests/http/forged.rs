//! Tokens that nobody may believe, made from one that is good: for tickets and for receipts.

use api::domain::signing_key::{KeyPurpose, PublicKey, thumbprint};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use chrono::DateTime;
use questionnaires::definition::catalog::canonical_json;
use rcgen::{KeyPair, PKCS_ED25519, PublicKeyData as _, SigningKey as _};
use serde_json::{Value, json};

/// How a reader finds out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Nothing about it is a token of the kind that is read here.
    NoToken,
    /// It names a key that is not known.
    UnknownKey,
    /// The signature does not belong to it.
    Signature,
}

/// Another way to write what a good token says.
pub struct Forgery {
    pub what: &'static str,
    pub token: String,
    pub why: Why,
}

/// Base64url of a part of a token.
pub fn part(value: &Value) -> String {
    BASE64.encode(canonical_json(value).unwrap())
}

/// Header and payload of a token.
pub fn parts_of(token: &str) -> [Value; 2] {
    let mut parts = token.split('.');
    std::array::from_fn(|_| serde_json::from_slice(&BASE64.decode(parts.next().unwrap()).unwrap()).unwrap())
}

/// A key pair that signs whatever it is given, unlike ours, which signs with our header alone.
pub struct Forger {
    pair: KeyPair,
    /// The public half, base64url.
    pub x: String,
}

impl Forger {
    pub fn new() -> Self {
        let pair = KeyPair::generate_for(&PKCS_ED25519).unwrap();
        Self { x: BASE64.encode(pair.der_bytes()), pair }
    }
    pub fn kid(&self) -> String {
        thumbprint(&self.x)
    }
    /// The key for somebody who trusts it.
    pub fn public(&self) -> PublicKey {
        let created_at = DateTime::UNIX_EPOCH;
        let (kid, x, purpose) = (self.kid(), self.x.clone(), KeyPurpose::Documents);
        PublicKey { kid, purpose, x, created_at, retired_at: None, revoked_at: None }
    }
    /// A token of this header and this payload, rightly signed.
    pub fn sign(&self, header: &Value, payload: &Value) -> String {
        self.sign_text(&part(header), &part(payload))
    }
    /// As [`Self::sign`], of parts that are encoded already.
    pub fn sign_text(&self, header: &str, payload: &str) -> String {
        let text = format!("{header}.{payload}");
        format!("{text}.{}", BASE64.encode(self.pair.sign(text.as_bytes()).unwrap()))
    }
}

/// A value with one field changed.
pub fn with(of: &Value, name: &str, value: Value) -> Value {
    let mut changed = of.clone();
    changed[name] = value;
    changed
}

/// A value with one field taken out.
pub fn without(of: &Value, name: &str) -> Value {
    let mut changed = of.clone();
    changed.as_object_mut().unwrap().remove(name).unwrap();
    changed
}

/// What a time may not be written as.
pub fn absurd(time: u64) -> [Value; 7] {
    [
        json!(time.to_string()),
        json!(1e30),
        json!(-1),
        Value::Null,
        json!([time]),
        json!(time as f64 + 0.5),
        json!(true),
    ]
}

/// Other ways to write what the good token says, none of which may be believed. `public` is the key that signed it.
pub fn forgeries(good: &str, public: &str) -> Vec<Forgery> {
    let parts: Vec<&str> = good.split('.').collect();
    let [header, payload] = parts_of(good);
    let signed = |header: &Value, body: &str| format!("{}.{body}.{}", part(header), parts[2]);
    let header_with = |name: &str, value: Value| signed(&with(&header, name, value), parts[1]);
    let mut flipped = parts[2].to_owned();
    flipped.replace_range(0..1, if flipped.starts_with('A') { "B" } else { "A" });
    let hs256 = |secret: &[u8]| {
        let text = format!("{}.{}", part(&with(&header, "alg", json!("HS256"))), parts[1]);
        format!("{text}.{}", BASE64.encode(hmac(secret, text.as_bytes())))
    };
    let forger = Forger::new();
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "kid": forger.kid(), "x": forger.x});
    let theirs = with(&header, "kid", json!(forger.kid()));
    let other_kind = if header["typ"] == "score-receipt" { "submission-receipt" } else { "score-receipt" };
    let none = part(&with(&header, "alg", json!("none")));
    // Which of the two receipts it is does not keep a reader of receipts from looking for the signature.
    let another_type = if header["typ"] == "dl+jwt" { Why::NoToken } else { Why::Signature };
    let forged = [
        ("alg none", format!("{none}.{}.", parts[1]), Why::NoToken),
        ("alg none with the signature", header_with("alg", json!("none")), Why::NoToken),
        ("alg None", header_with("alg", json!("None")), Why::NoToken),
        ("HS256 with our public key", hs256(public.as_bytes()), Why::NoToken),
        ("HS256 with the bytes of our public key", hs256(&BASE64.decode(public).unwrap()), Why::NoToken),
        ("another algorithm", header_with("alg", json!("ES256")), Why::NoToken),
        ("a flipped signature", format!("{}.{}.{flipped}", parts[0], parts[1]), Why::Signature),
        ("an edited payload", signed(&header, &part(&with(&payload, "sub", json!("x")))), Why::Signature),
        ("no signature", format!("{}.{}.", parts[0], parts[1]), Why::Signature),
        ("a signature left out", format!("{}.{}", parts[0], parts[1]), Why::Signature),
        ("a fourth part", format!("{good}.{}", parts[2]), Why::Signature),
        ("two dots", "..".to_owned(), Why::NoToken),
        ("no token", "x".to_owned(), Why::NoToken),
        ("a foreign key under the name of ours", forger.sign(&header, &payload), Why::Signature),
        ("a foreign key under its own name", forger.sign(&theirs, &payload), Why::UnknownKey),
        (
            "a foreign key sent along, which signed it",
            forger.sign(&with(&theirs, "jwk", jwk.clone()), &payload),
            Why::NoToken,
        ),
        (
            "a foreign key sent along under the name of ours",
            forger.sign(&with(&header, "jwk", jwk), &payload),
            Why::NoToken,
        ),
        (
            "a key to fetch",
            forger.sign(&with(&theirs, "jku", json!("https://evil.example/jwks.json")), &payload),
            Why::NoToken,
        ),
        ("our own key sent along", header_with("jwk", json!({"kty": "OKP", "x": public})), Why::NoToken),
        ("a critical extension", header_with("crit", json!(["b64"])), Why::NoToken),
        ("a type of nobody", header_with("typ", json!("JWT")), Why::NoToken),
        ("another type of ours", header_with("typ", json!(other_kind)), another_type),
        ("no type", signed(&without(&header, "typ"), parts[1]), Why::NoToken),
        ("no name of a key", signed(&without(&header, "kid"), parts[1]), Why::NoToken),
        ("an unknown key", header_with("kid", json!("x")), Why::UnknownKey),
    ];
    forged.map(|(what, token, why)| Forgery { what, token, why }).into()
}

/// HMAC-SHA256, for the classic confusion of a public key with a secret.
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    use sha2::{Digest as _, Sha256};
    let mut block = [0_u8; 64];
    block[..key.len().min(64)].copy_from_slice(&key[..key.len().min(64)]);
    let pad = |byte: u8| block.map(|b| b ^ byte).to_vec();
    let inner = Sha256::digest([pad(0x36), text.to_vec()].concat());
    Sha256::digest([pad(0x5c), inner.to_vec()].concat()).to_vec()
}

//! Signed JSON (JWS, RFC 7515, compact): one kind of token, one type, one audience, one purpose of key, EdDSA alone.
//!
//! The header has `typ`, `alg` and `kid` and nothing else, the payload is canonical JSON (RFC 8785), and the time of a
//! token is compared with the injected clock. A token is never read before its signature is verified. To add a kind,
//! add a variant to [`TokenKind`] and a row to the table of its test.

use super::keys::SigningKey;
use crate::domain::signing_key::{KeyPurpose, PublicKey};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use questionnaires::definition::catalog::canonical_json;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, value::RawValue};
use thiserror::Error;

/// The longest token that is looked at: a score receipt carries whole questionnaires.
const LONGEST: usize = 16 * 1024 * 1024;

/// What a signed text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// Fetches one piece of evidence, for a minute, for one person.
    Download,
    /// The vendor's proof of what was handed in.
    SubmissionReceipt,
    /// The tenant's proof of how a score came about.
    ScoreReceipt,
}

impl TokenKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Download, Self::SubmissionReceipt, Self::ScoreReceipt];

    /// `typ` of the header.
    #[must_use]
    pub const fn typ(self) -> &'static str {
        match self {
            Self::Download => "dl+jwt",
            Self::SubmissionReceipt => "submission-receipt",
            Self::ScoreReceipt => "score-receipt",
        }
    }

    /// `aud` of the payload.
    #[must_use]
    pub const fn audience(self) -> &'static str {
        match self {
            Self::Download => "assay:download",
            Self::SubmissionReceipt => "assay:submission-receipt",
            Self::ScoreReceipt => "assay:score-receipt",
        }
    }

    /// Which keys sign it.
    #[must_use]
    pub const fn purpose(self) -> KeyPurpose {
        match self {
            Self::Download => KeyPurpose::Tokens,
            Self::SubmissionReceipt | Self::ScoreReceipt => KeyPurpose::Documents,
        }
    }

    /// The claims without which it is refused. Documents never expire.
    const fn required(self) -> &'static [&'static str] {
        match self {
            Self::Download => &["exp", "nbf", "iss", "aud", "sub"],
            Self::SubmissionReceipt | Self::ScoreReceipt => &["iss", "aud", "sub"],
        }
    }
}

/// Why a token is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TokenError {
    /// It is no token of ours, or of another kind.
    #[error("it is not of the form of this kind of token")]
    Form,
    /// The signature does not belong to the content, or the issuer or audience is another.
    #[error("its signature does not hold")]
    Signature,
    /// The content is not what such a token holds.
    #[error("its content is not of the right form")]
    Content,
}

/// The header, strictly: a key that is sent along, or a critical extension, is a reason to refuse.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StrictHeader {
    typ: String,
    alg: String,
    kid: String,
}

/// Signs a payload as this kind of token.
///
/// # Errors
/// When the payload cannot be written as JSON, or the cryptography of this build is not there.
pub fn sign(kind: TokenKind, key: &SigningKey, payload: &impl Serialize) -> Result<String, anyhow::Error> {
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = Some(kind.typ().to_owned());
    header.kid = Some(key.kid.clone());
    // Raw, so that what is signed is the canonical form byte for byte.
    let payload = RawValue::from_string(canonical_json(payload)?)?;
    Ok(jsonwebtoken::encode(&header, &payload, &key.encoding)?)
}

/// The kind that a token says it is, and the id of the key that it says signed it. Neither is believed yet: they say
/// what to verify it with.
#[must_use]
pub fn claimed(token: &str) -> Option<(TokenKind, String)> {
    if token.len() > LONGEST {
        return None;
    }
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next()?).ok()?;
    let header: StrictHeader = serde_json::from_slice(&header).ok()?;
    let kind = TokenKind::ALL.into_iter().find(|kind| kind.typ() == header.typ)?;
    (header.alg == "EdDSA").then_some((kind, header.kid))
}

/// The payload of a token of this kind, signed by `key`; with an issuer, only if it is the one named.
///
/// Times are not compared here: the caller has the clock.
///
/// # Errors
/// [`TokenError`]; the same one for everything that could help to guess.
pub fn verify<T: DeserializeOwned>(
    kind: TokenKind,
    token: &str,
    key: &PublicKey,
    issuer: Option<&str>,
) -> Result<T, TokenError> {
    let (said, kid) = claimed(token).ok_or(TokenError::Form)?;
    if said != kind || kid != key.kid || key.purpose != kind.purpose() {
        return Err(TokenError::Form);
    }
    let mut rules = Validation::new(Algorithm::EdDSA);
    rules.set_required_spec_claims(kind.required());
    rules.set_audience(&[kind.audience()]);
    if let Some(issuer) = issuer {
        rules.set_issuer(&[issuer]);
    }
    // The library would ask the machine's clock.
    rules.validate_exp = false;
    rules.validate_nbf = false;
    let public = DecodingKey::from_ed_components(&key.x).map_err(|_| TokenError::Signature)?;
    let content: Value =
        jsonwebtoken::decode(token, &public, &rules).map_err(|_| TokenError::Signature)?.claims;
    // Whatever was lost in reading (repeated keys, the exact number) would be a second meaning of the same signature.
    let payload = token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    if canonical_json(&content).ok().map(String::into_bytes) != payload {
        return Err(TokenError::Content);
    }
    serde_json::from_value(content).map_err(|_| TokenError::Content)
}

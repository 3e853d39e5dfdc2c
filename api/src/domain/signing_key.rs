//! Public halves of the keys that sign: what is published, for how long each one counts, and the key set as JSON.
//!
//! A new purpose is a new variant of [`KeyPurpose`]: keys never cross purposes, so that a token's key cannot sign a
//! document.

use crate::word_enum;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

word_enum! {
    /// What a key signs.
    KeyPurpose {
        /// Receipts. Their public keys are published for ever.
        Documents => "documents",
        /// Tokens that live for a minute. Their keys are nobody else's business.
        Tokens => "tokens",
    }
}

/// The public half of an Ed25519 key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// Its thumbprint (RFC 7638), by which signatures name it.
    pub kid: String,
    /// What it signs.
    pub purpose: KeyPurpose,
    /// The 32 bytes, base64url without padding (`x` of RFC 8037).
    pub x: String,
    /// Since when it signs.
    pub created_at: DateTime<Utc>,
    /// Since when a newer one signs in its place.
    pub retired_at: Option<DateTime<Utc>>,
    /// Since when it is thought to be in other hands.
    pub revoked_at: Option<DateTime<Utc>>,
}

impl PublicKey {
    /// The JSON Web Key. A revoked one says so, as OpenID Federation does: what it signed before still verifies, and
    /// whoever verifies is told.
    #[must_use]
    pub fn jwk(&self) -> Value {
        let mut key = json!({
            "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": self.kid, "x": self.x,
        });
        if let Some(at) = self.revoked_at {
            key["revoked"] = json!({"revoked_at": at.timestamp()});
        }
        key
    }
}

/// The thumbprint of an Ed25519 key (RFC 7638 over the members that RFC 8037 names), base64url.
#[must_use]
pub fn thumbprint(x: &str) -> String {
    use base64::Engine as _;
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(Sha256::digest(members))
}

/// The key set that is published: every key that ever signed a document, newest first.
#[must_use]
pub fn key_set(keys: &[PublicKey]) -> Value {
    let documents = keys.iter().filter(|key| key.purpose == KeyPurpose::Documents);
    json!({"keys": documents.map(PublicKey::jwk).collect::<Vec<_>>()})
}

/// Reads a published key set; keys that are not ours to use (another kind or curve) are left out.
///
/// # Errors
/// A sentence, when it is no key set, or when a key does not have the id that its bytes give it.
pub fn parse_key_set(text: &str) -> Result<Vec<PublicKey>, String> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<Key>,
    }
    #[derive(Deserialize)]
    struct Key {
        kty: String,
        crv: Option<String>,
        kid: Option<String>,
        x: Option<String>,
        revoked: Option<Revoked>,
    }
    #[derive(Deserialize)]
    struct Revoked {
        revoked_at: i64,
    }
    let set: Set =
        serde_json::from_str(text).map_err(|error| format!("this is no JSON Web Key Set: {error}"))?;
    let mut keys = Vec::new();
    for key in set.keys {
        let (Some(kid), Some(x)) = (key.kid, key.x) else { continue };
        if key.kty != "OKP" || key.crv.as_deref() != Some("Ed25519") {
            continue;
        }
        if thumbprint(&x) != kid {
            return Err(format!("the key {kid} does not have the id that belongs to its bytes"));
        }
        keys.push(PublicKey {
            kid,
            purpose: KeyPurpose::Documents,
            x,
            created_at: DateTime::UNIX_EPOCH,
            retired_at: None,
            revoked_at: key.revoked.and_then(|revoked| DateTime::from_timestamp(revoked.revoked_at, 0)),
        });
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(x: &str, purpose: KeyPurpose) -> PublicKey {
        let created_at = DateTime::UNIX_EPOCH;
        PublicKey { kid: thumbprint(x), purpose, x: x.into(), created_at, retired_at: None, revoked_at: None }
    }

    #[test]
    fn the_thumbprint_is_the_one_of_rfc_8037_appendix_a_3() {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        assert_eq!(thumbprint(x), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn only_document_keys_are_published_and_the_set_reads_back() {
        let revoked =
            PublicKey { revoked_at: DateTime::from_timestamp(9, 0), ..key("BB", KeyPurpose::Documents) };
        let keys = [key("AA", KeyPurpose::Documents), revoked, key("CC", KeyPurpose::Tokens)];
        let set = key_set(&keys);
        assert_eq!(parse_key_set(&set.to_string()).unwrap(), keys[..2]);
    }

    #[test]
    fn a_key_under_a_false_id_is_refused_and_other_kinds_are_left_out() {
        let lie = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"x","x":"AA"}]}"#;
        assert!(parse_key_set(lie).is_err());
        let other = r#"{"keys":[{"kty":"RSA","kid":"x","n":"AA","e":"AQAB"},{"kty":"OKP","crv":"X25519","kid":"y","x":"AA"}]}"#;
        assert_eq!(parse_key_set(other), Ok(vec![]));
        assert!(parse_key_set("[]").is_err() && parse_key_set("").is_err());
    }
}

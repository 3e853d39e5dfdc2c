//! Signing keys: made when the first is needed, replaced by the operator, published for ever.
//!
//! An ordinary rotation lets tokens live out their minute. In an emergency tokens of the earlier keys end at once;
//! receipts of them still verify, and the published key says since when it may be in other hands.

use super::{Result, Services, UseCaseError};
use crate::{
    auth::{
        jwt::{self, TokenError, TokenKind},
        keys::SigningKey,
    },
    domain::signing_key::{KeyPurpose, PublicKey},
    store::signing_keys::{self as store, Earlier},
};
use serde::{Serialize, de::DeserializeOwned};

/// A fault with its cause in front: who starts the process is to read what to change.
fn in_full(error: UseCaseError) -> anyhow::Error {
    match error {
        UseCaseError::Internal(cause) => cause,
        other => other.into(),
    }
}

/// Every key of the installation, newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn all(services: &Services) -> Result<Vec<PublicKey>> {
    Ok(store::all(&services.database).await?)
}

/// The newest key of this purpose whose private half this process can read; made when there is none.
async fn current(services: &Services, purpose: KeyPurpose) -> Result<SigningKey> {
    for key in store::in_use(&services.database, purpose).await? {
        if let Some(found) = services.keys.find(purpose, &key.kid).map_err(UseCaseError::internal)? {
            return Ok(found);
        }
    }
    make(services, purpose, Earlier::Stay).await
}

async fn make(services: &Services, purpose: KeyPurpose, earlier: Earlier) -> Result<SigningKey> {
    // The file first: a published key without its private half would be a key that nobody can use.
    let key = services.keys.make(purpose, &services.surroundings).map_err(UseCaseError::internal)?;
    let public = PublicKey {
        kid: key.kid.clone(),
        purpose,
        x: key.x.clone(),
        created_at: services.now(),
        retired_at: None,
        revoked_at: None,
    };
    store::publish(&services.database, &public, earlier).await?;
    tracing::info!(kid = key.kid, %purpose, "a signing key was made");
    Ok(key)
}

/// Makes a new key for every purpose and lets it sign from now on. `emergency`: the earlier ones may be in other
/// hands.
///
/// # Errors
/// When a key cannot be kept or published.
pub async fn rotate(services: &Services, emergency: bool) -> Result<Vec<(KeyPurpose, String)>> {
    let earlier = if emergency { Earlier::Revoke } else { Earlier::Retire };
    let mut made = Vec::new();
    for purpose in KeyPurpose::ALL {
        made.push((*purpose, make(services, *purpose, earlier).await?.kid));
    }
    Ok(made)
}

/// Signs a payload as this kind of token.
///
/// # Errors
/// When there is no key, or the cryptography fails.
pub async fn sign(services: &Services, kind: TokenKind, payload: &impl Serialize) -> Result<String> {
    let key = current(services, kind.purpose()).await?;
    jwt::sign(kind, &key, payload).map_err(UseCaseError::internal)
}

/// The payload of a token that this installation signed. Tokens of a revoked key are refused.
///
/// # Errors
/// [`UseCaseError::Unauthenticated`] for everything that is not such a token.
pub async fn verify<T: DeserializeOwned>(services: &Services, kind: TokenKind, token: &str) -> Result<T> {
    let refused = |_: TokenError| UseCaseError::Unauthenticated;
    let (_, kid) = jwt::claimed(token).ok_or(UseCaseError::Unauthenticated)?;
    let key = store::find(&services.database, &kid).await?.ok_or(UseCaseError::Unauthenticated)?;
    if key.revoked_at.is_some() {
        return Err(UseCaseError::Unauthenticated);
    }
    jwt::verify(kind, token, &key, Some(&services.base_url)).map_err(refused)
}

/// Signs and verifies one of every kind, so that a build without its cryptography, or a key file that does not fit the
/// published key, stops the start and not the first receipt (O-14).
///
/// # Errors
/// What is wrong.
pub async fn self_test(services: &Services) -> anyhow::Result<()> {
    for kind in TokenKind::ALL {
        let now = services.now().timestamp();
        let payload = serde_json::json!({
            "iss": &*services.base_url, "aud": kind.audience(), "sub": "self-test", "nbf": now, "exp": now + 1,
        });
        let token = sign(services, kind, &payload).await.map_err(in_full)?;
        let back: serde_json::Value = verify(services, kind, &token).await.map_err(|error| {
            anyhow::anyhow!("a {} that was just signed does not verify: {error}", kind.typ())
        })?;
        anyhow::ensure!(back == payload, "a {} does not read back as it was signed", kind.typ());
    }
    Ok(())
}

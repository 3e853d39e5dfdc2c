//! "The same form twice is one act", for the use-cases that create or send.

use super::{Ctx, Result, UseCaseError};
use crate::store::{
    WriteTx,
    idempotency::{self, Earlier},
};
use serde_json::Value;

/// Whether a form is new.
#[derive(Clone, Debug, PartialEq)]
pub enum Once {
    /// The first time: go on.
    First,
    /// The same form was sent before; this was its result.
    Before(Value),
}

/// Records `key` with the result to come, or finds the result of the same form sent before. Without a key every form
/// is new.
///
/// # Errors
/// [`UseCaseError::IdempotencyKeyReused`] when the key was used for something else.
pub async fn once(
    tx: &mut WriteTx,
    ctx: &Ctx,
    scope: &str,
    key: &str,
    request: &Value,
    response: &Value,
) -> Result<Once> {
    let key = key.trim();
    if key.is_empty() {
        return Ok(Once::First);
    }
    let (scope, key) = (format!("{scope}:{}", ctx.user().id), key.chars().take(100).collect::<String>());
    let hash = idempotency::hash_of(request);
    match idempotency::earlier(tx, &scope, &key, &hash).await? {
        Earlier::Same(response) => Ok(Once::Before(response)),
        Earlier::Different => Err(UseCaseError::IdempotencyKeyReused),
        Earlier::None => {
            let id = ctx.services().surroundings.uuid();
            idempotency::remember(tx, id, &scope, &key, hash, response.clone(), ctx.now()).await?;
            Ok(Once::First)
        }
    }
}

//! "The same form twice is one act", for the use-cases that create or send.

use super::{Ctx, PortalCtx, Result, UseCaseError};
use crate::store::{
    WriteTx,
    idempotency::{self, Earlier},
};
use serde_json::Value;
use uuid::Uuid;

/// Whether a form is new.
#[derive(Clone, Debug, PartialEq)]
pub enum Once {
    /// The first time: go on.
    First,
    /// The same form was sent before; this was its result.
    Before(Value),
}

/// Who sends forms: a user, or a respondent. Keys of different people never meet.
pub trait Sender {
    /// The person.
    fn person(&self) -> Uuid;
    /// Adapters.
    fn services(&self) -> &super::Services;
}

impl Sender for Ctx {
    fn person(&self) -> Uuid {
        self.user().id.0
    }
    fn services(&self) -> &super::Services {
        self.services()
    }
}

impl Sender for PortalCtx {
    fn person(&self) -> Uuid {
        self.respondent().id.0
    }
    fn services(&self) -> &super::Services {
        self.services()
    }
}

/// Records `key` with the result to come, or finds the result of the same form sent before.
///
/// # Errors
/// [`UseCaseError::IdempotencyKeyMissing`] without a key, because what is sent twice would be done twice;
/// [`UseCaseError::IdempotencyKeyReused`] when the key was used for something else.
pub async fn once(
    tx: &mut WriteTx,
    sender: &impl Sender,
    scope: &str,
    key: &str,
    request: &Value,
    response: &Value,
) -> Result<Once> {
    let key = key.trim();
    if key.is_empty() {
        return Err(UseCaseError::IdempotencyKeyMissing);
    }
    let (scope, key) = (format!("{scope}:{}", sender.person()), key.chars().take(100).collect::<String>());
    let (id, now) = (sender.services().surroundings.uuid(), sender.services().now());
    let hash = idempotency::hash_of(request);
    match idempotency::claim(tx, id, &scope, &key, hash, response.clone(), now).await? {
        Earlier::Same(response) => Ok(Once::Before(response)),
        Earlier::Different => Err(UseCaseError::IdempotencyKeyReused),
        Earlier::None => Ok(Once::First),
    }
}

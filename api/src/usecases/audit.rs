//! The audit trail as a whole: is it what was recorded?

use super::{Result, SystemCtx};
use crate::{
    domain::audit::{TrailCheck, TrailFault},
    store::{self, audit_log},
};

/// Events read at once.
const BATCH: u64 = 1_000;

/// One organisation's trail, checked.
#[derive(Clone, Debug)]
pub struct CheckedTrail {
    /// The organisation.
    pub organisation: String,
    /// How many events there are, or the first thing that is wrong.
    pub outcome: std::result::Result<i64, TrailFault>,
}

/// Follows the trail of every organisation from its first event to its last.
///
/// # Errors
/// When the database cannot be read.
pub async fn verify(system: &SystemCtx) -> Result<Vec<CheckedTrail>> {
    let database = &system.services().database;
    let mut checked = Vec::new();
    for tenant in store::accounts::tenants(database).await? {
        let scope = database.tenant(tenant.id);
        let (counted, head) = audit_log::head(&scope).await?;
        let mut check = TrailCheck::new(counted, head);
        let mut outcome = Ok(());
        let mut seq = 0;
        'trail: loop {
            let events = audit_log::after(&scope, seq, BATCH).await?;
            let Some((last, _)) = events.last() else { break };
            seq = last.seq;
            for (event, hash) in &events {
                outcome = check.take(event, hash);
                if outcome.is_err() {
                    break 'trail;
                }
            }
        }
        let outcome = outcome.and_then(|()| check.finish());
        checked.push(CheckedTrail { organisation: tenant.name, outcome });
    }
    Ok(checked)
}

//! Appending audit events, and reading them back in order. There is no update and no delete; `seq` has no gap within a
//! tenant, and each event carries a hash over itself and the one before it.

use super::{error::StoreError, tenant_scope::Scoped, write_tx::WriteTx};
use crate::domain::{
    AuditEvent,
    audit::{Recorded, chained},
};
use entity::{audit_event, tenant};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, ExprTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, sea_query::Expr,
};
use uuid::Uuid;

/// Appends events in the transaction that does what they record.
///
/// # Errors
/// When the database cannot be written.
pub(super) async fn append(tx: &mut WriteTx, events: Vec<AuditEvent>) -> Result<(), StoreError> {
    let count = i64::try_from(events.len()).unwrap_or_default();
    if count == 0 {
        return Ok(());
    }
    // The row of the tenant is the lock that keeps the sequence gapless.
    #[expect(clippy::disallowed_methods, reason = "the tenant table itself belongs to no tenant")]
    let raised = tenant::Entity::update_many()
        .col_expr(tenant::Column::AuditSeq, Expr::col(tenant::Column::AuditSeq).add(count))
        .filter(tenant::Column::Id.eq(tx.tenant_id().0))
        .exec_with_returning(tx.connection())
        .await?;
    let tenant = raised.into_iter().next().ok_or(StoreError::NotFound)?;
    let mut head = tenant.audit_head;
    let mut rows = Vec::with_capacity(events.len());
    for (event, seq) in events.into_iter().zip(tenant.audit_seq - count + 1..) {
        let mut row = row(tx, event, seq);
        head =
            chained(&head, &recorded(&row)).map_err(|_| StoreError::corrupt("audit_event", "after", seq))?;
        row.hash.clone_from(&head);
        rows.push(row.into_active_model());
    }
    #[expect(clippy::disallowed_methods, reason = "the tenant table itself belongs to no tenant")]
    let raise_head = tenant::Entity::update_many()
        .col_expr(tenant::Column::AuditHead, Expr::value(head))
        .filter(tenant::Column::Id.eq(tx.tenant_id().0));
    raise_head.exec(tx.connection()).await?;
    debug_assert!(tx.connection().support_returning());
    tx.insert_all::<audit_event::Entity, _>(rows).await
}

/// What the tenant has counted: the number of its newest event, and that event's hash.
///
/// # Errors
/// [`StoreError::NotFound`] when there is no such tenant.
pub async fn head(s: &impl Scoped) -> Result<(i64, String), StoreError> {
    #[expect(clippy::disallowed_methods, reason = "the tenant table itself belongs to no tenant")]
    let row = tenant::Entity::find_by_id(s.tenant_id().0).one(s.connection()).await?;
    row.map(|row| (row.audit_seq, row.audit_head)).ok_or(StoreError::NotFound)
}

/// Events of the tenant's trail after `seq`, in order, at most `most`, with their hashes.
///
/// # Errors
/// When the database does not answer.
pub async fn after(s: &impl Scoped, seq: i64, most: u64) -> Result<Vec<(Recorded, String)>, StoreError> {
    let rows = s
        .find::<audit_event::Entity>()
        .filter(audit_event::Column::Seq.gt(seq))
        .order_by_asc(audit_event::Column::Seq)
        .limit(most)
        .all(s.connection())
        .await?;
    Ok(rows.iter().map(|row| (recorded(row), row.hash.clone())).collect())
}

pub(super) fn recorded(row: &audit_event::Model) -> Recorded {
    Recorded {
        tenant: row.tenant_id,
        seq: row.seq,
        act: row.act.clone(),
        record_kind: row.record_kind.clone(),
        record_id: row.record_id,
        assessment_id: row.assessment_id,
        actor_kind: row.actor_kind.clone(),
        actor_id: row.actor_id,
        before: row.before.clone(),
        after: row.after.clone(),
        at: row.at,
        request_id: row.request_id,
        client_address: row.client_address.clone(),
    }
}

fn row(tx: &WriteTx, event: AuditEvent, seq: i64) -> audit_event::Model {
    audit_event::Model {
        // The pair of tenant and sequence is unique, so the id can be derived from it: no randomness is needed here.
        id: derived_id(tx.tenant_id().0, seq),
        tenant_id: tx.tenant_id().0,
        seq,
        act: event.act.to_owned(),
        record_kind: event.record_kind.to_owned(),
        record_id: event.record_id,
        assessment_id: event.assessment_id,
        actor_kind: event.actor.kind().to_owned(),
        actor_id: event.actor.id(),
        before: event.before,
        after: event.after,
        at: event.at,
        request_id: event.request.id,
        client_address: event.request.client_address,
        hash: String::new(),
    }
}

fn derived_id(tenant: Uuid, seq: i64) -> Uuid {
    use sha2::{Digest as _, Sha256};
    let mut hash = Sha256::new();
    hash.update(tenant.as_bytes());
    hash.update(seq.to_be_bytes());
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(hash.finalize().get(..16).unwrap_or(&[0; 16]));
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

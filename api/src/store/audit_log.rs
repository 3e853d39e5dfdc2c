//! Appending audit events. There is no update and no delete; `seq` has no gap within a tenant.

use super::{error::StoreError, tenant_scope::Scoped as _, write_tx::WriteTx};
use crate::domain::AuditEvent;
use entity::{audit_event, tenant};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, ExprTrait as _, QueryFilter as _, Set,
    sea_query::Expr,
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
    let last = raised.first().map(|row| row.audit_seq).ok_or(StoreError::NotFound)?;
    let rows = events.into_iter().zip(last - count + 1..).map(|(event, seq)| row(tx, event, seq)).collect();
    debug_assert!(tx.connection().support_returning());
    tx.insert_all::<audit_event::Entity, _>(rows).await
}

fn row(tx: &WriteTx, event: AuditEvent, seq: i64) -> audit_event::ActiveModel {
    audit_event::ActiveModel {
        // The pair of tenant and sequence is unique, so the id can be derived from it: no randomness is needed here.
        id: Set(derived_id(tx.tenant_id().0, seq)),
        tenant_id: Set(tx.tenant_id().0),
        seq: Set(seq),
        act: Set(event.act.to_owned()),
        record_kind: Set(event.record_kind.to_owned()),
        record_id: Set(event.record_id),
        assessment_id: Set(event.assessment_id),
        actor_kind: Set(event.actor.kind().to_owned()),
        actor_id: Set(event.actor.id()),
        before: Set(event.before),
        after: Set(event.after),
        at: Set(event.at),
        request_id: Set(event.request.id),
        client_address: Set(event.request.client_address),
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

//! The first answer to a request, given again when the request is repeated.

use crate::TenantOwned;
use sea_orm::entity::prelude::*;

/// A row of `idempotency_record`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_record")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    /// Which act, for example `assessment.send`.
    pub scope: String,
    /// The client's own key.
    pub key: String,
    /// The same key with another request is refused.
    pub request_hash: String,
    pub response: Json,
    pub created_at: DateTimeUtc,
}

/// The rows that this one names.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TenantOwned for Entity {
    const ID: Column = Column::Id;
    const TENANT_ID: Column = Column::TenantId;
}

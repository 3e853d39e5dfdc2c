//! The immutable record of an act. Rows are only ever inserted.

use crate::TenantOwned;
use sea_orm::entity::prelude::*;

/// A row of `audit_event`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_event")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    /// Gapless within the tenant, counted by `tenant.audit_seq`.
    pub seq: i64,
    pub act: String,
    pub record_kind: String,
    /// Any kind of record, so without a foreign key.
    pub record_id: Option<Uuid>,
    /// For the timeline; without a foreign key, because the trail outlives what it describes.
    pub assessment_id: Option<Uuid>,
    /// `user`, `respondent` or `system`.
    pub actor_kind: String,
    pub actor_id: Option<Uuid>,
    pub before: Option<Json>,
    pub after: Option<Json>,
    pub at: DateTimeUtc,
    pub request_id: Option<Uuid>,
    pub client_address: Option<String>,
    /// SHA-256 in hex over the hash before it and this event (`domain::audit::chained`).
    pub hash: String,
}

/// The rows that this one names.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TenantOwned for Entity {
    const ID: Column = Column::Id;
    const TENANT_ID: Column = Column::TenantId;
}

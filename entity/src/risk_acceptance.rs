//! A time-limited decision to live with a finding.

use crate::{TenantOwned, Versioned};
use sea_orm::entity::prelude::*;

/// A row of `risk_acceptance`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "risk_acceptance")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub finding_id: Uuid,
    /// `requested`, `approved`, `rejected`, `expired` or `revoked`.
    pub state: String,
    pub reason: String,
    pub compensating: Option<String>,
    pub ends_on: Date,
    pub requested_by: Uuid,
    pub requested_at: DateTimeUtc,
    pub decided_by: Option<Uuid>,
    pub decided_at: Option<DateTimeUtc>,
    pub end_reason: Option<String>,
    pub version: i64,
}

/// The rows that this one names.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::finding::Entity",
        from = "(Column::TenantId, Column::FindingId)",
        to = "(super::finding::Column::TenantId, super::finding::Column::Id)"
    )]
    Finding,
    #[sea_orm(
        belongs_to = "super::user_account::Entity",
        from = "(Column::TenantId, Column::RequestedBy)",
        to = "(super::user_account::Column::TenantId, super::user_account::Column::Id)"
    )]
    RequestedBy,
    #[sea_orm(
        belongs_to = "super::user_account::Entity",
        from = "(Column::TenantId, Column::DecidedBy)",
        to = "(super::user_account::Column::TenantId, super::user_account::Column::Id)"
    )]
    DecidedBy,
}

impl ActiveModelBehavior for ActiveModel {}

impl TenantOwned for Entity {
    const ID: Column = Column::Id;
    const TENANT_ID: Column = Column::TenantId;
}

impl Versioned for Entity {
    const VERSION: Column = Column::Version;
}

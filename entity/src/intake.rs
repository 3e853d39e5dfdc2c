//! The buyer's answers about a service's inherent risk; the one with the highest number is current.

use crate::{TenantOwned, Versioned};
use sea_orm::entity::prelude::*;

/// A row of `intake`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "intake")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub service_id: Uuid,
    pub number: i32,
    pub answers: Json,
    pub factors: Json,
    pub facts: Json,
    /// The exact fraction, as text.
    pub inherent_exact: String,
    /// Rounded, in tenths, for sorting.
    pub inherent_tenths: i32,
    pub computed_tier: String,
    pub floors: Json,
    /// The tier in force: the override when approved, else the computed one.
    pub tier: String,
    pub override_tier: Option<String>,
    pub override_reason: Option<String>,
    pub override_requested_by: Option<Uuid>,
    pub override_approved_by: Option<Uuid>,
    pub override_approved_at: Option<DateTimeUtc>,
    pub answered_by: Uuid,
    pub answered_at: DateTimeUtc,
    pub version: i64,
}

/// The rows that this one names.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::service::Entity",
        from = "(Column::TenantId, Column::ServiceId)",
        to = "(super::service::Column::TenantId, super::service::Column::Id)"
    )]
    Service,
    #[sea_orm(
        belongs_to = "super::user_account::Entity",
        from = "(Column::TenantId, Column::OverrideRequestedBy)",
        to = "(super::user_account::Column::TenantId, super::user_account::Column::Id)"
    )]
    OverrideRequestedBy,
    #[sea_orm(
        belongs_to = "super::user_account::Entity",
        from = "(Column::TenantId, Column::OverrideApprovedBy)",
        to = "(super::user_account::Column::TenantId, super::user_account::Column::Id)"
    )]
    OverrideApprovedBy,
    #[sea_orm(
        belongs_to = "super::user_account::Entity",
        from = "(Column::TenantId, Column::AnsweredBy)",
        to = "(super::user_account::Column::TenantId, super::user_account::Column::Id)"
    )]
    AnsweredBy,
}

impl Related<super::service::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Service.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl TenantOwned for Entity {
    const ID: Column = Column::Id;
    const TENANT_ID: Column = Column::TenantId;
}

impl Versioned for Entity {
    const VERSION: Column = Column::Version;
}

//! One vendor's service asked one or more questionnaires at once.

use crate::{TenantOwned, Versioned};
use sea_orm::entity::prelude::*;

/// A row of `assessment`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "assessment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    /// What people quote, for example `A-0042`.
    pub reference: String,
    pub vendor_id: Uuid,
    pub service_id: Uuid,
    pub intake_id: Option<Uuid>,
    pub state: String,
    pub state_before_expiry: Option<String>,
    pub owner_id: Uuid,
    pub reviewer_id: Uuid,
    pub tier: Option<String>,
    pub facts: Option<Json>,
    /// Ends with that day in the tenant's time zone.
    pub due_on: Date,
    pub message: Option<String>,
    pub sent_at: Option<DateTimeUtc>,
    pub link_ends_at: Option<DateTimeUtc>,
    pub submitted_at: Option<DateTimeUtc>,
    /// How often it was submitted.
    pub submission_number: i32,
    pub decided_at: Option<DateTimeUtc>,
    pub cancelled_reason: Option<String>,
    pub created_at: DateTimeUtc,
    pub created_by: Uuid,
    pub version: i64,
}

/// The rows that this one names.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::vendor::Entity",
        from = "(Column::TenantId, Column::VendorId)",
        to = "(super::vendor::Column::TenantId, super::vendor::Column::Id)"
    )]
    Vendor,
    #[sea_orm(
        belongs_to = "super::service::Entity",
        from = "(Column::TenantId, Column::ServiceId)",
        to = "(super::service::Column::TenantId, super::service::Column::Id)"
    )]
    Service,
    #[sea_orm(
        belongs_to = "super::intake::Entity",
        from = "(Column::TenantId, Column::IntakeId)",
        to = "(super::intake::Column::TenantId, super::intake::Column::Id)"
    )]
    Intake,
    #[sea_orm(
        belongs_to = "super::user_account::Entity",
        from = "(Column::TenantId, Column::OwnerId)",
        to = "(super::user_account::Column::TenantId, super::user_account::Column::Id)"
    )]
    Owner,
    #[sea_orm(
        belongs_to = "super::user_account::Entity",
        from = "(Column::TenantId, Column::ReviewerId)",
        to = "(super::user_account::Column::TenantId, super::user_account::Column::Id)"
    )]
    Reviewer,
    #[sea_orm(
        belongs_to = "super::user_account::Entity",
        from = "(Column::TenantId, Column::CreatedBy)",
        to = "(super::user_account::Column::TenantId, super::user_account::Column::Id)"
    )]
    CreatedBy,
}

impl Related<super::vendor::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Vendor.def()
    }
}

impl Related<super::service::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Service.def()
    }
}

impl Related<super::intake::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Intake.def()
    }
}

impl Related<super::score_snapshot::Entity> for Entity {
    fn to() -> RelationDef {
        super::score_snapshot::Relation::Assessment.def().rev()
    }
}

impl Related<super::reassessment::Entity> for Entity {
    fn to() -> RelationDef {
        super::reassessment::Relation::Assessment.def().rev()
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

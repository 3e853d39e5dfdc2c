//! One agreed step to close a finding.

use crate::{TenantOwned, Versioned};
use sea_orm::entity::prelude::*;

/// A row of `action`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "action")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub finding_id: Uuid,
    pub assessment_id: Uuid,
    pub text: String,
    pub owner_name: String,
    /// Lower case, single spaces: for the filter.
    pub owner_normalised: String,
    pub due_on: Date,
    /// `agreed`, `started`, `reported`, `verified` or `rejected`.
    pub state: String,
    pub target_option: Option<String>,
    pub report_note: Option<String>,
    pub reported_by_respondent: Option<Uuid>,
    pub recorded_by_user: Option<Uuid>,
    pub reported_at: Option<DateTimeUtc>,
    pub verified_by: Option<Uuid>,
    pub verified_at: Option<DateTimeUtc>,
    pub verdict_reason: Option<String>,
    pub verified_option: Option<String>,
    pub verified_grade: Option<String>,
    pub created_at: DateTimeUtc,
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
        belongs_to = "super::assessment::Entity",
        from = "(Column::TenantId, Column::AssessmentId)",
        to = "(super::assessment::Column::TenantId, super::assessment::Column::Id)"
    )]
    Assessment,
    #[sea_orm(
        belongs_to = "super::respondent::Entity",
        from = "(Column::TenantId, Column::ReportedByRespondent)",
        to = "(super::respondent::Column::TenantId, super::respondent::Column::Id)"
    )]
    ReportedByRespondent,
    #[sea_orm(
        belongs_to = "super::user_account::Entity",
        from = "(Column::TenantId, Column::RecordedByUser)",
        to = "(super::user_account::Column::TenantId, super::user_account::Column::Id)"
    )]
    RecordedByUser,
    #[sea_orm(
        belongs_to = "super::user_account::Entity",
        from = "(Column::TenantId, Column::VerifiedBy)",
        to = "(super::user_account::Column::TenantId, super::user_account::Column::Id)"
    )]
    VerifiedBy,
}

impl Related<super::finding::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Finding.def()
    }
}

impl Related<super::assessment::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Assessment.def()
    }
}

impl Related<super::respondent::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::ReportedByRespondent.def()
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

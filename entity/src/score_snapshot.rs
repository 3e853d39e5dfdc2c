//! A stored score with its inputs and its reason; a change makes a new one.

use crate::TenantOwned;
use sea_orm::entity::prelude::*;

/// A row of `score_snapshot`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "score_snapshot")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub assessment_id: Uuid,
    pub number: i32,
    pub reason: String,
    pub submission_number: i32,
    pub as_of: Date,
    pub evidence_as_of: Date,
    /// Canonical JSON.
    pub inputs: String,
    /// Canonical JSON.
    pub result: String,
    pub residual: Option<String>,
    pub created_at: DateTimeUtc,
    pub created_by: Option<Uuid>,
}

/// The rows that this one names.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::assessment::Entity",
        from = "(Column::TenantId, Column::AssessmentId)",
        to = "(super::assessment::Column::TenantId, super::assessment::Column::Id)"
    )]
    Assessment,
    #[sea_orm(
        belongs_to = "super::user_account::Entity",
        from = "(Column::TenantId, Column::CreatedBy)",
        to = "(super::user_account::Column::TenantId, super::user_account::Column::Id)"
    )]
    CreatedBy,
}

impl Related<super::assessment::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Assessment.def()
    }
}

impl Related<super::user_account::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::CreatedBy.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl TenantOwned for Entity {
    const ID: Column = Column::Id;
    const TENANT_ID: Column = Column::TenantId;
}

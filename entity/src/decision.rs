//! How a review ended.

use crate::TenantOwned;
use sea_orm::entity::prelude::*;

/// A row of `decision`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "decision")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub assessment_id: Uuid,
    pub number: i32,
    pub outcome: String,
    pub conditions: Option<String>,
    pub summary: String,
    pub next_review_on: Option<Date>,
    pub snapshot_id: Option<Uuid>,
    pub decided_by: Uuid,
    pub decided_at: DateTimeUtc,
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
        belongs_to = "super::score_snapshot::Entity",
        from = "(Column::TenantId, Column::SnapshotId)",
        to = "(super::score_snapshot::Column::TenantId, super::score_snapshot::Column::Id)"
    )]
    Snapshot,
    #[sea_orm(
        belongs_to = "super::user_account::Entity",
        from = "(Column::TenantId, Column::DecidedBy)",
        to = "(super::user_account::Column::TenantId, super::user_account::Column::Id)"
    )]
    DecidedBy,
}

impl Related<super::assessment::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Assessment.def()
    }
}

impl Related<super::score_snapshot::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Snapshot.def()
    }
}

impl Related<super::user_account::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::DecidedBy.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl TenantOwned for Entity {
    const ID: Column = Column::Id;
    const TENANT_ID: Column = Column::TenantId;
}

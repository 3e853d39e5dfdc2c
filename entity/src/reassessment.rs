//! The submission whose answers an assessment offers again.

use crate::TenantOwned;
use sea_orm::entity::prelude::*;

/// A row of `reassessment`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reassessment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub assessment_id: Uuid,
    /// Of an earlier assessment, taken when it was handed in.
    pub snapshot_id: Uuid,
    pub created_at: DateTimeUtc,
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

impl ActiveModelBehavior for ActiveModel {}

impl TenantOwned for Entity {
    const ID: Column = Column::Id;
    const TENANT_ID: Column = Column::TenantId;
}

//! The figures of one questionnaire in a snapshot, for lists.

use crate::TenantOwned;
use sea_orm::entity::prelude::*;

/// A row of `score_result`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "score_result")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub assessment_id: Uuid,
    pub snapshot_id: Uuid,
    pub snapshot_number: i32,
    pub questionnaire_id: String,
    pub state: String,
    /// The exact fraction, as text.
    pub claimed_exact: Option<String>,
    /// Rounded, in tenths, for sorting.
    pub claimed_tenths: Option<i32>,
    pub evidenced_tenths: Option<i32>,
    pub confidence_label: Option<String>,
    pub band: Option<String>,
    pub rating: Option<String>,
    pub residual: Option<String>,
    pub limited_scope: bool,
    pub knock_outs: i32,
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

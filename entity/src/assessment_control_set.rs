//! One control set under which an assessment is scored; pinned at the send.

use crate::TenantOwned;
use sea_orm::entity::prelude::*;

/// A row of `assessment_control_set`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "assessment_control_set")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub assessment_id: Uuid,
    pub control_set_version_id: Uuid,
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
        belongs_to = "super::control_set_version::Entity",
        from = "(Column::TenantId, Column::ControlSetVersionId)",
        to = "(super::control_set_version::Column::TenantId, super::control_set_version::Column::Id)"
    )]
    ControlSetVersion,
}

impl Related<super::assessment::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Assessment.def()
    }
}

impl Related<super::control_set_version::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::ControlSetVersion.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl TenantOwned for Entity {
    const ID: Column = Column::Id;
    const TENANT_ID: Column = Column::TenantId;
}

//! Whether the respondents call a section ready.

use crate::TenantOwned;
use sea_orm::entity::prelude::*;

/// A row of `section_state`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "section_state")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub assessment_id: Uuid,
    pub questionnaire_id: String,
    pub section_id: String,
    pub ready_at: Option<DateTimeUtc>,
    pub ready_by: Option<Uuid>,
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
        belongs_to = "super::respondent::Entity",
        from = "(Column::TenantId, Column::ReadyBy)",
        to = "(super::respondent::Column::TenantId, super::respondent::Column::Id)"
    )]
    ReadyBy,
}

impl Related<super::assessment::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Assessment.def()
    }
}

impl Related<super::respondent::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::ReadyBy.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl TenantOwned for Entity {
    const ID: Column = Column::Id;
    const TENANT_ID: Column = Column::TenantId;
}

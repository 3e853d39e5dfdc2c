//! One use of a piece of evidence, by an answer or by an action.

use crate::TenantOwned;
use sea_orm::entity::prelude::*;

/// A row of `evidence_citation`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "evidence_citation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub assessment_id: Uuid,
    pub evidence_id: Uuid,
    pub question_id: Option<String>,
    pub action_id: Option<Uuid>,
    pub cited_at: DateTimeUtc,
    pub removed_at: Option<DateTimeUtc>,
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
        belongs_to = "super::evidence::Entity",
        from = "(Column::TenantId, Column::EvidenceId)",
        to = "(super::evidence::Column::TenantId, super::evidence::Column::Id)"
    )]
    Evidence,
    #[sea_orm(
        belongs_to = "super::action::Entity",
        from = "(Column::TenantId, Column::ActionId)",
        to = "(super::action::Column::TenantId, super::action::Column::Id)"
    )]
    Action,
}

impl Related<super::assessment::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Assessment.def()
    }
}

impl Related<super::evidence::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Evidence.def()
    }
}

impl Related<super::action::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Action.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl TenantOwned for Entity {
    const ID: Column = Column::Id;
    const TENANT_ID: Column = Column::TenantId;
}

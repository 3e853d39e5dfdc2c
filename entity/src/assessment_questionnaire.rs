//! One questionnaire of an assessment; its version is pinned at the send.

use crate::TenantOwned;
use sea_orm::entity::prelude::*;

/// A row of `assessment_questionnaire`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "assessment_questionnaire")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub assessment_id: Uuid,
    pub position: i32,
    pub questionnaire_id: String,
    pub questionnaire_version_id: Option<Uuid>,
    pub suggested: bool,
    pub reason: String,
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
        belongs_to = "super::questionnaire_version::Entity",
        from = "(Column::TenantId, Column::QuestionnaireVersionId)",
        to = "(super::questionnaire_version::Column::TenantId, super::questionnaire_version::Column::Id)"
    )]
    QuestionnaireVersion,
}

impl Related<super::assessment::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Assessment.def()
    }
}

impl Related<super::questionnaire_version::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::QuestionnaireVersion.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl TenantOwned for Entity {
    const ID: Column = Column::Id;
    const TENANT_ID: Column = Column::TenantId;
}

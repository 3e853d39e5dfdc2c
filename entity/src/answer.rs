//! The current answer to one question of an assessment.

use crate::TenantOwned;
use sea_orm::entity::prelude::*;

/// A row of `answer`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "answer")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub assessment_id: Uuid,
    pub question_id: String,
    /// Raised by each save; the `ETag` of the answer.
    pub rev: i64,
    /// None when the answer was cleared.
    pub value: Option<Json>,
    /// The vendor's words beside it.
    pub note: Option<String>,
    /// `vendor` or `buyer`.
    pub source: String,
    pub saved_by_respondent: Option<Uuid>,
    pub saved_by_user: Option<Uuid>,
    pub saved_at: DateTimeUtc,
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
        from = "(Column::TenantId, Column::SavedByRespondent)",
        to = "(super::respondent::Column::TenantId, super::respondent::Column::Id)"
    )]
    SavedByRespondent,
    #[sea_orm(
        belongs_to = "super::user_account::Entity",
        from = "(Column::TenantId, Column::SavedByUser)",
        to = "(super::user_account::Column::TenantId, super::user_account::Column::Id)"
    )]
    SavedByUser,
}

impl Related<super::assessment::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Assessment.def()
    }
}

impl Related<super::respondent::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::SavedByRespondent.def()
    }
}

impl Related<super::user_account::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::SavedByUser.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl TenantOwned for Entity {
    const ID: Column = Column::Id;
    const TENANT_ID: Column = Column::TenantId;
}

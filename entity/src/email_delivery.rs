//! One mail to one person, and what became of it.

use crate::TenantOwned;
use sea_orm::entity::prelude::*;

/// A row of `email_delivery`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "email_delivery")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    /// Without a foreign key: finished jobs are cleared away, deliveries stay.
    pub job_id: Uuid,
    pub kind: String,
    pub assessment_id: Option<Uuid>,
    pub respondent_id: Option<Uuid>,
    pub user_id: Option<Uuid>,
    pub to_address: String,
    pub subject: Option<String>,
    /// Derived from the job's id, so the same on every attempt.
    pub message_id: String,
    pub attempts: i32,
    pub outcome: String,
    pub detail: Option<String>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub sent_at: Option<DateTimeUtc>,
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
        from = "(Column::TenantId, Column::RespondentId)",
        to = "(super::respondent::Column::TenantId, super::respondent::Column::Id)"
    )]
    Respondent,
    #[sea_orm(
        belongs_to = "super::user_account::Entity",
        from = "(Column::TenantId, Column::UserId)",
        to = "(super::user_account::Column::TenantId, super::user_account::Column::Id)"
    )]
    User,
}

impl Related<super::assessment::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Assessment.def()
    }
}

impl Related<super::respondent::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Respondent.def()
    }
}

impl Related<super::user_account::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::User.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl TenantOwned for Entity {
    const ID: Column = Column::Id;
    const TENANT_ID: Column = Column::TenantId;
}

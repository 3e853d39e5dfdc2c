//! A judgement on one answer.

use crate::{TenantOwned, Versioned};
use sea_orm::entity::prelude::*;

/// A row of `review_verdict`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "review_verdict")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub assessment_id: Uuid,
    pub question_id: String,
    /// `accepted`, `asked` or `adjusted`.
    pub verdict: String,
    /// `accepted` or `rejected`, for an answer that says not applicable.
    pub na: Option<String>,
    pub scope_accepted: bool,
    pub credit: Option<String>,
    /// `partial` or `substantial`.
    pub compensating: Option<String>,
    pub evidence_grade: Option<String>,
    pub reason: Option<String>,
    /// The revision that was judged.
    pub answer_rev: i64,
    pub decided_by: Uuid,
    pub decided_at: DateTimeUtc,
    pub version: i64,
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

impl Versioned for Entity {
    const VERSION: Column = Column::Version;
}

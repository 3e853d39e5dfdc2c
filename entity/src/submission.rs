//! The immutable snapshot handed in.

use crate::TenantOwned;
use sea_orm::entity::prelude::*;

/// A row of `submission`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "submission")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub assessment_id: Uuid,
    pub number: i32,
    /// Canonical JSON; `sha256` is over these bytes.
    pub answers: String,
    pub sha256: String,
    pub respondent_view_sha256: String,
    pub attested_name: String,
    pub attested_role: String,
    pub attested_text: String,
    pub submitted_by: Uuid,
    pub submitted_at: DateTimeUtc,
    pub as_of: Date,
    /// Canonical JSON; `respondent_view_sha256` is over these bytes. Older submissions have the hash alone.
    pub respondent_view: Option<String>,
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
        from = "(Column::TenantId, Column::SubmittedBy)",
        to = "(super::respondent::Column::TenantId, super::respondent::Column::Id)"
    )]
    SubmittedBy,
}

impl Related<super::assessment::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Assessment.def()
    }
}

impl Related<super::respondent::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::SubmittedBy.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl TenantOwned for Entity {
    const ID: Column = Column::Id;
    const TENANT_ID: Column = Column::TenantId;
}

//! A questionnaire as it was pinned at its first send; never changed.

use crate::TenantOwned;
use sea_orm::entity::prelude::*;

/// A row of `questionnaire_version`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "questionnaire_version")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub questionnaire_id: String,
    pub version: String,
    pub title: String,
    pub audience: String,
    pub sha256: String,
    /// Canonical JSON; `sha256` is over these bytes.
    pub definition: String,
    pub created_at: DateTimeUtc,
}

/// The rows that this one names.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TenantOwned for Entity {
    const ID: Column = Column::Id;
    const TENANT_ID: Column = Column::TenantId;
}

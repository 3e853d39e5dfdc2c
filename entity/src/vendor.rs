//! The outside organisation.

use crate::{TenantOwned, Versioned};
use sea_orm::entity::prelude::*;

/// A row of `vendor`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "vendor")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub name: String,
    /// Lower case, single spaces: for search and for finding duplicates.
    pub name_normalised: String,
    pub website: Option<String>,
    /// The tenant's own; never shown to the vendor.
    pub note: Option<String>,
    /// `active` or `archived`.
    pub state: String,
    pub created_at: DateTimeUtc,
    pub created_by: Uuid,
    pub version: i64,
    /// Among the newest snapshots of its services' latest assessments that were handed in: from 0, nothing scored, to 4,
    /// critical. Kept by the store whenever one of those changes.
    pub worst_residual: i32,
}

/// The rows that this one names.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::user_account::Entity",
        from = "(Column::TenantId, Column::CreatedBy)",
        to = "(super::user_account::Column::TenantId, super::user_account::Column::Id)"
    )]
    CreatedBy,
}

impl Related<super::user_account::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::CreatedBy.def()
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

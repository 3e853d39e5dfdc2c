//! What the vendor supplies and we assess.

use crate::{TenantOwned, Versioned};
use sea_orm::entity::prelude::*;

/// A row of `service`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "service")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub vendor_id: Uuid,
    pub name: String,
    /// Lower case, single spaces: for search.
    pub name_normalised: String,
    pub description: Option<String>,
    pub created_at: DateTimeUtc,
    pub version: i64,
}

/// The rows that this one names.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::vendor::Entity",
        from = "(Column::TenantId, Column::VendorId)",
        to = "(super::vendor::Column::TenantId, super::vendor::Column::Id)"
    )]
    Vendor,
}

impl Related<super::vendor::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Vendor.def()
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

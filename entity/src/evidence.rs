//! A document or link on the vendor's shelf.

use crate::TenantOwned;
use sea_orm::entity::prelude::*;

/// A row of `evidence`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "evidence")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub vendor_id: Uuid,
    pub assessment_id: Uuid,
    /// `file` or `link`.
    pub kind: String,
    pub display_name: String,
    pub media_type: Option<String>,
    pub size_bytes: Option<i64>,
    pub sha256: Option<String>,
    /// Where the bytes are; none for a link.
    pub storage_key: Option<String>,
    pub url: Option<String>,
    pub valid_until: Option<Date>,
    pub scan_state: String,
    pub added_by_respondent: Option<Uuid>,
    pub added_by_user: Option<Uuid>,
    pub added_at: DateTimeUtc,
    pub removed_at: Option<DateTimeUtc>,
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
    #[sea_orm(
        belongs_to = "super::assessment::Entity",
        from = "(Column::TenantId, Column::AssessmentId)",
        to = "(super::assessment::Column::TenantId, super::assessment::Column::Id)"
    )]
    Assessment,
    #[sea_orm(
        belongs_to = "super::respondent::Entity",
        from = "(Column::TenantId, Column::AddedByRespondent)",
        to = "(super::respondent::Column::TenantId, super::respondent::Column::Id)"
    )]
    AddedByRespondent,
    #[sea_orm(
        belongs_to = "super::user_account::Entity",
        from = "(Column::TenantId, Column::AddedByUser)",
        to = "(super::user_account::Column::TenantId, super::user_account::Column::Id)"
    )]
    AddedByUser,
}

impl Related<super::vendor::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Vendor.def()
    }
}

impl Related<super::assessment::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Assessment.def()
    }
}

impl Related<super::respondent::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::AddedByRespondent.def()
    }
}

impl Related<super::user_account::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::AddedByUser.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl TenantOwned for Entity {
    const ID: Column = Column::Id;
    const TENANT_ID: Column = Column::TenantId;
}

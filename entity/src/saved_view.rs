//! A filter of a list that a user keeps under a name.

use crate::TenantOwned;
use sea_orm::entity::prelude::*;

/// A row of `saved_view`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "saved_view")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    /// Whose; nobody else sees it.
    pub user_id: Uuid,
    /// `vendors`, `assessments` or `findings`.
    pub list: String,
    pub name: String,
    /// Lower case, single spaces: a name counts once.
    pub name_normalised: String,
    /// The filter as an address has it after the question mark.
    pub query: String,
}

/// The rows that this one names.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::user_account::Entity",
        from = "(Column::TenantId, Column::UserId)",
        to = "(super::user_account::Column::TenantId, super::user_account::Column::Id)"
    )]
    User,
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

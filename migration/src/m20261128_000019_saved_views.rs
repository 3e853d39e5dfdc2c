//! Filters of lists that users keep.

use crate::portable::{NewTable, drop_tables};
use sea_orm_migration::{prelude::*, schema::*};

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        NewTable::tenant_owned("saved_view")
            .reference("user_id", "user_account")
            .column(text("list"))
            .column(text("name"))
            .column(text("name_normalised"))
            .column(text("query"))
            .unique(&["user_id", "list", "name_normalised"])
            .create(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["saved_view"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

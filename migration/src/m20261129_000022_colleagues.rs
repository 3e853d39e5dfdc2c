//! Who of a vendor invited a colleague, and with which words.

use crate::portable::drop_column;
use sea_orm_migration::{prelude::*, schema::*};

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in [uuid_null("invited_by").take(), text_null("ask").take()] {
            manager.alter_table(Table::alter().table("respondent").add_column(column).to_owned()).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_column(manager, "respondent", "ask").await?;
        drop_column(manager, "respondent", "invited_by").await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

//! The owner of an action as the filter of findings compares it.

use crate::portable::{add_compared, drop_column};
use sea_orm_migration::prelude::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_compared(manager, "action", "owner_name", "owner_normalised").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_column(manager, "action", "owner_normalised").await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

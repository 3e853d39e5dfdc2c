//! Names and titles as search compares them: lower case, single spaces.

use crate::portable::{add_compared, drop_column};
use sea_orm_migration::prelude::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// Table, what people wrote, and the same as search compares it.
const COLUMNS: [(&str, &str, &str); 3] = [
    ("contact", "name", "name_normalised"),
    ("service", "name", "name_normalised"),
    ("finding", "title", "title_normalised"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, written, compared) in COLUMNS {
            add_compared(manager, table, written, compared).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, _, compared) in COLUMNS {
            drop_column(manager, table, compared).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

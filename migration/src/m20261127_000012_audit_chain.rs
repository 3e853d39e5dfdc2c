//! The audit trail as a chain: each event carries a hash over itself and the event before it.
//!
//! Events recorded before this step stay without one; the chain begins with the first that has it.

use sea_orm_migration::{prelude::*, schema::*};

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

const COLUMNS: &[(&str, &str)] = &[("audit_event", "hash"), ("tenant", "audit_head")];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in COLUMNS {
            let column = text(*column).default("").take();
            manager
                .alter_table(Table::alter().table(Alias::new(*table)).add_column(column).to_owned())
                .await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in COLUMNS {
            let column = Alias::new(*column);
            manager
                .alter_table(Table::alter().table(Alias::new(*table)).drop_column(column).to_owned())
                .await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

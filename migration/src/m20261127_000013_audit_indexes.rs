//! Indexes for looking into the audit trail: by who, by act, by record and by time, each in the order of the trail.

use sea_orm_migration::prelude::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLE: &str = "audit_event";
const COLUMNS: &[&str] = &["actor_id", "act", "record_id", "at"];

fn name(column: &str) -> String {
    format!("ix_{TABLE}_{column}_seq")
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in COLUMNS {
            let mut index = Index::create();
            index.name(name(column)).table(TABLE).col("tenant_id").col(*column).col("seq");
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in COLUMNS {
            manager.drop_index(Index::drop().name(name(column)).table(TABLE).to_owned()).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

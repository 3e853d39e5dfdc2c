//! Pages of assessments, newest first and by due day; and what lists say of a snapshot, without its inputs and result.

use sea_orm_migration::prelude::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// Table, name of the index, and its columns after the tenant.
const INDEXES: [(&str, &str, &[&str]); 3] = [
    ("assessment", "ix_assessment_created_at_id", &["created_at", "id"]),
    ("assessment", "ix_assessment_state_due_on_id", &["state", "due_on", "id"]),
    (
        "score_snapshot",
        "ix_score_snapshot_listed",
        &["assessment_id", "number", "submission_number", "reason", "residual"],
    ),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, name, columns) in INDEXES {
            let mut index = Index::create().name(name).table(table).col("tenant_id").to_owned();
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, name, _) in INDEXES {
            manager.drop_index(Index::drop().name(name).table(table).to_owned()).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

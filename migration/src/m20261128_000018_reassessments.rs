//! Which earlier answers an assessment offers again.

use crate::portable::{NewTable, drop_tables};
use sea_orm_migration::{prelude::*, schema::*};

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        NewTable::tenant_owned("reassessment")
            .reference("assessment_id", "assessment")
            .reference("snapshot_id", "score_snapshot")
            .column(timestamp_with_time_zone("created_at"))
            .unique(&["assessment_id"])
            .create(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["reassessment"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

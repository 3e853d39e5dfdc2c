//! The questionnaires and control sets that were ever sent, word by word.

use crate::portable::{NewTable, drop_tables};
use sea_orm_migration::{prelude::*, schema::*};

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        NewTable::tenant_owned("questionnaire_version")
            .column(text("questionnaire_id"))
            .column(text("version"))
            .column(text("title"))
            .column(text("audience"))
            .column(text("sha256"))
            .column(text("definition"))
            .column(timestamp_with_time_zone("created_at"))
            .unique(&["questionnaire_id", "version", "sha256"])
            .create(manager)
            .await?;
        NewTable::tenant_owned("control_set_version")
            .column(text("control_set_id"))
            .column(text("version"))
            .column(text("title"))
            .column(text("sha256"))
            .column(text("definition"))
            .column(timestamp_with_time_zone("created_at"))
            .unique(&["control_set_id", "version", "sha256"])
            .create(manager)
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["control_set_version", "questionnaire_version"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

//! Documents and links that support answers and actions.

use crate::portable::{NewTable, drop_tables};
use sea_orm_migration::{prelude::*, schema::*};

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        NewTable::tenant_owned("evidence")
            .reference("vendor_id", "vendor")
            .reference("assessment_id", "assessment")
            .column(text("kind"))
            .column(text("display_name"))
            .column(text_null("media_type"))
            .at_least(0, big_integer_null("size_bytes"))
            .column(text_null("sha256"))
            .column(text_null("storage_key"))
            .column(text_null("url"))
            .column(date_null("valid_until"))
            .column(text("scan_state"))
            .optional_reference("added_by_respondent", "respondent")
            .optional_reference("added_by_user", "user_account")
            .column(timestamp_with_time_zone("added_at"))
            .column(timestamp_with_time_zone_null("removed_at"))
            .unique(&["storage_key"])
            .index(&["assessment_id"])
            .index(&["vendor_id"])
            .create(manager)
            .await?;
        NewTable::tenant_owned("evidence_citation")
            .reference("assessment_id", "assessment")
            .reference("evidence_id", "evidence")
            .column(text_null("question_id"))
            .optional_reference("action_id", "action")
            .column(timestamp_with_time_zone("cited_at"))
            .column(timestamp_with_time_zone_null("removed_at"))
            .index(&["assessment_id"])
            .index(&["evidence_id"])
            .create(manager)
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["evidence_citation", "evidence"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

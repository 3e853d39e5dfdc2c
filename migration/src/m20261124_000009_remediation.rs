//! Findings and the actions that close them.

use crate::portable::{NewTable, drop_tables};
use sea_orm_migration::{prelude::*, schema::*};

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        NewTable::tenant_owned("finding")
            .reference("assessment_id", "assessment")
            .reference("vendor_id", "vendor")
            .column(text_null("question_id"))
            .column(text("title"))
            .column(text_null("detail"))
            .column(text_null("fix"))
            .column(text("severity"))
            .column(text("state"))
            .column(text_null("credit"))
            .column(text_null("target_option"))
            .column(text_null("target_credit"))
            .column(integer("sla_days"))
            .column(timestamp_with_time_zone_null("sent_at"))
            .column(date_null("due_on"))
            .reference("raised_by", "user_account")
            .column(timestamp_with_time_zone("raised_at"))
            .column(timestamp_with_time_zone_null("closed_at"))
            .column(text_null("state_reason"))
            .version()
            .index(&["state"])
            .index(&["assessment_id"])
            .index(&["vendor_id"])
            .create(manager)
            .await?;
        NewTable::tenant_owned("action")
            .reference("finding_id", "finding")
            .reference("assessment_id", "assessment")
            .column(text("text"))
            .column(text("owner_name"))
            .column(date("due_on"))
            .column(text("state"))
            .column(text_null("target_option"))
            .column(text_null("report_note"))
            .optional_reference("reported_by_respondent", "respondent")
            .optional_reference("recorded_by_user", "user_account")
            .column(timestamp_with_time_zone_null("reported_at"))
            .optional_reference("verified_by", "user_account")
            .column(timestamp_with_time_zone_null("verified_at"))
            .column(text_null("verdict_reason"))
            .column(text_null("verified_option"))
            .column(text_null("verified_grade"))
            .column(timestamp_with_time_zone("created_at"))
            .version()
            .index(&["finding_id"])
            .index(&["assessment_id"])
            .create(manager)
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["action", "finding"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

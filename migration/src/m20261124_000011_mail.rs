//! What became of each mail.

use crate::portable::{NewTable, drop_tables};
use sea_orm_migration::{prelude::*, schema::*};

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        NewTable::tenant_owned("email_delivery")
            .column(uuid("job_id"))
            .column(text("kind"))
            .optional_reference("assessment_id", "assessment")
            .optional_reference("respondent_id", "respondent")
            .optional_reference("user_id", "user_account")
            .column(text("to_address"))
            .column(text_null("subject"))
            .column(text("message_id"))
            .at_least(0, integer("attempts"))
            .column(text("outcome"))
            .column(text_null("detail"))
            .column(timestamp_with_time_zone("created_at"))
            .column(timestamp_with_time_zone("updated_at"))
            .column(timestamp_with_time_zone_null("sent_at"))
            .unique(&["job_id"])
            .index(&["assessment_id"])
            .create(manager)
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["email_delivery"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

//! Assessments: what is asked, of whom, and how far it has come.

use crate::portable::{NewTable, drop_tables};
use sea_orm_migration::{prelude::*, schema::*};

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        NewTable::tenant_owned("assessment")
            .column(text("reference"))
            .reference("vendor_id", "vendor")
            .reference("service_id", "service")
            .optional_reference("intake_id", "intake")
            .column(text("state"))
            .column(text_null("state_before_expiry"))
            .reference("owner_id", "user_account")
            .reference("reviewer_id", "user_account")
            .column(text_null("tier"))
            .column(json_null("facts"))
            .column(date("due_on"))
            .column(text_null("message"))
            .column(timestamp_with_time_zone_null("sent_at"))
            .column(timestamp_with_time_zone_null("link_ends_at"))
            .column(timestamp_with_time_zone_null("submitted_at"))
            .at_least(0, integer("submission_number").default(0).take())
            .column(timestamp_with_time_zone_null("decided_at"))
            .column(text_null("cancelled_reason"))
            .column(timestamp_with_time_zone("created_at"))
            .reference("created_by", "user_account")
            .version()
            .unique(&["reference"])
            .index(&["state"])
            .index(&["vendor_id"])
            .index(&["service_id"])
            .create(manager)
            .await?;
        NewTable::tenant_owned("assessment_questionnaire")
            .reference("assessment_id", "assessment")
            .column(integer("position"))
            .column(text("questionnaire_id"))
            .optional_reference("questionnaire_version_id", "questionnaire_version")
            .column(boolean("suggested"))
            .column(text("reason"))
            .unique(&["assessment_id", "questionnaire_id"])
            .create(manager)
            .await?;
        NewTable::tenant_owned("assessment_control_set")
            .reference("assessment_id", "assessment")
            .reference("control_set_version_id", "control_set_version")
            .unique(&["assessment_id", "control_set_version_id"])
            .create(manager)
            .await?;
        NewTable::tenant_owned("respondent")
            .reference("assessment_id", "assessment")
            .reference("contact_id", "contact")
            .column(text("name"))
            .column(text("email"))
            .column(text("role"))
            .column(timestamp_with_time_zone("created_at"))
            .unique(&["assessment_id", "contact_id"])
            .create(manager)
            .await?;
        NewTable::tenant_owned("section_state")
            .reference("assessment_id", "assessment")
            .column(text("questionnaire_id"))
            .column(text("section_id"))
            .column(timestamp_with_time_zone_null("ready_at"))
            .optional_reference("ready_by", "respondent")
            .unique(&["assessment_id", "questionnaire_id", "section_id"])
            .create(manager)
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(
            manager,
            &[
                "section_state",
                "respondent",
                "assessment_control_set",
                "assessment_questionnaire",
                "assessment",
            ],
        )
        .await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

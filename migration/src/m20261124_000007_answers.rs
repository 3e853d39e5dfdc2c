//! What the vendor says: answers and their history, clarifications, submissions.

use crate::portable::{NewTable, drop_tables};
use sea_orm_migration::{prelude::*, schema::*};

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        NewTable::tenant_owned("answer")
            .reference("assessment_id", "assessment")
            .column(text("question_id"))
            .at_least(1, big_integer("rev"))
            .column(json_null("value"))
            .column(text_null("note"))
            .column(text("source"))
            .optional_reference("saved_by_respondent", "respondent")
            .optional_reference("saved_by_user", "user_account")
            .column(timestamp_with_time_zone("saved_at"))
            .unique(&["assessment_id", "question_id"])
            .create(manager)
            .await?;
        NewTable::tenant_owned("answer_revision")
            .reference("assessment_id", "assessment")
            .column(text("question_id"))
            .at_least(1, big_integer("rev"))
            .column(json_null("value"))
            .column(text_null("note"))
            .column(text("mutation_id"))
            .column(text("source"))
            .optional_reference("saved_by_respondent", "respondent")
            .optional_reference("saved_by_user", "user_account")
            .column(timestamp_with_time_zone("saved_at"))
            .unique(&["assessment_id", "mutation_id"])
            .unique(&["assessment_id", "question_id", "rev"])
            .create(manager)
            .await?;
        NewTable::tenant_owned("reliance")
            .reference("assessment_id", "assessment")
            .reference("vendor_id", "vendor")
            .column(text("kind"))
            .column(text("name"))
            .column(text("name_normalised"))
            .column(text("question_id"))
            .column(json("row"))
            .index(&["kind", "name_normalised"])
            .index(&["assessment_id"])
            .create(manager)
            .await?;
        NewTable::tenant_owned("clarification")
            .reference("assessment_id", "assessment")
            .column(text("question_id"))
            .column(integer_null("batch"))
            .column(text("text"))
            .reference("asked_by", "user_account")
            .column(timestamp_with_time_zone("asked_at"))
            .column(timestamp_with_time_zone_null("sent_at"))
            .column(date_null("due_on"))
            .column(timestamp_with_time_zone_null("answered_at"))
            .index(&["assessment_id"])
            .create(manager)
            .await?;
        NewTable::tenant_owned("submission")
            .reference("assessment_id", "assessment")
            .at_least(1, integer("number"))
            .column(text("answers"))
            .column(text("sha256"))
            .column(text("respondent_view_sha256"))
            .column(text("attested_name"))
            .column(text("attested_role"))
            .column(text("attested_text"))
            .reference("submitted_by", "respondent")
            .column(timestamp_with_time_zone("submitted_at"))
            .column(date("as_of"))
            .unique(&["assessment_id", "number"])
            .create(manager)
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["submission", "clarification", "reliance", "answer_revision", "answer"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

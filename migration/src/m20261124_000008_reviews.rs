//! Verdicts, scores and decisions.

use crate::portable::{NewTable, drop_tables};
use sea_orm_migration::{prelude::*, schema::*};

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        NewTable::tenant_owned("review_verdict")
            .reference("assessment_id", "assessment")
            .column(text("question_id"))
            .column(text("verdict"))
            .column(text_null("na"))
            .column(boolean("scope_accepted"))
            .column(text_null("credit"))
            .column(text_null("compensating"))
            .column(text_null("evidence_grade"))
            .column(text_null("reason"))
            .column(big_integer("answer_rev"))
            .reference("decided_by", "user_account")
            .column(timestamp_with_time_zone("decided_at"))
            .version()
            .unique(&["assessment_id", "question_id"])
            .create(manager)
            .await?;
        NewTable::tenant_owned("score_snapshot")
            .reference("assessment_id", "assessment")
            .at_least(1, integer("number"))
            .column(text("reason"))
            .column(integer("submission_number"))
            .column(date("as_of"))
            .column(date("evidence_as_of"))
            .column(text("inputs"))
            .column(text("result"))
            .column(text_null("residual"))
            .column(timestamp_with_time_zone("created_at"))
            .optional_reference("created_by", "user_account")
            .unique(&["assessment_id", "number"])
            .create(manager)
            .await?;
        NewTable::tenant_owned("score_result")
            .reference("assessment_id", "assessment")
            .reference("snapshot_id", "score_snapshot")
            .column(integer("snapshot_number"))
            .column(text("questionnaire_id"))
            .column(text("state"))
            .column(text_null("claimed_exact"))
            .column(integer_null("claimed_tenths"))
            .column(integer_null("evidenced_tenths"))
            .column(text_null("confidence_label"))
            .column(text_null("band"))
            .column(text_null("rating"))
            .column(text_null("residual"))
            .column(boolean("limited_scope"))
            .at_least(0, integer("knock_outs"))
            .unique(&["snapshot_id", "questionnaire_id"])
            .index(&["assessment_id"])
            .create(manager)
            .await?;
        NewTable::tenant_owned("decision")
            .reference("assessment_id", "assessment")
            .at_least(1, integer("number"))
            .column(text("outcome"))
            .column(text_null("conditions"))
            .column(text("summary"))
            .column(date_null("next_review_on"))
            .optional_reference("snapshot_id", "score_snapshot")
            .reference("decided_by", "user_account")
            .column(timestamp_with_time_zone("decided_at"))
            .unique(&["assessment_id", "number"])
            .create(manager)
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["decision", "score_result", "score_snapshot", "review_verdict"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

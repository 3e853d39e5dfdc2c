//! How a respondent gets in: link, secrets, one-time codes, browsers and sessions.

use crate::portable::{NewTable, drop_tables};
use sea_orm_migration::{prelude::*, schema::*};

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        NewTable::tenant_owned("invitation")
            .reference("assessment_id", "assessment")
            .reference("respondent_id", "respondent")
            .column(text("link_id"))
            .at_least(1, integer("generation"))
            .column(text("state"))
            .column(timestamp_with_time_zone_null("code_verified_at"))
            .column(timestamp_with_time_zone("ends_at"))
            .column(timestamp_with_time_zone("created_at"))
            .column(timestamp_with_time_zone_null("closed_at"))
            .version()
            .unique_in_installation("link_id")
            .index(&["assessment_id"])
            .index(&["respondent_id"])
            .create(manager)
            .await?;
        NewTable::tenant_owned("link_secret")
            .reference("invitation_id", "invitation")
            .column(blob("secret_hash"))
            .at_least(1, integer("generation"))
            .column(timestamp_with_time_zone("minted_at"))
            .column(timestamp_with_time_zone_null("mailed_at"))
            .index(&["invitation_id"])
            .create(manager)
            .await?;
        NewTable::tenant_owned("one_time_code")
            .reference("invitation_id", "invitation")
            .column(text("code_hash"))
            .column(blob("browser_hash"))
            .column(timestamp_with_time_zone("created_at"))
            .column(timestamp_with_time_zone("expires_at"))
            .at_least(0, integer("attempts"))
            .column(timestamp_with_time_zone_null("used_at"))
            .column(timestamp_with_time_zone_null("superseded_at"))
            .index(&["invitation_id"])
            .create(manager)
            .await?;
        NewTable::tenant_owned("browser_binding")
            .reference("invitation_id", "invitation")
            .column(blob("token_hash"))
            .column(text("user_agent"))
            .column(timestamp_with_time_zone("created_at"))
            .column(timestamp_with_time_zone("expires_at"))
            .column(timestamp_with_time_zone_null("ended_at"))
            .unique_in_installation("token_hash")
            .index(&["invitation_id"])
            .create(manager)
            .await?;
        NewTable::tenant_owned("portal_session")
            .reference("invitation_id", "invitation")
            .reference("respondent_id", "respondent")
            .reference("assessment_id", "assessment")
            .column(blob("token_hash"))
            .column(text("user_agent"))
            .column(timestamp_with_time_zone("created_at"))
            .column(timestamp_with_time_zone("last_seen_at"))
            .column(timestamp_with_time_zone_null("ended_at"))
            .unique_in_installation("token_hash")
            .index(&["invitation_id"])
            .create(manager)
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(
            manager,
            &["portal_session", "browser_binding", "one_time_code", "link_secret", "invitation"],
        )
        .await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

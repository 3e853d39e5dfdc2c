//! Organisations, the people who sign in for them, and their sessions.

use crate::portable::{NewTable, drop_tables};
use sea_orm_migration::{prelude::*, schema::*};

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        NewTable::with_id("tenant")
            .column(text("name"))
            .column(text("time_zone"))
            .column(text("locale"))
            .column(text("reference_prefix"))
            .at_least(1, big_integer("next_reference"))
            .at_least(0, big_integer("audit_seq"))
            .column(timestamp_with_time_zone("created_at"))
            .version()
            .create(manager)
            .await?;
        NewTable::tenant_owned("user_account")
            .column(text("email"))
            .column(text("email_canonical"))
            .column(text("name"))
            .column(text("role"))
            .column(text_null("password_hash"))
            .column(text("state"))
            .column(timestamp_with_time_zone("created_at"))
            .column(timestamp_with_time_zone_null("last_sign_in_at"))
            .version()
            .unique_in_installation("email_canonical")
            .create(manager)
            .await?;
        NewTable::tenant_owned("user_link")
            .reference("user_id", "user_account")
            .column(blob("secret_hash"))
            .column(text("purpose"))
            .column(timestamp_with_time_zone("expires_at"))
            .column(timestamp_with_time_zone_null("used_at"))
            .column(timestamp_with_time_zone("created_at"))
            .unique_in_installation("secret_hash")
            .index(&["user_id"])
            .create(manager)
            .await?;
        NewTable::tenant_owned("login_session")
            .reference("user_id", "user_account")
            .column(blob("token_hash"))
            .column(timestamp_with_time_zone("created_at"))
            .column(timestamp_with_time_zone("last_seen_at"))
            .column(timestamp_with_time_zone_null("ended_at"))
            .column(text("client_address"))
            .column(text("user_agent"))
            .unique_in_installation("token_hash")
            .index(&["user_id"])
            .create(manager)
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["login_session", "user_link", "user_account", "tenant"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

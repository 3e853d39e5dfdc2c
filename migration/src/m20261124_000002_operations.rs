//! The audit trail, the job queue, and the small tables that keep retries and limits honest.

use crate::portable::{NewTable, drop_tables};
use sea_orm_migration::{prelude::*, schema::*};

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        NewTable::tenant_owned("audit_event")
            .at_least(1, big_integer("seq"))
            .column(text("act"))
            .column(text("record_kind"))
            .column(uuid_null("record_id"))
            .column(uuid_null("assessment_id"))
            .column(text("actor_kind"))
            .column(uuid_null("actor_id"))
            .column(json_null("before"))
            .column(json_null("after"))
            .column(timestamp_with_time_zone("at"))
            .column(uuid_null("request_id"))
            .column(text_null("client_address"))
            .unique(&["seq"])
            .index(&["assessment_id", "seq"])
            .create(manager)
            .await?;
        NewTable::of_tenant_or_installation("job")
            .column(text("kind"))
            .column(json("payload"))
            .column(text("state"))
            .column(timestamp_with_time_zone("run_at"))
            .at_least(0, integer("attempts"))
            .column(text_null("leased_by"))
            .column(timestamp_with_time_zone_null("leased_until"))
            .column(text_null("dedup_key"))
            .column(text_null("last_error"))
            .column(timestamp_with_time_zone("created_at"))
            .column(timestamp_with_time_zone_null("finished_at"))
            .unique_while_open("dedup_key")
            .installation_index(&["state", "run_at"])
            .create(manager)
            .await?;
        NewTable::tenant_owned("idempotency_record")
            .column(text("scope"))
            .column(text("key"))
            .column(text("request_hash"))
            .column(json("response"))
            .column(timestamp_with_time_zone("created_at"))
            .unique(&["scope", "key"])
            .index(&["created_at"])
            .create(manager)
            .await?;
        NewTable::keyed_by("rate_limit", "bucket")
            .column(timestamp_with_time_zone("window_started_at"))
            .at_least(0, big_integer("count"))
            .create(manager)
            .await?;
        NewTable::keyed_by("installation_setting", "name")
            .column(text("value"))
            .column(timestamp_with_time_zone("updated_at"))
            .create(manager)
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(
            manager,
            &["installation_setting", "rate_limit", "idempotency_record", "job", "audit_event"],
        )
        .await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

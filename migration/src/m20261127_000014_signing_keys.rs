//! The public halves of the keys that sign receipts and tokens. Private halves are files.

use crate::portable::{NewTable, drop_tables};
use sea_orm_migration::{prelude::*, schema::*};

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        NewTable::keyed_by("signing_key", "kid")
            .column(text("purpose"))
            .column(text("x"))
            .column(timestamp_with_time_zone("created_at"))
            .column(timestamp_with_time_zone_null("retired_at"))
            .column(timestamp_with_time_zone_null("revoked_at"))
            .create(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["signing_key"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

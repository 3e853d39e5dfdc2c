//! Time-limited decisions to live with a finding, and until when an accepted finding is.

use crate::portable::{NewTable, drop_tables};
use sea_orm_migration::{prelude::*, schema::*};

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let until = date_null("accepted_until").take();
        manager.alter_table(Table::alter().table("finding").add_column(until).to_owned()).await?;
        NewTable::tenant_owned("risk_acceptance")
            .reference("finding_id", "finding")
            .column(text("state"))
            .column(text("reason"))
            .column(text_null("compensating"))
            .column(date("ends_on"))
            .reference("requested_by", "user_account")
            .column(timestamp_with_time_zone("requested_at"))
            .optional_reference("decided_by", "user_account")
            .column(timestamp_with_time_zone_null("decided_at"))
            .column(text_null("end_reason"))
            .version()
            .index(&["finding_id"])
            .index(&["state"])
            .create(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["risk_acceptance"]).await?;
        manager
            .alter_table(Table::alter().table("finding").drop_column(Alias::new("accepted_until")).to_owned())
            .await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

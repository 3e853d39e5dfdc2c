//! Vendors, their people, what they supply, and the intake that gives a service its tier.

use crate::portable::{NewTable, drop_tables};
use sea_orm_migration::{prelude::*, schema::*};

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        NewTable::tenant_owned("vendor")
            .column(text("name"))
            .column(text("name_normalised"))
            .column(text_null("website"))
            .column(text_null("note"))
            .column(text("state"))
            .column(timestamp_with_time_zone("created_at"))
            .reference("created_by", "user_account")
            .version()
            .index(&["name_normalised"])
            .create(manager)
            .await?;
        NewTable::tenant_owned("contact")
            .reference("vendor_id", "vendor")
            .column(text("name"))
            .column(text("email"))
            .column(text("email_canonical"))
            .column(text_null("job_title"))
            .column(text_null("refused_reason"))
            .column(timestamp_with_time_zone("created_at"))
            .version()
            .unique(&["vendor_id", "email_canonical"])
            .create(manager)
            .await?;
        NewTable::tenant_owned("service")
            .reference("vendor_id", "vendor")
            .column(text("name"))
            .column(text_null("description"))
            .column(timestamp_with_time_zone("created_at"))
            .version()
            .index(&["vendor_id"])
            .create(manager)
            .await?;
        NewTable::tenant_owned("intake")
            .reference("service_id", "service")
            .at_least(1, integer("number"))
            .column(json("answers"))
            .column(json("factors"))
            .column(json("facts"))
            .column(text("inherent_exact"))
            .column(integer("inherent_tenths"))
            .column(text("computed_tier"))
            .column(json("floors"))
            .column(text("tier"))
            .column(text_null("override_tier"))
            .column(text_null("override_reason"))
            .optional_reference("override_requested_by", "user_account")
            .optional_reference("override_approved_by", "user_account")
            .column(timestamp_with_time_zone_null("override_approved_at"))
            .reference("answered_by", "user_account")
            .column(timestamp_with_time_zone("answered_at"))
            .version()
            .unique(&["service_id", "number"])
            .create(manager)
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["intake", "service", "contact", "vendor"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

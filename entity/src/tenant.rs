//! An organisation that assesses vendors; owns all its data.

use sea_orm::entity::prelude::*;

/// A row of `tenant`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tenant")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    /// IANA name, for example `Europe/Vienna`: a due date ends with that day there.
    pub time_zone: String,
    pub locale: String,
    pub reference_prefix: String,
    /// The number that the next assessment's reference takes.
    pub next_reference: i64,
    /// The `seq` of the newest audit event; raised in the transaction of each act.
    pub audit_seq: i64,
    /// The hash of that event; empty before the first.
    pub audit_head: String,
    pub created_at: DateTimeUtc,
    pub version: i64,
}

/// The rows that this one names.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

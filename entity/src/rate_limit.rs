//! A counter over a window of time; for the whole installation, because it also guards what has no tenant yet.

use sea_orm::entity::prelude::*;

/// A row of `rate_limit`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rate_limit")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub bucket: String,
    pub window_started_at: DateTimeUtc,
    /// Tries in the window; of a bucket that regains tries, those that are out.
    pub count: i64,
}

/// The rows that this one names.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

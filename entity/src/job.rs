//! One unit of background work; `tenant_id` is none for work of the installation itself.

use sea_orm::entity::prelude::*;

/// A row of `job`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "job")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Option<Uuid>,
    pub kind: String,
    /// Ids only.
    pub payload: Json,
    /// `ready`, `leased`, `done` or `dead`.
    pub state: String,
    pub run_at: DateTimeUtc,
    /// Raised by each claim; part of the fence with which a worker settles.
    pub attempts: i32,
    pub leased_by: Option<String>,
    pub leased_until: Option<DateTimeUtc>,
    /// Unique among jobs that are `ready` or `leased`; none when duplicates are welcome.
    pub dedup_key: Option<String>,
    pub last_error: Option<String>,
    pub created_at: DateTimeUtc,
    pub finished_at: Option<DateTimeUtc>,
}

/// The rows that this one names.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

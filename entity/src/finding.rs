//! A gap, from an answer or raised by hand.

use crate::{TenantOwned, Versioned};
use sea_orm::{
    entity::prelude::*,
    sea_query::{ExprTrait as _, IntoCondition as _},
};

/// A row of `finding`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "finding")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub assessment_id: Uuid,
    pub vendor_id: Uuid,
    pub question_id: Option<String>,
    pub title: String,
    /// Lower case, single spaces: for search.
    pub title_normalised: String,
    pub detail: Option<String>,
    pub fix: Option<String>,
    pub severity: String,
    pub state: String,
    pub credit: Option<String>,
    pub target_option: Option<String>,
    pub target_credit: Option<String>,
    pub sla_days: i32,
    /// The SLA starts here.
    pub sent_at: Option<DateTimeUtc>,
    pub due_on: Option<Date>,
    pub raised_by: Uuid,
    pub raised_at: DateTimeUtc,
    pub closed_at: Option<DateTimeUtc>,
    pub state_reason: Option<String>,
    /// The last day of the risk acceptance, while there is one.
    pub accepted_until: Option<Date>,
    pub version: i64,
}

/// The rows that this one names.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::assessment::Entity",
        from = "(Column::TenantId, Column::AssessmentId)",
        to = "(super::assessment::Column::TenantId, super::assessment::Column::Id)"
    )]
    Assessment,
    #[sea_orm(
        belongs_to = "super::vendor::Entity",
        from = "(Column::TenantId, Column::VendorId)",
        to = "(super::vendor::Column::TenantId, super::vendor::Column::Id)"
    )]
    Vendor,
    #[sea_orm(
        belongs_to = "super::user_account::Entity",
        from = "(Column::TenantId, Column::RaisedBy)",
        to = "(super::user_account::Column::TenantId, super::user_account::Column::Id)"
    )]
    RaisedBy,
}

impl Related<super::assessment::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Assessment.def()
    }
}

impl Related<super::vendor::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Vendor.def()
    }
}

/// The acceptance of its risk that waits for an answer, of which there is one at most.
impl Related<super::risk_acceptance::Entity> for Entity {
    fn to() -> RelationDef {
        super::risk_acceptance::Relation::Finding.def().rev().on_condition(|_, acceptance| {
            Expr::col((acceptance, super::risk_acceptance::Column::State)).eq("requested").into_condition()
        })
    }
}

impl Related<super::user_account::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::RaisedBy.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl TenantOwned for Entity {
    const ID: Column = Column::Id;
    const TENANT_ID: Column = Column::TenantId;
}

impl Versioned for Entity {
    const VERSION: Column = Column::Version;
}

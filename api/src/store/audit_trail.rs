//! Looking into the audit trail: the events that fit a filter, newest first for a page, in order for a file.
//!
//! Pages go on from a number of the trail and never count rows, so that the millionth event costs what the first one
//! does; each filter has an index that ends with that number.

use super::{audit_log::recorded, error::StoreError, tenant_scope::Scoped, vendors::ids_of_named};
use crate::domain::{audit::Recorded, ids::UserId};
use chrono::{DateTime, Utc};
use entity::{assessment, audit_event, contact, intake, service};
use sea_orm::{
    ColumnTrait as _, EntityTrait, ExprTrait as _, FromQueryResult, Order, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, QueryTrait as _, Select,
    sea_query::{Expr, Query, SelectStatement, UnionType},
};

/// Whose acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActsOf {
    /// This user's.
    User(UserId),
    /// Anybody's at a vendor.
    Vendors,
    /// Timers, commands and links.
    System,
}

/// Which events; each part that is given narrows them.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// From this instant on.
    pub from: Option<DateTime<Utc>>,
    /// Before this instant.
    pub until: Option<DateTime<Utc>>,
    /// Of whom.
    pub acts_of: Option<ActsOf>,
    /// This act alone.
    pub act: Option<String>,
    /// About vendors with these normalised words in their name, their contacts, services, intakes and assessments.
    pub vendor: Option<String>,
    /// On the assessment with this reference.
    pub reference: Option<String>,
}

/// More acts than can wait for each other: each holds a connection, and gives up after seconds.
const WAITING: u64 = 1_000;

/// An event with what chains it.
#[derive(Clone, Debug)]
pub struct TrailLine {
    /// The event.
    pub event: Recorded,
    /// Its hash; empty before the chain began.
    pub hash: String,
    /// The hash of the event before it; empty for the first one.
    pub hash_before: String,
}

#[derive(Debug, FromQueryResult)]
struct Flat {
    #[sea_orm(nested)]
    event: audit_event::Model,
    hash_before: Option<String>,
}

/// At most `most` events before `number`, or the newest ones, newest first. One statement.
///
/// # Errors
/// When the database does not answer.
pub async fn newest_first(
    s: &impl Scoped,
    wanted: &Wanted,
    number: Option<i64>,
    most: u64,
) -> Result<Vec<TrailLine>, StoreError> {
    let query = number
        .into_iter()
        .fold(narrowed(s, wanted), |query, number| query.filter(audit_event::Column::Seq.lt(number)));
    lines(s, query.order_by_desc(audit_event::Column::Seq).limit(most)).await
}

/// At most `most` events after `number` up to `last`, in order. One statement.
///
/// # Errors
/// When the database does not answer.
pub async fn in_order(
    s: &impl Scoped,
    wanted: &Wanted,
    number: i64,
    last: i64,
    most: u64,
) -> Result<Vec<TrailLine>, StoreError> {
    use audit_event::Column as C;
    let query = narrowed(s, wanted).filter(C::Seq.gt(number)).filter(C::Seq.lte(last));
    lines(s, query.order_by_asc(C::Seq).limit(most)).await
}

async fn lines(s: &impl Scoped, query: Select<audit_event::Entity>) -> Result<Vec<TrailLine>, StoreError> {
    let rows = query.expr_as(hash_before(), "hash_before").into_model::<Flat>().all(s.connection()).await?;
    let line = |row: Flat| TrailLine {
        event: recorded(&row.event),
        hash: row.event.hash,
        hash_before: row.hash_before.unwrap_or_default(),
    };
    Ok(rows.into_iter().map(line).collect())
}

/// The hash of the event one number before, of the same tenant.
fn hash_before() -> Expr {
    use audit_event::{Column as C, Entity as E};
    const BEFORE: &str = "event_before";
    let query = Query::select()
        .expr(Expr::col((BEFORE, C::Hash)))
        .from_as(E, BEFORE)
        .and_where(Expr::col((BEFORE, C::TenantId)).equals((E, C::TenantId)))
        .and_where(Expr::col((BEFORE, C::Seq)).eq(Expr::col((E, C::Seq)).sub(1)))
        .to_owned();
    query.into()
}

fn narrowed(s: &impl Scoped, wanted: &Wanted) -> Select<audit_event::Entity> {
    use audit_event::Column as C;
    let mut query = within(s.find::<audit_event::Entity>(), wanted);
    let number = || Expr::col((audit_event::Entity, C::Seq));
    if wanted.from.is_some() {
        query = query.filter(number().gte(edge(s, wanted, Order::Asc, Expr::col(C::Seq).min())));
    }
    if wanted.until.is_some() {
        query = query.filter(number().lte(edge(s, wanted, Order::Desc, Expr::col(C::Seq).max())));
    }
    if let Some(of) = wanted.acts_of {
        query = match of {
            ActsOf::User(id) => query.filter(C::ActorId.eq(id.0)).filter(C::ActorKind.eq("user")),
            ActsOf::Vendors => query.filter(C::ActorKind.eq("respondent")),
            ActsOf::System => query.filter(C::ActorId.is_null()).filter(C::ActorKind.eq("system")),
        };
    }
    if let Some(act) = &wanted.act {
        query = query.filter(C::Act.eq(act));
    }
    if let Some(words) = &wanted.vendor {
        query = query.filter(C::Seq.in_subquery(about(s, words)));
    }
    if let Some(reference) = &wanted.reference {
        let named = s.find::<assessment::Entity>().filter(assessment::Column::Reference.eq(reference));
        let named = ids(named.limit(1), assessment::Column::Id);
        query = query.filter(Expr::col((audit_event::Entity, C::AssessmentId)).eq(named));
    }
    query
}

fn within(query: Select<audit_event::Entity>, wanted: &Wanted) -> Select<audit_event::Entity> {
    use audit_event::Column as C;
    query
        .apply_if(wanted.from, |query, from| query.filter(C::At.gte(from)))
        .apply_if(wanted.until, |query, until| query.filter(C::At.lt(until)))
}

/// The first or last number of the period, so that a walk in the order of the trail begins and ends there. Acts that
/// waited for each other were committed in another order than they began, so it is looked for among [`WAITING`] events.
fn edge(s: &impl Scoped, wanted: &Wanted, order: Order, number: Expr) -> SelectStatement {
    let events =
        within(s.find::<audit_event::Entity>(), wanted).select_only().column(audit_event::Column::Seq);
    let events = events.order_by(audit_event::Column::At, order).limit(WAITING);
    Query::select().expr(number).from_subquery(events.into_query(), "edge").to_owned()
}

/// Numbers of the events about the vendors with these words in their name, or anything that hangs on them.
fn about(s: &impl Scoped, words: &str) -> SelectStatement {
    use audit_event::Column as C;
    let vendors = || ids_of_named(s, words);
    let contacts = s.find::<contact::Entity>().filter(contact::Column::VendorId.in_subquery(vendors()));
    let services = || {
        let of_vendors = s.find::<service::Entity>().filter(service::Column::VendorId.in_subquery(vendors()));
        ids(of_vendors, service::Column::Id)
    };
    let intakes = s.find::<intake::Entity>().filter(intake::Column::ServiceId.in_subquery(services()));
    let assessments =
        s.find::<assessment::Entity>().filter(assessment::Column::VendorId.in_subquery(vendors()));
    let events = || s.find::<audit_event::Entity>();
    // Each part is found by an index of its own, which one condition with "or" would not be.
    let mut numbers = ids(events().filter(C::RecordId.in_subquery(vendors())), C::Seq);
    for records in [ids(contacts, contact::Column::Id), services(), ids(intakes, intake::Column::Id)] {
        let of_records = ids(events().filter(C::RecordId.in_subquery(records)), C::Seq);
        numbers.union(UnionType::Distinct, of_records);
    }
    let assessments = ids(assessments, assessment::Column::Id);
    numbers
        .union(UnionType::Distinct, ids(events().filter(C::AssessmentId.in_subquery(assessments)), C::Seq));
    numbers
}

fn ids<E: EntityTrait>(rows: Select<E>, id: E::Column) -> SelectStatement {
    rows.select_only().column(id).into_query()
}

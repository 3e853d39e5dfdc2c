//! What the start page shows of each group: how many there are, and the few that come first.

use super::{
    acceptances::waiting as waiting_acceptances, assessment_list::waiting, error::StoreError,
    findings::urgent, tenant_scope::Scoped,
};
use crate::domain::{
    assessment::{AssessmentState, Waits},
    due::Lateness,
    finding::Urgency,
    ids::{FindingId, UserId},
    remediation::severity_from_word,
    vendor::VendorState,
};
use chrono::{DateTime, NaiveDate, Utc};
use entity::{action, assessment, finding, service, vendor};
use questionnaires::risk::findings::Severity;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, ExprTrait as _, FromQueryResult, JoinType, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, QueryTrait as _, RelationTrait as _,
    sea_query::{Asterisk, Expr, Order, Query, SelectStatement, UnionType},
};
use uuid::Uuid;

/// One group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Assessments.
    Assessments(Waits),
    /// Assessments in this state, of vendors that are not archived.
    Standing(AssessmentState),
    /// Assessments with a decision.
    Decided,
    /// Findings.
    Findings(Urgency),
    /// Findings whose risk acceptance waits for the approval of this user.
    ToApprove(UserId),
    /// Findings whose risk acceptance ends on this day or before.
    Ending(NaiveDate),
}

/// How many things a group has, and which come first.
#[derive(Clone, Debug, Default)]
pub struct Head {
    /// All of them.
    pub count: usize,
    /// The first ones, in no order.
    pub first: Vec<Uuid>,
}

#[derive(FromQueryResult)]
struct Row {
    part: i32,
    id: Uuid,
    total: i64,
}

/// The heads of these groups, each with how many of it are wanted: those due first, of
/// decisions the newest. One statement.
///
/// # Errors
/// When the database does not answer.
pub async fn heads<const N: usize>(
    s: &impl Scoped,
    groups: [(Group, u64); N],
    lateness: Lateness,
    today: NaiveDate,
) -> Result<[Head; N], StoreError> {
    let mut heads = std::array::from_fn(|_| Head::default());
    let parts = groups.iter().zip(0_i32..).map(|((group, most), part)| {
        let rows = match group {
            Group::Assessments(waits) => assessments(s, waiting(*waits, lateness), *most),
            Group::Standing(state) => {
                let state = assessment::Column::State.eq(state.as_str());
                assessments(s, state.and(assessment::Column::VendorId.in_subquery(active_vendors(s))), *most)
            }
            Group::Decided => s
                .find::<assessment::Entity>()
                .filter(assessment::Column::State.eq(AssessmentState::Decided.as_str()))
                .order_by(assessment::Column::DecidedAt, Order::Desc)
                .order_by(assessment::Column::Id, Order::Desc)
                .select_only()
                .column(assessment::Column::Id)
                .limit(*most)
                .into_query(),
            Group::Findings(urgency) => found(s, urgent(*urgency, today), *most),
            Group::ToApprove(user) => {
                found(s, finding::Column::Id.in_subquery(waiting_acceptances(s, *user)), *most)
            }
            Group::Ending(last) => {
                let ends = finding::Column::AcceptedUntil.lte(*last);
                found(s, urgent(Urgency::Accepted, today).and(ends), *most)
            }
        };
        numbered(rows, part)
    });
    let Some(query) = parts.reduce(|mut all, part| {
        all.union(UnionType::All, part);
        all
    }) else {
        return Ok(heads);
    };
    let statement = s.connection().get_database_backend().build(&query);
    for row in Row::find_by_statement(statement).all(s.connection()).await? {
        if let Some(head) = usize::try_from(row.part).ok().and_then(|part| heads.get_mut(part)) {
            head.count = usize::try_from(row.total).unwrap_or_default();
            head.first.push(row.id);
        }
    }
    Ok(heads)
}

fn active_vendors(s: &impl Scoped) -> SelectStatement {
    s.find::<vendor::Entity>()
        .filter(vendor::Column::State.eq(VendorState::Active.as_str()))
        .select_only()
        .column(vendor::Column::Id)
        .into_query()
}

/// The first of the assessments that fit: those due first.
fn assessments(s: &impl Scoped, fits: Expr, most: u64) -> SelectStatement {
    s.find::<assessment::Entity>()
        .filter(fits)
        .order_by(assessment::Column::DueOn, Order::Asc)
        .order_by(assessment::Column::Id, Order::Asc)
        .select_only()
        .column(assessment::Column::Id)
        .limit(most)
        .into_query()
}

/// The first of the findings that fit: those due first.
fn found(s: &impl Scoped, fits: Expr, most: u64) -> SelectStatement {
    s.find::<finding::Entity>()
        .filter(fits)
        .order_by(finding::Column::DueOn.is_null(), Order::Asc)
        .order_by(finding::Column::DueOn, Order::Asc)
        .order_by(finding::Column::Id, Order::Asc)
        .select_only()
        .column(finding::Column::Id)
        .limit(most)
        .into_query()
}

/// A part of a union: its first rows, each with the part's number and with how many there are before the limit. They
/// are counted apart, for which an index does; counting beside the rows would keep all of them.
fn numbered(rows: SelectStatement, part: i32) -> SelectStatement {
    let all = rows.clone().clear_order_by().reset_limit().to_owned();
    let total = Query::select()
        .expr(Expr::col(Asterisk).count())
        .from_subquery(all, format!("all_{part}"))
        .to_owned();
    Query::select()
        .expr_as(Expr::val(part), "part")
        .column("id")
        .expr_as(total, "total")
        .from_subquery(rows, format!("part_{part}"))
        .to_owned()
}

/// A finding as the start page shows it.
#[derive(Clone, Debug)]
pub struct UrgentFinding {
    /// Which.
    pub id: FindingId,
    /// One line.
    pub title: String,
    /// How bad.
    pub severity: Severity,
    /// The last day of the SLA.
    pub due_on: Option<NaiveDate>,
    /// Name of the vendor.
    pub vendor: String,
    /// Name of the service.
    pub service: String,
    /// What was agreed last.
    pub action: Option<String>,
    /// When that was reported done.
    pub reported_at: Option<DateTime<Utc>>,
    /// The last day of its risk acceptance.
    pub accepted_until: Option<NaiveDate>,
}

#[derive(FromQueryResult)]
struct FindingRow {
    id: Uuid,
    title: String,
    severity: String,
    due_on: Option<NaiveDate>,
    vendor: String,
    service: String,
    action: Option<String>,
    reported_at: Option<DateTime<Utc>>,
    accepted_until: Option<NaiveDate>,
}

/// These findings, those due first in front. One statement.
///
/// # Errors
/// When the database does not answer.
pub async fn findings(s: &impl Scoped, ids: &[Uuid]) -> Result<Vec<UrgentFinding>, StoreError> {
    use finding::{Column as F, Relation as R};
    let rows: Vec<FindingRow> = s
        .find::<finding::Entity>()
        .filter(F::Id.is_in(ids.iter().copied()))
        .join(JoinType::InnerJoin, R::Vendor.def())
        .join(JoinType::InnerJoin, R::Assessment.def())
        .join(JoinType::InnerJoin, assessment::Relation::Service.def())
        .order_by_asc(F::DueOn.is_null())
        .order_by_asc(F::DueOn)
        .order_by_asc(F::Id)
        .select_only()
        .columns([F::Id, F::Title, F::Severity, F::DueOn, F::AcceptedUntil])
        .column_as(vendor::Column::Name, "vendor")
        .column_as(service::Column::Name, "service")
        .column_as(of_newest_action(action::Column::Text), "action")
        .column_as(of_newest_action(action::Column::ReportedAt), "reported_at")
        .into_model()
        .all(s.connection())
        .await?;
    let finding = |row: FindingRow| {
        let severity = severity_from_word(&row.severity);
        Ok(UrgentFinding {
            severity: severity.ok_or_else(|| StoreError::corrupt("finding", "severity", row.id))?,
            id: FindingId(row.id),
            title: row.title,
            due_on: row.due_on,
            vendor: row.vendor,
            service: row.service,
            action: row.action,
            reported_at: row.reported_at,
            accepted_until: row.accepted_until,
        })
    };
    rows.into_iter().map(finding).collect()
}

/// A column of the newest action of a finding.
fn of_newest_action(column: action::Column) -> Expr {
    use action::{Column as C, Entity as Action};
    let newest = Query::select()
        .expr(Expr::col((Action, column)))
        .from(Action)
        .and_where(Expr::col((Action, C::TenantId)).equals((finding::Entity, finding::Column::TenantId)))
        .and_where(Expr::col((Action, C::FindingId)).equals((finding::Entity, finding::Column::Id)))
        .order_by((Action, C::Id), Order::Desc)
        .limit(1)
        .to_owned();
    newest.into()
}

//! The list of assessments: how many there are of each kind, and one page of them. The database filters, sorts and
//! counts, so that no page costs more with every assessment that there is.

use super::{error::StoreError, latest::newest_residual, tenant_scope::Scoped};
use crate::domain::{
    assessment::{AssessmentState, Waits},
    due::Lateness,
    ids::{AssessmentId, ServiceId, UserId},
    remediation::SnapshotReason,
};
use chrono::NaiveDate;
use entity::{assessment, score_snapshot, service, user_account, vendor};
use sea_orm::{
    ColumnTrait as _, DbErr, ExprTrait as _, FromQueryResult, JoinType, QueryFilter as _, QueryOrder as _,
    QueryResult, QuerySelect as _, QueryTrait as _, RelationTrait as _, Select,
    sea_query::{Condition, Expr, IntoCondition, Query},
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Which assessments to list.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// In this state.
    pub state: Option<AssessmentState>,
    /// That wait for this; all but cancelled ones when neither this nor a state is said.
    pub waits: Option<Waits>,
    /// Of this owner.
    pub owner: Option<UserId>,
    /// About this service.
    pub service: Option<ServiceId>,
    /// What is late.
    pub lateness: Lateness,
}

/// An assessment as the list shows it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Which.
    pub id: AssessmentId,
    /// What people quote.
    pub reference: String,
    /// The vendor's name.
    pub vendor: String,
    /// The service's name.
    pub service: String,
    /// The owner's name.
    pub owner: String,
    /// Where it stands.
    pub state: AssessmentState,
    /// The end of this day is the due time.
    pub due_on: NaiveDate,
    /// Residual risk of the latest snapshot.
    pub residual: Option<String>,
}

/// How many assessments there are.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// In each state that some are in.
    pub states: BTreeMap<AssessmentState, usize>,
    /// That wait for each.
    pub waits: BTreeMap<Waits, usize>,
    /// That fit what is wanted.
    pub fitting: usize,
}

/// Whether an assessment waits for this.
pub(super) fn waiting(wanted: Waits, lateness: Lateness) -> Expr {
    use assessment::Column as A;
    let with_vendor = || {
        let open = AssessmentState::ALL.iter().filter(|state| state.open_to_vendor());
        A::State.is_in(open.map(|state| state.as_str()))
    };
    let in_review = || A::State.eq(AssessmentState::InReview.as_str());
    match wanted {
        Waits::Decision => in_review().and(review_ended()),
        Waits::Review => {
            let handed_in = [AssessmentState::Submitted, AssessmentState::InReview];
            let handed_in = A::State.is_in(handed_in.map(AssessmentState::as_str));
            handed_in.and(in_review().and(review_ended()).not())
        }
        Waits::Late => with_vendor().and(A::DueOn.lte(lateness.last_past)),
        Waits::Start => {
            let sent = A::State.eq(AssessmentState::Sent.as_str());
            let long_ago = A::SentAt.lt(lateness.begun_if_sent_before);
            sent.and(long_ago).and(A::DueOn.gt(lateness.last_past))
        }
        Waits::Vendor => with_vendor().and(A::DueOn.gt(lateness.last_past)),
    }
}

/// Whether the review of the submission that stands has ended.
fn review_ended() -> Expr {
    use assessment::{Column as A, Entity as Assessment};
    use score_snapshot::{Column as S, Entity as Snapshot};
    let ended = Query::select()
        .expr(Expr::val(1))
        .from(Snapshot)
        .and_where(Expr::col((Snapshot, S::TenantId)).equals((Assessment, A::TenantId)))
        .and_where(Expr::col((Snapshot, S::AssessmentId)).equals((Assessment, A::Id)))
        .and_where(Expr::col((Snapshot, S::SubmissionNumber)).equals((Assessment, A::SubmissionNumber)))
        .and_where(Expr::col((Snapshot, S::Reason)).eq(SnapshotReason::Review.as_str()))
        .to_owned();
    Expr::exists(ended)
}

/// How many rows fulfil this.
pub(super) fn how_many(condition: impl IntoCondition) -> Expr {
    let counted: Expr = Expr::case(condition, 1).into();
    counted.count()
}

struct StateRow {
    state: String,
    count: i64,
    fitting: i64,
    waits: Vec<(Waits, i64)>,
}

impl FromQueryResult for StateRow {
    fn from_query_result(row: &QueryResult, _: &str) -> Result<Self, DbErr> {
        let waits = Waits::ALL.iter().map(|waits| Ok((*waits, row.try_get("", waits.as_str())?)));
        let waits = waits.collect::<Result<_, DbErr>>()?;
        Ok(Self {
            state: row.try_get("", "state")?,
            count: row.try_get("", "count")?,
            fitting: row.try_get("", "fitting")?,
            waits,
        })
    }
}

/// How many assessments there are of each kind, and how many fit. One statement.
///
/// # Errors
/// When the database does not answer.
pub async fn counts(s: &impl Scoped, wanted: &Wanted) -> Result<Counts, StoreError> {
    use assessment::Column as A;
    let query =
        s.find::<assessment::Entity>().select_only().column(A::State).column_as(A::Id.count(), "count");
    let query = Waits::ALL.iter().fold(query, |query, waits| {
        query.column_as(how_many(waiting(*waits, wanted.lateness)), waits.as_str())
    });
    let query = query.column_as(how_many(fitting(wanted)), "fitting");
    let rows: Vec<StateRow> = query.group_by(A::State).into_model().all(s.connection()).await?;
    let size = |count: i64| usize::try_from(count).unwrap_or_default();
    let mut counts = Counts::default();
    for row in rows {
        let state = AssessmentState::parse(&row.state);
        let state = state.ok_or_else(|| StoreError::corrupt("assessment", "state", &row.state))?;
        counts.states.insert(state, size(row.count));
        counts.fitting += size(row.fitting);
        for (waits, count) in row.waits {
            *counts.waits.entry(waits).or_default() += size(count);
        }
    }
    Ok(counts)
}

/// Whether an assessment fits.
fn fitting(wanted: &Wanted) -> Condition {
    use assessment::Column as A;
    let all = wanted.state.is_none() && wanted.waits.is_none();
    Condition::all()
        .add_option(all.then(|| A::State.ne(AssessmentState::Cancelled.as_str())))
        .add_option(wanted.state.map(|state| A::State.eq(state.as_str())))
        .add_option(wanted.waits.map(|waits| waiting(waits, wanted.lateness)))
        .add_option(wanted.owner.map(|owner| A::OwnerId.eq(owner.0)))
        .add_option(wanted.service.map(|service| A::ServiceId.eq(service.0)))
}

#[derive(FromQueryResult)]
struct Row {
    id: Uuid,
    reference: String,
    vendor: String,
    service: String,
    owner: String,
    state: String,
    due_on: NaiveDate,
    residual: Option<String>,
}

/// At most `most` of the assessments that fit, after the first `skipped`: those that wait for somebody by their due
/// day, all others newest first. One statement.
///
/// # Errors
/// When the database does not answer.
pub async fn page(
    s: &impl Scoped,
    wanted: &Wanted,
    skipped: usize,
    most: usize,
) -> Result<Vec<Listed>, StoreError> {
    use assessment::{Column as A, Relation as R};
    let ordered = |query: Select<assessment::Entity>| match wanted.waits {
        Some(_) => query.order_by_asc(A::DueOn).order_by_asc(A::Id),
        None => query.order_by_desc(A::CreatedAt).order_by_desc(A::Id),
    };
    // Names and residual risk are looked up for the rows of the page alone.
    let ids = ordered(s.find::<assessment::Entity>().filter(fitting(wanted))).select_only().column(A::Id);
    let ids = ids.offset(skipped as u64).limit(most as u64).into_query();
    let rows: Vec<Row> = ordered(s.find::<assessment::Entity>().filter(A::Id.in_subquery(ids)))
        .join(JoinType::InnerJoin, R::Vendor.def())
        .join(JoinType::InnerJoin, R::Service.def())
        .join(JoinType::InnerJoin, R::Owner.def())
        .select_only()
        .columns([A::Id, A::Reference, A::State, A::DueOn])
        .column_as(vendor::Column::Name, "vendor")
        .column_as(service::Column::Name, "service")
        .column_as(user_account::Column::Name, "owner")
        .column_as(newest_residual(), "residual")
        .into_model()
        .all(s.connection())
        .await?;
    let listed = |row: Row| {
        let state = AssessmentState::parse(&row.state);
        Ok(Listed {
            state: state.ok_or_else(|| StoreError::corrupt("assessment", "state", row.id))?,
            id: AssessmentId(row.id),
            reference: row.reference,
            vendor: row.vendor,
            service: row.service,
            owner: row.owner,
            due_on: row.due_on,
            residual: row.residual,
        })
    };
    rows.into_iter().map(listed).collect()
}

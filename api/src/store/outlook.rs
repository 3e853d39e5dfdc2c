//! What the start page shows beside its groups: vendors by residual risk, and what comes due.

use super::{
    error::StoreError, findings::to_work_on, latest::latest_handed_in, settings, tenant_scope::Scoped,
};
use crate::domain::{
    assessment::AssessmentState,
    ids::{ServiceId, UserId},
    vendor::VendorState,
};
use chrono::{Days, NaiveDate};
use entity::{assessment, decision, evidence, finding, intake, service, vendor};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, FromQueryResult, IntoSimpleExpr as _, JoinType, QueryFilter as _,
    QuerySelect as _, QueryTrait as _, RelationTrait as _,
    sea_query::{Asterisk, Expr, ExprTrait as _, Order, Query, SelectStatement, UnionType, WindowStatement},
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// How many days ahead the outlook goes, after today.
pub const DAYS: u64 = 7;
/// The most things of a kind that it names.
const MOST: u64 = 10;

/// Why a day matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    /// The answers to an assessment.
    Answers,
    /// A finding.
    Finding,
    /// Evidence is valid until then.
    Evidence,
    /// A decision asks for the next review then.
    Review,
}

/// Something with a day.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Coming {
    /// The day.
    pub day: NaiveDate,
    /// Why it matters.
    pub due: Due,
    /// Of the assessment or finding; of the assessment that the evidence or the decision belongs to.
    pub id: Uuid,
    /// Name of the vendor.
    pub vendor: String,
    /// Name of the service, title of the finding, name of the evidence.
    pub what: String,
}

/// A service whose lower tier waits for approval.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LowerTier {
    /// Name of the vendor.
    pub vendor: String,
    /// Name of the service.
    pub service: String,
    /// Which.
    pub id: ServiceId,
}

/// What the start page shows beside its groups.
#[derive(Clone, Debug, Default)]
pub struct Outlook {
    /// Active vendors by the worst residual risk among their services' latest assessments: from 0, not assessed, to 4,
    /// critical.
    pub vendors: BTreeMap<usize, usize>,
    /// What comes due in the next [`DAYS`] days, the first few of each kind, by day.
    pub coming: Vec<Coming>,
    /// How many more there are.
    pub more: usize,
    /// The first few services whose next review is due and that are not being assessed.
    pub reassess: Vec<Coming>,
    /// How many of them there are.
    pub to_reassess: usize,
    /// The first few services whose lower tier waits for this user.
    pub lower_tiers: Vec<LowerTier>,
    /// How many of them there are.
    pub to_approve: usize,
    /// The setting of this name.
    pub setting: Option<String>,
}

#[derive(FromQueryResult)]
struct Row {
    kind: String,
    id: Option<Uuid>,
    vendor: Option<String>,
    what: Option<String>,
    day: Option<NaiveDate>,
    number: i64,
}

const KINDS: [(&str, Due); 4] = [
    ("answers", Due::Answers),
    ("finding", Due::Finding),
    ("evidence", Due::Evidence),
    ("review", Due::Review),
];

/// Everything in one statement for this user, with a setting of the installation by name.
///
/// # Errors
/// When the database does not answer.
pub async fn outlook(
    s: &impl Scoped,
    today: NaiveDate,
    user: UserId,
    setting: &str,
) -> Result<Outlook, StoreError> {
    // The first part has a value in every column; PostgreSQL takes the columns' types from it.
    let mut query = due("answers", answers(s, today));
    for part in [
        due("finding", findings(s, today)),
        due("evidence", evidence(s, today)),
        due(
            "review",
            reviews(
                s,
                decision::Column::NextReviewOn.into_simple_expr().between(tomorrow(today), last(today)),
            ),
        ),
        due("reassess", reviews(s, decision::Column::NextReviewOn.lte(today))),
        undated("tier", lower_tiers(s, user)),
        by_residual(s),
        only("setting", settings::value_of(setting)),
    ] {
        query.union(UnionType::All, part);
    }
    let statement = s.connection().get_database_backend().build(&query);
    let mut outlook = Outlook::default();
    let mut all: BTreeMap<String, usize> = BTreeMap::new();
    for row in Row::find_by_statement(statement).all(s.connection()).await? {
        let number = usize::try_from(row.number).unwrap_or_default();
        let kind = KINDS.iter().find(|(name, _)| *name == row.kind).map(|(_, due)| *due);
        match (kind, row.id, row.day) {
            (due, Some(id), Some(day)) => {
                let (vendor, what) = (row.vendor.unwrap_or_default(), row.what.unwrap_or_default());
                let coming = Coming { day, due: due.unwrap_or(Due::Review), id, vendor, what };
                if due.is_some() {
                    all.insert(row.kind, number);
                    outlook.coming.push(coming);
                } else {
                    outlook.reassess.push(coming);
                    outlook.to_reassess = number;
                }
            }
            (_, Some(id), None) => {
                let (vendor, service) = (row.vendor.unwrap_or_default(), row.what.unwrap_or_default());
                outlook.lower_tiers.push(LowerTier { vendor, service, id: ServiceId(id) });
                outlook.to_approve = number;
            }
            _ if row.kind == "setting" => outlook.setting = row.what,
            _ => {
                let level = row.what.and_then(|level| level.parse().ok()).unwrap_or_default();
                outlook.vendors.insert(level, number);
            }
        }
    }
    outlook.coming.sort();
    outlook.reassess.sort();
    outlook.lower_tiers.sort();
    outlook.more = all.values().sum::<usize>() - outlook.coming.len();
    Ok(outlook)
}

fn tomorrow(today: NaiveDate) -> NaiveDate {
    today + Days::new(1)
}

fn last(today: NaiveDate) -> NaiveDate {
    today + Days::new(DAYS)
}

/// A part of the union: the first of these rows by day, and how many there are before the limit.
fn due(kind: &str, mut rows: SelectStatement) -> SelectStatement {
    const COLUMNS: [&str; 5] = ["id", "vendor", "what", "day", "number"];
    rows.expr_window_as(Expr::col(Asterisk).count(), WindowStatement::new(), "number");
    // Around it, because a column to order by must be one that the rows give.
    let first = Query::select()
        .columns(COLUMNS)
        .from_subquery(rows, format!("all_{kind}"))
        .order_by("day", Order::Asc)
        .order_by("id", Order::Asc)
        .limit(MOST)
        .to_owned();
    Query::select()
        .expr_as(Expr::val(kind), "kind")
        .columns(COLUMNS)
        .from_subquery(first, format!("first_{kind}"))
        .to_owned()
}

/// A part of the union without days: the first of these rows by name, and how many there are before the limit.
fn undated(kind: &str, mut rows: SelectStatement) -> SelectStatement {
    rows.expr_window_as(Expr::col(Asterisk).count(), WindowStatement::new(), "number")
        .order_by("vendor", Order::Asc)
        .order_by("what", Order::Asc)
        .limit(MOST);
    Query::select()
        .expr_as(Expr::val(kind), "kind")
        .columns(["id", "vendor", "what"])
        .expr_as(Expr::cust("NULL"), "day")
        .column("number")
        .from_subquery(rows, format!("first_{kind}"))
        .to_owned()
}

/// A part of the union that has a text and nothing else.
fn only(kind: &str, rows: SelectStatement) -> SelectStatement {
    Query::select()
        .expr_as(Expr::val(kind), "kind")
        .expr_as(Expr::cust("NULL"), "id")
        .expr_as(Expr::cust("NULL"), "vendor")
        .column("value")
        .expr_as(Expr::cust("NULL"), "day")
        .expr_as(Expr::cust("1"), "number")
        .from_subquery(rows, format!("of_{kind}"))
        .to_owned()
}

fn answers(s: &impl Scoped, today: NaiveDate) -> SelectStatement {
    use assessment::{Column as A, Relation as R};
    let open = AssessmentState::ALL.iter().filter(|state| state.open_to_vendor());
    s.find::<assessment::Entity>()
        .filter(A::State.is_in(open.map(|state| state.as_str())))
        .filter(A::DueOn.between(tomorrow(today), last(today)))
        .join(JoinType::InnerJoin, R::Vendor.def())
        .join(JoinType::InnerJoin, R::Service.def())
        .select_only()
        .column(A::Id)
        .column_as(vendor::Column::Name, "vendor")
        .column_as(service::Column::Name, "what")
        .column_as(A::DueOn, "day")
        .into_query()
}

fn findings(s: &impl Scoped, today: NaiveDate) -> SelectStatement {
    use finding::{Column as F, Relation as R};
    s.find::<finding::Entity>()
        .filter(to_work_on())
        .filter(F::DueOn.between(tomorrow(today), last(today)))
        .join(JoinType::InnerJoin, R::Vendor.def())
        .select_only()
        .column(F::Id)
        .column_as(vendor::Column::Name, "vendor")
        .column_as(F::Title, "what")
        .column_as(F::DueOn, "day")
        .into_query()
}

fn evidence(s: &impl Scoped, today: NaiveDate) -> SelectStatement {
    use evidence::{Column as E, Relation as R};
    s.find::<evidence::Entity>()
        .filter(E::RemovedAt.is_null())
        .filter(E::ValidUntil.between(tomorrow(today), last(today)))
        .join(JoinType::InnerJoin, R::Vendor.def())
        .select_only()
        .column_as(E::AssessmentId, "id")
        .column_as(vendor::Column::Name, "vendor")
        .column_as(E::DisplayName, "what")
        .column_as(E::ValidUntil, "day")
        .into_query()
}

/// Services whose current intake has a lower tier that this user may approve: somebody else asked for it.
fn lower_tiers(s: &impl Scoped, user: UserId) -> SelectStatement {
    use intake::{Column as I, Relation as R};
    s.find::<intake::Entity>()
        .filter(Expr::exists(later_intake()).not())
        .filter(I::OverrideTier.is_not_null())
        .filter(I::OverrideApprovedAt.is_null())
        .filter(I::OverrideRequestedBy.ne(user.0))
        // A higher tier holds at once and is the tier then.
        .filter(Expr::col((intake::Entity, I::OverrideTier)).ne(Expr::col((intake::Entity, I::Tier))))
        .join(JoinType::InnerJoin, R::Service.def())
        .join(JoinType::InnerJoin, service::Relation::Vendor.def())
        .filter(vendor::Column::State.eq(VendorState::Active.as_str()))
        .select_only()
        .column_as(I::ServiceId, "id")
        .column_as(vendor::Column::Name, "vendor")
        .column_as(service::Column::Name, "what")
        .into_query()
}

/// An intake of the same service that took this one's place.
fn later_intake() -> SelectStatement {
    use intake::{Column as I, Entity as Intake};
    const LATER: &str = "later";
    Query::select()
        .expr(Expr::val(1))
        .from_as(Intake, LATER)
        .and_where(Expr::col((LATER, I::TenantId)).equals((Intake, I::TenantId)))
        .and_where(Expr::col((LATER, I::ServiceId)).equals((Intake, I::ServiceId)))
        .and_where(Expr::col((LATER, I::Number)).gt(Expr::col((Intake, I::Number))))
        .to_owned()
}

/// Services that nobody assesses now and whose latest decision asks for a review at such a time.
fn reviews(s: &impl Scoped, when: Expr) -> SelectStatement {
    use assessment::{Column as A, Relation as R};
    use decision::Column as D;
    s.find::<assessment::Entity>()
        .filter(A::State.eq(AssessmentState::Decided.as_str()))
        .filter(latest_handed_in())
        .filter(Expr::exists(being_assessed()).not())
        .join(JoinType::InnerJoin, R::Vendor.def())
        .filter(vendor::Column::State.eq(VendorState::Active.as_str()))
        .join(JoinType::InnerJoin, R::Service.def())
        .join_rev(JoinType::InnerJoin, decision::Relation::Assessment.def())
        .filter(Expr::exists(later_decision()).not())
        .filter(when)
        .select_only()
        .column(A::Id)
        .column_as(vendor::Column::Name, "vendor")
        .column_as(service::Column::Name, "what")
        .column_as(D::NextReviewOn, "day")
        .into_query()
}

/// Another assessment of the same service that is not at its end.
fn being_assessed() -> SelectStatement {
    use assessment::{Column as A, Entity as Assessment};
    const OTHER: &str = "other";
    Query::select()
        .expr(Expr::val(1))
        .from_as(Assessment, OTHER)
        .and_where(Expr::col((OTHER, A::TenantId)).equals((Assessment, A::TenantId)))
        .and_where(Expr::col((OTHER, A::ServiceId)).equals((Assessment, A::ServiceId)))
        .and_where(
            Expr::col((OTHER, A::State)).is_not_in(AssessmentState::ENDED.map(AssessmentState::as_str)),
        )
        .to_owned()
}

/// A decision about the same assessment that took this one's place.
fn later_decision() -> SelectStatement {
    use decision::{Column as D, Entity as Decision};
    const LATER: &str = "later";
    Query::select()
        .expr(Expr::val(1))
        .from_as(Decision, LATER)
        .and_where(Expr::col((LATER, D::TenantId)).equals((Decision, D::TenantId)))
        .and_where(Expr::col((LATER, D::AssessmentId)).equals((Decision, D::AssessmentId)))
        .and_where(Expr::col((LATER, D::Number)).gt(Expr::col((Decision, D::Number))))
        .to_owned()
}

/// How many active vendors have which level as the worst of their services.
fn by_residual(s: &impl Scoped) -> SelectStatement {
    use vendor::Column as V;
    s.find::<vendor::Entity>()
        .filter(V::State.eq(VendorState::Active.as_str()))
        .select_only()
        .expr_as(Expr::val("residual"), "kind")
        .expr_as(Expr::cust("NULL"), "id")
        .expr_as(Expr::cust("NULL"), "vendor")
        .expr_as(Expr::col((vendor::Entity, V::WorstResidual)).cast_as("text"), "what")
        .expr_as(Expr::cust("NULL"), "day")
        .expr_as(Expr::col(Asterisk).count(), "number")
        .group_by(V::WorstResidual)
        .into_query()
}

//! Rows of findings and their actions.

use super::{
    assessment_list::how_many,
    error::StoreError,
    tenant_scope::Scoped,
    vendors::{ids_of_named, with_words},
    write_tx::WriteTx,
};
use crate::domain::{
    finding::{ActionState, FindingState, Urgency, soon_ends},
    ids::{ActionId, AssessmentId, FindingId, RespondentId, UserId, VendorId},
    remediation::{Action, Finding, FindingLine, severity_from_word},
    vendor::normalised,
};
use chrono::NaiveDate;
use entity::{action, assessment, finding, risk_acceptance, service, vendor};
use questionnaires::{answering::Grade, risk::findings::Severity};
use sea_orm::{
    ColumnTrait as _, DbErr, ExprTrait as _, FromQueryResult, QueryFilter as _, QueryOrder as _, QueryResult,
    QuerySelect as _, QueryTrait as _, Select, Set,
    sea_query::{Alias, CaseStatement, Expr, Query, SelectStatement},
};
use std::collections::BTreeMap;
use uuid::Uuid;

fn finding_of(row: finding::Model) -> Result<Finding, StoreError> {
    let id = row.id;
    let corrupt = |column| StoreError::corrupt("finding", column, id);
    let credit =
        |text: Option<&str>, column| text.map(|t| t.parse().map_err(|_| corrupt(column))).transpose();
    Ok(Finding {
        severity: severity_from_word(&row.severity).ok_or_else(|| corrupt("severity"))?,
        state: FindingState::parse(&row.state).ok_or_else(|| corrupt("state"))?,
        credit: credit(row.credit.as_deref(), "credit")?,
        target_credit: credit(row.target_credit.as_deref(), "target_credit")?,
        id: FindingId(row.id),
        assessment_id: AssessmentId(row.assessment_id),
        vendor_id: VendorId(row.vendor_id),
        question: row.question_id,
        title: row.title,
        detail: row.detail,
        fix: row.fix,
        target_option: row.target_option,
        sla_days: row.sla_days,
        sent_at: row.sent_at,
        due_on: row.due_on,
        raised_by: UserId(row.raised_by),
        raised_at: row.raised_at,
        closed_at: row.closed_at,
        state_reason: row.state_reason,
        accepted_until: row.accepted_until,
        version: row.version,
    })
}

fn finding_row(tx: &WriteTx, finding: &Finding) -> finding::ActiveModel {
    finding::ActiveModel {
        id: Set(finding.id.0),
        tenant_id: Set(tx.tenant_id().0),
        assessment_id: Set(finding.assessment_id.0),
        vendor_id: Set(finding.vendor_id.0),
        question_id: Set(finding.question.clone()),
        title: Set(finding.title.clone()),
        title_normalised: Set(normalised(&finding.title)),
        detail: Set(finding.detail.clone()),
        fix: Set(finding.fix.clone()),
        severity: Set(finding.severity.as_str().to_owned()),
        state: Set(finding.state.to_string()),
        credit: Set(finding.credit.as_ref().map(ToString::to_string)),
        target_option: Set(finding.target_option.clone()),
        target_credit: Set(finding.target_credit.as_ref().map(ToString::to_string)),
        sla_days: Set(finding.sla_days),
        sent_at: Set(finding.sent_at),
        due_on: Set(finding.due_on),
        raised_by: Set(finding.raised_by.0),
        raised_at: Set(finding.raised_at),
        closed_at: Set(finding.closed_at),
        state_reason: Set(finding.state_reason.clone()),
        accepted_until: Set(finding.accepted_until),
        version: Set(finding.version),
    }
}

fn action_of(row: action::Model) -> Result<Action, StoreError> {
    let id = row.id;
    let corrupt = |column| StoreError::corrupt("action", column, id);
    let grade = row.verified_grade.as_deref();
    Ok(Action {
        state: ActionState::parse(&row.state).ok_or_else(|| corrupt("state"))?,
        verified_grade: grade
            .map(|word| Grade::from_word(word).ok_or_else(|| corrupt("verified_grade")))
            .transpose()?,
        id: ActionId(row.id),
        finding_id: FindingId(row.finding_id),
        assessment_id: AssessmentId(row.assessment_id),
        text: row.text,
        owner_name: row.owner_name,
        due_on: row.due_on,
        target_option: row.target_option,
        report_note: row.report_note,
        reported_by_respondent: row.reported_by_respondent.map(RespondentId),
        recorded_by_user: row.recorded_by_user.map(UserId),
        reported_at: row.reported_at,
        verified_by: row.verified_by.map(UserId),
        verified_at: row.verified_at,
        verdict_reason: row.verdict_reason,
        verified_option: row.verified_option,
        created_at: row.created_at,
        version: row.version,
    })
}

fn action_row(tx: &WriteTx, action: &Action) -> action::ActiveModel {
    action::ActiveModel {
        id: Set(action.id.0),
        tenant_id: Set(tx.tenant_id().0),
        finding_id: Set(action.finding_id.0),
        assessment_id: Set(action.assessment_id.0),
        text: Set(action.text.clone()),
        owner_name: Set(action.owner_name.clone()),
        owner_normalised: Set(normalised(&action.owner_name)),
        due_on: Set(action.due_on),
        state: Set(action.state.to_string()),
        target_option: Set(action.target_option.clone()),
        report_note: Set(action.report_note.clone()),
        reported_by_respondent: Set(action.reported_by_respondent.map(|id| id.0)),
        recorded_by_user: Set(action.recorded_by_user.map(|id| id.0)),
        reported_at: Set(action.reported_at),
        verified_by: Set(action.verified_by.map(|id| id.0)),
        verified_at: Set(action.verified_at),
        verdict_reason: Set(action.verdict_reason.clone()),
        verified_option: Set(action.verified_option.clone()),
        verified_grade: Set(action.verified_grade.map(|grade| grade.as_str().to_owned())),
        created_at: Set(action.created_at),
        version: Set(action.version),
    }
}

/// The finding with this id.
///
/// # Errors
/// When the database does not answer.
pub async fn finding(s: &impl Scoped, id: FindingId) -> Result<Option<Finding>, StoreError> {
    s.find_id::<finding::Entity>(id).one(s.connection()).await?.map(finding_of).transpose()
}

/// The findings of an assessment, oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn of_assessment(s: &impl Scoped, assessment: AssessmentId) -> Result<Vec<Finding>, StoreError> {
    let rows = s
        .find::<finding::Entity>()
        .filter(finding::Column::AssessmentId.eq(assessment.0))
        .order_by_asc(finding::Column::Id)
        .all(s.connection())
        .await?;
    rows.into_iter().map(finding_of).collect()
}

/// Which findings a list or a file takes.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// In one of these states.
    pub states: Vec<FindingState>,
    /// Of one of these severities.
    pub severities: Vec<Severity>,
    /// Of vendors with these normalised words in their name; of all when it is empty.
    pub vendor: String,
    /// Whose agreed action has an owner with these normalised words in the name; of all when it is empty.
    pub owner: String,
    /// Of this urgency.
    pub urgency: Option<Urgency>,
    /// What urgency counts from.
    pub today: NaiveDate,
}

/// Whether a finding waits for somebody to fix it.
pub(super) fn to_work_on() -> Expr {
    use FindingState as S;
    finding::Column::State.is_in([S::Open, S::Planned, S::InProgress].map(S::as_str))
}

/// Whether a finding is of this urgency: what [`Urgency::of`] says of one that was read.
pub(super) fn urgent(urgency: Urgency, today: NaiveDate) -> Expr {
    use FindingState as S;
    use finding::Column as C;
    let of = |states: &[S]| C::State.is_in(states.iter().map(|state| state.as_str()));
    match urgency {
        Urgency::Overdue => to_work_on().and(C::DueOn.lt(today)),
        Urgency::Verify => of(&[S::AwaitingVerification]),
        Urgency::Soon => to_work_on().and(C::DueOn.between(today, soon_ends(today))),
        Urgency::Later => to_work_on().and(C::DueOn.is_null().or(C::DueOn.gt(soon_ends(today)))),
        Urgency::Accepted => of(&[S::Accepted]),
        Urgency::Done => of(&[S::Closed, S::Dismissed]),
    }
}

/// The findings whose newest action has an owner with these words in the name, as a part of another query.
fn owned_by(s: &impl Scoped, words: &str) -> SelectStatement {
    use action::{Column as A, Entity as Action};
    let later = Alias::new("later");
    let newer = Query::select()
        .expr(Expr::val(1))
        .from_as(Action, later.clone())
        .and_where(Expr::col((later.clone(), A::TenantId)).equals((Action, A::TenantId)))
        .and_where(Expr::col((later.clone(), A::FindingId)).equals((Action, A::FindingId)))
        .and_where(Expr::col((later, A::Id)).gt(Expr::col((Action, A::Id))))
        .to_owned();
    s.find::<Action>()
        .filter(with_words((Action, A::OwnerNormalised), words))
        .filter(Expr::exists(newer).not())
        .select_only()
        .column(A::FindingId)
        .into_query()
}

fn fitting(s: &impl Scoped, wanted: &Wanted) -> Select<finding::Entity> {
    use finding::Column as C;
    let vendor = Some(&wanted.vendor).filter(|words| !words.is_empty());
    let owner = Some(&wanted.owner).filter(|words| !words.is_empty());
    s.find::<finding::Entity>()
        .filter(C::State.is_in(wanted.states.iter().map(|state| state.as_str())))
        .filter(C::Severity.is_in(wanted.severities.iter().map(|one| one.as_str())))
        .apply_if(vendor, |query, words| query.filter(C::VendorId.in_subquery(ids_of_named(s, words))))
        .apply_if(owner, |query, words| {
            // An open finding has no action that counts: what was agreed before it was reopened is over.
            query
                .filter(C::State.ne(FindingState::Open.as_str()))
                .filter(C::Id.in_subquery(owned_by(s, words)))
        })
        .apply_if(wanted.urgency, |query, urgency| query.filter(urgent(urgency, wanted.today)))
}

/// How many findings fit, and at how many vendors.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// By urgency.
    pub findings: BTreeMap<Urgency, usize>,
    /// Vendors.
    pub vendors: usize,
}

impl FromQueryResult for Figures {
    fn from_query_result(row: &QueryResult, _: &str) -> Result<Self, DbErr> {
        let read = |name: &str| -> Result<usize, DbErr> {
            let count: i64 = row.try_get("", name)?;
            Ok(usize::try_from(count).unwrap_or_default())
        };
        let findings = Urgency::ALL.iter().map(|urgency| Ok((*urgency, read(urgency.as_str())?)));
        Ok(Self { findings: findings.collect::<Result<_, DbErr>>()?, vendors: read("vendors")? })
    }
}

/// Counts the findings that fit. One statement.
///
/// # Errors
/// When the database does not answer.
pub async fn figures(s: &impl Scoped, wanted: &Wanted) -> Result<Figures, StoreError> {
    let vendors = Expr::col((finding::Entity, finding::Column::VendorId)).count_distinct();
    let query = fitting(s, wanted).select_only().column_as(vendors, "vendors");
    let query = Urgency::ALL.iter().fold(query, |query, urgency| {
        query.column_as(how_many(urgent(*urgency, wanted.today)), urgency.as_str())
    });
    Ok(query.into_model().one(s.connection()).await?.unwrap_or_default())
}

/// At most `most` of the findings that fit, after the first `skipped`, the most urgent first, with their names and
/// their newest actions. Two statements.
///
/// # Errors
/// When the database does not answer.
pub async fn page(
    s: &impl Scoped,
    wanted: &Wanted,
    skipped: usize,
    most: usize,
) -> Result<Vec<FindingLine>, StoreError> {
    use finding::Column as C;
    let by_urgency: Expr = Urgency::ALL
        .iter()
        .zip(0..)
        .fold(CaseStatement::new(), |case, (urgency, place)| case.case(urgent(*urgency, wanted.today), place))
        .into();
    let worst_first: Expr = Severity::ALL
        .iter()
        .zip(0..)
        .fold(CaseStatement::new(), |case, (severity, place)| {
            case.case(C::Severity.eq(severity.as_str()), -place)
        })
        .into();
    let ordered = |query: Select<finding::Entity>| {
        query
            .order_by_asc(by_urgency.clone())
            .order_by_asc(C::DueOn.is_null())
            .order_by_asc(C::DueOn)
            .order_by_asc(worst_first.clone())
            .order_by_asc(C::Id)
    };
    // Everything else is looked up for the rows of the page alone.
    let ids = ordered(fitting(s, wanted)).select_only().column(C::Id);
    let ids = ids.offset(skipped as u64).limit(most as u64).into_query();
    with_actions(s, ordered(s.find::<finding::Entity>().filter(C::Id.in_subquery(ids)))).await
}

/// The findings of an assessment, oldest first, with their names and their newest actions. Two statements.
///
/// # Errors
/// When the database does not answer.
pub async fn lines_of_assessment(
    s: &impl Scoped,
    assessment: AssessmentId,
) -> Result<Vec<FindingLine>, StoreError> {
    let of = finding::Column::AssessmentId.eq(assessment.0);
    with_actions(s, s.find::<finding::Entity>().filter(of).order_by_asc(finding::Column::Id)).await
}

/// The findings of this query with their names, and each with its newest action. Two statements.
async fn with_actions(
    s: &impl Scoped,
    query: Select<finding::Entity>,
) -> Result<Vec<FindingLine>, StoreError> {
    let mut lines = named(s, query).await?;
    let ids: Vec<FindingId> = lines.iter().map(|line| line.finding.id).collect();
    let mut newest: BTreeMap<FindingId, Action> = BTreeMap::new();
    for action in actions(s, &ids).await? {
        newest.insert(action.finding_id, action);
    }
    for line in &mut lines {
        line.action = newest.remove(&line.finding.id);
    }
    Ok(lines)
}

/// The findings of this query with their names, without their actions. One statement.
async fn named(s: &impl Scoped, query: Select<finding::Entity>) -> Result<Vec<FindingLine>, StoreError> {
    let rows = query
        .find_also(finding::Entity, assessment::Entity)
        .find_also(assessment::Entity, vendor::Entity)
        .find_also(assessment::Entity, service::Entity)
        .find_also(finding::Entity, risk_acceptance::Entity)
        .all(s.connection())
        .await?;
    rows.into_iter().map(line_of).collect()
}

type Row = (
    finding::Model,
    Option<assessment::Model>,
    Option<vendor::Model>,
    Option<service::Model>,
    Option<risk_acceptance::Model>,
);

/// A finding with its names, without its action.
fn line_of((row, assessment, vendor, service, asked): Row) -> Result<FindingLine, StoreError> {
    let (Some(assessment), Some(vendor), Some(service)) = (assessment, vendor, service) else {
        return Err(StoreError::corrupt("finding", "assessment_id", row.id));
    };
    Ok(FindingLine {
        finding: finding_of(row)?,
        vendor: vendor.name,
        service: service.name,
        reference: assessment.reference,
        action: None,
        acceptance_waits: asked.is_some(),
    })
}

/// The wanted findings that were raised after this one, oldest first, at most `most`, with their names and without
/// their actions. One statement.
///
/// # Errors
/// When the database does not answer.
pub async fn after(
    s: &impl Scoped,
    wanted: &Wanted,
    last: Option<FindingId>,
    most: u64,
) -> Result<Vec<FindingLine>, StoreError> {
    let rows = fitting(s, wanted)
        .apply_if(last, |query, last| query.filter(finding::Column::Id.gt(last.0)))
        .order_by_asc(finding::Column::Id)
        .limit(most);
    named(s, rows).await
}

/// The actions of these findings, oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn actions(s: &impl Scoped, findings: &[FindingId]) -> Result<Vec<Action>, StoreError> {
    if findings.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = findings.iter().map(|id| id.0).collect();
    let rows = s
        .find::<action::Entity>()
        .filter(action::Column::FindingId.is_in(ids))
        .order_by_asc(action::Column::Id)
        .all(s.connection())
        .await?;
    rows.into_iter().map(action_of).collect()
}

/// Accepted findings whose acceptance ended before this day.
///
/// # Errors
/// When the database does not answer.
pub async fn acceptance_over(s: &impl Scoped, today: NaiveDate) -> Result<Vec<FindingId>, StoreError> {
    use finding::Column as C;
    let over = s
        .find::<finding::Entity>()
        .select_only()
        .column(C::Id)
        .filter(C::State.eq(FindingState::Accepted.as_str()))
        .filter(C::AcceptedUntil.lt(today))
        .order_by_asc(C::Id);
    let ids: Vec<Uuid> = over.into_tuple().all(s.connection()).await?;
    Ok(ids.into_iter().map(FindingId).collect())
}

/// Inserts a finding.
///
/// # Errors
/// [`StoreError::Duplicate`] when its id exists.
pub async fn insert(tx: &mut WriteTx, finding: &Finding) -> Result<(), StoreError> {
    let row = finding_row(tx, finding);
    tx.insert::<finding::Entity>(row).await
}

/// Saves a finding that was read at `finding.version`.
///
/// # Errors
/// [`StoreError::VersionConflict`] when somebody saved in between.
pub async fn save(tx: &mut WriteTx, finding: &Finding) -> Result<(), StoreError> {
    let row = finding_row(tx, finding);
    tx.save::<finding::Entity>(row, finding.version).await
}

/// Inserts an action.
///
/// # Errors
/// When the database cannot be written.
pub async fn insert_action(tx: &mut WriteTx, action: &Action) -> Result<(), StoreError> {
    let row = action_row(tx, action);
    tx.insert::<action::Entity>(row).await
}

/// Saves an action that was read at `action.version`.
///
/// # Errors
/// [`StoreError::VersionConflict`] when somebody saved in between.
pub async fn save_action(tx: &mut WriteTx, action: &Action) -> Result<(), StoreError> {
    let row = action_row(tx, action);
    tx.save::<action::Entity>(row, action.version).await
}

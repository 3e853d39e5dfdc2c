//! Rows of assessments: one, lists, what their latest snapshot says, and what has been answered so far.

use super::{
    error::StoreError, residuals::keep_worst, tenant_scope::Scoped, vendors::latest_residuals,
    write_tx::WriteTx,
};
use crate::domain::{
    answer::Cited,
    assessment::{Assessment, AssessmentState},
    ids::{AssessmentId, IntakeId, ServiceId, UserId, VendorId},
};
use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    answer, answer_revision, assessment, clarification, decision, evidence, evidence_citation, finding,
    invitation, portal_session, section_state, service, tenant, user_account, vendor,
};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, ExprTrait as _, FromQueryResult, JoinType, JsonValue,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, RelationTrait as _, Set, sea_query::Expr,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// An assessment as lists show it.
#[derive(Clone, Debug)]
pub struct AssessmentRow {
    /// The assessment.
    pub assessment: Assessment,
    /// The vendor's name.
    pub vendor: String,
    /// The service's name.
    pub service: String,
    /// The owner's name.
    pub owner: String,
    /// Residual risk of the latest snapshot.
    pub residual: Option<String>,
    /// When it is to be looked at again.
    pub next_review_on: Option<NaiveDate>,
}

fn state_of(word: &str, column: &'static str, row: Uuid) -> Result<AssessmentState, StoreError> {
    AssessmentState::parse(word).ok_or_else(|| StoreError::corrupt("assessment", column, row))
}

/// The domain type of a row.
///
/// # Errors
/// [`StoreError::Corrupt`] for an unknown state, tier or fact.
pub(super) fn assessment_of(row: assessment::Model) -> Result<Assessment, StoreError> {
    let id = row.id;
    let before = row
        .state_before_expiry
        .as_deref()
        .map(|word| state_of(word, "state_before_expiry", id))
        .transpose()?;
    let tier = row.tier.as_deref().map(str::parse).transpose();
    let facts = row.facts.map(serde_json::from_value).transpose();
    Ok(Assessment {
        state: state_of(&row.state, "state", id)?,
        state_before_expiry: before,
        tier: tier.map_err(|_| StoreError::corrupt("assessment", "tier", id))?,
        facts: facts.map_err(|_| StoreError::corrupt("assessment", "facts", id))?.unwrap_or_default(),
        id: AssessmentId(id),
        reference: row.reference,
        vendor_id: VendorId(row.vendor_id),
        service_id: ServiceId(row.service_id),
        intake_id: row.intake_id.map(IntakeId),
        owner_id: UserId(row.owner_id),
        reviewer_id: UserId(row.reviewer_id),
        due_on: row.due_on,
        message: row.message,
        sent_at: row.sent_at,
        link_ends_at: row.link_ends_at,
        submitted_at: row.submitted_at,
        submission_number: row.submission_number,
        decided_at: row.decided_at,
        cancelled_reason: row.cancelled_reason,
        created_at: row.created_at,
        version: row.version,
    })
}

/// One assessment.
///
/// # Errors
/// When the database does not answer.
pub async fn assessment(s: &impl Scoped, id: AssessmentId) -> Result<Option<Assessment>, StoreError> {
    s.find_id::<assessment::Entity>(id).one(s.connection()).await?.map(assessment_of).transpose()
}

/// Draws the next reference of the tenant, such as `AIQ-0042`.
///
/// # Errors
/// When the database cannot be written.
pub async fn next_reference(tx: &mut WriteTx) -> Result<String, StoreError> {
    #[expect(
        clippy::disallowed_methods,
        reason = "organisations belong to no tenant; this is the scope's own"
    )]
    let raised = tenant::Entity::update_many()
        .col_expr(tenant::Column::NextReference, Expr::col(tenant::Column::NextReference).add(1))
        .filter(tenant::Column::Id.eq(tx.tenant_id().0))
        .exec_with_returning(tx.connection())
        .await?;
    let tenant = raised.into_iter().next().ok_or(StoreError::NotFound)?;
    Ok(format!("{}-{:04}", tenant.reference_prefix, tenant.next_reference - 1))
}

fn facts_of(assessment: &Assessment) -> Result<Option<JsonValue>, StoreError> {
    if assessment.sent_at.is_none() && assessment.facts.is_empty() {
        return Ok(None);
    }
    let facts = serde_json::to_value(&assessment.facts);
    facts.map(Some).map_err(|_| StoreError::corrupt("assessment", "facts", assessment.id))
}

/// Inserts an assessment.
///
/// # Errors
/// When the database cannot be written.
pub async fn insert(tx: &mut WriteTx, new: &Assessment, created_by: UserId) -> Result<(), StoreError> {
    tx.insert::<assessment::Entity>(assessment::ActiveModel {
        id: Set(new.id.0),
        tenant_id: Set(tx.tenant_id().0),
        reference: Set(new.reference.clone()),
        vendor_id: Set(new.vendor_id.0),
        service_id: Set(new.service_id.0),
        intake_id: Set(new.intake_id.map(|intake| intake.0)),
        state: Set(new.state.to_string()),
        state_before_expiry: Set(None),
        owner_id: Set(new.owner_id.0),
        reviewer_id: Set(new.reviewer_id.0),
        tier: Set(new.tier.map(|tier| tier.to_string())),
        facts: Set(facts_of(new)?),
        due_on: Set(new.due_on),
        message: Set(new.message.clone()),
        sent_at: Set(None),
        link_ends_at: Set(None),
        submitted_at: Set(None),
        submission_number: Set(0),
        decided_at: Set(None),
        cancelled_reason: Set(None),
        created_at: Set(new.created_at),
        created_by: Set(created_by.0),
        version: Set(1),
    })
    .await
}

/// Saves an assessment if its version is still the one in `changed`. Every slice that changes state uses this.
///
/// # Errors
/// [`StoreError::VersionConflict`].
pub async fn update(tx: &mut WriteTx, changed: &Assessment) -> Result<(), StoreError> {
    let row = assessment::ActiveModel {
        id: Set(changed.id.0),
        intake_id: Set(changed.intake_id.map(|intake| intake.0)),
        state: Set(changed.state.to_string()),
        state_before_expiry: Set(changed.state_before_expiry.map(|state| state.to_string())),
        owner_id: Set(changed.owner_id.0),
        reviewer_id: Set(changed.reviewer_id.0),
        tier: Set(changed.tier.map(|tier| tier.to_string())),
        facts: Set(facts_of(changed)?),
        due_on: Set(changed.due_on),
        message: Set(changed.message.clone()),
        sent_at: Set(changed.sent_at),
        link_ends_at: Set(changed.link_ends_at),
        submitted_at: Set(changed.submitted_at),
        submission_number: Set(changed.submission_number),
        decided_at: Set(changed.decided_at),
        cancelled_reason: Set(changed.cancelled_reason.clone()),
        ..Default::default()
    };
    tx.save::<assessment::Entity>(row, changed.version).await?;
    // Nothing follows from an assessment that was never handed in.
    if changed.submitted_at.is_none() {
        return Ok(());
    }
    keep_worst(tx, changed.id).await
}

#[derive(FromQueryResult)]
struct Names {
    id: Uuid,
    vendor: String,
    service: String,
    owner: String,
}

/// The assessments of a vendor with names and residual risk, newest first. Four statements.
///
/// # Errors
/// When the database does not answer.
pub async fn of_vendor(s: &impl Scoped, vendor: VendorId) -> Result<Vec<AssessmentRow>, StoreError> {
    use assessment::{Column as A, Relation as R};
    let of_vendor = || s.find::<assessment::Entity>().filter(A::VendorId.eq(vendor.0));
    let newest_first = of_vendor().order_by_desc(A::CreatedAt).order_by_desc(A::Id);
    let names = of_vendor()
        .join(JoinType::InnerJoin, R::Vendor.def())
        .join(JoinType::InnerJoin, R::Service.def())
        .join(JoinType::InnerJoin, R::Owner.def())
        .select_only()
        .column(A::Id)
        .column_as(vendor::Column::Name, "vendor")
        .column_as(service::Column::Name, "service")
        .column_as(user_account::Column::Name, "owner");
    let rows = newest_first.all(s.connection()).await?;
    let names: Vec<Names> = names.into_model().all(s.connection()).await?;
    let mut names: HashMap<Uuid, Names> = names.into_iter().map(|row| (row.id, row)).collect();
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut residuals = latest_residuals(s, &ids).await?;
    let decisions = s
        .find::<decision::Entity>()
        .select_only()
        .column(decision::Column::AssessmentId)
        .column(decision::Column::NextReviewOn)
        .filter(decision::Column::AssessmentId.is_in(ids.iter().copied()))
        .order_by_asc(decision::Column::Number);
    let reviews: Vec<(Uuid, Option<NaiveDate>)> = decisions.into_tuple().all(s.connection()).await?;
    let reviews: HashMap<Uuid, Option<NaiveDate>> = reviews.into_iter().collect();
    rows.into_iter()
        .map(|row| {
            let id = row.id;
            let names = names.remove(&id).ok_or(StoreError::NotFound)?;
            Ok(AssessmentRow {
                assessment: assessment_of(row)?,
                vendor: names.vendor,
                service: names.service,
                owner: names.owner,
                residual: residuals.remove(&id).flatten(),
                next_review_on: reviews.get(&id).copied().flatten(),
            })
        })
        .collect()
}

/// A stored answer with what proves it.
#[derive(Clone, Debug, Default)]
pub struct StoredAnswer {
    /// Nothing when cleared.
    pub value: Option<JsonValue>,
    /// The vendor's words.
    pub note: Option<String>,
    /// Evidence beside it.
    pub cited: Vec<Cited>,
}

/// What has been answered, by question id. Two statements.
///
/// # Errors
/// When the database does not answer.
pub async fn answers(
    s: &impl Scoped,
    id: AssessmentId,
) -> Result<BTreeMap<String, StoredAnswer>, StoreError> {
    let rows: Vec<(String, Option<JsonValue>, Option<String>)> = s
        .find::<answer::Entity>()
        .select_only()
        .column(answer::Column::QuestionId)
        .column(answer::Column::Value)
        .column(answer::Column::Note)
        .filter(answer::Column::AssessmentId.eq(id.0))
        .into_tuple()
        .all(s.connection())
        .await?;
    let mut answers: BTreeMap<String, StoredAnswer> = rows
        .into_iter()
        .map(|(question, value, note)| (question, StoredAnswer { value, note, cited: Vec::new() }))
        .collect();
    let cited: Vec<(Option<String>, String, Option<NaiveDate>)> = s
        .find::<evidence_citation::Entity>()
        .join(JoinType::InnerJoin, evidence_citation::Relation::Evidence.def())
        .select_only()
        .column(evidence_citation::Column::QuestionId)
        .column(evidence::Column::DisplayName)
        .column(evidence::Column::ValidUntil)
        .filter(evidence_citation::Column::AssessmentId.eq(id.0))
        .filter(evidence_citation::Column::RemovedAt.is_null())
        .filter(evidence::Column::RemovedAt.is_null())
        .into_tuple()
        .all(s.connection())
        .await?;
    for (question, name, valid_until) in cited {
        let Some(question) = question else { continue };
        answers.entry(question).or_default().cited.push(Cited { name, valid_until });
    }
    Ok(answers)
}

/// Sections that respondents marked Ready, as `(questionnaire, section)`.
///
/// # Errors
/// When the database does not answer.
pub async fn ready_sections(
    s: &impl Scoped,
    id: AssessmentId,
) -> Result<BTreeSet<(String, String)>, StoreError> {
    let rows: Vec<(String, String)> = s
        .find::<section_state::Entity>()
        .select_only()
        .column(section_state::Column::QuestionnaireId)
        .column(section_state::Column::SectionId)
        .filter(section_state::Column::AssessmentId.eq(id.0))
        .filter(section_state::Column::ReadyAt.is_not_null())
        .into_tuple()
        .all(s.connection())
        .await?;
    Ok(rows.into_iter().collect())
}

/// When each respondent saved an answer last.
///
/// # Errors
/// When the database does not answer.
pub async fn last_saves(
    s: &impl Scoped,
    id: AssessmentId,
) -> Result<HashMap<Uuid, DateTime<Utc>>, StoreError> {
    use answer_revision::Column as C;
    let rows: Vec<(Option<Uuid>, DateTime<Utc>)> = s
        .find::<answer_revision::Entity>()
        .select_only()
        .column(C::SavedByRespondent)
        .column_as(C::SavedAt.max(), "at")
        .filter(C::AssessmentId.eq(id.0))
        .group_by(C::SavedByRespondent)
        .into_tuple()
        .all(s.connection())
        .await?;
    Ok(rows.into_iter().filter_map(|(respondent, at)| respondent.map(|id| (id, at))).collect())
}

/// When each respondent was last in the portal.
///
/// # Errors
/// When the database does not answer.
pub async fn last_visits(
    s: &impl Scoped,
    id: AssessmentId,
) -> Result<HashMap<Uuid, DateTime<Utc>>, StoreError> {
    use portal_session::Column as C;
    let rows: Vec<(Uuid, DateTime<Utc>)> = s
        .find::<portal_session::Entity>()
        .select_only()
        .column(C::RespondentId)
        .column_as(C::LastSeenAt.max(), "at")
        .filter(C::AssessmentId.eq(id.0))
        .group_by(C::RespondentId)
        .into_tuple()
        .all(s.connection())
        .await?;
    Ok(rows.into_iter().collect())
}

/// The references of the assessments of a service that were sent and have no decision yet, the oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn running(s: &impl Scoped, service: ServiceId) -> Result<Vec<String>, StoreError> {
    use assessment::Column as A;
    let rows = s
        .find::<assessment::Entity>()
        .select_only()
        .column(A::Reference)
        .filter(A::ServiceId.eq(service.0))
        .filter(A::State.is_not_in(["draft", "decided", "cancelled"]))
        .order_by_asc(A::CreatedAt)
        .order_by_asc(A::Id);
    Ok(rows.into_tuple().all(s.connection()).await?)
}

/// Assessments that wait for the vendor and are past their link's end.
///
/// # Errors
/// When the database does not answer.
pub async fn past_link_end(s: &impl Scoped, now: DateTime<Utc>) -> Result<Vec<AssessmentId>, StoreError> {
    use assessment::Column as A;
    let rows: Vec<Uuid> = s
        .find::<assessment::Entity>()
        .select_only()
        .column(A::Id)
        .filter(A::State.is_in(["sent", "in_progress", "returned"]))
        .filter(A::LinkEndsAt.lte(now))
        .order_by_asc(A::Id)
        .into_tuple()
        .all(s.connection())
        .await?;
    Ok(rows.into_iter().map(AssessmentId).collect())
}

/// Assessments decided before `before` whose links still work, with no open finding and no unanswered clarification.
///
/// # Errors
/// When the database does not answer.
pub async fn closable(s: &impl Scoped, before: DateTime<Utc>) -> Result<Vec<AssessmentId>, StoreError> {
    use assessment::Column as A;
    let active: Vec<Uuid> = s
        .find::<invitation::Entity>()
        .join(JoinType::InnerJoin, invitation::Relation::Assessment.def())
        .select_only()
        .column(invitation::Column::AssessmentId)
        .distinct()
        .filter(invitation::Column::State.eq("active"))
        .filter(A::State.eq("decided"))
        .filter(A::DecidedAt.lte(before))
        .into_tuple()
        .all(s.connection())
        .await?;
    if active.is_empty() {
        return Ok(Vec::new());
    }
    let findings: Vec<Uuid> = s
        .find::<finding::Entity>()
        .select_only()
        .column(finding::Column::AssessmentId)
        .filter(finding::Column::AssessmentId.is_in(active.iter().copied()))
        .filter(finding::Column::State.is_not_in(["closed", "dismissed"]))
        .into_tuple()
        .all(s.connection())
        .await?;
    let asked: Vec<Uuid> = s
        .find::<clarification::Entity>()
        .select_only()
        .column(clarification::Column::AssessmentId)
        .filter(clarification::Column::AssessmentId.is_in(active.iter().copied()))
        .filter(clarification::Column::SentAt.is_not_null())
        .filter(clarification::Column::AnsweredAt.is_null())
        .into_tuple()
        .all(s.connection())
        .await?;
    let busy: BTreeSet<Uuid> = findings.into_iter().chain(asked).collect();
    Ok(active.into_iter().filter(|id| !busy.contains(id)).map(AssessmentId).collect())
}

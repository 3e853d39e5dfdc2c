//! Rows of answers, their revisions, ready sections, clarifications and submissions, as the portal reads and writes
//! them.

use super::{assessments::assessment_of, error::StoreError, tenant_scope::Scoped, write_tx::WriteTx};
use crate::domain::{
    assessment::AssessmentState,
    ids::{AssessmentId, ClarificationId, RespondentId, SubmissionId, VendorId},
    people::Answering,
    respondent::RespondentRole,
    sheet::{AnswerRow, AnswerSource, ClarificationRow, PortalAssessment, ReadyRow},
};
use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    answer, answer_revision, assessment, clarification, invitation, portal_session, reassessment, reliance,
    respondent, section_state, service, submission, user_account, vendor,
};
use sea_orm::{
    ColumnTrait as _, Condition, FromQueryResult, JoinType, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, RelationTrait as _, Select, Set,
    sea_query::{Expr, ExprTrait as _, Func, IntoCondition as _, Query, SelectStatement},
};
use serde_json::Value;
use uuid::Uuid;

#[derive(Debug, FromQueryResult)]
struct AssessmentFlat {
    #[sea_orm(nested)]
    assessment: assessment::Model,
    vendor_name: String,
    service_name: String,
    owner_name: String,
    owner_email: String,
    reassessment: Option<Uuid>,
    #[sea_orm(nested)]
    person: Option<PersonFlat>,
}

#[derive(Debug, FromQueryResult)]
struct PersonFlat {
    person_id: Uuid,
    person_name: String,
    person_role: String,
    person_seen: Option<DateTime<Utc>>,
    person_invited_by: Option<Uuid>,
    person_ask: Option<String>,
}

fn person_of(row: PersonFlat) -> Result<Answering, StoreError> {
    Ok(Answering {
        id: RespondentId(row.person_id),
        name: row.person_name,
        role: RespondentRole::parse(&row.person_role)
            .ok_or_else(|| StoreError::corrupt("respondent", "role", row.person_id))?,
        last_seen: row.person_seen,
        invited_by: row.person_invited_by.map(RespondentId),
        ask: row.person_ask,
    })
}

/// When somebody last came with the invitation of the row.
fn last_seen() -> SelectStatement {
    use invitation::{Column as I, Entity as Invitation};
    use portal_session::{Column as P, Entity as Session};
    Query::select()
        .expr(Func::max(Expr::col((Session, P::LastSeenAt))))
        .from(Session)
        .and_where(Expr::col((Session, P::TenantId)).equals((Invitation, I::TenantId)))
        .and_where(Expr::col((Session, P::InvitationId)).equals((Invitation, I::Id)))
        .to_owned()
}

/// The assessment as the portal sees it, with everybody whose invitation was not revoked: one statement, one row for
/// each of them.
///
/// # Errors
/// When the database does not answer.
pub async fn assessment(s: &impl Scoped, id: AssessmentId) -> Result<Option<PortalAssessment>, StoreError> {
    let invited = invitation::Relation::Assessment.def().rev().on_condition(|_, invitation| {
        Expr::col((invitation, invitation::Column::State)).ne("revoked").into_condition()
    });
    let mut rows = s
        .find_id::<assessment::Entity>(id)
        .join(JoinType::InnerJoin, assessment::Relation::Vendor.def())
        .join(JoinType::InnerJoin, assessment::Relation::Service.def())
        .join(JoinType::InnerJoin, assessment::Relation::Owner.def())
        .column_as(vendor::Column::Name, "vendor_name")
        .column_as(service::Column::Name, "service_name")
        .column_as(user_account::Column::Name, "owner_name")
        .column_as(user_account::Column::Email, "owner_email")
        .join_rev(JoinType::LeftJoin, reassessment::Relation::Assessment.def())
        .column_as(reassessment::Column::Id, "reassessment")
        .join(JoinType::LeftJoin, invited)
        .join(JoinType::LeftJoin, invitation::Relation::Respondent.def())
        .column_as(respondent::Column::Id, "person_id")
        .column_as(respondent::Column::Name, "person_name")
        .column_as(respondent::Column::Role, "person_role")
        .column_as(respondent::Column::InvitedBy, "person_invited_by")
        .column_as(respondent::Column::Ask, "person_ask")
        .expr_as(Expr::from(last_seen()), "person_seen")
        .order_by_asc(respondent::Column::CreatedAt)
        .order_by_asc(respondent::Column::Id)
        .into_model::<AssessmentFlat>()
        .all(s.connection())
        .await?;
    let people = rows.iter_mut().filter_map(|row| row.person.take()).map(person_of);
    let mut people = people.collect::<Result<Vec<_>, _>>()?;
    people.sort_by_key(|person| person.role != RespondentRole::Lead);
    let Some(found) = rows.into_iter().next() else { return Ok(None) };
    let row = assessment_of(found.assessment)?;
    Ok(Some(PortalAssessment {
        id,
        state: row.state,
        tier: row.tier,
        facts: row.facts,
        reference: row.reference,
        vendor_id: row.vendor_id,
        vendor: found.vendor_name,
        service_id: row.service_id,
        service: found.service_name,
        owner_id: row.owner_id,
        owner: found.owner_name,
        owner_email: found.owner_email,
        due_on: row.due_on,
        link_ends_at: row.link_ends_at,
        message: row.message,
        submission_number: row.submission_number,
        submitted_at: row.submitted_at,
        version: row.version,
        reassesses: found.reassessment.is_some(),
        people,
    }))
}

/// Locks the assessment until the transaction ends and gives its state.
///
/// # Errors
/// [`StoreError::NotFound`] when there is none.
pub async fn lock(tx: &WriteTx, id: AssessmentId) -> Result<AssessmentState, StoreError> {
    let query = tx.find_id::<assessment::Entity>(id).select_only().column(assessment::Column::State);
    let state: Option<String> = query.lock_exclusive().into_tuple().one(tx.connection()).await?;
    let state = state.ok_or(StoreError::NotFound)?;
    AssessmentState::parse(&state).ok_or_else(|| StoreError::corrupt("assessment", "state", id))
}

/// Moves a locked assessment to another state.
///
/// # Errors
/// When the database cannot be written.
pub async fn set_state(tx: &mut WriteTx, id: AssessmentId, state: AssessmentState) -> Result<(), StoreError> {
    tx.update_many::<assessment::Entity>()
        .col_expr(assessment::Column::State, Expr::value(state.as_str()))
        .col_expr(assessment::Column::Version, Expr::col(assessment::Column::Version).add(1))
        .filter(assessment::Column::Id.eq(id.0))
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// An answer with who saved it. A sheet reads a hundred of them, so no column more than it shows.
#[derive(Debug, FromQueryResult)]
struct AnswerFlat {
    question_id: String,
    rev: i64,
    value: Option<Value>,
    note: Option<String>,
    source: String,
    saved_at: DateTime<Utc>,
    saved_by_respondent: Option<Uuid>,
    saved_by: Option<String>,
}

const SHOWN: [answer::Column; 7] = {
    use answer::Column as C;
    [C::QuestionId, C::Rev, C::Value, C::Note, C::Source, C::SavedAt, C::SavedByRespondent]
};

fn answers_of(s: &impl Scoped, id: AssessmentId) -> Select<answer::Entity> {
    s.find::<answer::Entity>()
        .select_only()
        .columns(SHOWN)
        .column_as(respondent::Column::Name, "saved_by")
        .join(JoinType::LeftJoin, answer::Relation::SavedByRespondent.def())
        .filter(answer::Column::AssessmentId.eq(id.0))
}

fn answer_of(row: AnswerFlat) -> Result<AnswerRow, StoreError> {
    Ok(AnswerRow {
        source: AnswerSource::parse(&row.source)
            .ok_or_else(|| StoreError::corrupt("answer", "source", &row.question_id))?,
        question_id: row.question_id,
        rev: row.rev,
        value: row.value,
        note: row.note,
        saved_by: row.saved_by.unwrap_or_default(),
        respondent: row.saved_by_respondent.map(RespondentId),
        saved_at: row.saved_at,
    })
}

/// Every current answer of the assessment with who saved it (empty for the buyer's staff), by question id.
///
/// # Errors
/// When the database does not answer.
pub async fn answers(s: &impl Scoped, id: AssessmentId) -> Result<Vec<AnswerRow>, StoreError> {
    let query = answers_of(s, id).order_by_asc(answer::Column::QuestionId);
    let rows: Vec<AnswerFlat> = query.into_model().all(s.connection()).await?;
    rows.into_iter().map(answer_of).collect()
}

/// The current answer to one question.
///
/// # Errors
/// When the database does not answer.
pub async fn answer(
    s: &impl Scoped,
    id: AssessmentId,
    question: &str,
) -> Result<Option<AnswerRow>, StoreError> {
    let query = answers_of(s, id).filter(answer::Column::QuestionId.eq(question));
    query.into_model::<AnswerFlat>().one(s.connection()).await?.map(answer_of).transpose()
}

/// Who saved a revision of an answer, and when.
#[derive(Clone, Debug, FromQueryResult)]
pub struct SavedRevision {
    /// In which assessment.
    pub assessment_id: Uuid,
    /// Of which question.
    pub question_id: String,
    /// Which revision.
    pub rev: i64,
    /// The respondent,
    pub respondent: Option<String>,
    /// or the user, by name.
    pub user: Option<String>,
    /// When.
    pub saved_at: DateTime<Utc>,
}

/// Every revision of every answer of the assessment, without what was answered: one statement.
///
/// # Errors
/// When the database does not answer.
pub async fn revisions(s: &impl Scoped, id: AssessmentId) -> Result<Vec<SavedRevision>, StoreError> {
    let query = saved_revisions(s).filter(answer_revision::Column::AssessmentId.eq(id.0));
    Ok(query.into_model::<SavedRevision>().all(s.connection()).await?)
}

/// These revisions of the answer to one question, each of its own assessment, in no order: one statement.
///
/// # Errors
/// When the database does not answer.
pub async fn revisions_of(
    s: &impl Scoped,
    question: &str,
    wanted: &[(AssessmentId, i64)],
) -> Result<Vec<SavedRevision>, StoreError> {
    use answer_revision::Column as C;
    let any = wanted.iter().fold(Condition::any(), |any, (assessment, rev)| {
        any.add(C::AssessmentId.eq(assessment.0).and(C::Rev.eq(*rev)))
    });
    let query = saved_revisions(s).filter(C::QuestionId.eq(question)).filter(any);
    Ok(query.into_model::<SavedRevision>().all(s.connection()).await?)
}

fn saved_revisions(s: &impl Scoped) -> Select<answer_revision::Entity> {
    use answer_revision::{Column as C, Relation as R};
    s.find::<answer_revision::Entity>()
        .select_only()
        .columns([C::AssessmentId, C::QuestionId, C::Rev, C::SavedAt])
        .column_as(respondent::Column::Name, "respondent")
        .column_as(user_account::Column::Name, "user")
        .join(JoinType::LeftJoin, R::SavedByRespondent.def())
        .join(JoinType::LeftJoin, R::SavedByUser.def())
}

/// The revision that this mutation made, if it was made before: its question and number.
///
/// # Errors
/// When the database does not answer.
pub async fn replayed(
    s: &impl Scoped,
    id: AssessmentId,
    mutation: &str,
) -> Result<Option<(String, i64)>, StoreError> {
    let row = s
        .find::<answer_revision::Entity>()
        .filter(answer_revision::Column::AssessmentId.eq(id.0))
        .filter(answer_revision::Column::MutationId.eq(mutation))
        .one(s.connection())
        .await?;
    Ok(row.map(|row| (row.question_id, row.rev)))
}

/// Sections that were called ready.
///
/// # Errors
/// When the database does not answer.
pub async fn ready(s: &impl Scoped, id: AssessmentId) -> Result<Vec<ReadyRow>, StoreError> {
    let rows = super::assessments::ready_sections(s, id).await?;
    Ok(rows
        .into_iter()
        .map(|(questionnaire_id, section_id)| ReadyRow { questionnaire_id, section_id })
        .collect())
}

/// Calls a section ready.
///
/// # Errors
/// When the database cannot be written.
pub async fn set_ready(
    tx: &mut WriteTx,
    id: Uuid,
    assessment: AssessmentId,
    section: &ReadyRow,
    by: RespondentId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let done = tx
        .update_many::<section_state::Entity>()
        .col_expr(section_state::Column::ReadyAt, Expr::value(now))
        .col_expr(section_state::Column::ReadyBy, Expr::value(by.0))
        .filter(section_state::Column::AssessmentId.eq(assessment.0))
        .filter(section_state::Column::QuestionnaireId.eq(section.questionnaire_id.as_str()))
        .filter(section_state::Column::SectionId.eq(section.section_id.as_str()))
        .exec(tx.connection())
        .await?;
    if done.rows_affected > 0 {
        return Ok(());
    }
    tx.insert::<section_state::Entity>(section_state::ActiveModel {
        id: Set(id),
        assessment_id: Set(assessment.0),
        questionnaire_id: Set(section.questionnaire_id.clone()),
        section_id: Set(section.section_id.clone()),
        ready_at: Set(Some(now)),
        ready_by: Set(Some(by.0)),
        ..Default::default()
    })
    .await
}

/// Clarifications that were sent, oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn clarifications(s: &impl Scoped, id: AssessmentId) -> Result<Vec<ClarificationRow>, StoreError> {
    let rows = s
        .find::<clarification::Entity>()
        .filter(clarification::Column::AssessmentId.eq(id.0))
        .filter(clarification::Column::SentAt.is_not_null())
        .order_by_asc(clarification::Column::Id)
        .all(s.connection())
        .await?;
    let sent = |row: clarification::Model| {
        Some(ClarificationRow {
            id: ClarificationId(row.id),
            question_id: row.question_id,
            batch: row.batch?,
            text: row.text,
            sent_at: row.sent_at?,
            due_on: row.due_on,
            answered_at: row.answered_at,
        })
    };
    Ok(rows.into_iter().filter_map(sent).collect())
}

/// Notes that the replies to every sent clarification were handed in.
///
/// # Errors
/// When the database cannot be written.
pub async fn answer_clarifications(
    tx: &mut WriteTx,
    id: AssessmentId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.update_many::<clarification::Entity>()
        .col_expr(clarification::Column::AnsweredAt, Expr::value(now))
        .filter(clarification::Column::AssessmentId.eq(id.0))
        .filter(clarification::Column::SentAt.is_not_null())
        .filter(clarification::Column::AnsweredAt.is_null())
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// An immutable hand-in.
#[derive(Clone, Debug)]
pub struct SubmissionRow {
    /// Which.
    pub id: SubmissionId,
    /// Of which assessment.
    pub assessment: AssessmentId,
    /// From 1.
    pub number: i32,
    /// Canonical JSON.
    pub answers: String,
    /// SHA-256 over it, in hexadecimal.
    pub sha256: String,
    /// What the respondents saw, in canonical JSON; not kept of older submissions.
    pub respondent_view: Option<String>,
    /// SHA-256 over it.
    pub respondent_view_sha256: String,
    /// Who stated it.
    pub attested_name: String,
    /// As what.
    pub attested_role: String,
    /// The words.
    pub attested_text: String,
    /// In whose session.
    pub submitted_by: RespondentId,
    /// When.
    pub submitted_at: DateTime<Utc>,
    /// The day in the tenant's time zone.
    pub as_of: NaiveDate,
}

/// Inserts a submission.
///
/// # Errors
/// [`StoreError::Duplicate`] when the number exists.
pub async fn insert_submission(tx: &mut WriteTx, new: SubmissionRow) -> Result<(), StoreError> {
    tx.insert::<submission::Entity>(submission::ActiveModel {
        id: Set(new.id.0),
        assessment_id: Set(new.assessment.0),
        number: Set(new.number),
        answers: Set(new.answers),
        sha256: Set(new.sha256),
        respondent_view: Set(new.respondent_view),
        respondent_view_sha256: Set(new.respondent_view_sha256),
        attested_name: Set(new.attested_name),
        attested_role: Set(new.attested_role),
        attested_text: Set(new.attested_text),
        submitted_by: Set(new.submitted_by.0),
        submitted_at: Set(new.submitted_at),
        as_of: Set(new.as_of),
        ..Default::default()
    })
    .await
}

/// The newest submission of an assessment.
///
/// # Errors
/// When the database does not answer.
pub async fn latest_submission(
    s: &impl Scoped,
    id: AssessmentId,
) -> Result<Option<SubmissionRow>, StoreError> {
    let row = s
        .find::<submission::Entity>()
        .filter(submission::Column::AssessmentId.eq(id.0))
        .order_by_desc(submission::Column::Number)
        .one(s.connection())
        .await?;
    Ok(row.map(submission_of))
}

/// One submission by its number.
///
/// # Errors
/// When the database does not answer.
pub async fn submission(
    s: &impl Scoped,
    id: AssessmentId,
    number: i32,
) -> Result<Option<SubmissionRow>, StoreError> {
    let row = s
        .find::<submission::Entity>()
        .filter(submission::Column::AssessmentId.eq(id.0))
        .filter(submission::Column::Number.eq(number))
        .one(s.connection())
        .await?;
    Ok(row.map(submission_of))
}

fn submission_of(row: submission::Model) -> SubmissionRow {
    SubmissionRow {
        id: SubmissionId(row.id),
        assessment: AssessmentId(row.assessment_id),
        number: row.number,
        answers: row.answers,
        sha256: row.sha256,
        respondent_view: row.respondent_view,
        respondent_view_sha256: row.respondent_view_sha256,
        attested_name: row.attested_name,
        attested_role: row.attested_role,
        attested_text: row.attested_text,
        submitted_by: RespondentId(row.submitted_by),
        submitted_at: row.submitted_at,
        as_of: row.as_of,
    }
}

/// What a vendor relies on, as a table answer says.
#[derive(Clone, Debug, PartialEq)]
pub struct Reliance {
    /// `model` or `subprocessor`.
    pub kind: &'static str,
    /// As written.
    pub name: String,
    /// For finding it again.
    pub name_normalised: String,
    /// The table's question.
    pub question: String,
    /// The whole row.
    pub row: Value,
}

/// Puts these in the place of what an earlier submission of the assessment said.
///
/// # Errors
/// When the database cannot be written.
pub async fn replace_reliance(
    tx: &mut WriteTx,
    assessment: AssessmentId,
    vendor: VendorId,
    rows: Vec<(Uuid, Reliance)>,
) -> Result<(), StoreError> {
    tx.delete_many::<reliance::Entity>()
        .filter(reliance::Column::AssessmentId.eq(assessment.0))
        .exec(tx.connection())
        .await?;
    let rows = rows.into_iter().map(|(id, new)| reliance::ActiveModel {
        id: Set(id),
        assessment_id: Set(assessment.0),
        vendor_id: Set(vendor.0),
        kind: Set(new.kind.to_owned()),
        name: Set(new.name),
        name_normalised: Set(new.name_normalised),
        question_id: Set(new.question),
        row: Set(new.row),
        ..Default::default()
    });
    tx.insert_all::<reliance::Entity, _>(rows.collect()).await
}

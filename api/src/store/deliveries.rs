//! Rows of e-mail deliveries, and the small queries with which mails are filled.

use super::{error::StoreError, tenant_scope::Scoped, write_tx::WriteTx};
use crate::domain::{
    assessment::Outcome,
    delivery::{Delivery, DeliveryOutcome, FindingLine},
    ids::{AssessmentId, ClarificationId, DeliveryId, JobId, RespondentId, UserId},
};
use chrono::{DateTime, Utc};
use entity::{clarification, decision, email_delivery, finding, submission};
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Set, sea_query::Expr};
use uuid::Uuid;

/// To whom a mail goes, and about what.
#[derive(Clone, Debug, Default)]
pub struct To {
    /// The address.
    pub address: String,
    /// About which assessment.
    pub assessment_id: Option<AssessmentId>,
    /// Which respondent.
    pub respondent_id: Option<RespondentId>,
    /// Or which user.
    pub user_id: Option<UserId>,
}

/// A delivery to insert.
#[derive(Clone, Debug)]
pub struct NewDelivery {
    /// Which.
    pub id: DeliveryId,
    /// The job that sends it.
    pub job_id: JobId,
    /// The job's kind.
    pub kind: &'static str,
    /// To whom.
    pub recipient: To,
    /// With angle brackets; the same on every attempt.
    pub message_id: String,
    /// When.
    pub created_at: DateTime<Utc>,
}

fn delivery_of(row: email_delivery::Model) -> Result<(DeliveryId, Delivery), StoreError> {
    let delivery = Delivery {
        outcome: DeliveryOutcome::parse(&row.outcome)
            .ok_or_else(|| StoreError::corrupt("email_delivery", "outcome", row.id))?,
        kind: row.kind,
        assessment_id: row.assessment_id.map(AssessmentId),
        respondent_id: row.respondent_id.map(RespondentId),
        user_id: row.user_id.map(UserId),
        to_address: row.to_address,
        detail: row.detail,
        attempts: row.attempts,
        created_at: row.created_at,
        updated_at: row.updated_at,
        sent_at: row.sent_at,
    };
    Ok((DeliveryId(row.id), delivery))
}

/// Inserts a queued delivery.
///
/// # Errors
/// When the database cannot be written.
pub async fn insert(tx: &mut WriteTx, new: NewDelivery) -> Result<(), StoreError> {
    tx.insert::<email_delivery::Entity>(email_delivery::ActiveModel {
        id: Set(new.id.0),
        tenant_id: Set(tx.tenant_id().0),
        job_id: Set(new.job_id.0),
        kind: Set(new.kind.to_owned()),
        assessment_id: Set(new.recipient.assessment_id.map(|id| id.0)),
        respondent_id: Set(new.recipient.respondent_id.map(|id| id.0)),
        user_id: Set(new.recipient.user_id.map(|id| id.0)),
        to_address: Set(new.recipient.address),
        subject: Set(None),
        message_id: Set(new.message_id),
        attempts: Set(0),
        outcome: Set(DeliveryOutcome::Queued.to_string()),
        detail: Set(None),
        created_at: Set(new.created_at),
        updated_at: Set(new.created_at),
        sent_at: Set(None),
    })
    .await
}

/// The delivery of a job.
///
/// # Errors
/// When the database does not answer.
pub async fn by_job(s: &impl Scoped, job: JobId) -> Result<Option<(DeliveryId, Delivery)>, StoreError> {
    let query = s.find::<email_delivery::Entity>().filter(email_delivery::Column::JobId.eq(job.0));
    query.one(s.connection()).await?.map(delivery_of).transpose()
}

/// Saves where a delivery stands.
///
/// # Errors
/// When the database cannot be written.
pub async fn update(
    tx: &mut WriteTx,
    id: DeliveryId,
    changed: &Delivery,
    subject: Option<&str>,
) -> Result<(), StoreError> {
    use email_delivery::Column as C;
    let mut update = tx
        .update_many::<email_delivery::Entity>()
        .col_expr(C::Outcome, Expr::value(changed.outcome.as_str()))
        .col_expr(C::Detail, Expr::value(changed.detail.clone()))
        .col_expr(C::Attempts, Expr::value(changed.attempts))
        .col_expr(C::UpdatedAt, Expr::value(changed.updated_at))
        .col_expr(C::SentAt, Expr::value(changed.sent_at))
        .filter(C::Id.eq(id.0));
    if let Some(subject) = subject {
        update = update.col_expr(C::Subject, Expr::value(subject));
    }
    update.exec(tx.connection()).await?;
    Ok(())
}

/// Marks the mail of a job as queued again, if the job sends one.
///
/// # Errors
/// When the database cannot be written.
pub async fn queued_again(tx: &mut WriteTx, job: JobId, now: DateTime<Utc>) -> Result<(), StoreError> {
    use email_delivery::Column as C;
    tx.update_many::<email_delivery::Entity>()
        .col_expr(C::Outcome, Expr::value(DeliveryOutcome::Queued.as_str()))
        .col_expr(C::Detail, Expr::value(Option::<String>::None))
        .col_expr(C::UpdatedAt, Expr::value(now))
        .filter(C::JobId.eq(job.0))
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// Mails about an assessment, newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn of_assessment(s: &impl Scoped, id: AssessmentId) -> Result<Vec<Delivery>, StoreError> {
    let query = s
        .find::<email_delivery::Entity>()
        .filter(email_delivery::Column::AssessmentId.eq(id.0))
        .order_by_desc(email_delivery::Column::CreatedAt)
        .order_by_desc(email_delivery::Column::Id);
    query
        .all(s.connection())
        .await?
        .into_iter()
        .map(|row| delivery_of(row).map(|(_, delivery)| delivery))
        .collect()
}

/// When the last mail of a kind to a respondent was queued; mails that were refused or not needed do not count.
///
/// # Errors
/// When the database does not answer.
pub async fn last_of_kind(
    s: &impl Scoped,
    respondent: RespondentId,
    kind: &str,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    use email_delivery::Column as C;
    Ok(s.find::<email_delivery::Entity>()
        .select_only()
        .column(C::CreatedAt)
        .filter(C::RespondentId.eq(respondent.0))
        .filter(C::Kind.eq(kind))
        .filter(C::Outcome.is_not_in(["failed_permanent", "failed_expired", "held"]))
        .order_by_desc(C::CreatedAt)
        .into_tuple()
        .one(s.connection())
        .await?)
}

/// One clarification of a batch.
#[derive(Clone, Debug)]
pub struct Asked {
    /// About which question.
    pub question_id: String,
    /// What is asked.
    pub text: String,
}

/// The batch that a clarification was sent in.
///
/// # Errors
/// When the database does not answer.
pub async fn clarification_batch(
    s: &impl Scoped,
    assessment: AssessmentId,
    any: ClarificationId,
) -> Result<Vec<Asked>, StoreError> {
    use clarification::Column as C;
    let batch: Option<Option<i32>> = s
        .find_id::<clarification::Entity>(any)
        .select_only()
        .column(C::Batch)
        .filter(C::AssessmentId.eq(assessment.0))
        .into_tuple()
        .one(s.connection())
        .await?;
    let Some(Some(batch)) = batch else { return Ok(Vec::new()) };
    let rows = s
        .find::<clarification::Entity>()
        .filter(C::AssessmentId.eq(assessment.0))
        .filter(C::Batch.eq(batch))
        .order_by_asc(C::AskedAt)
        .order_by_asc(C::Id)
        .all(s.connection())
        .await?;
    let asked = rows.into_iter();
    Ok(asked.map(|row| Asked { question_id: row.question_id, text: row.text }).collect())
}

/// What mails say of a submission.
#[derive(Clone, Debug)]
pub struct Submitted {
    /// When.
    pub submitted_at: DateTime<Utc>,
    /// Over the answers, in hex.
    pub sha256: String,
    /// Who signed.
    pub attested_name: String,
}

/// One submission.
///
/// # Errors
/// When the database does not answer.
pub async fn submission(
    s: &impl Scoped,
    assessment: AssessmentId,
    number: i32,
) -> Result<Option<Submitted>, StoreError> {
    use submission::Column as C;
    let row: Option<(DateTime<Utc>, String, String)> = s
        .find::<submission::Entity>()
        .select_only()
        .column(C::SubmittedAt)
        .column(C::Sha256)
        .column(C::AttestedName)
        .filter(C::AssessmentId.eq(assessment.0))
        .filter(C::Number.eq(number))
        .into_tuple()
        .one(s.connection())
        .await?;
    Ok(row.map(|(submitted_at, sha256, attested_name)| Submitted { submitted_at, sha256, attested_name }))
}

/// Findings of an assessment in some states; `sent` keeps those that were sent to the vendor. Worst first.
///
/// # Errors
/// When the database does not answer.
pub async fn findings(
    s: &impl Scoped,
    assessment: AssessmentId,
    states: &[&str],
    sent: bool,
) -> Result<Vec<FindingLine>, StoreError> {
    use finding::Column as C;
    let mut query = s
        .find::<finding::Entity>()
        .filter(C::AssessmentId.eq(assessment.0))
        .filter(C::State.is_in(states.iter().copied()))
        .order_by_asc(C::DueOn)
        .order_by_asc(C::Id);
    if sent {
        query = query.filter(C::SentAt.is_not_null());
    }
    let rows = query.all(s.connection()).await?;
    let mut lines: Vec<FindingLine> = rows
        .into_iter()
        .map(|row| FindingLine { title: row.title, severity: row.severity, due_on: row.due_on })
        .collect();
    lines.sort_by_key(|line| {
        ["critical", "high", "medium", "low"].iter().position(|word| *word == line.severity).unwrap_or(4)
    });
    Ok(lines)
}

/// The latest decision of an assessment with its conditions.
///
/// # Errors
/// When the database does not answer.
pub async fn decision(
    s: &impl Scoped,
    assessment: AssessmentId,
) -> Result<Option<(Outcome, Option<String>)>, StoreError> {
    use decision::Column as C;
    let row: Option<(Uuid, String, Option<String>)> = s
        .find::<decision::Entity>()
        .select_only()
        .column(C::Id)
        .column(C::Outcome)
        .column(C::Conditions)
        .filter(C::AssessmentId.eq(assessment.0))
        .order_by_desc(C::Number)
        .into_tuple()
        .one(s.connection())
        .await?;
    let Some((id, outcome, conditions)) = row else { return Ok(None) };
    let outcome = Outcome::parse(&outcome).ok_or_else(|| StoreError::corrupt("decision", "outcome", id))?;
    Ok(Some((outcome, conditions)))
}

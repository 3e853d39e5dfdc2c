//! Rows of verdicts and clarifications.

use super::{error::StoreError, tenant_scope::Scoped, write_tx::WriteTx};
use crate::domain::{
    ids::{AssessmentId, ClarificationId, UserId, VerdictId},
    remediation::Clarification,
    review::{Verdict, VerdictKind},
    score_inputs::{compensating_from_word, compensating_word, na_from_word, na_word},
};
use entity::{clarification, review_verdict, user_account};
use questionnaires::answering::Grade;
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _, Set, sea_query::Expr};

fn verdict_of(row: review_verdict::Model, user: Option<user_account::Model>) -> Result<Verdict, StoreError> {
    let id = row.id;
    let corrupt = |column| StoreError::corrupt("review_verdict", column, id);
    let na = row.na.as_deref().map(|word| na_from_word(word).ok_or_else(|| corrupt("na"))).transpose()?;
    let credit = row.credit.as_deref().map(|text| text.parse().map_err(|_| corrupt("credit"))).transpose()?;
    let compensating = row.compensating.as_deref();
    let compensating = compensating
        .map(|word| compensating_from_word(word).ok_or_else(|| corrupt("compensating")))
        .transpose()?;
    let grade = row.evidence_grade.as_deref();
    let grade =
        grade.map(|word| Grade::from_word(word).ok_or_else(|| corrupt("evidence_grade"))).transpose()?;
    Ok(Verdict {
        kind: VerdictKind::parse(&row.verdict).ok_or_else(|| corrupt("verdict"))?,
        question: row.question_id,
        na,
        scope_accepted: row.scope_accepted,
        credit,
        compensating,
        grade,
        reason: row.reason,
        answer_rev: row.answer_rev,
        decided_by: UserId(row.decided_by),
        decided_by_name: user.map(|user| user.name).unwrap_or_default(),
        decided_at: row.decided_at,
        version: row.version,
    })
}

/// Every verdict of an assessment, by question.
///
/// # Errors
/// When the database does not answer.
pub async fn verdicts(s: &impl Scoped, assessment: AssessmentId) -> Result<Vec<Verdict>, StoreError> {
    let rows = s
        .find::<review_verdict::Entity>()
        .filter(review_verdict::Column::AssessmentId.eq(assessment.0))
        .order_by_asc(review_verdict::Column::QuestionId)
        .find_also_related(user_account::Entity)
        .all(s.connection())
        .await?;
    rows.into_iter().map(|(row, user)| verdict_of(row, user)).collect()
}

/// Saves a verdict: version 0 inserts it as `fresh`, another one replaces the row of that version.
///
/// # Errors
/// [`StoreError::VersionConflict`] when somebody judged the same answer in between.
pub async fn save_verdict(
    tx: &mut WriteTx,
    fresh: VerdictId,
    assessment: AssessmentId,
    verdict: &Verdict,
) -> Result<VerdictId, StoreError> {
    let existing = tx
        .find::<review_verdict::Entity>()
        .filter(review_verdict::Column::AssessmentId.eq(assessment.0))
        .filter(review_verdict::Column::QuestionId.eq(&verdict.question))
        .one(tx.connection())
        .await?;
    let id = existing.as_ref().map_or(fresh.0, |row| row.id);
    let row = review_verdict::ActiveModel {
        id: Set(id),
        tenant_id: Set(tx.tenant_id().0),
        assessment_id: Set(assessment.0),
        question_id: Set(verdict.question.clone()),
        verdict: Set(verdict.kind.to_string()),
        na: Set(verdict.na.map(|na| na_word(na).to_owned())),
        scope_accepted: Set(verdict.scope_accepted),
        credit: Set(verdict.credit.as_ref().map(ToString::to_string)),
        compensating: Set(verdict.compensating.map(|c| compensating_word(c).to_owned())),
        evidence_grade: Set(verdict.grade.map(|grade| grade.as_str().to_owned())),
        reason: Set(verdict.reason.clone()),
        answer_rev: Set(verdict.answer_rev),
        decided_by: Set(verdict.decided_by.0),
        decided_at: Set(verdict.decided_at),
        version: Set(1),
    };
    match (existing, verdict.version) {
        // Two first verdicts at once: the later one finds no row and cannot insert one either.
        (None, 0) => match tx.insert::<review_verdict::Entity>(row).await {
            Err(StoreError::Duplicate(_)) => return Err(StoreError::VersionConflict),
            inserted => inserted?,
        },
        (Some(_), expected) if expected > 0 => tx.save::<review_verdict::Entity>(row, expected).await?,
        _ => return Err(StoreError::VersionConflict),
    }
    Ok(VerdictId(id))
}

/// Deletes the verdict *asked* of a question whose clarification was withdrawn.
///
/// # Errors
/// When the database cannot be written.
pub async fn delete_asked_verdict(
    tx: &mut WriteTx,
    assessment: AssessmentId,
    question: &str,
) -> Result<(), StoreError> {
    tx.delete_many::<review_verdict::Entity>()
        .filter(review_verdict::Column::AssessmentId.eq(assessment.0))
        .filter(review_verdict::Column::QuestionId.eq(question))
        .filter(review_verdict::Column::Verdict.eq(VerdictKind::Asked.as_str()))
        .exec(tx.connection())
        .await?;
    Ok(())
}

fn clarification_of(row: clarification::Model) -> Clarification {
    Clarification {
        id: ClarificationId(row.id),
        assessment_id: AssessmentId(row.assessment_id),
        question: row.question_id,
        batch: row.batch,
        text: row.text,
        asked_by: UserId(row.asked_by),
        asked_at: row.asked_at,
        sent_at: row.sent_at,
        due_on: row.due_on,
        answered_at: row.answered_at,
    }
}

/// Every clarification of an assessment, oldest first, drafts included.
///
/// # Errors
/// When the database does not answer.
pub async fn clarifications(
    s: &impl Scoped,
    assessment: AssessmentId,
) -> Result<Vec<Clarification>, StoreError> {
    let rows = s
        .find::<clarification::Entity>()
        .filter(clarification::Column::AssessmentId.eq(assessment.0))
        .order_by_asc(clarification::Column::Id)
        .all(s.connection())
        .await?;
    Ok(rows.into_iter().map(clarification_of).collect())
}

/// Inserts a clarification.
///
/// # Errors
/// When the database cannot be written.
pub async fn insert_clarification(tx: &mut WriteTx, new: &Clarification) -> Result<(), StoreError> {
    tx.insert::<clarification::Entity>(clarification::ActiveModel {
        id: Set(new.id.0),
        tenant_id: Set(tx.tenant_id().0),
        assessment_id: Set(new.assessment_id.0),
        question_id: Set(new.question.clone()),
        batch: Set(new.batch),
        text: Set(new.text.clone()),
        asked_by: Set(new.asked_by.0),
        asked_at: Set(new.asked_at),
        sent_at: Set(new.sent_at),
        due_on: Set(new.due_on),
        answered_at: Set(new.answered_at),
    })
    .await
}

/// Deletes the draft about a question, if there is one.
///
/// # Errors
/// When the database cannot be written.
pub async fn delete_draft(
    tx: &mut WriteTx,
    assessment: AssessmentId,
    question: &str,
) -> Result<(), StoreError> {
    tx.delete_many::<clarification::Entity>()
        .filter(clarification::Column::AssessmentId.eq(assessment.0))
        .filter(clarification::Column::QuestionId.eq(question))
        .filter(clarification::Column::Batch.is_null())
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// Turns a draft into a sent clarification of its batch.
///
/// # Errors
/// [`StoreError::NotFound`] when it is no draft any more.
pub async fn send_clarification(tx: &mut WriteTx, sent: &Clarification) -> Result<(), StoreError> {
    let done = tx
        .update_many::<clarification::Entity>()
        .col_expr(clarification::Column::Batch, Expr::value(sent.batch))
        .col_expr(clarification::Column::Text, Expr::value(sent.text.clone()))
        .col_expr(clarification::Column::SentAt, Expr::value(sent.sent_at))
        .col_expr(clarification::Column::DueOn, Expr::value(sent.due_on))
        .filter(clarification::Column::Id.eq(sent.id.0))
        .filter(clarification::Column::Batch.is_null())
        .exec(tx.connection())
        .await?;
    if done.rows_affected == 1 { Ok(()) } else { Err(StoreError::NotFound) }
}

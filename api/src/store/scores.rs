//! Score snapshots and the figures of their questionnaires; and what a snapshot is made of.

use super::{error::StoreError, residuals::keep_worst, tenant_scope::Scoped, write_tx::WriteTx};
use crate::domain::{
    ids::{ActionId, AssessmentId, SnapshotId, UserId},
    remediation::SnapshotReason,
    score_inputs::{Citation, Pin, ScoreInputs},
};
use chrono::{DateTime, Utc};
use entity::{
    answer, assessment_control_set, assessment_questionnaire, control_set_version, evidence,
    evidence_citation, score_result, score_snapshot,
};
use questionnaires::{definition::catalog::canonical_json, scoring::AssessmentScore};
use sea_orm::{
    ColumnTrait as _, ExprTrait as _, FromQueryResult, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    Select, Set,
    sea_query::{Alias, Expr, Order, Query},
};
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

/// A snapshot to insert.
#[derive(Clone, Debug)]
pub struct NewSnapshot {
    /// Which.
    pub id: SnapshotId,
    /// Of which assessment.
    pub assessment_id: AssessmentId,
    /// From 1.
    pub number: i32,
    /// Why.
    pub reason: SnapshotReason,
    /// Of which submission.
    pub submission_number: i32,
    /// What decides it.
    pub inputs: ScoreInputs,
    /// The result.
    pub score: AssessmentScore,
    /// When.
    pub created_at: DateTime<Utc>,
    /// By whom; none for the vendor's own act.
    pub created_by: Option<UserId>,
}

/// A stored snapshot.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Which.
    pub id: SnapshotId,
    /// Of which assessment.
    pub assessment_id: AssessmentId,
    /// From 1.
    pub number: i32,
    /// Why.
    pub reason: SnapshotReason,
    /// Of which submission.
    pub submission_number: i32,
    /// What decides it.
    pub inputs: ScoreInputs,
    /// The result.
    pub score: AssessmentScore,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// A stored answer as scoring takes it.
#[derive(Clone, Debug)]
pub struct AnswerRow {
    /// Of which question.
    pub question: String,
    /// None when it was cleared.
    pub value: Option<Value>,
    /// The words beside it.
    pub note: Option<String>,
    /// Its revision.
    pub rev: i64,
}

/// Figures by assessment.
pub type Results = BTreeMap<AssessmentId, Vec<ResultLine>>;

/// The figures of one questionnaire in the newest snapshot of an assessment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultLine {
    /// The questionnaire.
    pub questionnaire: String,
    /// S, rounded, in tenths.
    pub claimed_tenths: Option<i32>,
    /// The letter.
    pub rating: Option<String>,
    /// `low` to `critical`.
    pub residual: Option<String>,
}

pub(super) fn snapshot_of(row: score_snapshot::Model) -> Result<Snapshot, StoreError> {
    let corrupt = |column| StoreError::corrupt("score_snapshot", column, row.id);
    Ok(Snapshot {
        id: SnapshotId(row.id),
        assessment_id: AssessmentId(row.assessment_id),
        number: row.number,
        reason: SnapshotReason::parse(&row.reason).ok_or_else(|| corrupt("reason"))?,
        submission_number: row.submission_number,
        inputs: serde_json::from_str(&row.inputs).map_err(|_| corrupt("inputs"))?,
        score: serde_json::from_str(&row.result).map_err(|_| corrupt("result"))?,
        created_at: row.created_at,
    })
}

/// Inserts a snapshot with the figures of its questionnaires. Inputs and result are kept as canonical JSON.
///
/// # Errors
/// [`StoreError::Duplicate`] when another snapshot took the number.
pub async fn insert_snapshot(tx: &mut WriteTx, new: &NewSnapshot) -> Result<(), StoreError> {
    let unfit = |_| StoreError::corrupt("score_snapshot", "inputs", new.id);
    tx.insert::<score_snapshot::Entity>(score_snapshot::ActiveModel {
        id: Set(new.id.0),
        tenant_id: Set(tx.tenant_id().0),
        assessment_id: Set(new.assessment_id.0),
        number: Set(new.number),
        reason: Set(new.reason.to_string()),
        submission_number: Set(new.submission_number),
        as_of: Set(new.inputs.as_of),
        evidence_as_of: Set(new.inputs.evidence_as_of),
        inputs: Set(canonical_json(&new.inputs).map_err(unfit)?),
        result: Set(canonical_json(&new.score).map_err(unfit)?),
        residual: Set(new.score.residual.map(|level| level.as_str().to_owned())),
        created_at: Set(new.created_at),
        created_by: Set(new.created_by.map(|user| user.0)),
    })
    .await?;
    let word = |value: Value| value.as_str().unwrap_or_default().to_owned();
    let rows = new.score.questionnaires.iter().enumerate().map(|(index, scored)| score_result::ActiveModel {
        id: Set(derived(new.id.0, index)),
        tenant_id: Set(tx.tenant_id().0),
        assessment_id: Set(new.assessment_id.0),
        snapshot_id: Set(new.id.0),
        snapshot_number: Set(new.number),
        questionnaire_id: Set(scored.id.clone()),
        state: Set(serde_json::to_value(scored.state).map(word).unwrap_or_default()),
        claimed_exact: Set(scored.claimed.as_ref().map(ToString::to_string)),
        claimed_tenths: Set(scored.claimed.as_ref().and_then(|s| i32::try_from(s.r1_tenths()).ok())),
        evidenced_tenths: Set(scored.evidenced.as_ref().and_then(|v| i32::try_from(v.r1_tenths()).ok())),
        confidence_label: Set(scored
            .confidence
            .as_ref()
            .and_then(|k| serde_json::to_value(k.label).map(word).ok())),
        band: Set(scored.band.map(|letter| letter.to_string())),
        rating: Set(scored.rating.map(|letter| letter.to_string())),
        residual: Set(scored.residual.map(|residual| residual.level.as_str().to_owned())),
        limited_scope: Set(scored.limited_scope),
        knock_outs: Set(i32::try_from(scored.knock_outs.len()).unwrap_or(i32::MAX)),
    });
    let rows: Vec<score_result::ActiveModel> = rows.collect();
    tx.insert_all::<score_result::Entity, _>(rows).await?;
    keep_worst(tx, new.assessment_id).await
}

/// An id for the n-th figure of a snapshot: the snapshot's own id with its last bytes counted on, so that one random
/// draw serves them all.
fn derived(snapshot: Uuid, index: usize) -> Uuid {
    Uuid::from_u128(snapshot.as_u128() ^ (1 + index as u128))
}

/// Which of the figures of a snapshot this is, for [`derived`] ids: they stand in the order in which was asked.
fn place(snapshot: Uuid, figure: Uuid) -> u128 {
    snapshot.as_u128() ^ figure.as_u128()
}

/// The newest snapshot of an assessment.
///
/// # Errors
/// When the database does not answer.
pub async fn latest_snapshot(
    s: &impl Scoped,
    assessment: AssessmentId,
) -> Result<Option<Snapshot>, StoreError> {
    let found = s
        .find::<score_snapshot::Entity>()
        .filter(score_snapshot::Column::AssessmentId.eq(assessment.0))
        .order_by_desc(score_snapshot::Column::Number)
        .one(s.connection())
        .await?;
    found.map(snapshot_of).transpose()
}

/// One snapshot by its number.
///
/// # Errors
/// When the database does not answer.
pub async fn snapshot(
    s: &impl Scoped,
    assessment: AssessmentId,
    number: i32,
) -> Result<Option<Snapshot>, StoreError> {
    let found = s
        .find::<score_snapshot::Entity>()
        .filter(score_snapshot::Column::AssessmentId.eq(assessment.0))
        .filter(score_snapshot::Column::Number.eq(number))
        .one(s.connection())
        .await?;
    found.map(snapshot_of).transpose()
}

/// The newest snapshot of one submission of an assessment.
///
/// # Errors
/// When the database does not answer.
pub async fn latest_of_submission(
    s: &impl Scoped,
    assessment: AssessmentId,
    submission: i32,
) -> Result<Option<Snapshot>, StoreError> {
    if submission < 1 {
        return Ok(None);
    }
    let found = s
        .find::<score_snapshot::Entity>()
        .filter(score_snapshot::Column::AssessmentId.eq(assessment.0))
        .filter(score_snapshot::Column::SubmissionNumber.eq(submission))
        .order_by_desc(score_snapshot::Column::Number)
        .one(s.connection())
        .await?;
    found.map(snapshot_of).transpose()
}

/// The newest snapshots of these assessments, in a query of snapshots.
fn newest_of(s: &impl Scoped, assessments: &[AssessmentId]) -> Select<score_snapshot::Entity> {
    use score_snapshot::{Column as S, Entity as Snapshot};
    let other = Alias::new("other");
    let newest = Query::select()
        .expr(Expr::col((other.clone(), S::Number)).max())
        .from_as(Snapshot, other.clone())
        .and_where(Expr::col((other.clone(), S::TenantId)).equals((Snapshot, S::TenantId)))
        .and_where(Expr::col((other, S::AssessmentId)).equals((Snapshot, S::AssessmentId)))
        .to_owned();
    s.find::<Snapshot>()
        .filter(S::AssessmentId.is_in(assessments.iter().map(|id| id.0)))
        .filter(S::Number.in_subquery(newest))
}

/// The newest snapshots of several assessments, by assessment. One statement.
///
/// # Errors
/// When the database does not answer.
pub async fn latest_snapshots(
    s: &impl Scoped,
    assessments: &[AssessmentId],
) -> Result<BTreeMap<AssessmentId, Snapshot>, StoreError> {
    if assessments.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = newest_of(s, assessments).all(s.connection()).await?;
    rows.into_iter().map(|row| snapshot_of(row).map(|snapshot| (snapshot.assessment_id, snapshot))).collect()
}

/// The results of the newest snapshots of several assessments without what they were made of, by assessment. One
/// statement.
///
/// # Errors
/// When the database does not answer.
pub async fn latest_scores(
    s: &impl Scoped,
    assessments: &[AssessmentId],
) -> Result<BTreeMap<AssessmentId, AssessmentScore>, StoreError> {
    if assessments.is_empty() {
        return Ok(BTreeMap::new());
    }
    use score_snapshot::Column as S;
    let columns = [S::Id, S::AssessmentId, S::Result];
    let rows: Vec<(Uuid, Uuid, String)> =
        newest_of(s, assessments).select_only().columns(columns).into_tuple().all(s.connection()).await?;
    let read = |(id, assessment, result): (Uuid, Uuid, String)| {
        let corrupt = |_| StoreError::corrupt("score_snapshot", "result", id);
        Ok((AssessmentId(assessment), serde_json::from_str(&result).map_err(corrupt)?))
    };
    rows.into_iter().map(read).collect()
}

/// The highest snapshot number of an assessment; 0 when there is none.
///
/// # Errors
/// When the database does not answer.
pub async fn last_number(s: &impl Scoped, assessment: AssessmentId) -> Result<i32, StoreError> {
    let number: Option<i32> = s
        .find::<score_snapshot::Entity>()
        .select_only()
        .column(score_snapshot::Column::Number)
        .filter(score_snapshot::Column::AssessmentId.eq(assessment.0))
        .order_by_desc(score_snapshot::Column::Number)
        .into_tuple()
        .one(s.connection())
        .await?;
    Ok(number.unwrap_or(0))
}

/// The result of a snapshot as it is stored, byte for byte.
///
/// # Errors
/// When the database does not answer.
pub async fn stored_result(
    s: &impl Scoped,
    assessment: AssessmentId,
    number: i32,
) -> Result<Option<String>, StoreError> {
    let found = s
        .find::<score_snapshot::Entity>()
        .select_only()
        .column(score_snapshot::Column::Result)
        .filter(score_snapshot::Column::AssessmentId.eq(assessment.0))
        .filter(score_snapshot::Column::Number.eq(number))
        .into_tuple()
        .one(s.connection())
        .await?;
    Ok(found)
}

#[derive(Debug, FromQueryResult)]
struct ResultRow {
    id: Uuid,
    snapshot_id: Uuid,
    assessment_id: Uuid,
    snapshot_number: i32,
    questionnaire_id: String,
    claimed_tenths: Option<i32>,
    rating: Option<String>,
    residual: Option<String>,
}

/// A figure of a questionnaire in the newest snapshot of its assessment, as a value in a query of both.
pub(super) fn newest_result(figure: score_result::Column) -> Expr {
    use assessment_questionnaire::{Column as Q, Entity as Asked};
    use score_result::{Column as C, Entity as Of};
    let newest = Query::select()
        .expr(Expr::col((Of, figure)))
        .from(Of)
        .and_where(Expr::col((Of, C::TenantId)).equals((Asked, Q::TenantId)))
        .and_where(Expr::col((Of, C::AssessmentId)).equals((Asked, Q::AssessmentId)))
        .and_where(Expr::col((Of, C::QuestionnaireId)).equals((Asked, Q::QuestionnaireId)))
        .order_by((Of, C::SnapshotNumber), Order::Desc)
        .limit(1)
        .to_owned();
    newest.into()
}

/// The figures of the newest snapshot of each of these assessments, in the order in which was asked; nothing for one
/// that was not scored. One statement.
///
/// # Errors
/// When the database does not answer.
pub async fn results(s: &impl Scoped, assessments: &[AssessmentId]) -> Result<Results, StoreError> {
    use score_result::Column as C;
    let mut rows: Vec<ResultRow> = s
        .find::<score_result::Entity>()
        .select_only()
        .columns([
            C::Id,
            C::SnapshotId,
            C::AssessmentId,
            C::SnapshotNumber,
            C::QuestionnaireId,
            C::ClaimedTenths,
            C::Rating,
            C::Residual,
        ])
        .filter(C::AssessmentId.is_in(assessments.iter().map(|id| id.0)))
        .into_model()
        .all(s.connection())
        .await?;
    rows.sort_by_key(|row| place(row.snapshot_id, row.id));
    let mut newest: BTreeMap<Uuid, i32> = BTreeMap::new();
    for row in &rows {
        let entry = newest.entry(row.assessment_id).or_insert(row.snapshot_number);
        *entry = Ord::max(*entry, row.snapshot_number);
    }
    let current = rows.into_iter().filter(|row| newest.get(&row.assessment_id) == Some(&row.snapshot_number));
    let mut results = Results::new();
    for row in current {
        let id = AssessmentId(row.assessment_id);
        results.entry(id).or_default().push(ResultLine {
            questionnaire: row.questionnaire_id,
            claimed_tenths: row.claimed_tenths,
            rating: row.rating,
            residual: row.residual,
        });
    }
    Ok(results)
}

/// Evidence cited for answers of an assessment, oldest first; what was removed stays out.
///
/// # Errors
/// When the database does not answer.
pub async fn citations(s: &impl Scoped, assessment: AssessmentId) -> Result<Vec<Citation>, StoreError> {
    Ok(citations_and_documents(s, assessment).await?.0)
}

/// As [`citations`], and the documents that were sent for the assessment as a whole, which name no question. One
/// statement.
///
/// # Errors
/// When the database does not answer.
pub async fn citations_and_documents(
    s: &impl Scoped,
    assessment: AssessmentId,
) -> Result<(Vec<Citation>, Vec<Citation>), StoreError> {
    let rows = s
        .find::<evidence_citation::Entity>()
        .filter(evidence_citation::Column::AssessmentId.eq(assessment.0))
        .filter(evidence_citation::Column::ActionId.is_null())
        .filter(evidence_citation::Column::RemovedAt.is_null())
        .order_by_asc(evidence_citation::Column::Id)
        .find_also_related(evidence::Entity)
        .all(s.connection())
        .await?;
    let all = rows
        .into_iter()
        .filter_map(|(cited, evidence)| citation_of(cited.question_id.unwrap_or_default(), evidence?));
    Ok(all.partition(|citation| !citation.question.is_empty()))
}

fn citation_of(question: String, evidence: evidence::Model) -> Option<Citation> {
    if evidence.removed_at.is_some() {
        return None;
    }
    Some(Citation {
        evidence: evidence.id,
        question,
        name: evidence.display_name,
        url: evidence.url,
        size_bytes: evidence.size_bytes,
        media_type: evidence.media_type,
        valid_until: evidence.valid_until,
    })
}

/// Evidence that was added as the proof of these actions, by action.
///
/// # Errors
/// When the database does not answer.
pub async fn proofs(s: &impl Scoped, actions: &[ActionId]) -> Result<Vec<(ActionId, Citation)>, StoreError> {
    if actions.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = actions.iter().map(|id| id.0).collect();
    let rows = s
        .find::<evidence_citation::Entity>()
        .filter(evidence_citation::Column::ActionId.is_in(ids))
        .filter(evidence_citation::Column::RemovedAt.is_null())
        .order_by_asc(evidence_citation::Column::Id)
        .find_also_related(evidence::Entity)
        .all(s.connection())
        .await?;
    let proof = |cited: evidence_citation::Model, evidence: Option<evidence::Model>| {
        Some((ActionId(cited.action_id?), citation_of(cited.question_id.unwrap_or_default(), evidence?)?))
    };
    Ok(rows.into_iter().filter_map(|(cited, evidence)| proof(cited, evidence)).collect())
}

/// Cites a piece of evidence for an answer.
///
/// # Errors
/// When the database cannot be written.
pub async fn cite(
    tx: &mut WriteTx,
    id: Uuid,
    assessment: AssessmentId,
    evidence: Uuid,
    question: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.insert::<evidence_citation::Entity>(evidence_citation::ActiveModel {
        id: Set(id),
        tenant_id: Set(tx.tenant_id().0),
        assessment_id: Set(assessment.0),
        evidence_id: Set(evidence),
        question_id: Set(Some(question.to_owned())),
        action_id: Set(None),
        cited_at: Set(now),
        removed_at: Set(None),
    })
    .await
}

/// Every answer of an assessment as it stands.
///
/// # Errors
/// When the database does not answer.
pub async fn answers(s: &impl Scoped, assessment: AssessmentId) -> Result<Vec<AnswerRow>, StoreError> {
    let rows = s
        .find::<answer::Entity>()
        .filter(answer::Column::AssessmentId.eq(assessment.0))
        .order_by_asc(answer::Column::QuestionId)
        .all(s.connection())
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| AnswerRow { question: row.question_id, value: row.value, note: row.note, rev: row.rev })
        .collect())
}

/// The control sets that an assessment pinned, by id.
///
/// # Errors
/// When the database does not answer.
pub async fn control_set_pins(s: &impl Scoped, assessment: AssessmentId) -> Result<Vec<Pin>, StoreError> {
    let rows = s
        .find::<assessment_control_set::Entity>()
        .filter(assessment_control_set::Column::AssessmentId.eq(assessment.0))
        .find_also_related(control_set_version::Entity)
        .all(s.connection())
        .await?;
    let mut pins: Vec<Pin> = rows
        .into_iter()
        .filter_map(|(_, set)| set)
        .map(|set| Pin { row: set.id, id: set.control_set_id, version: set.version, sha256: set.sha256 })
        .collect();
    pins.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(pins)
}

//! Rows of evidence and of where it is used.

use super::{connect::Database, error::StoreError, tenant_scope::Scoped, write_tx::WriteTx};
use crate::domain::{
    evidence::EvidenceKind,
    ids::{ActionId, AssessmentId, CitationId, EvidenceId, RespondentId, VendorId},
    sheet::{CitationRow, EvidenceRow},
};
use chrono::{DateTime, NaiveDate, Utc};
use entity::{evidence, evidence_citation, respondent};
use sea_orm::{
    ColumnTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Set,
    sea_query::{Expr, ExprTrait as _, Query},
};
use std::collections::HashSet;

/// Evidence of an assessment that was not removed, with its uses, in the order added: one statement.
///
/// # Errors
/// When the database does not answer.
pub async fn of_assessment(s: &impl Scoped, id: AssessmentId) -> Result<Vec<EvidenceRow>, StoreError> {
    let rows = s
        .find::<evidence_citation::Entity>()
        .filter(evidence_citation::Column::AssessmentId.eq(id.0))
        .order_by_asc(evidence_citation::Column::EvidenceId)
        .order_by_asc(evidence_citation::Column::Id)
        .find_also(evidence_citation::Entity, evidence::Entity)
        .find_also(evidence::Entity, respondent::Entity)
        .all(s.connection())
        .await?;
    let mut pieces: Vec<EvidenceRow> = Vec::new();
    for (citation, piece, by) in rows {
        let Some(piece) = piece.filter(|piece| piece.removed_at.is_none()) else { continue };
        if pieces.last().is_none_or(|last| last.id.0 != piece.id) {
            pieces.push(piece_of(piece, by)?);
        }
        if let Some(last) = pieces.last_mut().filter(|_| citation.removed_at.is_none()) {
            last.citations.push(CitationRow {
                id: CitationId(citation.id),
                question_id: citation.question_id,
                action_id: citation.action_id.map(ActionId),
            });
        }
    }
    Ok(pieces)
}

/// Which of these storage keys a piece of evidence has, of whichever tenant.
///
/// # Errors
/// When the database does not answer.
pub async fn named_keys(database: &Database, keys: &[String]) -> Result<HashSet<String>, StoreError> {
    let all = database.across_tenants("the folder of evidence holds every tenant's bytes");
    let found: Vec<Option<String>> = all
        .find::<evidence::Entity>()
        .select_only()
        .column(evidence::Column::StorageKey)
        .filter(evidence::Column::StorageKey.is_in(keys))
        .into_tuple()
        .all(all.connection())
        .await?;
    Ok(found.into_iter().flatten().collect())
}

fn piece_of(row: evidence::Model, by: Option<respondent::Model>) -> Result<EvidenceRow, StoreError> {
    Ok(EvidenceRow {
        kind: EvidenceKind::parse(&row.kind)
            .ok_or_else(|| StoreError::corrupt("evidence", "kind", row.id))?,
        id: EvidenceId(row.id),
        name: row.display_name,
        media_type: row.media_type,
        size: row.size_bytes.and_then(|size| u64::try_from(size).ok()),
        sha256: row.sha256,
        storage_key: row.storage_key,
        url: row.url,
        valid_until: row.valid_until,
        added_by: by.map(|by| by.name).unwrap_or_default(),
        added_at: row.added_at,
        citations: Vec::new(),
    })
}

/// One piece of evidence and its assessment, whether or not it was removed from use.
///
/// # Errors
/// When the database does not answer.
pub async fn piece(
    s: &impl Scoped,
    id: EvidenceId,
) -> Result<Option<(AssessmentId, EvidenceRow)>, StoreError> {
    let row = s.find_id::<evidence::Entity>(id).one(s.connection()).await?;
    row.map(|row| Ok((AssessmentId(row.assessment_id), piece_of(row, None)?))).transpose()
}

/// How many pieces an assessment cites, and how many bytes it keeps. A piece that is cited no longer makes room for
/// another; its bytes stay, because what was handed in earlier may rest on them.
///
/// # Errors
/// When the database does not answer.
pub async fn used(s: &impl Scoped, id: AssessmentId) -> Result<(u64, u64), StoreError> {
    use evidence::Column as E;
    use evidence_citation::{Column as C, Entity as Citation};
    let cited = Query::select()
        .expr(Expr::val(1))
        .from(Citation)
        .and_where(Expr::col((Citation, C::TenantId)).equals((evidence::Entity, E::TenantId)))
        .and_where(Expr::col((Citation, C::EvidenceId)).equals((evidence::Entity, E::Id)))
        .and_where(Expr::col((Citation, C::RemovedAt)).is_null())
        .to_owned();
    let rows: Vec<(Option<i64>, bool)> = s
        .find::<evidence::Entity>()
        .select_only()
        .column(E::SizeBytes)
        .column_as(Expr::exists(cited), "cited")
        .filter(E::AssessmentId.eq(id.0))
        .filter(E::RemovedAt.is_null())
        .into_tuple()
        .all(s.connection())
        .await?;
    let bytes = rows.iter().filter_map(|(size, _)| *size).map(|size| u64::try_from(size).unwrap_or(0)).sum();
    let pieces = rows.iter().filter(|(_, cited)| *cited).count();
    Ok((pieces as u64, bytes))
}

/// A piece of evidence to insert.
#[derive(Clone, Debug)]
pub struct NewEvidence {
    /// Which.
    pub id: EvidenceId,
    /// On whose shelf.
    pub vendor: VendorId,
    /// Added in which assessment.
    pub assessment: AssessmentId,
    /// File or link.
    pub kind: EvidenceKind,
    /// As shown.
    pub name: String,
    /// What the content is.
    pub media_type: Option<&'static str>,
    /// Key, bytes and SHA-256 of a file.
    pub stored: Option<(String, u64, String)>,
    /// A link's address.
    pub url: Option<String>,
    /// The last day it proves anything.
    pub valid_until: Option<NaiveDate>,
    /// Who added it.
    pub by: RespondentId,
    /// When.
    pub at: DateTime<Utc>,
}

/// Inserts a piece of evidence.
///
/// # Errors
/// When the database cannot be written.
pub async fn insert(tx: &mut WriteTx, new: NewEvidence) -> Result<(), StoreError> {
    let (key, size, sha256) = match new.stored {
        Some((key, size, sha256)) => (Some(key), i64::try_from(size).ok(), Some(sha256)),
        None => (None, None, None),
    };
    tx.insert::<evidence::Entity>(evidence::ActiveModel {
        id: Set(new.id.0),
        vendor_id: Set(new.vendor.0),
        assessment_id: Set(new.assessment.0),
        kind: Set(new.kind.to_string()),
        display_name: Set(new.name),
        media_type: Set(new.media_type.map(str::to_owned)),
        size_bytes: Set(size),
        sha256: Set(sha256),
        storage_key: Set(key),
        url: Set(new.url),
        valid_until: Set(new.valid_until),
        scan_state: Set("not_scanned".to_owned()),
        added_by_respondent: Set(Some(new.by.0)),
        added_by_user: Set(None),
        added_at: Set(new.at),
        removed_at: Set(None),
        ..Default::default()
    })
    .await
}

/// Uses a piece of evidence beside answers or as proof of an action. One statement for 500 uses.
///
/// # Errors
/// When the database cannot be written.
pub async fn cite(
    tx: &mut WriteTx,
    assessment: AssessmentId,
    evidence: EvidenceId,
    new: Vec<CitationRow>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let rows = new.into_iter().map(|citation| evidence_citation::ActiveModel {
        id: Set(citation.id.0),
        assessment_id: Set(assessment.0),
        evidence_id: Set(evidence.0),
        question_id: Set(citation.question_id),
        action_id: Set(citation.action_id.map(|id| id.0)),
        cited_at: Set(now),
        removed_at: Set(None),
        ..Default::default()
    });
    tx.insert_all::<evidence_citation::Entity, _>(rows.collect()).await
}

/// A use that was not removed, with its assessment and evidence.
///
/// # Errors
/// When the database does not answer.
pub async fn citation(
    s: &impl Scoped,
    id: CitationId,
) -> Result<Option<(AssessmentId, EvidenceId, CitationRow)>, StoreError> {
    let row = s
        .find_id::<evidence_citation::Entity>(id)
        .filter(evidence_citation::Column::RemovedAt.is_null())
        .one(s.connection())
        .await?;
    Ok(row.map(|row| {
        let cited = CitationRow { id, question_id: row.question_id, action_id: row.action_id.map(ActionId) };
        (AssessmentId(row.assessment_id), EvidenceId(row.evidence_id), cited)
    }))
}

/// Takes a use back.
///
/// # Errors
/// When the database cannot be written.
pub async fn remove_citation(tx: &mut WriteTx, id: CitationId, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.update_many::<evidence_citation::Entity>()
        .col_expr(evidence_citation::Column::RemovedAt, Expr::value(now))
        .filter(evidence_citation::Column::Id.eq(id.0))
        .filter(evidence_citation::Column::RemovedAt.is_null())
        .exec(tx.connection())
        .await?;
    Ok(())
}

//! Chosen and pinned questionnaires, and pinned control sets, of assessments.

use super::{error::StoreError, tenant_scope::Scoped, write_tx::WriteTx};
use crate::domain::{
    assessment::{ChosenQuestionnaire, PinnedFile},
    ids::{AssessmentId, ControlSetVersionId, QuestionnaireVersionId},
};
use chrono::{DateTime, Utc};
use entity::{assessment_control_set, assessment_questionnaire, control_set_version, questionnaire_version};
use questionnaires::definition::Audience;
use sea_orm::{
    ColumnTrait as _, FromQueryResult, JoinType, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    RelationTrait as _, Set, sea_query::Expr,
};
use uuid::Uuid;

#[derive(FromQueryResult)]
struct ChosenRow {
    position: i32,
    questionnaire_id: String,
    suggested: bool,
    reason: String,
    file_id: Option<Uuid>,
    version: Option<String>,
    title: Option<String>,
    audience: Option<String>,
    sha256: Option<String>,
}

/// The questionnaires of an assessment in the order of asking, without their definitions.
///
/// # Errors
/// When the database does not answer.
pub async fn chosen(
    s: &impl Scoped,
    assessment: AssessmentId,
) -> Result<Vec<ChosenQuestionnaire>, StoreError> {
    use assessment_questionnaire::Column as C;
    use questionnaire_version::Column as V;
    let rows: Vec<ChosenRow> = s
        .find::<assessment_questionnaire::Entity>()
        .join(JoinType::LeftJoin, assessment_questionnaire::Relation::QuestionnaireVersion.def())
        .select_only()
        .column(C::Position)
        .column(C::QuestionnaireId)
        .column(C::Suggested)
        .column(C::Reason)
        .column_as(V::Id, "file_id")
        .column(V::Version)
        .column(V::Title)
        .column(V::Audience)
        .column(V::Sha256)
        .filter(C::AssessmentId.eq(assessment.0))
        .order_by_asc(C::Position)
        .into_model()
        .all(s.connection())
        .await?;
    rows.into_iter()
        .map(|row| {
            let pinned = match (row.file_id, row.version, row.title, row.audience, row.sha256) {
                (Some(id), Some(version), Some(title), Some(audience), Some(sha256)) => Some(PinnedFile {
                    id: QuestionnaireVersionId(id),
                    version,
                    title,
                    audience: match audience.as_str() {
                        "vendor" => Audience::Vendor,
                        "buyer" => Audience::Buyer,
                        _ => return Err(StoreError::corrupt("questionnaire_version", "audience", id)),
                    },
                    sha256,
                }),
                _ => None,
            };
            Ok(ChosenQuestionnaire {
                position: row.position,
                questionnaire_id: row.questionnaire_id,
                suggested: row.suggested,
                reason: row.reason,
                pinned,
            })
        })
        .collect()
}

/// Replaces what a draft asks. Each row comes with a fresh id.
///
/// # Errors
/// When the database cannot be written.
pub async fn replace_chosen(
    tx: &mut WriteTx,
    assessment: AssessmentId,
    chosen: &[(Uuid, ChosenQuestionnaire)],
) -> Result<(), StoreError> {
    tx.delete_many::<assessment_questionnaire::Entity>()
        .filter(assessment_questionnaire::Column::AssessmentId.eq(assessment.0))
        .exec(tx.connection())
        .await?;
    let tenant = tx.tenant_id().0;
    let rows: Vec<assessment_questionnaire::ActiveModel> = chosen
        .iter()
        .map(|(id, row)| assessment_questionnaire::ActiveModel {
            id: Set(*id),
            tenant_id: Set(tenant),
            assessment_id: Set(assessment.0),
            position: Set(row.position),
            questionnaire_id: Set(row.questionnaire_id.clone()),
            questionnaire_version_id: Set(row.pinned.as_ref().map(|file| file.id.0)),
            suggested: Set(row.suggested),
            reason: Set(row.reason.clone()),
        })
        .collect();
    tx.insert_all::<assessment_questionnaire::Entity, _>(rows).await
}

/// A definition to pin.
#[derive(Clone, Debug)]
pub struct NewFile {
    /// Used when this content is not stored yet.
    pub id: Uuid,
    /// Id of the questionnaire or control set.
    pub name: String,
    /// Major.minor.patch.
    pub version: String,
    /// As shown.
    pub title: String,
    /// Canonical JSON.
    pub definition: String,
    /// SHA-256 of it, in hex.
    pub sha256: String,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// Stores a questionnaire, or finds the same content stored before.
///
/// # Errors
/// When the database cannot be written.
pub async fn pin_questionnaire(
    tx: &mut WriteTx,
    file: &NewFile,
    audience: Audience,
) -> Result<QuestionnaireVersionId, StoreError> {
    if let Some(id) = stored_questionnaire(tx, file).await? {
        return Ok(id);
    }
    let audience = match audience {
        Audience::Vendor => "vendor",
        Audience::Buyer => "buyer",
    };
    let row = questionnaire_version::ActiveModel {
        id: Set(file.id),
        tenant_id: Set(tx.tenant_id().0),
        questionnaire_id: Set(file.name.clone()),
        version: Set(file.version.clone()),
        title: Set(file.title.clone()),
        audience: Set(audience.to_owned()),
        sha256: Set(file.sha256.clone()),
        definition: Set(file.definition.clone()),
        created_at: Set(file.created_at),
    };
    if tx.insert_unless_there::<questionnaire_version::Entity>(row).await? {
        return Ok(QuestionnaireVersionId(file.id));
    }
    // Another transaction stored it since we looked.
    stored_questionnaire(tx, file).await?.ok_or(StoreError::NotFound)
}

async fn stored_questionnaire(
    s: &impl Scoped,
    file: &NewFile,
) -> Result<Option<QuestionnaireVersionId>, StoreError> {
    use questionnaire_version::Column as V;
    let stored: Option<Uuid> = s
        .find::<questionnaire_version::Entity>()
        .select_only()
        .column(V::Id)
        .filter(V::QuestionnaireId.eq(&file.name))
        .filter(V::Version.eq(&file.version))
        .filter(V::Sha256.eq(&file.sha256))
        .into_tuple()
        .one(s.connection())
        .await?;
    Ok(stored.map(QuestionnaireVersionId))
}

/// Names the pinned file of a chosen questionnaire.
///
/// # Errors
/// When the database cannot be written.
pub async fn set_pinned(
    tx: &mut WriteTx,
    assessment: AssessmentId,
    questionnaire: &str,
    file: QuestionnaireVersionId,
) -> Result<(), StoreError> {
    use assessment_questionnaire::Column as C;
    tx.update_many::<assessment_questionnaire::Entity>()
        .col_expr(C::QuestionnaireVersionId, Expr::value(file.0))
        .filter(C::AssessmentId.eq(assessment.0))
        .filter(C::QuestionnaireId.eq(questionnaire))
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// Stores a control set, or finds the same content stored before, and pins it to an assessment.
///
/// # Errors
/// When the database cannot be written.
pub async fn pin_control_set(
    tx: &mut WriteTx,
    assessment: AssessmentId,
    file: &NewFile,
    link: Uuid,
) -> Result<(), StoreError> {
    let id = match stored_control_set(tx, file).await? {
        Some(id) => id,
        None => store_control_set(tx, file).await?,
    };
    tx.insert::<assessment_control_set::Entity>(assessment_control_set::ActiveModel {
        id: Set(link),
        tenant_id: Set(tx.tenant_id().0),
        assessment_id: Set(assessment.0),
        control_set_version_id: Set(id),
    })
    .await
}

async fn store_control_set(tx: &mut WriteTx, file: &NewFile) -> Result<Uuid, StoreError> {
    let row = control_set_version::ActiveModel {
        id: Set(file.id),
        tenant_id: Set(tx.tenant_id().0),
        control_set_id: Set(file.name.clone()),
        version: Set(file.version.clone()),
        title: Set(file.title.clone()),
        sha256: Set(file.sha256.clone()),
        definition: Set(file.definition.clone()),
        created_at: Set(file.created_at),
    };
    if tx.insert_unless_there::<control_set_version::Entity>(row).await? {
        return Ok(file.id);
    }
    // Another transaction stored it since we looked.
    stored_control_set(tx, file).await?.ok_or(StoreError::NotFound)
}

async fn stored_control_set(s: &impl Scoped, file: &NewFile) -> Result<Option<Uuid>, StoreError> {
    use control_set_version::Column as V;
    Ok(s.find::<control_set_version::Entity>()
        .select_only()
        .column(V::Id)
        .filter(V::ControlSetId.eq(&file.name))
        .filter(V::Version.eq(&file.version))
        .filter(V::Sha256.eq(&file.sha256))
        .into_tuple()
        .one(s.connection())
        .await?)
}

/// Definitions of pinned questionnaires, as `(sha256, canonical JSON)`.
///
/// # Errors
/// When the database does not answer.
pub async fn definitions(
    s: &impl Scoped,
    files: &[QuestionnaireVersionId],
) -> Result<Vec<(String, String)>, StoreError> {
    use questionnaire_version::Column as V;
    Ok(s.find::<questionnaire_version::Entity>()
        .select_only()
        .column(V::Sha256)
        .column(V::Definition)
        .filter(V::Id.is_in(files.iter().map(|file| file.0)))
        .into_tuple()
        .all(s.connection())
        .await?)
}

/// The control sets pinned to an assessment, by their id, as `(row, sha256)`.
///
/// # Errors
/// When the database does not answer.
pub async fn control_sets(
    s: &impl Scoped,
    assessment: AssessmentId,
) -> Result<Vec<(ControlSetVersionId, String)>, StoreError> {
    use control_set_version::Column as V;
    let rows: Vec<(Uuid, String)> = s
        .find::<assessment_control_set::Entity>()
        .join(JoinType::InnerJoin, assessment_control_set::Relation::ControlSetVersion.def())
        .select_only()
        .column(V::Id)
        .column(V::Sha256)
        .filter(assessment_control_set::Column::AssessmentId.eq(assessment.0))
        .order_by_asc(V::ControlSetId)
        .into_tuple()
        .all(s.connection())
        .await?;
    Ok(rows.into_iter().map(|(id, sha256)| (ControlSetVersionId(id), sha256)).collect())
}

/// Definitions of pinned control sets, as `(sha256, canonical JSON)`.
///
/// # Errors
/// When the database does not answer.
pub async fn control_set_definitions(
    s: &impl Scoped,
    files: &[ControlSetVersionId],
) -> Result<Vec<(String, String)>, StoreError> {
    use control_set_version::Column as V;
    Ok(s.find::<control_set_version::Entity>()
        .select_only()
        .column(V::Sha256)
        .column(V::Definition)
        .filter(V::Id.is_in(files.iter().map(|file| file.0)))
        .into_tuple()
        .all(s.connection())
        .await?)
}

//! The newest result of every service under one questionnaire, a page at a time.

use super::{
    error::StoreError,
    latest::latest_handed_in,
    tenant_scope::{Scoped, count_rows},
};
use crate::domain::{
    assessment::AssessmentState,
    ids::AssessmentId,
    matrix::{Figures, MatrixLine, MatrixOrder, SetFigures},
};
use entity::{assessment, questionnaire_version, score_result, score_snapshot, service, vendor};
use questionnaires::definition::Tier;
use sea_orm::{
    ColumnTrait as _, ExprTrait as _, FromQueryResult, JoinType, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, QueryTrait as _, RelationTrait as _, Select,
    sea_query::{Expr, Query},
};
use serde::Deserialize;
use uuid::Uuid;

/// How many versions of a questionnaire give the table its columns.
const VERSIONS: u64 = 10;

/// Which results.
#[derive(Clone, Debug)]
pub struct MatrixQuery {
    /// Under which questionnaire.
    pub questionnaire: String,
    /// Of services in this tier alone.
    pub tier: Option<Tier>,
    /// Within a tier.
    pub order: MatrixOrder,
}

/// Id and newest title of every questionnaire that vendors were sent, by title.
///
/// # Errors
/// When the database does not answer.
pub async fn questionnaires(s: &impl Scoped) -> Result<Vec<(String, String)>, StoreError> {
    use questionnaire_version::Column as V;
    let versions: Vec<(String, String)> = s
        .find::<questionnaire_version::Entity>()
        .select_only()
        .columns([V::QuestionnaireId, V::Title])
        .filter(V::Audience.eq("vendor"))
        .order_by_desc(V::CreatedAt)
        .order_by_desc(V::Id)
        .into_tuple()
        .all(s.connection())
        .await?;
    let mut newest: Vec<(String, String)> = Vec::new();
    for (id, title) in versions {
        if !newest.iter().any(|(known, _)| *known == id) {
            newest.push((id, title));
        }
    }
    newest.sort_by(|a, b| a.1.cmp(&b.1));
    Ok(newest)
}

#[derive(Deserialize)]
struct Sections {
    sections: Vec<Section>,
}

#[derive(Deserialize)]
struct Section {
    id: String,
    title: String,
}

/// Id and title of the sections of a questionnaire, those of its newest version first.
///
/// # Errors
/// When the database does not answer.
pub async fn sections(s: &impl Scoped, questionnaire: &str) -> Result<Vec<(String, String)>, StoreError> {
    use questionnaire_version::Column as V;
    let versions: Vec<(Uuid, String)> = s
        .find::<questionnaire_version::Entity>()
        .select_only()
        .columns([V::Id, V::Definition])
        .filter(V::QuestionnaireId.eq(questionnaire))
        .order_by_desc(V::CreatedAt)
        .order_by_desc(V::Id)
        .limit(VERSIONS)
        .into_tuple()
        .all(s.connection())
        .await?;
    let mut all: Vec<(String, String)> = Vec::new();
    for (id, definition) in versions {
        let corrupt = |_| StoreError::corrupt("questionnaire_version", "definition", id);
        let read: Sections = serde_json::from_str(&definition).map_err(corrupt)?;
        for section in read.sections {
            if !all.iter().any(|(known, _)| *known == section.id) {
                all.push((section.id, section.title));
            }
        }
    }
    Ok(all)
}

/// The results of the newest snapshots of each service's latest assessment that was handed in.
fn results(s: &impl Scoped, query: &MatrixQuery) -> Select<assessment::Entity> {
    use score_snapshot::{Column as S, Entity as Snapshot};
    let own = |column| Expr::col((assessment::Entity, column));
    let newest = Query::select()
        .expr(Expr::col((Snapshot, S::Number)).max())
        .from(Snapshot)
        .and_where(Expr::col((Snapshot, S::TenantId)).eq(own(assessment::Column::TenantId)))
        .and_where(Expr::col((Snapshot, S::AssessmentId)).eq(own(assessment::Column::Id)))
        .to_owned();
    s.find::<assessment::Entity>()
        .join(JoinType::InnerJoin, score_result::Relation::Assessment.def().rev())
        .filter(latest_handed_in())
        .filter(score_result::Column::QuestionnaireId.eq(&query.questionnaire))
        .filter(
            Expr::col((score_result::Entity, score_result::Column::SnapshotNumber)).eq(Expr::from(newest)),
        )
        .apply_if(query.tier, |select, tier| select.filter(assessment::Column::Tier.eq(tier.as_str())))
}

/// How many services have a result.
///
/// # Errors
/// When the database does not answer.
pub async fn count(s: &impl Scoped, query: &MatrixQuery) -> Result<usize, StoreError> {
    count_rows(s, results(s, query)).await
}

#[derive(FromQueryResult)]
struct Row {
    id: Uuid,
    reference: String,
    state: String,
    tier: Option<String>,
    vendor: String,
    service: String,
    result: String,
}

/// A stored result; the rows of its questions and controls are skipped.
#[derive(Deserialize)]
struct StoredResult {
    questionnaires: Vec<Figures>,
    control_sets: Vec<SetFigures>,
}

/// The lines, highest tier first: at most `most` after the first `skipped`.
///
/// # Errors
/// When the database does not answer.
pub async fn page(
    s: &impl Scoped,
    query: &MatrixQuery,
    skipped: usize,
    most: usize,
) -> Result<Vec<MatrixLine>, StoreError> {
    use assessment::Column as A;
    use score_result::Column as R;
    let no_tier = Expr::case(A::Tier.is_null(), 4_i32);
    let rank: Expr = Tier::ALL
        .iter()
        .rev()
        .zip(0_i32..)
        .fold(no_tier, |case, (tier, at)| case.case(A::Tier.eq(tier.as_str()), at))
        .finally(4_i32)
        .into();
    let score = match query.order {
        MatrixOrder::Vendor => None,
        MatrixOrder::Claimed => Some(R::ClaimedTenths),
        MatrixOrder::Evidenced => Some(R::EvidencedTenths),
    };
    let mut select = results(s, query)
        .join(JoinType::InnerJoin, score_result::Relation::Snapshot.def())
        .join(JoinType::InnerJoin, assessment::Relation::Vendor.def())
        .join(JoinType::InnerJoin, assessment::Relation::Service.def())
        .select_only()
        .columns([A::Id, A::Reference, A::State, A::Tier])
        .column_as(vendor::Column::Name, "vendor")
        .column_as(service::Column::Name, "service")
        .column_as(score_snapshot::Column::Result, "result")
        .order_by_asc(rank);
    if let Some(column) = score {
        // Who has no score stands last, on both databases.
        let score = Expr::col((score_result::Entity, column));
        let unscored: Expr = Expr::case(score.clone().is_null(), 1_i32).finally(0_i32).into();
        select = select.order_by_asc(unscored).order_by_asc(score);
    }
    let rows: Vec<Row> = select
        .order_by_asc(vendor::Column::NameNormalised)
        .order_by_asc(service::Column::Name)
        .order_by_asc(A::Id)
        .offset(skipped as u64)
        .limit(most as u64)
        .into_model()
        .all(s.connection())
        .await?;
    rows.into_iter().map(|row| line_of(row, &query.questionnaire)).collect()
}

fn line_of(row: Row, questionnaire: &str) -> Result<MatrixLine, StoreError> {
    let corrupt = |column| StoreError::corrupt("score_snapshot", column, row.id);
    let stored: StoredResult = serde_json::from_str(&row.result).map_err(|_| corrupt("result"))?;
    let figures = stored.questionnaires.into_iter().find(|one| one.id == questionnaire);
    Ok(MatrixLine {
        assessment: AssessmentId(row.id),
        state: AssessmentState::parse(&row.state).ok_or_else(|| corrupt("state"))?,
        tier: row.tier.as_deref().and_then(|word| word.parse().ok()),
        figures: figures.ok_or_else(|| corrupt("result"))?,
        control_sets: stored.control_sets,
        reference: row.reference,
        vendor: row.vendor,
        service: row.service,
    })
}

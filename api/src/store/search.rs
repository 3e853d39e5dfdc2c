//! What search looks through: names, references and titles with some words in them, a bounded number of each. One
//! statement each, and the database compares columns that the service has written in lower case, so that SQLite and
//! PostgreSQL find the same.

use super::{
    error::StoreError,
    scores::{ResultLine, newest_result},
    tenant_scope::Scoped,
    vendors::{named, with_words},
};
use crate::domain::{
    assessment::AssessmentState,
    finding::FindingState,
    ids::{AssessmentId, FindingId, ServiceId, VendorId},
    vendor::VendorState,
};
use entity::{
    assessment, assessment_questionnaire, contact, finding, reliance, score_result, service, vendor,
};
use sea_orm::{
    ColumnTrait as _, ExprTrait as _, FromQueryResult, JoinType, Order, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, QueryTrait as _, RelationTrait as _,
};
use uuid::Uuid;

/// A vendor that was found.
#[derive(Clone, Debug)]
pub struct VendorHit {
    /// Which.
    pub id: VendorId,
    /// Its name.
    pub name: String,
    /// Whether it is archived.
    pub archived: bool,
    /// It is found by what it relies on, not by its own name.
    pub by_reliance: bool,
}

/// A service that was found.
#[derive(Clone, Debug)]
pub struct ServiceHit {
    /// Which.
    pub id: ServiceId,
    /// Its name.
    pub name: String,
    /// Its vendor's name.
    pub vendor: String,
}

/// A contact that was found.
#[derive(Clone, Debug, FromQueryResult)]
pub struct ContactHit {
    /// Their name.
    pub name: String,
    /// What they do.
    pub job_title: Option<String>,
    /// Their address.
    pub email: String,
    /// The vendor whose page shows them.
    pub vendor_id: Uuid,
    /// Its name.
    pub vendor: String,
}

/// A finding that was found.
#[derive(Clone, Debug)]
pub struct FindingHit {
    /// Which.
    pub id: FindingId,
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub state: FindingState,
    /// `low` to `critical`.
    pub severity: String,
    /// The vendor's name.
    pub vendor: String,
}

/// An assessment with one of the questionnaires that it asks.
#[derive(Clone, Debug)]
pub struct AssessmentHit {
    /// Which.
    pub id: AssessmentId,
    /// What people quote.
    pub reference: String,
    /// Where it stands.
    pub state: AssessmentState,
    /// The vendor's name.
    pub vendor: String,
    /// The service's name.
    pub service: String,
    /// What it asks; none in a draft without any.
    pub questionnaire: Option<String>,
    /// The figures of that questionnaire in its newest snapshot; none when that gave no rating.
    pub result: Option<ResultLine>,
}

#[derive(FromQueryResult)]
struct VendorFound {
    id: Uuid,
    name: String,
    state: String,
    by_name: bool,
}

#[derive(FromQueryResult)]
struct Named {
    id: Uuid,
    name: String,
    other: String,
}

#[derive(FromQueryResult)]
struct FindingRow {
    id: Uuid,
    title: String,
    state: String,
    severity: String,
    vendor: String,
}

#[derive(FromQueryResult)]
struct AssessmentRow {
    id: Uuid,
    reference: String,
    state: String,
    vendor: String,
    service: String,
    questionnaire: Option<String>,
    claimed_tenths: Option<i32>,
    rating: Option<String>,
    residual: Option<String>,
}

/// At most `most` vendors with these normalised words in their name, or in that of a model or sub-processor which they
/// named in a submission; active or not, those with the name in front, by name.
///
/// # Errors
/// When the database does not answer.
pub async fn vendors(s: &impl Scoped, words: &str, most: u64) -> Result<Vec<VendorHit>, StoreError> {
    use reliance::Column as R;
    use vendor::Column as V;
    let relied = with_words((reliance::Entity, R::NameNormalised), words);
    let relying = s.find::<reliance::Entity>().filter(relied).select_only().column(R::VendorId).into_query();
    let query = s.find::<vendor::Entity>().filter(named(words).or(V::Id.in_subquery(relying)));
    let query = query.order_by(named(words), Order::Desc).order_by_asc(V::NameNormalised).order_by_asc(V::Id);
    let query = query.limit(most).select_only().columns([V::Id, V::Name]).column_as(V::State, "state");
    let rows: Vec<VendorFound> =
        query.column_as(named(words), "by_name").into_model().all(s.connection()).await?;
    let archived = VendorState::Archived.to_string();
    let hit = |row: VendorFound| VendorHit {
        id: VendorId(row.id),
        name: row.name,
        archived: row.state == archived,
        by_reliance: !row.by_name,
    };
    Ok(rows.into_iter().map(hit).collect())
}

/// At most `most` services with these normalised words in their name, by name.
///
/// # Errors
/// When the database does not answer.
pub async fn services(s: &impl Scoped, words: &str, most: u64) -> Result<Vec<ServiceHit>, StoreError> {
    use service::Column as S;
    let rows: Vec<Named> = s
        .find::<service::Entity>()
        .join(JoinType::InnerJoin, service::Relation::Vendor.def())
        .filter(with_words((service::Entity, S::NameNormalised), words))
        .order_by_asc(S::NameNormalised)
        .order_by_asc(S::Id)
        .limit(most)
        .select_only()
        .columns([S::Id, S::Name])
        .column_as(vendor::Column::Name, "other")
        .into_model()
        .all(s.connection())
        .await?;
    let hit = |row: Named| ServiceHit { id: ServiceId(row.id), name: row.name, vendor: row.other };
    Ok(rows.into_iter().map(hit).collect())
}

/// At most `most` contacts with these normalised words in their name, by name.
///
/// # Errors
/// When the database does not answer.
pub async fn contacts(s: &impl Scoped, words: &str, most: u64) -> Result<Vec<ContactHit>, StoreError> {
    use contact::Column as C;
    let query = s
        .find::<contact::Entity>()
        .join(JoinType::InnerJoin, contact::Relation::Vendor.def())
        .filter(with_words((contact::Entity, C::NameNormalised), words))
        .order_by_asc(C::NameNormalised)
        .order_by_asc(C::Id)
        .limit(most)
        .select_only()
        .columns([C::Name, C::JobTitle, C::Email, C::VendorId])
        .column_as(vendor::Column::Name, "vendor");
    Ok(query.into_model().all(s.connection()).await?)
}

/// At most `most` findings with these normalised words in their title, the newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn findings(s: &impl Scoped, words: &str, most: u64) -> Result<Vec<FindingHit>, StoreError> {
    use finding::Column as F;
    let rows: Vec<FindingRow> = s
        .find::<finding::Entity>()
        .join(JoinType::InnerJoin, finding::Relation::Vendor.def())
        .filter(with_words((finding::Entity, F::TitleNormalised), words))
        .order_by_desc(F::RaisedAt)
        .order_by_desc(F::Id)
        .limit(most)
        .select_only()
        .columns([F::Id, F::Title, F::State, F::Severity])
        .column_as(vendor::Column::Name, "vendor")
        .into_model()
        .all(s.connection())
        .await?;
    let hit = |row: FindingRow| {
        let state = FindingState::parse(&row.state);
        Ok(FindingHit {
            state: state.ok_or_else(|| StoreError::corrupt("finding", "state", row.id))?,
            id: FindingId(row.id),
            title: row.title,
            severity: row.severity,
            vendor: row.vendor,
        })
    };
    rows.into_iter().map(hit).collect()
}

/// At most `most` pairs of an assessment and a questionnaire of it: those with these normalised words in their
/// reference or in the name of their vendor or service, and those that ask one of these questionnaires; the former in
/// front, the newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn assessments(
    s: &impl Scoped,
    words: &str,
    questionnaires: &[&str],
    most: u64,
) -> Result<Vec<AssessmentHit>, StoreError> {
    use assessment::{Column as A, Relation as R};
    use assessment_questionnaire::{Column as Q, Relation as OfAssessment};
    use score_result::Column as Of;
    let referred = with_words((assessment::Entity, A::Reference), &words.to_uppercase())
        .or(named(words))
        .or(with_words((service::Entity, service::Column::NameNormalised), words));
    let asks = Q::QuestionnaireId.is_in(questionnaires.iter().copied());
    let rows: Vec<AssessmentRow> = s
        .find::<assessment::Entity>()
        .join(JoinType::InnerJoin, R::Vendor.def())
        .join(JoinType::InnerJoin, R::Service.def())
        .join(JoinType::LeftJoin, OfAssessment::Assessment.def().rev())
        .filter(referred.clone().or(asks))
        .order_by(referred, Order::Desc)
        .order_by_desc(A::CreatedAt)
        .order_by_desc(A::Id)
        .order_by_asc(Q::Position)
        .limit(most)
        .select_only()
        .columns([A::Id, A::Reference, A::State])
        .column_as(vendor::Column::Name, "vendor")
        .column_as(service::Column::Name, "service")
        .column_as(Q::QuestionnaireId, "questionnaire")
        .column_as(newest_result(Of::ClaimedTenths), "claimed_tenths")
        .column_as(newest_result(Of::Rating), "rating")
        .column_as(newest_result(Of::Residual), "residual")
        .into_model()
        .all(s.connection())
        .await?;
    let hit = |row: AssessmentRow| {
        let state = AssessmentState::parse(&row.state);
        Ok(AssessmentHit {
            state: state.ok_or_else(|| StoreError::corrupt("assessment", "state", row.id))?,
            id: AssessmentId(row.id),
            reference: row.reference,
            vendor: row.vendor,
            service: row.service,
            result: row.questionnaire.clone().zip(row.rating).map(|(questionnaire, rating)| ResultLine {
                questionnaire,
                claimed_tenths: row.claimed_tenths,
                rating: Some(rating),
                residual: row.residual,
            }),
            questionnaire: row.questionnaire,
        })
    };
    rows.into_iter().map(hit).collect()
}

//! What a vendor's answers rest on: evidence, and what the vendor relies on itself.

use super::{error::StoreError, latest::latest_handed_in, tenant_scope::Scoped};
use crate::domain::ids::VendorId;
use chrono::NaiveDate;
use entity::{evidence, evidence_citation, reliance};
use sea_orm::{
    ColumnTrait as _, FromQueryResult, JoinType, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    RelationTrait as _,
    sea_query::{Expr, ExprTrait as _, Query},
};
use uuid::Uuid;

/// The most lines of each kind that are read.
const MOST: u64 = 50;

/// A piece of evidence, with its end if it has one.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Kept {
    /// The assessment whose answers cite it.
    pub assessment_id: Uuid,
    /// Its name.
    pub name: String,
    /// The last day; none where the vendor gave none.
    pub valid_until: Option<NaiveDate>,
    /// How many answers cite it.
    pub citations: i64,
    /// One of their questions.
    pub question: Option<String>,
}

/// Something that a vendor said it relies on.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Relied {
    /// `model` or `subprocessor`.
    pub kind: String,
    /// Its name as the vendor wrote it.
    pub name: String,
    /// How many other vendors rely on the same.
    pub others: i64,
}

/// The evidence behind the latest submission of each service, that which ends first in front, that without an end last.
/// One statement.
///
/// # Errors
/// When the database does not answer.
pub async fn kept(s: &impl Scoped, vendor: VendorId) -> Result<Vec<Kept>, StoreError> {
    use evidence::Column as E;
    use evidence_citation::{Column as C, Entity as Citation};
    let of_citations = |what: Expr| {
        Expr::from(
            Query::select()
                .expr(what)
                .from(Citation)
                .and_where(Expr::col((Citation, C::TenantId)).equals((evidence::Entity, E::TenantId)))
                .and_where(Expr::col((Citation, C::EvidenceId)).equals((evidence::Entity, E::Id)))
                .and_where(Expr::col((Citation, C::RemovedAt)).is_null())
                .to_owned(),
        )
    };
    let question = || Expr::col((Citation, C::QuestionId));
    Ok(s.find::<evidence::Entity>()
        .join(JoinType::InnerJoin, evidence::Relation::Assessment.def())
        .filter(E::VendorId.eq(vendor.0))
        .filter(E::RemovedAt.is_null())
        .filter(latest_handed_in())
        .order_by_asc(E::ValidUntil.is_null())
        .order_by_asc(E::ValidUntil)
        .order_by_asc(E::Id)
        .limit(MOST)
        .select_only()
        .column(E::AssessmentId)
        .column_as(E::DisplayName, "name")
        .column(E::ValidUntil)
        .column_as(of_citations(question().count_distinct()), "citations")
        .column_as(of_citations(question().min()), "question")
        .into_model()
        .all(s.connection())
        .await?)
}

/// What the vendor named in the latest submission of each service, by kind and name. One statement.
///
/// # Errors
/// When the database does not answer.
pub async fn relied_on(s: &impl Scoped, vendor: VendorId) -> Result<Vec<Relied>, StoreError> {
    use reliance::{Column as R, Entity as Reliance};
    const OTHER: &str = "other";
    let of_other = |column: R| Expr::col((OTHER, column));
    let others = Query::select()
        .expr(of_other(R::VendorId).count_distinct())
        .from_as(Reliance, OTHER)
        .and_where(of_other(R::TenantId).equals((Reliance, R::TenantId)))
        .and_where(of_other(R::Kind).equals((Reliance, R::Kind)))
        .and_where(of_other(R::NameNormalised).equals((Reliance, R::NameNormalised)))
        .and_where(of_other(R::VendorId).not_equals((Reliance, R::VendorId)))
        .to_owned();
    let mut found: Vec<Relied> = s
        .find::<reliance::Entity>()
        .join(JoinType::InnerJoin, reliance::Relation::Assessment.def())
        .filter(R::VendorId.eq(vendor.0))
        .filter(latest_handed_in())
        .order_by_asc(R::Kind)
        .order_by_asc(R::NameNormalised)
        .limit(MOST)
        .select_only()
        .column(R::Kind)
        .column(R::Name)
        .column_as(Expr::from(others), "others")
        .into_model()
        .all(s.connection())
        .await?;
    found.dedup_by(|one, before| {
        one.kind == before.kind && one.name.to_lowercase() == before.name.to_lowercase()
    });
    Ok(found)
}

//! Rows of vendors, contacts and services, and what lists say about a vendor.

use super::{
    error::StoreError,
    residuals,
    tenant_scope::{Scoped, count_rows},
    write_tx::WriteTx,
};
use crate::domain::{
    assessment::AssessmentState,
    finding::FindingState,
    ids::{ContactId, ServiceId, UserId, VendorId},
    vendor::{Contact, Service, Vendor, VendorState, normalised},
};
use chrono::{DateTime, NaiveDate, Utc};
use entity::{assessment, contact, finding, intake, score_snapshot, service, vendor};
use futures_util::future::try_join;
use questionnaires::definition::Tier;
use sea_orm::{
    ColumnTrait as _, FromQueryResult, JoinType, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    QueryTrait as _, RelationTrait as _, Select, Set,
    sea_query::{Asterisk, Expr, ExprTrait as _, IntoColumnRef, LikeExpr, Order, Query, SelectStatement},
};
use std::collections::HashMap;
use uuid::Uuid;

/// A vendor as lists show it.
#[derive(Clone, Debug)]
pub struct VendorOverview {
    /// Which.
    pub id: VendorId,
    /// Its name.
    pub name: String,
    /// How many services it supplies.
    pub services: usize,
    /// Highest tier among its services' current intakes.
    pub tier: Option<Tier>,
    /// Worst residual risk among its services' latest assessments.
    pub residual: Option<String>,
    /// Assessments that are sent and not decided.
    pub open: usize,
}

/// How many findings of a vendor are in a state, by severity.
#[derive(Clone, Debug, FromQueryResult)]
pub struct FindingCount {
    /// `open`, `planned` ...
    pub state: String,
    /// `low` to `critical`.
    pub severity: String,
    /// How many.
    pub count: i64,
}

/// A day that a finding of a vendor has still before it: its due day, or the last one of its acceptance.
#[derive(Clone, Debug, FromQueryResult)]
pub struct FindingDay {
    /// The finding.
    pub id: Uuid,
    /// Its title.
    pub title: String,
    /// Set while the risk is accepted.
    pub accepted_until: Option<NaiveDate>,
    /// When it is to be fixed, once sent.
    pub due_on: Option<NaiveDate>,
}

fn vendor_of(row: vendor::Model) -> Result<Vendor, StoreError> {
    Ok(Vendor {
        state: VendorState::parse(&row.state)
            .ok_or_else(|| StoreError::corrupt("vendor", "state", row.id))?,
        id: VendorId(row.id),
        name: row.name,
        website: row.website,
        note: row.note,
        created_at: row.created_at,
        created_by: UserId(row.created_by),
        version: row.version,
    })
}

fn contact_of(row: contact::Model) -> Contact {
    Contact {
        id: ContactId(row.id),
        vendor_id: VendorId(row.vendor_id),
        name: row.name,
        email: row.email,
        job_title: row.job_title,
        refused_reason: row.refused_reason,
        version: row.version,
    }
}

fn service_of(row: service::Model) -> Service {
    Service {
        id: ServiceId(row.id),
        vendor_id: VendorId(row.vendor_id),
        name: row.name,
        description: row.description,
        version: row.version,
    }
}

/// The tier of the current intake of a service, as a value in a query of services.
fn current_tier() -> Expr {
    use intake::{Column as C, Entity as Intake};
    let current = Query::select()
        .expr(Expr::col((Intake, C::Tier)))
        .from(Intake)
        .and_where(Expr::col((Intake, C::TenantId)).equals((service::Entity, service::Column::TenantId)))
        .and_where(Expr::col((Intake, C::ServiceId)).equals((service::Entity, service::Column::Id)))
        .order_by((Intake, C::Number), Order::Desc)
        .limit(1)
        .to_owned();
    current.into()
}

/// A service with the tier of its current intake, if it has any.
#[derive(FromQueryResult)]
struct Tiered {
    id: Uuid,
    vendor_id: Uuid,
    tier: Option<String>,
}

/// The names of these vendors.
///
/// # Errors
/// When the database does not answer.
pub async fn names(s: &impl Scoped, ids: &[VendorId]) -> Result<Vec<(VendorId, String)>, StoreError> {
    let rows: Vec<(Uuid, String)> = s
        .find::<vendor::Entity>()
        .select_only()
        .column(vendor::Column::Id)
        .column(vendor::Column::Name)
        .filter(vendor::Column::Id.is_in(ids.iter().map(|id| id.0)))
        .into_tuple()
        .all(s.connection())
        .await?;
    Ok(rows.into_iter().map(|(id, name)| (VendorId(id), name)).collect())
}

/// Whether a column has these words in it, taken to the letter.
pub(super) fn with_words(column: impl IntoColumnRef, words: &str) -> Expr {
    let plain = words.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let like = LikeExpr::new(format!("%{plain}%")).escape('\\');
    Expr::col(column).like(like)
}

/// Whether the name of a vendor has these normalised words in it.
pub(super) fn named(words: &str) -> Expr {
    with_words((vendor::Entity, vendor::Column::NameNormalised), words)
}

/// The ids of the vendors with these normalised words in their name, as a part of another query.
pub(super) fn ids_of_named(s: &impl Scoped, words: &str) -> SelectStatement {
    s.find::<vendor::Entity>().filter(named(words)).select_only().column(vendor::Column::Id).into_query()
}

/// Which vendors to list.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// In this state.
    pub state: VendorState,
    /// With these normalised words in their name; empty for all.
    pub name: String,
    /// With this as the highest tier among their services' current intakes.
    pub tier: Option<Tier>,
    /// With this as the worst residual risk among their services' latest assessments; `none` for not assessed.
    pub residual: Option<String>,
}

fn fitting(s: &impl Scoped, wanted: &Wanted) -> Select<vendor::Entity> {
    let mut query = s.find::<vendor::Entity>().filter(vendor::Column::State.eq(wanted.state.as_str()));
    if !wanted.name.is_empty() {
        query = query.filter(named(&wanted.name));
    }
    if let Some(tier) = wanted.tier {
        let higher = Tier::ALL.into_iter().filter(|one| *one > tier).map(Tier::as_str);
        query = query
            .filter(has_service(s, current_tier().eq(tier.as_str())))
            .filter(has_service(s, current_tier().is_in(higher)).not());
    }
    let level = |word| vendor::Column::WorstResidual.eq(residuals::level(word) as i32);
    match wanted.residual.as_deref() {
        None => query,
        Some("none") => query.filter(level("")),
        // A word that nobody knows is no vendor's.
        Some(word) => query.filter(level(word)).filter(vendor::Column::WorstResidual.ne(0)),
    }
}

/// Whether a vendor has a service of which this is true.
fn has_service(s: &impl Scoped, which: Expr) -> Expr {
    let of_vendor = Expr::col((service::Entity, service::Column::VendorId));
    let query = s
        .find::<service::Entity>()
        .filter(of_vendor.equals((vendor::Entity, vendor::Column::Id)))
        .filter(which)
        .select_only()
        .column(service::Column::Id);
    Expr::exists(query.into_query())
}

/// How many vendors fit.
///
/// # Errors
/// When the database does not answer.
pub async fn count(s: &impl Scoped, wanted: &Wanted) -> Result<usize, StoreError> {
    count_rows(s, fitting(s, wanted)).await
}

/// Whether there is any vendor at all.
///
/// # Errors
/// When the database does not answer.
pub async fn any(s: &impl Scoped) -> Result<bool, StoreError> {
    let query = s.find::<vendor::Entity>().select_only().column(vendor::Column::Id);
    Ok(query.into_tuple::<Uuid>().one(s.connection()).await?.is_some())
}

/// At most `most` of the vendors that [`count`] counts, by name, after the first `skipped`. Three statements, and no row
/// of any other vendor is read.
///
/// # Errors
/// When the database does not answer.
pub async fn page(
    s: &impl Scoped,
    wanted: &Wanted,
    skipped: usize,
    most: usize,
) -> Result<Vec<VendorOverview>, StoreError> {
    let vendors: Vec<(Uuid, String, i32)> = fitting(s, wanted)
        .select_only()
        .columns([vendor::Column::Id, vendor::Column::Name, vendor::Column::WorstResidual])
        .order_by_asc(vendor::Column::NameNormalised)
        .order_by_asc(vendor::Column::Id)
        .offset(skipped as u64)
        .limit(most as u64)
        .into_tuple()
        .all(s.connection())
        .await?;
    with_standing(s, vendors).await
}

/// These vendors with what is said about them.
async fn with_standing(
    s: &impl Scoped,
    vendors: Vec<(Uuid, String, i32)>,
) -> Result<Vec<VendorOverview>, StoreError> {
    let only: Vec<Uuid> = vendors.iter().map(|(id, ..)| *id).collect();
    let services = s
        .find::<service::Entity>()
        .select_only()
        .column(service::Column::Id)
        .column(service::Column::VendorId)
        .column_as(current_tier(), "tier")
        .filter(service::Column::VendorId.is_in(only.iter().copied()));
    let not_open = AssessmentState::ENDED.into_iter().chain([AssessmentState::Draft]);
    let open = s
        .find::<assessment::Entity>()
        .select_only()
        .column(assessment::Column::VendorId)
        .column_as(Expr::col(Asterisk).count(), "open")
        .filter(assessment::Column::State.is_not_in(not_open.map(AssessmentState::as_str)))
        .filter(assessment::Column::VendorId.is_in(only.iter().copied()))
        .group_by(assessment::Column::VendorId);
    let services = services.into_model::<Tiered>().all(s.connection());
    let open = open.into_tuple::<(Uuid, i64)>().all(s.connection());
    let (services, open) = try_join(services, open).await?;
    let open: HashMap<Uuid, i64> = open.into_iter().collect();
    let mut count: HashMap<Uuid, usize> = HashMap::new();
    let mut highest: HashMap<Uuid, Tier> = HashMap::new();
    for row in services {
        *count.entry(row.vendor_id).or_default() += 1;
        if let Some(tier) = tier_of(row.id, row.tier.as_deref())? {
            let known = highest.entry(row.vendor_id).or_insert(tier);
            *known = (*known).max(tier);
        }
    }
    let overview = |(id, name, worst)| VendorOverview {
        id: VendorId(id),
        name,
        services: count.get(&id).copied().unwrap_or_default(),
        tier: highest.get(&id).copied(),
        residual: residuals::word(worst).map(str::to_owned),
        open: open.get(&id).and_then(|open| usize::try_from(*open).ok()).unwrap_or_default(),
    };
    Ok(vendors.into_iter().map(overview).collect())
}

/// The residual risk in the latest snapshot of each of these assessments.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn latest_residuals(
    s: &impl Scoped,
    only: &[Uuid],
) -> Result<HashMap<Uuid, Option<String>>, StoreError> {
    // Later numbers replace earlier ones.
    let query = s
        .find::<score_snapshot::Entity>()
        .select_only()
        .column(score_snapshot::Column::AssessmentId)
        .column(score_snapshot::Column::Residual)
        .filter(score_snapshot::Column::AssessmentId.is_in(only.iter().copied()))
        .order_by_asc(score_snapshot::Column::Number);
    let rows: Vec<(Uuid, Option<String>)> = query.into_tuple().all(s.connection()).await?;
    Ok(rows.into_iter().collect())
}

/// One vendor.
///
/// # Errors
/// When the database does not answer.
pub async fn vendor(s: &impl Scoped, id: VendorId) -> Result<Option<Vendor>, StoreError> {
    s.find_id::<vendor::Entity>(id).one(s.connection()).await?.map(vendor_of).transpose()
}

/// Vendors whose name is the same but for case and blanks.
///
/// # Errors
/// When the database does not answer.
pub async fn with_name(s: &impl Scoped, name_normalised: &str) -> Result<Vec<Vendor>, StoreError> {
    let query = s.find::<vendor::Entity>().filter(vendor::Column::NameNormalised.eq(name_normalised));
    query.all(s.connection()).await?.into_iter().map(vendor_of).collect()
}

/// Inserts a vendor.
///
/// # Errors
/// When the database cannot be written.
pub async fn insert_vendor(tx: &mut WriteTx, new: &Vendor) -> Result<(), StoreError> {
    tx.insert::<vendor::Entity>(vendor::ActiveModel {
        id: Set(new.id.0),
        tenant_id: Set(tx.tenant_id().0),
        name: Set(new.name.clone()),
        name_normalised: Set(normalised(&new.name)),
        website: Set(new.website.clone()),
        note: Set(new.note.clone()),
        state: Set(new.state.to_string()),
        created_at: Set(new.created_at),
        created_by: Set(new.created_by.0),
        version: Set(1),
        worst_residual: Set(0),
    })
    .await
}

/// Saves a vendor if its version is still the one in `vendor`.
///
/// # Errors
/// [`StoreError::VersionConflict`].
pub async fn update_vendor(tx: &mut WriteTx, vendor: &Vendor) -> Result<(), StoreError> {
    let row = vendor::ActiveModel {
        id: Set(vendor.id.0),
        name: Set(vendor.name.clone()),
        name_normalised: Set(normalised(&vendor.name)),
        website: Set(vendor.website.clone()),
        note: Set(vendor.note.clone()),
        state: Set(vendor.state.to_string()),
        ..Default::default()
    };
    tx.save::<vendor::Entity>(row, vendor.version).await
}

/// Contacts of a vendor by name.
///
/// # Errors
/// When the database does not answer.
pub async fn contacts(s: &impl Scoped, vendor: VendorId) -> Result<Vec<Contact>, StoreError> {
    let query = s
        .find::<contact::Entity>()
        .filter(contact::Column::VendorId.eq(vendor.0))
        .order_by_asc(contact::Column::Name)
        .order_by_asc(contact::Column::Id);
    Ok(query.all(s.connection()).await?.into_iter().map(contact_of).collect())
}

/// One contact.
///
/// # Errors
/// When the database does not answer.
pub async fn contact(s: &impl Scoped, id: ContactId) -> Result<Option<Contact>, StoreError> {
    Ok(s.find_id::<contact::Entity>(id).one(s.connection()).await?.map(contact_of))
}

/// Inserts a contact.
///
/// # Errors
/// [`StoreError::Duplicate`] when the vendor has a contact with this address.
pub async fn insert_contact(tx: &mut WriteTx, new: &Contact, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.insert::<contact::Entity>(contact::ActiveModel {
        id: Set(new.id.0),
        tenant_id: Set(tx.tenant_id().0),
        vendor_id: Set(new.vendor_id.0),
        name: Set(new.name.clone()),
        name_normalised: Set(normalised(&new.name)),
        email: Set(new.email.clone()),
        email_canonical: Set(new.email.to_lowercase()),
        job_title: Set(new.job_title.clone()),
        refused_reason: Set(new.refused_reason.clone()),
        created_at: Set(now),
        version: Set(1),
    })
    .await
}

/// Saves a contact if its version is still the one in `contact`.
///
/// # Errors
/// [`StoreError::VersionConflict`]; [`StoreError::Duplicate`] when the address is another contact's.
pub async fn update_contact(tx: &mut WriteTx, contact: &Contact) -> Result<(), StoreError> {
    let row = contact::ActiveModel {
        id: Set(contact.id.0),
        name: Set(contact.name.clone()),
        name_normalised: Set(normalised(&contact.name)),
        email: Set(contact.email.clone()),
        email_canonical: Set(contact.email.to_lowercase()),
        job_title: Set(contact.job_title.clone()),
        refused_reason: Set(contact.refused_reason.clone()),
        ..Default::default()
    };
    tx.save::<contact::Entity>(row, contact.version).await
}

/// Notes that mail to a contact is refused.
///
/// # Errors
/// When the database cannot be written.
pub async fn set_refused(tx: &mut WriteTx, id: ContactId, reason: &str) -> Result<(), StoreError> {
    tx.update_many::<contact::Entity>()
        .col_expr(contact::Column::RefusedReason, Expr::value(reason))
        .filter(contact::Column::Id.eq(id.0))
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// Services of a vendor by name.
///
/// # Errors
/// When the database does not answer.
pub async fn services(s: &impl Scoped, vendor: VendorId) -> Result<Vec<Service>, StoreError> {
    let query = s
        .find::<service::Entity>()
        .filter(service::Column::VendorId.eq(vendor.0))
        .order_by_asc(service::Column::Name)
        .order_by_asc(service::Column::Id);
    Ok(query.all(s.connection()).await?.into_iter().map(service_of).collect())
}

/// A service that can be assessed: its vendor is active.
#[derive(Clone, Debug)]
pub struct ServiceChoice {
    /// Which.
    pub id: ServiceId,
    /// Its name.
    pub name: String,
    /// Its vendor's name.
    pub vendor: String,
    /// Its tier, once the intake was answered.
    pub tier: Option<Tier>,
}

#[derive(FromQueryResult)]
struct ChoiceRow {
    id: Uuid,
    name: String,
    vendor: String,
    tier: Option<String>,
}

fn tier_of(service: Uuid, word: Option<&str>) -> Result<Option<Tier>, StoreError> {
    word.map(str::parse).transpose().map_err(|_| StoreError::corrupt("intake", "tier", service))
}

fn assessable(s: &impl Scoped, words: &str) -> Select<service::Entity> {
    let query = s
        .find::<service::Entity>()
        .join(JoinType::InnerJoin, service::Relation::Vendor.def())
        .filter(vendor::Column::State.eq(VendorState::Active.as_str()));
    if words.is_empty() { query } else { query.filter(named(words)) }
}

/// How many services there are of active vendors with these normalised words in their name.
///
/// # Errors
/// When the database does not answer.
pub async fn count_assessable(s: &impl Scoped, words: &str) -> Result<usize, StoreError> {
    count_rows(s, assessable(s, words)).await
}

/// Those services by vendor and name: at most `most` after the first `skipped`. One statement.
///
/// # Errors
/// When the database does not answer.
pub async fn page_assessable(
    s: &impl Scoped,
    words: &str,
    skipped: usize,
    most: usize,
) -> Result<Vec<ServiceChoice>, StoreError> {
    let rows: Vec<ChoiceRow> = assessable(s, words)
        .order_by_asc(vendor::Column::NameNormalised)
        .order_by_asc(service::Column::Name)
        .order_by_asc(service::Column::Id)
        .select_only()
        .column(service::Column::Id)
        .column(service::Column::Name)
        .column_as(vendor::Column::Name, "vendor")
        .column_as(current_tier(), "tier")
        .offset(skipped as u64)
        .limit(most as u64)
        .into_model()
        .all(s.connection())
        .await?;
    let choice = |row: ChoiceRow| {
        let tier = tier_of(row.id, row.tier.as_deref())?;
        Ok(ServiceChoice { id: ServiceId(row.id), name: row.name, vendor: row.vendor, tier })
    };
    rows.into_iter().map(choice).collect()
}

/// One service.
///
/// # Errors
/// When the database does not answer.
pub async fn service(s: &impl Scoped, id: ServiceId) -> Result<Option<Service>, StoreError> {
    Ok(s.find_id::<service::Entity>(id).one(s.connection()).await?.map(service_of))
}

/// Inserts a service.
///
/// # Errors
/// When the database cannot be written.
pub async fn insert_service(tx: &mut WriteTx, new: &Service, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.insert::<service::Entity>(service::ActiveModel {
        id: Set(new.id.0),
        tenant_id: Set(tx.tenant_id().0),
        vendor_id: Set(new.vendor_id.0),
        name: Set(new.name.clone()),
        name_normalised: Set(normalised(&new.name)),
        description: Set(new.description.clone()),
        created_at: Set(now),
        version: Set(1),
    })
    .await
}

/// Saves a service if its version is still the one in `service`.
///
/// # Errors
/// [`StoreError::VersionConflict`].
pub async fn update_service(tx: &mut WriteTx, service: &Service) -> Result<(), StoreError> {
    let row = service::ActiveModel {
        id: Set(service.id.0),
        name: Set(service.name.clone()),
        name_normalised: Set(normalised(&service.name)),
        description: Set(service.description.clone()),
        ..Default::default()
    };
    tx.save::<service::Entity>(row, service.version).await
}

/// Findings of a vendor that are not settled and have a day before them.
///
/// # Errors
/// When the database does not answer.
pub async fn finding_days(
    s: &impl Scoped,
    vendor: VendorId,
    today: NaiveDate,
) -> Result<Vec<FindingDay>, StoreError> {
    let settled = [FindingState::Closed, FindingState::Dismissed].map(FindingState::as_str);
    let open = finding::Column::AcceptedUntil.is_null().and(finding::Column::DueOn.gte(today));
    Ok(s.find::<finding::Entity>()
        .select_only()
        .columns([
            finding::Column::Id,
            finding::Column::Title,
            finding::Column::AcceptedUntil,
            finding::Column::DueOn,
        ])
        .filter(finding::Column::VendorId.eq(vendor.0))
        .filter(finding::Column::State.is_not_in(settled))
        .filter(open.or(finding::Column::AcceptedUntil.gte(today)))
        .into_model()
        .all(s.connection())
        .await?)
}

/// Findings of a vendor, counted by state and severity.
///
/// # Errors
/// When the database does not answer.
pub async fn finding_counts(s: &impl Scoped, vendor: VendorId) -> Result<Vec<FindingCount>, StoreError> {
    Ok(s.find::<finding::Entity>()
        .select_only()
        .column(finding::Column::State)
        .column(finding::Column::Severity)
        .column_as(finding::Column::Id.count(), "count")
        .filter(finding::Column::VendorId.eq(vendor.0))
        .group_by(finding::Column::State)
        .group_by(finding::Column::Severity)
        .into_model()
        .all(s.connection())
        .await?)
}

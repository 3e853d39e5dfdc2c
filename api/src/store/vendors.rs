//! Rows of vendors, contacts and services, and what lists say about a vendor.

use super::{error::StoreError, tenant_scope::Scoped, write_tx::WriteTx};
use crate::domain::{
    ids::{ContactId, ServiceId, UserId, VendorId},
    vendor::{Contact, Service, Vendor, VendorState, normalised},
};
use chrono::{DateTime, Utc};
use entity::{assessment, contact, finding, intake, score_snapshot, service, vendor};
use questionnaires::definition::Tier;
use sea_orm::{
    ColumnTrait as _, FromQueryResult, JoinType, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    RelationTrait as _, Select, Set,
    sea_query::{Expr, ExprTrait as _, LikeExpr},
};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// A vendor as lists show it.
#[derive(Clone, Debug)]
pub struct VendorOverview {
    /// The vendor.
    pub vendor: Vendor,
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

/// Where a residual risk stands, lowest first; unknown words first of all.
#[must_use]
pub fn residual_order(level: &str) -> usize {
    ["low", "moderate", "high", "critical"].iter().position(|known| *known == level).map_or(0, |at| at + 1)
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

/// The current tier of each service by its id.
async fn tiers(s: &impl Scoped) -> Result<HashMap<Uuid, Tier>, StoreError> {
    let rows: Vec<(Uuid, i32, String)> = s
        .find::<intake::Entity>()
        .select_only()
        .column(intake::Column::ServiceId)
        .column(intake::Column::Number)
        .column(intake::Column::Tier)
        .order_by_asc(intake::Column::Number)
        .into_tuple()
        .all(s.connection())
        .await?;
    // Later numbers replace earlier ones.
    rows.into_iter()
        .map(|(service, _, tier)| {
            Ok((service, tier.parse().map_err(|_| StoreError::corrupt("intake", "tier", service))?))
        })
        .collect()
}

/// A service with one of its intakes, if it has any.
#[derive(FromQueryResult)]
struct Tiered {
    id: Uuid,
    vendor_id: Uuid,
    tier: Option<String>,
}

#[derive(FromQueryResult)]
struct Standing {
    id: Uuid,
    vendor_id: Uuid,
    service_id: Uuid,
    state: String,
    submitted_at: Option<DateTime<Utc>>,
}

/// The name of every vendor, by name.
///
/// # Errors
/// When the database does not answer.
pub async fn names(s: &impl Scoped) -> Result<Vec<(VendorId, String)>, StoreError> {
    let rows: Vec<(Uuid, String)> = s
        .find::<vendor::Entity>()
        .select_only()
        .column(vendor::Column::Id)
        .column(vendor::Column::Name)
        .order_by_asc(vendor::Column::NameNormalised)
        .order_by_asc(vendor::Column::Id)
        .into_tuple()
        .all(s.connection())
        .await?;
    Ok(rows.into_iter().map(|(id, name)| (VendorId(id), name)).collect())
}

/// Vendors in this state whose name has these words in it; `name` is normalised, empty for all.
fn fitting(s: &impl Scoped, state: VendorState, name: &str) -> Select<vendor::Entity> {
    let query = s.find::<vendor::Entity>().filter(vendor::Column::State.eq(state.as_str()));
    if name.is_empty() {
        return query;
    }
    let plain = name.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let like = LikeExpr::new(format!("%{plain}%")).escape('\\');
    query.filter(Expr::col((vendor::Entity, vendor::Column::NameNormalised)).like(like))
}

/// How many vendors are in this state and have these words in their name.
///
/// # Errors
/// When the database does not answer.
pub async fn count(s: &impl Scoped, state: VendorState, name: &str) -> Result<usize, StoreError> {
    let counted = Expr::col((vendor::Entity, vendor::Column::Id)).count();
    let query = fitting(s, state, name).select_only().column_as(counted, "vendors");
    let found: Option<i64> = query.into_tuple().one(s.connection()).await?;
    Ok(found.and_then(|count| usize::try_from(count).ok()).unwrap_or_default())
}

/// Whether there is any vendor at all.
///
/// # Errors
/// When the database does not answer.
pub async fn any(s: &impl Scoped) -> Result<bool, StoreError> {
    let query = s.find::<vendor::Entity>().select_only().column(vendor::Column::Id);
    Ok(query.into_tuple::<Uuid>().one(s.connection()).await?.is_some())
}

/// At most `most` of the vendors that [`count`] counts, by name, after the first `skipped`. Four statements, and no row
/// of any other vendor is read.
///
/// # Errors
/// When the database does not answer.
pub async fn page(
    s: &impl Scoped,
    state: VendorState,
    name: &str,
    skipped: usize,
    most: usize,
) -> Result<Vec<VendorOverview>, StoreError> {
    let vendors = fitting(s, state, name)
        .order_by_asc(vendor::Column::NameNormalised)
        .order_by_asc(vendor::Column::Id)
        .offset(skipped as u64)
        .limit(most as u64)
        .all(s.connection())
        .await?;
    let only: Vec<Uuid> = vendors.iter().map(|row| row.id).collect();
    with_standing(s, vendors, Some(&only)).await
}

/// Every vendor by name, with tier and residual risk. Four statements, however many vendors there are.
///
/// # Errors
/// When the database does not answer.
pub async fn overviews(s: &impl Scoped) -> Result<Vec<VendorOverview>, StoreError> {
    let vendors = s
        .find::<vendor::Entity>()
        .order_by_asc(vendor::Column::NameNormalised)
        .order_by_asc(vendor::Column::Id)
        .all(s.connection())
        .await?;
    with_standing(s, vendors, None).await
}

/// These vendors with what is said about them; `only` are their ids, unless they are all there are.
async fn with_standing(
    s: &impl Scoped,
    vendors: Vec<vendor::Model>,
    only: Option<&[Uuid]>,
) -> Result<Vec<VendorOverview>, StoreError> {
    let mut services = s
        .find::<service::Entity>()
        .select_only()
        .column(service::Column::Id)
        .column(service::Column::VendorId)
        .column(intake::Column::Tier)
        .join_rev(JoinType::LeftJoin, intake::Relation::Service.def())
        .order_by_asc(intake::Column::Number);
    let mut standings = s
        .find::<assessment::Entity>()
        .select_only()
        .column(assessment::Column::Id)
        .column(assessment::Column::VendorId)
        .column(assessment::Column::ServiceId)
        .column(assessment::Column::State)
        .column(assessment::Column::SubmittedAt)
        .filter(assessment::Column::State.is_not_in(["draft", "cancelled"]));
    if let Some(only) = only {
        services = services.filter(service::Column::VendorId.is_in(only.iter().copied()));
        standings = standings.filter(assessment::Column::VendorId.is_in(only.iter().copied()));
    }
    let services: Vec<Tiered> = services.into_model().all(s.connection()).await?;
    let standings: Vec<Standing> = standings.into_model().all(s.connection()).await?;
    let of_page: Vec<Uuid> = standings.iter().map(|row| row.id).collect();
    let residuals = latest_residuals(s, only.map(|_| of_page.as_slice())).await?;

    // By vendor and service: when it was handed in, and which assessment.
    let mut latest = BTreeMap::<(Uuid, Uuid), (Option<DateTime<Utc>>, Uuid)>::new();
    let mut open: HashMap<Uuid, usize> = HashMap::new();
    for row in &standings {
        if row.state != "decided" && row.state != "expired" {
            *open.entry(row.vendor_id).or_default() += 1;
        }
        if matches!(row.state.as_str(), "submitted" | "in_review" | "returned" | "decided") {
            let entry = latest.entry((row.vendor_id, row.service_id)).or_insert((row.submitted_at, row.id));
            if (row.submitted_at, row.id) > *entry {
                *entry = (row.submitted_at, row.id);
            }
        }
    }
    let mut worst: HashMap<Uuid, String> = HashMap::new();
    for ((vendor, _), (_, assessment)) in &latest {
        if let Some(Some(level)) = residuals.get(assessment) {
            let worse = worst.get(vendor).is_none_or(|known| residual_order(level) > residual_order(known));
            if worse {
                worst.insert(*vendor, level.clone());
            }
        }
    }
    // The intake with the highest number comes last and replaces those before it.
    let mut current: HashMap<Uuid, (Uuid, Option<Tier>)> = HashMap::new();
    for row in services {
        let tier = row.tier.map(|word| word.parse::<Tier>()).transpose();
        let tier = tier.map_err(|_| StoreError::corrupt("intake", "tier", row.id))?;
        current.insert(row.id, (row.vendor_id, tier));
    }
    let mut count: HashMap<Uuid, usize> = HashMap::new();
    let mut highest: HashMap<Uuid, Tier> = HashMap::new();
    for (vendor, tier) in current.into_values() {
        *count.entry(vendor).or_default() += 1;
        if let Some(tier) = tier {
            let known = highest.entry(vendor).or_insert(tier);
            *known = (*known).max(tier);
        }
    }
    vendors
        .into_iter()
        .map(|row| {
            let id = row.id;
            Ok(VendorOverview {
                vendor: vendor_of(row)?,
                services: count.get(&id).copied().unwrap_or_default(),
                tier: highest.get(&id).copied(),
                residual: worst.remove(&id),
                open: open.get(&id).copied().unwrap_or_default(),
            })
        })
        .collect()
}

/// The residual risk in the latest snapshot of each assessment; of one vendor, or of all.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn latest_residuals(
    s: &impl Scoped,
    only: Option<&[Uuid]>,
) -> Result<HashMap<Uuid, Option<String>>, StoreError> {
    let mut query = s
        .find::<score_snapshot::Entity>()
        .select_only()
        .column(score_snapshot::Column::AssessmentId)
        .column(score_snapshot::Column::Residual)
        .order_by_asc(score_snapshot::Column::Number);
    if let Some(only) = only {
        query = query.filter(score_snapshot::Column::AssessmentId.is_in(only.iter().copied()));
    }
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

/// Services of active vendors, by vendor and name.
///
/// # Errors
/// When the database does not answer.
pub async fn assessable(s: &impl Scoped) -> Result<Vec<ServiceChoice>, StoreError> {
    let rows = s
        .find::<service::Entity>()
        .find_also_related(vendor::Entity)
        .filter(vendor::Column::State.eq(VendorState::Active.as_str()))
        .order_by_asc(vendor::Column::NameNormalised)
        .order_by_asc(service::Column::Name)
        .all(s.connection())
        .await?;
    let tiers = tiers(s).await?;
    Ok(rows
        .into_iter()
        .filter_map(|(service, vendor)| {
            let tier = tiers.get(&service.id).copied();
            vendor.map(|vendor| ServiceChoice {
                id: ServiceId(service.id),
                name: service.name,
                vendor: vendor.name,
                tier,
            })
        })
        .collect())
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
        description: Set(service.description.clone()),
        ..Default::default()
    };
    tx.save::<service::Entity>(row, service.version).await
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

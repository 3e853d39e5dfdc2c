//! Vendors with their contacts and services: registering, editing, archiving, and the whole story of one vendor.

use super::{
    Ctx, Result, UseCaseError,
    error::Faults,
    idempotency::{self, Once},
    page_within, respondents,
};
pub use crate::store::{shelf::Kept, vendors::FindingDay};
use crate::{
    domain::{
        AuditEvent, Permission,
        email_address::EmailAddress,
        ids::{AssessmentId, ContactId, Id as _, ServiceId, VendorId},
        intake::Intake,
        timeline::TimelineEvent,
        user::User,
        vendor::{Contact, Service, Vendor, VendorState, normalised},
    },
    store::{
        self, StoreError,
        assessments::AssessmentRow,
        scores::{self as score_rows, Results},
        shelf::Relied,
        vendors::{FindingCount, VendorOverview, Wanted},
    },
};
use chrono::{DateTime, Utc};
use futures_util::future::try_join;
use questionnaires::definition::Tier;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// Vendors on one page of the list.
pub const PAGE: usize = 50;
/// Nobody has so many vendors that a later page could have any.
const MOST_PAGES: usize = 1_000_000;

/// Which vendors to list.
#[derive(Clone, Debug, Default)]
pub struct VendorFilter {
    /// Part of the name.
    pub name: String,
    /// Highest tier of its services.
    pub tier: Option<Tier>,
    /// Residual risk: `low`, `moderate`, `high`, `critical`, or `none` for not assessed.
    pub residual: Option<String>,
    /// Active or archived; active when nothing is said.
    pub state: Option<VendorState>,
    /// From 1.
    pub page: usize,
}

/// One page of the list of vendors.
#[derive(Clone, Debug)]
pub struct VendorPage {
    /// At most [`PAGE`] vendors, by name.
    pub vendors: Vec<VendorOverview>,
    /// How many fit the filter.
    pub total: usize,
    /// From 1.
    pub page: usize,
    /// Whether the tenant has any vendor at all.
    pub any: bool,
}

/// The vendors that fit, by name, with tier and residual risk.
///
/// # Errors
/// [`UseCaseError::Forbidden`] without the right to read.
pub async fn list(ctx: &Ctx, filter: &VendorFilter) -> Result<VendorPage> {
    ctx.require(Permission::Read)?;
    let wanted = Wanted {
        state: filter.state.unwrap_or(VendorState::Active),
        name: normalised(&filter.name),
        tier: filter.tier,
        residual: filter.residual.clone(),
    };
    let rows_of =
        async |page: usize| store::vendors::page(ctx.scope(), &wanted, (page - 1) * PAGE, PAGE).await;
    let asked_for = filter.page.clamp(1, MOST_PAGES);
    // Side by side: most of what a statement takes is the way to the database.
    let (total, mut vendors) =
        try_join(store::vendors::count(ctx.scope(), &wanted), rows_of(asked_for)).await?;
    let any = total > 0 || store::vendors::any(ctx.scope()).await?;
    let page = page_within(asked_for, total, PAGE);
    if page != asked_for {
        vendors = rows_of(page).await?;
    }
    Ok(VendorPage { vendors, total, page, any })
}

/// What is said about a vendor.
#[derive(Clone, Debug, Default)]
pub struct VendorInput {
    /// Its name.
    pub name: String,
    /// Its site.
    pub website: String,
    /// Own words.
    pub note: String,
}

struct Checked {
    name: String,
    website: Option<String>,
    note: Option<String>,
}

fn check_vendor(faults: &mut Faults, input: &VendorInput) -> Checked {
    let name = faults.one_line("name", "the vendor's name", &input.name, 120);
    let website = faults.optional("website", "the address of the website", Some(&input.website), 300);
    if website.as_ref().is_some_and(|w| !w.starts_with("https://") && !w.starts_with("http://")) {
        faults.add("website", "invalid", "The address of the website begins with https://");
    }
    let note = faults.optional("note", "the note", Some(&input.note), 2000);
    Checked { name, website, note }
}

/// What registering made.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Registered {
    /// The vendor.
    pub vendor: VendorId,
    /// Its first service, when one was named.
    pub service: Option<ServiceId>,
}

/// Registers a vendor, with its first service when that has a name. `key` makes a repeated form harmless.
///
/// # Errors
/// [`UseCaseError::Forbidden`]; [`UseCaseError::Invalid`] with every fault, a name that is taken among them.
pub async fn register(ctx: &Ctx, input: &VendorInput, first_service: &str, key: &str) -> Result<Registered> {
    ctx.require(Permission::ManageVendors)?;
    let mut faults = Faults::default();
    let checked = check_vendor(&mut faults, input);
    let service = (!first_service.trim().is_empty())
        .then(|| faults.one_line("service", "the service's name", first_service, 120));
    faults.finish()?;
    let id: VendorId = ctx.id();
    let service =
        service.map(|name| Service { id: ctx.id(), vendor_id: id, name, description: None, version: 1 });
    let mut tx = ctx.begin_write().await?;
    let request = json!({
        "name": checked.name, "website": checked.website, "note": checked.note,
        "service": service.as_ref().map(|service| &service.name),
    });
    let made = Registered { vendor: id, service: service.as_ref().map(|service| service.id) };
    if let Once::Before(response) =
        idempotency::once(&mut tx, ctx, "vendor.register", key, &request, &json!(made)).await?
    {
        return serde_json::from_value(response).map_err(UseCaseError::internal);
    }
    refuse_taken_name(&tx, &checked.name, None).await?;
    let vendor = Vendor {
        id,
        name: checked.name,
        website: checked.website,
        note: checked.note,
        state: VendorState::Active,
        created_at: ctx.now(),
        created_by: ctx.user().id,
        version: 1,
    };
    store::vendors::insert_vendor(&mut tx, &vendor).await?;
    let registered = ctx.event("vendor.registered", "vendor", id).after(json!({"name": vendor.name}));
    let mut events = vec![registered];
    if let Some(service) = &service {
        store::vendors::insert_service(&mut tx, service, ctx.now()).await?;
        events.push(service_added(ctx, service));
    }
    tx.commit_all(events).await?;
    Ok(made)
}

fn service_added(ctx: &Ctx, service: &Service) -> AuditEvent {
    let after = json!({"name": service.name, "vendor": service.vendor_id});
    ctx.event("service.added", "service", service.id).after(after)
}

async fn refuse_taken_name(tx: &store::WriteTx, name: &str, but: Option<VendorId>) -> Result<()> {
    let same = store::vendors::with_name(tx, &normalised(name)).await?;
    match same.into_iter().find(|vendor| Some(vendor.id) != but) {
        Some(other) => {
            let state = if other.state == VendorState::Archived { ", archived" } else { "" };
            Err(UseCaseError::field("name", "taken", format!("{}{state} is registered already", other.name)))
        }
        None => Ok(()),
    }
}

/// Changes what is said about a vendor.
///
/// # Errors
/// [`UseCaseError::VersionConflict`] when somebody saved in between; [`UseCaseError::Invalid`] with every fault.
pub async fn edit(ctx: &Ctx, id: VendorId, version: i64, input: &VendorInput) -> Result<()> {
    ctx.require(Permission::ManageVendors)?;
    let mut faults = Faults::default();
    let checked = check_vendor(&mut faults, input);
    faults.finish()?;
    let mut tx = ctx.begin_write().await?;
    let before = store::vendors::vendor(&tx, id).await?.ok_or(UseCaseError::NotFound)?;
    refuse_taken_name(&tx, &checked.name, Some(id)).await?;
    let after = Vendor {
        name: checked.name,
        website: checked.website,
        note: checked.note,
        version,
        ..before.clone()
    };
    store::vendors::update_vendor(&mut tx, &after).await?;
    let event = ctx
        .event("vendor.edited", "vendor", id)
        .before(json!({"name": before.name, "website": before.website}))
        .after(json!({"name": after.name, "website": after.website}));
    tx.commit(event).await?;
    Ok(())
}

/// Archives a vendor: its links close at once, the history stays.
///
/// # Errors
/// [`UseCaseError::StateConflict`] when it is archived already; [`UseCaseError::VersionConflict`].
pub async fn archive(ctx: &Ctx, id: VendorId, version: i64) -> Result<()> {
    ctx.require(Permission::ManageVendors)?;
    let mut tx = ctx.begin_write().await?;
    let before = store::vendors::vendor(&tx, id).await?.ok_or(UseCaseError::NotFound)?;
    if before.state == VendorState::Archived {
        return Err(UseCaseError::conflict("This vendor is archived already."));
    }
    store::vendors::update_vendor(&mut tx, &Vendor { state: VendorState::Archived, version, ..before })
        .await?;
    let closed = respondents::close_links_of_vendor(&mut tx, id, ctx.now()).await?;
    tx.commit(ctx.event("vendor.archived", "vendor", id).after(json!({"links_closed": closed}))).await?;
    Ok(())
}

/// The most events on the timeline of a vendor; the audit trail has all of them.
const TIMELINE: u64 = 40;

/// The vendor, for forms.
///
/// # Errors
/// [`UseCaseError::NotFound`].
pub async fn vendor(ctx: &Ctx, id: VendorId) -> Result<Vendor> {
    ctx.require(Permission::Read)?;
    store::vendors::vendor(ctx.scope(), id).await?.ok_or(UseCaseError::NotFound)
}

/// A contact of a vendor, for forms.
///
/// # Errors
/// [`UseCaseError::NotFound`].
pub async fn contact(ctx: &Ctx, vendor: VendorId, id: ContactId) -> Result<Contact> {
    ctx.require(Permission::Read)?;
    let found = store::vendors::contact(ctx.scope(), id).await?;
    found.filter(|contact| contact.vendor_id == vendor).ok_or(UseCaseError::NotFound)
}

/// What is said about a contact.
#[derive(Clone, Debug, Default)]
pub struct ContactInput {
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
    /// What they do.
    pub job_title: String,
}

/// Adds a contact. `key` makes a repeated form harmless.
///
/// # Errors
/// [`UseCaseError::Invalid`] with every fault, an address that the vendor has already among them.
pub async fn add_contact(ctx: &Ctx, vendor: VendorId, input: &ContactInput, key: &str) -> Result<ContactId> {
    ctx.require(Permission::ManageVendors)?;
    let mut tx = ctx.begin_write().await?;
    let id: ContactId = ctx.id();
    let request = json!([vendor, input.name, input.email, input.job_title]);
    if let Once::Before(response) =
        idempotency::once(&mut tx, ctx, "contact.add", key, &request, &json!(id)).await?
    {
        return serde_json::from_value(response).map_err(UseCaseError::internal);
    }
    let contact =
        insert_contact(&mut tx, ctx.now(), id, vendor, input, ["name", "email", "job_title"]).await?;
    tx.commit(ctx.event("contact.added", "contact", contact.id).after(json!({"vendor": vendor}))).await?;
    Ok(contact.id)
}

/// Checks and inserts a contact inside another act; `fields` are the names of the form's fields.
pub(super) async fn insert_contact(
    tx: &mut store::WriteTx,
    now: DateTime<Utc>,
    id: ContactId,
    vendor: VendorId,
    input: &ContactInput,
    fields: [&str; 3],
) -> Result<Contact> {
    let contact = Contact { id, ..check_contact(vendor, input, fields)? };
    let owner = store::vendors::vendor(&*tx, vendor).await?.ok_or(UseCaseError::NotFound)?;
    if owner.state == VendorState::Archived {
        return Err(UseCaseError::conflict("This vendor is archived."));
    }
    match store::vendors::insert_contact(tx, &contact, now).await {
        Err(StoreError::Duplicate(_)) => {
            Err(UseCaseError::field(fields[1], "taken", "The vendor has a contact with this address already"))
        }
        other => Ok(other.map(|()| contact)?),
    }
}

/// Notes what is wrong with a contact among the other faults of a form.
///
/// # Errors
/// When it cannot be checked.
pub(super) fn check_new_contact(
    faults: &mut Faults,
    vendor: VendorId,
    input: &ContactInput,
    fields: [&str; 3],
) -> Result<()> {
    match check_contact(vendor, input, fields) {
        Err(UseCaseError::Invalid(found)) => {
            found.into_iter().for_each(|fault| faults.add(fault.pointer, fault.code, fault.message));
            Ok(())
        }
        other => other.map(drop),
    }
}

fn check_contact(vendor: VendorId, input: &ContactInput, fields: [&str; 3]) -> Result<Contact> {
    let mut faults = Faults::default();
    let name = faults.one_line(fields[0], "the contact's name", &input.name, 100);
    let email =
        EmailAddress::parse(&input.email).map_err(|e| faults.add(fields[1], "invalid", e.to_string())).ok();
    let job_title = faults.optional(fields[2], "what they do", Some(&input.job_title), 100);
    faults.finish()?;
    let email = email.ok_or(UseCaseError::NotFound)?;
    Ok(Contact {
        id: ContactId::from_uuid(vendor.uuid()),
        vendor_id: vendor,
        name,
        email: email.typed().to_owned(),
        job_title,
        refused_reason: None,
        version: 1,
    })
}

/// Changes a contact. A changed address is tried again even if the old one was refused.
///
/// # Errors
/// As [`add_contact`]; [`UseCaseError::VersionConflict`].
pub async fn edit_contact(
    ctx: &Ctx,
    vendor: VendorId,
    id: ContactId,
    version: i64,
    input: &ContactInput,
) -> Result<()> {
    ctx.require(Permission::ManageVendors)?;
    let checked = check_contact(vendor, input, ["name", "email", "job_title"])?;
    let mut tx = ctx.begin_write().await?;
    let before = store::vendors::contact(&tx, id).await?.filter(|c| c.vendor_id == vendor);
    let before = before.ok_or(UseCaseError::NotFound)?;
    let same_address = before.email.eq_ignore_ascii_case(&checked.email);
    let refused_reason = if same_address { before.refused_reason } else { None };
    let after = Contact { id, refused_reason, version, ..checked };
    match store::vendors::update_contact(&mut tx, &after).await {
        Err(StoreError::Duplicate(_)) => {
            return Err(UseCaseError::field(
                "email",
                "taken",
                "The vendor has a contact with this address already",
            ));
        }
        other => other?,
    }
    let event = ctx.event("contact.edited", "contact", id).after(json!({"address_changed": !same_address}));
    tx.commit(event).await?;
    Ok(())
}

/// What is said about a service.
#[derive(Clone, Debug, Default)]
pub struct ServiceInput {
    /// Its name.
    pub name: String,
    /// What it does for us.
    pub description: String,
}

fn check_service(vendor: VendorId, input: &ServiceInput) -> Result<Service> {
    let mut faults = Faults::default();
    let name = faults.one_line("name", "the service's name", &input.name, 120);
    let description = faults.optional("description", "what it does", Some(&input.description), 1000);
    faults.finish()?;
    Ok(Service { id: ServiceId::from_uuid(vendor.uuid()), vendor_id: vendor, name, description, version: 1 })
}

/// Adds a service. `key` makes a repeated form harmless.
///
/// # Errors
/// [`UseCaseError::Invalid`] with every fault.
pub async fn add_service(ctx: &Ctx, vendor: VendorId, input: &ServiceInput, key: &str) -> Result<ServiceId> {
    ctx.require(Permission::ManageVendors)?;
    let service = Service { id: ctx.id(), ..check_service(vendor, input)? };
    let mut tx = ctx.begin_write().await?;
    let request = json!({"vendor": vendor, "name": service.name, "description": service.description});
    let response = json!(service.id);
    if let Once::Before(response) =
        idempotency::once(&mut tx, ctx, "service.add", key, &request, &response).await?
    {
        return serde_json::from_value(response).map_err(UseCaseError::internal);
    }
    let owner = store::vendors::vendor(&tx, vendor).await?.ok_or(UseCaseError::NotFound)?;
    if owner.state == VendorState::Archived {
        return Err(UseCaseError::conflict("This vendor is archived."));
    }
    store::vendors::insert_service(&mut tx, &service, ctx.now()).await?;
    tx.commit(service_added(ctx, &service)).await?;
    Ok(service.id)
}

/// Changes a service.
///
/// # Errors
/// [`UseCaseError::VersionConflict`]; [`UseCaseError::Invalid`] with every fault.
pub async fn edit_service(ctx: &Ctx, id: ServiceId, version: i64, input: &ServiceInput) -> Result<VendorId> {
    ctx.require(Permission::ManageVendors)?;
    let mut tx = ctx.begin_write().await?;
    let before = store::vendors::service(&tx, id).await?.ok_or(UseCaseError::NotFound)?;
    let after = Service { id, version, ..check_service(before.vendor_id, input)? };
    store::vendors::update_service(&mut tx, &after).await?;
    let event = ctx
        .event("service.edited", "service", id)
        .before(json!({"name": before.name}))
        .after(json!({"name": after.name}));
    tx.commit(event).await?;
    Ok(before.vendor_id)
}

/// A service with its vendor, for forms.
///
/// # Errors
/// [`UseCaseError::NotFound`].
pub async fn service(ctx: &Ctx, id: ServiceId) -> Result<(Vendor, Service)> {
    ctx.require(Permission::Read)?;
    let service = store::vendors::service(ctx.scope(), id).await?.ok_or(UseCaseError::NotFound)?;
    let vendor =
        store::vendors::vendor(ctx.scope(), service.vendor_id).await?.ok_or(UseCaseError::NotFound)?;
    Ok((vendor, service))
}

/// A service of the profile: its current intake and its latest assessment with results.
#[derive(Clone, Debug)]
pub struct ServiceStory {
    /// The service.
    pub service: Service,
    /// Its current intake.
    pub intake: Option<Intake>,
    /// Its latest submitted or decided assessment.
    pub assessed: Option<AssessmentRow>,
}

/// Everything that the vendor's page shows.
#[derive(Clone, Debug)]
pub struct VendorProfile {
    /// The vendor.
    pub vendor: Vendor,
    /// Worst residual risk among its services' latest assessments.
    pub residual: Option<String>,
    /// Highest tier among its services, with the inherent risk in tenths.
    pub tier: Option<(Tier, i32)>,
    /// Contacts by name.
    pub contacts: Vec<Contact>,
    /// Services by name.
    pub services: Vec<ServiceStory>,
    /// Assessments, newest first.
    pub assessments: Vec<AssessmentRow>,
    /// What the newest snapshots of all of them say.
    pub results: Results,
    /// Findings by state and severity.
    pub findings: Vec<FindingCount>,
    /// Those that have a day before them.
    pub finding_days: Vec<FindingDay>,
    /// What happened, newest first.
    pub timeline: Vec<TimelineEvent>,
    /// Evidence behind the latest submissions, that which ends first in front.
    pub evidence: Vec<Kept>,
    /// What it said it relies on.
    pub relies_on: Vec<Relied>,
    /// Users, for names.
    pub users: Vec<User>,
}

/// What one questionnaire was scored about one service, from submission to submission.
#[derive(Clone, Debug)]
pub struct ScoreHistory {
    /// The service's name.
    pub service: String,
    /// The questionnaire's id.
    pub questionnaire: String,
    /// The oldest first; two at least.
    pub scores: Vec<PastScore>,
}

/// One submission's score, as its newest snapshot has it.
#[derive(Clone, Debug)]
pub struct PastScore {
    /// When it was handed in.
    pub submitted_at: DateTime<Utc>,
    /// The assessment.
    pub assessment: AssessmentId,
    /// Its reference.
    pub reference: String,
    /// Claimed, in tenths.
    pub claimed_tenths: i32,
    /// The letter.
    pub rating: String,
    /// `low` to `critical`.
    pub residual: Option<String>,
}

impl VendorProfile {
    /// Scores of every questionnaire that was answered more than once about a service.
    #[must_use]
    pub fn histories(&self) -> Vec<ScoreHistory> {
        let mut lines: BTreeMap<(&str, &str), Vec<PastScore>> = BTreeMap::new();
        let of_each = self.results.iter().flat_map(|(id, lines)| lines.iter().map(move |line| (*id, line)));
        for (id, result) in of_each {
            let row = self.assessments.iter().find(|row| row.assessment.id == id);
            let Some((row, submitted_at)) = row.and_then(|row| Some((row, row.assessment.submitted_at?)))
            else {
                continue;
            };
            let (Some(claimed_tenths), Some(rating)) = (result.claimed_tenths, result.rating.clone()) else {
                continue;
            };
            lines.entry((&row.service, &result.questionnaire)).or_default().push(PastScore {
                submitted_at,
                assessment: row.assessment.id,
                reference: row.assessment.reference.clone(),
                claimed_tenths,
                rating,
                residual: result.residual.clone(),
            });
        }
        let repeated = lines.into_iter().filter(|(_, scores)| scores.len() > 1);
        repeated
            .map(|((service, questionnaire), mut scores)| {
                scores.sort_by_key(|score| (score.submitted_at, score.assessment));
                ScoreHistory { service: service.to_owned(), questionnaire: questionnaire.to_owned(), scores }
            })
            .collect()
    }
}

/// The whole story of one vendor.
///
/// # Errors
/// [`UseCaseError::NotFound`].
pub async fn profile(ctx: &Ctx, id: VendorId) -> Result<VendorProfile> {
    ctx.require(Permission::Read)?;
    let s = ctx.scope();
    let vendor = store::vendors::vendor(s, id).await?.ok_or(UseCaseError::NotFound)?;
    let contacts = store::vendors::contacts(s, id).await?;
    let services = store::vendors::services(s, id).await?;
    let service_ids: Vec<ServiceId> = services.iter().map(|service| service.id).collect();
    let mut intakes = store::intakes::current_of(s, &service_ids).await?;
    let assessments = store::assessments::of_vendor(s, id).await?;
    let assessment_ids: Vec<_> = assessments.iter().map(|row| row.assessment.id).collect();
    let results = score_rows::results(s, &assessment_ids).await?;
    let findings = store::vendors::finding_counts(s, id).await?;
    let finding_days = store::vendors::finding_days(s, id, ctx.today()).await?;
    let users = store::accounts::users(s).await?;
    let mut records = vec![id.uuid()];
    records.extend(contacts.iter().map(|contact| contact.id.uuid()));
    records.extend(service_ids.iter().map(|service| service.uuid()));
    records.extend(intakes.iter().map(|intake| intake.id.uuid()));
    let timeline = store::timeline::events(s, &records, &assessment_ids, TIMELINE).await?;

    let mut stories = Vec::with_capacity(services.len());
    for service in services {
        let intake =
            intakes.iter().position(|intake| intake.service_id == service.id).map(|at| intakes.remove(at));
        let assessed = assessments
            .iter()
            .filter(|row| row.assessment.service_id == service.id && row.assessment.state.was_submitted())
            .max_by_key(|row| (row.assessment.submitted_at, row.assessment.id))
            .cloned();
        stories.push(ServiceStory { service, intake, assessed });
    }
    let residual = stories
        .iter()
        .filter_map(|story| story.assessed.as_ref().and_then(|row| row.residual.clone()))
        .max_by_key(|level| store::residuals::level(level));
    let tier = stories
        .iter()
        .filter_map(|story| story.intake.as_ref().map(|intake| (intake.tier, intake.inherent_tenths)))
        .max();
    Ok(VendorProfile {
        vendor,
        residual,
        tier,
        contacts,
        services: stories,
        assessments,
        results,
        findings,
        finding_days,
        timeline,
        evidence: store::shelf::kept(s, id).await?,
        relies_on: store::shelf::relied_on(s, id).await?,
        users,
    })
}

//! The audit trail: reading it, taking it away as a file, and whether it is what was recorded.

use super::{
    Ctx, FieldError, Result, SystemCtx, UseCaseError,
    error::Faults,
    exports::{BATCH, record, require_still},
};
use crate::{
    domain::{
        Permission,
        acts::ACTS,
        answer::day,
        audit::{Recorded, TrailCheck, TrailFault, hash_of},
        due,
        ids::{AssessmentId, RespondentId, UserId, VendorId},
        remediation::Case,
        user::User,
        vendor::normalised,
    },
    store::{
        self, audit_log,
        audit_trail::{self as rows, ActsOf, TrailLine, Wanted},
    },
};
use serde_json::json;
use std::collections::BTreeMap;

/// Events read at once while the trail is checked.
const CHECKED_AT_ONCE: u64 = 1_000;

/// Events on one page.
pub const PAGE: usize = 50;

/// What people type to narrow the trail; each part may be empty.
#[derive(Clone, Debug, Default)]
pub struct TrailFilter {
    /// First day, in the tenant's time zone.
    pub from: String,
    /// Last day.
    pub until: String,
    /// A user's id, [`VENDORS`] or [`SYSTEM`].
    pub who: String,
    /// One act.
    pub act: String,
    /// Part of a vendor's name.
    pub vendor: String,
    /// The reference of an assessment.
    pub assessment: String,
}

/// Stands for everybody at vendors.
pub const VENDORS: &str = "vendors";
/// Stands for timers, commands and links.
pub const SYSTEM: &str = "system";

/// Where a page of the trail begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// At the newest event.
    #[default]
    Newest,
    /// At the first event before this number.
    Before(i64),
    /// So that the event after this number is its last.
    After(i64),
}

/// An event with the names that belong to it.
#[derive(Clone, Debug)]
pub struct TrailEvent {
    /// What was recorded.
    pub event: Recorded,
    /// The same as the text that the hash covers.
    pub text: String,
    /// Its hash.
    pub hash: String,
    /// The hash of the event before it.
    pub hash_before: String,
    /// Whether the hash is that of this event; also for events from before the chain, which have none.
    pub fits: bool,
    /// Name of who did it; none for the system.
    pub who: Option<String>,
    /// The assessment that it belongs to.
    pub case: Option<Case>,
}

/// One page of the trail.
#[derive(Clone, Debug)]
pub struct TrailPage {
    /// Newest first, at most [`PAGE`].
    pub events: Vec<TrailEvent>,
    /// Whether there are newer ones that fit.
    pub newer: bool,
    /// Whether there are older ones that fit.
    pub older: bool,
    /// Users, for the filter.
    pub users: Vec<User>,
    /// Vendors that events on the page are about.
    pub vendors: Vec<(VendorId, String)>,
    /// What is wrong with the filter; nothing is looked up then.
    pub faults: Vec<FieldError>,
}

/// Events that fit the filter, newest first. Six statements with the session's, however long the trail is.
///
/// # Errors
/// [`UseCaseError::Forbidden`] without the right to read the trail.
pub async fn trail(ctx: &Ctx, filter: &TrailFilter, place: Place) -> Result<TrailPage> {
    ctx.require(Permission::ReadAuditTrail)?;
    let s = ctx.scope();
    let users = store::accounts::users(s).await?;
    let wanted = match wanted(ctx, filter) {
        Ok(wanted) => wanted,
        Err(UseCaseError::Invalid(faults)) => {
            return Ok(TrailPage {
                events: vec![],
                newer: false,
                older: false,
                users,
                vendors: vec![],
                faults,
            });
        }
        Err(other) => return Err(other),
    };
    let most = PAGE as u64 + 1;
    let mut lines = match place {
        Place::Newest => rows::newest_first(s, &wanted, None, most).await?,
        Place::Before(number) => rows::newest_first(s, &wanted, Some(number), most).await?,
        Place::After(number) => rows::in_order(s, &wanted, number, i64::MAX, most).await?,
    };
    let more = lines.len() > PAGE;
    lines.truncate(PAGE);
    let (newer, older) = match place {
        Place::Newest => (false, more),
        Place::Before(_) => (true, more),
        Place::After(_) => (more, true),
    };
    if matches!(place, Place::After(_)) {
        lines.reverse();
    }
    let of_vendors = lines.iter().filter(|line| line.event.record_kind == "vendor");
    let of_vendors: Vec<VendorId> =
        of_vendors.filter_map(|line| line.event.record_id).map(VendorId).collect();
    let vendors = store::vendors::names(s, &of_vendors).await?;
    let names = users.iter().map(|user| (user.id, user.name.clone())).collect();
    let events = named(ctx, &names, lines).await?;
    Ok(TrailPage { events, newer, older, users, vendors, faults: Vec::new() })
}

/// The events that leave as a file, in batches and in the order of the trail.
#[derive(Clone)]
pub struct TrailExport {
    ctx: Ctx,
    wanted: Wanted,
    users: BTreeMap<UserId, String>,
    number: i64,
    last: i64,
    done: bool,
}

/// The events that fit the filter, up to the one that records this download.
///
/// # Errors
/// [`UseCaseError::Forbidden`] without the right to read the trail; [`UseCaseError::Invalid`] for a filter that cannot
/// be read.
pub async fn export(ctx: &Ctx, filter: &TrailFilter) -> Result<TrailExport> {
    ctx.require(Permission::ReadAuditTrail)?;
    let wanted = wanted(ctx, filter)?;
    let users = store::accounts::users(ctx.scope()).await?;
    let users = users.into_iter().map(|user| (user.id, user.name)).collect();
    let said = json!({
        "from": filter.from, "until": filter.until, "who": filter.who, "act": filter.act, "vendor": filter.vendor,
        "assessment": filter.assessment,
    });
    record(ctx, ctx.event("trail.exported", "tenant", ctx.tenant().id).after(said)).await?;
    let (last, _) = audit_log::head(ctx.scope()).await?;
    Ok(TrailExport { ctx: ctx.clone(), wanted, users, number: 0, last, done: false })
}

impl TrailExport {
    /// The next batch; empty at the end. Four statements at most.
    ///
    /// # Errors
    /// [`UseCaseError::Forbidden`] when the user may no longer read the trail.
    pub async fn next(&mut self) -> Result<Vec<TrailEvent>> {
        if self.done {
            return Ok(Vec::new());
        }
        if self.number > 0 {
            require_still(&self.ctx, Permission::ReadAuditTrail, "trail.exported").await?;
        }
        let s = self.ctx.scope();
        let lines = rows::in_order(s, &self.wanted, self.number, self.last, BATCH as u64).await?;
        self.done = lines.len() < BATCH;
        self.number = lines.last().map_or(self.number, |line| line.event.seq);
        named(&self.ctx, &self.users, lines).await
    }
}

/// Reads the filter.
fn wanted(ctx: &Ctx, filter: &TrailFilter) -> Result<Wanted> {
    let zone = ctx.tenant().zone;
    let mut faults = Faults::default();
    let mut read_day = |pointer: &str, text: &str| {
        let text = text.trim();
        let read = day(text);
        if read.is_none() && !text.is_empty() {
            faults.add(pointer, "invalid", "Enter a date such as 2026-12-18");
        }
        read
    };
    let (from, until) = (read_day("from", &filter.from), read_day("until", &filter.until));
    if let (Some(from), Some(until)) = (from, until)
        && until < from
    {
        faults.add("until", "out_of_range", "Choose a last day that is not before the first");
    }
    let acts_of = match filter.who.as_str() {
        "" => None,
        VENDORS => Some(ActsOf::Vendors),
        SYSTEM => Some(ActsOf::System),
        id => id.parse().ok().map(ActsOf::User),
    };
    let vendor = Some(normalised(&filter.vendor)).filter(|words| !words.is_empty());
    let act = Some(&filter.act).filter(|act| ACTS.iter().any(|(known, _)| known == act)).cloned();
    for (pointer, text, read) in
        [("who", &filter.who, acts_of.is_some()), ("act", &filter.act, act.is_some())]
    {
        if !text.is_empty() && !read {
            faults.add(pointer, "unknown_option", "Choose one from the list");
        }
    }
    faults.finish()?;
    let start = |day: chrono::NaiveDate| day.pred_opt().map(|before| due::end_of_day(zone, before));
    let reference = Some(filter.assessment.trim()).filter(|text| !text.is_empty());
    Ok(Wanted {
        from: from.and_then(start),
        until: until.map(|day| due::end_of_day(zone, day)),
        acts_of,
        act,
        vendor,
        reference: reference.map(str::to_owned),
    })
}

/// Puts names to events: those of respondents and assessments take a statement each.
async fn named(
    ctx: &Ctx,
    users: &BTreeMap<UserId, String>,
    lines: Vec<TrailLine>,
) -> Result<Vec<TrailEvent>> {
    let at_vendors = lines.iter().filter(|line| line.event.actor_kind == "respondent");
    let respondents: Vec<RespondentId> =
        at_vendors.filter_map(|line| line.event.actor_id).map(RespondentId).collect();
    let respondents = store::respondents::names(ctx.scope(), &respondents).await?;
    let ids: Vec<AssessmentId> =
        lines.iter().filter_map(|line| line.event.assessment_id).map(AssessmentId).collect();
    let cases = store::cases::cases(ctx.scope(), &ids).await?;
    let named = lines.into_iter().map(|line| -> Result<TrailEvent> {
        let id = line.event.actor_id;
        let who = match line.event.actor_kind.as_str() {
            "user" => id.and_then(|id| users.get(&UserId(id)).cloned()),
            "respondent" => id.and_then(|id| respondents.get(&RespondentId(id)).cloned()),
            _ => None,
        };
        let case = cases.iter().find(|case| Some(case.assessment.id.0) == line.event.assessment_id).cloned();
        let text = line.event.text().map_err(UseCaseError::internal)?;
        let TrailLine { event, hash, hash_before } = line;
        let fits = hash == hash_of(&hash_before, &text);
        Ok(TrailEvent { event, text, hash, hash_before, fits, who, case })
    });
    named.collect()
}

/// One organisation's trail, checked.
#[derive(Clone, Debug)]
pub struct CheckedTrail {
    /// The organisation.
    pub organisation: String,
    /// How many events there are, or the first thing that is wrong.
    pub outcome: std::result::Result<i64, TrailFault>,
}

/// Follows the trail of every organisation from its first event to its last.
///
/// # Errors
/// When the database cannot be read.
pub async fn verify(system: &SystemCtx) -> Result<Vec<CheckedTrail>> {
    let database = &system.services().database;
    let mut checked = Vec::new();
    for tenant in store::accounts::tenants(database).await? {
        let scope = database.tenant(tenant.id);
        let (counted, head) = audit_log::head(&scope).await?;
        let mut check = TrailCheck::new(counted, head);
        let mut outcome = Ok(());
        let mut seq = 0;
        'trail: loop {
            let events = audit_log::after(&scope, seq, CHECKED_AT_ONCE).await?;
            let Some((last, _)) = events.last() else { break };
            seq = last.seq;
            for (event, hash) in &events {
                outcome = check.take(event, hash);
                if outcome.is_err() {
                    break 'trail;
                }
            }
        }
        let outcome = outcome.and_then(|()| check.finish());
        checked.push(CheckedTrail { organisation: tenant.name, outcome });
    }
    Ok(checked)
}

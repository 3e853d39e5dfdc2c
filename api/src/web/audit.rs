//! The audit trail: its page, and the file that somebody else can check.

use super::{
    Answer,
    acts::with_query,
    exports::{download, place},
    form::Fields,
    guard::Staff,
    page::{respond, staff_shell, with_errors},
    routes::{Access, routes},
    shares::Shares,
};
use crate::{
    documents::csv,
    domain::{Permission, acts, due},
    render::{
        Renderer,
        audit::{EventRow, TrailView},
        fields::{FieldView, errors_of},
        page::Section,
        parts::{EmptyState, Fact, FlashNotice, Link, Pager, capitalised},
    },
    usecases::{
        UseCaseError,
        audit::{self, Place, SYSTEM, TrailEvent, TrailFilter, TrailPage, VENDORS},
    },
};
use actix_web::{
    http::StatusCode,
    web::{Data, Query},
};
use chrono::SecondsFormat;
use chrono_tz::Tz;
use futures_util::{StreamExt as _, stream};
use serde_json::Value;

routes! {
    GET "/audit" => page, Access::Staff(Permission::ReadAuditTrail), Page;
    GET "/audit.csv" => file, Access::Staff(Permission::ReadAuditTrail), Bytes;
}

fn filter_of(query: &Fields) -> TrailFilter {
    let text = |name: &str| query.text(name).to_owned();
    TrailFilter {
        from: text("from"),
        until: text("until"),
        who: text("who"),
        act: text("act"),
        vendor: text("vendor"),
        assessment: text("assessment"),
    }
}

/// The filter as part of an address.
fn parameters(filter: &TrailFilter) -> [(&'static str, &str); 6] {
    [
        ("from", &filter.from),
        ("until", &filter.until),
        ("who", &filter.who),
        ("act", &filter.act),
        ("vendor", &filter.vendor),
        ("assessment", &filter.assessment),
    ]
}

async fn page(staff: Staff, renderer: Data<Renderer>, query: Query<Vec<(String, String)>>) -> Answer {
    let query = Fields::from_pairs(query.into_inner());
    let filter = filter_of(&query);
    let place = match (query.parsed("before"), query.parsed("after")) {
        (Some(number), _) => Place::Before(number),
        (None, Some(number)) => Place::After(number),
        (None, None) => Place::Newest,
    };
    let found = audit::trail(&staff.ctx, &filter, place).await?;
    let zone = staff.ctx.tenant().zone;
    let filters = with_errors(fields(&filter, &found), &found.faults);
    let mut shell = staff_shell(&staff, "Audit trail", Some(Section::AuditTrail));
    shell.errors = errors_of(&filters);
    let given = parameters(&filter);
    let beside = |name: &'static str, number: Option<i64>| {
        let number = number.map(|number| number.to_string()).unwrap_or_default();
        with_query("/audit", given.into_iter().chain([(name, number.as_str())]))
    };
    let (first, last) = (found.events.first(), found.events.last());
    let (first, last) = (first.map(|one| one.event.seq), last.map(|one| one.event.seq));
    let empty = found.events.is_empty();
    let view = TrailView {
        notices: notices(&found),
        filtered: given.iter().any(|(_, value)| !value.is_empty()),
        filters,
        csv: (!empty).then(|| with_query("/audit.csv", given)),
        events: found.events.iter().map(|one| row(one, &found, zone)).collect(),
        pager: Pager {
            text: format!("Events {} to {}", first.unwrap_or_default(), last.unwrap_or_default()),
            previous: found.newer.then(|| beside("after", first)),
            next: found.older.then(|| beside("before", last)),
        },
        empty: empty.then(|| EmptyState {
            title: "No event fits".to_owned(),
            text: if found.faults.is_empty() {
                "Nothing that is on record fits this filter.".to_owned()
            } else {
                "Nothing was looked up, because the filter could not be read.".to_owned()
            },
            action: Some(Link::new("Show everything", "/audit")),
        }),
    };
    let status = if found.faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    respond(&renderer, status, "pages/audit", shell, view)
}

fn fields(filter: &TrailFilter, found: &TrailPage) -> Vec<FieldView> {
    let some = |value: &str, label: &str| (value.to_owned(), label.to_owned());
    let people = found.users.iter().map(|user| (user.id.to_string(), user.name.clone()));
    let sides = [some("", "Everybody"), some(VENDORS, "People at vendors"), some(SYSTEM, "By itself")];
    let mut kinds: Vec<(String, String)> = acts::ACTS.iter().map(|(act, words)| some(act, words)).collect();
    kinds.sort_by(|a, b| a.1.cmp(&b.1));
    vec![
        FieldView::date("from", "From").value(&filter.from),
        FieldView::date("until", "Until").value(&filter.until),
        FieldView::select("who", "Who").choices(sides.into_iter().chain(people), |id| id == filter.who),
        FieldView::select("act", "What happened")
            .choices([some("", "Anything")].into_iter().chain(kinds), |act| act == filter.act),
        FieldView::text("vendor", "Vendor").value(&filter.vendor).maxlength(120),
        FieldView::text("assessment", "Assessment").value(&filter.assessment).maxlength(40),
    ]
}

fn notices(found: &TrailPage) -> Vec<FlashNotice> {
    let broken: Vec<String> =
        found.events.iter().filter(|one| !one.fits).map(|one| one.event.seq.to_string()).collect();
    if broken.is_empty() {
        return Vec::new();
    }
    vec![FlashNotice::bad(format!(
        "Changed after it was recorded, or put behind something else: event {}. Ask whoever runs the server for \
         \u{201c}assay audit verify\u{201d}.",
        broken.join(", ")
    ))]
}

/// Who did it, and on which side they stand.
fn actor(one: &TrailEvent) -> (String, &'static str) {
    match one.event.actor_kind.as_str() {
        "user" => (one.who.clone().unwrap_or_else(|| "A former user".to_owned()), "User"),
        "respondent" => {
            (one.who.clone().unwrap_or_else(|| "A former respondent".to_owned()), "At the vendor")
        }
        _ => ("By itself".to_owned(), "Timer, command or link"),
    }
}

fn row(one: &TrailEvent, found: &TrailPage, zone: Tz) -> EventRow {
    let event = &one.event;
    let (who, side) = actor(one);
    let kind = capitalised(&event.record_kind.replace('_', " "));
    let vendor = found.vendors.iter().find(|(id, _)| Some(id.0) == event.record_id);
    let (about, href, note) = match (&one.case, vendor) {
        (Some(case), _) => (
            case.assessment.reference.clone(),
            Some(format!("/assessments/{}", case.assessment.id)),
            format!("{}, {}", case.vendor, case.service),
        ),
        (None, Some((id, name))) => (name.clone(), Some(format!("/vendors/{id}")), kind),
        (None, None) => {
            let user = found.users.iter().find(|user| Some(user.id.0) == event.record_id);
            let name = event.after.as_ref().and_then(|after| after.get("name")).and_then(Value::as_str);
            let name = user.map(|user| user.name.as_str()).or(name);
            (kind, None, name.unwrap_or_default().to_owned())
        }
    };
    EventRow {
        number: event.seq,
        datetime: event.at.to_rfc3339(),
        when: due::short_instant(zone, event.at),
        who,
        side: side.to_owned(),
        what: acts::words(&event.act).to_owned(),
        about,
        href,
        note,
        broken: !one.fits,
        details: details(one),
    }
}

/// What changed field by field, then where the event came from.
fn details(one: &TrailEvent) -> Vec<Fact> {
    let event = &one.event;
    let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let part = |side: &Option<Value>| side.as_ref().and_then(Value::as_object).cloned().unwrap_or_default();
    let (before, after) = (part(&event.before), part(&event.after));
    let mut facts = Vec::new();
    for (name, now) in after.iter().filter(|(_, now)| !now.is_null() && now.as_str() != Some("")) {
        let words = match before.get(name) {
            Some(then) => format!("{}, before {}", shown(now), shown(then)),
            None => shown(now),
        };
        facts.push(Fact::new(capitalised(&name.replace('_', " ")), words));
    }
    for (name, then) in before.iter().filter(|(name, _)| !after.contains_key(*name)) {
        facts.push(Fact::new(capitalised(&name.replace('_', " ")), format!("before {}", shown(then))));
    }
    facts.push(Fact::new("Act", &event.act));
    let id = event.record_id.map(|id| format!(" {id}")).unwrap_or_default();
    facts.push(Fact::new("Record", format!("{}{id}", event.record_kind)));
    facts.extend(event.client_address.as_ref().map(|from| Fact::new("Client address", from)));
    facts.extend(event.request_id.map(|id| Fact::new("Request", id.to_string())));
    let hash = if one.hash.is_empty() { "none, recorded before the chain began" } else { &one.hash };
    facts.push(Fact::new("Hash", hash));
    facts
}

/// What people read, then what a program needs to check the chain: the text that each hash covers, and both hashes.
const HEADINGS: [&str; 15] = [
    "Number",
    "At (UTC)",
    "What happened",
    "Act",
    "Who",
    "Side",
    "Assessment",
    "Vendor",
    "Service",
    "Record",
    "Record id",
    "Client address",
    "Recorded text",
    "Hash before",
    "Hash",
];

async fn file(staff: Staff, shares: Data<Shares>, query: Query<Vec<(String, String)>>) -> Answer {
    let place = place(&shares, &staff).await?;
    let filter = filter_of(&Fields::from_pairs(query.into_inner()));
    let export = audit::export(&staff.ctx, &filter).await?;
    let head = csv::head(HEADINGS).map_err(UseCaseError::internal)?;
    let batches = stream::try_unfold(export, |mut export| async move {
        let events = export.next().await?;
        let bytes = csv::lines(events.iter().map(line)).map_err(UseCaseError::internal)?;
        Ok((!events.is_empty()).then_some((bytes, export)))
    });
    Ok(download(&staff, place, "audit-trail", stream::iter([Ok(head)]).chain(batches)))
}

fn line(one: &TrailEvent) -> Vec<String> {
    let event = &one.event;
    let (who, side) = actor(one);
    let case = one.case.as_ref();
    vec![
        event.seq.to_string(),
        event.at.to_rfc3339_opts(SecondsFormat::Micros, true),
        acts::words(&event.act).to_owned(),
        event.act.clone(),
        who,
        side.to_owned(),
        case.map(|case| case.assessment.reference.clone()).unwrap_or_default(),
        case.map(|case| case.vendor.clone()).unwrap_or_default(),
        case.map(|case| case.service.clone()).unwrap_or_default(),
        event.record_kind.clone(),
        event.record_id.map(|id| id.to_string()).unwrap_or_default(),
        event.client_address.clone().unwrap_or_default(),
        one.text.clone(),
        one.hash_before.clone(),
        one.hash.clone(),
    ]
}

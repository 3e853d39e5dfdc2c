//! Pages of vendors, their contacts and services.

use super::{
    Answer,
    acts::{act_page, fresh_key, pager, timeline_lines, with_query},
    form::{CsrfForm, Fields},
    guard::Staff,
    page::{ok, see_other, staff_shell},
    problem::Problem,
    results::results_of,
    routes::{Access, routes},
    saved_views,
};
use crate::{
    domain::{
        Permission, due,
        ids::{ContactId, ServiceId, VendorId},
        intake::{Intake, shown_tenths},
        saved_view::ViewList,
        vendor::VendorState,
    },
    render::{
        Renderer, Shell,
        fields::FieldView,
        page::Section,
        parts::{Band, EmptyState, Fact, Link, capitalised, initials},
        procurement::{ActView, Hidden},
        vendors::{AssessmentLine, ContactLine, ServiceLine, VendorListView, VendorRow, VendorView, filter},
    },
    usecases::{
        FieldError, UseCaseError, library,
        scores::Results,
        vendors::{
            self, ContactInput, Registered, ServiceInput, ServiceStory, VendorFilter, VendorInput,
            VendorProfile,
        },
    },
};
use actix_web::web::{Data, Path, Query};
use futures_util::future::try_join;
use questionnaires::definition::Tier;
use std::collections::BTreeMap;

mod ahead;
mod history;

routes! {
    GET "/vendors" => list, Access::Staff(Permission::Read), Page;
    GET "/vendors/new" => new_vendor, Access::Staff(Permission::ManageVendors), Page;
    POST "/vendors" => add_vendor, Access::Staff(Permission::ManageVendors), Page, ["name", "service", "website", "note", "key"];
    GET "/vendors/{vendor}" => profile, Access::Staff(Permission::Read), Page;
    GET "/vendors/{vendor}/edit" => edit_page, Access::Staff(Permission::ManageVendors), Page;
    POST "/vendors/{vendor}/edit" => edit, Access::Staff(Permission::ManageVendors), Page, ["name", "website", "note", "version"];
    GET "/vendors/{vendor}/archive" => archive_page, Access::Staff(Permission::ManageVendors), Page;
    POST "/vendors/{vendor}/archive" => archive, Access::Staff(Permission::ManageVendors), Page, ["version"];
    GET "/vendors/{vendor}/contacts/new" => new_contact, Access::Staff(Permission::ManageVendors), Page;
    POST "/vendors/{vendor}/contacts" => add_contact, Access::Staff(Permission::ManageVendors), Page, ["name", "email", "job_title", "key"];
    GET "/vendors/{vendor}/contacts/{contact}/edit" => edit_contact_page, Access::Staff(Permission::ManageVendors), Page;
    POST "/vendors/{vendor}/contacts/{contact}/edit" => edit_contact, Access::Staff(Permission::ManageVendors), Page, ["name", "email", "job_title", "version"];
    GET "/vendors/{vendor}/services/new" => new_service, Access::Staff(Permission::ManageVendors), Page;
    POST "/vendors/{vendor}/services" => add_service, Access::Staff(Permission::ManageVendors), Page, ["name", "description", "key"];
    GET "/services/{service}/edit" => edit_service_page, Access::Staff(Permission::ManageVendors), Page;
    POST "/services/{service}/edit" => edit_service, Access::Staff(Permission::ManageVendors), Page, ["name", "description", "version"];
}

type Errors<'a> = &'a [FieldError];

fn shell(staff: &Staff, title: impl Into<String>) -> Shell {
    staff_shell(staff, title, Some(Section::Vendors)).crumb("Vendors", "/vendors")
}

/// The filter of the list, as its form sends it.
pub(super) fn filter_of(query: &Fields) -> VendorFilter {
    VendorFilter {
        name: query.text("name").to_owned(),
        tier: query.parsed("tier"),
        residual: query.filled("residual").map(str::to_owned),
        state: VendorState::parse(query.text("state")),
        page: query.parsed("page").unwrap_or(1),
    }
}

/// The list with this filter.
pub(super) fn address(filter: &VendorFilter) -> String {
    let pairs = [
        ("name", &*filter.name),
        ("tier", filter.tier.map_or("", Tier::as_str)),
        ("residual", filter.residual.as_deref().unwrap_or_default()),
        ("state", filter.state.map_or("", VendorState::as_str)),
    ];
    with_query("/vendors", pairs)
}

async fn list(staff: Staff, renderer: Data<Renderer>, query: Query<BTreeMap<String, String>>) -> Answer {
    let fields = Fields::from_pairs(query.0.clone().into_iter().collect());
    let text = |name: &str| fields.text(name);
    let wanted = filter_of(&fields);
    let list = async { vendors::list(&staff.ctx, &wanted).await.map_err(Problem::from) };
    let (found, saved) = try_join(list, saved_views::above(&staff, ViewList::Vendors, &fields)).await?;
    let may_change = staff.ctx.require(Permission::ManageVendors).is_ok();
    let levels = [("", "All"), ("critical", "Critical"), ("high", "High")];
    let residual =
        [&levels[..], &[("moderate", "Moderate"), ("low", "Low"), ("none", "Not assessed")]].concat();
    let tier = [&levels[..], &[("medium", "Medium"), ("low", "Low")]].concat();
    let state = [("active", "Active"), ("archived", "Archived")];
    let rows: Vec<VendorRow> = found
        .vendors
        .iter()
        .map(|row| VendorRow {
            href: format!("/vendors/{}", row.id),
            name: row.name.clone(),
            archived: wanted.state == Some(VendorState::Archived),
            residual: Band::named(row.residual.as_deref().unwrap_or_default()),
            tier: row.tier.map_or_else(|| Band::none("No intake yet"), |tier| Band::named(tier.as_str())),
            services: row.services,
            open: row.open,
        })
        .collect();
    let empty = if found.any {
        EmptyState {
            title: "No vendor fits".to_owned(),
            text: "No vendor fits this filter. Take something away from it.".to_owned(),
            action: Some(Link::new("Show all active vendors", "/vendors")),
        }
    } else {
        EmptyState {
            title: "No vendor yet".to_owned(),
            text: "Vendors that you register will appear here, with their tier and residual risk.".to_owned(),
            action: may_change.then(|| Link::new("Add vendor", "/vendors/new")),
        }
    };
    let view = VendorListView {
        summary: format!("{} {}.", found.total, if found.total == 1 { "vendor" } else { "vendors" }),
        may_change,
        any: found.any,
        name: wanted.name.clone(),
        saved,
        filters: vec![
            filter("residual", "Residual risk", text("residual"), &residual),
            filter("tier", "Highest tier", text("tier"), &tier),
            filter("state", "State", text("state"), &state),
        ],
        pager: pager("/vendors", &query, found.page, vendors::PAGE, rows.len(), found.total, "vendors"),
        rows,
        empty,
    };
    ok(&renderer, "pages/vendors/list", staff_shell(&staff, "Vendors", Some(Section::Vendors)), view)
}

fn vendor_input(form: &Fields) -> VendorInput {
    VendorInput {
        name: form.text("name").to_owned(),
        website: form.text("website").to_owned(),
        note: form.text("note").to_owned(),
    }
}

fn vendor_fields(input: &VendorInput) -> Vec<FieldView> {
    vec![
        FieldView::text("name", "Name").value(&input.name).maxlength(120),
        FieldView::text("website", "Website").value(&input.website).optional().hint("Begins with https://"),
        FieldView::textarea("note", "Note")
            .value(&input.note)
            .optional()
            .hint("For your organisation only; the vendor never sees it."),
    ]
}

fn register_page(
    staff: &Staff,
    renderer: &Renderer,
    (input, first_service): (&VendorInput, &str),
    key: String,
    errors: Errors<'_>,
) -> Answer {
    let mut view = ActView::new("/vendors", "Add vendor", Link::new("Cancel", "/vendors"));
    view.hidden = vec![Hidden::new("key", key)];
    view.fields = vendor_fields(input);
    let service = FieldView::text("service", "First service")
        .hint("For instance a product. Its intake comes next.")
        .value(first_service)
        .optional()
        .maxlength(120);
    view.fields.insert(1, service);
    act_page(renderer, shell(staff, "Add vendor"), view, errors)
}

async fn new_vendor(staff: Staff, renderer: Data<Renderer>) -> Answer {
    register_page(&staff, &renderer, (&VendorInput::default(), ""), fresh_key(&staff), &[])
}

async fn add_vendor(staff: Staff, renderer: Data<Renderer>, CsrfForm(form): CsrfForm) -> Answer {
    let (input, service) = (vendor_input(&form), form.text("service"));
    match vendors::register(&staff.ctx, &input, service, form.text("key")).await {
        Ok(Registered { service: Some(service), .. }) => {
            Ok(see_other(&format!("/services/{service}/intake/answer")))
        }
        Ok(Registered { vendor, .. }) => Ok(see_other(&format!("/vendors/{vendor}"))),
        Err(UseCaseError::Invalid(errors)) => {
            let typed = (&input, service);
            register_page(&staff, &renderer, typed, form.text("key").to_owned(), &errors)
        }
        Err(other) => Err(other.into()),
    }
}

fn edit_form(
    staff: &Staff,
    renderer: &Renderer,
    id: VendorId,
    version: i64,
    input: &VendorInput,
    errors: Errors<'_>,
) -> Answer {
    let mut view = ActView::new(
        format!("/vendors/{id}/edit"),
        "Save vendor",
        Link::new("Cancel", format!("/vendors/{id}")),
    );
    view.hidden = vec![Hidden::new("version", version)];
    view.fields = vendor_fields(input);
    act_page(renderer, shell(staff, "Edit vendor"), view, errors)
}

async fn edit_page(staff: Staff, renderer: Data<Renderer>, id: Path<VendorId>) -> Answer {
    let vendor = vendors::vendor(&staff.ctx, *id).await?;
    let input = VendorInput {
        name: vendor.name,
        website: vendor.website.unwrap_or_default(),
        note: vendor.note.unwrap_or_default(),
    };
    edit_form(&staff, &renderer, *id, vendor.version, &input, &[])
}

async fn edit(
    staff: Staff,
    renderer: Data<Renderer>,
    id: Path<VendorId>,
    CsrfForm(form): CsrfForm,
) -> Answer {
    let (input, version) = (vendor_input(&form), form.revision("version")?);
    match vendors::edit(&staff.ctx, *id, version, &input).await {
        Ok(()) => Ok(see_other(&format!("/vendors/{id}"))),
        Err(UseCaseError::Invalid(errors)) => edit_form(&staff, &renderer, *id, version, &input, &errors),
        Err(other) => Err(other.into()),
    }
}

async fn archive_page(staff: Staff, renderer: Data<Renderer>, id: Path<VendorId>) -> Answer {
    let profile = vendors::profile(&staff.ctx, *id).await?;
    let open = profile.assessments.iter().filter(|row| row.assessment.state.open_to_vendor()).count();
    let mut view = ActView::new(
        format!("/vendors/{id}/archive"),
        "Archive vendor",
        Link::new("Keep the vendor", format!("/vendors/{id}")),
    );
    view.lede = Some(
        "Its links stop working at once, and nothing more can be sent to it. The history stays.".to_owned(),
    );
    view.points = vec![
        match open {
            0 => "No assessment waits for this vendor.".to_owned(),
            1 => {
                "1 assessment still waits for this vendor. Cancel it if it is not needed any more.".to_owned()
            }
            n => format!(
                "{n} assessments still wait for this vendor. Cancel them if they are not needed any more."
            ),
        },
        "Check before: access is removed, data is returned or deleted, and the deletion is confirmed."
            .to_owned(),
    ];
    view.hidden = vec![Hidden::new("version", profile.vendor.version)];
    view.warn = true;
    let shell = shell(&staff, format!("Archive {}?", profile.vendor.name));
    act_page(&renderer, shell.crumb(profile.vendor.name, format!("/vendors/{id}")), view, &[])
}

async fn archive(staff: Staff, id: Path<VendorId>, CsrfForm(form): CsrfForm) -> Answer {
    vendors::archive(&staff.ctx, *id, form.revision("version")?).await?;
    Ok(see_other(&format!("/vendors/{id}")))
}

fn contact_input(form: &Fields) -> ContactInput {
    ContactInput {
        name: form.text("name").to_owned(),
        email: form.text("email").to_owned(),
        job_title: form.text("job_title").to_owned(),
    }
}

fn contact_form(
    staff: &Staff,
    renderer: &Renderer,
    vendor: VendorId,
    editing: Option<ContactId>,
    hidden: Hidden,
    input: &ContactInput,
    errors: Errors<'_>,
) -> Answer {
    let (action, title, submit) = match editing {
        Some(id) => (format!("/vendors/{vendor}/contacts/{id}/edit"), "Edit contact", "Save contact"),
        None => (format!("/vendors/{vendor}/contacts"), "Add contact", "Add contact"),
    };
    let mut view = ActView::new(action, submit, Link::new("Cancel", format!("/vendors/{vendor}")));
    view.lede = Some(
        "A person at the vendor who can be asked. They need no password: each link is mailed.".to_owned(),
    );
    view.hidden = vec![hidden];
    view.fields = vec![
        FieldView::text("name", "Name").value(&input.name).maxlength(100),
        FieldView::email("email", "E-mail").value(&input.email),
        FieldView::text("job_title", "What they do").value(&input.job_title).optional().maxlength(100),
    ];
    act_page(renderer, shell(staff, title), view, errors)
}

async fn new_contact(staff: Staff, renderer: Data<Renderer>, vendor: Path<VendorId>) -> Answer {
    vendors::vendor(&staff.ctx, *vendor).await?;
    let key = Hidden::new("key", fresh_key(&staff));
    contact_form(&staff, &renderer, *vendor, None, key, &ContactInput::default(), &[])
}

async fn add_contact(
    staff: Staff,
    renderer: Data<Renderer>,
    vendor: Path<VendorId>,
    CsrfForm(form): CsrfForm,
) -> Answer {
    let input = contact_input(&form);
    match vendors::add_contact(&staff.ctx, *vendor, &input, form.text("key")).await {
        Ok(_) => Ok(see_other(&format!("/vendors/{vendor}"))),
        Err(UseCaseError::Invalid(errors)) => {
            let key = Hidden::new("key", form.text("key"));
            contact_form(&staff, &renderer, *vendor, None, key, &input, &errors)
        }
        Err(other) => Err(other.into()),
    }
}

async fn edit_contact_page(
    staff: Staff,
    renderer: Data<Renderer>,
    ids: Path<(VendorId, ContactId)>,
) -> Answer {
    let (vendor, id) = *ids;
    let contact = vendors::contact(&staff.ctx, vendor, id).await?;
    let input = ContactInput {
        name: contact.name,
        email: contact.email,
        job_title: contact.job_title.unwrap_or_default(),
    };
    let version = Hidden::new("version", contact.version);
    contact_form(&staff, &renderer, vendor, Some(id), version, &input, &[])
}

async fn edit_contact(
    staff: Staff,
    renderer: Data<Renderer>,
    ids: Path<(VendorId, ContactId)>,
    CsrfForm(form): CsrfForm,
) -> Answer {
    let (vendor, id) = *ids;
    let (input, version) = (contact_input(&form), form.revision("version")?);
    match vendors::edit_contact(&staff.ctx, vendor, id, version, &input).await {
        Ok(()) => Ok(see_other(&format!("/vendors/{vendor}"))),
        Err(UseCaseError::Invalid(errors)) => {
            let version = Hidden::new("version", version);
            contact_form(&staff, &renderer, vendor, Some(id), version, &input, &errors)
        }
        Err(other) => Err(other.into()),
    }
}

fn service_input(form: &Fields) -> ServiceInput {
    ServiceInput { name: form.text("name").to_owned(), description: form.text("description").to_owned() }
}

fn service_form(
    staff: &Staff,
    renderer: &Renderer,
    mut view: ActView,
    hidden: Hidden,
    input: &ServiceInput,
    errors: Errors<'_>,
) -> Answer {
    view.lede =
        Some("What the vendor supplies and you assess: a product, a tool or outsourced work.".to_owned());
    view.hidden = vec![hidden];
    view.fields = vec![
        FieldView::text("name", "Name").value(&input.name).maxlength(120),
        FieldView::textarea("description", "What it does for us").value(&input.description).optional(),
    ];
    let title = view.submit.clone();
    act_page(renderer, shell(staff, title), view, errors)
}

fn new_service_view(vendor: VendorId) -> ActView {
    let back = Link::new("Cancel", format!("/vendors/{vendor}"));
    ActView::new(format!("/vendors/{vendor}/services"), "Add service", back)
}

async fn new_service(staff: Staff, renderer: Data<Renderer>, vendor: Path<VendorId>) -> Answer {
    vendors::vendor(&staff.ctx, *vendor).await?;
    let key = Hidden::new("key", fresh_key(&staff));
    service_form(&staff, &renderer, new_service_view(*vendor), key, &ServiceInput::default(), &[])
}

async fn add_service(
    staff: Staff,
    renderer: Data<Renderer>,
    vendor: Path<VendorId>,
    CsrfForm(form): CsrfForm,
) -> Answer {
    let input = service_input(&form);
    match vendors::add_service(&staff.ctx, *vendor, &input, form.text("key")).await {
        Ok(id) => Ok(see_other(&format!("/services/{id}"))),
        Err(UseCaseError::Invalid(errors)) => {
            let key = Hidden::new("key", form.text("key"));
            service_form(&staff, &renderer, new_service_view(*vendor), key, &input, &errors)
        }
        Err(other) => Err(other.into()),
    }
}

fn edit_service_view(id: ServiceId) -> ActView {
    let back = Link::new("Cancel", format!("/services/{id}"));
    ActView::new(format!("/services/{id}/edit"), "Save service", back)
}

async fn edit_service_page(staff: Staff, renderer: Data<Renderer>, id: Path<ServiceId>) -> Answer {
    let (_, service) = vendors::service(&staff.ctx, *id).await?;
    let input = ServiceInput { name: service.name, description: service.description.unwrap_or_default() };
    let version = Hidden::new("version", service.version);
    service_form(&staff, &renderer, edit_service_view(*id), version, &input, &[])
}

async fn edit_service(
    staff: Staff,
    renderer: Data<Renderer>,
    id: Path<ServiceId>,
    CsrfForm(form): CsrfForm,
) -> Answer {
    let (input, version) = (service_input(&form), form.revision("version")?);
    match vendors::edit_service(&staff.ctx, *id, version, &input).await {
        Ok(_) => Ok(see_other(&format!("/services/{id}"))),
        Err(UseCaseError::Invalid(errors)) => {
            let version = Hidden::new("version", version);
            service_form(&staff, &renderer, edit_service_view(*id), version, &input, &errors)
        }
        Err(other) => Err(other.into()),
    }
}

/// A questionnaire's title by its id; the id itself when this build does not ship it.
pub(super) fn title_of(questionnaire: &str) -> String {
    library::shipped()
        .questionnaire(questionnaire)
        .map_or_else(|| questionnaire.to_owned(), |q| q.title.clone())
}

fn service_line(story: &ServiceStory, results: &Results) -> ServiceLine {
    let mut words = Vec::new();
    if let Some(description) = &story.service.description {
        words.push(description.trim_end_matches('.').to_owned());
    }
    words.push(match &story.intake {
        Some(intake) => {
            let why = intake.tier_reason().map(|why| format!(", {why}")).unwrap_or_default();
            format!("Tier {}{why}", capitalised(intake.tier.as_str()))
        }
        None => "Intake not answered".to_owned(),
    });
    if let Some(row) = &story.assessed {
        words.push(format!("{}: {}", row.assessment.reference, row.assessment.state.label().to_lowercase()));
    }
    ServiceLine {
        href: format!("/services/{}", story.service.id),
        name: story.service.name.clone(),
        words: words.join(". "),
        results: story
            .assessed
            .as_ref()
            .and_then(|row| results_of(results, row.assessment.id, &story.service.name)),
        residual: Band::named(
            story.assessed.as_ref().and_then(|row| row.residual.as_deref()).unwrap_or_default(),
        ),
    }
}

fn strip(staff: &Staff, profile: &VendorProfile) -> Vec<Fact> {
    let residual = Fact::band("Residual risk", Band::named(profile.residual.as_deref().unwrap_or_default()));
    let tier = match profile.tier {
        Some((tier, tenths)) => {
            let intakes = profile.services.iter().filter_map(|story| story.intake.as_ref());
            let why = intakes.filter(|intake| intake.tier == tier).find_map(Intake::tier_reason);
            let why = why.map(|why| format!("; {why}")).unwrap_or_default();
            Fact::band("Highest tier", Band::named(tier.as_str()))
                .note(format!("inherent risk {}{why}", shown_tenths(tenths)))
        }
        None => Fact::band("Highest tier", Band::none("No intake yet")),
    };
    let newest = profile.assessments.first();
    let name = |id| profile.users.iter().find(|user| user.id == id).map_or("", |user| user.name.as_str());
    let owner = match newest {
        Some(row) => {
            Fact::new("Owner", &row.owner).note(format!("reviewer {}", name(row.assessment.reviewer_id)))
        }
        None => Fact::new("Owner", "Nobody yet").note("the owner of its newest assessment"),
    };
    let in_state = |states: &[&str]| {
        let counts = profile.findings.iter().filter(|row| states.contains(&row.state.as_str()));
        counts.fold(BTreeMap::<&str, i64>::new(), |mut sum, row| {
            *sum.entry(row.severity.as_str()).or_default() += row.count;
            sum
        })
    };
    let open = in_state(&["open", "planned", "in_progress", "awaiting_verification"]);
    let severities: Vec<String> = ["critical", "high", "medium", "low"]
        .iter()
        .filter_map(|severity| open.get(severity).map(|count| format!("{count} {severity}")))
        .collect();
    let findings = Fact::new("Open findings", open.values().sum::<i64>().to_string());
    let findings = if severities.is_empty() { findings } else { findings.note(severities.join(", ")) };
    let next = profile.services.iter().filter_map(|story| story.assessed.as_ref()?.next_review_on).min();
    let review = match next {
        Some(day) if day < staff.ctx.today() => {
            Fact::new("Next review", due::short_day(day)).note("past due")
        }
        Some(day) => Fact::new("Next review", due::short_day(day)),
        None => Fact::new("Next review", "Not set").note("set with the decision"),
    };
    vec![residual.note("worst of its services"), tier, owner, findings, review]
}

async fn profile(staff: Staff, renderer: Data<Renderer>, id: Path<VendorId>) -> Answer {
    let profile = vendors::profile(&staff.ctx, *id).await?;
    let base = format!("/vendors/{id}");
    let archived = profile.vendor.state == VendorState::Archived;
    let may_change = !archived && staff.ctx.require(Permission::ManageVendors).is_ok();
    let zone = staff.ctx.tenant().zone;
    let services = match profile.services.len() {
        0 => "No service yet.".to_owned(),
        1 => "One service.".to_owned(),
        n => format!("{n} services."),
    };
    let risk = profile.residual.as_ref().map(|level| {
        let assessed = profile.services.iter().filter_map(|story| Some((story, story.assessed.as_ref()?)));
        let worst = assessed.into_iter().find(|(_, row)| row.residual.as_ref() == Some(level));
        let from =
            worst.map(|(story, row)| format!(": {}, {}", story.service.name, row.assessment.reference));
        format!(" Residual risk is {}{}.", capitalised(level), from.unwrap_or_default())
    });
    let lede = format!("{}{services}{}", if archived { "Archived. " } else { "" }, risk.unwrap_or_default());
    let assessments = profile
        .assessments
        .iter()
        .map(|row| {
            let when = match (row.assessment.submitted_at, row.assessment.sent_at) {
                (Some(at), _) => format!(", submitted {}", due::short_day(due::day_in(zone, at))),
                (None, Some(at)) => format!(", sent {}", due::short_day(due::day_in(zone, at))),
                _ => String::new(),
            };
            AssessmentLine {
                href: format!("/assessments/{}", row.assessment.id),
                reference: row.assessment.reference.clone(),
                service: Some(row.service.clone()),
                results: results_of(&profile.results, row.assessment.id, &row.assessment.reference),
                words: format!("{}{when}", row.assessment.state.label()),
                residual: row.residual.as_deref().map(Band::named),
            }
        })
        .collect();
    let contacts = profile
        .contacts
        .iter()
        .map(|contact| ContactLine {
            initials: initials(&contact.name),
            name: contact.name.clone(),
            words: match &contact.job_title {
                Some(title) => format!("{title}, {}", contact.email),
                None => contact.email.clone(),
            },
            refused: contact.refused_reason.clone(),
            href: may_change.then(|| format!("{base}/contacts/{}/edit", contact.id)),
        })
        .collect();
    let mut about =
        vec![Fact::new("Registered", due::short_day(due::day_in(zone, profile.vendor.created_at)))];
    if let Some(website) = &profile.vendor.website {
        about.push(Fact::new("Website", website).href(website));
    }
    if let Some(note) = &profile.vendor.note {
        about.push(Fact::new("Note", note));
    }
    let references: BTreeMap<_, _> =
        profile.assessments.iter().map(|row| (row.assessment.id, row.assessment.reference.clone())).collect();
    let view = VendorView {
        lede,
        facts: strip(&staff, &profile),
        may_change,
        start: with_query("/assessments/new", [("vendor", profile.vendor.name.as_str())]),
        services: profile.services.iter().map(|story| service_line(story, &profile.results)).collect(),
        histories: history::histories(&profile, zone),
        no_history: history::none_yet(&profile),
        assessments,
        next: ahead::next(&profile, staff.ctx.today()),
        timeline: timeline_lines(&profile.timeline, &profile.users, &[], &references, zone),
        trail: (staff.ctx.require(Permission::ReadAuditTrail).is_ok())
            .then(|| with_query("/audit", [("vendor", profile.vendor.name.as_str())])),
        contacts,
        evidence: ahead::evidence(&profile, staff.ctx.today()),
        relies_on: ahead::relies_on(&profile),
        about,
        base,
    };
    ok(&renderer, "pages/vendors/profile", shell(&staff, profile.vendor.name.clone()), view)
}

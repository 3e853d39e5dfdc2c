//! Pages of assessments in flight: the list, the progress of one, and the acts on it and on its people.

use super::{
    Answer,
    acts::{act_page, fresh_key, pager, timeline_lines, with_query},
    form::{CsrfForm, Fields},
    guard::Staff,
    page::{ok, see_other, staff_shell},
    results::results_of,
    routes::{Access, routes},
    saved_views,
};
use crate::{
    domain::{
        Permission,
        assessment::{Assessment, AssessmentState, InvitationState, Waits},
        delivery::{Delivery, DeliveryOutcome, kind_label},
        due,
        ids::{AssessmentId, RespondentId},
        respondent::RespondentRole,
        saved_view::ViewList,
    },
    render::{
        Renderer, Shell,
        assessments::{
            AskedLine, AssessmentListView, AssessmentRowView, MailLine, PersonView, ProgressQuestionnaire,
            ProgressSection, ProgressView, SmallForm,
        },
        fields::FieldView,
        page::Section,
        parts::{Band, EmptyState, Fact, FlashNotice, Link, NavItem, capitalised, initials},
        procurement::{ActView, Hidden},
        vendors::filter,
    },
    usecases::{
        FieldError, UseCaseError,
        assessments::{self, AssessmentFilter, AssessmentProgress, Person, SectionLine},
        respondents::{self, AddRespondent, may_be_added},
        vendors::ContactInput,
    },
};
use actix_web::web::{Data, Path, Query};
use chrono_tz::Tz;
use std::collections::BTreeMap;

routes! {
    GET "/assessments" => list, Access::Staff(Permission::Read), Page;
    GET "/assessments/{assessment}" => progress, Access::Staff(Permission::Read), Page;
    GET "/assessments/{assessment}/extend" => extend_page, Access::Staff(Permission::SendAssessments), Page;
    POST "/assessments/{assessment}/extend" => extend, Access::Staff(Permission::SendAssessments), Page, ["version", "due_on"];
    GET "/assessments/{assessment}/cancel" => cancel_page, Access::Staff(Permission::SendAssessments), Page;
    POST "/assessments/{assessment}/cancel" => cancel, Access::Staff(Permission::SendAssessments), Page, ["version", "reason"];
    POST "/assessments/{assessment}/amend" => amend, Access::Staff(Permission::SendAssessments), Page, ["version"];
    GET "/assessments/{assessment}/people/add" => add_page, Access::Staff(Permission::SendAssessments), Page;
    POST "/assessments/{assessment}/people/add" => add, Access::Staff(Permission::SendAssessments), Page, ["contact", "new_name", "new_email", "new_job_title", "key"];
    POST "/assessments/{assessment}/people/{respondent}/remind" => remind, Access::Staff(Permission::SendAssessments), Page, ["key"];
    GET "/assessments/{assessment}/people/{respondent}/reissue" => reissue_page, Access::Staff(Permission::SendAssessments), Page;
    POST "/assessments/{assessment}/people/{respondent}/reissue" => reissue, Access::Staff(Permission::SendAssessments), Page, ["key"];
    GET "/assessments/{assessment}/people/{respondent}/revoke" => revoke_page, Access::Staff(Permission::SendAssessments), Page;
    POST "/assessments/{assessment}/people/{respondent}/revoke" => revoke, Access::Staff(Permission::SendAssessments), Page, ["reason"];
}

type Errors<'a> = &'a [FieldError];

/// The frame of a page about one assessment.
pub(super) fn shell(staff: &Staff, title: impl Into<String>) -> Shell {
    staff_shell(staff, title, Some(Section::Assessments)).crumb("Assessments", "/assessments")
}

pub(super) fn own_shell(staff: &Staff, assessment: &Assessment, title: impl Into<String>) -> Shell {
    shell(staff, title).crumb(assessment.reference.clone(), format!("/assessments/{}", assessment.id))
}

/// The filter of the list, as its form sends it.
pub(super) fn filter_of(query: &Fields) -> AssessmentFilter {
    AssessmentFilter {
        state: AssessmentState::parse(query.text("state")),
        waits: Waits::parse(query.text("waits")),
        owner: query.parsed("owner"),
        page: query.parsed("page").unwrap_or(1),
    }
}

/// The list with this filter.
pub(super) fn address(filter: &AssessmentFilter) -> String {
    let owner = filter.owner.map(|owner| owner.to_string()).unwrap_or_default();
    let pairs = [
        ("state", filter.state.map_or("", AssessmentState::as_str)),
        ("waits", filter.waits.map_or("", Waits::as_str)),
        ("owner", &owner),
    ];
    with_query("/assessments", pairs)
}

async fn list(staff: Staff, renderer: Data<Renderer>, query: Query<BTreeMap<String, String>>) -> Answer {
    let fields = Fields::from_pairs(query.0.clone().into_iter().collect());
    let wanted = filter_of(&fields);
    let found = assessments::list(&staff.ctx, &wanted).await?;
    let may_send = staff.ctx.require(Permission::SendAssessments).is_ok();
    let all: usize = found
        .counts
        .states
        .iter()
        .filter(|(state, _)| **state != AssessmentState::Cancelled)
        .map(|(_, count)| count)
        .sum();
    let late = found.counts.waits.get(&Waits::Late).copied().unwrap_or_default();
    let nothing_chosen = wanted.state.is_none() && wanted.waits.is_none();
    let cancelled = found.counts.states.contains_key(&AssessmentState::Cancelled);
    let label = if cancelled { "All but cancelled" } else { "All" };
    let mut stages = vec![NavItem::new(format!("{label} {all}"), "/assessments").current(nothing_chosen)];
    for (waits, count) in &found.counts.waits {
        let label = match waits {
            Waits::Decision => "To decide",
            Waits::Review => "To review",
            Waits::Late => "Late",
            // Those in time need nobody; their states tell them apart.
            Waits::Vendor => continue,
        };
        let current = wanted.waits == Some(*waits);
        if *count > 0 || current {
            let href = format!("/assessments?waits={waits}");
            stages.push(NavItem::new(format!("{label} {count}"), href).current(current));
        }
    }
    for (state, count) in &found.counts.states {
        let href = format!("/assessments?state={state}");
        stages.push(
            NavItem::new(format!("{} {count}", state.label()), href)
                .current(wanted.waits.is_none() && wanted.state == Some(*state)),
        );
    }
    let mut owners = vec![(String::new(), "Everybody".to_owned())];
    owners.extend(found.users.iter().map(|user| (user.id.to_string(), user.name.clone())));
    let owners: Vec<(&str, &str)> = owners.iter().map(|(id, name)| (id.as_str(), name.as_str())).collect();
    let rows: Vec<AssessmentRowView> = found
        .rows
        .iter()
        .map(|row| AssessmentRowView {
            href: format!("/assessments/{}", row.id),
            reference: row.reference.clone(),
            vendor: row.vendor.clone(),
            service: row.service.clone(),
            state: row.state.label().to_owned(),
            due: due::short_day(row.due_on),
            late: row.state.open_to_vendor() && row.due_on <= found.last_past,
            owner: row.owner.clone(),
            results: results_of(&found.results, row.id, &row.reference),
            residual: Band::named(row.residual.as_deref().unwrap_or_default()),
        })
        .collect();
    let empty = EmptyState {
        title: if all == 0 { "No assessment yet" } else { "No assessment fits" }.to_owned(),
        text: if all == 0 {
            "Assessments that you start will appear here, with their state, due day and owner.".to_owned()
        } else {
            "No assessment fits this filter. Take something away from it.".to_owned()
        },
        action: may_send.then(|| Link::new("Start assessment", "/assessments/new")),
    };
    let mut hidden = Vec::new();
    if let Some(state) = wanted.state {
        hidden.push(Hidden::new("state", state));
    }
    if let Some(waits) = wanted.waits {
        hidden.push(Hidden::new("waits", waits));
    }
    let noun = if all == 1 { "assessment" } else { "assessments" };
    let view = AssessmentListView {
        summary: format!("{all} {noun}, {late} late."),
        order: if wanted.waits.is_some() { "those due first in front" } else { "newest first" },
        may_send,
        stages,
        saved: saved_views::above(&staff, ViewList::Assessments, &fields).await?,
        filters: vec![filter("owner", "Owner", fields.text("owner"), &owners)],
        hidden,
        pager: pager(
            "/assessments",
            &query,
            found.page,
            assessments::PAGE,
            rows.len(),
            found.counts.fitting,
            "assessments",
        ),
        rows,
        empty,
    };
    ok(
        &renderer,
        "pages/assessments/list",
        staff_shell(&staff, "Assessments", Some(Section::Assessments)),
        view,
    )
}

fn section_view(section: &SectionLine, handed_in: bool) -> ProgressSection {
    let state = match (section.ready, section.done) {
        (true, _) => "Ready",
        (false, done) if handed_in && done == section.total => "Answered",
        (false, _) if handed_in => "Not all answered",
        (false, 0) => "Not started",
        (false, _) => "In progress",
    };
    ProgressSection { title: section.title.clone(), done: section.done, total: section.total, state }
}

/// Where a mail stands, as a short sentence with its time.
fn mail_in_words(mail: &Delivery, zone: Tz) -> String {
    let at = due::short_instant(zone, mail.sent_at.unwrap_or(mail.updated_at));
    match mail.outcome {
        DeliveryOutcome::Queued => "Queued".to_owned(),
        DeliveryOutcome::Retry => {
            let tries =
                if mail.attempts == 1 { "once".to_owned() } else { format!("{} times", mail.attempts) };
            format!("Deferred {at}, tried {tries}, will be tried again")
        }
        outcome => format!("{} {at}", outcome.label()),
    }
}

fn mail_line(mail: &Delivery, zone: Tz) -> MailLine {
    MailLine {
        when: due::short_instant(zone, mail.created_at),
        kind: kind_label(&mail.kind).to_owned(),
        to: mail.to_address.clone(),
        outcome: mail_in_words(mail, zone),
        bad: matches!(
            mail.outcome,
            DeliveryOutcome::FailedPermanent | DeliveryOutcome::FailedExpired | DeliveryOutcome::Unknown
        ),
        detail: mail.detail.clone(),
    }
}

fn person_view(staff: &Staff, person: &Person, view: &AssessmentProgress, may_send: bool) -> PersonView {
    let zone = staff.ctx.tenant().zone;
    let respondent = &person.respondent;
    let base = format!("/assessments/{}/people/{}", view.assessment.id, respondent.id);
    let mut lines = Vec::new();
    if let Some(mail) = view.deliveries.iter().find(|mail| mail.respondent_id == Some(respondent.id)) {
        lines.push(format!("{}: {}", kind_label(&mail.kind), mail_in_words(mail, zone)));
    }
    let state = person.invitation.as_ref().map(|invitation| invitation.state);
    match person.invitation.as_ref().and_then(|invitation| invitation.code_verified_at) {
        Some(at) => lines.push(format!("Code verified {}", due::short_instant(zone, at))),
        None if state.is_some() && person.last_saved.is_none() => {
            lines.push("Code not verified yet".to_owned());
        }
        None => {}
    }
    if let Some(at) = person.last_seen {
        lines.push(format!("Last here {}", due::short_instant(zone, at)));
    }
    match person.last_saved {
        Some(at) => lines.push(format!("Last answer {}", due::short_instant(zone, at))),
        None => lines.push("No answer saved".to_owned()),
    }
    match state {
        Some(InvitationState::Revoked) => lines.push("Link revoked".to_owned()),
        Some(InvitationState::Expired) => lines.push("Link ended".to_owned()),
        Some(InvitationState::Closed) => lines.push("Link closed".to_owned()),
        Some(InvitationState::Active) | None => {}
    }
    let active = may_send && state == Some(InvitationState::Active);
    let mut reminders = view.deliveries.iter().filter(|mail| {
        mail.respondent_id == Some(respondent.id)
            && mail.kind == "mail_reminder"
            && !matches!(
                mail.outcome,
                DeliveryOutcome::FailedPermanent | DeliveryOutcome::FailedExpired | DeliveryOutcome::Held
            )
    });
    let pause = reminders.next().map(|mail| respondents::next_reminder(mail.created_at));
    let pause = pause.filter(|next| active && staff.ctx.now() < *next);
    if let Some(next) = pause {
        lines.push(format!("Can be reminded again from {}", due::short_instant(zone, next)));
    }
    PersonView {
        initials: initials(&respondent.name),
        name: respondent.name.clone(),
        small: match view.people.iter().find(|other| Some(other.respondent.id) == respondent.invited_by) {
            Some(lead) => format!("{}, {} of {}", respondent.email, respondent.role, lead.respondent.name),
            None => format!("{}, {}", respondent.email, respondent.role),
        },
        lines,
        refused: person.refused_reason.clone(),
        remind: (active && pause.is_none() && view.assessment.state.open_to_vendor()).then(|| SmallForm {
            action: format!("{base}/remind"),
            hidden: vec![Hidden::new("key", fresh_key(staff))],
            label: "Remind".to_owned(),
        }),
        reissue: active.then(|| format!("{base}/reissue")),
        revoke: active.then(|| format!("{base}/revoke")),
    }
}

fn strip(view: &AssessmentProgress, zone: Tz) -> Vec<Fact> {
    let assessment = &view.assessment;
    let name = |id| view.users.iter().find(|user| user.id == id).map_or("", |user| user.name.as_str());
    let due_fact = Fact::new("Due", due::short_day(assessment.due_on));
    let due_fact =
        if view.late { due_fact.note("late") } else { due_fact.note(format!("end of day, {zone}")) };
    let mut facts = vec![
        match &view.decision {
            Some(decision) => Fact::new("Decision", decision.outcome.label()).note(
                decision.conditions.clone().unwrap_or_else(|| format!("by {}", decision.decided_by_name)),
            ),
            None => Fact::new("State", assessment.state.label()),
        },
        due_fact,
        Fact::new("Owner", name(assessment.owner_id))
            .note(format!("reviewer {}", name(assessment.reviewer_id))),
    ];
    if let Some(tier) = assessment.tier {
        facts.push(Fact::new("Tier", capitalised(tier.as_str())).note("fixed when it was sent"));
    }
    match (assessment.submitted_at, assessment.link_ends_at) {
        (Some(at), _) => {
            let number = assessment.submission_number;
            facts.push(
                Fact::new("Submitted", due::short_instant(zone, at)).note(format!("submission {number}")),
            );
        }
        (None, Some(end)) => facts.push(Fact::new("Links end", due::short_instant(zone, end))),
        (None, None) => {}
    }
    facts
}

/// Those who submit, and are told what concerns the whole.
fn leads(view: &AssessmentProgress) -> impl Iterator<Item = &Person> {
    view.people.iter().filter(|person| person.respondent.role == RespondentRole::Lead)
}

fn warning(view: &AssessmentProgress) -> Option<String> {
    let assessment = &view.assessment;
    if let Some(reason) = &assessment.cancelled_reason {
        return Some(format!("Cancelled: {reason}"));
    }
    if assessment.state == AssessmentState::Expired {
        return Some(
            "The links have ended. Move the due day to open them again; every answer is kept.".to_owned(),
        );
    }
    if !assessment.state.open_to_vendor() {
        return None;
    }
    let active = leads(view).filter(|person| {
        person.invitation.as_ref().is_some_and(|invitation| invitation.state == InvitationState::Active)
    });
    let reachable = active.filter(|person| person.refused_reason.is_none()).count();
    (reachable == 0)
        .then(|| "Nobody at the vendor can be reached. Add another person, or correct an address.".to_owned())
}

/// That it is on its way, until the first answer comes.
fn sent_notice(view: &AssessmentProgress, zone: Tz) -> Option<FlashNotice> {
    let at = view.assessment.sent_at.filter(|_| view.assessment.state == AssessmentState::Sent)?;
    let names: Vec<&str> = leads(view).map(|person| person.respondent.name.as_str()).collect();
    let (to, at) = (names.join(", "), due::short_instant(zone, at));
    let mut invitations = view.deliveries.iter().filter(|mail| mail.kind == "mail_invitation");
    let on_the_way = invitations.any(|mail| !mail.outcome.is_final());
    Some(FlashNotice::info(if on_the_way {
        format!("Sent to {to} on {at}; the mail is on its way. The first answer that is saved shows here.")
    } else {
        format!("Sent to {to} on {at}. No answer yet; the first one that is saved shows here.")
    }))
}

async fn progress(staff: Staff, renderer: Data<Renderer>, id: Path<AssessmentId>) -> Answer {
    let view = assessments::view(&staff.ctx, *id).await?;
    let may_send = staff.ctx.require(Permission::SendAssessments).is_ok();
    let state = view.assessment.state;
    if state == AssessmentState::Draft && may_send {
        return Ok(see_other(&format!("/assessments/{id}/questionnaires")));
    }
    let zone = staff.ctx.tenant().zone;
    let base = format!("/assessments/{id}");
    let mut links = Vec::new();
    if state.was_submitted() {
        links.push(Link::new("Review", format!("{base}/review")));
        links.push(Link::new("Score", format!("{base}/score")));
        links.push(Link::new("Findings", format!("{base}/findings")));
        links.push(Link::new("Decision", format!("{base}/decision")));
    }
    if may_send && (state.open_to_vendor() || state == AssessmentState::Expired) {
        links.push(Link::new("Move the due day", format!("{base}/extend")));
    }
    if may_send && !matches!(state, AssessmentState::Draft | AssessmentState::Cancelled) {
        links.push(Link::new("Change owner and reviewer", format!("{base}/owner")));
    }
    if may_send && !matches!(state, AssessmentState::Decided | AssessmentState::Cancelled) {
        links.push(Link::new("Cancel", format!("{base}/cancel")));
    }
    let amend = (may_send && state == AssessmentState::Submitted).then(|| SmallForm {
        action: format!("{base}/amend"),
        hidden: vec![Hidden::new("version", view.assessment.version)],
        label: "Agree that the vendor amends".to_owned(),
    });
    let (done, total) = view.answered();
    let respondents: Vec<_> = view.people.iter().map(|person| person.respondent.clone()).collect();
    let page = ProgressView {
        lede: format!("{} answers about {}.", view.vendor.name, view.service.name),
        results: results_of(&view.results, *id, &view.assessment.reference),
        facts: strip(&view, zone),
        links,
        amend,
        warning: warning(&view),
        asked_again: view
            .asked_again
            .iter()
            .map(|one| AskedLine { question: one.question.clone(), text: one.text.clone() })
            .collect(),
        done,
        total,
        questionnaires: view
            .questionnaires
            .iter()
            .map(|line| ProgressQuestionnaire {
                title: format!("{} {}", line.questionnaire.file.title, line.questionnaire.file.version),
                sections: line
                    .sections
                    .iter()
                    .map(|section| section_view(section, state.was_submitted()))
                    .collect(),
            })
            .collect(),
        of_ourselves: view.of_ourselves.clone(),
        people: view.people.iter().map(|person| person_view(&staff, person, &view, may_send)).collect(),
        add: (may_send && may_be_added(state)).then(|| format!("{base}/people/add")),
        mails: view.deliveries.iter().map(|mail| mail_line(mail, zone)).collect(),
        timeline: timeline_lines(&view.timeline, &view.users, &respondents, &BTreeMap::new(), zone),
    };
    let shell = shell(&staff, view.assessment.reference.clone()).flash(sent_notice(&view, zone));
    let shell = shell.crumb(view.vendor.name.clone(), format!("/vendors/{}", view.vendor.id));
    ok(&renderer, "pages/assessments/progress", shell, page)
}

async fn extend_form(
    staff: &Staff,
    renderer: &Renderer,
    id: AssessmentId,
    typed: Option<&Fields>,
    errors: Errors<'_>,
) -> Answer {
    let view = assessments::view(&staff.ctx, id).await?;
    let back = Link::new("Keep it as it is", format!("/assessments/{id}"));
    let mut act = ActView::new(format!("/assessments/{id}/extend"), "Move the due day", back);
    act.lede = Some(format!("It is due on {} now.", due::long_day(view.assessment.due_on)));
    if view.assessment.state == AssessmentState::Expired {
        act.points =
            vec!["Everybody whose link ended gets a new one by mail. Every answer is kept.".to_owned()];
    }
    let version = typed.and_then(|form| form.parsed("version")).unwrap_or(view.assessment.version);
    act.hidden = vec![Hidden::new("version", version)];
    let day = typed.map_or_else(String::new, |form| form.text("due_on").to_owned());
    act.fields = vec![FieldView::date("due_on", "New due day").value(day)];
    act_page(renderer, own_shell(staff, &view.assessment, "Move the due day"), act, errors)
}

async fn extend_page(staff: Staff, renderer: Data<Renderer>, id: Path<AssessmentId>) -> Answer {
    extend_form(&staff, &renderer, *id, None, &[]).await
}

async fn extend(
    staff: Staff,
    renderer: Data<Renderer>,
    id: Path<AssessmentId>,
    CsrfForm(form): CsrfForm,
) -> Answer {
    let version = form.revision("version")?;
    match assessments::extend(&staff.ctx, *id, version, form.text("due_on")).await {
        Ok(()) => Ok(see_other(&format!("/assessments/{id}"))),
        Err(UseCaseError::Invalid(errors)) => extend_form(&staff, &renderer, *id, Some(&form), &errors).await,
        Err(other) => Err(other.into()),
    }
}

async fn cancel_form(
    staff: &Staff,
    renderer: &Renderer,
    id: AssessmentId,
    typed: Option<&Fields>,
    errors: Errors<'_>,
) -> Answer {
    let view = assessments::view(&staff.ctx, id).await?;
    let back = Link::new("Keep it", format!("/assessments/{id}"));
    let mut act = ActView::new(format!("/assessments/{id}/cancel"), "Cancel the assessment", back);
    act.lede = Some(
        "All its links stop working at once. This cannot be undone; what was answered is kept.".to_owned(),
    );
    let version = typed.and_then(|form| form.parsed("version")).unwrap_or(view.assessment.version);
    act.hidden = vec![Hidden::new("version", version)];
    act.fields = vec![
        FieldView::textarea("reason", "Reason")
            .hint("Kept in the timeline; the vendor does not see it.")
            .value(typed.map_or("", |form| form.text("reason"))),
    ];
    act.warn = true;
    let title = format!("Cancel {}?", view.assessment.reference);
    act_page(renderer, own_shell(staff, &view.assessment, title), act, errors)
}

async fn cancel_page(staff: Staff, renderer: Data<Renderer>, id: Path<AssessmentId>) -> Answer {
    cancel_form(&staff, &renderer, *id, None, &[]).await
}

async fn cancel(
    staff: Staff,
    renderer: Data<Renderer>,
    id: Path<AssessmentId>,
    CsrfForm(form): CsrfForm,
) -> Answer {
    let version = form.revision("version")?;
    match assessments::cancel(&staff.ctx, *id, version, form.text("reason")).await {
        Ok(()) => Ok(see_other(&format!("/assessments/{id}"))),
        Err(UseCaseError::Invalid(errors)) => cancel_form(&staff, &renderer, *id, Some(&form), &errors).await,
        Err(other) => Err(other.into()),
    }
}

async fn amend(staff: Staff, id: Path<AssessmentId>, CsrfForm(form): CsrfForm) -> Answer {
    assessments::agree_to_amend(&staff.ctx, *id, form.revision("version")?).await?;
    Ok(see_other(&format!("/assessments/{id}")))
}

/// The fields for somebody who is no contact yet.
///
/// With no contact to choose from (`only`), nobody else can answer, so nothing about them is called optional but what
/// they do.
pub(super) fn new_person_fields(input: &ContactInput, only: bool) -> Vec<FieldView> {
    let (name, email) = match only {
        true => ("Name of who answers", "E-mail of who answers"),
        false => ("Name of somebody new", "E-mail of somebody new"),
    };
    let name = FieldView::text("new_name", name).value(&input.name);
    let email = FieldView::email("new_email", email).value(&input.email);
    let (name, email) = if only { (name, email) } else { (name.optional(), email.optional()) };
    vec![name, email, FieldView::text("new_job_title", "What they do").value(&input.job_title).optional()]
}

/// Reads those fields.
pub(super) fn new_person(form: &Fields) -> ContactInput {
    ContactInput {
        name: form.text("new_name").to_owned(),
        email: form.text("new_email").to_owned(),
        job_title: form.text("new_job_title").to_owned(),
    }
}

async fn add_form(
    staff: &Staff,
    renderer: &Renderer,
    id: AssessmentId,
    typed: &Fields,
    errors: Errors<'_>,
) -> Answer {
    let view = assessments::view(&staff.ctx, id).await?;
    let back = Link::new("Cancel", format!("/assessments/{id}"));
    let mut act = ActView::new(format!("/assessments/{id}/people/add"), "Add and send a link", back);
    act.lede = Some("They get a link of their own and see what others have answered so far.".to_owned());
    if !view.others.is_empty() {
        let others = view.others.iter().map(|c| (c.id.to_string(), format!("{}, {}", c.name, c.email)));
        let chosen = typed.text("contact").to_owned();
        act.fields.push(
            FieldView::radios("contact", "A contact of the vendor")
                .choices(others, |value| value == chosen)
                .optional(),
        );
    }
    act.fields.extend(new_person_fields(&new_person(typed), view.others.is_empty()));
    let key = typed.filled("key").map_or_else(|| fresh_key(staff), str::to_owned);
    act.hidden = vec![Hidden::new("key", key)];
    act_page(renderer, own_shell(staff, &view.assessment, "Add a person"), act, errors)
}

async fn add_page(staff: Staff, renderer: Data<Renderer>, id: Path<AssessmentId>) -> Answer {
    add_form(&staff, &renderer, *id, &Fields::default(), &[]).await
}

async fn add(
    staff: Staff,
    renderer: Data<Renderer>,
    id: Path<AssessmentId>,
    CsrfForm(form): CsrfForm,
) -> Answer {
    let new = new_person(&form);
    let someone_new = !new.name.trim().is_empty() || !new.email.trim().is_empty();
    let contact = if someone_new { None } else { form.parsed("contact") };
    match respondents::add(&staff.ctx, *id, &AddRespondent { contact, new }, form.text("key")).await {
        Ok(_) => Ok(see_other(&format!("/assessments/{id}"))),
        Err(UseCaseError::Invalid(errors)) => add_form(&staff, &renderer, *id, &form, &errors).await,
        Err(other) => Err(other.into()),
    }
}

async fn remind(staff: Staff, ids: Path<(AssessmentId, RespondentId)>, CsrfForm(form): CsrfForm) -> Answer {
    let (id, respondent) = *ids;
    respondents::remind(&staff.ctx, id, respondent, form.text("key")).await?;
    Ok(see_other(&format!("/assessments/{id}")))
}

async fn person_act(
    staff: &Staff,
    ids: (AssessmentId, RespondentId),
    act: &str,
    submit: &str,
) -> Result<(AssessmentProgress, String, ActView), super::problem::Problem> {
    let (id, respondent) = ids;
    let view = assessments::view(&staff.ctx, id).await?;
    let person = view.people.iter().find(|person| person.respondent.id == respondent);
    let name = person.map(|person| person.respondent.name.clone()).ok_or(UseCaseError::NotFound)?;
    let back = Link::new("Keep the link", format!("/assessments/{id}"));
    let page = ActView::new(format!("/assessments/{id}/people/{respondent}/{act}"), submit, back);
    Ok((view, name, page))
}

async fn reissue_page(
    staff: Staff,
    renderer: Data<Renderer>,
    ids: Path<(AssessmentId, RespondentId)>,
) -> Answer {
    let (view, name, mut act) = person_act(&staff, *ids, "reissue", "Send a new link").await?;
    act.lede = Some(
        "Every older link and access code stops working at once, and browsers that were signed in are signed out. \
         Answers are kept. The new link goes to the contact's present address."
            .to_owned(),
    );
    act.hidden = vec![Hidden::new("key", fresh_key(&staff))];
    act_page(&renderer, own_shell(&staff, &view.assessment, format!("New link for {name}?")), act, &[])
}

async fn reissue(staff: Staff, ids: Path<(AssessmentId, RespondentId)>, CsrfForm(form): CsrfForm) -> Answer {
    let (id, respondent) = *ids;
    respondents::reissue(&staff.ctx, id, respondent, form.text("key")).await?;
    Ok(see_other(&format!("/assessments/{id}")))
}

async fn revoke_form(
    staff: &Staff,
    renderer: &Renderer,
    ids: (AssessmentId, RespondentId),
    reason: &str,
    errors: Errors<'_>,
) -> Answer {
    let (view, name, mut act) = person_act(staff, ids, "revoke", "Revoke the link").await?;
    let invited = view.people.iter().filter(|person| person.respondent.invited_by == Some(ids.1));
    let invited: Vec<&str> = invited.map(|person| person.respondent.name.as_str()).collect();
    let colleagues = match invited[..] {
        [] => String::new(),
        _ => format!(" So do the links of the colleagues whom {name} invited: {}.", invited.join(", ")),
    };
    act.lede = Some(format!("It stops working at once and for good.{colleagues} What was answered is kept."));
    act.fields = vec![FieldView::textarea("reason", "Reason").value(reason)];
    act.warn = true;
    act_page(renderer, own_shell(staff, &view.assessment, format!("Revoke the link of {name}?")), act, errors)
}

async fn revoke_page(
    staff: Staff,
    renderer: Data<Renderer>,
    ids: Path<(AssessmentId, RespondentId)>,
) -> Answer {
    revoke_form(&staff, &renderer, *ids, "", &[]).await
}

async fn revoke(
    staff: Staff,
    renderer: Data<Renderer>,
    ids: Path<(AssessmentId, RespondentId)>,
    CsrfForm(form): CsrfForm,
) -> Answer {
    let (id, respondent) = *ids;
    match respondents::revoke(&staff.ctx, id, respondent, form.text("reason")).await {
        Ok(()) => Ok(see_other(&format!("/assessments/{id}"))),
        Err(UseCaseError::Invalid(errors)) => {
            revoke_form(&staff, &renderer, *ids, form.text("reason"), &errors).await
        }
        Err(other) => Err(other.into()),
    }
}

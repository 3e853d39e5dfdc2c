//! Pages of assessments in flight: the list, the progress of one, and the acts on it and on its people.

use super::{
    Answer,
    acts::{act_page, pager, timeline_lines, with_query},
    form::{CsrfForm, Fields},
    guard::Staff,
    page::{ok, see_other, staff_shell},
    respondents::{person_view, remind_a_lead},
    results::results_of,
    routes::{Access, routes},
    saved_views,
};
use crate::{
    domain::{
        Permission,
        assessment::{Assessment, AssessmentState, InvitationState, Waits},
        delivery::{Delivery, DeliveryOutcome, kind_label},
        due::{self, Lateness},
        ids::AssessmentId,
        respondent::RespondentRole,
        saved_view::ViewList,
    },
    render::{
        Renderer, Shell,
        assessments::{
            AskedLine, AssessmentListView, AssessmentRowView, MailLine, ProgressQuestionnaire,
            ProgressSection, ProgressView, SmallForm,
        },
        fields::FieldView,
        page::Section,
        parts::{Band, EmptyState, Fact, FlashNotice, Link, NavItem, capitalised},
        procurement::{ActView, Hidden},
        vendors::filter,
    },
    usecases::{
        FieldError, UseCaseError,
        assessments::{self, AssessmentFilter, AssessmentProgress, Person, SectionLine},
        respondents::may_be_added,
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
    let expired = found.counts.states.get(&AssessmentState::Expired).copied().unwrap_or_default();
    let nothing_chosen = wanted.state.is_none() && wanted.waits.is_none();
    let cancelled = found.counts.states.contains_key(&AssessmentState::Cancelled);
    let label = if cancelled { "All but cancelled" } else { "All" };
    let mut stages = vec![NavItem::new(format!("{label} {all}"), "/assessments").current(nothing_chosen)];
    for (waits, count) in &found.counts.waits {
        let label = match waits {
            Waits::Decision => "To decide",
            Waits::Review => "To review",
            Waits::Late => "Late",
            Waits::Start => "Not started",
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
            late: row.state.open_to_vendor() && row.due_on <= found.lateness.last_past,
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
        summary: if expired == 0 {
            format!("{all} {noun}, {late} late.")
        } else {
            format!("{all} {noun}, {late} late, {expired} expired.")
        },
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
pub(super) fn mail_in_words(mail: &Delivery, zone: Tz) -> String {
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
pub(super) fn leads(view: &AssessmentProgress) -> impl Iterator<Item = &Person> {
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

/// Whether the vendor is to be chased, as the start page says: past due, or nothing saved for days.
fn to_chase(view: &AssessmentProgress, staff: &Staff) -> bool {
    let lateness = Lateness::at(staff.ctx.tenant().zone, staff.ctx.now());
    let assessment = &view.assessment;
    let sent_long_ago = assessment.sent_at.is_some_and(|at| at < lateness.begun_if_sent_before);
    let unstarted = assessment.state == AssessmentState::Sent && sent_long_ago;
    unstarted || assessment.due_on <= lateness.last_past
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
    let extend = || Link::new("Move the due day", format!("{base}/extend"));
    if may_send && state.open_to_vendor() {
        links.push(extend());
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
    let people: Vec<_> = view.people.iter().map(|one| person_view(&staff, one, &view, may_send)).collect();
    let page = ProgressView {
        lede: format!("{} answers about {}.", view.vendor.name, view.service.name),
        results: results_of(&view.results, *id, &view.assessment.reference),
        facts: strip(&view, zone),
        links,
        remind: to_chase(&view, &staff).then(|| remind_a_lead(&view, &people)).flatten(),
        next: (may_send && state == AssessmentState::Expired).then(extend),
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
        people,
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

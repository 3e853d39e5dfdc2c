//! The people of an assessment: how each of them stands on its page, and the acts on them (add, remind, send a new link,
//! revoke).

use super::{
    Answer,
    acts::{act_page, fresh_key},
    assessments::{mail_in_words, own_shell},
    form::{CsrfForm, Fields},
    guard::Staff,
    page::see_other,
    problem::Problem,
    routes::{Access, routes},
};
use crate::{
    domain::{
        Permission,
        assessment::InvitationState,
        delivery::{DeliveryOutcome, kind_label},
        due,
        ids::{AssessmentId, RespondentId},
        respondent::RespondentRole,
    },
    render::{
        Renderer,
        assessments::{PersonView, SmallForm},
        fields::FieldView,
        parts::{Link, initials},
        procurement::{ActView, Hidden},
    },
    usecases::{
        FieldError, UseCaseError,
        assessments::{self, AssessmentProgress, Person},
        respondents::{self, AddRespondent},
        vendors::ContactInput,
    },
};
use actix_web::web::{Data, Path};

routes! {
    GET "/assessments/{assessment}/people/add" => add_page, Access::Staff(Permission::SendAssessments), Page;
    POST "/assessments/{assessment}/people/add" => add, Access::Staff(Permission::SendAssessments), Page, ["contact", "new_name", "new_email", "new_job_title", "key"];
    POST "/assessments/{assessment}/people/{respondent}/remind" => remind, Access::Staff(Permission::SendAssessments), Page, ["key"];
    GET "/assessments/{assessment}/people/{respondent}/reissue" => reissue_page, Access::Staff(Permission::SendAssessments), Page;
    POST "/assessments/{assessment}/people/{respondent}/reissue" => reissue, Access::Staff(Permission::SendAssessments), Page, ["key"];
    GET "/assessments/{assessment}/people/{respondent}/revoke" => revoke_page, Access::Staff(Permission::SendAssessments), Page;
    POST "/assessments/{assessment}/people/{respondent}/revoke" => revoke, Access::Staff(Permission::SendAssessments), Page, ["reason"];
}

type Errors<'a> = &'a [FieldError];

/// How a person stands on the page of the assessment.
pub(super) fn person_view(
    staff: &Staff,
    person: &Person,
    view: &AssessmentProgress,
    may_send: bool,
) -> PersonView {
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

/// The first lead whom a mail may reach now.
pub(super) fn remind_a_lead(view: &AssessmentProgress, people: &[PersonView]) -> Option<SmallForm> {
    let leads = view.people.iter().zip(people).filter(|(one, _)| one.respondent.role == RespondentRole::Lead);
    let (one, form) = leads
        .filter(|(one, _)| one.refused_reason.is_none())
        .find_map(|(one, shown)| shown.remind.clone().map(|form| (one, form)))?;
    Some(SmallForm { label: format!("Remind {}", one.respondent.name), ..form })
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
) -> Result<(AssessmentProgress, String, ActView), Problem> {
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

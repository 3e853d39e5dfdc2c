//! Who answers for the vendor: the list of them, and the forms with which a lead invites a colleague and revokes a helper's
//! link.

use super::{
    Answer,
    form::{CsrfForm, Fields},
    guard::Respondent,
    page::{respond, see_other, with_errors},
    portal_aside::{answering, aside},
    portal_reader::Reader,
    portal_views::progress_bar,
    routes::{Access, routes},
};
use crate::{
    domain::{ids::RespondentId, people::Answering, respondent::RespondentRole, sheet::Sheet},
    render::{
        Renderer,
        fields::{FieldView, errors_of},
        parts::FlashNotice,
        portal::{PeoplePage, PersonRow},
    },
    usecases::{
        FieldError, Services, UseCaseError, answers,
        colleagues::{self, InviteColleague, MAX_ASK},
    },
};
use actix_web::{
    http::StatusCode,
    web::{Data, Path, Query},
};
use std::collections::BTreeMap;

routes! {
    GET "/portal/people" => people, Access::Portal, Page;
    POST "/portal/people" => invite, Access::Portal, Page, ["name", "email", "ask", "outside", "mutation"];
    POST "/portal/people/{respondent}/revoke" => revoke, Access::Portal, Page;
}

async fn people(
    who: Respondent,
    services: Data<Services>,
    renderer: Data<Renderer>,
    query: Query<BTreeMap<String, String>>,
) -> Answer {
    let done = match query.get("done").map(String::as_str) {
        Some("invited") => Some("Invited. The mail with a link of their own is on its way."),
        Some("revoked") => Some("Access taken away: the link has stopped working. What was answered stays."),
        _ => None,
    };
    people_page(&who, &services, &renderer, &Fields::default(), &[], done).await
}

async fn people_page(
    who: &Respondent,
    services: &Services,
    renderer: &Renderer,
    typed: &Fields,
    faults: &[FieldError],
    done: Option<&str>,
) -> Answer {
    let sheet = answers::open(&who.ctx).await?;
    let about = &sheet.rows.assessment;
    let reader = Reader::of(who);
    let may_invite = reader.is_lead && about.state.open_to_vendor();
    let fields = if may_invite { with_errors(fields(who, typed), faults) } else { Vec::new() };
    let rows = about.people.iter().map(|person| person_row(&reader, &sheet, person));
    let lead = about.people.iter().find(|person| person.role == RespondentRole::Lead);
    let view = PeoplePage {
        lede: match lead.filter(|_| !reader.is_lead) {
            Some(lead) => format!("{} invites others and submits the answers.", lead.name),
            None if !may_invite => "Nothing is open to be answered now, so nobody can be invited.".to_owned(),
            None => format!(
                "Hand a part to a colleague: they get a link of their own and can answer everything. You submit. {} \
                 sees who is invited.",
                reader.tenant.name
            ),
        },
        people: rows.collect(),
        mutation: services.surroundings.uuid().to_string(),
        fields,
        aside: aside(&reader, &sheet).into_iter().filter(|block| block.people.is_empty()).collect(),
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let mut frame = reader.shell(&sheet, "People answering").errors(errors_of(&view.fields));
    frame.flash = done.map(FlashNotice::ok).or(frame.flash);
    frame.progress = Some(progress_bar(&sheet, None));
    respond(renderer, status, "portal/people", frame, view)
}

fn fields(who: &Respondent, typed: &Fields) -> Vec<FieldView> {
    let own = who.ctx.respondent().email.rsplit('@').next().unwrap_or_default();
    let most = u32::try_from(MAX_ASK).unwrap_or(u32::MAX);
    vec![
        FieldView::text("name", "Name").value(typed.text("name")).maxlength(100),
        FieldView::email("email", "E-mail").value(typed.text("email")),
        FieldView::textarea("ask", "What you ask for")
            .hint("It stands in the mail, for instance: please answer Encryption and Access control by Tuesday.")
            .value(typed.text("ask"))
            .maxlength(most)
            .optional(),
        FieldView::tick(
            "outside",
            format!("If the address is not of {own}: this person may see all questions and answers."),
            typed.ticked("outside"),
        ),
    ]
}

fn person_row(reader: &Reader<'_>, sheet: &Sheet, person: &Answering) -> PersonRow {
    let revocable = reader.is_lead && person.role == RespondentRole::Helper;
    PersonRow {
        person: answering(reader, sheet, person),
        name: person.name.clone(),
        revoke: revocable.then(|| format!("/portal/people/{}/revoke", person.id)),
    }
}

async fn invite(
    who: Respondent,
    services: Data<Services>,
    renderer: Data<Renderer>,
    CsrfForm(form): CsrfForm,
) -> Answer {
    let input = InviteColleague {
        key: form.text("mutation").to_owned(),
        name: form.text("name").to_owned(),
        email: form.text("email").to_owned(),
        ask: form.text("ask").to_owned(),
        outside: form.ticked("outside"),
    };
    match colleagues::invite(&who.ctx, &input).await {
        Ok(_) => Ok(see_other("/portal/people?done=invited")),
        Err(UseCaseError::Invalid(faults)) => {
            people_page(&who, &services, &renderer, &form, &faults, None).await
        }
        Err(other) => Err(other.into()),
    }
}

async fn revoke(who: Respondent, respondent: Path<RespondentId>, _form: CsrfForm) -> Answer {
    colleagues::revoke(&who.ctx, *respondent).await?;
    Ok(see_other("/portal/people?done=revoked"))
}

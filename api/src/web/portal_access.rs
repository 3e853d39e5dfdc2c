//! The vendor's way in: the static link page, the exchange of a link secret, the one-time code, a fresh link.

use super::{
    Answer, body,
    form::{CsrfForm, OpenForm},
    guard::{Respondent, request_info},
    page::{plain_shell, respond, see_other},
    problem::{CODE_NOT_ACCEPTED, CSRF_REJECTED, Problem},
    routes::{Access, routes},
    session::{CookieKind, CookieRules},
    theme::Look,
};
use crate::{
    auth::Secret,
    domain::link::{LinkAbout, browser_lifetime},
    render::{
        Renderer,
        messages::MessageView,
        page::Organisation,
        parts::{FlashNotice, Link},
        portal::{ConfirmCode, LinkView, link_page},
    },
    usecases::{
        Services, UseCaseError,
        portal_access::{self, Opened, Presented},
    },
};
use actix_web::{
    HttpRequest, HttpResponse,
    cookie::time::Duration,
    http::{StatusCode, header},
    web::{Data, Payload, Query},
};
use serde::Deserialize;
use serde_json::json;

routes! {
    GET "/q" => link, Access::Public, Page;
    POST "/q" => open_with_code, Access::Public, Page, ["code"];
    GET "/q/code" => code_page, Access::Public, Page;
    POST "/q/code" => give_code, Access::Public, Page, ["code", "shared"];
    POST "/q/code/resend" => resend, Access::Public, Page;
    POST "/q/fresh" => fresh, Access::Public, Page, ["email", "link_id"];
    POST "/q/exchange" => exchange, Access::Public, Json, "Exchanges a link's secret; answers where to go next.";
    GET "/q/{link_id}" => link, Access::Public, Page;
    POST "/portal/sign-out" => sign_out, Access::Portal, Page;
}

/// The same bytes for every link, known or not; nothing is looked up. The browser chose the colours.
async fn link(request: HttpRequest, renderer: Data<Renderer>) -> Answer {
    let mut shell = link_page().page;
    Look::of(&request).colour(&mut shell);
    respond(&renderer, StatusCode::OK, "portal/link", shell, LinkView {})
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exchange {
    link_id: String,
    secret: String,
}

fn presented(rules: &CookieRules, request: &HttpRequest) -> Presented {
    Presented {
        browser: rules.read(request, CookieKind::Browser).map(Secret::presented),
        pending: rules.read(request, CookieKind::Pending).map(Secret::presented),
    }
}

async fn exchange(
    request: HttpRequest,
    services: Data<Services>,
    rules: Data<CookieRules>,
    payload: Payload,
) -> Answer {
    if request.headers().get("x-assay").is_none_or(|value| value != "1") {
        return Err(Problem::new(CSRF_REJECTED));
    }
    let sent: Exchange = body::json(&request, &mut payload.into_inner(), 4_096).await?;
    let secret = Secret::typed(&sent.secret);
    let cookies = presented(&rules, &request);
    let opened =
        portal_access::open_link(&services, Some(&sent.link_id), &secret, cookies, request_info(&request))
            .await?;
    Ok(match opened {
        Opened::Session(session) => HttpResponse::Ok()
            .cookie(rules.make(CookieKind::Respondent, session.reveal(), None))
            .json(json!({"next": "/portal"})),
        Opened::CodeNeeded { pending, about } => HttpResponse::Ok()
            .cookie(rules.make(CookieKind::Pending, pending.reveal(), Some(Duration::hours(1))))
            .json(json!({
                "next": "/q/code",
                "org": about.organisation,
                "title": about.title,
                "due": about.due,
                "masked_address": about.masked_address,
            })),
    })
}

/// The access code typed without its link: found by its hash (`portal_access::open_link`).
async fn open_with_code(
    request: HttpRequest,
    services: Data<Services>,
    rules: Data<CookieRules>,
    OpenForm(form): OpenForm,
) -> Answer {
    let secret = Secret::typed(form.text("code"));
    let opened = portal_access::open_link(
        &services,
        None,
        &secret,
        presented(&rules, &request),
        request_info(&request),
    )
    .await?;
    let (cookie, next) = match opened {
        Opened::Session(session) => (rules.make(CookieKind::Respondent, session.reveal(), None), "/portal"),
        Opened::CodeNeeded { pending, .. } => {
            (rules.make(CookieKind::Pending, pending.reveal(), Some(Duration::hours(1))), "/q/code")
        }
    };
    Ok(HttpResponse::SeeOther().cookie(cookie).insert_header((header::LOCATION, next)).finish())
}

fn pending(rules: &CookieRules, request: &HttpRequest) -> Option<Secret> {
    rules.read(request, CookieKind::Pending).map(Secret::presented)
}

fn code_response(
    request: &HttpRequest,
    renderer: &Renderer,
    status: StatusCode,
    about: LinkAbout,
    error: Option<String>,
    sent: bool,
) -> Answer {
    let again = sent.then(|| FlashNotice::ok("A new code was sent. The one in the newest mail works."));
    let mut shell = plain_shell(request, "Confirm it is you").flash(again);
    shell.organisation = Some(Organisation::new(about.organisation));
    shell.about = Some(about.title);
    let code = ConfirmCode::code_field(error);
    shell.errors = code.error_item().into_iter().collect();
    let view = ConfirmCode {
        masked_address: about.masked_address,
        minutes: 10,
        due: format!("Due {}.", about.due),
        action: "/q/code".to_owned(),
        resend_action: "/q/code/resend".to_owned(),
        code,
        shared: ConfirmCode::shared_field(false),
    };
    respond(renderer, status, "portal/confirm_code", shell, view)
}

/// Whether the page follows the sending of another code.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Resent {
    sent: String,
}

async fn code_page(
    request: HttpRequest,
    services: Data<Services>,
    renderer: Data<Renderer>,
    rules: Data<CookieRules>,
    wanted: Query<Resent>,
) -> Answer {
    let Some(pending) = pending(&rules, &request) else { return Ok(see_other("/q")) };
    match portal_access::code_page(&services, &pending).await {
        Ok(about) => code_response(&request, &renderer, StatusCode::OK, about, None, wanted.sent == "yes"),
        Err(UseCaseError::LinkNotUsable) => Ok(see_other("/q")),
        Err(other) => Err(other.into()),
    }
}

async fn give_code(
    request: HttpRequest,
    services: Data<Services>,
    renderer: Data<Renderer>,
    rules: Data<CookieRules>,
    OpenForm(form): OpenForm,
) -> Answer {
    let pending = pending(&rules, &request).ok_or(UseCaseError::CodeNotAccepted)?;
    match portal_access::give_code(&services, &pending, form.text("code"), request_info(&request)).await {
        Ok(admitted) => {
            let mut answer = HttpResponse::SeeOther();
            answer
                .cookie(rules.make(CookieKind::Respondent, admitted.session.reveal(), None))
                .cookie(rules.remove(CookieKind::Pending))
                .insert_header((header::LOCATION, "/portal"));
            // On a shared computer nothing is remembered: the next visit asks for a code again.
            if !form.ticked("shared") {
                let days = Duration::days(browser_lifetime().num_days());
                answer.cookie(rules.make(CookieKind::Browser, admitted.browser.reveal(), Some(days)));
            }
            Ok(answer.finish())
        }
        Err(UseCaseError::CodeNotAccepted) => {
            let about = portal_access::code_page(&services, &pending).await?;
            let problem = Problem::from(UseCaseError::CodeNotAccepted);
            let status =
                StatusCode::from_u16(CODE_NOT_ACCEPTED.1).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            code_response(&request, &renderer, status, about, problem.detail, false)
        }
        Err(other) => Err(other.into()),
    }
}

async fn resend(
    request: HttpRequest,
    services: Data<Services>,
    rules: Data<CookieRules>,
    _form: OpenForm,
) -> Answer {
    let Some(pending) = pending(&rules, &request) else { return Ok(see_other("/q")) };
    portal_access::resend_code(&services, &pending, request_info(&request)).await?;
    Ok(see_other("/q/code?sent=yes"))
}

/// Always the same answer, whether there is such an address or not.
async fn fresh(
    request: HttpRequest,
    services: Data<Services>,
    renderer: Data<Renderer>,
    OpenForm(form): OpenForm,
) -> Answer {
    portal_access::request_fresh_link(&services, form.text("email"), request_info(&request)).await?;
    let heading = "Look in your mail";
    let view = MessageView {
        heading: heading.to_owned(),
        paragraphs: vec![
            "If this address may open a questionnaire, a new link is on its way to it.".to_owned(),
            "It can take two minutes; look in junk mail too. If nothing comes, ask whoever invited you."
                .to_owned(),
        ],
        action: Some(Link::new("Back to the start", "/q")),
    };
    respond(&renderer, StatusCode::ACCEPTED, "pages/message", plain_shell(&request, heading), view)
}

async fn sign_out(respondent: Respondent, rules: Data<CookieRules>, _form: CsrfForm) -> Answer {
    portal_access::sign_out(&respondent.ctx).await?;
    Ok(HttpResponse::SeeOther()
        .cookie(rules.remove(CookieKind::Respondent))
        .insert_header(("Clear-Site-Data", "\"cache\""))
        .insert_header((header::LOCATION, "/q"))
        .finish())
}

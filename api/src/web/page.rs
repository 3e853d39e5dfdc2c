//! Presenting: a view and a template become a response.

use super::{
    guard::{Respondent, Staff},
    problem::{INTERNAL, LINK_NOT_USABLE, Problem},
    theme::Look,
};
use crate::{
    render::{
        Renderer, Shell,
        fields::FieldView,
        messages::ErrorView,
        page::{Organisation, Section, SignedIn},
        parts::Link,
    },
    usecases::FieldError,
};
use actix_web::{
    HttpMessage as _, HttpRequest, HttpResponse,
    http::{StatusCode, header},
};
use serde::Serialize;

/// The frame of a staff page.
#[must_use]
pub fn staff_shell(staff: &Staff, title: impl Into<String>, section: Option<Section>) -> Shell {
    let user = staff.ctx.user();
    let mut shell = Shell::staff(title, section, user.name.clone(), user.role, staff.csrf.clone());
    shell.organisation = Some(Organisation::new(staff.ctx.tenant().name.clone()));
    staff.look.dress(&mut shell, "/theme");
    shell
}

/// The frame of a page without a session, in the colours that the browser chose before.
#[must_use]
pub fn plain_shell(request: &HttpRequest, title: impl Into<String>) -> Shell {
    let mut shell = Shell::plain(title);
    Look::of(request).colour(&mut shell);
    shell
}

/// The frame of a portal page; `about` says what is asked for whom.
#[must_use]
pub fn portal_shell(respondent: &Respondent, title: impl Into<String>, about: impl Into<String>) -> Shell {
    let ctx = &respondent.ctx;
    let mut shell =
        Shell::portal(title, Organisation::new(ctx.tenant().name.clone()), about, respondent.csrf.clone());
    let role = if ctx.respondent().is_lead { "Lead" } else { "Helper" };
    shell.user = Some(SignedIn::new(ctx.respondent().name.clone(), role));
    shell.sign_out = Some("/portal/sign-out".to_owned());
    shell.scripts = vec!["saving.js".to_owned()];
    shell.saving = Some(ctx.respondent().id.to_string());
    respondent.look.dress(&mut shell, "/portal/theme");
    shell
}

/// A page with this status. A template that does not render is a fault of ours.
///
/// # Errors
/// `internal` when the template does not render; the cause is logged.
pub fn respond(
    renderer: &Renderer,
    status: StatusCode,
    template: &str,
    shell: Shell,
    view: impl Serialize,
) -> Result<HttpResponse, Problem> {
    Ok(html(status, rendered(renderer, template, shell, view)?))
}

/// The HTML of a page.
///
/// # Errors
/// As [`respond`].
pub fn rendered(
    renderer: &Renderer,
    template: &str,
    shell: Shell,
    view: impl Serialize,
) -> Result<String, Problem> {
    renderer.page(template, &shell.wrap(view)).map_err(|error| {
        tracing::error!(template, error = format!("{:#}", anyhow::Error::new(error)), "page did not render");
        Problem::new(INTERNAL)
    })
}

/// A page as a response.
#[must_use]
pub fn html(status: StatusCode, page: String) -> HttpResponse {
    HttpResponse::build(status).insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8")).body(page)
}

/// A page with status 200.
///
/// # Errors
/// As [`respond`].
pub fn ok(
    renderer: &Renderer,
    template: &str,
    shell: Shell,
    view: impl Serialize,
) -> Result<HttpResponse, Problem> {
    respond(renderer, StatusCode::OK, template, shell, view)
}

/// "Done; look there": the answer to every form that worked.
#[must_use]
pub fn see_other(target: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, target)).finish()
}

/// Puts each fault beside the field whose name is its pointer; a fault of no field goes to the first one.
#[must_use]
pub fn with_errors(mut fields: Vec<FieldView>, errors: &[FieldError]) -> Vec<FieldView> {
    for fault in errors {
        let at = fields.iter().position(|field| field.name == fault.pointer).unwrap_or(0);
        if let Some(field) = fields.get_mut(at).filter(|field| field.error.is_none()) {
            field.error = Some(fault.message.clone());
        }
    }
    fields
}

/// The page for a problem; a fixed text when even that does not render.
#[must_use]
pub fn error_page(renderer: &Renderer, request: &HttpRequest, problem: &Problem, instance: &str) -> String {
    let (code, status, title) = problem.code;
    // Reading a cookie writes into the extensions, so nothing may be borrowed from them.
    let staff = request.extensions().get::<Staff>().cloned();
    let (template, shell) = match &staff {
        Some(staff) => ("pages/error_staff", staff_shell(staff, title, None)),
        None => ("pages/error", plain_shell(request, title)),
    };
    let sign_in = request.path() == "/join";
    let link = problem.code == LINK_NOT_USABLE && !sign_in;
    let text = if problem.code == LINK_NOT_USABLE && sign_in {
        "This sign-in link was used, replaced or is too old. An admin of your organisation can mail you a new one."
    } else if link {
        "It may be too old, taken back, or replaced by a newer one. A fresh link goes to the invited address only."
    } else {
        "Nothing was changed."
    };
    let action = if link {
        Link::new("Enter an access code or ask for a fresh link", "/q")
    } else if let Some(question) = question_of(request.path()) {
        Link::new("Back to the question", format!("/portal/questions/{question}"))
    } else if request.path().starts_with("/portal/findings") {
        Link::new("Back to the actions", "/portal/actions")
    } else if request.path().starts_with("/portal") || request.path().starts_with("/q") {
        Link::new("Back to the questionnaire", "/portal")
    } else {
        Link::new("Back to the start", "/")
    };
    let view = ErrorView {
        heading: title.to_owned(),
        text: problem.detail.clone().unwrap_or_else(|| text.to_owned()),
        advice: problem.errors.iter().map(|error| error.message.clone()).collect(),
        kept: Vec::new(),
        action: Some(action),
        status,
        code: code.to_owned(),
        reference: instance.to_owned(),
    };
    renderer.page(template, &shell.wrap(view)).unwrap_or_else(|error| {
        tracing::error!(error = format!("{:#}", anyhow::Error::new(error)), "error page did not render");
        format!(
            "<!doctype html><html lang=\"en\"><title>{title}</title><main><h1>{title}</h1><p>Reference {instance}</p></main></html>"
        )
    })
}

/// The question that a path of the portal acts on: `/portal/questions/SEC-GOV-01/evidence`.
fn question_of(path: &str) -> Option<&str> {
    let (question, _) = path.strip_prefix("/portal/questions/")?.split_once('/')?;
    Some(question)
}

//! The door: every request is looked up in the route table before its handler runs. What is not listed does not
//! exist, what is listed names who may come, and a change must come from our own pages.

use super::{
    problem::{CSRF_REJECTED, METHOD_NOT_ALLOWED, NOT_FOUND, Problem, UNSUPPORTED_MEDIA_TYPE},
    routes::{self, Access},
    session::{CookieKind, CookieRules},
    theme::Look,
};
use crate::{
    auth::Secret,
    config::TrustedProxies,
    domain::RequestInfo,
    usecases::{Ctx, PortalCtx, Services, UseCaseError, accounts, portal_access},
};
use actix_web::{
    Error, FromRequest, HttpMessage as _, HttpRequest, HttpResponse, ResponseError as _,
    body::{BoxBody, MessageBody},
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::{Method, header},
    middleware::Next,
    web::Data,
};
use std::{
    future::{Ready, ready},
    net::IpAddr,
};
use uuid::Uuid;

/// The token that forms of this session carry.
#[derive(Clone, Debug)]
pub struct FormToken(pub String);

/// The id of this request, as logged and as printed on error pages.
#[derive(Clone, Copy, Debug)]
pub struct RequestId(pub Uuid);

/// A signed-in user, as handlers ask for it.
#[derive(Clone)]
pub struct Staff {
    /// For use-cases.
    pub ctx: Ctx,
    /// For forms.
    pub csrf: String,
    /// For pages.
    pub look: Look,
}

/// A respondent with a session, as handlers ask for it.
#[derive(Clone)]
pub struct Respondent {
    /// For use-cases.
    pub ctx: PortalCtx,
    /// For forms.
    pub csrf: String,
    /// For pages.
    pub look: Look,
}

/// Checks route, origin and session; puts the context where [`Staff`] and [`Respondent`] find it.
///
/// # Errors
/// Only what the rest of the service raises; a refusal of the door itself is an answer.
pub async fn admit(
    services: Data<Services>,
    rules: Data<CookieRules>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if let Some(methods) = methods_of_public_page(&request) {
        let answer = HttpResponse::NoContent().insert_header((header::ALLOW, methods)).finish();
        return Ok(request.into_response(answer));
    }
    match check(&services, &rules, &request).await {
        Ok(()) => next.call(request).await.map(ServiceResponse::map_into_boxed_body),
        Err(problem) => Ok(request.into_response(problem.error_response())),
    }
}

/// What `OPTIONS` tells of a page that everybody may open: scanners ask before they fetch a mailed link. No other site
/// is allowed anything by it.
fn methods_of_public_page(request: &ServiceRequest) -> Option<String> {
    let pattern = request.match_pattern().filter(|_| request.method() == Method::OPTIONS)?;
    routes::find("GET", &pattern).filter(|route| route.access == Access::Public)?;
    Some(routes::methods(&pattern).join(", "))
}

async fn check(services: &Services, rules: &CookieRules, request: &ServiceRequest) -> Result<(), Problem> {
    let method = if request.method() == Method::HEAD { Method::GET } else { request.method().clone() };
    let pattern = request.match_pattern().unwrap_or_default();
    let Some(route) = routes::find(method.as_str(), &pattern) else {
        let allowed = routes::methods(&pattern);
        if allowed.is_empty() {
            // Staff who mistyped an address are told so on a page of theirs, with the navigation and the search.
            if method == Method::GET
                && let Ok(staff) = staff(services, rules, request).await
            {
                request.extensions_mut().insert(staff);
            }
            return Err(Problem::new(NOT_FOUND));
        }
        return Err(Problem { allow: Some(allowed.join(", ")), ..Problem::new(METHOD_NOT_ALLOWED) });
    };
    if method != Method::GET {
        check_origin(request.request(), &services.base_url)?;
        if request.headers().contains_key(header::CONTENT_ENCODING) {
            // Nothing is unpacked, so nothing small can become large.
            return Err(
                Problem::new(UNSUPPORTED_MEDIA_TYPE).detail("Send it as it is, without Content-Encoding.")
            );
        }
    }
    match route.access {
        Access::Public => {}
        Access::Staff(permission) => {
            let staff = staff(services, rules, request).await?;
            let may = staff.ctx.require(permission);
            request.extensions_mut().insert(FormToken(staff.csrf.clone()));
            request.extensions_mut().insert(staff);
            may?;
        }
        Access::Portal => {
            let admitted = match secret(rules, request, CookieKind::Respondent) {
                Ok(secret) => {
                    let info = request_info(request.request());
                    portal_access::authenticate(services, &secret, info).await.map(|ctx| (secret, ctx))
                }
                Err(nobody) => Err(nobody),
            };
            let (secret, ctx) = match admitted {
                Err(UseCaseError::Unauthenticated) => {
                    return Err(code_or_link(services, rules, request).await?);
                }
                other => other?,
            };
            let (csrf, look) = (secret.csrf_token(), Look::of(request.request()));
            request.extensions_mut().insert(FormToken(csrf.clone()));
            request.extensions_mut().insert(Respondent { ctx, csrf, look });
        }
    }
    Ok(())
}

fn secret(rules: &CookieRules, request: &ServiceRequest, kind: CookieKind) -> Result<Secret, UseCaseError> {
    let presented = rules.read(request.request(), kind).map(Secret::presented);
    presented.ok_or(UseCaseError::Unauthenticated)
}

/// Whose session of staff the request brings.
async fn staff(
    services: &Services,
    rules: &CookieRules,
    request: &ServiceRequest,
) -> Result<Staff, UseCaseError> {
    let secret = secret(rules, request, CookieKind::Staff)?;
    let ctx = accounts::authenticate(services, &secret, request_info(request.request())).await?;
    Ok(Staff { ctx, csrf: secret.csrf_token(), look: Look::of(request.request()) })
}

/// Without a session: a browser that gave a right secret needs its code, any other one its link.
async fn code_or_link(
    services: &Services,
    rules: &CookieRules,
    request: &ServiceRequest,
) -> Result<Problem, Problem> {
    let waiting = match rules.read(request.request(), CookieKind::Pending) {
        Some(pending) => portal_access::is_waiting_for_code(services, &Secret::presented(pending)).await?,
        None => false,
    };
    let why = if waiting { UseCaseError::StepUpRequired } else { UseCaseError::Unauthenticated };
    Ok(why.into())
}

/// Fetch metadata decides where the browser sends it; else the `Origin` must be ours. A client that sends neither is
/// no browser that could be tricked, and still needs the form's token or the JSON header.
fn check_origin(request: &HttpRequest, base_url: &str) -> Result<(), Problem> {
    let value = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let foreign = Problem::new(CSRF_REJECTED).detail("The request came from another site.");
    if let Some(site) = value("sec-fetch-site") {
        return if matches!(site, "same-origin" | "none") { Ok(()) } else { Err(foreign) };
    }
    match value("origin") {
        Some(origin) if origin != base_url => Err(foreign),
        _ => Ok(()),
    }
}

/// What the audit trail keeps of a request.
#[must_use]
pub fn request_info(request: &HttpRequest) -> RequestInfo {
    RequestInfo {
        id: request.extensions().get::<RequestId>().map(|id| id.0),
        client_address: client_address(request).map(|address| address.to_string()),
        user_agent: request
            .headers()
            .get(header::USER_AGENT)
            .and_then(|value| value.to_str().ok())
            .map(|text| text.chars().take(200).collect()),
    }
}

/// The peer, or whom a trusted proxy says it speaks for. From anybody else forwarded headers are only words.
fn client_address(request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    let hops = request.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = hops.flat_map(|value| value.split(',')).collect();
    let proxies = request.app_data::<Data<TrustedProxies>>();
    Some(proxies.map_or(peer, |proxies| proxies.client(peer, &hops)))
}

impl FromRequest for Staff {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let found = request.extensions().get::<Self>().cloned();
        ready(found.ok_or_else(|| UseCaseError::Unauthenticated.into()))
    }
}

impl FromRequest for Respondent {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let found = request.extensions().get::<Self>().cloned();
        ready(found.ok_or_else(|| UseCaseError::Unauthenticated.into()))
    }
}

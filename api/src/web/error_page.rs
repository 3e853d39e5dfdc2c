//! The outermost layer: gives each request an id, turns problems into pages where a person is looking, and sets the
//! security headers on every answer (`stack.md` section 8; no inline code, so no nonces).

use super::{
    guard::RequestId,
    page,
    problem::{NOT_FOUND, Problem, UNAUTHENTICATED, nearest},
    routes::{self, Access, Answers},
};
use crate::{render::Renderer, usecases::Services};
use actix_web::{
    Error, HttpMessage as _, HttpRequest, HttpResponse, ResponseError as _,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
    middleware::Next,
    web::Data,
};

/// The policy of every page.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Runs the rest of the service and presents what comes back.
///
/// # Errors
/// What no handler and no guard turned into an answer (actix then answers 500 by itself).
pub async fn present(
    services: Data<Services>,
    renderer: Data<Renderer>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let id = services.surroundings.uuid();
    request.extensions_mut().insert(RequestId(id));
    let wants_page = wants_page(&request);
    let method = request.method().clone();
    let route = request.match_pattern().filter(|route| route.contains('{')).unwrap_or_default();
    let mut response = next.call(request).await?.map_into_boxed_body();
    let failed = response.status().is_client_error() || response.status().is_server_error();
    let problem = response.response().extensions().get::<Problem>().cloned();
    let sessions = |access: Access| !matches!(access, Access::Public);
    let named = routes::find(method.as_str(), &route).is_some_and(|route| sessions(route.access));
    if named && problem.as_ref().is_some_and(|problem| problem.code == NOT_FOUND) {
        // Who tries ids is seen here; the answer does not tell which of the two it was.
        tracing::info!(request.id = %id, http.method = %method, http.route = route, "asked for what is not there, or not theirs");
    }
    if let Some(problem) = problem {
        response = replace(&renderer, response, &problem, id, wants_page);
    } else if failed && !is_problem(&response) && !is_page(&response) {
        // A library answered by itself (a path that did not decode, a payload error): say it in our words.
        let problem = Problem::new(nearest(response.status()));
        response = replace(&renderer, response, &problem, id, wants_page);
    }
    if response.status() == StatusCode::INTERNAL_SERVER_ERROR {
        tracing::error!(request.id = %id, http.method = %method, "answered 500");
    }
    security_headers(&mut response, services.base_url.starts_with("https://"));
    Ok(response)
}

fn replace(
    renderer: &Renderer,
    response: ServiceResponse<BoxBody>,
    problem: &Problem,
    id: uuid::Uuid,
    wants_page: bool,
) -> ServiceResponse<BoxBody> {
    let instance = id.to_string();
    let (request, old) = response.into_parts();
    if wants_page && problem.code == UNAUTHENTICATED && request.method() == Method::GET {
        let staff = routes::find("GET", &request.match_pattern().unwrap_or_default())
            .is_some_and(|route| matches!(route.access, Access::Staff(_)));
        let target = if staff { "/sign-in" } else { "/q" };
        let answer = HttpResponse::SeeOther().insert_header((header::LOCATION, target)).finish();
        return ServiceResponse::new(request, answer);
    }
    let mut builder = HttpResponse::build(problem.status_code());
    for name in [header::RETRY_AFTER, header::ALLOW] {
        if let Some(value) = old.headers().get(&name) {
            builder.insert_header((name, value.clone()));
        }
    }
    let answer = if wants_page {
        let body = page::error_page(renderer, &request, problem, &instance);
        builder.insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8")).body(body)
    } else {
        builder
            .insert_header((header::CONTENT_TYPE, "application/problem+json"))
            .body(problem.json(Some(&instance)))
    };
    ServiceResponse::new(request, answer)
}

fn accepts(request: &HttpRequest, kind: &str) -> bool {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains(kind))
}

/// Whether a program asks that wants its problems as JSON, also from an address that answers with pages.
pub fn wants_json(request: &HttpRequest) -> bool {
    accepts(request, "json") && !accepts(request, "text/html")
}

fn wants_page(request: &ServiceRequest) -> bool {
    let pattern = request.match_pattern().unwrap_or_default();
    match routes::all().find(|route| route.path == pattern) {
        Some(route) => route.answers == Answers::Page && !wants_json(request.request()),
        None => accepts(request.request(), "text/html"),
    }
}

fn content_type(response: &ServiceResponse<BoxBody>) -> &str {
    response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn is_problem(response: &ServiceResponse<BoxBody>) -> bool {
    content_type(response).starts_with("application/problem+json")
}

fn is_page(response: &ServiceResponse<BoxBody>) -> bool {
    content_type(response).starts_with("text/html")
}

fn security_headers(response: &mut ServiceResponse<BoxBody>, https: bool) {
    let headers = response.headers_mut();
    let mut default = |name: HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    default(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    default(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(header::REFERRER_POLICY, "no-referrer");
    default(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    default(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    default(header::CACHE_CONTROL, "no-store");
    if https {
        default(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains");
    }
}

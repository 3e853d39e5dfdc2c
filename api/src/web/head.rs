//! What the head of a request may hold: a long address, many parameters or many headers are refused before anything is
//! done with them.

use super::problem::{MALFORMED_REQUEST, Problem};
use actix_web::{
    Error, ResponseError as _,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};

/// The longest address, in bytes, path and parameters together.
const ADDRESS: usize = 2 * 1024;
/// The most parameters of an address.
const PARAMETERS: usize = 100;
/// The most bytes of all headers.
const HEADERS: usize = 16 * 1024;

/// What is too much, in words.
fn too_much(request: &ServiceRequest) -> Option<String> {
    let (address, query) = (request.uri().to_string(), request.query_string());
    let headers: usize =
        request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if address.len() > ADDRESS {
        Some(format!("The address is too long: at most {ADDRESS} bytes."))
    } else if query.split('&').count() > PARAMETERS {
        Some(format!("The address has too many parameters: at most {PARAMETERS}."))
    } else if headers > HEADERS {
        Some(format!("The headers are too large: at most {HEADERS} bytes together."))
    } else {
        None
    }
}

/// Refuses requests whose head holds too much.
///
/// # Errors
/// Only what the rest of the service raises.
pub async fn within(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match too_much(&request) {
        None => next.call(request).await.map(ServiceResponse::map_into_boxed_body),
        Some(words) => {
            Ok(request.into_response(Problem::new(MALFORMED_REQUEST).detail(words).error_response()))
        }
    }
}

//! How much is done at once: more requests than can be answered in time are turned away at the door, with 503 and a
//! word when to come again, before they cost anything; and a handler that panics is answered with 500.

use super::problem::{INTERNAL, OVERLOADED, Problem};
use actix_web::{
    Error, ResponseError as _,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web::Data,
};
use futures_util::FutureExt as _;
use std::{
    panic::AssertUnwindSafe,
    sync::atomic::{AtomicIsize, Ordering},
};

/// Requests that are worked on at this moment, in all threads. One whose body has yet to arrive is not among them, so
/// that slow clients keep nobody else away.
#[derive(Debug)]
pub struct Load {
    working: AtomicIsize,
    most: isize,
}

impl Default for Load {
    fn default() -> Self {
        Self::at_most(256)
    }
}

impl Load {
    /// So many requests at once and no more.
    #[must_use]
    pub const fn at_most(most: isize) -> Self {
        Self { working: AtomicIsize::new(0), most }
    }
    /// One more; false when that is more than the most.
    pub(super) fn begin(&self) -> bool {
        self.working.fetch_add(1, Ordering::Relaxed) < self.most
    }
    /// One less.
    pub(super) fn end(&self) {
        self.working.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Counts one request until it is answered, or its client has gone.
struct Working(Data<Load>);

impl Drop for Working {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Turns requests away while too many are worked on. Questions about the health of the process are always answered.
///
/// # Errors
/// Only what the rest of the service raises.
pub async fn bounded(
    load: Data<Load>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let room = load.begin();
    let _working = Working(load);
    if room || request.path().starts_with("/health/") {
        return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    }
    let busy = Problem { retry_after: Some(2), ..Problem::new(OVERLOADED) };
    Ok(request.into_response(busy.detail("Please try again in a moment.").error_response()))
}

/// Answers for a handler that panics, so that its client hears of it and has the request's id.
///
/// # Errors
/// Only what the handler raises.
pub async fn caught(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let asked = request.request().clone();
    match AssertUnwindSafe(next.call(request)).catch_unwind().await {
        Ok(answered) => answered.map(ServiceResponse::map_into_boxed_body),
        Err(_) => Ok(ServiceResponse::new(asked, Problem::new(INTERNAL).error_response())),
    }
}

//! Errors towards clients: one table of codes, `application/problem+json` for programs (RFC 9457), a page for people.
//!
//! To add a code: add a line to [`CODES`] and a section to `docs/problems.md`; a test holds the two together.

use crate::usecases::{FieldError, UseCaseError};
use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use serde::Serialize;
use std::fmt;

/// One kind of problem: `(code, status, title)`. The code is also the last part of `type`.
pub type Code = (&'static str, u16, &'static str);

macro_rules! codes {
    ($($name:ident = ($code:literal, $status:literal, $title:literal)),+ $(,)?) => {
        $(#[doc = $title] pub const $name: Code = ($code, $status, $title);)+
        /// Every problem that a client can meet.
        pub const CODES: &[Code] = &[$($name),+];
    };
}

codes! {
    MALFORMED_REQUEST = ("malformed-request", 400, "The request could not be read"),
    IDEMPOTENCY_KEY_MISSING = ("idempotency-key-missing", 400, "The form does not say that it is new"),
    UNAUTHENTICATED = ("unauthenticated", 401, "Sign in first"),
    STEP_UP_REQUIRED = ("step-up-required", 403, "Confirm with a code first"),
    FORBIDDEN = ("forbidden", 403, "You are not allowed to do this"),
    CSRF_REJECTED = ("csrf-rejected", 403, "This form did not come from our own page"),
    NOT_FOUND = ("not-found", 404, "There is nothing here"),
    LINK_NOT_USABLE = ("link-not-usable", 404, "This link cannot be used"),
    METHOD_NOT_ALLOWED = ("method-not-allowed", 405, "This address does not take that method"),
    REQUEST_TIMEOUT = ("request-timeout", 408, "The request took too long to arrive"),
    ALREADY_SUBMITTED = ("already-submitted", 409, "This has been submitted already"),
    STATE_CONFLICT = ("state-conflict", 409, "This cannot be done now"),
    QUOTA_EXCEEDED = ("quota-exceeded", 409, "A limit is reached"),
    VERSION_CONFLICT = ("version-conflict", 412, "Somebody changed this in between"),
    PAYLOAD_TOO_LARGE = ("payload-too-large", 413, "This is too large"),
    UNSUPPORTED_MEDIA_TYPE = ("unsupported-media-type", 415, "This kind of content is not taken here"),
    VALIDATION_FAILED = ("validation-failed", 422, "Something needs to be corrected"),
    CODE_NOT_ACCEPTED = ("code-not-accepted", 422, "The code was not accepted"),
    FILE_NOT_ALLOWED = ("file-not-allowed", 422, "This kind of file is not taken"),
    INCOMPLETE = ("incomplete", 422, "Something required is missing"),
    IDEMPOTENCY_KEY_REUSED = ("idempotency-key-reused", 422, "This form was used for something else"),
    PRECONDITION_REQUIRED = ("precondition-required", 428, "The form does not say what it was made from"),
    RATE_LIMITED = ("rate-limited", 429, "Too many requests"),
    INTERNAL = ("internal", 500, "Something went wrong on our side"),
    OVERLOADED = ("overloaded", 503, "We are busy"),
    DEPENDENCY_DOWN = ("dependency-down", 503, "A part of the service is away"),
    STORAGE_FULL = ("storage-full", 503, "Storage is full"),
}

/// The code for a status that a library answered by itself: where the table has no row for it, the nearest one.
#[must_use]
pub fn nearest(status: StatusCode) -> Code {
    match status.as_u16() {
        401 => UNAUTHENTICATED,
        403 => FORBIDDEN,
        404 | 410 => NOT_FOUND,
        405 => METHOD_NOT_ALLOWED,
        408 => REQUEST_TIMEOUT,
        409 => STATE_CONFLICT,
        412 => VERSION_CONFLICT,
        413 => PAYLOAD_TOO_LARGE,
        415 => UNSUPPORTED_MEDIA_TYPE,
        422 => VALIDATION_FAILED,
        428 => PRECONDITION_REQUIRED,
        429 => RATE_LIMITED,
        503 | 504 => OVERLOADED,
        507 => STORAGE_FULL,
        400..=499 => MALFORMED_REQUEST,
        _ => INTERNAL,
    }
}

/// One problem of one request.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Which kind.
    pub code: Code,
    /// A sentence for people; never internal text.
    pub detail: Option<String>,
    /// Faults of single inputs.
    pub errors: Vec<FieldError>,
    /// The value stored now, after a version conflict.
    pub current: Option<serde_json::Value>,
    /// Seconds to wait before trying again.
    pub retry_after: Option<u64>,
    /// Methods that the address takes, for 405.
    pub allow: Option<String>,
}

impl Problem {
    /// A problem of this kind, with nothing more to say.
    #[must_use]
    pub const fn new(code: Code) -> Self {
        Self { code, detail: None, errors: Vec::new(), current: None, retry_after: None, allow: None }
    }
    /// Says what happened and what to do.
    #[must_use]
    pub fn detail(mut self, text: impl Into<String>) -> Self {
        self.detail = Some(text.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.0)
    }
}

impl From<UseCaseError> for Problem {
    fn from(error: UseCaseError) -> Self {
        use UseCaseError as E;
        match error {
            E::Unauthenticated => Self::new(UNAUTHENTICATED),
            E::StepUpRequired => Self::new(STEP_UP_REQUIRED),
            E::Forbidden => Self::new(FORBIDDEN)
                .detail("Your role does not allow this. An admin of your organisation can change roles."),
            E::NotFound => Self::new(NOT_FOUND),
            E::LinkNotUsable => Self::new(LINK_NOT_USABLE),
            E::AlreadySubmitted => Self::new(ALREADY_SUBMITTED)
                .detail("The questionnaire has been handed in, so its answers cannot be changed now."),
            E::StateConflict(why) => Self::new(STATE_CONFLICT).detail(why),
            E::QuotaExceeded(why) => Self::new(QUOTA_EXCEEDED).detail(why),
            E::VersionConflict(current) => Self {
                current: current.map(|now| {
                    serde_json::json!({"rev": now.rev, "value": now.value, "note": now.note, "by": now.by, "at": now.at})
                }),
                ..Self::new(VERSION_CONFLICT)
                    .detail("Somebody else saved while you were here. Nothing was overwritten; look at what is there now.")
            },
            E::TooLarge(why) => Self::new(PAYLOAD_TOO_LARGE).detail(why),
            E::Invalid(errors) => Self { errors, ..Self::new(VALIDATION_FAILED) },
            E::CodeNotAccepted => Self::new(CODE_NOT_ACCEPTED)
                .detail("The code is wrong, too old, or was used already. Ask for a new one."),
            E::FileNotAllowed(why) => Self::new(FILE_NOT_ALLOWED).detail(why),
            E::Incomplete(errors) => Self { errors, ..Self::new(INCOMPLETE) },
            E::IdempotencyKeyMissing => Self::new(IDEMPOTENCY_KEY_MISSING)
                .detail("The form has no key of its own, so that sending it twice would count twice. Reload the page and send it again."),
            E::IdempotencyKeyReused => Self::new(IDEMPOTENCY_KEY_REUSED)
                .detail("This form was already sent with other content. Reload the page and try again."),
            E::RateLimited { retry_after } => Self {
                retry_after: Some(retry_after),
                ..Self::new(RATE_LIMITED).detail(format!("Please wait {retry_after} seconds and try again."))
            },
            E::Overloaded => Self { retry_after: Some(2), ..Self::new(OVERLOADED) }.detail("Please try again in a moment."),
            E::DependencyDown => Self { retry_after: Some(5), ..Self::new(DEPENDENCY_DOWN) }.detail(
                "Our storage does not answer just now. What you sent may not have been saved; please try again.",
            ),
            E::StorageFull => Self { retry_after: Some(60), ..Self::new(STORAGE_FULL) }.detail(
                "There is no room for this just now. Whoever runs the service has to make some; please send it again then.",
            ),
            E::Internal(cause) => {
                // The one place where a fault of ours is logged with its cause; clients never see it.
                tracing::error!(error.chain = format!("{cause:#}"), "internal error");
                Self::new(INTERNAL)
            }
        }
    }
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Pointer<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<&'a serde_json::Value>,
}

#[derive(Serialize)]
struct Pointer<'a> {
    pointer: &'a str,
    code: &'a str,
    detail: &'a str,
}

impl Problem {
    /// The JSON body; `instance` is the request's id.
    #[must_use]
    pub fn json(&self, instance: Option<&str>) -> String {
        let body = Body {
            r#type: format!("/problems/{}", self.code.0),
            title: self.code.2,
            status: self.code.1,
            code: self.code.0,
            detail: self.detail.as_deref(),
            instance,
            errors: self
                .errors
                .iter()
                .map(|e| Pointer { pointer: &e.pointer, code: e.code, detail: &e.message })
                .collect(),
            current: self.current.as_ref(),
        };
        serde_json::to_string(&body).unwrap_or_else(|_| format!("{{\"code\":\"{}\"}}", self.code.0))
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.code.1).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
    /// The JSON form. The problem itself travels in the response's extensions, so that `error_page` can replace the
    /// body by a page where a person is looking, and add the request's id.
    fn error_response(&self) -> HttpResponse {
        let mut builder = HttpResponse::build(self.status_code());
        builder.insert_header((header::CONTENT_TYPE, "application/problem+json"));
        if let Some(seconds) = self.retry_after {
            builder.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        if let Some(allow) = &self.allow {
            builder.insert_header((header::ALLOW, allow.clone()));
        }
        let mut response = builder.body(self.json(None));
        response.extensions_mut().insert(self.clone());
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_of_a_library_keeps_its_row_or_takes_the_nearest() {
        for (_, status, _) in CODES {
            assert_eq!(nearest(StatusCode::from_u16(*status).unwrap()).1, *status);
        }
        for (status, code) in [(403, FORBIDDEN), (409, STATE_CONFLICT), (422, VALIDATION_FAILED)] {
            assert_eq!(nearest(StatusCode::from_u16(status).unwrap()), code);
        }
        for (status, code) in [(402, MALFORMED_REQUEST), (414, MALFORMED_REQUEST), (431, MALFORMED_REQUEST)] {
            assert_eq!(nearest(StatusCode::from_u16(status).unwrap()), code);
        }
        for (status, code) in [(501, INTERNAL), (504, OVERLOADED), (507, STORAGE_FULL)] {
            assert_eq!(nearest(StatusCode::from_u16(status).unwrap()), code);
        }
    }

    #[test]
    fn every_code_is_unique_and_documented() {
        let docs = include_str!("../../../docs/problems.md");
        let mut seen = std::collections::BTreeSet::new();
        for (code, status, _) in CODES {
            assert!(seen.insert(code), "{code} twice");
            assert!(
                docs.contains(&format!("## {code} ({status})")),
                "docs/problems.md has no section for {code}"
            );
        }
    }
}

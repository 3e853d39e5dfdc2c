//! Form bodies: bounded, decoded once, proven to come from our own page, and without a field that the page's form does
//! not have, before a handler sees any of it.

use super::{
    body,
    guard::FormToken,
    problem::{CSRF_REJECTED, MALFORMED_REQUEST, PRECONDITION_REQUIRED, Problem, UNSUPPORTED_MEDIA_TYPE},
    routes,
};
use crate::{
    auth::secret::same,
    usecases::{FieldError, UseCaseError},
};
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, dev::Payload};
use futures_util::future::LocalBoxFuture;
use std::{collections::BTreeSet, str::FromStr};

/// The most a form may hold; one answer with its note fits sixteen times over.
pub const FORM_LIMIT: usize = 256 * 1024;

/// A revision that no record ever has: it matches nothing, so the save is a conflict.
const NO_REVISION: i64 = -1;

/// The decoded fields of a form, in the order sent. Repeated names are kept.
#[derive(Clone, Debug, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Wraps decoded pairs (for uploads, whose fields come by multipart).
    #[must_use]
    pub fn from_pairs(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }
    /// The first value of `name`, or the empty text.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.optional(name).unwrap_or_default()
    }
    /// The first value of `name`, if the field was sent.
    #[must_use]
    pub fn optional(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
    /// The first value of `name`, if it was sent and is not blank.
    #[must_use]
    pub fn filled(&self, name: &str) -> Option<&str> {
        self.optional(name).filter(|value| !value.trim().is_empty())
    }
    /// Every value of `name`.
    #[must_use]
    pub fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(n, _)| n == name).map(|(_, value)| value.clone()).collect()
    }
    /// Whether a box named `name` was ticked.
    #[must_use]
    pub fn ticked(&self, name: &str) -> bool {
        self.optional(name).is_some()
    }
    /// The first value of `name`, read as a `T`.
    #[must_use]
    pub fn parsed<T: FromStr>(&self, name: &str) -> Option<T> {
        self.optional(name).and_then(|value| value.trim().parse().ok())
    }
    /// The revision that the form was made from. A text that is no revision of ours matches none.
    ///
    /// # Errors
    /// `precondition-required` without one; `validation-failed` for `*`, which would match any.
    pub fn revision(&self, name: &str) -> Result<i64, Problem> {
        match self.filled(name).map(str::trim) {
            None => Err(Problem::new(PRECONDITION_REQUIRED).detail(
                "The form does not say which revision it was made from. Reload the page and try again.",
            )),
            Some("*") => {
                let words = "Say which revision the form was made from; \"*\" is none";
                Err(UseCaseError::field(name, "invalid", words).into())
            }
            Some(text) => Ok(text.parse().ok().filter(|revision| *revision >= 0).unwrap_or(NO_REVISION)),
        }
    }
    fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
    /// Every pair, for forms with names of their own such as `rows.0.company`.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// A form of a page behind a session: its `csrf` field must be the session's own.
#[derive(Clone, Debug)]
pub struct CsrfForm(pub Fields);

/// A form of a page that needs no session (sign-in, link page). The guard has checked where it came from.
#[derive(Clone, Debug)]
pub struct OpenForm(pub Fields);

async fn fields(request: &HttpRequest, mut payload: Payload) -> Result<Fields, Problem> {
    if request.content_type() != "application/x-www-form-urlencoded" {
        return Err(Problem::new(UNSUPPORTED_MEDIA_TYPE));
    }
    let body = body::bounded(&mut payload, FORM_LIMIT).await?;
    decode(&body).ok_or_else(|| Problem::new(MALFORMED_REQUEST).detail("The form is not valid UTF-8."))
}

/// Refuses a form with a field that the form of this address does not have: nobody can slip in a column.
///
/// # Errors
/// `validation-failed` that names each such field.
pub fn refuse_unknown<'a>(
    request: &HttpRequest,
    names: impl IntoIterator<Item = &'a str>,
) -> Result<(), Problem> {
    let route = routes::find("POST", &request.match_pattern().unwrap_or_default());
    let unknown: BTreeSet<&str> =
        names.into_iter().filter(|name| !route.is_some_and(|route| route.has_field(name))).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let fault = |name: &str| {
        let name: String = name.chars().take(100).collect();
        FieldError::new(
            name.clone(),
            "unknown_field",
            format!("This form has no field \u{201c}{name}\u{201d}."),
        )
    };
    Err(UseCaseError::Invalid(unknown.into_iter().map(fault).collect()).into())
}

/// Decodes `application/x-www-form-urlencoded`; none when a value is not UTF-8 or an escape is cut off.
pub(super) fn decode(body: &[u8]) -> Option<Fields> {
    let text = std::str::from_utf8(body).ok()?;
    let mut pairs = Vec::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        pairs.push((unescape(name)?, unescape(value)?));
    }
    Some(Fields(pairs))
}

fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = char::from(rest.next()?).to_digit(16)?;
                let low = char::from(rest.next()?).to_digit(16)?;
                u8::try_from(high * 16 + low).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

impl FromRequest for OpenForm {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;
    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let fields = fields(&request, payload).await?;
            refuse_unknown(&request, fields.names())?;
            Ok(OpenForm(fields))
        })
    }
}

impl FromRequest for CsrfForm {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;
    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let expected = request.extensions().get::<FormToken>().cloned();
            let fields = fields(&request, payload).await?;
            check_token(expected.as_ref(), fields.text("csrf"))?;
            refuse_unknown(&request, fields.names())?;
            Ok(CsrfForm(fields))
        })
    }
}

/// Compares the token of a form with the session's.
///
/// # Errors
/// `csrf-rejected` when it is missing or another's.
pub fn check_token(expected: Option<&FormToken>, sent: &str) -> Result<(), Problem> {
    if expected.is_some_and(|token| same(&token.0, sent)) {
        return Ok(());
    }
    Err(Problem::new(CSRF_REJECTED)
        .detail("Your session changed while this page was open. Go back, reload the page and send it again."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_decoded_once_and_repeated_names_are_kept() {
        let fields = decode("choice=a&choice=b%26c&note=two+words%0A&csrf=".as_bytes()).unwrap();
        assert_eq!(fields.all("choice"), ["a", "b&c"]);
        assert_eq!(fields.text("note"), "two words\n");
        assert_eq!(fields.filled("csrf"), None);
        assert!(decode(b"a=%f").is_none() && decode(b"a=%ff").is_none());
    }

    #[test]
    fn c_04_a_revision_is_a_number_of_ours_or_matches_nothing() {
        let sent = |text: &str| Fields(vec![("revision".to_owned(), text.to_owned())]).revision("revision");
        assert_eq!(sent(" 3 ").unwrap(), 3);
        for foreign in ["W/\"1\"", "-1", "1.5", "\"1\"", "99999999999999999999"] {
            assert_eq!(sent(foreign).unwrap(), NO_REVISION, "{foreign}");
        }
        assert_eq!(sent("*").unwrap_err().code.0, "validation-failed");
        assert_eq!(sent("").unwrap_err().code.0, "precondition-required");
        assert_eq!(Fields::default().revision("revision").unwrap_err().code.0, "precondition-required");
    }
}

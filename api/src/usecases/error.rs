//! How a use-case can fail. Front ends turn each kind into one status, one stable code and one page.

use crate::store::StoreError;
use thiserror::Error;

/// One fault of one input, for the form that shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name in the form, or a JSON pointer.
    pub pointer: String,
    /// A stable word for programs: `required`, `too_long`, `unknown_option` ...
    pub code: &'static str,
    /// What is wrong and what to do, for people.
    pub message: String,
}

impl FieldError {
    /// A fault of the field `pointer`.
    #[must_use]
    pub fn new(pointer: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code, message: message.into() }
    }
}

/// The answer that is stored now, when somebody saved in between.
#[derive(Clone, Debug)]
pub struct CurrentAnswer {
    /// Its revision.
    pub rev: i64,
    /// Its value, as stored.
    pub value: Option<serde_json::Value>,
    /// The words beside it.
    pub note: Option<String>,
    /// Who saved it, by name.
    pub by: String,
    /// When.
    pub at: chrono::DateTime<chrono::Utc>,
}

/// Why a use-case did not do what was asked. Nothing was changed.
#[derive(Debug, Error)]
pub enum UseCaseError {
    /// Nobody is signed in, or the session has ended.
    #[error("not signed in")]
    Unauthenticated,
    /// The link is right, but this browser has not given a one-time code.
    #[error("a one-time code is needed first")]
    StepUpRequired,
    /// The record is visible, the act is not allowed.
    #[error("not allowed")]
    Forbidden,
    /// Absent, or not visible to the caller: the two cannot be told apart.
    #[error("not found")]
    NotFound,
    /// Unknown, wrong, expired, revoked, closed or superseded link: one answer for all.
    #[error("the link cannot be used")]
    LinkNotUsable,
    /// The questionnaire has been handed in; nothing can be changed now.
    #[error("already submitted")]
    AlreadySubmitted,
    /// The lifecycle does not allow the step now; the text says why.
    #[error("{0}")]
    StateConflict(String),
    /// A limit on size or number is reached; the text says which.
    #[error("{0}")]
    QuotaExceeded(String),
    /// Somebody saved in between.
    #[error("changed in between")]
    VersionConflict(Option<Box<CurrentAnswer>>),
    /// Too large; the text says the limit.
    #[error("{0}")]
    TooLarge(String),
    /// Inputs are at fault; every fault is listed.
    #[error("invalid input")]
    Invalid(Vec<FieldError>),
    /// Wrong, expired, used or exhausted code: one answer for all.
    #[error("the code was not accepted")]
    CodeNotAccepted,
    /// The file's type or name is not on the allow-list; the text says what is.
    #[error("{0}")]
    FileNotAllowed(String),
    /// Something required is missing; every missing thing is listed.
    #[error("incomplete")]
    Incomplete(Vec<FieldError>),
    /// An act that must not be done twice came without its idempotency key.
    #[error("the idempotency key is missing")]
    IdempotencyKeyMissing,
    /// The idempotency key was used for something else.
    #[error("the idempotency key was used for something else")]
    IdempotencyKeyReused,
    /// Too often; try again after so many seconds.
    #[error("too many tries")]
    RateLimited {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// No capacity now.
    #[error("overloaded")]
    Overloaded,
    /// The database cannot be reached, or a disk fails.
    #[error("storage is away")]
    DependencyDown,
    /// The disk is full.
    #[error("storage is full")]
    StorageFull,
    /// A fault of ours; logged with its cause, never shown.
    #[error("internal error")]
    Internal(#[source] anyhow::Error),
}

impl UseCaseError {
    /// One field is at fault.
    #[must_use]
    pub fn field(pointer: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(pointer, code, message)])
    }
    /// The lifecycle does not allow it; `why` is a sentence for people.
    #[must_use]
    pub fn conflict(why: impl Into<String>) -> Self {
        Self::StateConflict(why.into())
    }
    /// A fault of ours.
    #[must_use]
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        Self::Internal(anyhow::anyhow!("{cause}"))
    }
}

impl From<StoreError> for UseCaseError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::NotFound,
            StoreError::VersionConflict => Self::VersionConflict(None),
            StoreError::Duplicate(_) => Self::conflict("This exists already."),
            StoreError::Busy => Self::Overloaded,
            StoreError::Away => Self::DependencyDown,
            StoreError::Full => Self::StorageFull,
            other => Self::Internal(other.into()),
        }
    }
}

impl From<crate::domain::assessment::InvalidTransition> for UseCaseError {
    fn from(refused: crate::domain::assessment::InvalidTransition) -> Self {
        Self::conflict(sentence(&refused.to_string()))
    }
}

impl From<crate::domain::finding::InvalidFindingStep> for UseCaseError {
    fn from(refused: crate::domain::finding::InvalidFindingStep) -> Self {
        Self::conflict(sentence(&refused.to_string()))
    }
}

/// Collects field faults, so that a form shows them all at once.
#[derive(Debug, Default)]
pub struct Faults(Vec<FieldError>);

impl Faults {
    /// Notes a fault.
    pub fn add(&mut self, pointer: impl Into<String>, code: &'static str, message: impl Into<String>) {
        self.0.push(FieldError::new(pointer, code, message));
    }
    /// A required text of at most `max` characters, trimmed; notes a fault otherwise.
    pub fn required(&mut self, pointer: &str, label: &str, text: &str, max: usize) -> String {
        let text = text.trim();
        if text.is_empty() {
            self.add(pointer, "required", format!("Enter {label}"));
        }
        self.bounded(pointer, label, text, max)
    }
    /// As [`Self::required`], and in one line: for names, which mails carry in their subjects and headers.
    pub fn one_line(&mut self, pointer: &str, label: &str, text: &str, max: usize) -> String {
        let text = self.required(pointer, label, text, max);
        if text.chars().any(|c| c != '\0' && (c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))) {
            self.add(pointer, "not_text", format!("Write {label} in one line"));
        }
        text
    }
    /// An optional text of at most `max` characters, trimmed; empty is none.
    pub fn optional(&mut self, pointer: &str, label: &str, text: Option<&str>, max: usize) -> Option<String> {
        let text = text.map(str::trim).filter(|text| !text.is_empty())?;
        Some(self.bounded(pointer, label, text, max))
    }
    fn bounded(&mut self, pointer: &str, label: &str, text: &str, max: usize) -> String {
        if text.chars().count() > max {
            self.add(pointer, "too_long", format!("Shorten {label} to at most {max} characters"));
        }
        if text.contains('\0') {
            self.add(pointer, "not_text", format!("Remove the invisible characters from {label}"));
        }
        text.to_owned()
    }
    /// Goes on only when there is no fault.
    ///
    /// # Errors
    /// [`UseCaseError::Invalid`] with all of them.
    pub fn finish(self) -> Result<(), UseCaseError> {
        if self.0.is_empty() { Ok(()) } else { Err(UseCaseError::Invalid(self.0)) }
    }
}

fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), characters.as_str()))
}

//! Evidence: taking in files and links, using them beside answers and actions, and giving them out again.

use super::{
    Result, UseCaseError,
    answers::{begin_answering, require_open},
    ctx::PortalCtx,
    idempotency::{Once, once},
    library,
};
use crate::{
    blobs::{BlobError, Stored, Upload},
    domain::{
        answer::day,
        assessment::AssessmentState,
        evidence::{
            ALLOWED_IN_WORDS, EvidenceKind, FileKind, MAX_FILE_BYTES, MAX_PIECES, MAX_TOTAL_BYTES,
            check_link, clean_name, clean_title,
        },
        finding::ActionState,
        ids::{ActionId, AssessmentId, CitationId, EvidenceId, FindingId},
        sheet::CitationRow,
    },
    store::{
        Scoped, answers as answer_rows,
        evidence::{self as store, NewEvidence},
        findings,
    },
};
use chrono::NaiveDate;
use serde_json::json;
use std::{collections::BTreeSet, fmt};

/// What a piece of evidence supports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Supports {
    /// The answers to these questions.
    Answers(BTreeSet<String>),
    /// The assessment as a whole: a document that is sent instead of answers.
    Assessment,
    /// The agreed action of this finding.
    Finding(FindingId),
}

impl Supports {
    /// The answer to one question.
    #[must_use]
    pub fn answer(question: String) -> Self {
        Self::Answers(BTreeSet::from([question]))
    }
}

impl fmt::Display for Supports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answers(questions) => {
                let questions: Vec<&str> = questions.iter().map(String::as_str).collect();
                write!(f, "answer {}", questions.join(" "))
            }
            Self::Assessment => write!(f, "assessment"),
            Self::Finding(finding) => write!(f, "finding {finding}"),
        }
    }
}

/// A file on its way in.
#[derive(Debug)]
pub struct Incoming {
    upload: Upload,
    name: String,
    kind: FileKind,
    supports: Supports,
}

impl Incoming {
    /// Takes in the next bytes.
    ///
    /// # Errors
    /// [`UseCaseError::TooLarge`] before anything beyond the limit is written; [`UseCaseError::StorageFull`].
    pub async fn write(&mut self, chunk: &[u8]) -> Result<()> {
        self.upload.write(chunk).await.map_err(refused)
    }
}

/// What a store of bytes that refuses means for whoever asked.
pub(super) fn refused(error: BlobError) -> UseCaseError {
    match error {
        BlobError::TooLarge(limit) => UseCaseError::TooLarge(format!(
            "A file may have at most {} MB. Nothing was kept.",
            limit / 1_048_576
        )),
        BlobError::Empty => UseCaseError::field("file", "empty", "The file is empty. Choose another one"),
        BlobError::NotAllowed(why) => {
            UseCaseError::FileNotAllowed(format!("{why}. These are taken: {ALLOWED_IN_WORDS}."))
        }
        BlobError::Full => UseCaseError::StorageFull,
        BlobError::Io(cause) => {
            tracing::error!(error = %cause, "the evidence folder fails");
            UseCaseError::DependencyDown
        }
    }
}

/// Begins to take in a file: name, state, quota and room on the disk are checked before the first byte is read, and
/// state and quota again when it is kept.
///
/// # Errors
/// [`UseCaseError::FileNotAllowed`], [`UseCaseError::QuotaExceeded`], [`UseCaseError::AlreadySubmitted`],
/// [`UseCaseError::NotFound`], [`UseCaseError::StorageFull`].
pub async fn begin_upload(ctx: &PortalCtx, supports: Supports, sent_name: &str) -> Result<Incoming> {
    let name = clean_name(sent_name);
    if name.is_empty() {
        return Err(UseCaseError::field("file", "required", "Choose a file"));
    }
    let kind = FileKind::claimed_by(&name).ok_or_else(|| {
        UseCaseError::FileNotAllowed(format!(
            "Files of this kind are not taken. These are: {ALLOWED_IN_WORDS}."
        ))
    })?;
    let s = ctx.scope();
    let assessment = answer_rows::assessment(s, ctx.assessment()).await?.ok_or(UseCaseError::NotFound)?;
    place(ctx, s, &supports, assessment.state).await?;
    check_room(store::used(s, ctx.assessment()).await?, 1)?;
    ctx.services().room.require_mark().map_err(refused)?;
    let upload = ctx.services().blobs.begin(&ctx.services().surroundings, MAX_FILE_BYTES).map_err(refused)?;
    Ok(Incoming { upload, name, kind, supports })
}

fn check_room((pieces, bytes): (u64, u64), more: u64) -> Result<()> {
    if pieces >= MAX_PIECES {
        return Err(UseCaseError::QuotaExceeded(format!(
            "{MAX_PIECES} pieces of evidence are the most. Remove one first; answers can still be saved."
        )));
    }
    if bytes + more > MAX_TOTAL_BYTES {
        return Err(UseCaseError::QuotaExceeded(format!(
            "All files together may have {} MB. Add a link instead; answers can still be saved.",
            MAX_TOTAL_BYTES / 1_048_576
        )));
    }
    Ok(())
}

/// Keeps the file that came in and uses it where it was added. The bytes are durable before the row is written. `key`
/// makes a repeated form harmless.
///
/// # Errors
/// As [`begin_upload`], and [`UseCaseError::FileNotAllowed`] when the content is not what the name says.
pub async fn finish_upload(
    ctx: &PortalCtx,
    incoming: Incoming,
    valid_until: &str,
    key: &str,
) -> Result<EvidenceId> {
    let valid_until = last_day(valid_until)?;
    let Incoming { upload, name, kind, supports } = incoming;
    let stored = upload.finish(kind).await.map_err(refused)?;
    let bytes = stored.key.clone();
    let new = New { supports, name, content: Content::File(kind, stored), valid_until };
    let kept = keep(ctx, new, key).await;
    if !matches!(kept, Ok(Kept { again: false, .. })) {
        // No row was written, so nothing names the bytes.
        if let Err(error) = ctx.services().blobs.discard(&bytes).await {
            tracing::warn!(error = %error, "bytes of a refused upload stay behind");
        }
    }
    kept.map(|kept| kept.id)
}

/// Adds a link as evidence. `key` makes a repeated form harmless.
///
/// # Errors
/// [`UseCaseError::Invalid`] for anything but a plain https address; otherwise as [`begin_upload`].
pub async fn add_link(
    ctx: &PortalCtx,
    supports: Supports,
    url: &str,
    title: &str,
    valid_until: &str,
    key: &str,
) -> Result<EvidenceId> {
    let url = check_link(url).map_err(|why| UseCaseError::field("url", "invalid", why))?;
    let title = clean_title(title);
    let name = if title.is_empty() { url.chars().take(255).collect() } else { title };
    let valid_until = last_day(valid_until)?;
    let new = New { supports, name, content: Content::Link(url), valid_until };
    keep(ctx, new, key).await.map(|kept| kept.id)
}

fn last_day(text: &str) -> Result<Option<NaiveDate>> {
    match text.trim() {
        "" => Ok(None),
        typed => day(typed).map(Some).ok_or_else(|| {
            UseCaseError::field(
                "valid_until",
                "not_a_date",
                "Write the date as year-month-day, such as 2026-11-22",
            )
        }),
    }
}

enum Content {
    File(FileKind, Stored),
    Link(String),
}

/// A piece of evidence before it is kept.
struct New {
    supports: Supports,
    name: String,
    content: Content,
    valid_until: Option<NaiveDate>,
}

/// A piece of evidence that is kept.
struct Kept {
    id: EvidenceId,
    /// The same form was sent before, and this is what it added.
    again: bool,
}

async fn keep(ctx: &PortalCtx, new: New, key: &str) -> Result<Kept> {
    let New { supports, name, content, valid_until } = new;
    let id: EvidenceId = ctx.id();
    let (scope, size, what) = match &content {
        Content::File(_, stored) => ("evidence.upload", stored.size, &stored.sha256),
        Content::Link(url) => ("evidence.link", 0, url),
    };
    let request = json!([supports.to_string(), name, what, valid_until]);
    let mut tx = ctx.begin_write().await?;
    if let Once::Before(id) = once(&mut tx, ctx, scope, key, &request, &json!(id)).await? {
        let id = serde_json::from_value(id).map_err(UseCaseError::internal)?;
        return Ok(Kept { id, again: true });
    }
    let state = answer_rows::lock(&tx, ctx.assessment()).await?;
    let citations = place(ctx, &tx, &supports, state).await?;
    check_room(store::used(&tx, ctx.assessment()).await?, size)?;
    let assessment = answer_rows::assessment(&tx, ctx.assessment()).await?.ok_or(UseCaseError::NotFound)?;
    let mut new = NewEvidence {
        id,
        vendor: assessment.vendor_id,
        assessment: ctx.assessment(),
        kind: EvidenceKind::Link,
        name: name.clone(),
        media_type: None,
        stored: None,
        url: None,
        valid_until,
        by: ctx.respondent().id,
        at: ctx.now(),
    };
    let mut after = json!({"name": name});
    match content {
        Content::Link(url) => new.url = Some(url),
        Content::File(kind, stored) => {
            new.kind = EvidenceKind::File;
            new.media_type = Some(kind.media_type());
            after = json!({"name": name, "sha256": stored.sha256, "bytes": stored.size});
            new.stored = Some((stored.key, stored.size, stored.sha256));
        }
    }
    store::insert(&mut tx, new).await?;
    store::cite(&mut tx, ctx.assessment(), id, citations, ctx.now()).await?;
    begin_answering(&mut tx, ctx.assessment(), state).await?;
    tx.commit(ctx.event("evidence.added", "evidence", id).after(after)).await?;
    Ok(Kept { id, again: false })
}

/// Where new uses go, once it is sure that something can be added there while the assessment is in this state.
async fn place(
    ctx: &PortalCtx,
    s: &impl Scoped,
    supports: &Supports,
    state: AssessmentState,
) -> Result<Vec<CitationRow>> {
    let new = |question_id, action_id| CitationRow { id: ctx.id(), question_id, action_id };
    match supports {
        Supports::Answers(questions) => {
            let pinned = library::pinned(s, ctx.assessment()).await?;
            let asked = |question: &String| {
                pinned.iter().any(|one| one.asks_vendor() && one.definition.question(question).is_some())
            };
            if !questions.iter().all(asked) {
                return Err(UseCaseError::NotFound);
            }
            require_open(s, ctx.assessment(), state, questions).await?;
            Ok(questions.iter().map(|question| new(Some(question.clone()), None)).collect())
        }
        Supports::Assessment => {
            require_open_whole(s, ctx.assessment(), state).await?;
            Ok(vec![new(None, None)])
        }
        Supports::Finding(finding) => {
            let action = open_action(ctx, s, *finding).await?;
            Ok(vec![new(None, Some(action))])
        }
    }
}

/// Documents for the assessment as a whole are taken while something can be answered, with replies too.
async fn require_open_whole(s: &impl Scoped, id: AssessmentId, state: AssessmentState) -> Result<()> {
    match state.open_to_vendor() {
        true => Ok(()),
        // No question, so that the state alone decides.
        false => require_open(s, id, state, [""]).await,
    }
}

/// The action of a finding that still takes proof.
async fn open_action(ctx: &PortalCtx, s: &impl Scoped, finding: FindingId) -> Result<ActionId> {
    let found = findings::finding(s, finding).await?;
    let found = found.filter(|f| f.assessment_id == ctx.assessment() && f.sent_at.is_some());
    found.ok_or(UseCaseError::NotFound)?;
    let newest = findings::actions(s, &[finding]).await?.pop();
    let newest =
        newest.ok_or_else(|| UseCaseError::conflict("Say first what you will do, then add the proof."))?;
    match newest.state {
        ActionState::Reported | ActionState::Verified => {
            Err(UseCaseError::conflict("This was reported done, so its proof cannot be changed now."))
        }
        ActionState::Agreed | ActionState::Started | ActionState::Rejected => Ok(newest.id),
    }
}

/// Uses evidence that is on the shelf already: everywhere that is named, or nowhere. Where it is used already nothing
/// changes. `key` makes a repeated form harmless.
///
/// # Errors
/// [`UseCaseError::NotFound`] when it is not this assessment's; otherwise as [`begin_upload`].
pub async fn reuse(ctx: &PortalCtx, supports: Supports, evidence: EvidenceId, key: &str) -> Result<()> {
    let mut tx = ctx.begin_write().await?;
    let request = json!([supports.to_string(), evidence]);
    if once(&mut tx, ctx, "evidence.reuse", key, &request, &json!(null)).await? != Once::First {
        return Ok(());
    }
    let state = answer_rows::lock(&tx, ctx.assessment()).await?;
    let citations = place(ctx, &tx, &supports, state).await?;
    let pieces = store::of_assessment(&tx, ctx.assessment()).await?;
    let piece = pieces.into_iter().find(|piece| piece.id == evidence).ok_or(UseCaseError::NotFound)?;
    let again = |new: &CitationRow| {
        piece.citations.iter().any(|c| c.question_id == new.question_id && c.action_id == new.action_id)
    };
    let new: Vec<CitationRow> = citations.into_iter().filter(|citation| !again(citation)).collect();
    if new.is_empty() {
        return Ok(());
    }
    store::cite(&mut tx, ctx.assessment(), evidence, new, ctx.now()).await?;
    begin_answering(&mut tx, ctx.assessment(), state).await?;
    tx.commit(ctx.event("evidence.cited", "evidence", evidence)).await?;
    Ok(())
}

/// Takes a use back; the evidence stays on the shelf.
///
/// # Errors
/// [`UseCaseError::NotFound`]; [`UseCaseError::AlreadySubmitted`] when what it supports was handed in.
pub async fn remove_citation(ctx: &PortalCtx, id: CitationId) -> Result<()> {
    let mut tx = ctx.begin_write().await?;
    let found = store::citation(&tx, id).await?;
    let (_, evidence, cited) =
        found.filter(|(of, ..)| *of == ctx.assessment()).ok_or(UseCaseError::NotFound)?;
    let state = answer_rows::lock(&tx, ctx.assessment()).await?;
    match (&cited.question_id, cited.action_id) {
        (Some(question), _) => require_open(&tx, ctx.assessment(), state, [question]).await?,
        (None, None) => require_open_whole(&tx, ctx.assessment(), state).await?,
        (None, Some(_)) => {}
    }
    if let Some(action) = cited.action_id {
        let lines = findings::of_assessment(&tx, ctx.assessment()).await?;
        let ids: Vec<FindingId> = lines.iter().map(|finding| finding.id).collect();
        let actions = findings::actions(&tx, &ids).await?;
        let closed = actions
            .iter()
            .any(|a| a.id == action && matches!(a.state, ActionState::Reported | ActionState::Verified));
        if closed {
            return Err(UseCaseError::conflict(
                "This was reported done, so its proof cannot be changed now.",
            ));
        }
    }
    store::remove_citation(&mut tx, id, ctx.now()).await?;
    tx.commit(ctx.event("evidence.uncited", "evidence", evidence)).await?;
    Ok(())
}

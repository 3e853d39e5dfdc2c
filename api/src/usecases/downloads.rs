//! Evidence out: a ticket for one file, one person and one minute, and the file for the ticket.
//!
//! Who may see a file is asked twice, when the ticket is made and when it is used. The address of the bytes opens
//! nothing without its ticket, so what stays in a browser's history, or is passed on, is worth nothing.

use super::{
    Result, Services, UseCaseError,
    ctx::{Ctx, PortalCtx},
    keys,
};
use crate::{
    auth::jwt::TokenKind,
    domain::{
        Permission,
        evidence::{Shown, shown_as},
        ids::{AssessmentId, EvidenceId},
        sheet::EvidenceRow,
    },
    store::evidence as store,
};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt as _;

/// A file on its way out.
#[derive(Debug)]
pub struct Download {
    /// As shown.
    pub name: String,
    /// What the content is.
    pub media_type: Option<String>,
    /// How many bytes.
    pub size: u64,
    /// The bytes it begins with: a file that cannot be read at all is refused before it is begun.
    pub first: Vec<u8>,
    /// The other bytes.
    pub rest: tokio::fs::File,
}

/// The next bytes of a file on its way out; none at its end.
///
/// # Errors
/// When the disk fails.
pub async fn next_bytes(file: &mut tokio::fs::File) -> std::io::Result<Vec<u8>> {
    let mut buffer = vec![0; 64 * 1024];
    let read = file.read(&mut buffer).await?;
    buffer.truncate(read);
    Ok(buffer)
}

async fn download(services: &Services, piece: EvidenceRow) -> Result<Download> {
    let key = piece.storage_key.ok_or(UseCaseError::NotFound)?;
    let mut file = services.blobs.open(&key).await.map_err(|error| {
        tracing::error!(evidence.id = %piece.id, error = %error, "evidence cannot be opened");
        UseCaseError::conflict("This file cannot be read now. The operator has been told.")
    })?;
    let first = next_bytes(&mut file).await.map_err(|error| {
        tracing::error!(evidence.id = %piece.id, error = %error, "evidence cannot be read");
        UseCaseError::DependencyDown
    })?;
    let size = piece.size.unwrap_or(0);
    Ok(Download { name: piece.name, media_type: piece.media_type, size, first, rest: file })
}

/// How long a ticket opens a file, in seconds.
pub const TICKET_SECONDS: i64 = 60;

/// How far two machines' clocks may be apart, in seconds.
const CLOCKS_APART: i64 = 30;

/// What a ticket says: who may fetch which file, until when.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ticket {
    iss: String,
    aud: String,
    sub: String,
    /// First second in which it counts, since 1970; strictly a whole number, as is `exp`.
    nbf: u64,
    /// First second in which it does not.
    exp: u64,
    evidence: EvidenceId,
}

fn user(ctx: &Ctx) -> String {
    format!("user:{}", ctx.user().id)
}

fn respondent(ctx: &PortalCtx) -> String {
    format!("respondent:{}", ctx.respondent().id)
}

async fn ticket(services: &Services, sub: String, evidence: EvidenceId) -> Result<String> {
    let second = |at: i64| u64::try_from(at).map_err(UseCaseError::internal);
    let now = services.now().timestamp();
    let ticket = Ticket {
        iss: services.base_url.to_string(),
        aud: TokenKind::Download.audience().to_owned(),
        sub,
        nbf: second(now - CLOCKS_APART)?,
        exp: second(now + TICKET_SECONDS)?,
        evidence,
    };
    keys::sign(services, TokenKind::Download, &ticket).await
}

/// Any fault of a ticket is the same answer as a file that does not exist.
async fn check(services: &Services, presented: &str, sub: &str, evidence: EvidenceId) -> Result<()> {
    let ticket: Ticket = match keys::verify(services, TokenKind::Download, presented).await {
        Err(UseCaseError::Unauthenticated) => return Err(UseCaseError::NotFound),
        other => other?,
    };
    let now = u64::try_from(services.now().timestamp()).map_err(UseCaseError::internal)?;
    let good = ticket.sub == sub && ticket.evidence == evidence && ticket.nbf <= now && now < ticket.exp;
    if good { Ok(()) } else { Err(UseCaseError::NotFound) }
}

async fn own_piece(ctx: &PortalCtx, id: EvidenceId) -> Result<EvidenceRow> {
    let found = store::piece(ctx.scope(), id).await?;
    let (_, piece) = found.filter(|(of, _)| *of == ctx.assessment()).ok_or(UseCaseError::NotFound)?;
    if piece.storage_key.is_some() { Ok(piece) } else { Err(UseCaseError::NotFound) }
}

/// A ticket for a file of the respondent's own assessment.
///
/// # Errors
/// [`UseCaseError::NotFound`] for links and for files of any other assessment.
pub async fn ticket_for_respondent(ctx: &PortalCtx, id: EvidenceId) -> Result<String> {
    own_piece(ctx, id).await?;
    ticket(ctx.services(), respondent(ctx), id).await
}

/// A ticket for a user who judges the file.
///
/// # Errors
/// [`UseCaseError::NotFound`] for links and for files of any other tenant; [`UseCaseError::Forbidden`].
pub async fn ticket_for_user(ctx: &Ctx, id: EvidenceId) -> Result<String> {
    ctx.require(Permission::Read)?;
    let (_, piece) = store::piece(ctx.scope(), id).await?.ok_or(UseCaseError::NotFound)?;
    piece.storage_key.ok_or(UseCaseError::NotFound)?;
    ticket(ctx.services(), user(ctx), id).await
}

/// A ticket for a user who looks at the file beside the answer.
///
/// # Errors
/// As [`ticket_for_user`]; [`UseCaseError::NotFound`] too for files that are only downloaded.
pub async fn ticket_to_show(ctx: &Ctx, id: EvidenceId) -> Result<String> {
    ctx.require(Permission::Read)?;
    let (_, piece) = store::piece(ctx.scope(), id).await?.ok_or(UseCaseError::NotFound)?;
    shown_as(piece.media_type.as_deref()).ok_or(UseCaseError::NotFound)?;
    ticket(ctx.services(), user(ctx), id).await
}

/// A file of the respondent's own assessment, for the ticket that was made for it (Z-05).
///
/// # Errors
/// [`UseCaseError::NotFound`] for every ticket but that one, for links, and for files of any other assessment.
pub async fn read(ctx: &PortalCtx, id: EvidenceId, presented: &str) -> Result<Download> {
    check(ctx.services(), presented, &respondent(ctx), id).await?;
    download(ctx.services(), own_piece(ctx, id).await?).await
}

/// A file, for a user who judges it, for the ticket that was made for it. Every download is audited.
///
/// # Errors
/// [`UseCaseError::NotFound`] for every ticket but that one; [`UseCaseError::Forbidden`].
pub async fn read_as_user(ctx: &Ctx, id: EvidenceId, presented: &str) -> Result<Download> {
    let (assessment, piece) = piece_for_ticket(ctx, id, presented).await?;
    let file = download(ctx.services(), piece).await?;
    let tx = ctx.begin_write().await?;
    tx.commit(ctx.event("evidence.downloaded", "evidence", id).on_assessment(assessment)).await?;
    Ok(file)
}

/// A file that a page shows, for a user who judges it, for the ticket that was made for it; and how it is shown. Every
/// time is audited.
///
/// # Errors
/// As [`read_as_user`]; [`UseCaseError::NotFound`] too for files that are only downloaded.
pub async fn show(ctx: &Ctx, id: EvidenceId, presented: &str) -> Result<(Shown, Download)> {
    let (assessment, piece) = piece_for_ticket(ctx, id, presented).await?;
    let shown = shown_as(piece.media_type.as_deref()).ok_or(UseCaseError::NotFound)?;
    let file = download(ctx.services(), piece).await?;
    let tx = ctx.begin_write().await?;
    tx.commit(ctx.event("evidence.shown", "evidence", id).on_assessment(assessment)).await?;
    Ok((shown, file))
}

async fn piece_for_ticket(ctx: &Ctx, id: EvidenceId, presented: &str) -> Result<(AssessmentId, EvidenceRow)> {
    ctx.require(Permission::Read)?;
    check(ctx.services(), presented, &user(ctx), id).await?;
    store::piece(ctx.scope(), id).await?.ok_or(UseCaseError::NotFound)
}

//! Receipts: made from what is stored, signed on request, and verified by anybody who has the file.
//!
//! What a receipt says is fixed by an immutable submission or snapshot, so it is not kept: asked for again it is made
//! again, signed by the key of the day.

use super::{Ctx, PortalCtx, Result, Services, UseCaseError, keys, scores};
use crate::{
    auth::jwt::{self, TokenKind},
    domain::{
        Permission,
        ids::{AssessmentId, Id as _},
        receipt::{
            About, Asked, Attested, Checked, Claims, HandedIn, OfSnapshot, ReceiptFile, ScoreParts,
            ScoreReceipt, SubmissionReceipt, check_part, check_score,
        },
        remediation::Case,
        signing_key::PublicKey,
    },
    store::{
        answers::{self as rows, SubmissionRow},
        cases, scores as snapshots,
    },
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A receipt ready to be saved.
#[derive(Clone, Debug)]
pub struct Saved {
    /// File name.
    pub name: String,
    /// JSON, indented.
    pub text: String,
}

/// What the file of a receipt holds beside what is signed.
struct Beside {
    answers: Value,
    respondent_view: Option<Value>,
}

fn handed_in(row: &SubmissionRow) -> Result<(HandedIn, Beside)> {
    #[derive(Deserialize)]
    struct Head {
        questionnaires: Vec<Pinned>,
    }
    #[derive(Deserialize)]
    struct Pinned {
        id: String,
        version: String,
    }
    let answers: Value = serde_json::from_str(&row.answers).map_err(UseCaseError::internal)?;
    let head = Head::deserialize(&answers).map_err(UseCaseError::internal)?;
    let view = row.respondent_view.as_deref().map(serde_json::from_str).transpose();
    let asked = head.questionnaires.into_iter().map(|one| Asked { id: one.id, version: one.version });
    let handed_in = HandedIn {
        number: row.number,
        submitted_at: row.submitted_at,
        as_of: row.as_of,
        questionnaires: asked.collect(),
        respondent_view_sha256: row.respondent_view_sha256.clone(),
        answers_sha256: row.sha256.clone(),
        attestation: Attested {
            name: row.attested_name.clone(),
            role: row.attested_role.clone(),
            statement: row.attested_text.clone(),
        },
    };
    Ok((handed_in, Beside { answers, respondent_view: view.map_err(UseCaseError::internal)? }))
}

fn about(organisation: &str, case: Case) -> About {
    About {
        organisation: organisation.to_owned(),
        vendor: case.vendor,
        service: case.service,
        reference: case.assessment.reference,
    }
}

async fn signed(
    services: &Services,
    kind: TokenKind,
    receipt: &impl Serialize,
    beside: Beside,
    name: String,
) -> Result<Saved> {
    let jws = keys::sign(services, kind, receipt).await?;
    let receipt = serde_json::to_value(receipt).map_err(UseCaseError::internal)?;
    let Beside { answers, respondent_view } = beside;
    let file = ReceiptFile { receipt, answers, respondent_view, jws };
    let text = serde_json::to_string_pretty(&file).map_err(UseCaseError::internal)?;
    Ok(Saved { name, text: format!("{text}\n") })
}

fn claims(
    services: &Services,
    kind: TokenKind,
    sub: uuid::Uuid,
    at: chrono::DateTime<chrono::Utc>,
) -> Claims {
    Claims { iss: services.base_url.to_string(), aud: kind.audience().to_owned(), sub, iat: at.timestamp() }
}

/// The vendor's receipt of the newest submission.
///
/// # Errors
/// [`UseCaseError::NotFound`] before the first submission.
pub async fn of_submission(ctx: &PortalCtx) -> Result<Saved> {
    let (s, id) = (ctx.scope(), ctx.assessment());
    let row = rows::latest_submission(s, id).await?.ok_or(UseCaseError::NotFound)?;
    let case = cases::case(s, id).await?.ok_or(UseCaseError::NotFound)?;
    let about = about(&ctx.tenant().name, case);
    let (submission, beside) = handed_in(&row)?;
    let name = format!("submission-receipt-{}-{}.json", about.reference, row.number);
    let kind = TokenKind::SubmissionReceipt;
    let claims = claims(ctx.services(), kind, row.id.uuid(), row.submitted_at);
    signed(ctx.services(), kind, &SubmissionReceipt::new(claims, about, submission), beside, name).await
}

/// The tenant's receipt of one stored score.
///
/// # Errors
/// [`UseCaseError::NotFound`]; [`UseCaseError::Forbidden`] without the right to read.
pub async fn of_score(ctx: &Ctx, id: AssessmentId, number: i32) -> Result<Saved> {
    ctx.require(Permission::Read)?;
    let s = ctx.scope();
    let case = cases::case(s, id).await?.ok_or(UseCaseError::NotFound)?;
    let snapshot = snapshots::snapshot(s, id, number).await?.ok_or(UseCaseError::NotFound)?;
    let row = rows::submission(s, id, snapshot.submission_number).await?.ok_or(UseCaseError::NotFound)?;
    let definitions = scores::definitions_of(s, &snapshot.inputs).await?;
    let (submission, beside) = handed_in(&row)?;
    let kind = TokenKind::ScoreReceipt;
    let claims = claims(ctx.services(), kind, snapshot.id.uuid(), snapshot.created_at);
    let parts = ScoreParts {
        about: about(&ctx.tenant().name, case),
        submission,
        snapshot: OfSnapshot { number, reason: snapshot.reason.to_string(), created_at: snapshot.created_at },
        inputs: snapshot.inputs,
        definitions: &definitions,
        score: &snapshot.score,
    };
    let name = format!("score-receipt-{}-{number}.json", parts.about.reference);
    let receipt = ScoreReceipt::new(claims, parts).map_err(UseCaseError::internal)?;
    signed(ctx.services(), kind, &receipt, beside, name).await
}

/// What was found out about a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// What it is and what it is about, line by line.
    pub about: Vec<String>,
    /// Everything that was checked.
    pub checks: Vec<Checked>,
    /// What holds and still has to be known.
    pub warnings: Vec<String>,
}

/// Why nothing could be checked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotVerify {
    /// It is no receipt.
    #[error("this is no receipt: {0}")]
    NoReceipt(String),
    /// The key that it names is not among those given.
    #[error(
        "the key {kid} that signed it is not among the keys given; save the page {keys} of who you have it from, and \
         name the file with --jwks"
    )]
    UnknownKey {
        /// Its id.
        kid: String,
        /// Where the issuer publishes its keys.
        keys: String,
    },
}

/// Verifies a receipt, a file as it was saved or the signed text alone, against published keys. Needs no installation.
///
/// # Errors
/// [`CannotVerify`]; what could be checked and does not hold is in the result.
pub fn verify(text: &str, keys: &[PublicKey]) -> std::result::Result<Verified, CannotVerify> {
    let none = |why: &str| CannotVerify::NoReceipt(why.to_owned());
    let text = text.trim();
    let file = match text.starts_with('{') {
        true => Some(serde_json::from_str::<ReceiptFile>(text).map_err(|error| none(&error.to_string()))?),
        false => None,
    };
    let jws = file.as_ref().map_or(text, |file| file.jws.as_str());
    let Some((kind @ (TokenKind::SubmissionReceipt | TokenKind::ScoreReceipt), kid)) = jwt::claimed(jws)
    else {
        return Err(none("nothing in it is signed as one"));
    };
    let Some(key) = keys.iter().find(|key| key.kid == kid) else {
        let issuer = file.as_ref().and_then(|file| file.receipt["iss"].as_str()).unwrap_or("https://...");
        return Err(CannotVerify::UnknownKey { kid, keys: format!("{issuer}/.well-known/jwks.json") });
    };
    let payload: Value = match jwt::verify(kind, jws, key, None) {
        Ok(payload) => payload,
        Err(error) => {
            let checks = vec![Checked::broken("signature", error.to_string())];
            return Ok(Verified { about: Vec::new(), checks, warnings: Vec::new() });
        }
    };
    let mut checks = vec![Checked::held("signature", format!("key {kid}"))];
    if file.as_ref().is_some_and(|file| file.receipt != payload) {
        checks.push(Checked::broken("readable part", "it is not what was signed"));
    }
    let form = |error: serde_json::Error| Checked::broken("form", error.to_string());
    let mut about = Vec::new();
    let mut parts_of = |head: (&About, &HandedIn, &str, &str), checks: &mut Vec<Checked>| {
        about = lines(head);
        let hash = "so its hash was not compared.";
        match &file {
            Some(file) => checks.push(check_part("answers", &file.answers, &head.1.answers_sha256)),
            None => about.push(format!("The answers are not in this file, {hash}")),
        }
        match file.as_ref().and_then(|file| file.respondent_view.as_ref()) {
            Some(view) => checks.push(check_part("respondent's view", view, &head.1.respondent_view_sha256)),
            None => about.push(format!("What the respondents saw is not in this file, {hash}")),
        }
    };
    // It is a receipt of that moment, and of no other.
    let made = |iat: i64, at: DateTime<Utc>| {
        (iat != at.timestamp())
            .then(|| Checked::broken("form", "it was signed for another time than it says"))
    };
    match kind {
        TokenKind::ScoreReceipt => match serde_json::from_value::<ScoreReceipt>(payload) {
            Ok(receipt) => {
                let what = format!("Score receipt, snapshot {}", receipt.snapshot.number);
                parts_of((&receipt.about, &receipt.submission, &what, &receipt.iss), &mut checks);
                checks.extend(made(receipt.iat, receipt.snapshot.created_at));
                checks.extend(check_score(&receipt));
            }
            Err(error) => checks.push(form(error)),
        },
        _ => match serde_json::from_value::<SubmissionReceipt>(payload) {
            Ok(receipt) => {
                let head = (&receipt.about, &receipt.submission, "Submission receipt", &*receipt.iss);
                parts_of(head, &mut checks);
                checks.extend(made(receipt.iat, receipt.submission.submitted_at));
            }
            Err(error) => checks.push(form(error)),
        },
    }
    let revoked = key.revoked_at.map(|at| {
        format!(
            "Its key may have been in other hands since {}: ask who signed it whether this receipt is theirs.",
            at.format("%Y-%m-%d %H:%M UTC")
        )
    });
    Ok(Verified { about, checks, warnings: revoked.into_iter().collect() })
}

fn lines((about, submission, what, issuer): (&About, &HandedIn, &str, &str)) -> Vec<String> {
    let asked: Vec<String> =
        submission.questionnaires.iter().map(|one| format!("{} {}", one.id, one.version)).collect();
    vec![
        format!("{what} of {} for {}, {}", about.organisation, about.vendor, about.service),
        format!("{}, submission {}, signed by {issuer}", about.reference, submission.number),
        format!("Questionnaires: {}", asked.join(", ")),
        format!(
            "Stated by {}, {}, on {}",
            submission.attestation.name,
            submission.attestation.role,
            submission.submitted_at.format("%Y-%m-%d %H:%M UTC")
        ),
    ]
}

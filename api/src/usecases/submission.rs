//! Handing in: sections called ready, the named attestation, the immutable submission and what it sets off.

use super::{
    Result, UseCaseError,
    answers::{check_mutation, load},
    ctx::PortalCtx,
    deliveries::{AMENDMENT_ASKED, Recipient, queue_mail, tell_staff},
    error::{Faults, FieldError},
    respondents::{active_leads, respondent_of},
    scores,
};
use crate::{
    domain::{
        assessment::{Assessment, AssessmentEvent, AssessmentState, InvitationState},
        ids::{AssessmentId, SubmissionId},
        job::Job,
        remediation::Decision,
        sheet::{ReadyRow, Sheet},
        vendor::normalised,
    },
    store::{
        self, Scoped, WriteTx,
        answers::{self as rows, Reliance, SubmissionRow},
        idempotency::{self, Earlier},
    },
};
use questionnaires::definition::catalog::canonical_json;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// What a respondent states by handing in; `vendor` is the organisation answered for.
#[must_use]
pub fn statement(vendor: &str) -> Vec<String> {
    vec![
        format!("I am allowed to answer for {vendor}."),
        "To the best of my knowledge the answers are true and complete. What is blank is blank on purpose."
            .to_owned(),
    ]
}

/// Calls a section ready.
///
/// # Errors
/// [`UseCaseError::NotFound`]; [`UseCaseError::Incomplete`] with every question that is blank or needs a note;
/// [`UseCaseError::AlreadySubmitted`].
pub async fn mark_ready(ctx: &PortalCtx, questionnaire: &str, section: &str) -> Result<()> {
    let mut tx = ctx.begin_write().await?;
    refuse_closed(rows::lock(&tx, ctx.assessment()).await?)?;
    let sheet = load(&tx, ctx.assessment(), ctx.today()).await?;
    let at = sheet.section_at(questionnaire, section).ok_or(UseCaseError::NotFound)?;
    let found = sheet.sections.get(at).ok_or(UseCaseError::NotFound)?;
    if !found.can_be_ready() {
        let blank = found.questions.iter().filter(|q| !q.done).map(|q| {
            FieldError::new(
                &q.id,
                "blank",
                format!("Question {} has no answer. \"We do not know\" is one.", q.number),
            )
        });
        let noteless = found.questions.iter().filter(|q| found.missing_notes.contains(&q.id));
        let noteless = noteless.map(|q| {
            FieldError::new(
                &q.id,
                "note_missing",
                format!("The answer to question {} needs a note.", q.number),
            )
        });
        return Err(UseCaseError::Incomplete(blank.chain(noteless).collect()));
    }
    let row = ReadyRow { questionnaire_id: questionnaire.to_owned(), section_id: section.to_owned() };
    let id = ctx.services().surroundings.uuid();
    rows::set_ready(&mut tx, id, ctx.assessment(), &row, ctx.respondent().id, ctx.now()).await?;
    let event = ctx.event("section.ready", "assessment", ctx.assessment());
    tx.commit(event.after(json!({"questionnaire": questionnaire, "section": section}))).await?;
    Ok(())
}

fn refuse_closed(state: AssessmentState) -> Result<()> {
    match state {
        AssessmentState::Submitted | AssessmentState::InReview | AssessmentState::Decided => {
            Err(UseCaseError::AlreadySubmitted)
        }
        AssessmentState::Sent | AssessmentState::InProgress | AssessmentState::Returned => Ok(()),
        AssessmentState::Draft | AssessmentState::Expired | AssessmentState::Cancelled => {
            Err(UseCaseError::conflict("This questionnaire is closed."))
        }
    }
}

/// The attestation as the form sends it.
#[derive(Clone, Debug)]
pub struct Attestation {
    /// Made with the form: the same form sent twice is one submission.
    pub key: String,
    /// Who states it.
    pub name: String,
    /// As what.
    pub role: String,
    /// Whether the statement was ticked.
    pub agreed: bool,
}

/// Hands in everything that is shown now, with a named attestation, and gives the submission's number. Used for the
/// first hand-in and for the replies to clarifications.
///
/// # Errors
/// [`UseCaseError::Unauthenticated`] once the respondent's link has ended; [`UseCaseError::Forbidden`] for helpers;
/// [`UseCaseError::Invalid`] without name, role or agreement; [`UseCaseError::Incomplete`] with every required question
/// that is blank; [`UseCaseError::AlreadySubmitted`];
/// [`UseCaseError::StateConflict`] before the first answer.
pub async fn submit(ctx: &PortalCtx, input: Attestation) -> Result<i32> {
    if !ctx.respondent().is_lead {
        return Err(UseCaseError::Forbidden);
    }
    check_mutation(&input.key)?;
    let id = ctx.assessment();
    let mut tx = ctx.begin_write().await?;
    let state = rows::lock(&tx, id).await?;
    // Whoever revokes the link meanwhile waits or has been waited for.
    let (_, own_link) = respondent_of(&tx, id, ctx.respondent().id).await?;
    if own_link.state != InvitationState::Active {
        return Err(UseCaseError::Unauthenticated);
    }
    let scope = format!("submit:{id}");
    let hash = idempotency::hash_of(&json!({"name": input.name, "role": input.role, "agreed": input.agreed}));
    match idempotency::earlier(&tx, &scope, &input.key, &hash).await? {
        Earlier::Same(response) => {
            return Ok(response.as_i64().and_then(|n| i32::try_from(n).ok()).unwrap_or(1));
        }
        Earlier::Different => return Err(UseCaseError::IdempotencyKeyReused),
        Earlier::None => {}
    }
    refuse_closed(state)?;
    if state == AssessmentState::Sent {
        return Err(UseCaseError::conflict("Nothing has been answered yet, so there is nothing to hand in."));
    }
    let mut faults = Faults::default();
    let name = faults.one_line("name", "your full name", &input.name, 100);
    let role = faults.one_line("role", "your role", &input.role, 100);
    if !input.agreed {
        faults.add("agree", "required", "Tick the box to state this");
    }
    faults.finish()?;
    let today = ctx.today();
    let sheet = load(&tx, id, today).await?;
    let unsaved = sheet.asked_again().filter(|asked| {
        sheet.answer(&asked.question_id).is_none_or(|row| row.saved_at < asked.sent_at)
            && !sheet.evidence_of(&asked.question_id).any(|piece| piece.added_at >= asked.sent_at)
    });
    let unsaved: Vec<FieldError> = unsaved
        .map(|asked| {
            let number = sheet.place_of(&asked.question_id).map(|(_, q)| q.number.clone());
            FieldError::new(
                &asked.question_id,
                "no_reply",
                format!(
                    "Question {} has no saved reply yet. Change the answer or write a note, save it, then send.",
                    number.unwrap_or_else(|| asked.question_id.clone())
                ),
            )
        })
        .collect();
    if !unsaved.is_empty() {
        return Err(UseCaseError::Incomplete(unsaved));
    }
    if !sheet.missing.required.is_empty() {
        let missing = sheet.missing.required.iter().map(|question| {
            let number = sheet.place_of(question).map(|(_, q)| q.number.clone()).unwrap_or_default();
            FieldError::new(
                question,
                "required",
                format!("Question {number} has to be answered before you can send."),
            )
        });
        return Err(UseCaseError::Incomplete(missing.collect()));
    }
    let row = submission_row(ctx, &sheet, name, role)?;
    let (number, sha256, view) = (row.number, row.sha256.clone(), row.respondent_view_sha256.clone());
    let submission = row.id;
    rows::insert_submission(&mut tx, row).await?;
    let mut assessment = store::assessments::assessment(&tx, id).await?.ok_or(UseCaseError::NotFound)?;
    assessment.state = state.after(AssessmentEvent::Submit)?;
    assessment.submission_number = number;
    assessment.submitted_at = Some(ctx.now());
    store::assessments::update(&mut tx, &assessment).await?;
    rows::answer_clarifications(&mut tx, id, ctx.now()).await?;
    let reliance =
        reliance_of(&sheet).into_iter().map(|one| (ctx.services().surroundings.uuid(), one)).collect();
    rows::replace_reliance(&mut tx, id, assessment.vendor_id, reliance).await?;
    // Its version has risen by the update.
    let assessment = store::assessments::assessment(&tx, id).await?.ok_or(UseCaseError::NotFound)?;
    scores::snapshot_at_submission(&mut tx, ctx.id(), &assessment, today, ctx.now()).await?;
    tell_everybody(ctx, &mut tx, &assessment, number).await?;
    let record = ctx.services().surroundings.uuid();
    idempotency::remember(&mut tx, record, &scope, &input.key, hash, json!(number), ctx.now()).await?;
    let event = ctx.event("assessment.submitted", "submission", submission);
    tx.commit(event.after(json!({"number": number, "sha256": sha256, "respondent_view_sha256": view})))
        .await?;
    Ok(number)
}

fn submission_row(ctx: &PortalCtx, sheet: &Sheet, name: String, role: String) -> Result<SubmissionRow> {
    let about = &sheet.rows.assessment;
    let number = about.submission_number + 1;
    let as_of = ctx.today();
    let answers = canonical_json(&sheet.handed_in(number, as_of)).map_err(UseCaseError::internal)?;
    let view = canonical_json(&sheet.respondent_view()).map_err(UseCaseError::internal)?;
    Ok(SubmissionRow {
        id: ctx.id::<SubmissionId>(),
        assessment: about.id,
        number,
        sha256: hex::encode(Sha256::digest(answers.as_bytes())),
        respondent_view_sha256: hex::encode(Sha256::digest(view.as_bytes())),
        respondent_view: Some(view),
        answers,
        attested_name: name,
        attested_role: role,
        attested_text: statement(&about.vendor).join(" "),
        submitted_by: ctx.respondent().id,
        submitted_at: ctx.now(),
        as_of,
    })
}

/// Tables whose rows are kept so that "which vendors rely on X?" can be answered (`questionnaire-format.md`).
const RELIANCE: &[(&str, &str)] = &[("AIT-SYS-05", "model"), ("SEC-SUP-06", "subprocessor")];

fn reliance_of(sheet: &Sheet) -> Vec<Reliance> {
    let mut found = Vec::new();
    for &(question, kind) in RELIANCE {
        if sheet.place_of(question).is_none() {
            continue;
        }
        let value = sheet.answer(question).and_then(|row| row.value.as_ref());
        let rows = value.and_then(|value| value.get("rows")).and_then(Value::as_array);
        for row in rows.into_iter().flatten() {
            let name = row.get("name").and_then(Value::as_str).unwrap_or_default().trim().to_owned();
            if name.is_empty() {
                continue;
            }
            let name_normalised = normalised(&name);
            found.push(Reliance {
                kind,
                name_normalised,
                name,
                question: question.to_owned(),
                row: row.clone(),
            });
        }
    }
    found
}

async fn tell_everybody(
    ctx: &PortalCtx,
    tx: &mut WriteTx,
    assessment: &Assessment,
    number: i32,
) -> Result<()> {
    let id = assessment.id;
    for (respondent, _) in active_leads(tx, id).await? {
        let job = Job::MailSubmitted { assessment: id, respondent: respondent.id, number };
        let dedup = format!("submitted:{id}:{number}:{}", respondent.id);
        queue_mail(tx, ctx.services(), &job, &Recipient::respondent(&respondent), Some(dedup)).await?;
    }
    let job = |user| Job::MailSubmissionArrived { assessment: id, user, number };
    tell_staff(tx, ctx.services(), assessment, job, &format!("arrived:{id}:{number}")).await
}

/// Asks the buyer to open the submission again. Once for each submission; the buyer agrees or goes on.
///
/// # Errors
/// [`UseCaseError::Forbidden`] for helpers; [`UseCaseError::Invalid`] without a reason;
/// [`UseCaseError::StateConflict`] when nothing is submitted, the review has begun, or it was asked already.
pub async fn ask_to_amend(ctx: &PortalCtx, reason: &str) -> Result<()> {
    if !ctx.respondent().is_lead {
        return Err(UseCaseError::Forbidden);
    }
    let mut faults = Faults::default();
    let reason = faults.required("reason", "what you would like to change, and why", reason, 2_000);
    faults.finish()?;
    let id = ctx.assessment();
    let mut tx = ctx.begin_write().await?;
    if rows::lock(&tx, id).await? != AssessmentState::Submitted {
        return Err(UseCaseError::conflict(
            "This can be asked after you have submitted and before the review begins.",
        ));
    }
    let assessment = store::assessments::assessment(&tx, id).await?.ok_or(UseCaseError::NotFound)?;
    let number = assessment.submission_number;
    if asked_to_amend(&tx, id, number).await? {
        return Err(UseCaseError::conflict("This was asked already. You get a mail when the buyer agrees."));
    }
    let job = |user| Job::MailAmendmentAsked { assessment: id, user };
    tell_staff(&mut tx, ctx.services(), &assessment, job, &format!("amend:{id}:{number}")).await?;
    let event = ctx.event(AMENDMENT_ASKED, "assessment", id);
    tx.commit(event.after(json!({"submission": number, "reason": reason}))).await?;
    Ok(())
}

async fn asked_to_amend(s: &impl Scoped, id: AssessmentId, number: i32) -> Result<bool> {
    let asked = store::timeline::latest(s, id, AMENDMENT_ASKED).await?;
    Ok(asked.is_some_and(|after| after["submission"] == json!(number)))
}

/// The newest submission with what the receipt page says about it.
#[derive(Clone, Debug)]
pub struct HandedIn {
    /// What was submitted.
    pub submission: SubmissionRow,
    /// The sheet as it is now.
    pub sheet: Sheet,
    /// Whether the vendor has asked to amend it.
    pub amendment_asked: bool,
    /// How it ended, once decided.
    pub decision: Option<Decision>,
}

/// The newest submission, for the receipt page.
///
/// # Errors
/// [`UseCaseError::NotFound`] before the first submission.
pub async fn receipt(ctx: &PortalCtx) -> Result<HandedIn> {
    let (s, id) = (ctx.scope(), ctx.assessment());
    let submission = rows::latest_submission(s, id).await?.ok_or(UseCaseError::NotFound)?;
    let sheet = load(s, id, ctx.today()).await?;
    let waiting = sheet.rows.assessment.state == AssessmentState::Submitted;
    let amendment_asked = waiting && asked_to_amend(s, id, submission.number).await?;
    let decision = match sheet.rows.assessment.state {
        AssessmentState::Decided => store::decisions::latest(s, id).await?,
        _ => None,
    };
    Ok(HandedIn { submission, sheet, amendment_asked, decision })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statement_names_whom_it_is_made_for() {
        assert!(statement("Lumen").first().is_some_and(|line| line.contains("Lumen")));
    }
}

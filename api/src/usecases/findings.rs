//! Findings: proposed when a review ends, raised, sent to the vendor, planned, verified by somebody else.

mod gains;
mod raising;
mod verifying;

pub use gains::Points;
use gains::{counts, gains_of, points_of, target_of};
pub use raising::{
    AboutAnswer, Proposed, RaiseFinding, about_answer, answered, raise_by_hand, raise_proposed,
};
use raising::{nothing_yet, proposals, refuse_unless_reviewed};
pub use verifying::{VerifyAction, reject_action, verify_action};

use super::{
    Ctx, Result, UseCaseError, assessments, deliveries,
    error::Faults,
    page_within,
    respondents::{active_leads, refuse_unreachable},
    reviews::MAX_WORDS,
    scores::{self, SnapshotHead},
};
use crate::{
    domain::{
        AuditEvent, Permission,
        acceptance::RiskAcceptance,
        answer::day,
        finding::{ActionState, FindingEvent, FindingState, Urgency},
        ids::{AssessmentId, FindingId},
        job::Job,
        remediation::{Action, Case, Finding, FindingLine, SnapshotReason, severity_from_word},
        score_inputs::{Citation, in_words},
        user::User,
        vendor::normalised,
    },
    store::{
        WriteTx, acceptances, accounts, cases,
        findings::{self as rows, Figures},
        scores as score_rows,
    },
};
use chrono::NaiveDate;
use questionnaires::{
    definition::Question, exact::Exact, risk::findings::Severity, scoring::QuestionnaireScore,
};
use serde_json::json;
use std::collections::BTreeSet;

/// The findings of one assessment: those raised, and those proposed and not raised.
#[derive(Clone, Debug)]
pub struct Remediation {
    /// Which assessment.
    pub case: Case,
    /// The latest snapshot.
    pub snapshot: SnapshotHead,
    /// Whether the review of this submission has ended, so that findings are proposed.
    pub reviewed: bool,
    /// Proposed and not raised; medium and above are chosen to begin with, low ones are observations.
    pub proposed: Vec<Proposed>,
    /// Raised, with their names and newest actions.
    pub raised: Vec<FindingLine>,
    /// What closing each of them adds, where it adds something.
    pub points: Points,
    /// Claimed scores now and with every agreed action done, by title of the questionnaire, where they differ.
    pub projected: Vec<(String, Exact, Exact)>,
}

/// Findings and proposals of an assessment, from its latest snapshot.
///
/// # Errors
/// [`UseCaseError::NotFound`]; [`UseCaseError::StateConflict`] before the first submission.
pub async fn of_assessment(ctx: &Ctx, id: AssessmentId) -> Result<Remediation> {
    ctx.require(Permission::Read)?;
    let s = ctx.scope();
    let case = cases::case(s, id).await?.ok_or(UseCaseError::NotFound)?;
    let snapshot = score_rows::latest_snapshot(s, id).await?.ok_or_else(nothing_yet)?;
    let definitions = scores::definitions_of(s, &snapshot.inputs).await?;
    let lines = rows::lines_of_assessment(s, id).await?;
    let raised: Vec<Finding> = lines.iter().map(|line| line.finding.clone()).collect();
    let reviewed = snapshot.reason != SnapshotReason::Submitted
        && snapshot.submission_number == case.assessment.submission_number;
    let proposed =
        if reviewed { proposals(&definitions, &snapshot.inputs, &snapshot.score, &raised) } else { vec![] };
    let then = scores::projected_scores(&snapshot.score, &raised);
    let points = raised
        .iter()
        .filter_map(|finding| Some((finding.id, points_of(&snapshot.score, finding)?)))
        .collect();
    let projected = snapshot.score.questionnaires.iter().filter_map(|scored| {
        let title = definitions.questionnaire(&scored.id).map_or(&scored.id, |q| &q.title).clone();
        Some((title, scored.claimed.clone()?, then.get(&scored.id)?.clone()))
    });
    Ok(Remediation {
        projected: projected.collect(),
        points,
        snapshot: scores::head_of(&snapshot),
        raised: lines,
        case,
        reviewed,
        proposed,
    })
}

/// Sends every finding that was not sent yet: the SLA starts today, and each respondent whose link works is told.
///
/// # Errors
/// [`UseCaseError::StateConflict`] when there is nothing to send.
pub async fn send(ctx: &Ctx, id: AssessmentId) -> Result<usize> {
    ctx.require(Permission::ManageFindings)?;
    let mut tx = ctx.begin_write().await?;
    let assessment = assessments::load(&tx, id).await?;
    refuse_unless_reviewed(assessment.state)?;
    let waiting: Vec<Finding> = rows::of_assessment(&tx, id)
        .await?
        .into_iter()
        .filter(|finding| finding.sent_at.is_none() && finding.state.is_open())
        .collect();
    if waiting.is_empty() {
        return Err(UseCaseError::conflict("Every finding has been sent already."));
    }
    let recipients = active_leads(&tx, id).await?;
    refuse_unreachable(&tx, &recipients).await?;
    // The batch is in the key: an earlier batch's mail that is being delivered may not speak of these findings.
    let batch = waiting.first().map(|finding| finding.id.to_string()).unwrap_or_default();
    let mut events = Vec::new();
    for mut finding in waiting {
        finding.sent_at = Some(ctx.now());
        finding.due_on = Some(finding.due_when_sent_on(ctx.today()));
        rows::save(&mut tx, &finding).await?;
        events.push(
            ctx.event("finding.sent", "finding", finding.id)
                .on_assessment(id)
                .after(json!({"due_on": finding.due_on})),
        );
    }
    let job = |invitation| Job::MailFindings { assessment: id, invitation };
    deliveries::tell_respondents(&mut tx, ctx.services(), &recipients, job, &format!("findings:{batch}"))
        .await?;
    let count = events.len();
    tx.commit_all(events).await?;
    Ok(count)
}

/// Findings on one page of the list.
pub const PAGE: usize = 50;

/// Which findings to list.
#[derive(Clone, Debug, Default)]
pub struct FindingFilter {
    /// Part of the name of a vendor, or nothing.
    pub vendor: String,
    /// Part of the name of who does an action, or nothing.
    pub owner: String,
    /// Least severity, or nothing.
    pub severity: String,
    /// Of this urgency alone.
    pub urgency: Option<Urgency>,
    /// Also those that are closed or dismissed.
    pub all: bool,
    /// From 1; a file has no pages.
    pub page: usize,
}

impl FindingFilter {
    /// What the database is asked for.
    pub(super) fn wanted(&self, today: NaiveDate) -> rows::Wanted {
        let all = self.all || self.urgency == Some(Urgency::Done);
        let shown = |state: &FindingState| all || state.is_open() || *state == FindingState::Accepted;
        let least = severity_from_word(&self.severity).unwrap_or(Severity::Low);
        rows::Wanted {
            states: FindingState::ALL.iter().copied().filter(shown).collect(),
            severities: Severity::ALL.into_iter().filter(|severity| *severity >= least).collect(),
            vendor: normalised(&self.vendor),
            owner: normalised(&self.owner),
            urgency: self.urgency,
            today,
        }
    }
}

/// One page of the findings of all vendors.
#[derive(Clone, Debug)]
pub struct FindingPage {
    /// At most [`PAGE`], the most urgent first.
    pub lines: Vec<FindingLine>,
    /// What closing each of them adds, where it adds something.
    pub points: Points,
    /// How many fit the filter, by urgency; the urgency that was asked for does not count here.
    pub figures: Figures,
    /// How many fit the whole filter.
    pub total: usize,
    /// From 1.
    pub page: usize,
}

/// Findings of all vendors with their names and newest actions; the most urgent first.
///
/// # Errors
/// [`UseCaseError::Forbidden`] without the right to read.
pub async fn list(ctx: &Ctx, filter: &FindingFilter) -> Result<FindingPage> {
    ctx.require(Permission::Read)?;
    let wanted = filter.wanted(ctx.today());
    let figures = rows::figures(ctx.scope(), &rows::Wanted { urgency: None, ..wanted.clone() }).await?;
    let fits = |urgency: &Urgency| filter.urgency.is_none_or(|wanted| wanted == *urgency);
    let fitting = figures.findings.iter().filter(|(urgency, _)| fits(urgency));
    let total: usize = fitting.map(|(_, count)| count).sum();
    let page = page_within(filter.page, total, PAGE);
    let lines = rows::page(ctx.scope(), &wanted, (page - 1) * PAGE, PAGE).await?;
    let asked: BTreeSet<AssessmentId> =
        lines.iter().filter(|line| counts(&line.finding)).map(|line| line.finding.assessment_id).collect();
    let scores = score_rows::latest_scores(ctx.scope(), &asked.into_iter().collect::<Vec<_>>()).await?;
    let points = lines.iter().filter_map(|line| {
        let score = scores.get(&line.finding.assessment_id)?;
        Some((line.finding.id, points_of(score, &line.finding)?))
    });
    Ok(FindingPage { points: points.collect(), lines, figures, total, page })
}

/// One finding with everything around it.
#[derive(Clone, Debug)]
pub struct FindingDetails {
    /// The finding.
    pub finding: Finding,
    /// Where it was found.
    pub case: Case,
    /// Its actions, oldest first, with their proofs.
    pub actions: Vec<(Action, Vec<Citation>)>,
    /// The question that shows it.
    pub question: Option<Question>,
    /// What was answered, in words.
    pub answer: Vec<String>,
    /// What closing it at its target adds to each claimed score, by title of the questionnaire.
    pub gains: Vec<(String, Exact)>,
    /// Its risk acceptances, the newest first.
    pub acceptances: Vec<RiskAcceptance>,
    /// Users, for their names; read only where there is an acceptance.
    pub users: Vec<User>,
}

/// A finding.
///
/// # Errors
/// [`UseCaseError::NotFound`].
pub async fn open(ctx: &Ctx, id: FindingId) -> Result<FindingDetails> {
    ctx.require(Permission::Read)?;
    let s = ctx.scope();
    let finding = rows::finding(s, id).await?.ok_or(UseCaseError::NotFound)?;
    let case = cases::case(s, finding.assessment_id).await?.ok_or(UseCaseError::NotFound)?;
    let actions = rows::actions(s, &[id]).await?;
    let ids: Vec<_> = actions.iter().map(|action| action.id).collect();
    let proofs = score_rows::proofs(s, &ids).await?;
    let snapshot = score_rows::latest_snapshot(s, finding.assessment_id).await?;
    let (mut question, mut answer, mut gains) = (None, Vec::new(), Vec::new());
    if let (Some(snapshot), Some(id)) = (snapshot, finding.question.as_deref()) {
        let definitions = scores::definitions_of(s, &snapshot.inputs).await?;
        question = definitions.question(id).cloned();
        answer = question.as_ref().map(|q| in_words(q, snapshot.inputs.answers.get(id))).unwrap_or_default();
        let title = |scored: &QuestionnaireScore| {
            definitions.questionnaire(&scored.id).map_or(&scored.id, |q| &q.title).clone()
        };
        let own = gains_of(&snapshot.score, id, target_of(&finding));
        gains = own.map(|(scored, gain)| (title(scored), gain)).collect();
    }
    let actions = actions
        .into_iter()
        .map(|action| {
            let own = proofs.iter().filter(|(id, _)| *id == action.id).map(|(_, proof)| proof.clone());
            (action.clone(), own.collect())
        })
        .collect();
    let acceptances = acceptances::of_finding(s, id).await?;
    let users = if acceptances.is_empty() { Vec::new() } else { accounts::users(s).await? };
    Ok(FindingDetails { finding, case, actions, question, answer, gains, acceptances, users })
}

/// A step that the vendor agreed to.
#[derive(Clone, Debug, Default)]
pub struct AgreeAction {
    /// What will be done.
    pub text: String,
    /// Who does it, at the vendor.
    pub owner_name: String,
    /// By when.
    pub due_on: String,
    /// The option that it aims at; nothing aims at full credit.
    pub target_option: String,
    /// Version of the finding that the form was made from.
    pub version: i64,
}

/// Agrees an action with owner and date: the finding is planned.
///
/// # Errors
/// [`UseCaseError::Invalid`] with every fault; [`UseCaseError::StateConflict`] unless the finding is open.
pub async fn agree_action(ctx: &Ctx, id: FindingId, input: AgreeAction) -> Result<()> {
    ctx.require(Permission::ManageFindings)?;
    let mut tx = ctx.begin_write().await?;
    let mut finding = at_version(&tx, id, input.version).await?;
    finding.state = finding.state.after(FindingEvent::Plan)?;
    let mut faults = Faults::default();
    let text = faults.required("text", "what will be done", &input.text, MAX_WORDS);
    let owner_name = faults.required("owner_name", "who does it", &input.owner_name, 100);
    let due_on = day(input.due_on.trim());
    match due_on {
        None => faults.add("due_on", "required", "Enter a date such as 2026-12-18"),
        Some(day) if day < ctx.today() => faults.add("due_on", "in_the_past", "Choose a day from today on"),
        Some(_) => {}
    }
    let target = input.target_option.trim();
    if !target.is_empty() {
        let question = question_of(&tx, &finding).await?;
        match question
            .as_ref()
            .and_then(|question| question.option(target))
            .and_then(|option| option.credit.clone())
        {
            Some(credit) => {
                finding.target_option = Some(target.to_owned());
                finding.target_credit = Some(credit);
            }
            None => faults.add("target_option", "unknown_option", "Choose an option of the question"),
        }
    }
    faults.finish()?;
    let due_on = due_on.unwrap_or_else(|| ctx.today());
    let action = Action::agreed(ctx.id(), &finding, text, owner_name, due_on, ctx.now());
    rows::insert_action(&mut tx, &action).await?;
    rows::save(&mut tx, &finding).await?;
    let event = ctx.event("action.agreed", "action", action.id).on_assessment(finding.assessment_id);
    tx.commit(event.after(json!({
        "finding": id, "question": finding.question, "owner": action.owner_name, "due_on": action.due_on,
    })))
    .await?;
    Ok(())
}

pub(super) async fn at_version(tx: &WriteTx, id: FindingId, version: i64) -> Result<Finding> {
    let finding = rows::finding(tx, id).await?.ok_or(UseCaseError::NotFound)?;
    if finding.version == version { Ok(finding) } else { Err(UseCaseError::VersionConflict(None)) }
}

async fn question_of(tx: &WriteTx, finding: &Finding) -> Result<Option<Question>> {
    let Some(id) = finding.question.as_deref() else { return Ok(None) };
    let Some(snapshot) = score_rows::latest_snapshot(tx, finding.assessment_id).await? else {
        return Ok(None);
    };
    Ok(scores::definitions_of(tx, &snapshot.inputs).await?.question(id).cloned())
}

async fn newest_action(tx: &WriteTx, id: FindingId) -> Result<Option<Action>> {
    Ok(rows::actions(tx, &[id]).await?.pop())
}

/// Says that work on the agreed action has started.
///
/// # Errors
/// [`UseCaseError::StateConflict`] unless the finding is planned.
pub async fn start_action(ctx: &Ctx, id: FindingId, version: i64) -> Result<()> {
    ctx.require(Permission::ManageFindings)?;
    let mut tx = ctx.begin_write().await?;
    let mut finding = at_version(&tx, id, version).await?;
    finding.state = finding.state.after(FindingEvent::Start)?;
    let mut action = newest_action(&tx, id).await?.ok_or(UseCaseError::NotFound)?;
    action.state = ActionState::Started;
    rows::save_action(&mut tx, &action).await?;
    rows::save(&mut tx, &finding).await?;
    tx.commit(action_event(ctx, "action.started", &action, &finding, None)).await?;
    Ok(())
}

/// Records that the vendor did it, told otherwise than on its link. Who records it cannot verify it.
///
/// # Errors
/// [`UseCaseError::Invalid`] without a note; [`UseCaseError::StateConflict`] when the finding waits for nothing.
pub async fn record_done(ctx: &Ctx, id: FindingId, version: i64, note: &str) -> Result<()> {
    ctx.require(Permission::ManageFindings)?;
    let mut faults = Faults::default();
    let note = faults.required("note", "what was done and how we know", note, MAX_WORDS);
    faults.finish()?;
    let mut tx = ctx.begin_write().await?;
    let mut finding = at_version(&tx, id, version).await?;
    finding.state = finding.state.after(FindingEvent::Report)?;
    let existing = newest_action(&tx, id).await?;
    let mut action = existing.clone().unwrap_or_else(|| Action {
        id: ctx.id(),
        finding_id: id,
        assessment_id: finding.assessment_id,
        text: note.clone(),
        owner_name: ctx.user().name.clone(),
        due_on: ctx.today(),
        state: ActionState::Agreed,
        target_option: None,
        report_note: None,
        reported_by_respondent: None,
        recorded_by_user: None,
        reported_at: None,
        verified_by: None,
        verified_at: None,
        verdict_reason: None,
        verified_option: None,
        verified_grade: None,
        created_at: ctx.now(),
        version: 1,
    });
    action.state = ActionState::Reported;
    action.report_note = Some(note);
    action.recorded_by_user = Some(ctx.user().id);
    action.reported_by_respondent = None;
    action.reported_at = Some(ctx.now());
    if existing.is_some() {
        rows::save_action(&mut tx, &action).await?;
    } else {
        rows::insert_action(&mut tx, &action).await?;
    }
    rows::save(&mut tx, &finding).await?;
    tx.commit(action_event(ctx, "action.reported", &action, &finding, None)).await?;
    Ok(())
}

/// What happened to an action, with the finding that it is for.
fn action_event(
    ctx: &Ctx,
    act: &'static str,
    action: &Action,
    finding: &Finding,
    reason: Option<&str>,
) -> AuditEvent {
    ctx.event(act, "action", action.id)
        .on_assessment(finding.assessment_id)
        .after(json!({"finding": finding.id, "question": finding.question, "reason": reason}))
}

pub(super) fn required_reason(reason: &str) -> Result<String> {
    let mut faults = Faults::default();
    let reason = faults.required("reason", "a reason", reason, MAX_WORDS);
    faults.finish()?;
    Ok(reason)
}

/// Dismisses a finding with a reason: it is no gap after all.
///
/// # Errors
/// [`UseCaseError::Invalid`] without a reason; [`UseCaseError::StateConflict`] unless the finding is open.
pub async fn dismiss(ctx: &Ctx, id: FindingId, version: i64, reason: &str) -> Result<()> {
    change(ctx, id, version, reason, FindingEvent::Dismiss, "finding.dismissed").await
}

/// Takes a closed or dismissed finding up again, with a reason. Scores do not change by it.
///
/// # Errors
/// [`UseCaseError::Invalid`] without a reason; [`UseCaseError::StateConflict`] unless it is closed or dismissed.
pub async fn reopen(ctx: &Ctx, id: FindingId, version: i64, reason: &str) -> Result<()> {
    change(ctx, id, version, reason, FindingEvent::Reopen, "finding.reopened").await
}

async fn change(
    ctx: &Ctx,
    id: FindingId,
    version: i64,
    reason: &str,
    step: FindingEvent,
    act: &'static str,
) -> Result<()> {
    ctx.require(Permission::ManageFindings)?;
    let reason = required_reason(reason)?;
    let mut tx = ctx.begin_write().await?;
    let mut finding = at_version(&tx, id, version).await?;
    let before = finding.state;
    finding.state = before.after(step)?;
    finding.state_reason = Some(reason);
    finding.closed_at = None;
    rows::save(&mut tx, &finding).await?;
    let event = ctx.event(act, "finding", id).on_assessment(finding.assessment_id);
    let after = json!({"state": finding.state, "question": finding.question, "reason": finding.state_reason});
    tx.commit(event.before(json!({"state": before})).after(after)).await?;
    Ok(())
}

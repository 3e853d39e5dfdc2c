//! What people take away as a file: the answers of an assessment, the findings of the organisation, a comparison.
//!
//! Who may read the page may have its file, and each file is in the audit trail before its first byte leaves. A file
//! about one record is read at once; one that grows with the organisation comes in batches with [`BATCH`] rows at
//! most, each with the same few statements, so that memory stays the same however much there is. Between two batches
//! the user's right is looked up again. To add a file: a function here, an act in `domain/acts.rs`, columns and a
//! route in `web`.

use super::{
    Ctx, Result, UseCaseError,
    comparison::{self, SideBySide},
    findings::FindingFilter,
    reviews::{self, Desk},
};
use crate::{
    domain::{
        AuditEvent, Permission,
        ids::{AssessmentId, FindingId, UserId},
        remediation::{Action, FindingLine},
        score_inputs::Citation,
        user::UserState,
    },
    store::{
        accounts,
        answers::{self as answer_rows, SavedRevision},
        findings::{self as rows, Wanted},
        respondents, scores,
    },
};
use serde_json::json;
use std::collections::BTreeMap;

/// Rows read at once.
pub const BATCH: usize = 500;

/// Refuses to go on with a file for a user who was disabled, or whose role no longer allows it. The trail, which says
/// that the file left, then says that not all of it did, and why (Z-11). `act` is the one that recorded the file.
///
/// # Errors
/// [`UseCaseError::Forbidden`].
pub(super) async fn require_still(ctx: &Ctx, permission: Permission, act: &str) -> Result<()> {
    let user = accounts::user(ctx.scope(), ctx.user().id).await?;
    if user.as_ref().is_some_and(|user| user.state == UserState::Active && user.role.may(permission)) {
        return Ok(());
    }
    let now = user.map(|user| json!({"role": user.role, "state": user.state}));
    let event = ctx.event("export.stopped", "tenant", ctx.tenant().id);
    record(ctx, event.after(json!({"export": act, "reason": "forbidden", "user": now}))).await?;
    Err(UseCaseError::Forbidden)
}

/// Records that a file leaves.
pub(super) async fn record(ctx: &Ctx, event: AuditEvent) -> Result<()> {
    Ok(ctx.begin_write().await?.commit(event).await?)
}

/// The answers of an assessment as they were handed in last, with the review.
#[derive(Clone, Debug)]
pub struct AnswersExport {
    /// What the review page shows.
    pub desk: Desk,
    /// Who saved the answers that were handed in, and when, by question.
    pub saved: BTreeMap<String, SavedRevision>,
}

/// The answers of an assessment that was handed in.
///
/// # Errors
/// [`UseCaseError::NotFound`]; [`UseCaseError::StateConflict`] before the first submission.
pub async fn answers(ctx: &Ctx, id: AssessmentId) -> Result<AnswersExport> {
    let desk = reviews::desk(ctx, id).await?;
    let revisions = answer_rows::revisions(ctx.scope(), id).await?;
    let handed_in = revisions.into_iter().filter(|one| desk.inputs.revision(&one.question_id) == one.rev);
    let saved = handed_in.map(|one| (one.question_id.clone(), one)).collect();
    record(ctx, ctx.event("answers.exported", "assessment", id).on_assessment(id)).await?;
    Ok(AnswersExport { desk, saved })
}

/// The comparison of the chosen assessments.
///
/// # Errors
/// As [`comparison::compare`].
pub async fn comparison(ctx: &Ctx, chosen: &[AssessmentId]) -> Result<SideBySide> {
    let side = comparison::compare(ctx, chosen).await?;
    let compared: Vec<&str> =
        side.columns.iter().map(|column| column.case.assessment.reference.as_str()).collect();
    let event = ctx.event("comparison.exported", "tenant", ctx.tenant().id);
    record(ctx, event.after(json!({"assessments": compared}))).await?;
    Ok(side)
}

/// One finding with everything that its line says.
#[derive(Clone, Debug)]
pub struct FindingRecord {
    /// The finding with its names and its newest action.
    pub line: FindingLine,
    /// What was agreed before, oldest first.
    pub earlier: Vec<Action>,
    /// What supports the newest action.
    pub proofs: Vec<Citation>,
    /// Who raised it.
    pub raised_by: String,
    /// Who reported the newest action done; empty when nobody did.
    pub reported_by: String,
    /// Who verified it; empty when nobody did.
    pub verified_by: String,
}

/// Findings that leave in batches, in the order raised.
#[derive(Clone)]
pub struct FindingsExport {
    ctx: Ctx,
    wanted: Wanted,
    users: BTreeMap<UserId, String>,
    last: Option<FindingId>,
    done: bool,
}

/// The findings of all vendors that fit the filter.
///
/// # Errors
/// [`UseCaseError::Forbidden`] without the right to read.
pub async fn findings(ctx: &Ctx, filter: &FindingFilter) -> Result<FindingsExport> {
    ctx.require(Permission::Read)?;
    let wanted = filter.wanted(ctx.today());
    let users = accounts::users(ctx.scope()).await?;
    let users = users.into_iter().map(|user| (user.id, user.name)).collect();
    let said = json!({
        "vendor": filter.vendor, "owner": filter.owner, "severity": filter.severity, "urgency": filter.urgency,
        "closed_too": filter.all,
    });
    record(ctx, ctx.event("findings.exported", "tenant", ctx.tenant().id).after(said)).await?;
    Ok(FindingsExport { ctx: ctx.clone(), wanted, users, last: None, done: false })
}

impl FindingsExport {
    /// The next batch; empty at the end. Five statements at most.
    ///
    /// # Errors
    /// [`UseCaseError::Forbidden`] when the user may no longer read.
    pub async fn next(&mut self) -> Result<Vec<FindingRecord>> {
        if self.done {
            return Ok(Vec::new());
        }
        if self.last.is_some() {
            require_still(&self.ctx, Permission::Read, "findings.exported").await?;
        }
        let s = self.ctx.scope();
        let lines = rows::after(s, &self.wanted, self.last, BATCH as u64).await?;
        let ids: Vec<FindingId> = lines.iter().map(|line| line.finding.id).collect();
        self.done = ids.len() < BATCH;
        self.last = ids.last().copied();
        let mut actions: BTreeMap<FindingId, Vec<Action>> = BTreeMap::new();
        for action in rows::actions(s, &ids).await? {
            actions.entry(action.finding_id).or_default().push(action);
        }
        let newest: Vec<&Action> = actions.values().filter_map(|of_one| of_one.last()).collect();
        let action_ids: Vec<_> = newest.iter().map(|action| action.id).collect();
        let reporters: Vec<_> = newest.iter().filter_map(|action| action.reported_by_respondent).collect();
        let proofs = scores::proofs(s, &action_ids).await?;
        let respondents = respondents::names(s, &reporters).await?;
        let user = |id: Option<UserId>| id.and_then(|id| self.users.get(&id).cloned()).unwrap_or_default();
        let records = lines.into_iter().map(|mut line| {
            let mut earlier = actions.remove(&line.finding.id).unwrap_or_default();
            line.action = earlier.pop();
            let action = line.action.as_ref();
            let respondent = action.and_then(|action| action.reported_by_respondent);
            let reported_by = match respondent.and_then(|id| respondents.get(&id).cloned()) {
                Some(name) => name,
                None => user(action.and_then(|action| action.recorded_by_user)),
            };
            let own = proofs.iter().filter(|(id, _)| action.is_some_and(|action| action.id == *id));
            FindingRecord {
                proofs: own.map(|(_, proof)| proof.clone()).collect(),
                raised_by: user(Some(line.finding.raised_by)),
                verified_by: user(action.and_then(|action| action.verified_by)),
                reported_by,
                earlier,
                line,
            }
        });
        Ok(records.collect())
    }
}

//! What needs somebody today, across all assessments.

use super::{Ctx, Result, deliveries, findings};
use crate::{
    domain::{
        Permission,
        assessment::AssessmentState,
        due,
        finding::FindingState,
        ids::AssessmentId,
        remediation::{Case, FindingLine},
    },
    store::{
        cases, findings as finding_rows,
        scores::{self as score_rows, ResultLine},
    },
};
use std::collections::BTreeMap;

/// The start page.
#[derive(Clone, Debug, Default)]
pub struct Today {
    /// Reviews that have ended and wait for a decision.
    pub decide: Vec<Case>,
    /// Handed in, or under review.
    pub review: Vec<Case>,
    /// With the vendor and past due.
    pub late: Vec<Case>,
    /// With the vendor and in time; the one due first comes first.
    pub waiting: Vec<Case>,
    /// Findings past their due day.
    pub overdue: Vec<FindingLine>,
    /// Actions reported done.
    pub verify: Vec<FindingLine>,
    /// Why all mail is paused, if it is.
    pub mail_paused: Option<String>,
    /// Figures of the newest snapshots of those to decide or to review.
    pub results: BTreeMap<AssessmentId, Vec<ResultLine>>,
}

impl Today {
    /// How many things need somebody.
    #[must_use]
    pub fn count(&self) -> usize {
        self.decide.len() + self.review.len() + self.late.len() + self.overdue.len() + self.verify.len()
    }
}

/// Gathers what needs somebody.
///
/// # Errors
/// When the database cannot be read.
pub async fn today(ctx: &Ctx) -> Result<Today> {
    ctx.require(Permission::Read)?;
    use AssessmentState as S;
    let s = ctx.scope();
    let open = cases::in_states(s, &[S::Sent, S::InProgress, S::Returned, S::Submitted, S::InReview]).await?;
    let (with_us, with_vendor): (Vec<Case>, Vec<Case>) =
        open.into_iter().partition(|case| matches!(case.assessment.state, S::Submitted | S::InReview));
    let ids: Vec<AssessmentId> = with_us.iter().map(|case| case.assessment.id).collect();
    let found = score_rows::results(s, &ids).await?;
    let mut results: BTreeMap<AssessmentId, Vec<ResultLine>> = BTreeMap::new();
    for line in found.newest {
        results.entry(line.assessment_id).or_default().push(line);
    }
    let has_ended = |case: &Case| {
        case.assessment.state == S::InReview
            && found.reviewed.contains(&(case.assessment.id, case.assessment.submission_number))
    };
    let (decide, review) = with_us.into_iter().partition(has_ended);
    let past = |case: &Case| due::is_past(ctx.tenant().zone, case.assessment.due_on, ctx.now());
    let (mut late, mut waiting): (Vec<Case>, Vec<Case>) = with_vendor.into_iter().partition(past);
    late.sort_by_key(|case| case.assessment.due_on);
    waiting.sort_by_key(|case| case.assessment.due_on);
    let open = [
        FindingState::Open,
        FindingState::Planned,
        FindingState::InProgress,
        FindingState::AwaitingVerification,
    ];
    let (verify, overdue) = findings::urgent(finding_rows::lines(s, &open).await?, ctx.today());
    let mail_paused = deliveries::paused(ctx.services()).await?;
    Ok(Today { decide, review, late, waiting, overdue, verify, mail_paused, results })
}

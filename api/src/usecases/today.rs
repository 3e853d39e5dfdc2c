//! What needs somebody today, across all assessments.

use super::{Ctx, Result, deliveries};
pub use crate::store::{
    outlook::{Coming, Due, LowerTier, Outlook},
    today::UrgentFinding,
};
use crate::{
    domain::{
        Permission,
        assessment::{AssessmentState, Waits},
        due,
        finding::Urgency,
        ids::{AssessmentId, Id as _},
        remediation::Case,
    },
    store::{
        cases, outlook,
        scores::{self as score_rows, Results},
        today::{self as rows, Group, Head},
    },
};
use chrono::Days;
use std::cmp::Reverse;

/// The most things of a group that the page shows; the lists show all.
pub const FIRST: usize = 10;

/// The most decided assessments that the page shows.
pub const DECIDED: usize = 5;

/// How long before its last day a risk acceptance is to be renewed or closed.
pub const ENDING_DAYS: u64 = 30;

/// Things of one kind.
#[derive(Clone, Debug)]
pub struct Leading<T> {
    /// How many there are.
    pub count: usize,
    /// The [`FIRST`] of them; the one due first comes first.
    pub first: Vec<T>,
}

/// The start page.
#[derive(Clone, Debug)]
pub struct Today {
    /// Reviews that have ended and wait for a decision.
    pub decide: Leading<Case>,
    /// Handed in, or under review.
    pub review: Leading<Case>,
    /// With the vendor and past due.
    pub late: Leading<Case>,
    /// Sent more than [`due::UNSTARTED_DAYS`] ago, in time, and nothing saved.
    pub unstarted: Leading<Case>,
    /// Whose link's end passed while answers or replies were awaited.
    pub expired: Leading<Case>,
    /// Being prepared; nobody outside has been told.
    pub drafts: Leading<Case>,
    /// Open to their vendors and not late.
    pub running: Leading<Case>,
    /// Findings past their due day.
    pub overdue: Leading<UrgentFinding>,
    /// Actions reported done.
    pub verify: Leading<UrgentFinding>,
    /// Findings whose risk acceptance waits for approval.
    pub approve: Leading<UrgentFinding>,
    /// Findings whose risk acceptance ends within [`ENDING_DAYS`].
    pub ending: Leading<UrgentFinding>,
    /// Vendors by residual risk, what comes due, services whose next review is due or whose lower tier waits.
    pub outlook: Outlook,
    /// Why all mail is paused, if it is.
    pub mail_paused: Option<String>,
    /// Decided, the newest decision first.
    pub decided: Vec<Case>,
    /// Figures of the newest snapshots of those to decide, to review and decided.
    pub results: Results,
}

/// Gathers what needs somebody. Six statements with the session's, however much there is.
///
/// # Errors
/// When the database cannot be read.
pub async fn today(ctx: &Ctx) -> Result<Today> {
    ctx.require(Permission::Read)?;
    let s = ctx.scope();
    let most = FIRST as u64;
    let groups = [
        (Group::Assessments(Waits::Decision), most),
        (Group::Assessments(Waits::Review), most),
        (Group::Assessments(Waits::Late), most),
        (Group::Assessments(Waits::Start), most),
        (Group::Standing(AssessmentState::Expired), most),
        (Group::Standing(AssessmentState::Draft), most),
        (Group::Assessments(Waits::Vendor), most),
        (Group::Findings(Urgency::Overdue), most),
        (Group::Findings(Urgency::Verify), most),
        (Group::ToApprove(ctx.user().id), most),
        (Group::Ending(ctx.today() + Days::new(ENDING_DAYS)), most),
        (Group::Decided, DECIDED as u64),
    ];
    let lateness = due::Lateness::at(ctx.tenant().zone, ctx.now());
    let heads = rows::heads(s, groups, lateness, ctx.today()).await?;
    let [
        decide,
        review,
        late,
        unstarted,
        expired,
        drafts,
        running,
        overdue,
        verify,
        approve,
        ending,
        decided,
    ] = heads;
    let scored: Vec<AssessmentId> = [&decide, &review, &decided].into_iter().flat_map(assessments).collect();
    let unscored = [&late, &unstarted, &expired, &drafts, &running];
    let shown: Vec<AssessmentId> =
        scored.iter().copied().chain(unscored.into_iter().flat_map(assessments)).collect();
    let mut shown = cases::cases(s, &shown).await?;
    shown.sort_by_key(|case| (case.assessment.due_on, case.assessment.id));
    let results = score_rows::results(s, &scored).await?;
    let findings =
        [&overdue, &verify, &approve, &ending].into_iter().flat_map(|head| head.first.iter().copied());
    let findings = rows::findings(s, &findings.collect::<Vec<_>>()).await?;
    let of_cases = |head: &Head| leading(head, &shown, |case| case.assessment.id.uuid());
    let of_findings = |head: &Head| leading(head, &findings, |finding| finding.id.uuid());
    let mut decided = of_cases(&decided).first;
    decided.sort_by_key(|case| Reverse((case.assessment.decided_at, case.assessment.id)));
    let mut outlook = outlook::outlook(s, ctx.today(), ctx.user().id, deliveries::PAUSED).await?;
    Ok(Today {
        decide: of_cases(&decide),
        review: of_cases(&review),
        late: of_cases(&late),
        unstarted: of_cases(&unstarted),
        expired: of_cases(&expired),
        drafts: of_cases(&drafts),
        running: of_cases(&running),
        overdue: of_findings(&overdue),
        verify: of_findings(&verify),
        approve: of_findings(&approve),
        ending: of_findings(&ending),
        decided,
        mail_paused: outlook.setting.take(),
        outlook,
        results,
    })
}

fn assessments(head: &Head) -> impl Iterator<Item = AssessmentId> {
    head.first.iter().copied().map(AssessmentId::from_uuid)
}

/// What a group shows of everything that was read, in its order.
fn leading<T: Clone>(head: &Head, read: &[T], id: impl Fn(&T) -> uuid::Uuid) -> Leading<T> {
    let first = read.iter().filter(|one| head.first.contains(&id(one)));
    Leading { count: head.count, first: first.cloned().collect() }
}

//! What becomes of the findings of the stories: raised, planned, accepted for a time, overdue. To add a turn, add a
//! function here and call it from the story that it belongs to.

use super::story::{Result, Stage};
use crate::{
    domain::ids::{AssessmentId, FindingId},
    usecases::{
        PortalCtx,
        acceptances::{self, RequestAcceptance},
        findings::{self, AgreeAction, RaiseFinding},
        portal_findings,
    },
};
use chrono::Days;

impl Stage<'_> {
    /// Of the other findings, one risk is accepted for a time, and for one somebody else has yet to agree.
    pub async fn live_with_some(&self, sent: &[portal_findings::SentFinding]) -> Result<()> {
        let others = sent.iter().skip(1).map(|one| &one.finding);
        for (finding, (days, reason, limits)) in others.zip([
            (
                55,
                "The exposure is small: two people at the vendor can open our data.",
                "We look at who has access every quarter.",
            ),
            (150, "The contract ends in summer, and the new supplier is chosen.", ""),
        ]) {
            let ask = RequestAcceptance {
                reason: reason.to_owned(),
                compensating: limits.to_owned(),
                ends_on: (self.risk.today() + Days::new(days)).to_string(),
                version: finding.version,
            };
            acceptances::request(&self.risk, finding.id, ask).await?;
            if !limits.is_empty() {
                acceptances::approve(&self.admin, finding.id, finding.version + 1).await?;
            }
        }
        Ok(())
    }

    /// Of the rest, one is planned, work on one has started, and one was no gap after all.
    pub async fn work_on_others(&self, sent: &[portal_findings::SentFinding]) -> Result<()> {
        let mut rest = sent.iter().skip(3).map(|one| &one.finding);
        for (finding, starts) in rest.by_ref().take(2).zip([false, true]) {
            let action = AgreeAction {
                text: finding.fix.clone().unwrap_or_else(|| "Close the gap.".to_owned()),
                owner_name: "Tom Okafor".to_owned(),
                due_on: (self.risk.today() + Days::new(45)).to_string(),
                version: finding.version,
                ..AgreeAction::default()
            };
            findings::agree_action(&self.risk, finding.id, action).await?;
            if starts {
                findings::start_action(&self.risk, finding.id, finding.version + 1).await?;
            }
        }
        if let Some(finding) = rest.next() {
            let reason = "The service does not do what the question is about.";
            findings::dismiss(&self.risk, finding.id, finding.version, reason).await?;
        }
        Ok(())
    }

    /// Raised by hand after an audit, agreed, and not done in its 30 days.
    pub async fn overdue_by_now(&self, id: AssessmentId) -> Result<()> {
        let raise = RaiseFinding {
            title: "A contractor who had left could still sign in".to_owned(),
            detail: "Seen in the list of accounts that we were sent for our own audit.".to_owned(),
            fix: "Compare the accounts with the list of contractors every week.".to_owned(),
            severity: "high".to_owned(),
            key: "demo-raise-kestrel".to_owned(),
            ..RaiseFinding::default()
        };
        let finding = findings::raise_by_hand(&self.risk, id, raise).await?;
        findings::send(&self.risk, id).await?;
        let raised = findings::of_assessment(&self.risk, id).await?.raised;
        let version =
            raised.iter().find(|one| one.finding.id == finding).map_or(0, |one| one.finding.version);
        let action = AgreeAction {
            text: "The accounts are compared every Monday; what is left over is closed the same day."
                .to_owned(),
            owner_name: "Ana Duarte".to_owned(),
            due_on: (self.risk.today() + Days::new(25)).to_string(),
            version,
            ..AgreeAction::default()
        };
        findings::agree_action(&self.risk, finding, action).await?;
        self.postman.run_until_idle().await?;
        Ok(())
    }

    /// Raises the first `count` of what a review proposed, and sends them.
    pub async fn raise(&self, id: AssessmentId, count: usize) -> Result<()> {
        let proposed = findings::of_assessment(&self.risk, id).await?.proposed;
        let chosen: Vec<String> =
            proposed.iter().take(count).map(|one| one.proposal.question.clone()).collect();
        if chosen.is_empty() {
            return Ok(());
        }
        findings::raise_proposed(&self.risk, id, &chosen).await?;
        findings::send(&self.risk, id).await?;
        self.postman.run_until_idle().await?;
        Ok(())
    }

    pub async fn version_of(&self, portal: &PortalCtx, finding: FindingId) -> Result<i64> {
        let sent = portal_findings::list(portal).await?.findings;
        Ok(sent.iter().find(|one| one.finding.id == finding).map_or(0, |one| one.finding.version))
    }
}

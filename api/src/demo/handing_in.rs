//! How the vendors of the stories hand in: with a policy, a drawing, a few links that prove something for a while, and a
//! name.

use super::{
    evidence_files,
    story::{Result, Script, Stage},
};
use crate::{
    domain::ids::EvidenceId,
    usecases::{
        PortalCtx, UseCaseError,
        evidence::{self, Supports},
        submission::{self, Attestation},
    },
};
use chrono::Days;

/// What every vendor links to: for which question, what it is, and for how many days from then it proves anything; 0
/// for always.
const PROOF: [(&str, &str, u64); 5] = [
    ("SEC-IAM-01", "Access review of the last quarter", 60),
    ("SEC-ASR-01", "ISO/IEC 27001 certificate", 300),
    ("SEC-CRY-01", "How data is encrypted, on our trust page", 0),
    ("SEC-CRY-03", "How keys are kept, on our trust page", 0),
    ("SEC-CRY-04", "Report of the scan for secrets", 90),
];

/// Uploads a file as evidence, as the vendor's page does.
pub(super) async fn attach(
    portal: &PortalCtx,
    supports: Supports,
    name: &str,
    bytes: &[u8],
) -> Result<EvidenceId> {
    let key = format!("demo-{name}-{supports:?}");
    let mut incoming = evidence::begin_upload(portal, supports, name).await?;
    incoming.write(bytes).await?;
    evidence::finish_upload(portal, incoming, "", &key).await
}

/// Evidence for a question that this vendor is not asked is left away.
fn unless_not_asked(added: Result<EvidenceId>) -> Result<()> {
    match added {
        Ok(_) | Err(UseCaseError::NotFound | UseCaseError::StateConflict(_)) => Ok(()),
        Err(other) => Err(other),
    }
}

impl Stage<'_> {
    /// Adds what proves a few answers, then hands in.
    pub async fn submit(&self, portal: &PortalCtx, script: &Script, nth: &str) -> Result<()> {
        let policy = evidence_files::letter(
            "Information security policy",
            &[
                format!("{}, approved by the managing board.", script.vendor),
                format!("It applies to {} and to everybody who builds or runs it.", script.service),
                "It is read again every year and after every serious incident.".to_owned(),
            ],
        );
        let policy =
            attach(portal, Supports::answer("SEC-GOV-01".to_owned()), "security-policy.pdf", &policy);
        unless_not_asked(policy.await)?;
        let network = Supports::answer("SEC-OPS-07".to_owned());
        unless_not_asked(attach(portal, network, "network-plan.png", evidence_files::DRAWING).await)?;
        for (question, what, days) in PROOF {
            let link = format!("{}/trust/{}", script.website, question.to_lowercase());
            let supports = Supports::answer(question.to_owned());
            let until = portal.today() + Days::new(days);
            let until = if days == 0 { String::new() } else { until.to_string() };
            let key = format!("{link}-{nth}");
            unless_not_asked(evidence::add_link(portal, supports, &link, what, &until, &key).await)?;
        }
        self.hand_in(portal, script, nth).await
    }

    /// Signs and submits, and lets the mails go out.
    pub async fn hand_in(&self, portal: &PortalCtx, script: &Script, nth: &str) -> Result<()> {
        let (name, _, role) = script.contact;
        let attestation = Attestation {
            key: format!("demo-submit-{nth}"),
            name: name.to_owned(),
            role: role.to_owned(),
            agreed: true,
        };
        submission::submit(portal, attestation).await?;
        self.postman.run_until_idle().await?;
        Ok(())
    }
}

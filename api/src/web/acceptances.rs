//! Risk acceptances on the page of a finding: what was asked for and by whom, and the steps that can be taken.

use super::{
    Answer,
    findings::{after_step, step, step_of},
    form::CsrfForm,
    guard::Staff,
    routes::{Access, routes},
};
use crate::{
    domain::{
        Permission,
        acceptance::{AcceptanceState, RiskAcceptance},
        due,
        finding::{FindingEvent, FindingState},
        ids::{FindingId, UserId},
    },
    render::{
        Renderer,
        fields::FieldView,
        findings::{AcceptanceView, StepView},
        parts::Fact,
    },
    usecases::{
        UseCaseError,
        acceptances::{self, RequestAcceptance},
        findings::FindingDetails,
    },
};
use actix_web::{
    HttpRequest,
    web::{Data, Path},
};

routes! {
    POST "/findings/{finding}/accept-risk" => take_step, Access::Staff(Permission::ManageFindings), Page, ["reason", "compensating", "ends_on", "version"];
    POST "/findings/{finding}/approve-risk" => take_step, Access::Staff(Permission::Decide), Page, ["version"];
    POST "/findings/{finding}/reject-risk" => take_step, Access::Staff(Permission::Decide), Page, ["reason", "version"];
    POST "/findings/{finding}/revoke-risk" => take_step, Access::Staff(Permission::Decide), Page, ["reason", "version"];
}

fn name(found: &FindingDetails, id: UserId) -> &str {
    found.users.iter().find(|user| user.id == id).map_or("Somebody", |user| user.name.as_str())
}

/// The acceptances of a finding, the newest first.
pub(super) fn views(staff: &Staff, found: &FindingDetails) -> Vec<AcceptanceView> {
    let zone = staff.ctx.tenant().zone;
    let view = |one: &RiskAcceptance| {
        let asked = due::short_instant(zone, one.requested_at);
        let mut facts = vec![
            Fact::new("State", one.state.label()),
            Fact::new("Last day", due::short_day(one.ends_on)),
            Fact::new("Asked for by", format!("{}, {asked}", name(found, one.requested_by))),
        ];
        if let (Some(by), Some(at)) = (one.decided_by, one.decided_at) {
            let label = if one.state == AcceptanceState::Rejected { "Rejected by" } else { "Approved by" };
            facts.push(Fact::new(label, format!("{}, {}", name(found, by), due::short_instant(zone, at))));
        }
        if let Some(reason) = &one.end_reason {
            let revoked = one.state == AcceptanceState::Revoked;
            facts.push(Fact::new(if revoked { "Why revoked" } else { "Why rejected" }, reason));
        }
        AcceptanceView { reason: one.reason.clone(), limits: one.compensating.clone(), facts }
    };
    found.acceptances.iter().map(view).collect()
}

/// What can be done about accepting the risk.
pub(super) fn steps(staff: &Staff, found: &FindingDetails) -> Vec<StepView> {
    let finding = &found.finding;
    let may_decide = staff.ctx.require(Permission::Decide).is_ok();
    let reason = || vec![FieldView::textarea("reason", "Reason")];
    let acceptable = finding.state.after(FindingEvent::Accept).is_ok();
    if let Some(asked) = found.acceptances.iter().find(|one| one.state == AcceptanceState::Requested) {
        if !may_decide {
            return Vec::new();
        }
        let own = asked.requested_by == staff.ctx.user().id;
        let reject = if own {
            ("Take the request back", "Nothing is accepted; the finding goes on as it is.", "Take it back")
        } else {
            ("Reject the risk acceptance", "The finding goes on as it is.", "Reject it")
        };
        let mut steps = Vec::new();
        if acceptable && !own {
            let text = format!(
                "{} asks to live with this finding until {}. It then opens again by itself. No score changes by it.",
                name(found, asked.requested_by),
                due::long_day(asked.ends_on)
            );
            steps.push(step(
                finding.id,
                "approve-risk",
                ("Approve the risk acceptance", &text, "Approve until that day"),
                true,
                Vec::new(),
            ));
        }
        steps.push(step(finding.id, "reject-risk", reject, false, reason()));
        return steps;
    }
    if finding.state == FindingState::Accepted && may_decide {
        let words = ("Revoke the risk acceptance", "The finding is open again at once.", "Revoke it");
        return vec![step(finding.id, "revoke-risk", words, false, reason())];
    }
    if !acceptable {
        return Vec::new();
    }
    let words = (
        "Accept the risk for a time",
        "Somebody else has to approve it. Until then the finding goes on as it is.",
        "Ask for approval",
    );
    let fields = vec![
        FieldView::textarea("reason", "Why it can be lived with"),
        FieldView::textarea("compensating", "What limits the risk meanwhile").optional(),
        FieldView::date("ends_on", "Last day")
            .hint("At most a year ahead; the finding opens again after it."),
    ];
    vec![step(finding.id, "accept-risk", words, false, fields)]
}

async fn take_step(
    staff: Staff,
    renderer: Data<Renderer>,
    request: HttpRequest,
    id: Path<FindingId>,
    CsrfForm(form): CsrfForm,
) -> Answer {
    let (ctx, id) = (&staff.ctx, *id);
    let step = step_of(&request);
    let version = form.revision("version")?;
    let result = match step {
        "accept-risk" => {
            let input = RequestAcceptance {
                reason: form.text("reason").to_owned(),
                compensating: form.text("compensating").to_owned(),
                ends_on: form.text("ends_on").to_owned(),
                version,
            };
            acceptances::request(ctx, id, input).await
        }
        "approve-risk" => acceptances::approve(ctx, id, version).await,
        "reject-risk" => acceptances::reject(ctx, id, version, form.text("reason")).await,
        "revoke-risk" => acceptances::revoke(ctx, id, version, form.text("reason")).await,
        _ => Err(UseCaseError::NotFound),
    };
    after_step(&staff, &renderer, id, (step, &form), result).await
}

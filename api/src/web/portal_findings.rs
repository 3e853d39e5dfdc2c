//! The vendor's page of findings: what is asked to be fixed, the plan agreed for each, and reporting its action done.
//!
//! A form that cannot be taken is shown again in its finding's card, with what was typed.

use super::{
    Answer,
    form::{CsrfForm, Fields},
    guard::Respondent,
    page::{portal_shell, respond, see_other, with_errors},
    portal_views::{evidence_forms, evidence_line},
    routes::{Access, routes},
};
use crate::{
    domain::{due, finding::ActionState, ids::FindingId, sheet::EvidenceRow},
    render::{
        Renderer,
        fields::{FieldView, errors_of},
        parts::{Band, EmptyState, NavItem},
        portal::{Actions, FindingCard, HistoryLine, ReportForm, evidence_html},
    },
    usecases::{
        FieldError, Services, UseCaseError,
        portal_findings::{self, Plan, SentFinding},
    },
};
use actix_web::{
    http::StatusCode,
    web::{Data, Path},
};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

routes! {
    GET "/portal/actions" => actions, Access::Portal, Page;
    POST "/portal/findings/{finding}/plan" => plan, Access::Portal, Page, ["text", "owner_name", "due_on", "revision", "mutation"];
    POST "/portal/findings/{finding}/done" => report_done, Access::Portal, Page, ["note", "revision", "mutation"];
}

async fn actions(who: Respondent, services: Data<Services>, renderer: Data<Renderer>) -> Answer {
    actions_page(&who, &services, &renderer, None).await
}

/// What a form of one finding held, and what was wrong with it.
struct Refused<'a> {
    finding: FindingId,
    form: &'a Fields,
    faults: &'a [FieldError],
}

async fn actions_page(
    who: &Respondent,
    services: &Services,
    renderer: &Renderer,
    refused: Option<Refused<'_>>,
) -> Answer {
    let remediation = portal_findings::list(&who.ctx).await?;
    let tenant = who.ctx.tenant();
    let open = remediation.findings.iter().filter(|sent| sent.finding.state.is_open()).count();
    let mut errors = Vec::new();
    let mut cards = Vec::new();
    for sent in &remediation.findings {
        let mine = refused.as_ref().filter(|refused| refused.finding == sent.finding.id);
        let card = finding_card(who, services, renderer, sent, &remediation.evidence, mine);
        errors.extend(card.report.iter().flat_map(|report| errors_of(&report.fields)));
        cards.push(card);
    }
    let view = Actions {
        lede: match open {
            0 => "Nothing waits for you.".to_owned(),
            _ => "Say what you will do and by when; add proof; then report it done. Somebody else checks it."
                .to_owned(),
        },
        empty: cards.is_empty().then(|| EmptyState {
            title: "No actions".to_owned(),
            text: format!("What {} asks you to fix appears here.", tenant.name),
            action: None,
        }),
        findings: cards,
        aside: Vec::new(),
    };
    let title = match open {
        0 => "No open actions".to_owned(),
        1 => "1 open action".to_owned(),
        n => format!("{n} open actions"),
    };
    let mut frame =
        portal_shell(who, title, format!("Questions about {}", remediation.service)).errors(errors);
    let evidence = (!remediation.evidence.is_empty()).then(|| NavItem::new("Evidence", "/portal/shelf"));
    frame.nav = [NavItem::new("Questions", "/portal/tasks")]
        .into_iter()
        .chain(evidence)
        .chain([
            NavItem::new("Receipt", "/portal/receipt"),
            NavItem::new("Actions", "/portal/actions").current(true),
        ])
        .collect();
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    respond(renderer, status, "portal/actions", frame, view)
}

fn finding_card(
    who: &Respondent,
    services: &Services,
    renderer: &Renderer,
    sent: &SentFinding,
    evidence: &[EvidenceRow],
    refused: Option<&Refused<'_>>,
) -> FindingCard {
    let (finding, tenant) = (&sent.finding, who.ctx.tenant());
    let id = format!("f-{}", finding.id);
    let typed = |name: &str, otherwise: &str| {
        refused.map_or_else(|| otherwise.to_owned(), |refused| refused.form.text(name).to_owned())
    };
    let faults = refused.map(|refused| refused.faults).unwrap_or_default();
    let field = |field: FieldView, name: &str| field.id(format!("{id}-{name}"));
    let form = |kind: &str, fields: Vec<FieldView>, button: &str| ReportForm {
        action: format!("/portal/findings/{}/{kind}", finding.id),
        revision: finding.version.to_string(),
        mutation: services.surroundings.uuid().to_string(),
        fields: with_errors(fields, faults),
        button: button.to_owned(),
    };
    let action = sent.action.as_ref();
    let proof = |piece: &&EvidenceRow| {
        piece
            .citations
            .iter()
            .find(|c| c.action_id.is_some() && c.action_id == action.map(|a| a.id))
            .map(|c| c.id)
    };
    let proven = evidence.iter().any(|piece| proof(&piece).is_some());
    let report = if sent.can_be_planned() {
        let fields = vec![
            field(
                FieldView::textarea("text", "What you will do").value(typed("text", "")).maxlength(4_000),
                "text",
            ),
            field(
                FieldView::text("owner_name", "Who does it")
                    .value(typed("owner_name", &who.ctx.respondent().name)),
                "owner",
            ),
            field(FieldView::date("due_on", "By when").value(typed("due_on", "")), "due"),
        ];
        Some(form("plan", fields, "Agree this plan"))
    } else if sent.can_be_reported() {
        let note = FieldView::textarea("note", "What was done").value(typed("note", "")).maxlength(4_000);
        let note = if proven { note } else { note.hint("Add proof above first: a file or a link.") };
        Some(form("done", vec![field(note, "note")], "Report done"))
    } else {
        None
    };
    let citations = evidence.iter().filter_map(|piece| {
        let cite = proof(&piece)?;
        let remove = sent.can_be_reported().then(|| format!("/portal/citations/{cite}/remove"));
        Some(evidence_line(piece, tenant.zone, &tenant.name, remove))
    });
    let citations: Vec<_> = citations.collect();
    let forms = sent.can_be_reported().then(|| {
        let base = format!("/portal/findings/{}", finding.id);
        let shelf = evidence.iter().filter(|piece| proof(piece).is_none());
        let mutation = services.surroundings.uuid().to_string();
        evidence_forms(
            &format!("{id}-e"),
            format!("finding {}", finding.title),
            &base,
            "/portal/actions",
            mutation,
            shelf,
        )
    });
    let due_on =
        finding.due_on.map_or_else(|| "no date".to_owned(), |day| format!("by {}", due::long_day(day)));
    let late = finding.overdue(who.ctx.today());
    FindingCard {
        title: finding.title.clone(),
        severity: Band::named(finding.severity.as_str()),
        state: finding.state.label().to_owned(),
        due: if late { format!("{due_on}, late") } else { due_on },
        late,
        question_id: finding.question.clone().unwrap_or_default(),
        question: None,
        why: [finding.detail.as_deref(), finding.fix.as_deref()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join("\n"),
        action: action.map(|a| format!("{} ({}, by {})", a.text, a.owner_name, due::short_day(a.due_on))),
        evidence: evidence_html(renderer.card_frame(&who.csrf), &citations, forms.as_ref()),
        report,
        history: history(sent, tenant.zone, &tenant.name),
        id,
    }
}

fn history(sent: &SentFinding, zone: Tz, organisation: &str) -> Vec<HistoryLine> {
    let line = |at: DateTime<Utc>, text: String| HistoryLine { when: due::short_instant(zone, at), text };
    let mut lines = Vec::new();
    if let Some(at) = sent.finding.closed_at {
        lines.push(line(at, "Closed".to_owned()));
    }
    if let Some(action) = &sent.action {
        // What a reviewer noted while verifying stays with the buyer; why an action was rejected is for the vendor.
        match (action.verified_at, action.state, &action.verdict_reason) {
            (Some(at), ActionState::Rejected, Some(reason)) => {
                lines.push(line(at, format!("Not enough yet, says {organisation}: {reason}")));
            }
            (Some(at), ..) => lines.push(line(at, format!("Checked by {organisation}"))),
            _ => {}
        }
        if let (Some(at), Some(note)) = (action.reported_at, &action.report_note) {
            lines.push(line(at, format!("Reported done: {note}")));
        }
        lines.push(line(action.created_at, "Plan agreed".to_owned()));
    }
    lines.extend(sent.finding.sent_at.map(|at| line(at, format!("Sent by {organisation}"))));
    lines
}

async fn plan(
    who: Respondent,
    services: Data<Services>,
    renderer: Data<Renderer>,
    finding: Path<FindingId>,
    CsrfForm(form): CsrfForm,
) -> Answer {
    let input = Plan {
        text: form.text("text").to_owned(),
        owner_name: form.text("owner_name").to_owned(),
        due_on: form.text("due_on").to_owned(),
        version: form.revision("revision")?,
        key: form.text("mutation").to_owned(),
    };
    match portal_findings::plan(&who.ctx, *finding, input).await {
        Ok(()) => Ok(see_other(&format!("/portal/actions#f-{finding}"))),
        Err(UseCaseError::Invalid(faults)) => {
            let refused = Refused { finding: *finding, form: &form, faults: &faults };
            actions_page(&who, &services, &renderer, Some(refused)).await
        }
        Err(other) => Err(other.into()),
    }
}

async fn report_done(
    who: Respondent,
    services: Data<Services>,
    renderer: Data<Renderer>,
    finding: Path<FindingId>,
    CsrfForm(form): CsrfForm,
) -> Answer {
    let version = form.revision("revision")?;
    let (note, key) = (form.text("note"), form.text("mutation"));
    match portal_findings::report_done(&who.ctx, *finding, version, note, key).await {
        Ok(()) => Ok(see_other(&format!("/portal/actions#f-{finding}"))),
        Err(UseCaseError::Invalid(faults)) => {
            let refused = Refused { finding: *finding, form: &form, faults: &faults };
            actions_page(&who, &services, &renderer, Some(refused)).await
        }
        Err(other) => Err(other.into()),
    }
}

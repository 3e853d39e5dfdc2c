//! Handing in: the check before it, the declaration, the receipt, and the wish to change something afterwards.

use super::{
    Answer,
    form::CsrfForm,
    guard::Respondent,
    page::{respond, see_other, with_errors},
    portal::cards,
    portal_reader::Reader,
    portal_views::{answer_groups, progress_bar, section_href},
    problem::{NOT_FOUND, Problem},
    routes::{Access, routes},
};
use crate::{
    domain::{
        assessment::AssessmentState,
        due,
        sheet::{Sheet, SheetSection},
    },
    render::{
        Renderer,
        fields::{FieldView, errors_of},
        parts::{ErrorItem, Fact, Link},
        portal::{AnswerGroup, CheckPage, Contradiction, Declaration, IconLine, Receipt},
    },
    usecases::{
        FieldError, Services, UseCaseError, answers,
        portal_access::zone_in_words,
        submission::{self, Attestation, HandedIn},
    },
};
use actix_web::{
    http::StatusCode,
    web::{Data, Query},
};
use serde::Deserialize;

routes! {
    GET "/portal/check" => check, Access::Portal, Page;
    GET "/portal/submit" => declaration, Access::Portal, Page;
    POST "/portal/submit" => submit, Access::Portal, Page, ["name", "role", "agree", "mutation"];
    GET "/portal/receipt" => receipt, Access::Portal, Page;
    POST "/portal/amend" => ask_to_amend, Access::Portal, Page, ["reason"];
}

/// What to check: a section, as `questionnaire/section`, or everything.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ToCheck {
    section: String,
}

impl ToCheck {
    /// The address of the check of one section.
    pub(super) fn href(section: &SheetSection) -> String {
        format!("/portal/check?section={}/{}", section.questionnaire_id, section.id)
    }

    /// The place of the section on the sheet; none for everything.
    ///
    /// # Errors
    /// `not_found` when no such section is asked.
    pub(super) fn on(&self, sheet: &Sheet) -> Result<Option<usize>, Problem> {
        if self.section.is_empty() {
            return Ok(None);
        }
        let found =
            self.section.split_once('/').and_then(|(asked, section)| sheet.section_at(asked, section));
        found.map(Some).ok_or_else(|| Problem::new(NOT_FOUND))
    }
}

async fn check(who: Respondent, renderer: Data<Renderer>, wanted: Query<ToCheck>) -> Answer {
    let sheet = answers::open(&who.ctx).await?;
    let at = wanted.on(&sheet)?;
    check_page(&Reader::of(&who), &renderer, &sheet, at, &[])
}

/// The answers of one section or all of them before the declaration.
pub(super) fn check_page(
    who: &Reader<'_>,
    renderer: &Renderer,
    sheet: &Sheet,
    at: Option<usize>,
    errors: &[FieldError],
) -> Answer {
    let only = at.and_then(|at| sheet.sections.get(at));
    let missing = &sheet.missing;
    let here = |question: &&String| {
        only.is_none_or(|section| section.questions.iter().any(|one| one.id == **question))
    };
    let count = |questions: &[String]| questions.iter().filter(here).count();
    let blank =
        only.map_or_else(|| sheet.total() - sheet.done(), |section| section.questions.len() - section.done());
    let lede = format!(
        "{blank} blank, {} \u{201c}We do not know\u{201d}, {} without the note and {} without the evidence asked for. {}",
        count(&missing.unknown),
        count(&missing.notes),
        count(&missing.evidence),
        if count(&missing.required) == 0 {
            "Blanks do not keep you from sending."
        } else {
            "Answers marked \u{201c}Has to be answered\u{201d} keep you from sending."
        }
    );
    let open = sheet.rows.assessment.state.open_to_vendor();
    let begun = sheet.rows.assessment.state != AssessmentState::Sent;
    let lead = who.is_lead;
    let view = CheckPage {
        lede,
        contradictions: sheet
            .contradictions
            .iter()
            .filter(|_| only.is_none())
            .map(|text| Contradiction {
                text: text.clone(),
                link: Link::new("All sections", "/portal/tasks"),
            })
            .collect(),
        groups: match at {
            None => answer_groups(sheet, true),
            Some(at) => answer_groups(sheet, true)
                .into_iter()
                .skip(at)
                .take(1)
                .map(|group| AnswerGroup { open: true, ..group })
                .collect(),
        },
        go_on: match only {
            Some(section) => Some(Link::new(format!("Back to {}", section.title), section_href(section))),
            None => (open && begun && lead && missing.required.is_empty())
                .then(|| Link::new("Continue to declaration", "/portal/submit")),
        },
        cannot: match (open, lead) {
            (false, _) => "These answers were handed in.".to_owned(),
            (true, true) if !begun => "Nothing is answered yet, so there is nothing to send.".to_owned(),
            (true, false) => "Only the lead of this questionnaire can send it. Ask them to.".to_owned(),
            (true, true) => {
                "Answer what is marked \u{201c}Has to be answered\u{201d}, then continue.".to_owned()
            }
        },
        back: Link::new("All sections", "/portal/tasks"),
    };
    let items = errors.iter().map(|fault| {
        let href = format!("/portal/questions/{}", fault.pointer);
        ErrorItem { text: fault.message.clone(), href: Some(href) }
    });
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title =
        only.map_or_else(|| "Check all answers".to_owned(), |section| format!("Check {}", section.title));
    let mut frame = who.shell(sheet, title).errors(items.collect());
    frame.progress = Some(progress_bar(sheet, at));
    respond(renderer, status, "portal/check", frame, view)
}

/// What the one who hands in signs with.
pub(super) fn signature(vendor: &str, name: &str, role: &str, agreed: bool) -> Vec<FieldView> {
    vec![
        FieldView::text("name", "Your full name").value(name).autocomplete("name"),
        FieldView::text("role", "Your role").value(role).autocomplete("organization-title"),
        FieldView::tick("agree", format!("I state this for {vendor}."), agreed),
    ]
}

async fn declaration(who: Respondent, services: Data<Services>, renderer: Data<Renderer>) -> Answer {
    let sheet = answers::open(&who.ctx).await?;
    match sheet.rows.assessment.state {
        AssessmentState::Sent => return Ok(see_other("/portal/check")),
        AssessmentState::InProgress => {}
        AssessmentState::Returned => return Ok(see_other("/portal/clarifications")),
        _ => return Ok(see_other("/portal/receipt")),
    }
    if !who.ctx.respondent().is_lead || !sheet.missing.required.is_empty() {
        return Ok(see_other("/portal/check"));
    }
    let reader = Reader::of(&who);
    let fields = signature(&sheet.rows.assessment.vendor, reader.name, "", false);
    declaration_page(&reader, &services, &renderer, &sheet, fields, StatusCode::OK)
}

/// The named attestation.
pub(super) fn declaration_page(
    who: &Reader<'_>,
    services: &Services,
    renderer: &Renderer,
    sheet: &Sheet,
    fields: Vec<FieldView>,
    status: StatusCode,
) -> Answer {
    let about = &sheet.rows.assessment;
    let organisation = who.tenant.name.clone();
    let files = sheet.rows.evidence.iter().filter(|piece| !piece.citations.is_empty()).count();
    let errors = errors_of(&fields);
    let view = Declaration {
        lede: format!(
            "Your answers are sent to {organisation} and then closed. They may ask about single answers later."
        ),
        facts: vec![
            Fact::new("Answered", format!("{} of {}", sheet.done(), sheet.total())),
            Fact::new("Do not know", sheet.missing.unknown.len().to_string()),
            Fact::new("Evidence", files.to_string()),
        ],
        statement: submission::statement(&about.vendor),
        fields,
        action: "/portal/submit".to_owned(),
        mutation: services.surroundings.uuid().to_string(),
        button: format!("Send to {organisation}"),
        back: Link::new("Back to the check", "/portal/check"),
        after: "You get a receipt by mail and on the next page.".to_owned(),
    };
    respond(renderer, status, "portal/declaration", who.shell(sheet, "Declaration").errors(errors), view)
}

async fn submit(
    who: Respondent,
    services: Data<Services>,
    renderer: Data<Renderer>,
    CsrfForm(form): CsrfForm,
) -> Answer {
    let input = Attestation {
        key: form.text("mutation").to_owned(),
        name: form.text("name").to_owned(),
        role: form.text("role").to_owned(),
        agreed: form.ticked("agree"),
    };
    let (faults, missing) = match submission::submit(&who.ctx, input.clone()).await {
        Ok(_) => return Ok(see_other("/portal/receipt")),
        Err(UseCaseError::Invalid(faults)) => (faults, Vec::new()),
        Err(UseCaseError::Incomplete(missing)) => (Vec::new(), missing),
        Err(other) => return Err(other.into()),
    };
    let sheet = answers::open(&who.ctx).await?;
    let (status, reader) = (StatusCode::UNPROCESSABLE_ENTITY, Reader::of(&who));
    let fields = signature(&sheet.rows.assessment.vendor, &input.name, &input.role, input.agreed);
    let fields = with_errors(fields, &faults);
    if sheet.rows.assessment.state == AssessmentState::Returned {
        let page = cards(&reader, &services, &renderer, &sheet, None, status).listing(&missing);
        return page.clarifications(Some(fields));
    }
    if !missing.is_empty() {
        return check_page(&reader, &renderer, &sheet, None, &missing);
    }
    declaration_page(&reader, &services, &renderer, &sheet, fields, status)
}

async fn receipt(who: Respondent, renderer: Data<Renderer>) -> Answer {
    receipt_response(&who, &renderer, "", &[]).await
}

async fn ask_to_amend(who: Respondent, renderer: Data<Renderer>, CsrfForm(form): CsrfForm) -> Answer {
    let reason = form.text("reason");
    match submission::ask_to_amend(&who.ctx, reason).await {
        Ok(()) => Ok(see_other("/portal/receipt#amend")),
        Err(UseCaseError::Invalid(faults)) => receipt_response(&who, &renderer, reason, &faults).await,
        Err(other) => Err(other.into()),
    }
}

/// The receipt; `typed` and `faults` are those of the form that asks to amend.
async fn receipt_response(
    who: &Respondent,
    renderer: &Renderer,
    typed: &str,
    faults: &[FieldError],
) -> Answer {
    let HandedIn { submission: sent, sheet, amendment_asked, decision } =
        match submission::receipt(&who.ctx).await {
            Err(UseCaseError::NotFound) => return Ok(see_other("/portal/tasks")),
            other => other?,
        };
    let may_ask = who.ctx.respondent().is_lead && !amendment_asked;
    let can_ask = may_ask && sheet.rows.assessment.state == AssessmentState::Submitted;
    let reason = FieldView::textarea("reason", "What you would like to change, and why").value(typed);
    let amend = with_errors(if can_ask { vec![reason.maxlength(2_000)] } else { Vec::new() }, faults);
    let tenant = who.ctx.tenant();
    let questionnaires = sheet.rows.questionnaires.iter();
    let titles: Vec<String> = questionnaires
        .map(|asked| format!("{} {}", asked.definition.title, asked.definition.version))
        .collect();
    let open = sheet.rows.assessment.state.open_to_vendor();
    let groups: Vec<AnswerGroup> = if open { Vec::new() } else { answer_groups(&sheet, false) };
    let mut decided = Vec::new();
    if let Some(decision) = &decision {
        decided.push(Fact::new("Decision", decision.outcome.label()));
        decided.extend(decision.conditions.iter().map(|text| Fact::new("Conditions", text)));
    }
    let view = Receipt {
        lede: format!(
            "Sent on {}, {} time.",
            due::short_instant(tenant.zone, sent.submitted_at),
            zone_in_words(tenant.zone.name())
        ),
        facts: vec![
            Fact::new("Reference", sheet.rows.assessment.reference.clone()),
            Fact::new("Questionnaires", titles.join(", ")),
            Fact::new("Stated by", format!("{}, {}", sent.attested_name, sent.attested_role)),
            Fact::new("Statement", sent.attested_text),
            Fact::new("Submission", sent.number.to_string()),
            Fact::new("Hash of what you saw", sent.respondent_view_sha256),
        ]
        .into_iter()
        .chain(decided)
        .collect(),
        hash: sent.sha256,
        file: Link::new("Download receipt", "/portal/receipt/file"),
        amend_asked: amendment_asked.then(|| {
            format!("You have asked to change your answers. {} decides; you get a mail.", tenant.name)
        }),
        after: if decision.is_some() {
            Vec::new()
        } else {
            vec![
                IconLine::new(
                    "eye",
                    format!(
                        "{} reads your answers and may ask about some of them, on this same link.",
                        tenant.name
                    ),
                ),
                IconLine::new("flag", "You hear of the decision and of anything to fix."),
            ]
        },
        answered: sheet.done(),
        groups,
        amend,
    };
    let frame = Reader::of(who).shell(&sheet, format!("Sent to {}", tenant.name));
    let frame = frame.errors(errors_of(&view.amend));
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    respond(renderer, status, "portal/receipt", frame, view)
}

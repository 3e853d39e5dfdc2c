//! The vendor's evidence in one place: every piece with where it is used, and the form that uses one beside many answers.

use super::{
    Answer,
    form::CsrfForm,
    guard::Respondent,
    page::{respond, see_other},
    portal_aside::aside,
    portal_reader::Reader,
    portal_views::{evidence_forms, evidence_line, groups, progress_bar},
    problem::{NOT_FOUND, Problem},
    routes::{Access, routes},
};
use crate::{
    domain::{
        ids::EvidenceId,
        sheet::{EvidenceRow, Openness, Sheet, SheetQuestion, SheetSection},
    },
    render::{
        Html, Renderer,
        fields::{FieldView, errors_of},
        parts::{EmptyState, FlashNotice, Link},
        portal::{Citation, EvidenceForms, ShelfPage, ShelfPiece, ShelfUse, evidence_html},
    },
    usecases::{
        Services, answers,
        evidence::{self, Supports},
    },
};
use actix_web::{
    http::StatusCode,
    web::{Data, Path, Query},
};
use questionnaires::definition::AnswerType;
use std::collections::BTreeMap;

routes! {
    GET "/portal/shelf" => shelf, Access::Portal, Page;
    GET "/portal/shelf/{evidence}" => choose, Access::Portal, Page;
    POST "/portal/shelf/{evidence}" => use_it, Access::Portal, Page, ["question", "mutation"];
}

async fn shelf(
    who: Respondent,
    services: Data<Services>,
    renderer: Data<Renderer>,
    query: Query<BTreeMap<String, String>>,
) -> Answer {
    let sheet = answers::open(&who.ctx).await?;
    let used = query.get("used").and_then(|count| count.parse::<usize>().ok());
    shelf_page(&Reader::of(&who), &services, &renderer, &sheet, used)
}

/// Everything that was added; `used` tells for how many answers more a piece was just used.
pub(super) fn shelf_page(
    reader: &Reader<'_>,
    services: &Services,
    renderer: &Renderer,
    sheet: &Sheet,
    used: Option<usize>,
) -> Answer {
    let open = sheet.rows.assessment.state.open_to_vendor();
    let pieces: Vec<ShelfPiece> =
        sheet.rows.evidence.iter().map(|piece| piece_view(reader, sheet, piece)).collect();
    let missing = sheet.missing.evidence.iter().filter(|id| open && sheet.openness(id) == Openness::Open);
    let view = ShelfPage {
        lede: format!(
            "{} People at {} who work with these answers can open it, and nobody else.",
            if open {
                "One report often proves many answers: add it once beside a question, then say here where else it counts."
            } else {
                "What was added, and where it is used."
            },
            reader.tenant.name
        ),
        documents: open.then(|| documents_words(&reader.tenant.name, sheet.missing.required.len())),
        document_forms: document_forms(reader, services, renderer, sheet),
        empty: (pieces.is_empty() && !open).then(|| EmptyState {
            title: "Nothing was added".to_owned(),
            text: "Files and links that were added would be listed here.".to_owned(),
            action: Some(Link::new("All questions", "/portal/tasks")),
        }),
        pieces,
        missing: missing.filter_map(|id| question_link(sheet, id)).collect(),
        aside: aside(reader, sheet),
    };
    let mut frame = reader.shell(sheet, "Evidence");
    frame.progress = Some(progress_bar(sheet, None));
    for item in frame.nav.iter_mut().filter(|item| item.href == "/portal/shelf") {
        item.current = true;
    }
    let flash = used.map(|count| {
        FlashNotice::ok(match count {
            1 => "Used for 1 answer more.".to_owned(),
            n => format!("Used for {n} answers more."),
        })
    });
    frame.flash = flash.or(frame.flash);
    respond(renderer, StatusCode::OK, "portal/shelf", frame, view)
}

/// What a document for the whole does, and what still has to be answered.
fn documents_words(organisation: &str, required: usize) -> String {
    let blank = match required {
        0 => "You may leave every question blank.".to_owned(),
        1 => "You may leave questions blank, except the one that has to be answered.".to_owned(),
        more => format!("You may leave questions blank, except the {more} that have to be answered."),
    };
    format!(
        "A SOC 2 report or another document that answers most of this? Add it here, then submit. {blank} \
         {organisation} reads the document and may ask about what it does not say."
    )
}

/// The documents for the whole, and the forms that add one.
fn document_forms(reader: &Reader<'_>, services: &Services, renderer: &Renderer, sheet: &Sheet) -> Html {
    let citations: Vec<Citation> = sheet
        .documents()
        .map(|piece| {
            let remove = piece.for_all().map(|cite| format!("/portal/citations/{}/remove", cite.id));
            evidence_line(piece, reader.tenant.zone, &reader.tenant.name, remove)
        })
        .collect();
    let others = sheet.rows.evidence.iter().filter(|piece| piece.for_all().is_none());
    let mutation = services.surroundings.uuid().to_string();
    let to = "the questionnaire as a whole".to_owned();
    let forms = evidence_forms("documents", to, "/portal/documents", "/portal/shelf", mutation, others);
    let forms = EvidenceForms { summary: "Add a document".to_owned(), open: citations.is_empty(), ..forms };
    evidence_html(renderer.card_frame(reader.csrf()), &citations, Some(&forms))
}

fn piece_view(reader: &Reader<'_>, sheet: &Sheet, piece: &EvidenceRow) -> ShelfPiece {
    let line = evidence_line(piece, reader.tenant.zone, &reader.tenant.name, None);
    let in_order = sheet.sections.iter().flat_map(|section| &section.questions);
    let in_order = in_order.filter(|placed| is_cited(piece, &placed.id));
    let mut uses: Vec<Link> = in_order.filter_map(|placed| question_link(sheet, &placed.id)).collect();
    if piece.for_all().is_some() {
        uses.push(Link::new("The questionnaire as a whole", "/portal/shelf#documents"));
    }
    if piece.citations.iter().any(|cite| cite.action_id.is_some()) {
        uses.push(Link::new("Proof of an action", "/portal/actions"));
    }
    ShelfPiece {
        id: piece.id.to_string(),
        icon: line.icon,
        title: line.title,
        href: line.href,
        outside: line.outside,
        meta: line.meta,
        uses,
        more: candidates(sheet, piece).next().map(|_| format!("/portal/shelf/{}", piece.id)),
    }
}

/// A question by its number and text; a question that is hidden now leads nowhere.
fn question_link(sheet: &Sheet, id: &str) -> Option<Link> {
    let (_, placed) = sheet.place_of(id)?;
    let text = &sheet.question(id)?.text;
    Some(Link::new(format!("{} {text}", placed.number), format!("/portal/questions/{id}")))
}

fn is_cited(piece: &EvidenceRow, question: &str) -> bool {
    piece.citations.iter().any(|cite| cite.question_id.as_deref() == Some(question))
}

/// The open questions that name evidence, or lack it, and do not use this piece yet.
fn candidates<'a>(
    sheet: &'a Sheet,
    piece: &'a EvidenceRow,
) -> impl Iterator<Item = (&'a SheetSection, &'a SheetQuestion)> {
    let all = sheet.sections.iter().flat_map(|section| section.questions.iter().map(move |q| (section, q)));
    all.filter(|(_, placed)| {
        let wanted = sheet
            .question(&placed.id)
            .is_some_and(|question| question.evidence.is_some() || question.answer_type == AnswerType::File);
        let wanted = wanted || sheet.missing.evidence.contains(&placed.id);
        wanted && !is_cited(piece, &placed.id) && sheet.openness(&placed.id) == Openness::Open
    })
}

/// Boxes to tick, section by section; those that lack evidence say so.
fn fields(sheet: &Sheet, piece: &EvidenceRow, error: Option<String>) -> Vec<FieldView> {
    let several = groups(sheet).len() > 1;
    let mut fields: Vec<FieldView> = Vec::new();
    for (section, placed) in candidates(sheet, piece) {
        let id = format!("question-{}-{}", section.questionnaire_id, section.id);
        if fields.last().is_none_or(|field| field.id != id) {
            let questionnaire = sheet.rows.questionnaires.get(section.questionnaire).filter(|_| several);
            let title = match questionnaire {
                Some(asked) => format!("{}: {}", asked.definition.title, section.title),
                None => section.title.clone(),
            };
            fields.push(FieldView::checkboxes("question", title).id(id));
        }
        let text = sheet.question(&placed.id).map(|question| question.text.as_str()).unwrap_or_default();
        let label = format!("{} {text}", placed.number);
        let missing = sheet.missing.evidence.contains(&placed.id);
        let hint = missing.then(|| "Evidence is asked for and missing".to_owned());
        if let Some(field) = fields.pop() {
            fields.push(field.choice(&placed.id, label, hint, false));
        }
    }
    if let Some(first) = fields.first_mut() {
        first.error = error;
    }
    fields
}

async fn form_page(
    who: &Respondent,
    services: &Services,
    renderer: &Renderer,
    id: EvidenceId,
    error: Option<String>,
) -> Answer {
    let sheet = answers::open(&who.ctx).await?;
    let piece = sheet.rows.evidence.iter().find(|piece| piece.id == id);
    let piece = piece.ok_or_else(|| Problem::new(NOT_FOUND))?;
    let reader = Reader::of(who);
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let view = ShelfUse {
        lede: "Tick the answers that it proves too. You can take each use back beside its question."
            .to_owned(),
        action: format!("/portal/shelf/{id}"),
        mutation: services.surroundings.uuid().to_string(),
        fields: fields(&sheet, piece, error),
        back: Link::new("All evidence", "/portal/shelf"),
        aside: aside(&reader, &sheet),
    };
    let title = format!("Where else does {} count?", piece.name);
    let frame = reader.shell(&sheet, title).errors(errors_of(&view.fields));
    respond(renderer, status, "portal/shelf_use", frame, view)
}

async fn choose(
    who: Respondent,
    services: Data<Services>,
    renderer: Data<Renderer>,
    id: Path<EvidenceId>,
) -> Answer {
    form_page(&who, &services, &renderer, *id, None).await
}

async fn use_it(
    who: Respondent,
    services: Data<Services>,
    renderer: Data<Renderer>,
    id: Path<EvidenceId>,
    CsrfForm(form): CsrfForm,
) -> Answer {
    let ticked = form.all("question");
    if ticked.is_empty() {
        let error = Some("Tick at least one answer".to_owned());
        return form_page(&who, &services, &renderer, *id, error).await;
    }
    let supports = Supports::Answers(ticked.iter().cloned().collect());
    evidence::reuse(&who.ctx, supports, *id, form.text("mutation")).await?;
    Ok(see_other(&format!("/portal/shelf?used={}", ticked.len())))
}

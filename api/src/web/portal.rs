//! The vendor's pages: welcome, sections, questions and follow-up questions. The task list is in `portal_tasks.rs`, what
//! stands beside each page in `portal_aside.rs`; handing in is in `portal_submission.rs`, findings and the actions on them are in `portal_findings.rs`, evidence in `portal_evidence.rs`.
//!
//! A card posts one answer and comes back to where it was (`go`). What cannot be saved is shown again in its card,
//! with what was typed; nothing is overwritten and nothing is lost.

use super::{
    Answer,
    error_page::wants_json,
    form::{CsrfForm, Fields},
    guard::Respondent,
    page::{html, rendered, respond, see_other},
    portal_aside::aside,
    portal_reader::Reader,
    portal_submission::{ToCheck, signature},
    portal_tasks::{offered_again, task_list},
    portal_views::{
        Desk, NOTHING_IN_IT, Unsaved, next_links, progress_bar, rail, saved_line, section_href, section_of,
        why_closed,
    },
    problem::{NOT_FOUND, Problem},
    routes::{Access, routes},
    shares::Shares,
};
use crate::{
    domain::{
        answer::{NOT_APPLICABLE, TypedAnswer, UNKNOWN},
        asking,
        assessment::AssessmentState,
        due,
        earlier::Earlier,
        ids::Id as _,
        sheet::{SectionState, Sheet, SheetSection},
        time_left::about_minutes,
    },
    render::{
        Html, Renderer, Shell,
        fields::{FieldView, errors_of},
        parts::{ErrorItem, Fact, Link},
        portal::{Clarifications, EarlierBox, IconLine, SectionPage, SendReplies, Welcome, cards_html},
    },
    usecases::{
        FieldError, Services, UseCaseError,
        answers::{self, SaveAnswer},
        carry,
        portal_access::zone_in_words,
        portal_findings, submission,
    },
};
use actix_web::{
    HttpRequest,
    http::StatusCode,
    web::{Data, Path},
};
use questionnaires::answering::TableRow;
use serde::Serialize;
use std::sync::Arc;

routes! {
    GET "/portal" => home, Access::Portal, Page;
    POST "/portal/start" => start, Access::Portal, Page;
    GET "/portal/tasks" => tasks, Access::Portal, Page;
    GET "/portal/sections/{questionnaire}/{section}" => section, Access::Portal, Page;
    POST "/portal/sections/{questionnaire}/{section}/ready" => mark_ready, Access::Portal, Page;
    GET "/portal/questions/{question}" => question, Access::Portal, Page;
    POST "/portal/questions/{question}" => save, Access::Portal, Page, ["choice", "unknown", "na", "attest", "number", "date", "text", "rows.*", "reason", "note", "revision", "mutation", "go", "resolve"];
    POST "/portal/questions/{question}/carry" => use_earlier, Access::Portal, Page, ["revision", "mutation", "go"];
    POST "/portal/sections/{questionnaire}/{section}/carry" => use_earlier_of_section, Access::Portal, Page;
    GET "/portal/clarifications" => clarifications, Access::Portal, Page;
}

/// A path of the portal that a form may return to, with the question's card; the task list for anything else.
#[must_use]
pub(super) fn back_to(go: &str, question: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_');
    let known = go.starts_with("/portal/") && !go.contains("//") && go.bytes().all(plain);
    match (known, question) {
        (true, "") => go.to_owned(),
        (true, question) => format!("{go}#{question}"),
        (false, "") => "/portal/tasks".to_owned(),
        (false, question) => format!("/portal/questions/{question}"),
    }
}

async fn home(who: Respondent, renderer: Data<Renderer>) -> Answer {
    let sheet = answers::open(&who.ctx).await?;
    match sheet.rows.assessment.state {
        AssessmentState::Sent => {
            let earlier = carry::earlier(&who.ctx, &sheet).await?;
            welcome(&Reader::of(&who), &renderer, &sheet, earlier.as_deref())
        }
        AssessmentState::InProgress => Ok(see_other("/portal/tasks")),
        AssessmentState::Returned => Ok(see_other("/portal/clarifications")),
        _ => {
            let sent = portal_findings::list(&who.ctx).await?.findings;
            let waits = sent.iter().any(|one| one.finding.state.is_open());
            Ok(see_other(if waits { "/portal/actions" } else { "/portal/receipt" }))
        }
    }
}

/// The first visit.
pub(super) fn welcome(
    who: &Reader<'_>,
    renderer: &Renderer,
    sheet: &Sheet,
    earlier: Option<&Earlier>,
) -> Answer {
    let about = &sheet.rows.assessment;
    let asked = sheet.rows.questionnaires.iter().map(|asked| asked.definition.as_ref());
    let most = asking::question_count(asked, &about.facts, about.tier);
    let questions = Fact::new("Questions", sheet.total().to_string());
    let organisation = who.tenant.name.clone();
    let minutes: u32 = sheet.rows.questionnaires.iter().map(|asked| asked.definition.minutes).sum();
    let titles: Vec<&str> =
        sheet.rows.questionnaires.iter().map(|asked| asked.definition.title.as_str()).collect();
    let zone = zone_in_words(who.tenant.zone.name());
    let view = Welcome {
        why: about.message.clone().unwrap_or_else(|| {
            format!(
                "{organisation} uses or plans to use {} and asks how it is protected and built.",
                about.service
            )
        }),
        facts: vec![
            match most > sheet.total() {
                true => questions.note(format!("up to {most}, depending on your answers")),
                false => questions,
            },
            Fact::new("Time", about_minutes(minutes)).note("stop and resume at any time"),
            Fact::new("Due", due::long_day(about.due_on)).note(format!("end of the day in {zone}")),
            Fact::new("Questionnaires", titles.join(", ")),
        ],
        ready: vec![
            IconLine::new("shield-check", "Certificates and reports, such as ISO 27001 or SOC 2"),
            IconLine::new("file-text", "Policies and the last penetration test letter"),
            IconLine::new("users", "A colleague who knows how the product is built"),
        ],
        offered: offered_again(sheet, earlier, who.tenant.zone).trim_start().to_owned(),
        action: "/portal/start".to_owned(),
        more: vec![
            Link::new("See all questions first", "/portal/tasks"),
            Link::new("Send documents instead", "/portal/shelf"),
        ],
        aside: aside(who, sheet),
    };
    let title = format!("{organisation} has questions about {}", about.service);
    respond(renderer, StatusCode::OK, "portal/welcome", who.shell(sheet, title), view)
}

/// Opens the first section; nothing is stored, because looking is not answering.
async fn start(who: Respondent, _form: CsrfForm) -> Answer {
    let sheet = answers::open(&who.ctx).await?;
    let first = sheet.sections.first().map_or_else(|| "/portal/tasks".to_owned(), section_href);
    Ok(see_other(&first))
}

async fn tasks(who: Respondent, renderer: Data<Renderer>) -> Answer {
    let sheet = answers::open(&who.ctx).await?;
    let earlier = carry::earlier(&who.ctx, &sheet).await?;
    task_list(&Reader::of(&who), &renderer, &sheet, earlier.as_deref())
}

/// A page of cards: a whole section, or one question by itself.
pub(super) struct Cards<'a> {
    who: &'a Reader<'a>,
    services: &'a Services,
    renderer: &'a Renderer,
    sheet: &'a Sheet,
    earlier: Option<Arc<Earlier>>,
    unsaved: Option<&'a Unsaved>,
    /// What keeps the section from being ready.
    missing: Vec<ErrorItem>,
    status: StatusCode,
}

impl Cards<'_> {
    pub(super) fn listing(mut self, missing: &[FieldError]) -> Self {
        self.missing =
            missing.iter().map(|fault| ErrorItem::at(&fault.pointer, fault.message.clone())).collect();
        self
    }

    /// With the answers of the time before.
    fn offering(self, earlier: Option<Arc<Earlier>>) -> Self {
        Self { earlier, ..self }
    }

    fn respond(&self, template: &str, frame: Shell, view: impl Serialize, cards: &Html) -> Answer {
        let page = rendered(self.renderer, template, frame, view)?;
        Ok(html(self.status, cards.put_into(&page)))
    }

    fn desk<'a>(&'a self, go: String, mutation: &'a dyn Fn() -> String) -> Desk<'a> {
        let tenant = self.who.tenant;
        let (sheet, unsaved, earlier) = (self.sheet, self.unsaved, self.earlier.as_deref());
        Desk { sheet, earlier, organisation: &tenant.name, zone: tenant.zone, go, unsaved, mutation }
    }

    pub(super) fn section(&self, at: usize, only: Option<&str>) -> Answer {
        let sheet = self.sheet;
        let section = sheet.sections.get(at).ok_or_else(|| Problem::new(NOT_FOUND))?;
        let href = only.map_or_else(|| section_href(section), |id| format!("/portal/questions/{id}"));
        let mint = || self.services.surroundings.uuid().to_string();
        let desk = self.desk(href, &mint);
        let wanted = section.questions.iter().filter(|placed| only.is_none_or(|id| placed.id == id));
        let closed = wanted.clone().find_map(|placed| why_closed(sheet.openness(&placed.id)));
        let cards = wanted
            .filter_map(|placed| sheet.question(&placed.id).map(|question| desk.card(placed, question)));
        let cards = cards_html(self.renderer.card_frame(self.who.csrf()), cards);
        let of_questionnaire = sheet.rows.questionnaires.get(section.questionnaire);
        let questionnaire = of_questionnaire.map(|asked| asked.definition.title.clone()).unwrap_or_default();
        let of_it = sheet.sections.iter().enumerate();
        let of_it: Vec<usize> =
            of_it.filter(|(_, s)| s.questionnaire == section.questionnaire).map(|(at, _)| at).collect();
        let (place, sections) = (of_it.iter().position(|one| *one == at).unwrap_or(0) + 1, of_it.len());
        let open = sheet.rows.assessment.state.open_to_vendor();
        let unready =
            open && section.state != SectionState::Ready && sheet.rows.assessment.submission_number == 0;
        let view = SectionPage {
            kicker: format!("{questionnaire}, section {place} of {sections}"),
            answered: format!("{} of {} answered", sheet.done(), sheet.total()),
            tasks: Link::new("All sections and due date", "/portal/tasks"),
            rail: rail(sheet, Some(at)),
            sending: sending_words(self.who, sheet),
            open,
            closed: closed.map(str::to_owned),
            earlier: self.earlier_box(section).filter(|_| only.is_none()),
            cards: Html::place(),
            next: match only {
                None => next_links(sheet, at),
                Some(_) => vec![Link::new(format!("All of {}", section.title), section_href(section))],
            },
            ready: (unready && only.is_none())
                .then(|| Link::new("Mark section ready", format!("{}/ready", section_href(section)))),
            check: only.is_none().then(|| Link::new("Check this section", ToCheck::href(section))),
            aside: aside(self.who, sheet),
        };
        let title = match only {
            None => section.title.clone(),
            Some(_) => format!("{}, one question", section.title),
        };
        let mut frame = self.who.shell(sheet, title).errors(self.errors());
        frame.skip = "Skip to questions".to_owned();
        frame.skip_to = "#questions".to_owned();
        frame.saved = saved_line(sheet, self.who.tenant.zone, self.unsaved.is_some());
        frame.progress = Some(progress_bar(sheet, Some(at)));
        self.respond("portal/section", frame, view, &cards)
    }

    fn earlier_box(&self, section: &SheetSection) -> Option<EarlierBox> {
        let earlier = self.earlier.as_ref()?;
        let count = earlier.offered_in(self.sheet, section).len();
        let day = due::short_day(due::day_in(self.who.tenant.zone, earlier.submitted_at));
        let (text, label) = match count {
            0 => return None,
            1 => (
                format!("1 of these questions was answered on {day} about {}.", earlier.service),
                "Use that answer".to_owned(),
            ),
            n => (
                format!("{n} of these questions were answered on {day} about {}.", earlier.service),
                format!("Use these {n} answers"),
            ),
        };
        let text = format!("{text} Check that each still holds; you can change it afterwards.");
        Some(EarlierBox { text, take: Link::new(label, format!("{}/carry", section_href(section))) })
    }

    fn errors(&self) -> Vec<ErrorItem> {
        let Some(unsaved) = self.unsaved else { return self.missing.clone() };
        let number = self
            .sheet
            .place_of(&unsaved.question)
            .map(|(_, placed)| placed.number.clone())
            .unwrap_or_default();
        let mut texts: Vec<String> = unsaved.faults.iter().map(|fault| fault.message.clone()).collect();
        if let Some(now) = &unsaved.conflict {
            texts.push(format!("{} changed this answer. Choose which text stays.", now.by));
        }
        texts
            .iter()
            .map(|text| ErrorItem::at(&unsaved.question, format!("Question {number}: {text}")))
            .collect()
    }

    pub(super) fn clarifications(&self, fields: Option<Vec<FieldView>>) -> Answer {
        let (who, sheet) = (self.who, self.sheet);
        let about = &sheet.rows.assessment;
        let organisation = who.tenant.name.clone();
        let mint = || self.services.surroundings.uuid().to_string();
        let desk = self.desk("/portal/clarifications".to_owned(), &mint);
        let asked: Vec<_> = sheet.asked_again().collect();
        // A question that an answer given since has hidden is still shown: it was asked.
        let cards: Vec<_> = asked
            .iter()
            .filter_map(|c| {
                let question = sheet.question(&c.question_id)?;
                let placed = sheet.place_of(&c.question_id).map(|(_, placed)| placed.clone());
                let placed = placed.unwrap_or_else(|| crate::domain::sheet::SheetQuestion {
                    id: c.question_id.clone(),
                    number: c.question_id.clone(),
                    done: false,
                });
                Some(desk.card(&placed, question))
            })
            .collect();
        let count = cards.len();
        let cards = cards_html(self.renderer.card_frame(who.csrf()), cards);
        let lead = who.is_lead;
        let fields = fields.unwrap_or_else(|| signature(&about.vendor, who.name, "", false));
        let frame_errors = [self.errors(), errors_of(&fields)].concat();
        let view = Clarifications {
            lede: match count {
                0 => String::new(),
                _ => format!("Only these answers are open. Due {}.", due::long_day(about.due_on)),
            },
            cards: Html::place(),
            send: (lead && count > 0).then(|| SendReplies {
                lede: format!(
                    "{} Sending closes these answers again and makes submission {}.",
                    submission::statement(&about.vendor).join(" "),
                    about.submission_number + 1
                ),
                action: "/portal/submit".to_owned(),
                mutation: mint(),
                fields,
                button: if count == 1 { "Send 1 reply".to_owned() } else { format!("Send {count} replies") },
            }),
            cannot: if count == 0 {
                "Nothing is asked now.".to_owned()
            } else {
                "The lead of this questionnaire sends the replies. Save your answers here.".to_owned()
            },
            aside: aside(who, sheet),
        };
        let title = match count {
            0 => format!("{organisation} has no follow-up questions"),
            1 => format!("{organisation} has 1 follow-up question"),
            n => format!("{organisation} has {n} follow-up questions"),
        };
        let frame = who.shell(sheet, title).errors(frame_errors);
        self.respond("portal/clarifications", frame, view, &cards)
    }
}

/// What reaches the asking organisation, and when.
fn sending_words(who: &Reader<'_>, sheet: &Sheet) -> String {
    let (about, organisation) = (&sheet.rows.assessment, &who.tenant.name);
    match (about.state.open_to_vendor(), about.submitted_at) {
        (true, None) if who.is_lead => format!("Nothing is sent to {organisation} until you submit."),
        (true, None) => format!("Nothing is sent to {organisation} until it is submitted."),
        (true, Some(_)) => format!("What changes now is sent to {organisation} when it is submitted again."),
        (false, None) => format!("Nothing was sent to {organisation}."),
        (false, Some(at)) => {
            format!("Submitted to {organisation} on {}.", due::short_instant(who.tenant.zone, at))
        }
    }
}

async fn section(
    who: Respondent,
    services: Data<Services>,
    renderer: Data<Renderer>,
    path: Path<(String, String)>,
) -> Answer {
    let sheet = answers::open(&who.ctx).await?;
    let at = sheet.section_at(&path.0, &path.1).ok_or_else(|| Problem::new(NOT_FOUND))?;
    let (earlier, reader) = (carry::earlier(&who.ctx, &sheet).await?, Reader::of(&who));
    cards(&reader, &services, &renderer, &sheet, None, StatusCode::OK).offering(earlier).section(at, None)
}

pub(super) fn cards<'a>(
    who: &'a Reader<'a>,
    services: &'a Services,
    renderer: &'a Renderer,
    sheet: &'a Sheet,
    unsaved: Option<&'a Unsaved>,
    status: StatusCode,
) -> Cards<'a> {
    Cards { who, services, renderer, sheet, earlier: None, unsaved, missing: Vec::new(), status }
}

async fn question(
    who: Respondent,
    services: Data<Services>,
    renderer: Data<Renderer>,
    id: Path<String>,
) -> Answer {
    let sheet = answers::open(&who.ctx).await?;
    let at = section_of(&sheet, &id).ok_or_else(|| Problem::new(NOT_FOUND))?;
    let (earlier, reader) = (carry::earlier(&who.ctx, &sheet).await?, Reader::of(&who));
    cards(&reader, &services, &renderer, &sheet, None, StatusCode::OK)
        .offering(earlier)
        .section(at, Some(&id))
}

/// The answer that a card's form holds.
fn typed(form: &Fields) -> TypedAnswer {
    let mut choices: Vec<String> =
        form.all("choice").into_iter().filter(|choice| !choice.is_empty()).collect();
    if form.ticked("unknown") {
        choices.push(UNKNOWN.to_owned());
    }
    if form.ticked("na") {
        choices.push(NOT_APPLICABLE.to_owned());
    }
    if form.ticked("attest") {
        choices.push("yes".to_owned());
    }
    let value =
        ["number", "date", "text"].iter().find_map(|name| form.optional(name)).unwrap_or_default().to_owned();
    let mut rows: Vec<TableRow> = Vec::new();
    for (name, cell) in form.pairs() {
        let Some((row, column)) = name.strip_prefix("rows.").and_then(|rest| rest.split_once('.')) else {
            continue;
        };
        // A row number beyond any table's is no row of our form.
        let Some(row) = row.parse::<usize>().ok().filter(|row| *row < 1_000) else { continue };
        if rows.len() <= row {
            rows.resize_with(row + 1, TableRow::new);
        }
        if let Some(cells) = rows.get_mut(row) {
            cells.insert(column.to_owned(), cell.to_owned());
        }
    }
    TypedAnswer {
        choices,
        value,
        rows,
        reason: form.text("reason").to_owned(),
        note: form.text("note").to_owned(),
    }
}

async fn save(
    who: Respondent,
    shares: Data<Shares>,
    services: Data<Services>,
    renderer: Data<Renderer>,
    question: Path<String>,
    request: HttpRequest,
    CsrfForm(form): CsrfForm,
) -> Answer {
    let _place = shares.saves.enter(who.ctx.respondent().session.uuid()).await?;
    let input = SaveAnswer {
        question: question.into_inner(),
        rev: form.revision("revision")?,
        mutation: form.text("mutation").to_owned(),
        typed: typed(&form),
    };
    let (go, begun_from) = (form.text("go"), input.rev);
    let mut unsaved = Unsaved {
        question: input.question.clone(),
        typed: input.typed.clone(),
        faults: Vec::new(),
        conflict: None,
        from: None,
    };
    let saved = match answers::save(&who.ctx, input).await {
        // No answer was stored before, and none is now.
        Ok(0) => require_something(&who, &unsaved.question).await,
        other => other.map(|_| ()),
    };
    let status = match saved {
        Ok(()) => return Ok(see_other(&back_to(go, &unsaved.question))),
        Err(refused) if wants_json(&request) => return Err(refused.into()),
        Err(UseCaseError::Invalid(faults)) => {
            unsaved.faults = faults;
            unsaved.from = Some(begun_from);
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Err(UseCaseError::VersionConflict(Some(now))) => {
            unsaved.conflict = Some(*now);
            StatusCode::PRECONDITION_FAILED
        }
        Err(UseCaseError::VersionConflict(None)) => {
            let words = "This page was out of date; nothing is saved here yet. Look at your answer and save it again.";
            unsaved.faults = vec![FieldError::new("revision", "stale", words)];
            StatusCode::PRECONDITION_FAILED
        }
        Err(other) => return Err(other.into()),
    };
    let sheet = answers::open(&who.ctx).await?;
    let (earlier, reader) = (carry::earlier(&who.ctx, &sheet).await?, Reader::of(&who));
    let page = cards(&reader, &services, &renderer, &sheet, Some(&unsaved), status).offering(earlier);
    if go == "/portal/clarifications" {
        return page.clarifications(None);
    }
    let at = section_of(&sheet, &unsaved.question).ok_or_else(|| Problem::new(NOT_FOUND))?;
    let alone = go.starts_with("/portal/questions/").then_some(unsaved.question.as_str());
    page.section(at, alone)
}

/// Refuses a card with nothing in it, unless a file beside it is the answer.
async fn require_something(who: &Respondent, question: &str) -> Result<(), UseCaseError> {
    let sheet = answers::open(&who.ctx).await?;
    let done = sheet.place_of(question).is_some_and(|(_, placed)| placed.done);
    if done { Ok(()) } else { Err(UseCaseError::field("choice", "required", NOTHING_IN_IT)) }
}

async fn use_earlier(who: Respondent, question: Path<String>, CsrfForm(form): CsrfForm) -> Answer {
    carry::use_one(&who.ctx, &question, form.revision("revision")?, form.text("mutation")).await?;
    Ok(see_other(&back_to(form.text("go"), &question)))
}

async fn use_earlier_of_section(who: Respondent, path: Path<(String, String)>, _form: CsrfForm) -> Answer {
    carry::use_section(&who.ctx, &path.0, &path.1).await?;
    Ok(see_other(&format!("/portal/sections/{}/{}", path.0, path.1)))
}

async fn mark_ready(
    who: Respondent,
    services: Data<Services>,
    renderer: Data<Renderer>,
    path: Path<(String, String)>,
    _form: CsrfForm,
) -> Answer {
    match submission::mark_ready(&who.ctx, &path.0, &path.1).await {
        Ok(()) => Ok(see_other(&format!("/portal/tasks#{}-{}", path.0, path.1))),
        Err(UseCaseError::Incomplete(missing)) => {
            let sheet = answers::open(&who.ctx).await?;
            let at = sheet.section_at(&path.0, &path.1).ok_or_else(|| Problem::new(NOT_FOUND))?;
            let (earlier, reader) = (carry::earlier(&who.ctx, &sheet).await?, Reader::of(&who));
            let page = cards(&reader, &services, &renderer, &sheet, None, StatusCode::UNPROCESSABLE_ENTITY);
            page.listing(&missing).offering(earlier).section(at, None)
        }
        Err(other) => Err(other.into()),
    }
}

async fn clarifications(who: Respondent, services: Data<Services>, renderer: Data<Renderer>) -> Answer {
    let sheet = answers::open(&who.ctx).await?;
    cards(&Reader::of(&who), &services, &renderer, &sheet, None, StatusCode::OK).clarifications(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_returns_only_into_the_portal() {
        assert_eq!(back_to("/portal/sections/x/GOV", "Q"), "/portal/sections/x/GOV#Q");
        for foreign in [
            "//evil.example",
            "/portal//evil.example",
            "/portal/\r\nx",
            "https://evil.example",
            "/sign-in",
            "",
        ] {
            assert_eq!(back_to(foreign, "Q"), "/portal/questions/Q", "{foreign:?}");
        }
    }

    #[test]
    fn rows_of_a_table_come_in_whatever_order_and_absurd_numbers_are_ignored() {
        let pairs =
            [("rows.1.name", "B"), ("rows.0.name", "A"), ("rows.99999999.name", "C"), ("unknown", "yes")];
        let form =
            Fields::from_pairs(pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect());
        let typed = typed(&form);
        assert_eq!(typed.rows.len(), 2);
        assert_eq!(typed.rows[1]["name"], "B");
        assert_eq!(typed.choices, [UNKNOWN]);
    }
}

//! The vendor's task list: every section, where it stands, and where the reader left off.

use super::{
    Answer,
    page::respond,
    portal_aside::aside,
    portal_reader::Reader,
    portal_views::{groups, progress_bar, saved_line, section_href, section_of, shown_state},
};
use crate::{
    domain::{
        due,
        earlier::Earlier,
        ids::RespondentId,
        respondent::RespondentRole,
        sheet::{SectionState, Sheet, SheetSection},
        time_left::{in_words, minutes_left_in},
    },
    render::{
        Renderer,
        parts::Link,
        portal::{Person, Resume, SubmitBox, TaskGroup, TaskList, TaskRow},
    },
};
use actix_web::http::StatusCode;
use chrono_tz::Tz;

/// All sections, as this reader sees them.
pub(super) fn task_list(
    who: &Reader<'_>,
    renderer: &Renderer,
    sheet: &Sheet,
    earlier: Option<&Earlier>,
) -> Answer {
    let about = &sheet.rows.assessment;
    let organisation = who.tenant.name.clone();
    let (done, total) = (sheet.done(), sheet.total());
    let open = about.state.open_to_vendor();
    let last = left_off(sheet, who.id);
    let asked_again = sheet.asked_again().count();
    let follow_ups = match asked_again {
        1 => "1 follow-up question".to_owned(),
        n => format!("{n} follow-up questions"),
    };
    let again = offered_again(sheet, earlier, who.tenant.zone);
    let submits = if who.is_lead { "you submit" } else { "it is submitted" };
    let asked = asked_by_a_colleague(who, sheet);
    let goes_on = open && asked_again == 0 && done < total;
    let next = go_on_at(sheet, last).filter(|_| goes_on);
    let view = TaskList {
        lede: if asked_again > 0 {
            format!("{organisation} has {follow_ups}. The other answers were submitted and stay as they are.")
        } else if open {
            format!(
                "{asked}{done} of {total} are answered. Nothing is sent to {organisation} until {submits}. \
                 Answer in any order; stop and come back with the same link.{again}"
            )
        } else {
            format!("{done} of {total} are answered. They were submitted and cannot be changed now.")
        },
        resume: if asked_again > 0 {
            Some(Resume {
                title: follow_ups.clone(),
                text: format!("Due {}", due::long_day(about.due_on)),
                link: Link::new("Reply", "/portal/clarifications"),
            })
        } else {
            None
        }
        .or_else(|| resume(sheet, last).filter(|_| goes_on)),
        groups: groups(sheet)
            .into_iter()
            .map(|(_, title, sections)| {
                let done: usize = sections.iter().map(|(_, s)| s.done()).sum();
                let total: usize = sections.iter().map(|(_, s)| s.questions.len()).sum();
                let all = sections.len();
                let count = |state| sections.iter().filter(|(_, s)| s.state == state).count();
                let how_far = match count(SectionState::Submitted) {
                    0 => format!("{} of {all} sections ready", count(SectionState::Ready)),
                    submitted if submitted == all => "submitted".to_owned(),
                    submitted => format!("{submitted} of {all} sections submitted"),
                };
                let summary = format!("{done} of {total} answered, {how_far}");
                TaskGroup {
                    title,
                    summary,
                    sections: sections.iter().map(|(at, s)| task_row(sheet, s, next == Some(*at))).collect(),
                }
            })
            .collect(),
        submit: (open && asked_again == 0).then(|| SubmitBox {
            title: "Submit".to_owned(),
            text: match about.people.iter().find(|person| person.role == RespondentRole::Lead) {
                Some(lead) if !who.is_lead => {
                    format!("Tell {} when your part is done. Only they can submit; you can check it here.", lead.name)
                }
                _ => format!(
                    "When you are done, check all answers and sign the statement. You may submit with blanks or \
                     \u{201c}We do not know\u{201d}; {organisation} then sees what is open."
                ),
            },
            links: vec![
                Link::new("Check all answers", "/portal/check"),
                Link::new("Send documents instead", "/portal/shelf"),
            ],
        }),
        aside: aside(who, sheet),
    };
    let title = match (open, total - done) {
        _ if asked_again > 0 => format!("{follow_ups}, due {}", due::long_day(about.due_on)),
        (false, _) => format!("Your answers to {organisation}"),
        (true, 0) => format!("All {total} questions answered, due {}", due::long_day(about.due_on)),
        (true, 1) => format!("1 question left, due {}", due::long_day(about.due_on)),
        (true, left) => format!("{left} questions left, due {}", due::long_day(about.due_on)),
    };
    let mut frame = who.shell(sheet, title);
    frame.saved = saved_line(sheet, who.tenant.zone, false);
    frame.progress = Some(progress_bar(sheet, None));
    respond(renderer, StatusCode::OK, "portal/task_list", frame, view)
}

/// The place on the sheet of the section in which the reader saved an answer last; of answers that were saved at once,
/// the one furthest down.
fn left_off(sheet: &Sheet, reader: Option<RespondentId>) -> Option<usize> {
    let own = sheet.rows.answers.iter().filter(|row| row.respondent.is_some() && row.respondent == reader);
    own.filter_map(|row| Some((row.saved_at, section_of(sheet, &row.question_id)?))).max().map(|(_, at)| at)
}

/// The section where the reader left off, or the next one after it that lacks something.
fn go_on_at(sheet: &Sheet, last: Option<usize>) -> Option<usize> {
    let (before, after) = (0..sheet.sections.len()).partition::<Vec<_>, _>(|at| Some(*at) < last);
    let lacks = |at: &usize| sheet.sections.get(*at).is_some_and(|section| !section.can_be_ready());
    after.into_iter().chain(before).find(lacks)
}

/// Where to go on, as the card above the list says it.
fn resume(sheet: &Sheet, last: Option<usize>) -> Option<Resume> {
    let at = go_on_at(sheet, last)?;
    let section = sheet.sections.get(at)?;
    let left = match minutes_left_in(sheet, section) {
        Some(minutes) => format!("about {} left in this section", in_words(minutes)),
        None => "a note is missing".to_owned(),
    };
    Some(Resume {
        title: match last {
            Some(last) if last == at => format!("You were in {}", section.title),
            Some(_) => format!("Next: {}", section.title),
            None => section.title.clone(),
        },
        text: format!("{} of {} answered, {left}", section.done(), section.questions.len()),
        link: Link::new(
            match last {
                Some(last) if last == at => "Continue where you left off",
                Some(_) => "Go on here",
                None => "Start here",
            },
            section_href(section),
        ),
    })
}

/// What a lead asked this helper for, in a sentence; nothing for everybody else.
fn asked_by_a_colleague(who: &Reader<'_>, sheet: &Sheet) -> String {
    let people = &sheet.rows.assessment.people;
    let own = people.iter().find(|person| Some(person.id) == who.id);
    let inviter = own.and_then(|own| people.iter().find(|person| Some(person.id) == own.invited_by));
    match (inviter, own.and_then(|own| own.ask.as_ref())) {
        (Some(inviter), Some(ask)) => format!("{} asks: \u{201c}{ask}\u{201d} ", inviter.name),
        _ => String::new(),
    }
}

/// How many earlier answers are on offer, in a sentence; nothing when there are none.
pub(super) fn offered_again(sheet: &Sheet, earlier: Option<&Earlier>, zone: Tz) -> String {
    let Some(earlier) = earlier else { return String::new() };
    let offered: usize = sheet.sections.iter().map(|section| earlier.offered_in(sheet, section).len()).sum();
    if offered == 0 {
        return String::new();
    }
    let day = due::short_day(due::day_in(zone, earlier.submitted_at));
    format!(
        " {offered} questions were answered before, on {day} about {}: use those answers again, section by section.",
        earlier.service
    )
}

fn task_row(sheet: &Sheet, section: &SheetSection, next: bool) -> TaskRow {
    let rows = section.questions.iter().filter_map(|q| sheet.answer(&q.id));
    let owner =
        rows.max_by_key(|row| row.saved_at).map(|row| row.saved_by.clone()).filter(|by| !by.is_empty());
    TaskRow {
        id: format!("{}-{}", section.questionnaire_id, section.id),
        title: section.title.clone(),
        owner: owner.map(|name| Person::new(name, "")),
        count: format!("{} of {}", section.done(), section.questions.len()),
        state: shown_state(section.state),
        next,
        href: section_href(section),
    }
}

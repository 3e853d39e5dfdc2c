//! The review: the queue with one answer, its evidence and its verdict, the batch of questions to the vendor.

mod evidence;
mod verdicts;
mod worth;

pub(super) use evidence::evidence_view;

use super::{
    Answer,
    form::{CsrfForm, Fields},
    frame::framing,
    guard::Staff,
    page::{respond, see_other, with_errors},
    reviews_together,
    routes::{Access, routes},
    scores::{about, case_shell},
};
use crate::{
    domain::{
        Permission, asking,
        assessment::AssessmentState,
        contradictions::Contradiction,
        due,
        ids::{AssessmentId, ClarificationId},
        review::{QueueGroup, QueueItem, VerdictKind},
        score_inputs::in_words,
    },
    render::{
        Renderer,
        fields::{FieldView, errors_of},
        parts::{Band, FlashNotice, LabelledBand, Link, NavItem, capitalised},
        reviews::{
            AnswerView, AskedView, BatchQuestion, BatchView, ContradictionView, GivenView, QueueGroupView,
            QueueLine, ReviewView,
        },
        word_diff,
    },
    usecases::{
        FieldError, UseCaseError,
        reviews::{self, Desk, GiveVerdict, ReturnToVendor},
    },
};
use actix_web::{
    http::StatusCode,
    web::{Data, Path, Query},
};
use chrono::Days;
use questionnaires::answering::Answer as Answered;
use std::collections::BTreeSet;

routes! {
    GET "/assessments/{assessment}/review" => review_page, Access::Staff(Permission::Read), Page;
    POST "/assessments/{assessment}/review/{question}" => give_verdict, Access::Staff(Permission::Review), Page, ["accept", "verdict", "credit", "compensating", "grade", "reason", "text", "version", "answer_rev", "show"];
    GET "/assessments/{assessment}/return" => batch_page, Access::Staff(Permission::Review), Page;
    POST "/assessments/{assessment}/return" => return_to_vendor, Access::Staff(Permission::Review), Page, ["text.*", "due_on", "version"];
    POST "/assessments/{assessment}/return/{clarification}/withdraw" => withdraw, Access::Staff(Permission::Review), Page;
    POST "/assessments/{assessment}/start-review" => start, Access::Staff(Permission::Review), Page;
    POST "/assessments/{assessment}/finish-review" => finish, Access::Staff(Permission::Review), Page;
}

/// Of a question that the vendor was asked about and has not replied to.
const WAITING: &str = "waiting for the vendor";

type Pairs = Query<Vec<(String, String)>>;

async fn review_page(staff: Staff, renderer: Data<Renderer>, id: Path<AssessmentId>, query: Pairs) -> Answer {
    let query = Fields::from_pairs(query.into_inner());
    let looked = Looked { show: query.text("show"), question: query.filled("q"), file: query.filled("file") };
    review_response(&staff, &renderer, *id, looked, None, &[]).await
}

/// What somebody looks at.
#[derive(Clone, Copy)]
struct Looked<'a> {
    /// Which part of the queue.
    show: &'a str,
    /// Which answer; by itself the first open one.
    question: Option<&'a str>,
    /// Which of its files beside it; by itself the first that can be shown.
    file: Option<&'a str>,
}

/// Whether an answer waits for a verdict: none was given, or the vendor has replied to a question about it.
fn is_open(desk: &Desk, item: &QueueItem) -> bool {
    let replied = || asked_words(desk, &item.question) != WAITING;
    item.open() || (item.verdict == Some(VerdictKind::Asked) && replied())
}

fn listed<'a>(desk: &'a Desk, show: &str) -> Vec<&'a QueueItem> {
    let all = desk.queue.iter();
    match show {
        "all" => all.collect(),
        "open" => all.filter(|item| is_open(desk, item)).collect(),
        _ => all.filter(|item| item.group != QueueGroup::Rest).collect(),
    }
}

async fn review_response(
    staff: &Staff,
    renderer: &Renderer,
    id: AssessmentId,
    looked: Looked<'_>,
    typed: Option<&Fields>,
    errors: &[FieldError],
) -> Answer {
    let desk = reviews::desk(&staff.ctx, id).await?;
    let show = if matches!(looked.show, "all" | "open") { looked.show } else { "first" };
    let looked = Looked { show, ..looked };
    let listed = listed(&desk, show);
    let current = match looked.question {
        Some(question) => desk.queue.iter().find(|item| item.question == question),
        None => listed.iter().copied().find(|item| item.open()).or_else(|| listed.first().copied()),
    };
    let base = format!("/assessments/{id}");
    let state = desk.case.assessment.state;
    let can_judge = staff.ctx.user().role.may(Permission::Review)
        && matches!(state, AssessmentState::Submitted | AssessmentState::InReview);
    let mut shell = case_shell(staff, &desk.case, "Review answers");
    shell.scripts.push("review.js".to_owned());
    shell.skip = "Skip to answer".to_owned();
    if current.is_some() {
        shell.skip_to = "#answer".to_owned();
    }
    let mut current_view =
        current.and_then(|item| answer_view(staff, &desk, item, &base, looked, typed, errors));
    let contradictions = desk.contradictions();
    if let Some(view) = &mut current_view {
        let here = contradictions.iter().filter(|one| one.questions.contains(&view.id));
        view.contradicts = here.map(|one| one.text.clone()).collect();
        let (now, before) = reviews::saved(&staff.ctx, &desk, &view.id).await?;
        let zone = staff.ctx.tenant().zone;
        let by =
            |saved: reviews::Saved| format!("{}, {}", saved.by, due::short_day(due::day_in(zone, saved.at)));
        view.now.by = now.map(by);
        if let Some(earlier) = &mut view.before {
            earlier.by = before.map(by);
        }
    }
    if let Some(view) = &current_view {
        shell.errors = errors_of(&view.fields);
    }
    let framed = current_view.as_ref().is_some_and(|view| view.frame.is_some());
    let counts = |show: &str| match show {
        "all" => desk.queue.len(),
        "open" => desk.queue.iter().filter(|item| is_open(&desk, item)).count(),
        _ => desk.queue.iter().filter(|item| item.group != QueueGroup::Rest).count(),
    };
    let chip = |value: &str, label: &str| {
        NavItem::new(format!("{label} {}", counts(value)), format!("{base}/review?show={value}"))
            .current(show == value)
    };
    let done = desk.judged();
    let drafts = desk.drafts().count();
    let mut notices = Vec::new();
    if !can_judge {
        let why = match state {
            AssessmentState::Returned => {
                "The vendor is answering your questions. Verdicts can be given again when the replies are handed in."
            }
            AssessmentState::Decided => {
                "The decision is recorded. Reopen the assessment to judge answers again."
            }
            AssessmentState::Submitted | AssessmentState::InReview => {
                "You can read the review. Risk managers and admins give verdicts."
            }
            _ => "Verdicts cannot be given now.",
        };
        notices.push(FlashNotice::info(why));
    }
    notices.extend(left_out_words(&desk).map(FlashNotice::info));
    let missing = desk.missing().count();
    if missing > 0 && can_judge {
        let (verb, noun) = if missing == 1 { ("needs", "answer") } else { ("need", "answers") };
        notices.push(FlashNotice::info(format!(
            "{missing} {noun} still {verb} a verdict before a decision can be recorded."
        )));
    }
    let bar = match (current, &current_view) {
        (Some(item), Some(answer)) if can_judge => verdicts::bar(&desk, item, answer, &listed, &base, show),
        _ => None,
    };
    let view = ReviewView {
        about: about(&desk.case),
        score_href: format!("{base}/score"),
        csv: format!("{base}/answers.csv"),
        progress: progress(&desk, done),
        done,
        total: desk.queue.len().max(1),
        scores: scores_of(&desk),
        chips: vec![chip("first", "First"), chip("open", "Open"), chip("all", "All")],
        documents: desk.documents.iter().map(evidence_view).collect(),
        contradictions: contradictions_view(&desk, contradictions, &base),
        groups: groups_of(&desk, &listed, current, &base, show),
        current: current_view,
        bar,
        nothing: match (looked.question, show) {
            (Some(question), _) if desk.definitions.question(question).is_some() => format!(
                "{question} is not asked: another answer makes it drop out, so there is nothing to judge."
            ),
            (_, "open") => "Every answer has a verdict or waits for the vendor.".to_owned(),
            (_, "all") => "No question was asked.".to_owned(),
            _ => "No answer stands out. Choose All to see every answer.".to_owned(),
        },
        notices,
        can_judge,
        start_action: (can_judge && desk.case.assessment.state == AssessmentState::Submitted)
            .then(|| format!("{base}/start-review")),
        drafts,
        batch_href: format!("{base}/return"),
        finish_action: format!("{base}/finish-review"),
        finished: desk.finished,
        findings_href: format!("{base}/findings"),
        finish_hint: if can_judge { unjudged_words(&desk) } else { String::new() },
        decision_href: format!("{base}/decision"),
        together: if can_judge { reviews_together::links(&desk, &base) } else { Vec::new() },
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = respond(renderer, status, "pages/reviews/review", shell, view)?;
    Ok(if framed { framing(page) } else { page })
}

/// What it means to end the review while answers have no verdict.
fn unjudged_words(desk: &Desk) -> String {
    let total = desk.queue.len();
    match total - desk.judged() {
        0 => String::new(),
        1 => format!("1 of {total} answers has no verdict. Findings are proposed from what it claims."),
        open => {
            format!("{open} of {total} answers have no verdict. Findings are proposed from what they claim.")
        }
    }
}

/// What does not fit together, with the questions that take part.
fn contradictions_view(desk: &Desk, found: Vec<Contradiction>, base: &str) -> Vec<ContradictionView> {
    let link = |question: &String| {
        let item = desk.queue.iter().find(|item| item.question == *question);
        let number = item.map_or(question.as_str(), |item| item.number.as_str());
        Link::new(number, format!("{base}/review?show=all&q={question}#answer"))
    };
    let line = |one: Contradiction| ContradictionView {
        text: one.text,
        questions: one.questions.iter().map(link).collect(),
        state: if one.settled { "settled by a verdict" } else { "open" },
    };
    found.into_iter().map(line).collect()
}

/// That some answers are judged by nobody, because a judged answer leaves their questions out.
fn left_out_words(desk: &Desk) -> Option<String> {
    let judged: BTreeSet<&str> = desk.queue.iter().map(|item| item.question.as_str()).collect();
    let given = desk.inputs.answers.iter().filter(|(_, answer)| answer.value.is_some());
    let left_out = given.map(|(id, _)| id.as_str()).filter(|id| !judged.contains(id));
    match left_out.collect::<Vec<_>>().as_slice() {
        [] => None,
        [one] => Some(format!("The answer to {one} is not judged: another answer leaves its question out.")),
        more => Some(format!(
            "{} answers are not judged, because other answers leave their questions out: {}.",
            more.len(),
            more.join(", ")
        )),
    }
}

fn scores_of(desk: &Desk) -> Vec<LabelledBand> {
    let scored = desk.score.questionnaires.iter().map(|one| LabelledBand {
        label: desk.definitions.questionnaire(&one.id).map_or_else(|| one.id.clone(), |q| q.title.clone()),
        band: match (one.rating, &one.claimed) {
            (Some(rating), Some(claimed)) => Band::scored(rating.as_str(), &claimed.display1()),
            _ => Band::none("Not assessed"),
        },
    });
    scored.collect()
}

/// Where a question stands that the vendor was asked about; the reply may have left the answer as it was.
fn asked_words(desk: &Desk, question: &str) -> &'static str {
    let newest = desk.clarifications.iter().rfind(|one| one.question == question);
    let replied = newest.is_some_and(|one| one.answered_at.is_some());
    if replied { "vendor replied, no verdict yet" } else { WAITING }
}

/// How many answers have a verdict, and how many wait for the vendor.
fn progress(desk: &Desk, done: usize) -> String {
    let have = format!("{done} of {} have a verdict", desk.queue.len());
    let asked = desk.queue.iter().filter(|item| item.verdict == Some(VerdictKind::Asked));
    match asked.filter(|item| asked_words(desk, &item.question) == WAITING).count() {
        0 => have,
        1 => format!("{have}, 1 waits for the vendor"),
        waiting => format!("{have}, {waiting} wait for the vendor"),
    }
}

fn groups_of(
    desk: &Desk,
    listed: &[&QueueItem],
    current: Option<&QueueItem>,
    base: &str,
    show: &str,
) -> Vec<QueueGroupView> {
    let mut groups: Vec<QueueGroupView> = Vec::new();
    for item in listed {
        let label = item.group.label();
        if groups.last().is_none_or(|group| group.label != label) {
            groups.push(QueueGroupView { label: label.to_owned(), items: Vec::new() });
        }
        let (icon, words) = match (item.verdict, item.outdated) {
            (Some(VerdictKind::Accepted), _) => (Some("circle-check"), "accepted"),
            (Some(VerdictKind::Adjusted), _) => (Some("pencil"), "adjusted"),
            (Some(VerdictKind::Asked), _) => (Some("message-square"), asked_words(desk, &item.question)),
            (None, true) => (Some("refresh-cw"), "answered anew, verdict outdated"),
            (None, false) => (None, "no verdict yet"),
        };
        let line = QueueLine {
            number: item.number.clone(),
            text: item.text.clone(),
            href: format!("{base}/review?show={show}&q={}#answer", item.question),
            current: current.is_some_and(|current| current.question == item.question),
            icon,
            level: item.effect,
            words: words.to_owned(),
        };
        if let Some(group) = groups.last_mut() {
            group.items.push(line);
        }
    }
    groups
}

fn answer_view(
    staff: &Staff,
    desk: &Desk,
    item: &QueueItem,
    base: &str,
    looked: Looked<'_>,
    typed: Option<&Fields>,
    errors: &[FieldError],
) -> Option<AnswerView> {
    let question = desk.definitions.question(&item.question)?;
    let zone = staff.ctx.tenant().zone;
    let id = question.id.as_str();
    let answer = desk.inputs.answers.get(id);
    let earlier = desk.previous.as_ref().map(|previous| previous.inputs.answers.get(id));
    let said = |answer: Option<&Answered>| answer.map(|answer| (answer.value.clone(), answer.note.clone()));
    let earlier = earlier.filter(|earlier| said(*earlier) != said(answer));
    let note = |answer: Option<&Answered>| answer.and_then(|answer| answer.note.clone());
    let (earlier_note, note) = match (earlier.and_then(note), note(answer)) {
        (Some(earlier), Some(now)) => {
            let (earlier, now) = word_diff::marked(&earlier, &now);
            (Some(earlier), Some(now))
        }
        (earlier, now) => (earlier.as_deref().map(word_diff::plain), now.as_deref().map(word_diff::plain)),
    };
    let changed = earlier.map(|earlier| worth::changed_by(desk, id, earlier)).unwrap_or_default();
    let before = earlier.map(|earlier| GivenView {
        heading: match desk.previous.as_ref().and_then(|previous| previous.of.as_ref()) {
            Some((reference, at)) => {
                format!("Answer in {reference}, {}", due::short_day(due::day_in(zone, *at)))
            }
            None => format!("Answer in submission {}", desk.case.assessment.submission_number - 1),
        },
        by: None,
        lines: in_words(question, earlier),
        note: earlier_note,
    });
    let now =
        GivenView { heading: "Answer now".to_owned(), by: None, lines: in_words(question, answer), note };
    let verdict = desk.verdicts.iter().find(|verdict| verdict.question == id);
    let mut meta = if question.is_scored() {
        vec![format!("Weight {} of 5", question.weight)]
    } else if item.group == QueueGroup::Scope {
        vec!["Unscored; its answer decides what is counted".to_owned()]
    } else {
        vec!["Unscored".to_owned()]
    };
    let title = |set| Some(desk.definitions.control_set(set).map_or(set, |set| set.title.as_str()));
    meta.extend(asking::requirements(question, title));
    let asked = desk.clarifications.iter().filter(|one| one.question == id).map(|one| AskedView {
        text: one.text.clone(),
        when: match (one.sent_at, one.answered_at) {
            (None, _) => "Waits to be sent".to_owned(),
            (Some(sent), None) => format!("Asked {}, no reply yet", due::short_instant(zone, sent)),
            (Some(sent), Some(replied)) => {
                format!(
                    "Asked {}, replied {}",
                    due::short_instant(zone, sent),
                    due::short_instant(zone, replied)
                )
            }
        },
    });
    let fields = with_errors(verdicts::fields(desk, question, verdict, typed), errors);
    let here = format!("{base}/review?show={}&q={id}", looked.show);
    let (evidence, frame) = evidence::beside(&desk.citations, id, looked.file, &here);
    Some(AnswerView {
        number: item.number.clone(),
        id: question.id.clone(),
        text: question.text.clone(),
        section: item.section.clone(),
        meta,
        help: question.help.clone(),
        proof: question.evidence.clone(),
        now,
        before,
        worth: worth::worth_of(desk, id),
        changed,
        reasons: worth::reasons_of(desk, question),
        contradicts: Vec::new(),
        evidence,
        frame,
        asked: asked.collect(),
        verdict: verdict.map(|verdict| {
            let outdated =
                if item.outdated { " The answer has changed since, so it no longer counts." } else { "" };
            let reason =
                verdict.reason.as_ref().map(|reason| format!(" Reason: {reason}")).unwrap_or_default();
            let kind = match verdict.kind {
                VerdictKind::Asked if item.outdated => "Asked".to_owned(),
                VerdictKind::Asked => format!("{}: asked", capitalised(asked_words(desk, id))),
                kind => kind.label().to_owned(),
            };
            format!(
                "{kind} by {}, {}.{reason}{outdated}",
                verdict.decided_by_name,
                due::short_instant(zone, verdict.decided_at)
            )
        }),
        fields,
        action: format!("{base}/review/{id}"),
        version: typed
            .and_then(|typed| typed.parsed("version"))
            .unwrap_or(verdict.map_or(0, |verdict| verdict.version)),
        answer_rev: typed.and_then(|typed| typed.parsed("answer_rev")).unwrap_or(desk.inputs.revision(id)),
        show: looked.show.to_owned(),
    })
}

async fn give_verdict(
    staff: Staff,
    renderer: Data<Renderer>,
    path: Path<(AssessmentId, String)>,
    CsrfForm(form): CsrfForm,
) -> Answer {
    let (id, question) = path.into_inner();
    let verdict = match form.filled("accept") {
        Some(_) => VerdictKind::Accepted.as_str(),
        None => form.text("verdict"),
    };
    let input = GiveVerdict {
        verdict: verdict.to_owned(),
        credit: form.text("credit").to_owned(),
        compensating: form.text("compensating").to_owned(),
        grade: form.text("grade").to_owned(),
        reason: form.text("reason").to_owned(),
        text: form.text("text").to_owned(),
        version: form.revision("version")?,
        answer_rev: form.revision("answer_rev")?,
    };
    let show = form.text("show").to_owned();
    match reviews::give_verdict(&staff.ctx, id, &question, input).await {
        Ok(next) => {
            let show = if matches!(show.as_str(), "all" | "open") { show } else { "first".to_owned() };
            let next = next.map(|next| format!("&q={next}")).unwrap_or_default();
            Ok(see_other(&format!("/assessments/{id}/review?show={show}{next}")))
        }
        Err(UseCaseError::Invalid(errors)) => {
            let looked = Looked { show: &show, question: Some(&question), file: None };
            review_response(&staff, &renderer, id, looked, Some(&form), &errors).await
        }
        Err(other) => Err(other.into()),
    }
}

async fn batch_page(staff: Staff, renderer: Data<Renderer>, id: Path<AssessmentId>) -> Answer {
    batch_response(&staff, &renderer, *id, None, &[]).await
}

async fn batch_response(
    staff: &Staff,
    renderer: &Renderer,
    id: AssessmentId,
    typed: Option<&Fields>,
    errors: &[FieldError],
) -> Answer {
    let desk = reviews::desk(&staff.ctx, id).await?;
    let base = format!("/assessments/{id}");
    let mut questions: Vec<BatchQuestion> = desk
        .drafts()
        .map(|draft| {
            let item = desk.queue.iter().find(|item| item.question == draft.question);
            let number = item.map(|item| item.number.clone()).unwrap_or_default();
            let name = format!("text.{}", draft.id);
            let text = typed.map_or(draft.text.as_str(), |typed| typed.text(&name));
            BatchQuestion {
                question: format!(
                    "{number} {}",
                    item.map(|item| item.text.as_str()).unwrap_or(&draft.question)
                ),
                field: FieldView::textarea(&name, format!("What we ask about {number}")).value(text),
                withdraw: format!("{base}/return/{}/withdraw", draft.id),
            }
        })
        .collect();
    let in_a_week = staff.ctx.today().checked_add_days(Days::new(7)).unwrap_or_else(|| staff.ctx.today());
    let due_on = typed.map_or_else(|| in_a_week.to_string(), |typed| typed.text("due_on").to_owned());
    let mut due = FieldView::date("due_on", "Replies are due")
        .hint("Ends with that day in your time zone.")
        .value(due_on);
    for fault in errors {
        if fault.pointer == "due_on" {
            due.error = Some(fault.message.clone());
        }
        for question in questions.iter_mut().filter(|question| question.field.name == fault.pointer) {
            question.field.error = Some(fault.message.clone());
        }
    }
    let shell =
        case_shell(staff, &desk.case, "Questions to the vendor").crumb("Review", format!("{base}/review"));
    let shell = shell.errors(errors_of(questions.iter().map(|q| &q.field).chain([&due])));
    let view = BatchView {
        about: about(&desk.case),
        questions,
        due,
        action: format!("{base}/return"),
        version: typed.and_then(|typed| typed.parsed("version")).unwrap_or(desk.case.assessment.version),
        back: format!("{base}/review"),
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    respond(renderer, status, "pages/reviews/batch", shell, view)
}

async fn return_to_vendor(
    staff: Staff,
    renderer: Data<Renderer>,
    id: Path<AssessmentId>,
    CsrfForm(form): CsrfForm,
) -> Answer {
    let texts = form.pairs().filter_map(|(name, text)| {
        let id: ClarificationId = name.strip_prefix("text.")?.parse().ok()?;
        Some((id, text.to_owned()))
    });
    let input = ReturnToVendor {
        texts: texts.collect(),
        due_on: form.text("due_on").to_owned(),
        version: form.revision("version")?,
    };
    match reviews::return_to_vendor(&staff.ctx, *id, input).await {
        Ok(()) => Ok(see_other(&format!("/assessments/{id}"))),
        Err(UseCaseError::Invalid(errors)) => {
            batch_response(&staff, &renderer, *id, Some(&form), &errors).await
        }
        Err(other) => Err(other.into()),
    }
}

async fn withdraw(staff: Staff, path: Path<(AssessmentId, ClarificationId)>, _form: CsrfForm) -> Answer {
    let (id, draft) = path.into_inner();
    reviews::withdraw_question(&staff.ctx, id, draft).await?;
    Ok(see_other(&format!("/assessments/{id}/return")))
}

async fn start(staff: Staff, id: Path<AssessmentId>, _form: CsrfForm) -> Answer {
    reviews::start_review(&staff.ctx, *id).await?;
    Ok(see_other(&format!("/assessments/{id}/review")))
}

async fn finish(staff: Staff, id: Path<AssessmentId>, _form: CsrfForm) -> Answer {
    reviews::finish_review(&staff.ctx, *id).await?;
    Ok(see_other(&format!("/assessments/{id}/findings")))
}

//! Assessments in flight: the list, the progress of one, and what ends or prolongs it.

use super::{
    Ctx, Result, UseCaseError, deliveries,
    error::Faults,
    library::{self, PinnedQuestionnaire},
    page_within, respondents,
    sending::working_user,
};
pub use crate::store::assessment_list::Listed;
use crate::{
    domain::{
        Permission,
        answer::engine_answer,
        assessment::{Assessment, AssessmentEvent, AssessmentState, InvitationState, Waits},
        delivery::{Delivery, LinkNews},
        due::{self, Lateness},
        ids::{AssessmentId, ServiceId, UserId, VendorId},
        remediation::{Clarification, Decision},
        respondent::{Invitation, Respondent, RespondentRole},
        timeline::TimelineEvent,
        user::{User, UserState},
        vendor::{Contact, Service, Vendor, VendorState},
    },
    store::{
        self, Scoped,
        assessment_list::{self, Counts, Wanted},
        assessments::StoredAnswer,
        scores::Results,
    },
};
use chrono::{DateTime, NaiveDate, Utc};
use questionnaires::{
    answering::{Answers, visible},
    definition::Questionnaire,
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Assessments on one page of the list.
pub const PAGE: usize = 50;

/// The assessment, or not found. Every slice loads with it.
///
/// # Errors
/// [`UseCaseError::NotFound`].
pub async fn load(s: &impl Scoped, id: AssessmentId) -> Result<Assessment> {
    store::assessments::assessment(s, id).await?.ok_or(UseCaseError::NotFound)
}

/// The vendor, if it may be worked with.
pub(super) async fn active_vendor(s: &impl Scoped, id: VendorId) -> Result<Vendor> {
    let vendor = store::vendors::vendor(s, id).await?.ok_or(UseCaseError::NotFound)?;
    if vendor.state == VendorState::Archived {
        return Err(UseCaseError::conflict("This vendor is archived."));
    }
    Ok(vendor)
}

/// Stored answers as the engine takes them, those of one questionnaire. Evidence dates do not matter for progress.
#[must_use]
pub(super) fn answers_to(questionnaire: &Questionnaire, stored: &BTreeMap<String, StoredAnswer>) -> Answers {
    let mut answers = Answers::new();
    for (_, question) in questionnaire.questions() {
        if let Some(row) = stored.get(&question.id) {
            let (value, note) = (row.value.as_ref(), row.note.as_deref());
            answers.insert(
                question.id.clone(),
                engine_answer(question, value, note, &row.cited, NaiveDate::MIN),
            );
        }
    }
    answers
}

/// Which assessments to list.
#[derive(Clone, Debug, Default)]
pub struct AssessmentFilter {
    /// In this state.
    pub state: Option<AssessmentState>,
    /// That wait for this; all but cancelled ones when neither this nor a state is said.
    pub waits: Option<Waits>,
    /// Of this owner.
    pub owner: Option<UserId>,
    /// From 1.
    pub page: usize,
}

/// One page of the list of assessments.
#[derive(Clone, Debug)]
pub struct AssessmentPage {
    /// At most [`PAGE`]: those that wait for somebody by their due day, all others newest first.
    pub rows: Vec<Listed>,
    /// The figures of those that were scored.
    pub results: Results,
    /// From 1.
    pub page: usize,
    /// How many there are of each kind, whatever the filter, and how many fit it.
    pub counts: Counts,
    /// What is late.
    pub lateness: Lateness,
    /// Users, for the filter.
    pub users: Vec<User>,
}

/// One page of the assessments that fit.
///
/// # Errors
/// [`UseCaseError::Forbidden`] without the right to read.
pub async fn list(ctx: &Ctx, filter: &AssessmentFilter) -> Result<AssessmentPage> {
    ctx.require(Permission::Read)?;
    let lateness = Lateness::at(ctx.tenant().zone, ctx.now());
    let (state, waits, owner) = (filter.state, filter.waits, filter.owner);
    let wanted = Wanted { state, waits, owner, service: None, lateness };
    let counts = assessment_list::counts(ctx.scope(), &wanted).await?;
    let page = page_within(filter.page, counts.fitting, PAGE);
    let rows = assessment_list::page(ctx.scope(), &wanted, (page - 1) * PAGE, PAGE).await?;
    let results = results_of(ctx, &rows).await?;
    let users = store::accounts::users(ctx.scope()).await?;
    Ok(AssessmentPage { rows, results, page, counts, lateness, users })
}

async fn results_of(ctx: &Ctx, rows: &[Listed]) -> Result<Results> {
    let ids: Vec<AssessmentId> = rows.iter().map(|row| row.id).collect();
    Ok(store::scores::results(ctx.scope(), &ids).await?)
}

/// At most [`PAGE`] assessments of a service, newest first and without cancelled ones, with the figures of those that
/// were scored. Two statements.
///
/// # Errors
/// [`UseCaseError::Forbidden`] without the right to read.
pub async fn of_service(ctx: &Ctx, service: ServiceId) -> Result<(Vec<Listed>, Results)> {
    ctx.require(Permission::Read)?;
    let lateness = Lateness::at(ctx.tenant().zone, ctx.now());
    let wanted = Wanted { state: None, waits: None, owner: None, service: Some(service), lateness };
    let rows = assessment_list::page(ctx.scope(), &wanted, 0, PAGE).await?;
    let results = results_of(ctx, &rows).await?;
    Ok((rows, results))
}

/// How far one section is.
#[derive(Clone, Debug)]
pub struct SectionLine {
    /// Its title.
    pub title: String,
    /// Shown questions with an answer.
    pub done: usize,
    /// Shown questions.
    pub total: usize,
    /// Marked Ready.
    pub ready: bool,
}

/// How far one questionnaire is.
#[derive(Clone, Debug)]
pub struct QuestionnaireLine {
    /// The pinned file.
    pub questionnaire: PinnedQuestionnaire,
    /// Shown sections in file order.
    pub sections: Vec<SectionLine>,
}

/// A respondent with everything the buyer may know of them.
#[derive(Clone, Debug)]
pub struct Person {
    /// Who.
    pub respondent: Respondent,
    /// Their link; none in a draft.
    pub invitation: Option<Invitation>,
    /// Why mail to them is refused.
    pub refused_reason: Option<String>,
    /// When they saved an answer last.
    pub last_saved: Option<DateTime<Utc>>,
    /// When they were last in the portal.
    pub last_seen: Option<DateTime<Utc>>,
}

/// Everything that the progress page shows.
#[derive(Clone, Debug)]
pub struct AssessmentProgress {
    /// The assessment.
    pub assessment: Assessment,
    /// Whose.
    pub vendor: Vendor,
    /// About what.
    pub service: Service,
    /// Whether it waits for the vendor past its due day.
    pub late: bool,
    /// The vendor's questionnaires.
    pub questionnaires: Vec<QuestionnaireLine>,
    /// Who answers.
    pub people: Vec<Person>,
    /// Contacts who could be added.
    pub others: Vec<Contact>,
    /// Mails, newest first; codes are left out, they say nothing but that somebody came.
    pub deliveries: Vec<Delivery>,
    /// Titles of what the vendor is not asked: questionnaires about the buyer's own duties.
    pub of_ourselves: Vec<String>,
    /// What it came to, once scored.
    pub results: Results,
    /// What happened, newest first.
    pub timeline: Vec<TimelineEvent>,
    /// Users, for names.
    pub users: Vec<User>,
    /// How it ended, while it is decided.
    pub decision: Option<Decision>,
    /// The questions that wait for replies, while it is returned.
    pub asked_again: Vec<Clarification>,
}

impl AssessmentProgress {
    /// Answered and shown questions over all questionnaires.
    #[must_use]
    pub fn answered(&self) -> (usize, usize) {
        let sections = self.questionnaires.iter().flat_map(|questionnaire| &questionnaire.sections);
        sections.fold((0, 0), |(done, total), section| (done + section.done, total + section.total))
    }
}

/// How far an assessment is, who answers it, and what became of its mails.
///
/// # Errors
/// [`UseCaseError::NotFound`].
pub async fn view(ctx: &Ctx, id: AssessmentId) -> Result<AssessmentProgress> {
    ctx.require(Permission::Read)?;
    let s = ctx.scope();
    let assessment = load(s, id).await?;
    let vendor = store::vendors::vendor(s, assessment.vendor_id).await?.ok_or(UseCaseError::NotFound)?;
    let service = store::vendors::service(s, assessment.service_id).await?.ok_or(UseCaseError::NotFound)?;
    let contacts = store::vendors::contacts(s, assessment.vendor_id).await?;
    let users = store::accounts::users(s).await?;
    let pinned = library::pinned(s, id).await?;
    let answers = store::assessments::answers(s, id).await?;
    let ready = store::assessments::ready_sections(s, id).await?;
    let saves = store::assessments::last_saves(s, id).await?;
    let visits = store::assessments::last_visits(s, id).await?;
    let respondents = store::respondents::respondents(s, id).await?;
    let mut invitations = store::respondents::invitations(s, id).await?;
    let mut deliveries = deliveries::of_assessment(s, id).await?;
    deliveries.retain(|delivery| delivery.kind != "mail_one_time_code");
    let timeline = store::timeline::events(s, &[], &[id], 30).await?;

    let decision = match assessment.state {
        AssessmentState::Decided => store::decisions::latest(s, id).await?,
        _ => None,
    };
    let asked_again = match assessment.state {
        AssessmentState::Returned => store::reviews::clarifications(s, id).await?,
        _ => Vec::new(),
    };
    let newest = asked_again.iter().filter_map(|one| one.batch).max();
    let asked_again =
        asked_again.into_iter().filter(|one| one.batch.is_some() && one.batch == newest).collect();

    // A question that stands in two questionnaires is asked, and counted, once.
    let mut counted = BTreeSet::new();
    let (pinned, of_ourselves): (Vec<_>, Vec<_>) =
        pinned.into_iter().partition(PinnedQuestionnaire::asks_vendor);
    let questionnaires = pinned
        .into_iter()
        .map(|questionnaire| {
            let definition = &questionnaire.definition;
            let own = answers_to(definition, &answers);
            let shown = visible(definition, &own, &assessment.facts, assessment.tier);
            let mut sections = Vec::new();
            for section in &definition.sections {
                let asked = section.questions.iter().filter(|question| shown.shows(&question.id));
                let asked: Vec<_> = asked.filter(|question| counted.insert(question.id.clone())).collect();
                let done = |id: &str| own.get(id).is_some_and(|answer| answer.value.is_some());
                sections.push(SectionLine {
                    title: section.title.clone(),
                    done: asked.iter().filter(|question| done(&question.id)).count(),
                    total: asked.len(),
                    ready: ready.contains(&(definition.id.clone(), section.id.clone())),
                });
            }
            sections.retain(|section| section.total > 0);
            QuestionnaireLine { sections, questionnaire }
        })
        .collect();
    let others = contacts
        .iter()
        .filter(|contact| {
            let mut leads = respondents.iter().filter(|one| one.role == RespondentRole::Lead);
            !leads.any(|respondent| respondent.contact_id == contact.id)
        })
        .cloned()
        .collect();
    let people = respondents
        .into_iter()
        .map(|respondent| {
            let at = invitations.iter().position(|invitation| invitation.respondent_id == respondent.id);
            let contact = contacts.iter().find(|contact| contact.id == respondent.contact_id);
            Person {
                invitation: at.map(|at| invitations.remove(at)),
                refused_reason: contact.and_then(|contact| contact.refused_reason.clone()),
                last_saved: saves.get(&respondent.id.0).copied(),
                last_seen: visits.get(&respondent.id.0).copied(),
                respondent,
            }
        })
        .collect();
    let results = match assessment.state.was_submitted() {
        true => store::scores::results(s, &[id]).await?,
        false => Results::new(),
    };
    let late =
        assessment.state.open_to_vendor() && due::is_past(ctx.tenant().zone, assessment.due_on, ctx.now());
    Ok(AssessmentProgress {
        assessment,
        vendor,
        service,
        late,
        questionnaires,
        people,
        others,
        deliveries,
        of_ourselves: of_ourselves.into_iter().map(|one| one.file.title).collect(),
        results,
        timeline,
        users,
        decision,
        asked_again,
    })
}

fn step(assessment: &Assessment, event: AssessmentEvent) -> Result<AssessmentState> {
    assessment.state.after(event).map_err(|refused| {
        let text = refused.to_string();
        let mut characters = text.chars();
        let first = characters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
        UseCaseError::conflict(format!("{first}{}.", characters.as_str()))
    })
}

/// Moves the due day of an assessment that waits for the vendor; an expired one comes back as it was, with new links.
///
/// # Errors
/// [`UseCaseError::Invalid`] for a day in the past; [`UseCaseError::StateConflict`] in other states;
/// [`UseCaseError::VersionConflict`].
pub async fn extend(ctx: &Ctx, id: AssessmentId, version: i64, due_on: &str) -> Result<()> {
    ctx.require(Permission::SendAssessments)?;
    let mut faults = Faults::default();
    let due_on = future_day(&mut faults, due_on, ctx.today());
    faults.finish()?;
    let due_on = due_on.ok_or(UseCaseError::NotFound)?;
    let mut tx = ctx.begin_write().await?;
    let found = load(&tx, id).await?;
    active_vendor(&tx, found.vendor_id).await?;
    let state = match (found.state, found.state_before_expiry) {
        (state, _) if state.open_to_vendor() => state,
        (AssessmentState::Expired, Some(before)) => step(&found, AssessmentEvent::Extend { before })?,
        (state, _) => {
            let state = state.label().to_lowercase();
            return Err(UseCaseError::conflict(format!(
                "The due day cannot move: the assessment is {state}."
            )));
        }
    };
    let sent_at =
        found.sent_at.ok_or_else(|| UseCaseError::internal("a sent assessment without a sending time"))?;
    let ends_at = due::link_end(ctx.tenant().zone, sent_at, due_on, ctx.now());
    let before = json!({"due_on": found.due_on, "state": found.state});
    let after = Assessment {
        state,
        state_before_expiry: None,
        due_on,
        link_ends_at: Some(ends_at),
        version,
        ..found
    };
    store::assessments::update(&mut tx, &after).await?;
    respondents::extend_invitations(&mut tx, ctx.services(), id, ends_at, LinkNews::DueMoved).await?;
    let event = ctx
        .event("assessment.extended", "assessment", id)
        .on_assessment(id)
        .before(before)
        .after(json!({"due_on": due_on, "state": state}));
    tx.commit(event).await?;
    Ok(())
}

/// An assessment with the active users, for whoever changes who is in charge of it. Two statements.
///
/// # Errors
/// As [`put_in_charge`].
pub async fn in_charge(ctx: &Ctx, id: AssessmentId) -> Result<(Assessment, Vec<User>)> {
    ctx.require(Permission::SendAssessments)?;
    let found = store::assessments::assessment(ctx.scope(), id).await?.ok_or(UseCaseError::NotFound)?;
    refuse_unless_sent(&found)?;
    let users = store::accounts::users(ctx.scope()).await?;
    Ok((found, users.into_iter().filter(|user| user.state == UserState::Active).collect()))
}

fn refuse_unless_sent(found: &Assessment) -> Result<()> {
    if !matches!(found.state, AssessmentState::Draft | AssessmentState::Cancelled) {
        return Ok(());
    }
    let state = found.state.label().to_lowercase();
    Err(UseCaseError::conflict(format!("Owner and reviewer cannot change here: the assessment is {state}.")))
}

/// Puts others in charge of an assessment that was sent: what happens from now on is told to them.
///
/// # Errors
/// [`UseCaseError::Invalid`] for somebody who may not look after assessments; [`UseCaseError::StateConflict`] for a
/// draft, whose people are chosen elsewhere, and once it was cancelled; [`UseCaseError::VersionConflict`].
pub async fn put_in_charge(
    ctx: &Ctx,
    id: AssessmentId,
    version: i64,
    owner: &str,
    reviewer: &str,
) -> Result<()> {
    ctx.require(Permission::SendAssessments)?;
    let mut tx = ctx.begin_write().await?;
    let found = load(&tx, id).await?;
    refuse_unless_sent(&found)?;
    let mut faults = Faults::default();
    let owner = working_user(&tx, &mut faults, "owner", owner).await?;
    let reviewer = working_user(&tx, &mut faults, "reviewer", reviewer).await?;
    faults.finish()?;
    let (Some(owner_id), Some(reviewer_id)) = (owner, reviewer) else { return Err(UseCaseError::NotFound) };
    let before = json!({"owner": found.owner_id, "reviewer": found.reviewer_id});
    store::assessments::update(&mut tx, &Assessment { owner_id, reviewer_id, version, ..found }).await?;
    let event = ctx
        .event("assessment.put_in_charge", "assessment", id)
        .on_assessment(id)
        .before(before)
        .after(json!({"owner": owner_id, "reviewer": reviewer_id}));
    tx.commit(event).await?;
    Ok(())
}

/// Reads a day that must not lie in the past; notes a fault of `due_on` otherwise.
pub(super) fn future_day(faults: &mut Faults, text: &str, today: NaiveDate) -> Option<NaiveDate> {
    let Some(day) = crate::domain::answer::day(text.trim()) else {
        faults.add("due_on", "not_a_date", "Enter the due day as a date, such as 2026-12-31");
        return None;
    };
    if day < today {
        faults.add("due_on", "in_the_past", "The due day cannot lie in the past");
    } else if day > today + chrono::Days::new(365) {
        faults.add("due_on", "too_far", "The due day lies more than a year ahead");
    }
    Some(day)
}

/// Calls an assessment off; its links close at once.
///
/// # Errors
/// [`UseCaseError::Invalid`] without a reason; [`UseCaseError::StateConflict`] once it is decided or cancelled;
/// [`UseCaseError::VersionConflict`].
pub async fn cancel(ctx: &Ctx, id: AssessmentId, version: i64, reason: &str) -> Result<()> {
    ctx.require(Permission::SendAssessments)?;
    let mut faults = Faults::default();
    let reason = faults.required("reason", "the reason", reason, 500);
    faults.finish()?;
    let mut tx = ctx.begin_write().await?;
    let found = load(&tx, id).await?;
    let state = step(&found, AssessmentEvent::Cancel)?;
    let before = found.state;
    let after = Assessment {
        state,
        state_before_expiry: None,
        cancelled_reason: Some(reason.clone()),
        version,
        ..found
    };
    store::assessments::update(&mut tx, &after).await?;
    let invitations = store::respondents::invitations(&tx, id).await?;
    respondents::end_invitations(&mut tx, &invitations, InvitationState::Closed, ctx.now()).await?;
    let event = ctx
        .event("assessment.cancelled", "assessment", id)
        .on_assessment(id)
        .before(json!({"state": before}))
        .after(json!({"reason": reason}));
    tx.commit(event).await?;
    Ok(())
}

/// Agrees that the vendor amends a submission before its review begins. The submission stays; the next one follows it.
///
/// # Errors
/// [`UseCaseError::StateConflict`] unless it is submitted; [`UseCaseError::VersionConflict`].
pub async fn agree_to_amend(ctx: &Ctx, id: AssessmentId, version: i64) -> Result<()> {
    ctx.require(Permission::SendAssessments)?;
    let mut tx = ctx.begin_write().await?;
    let found = load(&tx, id).await?;
    let state = step(&found, AssessmentEvent::Amend)?;
    // Whoever amends needs time: the link's end counts again from now on.
    let ends_at = found.sent_at.map(|sent| due::link_end(ctx.tenant().zone, sent, found.due_on, ctx.now()));
    let two_weeks = ctx.now() + chrono::Duration::days(14);
    let ends_at = ends_at.map_or(two_weeks, |end| end.max(two_weeks));
    store::assessments::update(&mut tx, &Assessment { state, link_ends_at: Some(ends_at), version, ..found })
        .await?;
    let news = LinkNews::Amendment;
    respondents::extend_invitations(&mut tx, ctx.services(), id, ends_at, news).await?;
    let event = ctx.event("assessment.amendment_agreed", "assessment", id).on_assessment(id);
    tx.commit(event).await?;
    Ok(())
}

//! Preparing and sending an assessment: one draft, edited in steps, then pinned and sent in one transaction.

use super::{
    Ctx, Result, UseCaseError,
    assessments::{active_vendor, future_day, load},
    error::Faults,
    idempotency::{self, Once},
    intake, library, page_within, respondents,
    vendors::{self, ContactInput},
};
use crate::{
    domain::{
        Permission, Role, asking,
        assessment::{Assessment, AssessmentEvent, AssessmentState, ChosenQuestionnaire},
        due,
        ids::{AssessmentId, ContactId, RespondentId, ServiceId, UserId},
        intake::{Intake, PROHIBITED_USE},
        respondent::{Respondent, RespondentRole},
        user::{User, UserState},
        vendor::{Contact, Service, Vendor, normalised},
    },
    store::{self, WriteTx, questionnaires::NewFile, vendors::ServiceChoice},
};
use chrono::{Days, Duration, NaiveDate};
use questionnaires::{
    definition::{
        Audience, Questionnaire,
        catalog::{canonical_json, content_hash},
    },
    risk::routing::Suggestion,
};
use serde_json::json;

/// Days until the due day when no questionnaire says otherwise.
const DEFAULT_DAYS: u64 = 14;

/// The fields of a person who is no contact yet.
const NEW_PERSON: [&str; 3] = ["new_name", "new_email", "new_job_title"];

/// Services on one page of the choice.
pub const SERVICES: usize = 50;

/// One page of the services that can be assessed.
#[derive(Clone, Debug)]
pub struct ServicePage {
    /// At most [`SERVICES`], by vendor and name.
    pub services: Vec<ServiceChoice>,
    /// How many there are of vendors with such a name.
    pub total: usize,
    /// From 1.
    pub page: usize,
}

/// Services that can be assessed, of vendors with these words in their name; `page` counts from 1.
///
/// # Errors
/// [`UseCaseError::Forbidden`].
pub async fn services(ctx: &Ctx, vendor: &str, page: usize) -> Result<ServicePage> {
    ctx.require(Permission::SendAssessments)?;
    let words = normalised(vendor);
    let total = store::vendors::count_assessable(ctx.scope(), &words).await?;
    let page = page_within(page, total, SERVICES);
    let skipped = (page - 1) * SERVICES;
    let services = store::vendors::page_assessable(ctx.scope(), &words, skipped, SERVICES).await?;
    Ok(ServicePage { services, total, page })
}

fn default_due(ctx: &Ctx, chosen: &[&Questionnaire]) -> NaiveDate {
    let hours = chosen.iter().filter_map(|questionnaire| questionnaire.due_hours).min();
    match hours {
        Some(hours) => due::day_in(ctx.tenant().zone, ctx.now() + Duration::hours(i64::from(hours))),
        None => ctx.today() + Days::new(DEFAULT_DAYS),
    }
}

pub(super) fn definitions(ids: impl IntoIterator<Item = impl AsRef<str>>) -> Vec<&'static Questionnaire> {
    ids.into_iter().filter_map(|id| library::shipped().questionnaire(id.as_ref())).collect()
}

/// Who reviews until somebody else is chosen: whoever starts the draft when they may; otherwise the first risk manager by
/// name, or admin; and the starter after all where nobody may, so that the draft says so.
async fn likely_reviewer(tx: &WriteTx, ctx: &Ctx) -> Result<UserId> {
    let own = ctx.user();
    if own.role.may(Permission::Review) {
        return Ok(own.id);
    }
    let users = store::accounts::users(tx).await?;
    let able =
        users.iter().filter(|user| user.state == UserState::Active && user.role.may(Permission::Review));
    Ok(able.min_by_key(|user| user.role != Role::RiskManager).map_or(own.id, |user| user.id))
}

/// Starts a draft for a service with everything its intake suggests. `key` makes a repeated form harmless.
///
/// # Errors
/// [`UseCaseError::Invalid`] when no service is chosen or its intake is not answered; [`UseCaseError::StateConflict`]
/// for an archived vendor.
pub async fn start(ctx: &Ctx, service: &str, key: &str) -> Result<AssessmentId> {
    ctx.require(Permission::SendAssessments)?;
    let service: ServiceId =
        service.trim().parse().map_err(|_| UseCaseError::field("service", "required", "Choose a service"))?;
    let mut tx = ctx.begin_write().await?;
    let id: AssessmentId = ctx.id();
    let once = idempotency::once(&mut tx, ctx, "assessment.start", key, &json!(service), &json!(id)).await?;
    if let Once::Before(response) = once {
        return serde_json::from_value(response).map_err(UseCaseError::internal);
    }
    let service = store::vendors::service(&tx, service).await?.ok_or(UseCaseError::NotFound)?;
    active_vendor(&tx, service.vendor_id).await?;
    let Some(intake) = store::intakes::current(&tx, service.id).await? else {
        let text = "Answer the intake of this service first: it decides what to ask";
        return Err(UseCaseError::field("service", "no_intake", text));
    };
    let suggestions = intake::suggestions(&intake);
    let due_on = default_due(ctx, &definitions(suggestions.iter().map(|s| s.questionnaire)));
    let assessment = Assessment {
        id,
        reference: store::assessments::next_reference(&mut tx).await?,
        vendor_id: service.vendor_id,
        service_id: service.id,
        intake_id: Some(intake.id),
        state: AssessmentState::Draft,
        state_before_expiry: None,
        owner_id: ctx.user().id,
        reviewer_id: likely_reviewer(&tx, ctx).await?,
        tier: None,
        facts: std::collections::BTreeMap::new(),
        due_on,
        message: None,
        sent_at: None,
        link_ends_at: None,
        submitted_at: None,
        submission_number: 0,
        decided_at: None,
        cancelled_reason: None,
        created_at: ctx.now(),
        version: 1,
    };
    store::assessments::insert(&mut tx, &assessment, ctx.user().id).await?;
    let chosen: Vec<_> = suggestions.iter().zip(1..).map(|(s, position)| suggested(s, position)).collect();
    replace_chosen(&mut tx, ctx, id, chosen).await?;
    let event = ctx
        .event("assessment.drafted", "assessment", id)
        .on_assessment(id)
        .after(json!({"reference": assessment.reference, "service": service.id}));
    tx.commit(event).await?;
    Ok(id)
}

fn suggested(suggestion: &Suggestion, position: i32) -> ChosenQuestionnaire {
    ChosenQuestionnaire {
        position,
        questionnaire_id: suggestion.questionnaire.to_owned(),
        suggested: true,
        reason: suggestion.reason.clone(),
        pinned: None,
    }
}

async fn replace_chosen(
    tx: &mut WriteTx,
    ctx: &Ctx,
    id: AssessmentId,
    chosen: Vec<ChosenQuestionnaire>,
) -> Result<()> {
    let rows: Vec<_> = chosen.into_iter().map(|row| (ctx.services().surroundings.uuid(), row)).collect();
    Ok(store::questionnaires::replace_chosen(tx, id, &rows).await?)
}

/// A suggested questionnaire that is not asked, and why not.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LeftOut {
    /// Which.
    pub questionnaire: String,
    /// Why not.
    pub reason: String,
}

/// A draft with everything that its steps show.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The assessment.
    pub assessment: Assessment,
    /// Whose.
    pub vendor: Vendor,
    /// About what.
    pub service: Service,
    /// The service's current intake.
    pub intake: Option<Intake>,
    /// What that intake suggests.
    pub suggestions: Vec<Suggestion>,
    /// What is asked.
    pub chosen: Vec<ChosenQuestionnaire>,
    /// What was suggested and is not asked.
    pub left_out: Vec<LeftOut>,
    /// The vendor's contacts.
    pub contacts: Vec<Contact>,
    /// Who will be invited.
    pub respondents: Vec<Respondent>,
    /// Active users.
    pub users: Vec<User>,
    /// References of other assessments of the service that were sent and have no decision yet.
    pub running: Vec<String>,
}

impl Draft {
    /// What is asked, with what it says, in the order of asking.
    #[must_use]
    pub fn definitions(&self) -> Vec<&'static Questionnaire> {
        definitions(self.chosen.iter().map(|row| &row.questionnaire_id))
    }
    /// How many questions the vendor may be asked.
    #[must_use]
    pub fn question_count(&self) -> usize {
        let asked = self.definitions().into_iter().filter(|q| q.audience == Audience::Vendor);
        match &self.intake {
            Some(intake) => asking::question_count(asked, &intake.facts, Some(intake.tier)),
            None => asking::question_count(asked, &std::collections::BTreeMap::new(), None),
        }
    }
    /// About how long the vendor needs, in minutes.
    #[must_use]
    pub fn minutes(&self) -> u32 {
        let asked = self.definitions().into_iter().filter(|q| q.audience == Audience::Vendor);
        asked.map(|questionnaire| questionnaire.minutes).sum()
    }
}

/// Refuses what only a draft allows once the assessment was sent.
pub(super) fn refuse_unless_draft(state: AssessmentState, reference: &str) -> Result<()> {
    if state == AssessmentState::Draft {
        return Ok(());
    }
    let state = state.label().to_lowercase();
    Err(UseCaseError::conflict(format!("{reference} is no draft any more: it is {state}.")))
}

/// Why nothing is sent about a use that the intake calls possibly banned.
pub const MAY_BE_BANNED: &str = "The intake says that the planned use may be banned. Sending waits until Legal has \
                                 decided; then answer the intake again";

/// The draft of an assessment.
///
/// # Errors
/// [`UseCaseError::NotFound`]; [`UseCaseError::StateConflict`] once it was sent.
pub async fn draft(ctx: &Ctx, id: AssessmentId) -> Result<Draft> {
    ctx.require(Permission::SendAssessments)?;
    let s = ctx.scope();
    let assessment = load(s, id).await?;
    refuse_unless_draft(assessment.state, &assessment.reference)?;
    let vendor = store::vendors::vendor(s, assessment.vendor_id).await?.ok_or(UseCaseError::NotFound)?;
    let service = store::vendors::service(s, assessment.service_id).await?.ok_or(UseCaseError::NotFound)?;
    let intake = store::intakes::current(s, assessment.service_id).await?;
    let suggestions = intake.as_ref().map(intake::suggestions).unwrap_or_default();
    let chosen = store::questionnaires::chosen(s, id).await?;
    let contacts = store::vendors::contacts(s, assessment.vendor_id).await?;
    let respondents = store::respondents::respondents(s, id).await?;
    let mut users = store::accounts::users(s).await?;
    users.retain(|user| user.state == UserState::Active);
    let after = store::timeline::latest(s, id, "assessment.questionnaires_chosen").await?;
    let left_out =
        after.and_then(|mut after| serde_json::from_value(after["left_out"].take()).ok()).unwrap_or_default();
    let running = store::assessments::running(s, assessment.service_id).await?;
    Ok(Draft {
        assessment,
        vendor,
        service,
        intake,
        suggestions,
        chosen,
        left_out,
        contacts,
        respondents,
        users,
        running,
    })
}

/// Chooses what to ask. Leaving out what the intake suggests needs a reason; anything else may be added.
///
/// # Errors
/// [`UseCaseError::Invalid`] with every fault; [`UseCaseError::VersionConflict`]; [`UseCaseError::StateConflict`] once
/// it was sent.
pub async fn choose_questionnaires(
    ctx: &Ctx,
    id: AssessmentId,
    version: i64,
    ids: &[String],
    reasons: &[LeftOut],
) -> Result<()> {
    ctx.require(Permission::SendAssessments)?;
    let mut tx = ctx.begin_write().await?;
    let assessment = load(&tx, id).await?;
    refuse_unless_draft(assessment.state, &assessment.reference)?;
    let intake = store::intakes::current(&tx, assessment.service_id).await?.ok_or(UseCaseError::NotFound)?;
    let suggestions = intake::suggestions(&intake);
    let mut faults = Faults::default();
    let known: Vec<&'static Questionnaire> = library::choosable();
    if ids.iter().any(|id| !known.iter().any(|questionnaire| questionnaire.id == *id)) {
        faults.add("questionnaire", "unknown", "One of the questionnaires does not exist");
    }
    let vendor_asked = known
        .iter()
        .any(|questionnaire| questionnaire.audience == Audience::Vendor && ids.contains(&questionnaire.id));
    if !vendor_asked {
        faults.add("questionnaire", "required", "Choose at least one questionnaire for the vendor");
    }
    let mut left_out = Vec::new();
    for suggestion in &suggestions {
        if ids.iter().any(|id| id == suggestion.questionnaire) {
            continue;
        }
        let typed = reasons.iter().find(|given| given.questionnaire == suggestion.questionnaire);
        let field = format!("reason-{}", suggestion.questionnaire);
        let title =
            library::shipped().questionnaire(suggestion.questionnaire).map_or("it", |q| q.title.as_str());
        let label = format!("why you leave out {title}");
        let reason = faults.required(&field, &label, typed.map_or("", |given| &given.reason), 500);
        left_out.push(LeftOut { questionnaire: suggestion.questionnaire.to_owned(), reason });
    }
    faults.finish()?;
    let mut chosen: Vec<ChosenQuestionnaire> = Vec::with_capacity(ids.len());
    for suggestion in suggestions.iter().filter(|s| ids.iter().any(|id| id == s.questionnaire)) {
        chosen.push(suggested(suggestion, 0));
    }
    for questionnaire in known.iter().filter(|q| ids.contains(&q.id)) {
        if !chosen.iter().any(|row| row.questionnaire_id == questionnaire.id) {
            chosen.push(ChosenQuestionnaire {
                position: 0,
                questionnaire_id: questionnaire.id.clone(),
                suggested: false,
                reason: "Added by hand.".to_owned(),
                pinned: None,
            });
        }
    }
    for (row, position) in chosen.iter_mut().zip(1..) {
        row.position = position;
    }
    let names: Vec<String> = chosen.iter().map(|row| row.questionnaire_id.clone()).collect();
    replace_chosen(&mut tx, ctx, id, chosen).await?;
    let due_on = default_due(ctx, &definitions(&names)).max(ctx.today());
    // The due day follows the choice until somebody sets it together with the people.
    let due_on =
        if store::respondents::respondents(&tx, id).await?.is_empty() { due_on } else { assessment.due_on };
    store::assessments::update(&mut tx, &Assessment { due_on, version, ..assessment }).await?;
    let event = ctx
        .event("assessment.questionnaires_chosen", "assessment", id)
        .on_assessment(id)
        .after(json!({"asked": names, "left_out": left_out}));
    tx.commit(event).await?;
    Ok(())
}

/// Who answers, who looks after it, until when, and a word to the vendor.
#[derive(Clone, Debug, Default)]
pub struct PeopleInput {
    /// Contacts to invite.
    pub contacts: Vec<String>,
    /// Somebody new; ignored when name and address are blank.
    pub new: ContactInput,
    /// The owner.
    pub owner: String,
    /// The reviewer.
    pub reviewer: String,
    /// The due day, `YYYY-MM-DD`.
    pub due_on: String,
    /// To the vendor.
    pub message: String,
}

/// Sets people, due day and message of a draft.
///
/// # Errors
/// As [`choose_questionnaires`].
pub async fn choose_people(ctx: &Ctx, id: AssessmentId, version: i64, input: &PeopleInput) -> Result<()> {
    ctx.require(Permission::SendAssessments)?;
    let mut tx = ctx.begin_write().await?;
    let assessment = load(&tx, id).await?;
    refuse_unless_draft(assessment.state, &assessment.reference)?;
    let contacts = store::vendors::contacts(&tx, assessment.vendor_id).await?;
    let mut faults = Faults::default();
    let someone_new = !input.new.name.trim().is_empty() || !input.new.email.trim().is_empty();
    let mut chosen: Vec<Contact> = Vec::new();
    for typed in &input.contacts {
        let contact = typed.parse::<ContactId>().ok().and_then(|id| contacts.iter().find(|c| c.id == id));
        match contact {
            Some(contact) if contact.refused_reason.is_some() => {
                let text = format!("Mail to {} was refused before. Correct the address first", contact.email);
                faults.add("contact", "refused", text);
            }
            Some(contact) if chosen.iter().any(|known| known.id == contact.id) => {}
            Some(contact) => chosen.push(contact.clone()),
            None => faults.add("contact", "unknown", "One of the people is no contact of this vendor"),
        }
    }
    if chosen.is_empty() && !someone_new && input.contacts.is_empty() {
        match contacts.is_empty() {
            true => faults.add("new_name", "required", "Give the name and e-mail of who answers"),
            false => faults.add("contact", "required", "Choose who answers, or add somebody new"),
        }
    }
    if someone_new {
        vendors::check_new_contact(&mut faults, assessment.vendor_id, &input.new, NEW_PERSON)?;
    }
    let owner = working_user(&tx, &mut faults, "owner", &input.owner).await?;
    let reviewer = working_user(&tx, &mut faults, "reviewer", &input.reviewer).await?;
    let due_on = future_day(&mut faults, &input.due_on, ctx.today());
    let message = faults.optional("message", "the message", Some(&input.message), 2000);
    faults.finish()?;
    let (Some(owner_id), Some(reviewer_id), Some(due_on)) = (owner, reviewer, due_on) else {
        return Err(UseCaseError::NotFound);
    };
    if someone_new {
        let (id, vendor) = (ctx.id(), assessment.vendor_id);
        chosen.push(vendors::insert_contact(&mut tx, ctx.now(), id, vendor, &input.new, NEW_PERSON).await?);
    }
    set_respondents(&mut tx, ctx, id, &chosen).await?;
    store::assessments::update(
        &mut tx,
        &Assessment { owner_id, reviewer_id, due_on, message, version, ..assessment },
    )
    .await?;
    let event = ctx.event("assessment.people_chosen", "assessment", id).on_assessment(id).after(
        json!({"owner": owner_id, "reviewer": reviewer_id, "due_on": due_on, "respondents": chosen.len()}),
    );
    tx.commit(event).await?;
    Ok(())
}

/// The active user who may look after assessments with this id; notes a fault of `field` otherwise.
pub(super) async fn working_user(
    tx: &WriteTx,
    faults: &mut Faults,
    field: &str,
    typed: &str,
) -> Result<Option<UserId>> {
    let Ok(id) = typed.parse::<UserId>() else {
        faults.add(field, "required", format!("Choose the {field}"));
        return Ok(None);
    };
    let user = store::accounts::user(tx, id).await?;
    let may = |user: &User| user.state == UserState::Active && user.role.may(Permission::SendAssessments);
    if !user.as_ref().is_some_and(may) {
        faults.add(field, "not_allowed", format!("This person cannot be the {field}"));
        return Ok(None);
    }
    Ok(Some(id))
}

async fn set_respondents(tx: &mut WriteTx, ctx: &Ctx, id: AssessmentId, chosen: &[Contact]) -> Result<()> {
    let present = store::respondents::respondents(&*tx, id).await?;
    let gone: Vec<RespondentId> = present
        .iter()
        .filter(|respondent| {
            !chosen.iter().any(|c| {
                c.id == respondent.contact_id && c.email == respondent.email && c.name == respondent.name
            })
        })
        .map(|respondent| respondent.id)
        .collect();
    store::respondents::delete_respondents(tx, &gone).await?;
    for contact in chosen {
        if present.iter().any(|r| r.contact_id == contact.id && !gone.contains(&r.id)) {
            continue;
        }
        let respondent = Respondent {
            id: ctx.id(),
            assessment_id: id,
            contact_id: contact.id,
            name: contact.name.clone(),
            email: contact.email.clone(),
            role: RespondentRole::Lead,
            created_at: ctx.now(),
            invited_by: None,
            ask: None,
        };
        store::respondents::insert_respondent(tx, &respondent).await?;
    }
    Ok(())
}

fn file_of<T: serde::Serialize>(
    ctx: &Ctx,
    id: &str,
    version: &str,
    title: &str,
    content: &T,
) -> Result<NewFile> {
    Ok(NewFile {
        id: ctx.services().surroundings.uuid(),
        name: id.to_owned(),
        version: version.to_owned(),
        title: title.to_owned(),
        definition: canonical_json(content).map_err(UseCaseError::internal)?,
        sha256: content_hash(content).map_err(UseCaseError::internal)?,
        created_at: ctx.now(),
    })
}

/// Sends a draft: pins questionnaires, control sets, facts and tier, makes a link for each respondent, and queues
/// their mails. Sending the same form twice sends once.
///
/// # Errors
/// [`UseCaseError::Incomplete`] with everything that is missing; [`UseCaseError::VersionConflict`] when the draft
/// changed since it was checked; [`UseCaseError::StateConflict`] once it was sent.
pub async fn send(ctx: &Ctx, id: AssessmentId, version: i64, key: &str) -> Result<()> {
    ctx.require(Permission::SendAssessments)?;
    let chosen = store::questionnaires::chosen(ctx.scope(), id).await?;
    let asked = definitions(chosen.iter().map(|row| &row.questionnaire_id));
    let mut files = Vec::with_capacity(asked.len());
    for questionnaire in &asked {
        let file =
            file_of(ctx, &questionnaire.id, &questionnaire.version, &questionnaire.title, *questionnaire)?;
        files.push((file, questionnaire.audience));
    }
    let vendor_asked =
        asked.iter().copied().filter(|questionnaire| questionnaire.audience == Audience::Vendor);
    let mut sets = Vec::new();
    for set in asking::control_sets_used(vendor_asked.clone()) {
        if let Some(set) = library::shipped().control_set(set) {
            sets.push(file_of(ctx, &set.id, &set.version, &set.title, set)?);
        }
    }

    let mut tx = ctx.begin_write().await?;
    let request = json!({"assessment": id, "version": version});
    let once = idempotency::once(&mut tx, ctx, "assessment.send", key, &request, &json!(null)).await?;
    if once != Once::First {
        return Ok(());
    }
    let found = load(&tx, id).await?;
    refuse_unless_draft(found.state, &found.reference)?;
    if found.version != version || store::questionnaires::chosen(&tx, id).await? != chosen {
        return Err(UseCaseError::VersionConflict(None));
    }
    active_vendor(&tx, found.vendor_id).await?;
    let intake = store::intakes::current(&tx, found.service_id).await?.ok_or(UseCaseError::NotFound)?;
    let people = store::respondents::respondents(&tx, id).await?;
    let contacts = store::vendors::contacts(&tx, found.vendor_id).await?;
    let mut faults = Faults::default();
    if vendor_asked.count() == 0 || asked.len() != chosen.len() {
        faults.add("questionnaires", "required", "Choose at least one questionnaire for the vendor");
    }
    if !people.iter().any(|respondent| respondent.role == RespondentRole::Lead) {
        faults.add("people", "required", "Choose who answers");
    }
    for contact in
        contacts.iter().filter(|contact| people.iter().any(|person| person.contact_id == contact.id))
    {
        if contact.refused_reason.is_some() {
            faults.add("people", "refused", format!("Mail to {} was refused before", contact.email));
        }
    }
    if intake.facts.get(PROHIBITED_USE) == Some(&true) {
        faults.add("intake", "prohibited_use", MAY_BE_BANNED);
    }
    if found.due_on < ctx.today() {
        faults.add("due_on", "in_the_past", "The due day has passed; choose another one");
    }
    if let Err(UseCaseError::Invalid(missing)) = faults.finish() {
        return Err(UseCaseError::Incomplete(missing));
    }
    let state =
        found.state.after(AssessmentEvent::Send).map_err(|e| UseCaseError::conflict(e.to_string()))?;
    for (file, audience) in &files {
        let pinned = store::questionnaires::pin_questionnaire(&mut tx, file, *audience).await?;
        store::questionnaires::set_pinned(&mut tx, id, &file.name, pinned).await?;
    }
    for file in &sets {
        let link = ctx.services().surroundings.uuid();
        store::questionnaires::pin_control_set(&mut tx, id, file, link).await?;
    }
    let now = ctx.now();
    let ends_at = due::link_end(ctx.tenant().zone, now, found.due_on, now);
    let sent = Assessment {
        state,
        intake_id: Some(intake.id),
        tier: Some(intake.tier),
        facts: intake.facts,
        sent_at: Some(now),
        link_ends_at: Some(ends_at),
        version,
        ..found
    };
    store::assessments::update(&mut tx, &sent).await?;
    let before = store::reassessments::newest_submission(&tx, sent.vendor_id, sent.service_id).await?;
    if let Some(before) = before {
        let row = ctx.services().surroundings.uuid();
        store::reassessments::offer(&mut tx, row, id, before.snapshot, now).await?;
    }
    for respondent in &people {
        respondents::invite(&mut tx, ctx.services(), id, respondent, ends_at).await?;
    }
    let pinned: Vec<_> = files
        .iter()
        .map(|(file, _)| json!({"id": file.name, "version": file.version, "sha256": file.sha256}))
        .collect();
    let event = ctx
        .event("assessment.sent", "assessment", id)
        .on_assessment(id)
        .after(json!({"questionnaires": pinned, "tier": intake.tier, "due_on": sent.due_on, "respondents": people.len()}));
    tx.commit(event).await?;
    Ok(())
}

//! The steps in which an assessment is prepared and sent: service, questionnaires, people and dates, check.

use super::{
    Answer,
    acts::{act_page, fresh_key, pager},
    assessments::shell,
    form::{CsrfForm, Fields},
    guard::Staff,
    page::{ok, respond, see_other, with_errors},
    previews::{mail_href, rendered},
    respondents::{new_person, new_person_fields},
    routes::{Access, routes},
    vendors::title_of,
};
use crate::{
    domain::{
        Permission, asking,
        assessment_mail::AssessmentMail,
        due,
        ids::AssessmentId,
        intake::{PROHIBITED_USE, shown_tenths},
        time_left::about_minutes,
        user::User,
    },
    render::{
        Renderer,
        assessments::{
            CheckView, PreviewQuestion, PreviewQuestionnaire, PreviewSection, QuestionnaireChoice,
            QuestionnairesView, ServiceView,
        },
        fields::{FieldView, errors_of},
        parts::{ErrorItem, Fact, FlashNotice, Link, Step, capitalised},
        procurement::{ActView, Hidden},
    },
    usecases::{
        FieldError, UseCaseError, library,
        previews::{self, Preview},
        sending::{self, Draft, LeftOut, PeopleInput},
    },
};
use actix_web::{
    http::StatusCode,
    web::{Data, Path, Query},
};
use questionnaires::definition::{Audience, Questionnaire};
use std::collections::BTreeMap;

routes! {
    GET "/assessments/new" => new_page, Access::Staff(Permission::SendAssessments), Page;
    POST "/assessments" => start, Access::Staff(Permission::SendAssessments), Page, ["service", "key", "vendor", "page", "suggested"];
    GET "/assessments/{assessment}/questionnaires" => questionnaires_page, Access::Staff(Permission::SendAssessments), Page;
    POST "/assessments/{assessment}/questionnaires" => choose_questionnaires, Access::Staff(Permission::SendAssessments), Page, ["questionnaire", "reason-*", "version"];
    GET "/assessments/{assessment}/people" => people_page, Access::Staff(Permission::SendAssessments), Page;
    POST "/assessments/{assessment}/people" => choose_people, Access::Staff(Permission::SendAssessments), Page, ["contact", "new_name", "new_email", "new_job_title", "owner", "reviewer", "due_on", "message", "version"];
    GET "/assessments/{assessment}/check" => check_page, Access::Staff(Permission::SendAssessments), Page;
    POST "/assessments/{assessment}/send" => send, Access::Staff(Permission::SendAssessments), Page, ["version", "key"];
}

type Errors<'a> = &'a [FieldError];

/// The wizard's steps; those before `current` can be gone back to.
fn steps(id: Option<AssessmentId>, current: usize) -> Vec<Step> {
    let labels = [
        ("Service", ""),
        ("Questionnaires", "questionnaires"),
        ("People and dates", "people"),
        ("Check", "check"),
    ];
    let step = |(at, (label, path)): (usize, (&str, &str))| Step {
        label: label.to_owned(),
        href: id.filter(|_| at > 0 && at < current).map(|id| format!("/assessments/{id}/{path}")),
        current: at == current,
    };
    labels.into_iter().enumerate().map(step).collect()
}

/// What was chosen so far on the page of services: the words that narrow it, its page, the service and the form's key.
struct Choosing {
    vendor: String,
    page: usize,
    service: String,
    key: String,
}

async fn new_form(staff: &Staff, renderer: &Renderer, so_far: Choosing, errors: Errors<'_>) -> Answer {
    let found = sending::services(&staff.ctx, &so_far.vendor, so_far.page).await?;
    let words = found.services.iter().map(|service| {
        let tier = service.tier.map_or_else(
            || "intake not answered".to_owned(),
            |t| format!("tier {}", capitalised(t.as_str())),
        );
        (service.id.to_string(), format!("{}, {} ({tier})", service.vendor, service.name))
    });
    let choices = std::iter::once((String::new(), "Choose a service".to_owned())).chain(words);
    let field = FieldView::select("service", "Service").choices(choices, |value| value == so_far.service);
    let fields = with_errors(vec![field], errors);
    let mut shell = shell(staff, "Start assessment");
    shell.errors = errors_of(&fields);
    let query = BTreeMap::from([("vendor".to_owned(), so_far.vendor.clone())]);
    let view = ServiceView {
        steps: steps(None, 0),
        lede: "One service of one vendor. Its intake decides what is suggested.".to_owned(),
        none: (found.total == 0).then(|| match so_far.vendor.as_str() {
            "" => "No active vendor has a service yet. Add one on the vendor's page.".to_owned(),
            _ => "No active vendor of such a name has a service.".to_owned(),
        }),
        hidden: vec![
            Hidden::new("key", so_far.key),
            Hidden::new("vendor", &so_far.vendor),
            Hidden::new("page", found.page),
        ],
        vendor: so_far.vendor,
        fields,
        pager: pager(
            "/assessments/new",
            &query,
            found.page,
            sending::SERVICES,
            found.services.len(),
            found.total,
            "services",
        ),
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    respond(renderer, status, "pages/assessments/service", shell, view)
}

async fn new_page(staff: Staff, renderer: Data<Renderer>, query: Query<Vec<(String, String)>>) -> Answer {
    let query = Fields::from_pairs(query.into_inner());
    let so_far = Choosing {
        vendor: query.text("vendor").to_owned(),
        page: query.parsed("page").unwrap_or(1),
        service: String::new(),
        key: fresh_key(&staff),
    };
    new_form(&staff, &renderer, so_far, &[]).await
}

async fn start(staff: Staff, renderer: Data<Renderer>, CsrfForm(form): CsrfForm) -> Answer {
    match sending::start(&staff.ctx, form.text("service"), form.text("key")).await {
        // Who saw what is suggested and takes it goes on to whom to ask.
        Ok(id) if form.text("suggested") == "yes" => Ok(see_other(&format!("/assessments/{id}/people"))),
        Ok(id) => Ok(see_other(&format!("/assessments/{id}/questionnaires"))),
        Err(UseCaseError::Invalid(errors)) => {
            let so_far = Choosing {
                vendor: form.text("vendor").to_owned(),
                page: form.parsed("page").unwrap_or(1),
                service: form.text("service").to_owned(),
                key: form.text("key").to_owned(),
            };
            new_form(&staff, &renderer, so_far, &errors).await
        }
        Err(other) => Err(other.into()),
    }
}

/// What a questionnaire is for; the rest of its description is for those who answer it.
fn first_sentence(description: &str) -> String {
    let text = description.trim().replace('\n', " ");
    match text.split_once(". ") {
        Some((first, _)) => format!("{first}."),
        None => text,
    }
}

fn choice(
    draft: &Draft,
    questionnaire: &Questionnaire,
    at: usize,
    chosen: bool,
    why: Option<&str>,
    reason: Option<FieldView>,
) -> QuestionnaireChoice {
    let (none, tier) = (std::collections::BTreeMap::new(), draft.intake.as_ref().map(|intake| intake.tier));
    let facts = draft.intake.as_ref().map_or(&none, |intake| &intake.facts);
    let count = asking::question_count([questionnaire], facts, tier);
    let who =
        if questionnaire.audience == Audience::Buyer { ", answered by your own organisation" } else { "" };
    QuestionnaireChoice {
        value: questionnaire.id.clone(),
        id: if at == 0 { "questionnaire".to_owned() } else { format!("questionnaire-{at}") },
        title: questionnaire.title.clone(),
        text: why.map_or_else(|| first_sentence(&questionnaire.description), str::to_owned),
        small: format!("up to {count} questions, {}{who}", about_minutes(questionnaire.minutes)),
        chosen,
        reason,
    }
}

/// That the vendor is being asked about this service already.
fn running_notice(draft: &Draft) -> Option<FlashNotice> {
    let service = &draft.service.name;
    match draft.running.as_slice() {
        [] => None,
        [one] => Some(FlashNotice::info(format!(
            "{one} about {service} was sent and is not decided yet. Go on only if a second one is wanted beside it."
        ))),
        more => Some(FlashNotice::info(format!(
            "{} about {service} were sent and are not decided yet. Go on only if one more is wanted beside them.",
            more.join(", ")
        ))),
    }
}

fn questionnaires_form(
    staff: &Staff,
    renderer: &Renderer,
    draft: &Draft,
    typed: Option<(&[String], &[LeftOut], i64)>,
    errors: Errors<'_>,
) -> Answer {
    let stored: Vec<String> = draft.chosen.iter().map(|row| row.questionnaire_id.clone()).collect();
    let (chosen, left_out, version) = typed.unwrap_or((&stored, &draft.left_out, draft.assessment.version));
    let is_chosen = |id: &str| chosen.iter().any(|known| known == id);
    let (mut suggested, mut others, mut at) = (Vec::new(), Vec::new(), 0);
    for suggestion in &draft.suggestions {
        let Some(questionnaire) = library::shipped().questionnaire(suggestion.questionnaire) else {
            continue;
        };
        let field = format!("reason-{}", questionnaire.id);
        let error = errors.iter().find(|error| error.pointer == field).map(|error| error.message.clone());
        let given = left_out.iter().find(|row| row.questionnaire == questionnaire.id);
        let reason = FieldView::text(field, format!("If you leave out {}: why", questionnaire.title))
            .value(given.map_or("", |row| &row.reason))
            .optional()
            .error(error);
        let chosen = is_chosen(&questionnaire.id);
        suggested.push(choice(draft, questionnaire, at, chosen, Some(&suggestion.reason), Some(reason)));
        at += 1;
    }
    for questionnaire in library::choosable() {
        if draft.suggestions.iter().any(|suggestion| suggestion.questionnaire == questionnaire.id) {
            continue;
        }
        others.push(choice(draft, questionnaire, at, is_chosen(&questionnaire.id), None, None));
        at += 1;
    }
    let lede = match &draft.intake {
        Some(intake) => format!(
            "{} of {}: tier {}, inherent risk {}. One answer counts in every questionnaire that asks it.",
            draft.service.name,
            draft.vendor.name,
            capitalised(intake.tier.as_str()),
            shown_tenths(intake.inherent_tenths)
        ),
        None => format!("{} of {}.", draft.service.name, draft.vendor.name),
    };
    let id = draft.assessment.id;
    let view = QuestionnairesView {
        steps: steps(Some(id), 1),
        lede,
        action: format!("/assessments/{id}/questionnaires"),
        version,
        open: suggested.is_empty() || others.iter().any(|other| other.chosen),
        suggested,
        others,
        error: errors
            .iter()
            .find(|error| error.pointer == "questionnaire")
            .map(|error| error.message.clone()),
    };
    let mut shell =
        shell(staff, format!("What to ask, {}", draft.assessment.reference)).flash(running_notice(draft));
    shell.errors = errors.iter().map(|error| ErrorItem::at(&error.pointer, error.message.clone())).collect();
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    respond(renderer, status, "pages/assessments/questionnaires", shell, view)
}

async fn questionnaires_page(staff: Staff, renderer: Data<Renderer>, id: Path<AssessmentId>) -> Answer {
    let draft = sending::draft(&staff.ctx, *id).await?;
    questionnaires_form(&staff, &renderer, &draft, None, &[])
}

async fn choose_questionnaires(
    staff: Staff,
    renderer: Data<Renderer>,
    id: Path<AssessmentId>,
    CsrfForm(form): CsrfForm,
) -> Answer {
    let chosen = form.all("questionnaire");
    let reasons: Vec<LeftOut> = form
        .pairs()
        .filter_map(|(name, value)| {
            let questionnaire = name.strip_prefix("reason-")?.to_owned();
            Some(LeftOut { questionnaire, reason: value.to_owned() })
        })
        .collect();
    let version = form.revision("version")?;
    match sending::choose_questionnaires(&staff.ctx, *id, version, &chosen, &reasons).await {
        Ok(()) => Ok(see_other(&format!("/assessments/{id}/people"))),
        Err(UseCaseError::Invalid(errors)) => {
            let draft = sending::draft(&staff.ctx, *id).await?;
            questionnaires_form(&staff, &renderer, &draft, Some((&chosen, &reasons, version)), &errors)
        }
        Err(other) => Err(other.into()),
    }
}

fn people_input(form: &Fields) -> PeopleInput {
    PeopleInput {
        contacts: form.all("contact"),
        new: new_person(form),
        owner: form.text("owner").to_owned(),
        reviewer: form.text("reviewer").to_owned(),
        due_on: form.text("due_on").to_owned(),
        message: form.text("message").to_owned(),
    }
}

fn people_form(
    staff: &Staff,
    renderer: &Renderer,
    draft: &Draft,
    input: &PeopleInput,
    version: i64,
    errors: Errors<'_>,
) -> Answer {
    let id = draft.assessment.id;
    let back = Link::new("Back to questionnaires", format!("/assessments/{id}/questionnaires"));
    let mut act = ActView::new(format!("/assessments/{id}/people"), "Continue to check", back);
    act.steps = steps(Some(id), 2);
    let questions = match draft.question_count() {
        0 => String::new(),
        1 => " 1 question".to_owned(),
        n => format!(" up to {n} questions"),
    };
    act.lede = Some(format!("Who at {} answers{questions}, and until when.", draft.vendor.name));
    act.hidden = vec![Hidden::new("version", version)];
    if !draft.contacts.is_empty() {
        let mut field = FieldView::checkboxes("contact", "Who answers")
            .hint("Each gets a link of their own, may answer everything and may submit.");
        for contact in &draft.contacts {
            let value = contact.id.to_string();
            let chosen = input.contacts.contains(&value);
            let refused = contact.refused_reason.as_ref().map(|reason| format!("Mail was refused: {reason}"));
            field = field.choice(value, format!("{}, {}", contact.name, contact.email), refused, chosen);
        }
        act.fields.push(field);
    }
    act.fields.extend(new_person_fields(&input.new, draft.contacts.is_empty()));
    act.fields.extend(in_charge_fields(&draft.users, &input.owner, &input.reviewer));
    act.fields.extend([
        FieldView::date("due_on", "Due day")
            .hint(format!("Ends with that day in {}.", staff.ctx.tenant().zone))
            .value(&input.due_on),
        FieldView::textarea("message", "Message to the vendor")
            .hint("Why you ask. Stands in the invitation and on the welcome page.")
            .value(&input.message)
            .optional(),
    ]);
    let title = format!("People and dates, {}", draft.assessment.reference);
    act_page(renderer, shell(staff, title).flash(running_notice(draft)), act, errors)
}

/// Owner and reviewer, to be chosen among those who may look after assessments.
pub(super) fn in_charge_fields(users: &[User], owner: &str, reviewer: &str) -> [FieldView; 2] {
    let able = users.iter().filter(|user| user.role.may(Permission::SendAssessments));
    let able: Vec<(String, String)> =
        able.map(|user| (user.id.to_string(), format!("{}, {}", user.name, user.role.label()))).collect();
    // Who is in charge and may not be any more is replaced by nobody until somebody is chosen.
    let choices = |now: &str| {
        let gone = !able.iter().any(|(id, _)| id == now);
        let nobody = gone.then(|| (String::new(), "Choose".to_owned()));
        nobody.into_iter().chain(able.clone()).collect::<Vec<_>>()
    };
    let mut reviews =
        FieldView::select("reviewer", "Reviewer").choices(choices(reviewer), |value| value == reviewer);
    let chosen = users.iter().find(|user| user.id.to_string() == reviewer);
    if let Some(user) = chosen.filter(|user| !user.role.may(Permission::Review)) {
        reviews = reviews.hint(format!(
            "{} cannot give verdicts. Choose a risk manager or an admin, who is told when the vendor hands in.",
            user.name
        ));
    }
    let owns = FieldView::select("owner", "Owner")
        .hint("Looks after it. Replies to mails go to this person.")
        .choices(choices(owner), |value| value == owner);
    [owns, reviews]
}

async fn people_page(staff: Staff, renderer: Data<Renderer>, id: Path<AssessmentId>) -> Answer {
    let draft = sending::draft(&staff.ctx, *id).await?;
    let assessment = &draft.assessment;
    let contacts = match (draft.respondents.as_slice(), draft.contacts.as_slice()) {
        // With a single contact there is nothing to choose.
        ([], [only]) if only.refused_reason.is_none() => vec![only.id.to_string()],
        (respondents, _) => respondents.iter().map(|respondent| respondent.contact_id.to_string()).collect(),
    };
    let input = PeopleInput {
        contacts,
        owner: assessment.owner_id.to_string(),
        reviewer: assessment.reviewer_id.to_string(),
        due_on: assessment.due_on.to_string(),
        message: assessment.message.clone().unwrap_or_default(),
        ..PeopleInput::default()
    };
    people_form(&staff, &renderer, &draft, &input, assessment.version, &[])
}

async fn choose_people(
    staff: Staff,
    renderer: Data<Renderer>,
    id: Path<AssessmentId>,
    CsrfForm(form): CsrfForm,
) -> Answer {
    let (input, version) = (people_input(&form), form.revision("version")?);
    match sending::choose_people(&staff.ctx, *id, version, &input).await {
        Ok(()) => Ok(see_other(&format!("/assessments/{id}/check"))),
        Err(UseCaseError::Invalid(errors)) => {
            let draft = sending::draft(&staff.ctx, *id).await?;
            people_form(&staff, &renderer, &draft, &input, version, &errors)
        }
        Err(other) => Err(other.into()),
    }
}

fn questions_in(draft: &Draft) -> Vec<PreviewQuestionnaire> {
    let (none, tier) = (std::collections::BTreeMap::new(), draft.intake.as_ref().map(|intake| intake.tier));
    let facts = draft.intake.as_ref().map_or(&none, |intake| &intake.facts);
    let asked =
        draft.definitions().into_iter().filter(|questionnaire| questionnaire.audience == Audience::Vendor);
    asked
        .map(|questionnaire| PreviewQuestionnaire {
            title: questionnaire.title.clone(),
            questions: asking::question_count([questionnaire], facts, tier),
            sections: asking::asked(questionnaire, facts, tier)
                .into_iter()
                .map(|section| PreviewSection {
                    title: section.section.title.clone(),
                    questions: section
                        .questions
                        .into_iter()
                        .map(|(question, depends)| PreviewQuestion { text: question.text.clone(), depends })
                        .collect(),
                })
                .collect(),
        })
        .collect()
}

fn check_form(staff: &Staff, renderer: &Renderer, draft: &Draft, preview: &Preview) -> Answer {
    let id = draft.assessment.id;
    let mut missing = Vec::new();
    if draft.respondents.is_empty() {
        missing.push("Choose who answers".to_owned());
    }
    if draft.question_count() == 0 {
        missing.push("Choose at least one questionnaire for the vendor".to_owned());
    }
    if !draft.users.iter().any(|user| user.id == draft.assessment.owner_id) {
        missing.push("The owner is no active user any more: choose another one".to_owned());
    }
    if draft.intake.as_ref().is_some_and(|intake| intake.facts.get(PROHIBITED_USE) == Some(&true)) {
        missing.push(sending::MAY_BE_BANNED.to_owned());
    }
    let mail = rendered(renderer, preview, AssessmentMail::Invitation)?;
    let name = |id| draft.users.iter().find(|user| user.id == id).map_or("", |user| user.name.as_str());
    let (assessment, zone) = (&draft.assessment, staff.ctx.tenant().zone);
    let reviewer = draft.users.iter().find(|user| user.id == assessment.reviewer_id);
    let unable = match reviewer.is_some_and(|user| user.role.may(Permission::Review)) {
        true => "",
        false => ", who cannot give verdicts",
    };
    let asked_of = |audience: Audience| -> Vec<String> {
        let of = draft.definitions().into_iter().filter(|questionnaire| questionnaire.audience == audience);
        of.map(|questionnaire| questionnaire.title.clone()).collect()
    };
    let (titles, own) = (asked_of(Audience::Vendor), asked_of(Audience::Buyer));
    let mut facts = vec![
        Fact::new("Vendor", &draft.vendor.name),
        Fact::new("Service", &draft.service.name).href(format!("/services/{}", draft.service.id)),
        Fact::new("Questionnaires", titles.join("; ")),
        Fact::new("Owner", name(assessment.owner_id))
            .note(format!("reviewer {}{unable}", name(assessment.reviewer_id))),
    ];
    if !own.is_empty() {
        facts.push(Fact::new("For your own organisation", own.join("; ")).note("the vendor is not asked"));
    }
    if let Some(intake) = &draft.intake {
        facts.push(Fact::new("Tier", capitalised(intake.tier.as_str())).note("the vendor never sees it"));
    }
    let people = draft.respondents.len();
    let view = CheckView {
        steps: steps(Some(id), 3),
        facts,
        missing,
        people: draft.respondents.iter().map(|person| format!("{}, {}", person.name, person.email)).collect(),
        left_out: draft
            .left_out
            .iter()
            .map(|row| format!("{}: {}", title_of(&row.questionnaire), row.reason))
            .collect(),
        sections: questions_in(draft),
        welcome: format!(
            "{} asks about {}. Up to {} questions{}, {}. Due {}, end of day in {zone}.",
            staff.ctx.tenant().name,
            draft.service.name,
            draft.question_count(),
            if titles.len() > 1 { " (one in two questionnaires counts once)" } else { "" },
            about_minutes(draft.minutes()),
            due::long_day(assessment.due_on),
        ),
        message: assessment.message.clone(),
        pages: format!("/assessments/{id}/preview/portal"),
        subject: mail.subject,
        mail: mail.text,
        mails: mail_href(id, AssessmentMail::Invitation),
        action: format!("/assessments/{id}/send"),
        hidden: vec![Hidden::new("version", assessment.version), Hidden::new("key", fresh_key(staff))],
        submit: if people == 1 { "Send to 1 person".to_owned() } else { format!("Send to {people} people") },
        cancel: format!("/assessments/{id}/cancel"),
    };
    let shell =
        shell(staff, format!("Check and send, {}", assessment.reference)).flash(running_notice(draft));
    ok(renderer, "pages/assessments/check", shell, view)
}

async fn check_page(staff: Staff, renderer: Data<Renderer>, id: Path<AssessmentId>) -> Answer {
    let draft = sending::draft(&staff.ctx, *id).await?;
    check_form(&staff, &renderer, &draft, &previews::open(&staff.ctx, *id).await?)
}

async fn send(staff: Staff, id: Path<AssessmentId>, CsrfForm(form): CsrfForm) -> Answer {
    sending::send(&staff.ctx, *id, form.revision("version")?, form.text("key")).await?;
    Ok(see_other(&format!("/assessments/{id}")))
}

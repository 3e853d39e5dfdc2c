//! A submission in the database, for tests of what comes after it.

use api::{
    domain::{
        Role,
        answer::day,
        assessment::{Assessment, AssessmentState, ChosenQuestionnaire},
        ids::{AssessmentId, ServiceId, VendorId},
    },
    store::{WriteTx, assessments, questionnaires as files, questionnaires::NewFile},
    usecases::{Ctx, scores},
};
use entity::{answer, service, vendor};
use questionnaires::definition::{
    Audience, Questionnaire, Tier,
    catalog::{Library, canonical_json, content_hash},
};
use sea_orm::Set;
use tests::app::TestApp;

/// What was seeded.
pub struct Seeded {
    /// The assessment, in the state *submitted*.
    pub assessment: AssessmentId,
    /// The vendor.
    pub vendor: VendorId,
    /// What it was about.
    pub service: ServiceId,
}

/// What a vendor hands in.
#[derive(Clone, Copy)]
pub struct Submission<'a> {
    /// Of the vendor and the service, where they are new, and of the assessment.
    pub name: &'a str,
    /// Of a vendor there is already; nothing for a new one.
    pub vendor: Option<VendorId>,
    /// About a service there is already; nothing for a new one.
    pub service: Option<ServiceId>,
    /// What was asked, by the ids of the library.
    pub asked: &'a [&'a str],
    /// Question and chosen option; everything else is blank.
    pub choices: &'a [(&'a str, &'a str)],
    /// The facts of the intake that hold.
    pub facts: &'a [&'a str],
}

impl Seeded {
    /// Address of the assessment's pages.
    pub fn base(&self) -> String {
        format!("/assessments/{}", self.assessment)
    }
}

/// A vendor that handed in `supplier-security-core` at tier high with these choices, everything else blank.
pub async fn handed_in(app: &TestApp, name: &str, choices: &[(&str, &str)]) -> Seeded {
    handed_in_to(&app.ctx(Role::RiskManager).await, name, choices).await
}

/// As [`handed_in`], to the organisation of this user.
pub async fn handed_in_to(ctx: &Ctx, name: &str, choices: &[(&str, &str)]) -> Seeded {
    let asked = &["supplier-security-core"];
    submitted(ctx, Submission { name, vendor: None, service: None, asked, choices, facts: &[] }).await
}

/// A submission at tier high to the organisation of this user.
pub async fn submitted(ctx: &Ctx, submission: Submission<'_>) -> Seeded {
    let Submission { name, vendor, service, asked, choices, facts } = submission;
    let drafted = self::asked(ctx, name);
    let assessment = Assessment {
        vendor_id: vendor.unwrap_or(drafted.vendor_id),
        service_id: service.unwrap_or(drafted.service_id),
        state: AssessmentState::Submitted,
        submitted_at: Some(ctx.now()),
        submission_number: 1,
        facts: facts.iter().map(|fact| ((*fact).to_owned(), true)).collect(),
        ..drafted
    };
    let library = Library::shipped();
    let questionnaires: Vec<&Questionnaire> =
        asked.iter().map(|id| library.questionnaire(id).unwrap()).collect();
    let mut tx = ctx.begin_write().await.unwrap();
    if vendor.is_none() {
        insert_vendor(&mut tx, ctx, name, &assessment).await;
    }
    if service.is_none() {
        insert_service(&mut tx, ctx, name, &assessment).await;
    }
    assessments::insert(&mut tx, &assessment, ctx.user().id).await.unwrap();
    pin(&mut tx, ctx, assessment.id, &questionnaires).await;
    for (question, choice) in choices {
        tx.insert::<answer::Entity>(answer::ActiveModel {
            id: Set(ctx.services().surroundings.uuid()),
            assessment_id: Set(assessment.id.0),
            question_id: Set((*question).to_owned()),
            rev: Set(1),
            value: Set(Some(serde_json::json!({"choice": choice}))),
            note: Set(None),
            source: Set("vendor".to_owned()),
            saved_by_respondent: Set(None),
            saved_by_user: Set(None),
            saved_at: Set(ctx.now()),
            ..Default::default()
        })
        .await
        .unwrap();
    }
    scores::snapshot_at_submission(&mut tx, ctx.id(), &assessment, ctx.today(), ctx.now()).await.unwrap();
    tx.commit_unaudited("test data").await.unwrap();
    Seeded { assessment: assessment.id, vendor: assessment.vendor_id, service: assessment.service_id }
}

/// An open assessment without respondents, which asks a questionnaire that need not be in the library.
pub async fn sent_to_nobody(ctx: &Ctx, name: &str, questionnaire: &Questionnaire) -> AssessmentId {
    let assessment = asked(ctx, name);
    let mut tx = ctx.begin_write().await.unwrap();
    insert_vendor(&mut tx, ctx, name, &assessment).await;
    insert_service(&mut tx, ctx, name, &assessment).await;
    assessments::insert(&mut tx, &assessment, ctx.user().id).await.unwrap();
    pin(&mut tx, ctx, assessment.id, &[questionnaire]).await;
    // What a draft has not is saved by sending it.
    assessments::update(&mut tx, &assessment).await.unwrap();
    tx.commit_unaudited("test data").await.unwrap();
    assessment.id
}

fn asked(ctx: &Ctx, name: &str) -> Assessment {
    Assessment {
        id: ctx.id(),
        reference: format!("T-{name}"),
        vendor_id: ctx.id(),
        service_id: ctx.id(),
        intake_id: None,
        state: AssessmentState::Sent,
        state_before_expiry: None,
        owner_id: ctx.user().id,
        reviewer_id: ctx.user().id,
        tier: Some(Tier::High),
        facts: Default::default(),
        due_on: day("2026-12-12").unwrap(),
        message: None,
        sent_at: Some(ctx.now()),
        link_ends_at: Some(ctx.now() + chrono::Duration::days(60)),
        submitted_at: None,
        submission_number: 0,
        decided_at: None,
        cancelled_reason: None,
        created_at: ctx.now(),
        version: 1,
    }
}

async fn insert_vendor(tx: &mut WriteTx, ctx: &Ctx, name: &str, assessment: &Assessment) {
    tx.insert::<vendor::Entity>(vendor::ActiveModel {
        id: Set(assessment.vendor_id.0),
        name: Set(name.to_owned()),
        name_normalised: Set(name.to_lowercase()),
        website: Set(None),
        note: Set(None),
        state: Set("active".to_owned()),
        created_at: Set(ctx.now()),
        created_by: Set(ctx.user().id.0),
        version: Set(1),
        ..Default::default()
    })
    .await
    .unwrap();
}

async fn insert_service(tx: &mut WriteTx, ctx: &Ctx, name: &str, assessment: &Assessment) {
    tx.insert::<service::Entity>(service::ActiveModel {
        id: Set(assessment.service_id.0),
        vendor_id: Set(assessment.vendor_id.0),
        name: Set(format!("{name} Service")),
        name_normalised: Set(format!("{name} Service").to_lowercase()),
        description: Set(None),
        created_at: Set(ctx.now()),
        version: Set(1),
        ..Default::default()
    })
    .await
    .unwrap();
}

/// What the assessment asks, in this order, and the control set that it is read against.
async fn pin(tx: &mut WriteTx, ctx: &Ctx, assessment: AssessmentId, questionnaires: &[&Questionnaire]) {
    let library = Library::shipped();
    let uuid = || ctx.services().surroundings.uuid();
    let chosen = |(at, questionnaire): (usize, &&Questionnaire)| ChosenQuestionnaire {
        position: i32::try_from(at).unwrap() + 1,
        questionnaire_id: questionnaire.id.clone(),
        suggested: true,
        reason: "test".to_owned(),
        pinned: None,
    };
    let rows = questionnaires.iter().enumerate().map(|one| (uuid(), chosen(one)));
    files::replace_chosen(tx, assessment, &rows.collect::<Vec<_>>()).await.unwrap();
    for questionnaire in questionnaires {
        let file = NewFile {
            id: uuid(),
            name: questionnaire.id.clone(),
            version: questionnaire.version.clone(),
            title: questionnaire.title.clone(),
            sha256: content_hash(*questionnaire).unwrap(),
            definition: canonical_json(*questionnaire).unwrap(),
            created_at: ctx.now(),
        };
        let version = files::pin_questionnaire(tx, &file, Audience::Vendor).await.unwrap();
        files::set_pinned(tx, assessment, &questionnaire.id, version).await.unwrap();
    }
    let set = library.control_set("iso27001").unwrap();
    let file = NewFile {
        id: uuid(),
        name: set.id.clone(),
        version: set.version.clone(),
        title: set.title.clone(),
        sha256: content_hash(set).unwrap(),
        definition: canonical_json(set).unwrap(),
        created_at: ctx.now(),
    };
    files::pin_control_set(tx, assessment, &file, uuid()).await.unwrap();
}

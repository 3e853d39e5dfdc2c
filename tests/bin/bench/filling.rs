//! The rows of the organisation that is measured: what a hundred vendors at a time are stored as.

use crate::{
    data::{Data, Seat, Size, mixed, words},
    form::{OPTIONS, question_id, questionnaire},
};
use anyhow::Context as _;
use api::{
    auth::Secret,
    domain::{
        assessment::{Assessment, AssessmentState, ChosenQuestionnaire},
        ids::{AssessmentId, Id as _, ServiceId, VendorId},
        intake::Intake,
    },
    store::{WriteTx, assessments, intakes, questionnaires as files, questionnaires::NewFile},
    usecases::{Ctx, scores},
};
use chrono::Duration;
use entity::{
    answer, answer_revision, contact, finding, invitation, portal_session, respondent, service, vendor,
};
use questionnaires::{
    definition::{
        Audience, Questionnaire, Tier,
        catalog::{Library, canonical_json, content_hash},
    },
    risk::inherent::Factor,
};
use sea_orm::Set;
use serde_json::json;
use std::collections::BTreeMap;
use uuid::Uuid;

/// What writes the vendors.
pub struct Filling<'a> {
    ctx: &'a Ctx,
    size: Size,
    questionnaire: Questionnaire,
}

/// The rows of some vendors, by table.
#[derive(Default)]
struct Rows {
    vendors: Vec<vendor::ActiveModel>,
    services: Vec<service::ActiveModel>,
    contacts: Vec<contact::ActiveModel>,
    respondents: Vec<respondent::ActiveModel>,
    invitations: Vec<invitation::ActiveModel>,
    sessions: Vec<portal_session::ActiveModel>,
    answers: Vec<answer::ActiveModel>,
    revisions: Vec<answer_revision::ActiveModel>,
    findings: Vec<finding::ActiveModel>,
}

/// The records of one vendor that others name.
struct One {
    number: usize,
    vendor: VendorId,
    respondent: Uuid,
    assessment: Assessment,
}

impl<'a> Filling<'a> {
    /// Asks everybody the questionnaire of this size.
    ///
    /// # Errors
    /// When there is none.
    pub fn new(ctx: &'a Ctx, size: Size) -> anyhow::Result<Self> {
        Ok(Self { ctx, size, questionnaire: questionnaire(size)? })
    }

    fn uuid(&self) -> Uuid {
        self.ctx.services().surroundings.uuid()
    }

    /// Writes the vendors of these numbers, and adds them to `data`.
    ///
    /// # Errors
    /// When they cannot be written.
    pub async fn vendors(&self, numbers: &[usize], data: &mut Data) -> anyhow::Result<()> {
        let mut rows = Rows::default();
        let mut all = Vec::new();
        for &number in numbers {
            let one = self.one(number, &mut rows);
            data.services.push(one.assessment.service_id.0);
            let revisions = self.answers(&one, &mut rows);
            if one.assessment.state == AssessmentState::InProgress {
                data.seats.push(self.seat(&one, revisions, &mut rows));
            } else {
                data.handed_in.push(one.assessment.id.uuid());
                rows.findings.push(self.finding(&one));
            }
            all.push(one);
        }
        let mut tx = self.ctx.begin_write().await?;
        tx.insert_all::<vendor::Entity, _>(rows.vendors).await?;
        tx.insert_all::<service::Entity, _>(rows.services).await?;
        tx.insert_all::<contact::Entity, _>(rows.contacts).await?;
        for one in &all {
            intakes::insert(&mut tx, &self.intake(one)).await?;
            assessments::insert(&mut tx, &one.assessment, self.ctx.user().id).await?;
            self.pin(&mut tx, one.assessment.id).await?;
        }
        tx.insert_all::<respondent::Entity, _>(rows.respondents).await?;
        tx.insert_all::<invitation::Entity, _>(rows.invitations).await?;
        tx.insert_all::<portal_session::Entity, _>(rows.sessions).await?;
        tx.insert_all::<answer::Entity, _>(rows.answers).await?;
        tx.insert_all::<answer_revision::Entity, _>(rows.revisions).await?;
        for one in all.iter().filter(|one| one.assessment.state == AssessmentState::Submitted) {
            let (today, now) = (self.ctx.today(), self.ctx.now());
            scores::snapshot_at_submission(&mut tx, self.ctx.id(), &one.assessment, today, now).await?;
        }
        tx.insert_all::<finding::Entity, _>(rows.findings).await?;
        tx.commit_unaudited("what is measured was never done by anybody").await?;
        Ok(())
    }

    fn one(&self, number: usize, rows: &mut Rows) -> One {
        let (ctx, now) = (self.ctx, self.ctx.now());
        let (vendor_id, service_id): (VendorId, ServiceId) = (ctx.id(), ctx.id());
        let (contact_id, respondent_id) = (self.uuid(), self.uuid());
        let state = if number % 10 < 4 { AssessmentState::InProgress } else { AssessmentState::Submitted };
        let handed_in = state == AssessmentState::Submitted;
        let assessment = Assessment {
            id: ctx.id(),
            reference: format!("M-{number:05}"),
            vendor_id,
            service_id,
            intake_id: None,
            state,
            state_before_expiry: None,
            owner_id: ctx.user().id,
            reviewer_id: ctx.user().id,
            tier: Some(tier(number)),
            facts: Default::default(),
            due_on: ctx.today() + Duration::days(14),
            message: None,
            sent_at: Some(now),
            link_ends_at: Some(now + Duration::days(30)),
            submitted_at: handed_in.then_some(now),
            submission_number: i32::from(handed_in),
            decided_at: None,
            cancelled_reason: None,
            created_at: now,
            version: 1,
        };
        // Names that do not come in the order of the ids.
        let name = format!("{:04x} Vendor {number}", mixed(number as u64) & 0xffff);
        rows.vendors.push(vendor::ActiveModel {
            id: Set(vendor_id.0),
            name_normalised: Set(name.to_lowercase()),
            name: Set(name),
            website: Set(None),
            note: Set(None),
            state: Set("active".to_owned()),
            created_at: Set(now),
            created_by: Set(ctx.user().id.0),
            version: Set(1),
            ..Default::default()
        });
        rows.services.push(service::ActiveModel {
            id: Set(service_id.0),
            vendor_id: Set(vendor_id.0),
            name: Set(format!("Service {number}")),
            name_normalised: Set(format!("service {number}")),
            description: Set(None),
            created_at: Set(now),
            version: Set(1),
            ..Default::default()
        });
        let email = format!("person{number}@vendor{number}.example");
        rows.contacts.push(contact::ActiveModel {
            id: Set(contact_id),
            vendor_id: Set(vendor_id.0),
            name: Set(format!("Person {number}")),
            name_normalised: Set(format!("person {number}")),
            email: Set(email.clone()),
            email_canonical: Set(email.clone()),
            job_title: Set(None),
            refused_reason: Set(None),
            created_at: Set(now),
            version: Set(1),
            ..Default::default()
        });
        rows.respondents.push(respondent::ActiveModel {
            id: Set(respondent_id),
            assessment_id: Set(assessment.id.uuid()),
            contact_id: Set(contact_id),
            name: Set(format!("Person {number}")),
            email: Set(email),
            role: Set("lead".to_owned()),
            created_at: Set(now),
            ..Default::default()
        });
        One { number, vendor: vendor_id, respondent: respondent_id, assessment }
    }

    /// Three of four questions answered; the revision of each.
    fn answers(&self, one: &One, rows: &mut Rows) -> Vec<i64> {
        let now = self.ctx.now();
        let mut revisions = Vec::with_capacity(self.size.questions);
        for number in 1..=self.size.questions {
            let chance = mixed((one.number as u64) << 20 | number as u64);
            if chance.is_multiple_of(4) {
                revisions.push(0);
                continue;
            }
            revisions.push(1);
            let option = OPTIONS.get((chance >> 8) as usize % OPTIONS.len()).copied().unwrap_or_default();
            let (value, note) = (json!({"choice": option}), words(&format!("First answer to {number}")));
            rows.answers.push(answer::ActiveModel {
                id: Set(self.uuid()),
                assessment_id: Set(one.assessment.id.uuid()),
                question_id: Set(question_id(number)),
                rev: Set(1),
                value: Set(Some(value.clone())),
                note: Set(Some(note.clone())),
                source: Set("vendor".to_owned()),
                saved_by_respondent: Set(Some(one.respondent)),
                saved_by_user: Set(None),
                saved_at: Set(now),
                ..Default::default()
            });
            rows.revisions.push(answer_revision::ActiveModel {
                id: Set(self.uuid()),
                assessment_id: Set(one.assessment.id.uuid()),
                question_id: Set(question_id(number)),
                rev: Set(1),
                value: Set(Some(value)),
                note: Set(Some(note)),
                mutation_id: Set(format!("first-{number}")),
                source: Set("vendor".to_owned()),
                saved_by_respondent: Set(Some(one.respondent)),
                saved_by_user: Set(None),
                saved_at: Set(now),
                ..Default::default()
            });
        }
        revisions
    }

    fn seat(&self, one: &One, revisions: Vec<i64>, rows: &mut Rows) -> Seat {
        let now = self.ctx.now();
        let secret = Secret::for_session(&self.ctx.services().surroundings);
        let (assessment, invitation_id) = (one.assessment.id.uuid(), self.uuid());
        rows.invitations.push(invitation::ActiveModel {
            id: Set(invitation_id),
            assessment_id: Set(assessment),
            respondent_id: Set(one.respondent),
            link_id: Set(format!("measured{}", one.number)),
            generation: Set(1),
            state: Set("active".to_owned()),
            code_verified_at: Set(Some(now)),
            ends_at: Set(now + Duration::days(30)),
            created_at: Set(now),
            closed_at: Set(None),
            version: Set(1),
            ..Default::default()
        });
        rows.sessions.push(portal_session::ActiveModel {
            id: Set(self.uuid()),
            invitation_id: Set(invitation_id),
            respondent_id: Set(one.respondent),
            assessment_id: Set(assessment),
            token_hash: Set(secret.hash()),
            user_agent: Set("measuring".to_owned()),
            created_at: Set(now),
            // Seen as used for the whole run: noting the first use after five minutes is not what is measured.
            last_seen_at: Set(now + Duration::hours(2)),
            ended_at: Set(None),
            ..Default::default()
        });
        Seat { cookie: format!("resp={}", secret.reveal()), assessment, revisions }
    }

    fn finding(&self, one: &One) -> finding::ActiveModel {
        let severity = ["low", "medium", "high", "critical"].get(one.number % 4).copied().unwrap_or("low");
        finding::ActiveModel {
            id: Set(self.uuid()),
            assessment_id: Set(one.assessment.id.uuid()),
            vendor_id: Set(one.vendor.0),
            question_id: Set(Some(question_id(1))),
            title: Set("Measure 1 is not in place everywhere".to_owned()),
            title_normalised: Set("measure 1 is not in place everywhere".to_owned()),
            detail: Set(None),
            fix: Set(None),
            severity: Set(severity.to_owned()),
            state: Set("open".to_owned()),
            credit: Set(None),
            target_option: Set(None),
            target_credit: Set(None),
            sla_days: Set(90),
            sent_at: Set(None),
            due_on: Set(None),
            raised_by: Set(self.ctx.user().id.0),
            raised_at: Set(self.ctx.now()),
            closed_at: Set(None),
            state_reason: Set(None),
            version: Set(1),
            ..Default::default()
        }
    }

    fn intake(&self, one: &One) -> Intake {
        Intake {
            id: self.ctx.id(),
            service_id: one.assessment.service_id,
            number: 1,
            answers: Default::default(),
            // The vendor sees our data, so that a questionnaire is suggested for the next assessment.
            points: BTreeMap::from([(Factor::Dat, 2)]),
            facts: Default::default(),
            inherent_exact: "50".to_owned(),
            inherent_tenths: 500,
            computed_tier: tier(one.number),
            floors: Vec::new(),
            tier: tier(one.number),
            tier_override: None,
            answered_by: self.ctx.user().id,
            answered_at: self.ctx.now(),
            version: 1,
        }
    }

    async fn pin(&self, tx: &mut WriteTx, assessment: AssessmentId) -> anyhow::Result<()> {
        let questionnaire = &self.questionnaire;
        let chosen = ChosenQuestionnaire {
            position: 1,
            questionnaire_id: questionnaire.id.clone(),
            suggested: true,
            reason: "measured".to_owned(),
            pinned: None,
        };
        files::replace_chosen(tx, assessment, &[(self.uuid(), chosen)]).await?;
        let file = NewFile {
            id: self.uuid(),
            name: questionnaire.id.clone(),
            version: questionnaire.version.clone(),
            title: questionnaire.title.clone(),
            sha256: content_hash(questionnaire)?,
            definition: canonical_json(questionnaire)?,
            created_at: self.ctx.now(),
        };
        let version = files::pin_questionnaire(tx, &file, Audience::Vendor).await?;
        files::set_pinned(tx, assessment, &questionnaire.id, version).await?;
        let library = Library::shipped();
        let set = library.control_set("iso27001").context("no control set iso27001")?;
        let file = NewFile {
            id: self.uuid(),
            name: set.id.clone(),
            version: set.version.clone(),
            title: set.title.clone(),
            sha256: content_hash(set)?,
            definition: canonical_json(set)?,
            created_at: self.ctx.now(),
        };
        files::pin_control_set(tx, assessment, &file, self.uuid()).await?;
        Ok(())
    }
}

fn tier(number: usize) -> Tier {
    [Tier::Low, Tier::Medium, Tier::High, Tier::Critical].get(number % 4).copied().unwrap_or(Tier::Low)
}

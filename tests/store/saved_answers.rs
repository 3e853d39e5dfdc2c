//! Saving an answer compares and writes at once: never over another's text, never into an assessment that moved on,
//! each durable before it is acknowledged, and none at another's cost.

use crate::{
    fixtures::{Org, contact_of, id, minute},
    migrations::raw,
};
use api::{
    domain::{
        assessment::{Assessment, AssessmentState},
        ids::{AssessmentId, ContactId, RespondentId, ServiceId, UserId, VendorId},
        respondent::{Respondent, RespondentRole},
        vendor::Service,
    },
    store::{
        ConnectOptions, Database, Scoped as _, StoreError, answers, assessments, respondents,
        saved_answers::{self, Revision},
        vendors,
    },
};
use entity::{answer_revision, contact};
use futures_util::future;
use migration::Migrator;
use sea_orm_migration::MigratorTrait as _;
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tests::database::TestDatabase;
use tokio::task::JoinHandle;

/// An assessment that is being answered by one respondent.
struct Answering {
    org: Org,
    assessment: Assessment,
    respondent: RespondentId,
}

impl Answering {
    async fn new(at: &TestDatabase) -> Self {
        let org = Org::new(at.database()).await;
        let vendor = org.with_vendor("Acme").await;
        let (service, contact, respondent) = (ServiceId(id()), ContactId(id()), RespondentId(id()));
        let assessment = Assessment {
            id: AssessmentId(id()),
            reference: "A-0001".to_owned(),
            vendor_id: VendorId(vendor.id),
            service_id: service,
            intake_id: None,
            state: AssessmentState::InProgress,
            state_before_expiry: None,
            owner_id: UserId(org.user),
            reviewer_id: UserId(org.user),
            tier: None,
            facts: Default::default(),
            due_on: minute(0).date_naive(),
            message: None,
            sent_at: None,
            link_ends_at: None,
            submitted_at: None,
            submission_number: 0,
            decided_at: None,
            cancelled_reason: None,
            created_at: minute(0),
            version: 1,
        };
        let mut tx = org.begin().await;
        let row = contact::ActiveModel { id: sea_orm::Set(contact.0), ..contact_of(vendor.id) };
        tx.insert::<contact::Entity>(row).await.unwrap();
        let of_vendor = Service {
            id: service,
            vendor_id: assessment.vendor_id,
            name: "Payroll".to_owned(),
            description: None,
            version: 1,
        };
        vendors::insert_service(&mut tx, &of_vendor, minute(0)).await.unwrap();
        assessments::insert(&mut tx, &assessment, UserId(org.user)).await.unwrap();
        let invited = Respondent {
            id: respondent,
            assessment_id: assessment.id,
            contact_id: contact,
            name: "Cora".to_owned(),
            email: "cora@vendor.example".to_owned(),
            role: RespondentRole::Lead,
            created_at: minute(0),
            invited_by: None,
            ask: None,
        };
        respondents::insert_respondent(&mut tx, &invited).await.unwrap();
        tx.commit_unaudited("preparing a test").await.unwrap();
        Self { org, assessment, respondent }
    }

    fn revision(&self, question: &str, rev: i64, note: &str) -> Revision {
        Revision {
            answer_id: id(),
            id: id(),
            assessment: self.assessment.id,
            state: AssessmentState::InProgress,
            question: question.to_owned(),
            rev,
            value: Some(json!({"choice": "yes"})),
            note: Some(note.to_owned()),
            mutation: id().to_string(),
            by: self.respondent,
            at: minute(1),
        }
    }

    async fn save(&self, new: Revision) -> Result<bool, StoreError> {
        saved_answers::save(&self.org.scope, new).await
    }

    /// Saves in a task of its own, which has asked for its turn when this returns.
    async fn saving(&self, new: Revision) -> JoinHandle<Result<bool, StoreError>> {
        let scope = self.org.scope.clone();
        let task = tokio::spawn(async move { saved_answers::save(&scope, new).await });
        tokio::task::yield_now().await;
        task
    }

    /// Revision and note of every current answer, by question.
    async fn stored(&self) -> Vec<(String, i64, String)> {
        let rows = answers::answers(&self.org.scope, self.assessment.id).await.unwrap();
        rows.into_iter().map(|row| (row.question_id, row.rev, row.note.unwrap_or_default())).collect()
    }

    /// How many revisions there are of all answers.
    async fn revisions(&self) -> usize {
        let scope = &self.org.scope;
        scope.find::<answer_revision::Entity>().all(scope.connection()).await.unwrap().len()
    }
}

fn row(question: &str, rev: i64, note: &str) -> (String, i64, String) {
    (question.to_owned(), rev, note.to_owned())
}

async fn a_save_becomes_the_current_answer_and_stays_among_its_revisions(at: TestDatabase) {
    let here = Answering::new(&at).await;
    assert!(here.save(here.revision("Q-1", 1, "One")).await.unwrap());
    assert!(here.save(here.revision("Q-1", 2, "Two")).await.unwrap());
    let cleared = Revision { value: None, note: None, ..here.revision("Q-1", 3, "") };
    assert!(here.save(cleared).await.unwrap());
    assert_eq!(here.stored().await, [row("Q-1", 3, "")]);
    let kept = here.org.scope.find::<answer_revision::Entity>().all(here.org.scope.connection()).await;
    let mut kept: Vec<_> = kept.unwrap().into_iter().map(|row| (row.rev, row.note, row.value)).collect();
    kept.sort_by_key(|(rev, ..)| *rev);
    let yes = Some(json!({"choice": "yes"}));
    assert_eq!(
        kept,
        [(1, Some("One".to_owned()), yes.clone()), (2, Some("Two".to_owned()), yes), (3, None, None)]
    );
}

async fn a_save_from_another_revision_writes_nothing(at: TestDatabase) {
    let here = Answering::new(&at).await;
    assert!(!here.save(here.revision("Q-1", 2, "Nothing to change")).await.unwrap());
    assert!(here.save(here.revision("Q-1", 1, "First")).await.unwrap());
    assert!(!here.save(here.revision("Q-1", 1, "As if there were none")).await.unwrap());
    assert!(!here.save(here.revision("Q-1", 3, "From the future")).await.unwrap());
    assert_eq!(here.stored().await, [row("Q-1", 1, "First")]);
    assert_eq!(here.revisions().await, 1);
}

async fn a_save_into_an_assessment_that_moved_on_writes_nothing(at: TestDatabase) {
    let here = Answering::new(&at).await;
    let mut tx = here.org.begin().await;
    answers::set_state(&mut tx, here.assessment.id, AssessmentState::Submitted).await.unwrap();
    tx.commit_unaudited("preparing a test").await.unwrap();
    assert!(!here.save(here.revision("Q-1", 1, "Too late")).await.unwrap());
    let theirs = Answering::new(&at).await;
    let foreign = Revision { assessment: here.assessment.id, ..theirs.revision("Q-1", 1, "Not theirs") };
    let submitted = Revision { state: AssessmentState::Submitted, ..foreign };
    assert!(!theirs.save(submitted).await.unwrap(), "another tenant's does not exist");
    assert_eq!((here.stored().await.len(), here.revisions().await), (0, 0));
}

async fn a_save_waits_for_a_submission_that_holds_the_assessment(at: TestDatabase) {
    let here = Answering::new(&at).await;
    let mut tx = here.org.begin().await;
    answers::lock(&tx, here.assessment.id).await.unwrap();
    let late = here.saving(here.revision("Q-1", 1, "Too late")).await;
    answers::set_state(&mut tx, here.assessment.id, AssessmentState::Submitted).await.unwrap();
    tx.commit_unaudited("preparing a test").await.unwrap();
    assert!(!late.await.unwrap().unwrap());
    assert_eq!((here.stored().await.len(), here.revisions().await), (0, 0));
}

async fn of_many_saves_of_one_answer_from_one_revision_exactly_one_is_written(at: TestDatabase) {
    let here = Answering::new(&at).await;
    for rev in 1..=3 {
        let mut racing = Vec::new();
        for _ in 0..8 {
            racing.push(here.saving(here.revision("Q-1", rev, &format!("Race {rev}"))).await);
        }
        let mut wrote = 0;
        for save in racing {
            wrote += usize::from(save.await.unwrap().unwrap());
        }
        assert_eq!(wrote, 1);
    }
    assert_eq!(here.stored().await, [row("Q-1", 3, "Race 3")]);
    assert_eq!(here.revisions().await, 3);
}

async fn what_is_stored_already_is_not_written_again(at: TestDatabase) {
    let here = Answering::new(&at).await;
    assert!(here.save(here.revision("Q-1", 1, "Once")).await.unwrap());
    assert!(!here.save(here.revision("Q-1", 2, "Once")).await.unwrap());
    let cleared = |rev| Revision { value: None, note: None, ..here.revision("Q-1", rev, "") };
    assert!(here.save(cleared(2)).await.unwrap());
    assert!(!here.save(cleared(3)).await.unwrap());
    let noted = Revision { value: None, ..here.revision("Q-1", 3, "Only a note") };
    assert!(here.save(noted).await.unwrap());
    assert_eq!(here.revisions().await, 3);
}

async fn revisions_outlast_the_step_that_makes_their_table_lighter(at: TestDatabase) {
    let here = Answering::new(&at).await;
    for rev in 1..=2 {
        assert!(here.save(here.revision("Q-1", rev, &format!("Kept {rev}"))).await.unwrap());
    }
    at.database().close().await;
    let raw = raw(&at).await;
    let steps = Migrator::migrations();
    let step = steps.iter().position(|step| step.name() == "m20261129_000023_lighter_revisions").unwrap();
    Migrator::down(&raw, u32::try_from(steps.len() - step).ok()).await.unwrap();
    Migrator::up(&raw, None).await.unwrap();
    raw.close().await.unwrap();
    let again = Database::connect(&ConnectOptions::new(at.url())).await.unwrap();
    let scope = again.tenant(here.org.scope.tenant_id());
    let rows = scope.find::<answer_revision::Entity>().all(scope.connection()).await.unwrap();
    let mut kept: Vec<_> = rows.into_iter().map(|row| (row.rev, row.note, row.value)).collect();
    kept.sort_by_key(|(rev, ..)| *rev);
    let saved = |rev: i64| (rev, Some(format!("Kept {rev}")), Some(json!({"choice": "yes"})));
    assert_eq!(kept, [saved(1), saved(2)]);
}

async fn a_mutation_that_was_recorded_before_leaves_no_trace(at: TestDatabase) {
    let here = Answering::new(&at).await;
    let first = here.revision("Q-1", 1, "First");
    let again = Revision { mutation: first.mutation.clone(), ..here.revision("Q-2", 1, "Same form") };
    assert!(here.save(first).await.unwrap());
    let refused = here.save(again).await;
    assert!(matches!(refused, Err(StoreError::Duplicate(_))), "{refused:?}");
    assert_eq!(here.stored().await, [row("Q-1", 1, "First")]);
    assert_eq!(here.revisions().await, 1);
}

/// Commits in SQLite's write-ahead log: frames that give the size of the database after them
/// (<https://www.sqlite.org/fileformat2.html#walformat>).
fn commits(at: &TestDatabase) -> usize {
    let file = ConnectOptions::new(at.url()).sqlite_file().unwrap();
    let log = std::fs::read(format!("{}-wal", file.display())).unwrap();
    let number = |at: &[u8]| u32::from_be_bytes(at.try_into().unwrap());
    let page = usize::try_from(number(&log[8..12])).unwrap();
    log[32..].chunks(24 + page).filter(|frame| number(&frame[4..8]) > 0).count()
}

/// While somebody else writes, saves gather; the writer then commits them at once.
#[tokio::test]
async fn on_sqlite_saves_that_wait_are_written_together_and_fail_alone() {
    let at = TestDatabase::sqlite().await;
    let here = Answering::new(&at).await;
    let first = here.revision("Q-1", 1, "First");
    let repeated = Revision { mutation: first.mutation.clone(), ..here.revision("Q-2", 1, "Same form") };
    let nobody = Revision { by: RespondentId(id()), ..here.revision("Q-3", 1, "From nobody") };
    let last = here.revision("Q-4", 1, "Last");
    let other = here.org.begin().await;
    let before = commits(&at);
    let mut waiting = Vec::new();
    for save in [first, repeated, nobody, last] {
        waiting.push(here.saving(save).await);
    }
    assert!(waiting.iter().all(|save| !save.is_finished()), "they wait");
    drop(other);
    let mut told = Vec::new();
    for save in waiting {
        told.push(save.await.unwrap());
    }
    assert!(matches!(told[..], [Ok(true), Err(StoreError::Duplicate(_)), Err(_), Ok(true)]), "{told:?}");
    assert_eq!(commits(&at) - before, 1);
    assert_eq!(here.stored().await, [row("Q-1", 1, "First"), row("Q-4", 1, "Last")]);
    assert_eq!(here.revisions().await, 2);
}

#[tokio::test]
async fn on_sqlite_who_goes_away_takes_nobody_along() {
    let at = TestDatabase::sqlite().await;
    let here = Answering::new(&at).await;
    let other = here.org.begin().await;
    let impatient = here.saving(here.revision("Q-1", 1, "Gone")).await;
    let patient = here.saving(here.revision("Q-2", 1, "Here")).await;
    impatient.abort();
    drop(other);
    assert!(patient.await.unwrap().unwrap());
    // What was asked for may be there, whole, as after an answer that was lost on its way.
    assert_eq!(here.stored().await.len(), here.revisions().await);
    assert!(here.save(here.revision("Q-3", 1, "Next")).await.unwrap(), "and the next one is served");
}

/// A thread that serves has a runtime of its own, and when the process stops it ends before others that still work.
async fn a_thread_that_ends_takes_nothing_from_the_others(at: TestDatabase) {
    let here = Arc::new(Answering::new(&at).await);
    let read = async |here: &Answering, times: usize| {
        future::join_all((0..times).map(|_| here.stored())).await;
    };
    let other = here.org.begin().await;
    let thread = std::thread::spawn({
        let here = Arc::clone(&here);
        move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                // Opens what connections there may be, and leaves a save that waits on SQLite.
                read(&here, 7).await;
                let save = here.save(here.revision("Q-1", 1, "Begun there"));
                drop(tokio::time::timeout(Duration::from_millis(50), save).await);
            });
        }
    });
    tokio::task::spawn_blocking(|| thread.join().unwrap()).await.unwrap();
    drop(other);
    read(&here, 8).await;
    let save = here.save(here.revision("Q-2", 1, "Begun here"));
    assert!(tokio::time::timeout(Duration::from_secs(5), save).await.unwrap().unwrap());
    assert_eq!(here.stored().await.len(), 2);
}

tests::on_both_databases!(
    a_thread_that_ends_takes_nothing_from_the_others,
    a_save_becomes_the_current_answer_and_stays_among_its_revisions,
    a_save_from_another_revision_writes_nothing,
    a_save_into_an_assessment_that_moved_on_writes_nothing,
    a_save_waits_for_a_submission_that_holds_the_assessment,
    of_many_saves_of_one_answer_from_one_revision_exactly_one_is_written,
    what_is_stored_already_is_not_written_again,
    revisions_outlast_the_step_that_makes_their_table_lighter,
    a_mutation_that_was_recorded_before_leaves_no_trace,
);

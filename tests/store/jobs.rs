//! The queue: visible with the commit, leased to one worker at a time, settled by nobody else.

use crate::fixtures::{Org, event, id, minute};
use api::{
    domain::{
        ids::{InvitationId, JobId},
        job::Job,
    },
    store::{
        ConnectOptions, Database,
        job_queue::{Claimed, Revived, Settlement},
    },
};
use entity::job;
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, DbBackend, IntoActiveModel as _};
use std::collections::BTreeMap;
use tests::{database::TestDatabase, on_both_databases};

on_both_databases!(
    a_job_is_visible_only_with_its_commit,
    a_job_runs_when_it_is_due_and_the_oldest_first,
    four_workers_never_lease_a_job_twice,
    a_dedup_key_holds_while_its_job_is_open,
    an_expired_lease_is_taken_over_and_the_loser_cannot_settle,
    a_renewed_lease_is_kept,
    a_retry_waits_for_its_time_and_keeps_the_reason,
    a_dead_job_can_be_revived,
    a_released_job_does_not_count_the_attempt,
    a_job_that_nobody_understands_ends_dead_and_does_not_hold_up_the_others,
    while_mail_has_to_wait_other_work_is_claimed,
    the_worker_is_woken_by_the_commit,
);

fn invitation() -> Job {
    Job::MailInvitation { invitation: InvitationId(id()) }
}

async fn enqueue(org: &Org, at_minute: i64, dedup_key: Option<&str>) -> Option<JobId> {
    let mut tx = org.begin().await;
    let added = tx.enqueue(JobId(id()), &invitation(), minute(at_minute), dedup_key).await.unwrap();
    tx.commit(event("assessment.sent")).await.unwrap();
    added
}

/// Claims at a minute, with a lease of two minutes.
async fn claim(database: &Database, worker: &str, at_minute: i64) -> Vec<Claimed> {
    database.claim_jobs(worker, 10, minute(at_minute), minute(at_minute + 2)).await.unwrap()
}

async fn claim_one(database: &Database, worker: &str, at_minute: i64) -> Claimed {
    let mut claimed = claim(database, worker, at_minute).await;
    assert_eq!(claimed.len(), 1);
    claimed.remove(0)
}

async fn stored(database: &Database, id: JobId) -> job::Model {
    use sea_orm::{ColumnTrait as _, QueryFilter as _};
    let all = database.across_tenants("this test");
    all.find::<job::Entity>().filter(job::Column::Id.eq(id.0)).one(all.connection()).await.unwrap().unwrap()
}

async fn a_job_is_visible_only_with_its_commit(at: TestDatabase) {
    let db = at.database();
    let org = Org::new(db).await;
    let mut tx = org.begin().await;
    tx.enqueue(JobId(id()), &invitation(), minute(0), None).await.unwrap().unwrap();
    drop(tx);
    assert_eq!(claim(db, "a", 1).await.len(), 0);
    let wanted = invitation();
    let mut tx = org.begin().await;
    let job = tx.enqueue(JobId(id()), &wanted, minute(0), None).await.unwrap().unwrap();
    tx.commit(event("assessment.sent")).await.unwrap();
    let claimed = claim_one(db, "a", 1).await;
    assert_eq!((claimed.id, &claimed.job, claimed.attempts), (job, &wanted, 1));
    assert_eq!(claimed.tenant.unwrap(), api::store::Scoped::tenant_id(&org.scope));
    assert_eq!(db.count_jobs("leased").await.unwrap(), 1);
}

async fn a_job_runs_when_it_is_due_and_the_oldest_first(at: TestDatabase) {
    let db = at.database();
    let org = Org::new(db).await;
    let later = enqueue(&org, 10, None).await.unwrap();
    let sooner = enqueue(&org, 5, None).await.unwrap();
    assert_eq!(claim(db, "a", 4).await.len(), 0);
    let claimed = db.claim_jobs("a", 1, minute(20), minute(22)).await.unwrap();
    assert_eq!(
        claimed.iter().map(|claimed| claimed.id).collect::<Vec<_>>(),
        [sooner],
        "no more than asked for"
    );
    assert_eq!(claim_one(db, "a", 20).await.id, later);
}

async fn four_workers_never_lease_a_job_twice(at: TestDatabase) {
    let org = Org::new(at.database()).await;
    let mut tx = org.begin().await;
    for _ in 0..40 {
        tx.enqueue(JobId(id()), &invitation(), minute(0), None).await.unwrap();
    }
    tx.commit(event("assessment.sent")).await.unwrap();
    let mut workers = Vec::new();
    for worker in ["a", "b", "c", "d"] {
        // On PostgreSQL every worker is a process of its own.
        let db = match at.database().backend() {
            DbBackend::Sqlite => at.database().clone(),
            _ => Database::connect(&ConnectOptions::new(at.url())).await.unwrap(),
        };
        workers.push(tokio::spawn(async move {
            let mut ran = Vec::new();
            while db.count_jobs("done").await.unwrap() < 40 {
                for claimed in db.claim_jobs(worker, 3, minute(1), minute(3)).await.unwrap() {
                    tokio::task::yield_now().await;
                    ran.push(claimed.id);
                    assert!(db.settle_job(&claimed, worker, Settlement::Done, minute(1)).await.unwrap());
                }
            }
            ran
        }));
    }
    let mut times = BTreeMap::new();
    for worker in workers {
        for id in worker.await.unwrap() {
            *times.entry(id).or_insert(0) += 1;
        }
    }
    assert_eq!(times.len(), 40);
    assert!(times.values().all(|times| *times == 1), "{times:?}");
}

async fn a_dedup_key_holds_while_its_job_is_open(at: TestDatabase) {
    let db = at.database();
    let org = Org::new(db).await;
    let first = enqueue(&org, 0, Some("reminder:1")).await.unwrap();
    // The same key is no error, and the transaction around it commits.
    assert_eq!(enqueue(&org, 0, Some("reminder:1")).await, None);
    assert_eq!(org.audit_seqs().await, [1, 2]);
    enqueue(&org, 0, Some("reminder:2")).await.unwrap();
    enqueue(&org, 0, None).await.unwrap();
    enqueue(&org, 0, None).await.unwrap();
    let claimed = claim(db, "a", 1).await;
    assert_eq!(enqueue(&org, 0, Some("reminder:1")).await, None, "a leased job is open");
    let first = claimed.iter().find(|claimed| claimed.id == first).unwrap();
    assert!(db.settle_job(first, "a", Settlement::Done, minute(1)).await.unwrap());
    enqueue(&org, 0, Some("reminder:1")).await.expect("a finished job frees its key");

    // The installation's own timers meet in the same way, also when they race.
    let tick = |_| {
        let db = db.clone();
        tokio::spawn(async move {
            let work = Job::ExpireAssessments;
            db.enqueue_for_installation(JobId(id()), &work, minute(0), "expire:2026-11-24").await.unwrap()
        })
    };
    let mut added = 0;
    for tick in (0..8).map(tick).collect::<Vec<_>>() {
        added += u32::from(tick.await.unwrap());
    }
    assert_eq!(added, 1);
}

async fn an_expired_lease_is_taken_over_and_the_loser_cannot_settle(at: TestDatabase) {
    let db = at.database();
    let org = Org::new(db).await;
    let job = enqueue(&org, 0, None).await.unwrap();
    let slow = claim_one(db, "slow", 0).await;
    assert_eq!(claim(db, "quick", 1).await.len(), 0, "the lease still holds");
    let quick = claim_one(db, "quick", 2).await;
    assert_eq!((quick.id, quick.attempts), (job, 2));
    assert!(!db.settle_job(&slow, "slow", Settlement::Done, minute(3)).await.unwrap());
    assert!(!db.renew_lease(&slow, "slow", minute(9)).await.unwrap());
    assert!(!db.release_job(&slow, "slow").await.unwrap());
    // Not even under the same name: the attempt is part of the fence.
    let again = claim_one(db, "slow", 5).await;
    assert!(!db.settle_job(&slow, "slow", Settlement::Done, minute(5)).await.unwrap());
    assert_eq!(stored(db, job).await.state, "leased");
    assert!(db.settle_job(&again, "slow", Settlement::Done, minute(5)).await.unwrap());
    assert!(
        !db.settle_job(&again, "slow", Settlement::Dead { reason: "late".to_owned() }, minute(6))
            .await
            .unwrap()
    );
    let row = stored(db, job).await;
    assert_eq!((row.state.as_str(), row.leased_by, row.leased_until), ("done", None, None));
    assert_eq!((row.finished_at, row.last_error), (Some(minute(5)), None));
}

async fn a_renewed_lease_is_kept(at: TestDatabase) {
    let db = at.database();
    enqueue(&Org::new(db).await, 0, None).await.unwrap();
    let claimed = claim_one(db, "a", 0).await;
    assert!(db.renew_lease(&claimed, "a", minute(10)).await.unwrap());
    assert_eq!(claim(db, "b", 9).await.len(), 0);
    assert_eq!(claim(db, "b", 10).await.len(), 1);
}

async fn a_retry_waits_for_its_time_and_keeps_the_reason(at: TestDatabase) {
    let db = at.database();
    let job = enqueue(&Org::new(db).await, 0, None).await.unwrap();
    let claimed = claim_one(db, "a", 0).await;
    let retry = Settlement::Retry { at: minute(15), reason: "greylisted".to_owned() };
    assert!(db.settle_job(&claimed, "a", retry, minute(0)).await.unwrap());
    let row = stored(db, job).await;
    assert_eq!(
        (row.state.as_str(), row.last_error.as_deref(), row.finished_at),
        ("ready", Some("greylisted"), None)
    );
    assert_eq!(claim(db, "a", 14).await.len(), 0);
    let again = claim_one(db, "a", 15).await;
    assert_eq!((again.attempts, again.created_at), (2, minute(0)));
}

async fn a_dead_job_can_be_revived(at: TestDatabase) {
    let db = at.database();
    let org = Org::new(db).await;
    let job = enqueue(&org, 0, Some("mail:1")).await.unwrap();
    let claimed = claim_one(db, "a", 0).await;
    assert_eq!(revive(&org, job, 1).await, Revived::NotNeeded, "it is not dead");
    let dead = Settlement::Dead { reason: "no such mailbox".to_owned() };
    assert!(db.settle_job(&claimed, "a", dead, minute(0)).await.unwrap());
    assert_eq!((db.count_jobs("dead").await.unwrap(), claim(db, "a", 99).await.len()), (1, 0));
    // While an open job has its key, there is nothing to revive.
    let other = enqueue(&org, 0, Some("mail:1")).await.unwrap();
    assert_eq!(revive(&org, job, 20).await, Revived::NotNeeded);
    assert_eq!(revive(&Org::new(db).await, job, 20).await, Revived::Unknown, "another tenant's");
    let open = claim_one(db, "a", 1).await;
    assert_eq!(open.id, other);
    assert!(db.settle_job(&open, "a", Settlement::Done, minute(1)).await.unwrap());
    assert_eq!(revive(&org, job, 20).await, Revived::Ready);
    assert_eq!(claim(db, "a", 19).await.len(), 0);
    let again = claim_one(db, "a", 20).await;
    assert_eq!((again.attempts, again.created_at), (1, minute(20)), "tries and time limit count anew");
}

async fn revive(org: &Org, job: JobId, at: i64) -> Revived {
    let mut tx = org.begin().await;
    let revived = tx.revive(job, minute(at)).await.unwrap();
    tx.commit_unaudited("test").await.unwrap();
    revived
}

async fn a_released_job_does_not_count_the_attempt(at: TestDatabase) {
    let db = at.database();
    enqueue(&Org::new(db).await, 0, None).await.unwrap();
    let claimed = claim_one(db, "a", 0).await;
    assert!(!db.release_job(&claimed, "b").await.unwrap());
    assert!(db.release_job(&claimed, "a").await.unwrap());
    assert!(!db.release_job(&claimed, "a").await.unwrap());
    assert_eq!(claim_one(db, "b", 0).await.attempts, 1);
}

async fn a_job_that_nobody_understands_ends_dead_and_does_not_hold_up_the_others(at: TestDatabase) {
    let db = at.database();
    let org = Org::new(db).await;
    let strange = enqueue(&org, 0, None).await.unwrap();
    let usual = enqueue(&org, 1, None).await.unwrap();
    let raw = sea_orm::Database::connect(at.url()).await.unwrap();
    let mut row = stored(db, strange).await.into_active_model();
    row.payload = Set(serde_json::json!({"kind": "from_a_newer_version"}));
    row.update(&raw).await.unwrap();
    assert_eq!(claim_one(db, "a", 2).await.id, usual);
    let row = stored(db, strange).await;
    assert_eq!((row.state.as_str(), row.finished_at, row.attempts), ("dead", Some(minute(2)), 0));
}

async fn while_mail_has_to_wait_other_work_is_claimed(at: TestDatabase) {
    let db = at.database();
    let org = Org::new(db).await;
    let mail = enqueue(&org, 0, None).await.unwrap();
    let work = JobId(id());
    assert!(db.enqueue_for_installation(work, &Job::ExpireAssessments, minute(1), "hourly").await.unwrap());
    let claimed = db.claim_jobs_without_mail("a", 10, minute(2), minute(4)).await.unwrap();
    assert_eq!(claimed.iter().map(|claimed| claimed.id).collect::<Vec<_>>(), [work]);
    assert!(db.claim_jobs_without_mail("a", 10, minute(2), minute(4)).await.unwrap().is_empty());
    assert_eq!(claim_one(db, "a", 2).await.id, mail);
}

async fn the_worker_is_woken_by_the_commit(at: TestDatabase) {
    let db = at.database();
    let org = Org::new(db).await;
    enqueue(&org, 0, None).await.unwrap();
    let soon = std::time::Duration::from_secs(5);
    tokio::time::timeout(soon, db.jobs_waiting()).await.expect("a commit before the wait counts");
    org.with_vendor("No job").await;
    let short = std::time::Duration::from_millis(50);
    tokio::time::timeout(short, db.jobs_waiting()).await.expect_err("no job, no waking");
}

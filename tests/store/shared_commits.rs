//! On SQLite saved answers that wait for each other share a commit: none of them is done before it, what one rolls back
//! is its own, a commit that fails is told to all of them, and every other write comes after it.

use crate::fixtures::{Org, event, id};
use api::store::{Scoped as _, StoreError};
use entity::vendor;
use sea_orm::ConnectionTrait as _;
use tests::database::TestDatabase;
use tokio::{
    sync::oneshot,
    task::{JoinHandle, yield_now},
};

/// A write in the queue that has inserted its vendor and waits for a word to go on.
struct Writing {
    inserted: oneshot::Receiver<()>,
    go_on: oneshot::Sender<()>,
    done: JoinHandle<Result<(), StoreError>>,
}

/// What a write does after it was told to go on.
#[derive(Clone, Copy)]
enum End {
    Commits,
    GivesUp,
    /// Refers to a user who does not exist; SQLite is told to notice only at the commit.
    BreaksTheCommit,
}

async fn writing(org: &Org, name: &'static str, end: End) -> Writing {
    let (go_on, wait) = oneshot::channel();
    let (say, inserted) = oneshot::channel();
    let (scope, vendor) = (org.scope.clone(), org.vendor(name));
    let done = tokio::spawn(async move {
        let mut tx = scope.begin_answer().await?;
        if matches!(end, End::BreaksTheCommit) {
            tx.connection().execute_unprepared("PRAGMA defer_foreign_keys = ON").await?;
            tx.insert::<vendor::Entity>(vendor::Model { created_by: id(), ..vendor }).await?;
        } else {
            tx.insert::<vendor::Entity>(vendor).await?;
        }
        let _ = say.send(());
        let _ = wait.await;
        if matches!(end, End::GivesUp) { Ok(()) } else { tx.commit(event("vendor.registered")).await }
    });
    // So that it is in the queue before the next one.
    yield_now().await;
    Writing { inserted, go_on, done }
}

#[tokio::test]
async fn a_write_that_others_wait_behind_is_done_with_the_last_of_them() {
    let at = TestDatabase::sqlite().await;
    let org = Org::new(at.database()).await;
    let first = writing(&org, "First", End::Commits).await;
    let mut second = writing(&org, "Second", End::Commits).await;
    let third = writing(&org, "Third", End::GivesUp).await;
    first.go_on.send(()).unwrap();
    (&mut second.inserted).await.unwrap();
    assert!(!first.done.is_finished(), "it waits for those behind it");
    assert!(org.vendor_names().await.is_empty(), "and nobody sees it before it is durable");
    third.go_on.send(()).unwrap();
    second.go_on.send(()).unwrap();
    for done in [first.done, second.done, third.done] {
        done.await.unwrap().unwrap();
    }
    assert_eq!(org.vendor_names().await, ["First", "Second"], "what was given up is gone, and nothing else");
    assert_eq!(org.audit_seqs().await, [1, 2]);
    org.with_vendor("Later").await;
    assert_eq!(org.vendor_names().await, ["First", "Later", "Second"]);
}

#[tokio::test]
async fn a_shared_commit_that_fails_is_told_to_everybody_in_it() {
    let at = TestDatabase::sqlite().await;
    let org = Org::new(at.database()).await;
    let writes = [
        writing(&org, "First", End::Commits).await,
        writing(&org, "Second", End::BreaksTheCommit).await,
        writing(&org, "Third", End::Commits).await,
    ];
    let mut told = Vec::new();
    for write in writes {
        let _ = write.go_on.send(());
        told.push(write.done);
    }
    for done in told {
        done.await.unwrap().unwrap_err();
    }
    assert!(org.vendor_names().await.is_empty());
    org.with_vendor("Later").await;
    assert_eq!(org.vendor_names().await, ["Later"], "and the next one is served");
}

#[tokio::test]
async fn who_goes_away_while_the_commit_is_pending_takes_nobody_along() {
    let at = TestDatabase::sqlite().await;
    let org = Org::new(at.database()).await;
    let first = writing(&org, "First", End::Commits).await;
    let mut second = writing(&org, "Second", End::Commits).await;
    let third = writing(&org, "Third", End::Commits).await;
    first.go_on.send(()).unwrap();
    (&mut second.inserted).await.unwrap();
    first.done.abort();
    second.done.abort();
    drop(second.go_on);
    third.go_on.send(()).unwrap();
    third.done.await.unwrap().unwrap();
    let names = org.vendor_names().await;
    assert!(names.contains(&"Third".to_owned()) && !names.contains(&"Second".to_owned()), "{names:?}");
    org.with_vendor("Later").await;
}

#[tokio::test]
async fn a_write_of_another_kind_sees_only_what_is_durable() {
    let at = TestDatabase::sqlite().await;
    let org = Org::new(at.database()).await;
    let first = writing(&org, "First", End::Commits).await;
    let scope = org.scope.clone();
    let other = tokio::spawn(async move {
        let tx = scope.begin_write().await?;
        let own = tx.find::<vendor::Entity>().all(tx.connection()).await?.len();
        let others = scope.find::<vendor::Entity>().all(scope.connection()).await?.len();
        Ok::<_, StoreError>((own, others))
    });
    yield_now().await;
    first.go_on.send(()).unwrap();
    assert_eq!(other.await.unwrap().unwrap(), (1, 1));
    first.done.await.unwrap().unwrap();
}

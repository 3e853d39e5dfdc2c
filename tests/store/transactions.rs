//! What is committed, what is rolled back, and who wins when two save at once.

use crate::fixtures::{Org, event, id, rename};
use api::{
    domain::{
        Actor,
        audit::{TrailCheck, TrailFault},
    },
    store::{ConnectOptions, Database, Scoped as _, StoreError, audit_log},
};
use entity::{audit_event, vendor};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DbBackend, QueryFilter as _, QueryOrder as _,
    SqliteTransactionMode, TransactionOptions, TransactionTrait as _,
};
use tests::{database::TestDatabase, on_both_databases};

on_both_databases!(
    a_save_raises_the_version_and_a_stale_one_is_refused,
    of_two_saves_from_the_same_version_one_wins,
    a_dropped_transaction_leaves_nothing,
    a_transaction_in_which_a_statement_failed_cannot_be_committed,
    an_act_and_its_audit_event_are_committed_together,
    the_audit_sequence_has_no_gap_under_concurrency,
    o_07_the_trail_is_a_chain_and_the_first_change_is_named,
    fifty_concurrent_changes_of_one_row_are_all_kept,
    many_rows_are_inserted_in_pieces,
    statements_are_counted_but_not_begin_and_commit,
    a_write_that_waits_too_long_is_busy,
    a_transaction_that_waits_too_long_for_its_turn_is_busy,
);

async fn a_save_raises_the_version_and_a_stale_one_is_refused(at: TestDatabase) {
    let org = Org::new(at.database()).await;
    let first = org.with_vendor("Acme").await;
    let other = org.with_vendor("Other").await;
    let mut tx = org.begin().await;
    rename(&mut tx, first.clone(), "Acme Ltd").await.unwrap();
    tx.commit(event("vendor.renamed")).await.unwrap();
    let now =
        org.scope.find_id::<vendor::Entity>(first.id).one(org.scope.connection()).await.unwrap().unwrap();
    assert_eq!(now, vendor::Model { name: "Acme Ltd".to_owned(), version: 2, ..first.clone() });

    let mut tx = org.begin().await;
    let stale = rename(&mut tx, first.clone(), "Too late").await;
    assert!(matches!(stale, Err(StoreError::VersionConflict)), "{stale:?}");
    let unknown = rename(&mut tx, vendor::Model { id: id(), ..first }, "Nobody").await;
    assert!(matches!(unknown, Err(StoreError::VersionConflict)), "{unknown:?}");
    drop(tx);
    assert_eq!(org.vendor_names().await, ["Acme Ltd", &other.name], "and no other row was touched");
}

async fn of_two_saves_from_the_same_version_one_wins(at: TestDatabase) {
    let org = Org::new(at.database()).await;
    let read = org.with_vendor("Acme").await;
    let save = |name: &'static str| {
        let (scope, read) = (org.scope.clone(), read.clone());
        tokio::spawn(async move {
            let mut tx = scope.begin_write().await?;
            rename(&mut tx, read, name).await?;
            tx.commit(event("vendor.renamed")).await
        })
    };
    let (a, b) = (save("A"), save("B"));
    let results = [a.await.unwrap(), b.await.unwrap()];
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    assert!(results.iter().any(|result| matches!(result, Err(StoreError::VersionConflict))), "{results:?}");
    assert_eq!(org.audit_seqs().await, [1, 2], "registered, renamed once");
}

async fn a_dropped_transaction_leaves_nothing(at: TestDatabase) {
    let org = Org::new(at.database()).await;
    let mut tx = org.begin().await;
    tx.insert::<vendor::Entity>(org.vendor("Ghost")).await.unwrap();
    drop(tx);
    // The connection and the turn are free again, and nothing was kept.
    org.with_vendor("Real").await;
    assert_eq!(org.vendor_names().await, ["Real"]);
}

async fn a_transaction_in_which_a_statement_failed_cannot_be_committed(at: TestDatabase) {
    let org = Org::new(at.database()).await;
    let existing = org.with_vendor("Acme").await;
    let mut tx = org.begin().await;
    tx.insert::<vendor::Entity>(org.vendor("Half")).await.unwrap();
    let again = tx.insert::<vendor::Entity>(existing).await;
    assert!(matches!(again, Err(StoreError::Duplicate(_))), "{again:?}");
    tx.commit_unaudited("as if nothing had happened").await.unwrap_err();
    assert_eq!(org.vendor_names().await, ["Acme"]);
}

async fn an_act_and_its_audit_event_are_committed_together(at: TestDatabase) {
    let org = Org::new(at.database()).await;
    let mut tx = org.begin().await;
    let vendor = org.vendor("Acme");
    tx.insert::<vendor::Entity>(vendor.clone()).await.unwrap();
    let before = serde_json::json!({"name": null});
    let after = serde_json::json!({"name": "Acme", "levels": [1, 2.5, true]});
    let mut recorded =
        event("vendor.registered").before(before.clone()).after(after.clone()).on_assessment(id());
    recorded.record_id = Some(vendor.id);
    recorded.actor = Actor::User(org.user.into());
    tx.commit_all(vec![recorded.clone(), event("vendor.noted")]).await.unwrap();

    let events = org
        .scope
        .find::<audit_event::Entity>()
        .order_by_asc(audit_event::Column::Seq)
        .all(org.scope.connection())
        .await
        .unwrap();
    assert_eq!(
        events.iter().map(|e| (e.seq, e.act.as_str())).collect::<Vec<_>>(),
        [(1, "vendor.registered"), (2, "vendor.noted")]
    );
    let first = &events[0];
    assert_eq!((first.before.as_ref(), first.after.as_ref()), (Some(&before), Some(&after)));
    assert_eq!((first.record_id, first.assessment_id), (Some(vendor.id), recorded.assessment_id));
    assert_eq!((first.actor_kind.as_str(), first.actor_id), ("user", Some(org.user)));

    // No act, no event: a failing act takes its event along, and the number is given to the next one.
    let mut tx = org.begin().await;
    tx.insert::<vendor::Entity>(vendor).await.unwrap_err();
    tx.commit(event("vendor.registered")).await.unwrap_err();
    assert_eq!(org.audit_seqs().await, [1, 2]);
    org.with_vendor("Next").await;
    assert_eq!(org.audit_seqs().await, [1, 2, 3]);
    let other = Org::new(at.database()).await;
    other.with_vendor("Elsewhere").await;
    assert_eq!(other.audit_seqs().await, [1], "each organisation counts for itself");
}

async fn the_audit_sequence_has_no_gap_under_concurrency(at: TestDatabase) {
    let org = Org::new(at.database()).await;
    let acts = (0..40).map(|n| {
        let (scope, vendor) = (org.scope.clone(), org.vendor(&format!("Vendor {n}")));
        tokio::spawn(async move {
            let mut tx = scope.begin_write().await?;
            tx.insert::<vendor::Entity>(vendor).await?;
            if n % 4 == 3 {
                return Ok(0); // dropped
            }
            let events = vec![event("vendor.registered"); 1 + n % 2];
            let count = events.len();
            tx.commit_all(events).await.map(|()| count)
        })
    });
    let mut recorded = 0;
    for act in acts.collect::<Vec<_>>() {
        match act.await.unwrap() {
            Ok(count) => recorded += count,
            Err(StoreError::Busy) => {} // a slow machine; the act and its events are both missing
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(recorded > 1, "most acts succeed");
    assert_eq!(org.audit_seqs().await, (1..=i64::try_from(recorded).unwrap()).collect::<Vec<_>>());
}

async fn fifty_concurrent_changes_of_one_row_are_all_kept(at: TestDatabase) {
    let org = Org::new(at.database()).await;
    let vendor = org.with_vendor("0").await;
    let changes = (0..50).map(|_| {
        let (scope, id) = (org.scope.clone(), vendor.id);
        tokio::spawn(async move {
            let (mut conflicts, mut busy) = (0, 0);
            loop {
                // Read in the transaction, change, write: the pattern that fails with deferred transactions.
                let result = async {
                    let mut tx = scope.begin_write().await?;
                    let row = tx.find_id::<vendor::Entity>(id).one(tx.connection()).await?.unwrap();
                    let next = (row.name.parse::<u32>().unwrap() + 1).to_string();
                    rename(&mut tx, row, &next).await?;
                    tx.commit(event("vendor.renamed")).await
                };
                match result.await {
                    Ok(()) => return (conflicts, busy),
                    Err(StoreError::VersionConflict) => conflicts += 1,
                    Err(StoreError::Busy) => busy += 1,
                    Err(other) => panic!("{other:?}"),
                }
            }
        })
    });
    let (mut conflicts, mut busy) = (0, 0);
    for change in changes.collect::<Vec<_>>() {
        let lost = change.await.unwrap();
        (conflicts, busy) = (conflicts + lost.0, busy + lost.1);
    }
    assert_eq!(org.vendor_names().await, ["50"]);
    if at.database().backend() == DbBackend::Sqlite {
        assert_eq!(
            (conflicts, busy),
            (0, 0),
            "the queue and the immediate transaction leave nothing to retry"
        );
    }
}

async fn many_rows_are_inserted_in_pieces(at: TestDatabase) {
    let org = Org::new(at.database()).await;
    let mut tx = org.begin().await;
    tx.insert_all::<vendor::Entity, vendor::Model>(Vec::new()).await.unwrap();
    let rows: Vec<_> = (0..1_001).map(|n| org.vendor(&format!("{n:04}"))).collect();
    let before = at.database().statements();
    tx.insert_all::<vendor::Entity, _>(rows).await.unwrap();
    assert_eq!(at.database().statements() - before, 3, "500, 500 and 1");
    tx.commit(event("vendor.imported")).await.unwrap();
    let names = org.vendor_names().await;
    assert_eq!((names.len(), names[1_000].as_str()), (1_001, "1000"));
}

async fn statements_are_counted_but_not_begin_and_commit(at: TestDatabase) {
    let org = Org::new(at.database()).await;
    let count = || at.database().statements();
    let start = count();
    org.vendor_names().await;
    assert_eq!(count() - start, 1);
    org.with_vendor("Acme").await;
    assert_eq!(count() - start, 5, "the insert, the raised sequence, its head, the event");
    drop(org.begin().await);
    assert_eq!(count() - start, 5);
}

async fn a_write_that_waits_too_long_is_busy(at: TestDatabase) {
    let org = Org::new(at.database()).await;
    let vendor = org.with_vendor("Acme").await;
    // Somebody else holds the row (PostgreSQL) or the file (SQLite) for longer than we wait.
    let other = sea_orm::Database::connect(at.url()).await.unwrap();
    let immediate =
        (at.database().backend() == DbBackend::Sqlite).then_some(SqliteTransactionMode::Immediate);
    let options = TransactionOptions { sqlite_transaction_mode: immediate, ..TransactionOptions::default() };
    let tx = other.begin_with_options(options).await.unwrap();
    tx.execute_unprepared("UPDATE vendor SET note = 'held'").await.unwrap();
    let result = async {
        let mut ours = org.scope.begin_write().await?;
        rename(&mut ours, vendor.clone(), "Mine").await?;
        ours.commit(event("vendor.renamed")).await
    };
    let result = result.await;
    assert!(matches!(result, Err(StoreError::Busy)), "{result:?}");
    tx.rollback().await.unwrap();
    // Trying again is fine.
    let mut ours = org.begin().await;
    rename(&mut ours, vendor, "Mine").await.unwrap();
    ours.commit(event("vendor.renamed")).await.unwrap();
    let renamed = org.scope.find::<vendor::Entity>().filter(vendor::Column::Name.eq("Mine"));
    assert!(renamed.one(org.scope.connection()).await.unwrap().is_some());
}

async fn a_transaction_that_waits_too_long_for_its_turn_is_busy(at: TestDatabase) {
    let options = ConnectOptions { max_connections: 1, ..ConnectOptions::new(at.url()) };
    let database = Database::connect(&options).await.unwrap();
    let org = Org::new(&database).await;
    let held = org.begin().await;
    let waited = org.scope.begin_write().await;
    assert!(matches!(waited, Err(StoreError::Busy)), "{:?}", waited.err());
    drop(held);
    org.with_vendor("Acme").await;
}

async fn o_07_the_trail_is_a_chain_and_the_first_change_is_named(at: TestDatabase) {
    let org = Org::new(at.database()).await;
    for name in ["One", "Two", "Three"] {
        org.with_vendor(name).await;
    }
    // With values in them, and several at once.
    let tx = org.begin().await;
    let changed = |n: i64| event("vendor.edited").after(serde_json::json!({"b": n, "a": [1.5, "\u{20ac}"]}));
    tx.commit_all(vec![changed(1), changed(2)]).await.unwrap();
    assert_eq!(checked(&org).await, Ok(5));
    tamper(&org, "UPDATE audit_event SET act = 'vendor.kept' WHERE seq = 2").await;
    assert_eq!(checked(&org).await, Err(TrailFault::Changed(2)));
    tamper(&org, "DELETE FROM audit_event WHERE seq >= 2").await;
    assert_eq!(checked(&org).await, Err(TrailFault::Cut(1)));
}

/// Somebody with the database at hand.
async fn tamper(org: &Org, statement: &str) {
    let tx = org.begin().await;
    tx.connection().execute_unprepared(statement).await.unwrap();
    tx.commit_unaudited("this test").await.unwrap();
}

async fn checked(org: &Org) -> Result<i64, TrailFault> {
    let (counted, head) = audit_log::head(&org.scope).await.unwrap();
    let mut check = TrailCheck::new(counted, head);
    for (event, hash) in audit_log::after(&org.scope, 0, 100).await.unwrap() {
        check.take(&event, &hash)?;
    }
    check.finish()
}

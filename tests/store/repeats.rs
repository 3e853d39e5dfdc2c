//! What keeps repetition harmless: idempotency records and limits; and the installation's settings.

use crate::fixtures::{Org, event, id, minute};
use api::store::{
    ConnectOptions, Database, StoreError,
    idempotency::{self, Earlier, hash_of},
    questionnaires::{NewFile, pin_questionnaire},
    rate_limit, settings,
};
use chrono::Duration;
use entity::vendor;
use questionnaires::definition::Audience;
use serde_json::json;
use tests::{database::TestDatabase, on_both_databases};

on_both_databases!(
    the_same_request_gets_the_first_answer,
    of_two_racing_requests_with_one_key_one_acts,
    of_racing_claims_one_acts_and_the_others_get_its_result,
    a_limit_counts_within_its_window_and_starts_anew,
    two_hundred_parallel_hits_are_counted_exactly,
    of_many_parallel_takes_exactly_the_burst_succeeds,
    of_many_that_pin_one_questionnaire_at_once_all_name_one_row,
    settings_are_kept_replaced_and_removed,
);

async fn the_same_request_gets_the_first_answer(at: TestDatabase) {
    let (org, other) = (Org::new(at.database()).await, Org::new(at.database()).await);
    let hash = hash_of(&("Acme", 1));
    assert_ne!(hash, hash_of(&("Acme", 2)));
    let mut tx = org.begin().await;
    assert_eq!(idempotency::earlier(&tx, "vendor.register", "k1", &hash).await.unwrap(), Earlier::None);
    let answer = json!({"id": 7, "etag": null});
    idempotency::remember(&mut tx, id(), "vendor.register", "k1", hash.clone(), answer.clone(), minute(0))
        .await
        .unwrap();
    tx.commit(event("vendor.registered")).await.unwrap();

    let tx = org.begin().await;
    let earlier = async |scope, key, hash: &str| idempotency::earlier(&tx, scope, key, hash).await.unwrap();
    assert_eq!(earlier("vendor.register", "k1", &hash).await, Earlier::Same(answer));
    assert_eq!(earlier("vendor.register", "k1", &hash_of(&"else")).await, Earlier::Different);
    assert_eq!(earlier("vendor.register", "k2", &hash).await, Earlier::None);
    assert_eq!(earlier("assessment.send", "k1", &hash).await, Earlier::None);
    drop(tx);
    let tx = other.begin().await;
    let theirs = idempotency::earlier(&tx, "vendor.register", "k1", &hash).await.unwrap();
    assert_eq!(theirs, Earlier::None, "keys are an organisation's own");
}

async fn of_two_racing_requests_with_one_key_one_acts(at: TestDatabase) {
    let org = Org::new(at.database()).await;
    let request = |n: usize| {
        let (scope, vendor) = (org.scope.clone(), org.vendor(&format!("Acme {n}")));
        tokio::spawn(async move {
            let mut tx = scope.begin_write().await?;
            match idempotency::earlier(&tx, "vendor.register", "k", "hash").await? {
                Earlier::None => {}
                earlier => return Ok(earlier),
            }
            tx.insert::<vendor::Entity>(vendor).await?;
            idempotency::remember(
                &mut tx,
                id(),
                "vendor.register",
                "k",
                "hash".to_owned(),
                json!(n),
                minute(0),
            )
            .await?;
            tx.commit(event("vendor.registered")).await?;
            Ok::<_, StoreError>(Earlier::None)
        })
    };
    let mut acted = 0;
    for request in (0..6).map(request).collect::<Vec<_>>() {
        match request.await.unwrap() {
            Ok(Earlier::None) => acted += 1,
            Ok(Earlier::Same(_)) | Err(StoreError::Duplicate(_)) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((acted, org.vendor_names().await.len()), (1, 1));
}

async fn of_racing_claims_one_acts_and_the_others_get_its_result(at: TestDatabase) {
    let org = Org::new(at.database()).await;
    let request = |n: usize| {
        let (scope, vendor) = (org.scope.clone(), org.vendor(&format!("Acme {n}")));
        tokio::spawn(async move {
            let mut tx = scope.begin_write().await.unwrap();
            let hash = "hash".to_owned();
            let claim = idempotency::claim(&mut tx, id(), "vendor.register", "k", hash, json!(n), minute(0));
            let found = claim.await.unwrap();
            if found == Earlier::None {
                tx.insert::<vendor::Entity>(vendor).await.unwrap();
                tx.commit(event("vendor.registered")).await.unwrap();
            }
            (n, found)
        })
    };
    let mut found = Vec::new();
    for request in (0..6).map(request).collect::<Vec<_>>() {
        found.push(request.await.unwrap());
    }
    let (first, _) = *found.iter().find(|(_, found)| *found == Earlier::None).as_ref().unwrap();
    for (n, found) in &found {
        let expected = if n == first { Earlier::None } else { Earlier::Same(json!(first)) };
        assert_eq!(*found, expected, "{n}");
    }
    assert_eq!(org.vendor_names().await, [format!("Acme {first}")]);
}

async fn a_limit_counts_within_its_window_and_starts_anew(at: TestDatabase) {
    let db = at.database();
    let hit = async |bucket, at_minute| {
        rate_limit::hit(db, bucket, minute(at_minute), Duration::minutes(15)).await.unwrap()
    };
    assert_eq!(hit("sign-in:ada", 0).await, 1);
    assert_eq!(hit("sign-in:ada", 5).await, 2);
    assert_eq!(hit("code:ada", 5).await, 1, "buckets do not touch each other");
    assert_eq!(hit("sign-in:ada", 14).await, 3, "the window began with the first try");
    assert_eq!(hit("sign-in:ada", 15).await, 1);
    assert_eq!(hit("sign-in:ada", 29).await, 2);
    assert_eq!(hit("sign-in:ada", 30).await, 1);
    assert_eq!(hit("sign-in:ada", 29).await, 2, "a clock that is a little behind still counts");
}

async fn two_hundred_parallel_hits_are_counted_exactly(at: TestDatabase) {
    let second = Database::connect(&ConnectOptions::new(at.url())).await.unwrap();
    let hits = (0..200).map(|n| {
        // On PostgreSQL from two processes.
        let one_process = at.database().single_process() || n % 2 == 0;
        let db = if one_process { at.database().clone() } else { second.clone() };
        tokio::spawn(async move {
            loop {
                // A busy database counts nothing, and asking again is fine.
                match rate_limit::hit(&db, "code:link", minute(0), Duration::minutes(1)).await {
                    Err(StoreError::Busy) => {}
                    counted => return counted.unwrap(),
                }
            }
        })
    });
    let mut seen = Vec::new();
    for hit in hits.collect::<Vec<_>>() {
        seen.push(hit.await.unwrap());
    }
    seen.sort_unstable();
    assert_eq!(seen, (1..=200).collect::<Vec<i64>>(), "every hit has a number of its own");
}

async fn of_many_parallel_takes_exactly_the_burst_succeeds(at: TestDatabase) {
    let second = Database::connect(&ConnectOptions::new(at.url())).await.unwrap();
    let take = async |db: Database, at_minute| loop {
        match rate_limit::take(&db, "sign-in", minute(at_minute), 5, Duration::minutes(2)).await {
            Err(StoreError::Busy) => {}
            taken => return taken.unwrap(),
        }
    };
    let takes = (0..60).map(|n| {
        let one_process = at.database().single_process() || n % 2 == 0;
        tokio::spawn(take(if one_process { at.database().clone() } else { second.clone() }, 0))
    });
    let mut waits = Vec::new();
    for taken in takes.collect::<Vec<_>>() {
        waits.push(taken.await.unwrap());
    }
    assert_eq!(waits.iter().filter(|wait| wait.is_none()).count(), 5);
    assert!(waits.iter().flatten().all(|wait| *wait == Duration::minutes(2)), "{waits:?}");
    let db = || at.database().clone();
    assert_eq!(take(db(), 1).await, Some(Duration::minutes(1)), "a refused try takes nothing");
    assert_eq!(take(db(), 2).await, None, "one has come back");
    assert_eq!(take(db(), 2).await, Some(Duration::minutes(2)));
    rate_limit::give_back(at.database(), "sign-in").await.unwrap();
    assert_eq!(take(db(), 2).await, None, "one was given back");
    for _ in 0..9 {
        rate_limit::give_back(at.database(), "sign-in").await.unwrap();
    }
    let mut left = 0;
    while take(db(), 3).await.is_none() {
        left += 1;
    }
    assert_eq!(left, 5, "never more than the burst");
}

async fn of_many_that_pin_one_questionnaire_at_once_all_name_one_row(at: TestDatabase) {
    let org = Org::new(at.database()).await;
    let pin = |_| {
        let scope = org.scope.clone();
        tokio::spawn(async move {
            let file = NewFile {
                id: id(),
                name: "supplier-security".to_owned(),
                version: "1.0.0".to_owned(),
                title: "Supplier security".to_owned(),
                definition: "{}".to_owned(),
                sha256: "44136f".to_owned(),
                created_at: minute(0),
            };
            let mut tx = scope.begin_write().await?;
            let pinned = pin_questionnaire(&mut tx, &file, Audience::Vendor).await?;
            tx.commit(event("assessment.sent")).await?;
            Ok::<_, StoreError>(pinned)
        })
    };
    let mut pinned = Vec::new();
    for one in (0..6).map(pin).collect::<Vec<_>>() {
        pinned.push(one.await.unwrap().unwrap());
    }
    pinned.dedup();
    assert_eq!(pinned.len(), 1);
}

async fn settings_are_kept_replaced_and_removed(at: TestDatabase) {
    let db = at.database();
    let get = async || settings::get(db, "mail.paused").await.unwrap();
    assert_eq!(get().await, None);
    settings::set(db, "mail.paused", Some("yes"), minute(0)).await.unwrap();
    settings::set(db, "other", Some("1"), minute(0)).await.unwrap();
    assert_eq!(get().await.as_deref(), Some("yes"));
    settings::set(db, "mail.paused", Some("no"), minute(1)).await.unwrap();
    assert_eq!(get().await.as_deref(), Some("no"));
    settings::set(db, "mail.paused", None, minute(2)).await.unwrap();
    settings::set(db, "mail.paused", None, minute(2)).await.unwrap();
    assert_eq!((get().await, settings::get(db, "other").await.unwrap().as_deref()), (None, Some("1")));
}

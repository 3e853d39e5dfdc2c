//! Values come back as they went in and compare in the database as they do here.

use crate::fixtures::{Org, event, id, minute};
use api::store::{Scoped as _, StoreError};
use chrono::{DateTime, Duration, Utc};
use entity::{audit_event, vendor};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, QueryFilter as _, QueryOrder as _, Set};
use serde_json::json;
use tests::{database::TestDatabase, on_both_databases};

on_both_databases!(
    instants_come_back_to_the_microsecond_and_sort,
    text_json_and_null_come_back_unchanged,
    a_duplicate_and_an_unknown_parent_are_told_apart,
    a_check_is_an_error_of_its_own,
);

async fn instants_come_back_to_the_microsecond_and_sort(at: TestDatabase) {
    let org = Org::new(at.database()).await;
    // Neighbours whose texts have different lengths, and times before and after them.
    let mut instants: Vec<DateTime<Utc>> =
        [0, 1, 10, 100_000, 100_001, 120_000, 123_000, 123_456, 500_000, 999_999]
            .iter()
            .flat_map(|micros| {
                [minute(0) + Duration::microseconds(*micros), minute(1) - Duration::microseconds(*micros)]
            })
            .chain(
                ["1969-12-31T23:59:59.999999Z", "1999-01-01T00:00:00Z", "2100-02-28T23:59:59.5Z"]
                    .map(|at| at.parse().unwrap()),
            )
            .collect();
    let mut tx = org.begin().await;
    let rows =
        instants.iter().rev().map(|at| vendor::Model { created_at: *at, ..org.vendor(&at.to_rfc3339()) });
    tx.insert_all::<vendor::Entity, _>(rows.collect()).await.unwrap();
    tx.commit(event("vendor.imported")).await.unwrap();
    instants.sort();
    let query = org.scope.find::<vendor::Entity>().order_by_asc(vendor::Column::CreatedAt);
    let sorted = query.all(org.scope.connection()).await.unwrap();
    assert_eq!(sorted.iter().map(|row| row.created_at).collect::<Vec<_>>(), instants);
    for (n, at) in instants.iter().enumerate() {
        let query = org.scope.find::<vendor::Entity>().filter(vendor::Column::CreatedAt.lt(*at));
        assert_eq!(query.all(org.scope.connection()).await.unwrap().len(), n, "before {at}");
    }
}

async fn text_json_and_null_come_back_unchanged(at: TestDatabase) {
    let org = Org::new(at.database()).await;
    let text = "Ünïcødé 'quotes' \"double\" \\ % _ \n\t 漢字 🧾 -- ;";
    let mut tx = org.begin().await;
    let row = vendor::Model { note: Some(text.to_owned()), website: Some(String::new()), ..org.vendor(text) };
    tx.insert::<vendor::Entity>(row.clone()).await.unwrap();
    let before = json!({"a": [1, -1, 0.5, 1e300, 9_007_199_254_740_993_i64, true, null, "", {"x": text}]});
    let recorded = event("vendor.registered").before(before.clone()).after(json!(null));
    tx.commit_all(vec![recorded, event("vendor.noted")]).await.unwrap();
    let stored = org.scope.find_id::<vendor::Entity>(row.id).one(org.scope.connection()).await.unwrap();
    assert_eq!(stored, Some(row), "empty text is not null");
    let query = org.scope.find::<audit_event::Entity>().order_by_asc(audit_event::Column::Seq);
    let events = query.all(org.scope.connection()).await.unwrap();
    assert_eq!((events[0].before.as_ref(), events[0].after.as_ref()), (Some(&before), Some(&json!(null))));
    assert_eq!((events[1].before.as_ref(), events[1].after.as_ref()), (None, None));
}

async fn a_duplicate_and_an_unknown_parent_are_told_apart(at: TestDatabase) {
    let org = Org::new(at.database()).await;
    let vendor = org.with_vendor("Acme").await;
    let mut tx = org.begin().await;
    let same_id = tx.insert::<vendor::Entity>(vendor).await;
    assert!(matches!(same_id, Err(StoreError::Duplicate(_))), "{same_id:?}");
    drop(tx);
    let mut tx = org.begin().await;
    let orphan = vendor::Model { created_by: id(), ..org.vendor("Orphan") };
    let orphan = tx.insert::<vendor::Entity>(orphan).await;
    assert!(matches!(orphan, Err(StoreError::NotFound)), "{orphan:?}");
    drop(tx);
    // A parent with children cannot go: also a foreign key.
    let tx = org.begin().await;
    let parent = tx.delete_many::<entity::user_account::Entity>().exec(tx.connection()).await;
    assert!(matches!(parent.map_err(StoreError::from), Err(StoreError::NotFound)));
}

async fn a_check_is_an_error_of_its_own(at: TestDatabase) {
    let org = Org::new(at.database()).await;
    let mut tx = org.begin().await;
    let mut row = sea_orm::IntoActiveModel::into_active_model(org.vendor("Acme"));
    row.version = Set(0);
    let refused = tx.insert::<vendor::Entity>(row).await;
    assert!(matches!(refused, Err(StoreError::Database(_))), "{refused:?}");
    drop(tx);
    let raw = sea_orm::Database::connect(at.url()).await.unwrap();
    let nothing = raw.execute_unprepared("SELECT nothing FROM nowhere").await.map_err(StoreError::from);
    assert!(matches!(nothing, Err(StoreError::Database(_))), "{nothing:?}");
}

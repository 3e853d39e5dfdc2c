//! One organisation never sees, changes or names another's rows.

use crate::fixtures::{Org, contact_of, created_by, event, id, minute, rename};
use api::store::{Scoped as _, StoreError};
use entity::{contact, service, vendor};
use sea_orm::{ColumnTrait as _, IntoActiveModel as _, QueryFilter as _, Set, sea_query::Expr};
use tests::{database::TestDatabase, on_both_databases};

on_both_databases!(
    a_query_finds_only_the_rows_of_its_tenant,
    an_insert_belongs_to_the_transactions_tenant_whatever_the_row_says,
    another_tenants_row_cannot_be_saved_updated_or_deleted,
    the_schema_refuses_a_reference_to_another_tenants_row,
    reaching_across_tenants_finds_all,
);

async fn a_query_finds_only_the_rows_of_its_tenant(at: TestDatabase) {
    let (ours, theirs) = (Org::new(at.database()).await, Org::new(at.database()).await);
    let vendor = ours.with_vendor("Acme").await;
    assert_eq!(ours.vendor_names().await, ["Acme"]);
    assert_eq!(theirs.vendor_names().await, [""; 0]);
    let found = |org: &Org| {
        let (query, scope) = (org.scope.find_id::<vendor::Entity>(vendor.id), org.scope.clone());
        async move { query.one(scope.connection()).await.unwrap() }
    };
    assert_eq!(found(&ours).await.as_ref(), Some(&vendor), "every column comes back as it went in");
    assert_eq!(found(&theirs).await, None);
    // The same holds inside a transaction.
    let tx = theirs.begin().await;
    assert_eq!(tx.find_id::<vendor::Entity>(vendor.id).one(tx.connection()).await.unwrap(), None);
}

async fn an_insert_belongs_to_the_transactions_tenant_whatever_the_row_says(at: TestDatabase) {
    let (ours, theirs) = (Org::new(at.database()).await, Org::new(at.database()).await);
    let mut tx = ours.begin().await;
    let one = vendor::Model { tenant_id: theirs.scope.tenant_id().0, ..ours.vendor("One") };
    tx.insert::<vendor::Entity>(one).await.unwrap();
    let more: Vec<_> = ["Two", "Three"]
        .map(|name| vendor::Model { tenant_id: theirs.scope.tenant_id().0, ..ours.vendor(name) })
        .into();
    tx.insert_all::<vendor::Entity, _>(more).await.unwrap();
    tx.commit(event("vendor.registered")).await.unwrap();
    assert_eq!(ours.vendor_names().await, ["One", "Three", "Two"]);
    assert_eq!(theirs.vendor_names().await, [""; 0]);
}

async fn another_tenants_row_cannot_be_saved_updated_or_deleted(at: TestDatabase) {
    let (ours, theirs) = (Org::new(at.database()).await, Org::new(at.database()).await);
    let vendor = ours.with_vendor("Acme").await;
    let mut tx = theirs.begin().await;
    let saved = rename(&mut tx, vendor.clone(), "Stolen").await;
    assert!(matches!(saved, Err(StoreError::VersionConflict)), "{saved:?}");
    let updated = tx
        .update_many::<vendor::Entity>()
        .col_expr(vendor::Column::Name, Expr::value("Stolen"))
        .filter(vendor::Column::Id.eq(vendor.id))
        .exec(tx.connection())
        .await
        .unwrap();
    let deleted = tx
        .delete_many::<vendor::Entity>()
        .filter(vendor::Column::Id.eq(vendor.id))
        .exec(tx.connection())
        .await
        .unwrap();
    assert_eq!((updated.rows_affected, deleted.rows_affected), (0, 0));
    tx.commit_unaudited("nothing was changed").await.unwrap();
    assert_eq!(ours.vendor_names().await, ["Acme"]);
}

async fn the_schema_refuses_a_reference_to_another_tenants_row(at: TestDatabase) {
    let (ours, theirs) = (Org::new(at.database()).await, Org::new(at.database()).await);
    let vendor = ours.with_vendor("Acme").await;
    let refused =
        |result: Result<(), StoreError>| assert!(matches!(result, Err(StoreError::NotFound)), "{result:?}");

    let mut tx = theirs.begin().await;
    refused(tx.insert::<contact::Entity>(contact_of(vendor.id)).await);
    drop(tx);
    let mut tx = theirs.begin().await;
    let service = service::ActiveModel {
        id: Set(id()),
        vendor_id: Set(vendor.id),
        name: Set("Payroll".to_owned()),
        description: Set(None),
        created_at: Set(minute(0)),
        version: Set(1),
        ..Default::default()
    };
    refused(tx.insert::<service::Entity>(service).await);
    drop(tx);
    let mut tx = theirs.begin().await;
    refused(tx.insert::<vendor::Entity>(created_by(theirs.vendor("Own"), ours.user)).await);
    drop(tx);
    // A save may not turn a reference around either.
    let own = theirs.with_vendor("Own").await;
    let mut tx = theirs.begin().await;
    let mut row = own.into_active_model();
    row.created_by = Set(ours.user);
    refused(tx.save::<vendor::Entity>(row, 1).await);
    drop(tx);
    // And the same contact is fine at home.
    let mut tx = ours.begin().await;
    tx.insert::<contact::Entity>(contact_of(vendor.id)).await.unwrap();
    tx.commit(event("contact.added")).await.unwrap();
}

async fn reaching_across_tenants_finds_all(at: TestDatabase) {
    let (ours, theirs) = (Org::new(at.database()).await, Org::new(at.database()).await);
    ours.with_vendor("Acme").await;
    theirs.with_vendor("Beta").await;
    let all = at.database().across_tenants("this test");
    assert_eq!(all.find::<vendor::Entity>().all(all.connection()).await.unwrap().len(), 2);
}

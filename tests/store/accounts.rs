//! The two account queries that the rest stands on.

use crate::fixtures::{Org, id, minute, new_user};
use api::{
    domain::ids::{LoginSessionId, UserId},
    store::{
        Scoped as _, StoreError,
        accounts::{self, NewSession},
    },
};
use tests::{database::TestDatabase, on_both_databases};

on_both_databases!(
    a_session_brings_its_user_and_organisation_in_one_statement,
    an_address_is_unique_in_the_installation,
);

async fn a_session_brings_its_user_and_organisation_in_one_statement(at: TestDatabase) {
    let (ours, theirs) = (Org::new(at.database()).await, Org::new(at.database()).await);
    for (org, hash) in [(&ours, [1_u8; 32]), (&theirs, [2; 32])] {
        let mut tx = org.begin().await;
        let session = NewSession {
            id: LoginSessionId(id()),
            user_id: UserId(org.user),
            token_hash: hash.to_vec(),
            created_at: minute(0),
            client_address: "192.0.2.1".to_owned(),
            user_agent: "test".to_owned(),
        };
        accounts::insert_session(&mut tx, session).await.unwrap();
        tx.commit_unaudited("preparing a test").await.unwrap();
    }
    let before = at.database().statements();
    let found = accounts::session_by_hash(at.database(), &[2; 32]).await.unwrap().unwrap();
    assert_eq!(at.database().statements() - before, 1);
    assert_eq!((found.user.id.0, found.tenant.id), (theirs.user, theirs.scope.tenant_id()));
    assert!(accounts::session_by_hash(at.database(), &[3; 32]).await.unwrap().is_none());
}

async fn an_address_is_unique_in_the_installation(at: TestDatabase) {
    let (ours, theirs) = (Org::new(at.database()).await, Org::new(at.database()).await);
    let mut tx = ours.begin().await;
    accounts::insert_user(&mut tx, new_user(UserId(id()), "Ada@Northwind.example")).await.unwrap();
    tx.commit_unaudited("preparing a test").await.unwrap();
    let mut tx = theirs.begin().await;
    let again = accounts::insert_user(&mut tx, new_user(UserId(id()), "ada@northwind.EXAMPLE")).await;
    assert!(matches!(again, Err(StoreError::Duplicate(_))), "{again:?}");
}

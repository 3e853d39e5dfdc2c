//! Organisations and rows to try things on.

use api::{
    domain::{
        Actor, AuditEvent, RequestInfo, Role,
        email_address::EmailAddress,
        ids::{TenantId, UserId},
        user::Organisation,
    },
    store::{
        Database, Scoped as _, StoreError, TenantScope, WriteTx,
        accounts::{self, NewUser},
    },
};
use chrono::{DateTime, Utc};
use entity::{contact, vendor};
use sea_orm::Set;
use uuid::Uuid;

/// An instant, in minutes after the tests' beginning.
pub fn minute(minutes: i64) -> DateTime<Utc> {
    "2026-11-24T09:00:00Z".parse::<DateTime<Utc>>().unwrap() + chrono::Duration::minutes(minutes)
}

/// An id that no other call gives.
pub fn id() -> Uuid {
    api::domain::Surroundings::system().uuid()
}

/// An act to record.
pub fn event(act: &'static str) -> AuditEvent {
    AuditEvent::new(act, "vendor", Some(id()), Actor::System("test"), minute(0), RequestInfo::default())
}

/// An organisation with one user.
pub struct Org {
    pub scope: TenantScope,
    pub user: Uuid,
}

impl Org {
    pub async fn new(database: &Database) -> Self {
        let tenant = TenantId(id());
        let scope = database.tenant(tenant);
        let mut tx = scope.begin_write().await.unwrap();
        let organisation = Organisation {
            id: tenant,
            name: "Northwind Bank".to_owned(),
            time_zone: "Europe/London".to_owned(),
            created_at: minute(0),
        };
        accounts::insert_tenant(&mut tx, &organisation).await.unwrap();
        let user = UserId(id());
        accounts::insert_user(&mut tx, new_user(user, &format!("{user}@northwind.example"))).await.unwrap();
        tx.commit_unaudited("preparing a test").await.unwrap();
        Self { scope, user: user.0 }
    }

    /// A vendor row of this organisation, not yet inserted.
    pub fn vendor(&self, name: &str) -> vendor::Model {
        vendor::Model {
            id: id(),
            tenant_id: self.scope.tenant_id().0,
            name: name.to_owned(),
            name_normalised: name.to_lowercase(),
            website: None,
            note: None,
            state: "active".to_owned(),
            created_at: minute(0),
            created_by: self.user,
            version: 1,
            worst_residual: 0,
        }
    }

    /// A vendor that is in the database.
    pub async fn with_vendor(&self, name: &str) -> vendor::Model {
        let vendor = self.vendor(name);
        let mut tx = self.begin().await;
        tx.insert::<vendor::Entity>(vendor.clone()).await.unwrap();
        tx.commit(event("vendor.registered")).await.unwrap();
        vendor
    }

    pub async fn begin(&self) -> WriteTx {
        self.scope.begin_write().await.unwrap()
    }

    /// The vendors' names as this organisation sees them, in order.
    pub async fn vendor_names(&self) -> Vec<String> {
        let vendors = self.scope.find::<vendor::Entity>().all(self.scope.connection()).await.unwrap();
        let mut names: Vec<String> = vendors.into_iter().map(|vendor| vendor.name).collect();
        names.sort();
        names
    }

    /// The sequence numbers of the audit trail, in order.
    pub async fn audit_seqs(&self) -> Vec<i64> {
        let events =
            self.scope.find::<entity::audit_event::Entity>().all(self.scope.connection()).await.unwrap();
        let mut seqs: Vec<i64> = events.into_iter().map(|event| event.seq).collect();
        seqs.sort_unstable();
        seqs
    }
}

pub fn new_user(id: UserId, email: &str) -> NewUser {
    NewUser {
        id,
        name: "Ada".to_owned(),
        email: EmailAddress::parse(email).unwrap(),
        role: Role::Admin,
        password_hash: None,
        created_at: minute(0),
    }
}

/// Renames a vendor from the version that the caller read.
pub async fn rename(tx: &mut WriteTx, mut vendor: vendor::Model, to: &str) -> Result<(), StoreError> {
    let read = vendor.version;
    vendor.name = to.to_owned();
    tx.save::<vendor::Entity>(vendor, read).await
}

/// A vendor row with another creator, for references that must be refused.
pub fn created_by(vendor: vendor::Model, user: Uuid) -> vendor::ActiveModel {
    vendor::ActiveModel { created_by: Set(user), ..sea_orm::IntoActiveModel::into_active_model(vendor) }
}

/// A contact row of a vendor, not yet inserted.
pub fn contact_of(vendor: Uuid) -> contact::ActiveModel {
    contact::ActiveModel {
        id: Set(id()),
        vendor_id: Set(vendor),
        name: Set("Cora".to_owned()),
        email: Set("cora@vendor.example".to_owned()),
        email_canonical: Set("cora@vendor.example".to_owned()),
        job_title: Set(None),
        refused_reason: Set(None),
        created_at: Set(minute(0)),
        version: Set(1),
        ..Default::default()
    }
}

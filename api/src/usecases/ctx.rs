//! Contexts: who acts, for which tenant, with which database handle and which "now".
//!
//! A context can be built only with an [`auth::Proof`](crate::auth::Proof) or by the process itself, so a use-case
//! that has one need not ask where it came from. Permission is asked with [`Ctx::require`].

use super::{Result, UseCaseError};
use crate::{
    auth::{Proof, keys::KeyFolder},
    blobs::{Blobs, room::Room},
    domain::{
        Actor, AuditEvent, Permission, RequestInfo, Surroundings,
        actor::SignedInUser,
        due,
        ids::{AssessmentId, Id, InvitationId, PortalSessionId, RespondentId, TenantId},
    },
    store::{Database, TenantScope, WriteTx},
};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use std::{sync::Arc, time::Duration};
use tokio::sync::Semaphore;

/// What every context shares: the adapters, and the few settings that rules need.
#[derive(Clone)]
pub struct Services {
    /// The database.
    pub database: Database,
    /// Time and randomness.
    pub surroundings: Surroundings,
    /// Evidence bytes.
    pub blobs: Blobs,
    /// Room on the disks.
    pub room: Room,
    /// Private keys.
    pub keys: KeyFolder,
    /// Address under which people reach the service, without a trailing slash.
    pub base_url: Arc<str>,
    /// Bounds concurrent password hashing, so that sign-ins cannot starve saves.
    hashing: Arc<Semaphore>,
}

impl Services {
    /// Bundles the adapters.
    #[must_use]
    pub fn new(
        database: Database,
        surroundings: Surroundings,
        blobs: Blobs,
        keys: KeyFolder,
        base_url: &str,
    ) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            database,
            surroundings,
            blobs,
            room: Room::unwatched(),
            keys,
            base_url: base_url.trim_end_matches('/').into(),
            hashing: Arc::new(Semaphore::new(cores)),
        }
    }
    /// With disks that must keep some room, or uploads are refused.
    #[must_use]
    pub fn watching(self, room: Room) -> Self {
        Self { room, ..self }
    }
    /// The present instant.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.surroundings.now()
    }
    /// Runs slow cryptography off the async threads, at most as many at a time as there are cores.
    ///
    /// # Errors
    /// [`UseCaseError::Overloaded`] when its turn does not come within two seconds; [`UseCaseError::Internal`] when the
    /// work panicked.
    pub async fn hashing<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let turn = tokio::time::timeout(Duration::from_secs(2), self.hashing.acquire()).await;
        let Ok(Ok(_permit)) = turn else { return Err(UseCaseError::Overloaded) };
        tokio::task::spawn_blocking(work).await.map_err(UseCaseError::internal)
    }
}

/// What contexts know of their tenant.
#[derive(Clone, Debug)]
pub struct TenantInfo {
    /// Which.
    pub id: TenantId,
    /// Its name, as vendors see it.
    pub name: String,
    /// Its time zone: due dates end there.
    pub zone: Tz,
}

/// A signed-in user's context.
#[derive(Clone)]
pub struct Ctx {
    services: Services,
    scope: TenantScope,
    tenant: TenantInfo,
    user: SignedInUser,
    request: RequestInfo,
}

impl Ctx {
    /// A context for a user whose session secret was verified.
    #[must_use]
    pub fn new(
        _proof: &Proof,
        services: Services,
        tenant: TenantInfo,
        user: SignedInUser,
        request: RequestInfo,
    ) -> Self {
        Self { scope: services.database.tenant(tenant.id), services, tenant, user, request }
    }
    /// A context for the demo's seeding, which plays its users through the use-cases.
    #[must_use]
    pub fn for_demo(system: &SystemCtx, tenant: TenantInfo, user: SignedInUser) -> Self {
        let services = system.services.clone();
        Self {
            scope: services.database.tenant(tenant.id),
            services,
            tenant,
            user,
            request: RequestInfo::default(),
        }
    }
    /// Refuses unless the user's role allows the act.
    ///
    /// # Errors
    /// [`UseCaseError::Forbidden`].
    pub fn require(&self, permission: Permission) -> Result<()> {
        if self.user.role.may(permission) { Ok(()) } else { Err(UseCaseError::Forbidden) }
    }
    /// The shared adapters.
    #[must_use]
    pub fn services(&self) -> &Services {
        &self.services
    }
    /// The tenant's rows, for reading.
    #[must_use]
    pub fn scope(&self) -> &TenantScope {
        &self.scope
    }
    /// The tenant.
    #[must_use]
    pub fn tenant(&self) -> &TenantInfo {
        &self.tenant
    }
    /// The signed-in user.
    #[must_use]
    pub fn user(&self) -> &SignedInUser {
        &self.user
    }
    /// The present instant.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.services.now()
    }
    /// Today in the tenant's time zone.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        due::day_in(self.tenant.zone, self.now())
    }
    /// A fresh id.
    #[must_use]
    pub fn id<T: Id>(&self) -> T {
        self.services.surroundings.id()
    }
    /// Begins a write transaction.
    ///
    /// # Errors
    /// [`UseCaseError::Overloaded`] when the database is busy.
    pub async fn begin_write(&self) -> Result<WriteTx> {
        Ok(self.scope.begin_write().await?)
    }
    /// An audit event of this user, now, through this request.
    #[must_use]
    pub fn event(&self, act: &'static str, record_kind: &'static str, record: impl Id) -> AuditEvent {
        AuditEvent::new(
            act,
            record_kind,
            Some(record.uuid()),
            Actor::User(self.user.id),
            self.now(),
            self.request.clone(),
        )
    }
}

/// A respondent's context: bound to one assessment by its session. It offers no way to name another one.
#[derive(Clone)]
pub struct PortalCtx {
    services: Services,
    scope: TenantScope,
    tenant: TenantInfo,
    assessment: AssessmentId,
    respondent: PortalRespondent,
    request: RequestInfo,
}

/// The respondent behind a portal session.
#[derive(Clone, Debug)]
pub struct PortalRespondent {
    /// Who.
    pub id: RespondentId,
    /// Name as invited.
    pub name: String,
    /// Address as invited.
    pub email: String,
    /// Whether this person may submit and invite.
    pub is_lead: bool,
    /// By which permission.
    pub invitation: InvitationId,
    /// In which session.
    pub session: PortalSessionId,
}

impl PortalCtx {
    /// A context for a respondent whose session secret was verified.
    #[must_use]
    pub fn new(
        _proof: &Proof,
        services: Services,
        tenant: TenantInfo,
        assessment: AssessmentId,
        respondent: PortalRespondent,
        request: RequestInfo,
    ) -> Self {
        Self { scope: services.database.tenant(tenant.id), services, tenant, assessment, respondent, request }
    }
    /// A context for the demo's seeding, which plays its vendors through the use-cases.
    #[must_use]
    pub fn for_demo(
        system: &SystemCtx,
        tenant: TenantInfo,
        assessment: AssessmentId,
        respondent: PortalRespondent,
    ) -> Self {
        let services = system.services.clone();
        let scope = services.database.tenant(tenant.id);
        Self { scope, services, tenant, assessment, respondent, request: RequestInfo::default() }
    }
    /// The shared adapters.
    #[must_use]
    pub fn services(&self) -> &Services {
        &self.services
    }
    /// The tenant's rows; portal use-cases always add [`Self::assessment`].
    #[must_use]
    pub(in crate::usecases) fn scope(&self) -> &TenantScope {
        &self.scope
    }
    /// The asking organisation.
    #[must_use]
    pub fn tenant(&self) -> &TenantInfo {
        &self.tenant
    }
    /// The one assessment this session may see.
    #[must_use]
    pub fn assessment(&self) -> AssessmentId {
        self.assessment
    }
    /// Who is answering.
    #[must_use]
    pub fn respondent(&self) -> &PortalRespondent {
        &self.respondent
    }
    /// The present instant.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.services.now()
    }
    /// Today in the tenant's time zone, which is the one the vendor is shown.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        due::day_in(self.tenant.zone, self.now())
    }
    /// A fresh id.
    #[must_use]
    pub fn id<T: Id>(&self) -> T {
        self.services.surroundings.id()
    }
    /// Begins a write transaction.
    ///
    /// # Errors
    /// [`UseCaseError::Overloaded`] when the database is busy.
    pub(in crate::usecases) async fn begin_write(&self) -> Result<WriteTx> {
        Ok(self.scope.begin_write().await?)
    }
    /// An audit event of this respondent, now, on this assessment.
    #[must_use]
    pub fn event(&self, act: &'static str, record_kind: &'static str, record: impl Id) -> AuditEvent {
        AuditEvent::new(
            act,
            record_kind,
            Some(record.uuid()),
            Actor::Respondent(self.respondent.id),
            self.now(),
            self.request.clone(),
        )
        .on_assessment(self.assessment)
    }
}

/// The process itself: timers, the worker, and commands typed by the operator of the machine.
#[derive(Clone)]
pub struct SystemCtx {
    services: Services,
    name: &'static str,
}

impl SystemCtx {
    /// The context of the timer or command `name` (goes into the audit trail).
    #[must_use]
    pub fn new(services: Services, name: &'static str) -> Self {
        Self { services, name }
    }
    /// The shared adapters.
    #[must_use]
    pub fn services(&self) -> &Services {
        &self.services
    }
    /// The present instant.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.services.now()
    }
    /// An audit event of the system, now.
    #[must_use]
    pub fn event(&self, act: &'static str, record_kind: &'static str, record: impl Id) -> AuditEvent {
        AuditEvent::new(
            act,
            record_kind,
            Some(record.uuid()),
            Actor::System(self.name),
            self.now(),
            RequestInfo::default(),
        )
    }
}

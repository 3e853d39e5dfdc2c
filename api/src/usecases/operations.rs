//! What keeps the installation going: is it ready, what recurs, and background work that was given up.

use super::{Ctx, Result, SystemCtx, ctx::Services, deliveries, error::UseCaseError, evidence::refused};
use crate::{
    domain::{Permission, ids::JobId, job::Job},
    store::{
        self, evidence,
        job_queue::{self, DeadJob, Revived},
        settings,
    },
};
use chrono::Duration;

/// Whether requests can be served: the database answers, its schema is the one this build knows, and no disk is
/// full.
///
/// # Errors
/// [`UseCaseError::Overloaded`] when the schema is not current; [`UseCaseError::StorageFull`] when a disk is full;
/// [`UseCaseError::DependencyDown`] when the database or a disk is away.
pub async fn ready(services: &Services) -> Result<()> {
    if !services.database.schema_is_current().await? {
        return Err(UseCaseError::Overloaded);
    }
    services.room.require_any().map_err(refused)
}

/// Setting that holds the hour for which recurring work was last queued.
const SCHEDULED: &str = "jobs.scheduled_hour";

/// Queues what recurs every hour, once per hour and installation however many processes ask.
///
/// # Errors
/// When the database cannot be read or written.
pub async fn schedule_hourly(system: &SystemCtx) -> Result<()> {
    let services = system.services();
    let now = services.now();
    let hour = now.format("%Y-%m-%dT%H").to_string();
    if settings::get(&services.database, SCHEDULED).await?.as_deref() == Some(hour.as_str()) {
        return Ok(());
    }
    let day = now.format("%Y-%m-%d");
    for (job, key) in [
        (Job::ExpireAssessments, format!("expire_assessments:{hour}")),
        (Job::ClearEvidence, format!("clear_evidence:{day}")),
    ] {
        let id: JobId = services.surroundings.id();
        services.database.enqueue_for_installation(id, &job, now, &key).await?;
    }
    settings::set(&services.database, SCHEDULED, Some(&hour), now).await?;
    Ok(())
}

/// Deletes bytes that no row of evidence names: of an upload whose process died after the bytes were safe and before
/// the row was. Younger than a day they may belong to an upload that is not finished.
///
/// # Errors
/// When the database or the folder of evidence cannot be read.
pub async fn clear_evidence(system: &SystemCtx) -> Result<()> {
    let services = system.services();
    let kept = services.blobs.older_than(services.now() - Duration::hours(24)).await;
    let kept = kept.map_err(UseCaseError::internal)?;
    for keys in kept.chunks(500) {
        let named = evidence::named_keys(&services.database, keys).await?;
        for key in keys.iter().filter(|key| !named.contains(*key)) {
            services.blobs.discard(key).await.map_err(UseCaseError::internal)?;
            tracing::info!(key, "deleted bytes that belong to no evidence");
        }
    }
    Ok(())
}

/// Given-up jobs that the page lists.
const MOST_DEAD: u64 = 200;

/// Background work that needs somebody.
#[derive(Clone, Debug)]
pub struct Operations {
    /// Why all mail is paused, if it is.
    pub mail_paused: Option<String>,
    /// Given up, newest first.
    pub dead: Vec<DeadJob>,
}

/// What an admin sees of background work.
///
/// # Errors
/// [`UseCaseError::Forbidden`]; when the database cannot be read.
pub async fn view(ctx: &Ctx) -> Result<Operations> {
    ctx.require(Permission::Operate)?;
    Ok(Operations {
        mail_paused: deliveries::paused(ctx.services()).await?,
        dead: job_queue::dead(ctx.scope(), MOST_DEAD).await?,
    })
}

/// Tries a given-up job again.
///
/// # Errors
/// [`UseCaseError::StateConflict`] when it is not given up any more; [`UseCaseError::NotFound`].
pub async fn retry_job(ctx: &Ctx, id: JobId) -> Result<()> {
    ctx.require(Permission::Operate)?;
    let mut tx = ctx.begin_write().await?;
    match tx.revive(id, ctx.now()).await? {
        Revived::Ready => {}
        Revived::NotNeeded => return Err(UseCaseError::conflict("This job waits, runs or is done already.")),
        Revived::Unknown => return Err(UseCaseError::NotFound),
    }
    store::deliveries::queued_again(&mut tx, id, ctx.now()).await?;
    tx.commit(ctx.event("job.retried", "job", id)).await?;
    Ok(())
}

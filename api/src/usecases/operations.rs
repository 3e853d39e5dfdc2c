//! What keeps the installation going: is it ready, and what recurs.

use super::{Result, SystemCtx, ctx::Services, error::UseCaseError};
use crate::{
    domain::{ids::JobId, job::Job},
    store::settings,
};

/// Whether requests can be served: the database answers and its schema is the one this build knows.
///
/// # Errors
/// [`UseCaseError::Overloaded`] when the schema is not current; [`UseCaseError::Internal`] when the database is gone.
pub async fn ready(services: &Services) -> Result<()> {
    if services.database.schema_is_current().await? { Ok(()) } else { Err(UseCaseError::Overloaded) }
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
    let id: JobId = services.surroundings.id();
    let key = format!("expire_assessments:{hour}");
    services.database.enqueue_for_installation(id, &Job::ExpireAssessments, now, &key).await?;
    settings::set(&services.database, SCHEDULED, Some(&hour), now).await?;
    Ok(())
}

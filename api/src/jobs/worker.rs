//! The loop that claims due work under a lease, runs it, and settles it behind a fence.
//!
//! A worker that dies leaves its leases to expire; another one, or the same after a restart, takes the work over. So
//! every kind of work may run twice, and none is lost. A panic counts as a failed try.

use super::emails;
use crate::{
    domain::{delivery::Attempt, job::Job},
    mail::{Mailer, backoff},
    render::Renderer,
    shutdown::Shutdown,
    store::job_queue::{Claimed, Settlement},
    usecases::{Services, SystemCtx, UseCaseError, acceptances, deliveries, operations, respondents},
};
use chrono::{DateTime, Duration, Utc};
use futures_util::FutureExt as _;
use std::{collections::VecDeque, panic::AssertUnwindSafe, sync::Arc, time::Duration as Wait};

/// A lease lasts this long and is renewed while the work runs.
const LEASE: Duration = Duration::minutes(2);
/// Jobs claimed at once: few, so that a stop releases little and two workers share.
const BATCH: u64 = 8;

/// What running a job came to.
#[derive(Debug)]
pub enum Ran {
    /// Done, or no longer needed.
    Done,
    /// Try again then; the text says why.
    Again(DateTime<Utc>, String),
    /// Given up; the text says why.
    Dead(String),
}

/// One worker. Cheap to clone.
#[derive(Clone)]
pub struct Worker {
    system: SystemCtx,
    mailer: Arc<Mailer>,
    renderer: Renderer,
    name: String,
}

impl Worker {
    /// A worker with a name of its own in this installation.
    #[must_use]
    pub fn new(services: Services, mailer: Mailer, renderer: Renderer, name: impl Into<String>) -> Self {
        Self {
            system: SystemCtx::new(services, "worker"),
            mailer: Arc::new(mailer),
            renderer,
            name: name.into(),
        }
    }

    fn services(&self) -> &Services {
        self.system.services()
    }

    /// Works until the process stops. Wakes by itself for new work and polls for work that became due.
    pub async fn run(self, shutdown: Shutdown) {
        let mut log_told = None;
        while !shutdown.is_stopping() {
            // Registered before looking, so that work committed in between is not missed.
            let waiting = self.services().database.jobs_waiting();
            self.schedule().await;
            let ran = match self.run_due(Some(&shutdown)).await {
                Ok(ran) => ran,
                Err(error) => {
                    tracing::error!(error = %error, "the job queue did not answer");
                    0
                }
            };
            if ran > 0 {
                continue;
            }
            self.tend_log(&mut log_told).await;
            let jitter = u64::from(self.services().surroundings.below(1_000));
            tokio::select! {
                () = waiting => {}
                () = tokio::time::sleep(Wait::from_millis(1_000 + jitter)) => {}
                () = shutdown.stopping() => {}
            }
        }
    }

    /// Runs what is due now and what that makes due, until nothing is left: for tests and for the demo's seeding.
    ///
    /// # Errors
    /// When the queue does not answer.
    pub async fn run_until_idle(&self) -> Result<u64, UseCaseError> {
        let mut total = 0;
        loop {
            let ran = self.run_due(None).await?;
            if ran == 0 {
                return Ok(total);
            }
            total += ran;
        }
    }

    /// Recurring work needs no leader: the dedup key makes a second process's insert a no-op.
    async fn schedule(&self) {
        if let Err(error) = operations::schedule_hourly(&self.system).await {
            tracing::warn!(error = %error, "recurring work was not scheduled");
        }
    }

    /// Keeps the database's log short while there is nothing else to do. That it stays long is told once an hour.
    async fn tend_log(&self, told: &mut Option<DateTime<Utc>>) {
        let why = match self.services().database.tend_log().await {
            Ok(None) => return,
            Ok(Some(bytes)) => {
                format!("somebody reads the file all the time; it has {} MB", bytes / (1024 * 1024))
            }
            Err(error) => error.to_string(),
        };
        let now = self.services().now();
        if told.is_none_or(|at| now - at >= Duration::hours(1)) {
            *told = Some(now);
            tracing::warn!(why, "the database's write-ahead log cannot be emptied");
        }
    }

    async fn run_due(&self, shutdown: Option<&Shutdown>) -> Result<u64, UseCaseError> {
        let services = self.services();
        let now = services.now();
        // An open circuit must not cost mails their tries: what would fail anyway stays unclaimed.
        let claimed = if self.mailer.waiting(now).is_some() {
            services.database.claim_jobs_without_mail(&self.name, BATCH, now, now + LEASE).await?
        } else {
            services.database.claim_jobs(&self.name, BATCH, now, now + LEASE).await?
        };
        let count = u64::try_from(claimed.len()).unwrap_or_default();
        let stopping = async {
            match shutdown {
                Some(shutdown) => shutdown.stopping().await,
                None => std::future::pending().await,
            }
        };
        tokio::pin!(stopping);
        let mut waiting = VecDeque::from(claimed);
        while let Some(job) = waiting.pop_front() {
            let no_mail = job.job.is_mail() && self.mailer.waiting(services.now()).is_some();
            if no_mail || shutdown.is_some_and(Shutdown::is_stopping) {
                services.database.release_job(&job, &self.name).await?;
                continue;
            }
            let work = self.run_one(&job);
            tokio::pin!(work);
            tokio::select! {
                done = &mut work => done?,
                () = &mut stopping => {
                    // Another worker need not wait for these until this one has finished what it has begun.
                    for job in waiting.drain(..) {
                        services.database.release_job(&job, &self.name).await?;
                    }
                    work.await?;
                }
            }
        }
        Ok(count)
    }

    async fn run_one(&self, claimed: &Claimed) -> Result<(), UseCaseError> {
        let services = self.services();
        // The jobs of a batch wait for each other, so this one's lease may have run out meanwhile.
        if !services.database.begin_job(claimed, &self.name, services.now() + LEASE).await? {
            tracing::warn!(job.kind = claimed.job.kind(), job.id = %claimed.id, "the lease ran out before the work began");
            return Ok(());
        }
        let work = AssertUnwindSafe(self.perform(claimed)).catch_unwind();
        let ran = self.with_lease(claimed, work).await;
        let ran = match ran {
            Ok(Ok(ran)) => ran,
            Ok(Err(error)) => {
                tracing::error!(job.kind = claimed.job.kind(), job.id = %claimed.id, error = format!("{error:#}"), "job failed");
                self.failed(claimed, "An internal error; see the log").await
            }
            Err(_) => {
                tracing::error!(job.kind = claimed.job.kind(), job.id = %claimed.id, "job panicked");
                self.failed(claimed, "An internal error; see the log").await
            }
        };
        let settlement = match ran {
            Ran::Done => Settlement::Done,
            Ran::Again(at, reason) => Settlement::Retry { at, reason },
            Ran::Dead(reason) => Settlement::Dead { reason },
        };
        if !services.database.settle_job(claimed, &self.name, settlement, services.now()).await? {
            tracing::warn!(job.kind = claimed.job.kind(), job.id = %claimed.id, "the lease was lost; another worker has the job");
        }
        Ok(())
    }

    /// Runs `work` and renews the lease every 30 seconds meanwhile.
    async fn with_lease<T>(&self, claimed: &Claimed, work: impl Future<Output = T>) -> T {
        let services = self.services();
        tokio::pin!(work);
        loop {
            tokio::select! {
                result = &mut work => return result,
                () = tokio::time::sleep(Wait::from_secs(30)) => {
                    let until = services.now() + LEASE;
                    if let Err(error) = services.database.renew_lease(claimed, &self.name, until).await {
                        tracing::warn!(error = %error, "a lease was not renewed");
                    }
                }
            }
        }
    }

    /// A fault of our own waits and ends as a mail's passing fault does: the number of claims says nothing about it,
    /// because they count the mail server's faults too.
    async fn failed(&self, claimed: &Claimed, reason: &str) -> Ran {
        let now = self.services().now();
        let tries = u32::try_from(claimed.attempts).unwrap_or(1);
        if let Some(wait) = backoff::next_wait(tries, now - claimed.created_at, false, 0.5) {
            return Ran::Again(now + wait, reason.to_owned());
        }
        if let (true, Some(tenant)) = (claimed.job.is_mail(), claimed.tenant) {
            let given_up = Attempt::GivenUp { reason: reason.to_owned() };
            if let Err(error) =
                deliveries::record(&self.system, tenant, claimed.id, None, None, &given_up).await
            {
                tracing::error!(error = format!("{error:#}"), "a given-up mail was not recorded");
            }
        }
        Ran::Dead(reason.to_owned())
    }

    async fn perform(&self, claimed: &Claimed) -> Result<Ran, UseCaseError> {
        match &claimed.job {
            Job::ExpireAssessments => {
                respondents::expire_assessments(&self.system).await?;
                acceptances::expire(&self.system).await?;
                Ok(Ran::Done)
            }
            Job::ClearEvidence => {
                operations::clear_evidence(&self.system).await?;
                Ok(Ran::Done)
            }
            _ => emails::send(&self.system, &self.mailer, &self.renderer, claimed).await,
        }
    }
}

//! The queue of background work: claimed with a lease, settled with a fence, at least once.
//!
//! A claim commits before the work starts. `leased_by` and `attempts` together are the fence: a worker that lost its
//! lease cannot overwrite its successor's result. "Now" is always handed in.

use super::{connect::Database, error::StoreError, tenant_scope::Scoped, write_tx::WriteTx};
use crate::domain::{
    ids::{JobId, TenantId},
    job::Job,
};
use chrono::{DateTime, Utc};
use entity::{email_delivery, job};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, ExprTrait as _, PaginatorTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, Set, TryInsertResult,
    sea_query::{Expr, LockBehavior, LockType, OnConflict},
};

/// A job that this worker has leased.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// Which.
    pub id: JobId,
    /// Whose; none for the installation's own work.
    pub tenant: Option<TenantId>,
    /// What to do.
    pub job: Job,
    /// How often it was claimed, this time included.
    pub attempts: i32,
    /// When it was first due: what a retry's time limit counts from.
    pub created_at: DateTime<Utc>,
    /// Whether a worker had begun it and was never heard of again, so that it may have been done.
    pub cut_off: bool,
}

/// How a claimed job ended.
#[derive(Clone, Debug)]
pub enum Settlement {
    /// Done, or its reason has gone.
    Done,
    /// Try again then; the text says why.
    Retry {
        /// When.
        at: DateTime<Utc>,
        /// Why, for the operator; no secrets.
        reason: String,
    },
    /// Given up; a person may make it ready again.
    Dead {
        /// Why, for the operator; no secrets.
        reason: String,
    },
}

const READY: &str = "ready";
const LEASED: &str = "leased";
const DONE: &str = "done";
const DEAD: &str = "dead";
/// What stands as a job's last error from its begin to its end: true of it when no end is ever recorded.
const BEGUN: &str = "The process was cut off while it did this";

/// Puts work into the queue; false when an open job has the same dedup key already.
pub(super) async fn insert(
    on: &impl ConnectionTrait,
    tenant: Option<TenantId>,
    id: JobId,
    work: &Job,
    run_at: DateTime<Utc>,
    dedup_key: Option<&str>,
) -> Result<bool, StoreError> {
    let row = job::ActiveModel {
        id: Set(id.0),
        tenant_id: Set(tenant.map(|tenant| tenant.0)),
        kind: Set(work.kind().to_owned()),
        payload: Set(serde_json::to_value(work).map_err(|_| StoreError::corrupt("job", "payload", id))?),
        state: Set(READY.to_owned()),
        run_at: Set(run_at),
        attempts: Set(0),
        leased_by: Set(None),
        leased_until: Set(None),
        dedup_key: Set(dedup_key.map(str::to_owned)),
        last_error: Set(None),
        created_at: Set(run_at),
        finished_at: Set(None),
    };
    #[expect(clippy::disallowed_methods, reason = "jobs are of a tenant or of the installation")]
    let insert = job::Entity::insert(row);
    // No target is named: the index of open dedup keys is partial, and PostgreSQL would want its condition repeated
    // word by word.
    let insert = insert.on_conflict(OnConflict::new().do_nothing().to_owned()).try_insert();
    let inserted = insert.exec_without_returning(on).await?;
    Ok(matches!(inserted, TryInsertResult::Inserted(1..)))
}

impl Database {
    /// Puts the installation's own work into the queue; false when an open job has the same dedup key already.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn enqueue_for_installation(
        &self,
        id: JobId,
        work: &Job,
        run_at: DateTime<Utc>,
        dedup_key: &str,
    ) -> Result<bool, StoreError> {
        let tx = self.begin().await?;
        let added = insert(&tx.transaction, None, id, work, run_at, Some(dedup_key)).await?;
        tx.commit().await?;
        Ok(added)
    }

    /// Leases up to `most` due jobs to `worker` until `until`. Expired leases are taken over. A job that this build does
    /// not understand ends dead, so that it cannot keep the others from being claimed.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn claim_jobs(
        &self,
        worker: &str,
        most: u64,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Vec<Claimed>, StoreError> {
        self.claim(worker, most, now, until, Condition::all()).await
    }

    /// As [`Self::claim_jobs`], but leaves mails alone: for while the mail server cannot be reached.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn claim_jobs_without_mail(
        &self,
        worker: &str,
        most: u64,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Vec<Claimed>, StoreError> {
        let no_mail = Condition::all().add(job::Column::Kind.not_like("mail%"));
        self.claim(worker, most, now, until, no_mail).await
    }

    #[expect(clippy::disallowed_methods, reason = "the worker serves every tenant")]
    async fn claim(
        &self,
        worker: &str,
        most: u64,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        which: Condition,
    ) -> Result<Vec<Claimed>, StoreError> {
        let due = Condition::any()
            .add(job::Column::State.eq(READY).and(job::Column::RunAt.lte(now)))
            .add(job::Column::State.eq(LEASED).and(job::Column::LeasedUntil.lte(now)));
        let due = which.add(due);
        // Looking first without a transaction keeps an idle worker from taking a turn to write every second.
        if job::Entity::find().filter(due.clone()).limit(1).one(self.reader()).await?.is_none() {
            return Ok(Vec::new());
        }
        let tx = self.begin().await?;
        let rows = job::Entity::find()
            .filter(due)
            .order_by_asc(job::Column::RunAt)
            .order_by_asc(job::Column::Id)
            .limit(most)
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .all(&tx.transaction)
            .await?;
        let mut claimed = Vec::with_capacity(rows.len());
        let mut unknown = Vec::new();
        for row in rows {
            let Ok(job) = serde_json::from_value(row.payload) else {
                unknown.push(row.id);
                continue;
            };
            claimed.push(Claimed {
                id: row.id.into(),
                tenant: row.tenant_id.map(TenantId),
                job,
                attempts: row.attempts + 1,
                cut_off: row.state == LEASED && row.last_error.as_deref() == Some(BEGUN),
                created_at: row.created_at,
            });
        }
        if !claimed.is_empty() {
            job::Entity::update_many()
                .col_expr(job::Column::State, Expr::value(LEASED))
                .col_expr(job::Column::LeasedBy, Expr::value(worker))
                .col_expr(job::Column::LeasedUntil, Expr::value(until))
                .col_expr(job::Column::Attempts, Expr::col(job::Column::Attempts).add(1))
                .filter(job::Column::Id.is_in(claimed.iter().map(|claimed| claimed.id.0)))
                .exec(&tx.transaction)
                .await?;
        }
        if !unknown.is_empty() {
            job::Entity::update_many()
                .col_expr(job::Column::State, Expr::value(DEAD))
                .col_expr(job::Column::LeasedBy, Expr::value(Option::<String>::None))
                .col_expr(job::Column::LeasedUntil, Expr::value(Option::<DateTime<Utc>>::None))
                .col_expr(job::Column::LastError, Expr::value("this version does not know what to do here"))
                .col_expr(job::Column::FinishedAt, Expr::value(now))
                .filter(job::Column::Id.is_in(unknown))
                .exec(&tx.transaction)
                .await?;
        }
        tx.commit().await?;
        Ok(claimed)
    }

    fn fence(claimed: &Claimed, worker: &str) -> Condition {
        Condition::all()
            .add(job::Column::Id.eq(claimed.id.0))
            .add(job::Column::State.eq(LEASED))
            .add(job::Column::LeasedBy.eq(worker))
            .add(job::Column::Attempts.eq(claimed.attempts))
    }

    /// Notes that the work begins, and renews its lease; false when the lease was lost.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn begin_job(
        &self,
        claimed: &Claimed,
        worker: &str,
        until: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let begun = [(job::Column::LastError, Expr::value(BEGUN))];
        self.extend_lease(claimed, worker, until, begun).await
    }

    /// Keeps a lease alive; false when it was lost.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn renew_lease(
        &self,
        claimed: &Claimed,
        worker: &str,
        until: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        self.extend_lease(claimed, worker, until, []).await
    }

    /// Moves the end of a lease, and writes these columns with it; false when the lease was lost.
    #[expect(clippy::disallowed_methods, reason = "the worker serves every tenant")]
    async fn extend_lease(
        &self,
        claimed: &Claimed,
        worker: &str,
        until: DateTime<Utc>,
        beside: impl IntoIterator<Item = (job::Column, Expr)>,
    ) -> Result<bool, StoreError> {
        let update = job::Entity::update_many().col_expr(job::Column::LeasedUntil, Expr::value(until));
        let update =
            beside.into_iter().fold(update, |update, (column, value)| update.col_expr(column, value));
        let tx = self.begin().await?;
        let done = update.filter(Self::fence(claimed, worker)).exec(&tx.transaction).await?;
        tx.commit().await?;
        Ok(done.rows_affected == 1)
    }

    /// Records how a claimed job ended; false when the lease was lost, and nothing was recorded.
    ///
    /// # Errors
    /// When the database cannot be written.
    #[expect(clippy::disallowed_methods, reason = "the worker serves every tenant")]
    pub async fn settle_job(
        &self,
        claimed: &Claimed,
        worker: &str,
        settlement: Settlement,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let (state, run_at, error, finished) = match settlement {
            Settlement::Done => (DONE, None, None, Some(now)),
            Settlement::Retry { at, reason } => (READY, Some(at), Some(reason), None),
            Settlement::Dead { reason } => (DEAD, None, Some(reason), Some(now)),
        };
        let tx = self.begin().await?;
        let mut update = job::Entity::update_many()
            .col_expr(job::Column::State, Expr::value(state))
            .col_expr(job::Column::LeasedBy, Expr::value(Option::<String>::None))
            .col_expr(job::Column::LeasedUntil, Expr::value(Option::<DateTime<Utc>>::None))
            .col_expr(job::Column::LastError, Expr::value(error))
            .col_expr(job::Column::FinishedAt, Expr::value(finished))
            .filter(Self::fence(claimed, worker));
        if let Some(at) = run_at {
            update = update.col_expr(job::Column::RunAt, Expr::value(at));
        }
        let done = update.exec(&tx.transaction).await?;
        tx.commit().await?;
        Ok(done.rows_affected == 1)
    }

    /// Gives a leased job back untouched (graceful stop); the attempt does not count. False when the lease was lost.
    ///
    /// # Errors
    /// When the database cannot be written.
    #[expect(clippy::disallowed_methods, reason = "the worker serves every tenant")]
    pub async fn release_job(&self, claimed: &Claimed, worker: &str) -> Result<bool, StoreError> {
        let tx = self.begin().await?;
        let done = job::Entity::update_many()
            .col_expr(job::Column::State, Expr::value(READY))
            .col_expr(job::Column::LeasedBy, Expr::value(Option::<String>::None))
            .col_expr(job::Column::LeasedUntil, Expr::value(Option::<DateTime<Utc>>::None))
            .col_expr(job::Column::Attempts, Expr::col(job::Column::Attempts).sub(1))
            .filter(Self::fence(claimed, worker))
            .exec(&tx.transaction)
            .await?;
        tx.commit().await?;
        Ok(done.rows_affected == 1)
    }

    /// How many jobs are in a state (`ready`, `leased`, `done`, `dead`).
    ///
    /// # Errors
    /// When the database does not answer.
    #[expect(clippy::disallowed_methods, reason = "the operator serves every tenant")]
    pub async fn count_jobs(&self, state: &str) -> Result<u64, StoreError> {
        Ok(job::Entity::find().filter(job::Column::State.eq(state)).count(self.reader()).await?)
    }
}

/// A job that was given up.
#[derive(Clone, Debug)]
pub struct DeadJob {
    /// Which.
    pub id: JobId,
    /// The word of its kind.
    pub kind: String,
    /// Tries so far.
    pub attempts: i32,
    /// Why it was given up, for people.
    pub reason: Option<String>,
    /// When.
    pub finished_at: Option<DateTime<Utc>>,
    /// To whom, when it is a mail.
    pub to_address: Option<String>,
}

/// The tenant's jobs that were given up, newest first, at most `most`.
///
/// # Errors
/// When the database does not answer.
#[expect(
    clippy::disallowed_methods,
    reason = "jobs are of a tenant or of the installation; the tenant is named here"
)]
pub async fn dead(s: &impl Scoped, most: u64) -> Result<Vec<DeadJob>, StoreError> {
    use email_delivery::Column as Mail;
    let rows = job::Entity::find()
        .filter(job::Column::TenantId.eq(s.tenant_id().0))
        .filter(job::Column::State.eq(DEAD))
        .order_by_desc(job::Column::FinishedAt)
        .order_by_desc(job::Column::Id)
        .limit(most)
        .all(s.connection())
        .await?;
    let mails = s.find::<email_delivery::Entity>().filter(Mail::JobId.is_in(rows.iter().map(|row| row.id)));
    let mails = mails.all(s.connection()).await?;
    let to = |id| mails.iter().find(|mail| mail.job_id == id).map(|mail| mail.to_address.clone());
    let dead = rows.into_iter().map(|row| DeadJob {
        id: row.id.into(),
        kind: row.kind,
        attempts: row.attempts,
        reason: row.last_error,
        finished_at: row.finished_at,
        to_address: to(row.id),
    });
    Ok(dead.collect())
}

/// What came of the wish to try a dead job again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revived {
    /// It is ready again.
    Ready,
    /// It is not dead, or an open job with the same dedup key does its work already.
    NotNeeded,
    /// The tenant has no such job.
    Unknown,
}

/// Makes a dead job of the tenant ready again, by a person's wish; its tries and its time limit count anew.
#[expect(
    clippy::disallowed_methods,
    reason = "jobs are of a tenant or of the installation; the tenant is named here"
)]
pub(super) async fn revive(tx: &WriteTx, id: JobId, now: DateTime<Utc>) -> Result<Revived, StoreError> {
    let found = job::Entity::find()
        .filter(job::Column::Id.eq(id.0))
        .filter(job::Column::TenantId.eq(tx.tenant_id().0))
        .one(tx.connection())
        .await?;
    let Some(found) = found else { return Ok(Revived::Unknown) };
    if found.state != DEAD {
        return Ok(Revived::NotNeeded);
    }
    if let Some(key) = &found.dedup_key {
        let open = job::Entity::find()
            .filter(job::Column::DedupKey.eq(key.as_str()))
            .filter(job::Column::State.is_in([READY, LEASED]));
        if open.one(tx.connection()).await?.is_some() {
            return Ok(Revived::NotNeeded);
        }
    }
    job::Entity::update_many()
        .col_expr(job::Column::State, Expr::value(READY))
        .col_expr(job::Column::RunAt, Expr::value(now))
        .col_expr(job::Column::CreatedAt, Expr::value(now))
        .col_expr(job::Column::Attempts, Expr::value(0))
        .col_expr(job::Column::FinishedAt, Expr::value(Option::<DateTime<Utc>>::None))
        .filter(job::Column::Id.eq(id.0))
        .exec(tx.connection())
        .await?;
    Ok(Revived::Ready)
}

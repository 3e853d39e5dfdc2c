//! Writing one tenant's rows. A transaction ends in one of three ways: with the audit event of an act, with the
//! revision of a saved answer, or with a stated reason why neither is needed. Dropping it rolls back.

use super::{
    audit_log,
    bounded::Transaction,
    connect::Database,
    error::StoreError,
    job_queue::{self, Revived},
    tenant_scope::Scoped,
    write_queue::Write,
};
use crate::domain::{
    AuditEvent,
    ids::{JobId, TenantId},
    job::Job,
};
use chrono::{DateTime, Utc};
use entity::{TenantOwned, Versioned};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait as _, DbErr, DeleteMany, IntoActiveModel, Iterable as _,
    PrimaryKeyToColumn as _, QueryFilter as _, TryInsertResult, UpdateMany, Value, sea_query::OnConflict,
};

/// A write transaction. Take it late, do no other IO while you hold it, and end it with a commit.
pub struct WriteTx {
    write: Write,
    database: Database,
    tenant: TenantId,
    jobs: bool,
    /// A statement failed. PostgreSQL would answer `COMMIT` with a silent rollback, SQLite would keep the other half.
    failed: bool,
}

impl Scoped for WriteTx {
    type Connection = Transaction;
    fn connection(&self) -> &Transaction {
        &self.write.transaction
    }
    fn tenant_id(&self) -> TenantId {
        self.tenant
    }
}

impl WriteTx {
    pub(super) async fn begin(database: Database, tenant: TenantId) -> Result<Self, StoreError> {
        let write = database.begin().await?;
        Ok(Self { write, database, tenant, jobs: false, failed: false })
    }

    /// Inserts a row; the tenant is set here, whatever the model says.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] when a unique key exists; [`StoreError::NotFound`] when a row that it names does not
    /// exist for this tenant.
    pub async fn insert<E: TenantOwned>(
        &mut self,
        row: impl IntoActiveModel<E::ActiveModel>,
    ) -> Result<(), StoreError>
    where
        E::Model: IntoActiveModel<E::ActiveModel>,
    {
        let mut row = row.into_active_model();
        row.set(E::TENANT_ID, Value::from(self.tenant.0));
        #[expect(clippy::disallowed_methods, reason = "the place that sets the tenant")]
        let done = E::insert(row).exec_without_returning(&self.write.transaction).await;
        self.noting(done).map(drop)
    }

    /// Inserts a row unless one with the same unique key is there, and says whether it did. Waits for another
    /// transaction that is inserting the same.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn insert_unless_there<E: TenantOwned>(
        &mut self,
        row: impl IntoActiveModel<E::ActiveModel>,
    ) -> Result<bool, StoreError>
    where
        E::Model: IntoActiveModel<E::ActiveModel>,
    {
        let mut row = row.into_active_model();
        row.set(E::TENANT_ID, Value::from(self.tenant.0));
        #[expect(clippy::disallowed_methods, reason = "the place that sets the tenant")]
        let insert = E::insert(row).on_conflict(OnConflict::new().do_nothing().to_owned()).try_insert();
        let done = insert.exec_without_returning(&self.write.transaction).await;
        Ok(matches!(self.noting(done)?, TryInsertResult::Inserted(1..)))
    }

    /// Inserts many rows, at most 500 a statement.
    ///
    /// # Errors
    /// As [`Self::insert`].
    pub async fn insert_all<E: TenantOwned, M>(&mut self, rows: Vec<M>) -> Result<(), StoreError>
    where
        M: IntoActiveModel<E::ActiveModel>,
        E::Model: IntoActiveModel<E::ActiveModel>,
    {
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let chunk: Vec<E::ActiveModel> = rows
                .by_ref()
                .take(500)
                .map(|row| {
                    let mut row = row.into_active_model();
                    row.set(E::TENANT_ID, Value::from(self.tenant.0));
                    row
                })
                .collect();
            #[expect(clippy::disallowed_methods, reason = "the place that sets the tenant")]
            let done = E::insert_many(chunk).exec_without_returning(&self.write.transaction).await;
            self.noting(done)?;
        }
        Ok(())
    }

    /// Saves a row that people edit: only when its version is still `expected`; the version then rises by one.
    ///
    /// # Errors
    /// [`StoreError::VersionConflict`] when somebody saved in between, or the row does not exist for this tenant.
    pub async fn save<E: Versioned>(
        &mut self,
        row: impl IntoActiveModel<E::ActiveModel>,
        expected: i64,
    ) -> Result<(), StoreError>
    where
        E::Model: IntoActiveModel<E::ActiveModel>,
    {
        let mut row = row.into_active_model();
        let id = row.get(E::ID).into_value();
        let id = id.ok_or(StoreError::NotFound)?;
        row.set(E::VERSION, Value::from(expected + 1));
        let mut update = self.update_many::<E>().filter(E::ID.eq(id)).filter(E::VERSION.eq(expected));
        for column in E::Column::iter() {
            let key =
                E::PrimaryKey::iter().any(|k| k.into_column().to_string_name() == column.to_string_name());
            if key || column.to_string_name() == E::TENANT_ID.to_string_name() {
                continue;
            }
            if let ActiveValue::Set(value) | ActiveValue::Unchanged(value) = row.get(column) {
                update = update.col_expr(column, sea_orm::sea_query::Expr::value(value));
            }
        }
        let done = update.exec(&self.write.transaction).await;
        let done = self.noting(done)?;
        if done.rows_affected == 1 { Ok(()) } else { Err(StoreError::VersionConflict) }
    }

    /// An update of the tenant's rows of `E`; add columns and filters, then `exec(tx.connection())`.
    #[expect(clippy::disallowed_methods, reason = "the place that adds the tenant")]
    pub fn update_many<E: TenantOwned>(&self) -> UpdateMany<E> {
        E::update_many().filter(E::TENANT_ID.eq(self.tenant.0))
    }

    /// A deletion of the tenant's rows of `E`; add filters, then `exec(tx.connection())`.
    #[expect(clippy::disallowed_methods, reason = "the place that adds the tenant")]
    pub fn delete_many<E: TenantOwned>(&self) -> DeleteMany<E> {
        E::delete_many().filter(E::TENANT_ID.eq(self.tenant.0))
    }

    /// Puts work into the queue; it becomes visible with the commit. With a `dedup_key` that an open job has already,
    /// nothing happens and none is returned.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn enqueue(
        &mut self,
        id: JobId,
        job: &Job,
        run_at: DateTime<Utc>,
        dedup_key: Option<&str>,
    ) -> Result<Option<JobId>, StoreError> {
        let added =
            job_queue::insert(&self.write.transaction, Some(self.tenant), id, job, run_at, dedup_key).await;
        let added = self.noting(added)?;
        self.jobs |= added;
        Ok(added.then_some(id))
    }

    /// Makes a dead job ready again, by a person's wish.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn revive(&mut self, id: JobId, now: DateTime<Utc>) -> Result<Revived, StoreError> {
        let revived = job_queue::revive(self, id, now).await;
        let revived = self.noting(revived)?;
        self.jobs |= revived == Revived::Ready;
        Ok(revived)
    }

    /// Commits an act with its audit event.
    ///
    /// # Errors
    /// When the commit fails; nothing stays then.
    pub async fn commit(self, event: AuditEvent) -> Result<(), StoreError> {
        self.commit_all(vec![event]).await
    }

    /// Commits acts with their audit events, in order.
    ///
    /// # Errors
    /// When the commit fails; nothing stays then.
    pub async fn commit_all(mut self, events: Vec<AuditEvent>) -> Result<(), StoreError> {
        audit_log::append(&mut self, events).await?;
        self.end().await
    }

    /// Commits a saved answer: its `answer_revision` is the record.
    ///
    /// # Errors
    /// When the commit fails; nothing stays then.
    pub async fn commit_answer(self) -> Result<(), StoreError> {
        self.end().await
    }

    /// Commits housekeeping; `_reason` is for the reader, and the architecture test counts the calls.
    ///
    /// # Errors
    /// When the commit fails; nothing stays then.
    pub async fn commit_unaudited(self, _reason: &'static str) -> Result<(), StoreError> {
        self.end().await
    }

    /// Remembers a failure, so that what was done before it cannot be committed without it.
    pub(super) fn noting<T, E: Into<StoreError>>(&mut self, done: Result<T, E>) -> Result<T, StoreError> {
        self.failed |= done.is_err();
        done.map_err(Into::into)
    }

    async fn end(self) -> Result<(), StoreError> {
        let Self { write, database, jobs, failed, .. } = self;
        if failed {
            let why = "a statement of this transaction failed, so it cannot be committed";
            return Err(StoreError::Database(DbErr::Custom(why.to_owned())));
        }
        write.commit().await?;
        if jobs {
            database.wake_worker();
        }
        Ok(())
    }
}

/// A column's name, for comparing columns of different types.
trait ColumnName {
    fn to_string_name(&self) -> String;
}

impl<C: sea_orm::IdenStatic> ColumnName for C {
    fn to_string_name(&self) -> String {
        self.as_str().to_owned()
    }
}

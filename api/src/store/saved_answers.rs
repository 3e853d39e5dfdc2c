//! Saving an answer: one statement that compares and writes.
//!
//! It writes only while the assessment is in the state, and the answer at the revision, that the caller names, and only
//! what is not stored already. So nobody's text is overwritten, no lock is held in between, and in the plain case
//! nothing has to be read before. A further column of an answer goes into both `INSERT`s here.

use super::{
    error::StoreError,
    tenant_scope::{Scoped as _, TenantScope},
    write_tx::WriteTx,
};
use crate::domain::{
    assessment::AssessmentState,
    ids::{AssessmentId, RespondentId, TenantId},
    sheet::AnswerSource,
};
use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::Value;
use uuid::Uuid;

/// One save of one answer by a respondent.
#[derive(Clone, Debug)]
pub struct Revision {
    /// Of the answer, if this is its first save.
    pub answer_id: Uuid,
    /// Of this save.
    pub id: Uuid,
    /// Of which assessment.
    pub assessment: AssessmentId,
    /// The state in which it must be.
    pub state: AssessmentState,
    /// Which question.
    pub question: String,
    /// One more than the revision that must be stored; 1 when there must be none.
    pub rev: i64,
    /// The stored form; none when cleared.
    pub value: Option<Value>,
    /// The words beside it.
    pub note: Option<String>,
    /// Given by the browser.
    pub mutation: String,
    /// Who.
    pub by: RespondentId,
    /// When.
    pub at: DateTime<Utc>,
}

/// Makes it the current answer, unless another one is by now or it is already. Texts are compared as they are stored. The row of the assessment stays as it is until the end
/// of the transaction on PostgreSQL; SQLite has one writer.
macro_rules! make_current {
    ($lock:literal) => {
        concat!(
            "INSERT INTO answer (id, tenant_id, assessment_id, question_id, rev, value, note, source, \
             saved_by_respondent, saved_at) \
             SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 FROM assessment \
             WHERE tenant_id = $2 AND id = $3 AND state = $11 AND ($5 = 1 OR EXISTS (SELECT 1 FROM answer \
             WHERE tenant_id = $2 AND assessment_id = $3 AND question_id = $4))",
            $lock,
            " ON CONFLICT (tenant_id, assessment_id, question_id) DO UPDATE SET rev = excluded.rev, \
             value = excluded.value, note = excluded.note, source = excluded.source, \
             saved_by_respondent = excluded.saved_by_respondent, saved_by_user = NULL, \
             saved_at = excluded.saved_at WHERE answer.rev = excluded.rev - 1 AND \
             (CAST(answer.value AS TEXT) IS DISTINCT FROM CAST(excluded.value AS TEXT) \
             OR answer.note IS DISTINCT FROM excluded.note)"
        )
    };
}

/// Appends it to what was saved before, if `$from` says that it is the current answer; a row comes back then.
macro_rules! append_revision {
    ($from:literal) => {
        concat!(
            "INSERT INTO answer_revision (id, tenant_id, assessment_id, question_id, rev, value, note, mutation_id, \
             source, saved_by_respondent, saved_at) \
             SELECT $12, $2, $3, $4, $5, $6, $7, $13, $8, $9, $10 ",
            $from,
            " RETURNING rev"
        )
    };
}

const ON_POSTGRES: &str = concat!(
    "WITH current_answer AS (",
    make_current!(" FOR SHARE"),
    " RETURNING rev) ",
    append_revision!("FROM current_answer")
);

/// Four statements that go to the database's thread together. After a failure in between, [`UNDO_ON_SQLITE`].
const ON_SQLITE: &str = concat!(
    "SAVEPOINT saved_answer; ",
    make_current!(""),
    "; ",
    append_revision!("WHERE changes() = 1"),
    "; RELEASE saved_answer"
);

/// Takes back what a save did that failed half-way.
pub(super) const UNDO_ON_SQLITE: &str = "ROLLBACK TO saved_answer; RELEASE saved_answer";

fn statement(backend: DbBackend, tenant: TenantId, new: Revision) -> Statement {
    let sql = if backend == DbBackend::Sqlite { ON_SQLITE } else { ON_POSTGRES };
    let values: [sea_orm::Value; 13] = [
        new.answer_id.into(),
        tenant.0.into(),
        new.assessment.0.into(),
        new.question.into(),
        new.rev.into(),
        new.value.into(),
        new.note.into(),
        AnswerSource::Vendor.as_str().into(),
        new.by.0.into(),
        new.at.into(),
        new.state.as_str().into(),
        new.id.into(),
        new.mutation.into(),
    ];
    Statement::from_sql_and_values(backend, sql, values)
}

/// Executes the statement of a save and says whether it wrote.
pub(super) async fn wrote(on: &impl ConnectionTrait, save: Statement) -> Result<bool, StoreError> {
    Ok(!on.query_all_raw(save).await?.is_empty())
}

/// Saves an answer durably and says whether it did: not when the assessment or the answer is another, or holds this
/// already. On SQLite it shares its commit with those who save at the same time.
///
/// # Errors
/// [`StoreError::Duplicate`] when the mutation was recorded before; nothing is written then.
pub async fn save(scope: &TenantScope, new: Revision) -> Result<bool, StoreError> {
    let database = scope.database();
    database.write_together(statement(database.backend(), scope.tenant_id(), new)).await
}

/// As [`save`], in a transaction that holds the assessment.
///
/// # Errors
/// As [`save`], and [`StoreError::VersionConflict`] when the assessment or the answer is another.
pub async fn append(tx: &mut WriteTx, new: Revision) -> Result<(), StoreError> {
    let save = statement(tx.connection().get_database_backend(), tx.tenant_id(), new);
    let done = wrote(tx.connection(), save).await;
    if tx.noting(done)? { Ok(()) } else { Err(StoreError::VersionConflict) }
}

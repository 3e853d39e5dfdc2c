//! The queue in front of SQLite's one writer, and the commit that saved answers share in it.
//!
//! A durable commit waits for the disk. A saved answer that finds nobody behind it commits by itself. If others wait,
//! its transaction stays open for them, each saved answer goes into it behind a savepoint of its own, and one commit
//! for all of them follows; it belongs to nobody's request, so nobody who goes away takes the others' with it. An
//! answer is acknowledged after that commit, and what one of them rolls back is its own alone.
//!
//! Who shares sees what the others did before it is durable, and must not tell anybody of it before the commit. So
//! only [`Sharing::Shared`] writes do, which end with a commit whatever they found; all others first wait for the
//! shared commit and then have the database for themselves.

use super::{connect::PATIENCE_SQLITE, error::StoreError};
use sea_orm::{
    DatabaseConnection, DatabaseTransaction, SqliteTransactionMode, TransactionOptions, TransactionTrait as _,
};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

/// A transaction that is open for the writes in the queue.
struct Batch {
    transaction: DatabaseTransaction,
    /// Those who did their part and wait for the commit.
    done: Vec<oneshot::Sender<Result<(), StoreError>>>,
}

/// Whether a write may have part in a transaction with others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Sharing {
    /// It sees only what is durable.
    Alone,
    /// It sees what those before it did in the same transaction. It ends with a commit before anybody is answered.
    Shared,
}

/// Writes wait here for each other, in the order in which they came. Cheap to clone.
#[derive(Clone)]
pub(super) struct WriteQueue {
    writer: DatabaseConnection,
    /// Fair: who asks first is served first.
    open: Arc<Mutex<Option<Batch>>>,
    waiting: Arc<AtomicUsize>,
}

/// The right to write, until it is dropped.
pub(super) struct Turn {
    queue: WriteQueue,
    sharing: Sharing,
    batch: OwnedMutexGuard<Option<Batch>>,
}

/// A transaction that was begun. Dropping it rolls it back.
pub(super) struct Write {
    /// What to execute on; never to be committed by itself.
    pub(super) transaction: DatabaseTransaction,
    /// Given up after the transaction has ended (fields drop in this order). None on PostgreSQL, which shares commits
    /// by itself.
    turn: Option<Turn>,
}

impl Write {
    /// A transaction that nobody else has a part in.
    pub(super) fn without_turn(transaction: DatabaseTransaction) -> Self {
        Self { transaction, turn: None }
    }

    /// Commits. Returns after it is durable.
    ///
    /// # Errors
    /// When the commit fails, also a shared one: it was not acknowledged to anybody then.
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        match self.turn {
            Some(turn) => turn.commit(self.transaction).await,
            None => Ok(self.transaction.commit().await?),
        }
    }
}

/// One who waits in the queue; leaves it when dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn among(all: &'a AtomicUsize) -> Self {
        all.fetch_add(1, Ordering::Relaxed);
        Self(all)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl WriteQueue {
    /// A queue in front of the connection that writes.
    pub(super) fn new(writer: DatabaseConnection) -> Self {
        Self { writer, open: Arc::default(), waiting: Arc::default() }
    }

    /// Waits for its turn and begins.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when the turn does not come.
    #[expect(clippy::disallowed_methods, reason = "the place where writes begin")]
    pub(super) async fn begin(&self, sharing: Sharing) -> Result<Write, StoreError> {
        let turn = self.turn(sharing).await?;
        let transaction = match turn.batch.as_ref() {
            Some(batch) => batch.transaction.begin().await?,
            None => {
                let immediate = TransactionOptions {
                    sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                    ..TransactionOptions::default()
                };
                self.writer.begin_with_options(immediate).await?
            }
        };
        Ok(Write { transaction, turn: Some(turn) })
    }

    /// Waits for the turn; one alone also for the commit of what is shared.
    ///
    /// # Errors
    /// As [`Self::begin`].
    pub(super) async fn turn(&self, sharing: Sharing) -> Result<Turn, StoreError> {
        let _waiting = Waiting::among(&self.waiting);
        let turn = tokio::time::timeout(PATIENCE_SQLITE, Arc::clone(&self.open).lock_owned()).await;
        let mut batch = turn.map_err(|_| StoreError::Busy)?;
        if sharing == Sharing::Alone
            && let Some(shared) = batch.take()
        {
            // Not in this request, which may be dropped: others wait for it.
            let _ = tokio::spawn(close(shared)).await;
        }
        Ok(Turn { queue: self.clone(), sharing, batch })
    }
}

impl Turn {
    async fn commit(mut self, transaction: DatabaseTransaction) -> Result<(), StoreError> {
        let others_wait = self.queue.waiting.load(Ordering::Relaxed) > 0;
        let open_to_others = self.sharing == Sharing::Shared && others_wait;
        let (done, committed) = oneshot::channel();
        match self.batch.as_mut() {
            Some(batch) => {
                transaction.commit().await?;
                batch.done.push(done);
            }
            None if open_to_others => {
                *self.batch = Some(Batch { transaction, done: vec![done] });
                let open = Arc::clone(&self.queue.open);
                // Behind everybody who waits now: they are in, later ones are in the next.
                tokio::spawn(async move {
                    let mut turn = open.lock_owned().await;
                    if let Some(batch) = turn.take() {
                        close(batch).await;
                    }
                });
            }
            None => return Ok(transaction.commit().await?),
        }
        drop(self);
        committed.await.unwrap_or(Err(StoreError::Away))
    }
}

async fn close(Batch { transaction, done }: Batch) {
    let committed = transaction.commit().await.map_err(StoreError::from);
    for one in done {
        let told = match &committed {
            Ok(()) => Ok(()),
            Err(StoreError::Full) => Err(StoreError::Full),
            Err(StoreError::Busy) => Err(StoreError::Busy),
            Err(_) => Err(StoreError::Away),
        };
        // Whoever went away does not want to know.
        let _ = one.send(told);
    }
}

//! The queue in front of SQLite's one writer, and the commit that saved answers share in it.
//!
//! A durable commit waits for the disk. Saves that come while the writer is busy are gathered, executed one after the
//! other behind a savepoint each, and committed at once; each is told its own outcome after that commit. The first of
//! them does the work for all; if it goes away in between, the work goes on without it. A save that nobody joins needs
//! no transaction around it, which is two ways to the database's thread and back less. All other writes have the
//! database for themselves, in the order in which they came.

use super::{
    bounded::Transaction, connect::PATIENCE_SQLITE, error::StoreError, kept::Kept,
    saved_answers::UNDO_ON_SQLITE,
};
use futures_util::{FutureExt as _, future::BoxFuture};
use sea_orm::{
    DatabaseConnection, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait as _,
};
use sqlx::SqliteConnection;
use std::{
    mem,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    runtime::Handle,
    sync::{Mutex as FairMutex, OwnedMutexGuard, oneshot},
};

/// A save that waits, and where to tell whether it wrote.
struct Gathered {
    save: Statement,
    tell: oneshot::Sender<Result<bool, StoreError>>,
}

/// Writes wait here for each other. Cheap to clone.
#[derive(Clone)]
pub(super) struct WriteQueue {
    writer: DatabaseConnection,
    /// Who asks first is served first. The connection for saves comes with the turn; none after closing.
    turn: Arc<FairMutex<Option<Kept<SqliteConnection>>>>,
    /// Saves for the next shared commit. Whoever put the first one here waits for its turn to write them all.
    gathered: Arc<Mutex<Vec<Gathered>>>,
    /// The runtime that lasts: a thread that serves may end before others.
    home: Handle,
}

/// Work for others: who began it does it, and if that one goes away, the runtime that lasts goes on with it.
struct Lasting {
    work: Option<BoxFuture<'static, ()>>,
    home: Handle,
}

impl Future for Lasting {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let Some(work) = &mut this.work else { return Poll::Ready(()) };
        // Its timers are there too.
        let _home = this.home.enter();
        ready!(work.as_mut().poll(context));
        this.work = None;
        Poll::Ready(())
    }
}

impl Drop for Lasting {
    fn drop(&mut self) {
        if let Some(work) = self.work.take() {
            drop(self.home.spawn(work));
        }
    }
}

/// The right to write, until it is dropped.
pub(super) type Turn = OwnedMutexGuard<Option<Kept<SqliteConnection>>>;

/// A transaction that was begun. Dropping it rolls it back.
pub(super) struct Write {
    /// What to execute on; never to be committed by itself.
    pub(super) transaction: Transaction,
    /// Given up after the transaction has ended (fields drop in this order). None on PostgreSQL.
    _turn: Option<Turn>,
}

impl Write {
    /// A transaction that waits for nobody.
    pub(super) const fn without_turn(transaction: Transaction) -> Self {
        Self { transaction, _turn: None }
    }

    /// Commits. Returns after it is durable.
    ///
    /// # Errors
    /// When the commit fails; nothing stays then.
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        self.transaction.commit().await
    }
}

impl WriteQueue {
    /// A queue in front of the connections that write: one for saves, one for everything else.
    pub(super) fn new(writer: DatabaseConnection, saver: Kept<SqliteConnection>) -> Self {
        let turn = Arc::new(FairMutex::new(Some(saver)));
        Self { writer, turn, gathered: Arc::default(), home: Handle::current() }
    }

    /// Closes the connection for saves after what is being written.
    pub(super) async fn close(&self) {
        if let Some(saver) = self.turn.lock().await.take() {
            saver.close().await;
        }
    }

    /// Folds the write-ahead log into the file and empties it, unless somebody writes, and as far as nobody reads on: it
    /// waits for neither. What is written meanwhile waits for it. Says whether it was tried.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(super) async fn empty_log(&self) -> Result<bool, StoreError> {
        let Ok(mut turn) = self.turn.try_lock() else { return Ok(false) };
        let Some(saver) = turn.as_mut() else { return Ok(false) };
        saver.unprepared("PRAGMA busy_timeout = 0").await?;
        let emptied = saver.unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await;
        saver.unprepared(&format!("PRAGMA busy_timeout = {}", PATIENCE_SQLITE.as_millis())).await?;
        emptied?;
        Ok(true)
    }

    /// Waits for its turn.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when it does not come.
    pub(super) async fn turn(&self) -> Result<Turn, StoreError> {
        let turn = tokio::time::timeout(PATIENCE_SQLITE, Arc::clone(&self.turn).lock_owned()).await;
        turn.map_err(|_| StoreError::Busy)
    }

    /// Waits for its turn and begins.
    ///
    /// # Errors
    /// As [`Self::turn`].
    pub(super) async fn begin(&self) -> Result<Write, StoreError> {
        let turn = self.turn().await?;
        let immediate = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let transaction = self.writer.begin_with_options(immediate).await?;
        Ok(Write { transaction: Transaction::new(transaction, Duration::MAX), _turn: Some(turn) })
    }

    /// Executes the statement of a save in the next shared commit, and says whether it wrote.
    ///
    /// # Errors
    /// Its own failure; when the commit fails, everybody's in it.
    pub(super) async fn write_together(&self, save: Statement) -> Result<bool, StoreError> {
        let (tell, told) = oneshot::channel();
        let first = {
            let mut gathered = self.gathered.lock().unwrap_or_else(PoisonError::into_inner);
            gathered.push(Gathered { save, tell });
            gathered.len() == 1
        };
        if first {
            let work = self.clone().commit_gathered().boxed();
            Lasting { work: Some(work), home: self.home.clone() }.await;
        }
        told.await.unwrap_or(Err(StoreError::Away))
    }

    async fn commit_gathered(self) {
        let turn = self.turn().await;
        let gathered = mem::take(&mut *self.gathered.lock().unwrap_or_else(PoisonError::into_inner));
        let (saves, tells): (Vec<_>, Vec<_>) = gathered.into_iter().map(|one| (one.save, one.tell)).unzip();
        let outcomes = match turn {
            Ok(mut turn) => match turn.as_mut() {
                Some(saver) => execute(saver, &saves).await,
                None => Err(StoreError::Away),
            },
            Err(error) => Err(error),
        };
        // Whoever went away does not want to know.
        match outcomes {
            Ok(outcomes) => tells.into_iter().zip(outcomes).for_each(|(tell, own)| drop(tell.send(own))),
            Err(error) => tells.into_iter().for_each(|tell| drop(tell.send(Err(same(&error))))),
        }
    }
}

/// Executes saves and commits them. Fails when none of them was committed.
async fn execute(
    saver: &mut Kept<SqliteConnection>,
    saves: &[Statement],
) -> Result<Vec<Result<bool, StoreError>>, StoreError> {
    let done = match saves {
        // Its own savepoint is the transaction, and commits with it.
        [only] => Ok(vec![wrote(saver, only).await]),
        several => execute_together(saver, several).await,
    };
    if matches!(done.as_deref(), Err(_) | Ok([Err(_)])) {
        // Fails when the failure has ended the transaction already, and leaves none open in any case.
        drop(saver.unprepared("ROLLBACK").await);
    }
    done
}

/// One save after the other, and one commit. What one of them did before it failed is taken back alone.
async fn execute_together(
    saver: &mut Kept<SqliteConnection>,
    saves: &[Statement],
) -> Result<Vec<Result<bool, StoreError>>, StoreError> {
    saver.unprepared("BEGIN IMMEDIATE").await?;
    let mut outcomes = Vec::with_capacity(saves.len());
    for save in saves {
        let outcome = wrote(saver, save).await;
        if outcome.is_err() {
            saver.unprepared(UNDO_ON_SQLITE).await?;
        }
        outcomes.push(outcome);
    }
    saver.unprepared("COMMIT").await?;
    Ok(outcomes)
}

/// Whether the save wrote.
async fn wrote(saver: &mut Kept<SqliteConnection>, save: &Statement) -> Result<bool, StoreError> {
    Ok(!saver.all(save).await?.is_empty())
}

/// What everybody is told when all of them fail.
fn same(error: &StoreError) -> StoreError {
    match error {
        StoreError::Full => StoreError::Full,
        StoreError::Busy => StoreError::Busy,
        _ => StoreError::Away,
    }
}

//! Stopping without losing anything: first politely, then at once.
//!
//! Background work is started with [`Shutdown::spawn`] and asks [`Shutdown::stopping`] whether to take on more. On the
//! first signal nothing new begins and what runs may finish; on the second, or when the grace is over, it is cut off.

use std::future::Future;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long running requests and jobs may take to finish: less than the 30 seconds after which supervisors kill.
pub const GRACE: Duration = Duration::from_secs(25);

/// Shared by its clones.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    soft: CancellationToken,
    hard: CancellationToken,
    tasks: TaskTracker,
}

/// How the end came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Everything finished by itself.
    Finished,
    /// Some work was cut off; its leases must be released or will run out.
    CutOff,
}

impl Shutdown {
    /// Nothing is stopping yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs background work that the end waits for. Work that is cut off is dropped at its next await.
    pub fn spawn<F>(&self, work: F) -> JoinHandle<()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let hard = self.hard.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                biased;
                () = hard.cancelled() => {}
                () = work => {}
            }
        })
    }

    /// Begin to stop: take on nothing new. Calling it twice changes nothing.
    pub fn stop(&self) {
        self.soft.cancel();
    }

    /// Stop at once.
    pub fn stop_now(&self) {
        self.soft.cancel();
        self.hard.cancel();
    }

    /// True from the first signal on.
    pub fn is_stopping(&self) -> bool {
        self.soft.is_cancelled()
    }

    /// Ends when stopping begins. For `select!` beside waiting for work.
    pub async fn stopping(&self) {
        self.soft.cancelled().await;
    }

    /// Ends when everything is to be cut off.
    pub async fn cut_off(&self) {
        self.hard.cancelled().await;
    }

    /// Waits for the signal to stop, then for the work; cuts it off after `grace` or on [`Shutdown::stop_now`].
    pub async fn finish(&self, grace: Duration) -> Ended {
        self.soft.cancelled().await;
        self.tasks.close();
        tokio::select! {
            biased;
            () = self.tasks.wait() => {
                if self.hard.is_cancelled() { Ended::CutOff } else { Ended::Finished }
            }
            () = self.hard.cancelled() => self.cut().await,
            () = tokio::time::sleep(grace) => self.cut().await,
        }
    }

    async fn cut(&self) -> Ended {
        self.hard.cancel();
        // Dropped work ends at its next await; work that never awaits is not waited for.
        let _ = tokio::time::timeout(Duration::from_secs(1), self.tasks.wait()).await;
        Ended::CutOff
    }

    /// Listens to SIGTERM and Ctrl-C: the first stops, the second stops at once.
    ///
    /// # Errors
    /// When the operating system refuses the listeners.
    pub fn listen(&self) -> std::io::Result<()> {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let this = self.clone();
        // Not tracked: it would wait for itself.
        tokio::spawn(async move {
            for round in 0..2 {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
                if round == 0 {
                    tracing::info!("stopping; once more stops at once");
                    this.stop();
                } else {
                    this.stop_now();
                }
            }
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    fn slow_work(shutdown: &Shutdown, takes: Duration) -> Arc<AtomicBool> {
        let done = Arc::new(AtomicBool::new(false));
        let flag = done.clone();
        shutdown.spawn(async move {
            tokio::time::sleep(takes).await;
            flag.store(true, Ordering::SeqCst);
        });
        done
    }

    #[tokio::test]
    async fn running_work_is_finished_before_the_end() {
        let shutdown = Shutdown::new();
        let done = slow_work(&shutdown, Duration::from_millis(50));
        assert!(!shutdown.is_stopping());
        shutdown.stop();
        assert!(shutdown.is_stopping());
        assert_eq!(shutdown.finish(Duration::from_secs(5)).await, Ended::Finished);
        assert!(done.load(Ordering::SeqCst));
    }

    #[tokio::test]
    async fn work_beyond_the_grace_is_cut_off() {
        let shutdown = Shutdown::new();
        let done = slow_work(&shutdown, Duration::from_secs(60));
        shutdown.stop();
        assert_eq!(shutdown.finish(Duration::from_millis(20)).await, Ended::CutOff);
        assert!(!done.load(Ordering::SeqCst));
    }

    #[tokio::test]
    async fn a_second_signal_does_not_wait_for_the_grace() {
        let shutdown = Shutdown::new();
        slow_work(&shutdown, Duration::from_secs(60));
        let begun = std::time::Instant::now();
        shutdown.stop();
        let second = shutdown.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(30)).await;
            second.stop_now();
        });
        assert_eq!(shutdown.finish(GRACE).await, Ended::CutOff);
        assert!(begun.elapsed() < Duration::from_secs(5));
    }

    #[tokio::test]
    async fn idle_work_hears_that_it_is_to_stop() {
        let shutdown = Shutdown::new();
        let inner = shutdown.clone();
        shutdown.spawn(async move { inner.stopping().await });
        shutdown.stop();
        assert_eq!(shutdown.finish(Duration::from_secs(5)).await, Ended::Finished);
    }
}

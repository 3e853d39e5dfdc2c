//! How much one person may have under way at once: saves and uploads of a session of the portal, exports of a user.
//!
//! Work takes a [`Place`] and gives it back when it is done or its client has gone. Who takes more than their share is
//! told so with 429, and where the process has no place left the answer is 503. It is work under way that counts, and
//! no rate: a browser that comes back with an hour of answers may send them as fast as they are saved. To bound other
//! work: a field of [`Shares`], and [`Share::enter`] where that work begins.

use super::problem::{OVERLOADED, Problem, RATE_LIMITED};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;
use uuid::Uuid;

/// How much of one kind of work there may be.
#[derive(Clone, Copy, Debug)]
pub struct Most {
    /// Under way of one person.
    pub each: usize,
    /// Under way in the process.
    pub all: usize,
    /// Waiting of one person; with 0 nothing waits.
    pub each_waiting: usize,
    /// Waiting in the process.
    pub all_waiting: usize,
}

/// The bounds of the process.
#[derive(Debug)]
pub struct Shares {
    /// Saves of answers, by session of the portal.
    pub saves: Arc<Share>,
    /// Files on their way in, by session of the portal.
    pub uploads: Arc<Share>,
    /// Files that are made for somebody, by user.
    pub exports: Arc<Share>,
}

impl Default for Shares {
    fn default() -> Self {
        let saves = Most { each: 64, all: usize::MAX, each_waiting: 0, all_waiting: 0 };
        let uploads = Most { each: 4, all: 32, each_waiting: 0, all_waiting: 0 };
        let exports = Most { each: 2, all: 8, each_waiting: 8, all_waiting: 32 };
        Self::with(saves, uploads, exports)
    }
}

impl Shares {
    /// With these bounds.
    #[must_use]
    pub fn with(saves: Most, uploads: Most, exports: Most) -> Self {
        let share = |most, retry_after, words| Arc::new(Share::new(most, retry_after, words));
        Self {
            saves: share(
                saves,
                1,
                "Too many answers are being saved from here at once. This one was not saved; send it again in a moment.",
            ),
            uploads: share(
                uploads,
                5,
                "Too many of your files are on their way at once. Nothing of this one was kept; add it again when one \
                 of the others is done.",
            ),
            exports: share(
                exports,
                5,
                "Too many files are being made for you at once. Ask for this one again when one of the others is done.",
            ),
        }
    }
}

/// One kind of work, by person.
#[derive(Debug)]
pub struct Share {
    most: Most,
    /// Seconds after which it is worth trying again.
    retry_after: u64,
    /// For whoever has taken their share: what happened and what to do.
    words: &'static str,
    now: Mutex<Now>,
    /// A place or a turn became free.
    freed: Notify,
}

/// What is under way and what waits.
#[derive(Debug, Default)]
struct Now {
    under_way: usize,
    /// Under way by person; whoever has nothing under way is not in it.
    by: HashMap<Uuid, usize>,
    /// In the order of coming.
    waiting: VecDeque<(u64, Uuid)>,
    /// The ticket of whoever came to wait last.
    last: u64,
}

impl Now {
    fn of(&self, who: Uuid) -> usize {
        self.by.get(&who).copied().unwrap_or_default()
    }

    /// Whether somebody may begin who stands behind so many of those that wait. Who waits for a place of their own
    /// keeps nobody else waiting.
    fn may_begin(&self, most: &Most, who: Uuid, behind: usize) -> bool {
        let free = |who| self.of(who) < most.each;
        self.under_way < most.all
            && free(who)
            && !self.waiting.iter().take(behind).any(|(_, other)| free(*other))
    }
}

impl Share {
    fn new(most: Most, retry_after: u64, words: &'static str) -> Self {
        Self { most, retry_after, words, now: Mutex::default(), freed: Notify::new() }
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place for `who`, after waiting for it where this kind of work may wait.
    ///
    /// # Errors
    /// `rate-limited` when it is this person's share that is used up, `overloaded` when it is the process's.
    pub async fn enter(self: &Arc<Self>, who: Uuid) -> Result<Place, Problem> {
        let waiting = {
            let mut now = self.now();
            let behind = now.waiting.len();
            if now.may_begin(&self.most, who, behind) {
                return Ok(self.begin(&mut now, who));
            }
            self.wait(&mut now, who)?
        };
        loop {
            let freed = self.freed.notified();
            if let Some(place) = self.turn(&waiting) {
                return Ok(place);
            }
            freed.await;
        }
    }

    fn begin(self: &Arc<Self>, now: &mut Now, who: Uuid) -> Place {
        now.under_way += 1;
        *now.by.entry(who).or_default() += 1;
        Place { share: Arc::clone(self), who }
    }

    /// Goes to the end of those that wait, or away.
    fn wait(self: &Arc<Self>, now: &mut Now, who: Uuid) -> Result<Waiting, Problem> {
        let most = &self.most;
        let own = now.waiting.iter().filter(|(_, other)| *other == who).count();
        if own >= most.each_waiting && (own > 0 || now.of(who) >= most.each) {
            let problem = Problem { retry_after: Some(self.retry_after), ..Problem::new(RATE_LIMITED) };
            return Err(problem.detail(self.words));
        }
        if now.waiting.len() >= most.all_waiting {
            let busy = Problem { retry_after: Some(2), ..Problem::new(OVERLOADED) };
            return Err(busy.detail("Please try again in a moment."));
        }
        now.last += 1;
        now.waiting.push_back((now.last, who));
        Ok(Waiting { share: Arc::clone(self), ticket: now.last, who })
    }

    /// The place of one that waits, if its turn has come.
    fn turn(self: &Arc<Self>, waiting: &Waiting) -> Option<Place> {
        let mut now = self.now();
        let behind = now.waiting.iter().position(|(ticket, _)| *ticket == waiting.ticket)?;
        now.may_begin(&self.most, waiting.who, behind).then(|| self.begin(&mut now, waiting.who))
    }
}

/// Work that is under way, until it is dropped.
#[must_use = "the work is under way for as long as its place is held"]
#[derive(Debug)]
pub struct Place {
    share: Arc<Share>,
    who: Uuid,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut now = self.share.now();
        now.under_way -= 1;
        if let Some(own) = now.by.get_mut(&self.who) {
            *own -= 1;
            if *own == 0 {
                now.by.remove(&self.who);
            }
        }
        if !now.waiting.is_empty() {
            self.share.freed.notify_waiters();
        }
    }
}

/// Work that waits for its turn, until it is dropped: its turn has come, or its client has gone.
struct Waiting {
    share: Arc<Share>,
    ticket: u64,
    who: Uuid,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut now = self.share.now();
        now.waiting.retain(|(ticket, _)| *ticket != self.ticket);
        // Whoever stood behind may be the next.
        self.share.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::{FutureExt as _, future::BoxFuture};

    fn person(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    /// A place that is free now.
    fn taken(share: &Arc<Share>, who: u128) -> Place {
        asked(share, who).now_or_never().unwrap().unwrap()
    }

    fn asked(share: &Arc<Share>, who: u128) -> BoxFuture<'static, Result<Place, Problem>> {
        let share = Arc::clone(share);
        async move { share.enter(person(who)).await }.boxed()
    }

    /// The code of a refusal, which comes at once and says when to come again.
    #[track_caller]
    fn refused(share: &Arc<Share>, who: u128) -> &'static str {
        let problem = asked(share, who).now_or_never().unwrap().unwrap_err();
        assert!(problem.retry_after.is_some_and(|seconds| seconds > 0) && problem.detail.is_some());
        problem.code.0
    }

    /// Work that waits.
    fn waiting(share: &Arc<Share>, who: u128) -> BoxFuture<'static, Result<Place, Problem>> {
        let mut asked = asked(share, who);
        assert!((&mut asked).now_or_never().is_none(), "it should wait");
        asked
    }

    #[test]
    fn a_session_saves_sixty_four_answers_at_once_and_keeps_no_other_away() {
        let share = Shares::default().saves;
        let mut held: Vec<Place> = (0..64).map(|_| taken(&share, 1)).collect();
        assert_eq!(refused(&share, 1), "rate-limited");
        held.extend((0..640).map(|number| taken(&share, 2 + number / 64)));
        drop(held.remove(0));
        held.push(taken(&share, 1));
        assert_eq!(refused(&share, 1), "rate-limited");
        drop(held);
        assert!(share.now().by.is_empty(), "nobody is remembered");
    }

    #[test]
    fn a_session_has_four_uploads_and_the_process_thirty_two() {
        let share = Shares::default().uploads;
        let mut held: Vec<Place> = (0..31).map(|number| taken(&share, number / 4)).collect();
        assert_eq!(refused(&share, 0), "rate-limited");
        held.push(taken(&share, 7));
        assert_eq!(refused(&share, 7), "rate-limited", "its own share is what it used up");
        assert_eq!(refused(&share, 8), "overloaded");
        held.clear();
        held.push(taken(&share, 8));
    }

    #[test]
    fn two_exports_of_a_user_run_eight_wait_and_the_next_is_refused() {
        let share = Shares::default().exports;
        let mut running = vec![taken(&share, 1), taken(&share, 1)];
        let mut line: Vec<_> = (0..8).map(|_| waiting(&share, 1)).collect();
        assert_eq!(refused(&share, 1), "rate-limited");
        running.push(taken(&share, 2));
        // One that is done lets the first of the line in, and nobody else.
        drop(running.remove(0));
        assert!((&mut line[1]).now_or_never().is_none());
        running.push((&mut line[0]).now_or_never().unwrap().unwrap());
        assert!((&mut line[1]).now_or_never().is_none());
        // One that went away leaves its place in the line.
        drop(line.remove(1));
        line.push(waiting(&share, 1));
        line.push(waiting(&share, 1));
        assert_eq!(refused(&share, 1), "rate-limited");
    }

    #[test]
    fn eight_exports_run_in_all_thirty_two_wait_and_the_next_is_told_that_we_are_busy() {
        let share = Shares::default().exports;
        let mut running: Vec<Place> = (0..8).map(|number| taken(&share, number / 2)).collect();
        let mut line: Vec<_> = (0..32).map(|number| waiting(&share, 10 + number / 8)).collect();
        assert_eq!(refused(&share, 20), "overloaded");
        assert_eq!(refused(&share, 10), "rate-limited");
        running.clear();
        let line = line.iter_mut().enumerate();
        let begun = line.filter_map(|(number, asked)| Some((number, asked.now_or_never()?.unwrap())));
        let begun: Vec<(usize, Place)> = begun.collect();
        let begun: Vec<usize> = begun.iter().map(|(number, _)| *number).collect();
        assert_eq!(begun, [0, 1, 8, 9, 16, 17, 24, 25], "two of each, in the order of coming");
    }
}

//! How fast the API is asked: a bounded number of requests at a time, and fewer while it is busy.
//!
//! A 429 ends nothing. It names no time (protocol.md A), so all requests pause, longer each time, and
//! half as many are sent afterwards. Other failures that may pass are tried again a few times.

use std::{cell::Cell, rc::Rc, time::Duration};

use futures_util::future::select_ok;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::{Instant, sleep, sleep_until},
};

use crate::{api::ApiError, model::Notices, process::chance};

/// How many requests are under way at most. More would make a long report faster, and would take a
/// larger share of what the service gives to everybody.
pub(super) const IN_FLIGHT: usize = 3;
/// The first pause after a 429; it doubles while the service stays busy.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause of our own choice.
const LONGEST_PAUSE: Duration = Duration::from_secs(8);
/// The longest pause that a `Retry-After` may ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(60);
/// How often a request that failed in another way is sent in all.
const ATTEMPTS: u32 = 5;
/// The pause before its second attempt; it doubles.
const FIRST_RETRY: Duration = Duration::from_millis(250);
/// When an answer is so late that the request is sent a second time beside the first one.
const LATE: Duration = Duration::from_secs(5);

/// Sends requests at a pace that the service can take.
pub(super) struct Pace {
    notices: Rc<dyn Notices>,
    free: Semaphore,
    /// How many requests may be under way now.
    limit: Cell<usize>,
    /// How many places go as soon as they are free.
    excess: Cell<usize>,
    /// How many answers came since the limit changed.
    answers: Cell<usize>,
    /// Until when nothing is sent.
    paused_until: Cell<Option<Instant>>,
    /// When the limit was lowered last.
    slowed_at: Cell<Option<Instant>>,
    /// How many pauses there were since an answer came.
    pauses: Cell<u32>,
    /// Whether the service has answered at all.
    answered: Cell<bool>,
}

/// A place among the requests that are under way.
struct Turn<'a> {
    pace: &'a Pace,
    permit: Option<SemaphorePermit<'a>>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let excess = self.pace.excess.get();
        if let Some(permit) = self.permit.take()
            && excess > 0
        {
            self.pace.excess.set(excess - 1);
            permit.forget();
        }
    }
}

impl Pace {
    /// A pace that tells `notices` when it waits.
    pub(super) fn new(notices: Rc<dyn Notices>) -> Self {
        Self {
            notices,
            free: Semaphore::new(IN_FLIGHT),
            limit: Cell::new(IN_FLIGHT),
            excess: Cell::new(0),
            answers: Cell::new(0),
            paused_until: Cell::new(None),
            slowed_at: Cell::new(None),
            pauses: Cell::new(0),
            answered: Cell::new(false),
        }
    }

    /// Sends a request that only reads, as often as it takes and helps.
    ///
    /// # Errors
    /// What the last attempt failed with; never [`ApiError::Throttled`].
    pub(super) async fn ask<T, F>(&self, call: impl Fn() -> F) -> Result<T, ApiError>
    where
        F: Future<Output = Result<T, ApiError>>,
    {
        let mut attempt = 1;
        loop {
            let turn = self.turn().await;
            let sent = Instant::now();
            let outcome = in_time(&call).await;
            drop(turn);
            match outcome {
                Ok(answer) => {
                    self.speed_up(sent);
                    return Ok(answer);
                }
                Err(ApiError::Throttled { wait, .. }) => self.slow_down(sent, wait),
                Err(err) if attempt < ATTEMPTS && self.may_help(&err) => {
                    let doubled = FIRST_RETRY * 2_u32.pow(attempt - 1);
                    sleep(around(doubled)).await;
                    attempt += 1;
                }
                Err(err) => {
                    // A refusal is an answer; a connection that was never made is none.
                    if !matches!(err, ApiError::Connect { sent: false, .. }) {
                        self.answered.set(true);
                    }
                    return Err(err);
                }
            }
        }
    }

    /// Whether the same request may succeed a little later. A service that has never answered is not
    /// there.
    fn may_help(&self, err: &ApiError) -> bool {
        match err {
            ApiError::Failing { .. } | ApiError::Garbage { .. } => true,
            ApiError::Connect { sent, .. } => *sent || self.answered.get(),
            err => err.may_pass(),
        }
    }

    /// Waits for the end of a pause and for a place.
    async fn turn(&self) -> Turn<'_> {
        loop {
            if let Some(until) = self.paused_until.get() {
                sleep_until(until).await;
                if self.paused_until.get() == Some(until) {
                    self.paused_until.set(None);
                }
                continue;
            }
            // It is never closed.
            let permit = self.free.acquire().await.ok();
            let turn = Turn { pace: self, permit };
            if self.paused_until.get().is_none() {
                return turn;
            }
        }
    }

    /// An answer came: after as many as are under way at a time, one more may be.
    fn speed_up(&self, sent: Instant) {
        self.answered.set(true);
        if self.slowed_at.get().is_none_or(|at| sent > at) {
            self.pauses.set(0);
        }
        self.answers.set(self.answers.get() + 1);
        let limit = self.limit.get();
        if limit < IN_FLIGHT && self.answers.get() >= limit {
            self.answers.set(0);
            self.limit.set(limit + 1);
            match self.excess.get() {
                0 => self.free.add_permits(1),
                excess => self.excess.set(excess - 1),
            }
        }
    }

    /// The service is busy. Requests that were sent before the last 429 tell nothing new.
    fn slow_down(&self, sent: Instant, asked: Option<Duration>) {
        self.answered.set(true);
        if self.slowed_at.get().is_some_and(|at| sent <= at) {
            return;
        }
        let now = Instant::now();
        self.slowed_at.set(Some(now));
        self.answers.set(0);
        let limit = self.limit.get();
        let lower = (limit / 2).max(1);
        self.limit.set(lower);
        let forgotten = self.free.forget_permits(limit - lower);
        self.excess
            .set(self.excess.get() + limit - lower - forgotten);
        let doubled = FIRST_PAUSE * 2_u32.pow(self.pauses.get().min(10));
        self.pauses.set(self.pauses.get() + 1);
        let pause = match asked {
            Some(asked) => asked.min(LONGEST_ASKED),
            None => around(doubled.min(LONGEST_PAUSE)),
        };
        self.paused_until.set(Some(now + pause));
        let seconds = pause.as_secs_f64().round();
        if seconds >= 1.0 {
            self.notices.waiting(&format!(
                "The API is busy. Trying again in {seconds} s, more slowly."
            ));
        }
    }
}

/// A request, and the same once more beside it where the answer is late. The first good answer counts.
async fn in_time<T, F>(call: &impl Fn() -> F) -> Result<T, ApiError>
where
    F: Future<Output = Result<T, ApiError>>,
{
    let mut first = Box::pin(call());
    tokio::select! {
        biased;
        outcome = &mut first => return outcome,
        () = sleep(LATE) => {}
    }
    let (answer, _) = select_ok([first, Box::pin(call())]).await?;
    Ok(answer)
}

/// A pause, up to a quarter shorter or longer.
fn around(pause: Duration) -> Duration {
    pause.mul_f64(0.75 + chance() / 2.0)
}

#[cfg(test)]
mod tests;

//! How long this run has waited in vain for a keyring. A run asks it more than once, and all of its
//! questions together end within seven seconds.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// The least that a question gets: a keyring may be back.
const LEAST: Duration = Duration::from_millis(300);

/// For how long a wait in vain counts. A person may have typed something since.
const REMEMBERED: Duration = Duration::from_secs(10);

/// When the last wait ended, and how long all of them were.
static WAITED: Mutex<Option<(Instant, Duration)>> = Mutex::new(None);

/// What is left of a limit.
pub(super) fn left_of(limit: Duration) -> Duration {
    limit.saturating_sub(waited()).max(LEAST)
}

/// Counts a wait in vain.
pub(super) fn spend(wait: Duration) {
    let all = waited() + wait;
    *WAITED.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), all));
}

fn waited() -> Duration {
    match *WAITED.lock().unwrap_or_else(PoisonError::into_inner) {
        Some((at, all)) if at.elapsed() < REMEMBERED => all,
        _ => Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Issue 10, 6
    #[test]
    fn what_was_waited_in_vain_is_taken_off_the_next_wait() {
        let limit = Duration::from_secs(4);
        assert_eq!(left_of(limit), limit);
        spend(Duration::from_secs(3));
        assert_eq!(left_of(limit), Duration::from_secs(1));
        spend(Duration::from_secs(3));
        assert_eq!(left_of(limit), LEAST);
    }
}

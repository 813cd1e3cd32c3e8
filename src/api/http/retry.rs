//! When a request is sent again, and how long to wait before: a pure policy. Time, chance and the
//! network are the caller's.

use std::time::Duration;

use super::Repeat;

/// What came of an attempt, as far as another one depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// An answer that another attempt would not change.
    Final,
    /// 429: nothing was done, and there were too many requests.
    Busy,
    /// 409 `transient_state`: nothing was done, since something else is going on.
    Unsettled,
    /// 5xx, which may have been carried out.
    Failing,
    /// The connection broke, and the request may have been carried out.
    Broken,
}

/// What is known before another attempt.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn {
    /// How many attempts were made.
    pub(super) attempt: u32,
    /// How long was waited between them.
    pub(super) waited: Duration,
    /// Whether the request may be sent again after it may have been carried out.
    pub(super) repeat: Repeat,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Wait so long and send it again.
    Wait(Duration),
    /// Take what came.
    GiveUp,
}

/// The pauses for one kind of outcome.
struct Schedule {
    /// The first pause; it doubles.
    first: Duration,
    /// How many attempts are made at most.
    attempts: u32,
    /// The most that is waited in all where the service says how long to wait.
    budget: Duration,
}

/// A real 429 names no time, so the pauses are the client's: 1, 2, 4 and 8 s (protocol.md A).
const BUSY: Schedule = Schedule {
    first: Duration::from_secs(1),
    attempts: 5,
    budget: Duration::from_secs(15),
};
/// Something else is going on, and ends soon or not at all.
const UNSETTLED: Schedule = Schedule {
    first: Duration::from_secs(1),
    attempts: 3,
    budget: Duration::from_secs(5),
};
/// A failure that passes does so at once.
const FAILING: Schedule = Schedule {
    first: Duration::from_millis(250),
    attempts: 3,
    budget: Duration::from_secs(5),
};

/// Decides what follows an attempt.
///
/// `asked` is what `Retry-After` says, and is obeyed where it fits into the budget: nobody waits
/// for an hour in a terminal. `jitter` is a chance in 0..1 that spreads the program's own pauses by
/// a quarter either way, so that many clients do not come back together.
pub(super) fn decide(
    turn: Turn,
    outcome: Outcome,
    asked: Option<Duration>,
    jitter: f64,
) -> Verdict {
    let schedule = match outcome {
        Outcome::Final => return Verdict::GiveUp,
        _ if turn.repeat == Repeat::Never => return Verdict::GiveUp,
        Outcome::Busy => BUSY,
        Outcome::Unsettled => UNSETTLED,
        Outcome::Failing | Outcome::Broken if turn.repeat == Repeat::Unsafe => {
            return Verdict::GiveUp;
        }
        Outcome::Failing | Outcome::Broken => FAILING,
    };
    if turn.attempt >= schedule.attempts {
        return Verdict::GiveUp;
    }
    match asked {
        Some(asked) if turn.waited.saturating_add(asked) > schedule.budget => Verdict::GiveUp,
        Some(asked) => Verdict::Wait(asked),
        None => {
            let doubled = schedule.first * 2_u32.pow(turn.attempt.saturating_sub(1));
            Verdict::Wait(doubled.mul_f64(0.75 + jitter.clamp(0.0, 1.0) / 2.0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pauses until it gives up, in milliseconds.
    fn pauses(outcome: Outcome, repeat: Repeat, asked: Option<u64>, jitter: f64) -> Vec<u128> {
        let mut found = Vec::new();
        let mut waited = Duration::ZERO;
        for attempt in 1.. {
            let turn = Turn {
                attempt,
                waited,
                repeat,
            };
            match decide(turn, outcome, asked.map(Duration::from_secs), jitter) {
                Verdict::Wait(pause) => {
                    waited += pause;
                    found.push(pause.as_millis());
                }
                Verdict::GiveUp => break,
            }
        }
        found
    }

    // Issue 7, 13
    #[test]
    fn a_busy_service_is_asked_again_after_one_two_four_and_eight_seconds() {
        for repeat in [Repeat::Safe, Repeat::Unsafe] {
            let middle = pauses(Outcome::Busy, repeat, None, 0.5);
            assert_eq!(middle, [1000, 2000, 4000, 8000]);
        }
    }

    #[test]
    fn chance_spreads_the_pauses_by_a_quarter() {
        let safe = Repeat::Safe;
        let shortest = pauses(Outcome::Busy, safe, None, 0.0);
        let longest = pauses(Outcome::Busy, safe, None, 1.0);
        assert_eq!(shortest, [750, 1500, 3000, 6000]);
        assert_eq!(longest, [1250, 2500, 5000, 10_000]);
        assert_eq!(pauses(Outcome::Busy, safe, None, 9.0), longest);
    }

    // Issue 7, 13
    #[test]
    fn what_the_service_asks_for_is_obeyed_within_the_budget_only() {
        let safe = Repeat::Safe;
        assert_eq!(pauses(Outcome::Busy, safe, Some(0), 0.5), [0, 0, 0, 0]);
        assert_eq!(pauses(Outcome::Busy, safe, Some(7), 0.5), [7000, 7000]);
        assert_eq!(pauses(Outcome::Busy, safe, Some(15), 0.5), [15_000]);
        for far in [16, 3600, u64::MAX] {
            assert!(pauses(Outcome::Busy, safe, Some(far), 0.5).is_empty());
        }
    }

    // Issue 7, 13
    #[test]
    fn a_state_that_passes_is_tried_three_times_whatever_the_call_does() {
        for repeat in [Repeat::Safe, Repeat::Unsafe] {
            let found = pauses(Outcome::Unsettled, repeat, None, 0.5);
            assert_eq!(found, [1000, 2000]);
        }
    }

    #[test]
    fn a_request_that_may_have_been_carried_out_is_sent_again_only_where_that_changes_nothing() {
        for outcome in [Outcome::Failing, Outcome::Broken] {
            assert_eq!(pauses(outcome, Repeat::Safe, None, 0.5), [250, 500]);
            assert!(pauses(outcome, Repeat::Unsafe, None, 0.5).is_empty());
        }
    }

    // Issue 7, 1
    #[test]
    fn what_may_be_wrong_after_a_pause_is_sent_once_whatever_comes() {
        for outcome in [
            Outcome::Busy,
            Outcome::Unsettled,
            Outcome::Failing,
            Outcome::Broken,
        ] {
            for asked in [None, Some(0)] {
                assert!(pauses(outcome, Repeat::Never, asked, 0.5).is_empty());
            }
        }
    }

    #[test]
    fn an_answer_that_stays_the_same_is_taken() {
        assert!(pauses(Outcome::Final, Repeat::Safe, Some(0), 0.5).is_empty());
    }
}

//! Who goes on and who waits: at seeded calls a process stands still until the others have come
//! on by a seeded number of calls.

use std::{
    sync::{Condvar, Mutex, PoisonError},
    time::Duration,
};

use crate::random::Random;

/// How long a process stands still at most: the others may all be waiting for what it holds.
const PATIENCE: Duration = Duration::from_millis(25);

/// One call in so many is one to stand still at.
const ONE_IN: usize = 12;

/// How far the others come on meanwhile, at most.
const LONGEST: usize = 60;

/// The calls of all processes, counted together.
#[derive(Debug, Default)]
pub(super) struct Turns {
    made: Mutex<usize>,
    more: Condvar,
}

impl Turns {
    /// A process is about to make a call: it may have to stand still first.
    pub(super) fn call(&self, random: &mut Random) {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        *made += 1;
        self.more.notify_all();
        if random.below(ONE_IN) != 0 {
            return;
        }
        let until = *made + 1 + random.below(LONGEST);
        let waited = self
            .more
            .wait_timeout_while(made, PATIENCE, |made| *made < until);
        drop(waited);
    }
}

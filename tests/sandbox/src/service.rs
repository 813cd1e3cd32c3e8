//! What all dialects share: the state and the clock.

use crate::{clock::Clock, store::Store};

/// The account service behind its dialects.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
}

impl Service {
    /// The time now, in seconds since 1970, by the service's clock.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now().unix_timestamp()
    }
}

//! The service's clock, which tests can move.

use std::sync::atomic::{AtomicI64, Ordering};

use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

/// Real time plus an offset. Everything in the service reads this clock: `Date` headers, code
/// windows, expiry, time stamps.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    offset_s: AtomicI64,
}

impl Clock {
    /// The time now, in UTC and whole seconds.
    #[must_use]
    pub(crate) fn now(&self) -> OffsetDateTime {
        let real = OffsetDateTime::now_utc();
        let seconds = real.unix_timestamp() + self.offset_s();
        OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(real)
    }

    /// Moves the clock by `seconds`, forth or back.
    pub(crate) fn advance(&self, seconds: i64) {
        self.offset_s.fetch_add(seconds, Ordering::SeqCst);
    }

    /// How far the clock was moved, in seconds.
    #[must_use]
    pub(crate) fn offset_s(&self) -> i64 {
        self.offset_s.load(Ordering::SeqCst)
    }
}

/// A time as the APIs write it: RFC 3339, UTC (protocol.md).
#[must_use]
pub(crate) fn rfc3339(unix_time: i64) -> String {
    OffsetDateTime::from_unix_timestamp(unix_time)
        .ok()
        .and_then(|at| at.to_offset(UtcOffset::UTC).format(&Rfc3339).ok())
        .unwrap_or_default()
}

/// The time that an RFC 3339 text names, in seconds since 1970.
pub(crate) fn parse_rfc3339(text: &str) -> Option<i64> {
    OffsetDateTime::parse(text, &Rfc3339)
        .ok()
        .map(OffsetDateTime::unix_timestamp)
}

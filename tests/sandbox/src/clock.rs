//! The service's clock, which tests can move, and the instants that it tells.

use std::sync::atomic::{AtomicI64, Ordering};

use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, Value, ValueRef};
use time::{
    OffsetDateTime, UtcOffset,
    format_description::{BorrowedFormatItem, well_known::Rfc3339},
    macros::format_description,
};

const MICROS: i64 = 1_000_000;

/// An instant to the microsecond, as the real service keeps them (protocol.md A, "User"). A type of
/// its own, so that nobody takes seconds for microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant(i64);

impl Instant {
    /// Seconds since 1970, rounded down: what one-time passwords and JWTs count in.
    pub(crate) fn unix_seconds(self) -> i64 {
        self.0.div_euclid(MICROS)
    }

    /// So many seconds later, or earlier.
    pub(crate) fn plus_s(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(MICROS)))
    }

    /// So many microseconds later.
    pub(crate) fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// Without its fraction: for people, and for HTML, which knows milliseconds at most.
    pub(crate) fn whole(self) -> Self {
        Self(self.0 - self.0.rem_euclid(MICROS))
    }

    /// The instant that an RFC 3339 text names; what is finer than a microsecond is cut off.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::of(OffsetDateTime::parse(text, &Rfc3339).ok()?)
    }

    /// The text of the APIs: RFC 3339, UTC (protocol.md). A fraction has three digits or six, and
    /// whole seconds have none, as protobuf writes a time in JSON.
    #[must_use]
    pub(crate) fn rfc3339(self) -> String {
        const WHOLE: &[BorrowedFormatItem<'_>] =
            format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
        const MILLIS: &[BorrowedFormatItem<'_>] = format_description!(
            "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z"
        );
        const FULL: &[BorrowedFormatItem<'_>] = format_description!(
            "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z"
        );
        let form = match self.0.rem_euclid(MICROS) {
            0 => WHOLE,
            micros if micros % 1000 == 0 => MILLIS,
            _ => FULL,
        };
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1000)
            .ok()
            .and_then(|at| at.to_offset(UtcOffset::UTC).format(form).ok())
            .unwrap_or_default()
    }

    fn of(at: OffsetDateTime) -> Option<Self> {
        let micros = at.unix_timestamp_nanos().div_euclid(1000);
        i64::try_from(micros).ok().map(Self)
    }
}

impl ToSql for Instant {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl From<Instant> for Value {
    fn from(at: Instant) -> Self {
        Self::Integer(at.0)
    }
}

impl FromSql for Instant {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        i64::column_result(value).map(Self)
    }
}

/// Real time plus an offset. Everything in the service reads this clock: `Date` headers, code
/// windows, expiry, time stamps.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    offset_s: AtomicI64,
}

impl Clock {
    /// The time now, in UTC.
    #[must_use]
    pub(crate) fn now(&self) -> OffsetDateTime {
        let real = OffsetDateTime::now_utc();
        real.checked_add(time::Duration::seconds(self.offset_s()))
            .unwrap_or(real)
    }

    /// The time now, to the microsecond.
    #[must_use]
    pub(crate) fn instant(&self) -> Instant {
        // A year that i64 cannot count to in microseconds is far off.
        Instant::of(self.now()).unwrap_or(Instant(i64::MAX))
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

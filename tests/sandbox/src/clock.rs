//! The service's clock, which tests can move, and the instants that it tells.

use std::{
    ops::RangeInclusive,
    sync::atomic::{AtomicI64, Ordering},
};

use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, Value, ValueRef};
use time::{
    OffsetDateTime, UtcOffset,
    format_description::{BorrowedFormatItem, well_known::Rfc3339},
    macros::format_description,
};

const MICROS: i64 = 1_000_000;

/// An instant to the microsecond, as the real service keeps them (protocol.md A, "User"). A type of
/// its own, so that nobody takes seconds for microseconds.
///
/// Every instant is between the first and the last that RFC 3339 writes with four digits, and that
/// protobuf's `Timestamp` has: the years 1 to 9999. What would lie beyond is the first or the last
/// one. So each has a text, and the longest durations of the API overflow nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant(i64);

/// 0001-01-01T00:00:00Z.
const FIRST: i64 = -62_135_596_800 * MICROS;

/// 9999-12-31T23:59:59.999999Z.
const LAST: i64 = 253_402_300_800 * MICROS - 1;

/// The seconds since 1970 between which the clock can be set: from the beginning of 1970, before
/// which there are no one-time passwords, to that of 9000. There is room left for what the service
/// adds to the time.
const SETTINGS: RangeInclusive<i64> = 0..=221_845_392_000;

/// The clock cannot be set to such a time.
#[derive(Debug, thiserror::Error)]
#[error("advance_s leads out of the years 1970 to 9000")]
pub(crate) struct OutOfRange;

impl Instant {
    /// The instant so many microseconds after 1970, or the nearest one that there is.
    fn nearest(micros: i64) -> Self {
        Self(micros.clamp(FIRST, LAST))
    }

    /// Seconds since 1970, rounded down: what one-time passwords and JWTs count in.
    pub(crate) fn unix_seconds(self) -> i64 {
        self.0.div_euclid(MICROS)
    }

    /// So many seconds later, or earlier.
    pub(crate) fn plus_s(self, seconds: i64) -> Self {
        self.plus_micros(seconds.saturating_mul(MICROS))
    }

    /// So many microseconds later.
    pub(crate) fn plus_micros(self, micros: i64) -> Self {
        Self::nearest(self.0.saturating_add(micros))
    }

    /// Without its fraction: for people, and for HTML, which knows milliseconds at most.
    pub(crate) fn whole(self) -> Self {
        Self(self.0 - self.0.rem_euclid(MICROS))
    }

    /// The instant that an RFC 3339 text names; what is finer than a microsecond is cut off.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        OffsetDateTime::parse(text, &Rfc3339).ok().map(Self::of)
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

    fn of(at: OffsetDateTime) -> Self {
        let micros = at.unix_timestamp_nanos().div_euclid(1000);
        // The years of `OffsetDateTime`, -9999 to 9999, are no more than i64 counts.
        Self::nearest(i64::try_from(micros).unwrap_or(LAST))
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
        i64::column_result(value).map(Self::nearest)
    }
}

/// Real time plus an offset. Everything in the service reads this clock: `Date` headers, code
/// windows, expiry, time stamps.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    offset_s: AtomicI64,
}

impl Clock {
    /// The time now, in UTC; never out of the years 1970 to 9000.
    #[must_use]
    pub(crate) fn now(&self) -> OffsetDateTime {
        let real = OffsetDateTime::now_utc();
        let seconds = real.unix_timestamp().saturating_add(self.offset_s());
        let (first, last) = (*SETTINGS.start(), *SETTINGS.end());
        OffsetDateTime::from_unix_timestamp(seconds.clamp(first, last))
            .and_then(|at| at.replace_nanosecond(real.nanosecond()))
            .unwrap_or(real)
    }

    /// The time now, to the microsecond.
    #[must_use]
    pub(crate) fn instant(&self) -> Instant {
        Instant::of(self.now())
    }

    /// Moves the clock by `seconds`, forth or back.
    ///
    /// # Errors
    /// [`OutOfRange`]; the clock is as before then.
    pub(crate) fn advance(&self, seconds: i64) -> Result<(), OutOfRange> {
        let real = OffsetDateTime::now_utc().unix_timestamp();
        self.offset_s
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |offset_s| {
                let moved = offset_s.checked_add(seconds)?;
                let time = real.checked_add(moved)?;
                SETTINGS.contains(&time).then_some(moved)
            })
            .map(drop)
            .map_err(|_| OutOfRange)
    }

    /// How far the clock was moved, in seconds.
    #[must_use]
    pub(crate) fn offset_s(&self) -> i64 {
        self.offset_s.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Issue 11, 6
    #[test]
    fn every_instant_has_a_text_however_far_away_it_is() {
        let now = Clock::default().instant();
        for (at, text) in [
            (now.plus_s(i64::MAX), "9999-12-31T23:59:59.999999Z"),
            (now.plus_s(i64::MIN), "0001-01-01T00:00:00Z"),
            (now.plus_micros(i64::MAX), "9999-12-31T23:59:59.999999Z"),
        ] {
            assert_eq!(at.rfc3339(), text);
            assert_eq!(Instant::parse(text), Some(at));
        }
        let beyond = Instant::parse("9999-12-31T23:59:59-23:59").unwrap();
        assert_eq!(beyond.rfc3339(), "9999-12-31T23:59:59.999999Z");
        assert_eq!(beyond.whole().rfc3339(), "9999-12-31T23:59:59Z");
    }

    // Issue 11, 6
    #[test]
    fn the_clock_stays_where_the_service_can_count() {
        let clock = Clock::default();
        for seconds in [i64::MAX, i64::MIN, -2_000_000_000_000, 230_000_000_000] {
            clock.advance(seconds).unwrap_err();
            assert_eq!(clock.offset_s(), 0);
        }
        clock.advance(3600).unwrap();
        clock.advance(i64::MAX).unwrap_err();
        assert_eq!(clock.offset_s(), 3600);
    }
}

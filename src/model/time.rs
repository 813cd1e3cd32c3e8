//! Times and durations as the services write them: the only place that formats or reads them.

use std::time::Duration;

use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

/// A time as RFC 3339 in UTC (protocol.md: all times are so).
///
/// ```
/// let at = time::OffsetDateTime::UNIX_EPOCH;
/// assert_eq!(scw::model::rfc3339(at), "1970-01-01T00:00:00Z");
/// ```
#[must_use]
pub fn rfc3339(at: OffsetDateTime) -> String {
    // It fails for years of more than four digits only, which no service and no clock gives.
    at.to_offset(UtcOffset::UTC)
        .format(&Rfc3339)
        .unwrap_or_else(|_| at.to_string())
}

/// A day as people read it: `1 December (in 7 days)`. The year stands there where it is not the
/// one of `now`.
///
/// ```
/// let now = scw::model::parse_rfc3339("2026-11-24T12:00:00Z").unwrap();
/// let at = scw::model::parse_rfc3339("2026-12-01T09:00:00Z").unwrap();
/// assert_eq!(scw::model::day(at, now), "1 December (in 7 days)");
/// ```
#[must_use]
pub fn day(at: OffsetDateTime, now: OffsetDateTime) -> String {
    let (date, today) = (
        at.to_offset(UtcOffset::UTC).date(),
        now.to_offset(UtcOffset::UTC).date(),
    );
    let year = if date.year() == today.year() {
        String::new()
    } else {
        format!(" {}", date.year())
    };
    let away = match (date - today).whole_days() {
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        -1 => "yesterday".to_owned(),
        days @ 2.. => format!("in {days} days"),
        days => format!("{} days ago", days.unsigned_abs()),
    };
    format!("{} {}{year} ({away})", date.day(), date.month())
}

/// A time as people read it, to the minute: `2026-11-24 12:00 UTC`.
///
/// ```
/// let at = scw::model::parse_rfc3339("2026-11-24T14:00:59.123456789+02:00").unwrap();
/// assert_eq!(scw::model::minute(at), "2026-11-24 12:00 UTC");
/// ```
#[must_use]
pub fn minute(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    let (date, time) = (at.date(), at.time());
    format!("{date} {:02}:{:02} UTC", time.hour(), time.minute())
}

/// Reads a time of RFC 3339 with any offset; nothing where the text is none.
#[must_use]
pub fn parse_rfc3339(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text.trim(), &Rfc3339).ok()
}

/// For `#[serde(with)]`: a time that may be missing. An empty text counts as none, as services that
/// are written in Go send it.
pub mod optional_rfc3339 {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use time::OffsetDateTime;

    /// Writes it as RFC 3339.
    ///
    /// # Errors
    /// The serializer's.
    #[allow(clippy::ref_option, reason = "serde hands a field over by reference")]
    pub fn serialize<S: Serializer>(
        at: &Option<OffsetDateTime>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match at {
            Some(at) => serializer.serialize_some(&super::rfc3339(*at)),
            None => serializer.serialize_none(),
        }
    }

    /// Reads it.
    ///
    /// # Errors
    /// The deserializer's, and for a text that is no RFC 3339; the text is not repeated.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<OffsetDateTime>, D::Error> {
        match Option::<String>::deserialize(deserializer)? {
            None => Ok(None),
            Some(text) if text.is_empty() => Ok(None),
            Some(text) => super::parse_rfc3339(&text)
                .map(Some)
                .ok_or_else(|| D::Error::custom("a time is RFC 3339, like 2026-08-01T12:00:00Z")),
        }
    }
}

/// Reads a duration as protobuf writes one in JSON: seconds with at most nine decimals and an
/// `s`, like `86400s` and `86400.000000000s` (protocol.md A, "security-settings").
///
/// One that no counter holds is the longest there is. Nothing where the text is no duration, and
/// for a negative one.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    let number = text.trim().strip_suffix('s')?;
    let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(decimals) || decimals.len() > 9 {
        return None;
    }
    let seconds = whole.parse().unwrap_or(u64::MAX);
    let nanoseconds = format!("{decimals:0<9}").parse().ok()?;
    Some(Duration::new(seconds, nanoseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_in_utc_and_read_with_any_offset() {
        let at = parse_rfc3339("2026-08-01T12:00:00.5+02:00").unwrap();
        assert_eq!(rfc3339(at), "2026-08-01T10:00:00.5Z");
        assert_eq!(parse_rfc3339(&rfc3339(at)), Some(at));
        for wrong in ["", "tomorrow", "2026-08-01", "1785578400"] {
            assert_eq!(parse_rfc3339(wrong), None, "{wrong}");
        }
    }

    // Issue 9, 4
    #[test]
    fn a_day_is_told_as_people_tell_it() {
        let now = parse_rfc3339("2026-11-24T23:59:59Z").unwrap();
        for (at, told) in [
            ("2026-11-24T00:00:00Z", "24 November (today)"),
            ("2026-11-25T00:00:00Z", "25 November (tomorrow)"),
            ("2026-11-23T12:00:00Z", "23 November (yesterday)"),
            ("2026-12-01T12:00:00Z", "1 December (in 7 days)"),
            ("2026-10-25T12:00:00Z", "25 October (30 days ago)"),
            ("2027-02-22T12:00:00Z", "22 February 2027 (in 90 days)"),
            ("2025-11-24T12:00:00Z", "24 November 2025 (365 days ago)"),
            // 1 December where its writer is, 30 November in UTC.
            ("2026-12-01T01:00:00+02:00", "30 November (in 6 days)"),
        ] {
            assert_eq!(day(parse_rfc3339(at).unwrap(), now), told);
        }
    }

    #[test]
    fn a_time_that_may_be_missing_is_missing_where_it_is_null_or_empty() {
        #[derive(serde::Serialize, serde::Deserialize)]
        struct Key {
            #[serde(default, with = "optional_rfc3339")]
            expires_at: Option<OffsetDateTime>,
        }
        let read = |json: &str| serde_json::from_str::<Key>(json);
        for none in [r#"{"expires_at":null}"#, r#"{"expires_at":""}"#, "{}"] {
            assert_eq!(read(none).unwrap().expires_at, None, "{none}");
        }
        let written = r#"{"expires_at":"2026-08-01T10:00:00Z"}"#;
        let key = read(written).unwrap();
        assert_eq!(serde_json::to_string(&key).unwrap(), written);
        let err = read(r#"{"expires_at":"hunter2"}"#).err().unwrap();
        assert!(!err.to_string().contains("hunter2"), "{err}");
    }

    #[test]
    fn a_duration_is_read_with_and_without_decimals() {
        let read = |text| parse_duration(text).unwrap();
        assert_eq!(read("86400s"), Duration::from_secs(86_400));
        assert_eq!(read("86400.000000000s"), Duration::from_secs(86_400));
        assert_eq!(read("1.5s"), Duration::from_millis(1500));
        assert_eq!(read("0s"), Duration::ZERO);
        for wrong in [
            "",
            "s",
            "86400",
            "-1s",
            "+1s",
            "1e5s",
            ".5s",
            "1.s",
            "1.0000000000s",
            "1 s",
            "1h",
        ] {
            assert_eq!(parse_duration(wrong), None, "{wrong}");
        }
    }

    // Issue 7, 12
    #[test]
    fn a_duration_that_no_counter_holds_is_the_longest_there_is() {
        for huge in [
            "18446744073709551615s",
            "99999999999999999999999.000000000s",
        ] {
            assert_eq!(parse_duration(huge).unwrap().as_secs(), u64::MAX, "{huge}");
        }
    }
}

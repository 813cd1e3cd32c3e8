//! Moments as people say them.

use maud::{Markup, html};

use crate::clock::Instant;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// From how many days on a date says more than their number.
const MANY_DAYS: i64 = 31;

/// A moment beside now, such as "3 minutes ago" or "in 5 days". The exact time is in the title.
pub(super) fn moment(at: Instant, now: Instant) -> Markup {
    let exact = at.whole().rfc3339();
    let title = exact.replace('T', " ").replace('Z', " UTC");
    html! { time datetime=(exact) title=(title) { (words(at, now)) } }
}

/// The moment in words, rounded to its nearest unit.
fn words(at: Instant, now: Instant) -> String {
    let seconds = at.unix_seconds() - now.unix_seconds();
    let far = seconds.abs();
    let count = |unit: i64| (far + unit / 2) / unit;
    let distance = if far < MINUTE {
        return (if seconds > 0 {
            "in less than a minute"
        } else {
            "just now"
        })
        .to_owned();
    } else if count(MINUTE) < 60 {
        many(count(MINUTE), "minute")
    } else if count(HOUR) < 24 {
        many(count(HOUR), "hour")
    } else if count(DAY) < MANY_DAYS {
        many(count(DAY), "day")
    } else {
        let exact = at.rfc3339();
        let (date, _) = exact.split_once('T').unwrap_or((&exact, ""));
        return format!("on {date}");
    };
    if seconds > 0 {
        format!("in {distance}")
    } else {
        format!("{distance} ago")
    }
}

fn many(count: i64, unit: &str) -> String {
    let end = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    // Issue 11, 1
    #[test]
    fn a_moment_is_said_by_its_distance_and_a_far_one_by_its_date() {
        let now = Instant::parse("2026-11-28T03:20:05.123456Z").unwrap();
        for (seconds, said) in [
            (0, "just now"),
            (-59, "just now"),
            (59, "in less than a minute"),
            (-60, "1 minute ago"),
            (-200, "3 minutes ago"),
            (59 * 60 + 29, "in 59 minutes"),
            (59 * 60 + 30, "in 1 hour"),
            (-2 * HOUR, "2 hours ago"),
            (23 * HOUR + 1800, "in 1 day"),
            (5 * DAY - 1, "in 5 days"),
            (-30 * DAY, "30 days ago"),
            (-31 * DAY, "on 2026-10-28"),
            (365 * DAY, "on 2027-11-28"),
        ] {
            assert_eq!(words(now.plus_s(seconds), now), said, "{seconds}");
        }
        let shown = moment(now.plus_s(-60), now).into_string();
        assert_eq!(
            shown,
            "<time datetime=\"2026-11-28T03:19:05Z\" title=\"2026-11-28 03:19:05 UTC\">\
             1 minute ago</time>"
        );
    }
}

//! What a report says about a member, in the words of every form that people read.

use std::ops::RangeInclusive;

use time::{OffsetDateTime, UtcOffset};

use crate::model::{AppState, Column, Factors, Member, ReportHead, Tally, UNKNOWN, clean, rfc3339};

/// What the report finds out about a member.
pub(super) const CONTROL: &str = "Members of the organization have two-factor authentication";

/// What a member without a second factor does.
pub(super) const REMEDY: &str = "Turn on two-factor authentication in the Scaleway console, or run `scw login` and `scw 2fa on`.";

/// What whoever runs the report does about a member that could not be read.
pub(super) const READ_AGAIN: &str =
    "Run the report again. If it stays so, check the permissions of the API key.";

/// The day of a time, in UTC.
pub(super) fn day(at: OffsetDateTime) -> String {
    at.to_offset(UtcOffset::UTC).date().to_string()
}

/// A time in UTC to the minute: `2026-11-24 12:00 UTC`.
pub(super) fn minute(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    format!("{} {:02}:{:02} UTC", at.date(), at.hour(), at.minute())
}

/// A time for programs, to the second: some readers take no fractions.
pub(super) fn second(at: OffsetDateTime) -> String {
    rfc3339(at.replace_nanosecond(0).unwrap_or(at))
}

/// The name of the organization, else its id.
pub(super) fn organization(head: &ReportHead) -> &str {
    match head.organization_name.as_str() {
        "" => &head.organization_id,
        name => name,
    }
}

/// The user name, where it says more than [`Member::name`].
pub(super) fn other_name(member: &Member) -> Option<&str> {
    let username = member.username.as_str();
    (!username.is_empty() && username != member.name()).then_some(username)
}

/// The day of the last sign-in, or `never`.
pub(super) fn last_sign_in(member: &Member) -> String {
    let words = |at: &Option<OffsetDateTime>| at.map_or_else(|| "never".to_owned(), day);
    member.last_login_at.text(words)
}

/// Whether a member is locked: `yes` or `no`.
pub(super) fn locked(member: &Member) -> String {
    let words = |locked: &bool| if *locked { "yes" } else { "no" }.to_owned();
    member.locked.text(words)
}

/// How many API keys without an end a member has.
pub(super) fn endless_keys(member: &Member) -> String {
    member.endless_keys.text(ToString::to_string)
}

/// By when a member needs a second factor, and whether that has passed. Nothing where nobody asked.
pub(super) fn required_by(member: &Member, now: OffsetDateTime) -> Option<String> {
    let required_by = member.required_by.as_ref()?;
    Some(required_by.text(|by| match by {
        _ if member.two_factor == Column::Known(true) => "-".to_owned(),
        None => "not required".to_owned(),
        Some(by) => {
            let passed = if *by <= now { ", passed" } else { "" };
            format!("{}{passed}", day(*by))
        }
    }))
}

/// The second factors by name: `app; passkey "Laptop"`. Nothing where nobody asked.
pub(super) fn factors(member: &Member) -> Option<String> {
    Some(member.factors.as_ref()?.text(listed))
}

fn listed(factors: &Factors) -> String {
    let app = match factors.app {
        AppState::On => Some("app".to_owned()),
        AppState::Off => None,
        AppState::Unknown => Some(format!("app {UNKNOWN}")),
    };
    let unread = factors.passkeys.is_none();
    let unread = unread.then(|| format!("passkeys {UNKNOWN}"));
    let passkeys = factors.known_passkeys().iter();
    let passkeys = passkeys.map(|passkey| format!("passkey \"{}\"", clean(&passkey.name)));
    let words: Vec<String> = app.into_iter().chain(unread).chain(passkeys).collect();
    if words.is_empty() {
        "none".to_owned()
    } else {
        words.join("; ")
    }
}

/// A number of members.
pub(super) fn members(number: u64) -> String {
    let word = if number == 1 { "member" } else { "members" };
    format!("{number} {word}")
}

/// Places in the list that could not be read: `Member 3 of the list`, `Members 4 to 9 of the list`.
pub(super) fn places(places: &RangeInclusive<u64>) -> String {
    let (first, last) = (places.start(), places.end());
    if first == last {
        format!("Member {first} of the list")
    } else {
        format!("Members {first} to {last} of the list")
    }
}

/// A sentence for each place in the list that could not be read.
pub(super) fn unread(tally: &Tally) -> Vec<String> {
    if tally.members == 0 && tally.unread.is_empty() {
        // An organization has an owner at least.
        return vec![format!(
            "The API lists no member of the organization: two-factor authentication is {UNKNOWN}."
        )];
    }
    let ranges = tally.unread.iter();
    ranges
        .map(|range| {
            format!(
                "{} could not be read: two-factor authentication is {UNKNOWN}.",
                places(range)
            )
        })
        .collect()
}

/// What the second factor of a member comes to, in a sentence that begins with its name.
pub(super) fn finding(member: &Member, now: OffsetDateTime) -> String {
    let name = member.name();
    match member.two_factor {
        Column::Known(true) => format!("{name} has two-factor authentication."),
        Column::Known(false) => format!(
            "{name} has no two-factor authentication.{}",
            by_when(member, now)
        ),
        Column::Unknown => format!("Two-factor authentication of {name} is {UNKNOWN}."),
    }
}

/// A second sentence about a member that has none: the day by which it needs one.
fn by_when(member: &Member, now: OffsetDateTime) -> String {
    match member.required_by {
        Some(Column::Known(Some(by))) if by <= now => {
            format!(" The organization required it by {}.", day(by))
        }
        Some(Column::Known(Some(by))) => format!(" The organization requires it by {}.", day(by)),
        Some(Column::Unknown) => {
            format!(" The date by which the organization requires it is {UNKNOWN}.")
        }
        Some(Column::Known(None)) | None => String::new(),
    }
}

/// Every column but the second factor, each with its name. Nothing stands there that nobody asked
/// for.
pub(super) fn details(member: &Member, now: OffsetDateTime) -> Vec<(&'static str, String)> {
    let mut details = vec![("User id", member.user_id.to_string())];
    details.extend(other_name(member).map(|name| ("User name", name.to_owned())));
    details.extend([
        ("Type", member.kind.clone()),
        ("Last sign-in", last_sign_in(member)),
        ("Locked", locked(member)),
        ("Keys without end", endless_keys(member)),
    ]);
    details.extend(required_by(member, now).map(|by| ("Required by", by)));
    details.extend(factors(member).map(|factors| ("Second factors", factors)));
    details
}

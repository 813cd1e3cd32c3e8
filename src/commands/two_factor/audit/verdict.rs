//! What the report comes to: a sentence for people, and the exit code.

use std::{collections::BTreeSet, ops::RangeInclusive};

use crate::{
    api::ApiError,
    error::{CliError, Kind, Result},
    model::{FailOn, Tally, Verdict},
    ui::Ui,
};

/// Says what the rows come to.
pub(super) fn summarize(ui: &Ui, tally: &Tally) {
    let mut parts = vec![
        format!("{} with two-factor authentication", tally.with),
        format!("{} without", tally.without),
    ];
    for (number, what) in [
        (tally.unknown, "unknown"),
        (tally.overdue, "past the date by which it is required"),
        (tally.locked, "locked"),
        (tally.with_endless_key, "with an API key that never expires"),
    ] {
        if number > 0 {
            parts.push(format!("{number} {what}"));
        }
    }
    ui.status(&format!("{}: {}", members(tally.members), parts.join(", ")));
}

/// Turns it into the exit code.
///
/// # Errors
/// [`Kind::WithoutTwoFactor`] where a condition holds, [`Kind::Other`] where something that decides
/// is not known.
pub(super) fn decide(
    tally: &Tally,
    conditions: &BTreeSet<FailOn>,
    failure: Option<&ApiError>,
) -> Result<()> {
    let with_cause = |err: CliError| match failure.filter(|_| !tally.unread.is_empty()) {
        Some(failure) => err.and(&format!("The last failure was: {failure}")),
        None => err,
    };
    match tally.verdict(conditions) {
        Verdict::Passed => Ok(()),
        Verdict::Failed(holding) => {
            let told: Vec<String> = holding
                .iter()
                .map(|condition| told(tally, *condition))
                .collect();
            let failure = CliError::new(Kind::WithoutTwoFactor, told.join("; "));
            let err = holding
                .iter()
                .fold(failure, |err, condition| err.hint(remedy(*condition)));
            Err(if holding.contains(&FailOn::Unknown) {
                with_cause(err)
            } else {
                err
            })
        }
        Verdict::Incomplete(undecided) => {
            let mut parts = Vec::new();
            if tally.has_unknown() {
                parts.push(told(tally, FailOn::Unknown));
            }
            for condition in undecided {
                let number = match condition {
                    FailOn::ExpiredGrace => tally.unknown_grace,
                    _ => tally.unknown_keys,
                };
                parts.push(format!(
                    "`{condition}` could not be checked for {}",
                    members(number)
                ));
            }
            Err(with_cause(CliError::new(Kind::Other, parts.join("; ")))
                .hint(remedy(FailOn::Unknown)))
        }
    }
}

/// What to do about a condition that holds.
fn remedy(condition: FailOn) -> &'static str {
    match condition {
        FailOn::Without | FailOn::ExpiredGrace => {
            "run `scw 2fa audit --remind` for a text to send to each of them"
        }
        FailOn::KeyWithoutEnd => "replace these API keys with keys that expire",
        FailOn::Unknown => {
            "run the report again. If it stays so, check the permissions of the API key"
        }
    }
}

/// A condition that holds, in words.
fn told(tally: &Tally, condition: FailOn) -> String {
    match condition {
        FailOn::Without => format!(
            "{} of {} {} without two-factor authentication",
            tally.without,
            members(tally.members),
            if tally.without == 1 { "is" } else { "are" }
        ),
        FailOn::ExpiredGrace => format!(
            "{} without two-factor authentication past the date by which it is required",
            members(tally.overdue)
        ),
        FailOn::KeyWithoutEnd => format!(
            "{} with an API key that never expires",
            members(tally.with_endless_key)
        ),
        FailOn::Unknown => {
            let mut parts = Vec::new();
            if tally.members == 0 && tally.unread.is_empty() {
                parts.push("the API lists no member of the organization".to_owned());
            }
            if tally.unknown > 0 {
                parts.push(format!(
                    "two-factor authentication of {} is unknown",
                    members(tally.unknown)
                ));
            }
            if !tally.unread.is_empty() {
                parts.push(format!(
                    "{} could not be read ({} in the list by age)",
                    members(tally.unread_members()),
                    places(&tally.unread)
                ));
            }
            parts.join(", and ")
        }
    }
}

fn members(number: u64) -> String {
    format!(
        "{number} {}",
        if number == 1 { "member" } else { "members" }
    )
}

/// Places in the list, as in `number 3, numbers 101 to 200`.
fn places(unread: &[RangeInclusive<u64>]) -> String {
    let place = |range: &RangeInclusive<u64>| {
        if range.start() == range.end() {
            format!("number {}", range.start())
        } else {
            format!("numbers {} to {}", range.start(), range.end())
        }
    };
    unread.iter().map(place).collect::<Vec<_>>().join(", ")
}

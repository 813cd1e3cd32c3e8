//! What changed between two two-factor reports.

use serde::{Deserialize, Serialize};

/// A member's second factor in a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It has one.
    On,
    /// It has none.
    Off,
    /// It could not be read.
    Unknown,
}

impl State {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Unknown => super::UNKNOWN,
        }
    }
}

/// A member in both reports: its state in each, nothing where it is not in that one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// In the older report.
    pub old: Option<State>,
    /// In the newer one.
    pub new: Option<State>,
}

/// A member that the comparison names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Change {
    /// The email address, cleaned; empty where the report has none.
    pub email: String,
    /// The user's id.
    pub user_id: String,
    /// The state in the older report, nothing where the member is not in it.
    pub old: Option<&'static str>,
    /// The state in the newer report, nothing where the member is not in it.
    pub new: Option<&'static str>,
}

/// Who changed between two reports. It serializes to the document of `-o json` (docs/json.md).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AuditDiff {
    /// Who turned it on.
    pub turned_on: Vec<Change>,
    /// Who turned it off.
    pub turned_off: Vec<Change>,
    /// Who is in the newer report alone.
    pub joined: Vec<Change>,
    /// Who is in the older report alone.
    pub left: Vec<Change>,
    /// Whose state is unknown in one of the reports.
    pub unknown: Vec<Change>,
}

/// What the comparison says about a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    TurnedOn,
    TurnedOff,
    Joined,
    Left,
    Unknown,
}

/// What changed for a member. Unknown is never on and never off: it may be either.
fn verdicts(seen: Seen) -> Vec<Verdict> {
    use State::{Off, On, Unknown};

    let mut found = Vec::new();
    match (seen.old, seen.new) {
        (Some(Off), Some(On)) => found.push(Verdict::TurnedOn),
        (Some(On), Some(Off)) => found.push(Verdict::TurnedOff),
        (None, Some(_)) => found.push(Verdict::Joined),
        (Some(_), None) => found.push(Verdict::Left),
        _ => {}
    }
    if [seen.old, seen.new].contains(&Some(Unknown)) {
        found.push(Verdict::Unknown);
    }
    found
}

impl Seen {
    /// The same member where a report could not read some of the members: one that is not in it may
    /// be one of those.
    #[must_use]
    pub fn with_gaps(self, old_has_gaps: bool, new_has_gaps: bool) -> Self {
        let fill =
            |state: Option<State>, has_gaps: bool| state.or(has_gaps.then_some(State::Unknown));
        Self {
            old: fill(self.old, old_has_gaps),
            new: fill(self.new, new_has_gaps),
        }
    }

    /// Whether the comparison names this member.
    #[must_use]
    pub fn differs(self) -> bool {
        !verdicts(self).is_empty()
    }
}

impl AuditDiff {
    /// Adds a member, where something changed for it.
    pub fn add(&mut self, user_id: &str, email: &str, seen: Seen) {
        for verdict in verdicts(seen) {
            let list = match verdict {
                Verdict::TurnedOn => &mut self.turned_on,
                Verdict::TurnedOff => &mut self.turned_off,
                Verdict::Joined => &mut self.joined,
                Verdict::Left => &mut self.left,
                Verdict::Unknown => &mut self.unknown,
            };
            list.push(Change {
                email: email.to_owned(),
                user_id: user_id.to_owned(),
                old: seen.old.map(State::word),
                new: seen.new.map(State::word),
            });
        }
    }

    /// The lists with the words for them, each by email address.
    pub fn sorted(&mut self) -> [(&'static str, &[Change]); 5] {
        for list in [
            &mut self.turned_on,
            &mut self.turned_off,
            &mut self.joined,
            &mut self.left,
            &mut self.unknown,
        ] {
            list.sort();
        }
        [
            ("turned on", &self.turned_on),
            ("turned off", &self.turned_off),
            ("joined", &self.joined),
            ("left", &self.left),
            ("unknown", &self.unknown),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [Option<State>; 4] = [
        None,
        Some(State::On),
        Some(State::Off),
        Some(State::Unknown),
    ];

    // Issue 12, 4
    #[test]
    fn each_pair_of_states_says_what_changed_and_unknown_is_never_on_or_off() {
        use Verdict::{Joined, Left, TurnedOff, TurnedOn, Unknown};
        // Rows: the older report; columns: the newer one.
        let expected: [[&[Verdict]; 4]; 4] = [
            [&[], &[Joined], &[Joined], &[Joined, Unknown]],
            [&[Left], &[], &[TurnedOff], &[Unknown]],
            [&[Left], &[TurnedOn], &[], &[Unknown]],
            [&[Left, Unknown], &[Unknown], &[Unknown], &[Unknown]],
        ];
        for (old, row) in STATES.into_iter().zip(expected) {
            for (new, expected) in STATES.into_iter().zip(row) {
                assert_eq!(verdicts(Seen { old, new }), expected, "{old:?} {new:?}");
            }
        }
    }

    // Issue 12, 4
    #[test]
    fn nobody_joined_or_left_where_the_other_report_has_gaps() {
        for old in STATES {
            for new in STATES {
                let seen = Seen { old, new }.with_gaps(true, true);
                let found = verdicts(seen);
                let sure = found.contains(&Verdict::Joined) || found.contains(&Verdict::Left);
                assert!(!sure, "{old:?} {new:?}");
            }
        }
        let joined = Seen {
            old: None,
            new: Some(State::On),
        };
        assert_eq!(verdicts(joined.with_gaps(false, true)), [Verdict::Joined]);
        assert_eq!(verdicts(joined.with_gaps(true, false)), [Verdict::Unknown]);
    }
}

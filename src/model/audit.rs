//! The two-factor report of an organization: its rows, and what they come to.

use std::{collections::BTreeSet, fmt, ops::RangeInclusive};

use clap::ValueEnum;
use serde::{Serialize, Serializer, ser::SerializeMap};
use time::OffsetDateTime;

use super::{Factors, UserId, rfc3339};

/// What the API told about one thing, or that it could not be read.
///
/// It serializes to the value, or to the word `unknown`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column<T> {
    /// The API told it.
    Known(T),
    /// It could not be read.
    Unknown,
}

/// The word for what could not be read.
pub const UNKNOWN: &str = "unknown";

impl<T> Column<T> {
    /// The value, where it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown => None,
        }
    }

    /// The value as text, or `unknown`.
    pub fn text(&self, of: impl FnOnce(&T) -> String) -> String {
        self.known().map_or_else(|| UNKNOWN.to_owned(), of)
    }
}

impl<T> From<Option<T>> for Column<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Unknown, Self::Known)
    }
}

impl<T: Serialize> Serialize for Column<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Known(value) => value.serialize(serializer),
            Self::Unknown => serializer.serialize_str(UNKNOWN),
        }
    }
}

/// A member of an organization, with what the report says about it. Its texts are cleaned.
///
/// It serializes to the object of `-o json` (docs/json.md).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The user's id.
    pub user_id: UserId,
    /// The email address; empty where the API tells none.
    pub email: String,
    /// The user name, which need not be the email address.
    pub username: String,
    /// The given name, for a letter; it may be empty.
    pub first_name: String,
    /// `owner`, `member` or `guest`; `unknown` where the API tells none.
    pub kind: String,
    /// When the user was made.
    pub created_at: Option<OffsetDateTime>,
    /// Whether it has a second factor.
    pub two_factor: Column<bool>,
    /// When it last signed in; none is "never".
    pub last_login_at: Column<Option<OffsetDateTime>>,
    /// Whether it is locked.
    pub locked: Column<bool>,
    /// How many API keys it has that never expire.
    pub endless_keys: Column<u32>,
    /// Its second factors; nothing where nobody asked (`--factors`).
    pub factors: Option<Column<Factors>>,
    /// By when its organization requires a second factor, none where it does not; nothing where
    /// nobody asked (`--grace`).
    pub required_by: Option<Column<Option<OffsetDateTime>>>,
}

impl Member {
    /// What people call it: the email address, else the user name, else the id.
    #[must_use]
    pub fn name(&self) -> &str {
        [self.email.as_str(), self.username.as_str()]
            .into_iter()
            .find(|name| !name.is_empty())
            .unwrap_or(self.user_id.as_str())
    }

    /// Whether it is known to have no second factor.
    #[must_use]
    pub fn is_without(&self) -> bool {
        self.two_factor == Column::Known(false)
    }

    /// Whether it is known to be without, after the day by which its organization requires one.
    #[must_use]
    pub fn is_overdue(&self, now: OffsetDateTime) -> bool {
        self.is_without() && matches!(self.required_by, Some(Column::Known(Some(by))) if by <= now)
    }

    /// `on`, `off` or `unknown`.
    #[must_use]
    pub fn two_factor_word(&self) -> &'static str {
        match self.two_factor {
            Column::Known(true) => "on",
            Column::Known(false) => "off",
            Column::Unknown => UNKNOWN,
        }
    }
}

/// The state of a second factor as a number, for [`Member::two_factor_mark`].
const MARKS: [Column<bool>; 3] = [Column::Known(true), Column::Known(false), Column::Unknown];

impl Member {
    /// Whether it has a second factor, in a byte: for lists that are longer than memory should be.
    #[must_use]
    pub fn two_factor_mark(&self) -> u8 {
        let found = MARKS.iter().position(|state| *state == self.two_factor);
        found.and_then(|at| u8::try_from(at).ok()).unwrap_or(2)
    }
}

impl Serialize for Member {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let time = |at: &Option<OffsetDateTime>| at.map(rfc3339);
        let column = |column: &Column<Option<OffsetDateTime>>| match column {
            Column::Known(at) => Column::Known(time(at)),
            Column::Unknown => Column::Unknown,
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("user_id", &self.user_id)?;
        map.serialize_entry("email", &self.email)?;
        map.serialize_entry("username", &self.username)?;
        map.serialize_entry("type", &self.kind)?;
        map.serialize_entry("created_at", &time(&self.created_at))?;
        map.serialize_entry("two_factor", self.two_factor_word())?;
        map.serialize_entry("last_login_at", &column(&self.last_login_at))?;
        map.serialize_entry("locked", &self.locked)?;
        map.serialize_entry("keys_without_end", &self.endless_keys)?;
        if let Some(factors) = &self.factors {
            map.serialize_entry("factors", factors)?;
        }
        if let Some(required_by) = &self.required_by {
            map.serialize_entry("required_by", &column(required_by))?;
        }
        map.end()
    }
}

/// Whether an API key stops working by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyEnd {
    /// It does.
    At,
    /// It does not.
    Never,
    /// The API did not tell.
    Unknown,
}

/// A condition that ends `scw 2fa audit` with exit code 8 (cli.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum FailOn {
    /// A member has no second factor
    Without,
    /// A member has none after the date by which the organization requires it
    ExpiredGrace,
    /// It could not be read whether a member has one
    Unknown,
    /// A member has an API key that never expires
    KeyWithoutEnd,
}

impl fmt::Display for FailOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Without => "without",
            Self::ExpiredGrace => "expired-grace",
            Self::Unknown => "unknown",
            Self::KeyWithoutEnd => "key-without-end",
        })
    }
}

/// A form of the report (cli.md, `--format`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ReportFormat {
    /// A table for people
    #[default]
    Table,
    /// Comma-separated values (RFC 4180)
    Csv,
    /// Test results, as GitLab and Jenkins read them
    Junit,
    /// Compliance findings of OCSF, one a line
    Ocsf,
    /// A table for GitHub and GitLab
    Markdown,
    /// A page that stands alone
    Html,
}

/// Which organization a report is about, and when and how it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportHead {
    /// The organization's id.
    pub organization_id: String,
    /// Its name; empty where the API does not tell it.
    pub organization_name: String,
    /// When the report began, by the service's clock.
    pub began_at: OffsetDateTime,
    /// Whether the second factors were asked for (`--factors`).
    pub with_factors: bool,
    /// Whether the dates by which they are required were asked for (`--grace`).
    pub with_grace: bool,
}

/// What the rows of a report come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many members there are, as far as they were read.
    pub members: u64,
    /// How many of them have a second factor.
    pub with: u64,
    /// How many have none.
    pub without: u64,
    /// Of how many this could not be read.
    pub unknown: u64,
    /// How many are without after the date by which it is required.
    pub overdue: u64,
    /// How many have an API key that never expires.
    pub with_endless_key: u64,
    /// How many are locked.
    pub locked: u64,
    /// Of how many members without a second factor the date was asked for and not read.
    pub unknown_grace: u64,
    /// Of how many the keys could not be read.
    pub unknown_keys: u64,
    /// Which members could not be read at all: their places in the list by age, from 1.
    pub unread: Vec<RangeInclusive<u64>>,
}

impl Tally {
    /// Counts a member.
    pub fn count(&mut self, member: &Member, now: OffsetDateTime) {
        self.count_two_factor(member);
        self.overdue += u64::from(member.is_overdue(now));
        self.locked += u64::from(member.locked == Column::Known(true));
        match member.endless_keys {
            Column::Known(0) => {}
            Column::Known(_) => self.with_endless_key += 1,
            Column::Unknown => self.unknown_keys += 1,
        }
        let no_date = matches!(member.required_by, Some(Column::Unknown));
        let may_be_without = member.two_factor != Column::Known(true);
        self.unknown_grace += u64::from(no_date && may_be_without);
    }

    /// Counts a member's second factor alone.
    pub fn count_two_factor(&mut self, member: &Member) {
        self.members += 1;
        *self.of(member.two_factor) += 1;
    }

    /// Takes back a member whose second factor was counted with this mark.
    pub fn remove(&mut self, mark: u8) {
        let state = MARKS.get(usize::from(mark)).copied();
        self.members = self.members.saturating_sub(1);
        let count = self.of(state.unwrap_or(Column::Unknown));
        *count = count.saturating_sub(1);
    }

    fn of(&mut self, state: Column<bool>) -> &mut u64 {
        match state {
            Column::Known(true) => &mut self.with,
            Column::Known(false) => &mut self.without,
            Column::Unknown => &mut self.unknown,
        }
    }

    /// How many members could not be read at all.
    #[must_use]
    pub fn unread_members(&self) -> u64 {
        self.unread
            .iter()
            .map(|places| places.end().saturating_sub(*places.start()) + 1)
            .sum()
    }

    /// Whether the second factor of a member is not known. An organization has an owner at least, so
    /// a list of nobody is one that could not be seen.
    #[must_use]
    pub fn has_unknown(&self) -> bool {
        self.unknown > 0 || !self.unread.is_empty() || self.members == 0
    }

    /// What came of the report for whoever chose these conditions (cli.md, "Exit codes").
    ///
    /// A condition that holds comes first. After that nothing passes that is not known: a member
    /// whose second factor could not be read, and a condition whose own column could not be read.
    #[must_use]
    pub fn verdict(&self, conditions: &BTreeSet<FailOn>) -> Verdict {
        let holds = |condition: &FailOn| match condition {
            FailOn::Without => self.without > 0,
            FailOn::ExpiredGrace => self.overdue > 0,
            FailOn::Unknown => self.has_unknown(),
            FailOn::KeyWithoutEnd => self.with_endless_key > 0,
        };
        let holding: Vec<FailOn> = conditions.iter().copied().filter(holds).collect();
        if !holding.is_empty() {
            return Verdict::Failed(holding);
        }
        let undecided = |condition: &FailOn| match condition {
            FailOn::ExpiredGrace => self.unknown_grace > 0,
            FailOn::KeyWithoutEnd => self.unknown_keys > 0,
            FailOn::Without | FailOn::Unknown => false,
        };
        let undecided: Vec<FailOn> = conditions.iter().copied().filter(undecided).collect();
        if self.has_unknown() || !undecided.is_empty() {
            return Verdict::Incomplete(undecided);
        }
        Verdict::Passed
    }
}

/// What came of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Everything that was asked for is known, and no condition holds.
    Passed,
    /// These conditions hold.
    Failed(Vec<FailOn>),
    /// The second factor of a member is not known, or these conditions could not be decided.
    Incomplete(Vec<FailOn>),
}

#[cfg(test)]
mod tests;

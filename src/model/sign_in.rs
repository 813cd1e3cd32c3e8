//! What a person signs in with, and for how long the key that comes of it lives.

use std::{fmt, str::FromStr, time::Duration};

use secrecy::{ExposeSecret, SecretString};

use super::{BackupCode, Invalid, OrganizationId, OtpCode};

/// The second thing that a login asks for.
#[derive(Debug, Clone)]
pub enum SecondFactor {
    /// Six digits of the app.
    Otp(OtpCode),
    /// A backup code.
    Backup(BackupCode),
}

impl SecondFactor {
    /// Tells the two apart: a code with a letter or a dash is a backup code (cli.md).
    ///
    /// # Errors
    /// [`Invalid`] when it is neither.
    pub fn parse(text: &SecretString) -> Result<Self, Invalid> {
        let typed = text.expose_secret().trim();
        if typed.contains('-') || typed.chars().any(char::is_alphabetic) {
            return Ok(Self::Backup(BackupCode::parse(typed)?));
        }
        OtpCode::parse(text).map(Self::Otp).map_err(|_| {
            Invalid::new("a code is the six digits that the app shows, or a backup code")
        })
    }

    /// The code as it goes on the wire.
    #[must_use]
    pub fn expose(&self) -> &str {
        match self {
            Self::Otp(code) => code.expose(),
            Self::Backup(code) => code.expose(),
        }
    }
}

/// Email and password, and the second factor where there is one.
#[derive(Debug, Clone)]
pub struct Passwords {
    /// The email address.
    pub email: String,
    /// The password.
    pub password: SecretString,
    /// The second factor.
    pub factor: Option<SecondFactor>,
}

/// An organization to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Its id.
    pub id: OrganizationId,
    /// Its name, as the service sent it: not yet cleaned.
    pub name: String,
}

/// For how long a new key is to live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// Expires after this duration.
    After(Duration),
    /// Never expires.
    Never,
}

impl Default for Expiry {
    fn default() -> Self {
        Self::After(Duration::from_secs(90 * 86_400))
    }
}

impl FromStr for Expiry {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text == "never" {
            return Ok(Self::Never);
        }
        let invalid = || Invalid::new("use hours or days, such as `12h` or `90d`, or `never`");
        seconds(text, &[('m', 60), ('h', 3600), ('d', 86_400)])
            .map(|seconds| Self::After(Duration::from_secs(seconds)))
            .ok_or_else(invalid)
    }
}

/// The seconds of a time such as `12h`: a number and one of these units, each with its length in
/// seconds. Nothing where the text is none, and for less than a minute or more than ten years: longer
/// than any key should live, and far from any overflow.
pub(super) fn seconds(text: &str, units: &[(char, u64)]) -> Option<u64> {
    let last = text.chars().next_back()?;
    let (unit, length) = units.iter().find(|(unit, _)| *unit == last)?;
    let number: u64 = text.strip_suffix(*unit)?.parse().ok()?;
    number
        .checked_mul(*length)
        .filter(|seconds| (60..=3650 * 86_400).contains(seconds))
}

/// For how long a key lives that has an end: [`Expiry`] without `never`, at least a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime(pub Duration);

impl FromStr for Lifetime {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text.parse() {
            Ok(Expiry::After(time)) => Ok(Self(time)),
            Ok(Expiry::Never) | Err(_) => Err(Invalid::new(
                "use minutes, hours or days, such as `15m`, `1h` or `7d`",
            )),
        }
    }
}

impl fmt::Display for Expiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never => f.write_str("never"),
            Self::After(time) if time.as_secs() % 86_400 == 0 => {
                write!(f, "{}d", time.as_secs() / 86_400)
            }
            Self::After(time) if time.as_secs() % 3600 == 0 => {
                write!(f, "{}h", time.as_secs() / 3600)
            }
            Self::After(time) => write!(f, "{}m", time.as_secs() / 60),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_or_a_dash_makes_it_a_backup_code() {
        let parse = |text: &str| SecondFactor::parse(&SecretString::from(text));
        assert!(matches!(parse(" 123 456 "), Ok(SecondFactor::Otp(_))));
        assert!(matches!(parse("123-456"), Ok(SecondFactor::Backup(_))));
        assert!(matches!(parse("12345a"), Ok(SecondFactor::Backup(_))));
        for bad in ["", "12345", "1234567"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    // Issue 10, 1
    #[test]
    fn the_key_of_a_command_has_an_end_and_lasts_a_minute_at_least() {
        let minute = Lifetime(Duration::from_secs(60));
        assert_eq!("1m".parse(), Ok(minute));
        for bad in ["never", "0m", "59s", "", "1"] {
            assert!(bad.parse::<Lifetime>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_time_to_live_is_hours_days_or_never() {
        assert_eq!(
            "12h".parse(),
            Ok(Expiry::After(Duration::from_secs(43_200)))
        );
        assert_eq!("90d".parse(), Ok(Expiry::default()));
        assert_eq!("never".parse(), Ok(Expiry::Never));
        assert_eq!(Expiry::default().to_string(), "90d");
        for bad in ["", "0d", "d", "12", "-1h", "99999999d", "1w", "ü"] {
            assert!(bad.parse::<Expiry>().is_err(), "{bad}");
        }
    }
}

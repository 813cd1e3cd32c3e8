//! Sign-ins as the audit trail tells of them (protocol.md F).

use std::{fmt, str::FromStr, time::Duration};

use time::OffsetDateTime;

use super::{Invalid, sign_in::seconds};

/// A sign-in that somebody tried. Every text comes from the service, or from whoever tried, and is
/// cleaned.
///
/// Words of the service that this program does not know stay as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInEvent {
    /// Its id.
    pub id: String,
    /// When it was recorded; nothing where the service does not say.
    pub recorded_at: Option<OffsetDateTime>,
    /// The region that keeps it.
    pub region: String,
    /// The id of the user.
    pub user_id: Option<String>,
    /// The user's name, which is mostly the email address.
    pub user: Option<String>,
    /// `success` or `failure`.
    pub result: String,
    /// `invalid_mfa` or `invalid_password`; nothing where the service gives no reason.
    pub failure_reason: Option<String>,
    /// `password`, `authentication_code`, `oauth2` or `saml`.
    pub method: Option<String>,
    /// `totp`; nothing where no second factor was used.
    pub mfa_type: Option<String>,
    /// `public_api` or `admin_api`.
    pub origin: Option<String>,
    /// From which address.
    pub source_ip: String,
    /// The country of that address, as ISO 3166-1 has it, in capital letters.
    pub country_code: Option<String>,
    /// What the client calls itself.
    pub user_agent: String,
}

impl SignInEvent {
    /// Whether it failed.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.result == "failure"
    }

    /// Whether it failed because of the second factor.
    #[must_use]
    pub fn had_wrong_code(&self) -> bool {
        self.failed() && self.failure_reason.as_deref() == Some("invalid_mfa")
    }

    /// Whether it failed because of the password.
    #[must_use]
    pub fn had_wrong_password(&self) -> bool {
        self.failed() && self.failure_reason.as_deref() == Some("invalid_password")
    }

    /// What came of it, as people say it.
    #[must_use]
    pub fn outcome(&self) -> String {
        match (self.result.as_str(), self.failure_reason.as_deref()) {
            ("success", _) => "signed in".to_owned(),
            ("failure", Some("invalid_mfa")) => "failed: wrong code".to_owned(),
            ("failure", Some("invalid_password")) => "failed: wrong password".to_owned(),
            ("failure", Some(other)) => format!("failed: {other}"),
            ("failure", None) => "failed".to_owned(),
            (other, _) => other.to_owned(),
        }
    }

    /// With what, as people say it.
    #[must_use]
    pub fn with(&self) -> String {
        let method = match self.method.as_deref() {
            None => "unknown method",
            Some("authentication_code") => "authentication code",
            Some("oauth2") => "OAuth 2",
            Some("saml") => "SAML",
            Some(other) => other,
        };
        match self.mfa_type.as_deref() {
            None => method.to_owned(),
            Some("totp") => format!("{method} and code"),
            Some(other) => format!("{method} and {other}"),
        }
    }

    /// From where, as people say it.
    #[must_use]
    pub fn address(&self) -> String {
        let address = match self.source_ip.as_str() {
            "" => "unknown address",
            address => address,
        };
        match &self.country_code {
            Some(country) => format!("{address} ({country})"),
            None => address.to_owned(),
        }
    }
}

/// How far back a list goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Since(pub Duration);

impl FromStr for Since {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        seconds(
            text,
            &[('m', 60), ('h', 3600), ('d', 86_400), ('w', 7 * 86_400)],
        )
        .map(|seconds| Self(Duration::from_secs(seconds)))
        .ok_or_else(|| {
            Invalid::new("use minutes, hours, days or weeks, such as `30m`, `12h`, `7d` or `2w`")
        })
    }
}

impl fmt::Display for Since {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let (number, unit) = [(86_400, "day"), (3600, "hour"), (60, "minute")]
            .into_iter()
            .find(|(length, _)| seconds.is_multiple_of(*length))
            .map_or((seconds, "second"), |(length, unit)| {
                (seconds / length, unit)
            });
        let plural = if number == 1 { "" } else { "s" };
        write!(f, "{number} {unit}{plural}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Issue 11, 5
    #[test]
    fn a_list_goes_back_minutes_hours_days_or_weeks() {
        for (text, seconds, shown) in [
            ("30m", 1800, "30 minutes"),
            ("1h", 3600, "1 hour"),
            ("36h", 129_600, "36 hours"),
            ("24h", 86_400, "1 day"),
            ("7d", 604_800, "7 days"),
            ("2w", 1_209_600, "14 days"),
        ] {
            let since: Since = text.parse().unwrap();
            assert_eq!(since.0.as_secs(), seconds, "{text}");
            assert_eq!(since.to_string(), shown);
        }
        for wrong in [
            "",
            "7",
            "d",
            "0d",
            "-1d",
            "1y",
            "9999999w",
            "7 d",
            "ü",
            "2026-01-01",
        ] {
            assert!(wrong.parse::<Since>().is_err(), "{wrong}");
        }
    }

    fn event(words: [Option<&str>; 4]) -> SignInEvent {
        let [result, failure_reason, method, mfa_type] =
            words.map(|word| word.map(ToOwned::to_owned));
        SignInEvent {
            id: "id".to_owned(),
            recorded_at: None,
            region: "fr-par".to_owned(),
            user_id: None,
            user: None,
            result: result.unwrap_or_default(),
            failure_reason,
            method,
            mfa_type,
            origin: None,
            source_ip: String::new(),
            country_code: None,
            user_agent: String::new(),
        }
    }

    // Issue 11, 5: what the service may say one day must not be lost, and must not pass for success.
    #[test]
    fn every_word_of_the_service_is_told_also_an_unknown_one() {
        for (words, outcome, with) in [
            (
                [Some("success"), None, Some("password"), Some("totp")],
                "signed in",
                "password and code",
            ),
            (
                [Some("success"), None, Some("saml"), None],
                "signed in",
                "SAML",
            ),
            (
                [
                    Some("failure"),
                    Some("invalid_mfa"),
                    Some("password"),
                    Some("totp"),
                ],
                "failed: wrong code",
                "password and code",
            ),
            (
                [
                    Some("failure"),
                    Some("invalid_password"),
                    Some("password"),
                    None,
                ],
                "failed: wrong password",
                "password",
            ),
            (
                [
                    Some("failure"),
                    Some("robot"),
                    Some("oauth2"),
                    Some("webauthn"),
                ],
                "failed: robot",
                "OAuth 2 and webauthn",
            ),
            (
                [Some("failure"), None, None, None],
                "failed",
                "unknown method",
            ),
            (
                [Some("postponed"), None, Some("magic"), None],
                "postponed",
                "magic",
            ),
        ] {
            let event = event(words);
            assert_eq!(event.outcome(), outcome);
            assert_eq!(event.with(), with);
        }
    }
}

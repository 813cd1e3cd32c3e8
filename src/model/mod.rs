//! Plain domain types: validated when made, without any input or output of their own.

mod account;
mod audit;
mod audit_diff;
mod backup_code;
mod email;
mod events;
mod evidence;
mod factors;
mod finding;
mod ids;
mod otp;
mod output;
mod passkey;
mod profile;
mod secret_key;
mod sign_in;
mod text;
mod time;
mod url;
mod web_origin;

pub use account::{ApiKey, Dialect, User};
pub use audit::{
    Column, FailOn, KeyEnd, Member, ReportFormat, ReportHead, Tally, UNKNOWN, Verdict,
};
pub use audit_diff::{AuditDiff, Change, Seen, State};
pub use backup_code::{BackupCode, BackupCodes, CodeState, SavedCode};
pub use email::parse_email;
pub use events::{SignInEvent, Since};
pub use evidence::{
    AuditRecord, Counts, LISTED, Listed, MANIFEST, MEMBERS, Places, RECORD, SETTINGS, manifest,
    parse_manifest,
};
pub use factors::{AppState, Factors, OrganizationDetails, Passkey, SignInWays, UserFactors};
pub use finding::{Finding, Health};
pub use ids::{AccessKey, OrganizationId, PasskeyId, SessionId, UserId};
pub use otp::{OtpCheck, OtpCode, OtpKey, PERIOD_S};
pub use output::{ColorWhen, Format, QrChoice};
pub use passkey::{PasskeyAnswer, PasskeyCeremony};
pub use profile::{ProfileName, SecretName, Slot, StorageKind};
pub use secret_key::SecretKey;
pub use sign_in::{Expiry, Lifetime, Organization, Passwords, SecondFactor};
pub use text::{clean, closed, sentence};
pub use time::{day, minute, optional_rfc3339, parse_duration, parse_rfc3339, rfc3339};
pub use url::ApiUrl;
pub use web_origin::WebOrigin;

/// Gets each line of the HTTP exchange that `--debug` shows.
pub trait Trace {
    /// Shows one line; secrets are hidden in it already.
    fn line(&self, line: &str);
}

/// Gets messages while a call waits.
pub trait Notices {
    /// Says that the program waits, and for what.
    fn waiting(&self, text: &str);
}

/// A value of a wrong form.
///
/// The message names the expected form and never repeats the value, which may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub String);

impl Invalid {
    fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

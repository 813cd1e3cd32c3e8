//! Backup codes: single-use answers for the day the phone is gone.

use secrecy::{ExposeSecret, SecretString};
use time::OffsetDateTime;

use super::Invalid;

/// One backup code: any string, opaque (protocol.md C); only white space around it is dropped.
#[derive(Debug, Clone)]
pub struct BackupCode(SecretString);

impl BackupCode {
    /// Takes a code as it came. Control characters are refused, since a code that drives a
    /// terminal could be neither shown nor typed.
    ///
    /// # Errors
    /// [`Invalid`] when nothing is left, or it holds a control character.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Invalid::new("a backup code is not empty"));
        }
        if text.chars().any(char::is_control) {
            return Err(Invalid::new("a backup code holds no control character"));
        }
        Ok(Self(SecretString::from(text)))
    }

    /// Takes a code from the API's one answer, where losing it is worse than a doubtful one:
    /// control characters are dropped, nothing else is refused.
    ///
    /// Nothing only where nothing printable is left.
    #[must_use]
    pub fn from_answer(text: &str) -> Option<Self> {
        let kept: String = text.chars().filter(|c| !c.is_control()).collect();
        Self::parse(&kept).ok()
    }

    /// The code itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The first two characters, and one asterisk for each other.
    #[must_use]
    pub fn masked(&self) -> String {
        self.expose()
            .chars()
            .enumerate()
            .map(|(i, c)| if i < 2 || c == '-' { c } else { '*' })
            .collect()
    }
}

impl PartialEq for BackupCode {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for BackupCode {}

/// What the API sends once, in its answer to the confirming call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupCodes(pub Vec<BackupCode>);

/// Whether a saved code can still be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeState {
    /// It was not handed out yet.
    Unused,
    /// It was handed out, or said to be used, at this time.
    Used(OffsetDateTime),
    /// Two-factor authentication was turned off at this time, and the code died with it.
    Void(OffsetDateTime),
}

/// One line of the file of saved codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedCode {
    /// The code.
    pub code: BackupCode,
    /// Whether it can still be used.
    pub state: CodeState,
}

#[cfg(test)]
mod tests {
    use super::BackupCode;

    #[test]
    fn a_code_is_opaque_but_for_white_space_around_it() {
        let code = BackupCode::parse("  aB3-xY z \n").unwrap();
        assert_eq!(code.expose(), "aB3-xY z");
        assert_eq!(code.masked(), "aB*-****");
        assert!(BackupCode::parse(" \n").is_err());
        assert!(BackupCode::parse("a\x1b[2Jb").is_err());
        assert_eq!(BackupCode::from_answer("a\x1b-b").unwrap().expose(), "a-b");
    }

    #[test]
    fn debug_shows_nothing_of_it() {
        let code = BackupCode::parse("abcd-efgh").unwrap();
        assert!(!format!("{code:?}").contains("abcd"));
    }
}

//! The secret half of an API key.

use secrecy::{ExposeSecret, SecretString};

use super::{Invalid, ids::parse_uuid};

/// The secret key of an API key: a UUID, wiped from memory when dropped.
///
/// It has no `Display`, and its `Debug` shows nothing of it.
#[derive(Debug, Clone)]
pub struct SecretKey(SecretString);

impl SecretKey {
    /// Takes a UUID in any letter case, with white space around it, and keeps the case it came in.
    ///
    /// Source of the form: scaleway-sdk-go, `validation/is.go`.
    ///
    /// # Errors
    /// [`Invalid`] when it is no UUID; the message does not repeat it.
    pub fn parse(text: &SecretString) -> Result<Self, Invalid> {
        let trimmed = text.expose_secret().trim();
        if parse_uuid(trimmed).is_none() {
            return Err(Invalid::new(
                "a secret key is a UUID: 36 characters, hexadecimal digits and hyphens",
            ));
        }
        Ok(Self(SecretString::from(trimmed)))
    }

    /// The secret itself, where it must leave the program: a request header, the keyring,
    /// `scw token`.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl SecretKey {
    /// Whether both are the same key: a UUID in any letter case.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.expose().eq_ignore_ascii_case(other.expose())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_and_errors_show_nothing_of_the_secret() {
        let text = "0F1E2D3C-4B5A-6978-8796-A5B4C3D2E1F0";
        let key = SecretKey::parse(&SecretString::from(format!(" {text}\n"))).unwrap();
        assert_eq!(key.expose(), text);
        assert!(!format!("{key:?}").contains("0F1E"));
        let err = SecretKey::parse(&SecretString::from("hunter2")).unwrap_err();
        assert!(!err.to_string().contains("hunter2"));
    }
}

//! Identifiers: they name things and are no secrets.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Invalid;

/// The id of an account's user in one organization: a UUID.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserId(String);

impl UserId {
    /// Takes a hyphenated UUID, any letter case, and keeps it in lower case.
    ///
    /// # Errors
    /// [`Invalid`] when the text is not a UUID.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        parse_uuid(text).map(Self).ok_or_else(|| {
            Invalid::new("a user id is a UUID like 5c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11")
        })
    }

    /// The id in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of these 16 bytes (RFC 9562 §4).
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(uuid::Uuid::from_bytes(bytes).hyphenated().to_string())
    }

    /// The 16 bytes of the UUID (RFC 9562 §4).
    #[must_use]
    pub fn as_bytes(&self) -> [u8; 16] {
        uuid::Uuid::try_parse(&self.0)
            .unwrap_or_default()
            .into_bytes()
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for UserId {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(&text)
    }
}

impl From<UserId> for String {
    fn from(id: UserId) -> Self {
        id.0
    }
}

impl std::str::FromStr for UserId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::parse(text)
    }
}

/// The hyphenated UUID in lower case, or nothing where `text` is none.
pub(super) fn parse_uuid(text: &str) -> Option<String> {
    let text = text.trim();
    // `Uuid` also takes braces, `urn:` and the form without hyphens; the services do not.
    (text.len() == 36)
        .then(|| uuid::Uuid::try_parse(text).ok())
        .flatten()
        .map(|uuid| uuid.hyphenated().to_string())
}

/// The identifier of an API key: `SCW` and 17 capital letters or digits.
///
/// Source: scaleway-sdk-go, `validation/is.go`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccessKey(String);

impl AccessKey {
    /// Checks the form of an access key.
    ///
    /// # Errors
    /// [`Invalid`] when the text is not of the form `SCW` + 17 capital letters or digits.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        let valid = text.len() == 20
            && text.starts_with("SCW")
            && text
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid::new(
                "an access key is `SCW` and 17 capital letters or digits",
            ))
        }
    }

    /// What stands behind `SCW`, as a number with 36 digits: as good as the text, in less room.
    #[must_use]
    pub fn as_number(&self) -> u128 {
        let digits = self.0.get(3..).unwrap_or_default();
        u128::from_str_radix(digits, 36).unwrap_or_default()
    }

    /// The access key as it goes on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for AccessKey {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(&text)
    }
}

impl From<AccessKey> for String {
    fn from(key: AccessKey) -> Self {
        key.0
    }
}

impl std::str::FromStr for AccessKey {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::parse(text)
    }
}

/// The most characters of an id whose form no source tells. A UUID has 36.
const LONGEST_ID: usize = 64;

/// An id that may stand in a path: 1 to 64 of `A-Z`, `a-z`, `0-9`, `_` and `-`.
///
/// The services use UUIDs (protocol.md); that is not promised for these, so the check is for what
/// could change a path's meaning.
fn parse_opaque(text: &str) -> Option<String> {
    let fits = (1..=LONGEST_ID).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    fits.then(|| text.to_owned())
}

/// An id of the service's own, checked when it is made.
macro_rules! opaque_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
        pub struct $name(String);

        impl $name {
            /// Takes an id as the service sent it.
            ///
            /// # Errors
            /// [`Invalid`] when it is empty, too long, or holds a character that an id has not.
            pub fn parse(text: &str) -> Result<Self, Invalid> {
                parse_opaque(text).map(Self).ok_or_else(|| {
                    Invalid::new(concat!(
                        $what,
                        " is at most 64 letters, digits, hyphens and underscores"
                    ))
                })
            }

            /// The id as it goes on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

opaque_id!(
    /// The id of an organization (protocol.md A, `organization_id`; B, `organizations[].id`).
    OrganizationId,
    "an organization id"
);

opaque_id!(
    /// The id of a session (protocol.md A, `jwt.jti`; RFC 7519 §4.1.7).
    SessionId,
    "a session id"
);

opaque_id!(
    /// The id of a passkey (protocol.md E, `authenticators[].id`).
    PasskeyId,
    "a passkey's id"
);

#[cfg(test)]
mod tests {
    use super::{AccessKey, OrganizationId, PasskeyId, SessionId, UserId};

    #[test]
    fn a_user_id_is_a_hyphenated_uuid_in_any_case() {
        let id = UserId::parse(" 5C9E0A3E-1D0F-4A55-9D6F-0F0E4A6D2B11\n").unwrap();
        assert_eq!(id.as_str(), "5c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11");
        for wrong in [
            "",
            "x",
            "5c9e0a3e1d0f4a559d6f0f0e4a6d2b11",
            "../../etc/passwd",
        ] {
            assert!(UserId::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_access_key_has_its_fixed_form() {
        assert!(AccessKey::parse("SCW1234567890ABCDEFG").is_ok());
        for wrong in [
            "SCW1234567890ABCDEF",
            "scw1234567890abcdefg",
            "SCW1234567890ABCDE/.",
            "",
        ] {
            assert!(AccessKey::parse(wrong).is_err(), "{wrong}");
        }
    }

    // Issue 7, 28
    #[test]
    fn an_id_of_the_services_own_cannot_change_a_path() {
        assert!(SessionId::parse("5c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11").is_ok());
        assert!(OrganizationId::parse("org_1").is_ok());
        let long = "a".repeat(65);
        for wrong in [
            "",
            "../api-keys/SCW1234567890ABCDEFG",
            "a/b",
            "a\\b",
            "a?b",
            "a#b",
            "a%2fb",
            "a b",
            "ä",
            "..",
            &long,
        ] {
            assert!(SessionId::parse(wrong).is_err(), "{wrong}");
            assert!(OrganizationId::parse(wrong).is_err(), "{wrong}");
            assert!(PasskeyId::parse(wrong).is_err(), "{wrong}");
        }
    }
}

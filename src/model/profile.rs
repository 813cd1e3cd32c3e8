//! Names of profiles and the places a secret may be kept.

use std::{fmt, str::FromStr};

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::Invalid;

/// The name of a profile: one login on this machine.
///
/// It names a keyring entry and a file, so its alphabet is small.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProfileName(String);

impl ProfileName {
    /// The name as the user gave it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for ProfileName {
    fn default() -> Self {
        Self("default".to_owned())
    }
}

impl FromStr for ProfileName {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let valid = (1..=64).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"._-@+".contains(&b))
            && !text.starts_with(['.', '-']);
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid::new(
                "a profile name has 1 to 64 letters, digits or `._-@+`, and does not start with `.` or `-`",
            ))
        }
    }
}

impl fmt::Display for ProfileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where the secret of a login is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum StorageKind {
    /// The keyring of the operating system
    Keyring,
    /// A file that a passphrase or a key opens
    Encrypted,
    /// A file that only you can read
    File,
}

impl StorageKind {
    /// The place in a sentence, behind "the".
    #[must_use]
    pub fn place(self) -> &'static str {
        match self {
            Self::Keyring => "keyring",
            Self::Encrypted => "encrypted file",
            Self::File => "file",
        }
    }
}

impl fmt::Display for StorageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Keyring => "keyring",
            Self::Encrypted => "encrypted",
            Self::File => "file",
        })
    }
}

impl FromStr for StorageKind {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text {
            "keyring" => Ok(Self::Keyring),
            "encrypted" => Ok(Self::Encrypted),
            "file" => Ok(Self::File),
            _ => Err(Invalid::new(
                "a storage is `keyring`, `encrypted` or `file`",
            )),
        }
    }
}

/// Which of a profile's two places for a secret a login uses.
///
/// A new login takes the one that the login before does not use, so that the record names the
/// secret that belongs to it at every moment, also when a run is killed in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Slot {
    /// The first, named like the profile.
    #[default]
    First,
    /// The second.
    Second,
}

impl Slot {
    /// The place that this one is not.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
        }
    }
}

/// The name of one secret in a keyring or a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretName(String);

impl SecretName {
    /// The name of a profile's secret.
    #[must_use]
    pub fn of(profile: &ProfileName, slot: Slot) -> Self {
        Self(match slot {
            Slot::First => profile.as_str().to_owned(),
            // No profile name holds a tilde.
            Slot::Second => format!("{profile}~2"),
        })
    }

    /// What people call the secret, such as in the window of a keyring.
    ///
    /// ```
    /// use scw::model::{ProfileName, SecretName, Slot};
    ///
    /// let name = SecretName::of(&ProfileName::default(), Slot::Second);
    /// assert_eq!(name.label(), "Scaleway API key (profile default)");
    /// ```
    #[must_use]
    pub fn label(&self) -> String {
        let profile = self.0.split('~').next().unwrap_or_default();
        format!("Scaleway API key (profile {profile})")
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_name_cannot_leave_its_folder() {
        for good in ["default", "work", "jane@example.com", "a.b-c_d+1"] {
            assert!(good.parse::<ProfileName>().is_ok(), "{good}");
        }
        for bad in ["", "..", "../x", "a/b", "-p", "a b", "a\n", &"x".repeat(65)] {
            assert!(bad.parse::<ProfileName>().is_err(), "{bad}");
        }
    }
}

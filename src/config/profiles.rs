//! The program's own record of logins: `profiles.toml` in the data folder. It holds no secret.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::ConfigError;
use crate::{
    fsutil::{self, FileLock},
    model::{AccessKey, ApiUrl, Dialect, ProfileName, StorageKind, UserId},
};

/// The file that stands for the lock on the record.
const LOCK: &str = ".profiles.lock";

/// The whole record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profiles {
    /// Profiles by name.
    profiles: BTreeMap<String, Profile>,
    /// What is known of users by id, kept also after a logout: their backup codes outlive it.
    users: BTreeMap<String, KnownUser>,
}

/// One profile.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// The login in force; nothing after a logout.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login: Option<Login>,
    /// Descriptions of keys that a login was about to make. One that is left here after a crash
    /// names a key that nobody has the secret of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pending_keys: Vec<String>,
    /// Whose login it is, or was last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
}

/// A login: everything about it but the secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// Where the secret is.
    pub storage: StorageKind,
    /// The API it is for.
    pub api: Dialect,
    /// The address it is for, and the only one it is sent to.
    pub api_url: ApiUrl,
    /// Identifier of the key, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_key: Option<AccessKey>,
    /// Whose key it is.
    pub user_id: UserId,
    /// The email address, as the service told it.
    pub email: String,
    /// The organization.
    pub organization_id: String,
    /// The default project of the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_id: Option<String>,
    /// What the key is called on the server when the login made it, so that the logout deletes
    /// it; nothing for a key that was there before.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub created_key: Option<String>,
    /// When the key stops working.
    #[serde(
        skip_serializing_if = "Option::is_none",
        default,
        with = "time::serde::rfc3339::option"
    )]
    pub expires_at: Option<OffsetDateTime>,
}

/// What is known of a user beyond a login.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KnownUser {
    /// The email address, so that saved codes are found before anybody is logged in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Where the backup codes are, when not in the usual place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub codes_file: Option<PathBuf>,
    /// Access keys that were seen to be this user's, so that commands that never ask the API
    /// know whose codes are meant.
    pub access_keys: Vec<AccessKey>,
}

impl Profiles {
    fn path(data_dir: &Path) -> PathBuf {
        data_dir.join("profiles.toml")
    }

    /// Reads the record; an empty one where there is none.
    ///
    /// # Errors
    /// [`ConfigError`] when it cannot be read or understood.
    pub fn load(data_dir: &Path) -> Result<Self, ConfigError> {
        let path = Self::path(data_dir);
        let Some(content) = fsutil::read_small(&path)? else {
            return Ok(Self::default());
        };
        let malformed = ConfigError::Malformed { path, at: None };
        let Ok(text) = std::str::from_utf8(&content) else {
            return Err(malformed);
        };
        toml::from_str(text).map_err(|_| malformed)
    }

    /// Reads the record, changes it and writes it back, while no other process can.
    ///
    /// # Errors
    /// [`ConfigError`] when it cannot be read or written; it is then unchanged.
    pub fn update<T>(
        data_dir: &Path,
        change: impl FnOnce(&mut Self) -> T,
    ) -> Result<T, ConfigError> {
        let _lock = FileLock::acquire(&data_dir.join(LOCK))?;
        let mut profiles = Self::load(data_dir)?;
        let before = profiles.clone();
        let result = change(&mut profiles);
        if profiles != before {
            let path = Self::path(data_dir);
            let text = toml::to_string_pretty(&profiles).map_err(|_| ConfigError::Malformed {
                path: path.clone(),
                at: None,
            })?;
            fsutil::write_private(&path, text.as_bytes())?;
        }
        Ok(result)
    }

    /// Proves that the record could be written, and changes nothing.
    ///
    /// # Errors
    /// [`ConfigError`] when it could not.
    pub fn check_writable(data_dir: &Path) -> Result<(), ConfigError> {
        let _lock = FileLock::acquire(&data_dir.join(LOCK))?;
        fsutil::Reservation::take(&Self::path(data_dir))?;
        Ok(())
    }

    /// Takes a key off the list of those that a profile's logins may have left behind.
    ///
    /// # Errors
    /// As [`Profiles::update`].
    pub fn settle(
        data_dir: &Path,
        profile: &ProfileName,
        description: &str,
    ) -> Result<(), ConfigError> {
        Self::update(data_dir, |profiles| {
            profiles
                .profile_mut(profile)
                .pending_keys
                .retain(|pending| pending != description);
        })
    }

    /// One profile.
    #[must_use]
    pub fn profile(&self, name: &ProfileName) -> Option<&Profile> {
        self.profiles.get(name.as_str())
    }

    /// One profile, made where there is none.
    pub fn profile_mut(&mut self, name: &ProfileName) -> &mut Profile {
        self.profiles.entry(name.as_str().to_owned()).or_default()
    }

    /// The login of a profile.
    #[must_use]
    pub fn login(&self, name: &ProfileName) -> Option<&Login> {
        self.profile(name)?.login.as_ref()
    }

    /// What is known of a user.
    #[must_use]
    pub fn user(&self, id: &UserId) -> Option<&KnownUser> {
        self.users.get(id.as_str())
    }

    /// Every user that something is known of.
    #[must_use]
    pub fn known_users(&self) -> Vec<UserId> {
        self.users
            .keys()
            .filter_map(|id| UserId::parse(id).ok())
            .collect()
    }

    /// What is known of a user, to be changed.
    pub fn user_mut(&mut self, id: &UserId) -> &mut KnownUser {
        self.users.entry(id.as_str().to_owned()).or_default()
    }

    /// The users with this email address, in any letter case.
    #[must_use]
    pub fn users_of(&self, email: &str) -> Vec<UserId> {
        self.users
            .iter()
            .filter(|(_, user)| {
                user.email
                    .as_ref()
                    .is_some_and(|known| known.eq_ignore_ascii_case(email))
            })
            .filter_map(|(id, _)| UserId::parse(id).ok())
            .collect()
    }

    /// Whose access key this is, where it was seen before.
    #[must_use]
    pub fn owner_of(&self, access_key: &AccessKey) -> Option<UserId> {
        let by_login = self
            .profiles
            .values()
            .filter_map(|profile| profile.login.as_ref())
            .find(|login| login.access_key.as_ref() == Some(access_key))
            .map(|login| login.user_id.clone());
        by_login.or_else(|| {
            self.users
                .iter()
                .find(|(_, user)| user.access_keys.contains(access_key))
                .and_then(|(id, _)| UserId::parse(id).ok())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_is_read_back_and_a_malformed_file_is_left_alone() {
        let root = tempfile::tempdir().unwrap();
        let name = ProfileName::default();
        let user = UserId::parse("5c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11").unwrap();
        Profiles::update(root.path(), |profiles| {
            profiles.profile_mut(&name).user_id = Some(user.clone());
            profiles.user_mut(&user).codes_file = Some(PathBuf::from("/x/y"));
        })
        .unwrap();
        let loaded = Profiles::load(root.path()).unwrap();
        assert_eq!(loaded.profile(&name).unwrap().user_id, Some(user.clone()));
        assert!(loaded.login(&name).is_none());
        assert!(loaded.user(&user).is_some());

        let path = Profiles::path(root.path());
        std::fs::write(&path, "profiles = 3 # secret").unwrap();
        let err = Profiles::update(root.path(), |_| ()).unwrap_err();
        assert!(!err.to_string().contains("secret"), "{err}");
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            "profiles = 3 # secret"
        );
    }
}

//! The program's own record of logins: `profiles.toml` in the data folder. It holds no secret.
//!
//! A command reads it anew whenever it acts on it: another run may have changed it meanwhile.

mod profiles;

use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::ConfigError;
use crate::{
    fsutil::{self, DataDir, FileLock, LockFile},
    model::{AccessKey, ApiUrl, Dialect, ProfileName, SecretName, Slot, StorageKind, UserId},
};

/// The whole record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Record {
    /// The profile that `scw profile use` chose; nothing for `default`.
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<String>,
    /// Profiles by name.
    profiles: BTreeMap<String, Profile>,
    /// What is known of users by id, kept also after a logout: their backup codes outlive it.
    users: BTreeMap<String, KnownUser>,
}

/// One profile.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Profile {
    /// The login in force; nothing after a logout.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login: Option<Login>,
    /// Where a secret may lie that no login names: written down before it is put there, and
    /// before the login that named it is forgotten.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub abandoned: Vec<Kept>,
    /// Whose login it is, or was last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
}

/// Where one secret lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// The kind of place.
    pub storage: StorageKind,
    /// Which of the profile's two secrets in it.
    #[serde(default)]
    pub slot: Slot,
}

impl Kept {
    /// The name of the secret there.
    #[must_use]
    pub(crate) fn name(self, profile: &ProfileName) -> SecretName {
        SecretName::of(profile, self.slot)
    }
}

/// A login: everything about it but the secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Login {
    /// Where the secret is.
    #[serde(flatten)]
    pub kept: Kept,
    /// The API it is for.
    pub api: Dialect,
    /// The address it is for, and the only one it is sent to.
    pub api_url: ApiUrl,
    /// Identifier of the key, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_key: Option<AccessKey>,
    /// Whose key it is.
    pub user_id: UserId,
    /// The email address, as the service sent it.
    pub email: String,
    /// The organization.
    pub organization_id: String,
    /// Its name, cleaned, where the service sent it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub organization_name: Option<String>,
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

impl Login {
    /// The organization by name, by id where its name is not known.
    #[must_use]
    pub(crate) fn organization(&self) -> &str {
        self.organization_name
            .as_deref()
            .unwrap_or(&self.organization_id)
    }
}

/// What is known of a user beyond a login.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct KnownUser {
    /// The email address, so that saved codes are found before anybody is logged in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Where the backup codes are, when not in the usual place.
    #[serde(with = "fsutil::path_text", skip_serializing_if = "Option::is_none")]
    pub codes_file: Option<PathBuf>,
    /// The digest of an encrypted file of backup codes whose second factor is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub void_codes: Option<String>,
    /// Access keys that were seen to be this user's, so that commands that never ask the API
    /// know whose codes are meant.
    pub access_keys: Vec<AccessKey>,
}

impl Record {
    fn path(data: &DataDir) -> PathBuf {
        data.join("profiles.toml")
    }

    /// The lock for a change to the record. It is held for a moment only.
    #[must_use]
    pub(crate) fn lock_path(data: &DataDir) -> LockFile {
        LockFile::new(data.join(".profiles.lock"), "the record of logins")
    }

    /// The lock for a change of the login of one profile: secret and record together.
    #[must_use]
    pub(crate) fn profile_lock_path(data: &DataDir, profile: &ProfileName) -> LockFile {
        LockFile::new(
            data.join(format!(".{profile}.login.lock")),
            format!("the login of profile `{profile}`"),
        )
    }

    /// Reads the record; an empty one where there is none.
    ///
    /// # Errors
    /// [`ConfigError`] when it cannot be read or understood.
    pub(crate) fn load(data: &DataDir) -> Result<Self, ConfigError> {
        let path = Self::path(data);
        let Some(content) = fsutil::read_owned(&path)? else {
            return Ok(Self::default());
        };
        let malformed = ConfigError::Malformed { path, at: None };
        let Ok(text) = std::str::from_utf8(&content) else {
            return Err(malformed);
        };
        toml::from_str(text).map_err(|_| malformed)
    }

    /// Reads the record, changes it and writes it back. `_lock` is that of
    /// [`Record::lock_path`].
    ///
    /// # Errors
    /// [`ConfigError`] when it cannot be read or written; it is then unchanged.
    pub(crate) fn update<T>(
        data: &DataDir,
        _lock: &FileLock,
        change: impl FnOnce(&mut Self) -> T,
    ) -> Result<T, ConfigError> {
        let mut record = Self::load(data)?;
        let before = record.clone();
        let result = change(&mut record);
        if record != before {
            let path = Self::path(data);
            let text = toml::to_string_pretty(&record).map_err(|_| ConfigError::Malformed {
                path: path.clone(),
                at: None,
            })?;
            data.write(&path, text.as_bytes())?;
        }
        Ok(result)
    }

    /// The names of all profiles.
    pub(crate) fn names(&self) -> impl Iterator<Item = ProfileName> {
        self.profiles.keys().filter_map(|name| name.parse().ok())
    }

    /// The logins of other profiles for the same service.
    pub(crate) fn others<'a>(
        &'a self,
        profile: &'a ProfileName,
        login: &'a Login,
    ) -> impl Iterator<Item = (ProfileName, &'a Login)> {
        self.profiles
            .iter()
            .filter_map(|(name, found)| Some((name.parse().ok()?, found.login.as_ref()?)))
            .filter(move |(name, other)| {
                name != profile && other.api_url == login.api_url && other.user_id == login.user_id
            })
    }

    /// Gives the key of this description to the login that uses it: its logout deletes the key.
    /// `false` where no login uses it.
    pub(crate) fn adopt_key(&mut self, access_key: &AccessKey, description: &str) -> bool {
        let user = self
            .profiles
            .values_mut()
            .filter_map(|profile| profile.login.as_mut())
            .find(|login| login.access_key.as_ref() == Some(access_key));
        if let Some(login) = user {
            login.created_key = Some(description.to_owned());
            return true;
        }
        false
    }

    /// Whether some login made the key of this description and is still in force.
    #[must_use]
    pub(crate) fn names_key(&self, description: &str) -> bool {
        self.profiles
            .values()
            .filter_map(|profile| profile.login.as_ref())
            .any(|login| login.created_key.as_deref() == Some(description))
    }

    /// The profiles with secrets that no login names, while no run changes their login.
    #[must_use]
    pub(crate) fn abandoned(&self, data: &DataDir) -> Vec<ProfileName> {
        let is_left = |name: &ProfileName| {
            self.profile(name)
                .is_some_and(|found| !found.abandoned.is_empty())
        };
        self.names()
            .filter(|name| is_left(name) && !Self::profile_lock_path(data, name).is_held())
            .collect()
    }

    /// One profile.
    #[must_use]
    pub(crate) fn profile(&self, name: &ProfileName) -> Option<&Profile> {
        self.profiles.get(name.as_str())
    }

    /// One profile, made where there is none.
    pub(crate) fn profile_mut(&mut self, name: &ProfileName) -> &mut Profile {
        self.profiles.entry(name.as_str().to_owned()).or_default()
    }

    /// The login of a profile.
    #[must_use]
    pub(crate) fn login(&self, name: &ProfileName) -> Option<&Login> {
        self.profile(name)?.login.as_ref()
    }

    /// What is known of a user.
    #[must_use]
    pub(crate) fn user(&self, id: &UserId) -> Option<&KnownUser> {
        self.users.get(id.as_str())
    }

    /// Every user that something is known of.
    #[must_use]
    pub(crate) fn known_users(&self) -> Vec<UserId> {
        self.users
            .keys()
            .filter_map(|id| UserId::parse(id).ok())
            .collect()
    }

    /// What is known of a user, to be changed.
    pub(crate) fn user_mut(&mut self, id: &UserId) -> &mut KnownUser {
        self.users.entry(id.as_str().to_owned()).or_default()
    }

    /// The users with this email address, in any letter case.
    #[must_use]
    pub(crate) fn users_of(&self, email: &str) -> Vec<UserId> {
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
    pub(crate) fn owner_of(&self, access_key: &AccessKey) -> Option<UserId> {
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
        let data = DataDir::at(root.path().to_owned()).unwrap();
        let lock = FileLock::try_take(&Record::lock_path(&data))
            .unwrap()
            .unwrap();
        let name = ProfileName::default();
        let user = UserId::parse("5c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11").unwrap();
        Record::update(&data, &lock, |record| {
            record.profile_mut(&name).user_id = Some(user.clone());
            record.user_mut(&user).codes_file = Some(PathBuf::from("/x/y"));
        })
        .unwrap();
        let loaded = Record::load(&data).unwrap();
        assert_eq!(loaded.profile(&name).unwrap().user_id, Some(user.clone()));
        assert!(loaded.login(&name).is_none());
        assert!(loaded.user(&user).is_some());

        let path = Record::path(&data);
        std::fs::write(&path, "profiles = 3 # secret").unwrap();
        let err = Record::update(&data, &lock, |_| ()).unwrap_err();
        assert!(!err.to_string().contains("secret"), "{err}");
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            "profiles = 3 # secret"
        );
    }

    // Issue 7, 21
    #[cfg(unix)]
    #[test]
    fn a_path_that_is_not_utf8_comes_back_byte_for_byte() {
        use std::{ffi::OsString, os::unix::ffi::OsStringExt};

        let path = PathBuf::from(OsString::from_vec(b"/x/\xff/codes".to_vec()));
        let known = KnownUser {
            codes_file: Some(path.clone()),
            ..KnownUser::default()
        };
        let text = toml::to_string(&known).unwrap();
        let back: KnownUser = toml::from_str(&text).unwrap();
        assert_eq!(back.codes_file, Some(path));
    }
}

//! The official client's `config.yaml` (protocol.md D). Nothing is ever added to it: `scrub` makes
//! the text without secret keys.

mod lines;
mod scrub;
mod yaml;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use zeroize::Zeroizing;

use self::yaml::Told;
use super::ConfigError;
use crate::{
    env,
    fsutil::{self, DataDir, LockFile},
    model::ProfileName,
};

/// The official client's name for the top level (scaleway-sdk-go, `scw/config.go`).
const TOP: &str = "default";

/// What a profile of the official file gives: the top level, overridden key by key by the named
/// profile.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct OfficialProfile {
    /// Identifier of the API key.
    pub access_key: Option<String>,
    /// Its secret, in plain text.
    pub secret_key: Option<SecretString>,
    /// Base address of the API.
    pub api_url: Option<String>,
    /// Default organization.
    pub default_organization_id: Option<String>,
    /// Default project.
    pub default_project_id: Option<String>,
}

#[derive(Debug, Deserialize, Default)]
#[serde(default)]
struct Content {
    #[serde(flatten)]
    top: OfficialProfile,
    active_profile: Option<String>,
    profiles: Option<BTreeMap<String, Option<OfficialProfile>>>,
}

impl Content {
    fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let malformed = |at| ConfigError::Malformed {
            path: path.to_owned(),
            at,
        };
        let value =
            yaml::load(text, Told::Text).map_err(|err| malformed(Some((err.line, err.column))))?;
        // A file of comments alone is empty too. The cause of a failure may quote a secret.
        let content: Option<Self> = serde_json::from_value(value).map_err(|_| malformed(None))?;
        Ok(content.unwrap_or_default())
    }

    /// A profile below `profiles`. The official client takes `default` for the top level, also
    /// where `profiles` has a key of that name.
    fn named(&self, name: &str) -> Option<&Option<OfficialProfile>> {
        let found = self.profiles.as_ref()?.get(name)?;
        (name != TOP).then_some(found)
    }

    /// The secret key that stands in this profile itself. An empty one is none: the official client
    /// refuses it.
    fn own_secret(&self, name: &str) -> Option<&SecretString> {
        match name {
            TOP => self.top.secret(),
            name => self.named(name)?.as_ref()?.secret(),
        }
    }

    /// The secret key of a profile that nobody can use, since its name stands for the top level.
    fn unused_secret(&self) -> Option<&SecretString> {
        let found = self.profiles.as_ref()?.get(TOP)?.as_ref()?;
        found.secret()
    }

    /// The names of all profiles, the top level first.
    fn names(&self) -> impl Iterator<Item = &str> {
        let named = self.profiles.iter().flat_map(BTreeMap::keys);
        std::iter::once(TOP).chain(named.map(String::as_str).filter(|name| *name != TOP))
    }
}

/// The whole file, read once.
#[derive(Debug)]
pub(crate) struct OfficialFile {
    path: PathBuf,
    text: Zeroizing<String>,
    content: Content,
}

impl OfficialFile {
    /// The name of the profile that is the top level.
    pub(crate) const TOP: &str = TOP;

    /// Reads the file; nothing where there is none.
    ///
    /// # Errors
    /// [`ConfigError`] when the file cannot be read or understood.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, ConfigError> {
        let Some(content) = fsutil::read_owned(path)? else {
            return Ok(None);
        };
        let text = std::str::from_utf8(&content).map_err(|_| ConfigError::Malformed {
            path: path.to_owned(),
            at: None,
        })?;
        Ok(Some(Self {
            path: path.to_owned(),
            content: Content::parse(text, path)?,
            text: Zeroizing::new(text.to_owned()),
        }))
    }

    /// The lock of runs that change the file. The official client does not know it.
    #[must_use]
    pub(crate) fn lock_path(data: &DataDir) -> LockFile {
        LockFile::new(data.join(".config.lock"), "the official config.yaml")
    }

    /// Where it is.
    #[must_use]
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The profile for runs that name none.
    #[must_use]
    pub(crate) fn active(&self) -> &str {
        self.content.active_profile.as_deref().unwrap_or(TOP)
    }

    /// The names of all profiles, `default` first, which is the top level.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.content.names()
    }

    /// A profile with what it inherits from the top level; nothing where the file lacks it.
    #[must_use]
    pub(crate) fn profile(&self, name: &str) -> Option<OfficialProfile> {
        let top = self.content.top.clone();
        match name {
            TOP => Some(top),
            name => Some(match self.content.named(name)? {
                Some(named) => top.overridden_by(named.clone()),
                None => top,
            }),
        }
    }

    /// Whether the top level holds a secret key, which every profile without one uses.
    #[must_use]
    pub(crate) fn top_has_secret(&self) -> bool {
        self.has_own_secret(Self::TOP)
    }

    /// Whether this profile holds a secret key itself.
    #[must_use]
    pub(crate) fn has_own_secret(&self, name: &str) -> bool {
        self.content.own_secret(name).is_some()
    }

    /// The file's text without the secret keys of these profiles, and everything else byte for
    /// byte.
    ///
    /// # Errors
    /// [`ConfigError::NotScrubbed`] where that is not certain.
    pub(crate) fn without_secrets(&self, of: &[&str]) -> Result<Zeroizing<String>, ConfigError> {
        scrub::scrub(&self.text, &self.content, of).map_err(|refused| ConfigError::NotScrubbed {
            path: self.path.clone(),
            line: refused.line,
            why: refused.why,
        })
    }

    /// Puts `text` in the file's place, unless the file changed since it was read.
    ///
    /// # Errors
    /// [`ConfigError::File`].
    pub(crate) fn replace(&self, data: &DataDir, text: &str) -> Result<(), ConfigError> {
        Ok(data.replace(&self.path, self.text.as_bytes(), text.as_bytes())?)
    }
}

impl OfficialProfile {
    /// The secret key, unless it is empty.
    #[must_use]
    pub(crate) fn secret(&self) -> Option<&SecretString> {
        let secret = self.secret_key.as_ref();
        secret.filter(|secret| !secret.expose_secret().is_empty())
    }

    fn overridden_by(self, other: Self) -> Self {
        Self {
            access_key: other.access_key.or(self.access_key),
            secret_key: other.secret_key.or(self.secret_key),
            api_url: other.api_url.or(self.api_url),
            default_organization_id: other
                .default_organization_id
                .or(self.default_organization_id),
            default_project_id: other.default_project_id.or(self.default_project_id),
        }
    }

    /// Reads the profile `wanted`, or the one that the file calls active, or its top level.
    ///
    /// Nothing where there is no file; a wanted profile that the file lacks gives nothing too,
    /// since the name is then one of this program's own.
    ///
    /// # Errors
    /// As [`OfficialFile::read`].
    pub(crate) fn load(
        path: &Path,
        wanted: Option<&ProfileName>,
    ) -> Result<Option<Self>, ConfigError> {
        let Some(file) = OfficialFile::read(path)? else {
            return Ok(None);
        };
        let name = wanted.map_or(file.active(), ProfileName::as_str);
        Ok(file.profile(name))
    }

    /// Whether the official client, which reads the file at `path`, would look in vain for a profile. A
    /// file that cannot be read is that client's business.
    #[must_use]
    pub(crate) fn is_missing(path: Option<&Path>, name: &ProfileName) -> bool {
        path.is_none_or(|path| Self::load(path, Some(name)).is_ok_and(|found| found.is_none()))
    }

    /// Where the file is: as scaleway-sdk-go, `scw/path.go` looks for it.
    #[must_use]
    pub(crate) fn path(flag: Option<&Path>) -> Option<PathBuf> {
        let below = |folder: PathBuf| folder.join("scw").join("config.yaml");
        flag.map(Path::to_owned)
            .or_else(|| env::path(env::CONFIG_PATH))
            .or_else(|| env::path(env::XDG_CONFIG_HOME).map(below))
            .or_else(|| env::path(env::HOME).map(|home| below(home.join(".config"))))
            .or_else(|| env::path(env::USERPROFILE).map(|home| below(home.join(".config"))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(yaml: &str, wanted: Option<&str>) -> Result<Option<OfficialProfile>, ConfigError> {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("config.yaml");
        std::fs::write(&path, yaml).unwrap();
        let wanted = wanted.map(|name| name.parse().unwrap());
        OfficialProfile::load(&path, wanted.as_ref())
    }

    const TWO: &str = "
access_key: SCWAAAAAAAAAAAAAAAAA
secret_key: 11111111-1111-1111-1111-111111111111
default_region: fr-par
send_telemetry: true
active_profile: work
profiles:
  work:
    secret_key: 22222222-2222-2222-2222-222222222222
    insecure: true
";

    #[test]
    fn a_named_profile_overrides_the_top_level_key_by_key() {
        let secret = |wanted| {
            let profile = load(TWO, wanted).unwrap().unwrap();
            assert_eq!(profile.access_key.as_deref(), Some("SCWAAAAAAAAAAAAAAAAA"));
            profile.secret_key.unwrap().expose_secret()[..8].to_owned()
        };
        assert_eq!(secret(Some("default")), "11111111");
        assert_eq!(secret(Some("work")), "22222222");
        assert_eq!(secret(None), "22222222");
        assert!(load(TWO, Some("other")).unwrap().is_none());
    }

    #[test]
    fn a_malformed_file_is_told_by_position_and_never_quoted() {
        for bad in [
            "secret_key: [11111111-hunter2",
            "secret_key: {hunter2: 1}",
            "\tsecret_key: hunter2\n  - x: ]",
        ] {
            let err = load(bad, None).unwrap_err();
            assert!(!err.to_string().contains("hunter2"), "{err}");
            assert!(!format!("{err:?}").contains("hunter2"), "{err:?}");
        }
    }

    // Issue 10, 3
    #[test]
    fn the_name_default_is_the_top_level_also_where_profiles_has_it() {
        let yaml = "access_key: SCWAAAAAAAAAAAAAAAAA\nprofiles:\n  default:\n    access_key: SCWBBBBBBBBBBBBBBBBB\n  empty:\n";
        for wanted in [None, Some("default"), Some("empty")] {
            let profile = load(yaml, wanted).unwrap().unwrap();
            assert_eq!(profile.access_key.as_deref(), Some("SCWAAAAAAAAAAAAAAAAA"));
        }
    }

    #[test]
    fn no_file_and_an_empty_file_give_nothing() {
        for empty in ["", "\n", "# secret_key: 1\n"] {
            let found = load(empty, None).unwrap().unwrap();
            assert!(found.secret_key.is_none(), "{empty:?}");
        }
        let missing = Path::new("/nonexistent/config.yaml");
        assert!(OfficialProfile::load(missing, None).unwrap().is_none());
    }
}

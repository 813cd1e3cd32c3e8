//! The official client's `config.yaml` (protocol.md D): read, never written.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use secrecy::SecretString;
use serde::Deserialize;

use super::ConfigError;
use crate::{env, fsutil, model::ProfileName};

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

#[derive(Deserialize, Default)]
#[serde(default)]
struct File {
    #[serde(flatten)]
    top: OfficialProfile,
    active_profile: Option<String>,
    profiles: HashMap<String, OfficialProfile>,
}

impl OfficialProfile {
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
    /// [`ConfigError`] when the file cannot be read or understood.
    pub(crate) fn load(
        path: &Path,
        wanted: Option<&ProfileName>,
    ) -> Result<Option<Self>, ConfigError> {
        let Some(content) = fsutil::read_owned(path)? else {
            return Ok(None);
        };
        let malformed = |at| ConfigError::Malformed {
            path: path.to_owned(),
            at,
        };
        let text = std::str::from_utf8(&content).map_err(|_| malformed(None))?;
        if text.trim().is_empty() {
            return Ok(None);
        }
        // Only the position of an error is used: its text may quote the line with the secret.
        let mut file: File = serde_saphyr::from_str(text)
            .map_err(|err| malformed(err.location().map(|at| (at.line(), at.column()))))?;
        let name = wanted
            .map(ProfileName::as_str)
            .or(file.active_profile.as_deref())
            .unwrap_or("default");
        Ok(match file.profiles.remove(name) {
            Some(named) => Some(file.top.overridden_by(named)),
            None if name == "default" => Some(file.top),
            None => None,
        })
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
    use secrecy::ExposeSecret;

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

    #[test]
    fn no_file_and_an_empty_file_give_nothing() {
        assert!(load("", None).unwrap().is_none());
        let missing = Path::new("/nonexistent/config.yaml");
        assert!(OfficialProfile::load(missing, None).unwrap().is_none());
    }
}

//! The settings of one run, and the address that each kind of secret is for.

use std::{path::PathBuf, str::FromStr};

use super::{ConfigError, Login, OfficialProfile, Record};
#[cfg(feature = "security-keys")]
use crate::model::WebOrigin;
use crate::{
    env,
    fsutil::{self, DataDir, FileError},
    model::{ApiUrl, Dialect, Invalid, ProfileName, StorageKind},
};

/// The base address of the IAM API (protocol.md A).
const IAM_URL: &str = "https://api.scaleway.com";
/// The base address of the 2017 account API (protocol.md B).
const ACCOUNT_URL: &str = "https://account.scaleway.com";
/// The site that passkeys are for (inferred, protocol.md E).
#[cfg(feature = "security-keys")]
const CONSOLE: &str = "https://console.scaleway.com";

/// What the command line says about settings.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flags {
    /// `--profile`
    pub profile: Option<ProfileName>,
    /// `--config`
    pub config: Option<PathBuf>,
    /// `--api`
    pub api: Option<Dialect>,
    /// `--api-url`
    pub api_url: Option<ApiUrl>,
}

/// The settings in force: flag, then environment.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// The profile.
    pub profile: ProfileName,
    /// The profile that a flag, a variable or `scw profile use` names; nothing where none does.
    pub named_profile: Option<ProfileName>,
    /// The API that a flag or a variable names.
    pub api: Option<Dialect>,
    /// Where the secret of a new login is to be kept, where something says so.
    pub storage: Option<StorageKind>,
    /// The folder for everything that this program keeps.
    pub data: DataDir,
    /// The official `config.yaml`, where it is or would be.
    pub official_path: Option<PathBuf>,
    /// `--api-url`.
    pub url_flag: Option<ApiUrl>,
    iam_url: Option<ApiUrl>,
    account_url: Option<ApiUrl>,
}

/// One account service: which API, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// Which API is spoken.
    pub dialect: Dialect,
    /// Its address.
    pub origin: ApiUrl,
}

impl Settings {
    /// Finds out what is in force.
    ///
    /// # Errors
    /// [`ConfigError`] when a value has a wrong form, or the data folder cannot be trusted.
    pub(crate) fn resolve(flags: &Flags) -> Result<Self, ConfigError> {
        let named_profile = match &flags.profile {
            Some(name) => Some(name.clone()),
            None => variable(env::PROFILE)?,
        };
        let data = match data_dir() {
            Some(path) => DataDir::at(path)?,
            // A container may have no home. With a key in its environment nothing has to be kept.
            None if env::is_set(env::SECRET_KEY) => DataDir::nowhere(),
            None => return Err(FileError::NoHome.into()),
        };
        let named_profile = match named_profile {
            Some(name) => Some(name),
            None => Record::load(&data)?.current(),
        };
        let api = match flags.api {
            Some(api) => Some(api),
            None => variable(env::API)?,
        };
        Ok(Self {
            profile: named_profile.clone().unwrap_or_default(),
            named_profile,
            api,
            storage: variable(env::KEYRING)?,
            data,
            official_path: OfficialProfile::path(flags.config.as_deref()).filter(|path| {
                let is_named = flags.config.is_some() || env::is_set(env::CONFIG_PATH);
                is_named || !fsutil::is_out_of_sight(path)
            }),
            url_flag: flags.api_url.clone(),
            iam_url: variable(env::API_URL)?,
            account_url: variable(env::ACCOUNT_URL)?,
        })
    }

    /// The address that a flag or a variable names for this API.
    #[must_use]
    pub(crate) fn asked_url(&self, dialect: Dialect) -> Option<&ApiUrl> {
        self.url_flag.as_ref().or(match dialect {
            Dialect::Iam => self.iam_url.as_ref(),
            Dialect::Account => self.account_url.as_ref(),
        })
    }

    /// The service for a secret that is bound to none yet: a password, or one from the
    /// environment or stdin. `login` is the one whose place a new login takes.
    ///
    /// # Errors
    /// [`ConfigError::Setting`] when the official file's address has a wrong form.
    pub(crate) fn target(
        &self,
        login: Option<&Login>,
        official: Option<&OfficialProfile>,
    ) -> Result<Target, ConfigError> {
        let dialect = self
            .api
            .or(login.map(|login| login.api))
            .unwrap_or_default();
        let before = login
            .filter(|login| login.api == dialect)
            .map(|login| &login.api_url);
        if let Some(url) = self.asked_url(dialect).or(before) {
            return Ok(Target {
                dialect,
                origin: url.clone(),
            });
        }
        let official = match (dialect, official) {
            (Dialect::Iam, Some(official)) => official.address()?,
            _ => None,
        };
        Ok(Target {
            dialect,
            origin: match official {
                Some(url) => url,
                None => production(dialect)?,
            },
        })
    }

    /// The address of the account page, for a login in a browser to the service at `origin`;
    /// nothing where it is not known.
    ///
    /// # Errors
    /// None in practice: the built-in addresses are well formed.
    pub(crate) fn account_page(&self, origin: &ApiUrl) -> Result<Option<ApiUrl>, ConfigError> {
        Ok(match &self.account_url {
            Some(url) => Some(url.clone()),
            None if *origin == production(Dialect::Iam)? => Some(production(Dialect::Account)?),
            None => None,
        })
    }
}

impl OfficialProfile {
    /// The address that the profile itself names.
    ///
    /// # Errors
    /// [`ConfigError::Setting`] when it has a wrong form.
    pub(crate) fn address(&self) -> Result<Option<ApiUrl>, ConfigError> {
        self.api_url
            .as_deref()
            .map(|url| parse("api_url in config.yaml", url))
            .transpose()
    }
}

/// The site that a passkey is registered for: `SCW_WEBAUTHN_ORIGIN`, else the console (inferred: no
/// source tells which origins the service takes, protocol.md E).
///
/// # Errors
/// [`ConfigError::Setting`] when the variable has a wrong form.
#[cfg(feature = "security-keys")]
pub(crate) fn webauthn_origin() -> Result<WebOrigin, ConfigError> {
    match variable(env::WEBAUTHN_ORIGIN)? {
        Some(origin) => Ok(origin),
        None => Ok(CONSOLE.parse()?),
    }
}

fn production(dialect: Dialect) -> Result<ApiUrl, ConfigError> {
    Ok(match dialect {
        Dialect::Iam => IAM_URL,
        Dialect::Account => ACCOUNT_URL,
    }
    .parse()?)
}

/// The folder for everything that this program keeps.
///
/// Not the official client's `scw` (`directories` gives that one for the same name).
fn data_dir() -> Option<PathBuf> {
    env::path(env::DATA_DIR)
        .or_else(|| {
            directories::ProjectDirs::from("", "", "scw-2fa").map(|dirs| dirs.data_dir().to_owned())
        })
        .map(|path| std::path::absolute(&path).unwrap_or(path))
}

fn variable<T: FromStr<Err = Invalid>>(name: &'static str) -> Result<Option<T>, ConfigError> {
    env::text(name)?
        .map(|value| parse(name, &value))
        .transpose()
}

fn parse<T: FromStr<Err = Invalid>>(place: &str, value: &str) -> Result<T, ConfigError> {
    value.parse().map_err(|source| ConfigError::Setting {
        place: place.to_owned(),
        source,
    })
}

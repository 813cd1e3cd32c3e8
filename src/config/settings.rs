//! The settings of one run.

use std::{path::PathBuf, str::FromStr};

use super::{ConfigError, OfficialProfile, Profiles};
use crate::{
    env,
    model::{ApiUrl, Dialect, Invalid, ProfileName, StorageKind},
};

/// The base address of the IAM API (protocol.md A).
const IAM_URL: &str = "https://api.scaleway.com";
/// The base address of the 2017 account API (protocol.md B).
const ACCOUNT_URL: &str = "https://account.scaleway.com";

/// What the command line says about settings.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--profile`
    pub profile: Option<ProfileName>,
    /// `--config`
    pub config: Option<PathBuf>,
    /// `--api`
    pub api: Option<Dialect>,
    /// `--api-url`
    pub api_url: Option<ApiUrl>,
}

/// The settings in force.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The profile.
    pub profile: ProfileName,
    /// The profile that a flag or a variable names; nothing where none does.
    pub named_profile: Option<ProfileName>,
    /// Which API is spoken.
    pub api: Dialect,
    /// Its address.
    pub api_url: ApiUrl,
    /// The address of the account service, where a key for `api_url` may be shown to it: the
    /// 2017 API, and the page for a login in a browser.
    pub account_url: Option<ApiUrl>,
    /// Where the secret of a login is to be kept, where something says so.
    pub storage: Option<StorageKind>,
    /// The folder for everything that this program keeps.
    pub data_dir: PathBuf,
    /// What this program knows of logins.
    pub profiles: Profiles,
    /// The official `config.yaml`, where it is or would be.
    pub official_path: Option<PathBuf>,
    /// Its profile.
    pub official: Option<OfficialProfile>,
}

impl Settings {
    /// Finds out what is in force.
    ///
    /// # Errors
    /// [`ConfigError`] when a value has a wrong form or a file cannot be read.
    pub fn resolve(flags: &Flags) -> Result<Self, ConfigError> {
        let named = match &flags.profile {
            Some(name) => Some(name.clone()),
            None => variable(env::PROFILE)?,
        };
        let profile = named.clone().unwrap_or_default();
        let data_dir = data_dir()?;
        let profiles = Profiles::load(&data_dir)?;
        let login = profiles.login(&profile);
        let official_path = OfficialProfile::path(flags.config.as_deref());
        // A login of this program's own needs nothing from the official file, so a broken one
        // does not stand in its way.
        let official = match &official_path {
            Some(path) if login.is_none() => OfficialProfile::load(path, named.as_ref())?,
            _ => None,
        };
        let api = match flags.api {
            Some(api) => api,
            None => variable(env::API)?
                .or(login.map(|login| login.api))
                .unwrap_or_default(),
        };
        let (address, production) = match api {
            Dialect::Iam => (env::API_URL, IAM_URL),
            Dialect::Account => (env::ACCOUNT_URL, ACCOUNT_URL),
        };
        let said = match &flags.api_url {
            Some(url) => Some(url.clone()),
            None => variable(address)?,
        };
        let official_url = || {
            official
                .as_ref()
                .and_then(|profile| profile.api_url.as_deref())
                .map(|url| parse("api_url in config.yaml", url))
                .transpose()
        };
        let production: ApiUrl = production.parse()?;
        let login_url = login
            .filter(|login| login.api == api)
            .map(|login| login.api_url.clone());
        let api_url = match (said.or(login_url), api) {
            (Some(url), _) => url,
            (None, Dialect::Iam) => official_url()?.unwrap_or_else(|| production.clone()),
            (None, Dialect::Account) => production.clone(),
        };
        let account_url = match variable(env::ACCOUNT_URL)? {
            Some(url) => Some(url),
            None if api == Dialect::Account => Some(api_url.clone()),
            None if api_url == production => Some(ACCOUNT_URL.parse()?),
            None => None,
        };
        let storage = variable(env::KEYRING)?;
        Ok(Self {
            profile,
            named_profile: named,
            api,
            api_url,
            account_url,
            storage,
            data_dir,
            profiles,
            official_path,
            official,
        })
    }
}

/// The folder for everything that this program keeps.
///
/// Not the official client's `scw` (design.md, trap 1).
fn data_dir() -> Result<PathBuf, ConfigError> {
    env::path(env::DATA_DIR)
        .map(|path| std::path::absolute(&path).unwrap_or(path))
        .or_else(|| {
            directories::ProjectDirs::from("", "", "scw-2fa").map(|dirs| dirs.data_dir().to_owned())
        })
        .ok_or(ConfigError::NoHome)
}

fn variable<T: FromStr<Err = Invalid>>(name: &str) -> Result<Option<T>, ConfigError> {
    env::text(name).map(|value| parse(name, &value)).transpose()
}

fn parse<T: FromStr<Err = Invalid>>(place: &str, value: &str) -> Result<T, ConfigError> {
    value.parse().map_err(|source| ConfigError::Setting {
        place: place.to_owned(),
        source,
    })
}

//! A secret together with the service that it is for.
//!
//! A [`Credential`] holds both. An authenticated client is made from nothing else
//! ([`Clients::account`]), so no secret is sent to an address that it is not for.

mod client;
mod from_config;
mod keep;
mod keys;
mod local;
mod pending;
mod rename;
mod resolve;
mod secret_file;
mod unlock;

use std::fmt;

pub(crate) use client::{Authed, Clients};
pub(crate) use from_config::{from_config, scrub};
pub(crate) use keep::{
    Ended, Ending, Replaced, credential_to_revoke, forget, keep, keep_locked, lock_login,
};
pub(crate) use keys::Keys;
pub(crate) use local::Local;
pub(crate) use pending::{OfCommand, PendingKey, PendingNote, abandoned, abandoned_by_commands};
pub(crate) use rename::{Renamed, rename};
pub(crate) use resolve::{
    access_key_variable, has_secret_variable, known_organization, resolve, saved, target_for_login,
};
pub(crate) use secret_file::read_secret_file;
pub(crate) use unlock::Asking;

use crate::{
    config::{Login, Settings, Target},
    env,
    model::{AccessKey, ProfileName, SecretKey, StorageKind},
    store,
};

/// Where a credential comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// `SCW_SECRET_KEY`.
    Environment,
    /// A login of this program.
    Saved(StorageKind),
    /// The official `config.yaml`.
    OfficialConfig,
    /// The user, or a login that is being made.
    Offered,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment => f.write_str("environment"),
            Self::Saved(kind) => kind.fmt(f),
            Self::OfficialConfig => f.write_str("config"),
            Self::Offered => f.write_str("offered"),
        }
    }
}

/// A secret key, the service that it is for, and what is known about it without asking that service.
#[derive(Debug)]
pub(crate) struct Credential {
    secret: SecretKey,
    access_key: Option<AccessKey>,
    target: Target,
    source: Source,
    login: Option<Login>,
}

impl Credential {
    /// A key for a service that the user chose.
    #[must_use]
    pub(crate) fn offered(
        secret: SecretKey,
        access_key: Option<AccessKey>,
        target: Target,
    ) -> Self {
        Self {
            secret,
            access_key,
            target,
            source: Source::Offered,
            login: None,
        }
    }

    /// The key of a login, for the service that the login was made at.
    #[must_use]
    pub(crate) fn of_login(login: &Login, secret: SecretKey) -> Self {
        Self {
            secret,
            access_key: login.access_key.clone(),
            target: Target {
                dialect: login.api,
                origin: login.api_url.clone(),
            },
            source: Source::Saved(login.kept.storage),
            login: Some(login.clone()),
        }
    }

    /// A new key of the same user, for the same service.
    #[must_use]
    pub(crate) fn with_key(&self, secret: SecretKey, access_key: Option<AccessKey>) -> Self {
        let login = self.login.as_ref().map(|login| Login {
            access_key: access_key.clone(),
            ..login.clone()
        });
        Self {
            secret,
            access_key,
            target: self.target.clone(),
            source: self.source,
            login,
        }
    }

    /// The secret.
    #[must_use]
    pub(crate) fn secret(&self) -> &SecretKey {
        &self.secret
    }

    /// The identifier of the key, where it is known.
    #[must_use]
    pub(crate) fn access_key(&self) -> Option<&AccessKey> {
        self.access_key.as_ref()
    }

    /// The service that it is for.
    #[must_use]
    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    /// Where the secret is, for people: a variable, a path, or the label of a keyring entry. A login
    /// is that of `profile`.
    #[must_use]
    pub(crate) fn location(&self, settings: &Settings, profile: &ProfileName) -> String {
        match (self.source, &self.login) {
            (Source::Saved(_), Some(login)) => store::location(
                login.kept.storage,
                &settings.data,
                &login.kept.name(profile),
            ),
            (Source::OfficialConfig, _) => settings
                .official_path
                .as_ref()
                .map(|path| path.display().to_string())
                .unwrap_or_default(),
            (Source::Environment, _) => env::SECRET_KEY.to_owned(),
            (Source::Saved(_) | Source::Offered, _) => String::new(),
        }
    }

    /// The login that it belongs to; nothing where it comes from elsewhere.
    #[must_use]
    pub(crate) fn login(&self) -> Option<&Login> {
        self.login.as_ref()
    }

    /// Where it comes from.
    #[must_use]
    pub(crate) fn source(&self) -> Source {
        self.source
    }
}

//! Moving keys out of the official `config.yaml` into a store.

use secrecy::ExposeSecret;

use super::{Asking, Credential, Local, Source, resolve::from_official};
use crate::{
    config::{OfficialFile, OfficialProfile, Record, Settings, Target},
    error::{CliError, Kind, Result},
    model::{Dialect, ProfileName, SecretKey},
};

/// The key of a profile of the official file, to be moved, with that profile's own address;
/// nothing where it has no secret key.
///
/// # Errors
/// [`Kind::Usage`] where `--api-url` names another address than the profile does,
/// [`Kind::LocalFile`] where a value has a wrong form.
pub(crate) fn from_config(
    settings: &Settings,
    official: &OfficialProfile,
) -> Result<Option<Credential>> {
    let Some(secret) = official.secret() else {
        return Ok(None);
    };
    let target = match official.address()? {
        None => settings.target(None, None)?,
        Some(own) => {
            if let Some(flag) = &settings.url_flag
                && !flag.is_same_origin(&own)
            {
                return Err(CliError::usage(format!(
                    "the secret key in config.yaml is for {own}, not for {flag}"
                ))
                .hint("remove `--api-url`"));
            }
            Target {
                dialect: settings.api.unwrap_or(Dialect::Iam),
                origin: own,
            }
        }
    };
    from_official(official, secret, target, Source::Offered).map(Some)
}

/// Puts `text`, which has no secret keys any more, in the place of the official file, once each of
/// these profiles gives back its secret key. Until the file is changed no other run can replace or
/// end one of their logins.
///
/// # Errors
/// [`Kind::Other`] where a secret key is not where it was stored; what the store or the file says.
pub(crate) async fn scrub(
    local: Local<'_>,
    file: &OfficialFile,
    text: &str,
    moved: &[(ProfileName, SecretKey)],
) -> Result<()> {
    let mut in_order: Vec<_> = moved.iter().collect();
    in_order.sort_by_key(|(name, _)| name);
    let mut locks = Vec::new();
    for (name, _) in &in_order {
        let path = Record::profile_lock_path(local.data(), name);
        locks.push(local.lock(path).await?);
    }
    let record = local.record()?;
    for (name, secret) in in_order {
        let gone = || {
            CliError::new(
                Kind::Other,
                format!("the login of profile `{name}` changed while scw was working"),
            )
            .hint("run the command again")
        };
        let kept = record.login(name).ok_or_else(gone)?.kept;
        let back = local.secret(name, kept, Asking::Nobody).await?;
        if back.expose_secret() != secret.expose() {
            return Err(gone());
        }
    }
    Ok(file.replace(local.data(), text)?)
}

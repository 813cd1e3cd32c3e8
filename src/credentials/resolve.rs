//! Which secret is used, and for which service: the environment, then the saved login, then the
//! official file (cli.md, "Environment").

use secrecy::SecretString;

use super::{Asking, Credential, Local, Source};
use crate::{
    config::{Login, OfficialProfile, Settings, Target},
    env,
    error::{CliError, Kind, LOGIN_HINT, Result},
    model::{AccessKey, ApiUrl, Dialect, ProfileName, SecretKey},
};

/// The credential in force; the API is not asked.
///
/// # Errors
/// [`Kind::NotLoggedIn`] where there is none for the address in force, [`Kind::Keyring`] where
/// the keyring fails.
pub(crate) async fn resolve(settings: &Settings, local: Local<'_>) -> Result<Credential> {
    if let Some(secret) = env::secret(env::SECRET_KEY)? {
        let secret = SecretKey::parse(&secret).map_err(|err| variable(env::SECRET_KEY, &err))?;
        // The official client takes its address from the file too.
        let official = official(settings)?;
        // Not from the saved login: its address is for its own secret.
        let target = settings.target(None, official.as_ref())?;
        return Ok(Credential {
            secret,
            access_key: access_key_variable()?,
            target,
            source: Source::Environment,
            login: None,
        });
    }
    if let Some(login) = local.record()?.login(&settings.profile) {
        let profile = &settings.profile;
        let dialect = asked_dialect(settings, profile, login)?;
        let mut credential = saved(local, profile, login).await?;
        credential.target.dialect = dialect;
        return Ok(credential);
    }
    if let Some(official) = official(settings)?
        && let Some(secret) = &official.secret_key
    {
        let target = target_of(settings, &official)?;
        return from_official(&official, secret, target, Source::OfficialConfig);
    }
    Err(CliError::new(
        Kind::NotLoggedIn,
        format!("not logged in (profile `{}`)", settings.profile),
    )
    .hint(LOGIN_HINT))
}

/// The service for a new login: of a flag or a variable, else of the previous login, else of the
/// official file, else the real service.
///
/// # Errors
/// When a file cannot be read or understood.
pub(crate) fn target_for_login(settings: &Settings, local: Local<'_>) -> Result<Target> {
    let record = local.record()?;
    match record.login(&settings.profile) {
        Some(login) => Ok(settings.target(Some(login), None)?),
        None => Ok(settings.target(None, official(settings)?.as_ref())?),
    }
}

/// Which API is to be spoken with the key of a login.
///
/// # Errors
/// [`Kind::NotLoggedIn`] where the login is for another address than the one asked for.
fn asked_dialect(settings: &Settings, profile: &ProfileName, login: &Login) -> Result<Dialect> {
    let dialect = settings.api.unwrap_or(login.api);
    let asked = settings.asked_url(dialect);
    let elsewhere = match asked {
        Some(url) => (!url.is_same_origin(&login.api_url)).then(|| url.clone()),
        // The other API has an address of its own, which the login was not made for.
        None if dialect != login.api => {
            let url = settings.target(None, None)?.origin;
            (!url.is_same_origin(&login.api_url)).then_some(url)
        }
        None => None,
    };
    if let Some(url) = elsewhere {
        return Err(not_for(
            &format!("the login of profile `{profile}`"),
            &login.api_url,
            &url,
        )
        .hint("to log in at the other address, use another profile: `scw login -p NAME`"));
    }
    Ok(dialect)
}

/// The credential of a login, for the service that the login was made at.
///
/// # Errors
/// [`Kind::NotLoggedIn`] where its secret is missing, [`Kind::Keyring`] where the keyring fails.
pub(crate) async fn saved(
    local: Local<'_>,
    profile: &ProfileName,
    login: &Login,
) -> Result<Credential> {
    let kept = login.kept;
    let secret = local
        .secret(profile, kept, Asking::Person)
        .await
        .map_err(|err| match err.kind() {
            Kind::NotLoggedIn => CliError::new(
                Kind::NotLoggedIn,
                format!(
                    "the secret key of profile `{profile}` is missing from the {}",
                    kept.storage.place()
                ),
            )
            .hint(LOGIN_HINT),
            _ => err,
        })?;
    let secret = SecretKey::parse(&secret).map_err(|err| {
        CliError::new(
            Kind::NotLoggedIn,
            format!(
                "the secret key of profile `{profile}` in the {} is malformed: {err}",
                kept.storage.place()
            ),
        )
        .hint(LOGIN_HINT)
    })?;
    Ok(Credential::of_login(login, secret))
}

/// A secret that is for another address than the one asked for.
fn not_for(what: &str, bound_to: &ApiUrl, asked: &ApiUrl) -> CliError {
    CliError::new(
        Kind::NotLoggedIn,
        format!("{what} is for {bound_to}, not for {asked}"),
    )
    .hint("remove `--api-url`, and unset `SCW_API_URL` and `SCW_ACCOUNT_URL`")
}

/// The service of a key in the official file: the address that its profile names, else the one in
/// force.
fn target_of(settings: &Settings, official: &OfficialProfile) -> Result<Target> {
    let target = settings.target(None, Some(official))?;
    match official.address()? {
        Some(own) if !own.is_same_origin(&target.origin) => Err(not_for(
            "the secret key in config.yaml",
            &own,
            &target.origin,
        )),
        _ => Ok(target),
    }
}

pub(super) fn from_official(
    official: &OfficialProfile,
    secret: &SecretString,
    target: Target,
    source: Source,
) -> Result<Credential> {
    let invalid = |name: &str, err: &crate::model::Invalid| {
        CliError::new(Kind::LocalFile, format!("{name} in config.yaml: {err}"))
            .hint("fix config.yaml, or run `scw login --with-token`")
    };
    let secret = SecretKey::parse(secret).map_err(|err| invalid("secret_key", &err))?;
    let access_key = official
        .access_key
        .as_deref()
        .map(AccessKey::parse)
        .transpose()
        .map_err(|err| invalid("access_key", &err))?;
    Ok(Credential {
        secret,
        access_key,
        target,
        source,
        login: None,
    })
}

fn official(settings: &Settings) -> Result<Option<OfficialProfile>> {
    match &settings.official_path {
        Some(path) => Ok(OfficialProfile::load(
            path,
            settings.named_profile.as_ref(),
        )?),
        None => Ok(None),
    }
}

/// The organization that a credential is for, where that is known without asking: the one of the
/// login, else the default one of the environment, else the one beside the key in the official file.
///
/// # Errors
/// When the variable or the file cannot be read.
pub(crate) fn known_organization(
    settings: &Settings,
    credential: &Credential,
) -> Result<Option<String>> {
    if let Some(login) = &credential.login {
        return Ok(Some(login.organization_id.clone()));
    }
    if let Some(id) = env::text(env::DEFAULT_ORGANIZATION_ID)? {
        return Ok(Some(id));
    }
    Ok(match credential.source {
        Source::OfficialConfig => {
            official(settings)?.and_then(|profile| profile.default_organization_id)
        }
        _ => None,
    })
}

/// Whether `SCW_SECRET_KEY` is set, and so comes before any login.
#[must_use]
pub(crate) fn has_secret_variable() -> bool {
    env::is_set(env::SECRET_KEY)
}

/// The access key that `SCW_ACCESS_KEY` holds.
///
/// # Errors
/// [`Kind::Usage`] when it has a wrong form.
pub(crate) fn access_key_variable() -> Result<Option<AccessKey>> {
    env::text(env::ACCESS_KEY)?
        .map(|key| AccessKey::parse(&key).map_err(|err| variable(env::ACCESS_KEY, &err)))
        .transpose()
}

fn variable(name: &str, err: &crate::model::Invalid) -> CliError {
    CliError::usage(format!("{name}: {err}")).hint(format!("fix or unset `{name}`"))
}

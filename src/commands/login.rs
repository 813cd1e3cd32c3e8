//! `scw login`: from a token on stdin, or from the official `config.yaml`.

use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::{rfc3339, unprinted};
use crate::{
    cli::LoginArgs,
    config::{Login, Profiles},
    context::{Context, access_key_variable, owner_of, prompt_error},
    env,
    error::{CliError, Kind, Result},
    model::{AccessKey, SecretKey, StorageKind, clean},
    ui,
};

/// The most that is read from stdin, in bytes.
const MAX_STDIN_BYTES: usize = 64 * 1024;

/// A key that is to be checked and kept.
struct Offered {
    secret: SecretKey,
    access_key: Option<AccessKey>,
}

/// Checks a key against the API and keeps its secret.
///
/// # Errors
/// As cli.md says; nothing is kept then.
pub async fn run(ctx: &Context, args: LoginArgs) -> Result<()> {
    let offered = if args.from_config {
        from_config(ctx)?
    } else {
        from_stdin(ctx, &args).await?
    };
    let settings = ctx.settings()?;
    let storage = args
        .storage
        .or(settings.storage)
        .unwrap_or(StorageKind::Keyring);
    let login = check(ctx, &offered, storage)
        .await
        .map_err(|err| err.doing("check the key against the API"))?;
    keep(ctx, &offered.secret, &login)
        .await
        .map_err(|err| err.doing("keep the secret key"))?;
    if storage == StorageKind::File {
        ctx.ui()
            .warn("the secret key is kept in a file in plain text, which only you can read");
    }
    if ctx.has_secret_variable() {
        ctx.ui()
            .warn("`SCW_SECRET_KEY` is set, and is used instead of this login until it is unset");
    }
    if args.from_config {
        ctx.ui().hint(
            "the secret key is still in config.yaml as well; remove its line there to keep it in the keyring alone",
        );
    }
    let email = clean(&login.email);
    ctx.ui().status(&format!(
        "Logged in as {email} for the profile `{}`; the secret key is kept in the {storage}",
        settings.profile
    ));
    let data = json!({
        "email": email,
        "user_id": login.user_id,
        "organization_id": clean(&login.organization_id),
        "access_key": login.access_key,
        "profile": settings.profile.as_str(),
        "storage": storage,
        "expires_at": login.expires_at.map(rfc3339),
    });
    ctx.ui().result("", &data).map_err(|err| unprinted(&err))
}

/// Asks the API whose key it is and whether it works.
async fn check(ctx: &Context, offered: &Offered, storage: StorageKind) -> Result<Login> {
    let settings = ctx.settings()?;
    let account = ctx.account(&offered.secret)?;
    let key = match &offered.access_key {
        Some(access_key) => Some(account.api_key(access_key).await?),
        None => None,
    };
    let user_id = match &key {
        Some(key) => key.user_id.clone(),
        None => owner_of(&*account, None).await?,
    };
    let user = account.user(&user_id).await?;
    Ok(Login {
        storage,
        api: settings.api,
        api_url: settings.api_url.clone(),
        access_key: offered.access_key.clone(),
        user_id,
        email: user.email,
        organization_id: user.organization_id,
        project_id: key.as_ref().and_then(|key| key.default_project_id.clone()),
        key_created: false,
        expires_at: key.and_then(|key| key.expires_at),
    })
}

/// Keeps the secret, then the record of it: a login that is cut in between is no login.
async fn keep(ctx: &Context, secret: &SecretKey, login: &Login) -> Result<()> {
    let settings = ctx.settings()?;
    let profile = settings.profile.clone();
    // Proves that the record can be written before the secret goes anywhere.
    Profiles::check_writable(&settings.data_dir)?;
    let text = SecretString::from(secret.expose());
    ctx.with_store(login.storage, move |store, profile| {
        store.set(profile, &text)?;
        match store.get(profile) {
            Ok(back) if back.expose_secret() == text.expose_secret() => Ok(()),
            Ok(_) | Err(_) => Err(crate::store::StoreError::Failed(
                "it does not give back what it was given".to_owned(),
            )),
        }
    })
    .await?;
    let before = Profiles::update(&settings.data_dir, |profiles| {
        let entry = profiles.profile_mut(&profile);
        entry.user_id = Some(login.user_id.clone());
        entry.login.replace(login.clone())
    })?;
    // The same profile's secret in the other place would outlive its logout.
    if let Some(before) = before.filter(|before| before.storage != login.storage) {
        let removed = ctx
            .with_store(before.storage, |store, profile| store.delete(profile))
            .await;
        if let Err(err) = removed {
            ctx.ui().warn(&format!(
                "the secret of the login before is still in the {}: {err}",
                before.storage
            ));
        }
    }
    Ok(())
}

fn from_config(ctx: &Context) -> Result<Offered> {
    let official = ctx.official_profile()?;
    let missing = || {
        CliError::new(
            Kind::NotLoggedIn,
            "the official config.yaml has no secret key for this profile",
        )
        .hint("name the file with `--config` and the profile with `--profile`")
    };
    let official = official.ok_or_else(missing)?;
    let secret = official.secret_key.as_ref().ok_or_else(missing)?;
    Ok(Offered {
        secret: SecretKey::parse(secret)
            .map_err(|err| CliError::usage(format!("secret_key in config.yaml: {err}")))?,
        access_key: official
            .access_key
            .as_deref()
            .map(AccessKey::parse)
            .transpose()
            .map_err(|err| CliError::usage(format!("access_key in config.yaml: {err}")))?,
    })
}

async fn from_stdin(ctx: &Context, args: &LoginArgs) -> Result<Offered> {
    let text = if ui::stdin_is_terminal() {
        ctx.prompter()
            .hidden("Secret key")
            .await
            .map_err(|err| prompt_error(&err, "a secret key", "a pipe into stdin"))?
    } else {
        ui::read_stdin(MAX_STDIN_BYTES).map_err(|err| {
            CliError::usage(format!("the key on stdin could not be read: {err}")).hint(
                "pipe a secret key, or `SCW_ACCESS_KEY=…` and `SCW_SECRET_KEY=…` lines, into it",
            )
        })?
    };
    let (secret, piped_access_key) = parse_stdin(&text)?;
    if let (Some(flag), Some(piped)) = (&args.access_key, &piped_access_key)
        && flag != piped
    {
        return Err(
            CliError::usage("`--access-key` names another key than stdin does")
                .hint("leave one of the two out"),
        );
    }
    let access_key = match args.access_key.clone().or(piped_access_key) {
        Some(key) => Some(key),
        None => access_key_variable()?,
    };
    Ok(Offered { secret, access_key })
}

/// Takes a secret key alone, or `KEY=VALUE` lines as in a shell's environment file.
fn parse_stdin(text: &SecretString) -> Result<(SecretKey, Option<AccessKey>)> {
    let hint = "stdin takes a secret key alone, or `SCW_ACCESS_KEY=…` and `SCW_SECRET_KEY=…` lines";
    let text = text.expose_secret().trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err(CliError::usage("there is no key on stdin").hint(hint));
    }
    let secret_key = |value: &str| {
        SecretKey::parse(&SecretString::from(value)).map_err(|err| {
            CliError::usage(format!("the key on stdin is not valid: {err}")).hint(hint)
        })
    };
    if !text.contains('=') {
        return Ok((secret_key(text)?, None));
    }
    let mut secret = None;
    let mut access_key = None;
    for line in text.lines().map(str::trim) {
        let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
        let Some((name, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) else {
            continue;
        };
        let value = value.trim().trim_matches(['"', '\'']);
        match name.trim() {
            env::SECRET_KEY => secret = Some(secret_key(value)?),
            env::ACCESS_KEY => {
                access_key = Some(AccessKey::parse(value).map_err(|err| {
                    CliError::usage(format!("the access key on stdin is not valid: {err}"))
                        .hint(hint)
                })?);
            }
            _ => {}
        }
    }
    let secret =
        secret.ok_or_else(|| CliError::usage("stdin has no `SCW_SECRET_KEY=…` line").hint(hint))?;
    Ok((secret, access_key))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
    const ACCESS: &str = "SCW1234567890ABCDEFG";

    fn parse(text: &str) -> Result<(SecretKey, Option<AccessKey>)> {
        parse_stdin(&SecretString::from(text))
    }

    #[test]
    fn stdin_takes_a_key_alone_or_lines() {
        let (secret, access) = parse(&format!("{SECRET}\n")).unwrap();
        assert_eq!((secret.expose(), access), (SECRET, None));
        for lines in [
            format!("SCW_ACCESS_KEY={ACCESS}\nSCW_SECRET_KEY={SECRET}\n"),
            format!(
                "# both\r\nexport SCW_SECRET_KEY=\"{SECRET}\"\r\nexport SCW_ACCESS_KEY='{ACCESS}'\r\nX=1"
            ),
        ] {
            let (secret, access) = parse(&lines).unwrap();
            assert_eq!(secret.expose(), SECRET);
            assert_eq!(access.unwrap().as_str(), ACCESS);
        }
    }

    #[test]
    fn what_is_no_key_is_refused_and_not_repeated() {
        for bad in [
            "",
            "\n",
            "hunter2",
            "SCW_SECRET_KEY=hunter2",
            "SCW_ACCESS_KEY=SCW1234567890ABCDEFG",
            "{\"secret_key\": \"hunter2\"}",
            "SCW_ACCESS_KEY=hunter2\nSCW_SECRET_KEY=0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
        ] {
            let err = parse(bad).unwrap_err();
            assert_eq!(err.kind(), Kind::Usage, "{bad}");
            let shown = format!("{err} {:?}", err.hints());
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }
}

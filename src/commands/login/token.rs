//! `scw login --with-token`: a key that exists already.

use secrecy::{ExposeSecret, SecretString};

use super::{
    super::{
        name_of,
        side_by_side::{beside, likely_organization, with_organization},
    },
    delete_replaced,
    left_over::LeftOver,
    new_login, report, storage,
};
use crate::{
    api::{Account, ApiError},
    cli::LoginArgs,
    config::Login,
    context::{Context, prompt_error},
    credentials::{self, Credential},
    env,
    error::{CliError, Result},
    model::{AccessKey, ApiKey, Dialect, ProfileName, SecretKey, StorageKind, User},
    ui,
};

/// The most that is read from stdin, in bytes.
const MAX_STDIN_BYTES: usize = 64 * 1024;

/// Logs in with the key on stdin.
///
/// # Errors
/// As cli.md says; nothing is saved then.
pub(super) async fn run(ctx: &Context, args: &LoginArgs) -> Result<()> {
    let offered = from_stdin(ctx, args).await?;
    let profile = &ctx.settings()?.profile;
    let login = take(ctx, profile, &offered, storage(ctx, args)?).await?;
    report(ctx, profile, &login)
}

/// Checks a key against the API and stores its secret as the login of a profile.
///
/// # Errors
/// As cli.md says; nothing is saved then.
pub(super) async fn take(
    ctx: &Context,
    profile: &ProfileName,
    offered: &Credential,
    storage: StorageKind,
) -> Result<Login> {
    let account = ctx.clients().account(offered)?;
    let (key, user, organization) = check(ctx, &*account, offered)
        .await
        .map_err(|err| CliError::from(err).doing("check the key"))?;
    let uninterruptible = ctx.interrupt().protect("storing the secret key");
    let (login, replaced) =
        credentials::keep(ctx.local()?, profile, offered.secret(), storage, |kept| {
            Login {
                access_key: offered.access_key().cloned(),
                project_id: key.default_project_id.clone(),
                expires_at: key.expires_at,
                ..new_login(kept, offered.target(), &user, organization.clone())
            }
        })
        .await
        .map_err(|err| err.doing("store the secret key"))?;
    delete_replaced(ctx, replaced).await;
    uninterruptible.now("deleting API keys that interrupted runs left behind");
    let left_over = LeftOver {
        ctx,
        account: &*account,
        target: offered.target(),
        user: &user,
        organization_id: &user.organization_id,
    };
    // The login is kept already: this does not stop it, and a request to end does not wait for it.
    if !ctx.interrupt().is_requested()
        && let Err(err) = left_over.delete(None).await
    {
        ctx.ui().warn(&err.to_string());
    }
    Ok(login)
}

/// Asks the API whether the key works, whose it is, and what the organization is called.
async fn check(
    ctx: &Context,
    account: &dyn Account,
    offered: &Credential,
) -> Result<(ApiKey, User, Option<String>), ApiError> {
    let (key, ()) = beside(account.own_key(offered.access_key()), account.prepare(1)).await?;
    let (user, organization) = with_organization(
        account,
        likely_organization(ctx, offered, key.default_project_id.as_deref()),
        account.user(&key.user_id),
        |user| &user.organization_id,
    )
    .await?;
    Ok((key, user, name_of(organization.as_ref())))
}

async fn from_stdin(ctx: &Context, args: &LoginArgs) -> Result<Credential> {
    let asks = ui::stdin_is_terminal();
    let text = if asks {
        ctx.prompter()
            .hidden("Secret key")
            .await
            .map_err(|err| prompt_error(&err, "a secret key is", "a pipe into stdin"))?
    } else {
        ui::read_stdin(MAX_STDIN_BYTES).await.map_err(|err| {
            CliError::usage(format!("could not read the key from stdin: {err}")).hint(
                "pipe a secret key, or `SCW_ACCESS_KEY=…` and `SCW_SECRET_KEY=…` lines, to stdin",
            )
        })?
    };
    let (secret, piped_access_key) = parse_stdin(&text)?;
    if let (Some(flag), Some(piped)) = (&args.access_key, &piped_access_key)
        && flag != piped
    {
        return Err(
            CliError::usage("`--access-key` and stdin contain different access keys")
                .hint("remove one of the two"),
        );
    }
    let target = credentials::target_for_login(ctx.settings()?, ctx.local()?)?;
    let access_key = match args.access_key.clone().or(piped_access_key) {
        Some(key) => Some(key),
        None => credentials::access_key_variable()?,
    };
    let access_key = match access_key {
        // The IAM API does not tell whose a secret key is.
        None if asks && target.dialect == Dialect::Iam => Some(ask_access_key(ctx).await?),
        access_key => access_key,
    };
    Ok(Credential::offered(secret, access_key, target))
}

async fn ask_access_key(ctx: &Context) -> Result<AccessKey> {
    loop {
        let typed = ctx
            .prompter()
            .line("Access key")
            .await
            .map_err(|err| prompt_error(&err, "an access key is", "`--access-key`"))?;
        match AccessKey::parse(typed.expose_secret()) {
            Ok(key) => return Ok(key),
            Err(err) => ctx.ui().ask_again(&err),
        }
    }
}

/// Takes a secret key alone, or `KEY=VALUE` lines as in a shell's environment file.
fn parse_stdin(text: &SecretString) -> Result<(SecretKey, Option<AccessKey>)> {
    let hint = "pipe a secret key, or `SCW_ACCESS_KEY=…` and `SCW_SECRET_KEY=…` lines, to stdin";
    let text = text.expose_secret().trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err(CliError::usage("stdin is empty").hint(hint));
    }
    let secret_key = |value: &str| {
        SecretKey::parse(&SecretString::from(value)).map_err(|err| {
            CliError::usage(format!("the secret key on stdin is not valid: {err}")).hint(hint)
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
    let secret = secret.ok_or_else(|| {
        CliError::usage("there is no `SCW_SECRET_KEY=…` line on stdin").hint(hint)
    })?;
    Ok((secret, access_key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

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

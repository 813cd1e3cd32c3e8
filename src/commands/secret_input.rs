//! Passwords and backup codes from a prompt, a pipe or a file.

use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use crate::{
    context::{Context, prompt_error},
    error::{CliError, Kind, Result},
    fsutil,
    process::on_thread,
    ui,
};

/// The most that a file with a password or a code may hold, in bytes.
const MAX_SECRET_BYTES: usize = 4096;

/// What kind of secret is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Secret {
    /// A password, which a terminal does not show.
    Password,
    /// A backup code.
    BackupCode,
}

impl Secret {
    fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::BackupCode => "backup code",
        }
    }
}

/// The first line of a file, or of stdin; at a terminal the secret is asked for.
///
/// The wait for a pipe or a FIFO is a future: dropping it ends it.
///
/// # Errors
/// [`Kind::Usage`] where there is no secret, [`Kind::LocalFile`] where a file cannot be read.
pub(super) async fn read_secret(
    ctx: &Context,
    path: &Path,
    secret: Secret,
) -> Result<SecretString> {
    let what = secret.name();
    let text = if path == Path::new("-") {
        from_stdin(ctx, secret).await?
    } else {
        from_file(path, what).await?
    };
    let line = text.expose_secret().lines().next().unwrap_or_default();
    if line.is_empty() {
        return Err(
            CliError::usage(format!("the first line is empty, so there is no {what}"))
                .hint(format!("put the {what} on the first line")),
        );
    }
    Ok(SecretString::from(line))
}

/// Asks for a secret at the terminal.
///
/// # Errors
/// [`Kind::Usage`] where there is no prompt; `flag` is what would have answered.
pub(super) async fn ask_secret(ctx: &Context, secret: Secret, flag: &str) -> Result<SecretString> {
    let what = secret.name();
    let typed = match secret {
        Secret::Password => ctx.prompter().hidden("Password").await,
        Secret::BackupCode => ctx.prompter().line("Backup code").await,
    };
    typed.map_err(|err| prompt_error(&err, &format!("a {what} is"), flag))
}

async fn from_stdin(ctx: &Context, secret: Secret) -> Result<SecretString> {
    let what = secret.name();
    if ui::stdin_is_terminal() {
        return ask_secret(ctx, secret, &format!("a pipe with the {what}")).await;
    }
    ui::read_stdin(MAX_SECRET_BYTES).await.map_err(|err| {
        CliError::usage(format!("could not read the {what} from stdin: {err}"))
            .hint(format!("pipe the {what} to stdin"))
    })
}

async fn from_file(path: &Path, what: &str) -> Result<SecretString> {
    // The user may have passed the secret itself as the path, so the message does not repeat it.
    let missing = || {
        CliError::new(
            Kind::LocalFile,
            format!("the file with the {what} does not exist"),
        )
        .hint(format!(
            "pass the path of a file that contains the {what}, or `-` for stdin"
        ))
    };
    let unreadable = |reason: &str| {
        CliError::new(
            Kind::LocalFile,
            format!("could not read the file with the {what}: {reason}"),
        )
        .hint(format!("pass the path of a file that contains the {what}"))
    };
    let path = path.to_owned();
    let content = on_thread(move || fsutil::read_named(&path))
        .await
        .ok_or_else(|| unreadable("the read failed"))?
        .map_err(|err| match err {
            fsutil::FileError::Io { source, .. } => unreadable(&source.to_string()),
            _ => unreadable("it is too large"),
        })?
        .ok_or_else(missing)?;
    std::str::from_utf8(&content)
        .map(SecretString::from)
        .map_err(|_| unreadable("it is not text"))
}

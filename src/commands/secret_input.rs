//! Secrets that a person types, pipes or names a file for.

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
/// [`Kind::Usage`] where nothing usable is there, [`Kind::LocalFile`] where a file cannot be read.
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
        return Err(CliError::usage(format!("there is no {what} to read"))
            .hint(format!("put the {what} on the first line")));
    }
    Ok(SecretString::from(line))
}

/// Asks a person for a secret.
///
/// # Errors
/// [`Kind::Usage`] where nobody can be asked; `flag` is what would have answered.
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
        return ask_secret(ctx, secret, &format!("a pipe that holds the {what}")).await;
    }
    ui::read_stdin(MAX_SECRET_BYTES).await.map_err(|err| {
        CliError::usage(format!("the {what} on stdin could not be read: {err}"))
            .hint(format!("pipe the {what} into it"))
    })
}

async fn from_file(path: &Path, what: &str) -> Result<SecretString> {
    // The path may be the secret itself, pasted in the wrong place: it is not repeated.
    let missing = || {
        CliError::new(
            Kind::LocalFile,
            format!("the file for the {what} does not exist"),
        )
        .hint(format!(
            "name a file that holds the {what}, or `-` for stdin"
        ))
    };
    let unreadable = |reason: &str| {
        CliError::new(
            Kind::LocalFile,
            format!("the file for the {what} could not be read: {reason}"),
        )
        .hint(format!("name a file that holds the {what}"))
    };
    let path = path.to_owned();
    let content = on_thread(move || fsutil::read_named(&path))
        .await
        .ok_or_else(|| unreadable("no answer"))?
        .map_err(|err| match err {
            fsutil::FileError::Io { source, .. } => unreadable(&source.to_string()),
            _ => unreadable("it is too large"),
        })?
        .ok_or_else(missing)?;
    std::str::from_utf8(&content)
        .map(SecretString::from)
        .map_err(|_| unreadable("it is not text"))
}

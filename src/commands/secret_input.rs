//! Passwords and backup codes from a prompt, a pipe or a file.

use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use crate::{
    context::{Context, prompt_error},
    credentials::read_secret_file,
    error::{CliError, Result},
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
    /// The PIN of a security key, which a terminal does not show.
    #[cfg(feature = "security-keys")]
    Pin,
}

impl Secret {
    fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::BackupCode => "backup code",
            #[cfg(feature = "security-keys")]
            Self::Pin => "PIN",
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
        read_secret_file(path, what).await?
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
        #[cfg(feature = "security-keys")]
        Secret::Pin => ctx.prompter().hidden("PIN of the security key").await,
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

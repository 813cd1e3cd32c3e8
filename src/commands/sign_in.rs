//! Signing in with email, password and a second factor: for `scw login`, and for `scw 2fa off`
//! without a login.

use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use crate::{
    api::{ApiError, Session, SignIn, SignInRequest, sign_in},
    cli::SignInArgs,
    context::{Context, prompt_error},
    env,
    error::{CliError, Kind, Result},
    fsutil,
    model::{BackupCode, Passwords, SecondFactor, UserId},
    process, ui,
};

/// How often a person may type a code.
const CODE_TRIES: usize = 3;
/// The most that a file with a password or a code may hold, in bytes.
const MAX_SECRET_BYTES: usize = 4096;

/// Where the second factor comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FactorSource {
    /// What the arguments and the environment say, else the person.
    Arguments,
    /// The next saved backup code.
    Saved,
}

/// Signs in. `description` and `expires` are for the key that the 2017 API makes at once.
///
/// # Errors
/// [`Kind::Usage`] where something is needed and nobody can be asked, [`Kind::Refused`] where the
/// service says no.
pub(super) async fn person(
    ctx: &Context,
    args: &SignInArgs,
    factor: FactorSource,
    description: &str,
    expires: bool,
) -> Result<Box<dyn Session>> {
    let dash = Some(Path::new("-"));
    if args.password_file.as_deref() == dash && args.backup_code_file.as_deref() == dash {
        return Err(
            CliError::usage("stdin cannot hold both the password and the backup code")
                .hint("put one of the two into a file"),
        );
    }
    let email = email(ctx, args).await?;
    let mut passwords = Passwords {
        password: password(ctx, args).await?,
        email,
        factor: None,
    };
    let dialect = ctx.settings()?.api;
    let service = ctx.nobody()?;
    let attempt = async |passwords: &Passwords| {
        let request = SignInRequest {
            passwords,
            description,
            expires,
        };
        sign_in(dialect, &service, &request).await
    };
    if let SignIn::Done(session) = attempt(&passwords).await? {
        return Ok(session);
    }
    let mut refusal = CliError::from(ApiError::WrongCode);
    let tries = tries(args, factor);
    for _ in 0..tries {
        let offered = match next_factor(ctx, args, factor, &passwords.email).await {
            Ok(offered) => offered,
            // A person gets another try; a file or a variable would say the same again.
            Err(err) if err.kind() == Kind::Refused && tries > 1 => {
                ctx.ui().instruct(&format!("{err}; try again"));
                refusal = err;
                continue;
            }
            Err(err) => return Err(err),
        };
        let used = match &offered {
            SecondFactor::Backup(code) => Some(code.clone()),
            SecondFactor::Otp(_) => None,
        };
        passwords.factor = Some(offered);
        match attempt(&passwords).await {
            Ok(SignIn::Done(session)) => {
                if let Some(code) = used {
                    mark_used(ctx, &passwords.email, &code);
                }
                return Ok(session);
            }
            Ok(SignIn::FactorNeeded) | Err(ApiError::WrongCode) => {
                refusal = ApiError::WrongCode.into();
                if tries > 1 {
                    ctx.ui().instruct(&format!("{refusal}; try again"));
                }
            }
            Err(err) => return Err(err.into()),
        }
    }
    Err(refusal)
}

/// A code typed at the prompt may be typed again; any other source would say the same.
fn tries(args: &SignInArgs, factor: FactorSource) -> usize {
    let asks = factor == FactorSource::Arguments
        && args.backup_code_file.is_none()
        && args.otp_command.is_none()
        && env::text(env::OTP).is_none();
    if asks { CODE_TRIES } else { 1 }
}

/// The email address that is said without asking.
pub(super) fn known_email(args: &SignInArgs) -> Option<String> {
    args.email.clone().or_else(|| env::text(env::EMAIL))
}

async fn email(ctx: &Context, args: &SignInArgs) -> Result<String> {
    if let Some(email) = known_email(args) {
        return Ok(email);
    }
    let typed = ctx
        .prompter()
        .line("Email")
        .await
        .map_err(|err| prompt_error(&err, "an email address", "`--email` or `SCW_EMAIL`"))?;
    Ok(typed.expose_secret().trim().to_owned())
}

async fn password(ctx: &Context, args: &SignInArgs) -> Result<SecretString> {
    if let Some(path) = &args.password_file {
        return read_secret(path, "password");
    }
    if let Some(password) = env::secret(env::PASSWORD) {
        return Ok(password);
    }
    ctx.prompter()
        .hidden("Password")
        .await
        .map_err(|err| prompt_error(&err, "a password", "`--password-file` or `SCW_PASSWORD`"))
}

/// The first line of a file, or of stdin.
pub(super) fn read_secret(path: &Path, what: &str) -> Result<SecretString> {
    let text = if path == Path::new("-") {
        ui::read_stdin(MAX_SECRET_BYTES).map_err(|err| {
            CliError::usage(format!("the {what} on stdin could not be read: {err}"))
                .hint(format!("pipe the {what} into it"))
        })?
    } else {
        let missing = || {
            CliError::new(
                Kind::LocalFile,
                format!("{} does not exist", path.display()),
            )
            .hint(format!(
                "name a file that holds the {what}, or `-` for stdin"
            ))
        };
        let content = fsutil::read_small(path)?.ok_or_else(missing)?;
        std::str::from_utf8(&content)
            .map(SecretString::from)
            .map_err(|_| {
                CliError::usage(format!("{} holds no text", path.display()))
                    .hint(format!("name a file that holds the {what}"))
            })?
    };
    let line = text.expose_secret().lines().next().unwrap_or_default();
    if line.is_empty() {
        return Err(
            CliError::usage(format!("there is no {what} in {}", path.display()))
                .hint(format!("put the {what} on its first line")),
        );
    }
    Ok(SecretString::from(line))
}

async fn next_factor(
    ctx: &Context,
    args: &SignInArgs,
    factor: FactorSource,
    email: &str,
) -> Result<SecondFactor> {
    if factor == FactorSource::Saved {
        return take_saved(ctx, email)?
            .map(SecondFactor::Backup)
            .ok_or_else(|| {
                CliError::new(
                    Kind::Other,
                    "no unused backup code of this account is saved on this machine",
                )
                .hint("use `--backup-code-file` for a code kept elsewhere")
                .hint("`scw 2fa recover` shows the other ways back in")
            });
    }
    if let Some(path) = &args.backup_code_file {
        let text = read_secret(path, "backup code")?;
        return Ok(SecondFactor::Backup(BackupCode::parse(
            text.expose_secret(),
        )?));
    }
    let parse = |text: &SecretString| {
        SecondFactor::parse(text).map_err(|err| {
            CliError::new(Kind::Refused, err.to_string())
                .hint("type the six digits that the app shows, or a backup code")
        })
    };
    if let Some(command) = &args.otp_command {
        let nothing = SecretString::from(String::new());
        return parse(&process::otp_command(command, nothing).await?);
    }
    if let Some(code) = ctx.otp_variable() {
        return parse(&code);
    }
    let saved = saved_left(ctx, email)?;
    let question = if saved > 0 {
        "One-time password or backup code (empty: use a saved backup code)"
    } else {
        "One-time password or backup code"
    };
    let would_answer = "`--otp-command`, `--backup-code-file` or `SCW_OTP`";
    let wanted = "a one-time password or a backup code";
    let typed = ctx
        .prompter()
        .line(question)
        .await
        .map_err(|err| prompt_error(&err, wanted, would_answer))?;
    if saved > 0
        && typed.expose_secret().trim().is_empty()
        && let Some(code) = take_saved(ctx, email)?
    {
        ctx.ui().status(&format!(
            "A saved backup code is used; {} are left",
            saved.saturating_sub(1)
        ));
        return Ok(SecondFactor::Backup(code));
    }
    parse(&typed)
}

/// Users of this email with codes on this machine; without any record, the only user with codes.
pub(super) fn users_with_codes(ctx: &Context, email: &str) -> Result<Vec<UserId>> {
    let settings = ctx.settings()?;
    let known = settings.profiles.users_of(email);
    if !known.is_empty() {
        return Ok(known);
    }
    let all = crate::store::CodesFile::users(&settings.data_dir);
    Ok(if all.len() == 1 { all } else { Vec::new() })
}

fn saved_left(ctx: &Context, email: &str) -> Result<usize> {
    let mut left = 0;
    for user in users_with_codes(ctx, email)? {
        // Codes that cannot be read here are no offer.
        if let Ok(Some(codes)) = ctx.codes_file(&user)?.load() {
            left += codes.unused();
        }
    }
    Ok(left)
}

/// The next saved code, marked used durably before it goes anywhere.
fn take_saved(ctx: &Context, email: &str) -> Result<Option<BackupCode>> {
    for user in users_with_codes(ctx, email)? {
        let taken = ctx
            .codes_file(&user)?
            .update(|codes| codes.take_next(ctx.now()))?;
        if let Some(code) = taken.flatten() {
            return Ok(Some(code));
        }
    }
    Ok(None)
}

/// Marks a code that was typed as used, where it is saved here.
fn mark_used(ctx: &Context, email: &str, code: &BackupCode) {
    for user in users_with_codes(ctx, email).unwrap_or_default() {
        let marked = ctx.codes_file(&user).and_then(|file| {
            file.update(|codes| codes.mark_used(code, ctx.now()))
                .map_err(CliError::from)
        });
        if let Err(err) = marked {
            ctx.ui().warn(&format!(
                "the code just used could not be marked among the saved ones: {err}"
            ));
        }
    }
}

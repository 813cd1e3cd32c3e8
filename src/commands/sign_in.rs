//! Signing in with email, password and a second factor: for `scw login`, and for `scw 2fa off`
//! without a login.

use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use super::{
    saved_codes::{SpentCode, saved_left},
    secret_input::{Secret, read_secret},
};
use crate::{
    api::{ApiError, Session, SignIn, SignInRequest, sign_in},
    cli::SignInArgs,
    config::Target,
    context::{Context, prompt_error},
    credentials::{PendingKey, PendingNote, target_for_login},
    env,
    error::{CliError, Kind, Result},
    model::{BackupCode, Dialect, OtpCode, Passwords, SecondFactor, parse_email},
    process,
};

/// How often a code may be typed.
const CODE_TRIES: usize = 3;

/// No call signs in with a passkey (protocol.md E); the browser does.
const PASSKEY_HINT: &str = "to use a passkey, run `scw login --web`";

/// Where the second factor comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FactorSource {
    /// The arguments, else the environment, else a prompt.
    Arguments,
    /// The next saved backup code.
    Saved,
}

/// A session that was just opened.
pub(super) struct SignedIn {
    /// The session.
    pub(super) session: Box<dyn Session>,
    /// The service.
    pub(super) target: Target,
    /// The note of the token that the sign-in created; only the 2017 API creates one.
    pub(super) note: Option<PendingNote>,
}

/// How to sign in.
pub(super) struct SignInPlan<'a> {
    /// What the arguments say.
    pub(super) args: &'a SignInArgs,
    /// Where the second factor comes from.
    pub(super) factor: FactorSource,
    /// The description of the token that the 2017 API creates at once.
    pub(super) description: &'a str,
    /// Whether that token expires.
    pub(super) expires: bool,
}

impl SignInPlan<'_> {
    /// Signs in at the service in force. The caller protects the session that comes of it before
    /// it waits for anything else.
    ///
    /// # Errors
    /// [`Kind::Usage`] where input is required and there is no prompt, [`Kind::Refused`] where the
    /// service refuses, [`Kind::Interrupted`].
    pub(super) async fn run(&self, ctx: &Context) -> Result<SignedIn> {
        let dash = Some(Path::new("-"));
        if self.args.password_file.as_deref() == dash
            && self.args.backup_code_file.as_deref() == dash
        {
            return Err(CliError::usage(
                "the password and the backup code cannot both come from stdin",
            )
            .hint("put one of them into a file"));
        }
        let local = ctx.local()?;
        let target = target_for_login(ctx.settings()?, local)?;
        let email = ctx.unless_interrupted(email(ctx, self.args)).await??;
        let password = ctx.unless_interrupted(password(ctx, self.args)).await??;
        // From the first call on a session, or a token of 2017, has to be ended again.
        let _signing_in = ctx.interrupt().protect("");
        let passwords = Passwords {
            email,
            password,
            factor: None,
        };
        let note = match target.dialect {
            Dialect::Iam => None,
            Dialect::Account => Some(PendingNote::write(
                local,
                PendingKey {
                    email: Some(passwords.email.clone()),
                    ..PendingKey::new(self.description.to_owned(), &target)
                },
            )?),
        };
        match self.open(ctx, &target, passwords).await {
            Ok(session) => Ok(SignedIn {
                session,
                target,
                note,
            }),
            Err(failure) => Err(match note {
                // The answer was lost, and a token may have been made.
                Some(note) if failure.outcome_unknown => {
                    let err = failure.error.and(&format!(
                        "The service may have created the token {}",
                        note.key.shown()
                    ));
                    note.leave();
                    err.hint("run `scw login` with this email: it deletes that token")
                }
                Some(note) => {
                    note.settle()?;
                    failure.error
                }
                None => failure.error,
            }),
        }
    }

    async fn open(
        &self,
        ctx: &Context,
        target: &Target,
        mut passwords: Passwords,
    ) -> Result<Box<dyn Session>, Failure> {
        let service = ctx.clients().anonymous(target)?;
        let attempt = async |passwords: &Passwords| {
            let request = SignInRequest {
                passwords,
                description: self.description,
                expires: self.expires,
            };
            ctx.interrupt().now("signing in");
            let outcome = sign_in(target.dialect, &service, &request).await;
            ctx.interrupt().now("");
            outcome
        };
        if let SignIn::Done(session) = attempt(&passwords).await? {
            return Ok(session);
        }
        let mut refusal = CliError::from(ApiError::WrongCode);
        let mut tries = self.tries();
        let asks = tries > 1;
        while tries > 0 {
            let next = next_factor(ctx, self.args, self.factor, &passwords.email);
            let offered = match ctx.unless_interrupted(next).await? {
                Ok(offered) => offered,
                // What cannot be a code at all does not count as a try.
                Err(err) if err.kind() == Kind::Refused && asks => {
                    ctx.ui().ask_again(&err);
                    continue;
                }
                Err(err) => return Err(err.into()),
            };
            tries -= 1;
            passwords.factor = Some(offered.factor());
            match attempt(&passwords).await {
                Ok(SignIn::Done(session)) => return Ok(session),
                Ok(SignIn::FactorNeeded) | Err(ApiError::WrongCode) => {
                    refusal = ApiError::WrongCode.into();
                    if tries > 0 {
                        ctx.ui().ask_again(&refusal);
                    }
                }
                Err(err) => {
                    let mut failure = Failure::from(err);
                    if let Offered::Backup(spent) = offered {
                        failure = spent.after(ctx, failure).await;
                    }
                    return Err(failure);
                }
            }
        }
        if asks {
            refusal = refusal.and(&format!("scw stops after {CODE_TRIES} wrong codes"));
        }
        Err(refusal.hint(PASSKEY_HINT).into())
    }

    /// A code may be typed again at the prompt; any other source would give the same code again.
    fn tries(&self) -> usize {
        let asks = self.factor == FactorSource::Arguments
            && self.args.backup_code_file.is_none()
            && self.args.otp_command.is_none()
            && !env::is_set(env::OTP);
        if asks { CODE_TRIES } else { 1 }
    }
}

/// A second factor that is about to be sent.
enum Offered {
    Otp(OtpCode),
    Backup(SpentCode),
}

impl Offered {
    fn factor(&self) -> SecondFactor {
        match self {
            Self::Otp(code) => SecondFactor::Otp(code.clone()),
            Self::Backup(spent) => SecondFactor::Backup(spent.code.clone()),
        }
    }

    /// A code from a prompt, a command or a variable.
    async fn given(ctx: &Context, email: &str, text: &SecretString) -> Result<Self> {
        let factor = SecondFactor::parse(text).map_err(|err| {
            CliError::new(Kind::Refused, err.to_string())
                .hint("enter the six digits that the app shows, or a backup code")
        })?;
        Ok(match factor {
            SecondFactor::Otp(code) => Self::Otp(code),
            SecondFactor::Backup(code) => Self::Backup(SpentCode::given(ctx, email, code).await?),
        })
    }
}

impl SpentCode {
    /// Unmarks a code that the service did not get. Adds to the failure that any other one stays
    /// marked as used.
    async fn after(self, ctx: &Context, failure: Failure) -> Failure {
        if !failure.outcome_unknown {
            self.unmark(ctx).await;
            return failure;
        }
        Failure {
            error: failure
                .error
                .and("The backup code may be used up, so scw marked it as used"),
            ..failure
        }
    }
}

/// A failed sign-in, and whether the service may have carried it out.
struct Failure {
    error: CliError,
    outcome_unknown: bool,
}

impl From<ApiError> for Failure {
    fn from(err: ApiError) -> Self {
        Self {
            outcome_unknown: err.outcome_unknown(),
            error: err.into(),
        }
    }
}

impl From<CliError> for Failure {
    fn from(error: CliError) -> Self {
        Self {
            error,
            outcome_unknown: false,
        }
    }
}

/// The email address from the arguments or the environment.
///
/// # Errors
/// [`Kind::Usage`] when it is malformed.
pub(super) fn known_email(args: &SignInArgs) -> Result<Option<String>> {
    let checked = |place: &str, email: &str| {
        parse_email(email)
            .map_err(|err| CliError::usage(format!("{place}: {err}")).hint(format!("fix {place}")))
    };
    if let Some(email) = &args.email {
        return checked("`--email`", email).map(Some);
    }
    env::text(env::EMAIL)?
        .map(|email| checked("`SCW_EMAIL`", &email))
        .transpose()
}

async fn email(ctx: &Context, args: &SignInArgs) -> Result<String> {
    if let Some(email) = known_email(args)? {
        return Ok(email);
    }
    loop {
        let typed =
            ctx.prompter().line("Email").await.map_err(|err| {
                prompt_error(&err, "an email address is", "`--email` or `SCW_EMAIL`")
            })?;
        match parse_email(typed.expose_secret()) {
            Ok(email) => return Ok(email),
            Err(err) => ctx.ui().ask_again(&err),
        }
    }
}

async fn password(ctx: &Context, args: &SignInArgs) -> Result<SecretString> {
    if let Some(path) = &args.password_file {
        return read_secret(ctx, path, Secret::Password).await;
    }
    if let Some(password) = env::secret(env::PASSWORD)? {
        return Ok(password);
    }
    ctx.prompter()
        .hidden("Password")
        .await
        .map_err(|err| prompt_error(&err, "a password is", "`--password-file` or `SCW_PASSWORD`"))
}

async fn next_factor(
    ctx: &Context,
    args: &SignInArgs,
    factor: FactorSource,
    email: &str,
) -> Result<Offered> {
    if factor == FactorSource::Saved {
        return SpentCode::next(ctx, email)
            .await?
            .map(Offered::Backup)
            .ok_or_else(|| {
                CliError::new(
                    Kind::Other,
                    "no unused backup code of this account is saved on this machine",
                )
                .hint("use `--backup-code-file` with a code that you kept elsewhere")
                .hint("run `scw 2fa recover` to see other ways back in")
            });
    }
    if let Some(path) = &args.backup_code_file {
        let text = read_secret(ctx, path, Secret::BackupCode).await?;
        let code = BackupCode::parse(text.expose_secret())?;
        return Ok(Offered::Backup(SpentCode::given(ctx, email, code).await?));
    }
    if let Some(command) = &args.otp_command {
        let code = process::otp_command(command, None).await?;
        return Offered::given(ctx, email, &code).await;
    }
    if let Some(code) = env::secret(env::OTP)? {
        return Offered::given(ctx, email, &code).await;
    }
    let saved = saved_left(ctx, email).await?;
    let question = if saved > 0 {
        "Code from the app, or a backup code (Enter: use a saved one)"
    } else {
        "Code from the app, or a backup code"
    };
    let would_answer = "`--otp-command`, `--backup-code-file` or `SCW_OTP`";
    let wanted = "a one-time password or backup code is";
    let typed = ctx
        .prompter()
        .line(question)
        .await
        .map_err(|err| prompt_error(&err, wanted, would_answer).hint(PASSKEY_HINT))?;
    if saved > 0
        && typed.expose_secret().trim().is_empty()
        && let Some(spent) = SpentCode::next(ctx, email).await?
    {
        ctx.ui().status(&format!(
            "Using a saved backup code; {} left",
            saved.saturating_sub(1)
        ));
        return Ok(Offered::Backup(spent));
    }
    Offered::given(ctx, email, &typed).await
}

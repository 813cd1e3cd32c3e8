//! From a new key to a confirmed one, or back to where the account was.

use secrecy::SecretString;

use crate::{
    api::{Account, ApiError},
    context::{Context, prompt_error},
    error::{CliError, Kind, Result},
    model::{BackupCodes, OtpCheck, OtpCode, OtpKey, User},
    process,
};

/// How often a person may type a code.
const TRIES: usize = 3;

/// A difference to the service's clock that is no more than rounding, in seconds.
const CLOCK_NOISE_S: i64 = 2;

/// What would have given the code, said where nobody can be asked.
const WOULD_ANSWER: &str = "`--otp-command` or the variable `SCW_OTP`";

/// Where the one-time password comes from.
#[derive(Debug)]
pub(super) enum CodeSource {
    /// A command that gets the key on stdin.
    Command(String),
    /// `SCW_OTP`.
    Variable(SecretString),
    /// The person at the terminal.
    Person,
}

impl CodeSource {
    /// The source in force.
    ///
    /// # Errors
    /// [`Kind::Usage`] where there is none, before anything else is tried.
    pub(super) fn of(ctx: &Context, command: Option<&str>) -> Result<Self> {
        if let Some(command) = command {
            return Ok(Self::Command(command.to_owned()));
        }
        if let Some(code) = ctx.otp_variable() {
            return Ok(Self::Variable(code));
        }
        if ctx.prompter().can_ask() {
            return Ok(Self::Person);
        }
        Err(prompt_error(
            &crate::ui::PromptError::NobodyToAsk,
            "a one-time password",
            WOULD_ANSWER,
        ))
    }

    async fn next(&self, ctx: &Context, key: &OtpKey) -> Result<SecretString> {
        match self {
            Self::Command(command) => {
                let key = SecretString::from(key.expose_base32());
                Ok(process::otp_command(command, key).await?)
            }
            Self::Variable(code) => Ok(code.clone()),
            Self::Person => ctx
                .prompter()
                .line("Six-digit code of the app")
                .await
                .map_err(|err| prompt_error(&err, "a one-time password", WOULD_ANSWER)),
        }
    }

    /// A person may mistype; the other sources would say the same again.
    fn tries(&self) -> usize {
        match self {
            Self::Person => TRIES,
            Self::Command(_) | Self::Variable(_) => 1,
        }
    }
}

/// One run through a new key.
pub(super) struct Enrolment<'a> {
    pub(super) ctx: &'a Context,
    pub(super) account: &'a dyn Account,
    pub(super) user: &'a User,
    pub(super) source: &'a CodeSource,
}

impl Enrolment<'_> {
    /// Makes a key, lets `show` show it, and confirms it with a code.
    ///
    /// # Errors
    /// Any; the pending key is then removed, and the message says so where that failed.
    pub(super) async fn run(
        &self,
        show: impl FnOnce(&OtpKey) -> Result<()>,
    ) -> Result<BackupCodes> {
        let (outcome, before) = match self.create().await {
            Ok((key, before)) => {
                let confirmed = match show(&key) {
                    Ok(()) => self.confirm(&key).await,
                    Err(err) => Err(err),
                };
                (confirmed, before)
            }
            // The answer may be lost and the key pending nevertheless.
            Err(failure) => (Err(failure.error), failure.before),
        };
        match outcome {
            Ok(codes) => Ok(codes),
            Err(err) => Err(self.undo(err, before).await),
        }
    }

    /// Makes a key, and tells what the account had at that moment.
    async fn create(&self) -> Result<(OtpKey, Before), CreateFailure> {
        let failed = |before| {
            move |err: ApiError| CreateFailure {
                error: err.into(),
                before,
            }
        };
        if !self.user.two_factor {
            let key = self
                .account
                .create_otp(&self.user.id)
                .await
                .map_err(failed(Before::Off))?;
            return Ok((key, Before::Off));
        }
        match self.account.create_otp(&self.user.id).await {
            Ok(key) => return Ok((key, Before::On)),
            // Inferred (protocol.md A): the service wants the old factor gone first.
            Err(ApiError::Precondition { .. }) => {}
            Err(err) => return Err(failed(Before::On)(err)),
        }
        self.ctx
            .ui()
            .status("Two-factor authentication is switched off until the new code is confirmed");
        self.account
            .delete_otp(&self.user.id)
            .await
            .map_err(failed(Before::Removed))?;
        let key = self
            .account
            .create_otp(&self.user.id)
            .await
            .map_err(failed(Before::Removed))?;
        Ok((key, Before::Removed))
    }

    async fn confirm(&self, key: &OtpKey) -> Result<BackupCodes> {
        let mut refusal = None;
        for _ in 0..self.source.tries() {
            if let Some(refusal) = &refusal {
                self.ctx.ui().instruct(&format!("{refusal}; try again"));
            }
            let typed = tokio::select! {
                typed = self.source.next(self.ctx, key) => typed?,
                () = self.ctx.interrupt().requested() => return Err(CliError::interrupted()),
            };
            refusal = Some(match self.look_at(key, &typed) {
                Err(why) => why,
                Ok(code) => match self.account.confirm_otp(&self.user.id, &code).await {
                    Ok(codes) => return Ok(codes),
                    Err(err @ ApiError::WrongCode) => CliError::from(err),
                    Err(err) => return Err(err.into()),
                },
            });
        }
        Err(refusal.unwrap_or_else(|| ApiError::WrongCode.into()))
    }

    /// Looks at a code without asking the API, by the service's clock where it is known.
    fn look_at(&self, key: &OtpKey, typed: &SecretString) -> Result<OtpCode> {
        let refused = |message: String| CliError::new(Kind::Refused, message);
        let code = OtpCode::parse(typed).map_err(|err| {
            refused(err.to_string()).hint("type the six digits that the app shows")
        })?;
        let ahead = self
            .account
            .clock_ahead_s()
            .filter(|ahead| ahead.abs() > CLOCK_NOISE_S)
            .unwrap_or(0);
        let now = self.ctx.now().unix_timestamp() + ahead;
        match key.check(&code, now) {
            OtpCheck::Good => Ok(code),
            OtpCheck::Wrong => Err(refused(
                "the code is wrong: it does not belong to this key".to_owned(),
            )
            .hint("scan the QR code again; each run of `scw 2fa on` makes a new key")),
            OtpCheck::ClockOff { by, ahead } => Err(refused(format!(
                "the clocks differ: the code is right for a time {} s {} the service's",
                by.as_secs(),
                if ahead { "ahead of" } else { "behind" }
            ))
            .hint("set the clock of the device with the app to automatic, and type a fresh code")),
        }
    }

    /// Brings the account back to where it was, as far as that can be done, and adds to the
    /// error what could not.
    async fn undo(&self, err: CliError, before: Before) -> CliError {
        if before == Before::On {
            // The old factor is still in force: a pending key beside it harms nothing.
            return err;
        }
        let undone = self.account.delete_otp(&self.user.id).await;
        match (undone, before) {
            (Ok(()), Before::Removed) => err
                .and("two-factor authentication is off now")
                .hint("switch it on again with `scw 2fa on`"),
            (Ok(()) | Err(ApiError::NotFound { .. } | ApiError::Precondition { .. }), _) => {
                err.and("the account is unchanged")
            }
            (Err(_), _) => err
                .and("and the new key could not be removed from the account again")
                .hint("see `scw 2fa status`; where it is on without backup codes, `scw 2fa on --renew` makes new ones")
                .hint("keep the new key in your app until then"),
        }
    }
}

/// What the account had when the new key was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    /// No second factor.
    Off,
    /// A second factor that stays until the new one is confirmed.
    On,
    /// A second factor that had to be removed first.
    Removed,
}

struct CreateFailure {
    error: CliError,
    before: Before,
}

//! From a new key to a confirmed one, or back to where the account was.

use super::{
    code_source::CodeSource,
    factors::learn_whether_app_is_on,
    on::confirm_renewal,
    remove::{delete_app, remove_app},
    settle::void,
    show::SideFiles,
};
use crate::{
    api::{Account, ApiError},
    context::Context,
    error::{CliError, Kind, Result},
    fsutil::FileLock,
    model::{AppState, BackupCodes, OtpCheck, OtpCode, OtpKey, User, UserFactors},
    process::Protected,
    store::{Change, CodesFile, Unfinished},
    ui::QrOnScreen,
};

/// A difference to the service's clock that is no more than rounding, in seconds.
const CLOCK_NOISE_S: i64 = 2;

/// What came of an enrolment that did not fail.
pub(super) enum Enrolled {
    /// The new key is confirmed, and these are its backup codes.
    Confirmed(BackupCodes),
    /// Somebody else switched the second factor on in the meantime; this run changed nothing.
    OnElsewhere,
}

/// One run through a new key.
pub(super) struct Enrolment<'a> {
    pub(super) ctx: &'a Context,
    pub(super) account: &'a dyn Account,
    /// The account as it was read just before.
    pub(super) before: &'a UserFactors,
    /// Whether an app that is on is to be replaced.
    pub(super) renew: bool,
    /// Whether the person agreed already that the old app stops working.
    pub(super) agreed: bool,
    pub(super) source: &'a CodeSource,
    pub(super) lock: &'a FileLock,
    pub(super) codes_file: &'a CodesFile,
    pub(super) uninterruptible: &'a Protected<'a>,
    pub(super) side_files: &'a SideFiles,
}

/// What the account had when the new key was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    /// No app.
    Off,
    /// An app that stays until the new one is confirmed.
    On,
    /// An app that this run removed.
    Removed,
}

impl Enrolment<'_> {
    /// Makes a key, lets `show` show it, and confirms it with a code.
    ///
    /// # Errors
    /// Any; a pending key that this run made is then removed, as far as that can be done without
    /// touching what somebody else did, and the message says what is so.
    pub(super) async fn run(
        &self,
        show: impl FnOnce(&OtpKey) -> Result<Option<QrOnScreen>>,
    ) -> Result<Enrolled> {
        let Some((key, before)) = self.create().await? else {
            return Ok(Enrolled::OnElsewhere);
        };
        let confirmed = match show(&key) {
            Ok(qr) => self.confirm(&key, before, qr.as_ref()).await,
            Err(err) => Err(Failure::from(err)),
        };
        match confirmed {
            Ok(codes) => Ok(Enrolled::Confirmed(codes)),
            Err(Failure {
                error,
                settled: true,
                ..
            }) => {
                self.side_files.keep(self.ctx.ui());
                Err(error)
            }
            Err(Failure { error, .. }) => {
                let error = self.undo(error, before).await;
                self.side_files.discard(self.ctx.ui());
                Err(error)
            }
        }
    }

    fn user(&self) -> &User {
        &self.before.user
    }

    async fn app_is_on(&self) -> Result<bool, ApiError> {
        let now = self.account.user_factors(&self.user().id).await?;
        learn_whether_app_is_on(self.ctx, self.account, &now).await
    }

    /// Makes a pending key, and tells what the account had at that moment. Nothing where somebody
    /// else switched the second factor on first.
    async fn create(&self) -> Result<Option<(OtpKey, Before)>> {
        let before = if self.before.app_is_on() {
            Before::On
        } else {
            Before::Off
        };
        match (self.account.create_otp(&self.user().id).await, before) {
            (Ok(key), before) => Ok(Some((key, before))),
            // Inferred (protocol.md A): the service wants the old app gone first.
            (Err(ApiError::Precondition { .. }), Before::On) => self.replace().await,
            // Refused: nothing was made, so there is nothing to undo. Where passkeys hid whether
            // the app is on, this tells that it is.
            (Err(err @ ApiError::Precondition { .. }), _) => {
                match self.account.user_factors(&self.user().id).await {
                    Ok(now) if now.app_is_off() => Err(err.into()),
                    Ok(_) if self.renew && self.before.factors.app == AppState::Unknown => {
                        self.replace().await
                    }
                    Ok(_) => Ok(None),
                    Err(_) => Err(err.into()),
                }
            }
            (Err(err), _) if err.outcome_unknown() => Err(self.undo(err.into(), before).await),
            (Err(err), _) => Err(err.into()),
        }
    }

    /// Removes the old second factor, which the person agreed to, and makes a pending key.
    async fn replace(&self) -> Result<Option<(OtpKey, Before)>> {
        if self.ctx.interrupt().is_requested() {
            return Err(CliError::interrupted().and("nothing was changed"));
        }
        if !self.agreed {
            confirm_renewal(self.ctx, self.user()).await?;
        }
        // Read again: the answer may have been long in coming.
        let now = self.account.user_factors(&self.user().id).await?;
        if now.user.updated_at != self.user().updated_at || now.factors != self.before.factors {
            return Err(CliError::new(
                Kind::Other,
                "the account was changed elsewhere in the meantime; this run changed nothing",
            )
            .hint("`scw 2fa status` shows what it has now; then try again"));
        }
        self.ctx
            .ui()
            .status("The old authenticator app is removed until the new code is confirmed");
        self.uninterruptible.now("replacing the authenticator");
        remove_app(self.ctx, self.account, self.before, self.lock).await?;
        let old = self.ctx.codes_file(&self.user().id)?;
        if void(self.ctx, &old, self.lock).await {
            Unfinished::settle(&self.ctx.settings()?.data, &self.user().id, self.lock)?;
        }
        match self.account.create_otp(&self.user().id).await {
            Ok(key) => Ok(Some((key, Before::Removed))),
            // Refused: nothing was made.
            Err(err @ ApiError::Precondition { .. }) => Err(self.after_removal(err.into()).await),
            Err(err) => Err(self.undo(err.into(), Before::Removed).await),
        }
    }

    /// Adds to a refused new key what the account has after the old app was removed.
    async fn after_removal(&self, err: CliError) -> CliError {
        match self.account.user_factors(&self.user().id).await {
            Ok(now) if now.app_is_off() => self.off_now(err),
            // The refusal tells that an app is on.
            Ok(_) => on_elsewhere(err),
            Err(_) => err
                .and("it is not known whether two-factor authentication is on")
                .hint("`scw 2fa status` tells when the API answers again"),
        }
    }

    async fn confirm(
        &self,
        key: &OtpKey,
        before: Before,
        qr: Option<&QrOnScreen>,
    ) -> Result<BackupCodes, Failure> {
        let mut tries = self.source.tries();
        loop {
            let typed = self
                .ctx
                .unless_interrupted(self.source.next(self.ctx, key, qr))
                .await??;
            let code = match OtpCode::parse(&typed) {
                Ok(code) => code,
                Err(err) if self.source.is_person() => {
                    self.ctx.ui().instruct(&format!("{err}; try again"));
                    continue;
                }
                Err(err) => {
                    return Err(CliError::new(Kind::Refused, err.to_string())
                        .hint("give the six digits that the app shows")
                        .into());
                }
            };
            let refusal = match self.check_locally(key, &code) {
                Err(why) => why,
                Ok(()) => match self.confirm_with(&code, before).await {
                    Ok(codes) => return Ok(codes),
                    Err(Failure {
                        error,
                        wrong_code: true,
                        ..
                    }) => error,
                    Err(failure) => return Err(failure),
                },
            };
            tries -= 1;
            if tries == 0 {
                return Err(refusal
                    .hint("delete the entry of this try from your app: its key is void")
                    .into());
            }
            self.ctx.ui().instruct(&format!("{refusal}; try again"));
        }
    }

    /// Asks the API to confirm the key, with a note of it for the case that this run is cut.
    async fn confirm_with(&self, code: &OtpCode, before: Before) -> Result<BackupCodes, Failure> {
        let data = &self.ctx.settings()?.data;
        let change = match before {
            Before::On => Change::Replacing,
            Before::Off | Before::Removed => Change::Confirming,
        };
        Unfinished::of(change, self.codes_file, Context::now())
            .and_then(|note| note.write(data, &self.user().id, self.lock))
            .map_err(CliError::from)?;
        self.uninterruptible.now("confirming the code");
        match self.account.confirm_otp(&self.user().id, code).await {
            // The note stays until the codes are saved.
            Ok(codes) => Ok(codes),
            Err(err) if err.outcome_unknown() => Err(self.after_lost_answer(err, before).await),
            Err(err) => {
                Unfinished::settle(data, &self.user().id, self.lock).map_err(CliError::from)?;
                let wrong_code = matches!(err, ApiError::WrongCode);
                Err(Failure {
                    wrong_code,
                    ..Failure::from(CliError::from(err))
                })
            }
        }
    }

    /// The answer that holds the backup codes was lost. The account tells whether the second
    /// factor is on; whose key it has, no call tells.
    async fn after_lost_answer(&self, err: ApiError, before: Before) -> Failure {
        let is_on = self.app_is_on().await;
        let err = CliError::from(err);
        let settle = || -> Result<()> {
            let data = &self.ctx.settings()?.data;
            Ok(Unfinished::settle(data, &self.user().id, self.lock)?)
        };
        let told = match (is_on, before) {
            (Ok(false), _) => {
                return match settle() {
                    // Not confirmed: the pending key is removed like after any other failure.
                    Ok(()) => Failure::from(err),
                    Err(settling) => Failure::from(settling),
                };
            }
            (Ok(true), Before::On) => err.and(
                "two-factor authentication is on, but it is not known whether with the new key or still with the old one",
            ),
            (Ok(true), _) => match settle() {
                Ok(()) => err.and(
                    "two-factor authentication is on now, but scw does not know whether with this key; no backup codes of it are saved here",
                ),
                Err(settling) => settling,
            },
            (Err(_), _) => err
                .and("it is not known whether two-factor authentication is on")
                .hint("`scw 2fa status` tells when the API answers again"),
        };
        Failure {
            settled: true,
            ..Failure::from(
                told.hint("keep the entry of this run in your app until you have made new codes")
                    .hint("`scw 2fa on --renew` makes a new key and new backup codes"),
            )
        }
    }

    /// Checks a code without asking the API, by the service's clock where it is known.
    fn check_locally(&self, key: &OtpKey, code: &OtpCode) -> Result<()> {
        let refused = |message: String| CliError::new(Kind::Refused, message);
        let ahead = self
            .account
            .clock_ahead_s()
            .filter(|ahead| ahead.abs() > CLOCK_NOISE_S)
            .unwrap_or(0);
        let now = Context::now().unix_timestamp() + ahead;
        match key.check(code, now) {
            OtpCheck::Good => Ok(()),
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

    fn off_now(&self, err: CliError) -> CliError {
        let now = if self.before.factors.known_passkeys().is_empty() {
            "two-factor authentication is off now"
        } else {
            "the authenticator app is off now"
        };
        err.and(now).hint("switch it on again with `scw 2fa on`")
    }

    /// Removes the pending key of this run, and adds to the error what the account has now. A
    /// second factor that is on was not confirmed by this run, and is left alone.
    async fn undo(&self, err: CliError, before: Before) -> CliError {
        self.uninterruptible
            .now("removing the new key from the account");
        let Ok(now) = self.account.user_factors(&self.user().id).await else {
            return cannot_undo(err);
        };
        match learn_whether_app_is_on(self.ctx, self.account, &now).await {
            // A pending key beside the app opens nothing; removing it would remove both.
            Ok(true) if before == Before::On => {
                return err.and("two-factor authentication is still on");
            }
            Ok(true) => return on_elsewhere(err),
            Ok(false) => {}
            Err(_) => return cannot_undo(err),
        }
        let deleted = match now.factors.app {
            // Learning it has removed the pending key.
            AppState::Unknown => Ok(()),
            _ => delete_app(self.ctx, self.account, &now).await,
        };
        match deleted {
            Ok(()) | Err(ApiError::NotFound { .. }) => match before {
                Before::Removed | Before::On => self.off_now(err),
                Before::Off => err.and("the account is unchanged"),
            },
            Err(_) => match self.account.user_factors(&self.user().id).await {
                Ok(now) if now.app_is_on() => on_elsewhere(err),
                _ => cannot_undo(err),
            },
        }
    }
}

fn on_elsewhere(err: CliError) -> CliError {
    err.and(
        "two-factor authentication was switched on elsewhere in the meantime, and was left alone",
    )
    .hint("`scw 2fa status` shows it")
}

fn cannot_undo(err: CliError) -> CliError {
    err.and("the new key could not be removed from the account")
        .hint("it is not confirmed, and so opens nothing; `scw 2fa status` shows what the account has")
}

/// A failed confirmation.
struct Failure {
    error: CliError,
    /// The service refused the code.
    wrong_code: bool,
    /// What the account has is said already, and nothing is to be undone.
    settled: bool,
}

impl From<CliError> for Failure {
    fn from(error: CliError) -> Self {
        Self {
            error,
            wrong_code: false,
            settled: false,
        }
    }
}

//! From a new key to a confirmed one, or back to where the account was.

mod failure;

use failure::{Failure, cannot_undo, on_elsewhere};

use super::{
    check::check_locally,
    code_source::CodeSource,
    factors::{learn_whether_app_is_on, refuse_if_changed},
    on::{confirm_renewal, has_codes},
    remove::{Removed, Whose, delete_app, remove_app},
    settle::void,
    show::SideFiles,
};
use crate::{
    api::{Account, ApiError},
    context::Context,
    error::{CliError, Kind, Result},
    fsutil::FileLock,
    model::{
        AppState, BackupCodes, OrganizationDetails, OtpCode, OtpKey, User, UserFactors, sentence,
    },
    process::Protected,
    store::{Change, CodesFile, Unfinished},
    ui::QrOnScreen,
};

/// What a run does when it is interrupted before its key is confirmed.
pub(super) const UNDOING: &str = "removing the unconfirmed key";

/// What came of an enrolment that did not fail.
pub(super) enum Enrolled {
    /// The new key is confirmed, and these are its backup codes.
    Confirmed(BackupCodes),
    /// Somebody else turned the second factor on in the meantime; this run changed nothing.
    OnElsewhere,
}

/// One run through a new key.
pub(super) struct Enrolment<'a> {
    pub(super) ctx: &'a Context,
    pub(super) account: &'a dyn Account,
    pub(super) organization: Option<&'a OrganizationDetails>,
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
    /// An app that stays until the new one is confirmed, or what may be one.
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
    /// else turned the second factor on first.
    async fn create(&self) -> Result<Option<(OtpKey, Before)>> {
        // A key that the service makes tells that no app is on (inferred, protocol.md A). Codes
        // that are saved here speak against it: then nothing is removed that may be the app.
        let maybe_on = self.before.factors.app == AppState::Unknown
            && has_codes(&self.ctx.codes_file(&self.user().id)?);
        let before = if self.before.app_is_on() || maybe_on {
            Before::On
        } else {
            Before::Off
        };
        match (self.account.create_otp(&self.user().id).await, before) {
            (Ok(key), before) => Ok(Some((key, before))),
            // Inferred (protocol.md A): the service wants the old app gone first.
            (Err(ApiError::Precondition { .. }), Before::On) if self.renew => self.replace().await,
            // Refused: nothing was made, so there is nothing to undo. Where passkeys hid whether
            // the app is on, this tells that it is.
            (Err(err @ ApiError::Precondition { .. }), _) => {
                if let ApiError::Precondition {
                    message: Some(message),
                    ..
                } = &err
                    && self.before.factors.app == AppState::Unknown
                {
                    let says = sentence(message);
                    self.ctx.ui().note(&format!("The API says: {says}"));
                }
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
            return Err(CliError::interrupted().and("Nothing changed"));
        }
        if !self.agreed {
            confirm_renewal(self.ctx, self.user(), self.organization).await?;
        }
        // Read again: the answer may have been long in coming.
        let now = self.account.user_factors(&self.user().id).await?;
        refuse_if_changed(self.before, &now)?;
        self.ctx.ui().status(
            "Removing the old authenticator app. It is replaced when you enter a code from the new one",
        );
        self.uninterruptible.now("replacing the authenticator");
        let removed =
            remove_app(self.ctx, self.account, self.before, self.lock, Whose::Own).await?;
        let old = self.ctx.codes_file(&self.user().id)?;
        if removed == Removed::Gone && void(self.ctx, &old, self.lock).await {
            Unfinished::settle(&self.ctx.settings()?.data, &self.user().id, self.lock)?;
        }
        self.uninterruptible.now(UNDOING);
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
                .and("scw does not know whether two-factor authentication is on now")
                .hint("run `scw 2fa status` when the API answers again"),
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
                    self.ctx.ui().ask_again(&err);
                    continue;
                }
                Err(err) => {
                    return Err(CliError::new(Kind::Refused, err.to_string())
                        .hint("use the six digits that the app shows")
                        .into());
                }
            };
            let refusal = match check_locally(self.account, key, &code) {
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
                    .hint("delete this entry from your authenticator app: its key does not work")
                    .into());
            }
            let ui = self.ctx.ui();
            match refusal.hints() {
                // It tells what to do before the next try.
                [hint, ..] => ui.instruct(&format!(
                    "{} {}",
                    sentence(&refusal.to_string()),
                    sentence(hint)
                )),
                [] => ui.ask_again(&refusal),
            }
        }
    }

    /// Asks the API to confirm the key, with a note of it for the case that this run is cut.
    async fn confirm_with(&self, code: &OtpCode, before: Before) -> Result<BackupCodes, Failure> {
        let data = &self.ctx.settings()?.data;
        let change = match before {
            Before::On if self.before.app_is_on() => Change::Replacing,
            _ => Change::Confirming,
        };
        let earlier = Unfinished::read(data, &self.user().id).map_err(CliError::from)?;
        Unfinished::of(change, self.codes_file, Context::now())
            .and_then(|note| note.write(data, &self.user().id, self.lock))
            .map_err(CliError::from)?;
        self.uninterruptible.now("confirming the code");
        let confirmed = self.account.confirm_otp(&self.user().id, code).await;
        self.uninterruptible.now(UNDOING);
        match confirmed {
            // The note stays until the codes are saved.
            Ok(codes) => Ok(codes),
            Err(err) if err.outcome_unknown() => Err(self.after_lost_answer(err, before).await),
            Err(err) => {
                Unfinished::give_back(earlier.as_ref(), data, &self.user().id, self.lock)
                    .map_err(CliError::from)?;
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
        let is_on = match before {
            // Finding out could remove the app that was on before.
            Before::On => self
                .account
                .user_factors(&self.user().id)
                .await
                .map(|now| !now.app_is_off()),
            Before::Off | Before::Removed => self.app_is_on().await,
        };
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
            (Ok(true), Before::On) if self.before.app_is_on() => err.and(
                "Two-factor authentication is on. scw does not know whether the old key or the new one works",
            ),
            (Ok(true), _) => {
                // Codes of an app before this one, which a passkey may have kept alive.
                let voided = match self.ctx.codes_file(&self.user().id) {
                    Ok(old) => void(self.ctx, &old, self.lock).await,
                    Err(err) => return Failure::from(err),
                };
                match if voided { settle() } else { Ok(()) } {
                    Ok(()) => err.and(
                        "Two-factor authentication is on now. scw does not know whether it uses this key, and no backup codes are saved",
                    ),
                    Err(settling) => settling,
                }
            }
            (Err(_), _) => err
                .and("scw does not know whether two-factor authentication is on now")
                .hint("run `scw 2fa status` when the API answers again"),
        };
        Failure {
            settled: true,
            ..Failure::from(
                told.hint("keep this entry in your app until you have new backup codes")
                    .hint("run `scw 2fa on --renew` for a new key and new backup codes"),
            )
        }
    }

    fn off_now(&self, err: CliError) -> CliError {
        let now = if self.before.factors.known_passkeys().is_empty() {
            "Two-factor authentication is off now"
        } else {
            "The account has no authenticator app now"
        };
        err.and(now).hint("to turn it on again, run `scw 2fa on`")
    }

    /// Removes the pending key of this run, and adds to the error what the account has now. A
    /// second factor that is on was not confirmed by this run, and is left alone.
    async fn undo(&self, err: CliError, before: Before) -> CliError {
        self.uninterruptible.now(UNDOING);
        let Ok(now) = self.account.user_factors(&self.user().id).await else {
            return cannot_undo(err);
        };
        if before == Before::On && now.factors.app == AppState::Unknown {
            return err.and("The new key is not confirmed, so it opens nothing");
        }
        match learn_whether_app_is_on(self.ctx, self.account, &now).await {
            // A pending key beside the app opens nothing; removing it would remove both.
            Ok(true) if before == Before::On => {
                return err.and("Two-factor authentication is still on");
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
                Before::Off => err.and("The account is unchanged"),
            },
            Err(_) => match self.account.user_factors(&self.user().id).await {
                Ok(now) if now.app_is_on() => on_elsewhere(err),
                _ => cannot_undo(err),
            },
        }
    }
}

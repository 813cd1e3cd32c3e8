//! `scw 2fa on`.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::{
    code_source::CodeSource,
    enroll::{Enrolled, Enrolment, UNDOING},
    factors::{names, refuse_if_changed},
    settle::{Unasked, remember_place, settle_locked, void},
    show::{SideFiles, show_key},
    whom,
};
use crate::{
    api::Account,
    cli::OnArgs,
    commands::{
        codes_key::encryption,
        on_off,
        side_by_side::{likely_organization, with_organization},
        unprinted,
    },
    context::Context,
    credentials::Authed,
    error::{CliError, Result},
    fsutil::FileLock,
    model::{BackupCode, BackupCodes, OrganizationDetails, User, UserFactors},
    store::{CodesFile, Encryption, Reserved, Unfinished},
    ui::QrImage,
};

/// Turns two-factor authentication on: everything that can fail is tried before the account
/// changes, and the backup codes are safe, or at least printed, before anything else is said.
///
/// # Errors
/// As cli.md says. The message says what the account has then, as far as that is known.
pub(super) async fn run(ctx: &Context, args: OnArgs) -> Result<()> {
    let doing = |err: CliError| err.doing("turn two-factor authentication on");
    let plan = Plan::of(ctx, &args)?;
    let authed = ctx.authed().await?;
    let done = switch_on(ctx, &args, &plan, &authed).await.map_err(doing)?;
    match done {
        Some((side_files, source)) => side_files.done(ctx, source.is_person()).await,
        None => Ok(()),
    }
}

/// Returns the files that hold the new key; nothing where it was on already.
async fn switch_on(
    ctx: &Context,
    args: &OnArgs,
    plan: &Plan,
    authed: &Authed,
) -> Result<Option<(SideFiles, CodeSource)>> {
    let account = authed.account();
    let id = authed.user_id().await?;
    let old_file = ctx.codes_file(&id)?;
    let Some(lock) = lock(ctx, account, &old_file, args).await? else {
        return already_on(ctx, &account.user(&id).await?).map(|()| None);
    };
    settle_locked(ctx, Some(account), &id, &lock, Unasked::Leave).await?;
    // Read after the lock: another run may have been faster.
    let (now, organization) = with_organization(
        account,
        likely_organization(ctx, authed.credential(), None),
        account.user_factors(&id),
        |now| &now.user.organization_id,
    )
    .await?;
    if now.app_is_on() && !args.renew {
        return already_on(ctx, &now.user).map(|()| None);
    }
    let source = CodeSource::of(ctx, args.otp_command.as_deref())?;
    if args.renew && matches!(source, CodeSource::Variable(_)) {
        return Err(CliError::usage(
            "`SCW_OTP` is set, but `--renew` makes a new key whose codes nobody knows yet",
        )
        .hint("use `--otp-command`, or unset `SCW_OTP` and type the code"));
    }
    // In this order: nothing on the account has changed when any of these fails.
    let codes_file = plan.codes_file(ctx, &now.user)?;
    let reserved = codes_file.reserve(&lock)?;
    let side_files = SideFiles::reserve(&ctx.settings()?.data, plan)?;
    remember_user(ctx, authed, &now.user).await?;
    say_what_matters(ctx, &now, organization.as_ref());
    let now = if now.app_is_on() && !args.yes {
        confirm_renewal(ctx, &now.user, organization.as_ref()).await?;
        // Read again: the question may have waited for long.
        let later = account.user_factors(&id).await?;
        if !later.factors.none() {
            refuse_if_changed(&now, &later)?;
        }
        later
    } else {
        now
    };
    let user = &now.user;
    if now.factors.none() {
        // It was turned off elsewhere: what is saved here is of a factor that is gone.
        void(ctx, &old_file, &lock).await;
    }

    // A request to end the program waits from the moment when the account may have a pending key
    // until that key is removed again or the codes are saved.
    let uninterruptible = ctx.interrupt().protect(UNDOING);
    let enrolment = Enrolment {
        ctx,
        account,
        organization: organization.as_ref(),
        before: &now,
        renew: args.renew,
        agreed: args.yes || now.app_is_on(),
        source: &source,
        lock: &lock,
        codes_file: &codes_file,
        uninterruptible: &uninterruptible,
        side_files: &side_files,
    };
    let enrolled = enrolment
        .run(|key| {
            side_files.write(user, key)?;
            show_key(ctx, args, user, key, plan, &source)
        })
        .await?;
    let codes = match enrolled {
        Enrolled::Confirmed(codes) => codes,
        Enrolled::OnElsewhere => {
            return already_on(ctx, &account.user(&id).await?).map(|()| None);
        }
    };
    uninterruptible.now("saving the backup codes");
    save(
        ctx,
        user,
        &codes,
        reserved,
        plan,
        &old_file,
        &codes_file,
        &lock,
    )
    .await
    .inspect_err(|_| side_files.keep(ctx.ui()))?;
    Ok(Some((side_files, source)))
}

/// Takes the lock on the codes of a user; nothing where another run has it and there is nothing
/// to do anyway.
async fn lock(
    ctx: &Context,
    account: &dyn Account,
    file: &CodesFile,
    args: &OnArgs,
) -> Result<Option<FileLock>> {
    if let Some(lock) = FileLock::try_take(&file.lock_path())? {
        return Ok(Some(lock));
    }
    if !args.renew && account.user_factors(file.user()).await?.app_is_on() {
        return Ok(None);
    }
    ctx.local()?.lock(file.lock_path()).await.map(Some)
}

/// Says which passkeys the app will stand beside, and who else may decide about the second factor.
fn say_what_matters(ctx: &Context, now: &UserFactors, organization: Option<&OrganizationDetails>) {
    let passkeys = now.factors.known_passkeys();
    if !passkeys.is_empty() {
        ctx.ui().status(&format!(
            "This adds an authenticator app beside {}",
            names(passkeys)
        ));
    }
    if let Some(ways) = organization.and_then(|found| found.ways.as_ref())
        && ways.identity_provider
        && !ways.password
    {
        ctx.ui().warn(
            "your organization signs in through an identity provider. The provider may ask for its own second factor instead of this one",
        );
    }
}

/// Asks before the old authenticator stops working.
pub(super) async fn confirm_renewal(
    ctx: &Context,
    user: &User,
    organization: Option<&OrganizationDetails>,
) -> Result<()> {
    let about = format!(
        "This replaces the authenticator app of {}.\nThe old app and the old backup codes stop working at once.\nTwo-factor authentication is off until you enter a code from the new app.",
        whom(ctx, user, organization)?
    );
    if ctx
        .confirm(&about, "Replace the authenticator app?", "`--yes`")
        .await?
    {
        return Ok(());
    }
    Err(CliError::cancelled("Nothing changed"))
}

/// Saves the codes, then says that it is done and prints them. They are printed whatever fails.
#[expect(
    clippy::too_many_arguments,
    reason = "each is one thing that the end of the command has to do with"
)]
async fn save(
    ctx: &Context,
    user: &User,
    codes: &BackupCodes,
    reserved: Reserved,
    plan: &Plan,
    old_file: &CodesFile,
    codes_file: &CodesFile,
    lock: &FileLock,
) -> Result<()> {
    let saved = reserved
        .save(codes, &user.email, Context::now(), plan.encryption.as_ref())
        .map_err(CliError::from);
    let remembered = match &saved {
        Ok(_) => remember_place(ctx, &user.id, codes_file).await,
        Err(_) => Ok(()),
    };
    let replaced = saved.is_ok() && old_file == codes_file;
    let settled = if replaced || void(ctx, old_file, lock).await {
        Unfinished::settle(&ctx.settings()?.data, &user.id, lock)
    } else {
        Ok(())
    };
    let told = hand_over(ctx, user, codes, saved);
    if let Err(err) = remembered {
        ctx.ui().warn(&format!(
            "could not record that the backup codes are in {}: {err}",
            codes_file.path().display()
        ));
    }
    if let Err(err) = settled {
        ctx.ui().warn(&err.to_string());
    }
    told
}

/// What the arguments ask for, checked before anything is touched.
pub(super) struct Plan {
    encryption: Option<Encryption>,
    pub(super) qr_file: Option<(PathBuf, QrImage)>,
    pub(super) uri_file: Option<PathBuf>,
    pub(super) uri_on_stdout: bool,
    codes_path: Option<PathBuf>,
}

impl Plan {
    fn of(ctx: &Context, args: &OnArgs) -> Result<Self> {
        let dash = Path::new("-");
        let uri_on_stdout = args.uri_file.as_deref() == Some(dash);
        if uri_on_stdout && ctx.ui().is_json() {
            return Err(
                CliError::usage("`--uri-file -` and `-o json` both write to stdout")
                    .hint("give `--uri-file` the name of a file"),
            );
        }
        if args.codes_file.as_deref() == Some(dash) {
            return Err(CliError::usage("`--codes-file` takes a file, not `-`")
                .hint("leave the option out: scw prints the backup codes on stdout"));
        }
        let qr_file = match &args.qr_file {
            Some(path) => Some((
                path.clone(),
                QrImage::of_path(path).ok_or_else(|| {
                    CliError::usage("`--qr-file` needs a name that ends in `.png` or `.svg`")
                        .hint("for example `--qr-file key.png`")
                })?,
            )),
            None => None,
        };
        Ok(Self {
            encryption: args.encrypt_to.as_deref().map(encryption).transpose()?,
            qr_file,
            uri_file: args.uri_file.clone().filter(|_| !uri_on_stdout),
            uri_on_stdout,
            codes_path: args
                .codes_file
                .as_deref()
                .map(|path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned())),
        })
    }

    fn codes_file(&self, ctx: &Context, user: &User) -> Result<CodesFile> {
        let data = &ctx.settings()?.data;
        Ok(match &self.codes_path {
            Some(path) => CodesFile::at(data, &user.id, path.clone()),
            None => CodesFile::usual(data, &user.id, self.encryption.is_some()),
        })
    }
}

fn already_on(ctx: &Context, user: &User) -> Result<()> {
    let ui = ctx.ui();
    ui.status("Two-factor authentication is already on. Nothing changed");
    let file = ctx.codes_file(&user.id)?;
    let saved = file.exists();
    if has_codes(&file) {
        ui.hint("to replace the app and the backup codes, run `scw 2fa on --renew`");
    } else {
        ui.warn(
            "no working backup codes are saved on this machine. Run `scw 2fa on --renew` to make new ones",
        );
    }
    result(ctx, user, &[], saved.then(|| file.path()), false)
}

/// Whether codes are saved that may still be used. Those that cannot be read here count.
pub(super) fn has_codes(file: &CodesFile) -> bool {
    match file.load(None) {
        Ok(codes) => codes.is_some_and(|codes| codes.unused() > 0),
        Err(_) => true,
    }
}

/// Records whose key is in use, so that `scw 2fa codes` knows whose codes are meant without
/// asking the API.
async fn remember_user(ctx: &Context, authed: &Authed, user: &User) -> Result<()> {
    let access_key = authed.credential().access_key().cloned();
    ctx.local()?
        .update_record(|record| {
            let known = record.user_mut(&user.id);
            known.email = Some(user.email.clone());
            if let Some(key) = access_key.filter(|key| !known.access_keys.contains(key)) {
                known.access_keys.push(key);
            }
        })
        .await
}

/// Says that it is done, and prints the codes whatever else fails.
fn hand_over(
    ctx: &Context,
    user: &User,
    codes: &BackupCodes,
    saved: Result<PathBuf>,
) -> Result<()> {
    let ui = ctx.ui();
    if saved.is_ok() {
        ui.status("Two-factor authentication is on");
    }
    if codes.0.is_empty() {
        ui.warn("the API sent no backup codes");
    } else if let Ok(path) = &saved {
        ui.status(&format!(
            "Saved the backup codes to {}\nEach code works once. Use one when you do not have your phone:",
            path.display()
        ));
    }
    let texts: Vec<&str> = codes.0.iter().map(BackupCode::expose).collect();
    let printed = result(ctx, user, &texts, saved.as_deref().ok(), true);
    if printed.is_err() && saved.is_err() {
        // stdout and the file are both gone: stderr is all that is left.
        for code in &texts {
            ui.instruct(code);
        }
    }
    saved.map_err(|err| {
        err.doing("save the backup codes")
            .and("Two-factor authentication is on. The codes are printed here and saved nowhere")
            .hint("write the codes down now, or make new ones with `scw 2fa on --renew`")
    })?;
    printed
}

fn result(
    ctx: &Context,
    user: &User,
    codes: &[&str],
    file: Option<&Path>,
    changed: bool,
) -> Result<()> {
    let data = json!({
        "two_factor": on_off(true),
        "changed": changed,
        "user_id": user.id,
        "backup_codes": codes,
        "backup_codes_file": file.map(|file| file.display().to_string()),
    });
    ctx.ui()
        .result(&codes.join("\n"), &data)
        .map_err(|err| unprinted(&err))
}

//! `scw 2fa on`.

use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;
use serde_json::json;

use super::enroll::{CodeSource, Enrolment};
use crate::{
    api::Account,
    cli::OnArgs,
    commands::{on_off, unprinted},
    config::Profiles,
    context::{Authed, Context},
    error::{CliError, Kind, Result},
    fsutil::Reservation,
    model::{BackupCode, BackupCodes, OtpKey, QrChoice, User},
    store::{CodesFile, Encryption},
    ui::{QrImage, image},
};

/// Switches two-factor authentication on: everything that can fail is tried before the account
/// changes, and the backup codes are safe, or at least printed, before anything else is said.
///
/// # Errors
/// As cli.md says. The account is then as it was, unless the message says otherwise.
pub(super) async fn run(ctx: &Context, args: OnArgs) -> Result<()> {
    let doing = |err: CliError| err.doing("switch two-factor authentication on");
    let plan = Plan::of(ctx, &args)?;
    let authed = ctx.authed().await?;
    let user = authed.user().await.map_err(doing)?;
    if user.two_factor && !args.renew {
        return already_on(ctx, &user);
    }
    let codes_file = plan.codes_file(ctx, &user)?;
    let source = CodeSource::of(ctx, args.otp_command.as_deref())?;
    if args.renew && matches!(source, CodeSource::Variable(_)) {
        return Err(CliError::usage(
            "`SCW_OTP` cannot hold the code of a key that does not exist yet",
        )
        .hint("use `--otp-command`, or unset `SCW_OTP` and type the code"));
    }
    // In this order: nothing on the account has changed when any of these fails.
    let reserved = codes_file
        .reserve()
        .map_err(CliError::from)
        .map_err(doing)?;
    let side_files = SideFiles::reserve(&plan).map_err(doing)?;
    let before = remember(ctx, &authed, &user, &codes_file).map_err(doing)?;

    let enrolment = Enrolment {
        ctx,
        account: authed.account(),
        user: &user,
        source: &source,
    };
    // A request to end the program waits from the moment when the account has a pending key
    // until that key is removed again or the codes are saved.
    let _whole = ctx.interrupt().protect();
    let codes = enrolment
        .run(|key| {
            side_files.write(&user, key)?;
            show_key(ctx, &args, &user, key, &plan)
        })
        .await;
    let codes = match codes {
        Ok(codes) => codes,
        Err(err) => {
            // Lets go of the lock on the codes, which may have to be marked as void.
            drop(reserved);
            put_back(ctx, authed.account(), &user, before.recorded).await;
            return Err(doing(err));
        }
    };
    let saved = reserved.save(&codes, &user.email, ctx.now(), plan.encryption.as_ref());
    hand_over(ctx, &user, &codes, saved.map_err(CliError::from))?;
    if let Some(before) = before.file.filter(|before| *before != codes_file) {
        void_old(ctx, &before);
    }
    Ok(())
}

/// What the arguments ask for, checked before anything is touched.
struct Plan {
    encryption: Option<Encryption>,
    qr_file: Option<(PathBuf, QrImage)>,
    uri_file: Option<PathBuf>,
    uri_on_stdout: bool,
    codes_path: Option<PathBuf>,
}

impl Plan {
    fn of(ctx: &Context, args: &OnArgs) -> Result<Self> {
        let dash = Path::new("-");
        let uri_on_stdout = args.uri_file.as_deref() == Some(dash);
        if uri_on_stdout && ctx.ui().is_json() {
            return Err(
                CliError::usage("`--uri-file -` and `-o json` cannot both have stdout")
                    .hint("name a file for the URI"),
            );
        }
        if args.codes_file.as_deref() == Some(dash) {
            return Err(CliError::usage("`--codes-file` takes a file, not `-`")
                .hint("the backup codes are printed on stdout anyway"));
        }
        let qr_file = match &args.qr_file {
            Some(path) => Some((
                path.clone(),
                QrImage::of_path(path).ok_or_else(|| {
                    CliError::usage("`--qr-file` is neither a PNG nor an SVG by its name")
                        .hint("let the name end in `.png` or `.svg`")
                })?,
            )),
            None => None,
        };
        Ok(Self {
            encryption: args.encrypt_to.as_deref().map(Encryption::to).transpose()?,
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
        let data_dir = &ctx.settings()?.data_dir;
        Ok(match &self.codes_path {
            Some(path) => CodesFile::at(data_dir, &user.id, path.clone()),
            None => CodesFile::usual(data_dir, &user.id, self.encryption.is_some()),
        })
    }
}

fn already_on(ctx: &Context, user: &User) -> Result<()> {
    ctx.ui()
        .status("Two-factor authentication is on already; nothing was changed");
    ctx.ui()
        .hint("`scw 2fa on --renew` replaces the authenticator and the backup codes");
    let file = ctx.codes_file(&user.id)?;
    result(ctx, user, &[], file.exists().then(|| file.path()))
}

/// Records where the codes will be and whose key is in use, so that `scw 2fa codes` finds them
/// without asking the API. Returns what was on record before.
fn remember(
    ctx: &Context,
    authed: &Authed,
    user: &User,
    codes_file: &CodesFile,
) -> Result<Remembered> {
    let settings = ctx.settings()?;
    let before = ctx.codes_file(&user.id)?;
    let usual = CodesFile::usual(&settings.data_dir, &user.id, false);
    let access_key = authed.credentials().access_key.clone();
    let recorded = Profiles::update(&settings.data_dir, |profiles| {
        let known = profiles.user_mut(&user.id);
        known.email = Some(user.email.clone());
        let recorded = known.codes_file.take();
        known.codes_file = (*codes_file != usual).then(|| codes_file.path().to_owned());
        if let Some(key) = access_key.filter(|key| !known.access_keys.contains(key)) {
            known.access_keys.push(key);
        }
        recorded
    })?;
    Ok(Remembered {
        file: before.exists().then_some(before),
        recorded,
    })
}

/// Where codes were saved before this run.
struct Remembered {
    /// The file, where there was one.
    file: Option<CodesFile>,
    /// The place on record, where it was not the usual one.
    recorded: Option<PathBuf>,
}

/// After a failure: the codes before are where they were, and void where the second factor that
/// they belong to had to be removed.
async fn put_back(ctx: &Context, account: &dyn Account, user: &User, recorded: Option<PathBuf>) {
    let restored = ctx.settings().and_then(|settings| {
        Ok(Profiles::update(&settings.data_dir, |profiles| {
            profiles.user_mut(&user.id).codes_file.clone_from(&recorded);
        })?)
    });
    if let Err(err) = restored {
        ctx.ui().warn(&format!(
            "the place of the old backup codes is forgotten: {err}"
        ));
    }
    let removed =
        user.two_factor && matches!(account.user(&user.id).await, Ok(now) if !now.two_factor);
    if removed && let Ok(file) = ctx.codes_file(&user.id) {
        void_old(ctx, &file);
    }
}

fn void_old(ctx: &Context, before: &CodesFile) {
    if let Err(err) = before.void(ctx.now()) {
        ctx.ui().warn(&format!(
            "the old backup codes in {} are void and could not be marked so: {err}",
            before.path().display()
        ));
    }
}

/// The files with the key in them, reserved before the key exists.
struct SideFiles {
    qr: Option<(std::cell::Cell<Option<Reservation>>, QrImage)>,
    uri: Option<std::cell::Cell<Option<Reservation>>>,
}

impl SideFiles {
    fn reserve(plan: &Plan) -> Result<Self> {
        let take =
            |path: &Path| Ok::<_, CliError>(std::cell::Cell::new(Some(Reservation::take(path)?)));
        Ok(Self {
            qr: match &plan.qr_file {
                Some((path, form)) => Some((take(path)?, *form)),
                None => None,
            },
            uri: plan.uri_file.as_deref().map(take).transpose()?,
        })
    }

    fn write(&self, user: &User, key: &OtpKey) -> Result<()> {
        let uri = key.uri(&user.email);
        if let Some((place, form)) = &self.qr
            && let Some(place) = place.take()
        {
            let drawn = image(uri.expose_secret(), *form)
                .map_err(|err| CliError::new(Kind::Other, format!("the QR code: {err}")))?;
            place.commit(&drawn)?;
        }
        if let Some(place) = self.uri.as_ref().and_then(std::cell::Cell::take) {
            place.commit(format!("{}\n", uri.expose_secret()).as_bytes())?;
        }
        Ok(())
    }
}

/// Shows the key to the person, on every way that was asked for.
fn show_key(ctx: &Context, args: &OnArgs, user: &User, key: &OtpKey, plan: &Plan) -> Result<()> {
    let uri = key.uri(&user.email);
    let ui = ctx.ui();
    if plan.uri_on_stdout {
        ui.raw(&format!("{}\n", uri.expose_secret()))
            .map_err(|err| unprinted(&err))?;
    }
    // Without a person at the terminal the key goes only where it was asked to go: stderr of a
    // script often ends in a log.
    let asked_for = matches!(args.qr, QrChoice::Utf8 | QrChoice::Ascii);
    if !crate::ui::stderr_is_terminal() && !asked_for {
        return Ok(());
    }
    ui.instruct(&format!(
        "The key for your authenticator app, to type by hand:\n\n    {}\n",
        key.in_groups().as_str()
    ));
    if let Some((path, _)) = &plan.qr_file {
        ui.status(&format!(
            "The QR code is also in {}; remove it when it is scanned",
            path.display()
        ));
    }
    // Last, so that it is on the screen with the prompt below it.
    ui.show_qr(
        "Or scan this QR code with the app:",
        uri.expose_secret(),
        args.qr,
    );
    Ok(())
}

/// Says that it is done, and prints the codes whatever else fails.
fn hand_over(
    ctx: &Context,
    user: &User,
    codes: &BackupCodes,
    saved: Result<PathBuf>,
) -> Result<()> {
    let ui = ctx.ui();
    if codes.0.is_empty() {
        ui.warn("the API sent no backup codes");
    }
    if let Ok(path) = &saved {
        ui.status("Two-factor authentication is on");
        ui.status(&format!(
            "Your backup codes are saved in {}. Each works once, when the app is not at hand:",
            path.display()
        ));
    }
    let texts: Vec<&str> = codes.0.iter().map(BackupCode::expose).collect();
    let printed = result(ctx, user, &texts, saved.as_deref().ok());
    if printed.is_err() && saved.is_err() {
        // stdout and the file are both gone: stderr is all that is left.
        for code in &texts {
            ui.instruct(code);
        }
    }
    saved.map_err(|err| {
        err.doing("save the backup codes")
            .and("two-factor authentication is on, and the codes are printed here only")
            .hint("write the codes down now; `scw 2fa on --renew` makes new ones")
    })?;
    printed
}

fn result(ctx: &Context, user: &User, codes: &[&str], file: Option<&Path>) -> Result<()> {
    let data = json!({
        "two_factor": on_off(true),
        "user_id": user.id,
        "backup_codes": codes,
        "backup_codes_file": file,
    });
    ctx.ui()
        .result(&codes.join("\n"), &data)
        .map_err(|err| unprinted(&err))
}

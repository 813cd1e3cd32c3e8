//! The new key, shown to the person and written where it was asked for.

use std::path::Path;

use secrecy::ExposeSecret;

use super::on::Plan;
use crate::{
    cli::OnArgs,
    commands::unprinted,
    context::Context,
    error::{CliError, Kind, Result},
    fsutil::{DataDir, Reservation},
    model::{OtpKey, QrChoice, User},
    ui::{QrImage, image},
};

/// The files with the key in them, reserved before the key exists.
pub(super) struct SideFiles {
    qr: Option<(std::cell::Cell<Option<Reservation>>, QrImage)>,
    uri: Option<std::cell::Cell<Option<Reservation>>>,
}

impl SideFiles {
    /// Proves that every file can be written.
    ///
    /// # Errors
    /// When one cannot.
    pub(super) fn reserve(data: &DataDir, plan: &Plan) -> Result<Self> {
        let take = |path: &Path| Ok::<_, CliError>(std::cell::Cell::new(Some(data.reserve(path)?)));
        Ok(Self {
            qr: match &plan.qr_file {
                Some((path, form)) => Some((take(path)?, *form)),
                None => None,
            },
            uri: plan.uri_file.as_deref().map(take).transpose()?,
        })
    }

    /// Writes the key into the files.
    ///
    /// # Errors
    /// When one cannot be written.
    pub(super) fn write(&self, user: &User, key: &OtpKey) -> Result<()> {
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

/// Shows the key to the person, in every way that was asked for.
///
/// # Errors
/// When stdout was asked for and does not take it.
pub(super) fn show_key(
    ctx: &Context,
    args: &OnArgs,
    user: &User,
    key: &OtpKey,
    plan: &Plan,
) -> Result<()> {
    let uri = key.uri(&user.email);
    let ui = ctx.ui();
    if plan.uri_on_stdout {
        crate::ui::print_raw(&format!("{}\n", uri.expose_secret()))
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

//! The new key, shown to the person and written where it was asked for.

use std::{
    cell::{Cell, OnceCell},
    path::{Path, PathBuf},
};

use secrecy::ExposeSecret;
use zeroize::Zeroizing;

use super::{
    code_source::{CodeSource, PROMPT_WITH_QR},
    on::Plan,
};
use crate::{
    cli::OnArgs,
    commands::unprinted,
    context::Context,
    error::{CliError, Kind, Result},
    fsutil::{DataDir, Reservation, read_small, remove},
    model::{OtpKey, QrChoice, User},
    ui::{QrImage, QrOnScreen, Ui, image},
};

/// One file with the key in it: a place that is proven writable, then the file.
struct SideFile {
    reserved: Cell<Option<Reservation>>,
    /// Where the file is, and what is in it.
    written: OnceCell<(PathBuf, Zeroizing<Vec<u8>>)>,
}

impl SideFile {
    fn reserve(data: &DataDir, path: &Path) -> Result<Self> {
        Ok(Self {
            reserved: Cell::new(Some(data.reserve(path)?)),
            written: OnceCell::new(),
        })
    }

    fn write(&self, content: Zeroizing<Vec<u8>>) -> Result<()> {
        if let Some(reserved) = self.reserved.take() {
            let path = reserved.target().to_owned();
            // Known before it is written: a file whose folder could not be synced is there too.
            let (_, content) = self.written.get_or_init(|| (path, content));
            reserved.commit(content)?;
        }
        Ok(())
    }

    /// Removes the file; nothing where there is none, or another run has written its own there.
    fn remove(&self, ui: &Ui, what: &str) {
        let Some((path, content)) = self.written.get() else {
            return;
        };
        let removed = match read_small(path) {
            Ok(Some(found)) if found == *content => remove(path),
            Ok(_) => return,
            Err(err) => Err(err),
        };
        let shown = path.display();
        match removed {
            Ok(_) => ui.status(&format!("Removed {shown}")),
            Err(err) => ui.warn(&format!("{what} is still in {shown}: {err}")),
        }
    }

    fn path(&self) -> Option<&Path> {
        self.written.get().map(|(path, _)| path.as_path())
    }
}

/// The files with the key in them, reserved before the key exists.
pub(super) struct SideFiles {
    qr: Option<(SideFile, QrImage)>,
    uri: Option<SideFile>,
}

impl SideFiles {
    /// Proves that every file can be written.
    ///
    /// # Errors
    /// When one cannot.
    pub(super) fn reserve(data: &DataDir, plan: &Plan) -> Result<Self> {
        Ok(Self {
            qr: match &plan.qr_file {
                Some((path, form)) => Some((SideFile::reserve(data, path)?, *form)),
                None => None,
            },
            uri: plan
                .uri_file
                .as_deref()
                .map(|path| SideFile::reserve(data, path))
                .transpose()?,
        })
    }

    /// Writes the key into the files.
    ///
    /// # Errors
    /// When one cannot be written.
    pub(super) fn write(&self, user: &User, key: &OtpKey) -> Result<()> {
        let uri = key.uri(&user.email);
        if let Some((file, form)) = &self.qr {
            let drawn = image(uri.expose_secret(), *form)
                .map_err(|err| CliError::new(Kind::Other, format!("the QR code: {err}")))?;
            file.write(drawn.into())?;
        }
        if let Some(file) = &self.uri {
            file.write(format!("{}\n", uri.expose_secret()).into_bytes().into())?;
        }
        Ok(())
    }

    /// Removes the files again: the key in them is void.
    pub(super) fn discard(&self, ui: &Ui) {
        if let Some((file, _)) = &self.qr {
            file.remove(ui, "a QR code that no longer works");
        }
        if let Some(file) = &self.uri {
            file.remove(ui, "a key that no longer works");
        }
    }

    /// Says which files are kept, since the account may use the key in them.
    pub(super) fn keep(&self, ui: &Ui) {
        let qr = self.qr.as_ref().map(|(file, _)| file);
        for path in [qr, self.uri.as_ref()].into_iter().flatten() {
            if let Some(path) = path.path() {
                ui.status(&format!(
                    "Kept {}: your account may use the key in it",
                    path.display()
                ));
            }
        }
    }

    /// Two-factor authentication is on with the key: offers to remove the QR code, which has done
    /// its work once it is scanned. Where no person typed the code nobody may have scanned it, so
    /// it stays. The URI stays too: whoever asks for it wants to keep the key elsewhere.
    ///
    /// # Errors
    /// `Interrupted`.
    pub(super) async fn done(&self, ctx: &Context, person: bool) -> Result<()> {
        let ui = ctx.ui();
        if let Some(path) = self.uri.as_ref().and_then(SideFile::path) {
            ui.status(&format!(
                "The key is in {}. Anyone who reads it can make your codes",
                path.display()
            ));
        }
        let Some((qr, _)) = &self.qr else {
            return Ok(());
        };
        let Some(path) = qr.path().map(Path::display) else {
            return Ok(());
        };
        if !person {
            ui.status(&format!(
                "The QR code is in {path}. Delete it once it is scanned: anyone who reads it can make your codes"
            ));
            return Ok(());
        }
        // Nothing is to be tidied up here; the guard lets the answer below say what is so.
        let _asking = ctx.interrupt().protect("");
        let about = format!("Your app no longer needs the QR code in {path}.");
        let question = "Delete the file with the QR code?";
        match ctx.confirm(&about, question, "a terminal").await {
            Ok(true) => qr.remove(ui, "the QR code"),
            Ok(false) => ui.status(&format!(
                "The QR code stays in {path}: anyone who reads it can make your codes"
            )),
            Err(err) => {
                return Err(err.and(&format!(
                    "Two-factor authentication is on, and the QR code is still in {path}"
                )));
            }
        }
        Ok(())
    }
}

/// Shows the key to the person, in every way that was asked for. Returns the QR code that the
/// prompt for the code can draw again.
///
/// # Errors
/// When stdout was asked for and does not take it.
pub(super) fn show_key(
    ctx: &Context,
    args: &OnArgs,
    user: &User,
    key: &OtpKey,
    plan: &Plan,
    source: &CodeSource,
) -> Result<Option<QrOnScreen>> {
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
        return Ok(None);
    }
    ui.instruct(&format!(
        "The key for your authenticator app, to type by hand:\n\n    {}\n",
        key.in_groups().as_str()
    ));
    if let Some((path, _)) = &plan.qr_file {
        ui.status(&format!("The QR code is also in {}", path.display()));
    }
    // Last, so that it is on the screen with the prompt below it.
    let qr = QrOnScreen::new(uri, args.qr, source.is_person().then_some(PROMPT_WITH_QR));
    if let Some(qr) = &qr {
        qr.draw(ui, "Or scan this QR code with the app:");
    }
    Ok(qr)
}

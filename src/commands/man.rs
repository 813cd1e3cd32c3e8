//! `scw man`: prints or writes what `man/` holds.

use super::unprinted;
use crate::{cli::ManArgs, context::Context, error::Result, fsutil};

macro_rules! pages {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../man/", $name)))),*]
    };
}

/// Every page by the name of its file. The test over `man/` keeps the list whole.
pub const PAGES: &[(&str, &str)] = pages![
    "scw.1",
    "scw-2fa.1",
    "scw-2fa-audit.1",
    "scw-2fa-audit-diff.1",
    "scw-2fa-audit-verify.1",
    "scw-2fa-codes.1",
    "scw-2fa-codes-decrypt.1",
    "scw-2fa-codes-encrypt.1",
    "scw-2fa-codes-export.1",
    "scw-2fa-codes-list.1",
    "scw-2fa-codes-next.1",
    "scw-2fa-codes-path.1",
    "scw-2fa-codes-remove.1",
    "scw-2fa-codes-used.1",
    "scw-2fa-events.1",
    "scw-2fa-keys-add.1",
    "scw-2fa-keys-list.1",
    "scw-2fa-keys-remove.1",
    "scw-2fa-keys-rename.1",
    "scw-2fa-keys.1",
    "scw-2fa-off.1",
    "scw-2fa-on.1",
    "scw-2fa-recover.1",
    "scw-2fa-status.1",
    "scw-completion.1",
    "scw-doctor.1",
    "scw-exec.1",
    "scw-help.1",
    "scw-login.1",
    "scw-logout.1",
    "scw-man.1",
    "scw-profile-list.1",
    "scw-profile-remove.1",
    "scw-profile-rename.1",
    "scw-profile-use.1",
    "scw-profile.1",
    "scw-token.1",
    "scw-whoami.1",
];

/// Prints the main page, or writes all pages into a folder.
///
/// # Errors
/// When stdout or the folder does not take them.
pub(crate) fn run(ctx: &Context, args: ManArgs) -> Result<()> {
    let Some(dir) = args.dir else {
        let main = PAGES.first().map_or("", |(_, page)| page);
        return crate::ui::print_raw(main).map_err(|err| unprinted(&err));
    };
    for (name, page) in PAGES {
        fsutil::write_public(&dir.join(name), page.as_bytes())?;
    }
    ctx.ui().status(&format!(
        "{} pages written to {}",
        PAGES.len(),
        dir.display()
    ));
    Ok(())
}

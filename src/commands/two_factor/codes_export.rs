//! `scw 2fa codes export`: the unused codes into another program, such as a password store.

use std::fmt::Write as _;

use secrecy::SecretString;
use serde_json::json;
use zeroize::Zeroizing;

use super::codes::{no_codes, none_left, readable};
use crate::{
    cli::CodesExportArgs,
    commands::unprinted,
    context::Context,
    error::{CliError, Kind, Result},
    model::{CodeState, UserId},
    process,
};

/// Gives the unused codes to a command on its stdin, one a line. The file here stays as it is.
///
/// # Errors
/// When there is no unused code, or the command fails.
pub(super) async fn run(ctx: &Context, user: &UserId, args: &CodesExportArgs) -> Result<()> {
    let (file, key) = readable(ctx, user).await?;
    let codes = file.load(key.as_ref())?.ok_or_else(no_codes)?;
    let exported = codes.unused();
    if exported == 0 {
        return Err(none_left());
    }
    // Large enough that the string never moves and leaves a copy of the codes in memory.
    let mut text = Zeroizing::new(String::with_capacity(16 * 1024));
    for saved in &codes.codes {
        if saved.state == CodeState::Unused {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}", saved.code.expose());
        }
    }
    let text = SecretString::from(text.as_str());
    let failed = |message: String| {
        CliError::new(Kind::Other, message)
            .doing("export the backup codes")
            .hint("run the command by hand: it gets the codes on stdin, one a line")
    };
    let status = ctx
        .unless_interrupted(process::feed(&args.to_command, &text))
        .await?
        .map_err(|err| failed(format!("could not give the codes to the command: {err}")))?;
    if !status.success() {
        return Err(failed(format!("the command failed ({status})")));
    }
    ctx.ui().status(&format!(
        "Gave {exported} unused backup codes to the command"
    ));
    ctx.ui()
        .hint("when you use one of them, mark it with `scw 2fa codes used`");
    ctx.ui()
        .result("", &json!({ "exported": exported }))
        .map_err(|err| unprinted(&err))
}

//! `scw 2fa codes encrypt` and `scw 2fa codes decrypt`.

use serde_json::json;

use super::{
    codes::{no_codes, open_locked, owner, settled_file},
    settle::remember_place,
};
use crate::{
    cli::{CodesDecryptArgs, CodesEncryptArgs},
    commands::{
        codes_key::{codes_key, encryption, key_at_hand},
        unprinted,
    },
    context::Context,
    error::{CliError, Result},
    model::UserId,
    store::CodesFile,
};

/// Encrypts the saved codes; encrypted ones for others, where what opens them is at hand.
///
/// # Errors
/// When the recipient is none, or the codes cannot be read or written; they are then unchanged.
pub(super) async fn encrypt(ctx: &Context, user: &UserId, args: &CodesEncryptArgs) -> Result<()> {
    let encryption = encryption(&args.to)?;
    let file = settled_file(ctx, user).await?;
    if file.is_encrypted()? && key_at_hand(ctx, &file).await.is_none() {
        ctx.ui()
            .status("The backup codes are already encrypted. Nothing changed");
        ctx.ui()
            .hint("to encrypt them for another key, add `--identity` with the one that opens them");
        return result(ctx, &file, true, false);
    }
    let (lock, file, key) = open_locked(ctx, user).await?;
    let codes = file.load(key.as_ref())?.ok_or_else(no_codes)?;
    if key.is_some() && codes.is_encrypted_for(&encryption) {
        ctx.ui()
            .status("The backup codes are already encrypted for this key. Nothing changed");
        return result(ctx, &file, true, false);
    }
    let file = file
        .change_encryption(&lock, key.as_ref(), Some(&encryption))?
        .ok_or_else(no_codes)?;
    remember_place(ctx, user, &file).await?;
    ctx.ui().status(&format!(
        "Encrypted the backup codes in {}",
        file.path().display()
    ));
    result(ctx, &file, true, true)
}

/// Stores the codes in clear again.
///
/// # Errors
/// When nobody confirms, the codes do not open, or they cannot be written; they are then unchanged.
pub(super) async fn decrypt(ctx: &Context, user: &UserId, args: &CodesDecryptArgs) -> Result<()> {
    let file = settled_file(ctx, user).await?;
    if !file.exists() {
        return Err(no_codes());
    }
    if !file.is_encrypted()? {
        ctx.ui()
            .status("The backup codes are not encrypted. Nothing changed");
        return result(ctx, &file, false, false);
    }
    if !args.yes {
        ctx.require_prompt("confirmation is", "`--yes`")?;
    }
    codes_key(ctx, &file).await?;
    if !args.yes {
        let about = format!(
            "This stores the backup codes of {} unencrypted.\nWhoever can read the file can use them.",
            owner(ctx, user)?
        );
        if !ctx
            .confirm(&about, "Decrypt the backup codes?", "`--yes`")
            .await?
        {
            return Err(CliError::cancelled("The backup codes are still encrypted"));
        }
    }
    let (lock, file, key) = open_locked(ctx, user).await?;
    let file = file
        .change_encryption(&lock, key.as_ref(), None)?
        .ok_or_else(no_codes)?;
    remember_place(ctx, user, &file).await?;
    ctx.ui().warn(&format!(
        "the backup codes are stored unencrypted in {}; only you can read it",
        file.path().display()
    ));
    result(ctx, &file, false, true)
}

fn result(ctx: &Context, file: &CodesFile, encrypted: bool, changed: bool) -> Result<()> {
    let data = json!({
        "encrypted": encrypted,
        "changed": changed,
        "path": file.path().display().to_string(),
    });
    ctx.ui().result("", &data).map_err(|err| unprinted(&err))
}

//! Signing in with the backup codes that are saved on this machine.

use super::codes_key::{codes_key, is_void, key_at_hand};
use crate::{
    context::Context,
    error::{CliError, Result},
    model::{BackupCode, UserId},
    store::{CodesFile, SavedCodes, Unfinished},
};

/// Users of this email with codes on this machine; without any record, the only user with codes.
fn users_with_codes(ctx: &Context, email: &str) -> Result<Vec<UserId>> {
    let known = ctx.local()?.record()?.users_of(email);
    if !known.is_empty() {
        return Ok(known);
    }
    let all = CodesFile::users(&ctx.settings()?.data);
    Ok(if all.len() == 1 { all } else { Vec::new() })
}

/// Warns where an interrupted change of the second factor may have voided the saved codes.
fn warn_of_doubt(ctx: &Context, user: &UserId) -> Result<()> {
    if Unfinished::read(&ctx.settings()?.data, user)?.is_some() {
        ctx.ui().warn(
            "an interrupted scw did not finish changing two-factor authentication; your saved backup codes may be void",
        );
    }
    Ok(())
}

/// How many unused codes of this email are saved here.
///
/// # Errors
/// When the record cannot be read.
pub(super) async fn saved_left(ctx: &Context, email: &str) -> Result<usize> {
    let mut left = 0;
    for user in users_with_codes(ctx, email)? {
        warn_of_doubt(ctx, &user)?;
        let file = ctx.codes_file(&user)?;
        let key = key_at_hand(ctx, &file).await;
        // Unreadable codes cannot be offered.
        if let Ok(Some(codes)) = file.load(key.as_ref())
            && !is_void(ctx, &file)?
        {
            left += codes.unused();
        }
    }
    Ok(left)
}

/// A backup code that is about to be sent. Where it is saved here it is marked as used first, so
/// that no later run offers it again should this one be killed.
pub(super) struct SpentCode {
    /// The code.
    pub(super) code: BackupCode,
    /// Whose saved codes hold the mark.
    marked: Vec<UserId>,
}

impl SpentCode {
    /// Takes the next saved code; nothing where none is left.
    ///
    /// # Errors
    /// When the codes cannot be read or marked.
    pub(super) async fn next(ctx: &Context, email: &str) -> Result<Option<Self>> {
        for user in users_with_codes(ctx, email)? {
            warn_of_doubt(ctx, &user)?;
            let file = ctx.codes_file(&user)?;
            if is_void(ctx, &file)? {
                continue;
            }
            // Asked for now: a change asks nobody.
            codes_key(ctx, &file).await?;
            let taken = change(ctx, &user, |codes| codes.take_next(Context::now())).await?;
            if let Some(code) = taken.flatten() {
                let marked = vec![user];
                return Ok(Some(Self { code, marked }));
            }
        }
        Ok(None)
    }

    /// Marks a code that the user gave.
    ///
    /// # Errors
    /// When a saved code cannot be marked: it must not be sent then, since it would stay among the
    /// unused ones.
    pub(super) async fn given(ctx: &Context, email: &str, code: BackupCode) -> Result<Self> {
        let mut marked = Vec::new();
        for user in users_with_codes(ctx, email)? {
            let mark = |codes: &mut SavedCodes| codes.mark_used(&code, Context::now());
            if change(ctx, &user, mark).await? == Some(Some(true)) {
                marked.push(user);
            }
        }
        Ok(Self { code, marked })
    }

    /// Unmarks the code: the service did not get it.
    pub(super) async fn unmark(self, ctx: &Context) {
        for user in self.marked {
            if let Err(err) = change(ctx, &user, |codes| codes.unmark(&self.code)).await {
                ctx.ui().warn(&format!(
                    "could not unmark the backup code, which was not used: {err}"
                ));
            }
        }
    }
}

/// Changes the saved codes of a user under their lock; nothing where none are saved.
async fn change<T>(
    ctx: &Context,
    user: &UserId,
    change: impl FnOnce(&mut SavedCodes) -> T,
) -> Result<Option<T>> {
    let file = ctx.codes_file(user)?;
    let lock = ctx.local()?.lock(file.lock_path()).await?;
    let key = key_at_hand(ctx, &file).await;
    // Without what opens them they were not offered here, so there is nothing to mark.
    if (key.is_none() && file.is_encrypted()?) || is_void(ctx, &file)? {
        return Ok(None);
    }
    file.update(&lock, key.as_ref(), change)
        .map_err(CliError::from)
        .map_err(|err| err.doing("mark the backup code as used"))
}

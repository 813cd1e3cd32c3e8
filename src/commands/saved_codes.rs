//! Signing in with the backup codes that are saved on this machine.

use crate::{
    context::Context,
    error::{CliError, Result},
    model::{BackupCode, UserId},
    store::{CodesFile, SavedCodes, StoreError, Unfinished},
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
pub(super) fn saved_left(ctx: &Context, email: &str) -> Result<usize> {
    let mut left = 0;
    for user in users_with_codes(ctx, email)? {
        warn_of_doubt(ctx, &user)?;
        // Unreadable codes cannot be offered.
        if let Ok(Some(codes)) = ctx.codes_file(&user)?.load(None) {
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
    match file.update(&lock, None, change) {
        // Encrypted codes are not offered here, so there is nothing to mark.
        Err(StoreError::Encrypted { .. }) => Ok(None),
        outcome => outcome
            .map_err(CliError::from)
            .map_err(|err| err.doing("mark the backup code as used")),
    }
}

//! What opens saved backup codes that are encrypted, and whom new ones are encrypted for.

use std::path::Path;

use crate::{
    context::Context,
    credentials::Asking,
    error::Result,
    fsutil,
    store::{CodesFile, Encryption, Key},
};

/// What opens the codes of a file, tried on them: nothing where they are in clear, or there are
/// none. A person is asked for it, so it is called before the codes are locked.
///
/// # Errors
/// Where nobody can be asked, what was given does not open them, or they cannot be read.
pub(super) async fn codes_key(ctx: &Context, file: &CodesFile) -> Result<Option<Key>> {
    key(ctx, file, Asking::Person).await
}

/// As [`codes_key`], without asking anybody: nothing also where it is not at hand.
pub(super) async fn key_at_hand(ctx: &Context, file: &CodesFile) -> Option<Key> {
    key(ctx, file, Asking::Nobody).await.ok().flatten()
}

async fn key(ctx: &Context, file: &CodesFile, asking: Asking) -> Result<Option<Key>> {
    ctx.local()?
        .unlock(asking, async |key| file.load(key.as_ref()).map(|_| key))
        .await
}

/// Whether the saved codes are known to be void as a whole: encrypted ones of a second factor that
/// is gone, which nobody could mark then.
///
/// # Errors
/// When the record or the file cannot be read.
pub(super) fn is_void(ctx: &Context, file: &CodesFile) -> Result<bool> {
    let record = ctx.local()?.record()?;
    let void = record
        .user(file.user())
        .and_then(|known| known.void_codes.clone());
    Ok(void.is_some() && void == file.digest()?)
}

/// Those that an option names: a recipient, or a file of them such as `id_ed25519.pub`.
///
/// # Errors
/// When it is neither.
pub(super) fn encryption(to: &str) -> Result<Encryption> {
    let named = match Encryption::to(to) {
        Ok(found) => return Ok(found),
        Err(err) => err,
    };
    // What cannot be the name of a file is no file.
    let Ok(Some(content)) = fsutil::read_small(Path::new(to)) else {
        return Err(named.into());
    };
    let text = std::str::from_utf8(&content).unwrap_or_default();
    Ok(Encryption::to(text)?)
}

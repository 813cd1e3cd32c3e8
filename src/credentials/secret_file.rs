//! Files that hold a secret, as options name them: a path, a pipe like `/dev/fd/3`, a FIFO.

use std::path::Path;

use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::{
    error::{CliError, Kind, Result},
    fsutil,
    process::on_thread,
};

/// Reads a file with a secret that is text; `what` is the word for that. The wait for a pipe or a
/// FIFO is a future: dropping it ends it.
///
/// # Errors
/// [`Kind::LocalFile`] when it cannot be read. The path may be the secret itself, given by mistake,
/// so the message does not repeat it.
pub(crate) async fn read_secret_file(path: &Path, what: &str) -> Result<SecretString> {
    let content = read_bytes(path, what).await?;
    std::str::from_utf8(&content)
        .map(SecretString::from)
        .map_err(|_| unreadable(what, "it is not text"))
}

/// As [`read_secret_file`], for any bytes.
pub(super) async fn read_bytes(path: &Path, what: &str) -> Result<Zeroizing<Vec<u8>>> {
    let missing = || {
        CliError::new(
            Kind::LocalFile,
            format!("the file with the {what} does not exist"),
        )
        .hint(format!(
            "pass the path of a file that contains the {what}, or `-` for stdin"
        ))
    };
    let path = path.to_owned();
    on_thread(move || fsutil::read_named(&path))
        .await
        .ok_or_else(|| unreadable(what, "the read failed"))?
        .map_err(|err| match err {
            fsutil::FileError::Io { source, .. } => unreadable(what, &source.to_string()),
            _ => unreadable(what, "it is too large"),
        })?
        .ok_or_else(missing)
}

fn unreadable(what: &str, reason: &str) -> CliError {
    CliError::new(
        Kind::LocalFile,
        format!("could not read the file with the {what}: {reason}"),
    )
    .hint(format!("pass the path of a file that contains the {what}"))
}

//! The user's one-time password command: it prints a code, and gets the key of `2fa on` on stdin.

use std::{convert::Infallible, process::Stdio};

use secrecy::{ExposeSecret, SecretString};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::ChildStdout,
};
use zeroize::Zeroizing;

use super::shell::Running;

/// The most of what the command prints that is looked at, in bytes.
const MAX_OUTPUT_BYTES: usize = 4096;
/// The most that it may print behind the code, in bytes.
const MAX_IGNORED_BYTES: usize = 64 * 1024;

/// A failure of the one-time password command.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProcessError {
    /// It could not be started.
    #[error("could not start the one-time password command: {0}")]
    Start(#[source] std::io::Error),
    /// Its output could not be read.
    #[error("could not read the output of the one-time password command: {0}")]
    Talk(#[source] std::io::Error),
    /// It ended with a failure.
    #[error("the one-time password command failed ({0})")]
    Failed(std::process::ExitStatus),
    /// It printed nothing, no text, or too much.
    #[error("the one-time password command printed no code")]
    NoCode,
}

/// Runs the command through the shell.
///
/// `key` goes to its stdin, and is there for `2fa on` alone. It is in no argument and no variable, so no other user's `ps` shows it. The wait is a
/// future: dropping it ends the command and everything that it started. A command that ended by
/// itself may leave something running.
///
/// It stays in this program's process group: in another one it could not ask at the terminal.
///
/// # Errors
/// [`ProcessError`] when it cannot be run, fails, or prints nothing usable.
pub(crate) async fn otp_command(
    command: &str,
    key: Option<&SecretString>,
) -> Result<SecretString, ProcessError> {
    let mut running = Running::start(command, Stdio::piped()).map_err(ProcessError::Start)?;
    let stdin = running.child.stdin.take();
    let mut stdout = running.child.stdout.take();
    let write = async {
        if let Some(mut stdin) = stdin {
            let key = key.map(ExposeSecret::expose_secret).unwrap_or_default();
            let line = Zeroizing::new(format!("{key}\n"));
            // A command that needs no key may close its stdin: only its answer counts.
            let _ = stdin.write_all(line.as_bytes()).await;
        }
    };
    let ((), line) = tokio::join!(write, first_line(stdout.as_mut()));
    let line = line.map_err(ProcessError::Talk)?;
    let status = tokio::select! {
        status = running.ended() => status,
        // Whatever else it says is read, so that saying it does not fail, and is not waited for.
        never = drain(stdout) => match never {},
    }
    .map_err(ProcessError::Talk)?;
    if !status.success() {
        return Err(ProcessError::Failed(status));
    }
    let text = std::str::from_utf8(&line)
        .map_err(|_| ProcessError::NoCode)?
        .trim();
    if text.is_empty() {
        return Err(ProcessError::NoCode);
    }
    Ok(SecretString::from(text))
}

/// Reads up to the end of the first line that is not empty, or to the end of everything. What the
/// command left running may hold its stdout open for long after that.
async fn first_line(stdout: Option<&mut ChildStdout>) -> std::io::Result<Zeroizing<Vec<u8>>> {
    let mut read = Zeroizing::new(Vec::with_capacity(MAX_OUTPUT_BYTES));
    let Some(stdout) = stdout else {
        return Ok(read);
    };
    while read.len() < MAX_OUTPUT_BYTES {
        let room = MAX_OUTPUT_BYTES - read.len();
        let more = stdout.take(room as u64).read_buf(&mut *read).await?;
        let blank = read.len() - read.trim_ascii_start().len();
        let end = read.iter().skip(blank).position(|byte| *byte == b'\n');
        if let Some(end) = end {
            read.truncate(blank + end);
            break;
        }
        if more == 0 {
            break;
        }
    }
    Ok(read)
}

/// Reads and discards further output up to a limit, then closes the pipe, which ends a command that
/// prints without an end. Never returns.
async fn drain(stdout: Option<ChildStdout>) -> Infallible {
    if let Some(mut stdout) = stdout {
        let mut rest = Zeroizing::new([0; 512]);
        let mut room = MAX_IGNORED_BYTES;
        while let Ok(read @ 1..) = stdout.read(&mut *rest).await
            && read < room
        {
            room -= read;
        }
    }
    std::future::pending().await
}

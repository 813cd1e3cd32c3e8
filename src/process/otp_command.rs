//! The user's one-time password command: the key on stdin, a code on stdout.

use std::process::Stdio;

use secrecy::{ExposeSecret, SecretString};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::{Child, Command},
};
use zeroize::Zeroizing;

/// The most that the command may print, in bytes.
const MAX_OUTPUT_BYTES: u64 = 4096;

/// A helper command that did not do its part.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// It could not be started.
    #[error("the one-time password command could not be started: {0}")]
    Start(#[source] std::io::Error),
    /// It could not be talked to.
    #[error("the one-time password command could not be read: {0}")]
    Talk(#[source] std::io::Error),
    /// It ended with a failure.
    #[error("the one-time password command failed ({0})")]
    Failed(std::process::ExitStatus),
    /// It printed something that is no text, or nothing, or far too much.
    #[error("the one-time password command printed no code")]
    NoCode,
}

/// Runs the command through the shell.
///
/// The key is in no argument and no variable, so no other user's `ps` shows it. The wait is a
/// future: dropping it ends the command and everything that it started.
///
/// # Errors
/// [`ProcessError`] when it cannot be run, fails, or prints nothing usable.
pub async fn otp_command(command: &str, key: &SecretString) -> Result<SecretString, ProcessError> {
    let (shell, flag) = if cfg!(windows) {
        ("cmd", "/C")
    } else {
        ("sh", "-c")
    };
    #[cfg(target_os = "linux")]
    adopt_orphans();
    let child = Command::new(shell)
        .arg(flag)
        .arg(command)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(ProcessError::Start)?;
    let mut running = Running(child);
    let stdin = running.0.stdin.take();
    let stdout = running.0.stdout.take();
    let write = async {
        if let Some(mut stdin) = stdin {
            let line = Zeroizing::new(format!("{}\n", key.expose_secret()));
            // A command that needs no key may close its stdin: only its answer counts.
            let _ = stdin.write_all(line.as_bytes()).await;
        }
    };
    let read = async {
        let mut output = Zeroizing::new(Vec::with_capacity(64));
        if let Some(stdout) = stdout {
            stdout
                .take(MAX_OUTPUT_BYTES)
                .read_to_end(&mut output)
                .await?;
        }
        Ok(output)
    };
    let ((), output) = tokio::join!(write, read);
    let output = output.map_err(ProcessError::Talk)?;
    let status = running.0.wait().await.map_err(ProcessError::Talk)?;
    if !status.success() {
        return Err(ProcessError::Failed(status));
    }
    let text = std::str::from_utf8(&output)
        .map_err(|_| ProcessError::NoCode)?
        .trim();
    if text.is_empty() {
        return Err(ProcessError::NoCode);
    }
    Ok(SecretString::from(text))
}

/// A command that ends with this program, together with all that it started.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        #[cfg(target_os = "linux")]
        if let Some(pid) = self.0.id() {
            end_with_children(pid);
            // While the command runs, this program has no other children than what it left.
            for orphan in children_of(std::process::id()) {
                if !is_daemon(orphan) {
                    end_with_children(orphan);
                }
            }
        }
    }
}

/// Has what the command leaves without a parent handed to this program and not to `init`
/// (prctl(2), `PR_SET_CHILD_SUBREAPER`).
#[cfg(target_os = "linux")]
fn adopt_orphans() {
    // Where the system refuses, orphans go on by themselves.
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
}

/// Whether a process made a session of its own, as a daemon does that is meant to stay.
#[cfg(target_os = "linux")]
fn is_daemon(pid: u32) -> bool {
    use rustix::process::getsid;

    getsid(raw(pid)).ok() != getsid(None).ok()
}

/// Ends a process and its children, the children first, so that none is handed on.
#[cfg(target_os = "linux")]
fn end_with_children(pid: u32) {
    use rustix::process::{Signal, kill_process};

    for child in children_of(pid) {
        end_with_children(child);
    }
    if let Some(pid) = raw(pid) {
        // One that is gone already needs no signal.
        let _ = kill_process(pid, Signal::TERM);
    }
}

/// The children of a process: the kernel lists them in `/proc/PID/task/TID/children` (proc(5)).
#[cfg(target_os = "linux")]
fn children_of(pid: u32) -> Vec<u32> {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task"));
    let mut children = Vec::new();
    for thread in threads.into_iter().flatten().flatten() {
        let listed = std::fs::read_to_string(thread.path().join("children")).unwrap_or_default();
        children.extend(
            listed
                .split_whitespace()
                .filter_map(|pid| pid.parse::<u32>().ok()),
        );
    }
    children
}

#[cfg(target_os = "linux")]
fn raw(pid: u32) -> Option<rustix::process::Pid> {
    rustix::process::Pid::from_raw(i32::try_from(pid).ok()?)
}

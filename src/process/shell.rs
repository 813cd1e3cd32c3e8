//! The user's commands: run through the shell, and ended with this program.

use std::process::{ExitStatus, Stdio};

use secrecy::{ExposeSecret, SecretString};
use tokio::{
    io::AsyncWriteExt,
    process::{Child, Command},
};

#[cfg(target_os = "linux")]
use super::descendants;

/// The variable that marks whatever a command starts, so that it is found again.
const MARK: &str = "SCW_COMMAND_RUN";

/// A command that ends with this program, together with all that it started.
pub(super) struct Running {
    pub(super) child: Child,
    mark: String,
    /// Whether it ended by itself.
    ended: bool,
}

impl Running {
    /// Starts a command with a pipe as its stdin.
    ///
    /// It stays in this program's process group: in another one it could not ask at the terminal.
    ///
    /// # Errors
    /// The system's, when the shell cannot be started.
    pub(super) fn start(command: &str, stdout: Stdio) -> std::io::Result<Self> {
        let (shell, flag) = if cfg!(windows) {
            ("cmd", "/C")
        } else {
            ("sh", "-c")
        };
        let mark = super::unguessable();
        let child = Command::new(shell)
            .arg(flag)
            .arg(command)
            .env(MARK, &mark)
            .stdin(Stdio::piped())
            .stdout(stdout)
            .kill_on_drop(true)
            .spawn()?;
        Ok(Self {
            child,
            mark,
            ended: false,
        })
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// The system's.
    pub(super) async fn ended(&mut self) -> std::io::Result<ExitStatus> {
        let status = self.child.wait().await;
        self.ended |= status.is_ok();
        status
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        #[cfg(target_os = "linux")]
        if let Some(pid) = self.child.id() {
            descendants::end(pid, &format!("{MARK}={}", self.mark));
        }
    }
}

/// Runs a command that gets a text on its stdin, and waits for its end. What it prints goes to
/// stderr, with the conversation. The wait is a future: dropping it ends the command and everything
/// that it started.
///
/// # Errors
/// The system's, when the command cannot be started or does not take the text.
pub(crate) async fn feed(command: &str, text: &SecretString) -> std::io::Result<ExitStatus> {
    let mut running = Running::start(command, Stdio::from(std::io::stderr()))?;
    let stdin = running.child.stdin.take();
    let write = async {
        match stdin {
            Some(mut stdin) => stdin.write_all(text.expose_secret().as_bytes()).await,
            None => Ok(()),
        }
    };
    let (written, status) = tokio::join!(write, running.ended());
    let status = status?;
    // Its own failure says more than a pipe that it left.
    if status.success() {
        written?;
    }
    Ok(status)
}

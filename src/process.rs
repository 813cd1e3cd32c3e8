//! This process and the ones it starts.

use std::{
    io::{Read, Write},
    process::{Command, Stdio},
    thread,
};

use secrecy::SecretString;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

/// The most that a one-time password command may print, in bytes.
const MAX_OUTPUT_BYTES: u64 = 4096;

/// A helper command that did not do its part.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// It could not be started.
    #[error("the one-time password command could not be started: {0}")]
    Start(std::io::Error),
    /// It could not be talked to.
    #[error("the one-time password command could not be read: {0}")]
    Talk(std::io::Error),
    /// It ended with a failure.
    #[error("the one-time password command failed ({0})")]
    Failed(std::process::ExitStatus),
    /// It printed something that is no text, or nothing, or far too much.
    #[error("the one-time password command printed no code")]
    NoCode,
}

/// Keeps the secrets of this process out of core dumps and away from other processes' debuggers.
///
/// Linux only: `PR_SET_DUMPABLE` off (prctl(2)) and a core limit of nothing. Children that are
/// started by `execve` are dumpable again unless the limit, which they inherit, says otherwise.
pub fn harden() {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use rustix::process::{
            DumpableBehavior, Resource, getrlimit, set_dumpable_behavior, setrlimit,
        };

        // A refusal leaves the system's own setting in force, which is all that can be had.
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
        let mut limit = getrlimit(Resource::Core);
        limit.current = Some(0);
        let _ = setrlimit(Resource::Core, limit);
    }
}

/// This machine's name, for the description of a key: printable, and short.
#[must_use]
pub fn host_name() -> String {
    #[cfg(unix)]
    let name = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    #[cfg(not(unix))]
    let name = "this machine".to_owned();
    name.chars()
        .filter(|c| c.is_ascii_alphanumeric() || ".-_ ".contains(*c))
        .take(60)
        .collect()
}

/// A word that nobody can guess: 122 random bits from the operating system (RFC 9562 §5.4).
#[must_use]
pub fn unguessable() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// Opens an address in the user's browser: `BROWSER`, else what the platform has for it.
///
/// # Errors
/// The system's, when nothing can be started.
pub fn open_browser(address: &str) -> std::io::Result<()> {
    match crate::env::text(crate::env::BROWSER) {
        Some(browser) => Command::new(browser)
            .arg(address)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map(drop),
        None => open::that_detached(address),
    }
}

/// Runs `work` on a thread of its own and waits for it without blocking the event loop.
///
/// A plain thread, since the end of the program must not wait for one that hangs.
///
/// Nothing comes back only when the work panicked.
pub async fn on_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (sender, receiver) = oneshot::channel();
    thread::spawn(move || {
        // The receiver is gone when the command was interrupted.
        let _ = sender.send(work());
    });
    receiver.await.ok()
}

/// Runs the user's one-time password command through the shell: the key on stdin, a code on stdout.
///
/// The key is in no argument and no variable, so no other user's `ps` shows it.
///
/// # Errors
/// [`ProcessError`] when it cannot be run, fails, or prints nothing usable.
pub async fn otp_command(command: &str, key: SecretString) -> Result<SecretString, ProcessError> {
    let command = command.to_owned();
    on_thread(move || run_with_key(&command, &key))
        .await
        .unwrap_or(Err(ProcessError::NoCode))
}

fn run_with_key(command: &str, key: &SecretString) -> Result<SecretString, ProcessError> {
    use secrecy::ExposeSecret;

    let (shell, flag) = if cfg!(windows) {
        ("cmd", "/C")
    } else {
        ("sh", "-c")
    };
    let mut child = Command::new(shell)
        .arg(flag)
        .arg(command)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(ProcessError::Start)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A command that needs no key may close its stdin: only its answer counts.
        let _ = writeln!(stdin, "{}", key.expose_secret());
    }
    let mut output = Zeroizing::new(Vec::with_capacity(64));
    if let Some(stdout) = child.stdout.take() {
        stdout
            .take(MAX_OUTPUT_BYTES)
            .read_to_end(&mut output)
            .map_err(ProcessError::Talk)?;
    }
    let status = child.wait().map_err(ProcessError::Talk)?;
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

/// Requests to end the program: Ctrl-C, SIGTERM, SIGHUP.
///
/// While a command holds a [`Protected`], such a request does not end it at once: the command
/// asks [`Interrupt::requested`] where it can stop without harm.
#[derive(Debug, Default)]
pub struct Interrupt {
    requested: tokio::sync::watch::Sender<bool>,
    protected: tokio::sync::watch::Sender<usize>,
}

impl Interrupt {
    /// Listens for the signals until the program ends.
    ///
    /// # Errors
    /// The system's, when a signal cannot be listened for.
    pub async fn listen(&self) -> std::io::Result<()> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};

            let mut int = signal(SignalKind::interrupt())?;
            let mut term = signal(SignalKind::terminate())?;
            let mut hup = signal(SignalKind::hangup())?;
            loop {
                tokio::select! {
                    _ = int.recv() => {}
                    _ = term.recv() => {}
                    _ = hup.recv() => {}
                }
                self.requested.send_replace(true);
            }
        }
        #[cfg(not(unix))]
        loop {
            tokio::signal::ctrl_c().await?;
            self.requested.send_replace(true);
        }
    }

    /// Waits until the user asks the program to end.
    pub async fn requested(&self) {
        let mut requested = self.requested.subscribe();
        // The sender lives as long as `self`, so the wait cannot fail.
        let _ = requested.wait_for(|requested| *requested).await;
    }

    /// Waits until the user asks for the end and no command is protected.
    pub async fn may_end(&self) {
        self.requested().await;
        let mut protected = self.protected.subscribe();
        let _ = protected.wait_for(|count| *count == 0).await;
    }

    /// Keeps the program alive until the guard is dropped.
    #[must_use]
    pub fn protect(&self) -> Protected<'_> {
        self.protected.send_modify(|count| *count += 1);
        Protected { interrupt: self }
    }
}

/// While it lives, a request to end the program waits.
#[derive(Debug)]
pub struct Protected<'a> {
    interrupt: &'a Interrupt,
}

impl Drop for Protected<'_> {
    fn drop(&mut self) {
        self.interrupt
            .protected
            .send_modify(|count| *count = count.saturating_sub(1));
    }
}

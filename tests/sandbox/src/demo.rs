//! `scw-sandbox demo`: the guided first minute, with the real client built from this tree.

use std::{
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
};

use serde_json::Value;

use crate::{Options, Sandbox, StartError, StoreError, run};

/// The exit code of `scw` for a keyring that is missing, locked or refused (cli.md).
const NO_KEYRING: i32 = 6;

/// How the login with a backup code is shown.
const BACKUP_LOGIN: &[&str] = &[
    "2fa",
    "codes",
    "next",
    "|",
    "scw",
    "login",
    "--backup-code-file",
    "-",
];

/// The demonstration could not go on.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// No person is there, and none is to be played.
    #[error("the demonstration needs a terminal; without one, use `demo --auto`")]
    NobodyThere,
    /// The client could not be built.
    #[error("`cargo build` of the client failed")]
    Build,
    /// The sandbox could not be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The sandbox could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something could not be run or written.
    #[error("the demonstration stopped: {0}")]
    Io(#[from] io::Error),
    /// The client said one thing and the account says another.
    #[error("`scw` says that two-factor authentication is on, and the account says {0}")]
    NotOn(String),
}

/// Runs the demonstration and returns its exit code: that of the first step that failed, or 0.
///
/// # Errors
/// [`DemoError`] when it could not even be tried.
pub fn run(auto: bool) -> Result<i32, DemoError> {
    let somebody_there = io::stdin().is_terminal() && io::stderr().is_terminal();
    if !auto && !somebody_there {
        return Err(DemoError::NobodyThere);
    }
    // Ctrl-C ends the step that runs, and the demonstration tidies up after it.
    let _unharmed = ignore_interrupts()?;
    say("Building scw from this tree ...")?;
    let client = build()?;
    let sandbox = Sandbox::start(Options::default())?;
    let folder = tempfile::tempdir()?;
    let stage = Stage {
        sandbox: &sandbox,
        client: &client,
        folder: folder.path(),
    };
    let code = stage.play(auto);
    // Also after a failure: nothing of the demonstration stays on this machine.
    let left = stage.scw(&["logout"]).stderr(Stdio::null()).status();
    let code = code?;
    left?;
    Ok(code)
}

/// Keeps Ctrl-C, which a terminal sends to every program in it, from ending this one.
fn ignore_interrupts() -> io::Result<tokio::signal::unix::Signal> {
    use tokio::signal::unix::{SignalKind, signal};

    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(async { signal(SignalKind::interrupt()) })
}

/// A line of the narration.
fn say(line: &str) -> io::Result<()> {
    writeln!(io::stderr(), "{line}")
}

/// Builds the client, and returns where cargo put it.
fn build() -> Result<PathBuf, DemoError> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let output = Command::new(option_env!("CARGO").unwrap_or("cargo"))
        .args(["build", "--quiet", "--bin", "scw", "--message-format=json"])
        .current_dir(root)
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(DemoError::Build);
    }
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|message| Some(PathBuf::from(message["executable"].as_str()?)))
        .next_back()
        .ok_or(DemoError::Build)
}

struct Stage<'a> {
    sandbox: &'a Sandbox,
    client: &'a Path,
    folder: &'a Path,
}

impl Stage<'_> {
    /// The client with arguments, in an environment that touches nothing of the user's own.
    fn scw(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.client);
        run::environment(&mut command, self.sandbox, false);
        command
            .args(arguments)
            .env("SCW_PROFILE", "sandbox-demo")
            .env("SCW_DATA_DIR", self.folder)
            .env("SCW_CONFIG_PATH", self.folder.join("config.yaml"))
            .env("SCW_EMAIL", &self.sandbox.info().email)
            .env("SCW_PASSWORD", &self.sandbox.info().password)
            .env_remove("SCW_API")
            .env_remove("SCW_KEYRING")
            .env_remove("SCW_OTP");
        command
    }

    fn play(&self, auto: bool) -> Result<i32, DemoError> {
        let info = self.sandbox.info();
        say(&format!(
            "A fresh sandbox account is waiting at {}: {}\n\
             Nothing here touches a real account; the login and the files go away at the end.",
            info.api_url, info.email
        ))?;
        let with_token = ["login", "--with-token"];
        Self::title(1, "Log in with an API key from stdin", &with_token)?;
        let mut status = self.log_in(&with_token)?;
        let status_of_keyring = status.code();
        if status_of_keyring == Some(NO_KEYRING) {
            let in_a_file = ["login", "--with-token", "--storage", "file"];
            say(
                "No keyring can be used on this machine, so the demonstration keeps the key in a file:",
            )?;
            Self::line(&in_a_file)?;
            status = self.log_in(&in_a_file)?;
        }
        if !status.success() {
            return Ok(run::exit_code(status));
        }
        let application = format!("'{}' otp", std::env::current_exe()?.display());
        let on: &[&str] = if auto {
            &["2fa", "on", "--otp-command", &application]
        } else {
            &["2fa", "on"]
        };
        let off: &[&str] = if auto {
            &["2fa", "off", "--yes"]
        } else {
            &["2fa", "off"]
        };
        let storage = if status_of_keyring == Some(NO_KEYRING) {
            "file"
        } else {
            "keyring"
        };
        let steps = [
            ("Look: it is off", &["2fa", "status"][..]),
            ("Switch it on with an authenticator app", on),
            ("Look again: it is on", &["2fa", "status"]),
            (
                "The backup codes are saved on this machine",
                &["2fa", "codes", "list"],
            ),
            ("Log in with the password and a backup code", BACKUP_LOGIN),
            ("One backup code less", &["2fa", "status"]),
            ("Switch it off again", off),
            ("Look: it is off again", &["2fa", "status"]),
        ];
        for (number, (title, arguments)) in (2..).zip(steps) {
            Self::title(number, title, arguments)?;
            let status = if arguments == BACKUP_LOGIN {
                self.log_in_with_backup_code(storage)?
            } else {
                self.scw(arguments).status()?
            };
            if !status.success() {
                return Ok(run::exit_code(status));
            }
            if arguments == on {
                self.check_that_it_is_on()?;
            }
        }
        say("\nThat was the main job: on with an app, backup codes saved, off again.")?;
        Ok(0)
    }

    /// The client said so; the account itself is asked too.
    fn check_that_it_is_on(&self) -> Result<(), DemoError> {
        let state = self.sandbox.state()?;
        match state["two_factor"].as_str() {
            Some("on") => Ok(say("The account agrees: two-factor authentication is on")?),
            other => Err(DemoError::NotOn(other.unwrap_or("nothing").to_owned())),
        }
    }

    fn title(number: u32, title: &str, arguments: &[&str]) -> io::Result<()> {
        say(&format!("\n--- {number}. {title}"))?;
        Self::line(arguments)
    }

    /// The line that a person would type.
    fn line(arguments: &[&str]) -> io::Result<()> {
        let shown: Vec<String> = arguments
            .iter()
            .map(|argument| {
                if argument.contains(' ') {
                    format!("\"{argument}\"")
                } else {
                    (*argument).to_owned()
                }
            })
            .collect();
        say(&format!("$ scw {}", shown.join(" ")))
    }

    /// What a person does whose phone is not at hand, as one line in a shell. The password is in
    /// `SCW_PASSWORD`.
    fn log_in_with_backup_code(&self, storage: &str) -> io::Result<ExitStatus> {
        let next = self.scw(&["2fa", "codes", "next", "--quiet"]).output()?;
        let mut child = self
            .scw(&["login", "--backup-code-file", "-", "--storage", storage])
            .stdin(Stdio::piped())
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(&next.stdout)?;
        }
        child.wait()
    }

    fn log_in(&self, arguments: &[&str]) -> io::Result<ExitStatus> {
        let info = self.sandbox.info();
        let mut child = self.scw(arguments).stdin(Stdio::piped()).spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            writeln!(stdin, "SCW_ACCESS_KEY={}", info.access_key)?;
            writeln!(stdin, "SCW_SECRET_KEY={}", info.secret_key)?;
        }
        child.wait()
    }
}

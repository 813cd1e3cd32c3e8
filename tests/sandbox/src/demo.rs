//! `scw-sandbox demo`: the guided first minute, with the real client built from this tree.

use std::{
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Output, Stdio},
};

use serde_json::Value;

use crate::{Options, Sandbox, StartError, StoreError, run};

/// The exit code of `scw` for a keyring that is missing, locked or refused (cli.md).
const NO_KEYRING: i32 = 6;

/// The step that asks whether to switch it off again.
const LAST_QUESTION: u32 = 8;

/// What is left of it, at every end.
const GONE: &str = "The sandbox account and its files are gone. Nothing stays on this machine.";
/// The same where the last command failed.
const NOT_GONE: &str =
    "The sandbox account is gone, but `scw logout` failed: your keyring may still hold its secret.";

/// How the warning begins that is true of every other machine: here the demonstration chose the
/// file itself, and has said so.
const FILE_WARNING: &str = "warning: the secret key is stored unencrypted";

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
    say(
        "Building scw from this source tree. The first build takes a few minutes, later\n\
         ones take seconds.",
    )?;
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
    let gone = left?.success();
    folder.close()?;
    drop(sandbox);
    say(if gone { GONE } else { NOT_GONE })?;
    code
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
    let mut cargo = Command::new(option_env!("CARGO").unwrap_or("cargo"));
    // With the sandbox beside it, cargo takes the libraries that it has built for that: it adds up the
    // features of what is built together (tests/features).
    cargo.args(["build", "-p", "scw", "-p", "scw-sandbox", "--bin", "scw"]);
    // stdout names the binary; on a terminal, stderr shows how far the build is.
    cargo.arg("--message-format=json-render-diagnostics");
    if !io::stderr().is_terminal() {
        cargo.arg("--quiet");
    }
    let output = cargo.current_dir(root).stderr(Stdio::inherit()).output()?;
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
            .env_remove("SCW_EMAIL")
            .env_remove("SCW_PASSWORD")
            .env_remove("SCW_API")
            .env_remove("SCW_KEYRING")
            .env_remove("SCW_OTP");
        command
    }

    fn play(&self, auto: bool) -> Result<i32, DemoError> {
        let info = self.sandbox.info();
        say(&format!(
            "\nA sandbox account is ready at {}. It is not a real account:\n\n    \
             email       {}\n    password    {}\n    access key  {}\n    secret key  {}\n",
            info.api_url, info.email, info.password, info.access_key, info.secret_key
        ))?;
        say("Looking for a keyring. Your desktop may ask you to unlock it.")?;
        let (storage, logged_in) = self.first_login()?;
        Self::title(1, "Log in with the access key and the secret key, on stdin")?;
        line(&[&["login", "--with-token"][..], storage].concat())?;
        tell(&logged_in)?;
        if !logged_in.status.success() {
            return self.stopped(1, logged_in.status);
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
        let with_code = ["login", "--email", &info.email, "--backup-code-file", "-"];
        let with_code = [&with_code[..], storage].concat();
        let steps = [
            ("Look: it is off", &["2fa", "status"][..]),
            ("Switch it on with an authenticator app", on),
            ("Look again: it is on", &["2fa", "status"]),
            (
                "The backup codes are saved on this machine",
                &["2fa", "codes", "list"],
            ),
            ("Log in with the password and a backup code", &with_code),
            ("One backup code less", &["2fa", "status"]),
            ("Switch it off again", off),
            ("Look: it is off again", &["2fa", "status"]),
        ];
        for (number, (title, arguments)) in (2..).zip(steps) {
            Self::title(number, title)?;
            let status = if arguments == with_code {
                self.log_in_with_backup_code(arguments)?
            } else {
                line(arguments)?;
                self.scw(arguments).status()?
            };
            if !status.success() {
                return self.stopped(number, status);
            }
            if arguments == on {
                self.check_that_it_is_on()?;
            }
        }
        say("\nThat was the main job: on with an app, backup codes saved, off again.")?;
        Ok(0)
    }

    /// Logs in with the keyring where there is one, else with a file. Nothing is shown before it is
    /// known which of them it is. Returns the options that choose it.
    fn first_login(&self) -> io::Result<(&'static [&'static str], Output)> {
        let logged_in = self.log_in(&["login", "--with-token"])?;
        if logged_in.status.code() != Some(NO_KEYRING) {
            return Ok((&[], logged_in));
        }
        say("None can be used here: the demo keeps its key in a private temporary file.")?;
        let in_a_file = &["--storage", "file"];
        let logged_in = self.log_in(&["login", "--with-token", "--storage", "file"])?;
        Ok((in_a_file, logged_in))
    }

    /// Says how it ends before its last step, and returns the exit code.
    fn stopped(&self, step: u32, status: ExitStatus) -> Result<i32, DemoError> {
        // A "no" at the last question is an answer, not a failure.
        let kept = step == LAST_QUESTION && status.code() == Some(1) && self.is_on()?;
        if kept {
            say("\nYou left two-factor authentication on. The demo ends here.")?;
            return Ok(0);
        }
        say(&format!("\nThe demo stopped at step {step}."))?;
        Ok(run::exit_code(status))
    }

    fn is_on(&self) -> Result<bool, DemoError> {
        Ok(self.sandbox.state()?["two_factor"] == "on")
    }

    /// The client said so; the account itself is asked too.
    fn check_that_it_is_on(&self) -> Result<(), DemoError> {
        let state = self.sandbox.state()?;
        match state["two_factor"].as_str() {
            Some("on") => Ok(say("The account agrees: two-factor authentication is on")?),
            other => Err(DemoError::NotOn(other.unwrap_or("nothing").to_owned())),
        }
    }

    fn title(number: u32, title: &str) -> io::Result<()> {
        say(&format!("\n--- {number}. {title}"))
    }

    /// What a person does whose phone is not at hand, as one line in a shell.
    fn log_in_with_backup_code(&self, login: &[&str]) -> io::Result<ExitStatus> {
        say("The password comes from the variable SCW_PASSWORD.")?;
        line(&[&["2fa", "codes", "next", "|", "scw"][..], login].concat())?;
        let next = self.scw(&["2fa", "codes", "next", "--quiet"]).output()?;
        let mut login = self.scw(login);
        login.env("SCW_PASSWORD", &self.sandbox.info().password);
        let logged_in = with_input(&mut login, &next.stdout)?;
        tell(&logged_in)?;
        Ok(logged_in.status)
    }

    fn log_in(&self, arguments: &[&str]) -> io::Result<Output> {
        let info = self.sandbox.info();
        let lines = format!(
            "SCW_ACCESS_KEY={}\nSCW_SECRET_KEY={}\n",
            info.access_key, info.secret_key
        );
        with_input(&mut self.scw(arguments), lines.as_bytes())
    }
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

/// Runs a command that reads its stdin, and keeps what it says.
fn with_input(command: &mut Command, input: &[u8]) -> io::Result<Output> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A command that fails early does not read it.
        let _ = stdin.write_all(input);
    }
    child.wait_with_output()
}

/// Shows what a login said.
fn tell(login: &Output) -> io::Result<()> {
    for text in [&login.stdout, &login.stderr] {
        for line in String::from_utf8_lossy(text).lines() {
            if !line.starts_with(FILE_WARNING) {
                say(line)?;
            }
        }
    }
    Ok(())
}

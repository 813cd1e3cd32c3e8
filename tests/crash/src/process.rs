//! A program to be run, in an environment that holds nothing but what it is given.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read, Seek, Write},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread::JoinHandle,
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

/// When a program counts as one that hangs. It is ended then, and that is told.
const HANGS: Duration = Duration::from_secs(75);

/// A program with its arguments, environment and input.
#[derive(Debug, Clone, Default)]
pub struct Program {
    /// The program.
    pub path: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Its whole environment.
    pub environment: BTreeMap<String, String>,
    /// What it finds on stdin.
    pub input: String,
    /// Its working folder; nothing for this process's own.
    pub folder: Option<PathBuf>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Ending {
    /// It never began, or had to be ended.
    #[default]
    Hung,
    /// By itself.
    Exit(i32),
    /// By a signal.
    Signal(i32),
}

/// What a run gave.
#[derive(Debug, Clone, Default)]
pub struct Ran {
    /// How it ended.
    pub ending: Ending,
    /// What it printed.
    pub stdout: String,
    /// What it said.
    pub stderr: String,
}

impl Ran {
    /// Whether it ended with this exit code.
    #[must_use]
    pub fn exited(&self, code: i32) -> bool {
        self.ending == Ending::Exit(code)
    }

    /// stdout as one JSON document; null where it is none.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_default()
    }
}

/// Files in the place of the pipes to a program, so that nobody has to empty them meanwhile.
#[derive(Debug)]
pub(crate) struct Output {
    stdout: File,
    stderr: File,
}

impl Output {
    /// What has been written, with how the program ended.
    pub(crate) fn ran(mut self, ending: Ending) -> io::Result<Ran> {
        let read = |file: &mut File| {
            let mut bytes = Vec::new();
            file.rewind()?;
            file.read_to_end(&mut bytes)?;
            Ok::<_, io::Error>(String::from_utf8_lossy(&bytes).into_owned())
        };
        Ok(Ran {
            ending,
            stdout: read(&mut self.stdout)?,
            stderr: read(&mut self.stderr)?,
        })
    }
}

/// Ends a program that hangs.
pub(crate) struct Watchdog {
    done: mpsc::Sender<()>,
    thread: JoinHandle<bool>,
}

impl Watchdog {
    pub(crate) fn over(pid: Pid) -> Self {
        let (done, wait) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let hung = wait.recv_timeout(HANGS) == Err(mpsc::RecvTimeoutError::Timeout);
            if hung {
                // Gone in this very moment is as good.
                let _ = kill(pid, Signal::SIGKILL);
            }
            hung
        });
        Self { done, thread }
    }

    /// Lets go of the program; whether it had to be ended.
    pub(crate) fn hung(self) -> bool {
        let _ = self.done.send(());
        self.thread.join().unwrap_or_default()
    }
}

impl Program {
    /// A program with its arguments.
    pub fn new<'a>(path: impl Into<PathBuf>, arguments: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            path: path.into(),
            arguments: arguments.into_iter().map(str::to_owned).collect(),
            ..Self::default()
        }
    }

    /// Sets a variable.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.insert(name.to_owned(), value.into());
        self
    }

    /// Starts it behind `before`, a program that it is an argument of.
    pub(crate) fn spawn_behind(&self, before: &[&str]) -> io::Result<(Child, Output)> {
        let mut command = match before {
            [] => Command::new(&self.path),
            [first, more @ ..] => {
                let mut command = Command::new(first);
                command.args(more).arg(&self.path);
                command
            }
        };
        let mut input = tempfile::tempfile()?;
        input.write_all(self.input.as_bytes())?;
        input.rewind()?;
        let output = Output {
            stdout: tempfile::tempfile()?,
            stderr: tempfile::tempfile()?,
        };
        command
            .args(&self.arguments)
            .env_clear()
            .envs(&self.environment)
            .stdin(Stdio::from(input))
            .stdout(Stdio::from(output.stdout.try_clone()?))
            .stderr(Stdio::from(output.stderr.try_clone()?));
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        Ok((command.spawn()?, output))
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn run(&self) -> io::Result<Ran> {
        use std::os::unix::process::ExitStatusExt;

        let (mut child, output) = self.spawn_behind(&[])?;
        let watchdog = Watchdog::over(pid_of(&child));
        let status = child.wait()?;
        let ending = if watchdog.hung() {
            Ending::Hung
        } else if let Some(code) = status.code() {
            Ending::Exit(code)
        } else {
            Ending::Signal(status.signal().unwrap_or_default())
        };
        output.ran(ending)
    }
}

pub(crate) fn pid_of(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX))
}

//! The environment of a program that gets the credentials, and how this process becomes it.

use std::{
    ffi::{OsStr, OsString},
    process::Command,
};

use secrecy::{ExposeSecret, SecretString};

/// Changes to the environment that a program inherits. Secrets among them stand in no argument.
#[derive(Debug, Default)]
pub(crate) struct Variables {
    set: Vec<(&'static str, SecretString)>,
    removed: Vec<&'static str>,
}

impl Variables {
    /// Sets a variable.
    pub(crate) fn set(&mut self, name: &'static str, value: &str) {
        self.set.push((name, SecretString::from(value)));
    }

    /// Takes a variable away.
    pub(crate) fn remove(&mut self, name: &'static str) {
        self.removed.push(name);
    }

    /// A command for a program with these variables.
    #[must_use]
    pub(crate) fn command(&self, program: &OsStr, args: &[OsString]) -> Command {
        let mut command = Command::new(program);
        command.args(args);
        for name in &self.removed {
            command.env_remove(name);
        }
        for (name, value) in &self.set {
            command.env(name, value.expose_secret());
        }
        command
    }
}

/// Replaces this process by a program, which takes over its process id, its terminal and its place
/// in the shell's job. Comes back only where the program cannot be started.
///
/// Elsewhere than on Unix a process cannot be replaced: the program runs, and this process ends with
/// its exit code.
///
/// # Errors
/// Always the system's, where it comes back.
pub(crate) fn replace(mut command: Command) -> Result<std::process::ExitCode, std::io::Error> {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;

        super::unharden();
        Err(command.exec())
    }
    #[cfg(not(unix))]
    {
        let status = command.status()?;
        let code = status.code().and_then(|code| u8::try_from(code).ok());
        Ok(std::process::ExitCode::from(code.unwrap_or(1)))
    }
}

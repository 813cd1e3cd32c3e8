//! The environment of a program that gets the credentials, and how this process becomes it.

use std::{
    ffi::{OsStr, OsString},
    io,
    path::Path,
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

/// Makes sure that the system finds a program: at its path, or under its name in a folder of `PATH`
/// (POSIX, `exec`). Elsewhere than on Unix, and where there is no `PATH`, the start tells.
///
/// # Errors
/// What the start of the program would say.
pub(crate) fn find_program(program: &OsStr) -> Result<(), io::Error> {
    if !cfg!(unix) {
        return Ok(());
    }
    let has_folder = program.as_encoded_bytes().contains(&b'/');
    if has_folder || program.is_empty() {
        return check_program(Path::new(program));
    }
    let Some(folders) = crate::env::path_of_programs() else {
        return Ok(());
    };
    let mut missing = io::Error::from(io::ErrorKind::NotFound);
    for folder in folders {
        match check_program(&folder.join(program)) {
            Ok(()) => return Ok(()),
            // One that may not be run is the better reason.
            Err(err) if err.kind() == io::ErrorKind::PermissionDenied => missing = err,
            Err(_) => {}
        }
    }
    Err(missing)
}

/// Whether the system would run a file as a program.
#[must_use]
pub(crate) fn is_program(path: &Path) -> bool {
    path.is_file() && check_program(path).is_ok()
}

#[cfg(unix)]
fn check_program(path: &Path) -> Result<(), io::Error> {
    use rustix::{
        fs::{Access, AtFlags, CWD, accessat},
        io::Errno,
    };

    let is_folder = path.metadata()?.is_dir();
    accessat(CWD, path, Access::EXEC_OK, AtFlags::EACCESS)?;
    if is_folder {
        return Err(Errno::ACCESS.into());
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_program(_path: &Path) -> Result<(), io::Error> {
    Ok(())
}

/// Replaces this process by a program, which takes over its process id, its terminal and its place
/// in the shell's job. Comes back only where the program cannot be started.
///
/// Elsewhere than on Unix a process cannot be replaced: the program runs, and this process ends with
/// its exit code.
///
/// # Errors
/// Always the system's, where it comes back.
pub(crate) fn replace(mut command: Command) -> Result<std::process::ExitCode, io::Error> {
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

//! `scw-sandbox run`: a command with a sandbox around it.

use std::{
    ffi::OsString,
    io,
    process::{Command, ExitStatus},
};

use crate::Sandbox;

/// Starts a command that finds the sandbox in its environment, and waits for its end.
///
/// Ctrl-C and SIGTERM reach the command and not this program: it ends when the command does.
///
/// # Errors
/// The system's, when the command cannot be started.
pub fn run(sandbox: &Sandbox, command: &[OsString], credentials: bool) -> io::Result<i32> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(io::Error::other("there is no command"));
    };
    let mut child = Command::new(program);
    child.args(arguments);
    environment(&mut child, sandbox, credentials);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let status = runtime.block_on(wait(child))?;
    Ok(exit_code(status))
}

/// Sets the variables of sandbox.md. A developer's own key never reaches a command that speaks to
/// the sandbox: it is taken out of the environment where the sandbox sets none.
pub(crate) fn environment(child: &mut Command, sandbox: &Sandbox, credentials: bool) {
    let info = sandbox.info();
    child
        .env("SCW_API_URL", &info.api_url)
        .env("SCW_ACCOUNT_URL", &info.account_url)
        .env("SCW_WEBAUTHN_ORIGIN", sandbox.origin())
        .env("SANDBOX_EMAIL", &info.email)
        .env("SANDBOX_PASSWORD", &info.password)
        .env("SANDBOX_ACCESS_KEY", &info.access_key)
        .env("SANDBOX_SECRET_KEY", &info.secret_key)
        .env("SANDBOX_TOKEN", &info.token)
        .env("SANDBOX_USER_ID", &info.user_id)
        .env("SANDBOX_ORGANIZATION_ID", &info.organization_id)
        .env("SANDBOX_PANEL_URL", &info.panel_url)
        .env_remove("SCW_ACCESS_KEY")
        .env_remove("SCW_SECRET_KEY");
    if credentials {
        child
            .env("SCW_ACCESS_KEY", &info.access_key)
            .env("SCW_SECRET_KEY", &info.secret_key);
    }
    if let Some(ca_file) = &info.ca_file {
        child.env("SSL_CERT_FILE", ca_file);
    }
}

/// Waits for the command. A terminal sends Ctrl-C to the command as well, so it is only kept from
/// ending this program; SIGTERM and SIGHUP are passed on.
async fn wait(command: Command) -> io::Result<ExitStatus> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut int = signal(SignalKind::interrupt())?;
    let mut term = signal(SignalKind::terminate())?;
    let mut hup = signal(SignalKind::hangup())?;
    let mut child = tokio::process::Command::from(command).spawn()?;
    loop {
        let passed_on = tokio::select! {
            status = child.wait() => return status,
            _ = int.recv() => continue,
            _ = term.recv() => "-TERM",
            _ = hup.recv() => "-HUP",
        };
        if let Some(id) = child.id() {
            // The standard library has no call for it; `kill` is everywhere (POSIX).
            let _ = tokio::process::Command::new("kill")
                .args([passed_on, &id.to_string()])
                .status()
                .await;
        }
    }
}

/// The command's exit code, 128 and the signal's number where one ended it.
pub(crate) fn exit_code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;

    status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal))
        .unwrap_or(1)
}

//! This process and the ones it starts.

mod answer;
mod child;
#[cfg(target_os = "linux")]
mod descendants;
mod interrupt;
mod official;
mod otp_command;
mod shell;
#[cfg(unix)]
mod supervise;
#[cfg(not(unix))]
mod wait;

use std::{
    process::{Command, Stdio},
    sync::OnceLock,
    thread,
};

use tokio::sync::oneshot;

pub(crate) use std::process::ExitCode;

pub(crate) use answer::answer;
pub(crate) use child::{Variables, find_program, is_program, replace};
pub(crate) use interrupt::{Interrupt, Protected};
pub(crate) use official::{Official, OfficialError, is_this_program};
pub(crate) use otp_command::{ProcessError, otp_command};
pub(crate) use shell::feed;
#[cfg(unix)]
pub(crate) use supervise::Supervisor;
#[cfg(not(unix))]
pub(crate) use wait::Supervisor;

/// The soft core limit that this process was started with.
static CORE_LIMIT: OnceLock<Option<u64>> = OnceLock::new();

/// Keeps the secrets of this process out of core dumps and away from other processes' debuggers.
///
/// Linux only: `PR_SET_DUMPABLE` off (prctl(2)) and a core limit of nothing. Children that are
/// started by `execve` are dumpable again unless the limit, which they inherit, says otherwise.
/// [`unharden`] gives the limit back.
pub(crate) fn harden() {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use rustix::process::{
            DumpableBehavior, Resource, getrlimit, set_dumpable_behavior, setrlimit,
        };

        // A refusal leaves the system's own setting in force, which is all that can be had.
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
        let mut limit = getrlimit(Resource::Core);
        let _ = CORE_LIMIT.set(limit.current);
        limit.current = Some(0);
        let _ = setrlimit(Resource::Core, limit);
    }
}

/// Gives the core limit back that [`harden`] found: a program that takes this one's place runs under
/// the user's own limits.
pub(crate) fn unharden() {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};

        if let Some(found) = CORE_LIMIT.get() {
            let mut limit = getrlimit(Resource::Core);
            limit.current = *found;
            let _ = setrlimit(Resource::Core, limit);
        }
    }
}

/// Whether this process was started with SIGHUP ignored, as nohup(1) does. It then stays ignored, and
/// what this process starts ignores it too (signal(7): `execve` keeps an ignored signal so).
///
/// Linux only (proc(5), `SigIgn` in `status`).
#[must_use]
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // The lowest bit is that of signal 1.
    mask.is_some_and(|mask| mask & 1 == 1)
}

/// This machine's name, for the description of a key: printable, and short.
#[must_use]
pub(crate) fn host_name() -> String {
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

/// A random word: 122 bits from the operating system (RFC 9562 §5.4).
#[must_use]
pub(crate) fn unguessable() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// A number in 0..1 that differs from run to run, for pauses that many machines must not share.
#[must_use]
pub(crate) fn chance() -> f64 {
    let (number, _) = uuid::Uuid::new_v4().as_u64_pair();
    // Its upper half: the lower one holds the version's fixed bits.
    f64::from((number >> 32) as u32) / f64::from(u32::MAX)
}

/// Opens an address in the user's browser: `BROWSER`, else what the platform has for it.
///
/// # Errors
/// The system's, when nothing can be started.
pub(crate) fn open_browser(address: &str) -> std::io::Result<()> {
    match crate::env::path(crate::env::BROWSER) {
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
pub(crate) async fn on_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (sender, receiver) = oneshot::channel();
    thread::spawn(move || {
        // The receiver is gone when the command was interrupted.
        let _ = sender.send(work());
    });
    receiver.await.ok()
}

#[cfg(test)]
mod tests {
    use super::chance;

    #[test]
    fn chance_stays_between_nothing_and_one() {
        assert!(
            (0..100)
                .map(|_| chance())
                .all(|number| (0.0..=1.0).contains(&number))
        );
    }
}

//! What another program prints, where that is worth waiting for only so long.

use std::{
    io::Read,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

/// The most that is read, in bytes.
const MOST: u64 = 1024 * 1024;

/// How long to wait before it is looked again whether the program has ended.
const PAUSE: Duration = Duration::from_millis(1);

/// Runs a program that asks nothing, and gives what it printed; nothing where it fails, prints too
/// much, or takes longer than `limit`. It is then ended, with what it started.
#[must_use]
pub(crate) fn answer(mut command: Command, limit: Duration) -> Option<Vec<u8>> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let began = Instant::now();
    let mut child = command.spawn().ok()?;
    let stdout = child.stdout.take()?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut printed = Vec::new();
        let read = stdout.take(MOST + 1).read_to_end(&mut printed);
        let whole = read.is_ok() && printed.len() as u64 <= MOST;
        // After the limit the receiver is gone.
        let _ = sender.send(whole.then_some(printed));
    });
    let printed = receiver.recv_timeout(limit).ok().flatten();
    // It ends behind the end of its output.
    while printed.is_some() && began.elapsed() < limit {
        if let Ok(Some(status)) = child.try_wait() {
            return printed.filter(|_| status.success());
        }
        thread::sleep(PAUSE);
    }
    end(&mut child);
    None
}

/// Ends a program and its process group.
fn end(child: &mut Child) {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process_group};

        // It may have ended by itself.
        let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

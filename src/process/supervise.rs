//! A program that this process waits for, and that has the terminal meanwhile.
//!
//! It stays in the process group of this one: Ctrl-C, Ctrl-Z, `fg` and a closed terminal reach both,
//! as if the program had been started without this process.

use std::{
    io,
    process::Command,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, WaitIdStatus, kill_process, waitid};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGQUIT, SIGSTOP, SIGTERM, SIGUSR1, SIGUSR2},
    iterator::{Handle, SignalsInfo, exfiltrator::WithOrigin},
    low_level::siginfo::{Cause, Origin},
};

/// The signals that a program may get through this process, and that do not end this process.
const PASSED_ON: [i32; 6] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2];

/// How long the terminal may take to stop this process after it stopped the program.
const STOPPED_TOGETHER: Duration = Duration::from_millis(50);

/// The exit code of a program that a signal ended is this and the number of the signal (POSIX,
/// "Exit Status for Commands", as every shell has it).
const SIGNALLED: i32 = 128;

/// The program, as the threads around it see it.
#[derive(Debug, Default)]
struct Program {
    /// Its process id, from its start until its end is collected: after that the id may be
    /// another's.
    pid: Option<Pid>,
    /// The signals that came before it was started.
    early: Vec<Signal>,
}

/// Passes signals on to one program, and waits for its end.
#[derive(Debug)]
pub(crate) struct Supervisor {
    program: Arc<Mutex<Program>>,
    signals: Handle,
}

impl Supervisor {
    /// From here on signals do not end this process, which has something to tidy up after the
    /// program's end. A signal that comes before the program runs is delivered to it.
    ///
    /// # Errors
    /// The system's, when a signal cannot be listened for.
    pub(crate) fn new() -> io::Result<Self> {
        let mut signals = SignalsInfo::<WithOrigin>::new(PASSED_ON)?;
        let handle = signals.handle();
        let program = Arc::new(Mutex::new(Program::default()));
        let shared = Arc::clone(&program);
        thread::spawn(move || {
            for origin in signals.forever() {
                pass_on(&mut locked(&shared), &origin);
            }
        });
        Ok(Self {
            program,
            signals: handle,
        })
    }

    /// Runs the program and gives its exit code: 128 and the number of the signal where one ended it.
    ///
    /// # Errors
    /// The system's, when it cannot be started.
    pub(crate) async fn run(&self, mut command: Command) -> io::Result<u8> {
        let pid = {
            let mut program = locked(&self.program);
            super::unharden();
            let started = command.spawn();
            super::harden();
            let pid = Pid::from_child(&started?);
            program.pid = Some(pid);
            for signal in program.early.drain(..) {
                let _ = kill_process(pid, signal);
            }
            pid
        };
        let program = Arc::clone(&self.program);
        super::on_thread(move || wait(pid, &program))
            .await
            .unwrap_or_else(|| Err(io::Error::other("the wait for the program failed")))
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.signals.close();
    }
}

fn locked(program: &Mutex<Program>) -> MutexGuard<'_, Program> {
    program.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Passes a signal on that was sent to this process. One from the terminal went to the whole process
/// group, the program among it, and one from the program is not sent back to it.
fn pass_on(program: &mut Program, origin: &Origin) {
    let Some(signal) = Signal::from_named_raw(origin.signal) else {
        return;
    };
    let Some(pid) = program.pid else {
        program.early.push(signal);
        return;
    };
    let sender = origin.process.map(|process| process.pid);
    let from_program = sender == Some(pid.as_raw_pid());
    if matches!(origin.cause, Cause::Sent(_)) && !from_program {
        // One that is ending needs it no more.
        let _ = kill_process(pid, signal);
    }
}

/// Waits for the end of the program, and stops together with it.
fn wait(pid: Pid, program: &Mutex<Program>) -> io::Result<u8> {
    loop {
        let changes = WaitIdOptions::EXITED | WaitIdOptions::STOPPED;
        let Some(status) = change(pid, changes | WaitIdOptions::NOWAIT)? else {
            continue;
        };
        if status.stopped() {
            change(pid, WaitIdOptions::STOPPED | WaitIdOptions::NOHANG)?;
            stop_too(pid)?;
            continue;
        }
        // No signal is sent to it from here on: once it is collected, its id may be another's.
        locked(program).pid = None;
        change(pid, WaitIdOptions::EXITED)?;
        let code = match status.terminating_signal() {
            Some(signal) => SIGNALLED + signal,
            None => status.exit_status().unwrap_or_default(),
        };
        return Ok(u8::try_from(code).unwrap_or(u8::MAX));
    }
}

/// Waits for a change of the program.
fn change(pid: Pid, options: WaitIdOptions) -> io::Result<Option<WaitIdStatus>> {
    loop {
        match waitid(WaitId::Pid(pid), options) {
            Err(rustix::io::Errno::INTR) => {}
            found => return Ok(found?),
        }
    }
}

/// The program stopped: this process stops too, so that the shell takes the terminal back. When the
/// shell continues this process, the program goes on.
fn stop_too(pid: Pid) -> io::Result<()> {
    // Ctrl-Z stops this process by itself, perhaps a moment later. The shell then continues both.
    thread::sleep(STOPPED_TOGETHER);
    let continued = WaitIdOptions::CONTINUED | WaitIdOptions::NOHANG;
    if change(pid, continued)?.is_some() || !has_terminal() {
        return Ok(());
    }
    // To this thread alone, so that it goes no further before the process is continued.
    signal_hook::low_level::raise(SIGSTOP)?;
    if change(pid, continued)?.is_none() {
        let _ = kill_process(pid, Signal::CONT);
    }
    Ok(())
}

/// Whether there is a terminal, and so perhaps a shell that continues a stopped job.
fn has_terminal() -> bool {
    std::fs::File::open("/dev/tty").is_ok()
}

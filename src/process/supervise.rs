//! A program that this process waits for, and that has the terminal meanwhile.
//!
//! It stays in the process group of this one: Ctrl-C, Ctrl-Z, `fg` and a closed terminal reach both,
//! as if the program had been started without this process.

use std::{
    fs::File,
    io,
    process::Command,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use rustix::{
    process::{
        Pid, Signal, WaitId, WaitIdOptions, WaitIdStatus, getpgid, getpgrp, kill_process, waitid,
    },
    termios::{tcgetpgrp, tcsetpgrp},
};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGQUIT, SIGSTOP, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2},
    iterator::{Handle, SignalsInfo, exfiltrator::WithOrigin},
    low_level::siginfo::{Cause, Origin},
};

/// The signals that a program may get through this process, and that neither end nor stop this
/// process. Ctrl-Z is among them: this process stops once the program has. Otherwise the shell could
/// take the terminal back while the program still reads from it, and the program would take a letter
/// of the next command.
const PASSED_ON: [i32; 7] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2];

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
        let ignored = super::ignores_hangup();
        let passed_on = PASSED_ON
            .iter()
            .filter(|signal| !ignored || **signal != SIGHUP);
        let mut signals = SignalsInfo::<WithOrigin>::new(passed_on)?;
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

/// Passes a signal on that was sent to this process. One of the terminal's keys went to the whole
/// process group, the program among it, and one from the program is not sent back to it. A terminal
/// that is closed tells the first process in it alone, which this one may be.
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
    let from_key = origin.cause == Cause::Kernel && signal != Signal::HUP;
    if !from_key && !from_program {
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
            seen(pid, WaitIdOptions::STOPPED);
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

/// Whether the program has changed in such a way by now. One that has ended meanwhile is no longer
/// waited for in any other way, which the system calls an error (waitid(2), `ECHILD`).
fn seen(pid: Pid, options: WaitIdOptions) -> bool {
    matches!(change(pid, options | WaitIdOptions::NOHANG), Ok(Some(_)))
}

/// The program stopped: this process stops too, so that the shell takes the terminal back. When the
/// shell continues this process, the program goes on.
///
/// A shell that the program is has a process group of its own, which had the terminal. It gets it
/// back, as it would from the shell around it; without that its next read would fail.
fn stop_too(pid: Pid) -> io::Result<()> {
    let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    if seen(pid, WaitIdOptions::CONTINUED) || seen(pid, ended) {
        return Ok(());
    }
    // Without a terminal there is no shell that would continue this process.
    let Ok(terminal) = File::open("/dev/tty") else {
        return Ok(());
    };
    let own = getpgrp();
    let group = getpgid(Some(pid)).ok();
    let had_terminal = group.filter(|group| *group != own && tcgetpgrp(&terminal) == Ok(*group));
    // To this thread alone, so that it goes no further before the process is continued.
    signal_hook::low_level::raise(SIGSTOP)?;
    if let Some(group) = had_terminal
        && tcgetpgrp(&terminal) == Ok(own)
    {
        let _ = tcsetpgrp(&terminal, group);
    }
    // The shell continues a program of this process group itself. It may even be stopped again by
    // now, which the next look at it tells.
    let again = WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT;
    if !seen(pid, WaitIdOptions::CONTINUED) && !seen(pid, again) {
        let _ = kill_process(pid, Signal::CONT);
    }
    Ok(())
}

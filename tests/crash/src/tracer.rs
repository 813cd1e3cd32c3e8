//! Starts a program under ptrace, counts its system calls over all threads, and steps in.
//!
//! A shell stops itself before it becomes the program, is seized then, and goes on: so nothing has
//! to be done between `fork` and `execve`, and the program is traced from its first instruction,
//! before it can make itself impossible to attach to. Nothing is read from its memory, so a
//! program that is not dumpable is no obstacle, and no privilege is needed.

use std::collections::HashMap;

use nix::{
    errno::Errno,
    libc,
    sys::{
        ptrace::{self, Options},
        signal::{Signal, kill},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::Pid,
};

use crate::{
    calls::{Call, Descriptors, Raw},
    process::{Ending, Program, Ran, Watchdog, pid_of},
};

/// A program could not be traced.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// It could not be started.
    #[error("the program could not be started: {0}")]
    Start(#[from] std::io::Error),
    /// The kernel said no.
    #[error("the program could not be traced ({0}); ptrace(2) must be permitted")]
    Trace(#[from] Errno),
}

/// From where on system calls are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// From the program's first instruction.
    Program,
    /// From the moment when it makes itself impossible to attach to, which is the first thing that
    /// `scw` does: what the loader reads before is none of its business.
    Undumpable,
}

/// What is done about a system call that is about to be carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    Pass,
    /// The whole process is killed, and the call not carried out.
    Kill,
    /// The call is not carried out and gives this error instead.
    Fail(Errno),
    /// The process gets a signal, and the call is carried out.
    Send(Signal),
}

/// What came of a traced run.
#[derive(Debug)]
pub struct Traced {
    /// How it ended, and what it printed.
    pub ran: Ran,
    /// Every call that counted.
    pub calls: Vec<Call>,
    /// The calls that were stepped in on.
    pub acted: Vec<(Call, Action)>,
}

/// Runs a program to its end; `script` says for each call that counts what is done about it.
///
/// Threads are followed, other programs that it starts are not.
///
/// # Errors
/// [`TraceError`] when it cannot be started or traced.
pub fn run(
    program: &Program,
    start: Start,
    script: &mut dyn FnMut(&Call) -> Action,
) -> Result<Traced, TraceError> {
    let (child, output) =
        program.spawn_behind(&["/bin/sh", "-c", "kill -STOP $$; exec \"$@\"", "sh"])?;
    let main = pid_of(&child);
    let watchdog = Watchdog::over(main);
    let mut trace = Trace {
        main,
        started: false,
        counts: false,
        start,
        script,
        descriptors: Descriptors::default(),
        under_way: HashMap::new(),
        calls: Vec::new(),
        acted: Vec::new(),
    };
    let followed = trace.seize().and_then(|()| trace.follow());
    if followed.is_err() {
        // What is not followed to its end must not be left stopped.
        let _ = kill(main, Signal::SIGKILL);
    }
    let hung = watchdog.hung();
    let ending = match followed? {
        _ if hung => Ending::Hung,
        ending => ending,
    };
    Ok(Traced {
        ran: output.ran(ending)?,
        calls: trace.calls,
        acted: trace.acted,
    })
}

/// A call between its start and its end.
struct UnderWay {
    raw: Raw,
    /// The error that it is made to give.
    error: Option<Errno>,
}

struct Trace<'a> {
    main: Pid,
    /// Whether the shell has become the program.
    started: bool,
    /// Whether calls are counted already.
    counts: bool,
    start: Start,
    script: &'a mut dyn FnMut(&Call) -> Action,
    descriptors: Descriptors,
    under_way: HashMap<Pid, UnderWay>,
    calls: Vec<Call>,
    acted: Vec<(Call, Action)>,
}

/// A thread that was killed meanwhile cannot be told anything any more; its end is reported.
fn unless_gone(result: nix::Result<()>) -> nix::Result<()> {
    match result {
        Err(Errno::ESRCH) => Ok(()),
        other => other,
    }
}

impl Trace<'_> {
    fn seize(&self) -> nix::Result<()> {
        // The shell stops by itself.
        waitpid(self.main, Some(WaitPidFlag::WUNTRACED))?;
        ptrace::seize(
            self.main,
            Options::PTRACE_O_TRACESYSGOOD
                | Options::PTRACE_O_TRACECLONE
                | Options::PTRACE_O_TRACEEXEC
                | Options::PTRACE_O_EXITKILL,
        )?;
        kill(self.main, Signal::SIGCONT)
    }

    /// Goes from stop to stop until the process has ended.
    fn follow(&mut self) -> nix::Result<Ending> {
        // Other threads of this process trace programs of their own.
        let flags = WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD;
        loop {
            match waitpid(None, Some(flags)) {
                Ok(WaitStatus::Exited(pid, code)) if pid == self.main => {
                    return Ok(Ending::Exit(code));
                }
                Ok(WaitStatus::Signaled(pid, signal, _)) if pid == self.main => {
                    return Ok(Ending::Signal(signal as i32));
                }
                Ok(WaitStatus::PtraceSyscall(pid)) => {
                    unless_gone(self.at_call(pid))?;
                    unless_gone(ptrace::syscall(pid, None))?;
                }
                Ok(WaitStatus::PtraceEvent(pid, _, event)) => {
                    if event == libc::PTRACE_EVENT_EXEC {
                        self.started = true;
                        self.counts = self.start == Start::Program;
                    }
                    unless_gone(ptrace::syscall(pid, None))?;
                }
                Ok(WaitStatus::Stopped(pid, signal)) => {
                    unless_gone(ptrace::syscall(pid, signal))?;
                }
                Ok(_) | Err(Errno::EINTR) => {}
                Err(err) => return Err(err),
            }
        }
    }

    /// A thread stands at the start or at the end of a system call.
    fn at_call(&mut self, pid: Pid) -> nix::Result<()> {
        let mut registers = ptrace::getregs(pid)?;
        if ptrace::syscall_info(pid)?.op == libc::PTRACE_SYSCALL_INFO_ENTRY {
            let raw = Raw {
                number: i64::from_ne_bytes(registers.orig_rax.to_ne_bytes()),
                arguments: [registers.rdi, registers.rsi, registers.rdx],
            };
            let action = self.about_to(&raw);
            let error = match action {
                Action::Fail(error) => Some(error),
                _ => None,
            };
            if matches!(action, Action::Fail(_) | Action::Kill) {
                // No call has this number: the kernel carries nothing out.
                registers.orig_rax = u64::MAX;
                ptrace::setregs(pid, registers)?;
            }
            self.under_way.insert(pid, UnderWay { raw, error });
            return match action {
                Action::Kill => kill(self.main, Signal::SIGKILL),
                Action::Send(signal) => kill(self.main, signal),
                Action::Pass | Action::Fail(_) => Ok(()),
            };
        }
        if let Some(UnderWay { raw, error }) = self.under_way.remove(&pid) {
            if let Some(error) = error {
                registers.rax = (-i64::from(error as i32)).cast_unsigned();
                ptrace::setregs(pid, registers)?;
            } else {
                self.descriptors.done(&raw, registers.rax.cast_signed());
            }
        }
        Ok(())
    }

    /// Counts a call, and asks the script about it.
    fn about_to(&mut self, raw: &Raw) -> Action {
        let hides = raw.number == libc::SYS_prctl
            && raw.arguments[..2] == [u64::from(libc::PR_SET_DUMPABLE.cast_unsigned()), 0];
        if self.started && hides {
            self.counts = true;
        }
        if !self.counts {
            return Action::Pass;
        }
        let Some(call) = self.descriptors.describe(raw) else {
            return Action::Pass;
        };
        let call = Call {
            number: self.calls.len() + 1,
            ..call
        };
        self.calls.push(call);
        let action = (self.script)(&call);
        if action != Action::Pass {
            self.acted.push((call, action));
        }
        action
    }
}

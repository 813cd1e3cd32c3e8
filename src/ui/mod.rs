//! The only writer to stdout and stderr.
//!
//! stdout carries the result, stderr the conversation (cli.md, "Rules").

mod progress;
mod prompt;
mod qr;
mod report;

use std::{
    io::{self, IsTerminal, Write},
    path::Path,
    rc::Rc,
    sync::atomic::{AtomicBool, Ordering},
};

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use serde::Serialize;
use serde_json::json;

pub(crate) use progress::Progress;
pub(crate) use prompt::{PromptError, Prompter, restore_terminal};
pub(crate) use qr::{QrImage, QrOnScreen, image};
pub(crate) use report::{Output, Report};

use crate::{
    model::{ColorWhen, Format, Notices, Trace, clean, closed, sentence},
    process::on_thread,
};

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default();
const DIM: Style = Style::new().dimmed();

/// How a run talks to its user.
#[derive(Debug, Clone)]
pub(crate) struct Ui {
    format: Format,
    quiet: bool,
    /// For stderr.
    color: anstream::ColorChoice,
    /// For text on stdout that people read.
    page_color: anstream::ColorChoice,
}

impl Ui {
    /// A user interface with these choices.
    #[must_use]
    pub(crate) fn new(format: Format, quiet: bool, color: ColorWhen) -> Self {
        let (color, page_color) = match color {
            ColorWhen::Always => (anstream::ColorChoice::Always, anstream::ColorChoice::Always),
            ColorWhen::Never => (anstream::ColorChoice::Never, anstream::ColorChoice::Never),
            // NO_COLOR, CLICOLOR_FORCE, TERM and the terminal itself.
            ColorWhen::Auto => (
                AutoStream::choice(&io::stderr()),
                AutoStream::choice(&io::stdout()),
            ),
        };
        Self {
            format,
            quiet,
            color,
            page_color,
        }
    }

    /// Whether the result is JSON.
    #[must_use]
    pub(crate) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Whether only the result is wanted.
    #[must_use]
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Writes the result: `text` for people, or `data` as one JSON document.
    ///
    /// # Errors
    /// The system's, when stdout does not take it.
    pub(crate) fn result(&self, text: &str, data: &impl Serialize) -> io::Result<()> {
        let mut stdout = open_stdout()?;
        match self.format {
            Format::Human if text.is_empty() => {}
            Format::Human => writeln!(stdout, "{text}")?,
            Format::Json => {
                serde_json::to_writer(&mut stdout, data)?;
                writeln!(stdout)?;
            }
        }
        stdout.flush()
    }

    /// Writes a path to stdout byte for byte, or `data` as one JSON document.
    ///
    /// # Errors
    /// The system's, when stdout does not take it.
    pub(crate) fn path(&self, path: &Path, data: &impl Serialize) -> io::Result<()> {
        #[cfg(unix)]
        if self.format == Format::Human {
            use std::os::unix::ffi::OsStrExt;

            let mut stdout = open_stdout()?;
            stdout.write_all(path.as_os_str().as_bytes())?;
            writeln!(stdout)?;
            return stdout.flush();
        }
        self.result(&path.display().to_string(), data)
    }

    /// Writes help to stdout, in any format.
    ///
    /// # Errors
    /// The system's, when stdout does not take it.
    pub(crate) fn page(&self, text: &str) -> io::Result<()> {
        let mut stdout = AutoStream::new(open_stdout()?, self.page_color);
        stdout.write_all(text.as_bytes())?;
        stdout.flush()
    }

    /// Says what is going on.
    pub(crate) fn status(&self, text: &str) {
        if !self.quiet && !self.is_json() {
            self.line(&closed(text));
        }
    }

    /// Says what this run cleaned up after another one: in any format, since it changes what earlier
    /// output said.
    pub(crate) fn note(&self, text: &str) {
        if self.is_json() {
            self.line(&json!({ "note": closed(text) }).to_string());
        } else if !self.quiet {
            self.line(&closed(text));
        }
    }

    /// Says which other run is waited for, as in "another scw is using the backup codes".
    pub(crate) fn waiting_for(&self, run: &str) {
        if self.is_json() {
            self.line(&json!({ "waiting": run }).to_string());
        } else {
            let run = sentence(run);
            self.line(&format!("{run} Waiting; Ctrl-C stops waiting."));
        }
    }

    /// Refuses an answer to a prompt that is about to be shown again.
    pub(crate) fn ask_again(&self, why: &impl std::fmt::Display) {
        self.line(&format!("{} Try again.", sentence(&why.to_string())));
    }

    /// Answers a Ctrl-C that has to wait, in any format.
    pub(crate) fn interrupted(&self, text: &str) {
        if self.is_json() {
            self.line(&json!({ "interrupted": text }).to_string());
        } else {
            self.line(text);
        }
    }

    /// Says what the next prompt is about, also under `--quiet`.
    pub(crate) fn instruct(&self, text: &str) {
        self.line(text);
    }

    /// Says what the person has to do now, in any format and also under `--quiet`.
    #[cfg(feature = "security-keys")]
    pub(crate) fn call_for(&self, action: &str) {
        if self.is_json() {
            self.line(&json!({ "waiting": action }).to_string());
        } else {
            self.line(action);
        }
    }

    /// Warns.
    pub(crate) fn warn(&self, text: &str) {
        if self.is_json() {
            self.line(&json!({ "warning": closed(text) }).to_string());
        } else {
            self.line(&format!("{WARNING}warning:{WARNING:#} {}", closed(text)));
        }
    }

    /// Says what to do next.
    pub(crate) fn hint(&self, text: &str) {
        if !self.quiet && !self.is_json() {
            self.line(&format!("{HINT}hint:{HINT:#} {text}"));
        }
    }

    /// Reports the failure that ends the run.
    pub(crate) fn error(&self, code: &str, message: &str, hints: &[String]) {
        self.end(code, message, hints, &format!("{ERROR}error:{ERROR:#} "));
    }

    /// Reports that the user ended the run.
    pub(crate) fn ended(&self, code: &str, message: &str, hints: &[String]) {
        self.end(code, message, hints, "");
    }

    fn end(&self, code: &str, message: &str, hints: &[String], prefix: &str) {
        if self.is_json() {
            let hint = (!hints.is_empty()).then(|| hints.join("; "));
            let error = json!({ "code": code, "message": message, "hint": hint });
            self.line(&json!({ "error": error }).to_string());
            return;
        }
        self.line(&format!("{prefix}{message}"));
        for hint in hints {
            self.line(&format!("{HINT}hint:{HINT:#} {hint}"));
        }
    }

    /// A sink for `--debug`.
    #[must_use]
    pub(crate) fn trace(&self) -> Rc<dyn Trace> {
        Rc::new(DebugLines(self.clone()))
    }

    /// A sink for messages while a call waits.
    #[must_use]
    pub(crate) fn notices(&self) -> Rc<dyn Notices> {
        Rc::new(self.clone())
    }

    /// Writes a line to stderr. A failure is ignored: there is no other place to report it.
    fn line(&self, text: &str) {
        prompt::leave_open_line();
        progress::without(|| {
            let mut stderr = AutoStream::new(io::stderr(), self.color).lock();
            let _ = writeln!(stderr, "{text}");
        });
    }
}

impl Notices for Ui {
    fn waiting(&self, text: &str) {
        if self.is_json() {
            self.line(&json!({ "waiting": text }).to_string());
        } else {
            self.status(text);
        }
    }
}

/// stdout, unless it was closed when the program began.
///
/// Rust's runtime then puts `/dev/null` in its place, open for reading and writing (the shell's
/// `>/dev/null` is open for writing only), where a secret would vanish without a word.
///
/// # Errors
/// `BrokenPipe` where it was closed.
pub(crate) fn open_stdout() -> io::Result<io::StdoutLock<'static>> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{OFlags, fcntl_getfl, fstat, major, minor};

        let both_ways = fcntl_getfl(io::stdout()).is_ok_and(|flags| flags.contains(OFlags::RDWR));
        let null = fstat(io::stdout())
            .is_ok_and(|found| (major(found.st_rdev), minor(found.st_rdev)) == (1, 3));
        if both_ways && null {
            return Err(io::Error::new(
                io::ErrorKind::BrokenPipe,
                "stdout is closed",
            ));
        }
    }
    Ok(io::stdout().lock())
}

/// Writes text to stdout as it is, in any format.
///
/// # Errors
/// The system's, when stdout does not take it.
pub(crate) fn print_raw(text: &str) -> io::Result<()> {
    let mut stdout = open_stdout()?;
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

struct DebugLines(Ui);

impl Trace for DebugLines {
    fn line(&self, line: &str) {
        self.0.line(&format!("{DIM}{}{DIM:#}", clean(line)));
    }
}

/// Whether stdin is a terminal, so that nothing can be read from it without asking.
#[must_use]
pub(crate) fn stdin_is_terminal() -> bool {
    io::stdin().is_terminal()
}

/// How many columns a line on stdout has, where that is a terminal.
#[must_use]
pub(crate) fn page_width() -> Option<usize> {
    terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0))
}

/// Whether stderr is a terminal.
#[must_use]
pub(crate) fn stderr_is_terminal() -> bool {
    io::stderr().is_terminal()
}

/// Reads all of stdin, up to `limit` bytes, as a secret.
///
/// The wait is a future: dropping it ends it, and leaves a thread behind that the end of the
/// program does not wait for.
///
/// # Errors
/// The system's, `InvalidData` for text that is not UTF-8 or longer than the limit, and one for a
/// second read: two options cannot both take their values from stdin.
pub(crate) async fn read_stdin(limit: usize) -> io::Result<secrecy::SecretString> {
    if STDIN_IS_READ.swap(true, Ordering::Relaxed) {
        return Err(io::Error::other("it was read for something else already"));
    }
    on_thread(move || read_all(io::stdin().lock(), limit))
        .await
        .unwrap_or_else(|| Err(io::Error::other("the read failed")))
}

/// stdin, for text that is no secret. A read may wait for ever, so it belongs on a thread of its own.
#[must_use]
pub(crate) fn stdin() -> Box<dyn io::Read> {
    Box::new(io::stdin())
}

/// Whether the whole of stdin was read.
static STDIN_IS_READ: AtomicBool = AtomicBool::new(false);

fn read_all(from: impl io::Read, limit: usize) -> io::Result<secrecy::SecretString> {
    use io::Read;

    let mut bytes = zeroize::Zeroizing::new(Vec::with_capacity(limit + 1));
    from.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > limit {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is too long"));
    }
    std::str::from_utf8(&bytes)
        .map(secrecy::SecretString::from)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not text"))
}

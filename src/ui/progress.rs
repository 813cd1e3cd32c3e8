//! The line that says how far a long report is. It stands below everything else on a terminal.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::{Ui, stderr_is_terminal};

/// The line that is shown now.
static SHOWN: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// What the line says.
const TEMPLATE: &str = "{human_pos} of {human_len} members, {rate} per second, {eta} left";

/// The progress of a report; the line goes with it.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Ui {
    /// Shows the progress from now on on stderr, where that is a terminal and messages for people are wanted.
    pub(crate) fn progress(&self) -> Progress {
        let is_wanted = stderr_is_terminal() && !self.is_quiet() && !self.is_json();
        let target = if is_wanted {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            let rate = |state: &ProgressState, out: &mut dyn fmt::Write| {
                // A line that cannot be written is not shown.
                let _ = write!(out, "{:.0}", state.per_sec());
            };
            bar.set_style(style.with_key("rate", rate));
        }
        *shown() = Some(bar.clone());
        Progress { bar }
    }
}

impl Progress {
    /// Shows how many of how many are done.
    pub(crate) fn show(&self, done: u64, of: u64) {
        self.bar.set_length(of);
        self.bar.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        *shown() = None;
        self.bar.finish_and_clear();
    }
}

/// Writes something else to the terminal, without the line in between.
pub(super) fn without<T>(write: impl FnOnce() -> T) -> T {
    let bar = shown().clone();
    match bar {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}

fn shown() -> std::sync::MutexGuard<'static, Option<ProgressBar>> {
    SHOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

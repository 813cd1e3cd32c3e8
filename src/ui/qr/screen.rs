//! QR codes on the terminal, in one form after another.

use std::{
    cell::Cell,
    io::{self, IsTerminal, Write},
};

use secrecy::{ExposeSecret, SecretString};

use super::{Form, NARROW_QUIET_ZONE, QUIET_ZONE, QrError, Shape, matrix};
use crate::{env, model::QrChoice, ui::Ui};

/// What is known of the terminal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terminal {
    /// Whether it takes escape sequences.
    pub(super) escapes: bool,
    /// Whether it shows UTF-8.
    pub(super) utf8: bool,
    /// Its columns and rows; nothing where there is no terminal.
    pub(super) size: Option<(usize, usize)>,
    /// Whether its background is dark, where that is known.
    pub(super) dark: Option<bool>,
}

impl Terminal {
    /// What is known of the terminal that stderr is.
    fn of_stderr() -> Self {
        let size = terminal_size::terminal_size_of(io::stderr());
        Self {
            escapes: io::stderr().is_terminal() && env::terminal_takes_escapes(),
            utf8: env::locale_is_utf8(),
            size: size.map(|(width, height)| (usize::from(width.0), usize::from(height.0))),
            dark: env::dark_background(),
        }
    }

    /// Every form that it may be able to show, the smallest first.
    ///
    /// Where it takes escape sequences, the colours are part of the code, so that it can be read
    /// on a dark and on a light background alike, also under `NO_COLOR`. Without colours one form
    /// is right on a dark background and the other on a light one.
    pub(super) fn forms(&self) -> Vec<Form> {
        let plain = |shape| {
            [true, false]
                .into_iter()
                .filter(|dark| self.dark.is_none_or(|known| known == *dark))
                .map(move |dark| Form::Plain { shape, dark })
        };
        if self.escapes {
            let mut forms = vec![Form::ColouredHalfBlocks, Form::ColouredFullBlocks];
            forms.extend(plain(Shape::Ascii));
            return forms;
        }
        [Shape::HalfBlocks, Shape::FullBlocks, Shape::Ascii]
            .into_iter()
            .flat_map(plain)
            .collect()
    }
}

/// What comes of drawing a code.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// The lines to write.
    Text(String),
    /// It would wrap or scroll, and no phone could read it.
    TooLarge {
        /// Columns and rows that it needs.
        needed: (usize, usize),
        /// Columns and rows that there are.
        window: (usize, usize),
    },
}

/// Draws `data` in one form, so that it stays on the terminal with `prompt` below it. Where there
/// is no room for the whole border, half of it has to do.
///
/// # Errors
/// [`QrError`] when the data does not fit into a QR code.
pub(super) fn fit(
    data: &str,
    form: Form,
    terminal: &Terminal,
    prompt: &str,
) -> Result<Fit, QrError> {
    for quiet_zone in [QUIET_ZONE, NARROW_QUIET_ZONE] {
        let matrix = matrix(data, quiet_zone)?;
        let (columns, rows) = form.size(matrix.size());
        let Some(window) = terminal.size else {
            return Ok(Fit::Text(form.draw(&matrix)?));
        };
        let needed = (columns, rows + rows_of(prompt, window.0));
        if needed.0 <= window.0 && needed.1 <= window.1 {
            return Ok(Fit::Text(form.draw(&matrix)?));
        }
        if quiet_zone == NARROW_QUIET_ZONE {
            return Ok(Fit::TooLarge { needed, window });
        }
    }
    Err(QrError::Failed("it has no border".to_owned()))
}

/// The rows that a prompt takes together with a code of six digits behind it.
fn rows_of(prompt: &str, columns: usize) -> usize {
    const COLON_DIGITS_AND_CURSOR: usize = 9;
    (prompt.chars().count() + COLON_DIGITS_AND_CURSOR).div_ceil(columns.max(1))
}

/// A QR code that is drawn on the terminal, and drawn again in its next form when asked.
#[derive(Debug)]
pub(crate) struct QrOnScreen {
    data: SecretString,
    choice: QrChoice,
    /// What is asked below it, where a person can ask for the next form there.
    prompt: Option<&'static str>,
    forms: Vec<Form>,
    next: Cell<usize>,
}

impl QrOnScreen {
    /// A QR code of `data`; nothing where none is wanted, or nobody looks.
    #[must_use]
    pub(crate) fn new(
        data: SecretString,
        choice: QrChoice,
        prompt: Option<&'static str>,
    ) -> Option<Self> {
        if choice == QrChoice::None || (choice == QrChoice::Auto && !io::stderr().is_terminal()) {
            return None;
        }
        let terminal = Terminal::of_stderr();
        let forms = terminal.forms();
        let first = first(&forms, choice, &terminal);
        Some(Self {
            data,
            choice,
            prompt,
            forms,
            next: Cell::new(first),
        })
    }

    /// Draws it for the first time under a `heading`, or says why it does not and what to do
    /// instead.
    pub(crate) fn draw(&self, ui: &Ui, heading: &str) {
        let terminal = Terminal::of_stderr();
        let drawn = self.fit(self.next.get(), &terminal);
        if self.choice == QrChoice::Auto && !terminal.utf8 {
            self.name_utf8(ui);
        }
        match drawn {
            Ok(Fit::Text(text)) => {
                let form = self.forms[self.next.get()];
                match (form, terminal.dark, self.prompt) {
                    (Form::Plain { dark, .. }, None, Some(_)) => ui.line(&format!(
                        "{heading}\n(This one is for {}. Enter `r` for the other one.)",
                        background(dark)
                    )),
                    // Nobody can ask for the other one later.
                    (Form::Plain { dark, .. }, None, None) => {
                        ui.line(&format!("{heading}\nOn {}:", background(dark)));
                        write(&text);
                        self.step(self.next.get());
                        ui.line(&format!("On {}:", background(!dark)));
                        if let Ok(Fit::Text(text)) = self.fit(self.next.get(), &terminal) {
                            write(&text);
                        }
                        return;
                    }
                    _ => ui.line(heading),
                }
                write(&text);
                self.step(self.next.get());
            }
            Ok(Fit::TooLarge { needed, window }) => self.too_large(ui, needed, window),
            Err(err) => failed(ui, &err),
        }
    }

    /// Draws it in the next form that fits.
    pub(crate) fn draw_next(&self, ui: &Ui) {
        let terminal = Terminal::of_stderr();
        let mut skipped = None;
        let mut smallest: Option<((usize, usize), (usize, usize))> = None;
        for step in 0..self.forms.len() {
            let place = (self.next.get() + step) % self.forms.len();
            let form = self.forms[place];
            match self.fit(place, &terminal) {
                Ok(Fit::Text(text)) => {
                    if let Some((form, needed, window)) = skipped {
                        ui.line(&too_small_for(form, needed, window));
                    }
                    let on = match (form, terminal.dark) {
                        (Form::Plain { dark, .. }, None) => format!(", on {}", background(dark)),
                        _ => String::new(),
                    };
                    ui.line(&format!("The QR code in {}{on}:", form.name()));
                    write(&text);
                    self.step(place);
                    return;
                }
                Ok(Fit::TooLarge { needed, window }) => {
                    skipped.get_or_insert((form, needed, window));
                    let this = (needed, window);
                    smallest = Some(smallest.map_or(this, |other| other.min(this)));
                }
                Err(err) => return failed(ui, &err),
            }
        }
        if let Some((needed, window)) = smallest {
            self.too_large(ui, needed, window);
        }
    }

    fn fit(&self, place: usize, terminal: &Terminal) -> Result<Fit, QrError> {
        let prompt = self.prompt.unwrap_or_default();
        fit(
            self.data.expose_secret(),
            self.forms[place],
            terminal,
            prompt,
        )
    }

    /// The form behind `place` is the next one.
    fn step(&self, place: usize) {
        self.next.set((place + 1) % self.forms.len());
    }

    /// Names the smaller form where only the locale stands against it.
    fn name_utf8(&self, ui: &Ui) {
        ui.hint(&format!(
            "if this terminal shows UTF-8, {}`--qr utf8` draws a smaller QR code",
            if self.prompt.is_some() { "`r` or " } else { "" }
        ));
    }

    fn too_large(&self, ui: &Ui, needed: (usize, usize), window: (usize, usize)) {
        ui.warn(&format!(
            "the QR code does not fit: it needs {} columns and {} rows, and this window has {} and {}",
            needed.0, needed.1, window.0, window.1
        ));
        let larger = if self.prompt.is_some() {
            "make the window larger and enter `r`, "
        } else {
            ""
        };
        ui.hint(&format!(
            "{larger}type the key above into the app, or run the command again with `--qr-file key.png`"
        ));
    }
}

/// Where the forms begin: what the terminal and the locale can show, or what was asked for.
pub(super) fn first(forms: &[Form], choice: QrChoice, terminal: &Terminal) -> usize {
    let any = match choice {
        QrChoice::Utf8 => true,
        QrChoice::Ascii => false,
        QrChoice::Auto | QrChoice::None => terminal.utf8,
    };
    let fits = |form: &Form| any || form.is_ascii();
    forms.iter().position(fits).unwrap_or(0)
}

fn background(dark: bool) -> &'static str {
    if dark {
        "a dark background"
    } else {
        "a light background"
    }
}

fn too_small_for(form: Form, needed: (usize, usize), window: (usize, usize)) -> String {
    format!(
        "The QR code in {} needs {} columns and {} rows; this window has {} and {}.",
        form.name(),
        needed.0,
        needed.1,
        window.0,
        window.1
    )
}

fn failed(ui: &Ui, err: &QrError) {
    ui.warn(&format!("the QR code could not be made: {err}"));
}

/// Not through the colour filter: colour is what makes the code readable.
fn write(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

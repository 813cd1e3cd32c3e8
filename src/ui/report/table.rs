//! A table for people, page by page.

use std::io::{self, Write};

use super::{Report, Sink, words};
use crate::model::{AppState, Factors, Member, ReportHead, Tally, UNKNOWN};

/// How wide the first column is at least and at most. A longer name moves the rest of its row.
const NAME_WIDTHS: (usize, usize) = (20, 44);

/// Writes a table. The width of its first column is that of the names of the first page.
pub(super) struct Table {
    out: Sink,
    head: Option<ReportHead>,
    /// The rows of the first page, until the width is known.
    waiting: Vec<Vec<String>>,
    name_width: Option<usize>,
}

impl Table {
    /// A table for this output.
    pub(super) fn new(out: Sink) -> Self {
        Self {
            out,
            head: None,
            waiting: Vec::new(),
            name_width: None,
        }
    }

    fn headers(&self) -> Vec<String> {
        let mut headers = vec![
            "MEMBER",
            "TYPE",
            "2FA",
            "LAST SIGN-IN",
            "LOCKED",
            "KEYS WITHOUT END",
        ];
        if self.head.as_ref().is_some_and(|head| head.with_grace) {
            headers.push("REQUIRED BY");
        }
        if self.head.as_ref().is_some_and(|head| head.with_factors) {
            headers.push("SECOND FACTORS");
        }
        headers.into_iter().map(str::to_owned).collect()
    }

    fn cells(&self, member: &Member) -> Vec<String> {
        let mut cells = vec![
            member.name().to_owned(),
            member.kind.clone(),
            member.two_factor_word().to_owned(),
            words::last_sign_in(member),
            words::locked(member),
            words::endless_keys(member),
        ];
        if let Some(head) = &self.head {
            cells.extend(words::required_by(member, head.began_at));
        }
        if let Some(factors) = &member.factors {
            cells.push(factors.text(counted));
        }
        cells
    }

    /// A row: a mark where somebody has to look, and the columns.
    fn row(&mut self, cells: &[String]) -> io::Result<()> {
        let is_header = cells.first().is_some_and(|name| name == "MEMBER");
        let is_good = is_header || cells.get(2).is_some_and(|word| word == "on");
        let name_width = self.name_width.unwrap_or(NAME_WIDTHS.0);
        let widths = [name_width, 6, 7, 12, 7, 16, 18, 0];
        let mut line = if is_good { "  " } else { "! " }.to_owned();
        for (cell, width) in cells.iter().zip(widths) {
            line.push_str(cell);
            let used = cell.chars().count();
            line.push_str(&" ".repeat(width.saturating_sub(used) + 2));
        }
        writeln!(self.out, "{}", line.trim_end())
    }

    /// Writes the rows that waited for the width, below the header.
    fn settle(&mut self) -> io::Result<()> {
        if self.name_width.is_some() {
            return Ok(());
        }
        let lengths = self.waiting.iter().filter_map(|row| row.first());
        let longest = lengths.map(|name| name.chars().count()).max();
        self.name_width = Some(longest.unwrap_or(0).clamp(NAME_WIDTHS.0, NAME_WIDTHS.1));
        self.row(&self.headers())?;
        for row in std::mem::take(&mut self.waiting) {
            self.row(&row)?;
        }
        Ok(())
    }
}

impl Report for Table {
    fn begin(&mut self, head: &ReportHead) -> io::Result<()> {
        self.head = Some(head.clone());
        Ok(())
    }

    fn member(&mut self, member: &Member) -> io::Result<()> {
        let cells = self.cells(member);
        if self.name_width.is_some() {
            return self.row(&cells);
        }
        self.waiting.push(cells);
        Ok(())
    }

    fn end(&mut self, _tally: &Tally) -> io::Result<()> {
        self.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.settle()?;
        self.out.flush()
    }
}

/// The second factors in a few words.
fn counted(factors: &Factors) -> String {
    let app = match factors.app {
        AppState::On => Some("app".to_owned()),
        AppState::Off => None,
        AppState::Unknown => Some(format!("app {UNKNOWN}")),
    };
    let passkeys = match factors.known_passkeys().len() {
        0 => None,
        1 => Some("1 passkey".to_owned()),
        number => Some(format!("{number} passkeys")),
    };
    let words: Vec<String> = app.into_iter().chain(passkeys).collect();
    if words.is_empty() {
        "none".to_owned()
    } else {
        words.join(", ")
    }
}

//! A table for GitHub and GitLab (GitHub Flavored Markdown).

use std::io::{self, Write};

use super::{Report, Sink, words};
use crate::model::{Column, Member, ReportHead, Tally, UNKNOWN};

/// Writes a table. What it comes to stands behind it, so that rows can be read at once.
pub(super) struct Markdown {
    out: Sink,
    head: Option<ReportHead>,
}

impl Markdown {
    /// A table for this output.
    pub(super) fn new(out: Sink) -> Self {
        Self { out, head: None }
    }

    fn row(&mut self, cells: &[String]) -> io::Result<()> {
        writeln!(self.out, "| {} |", cells.join(" | "))
    }
}

/// Text from outside, as it is: nothing of it has a meaning in Markdown.
///
/// Punctuation becomes a numeric reference, which stands for the character alone (`CommonMark` §2.5). A
/// pipe inside a cell is safe this way in every reader, also behind a backslash. A space without width
/// stops what the sites look for in the finished page: mentions, addresses, and the numbers of issues,
/// merge requests and the like. They take only an ASCII letter before an `@` for a part of the word, so
/// that an email address stays one, and `é@team` mentions nobody.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut before = '\0';
    let chars: Vec<char> = text.chars().collect();
    for (at, &c) in chars.iter().enumerate() {
        let next = chars.get(at + 1).copied().unwrap_or('\0');
        let inside = before.is_alphanumeric() && next.is_alphanumeric();
        match c {
            '@' if before.is_ascii_alphanumeric() => escaped.push(c),
            '.' if is_www(&escaped) => escaped.push_str(".&#8203;"),
            '_' if inside => escaped.push(c),
            '.' | '-' | ',' | '(' | ')' | '\'' | '/' | '+' => escaped.push(c),
            c if c.is_ascii_punctuation() => {
                escaped.extend(["&#", &u32::from(c).to_string(), ";&#8203;"]);
            }
            c => escaped.push(c),
        }
        before = c;
    }
    escaped
}

/// Whether a dot behind this makes an address of what follows.
fn is_www(text: &str) -> bool {
    text.len() >= 3 && text.as_bytes()[text.len() - 3..].eq_ignore_ascii_case(b"www")
}

/// A word that has to be seen.
fn strong(text: &str) -> String {
    format!("**{text}**")
}

impl Report for Markdown {
    fn begin(&mut self, head: &ReportHead) -> io::Result<()> {
        writeln!(
            self.out,
            "## Two-factor authentication in {}\n\nAs of {}.\n",
            escaped(words::organization(head)),
            words::minute(head.began_at)
        )?;
        let mut names = vec![
            "Member",
            "Type",
            "2FA",
            "Last sign-in",
            "Locked",
            "Keys without end",
        ];
        names.extend(head.with_grace.then_some("Required by"));
        names.extend(head.with_factors.then_some("Second factors"));
        let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        let lines: Vec<String> = names
            .iter()
            .map(|name| match name.as_str() {
                "Keys without end" => "---:".to_owned(),
                _ => "---".to_owned(),
            })
            .collect();
        self.head = Some(head.clone());
        self.row(&names)?;
        self.row(&lines)
    }

    fn member(&mut self, member: &Member) -> io::Result<()> {
        let Some(now) = self.head.as_ref().map(|head| head.began_at) else {
            return Ok(());
        };
        let mut name = escaped(member.name());
        if let Some(other) = words::other_name(member) {
            name.extend([" (", &escaped(other), ")"]);
        }
        let two_factor = member.two_factor_word();
        let mut cells = vec![
            name,
            escaped(&member.kind),
            match member.two_factor {
                Column::Known(true) => two_factor.to_owned(),
                Column::Known(false) | Column::Unknown => strong(two_factor),
            },
            words::last_sign_in(member),
            words::locked(member),
            words::endless_keys(member),
        ];
        let is_overdue = member.is_overdue(now);
        cells.extend(
            words::required_by(member, now).map(|by| if is_overdue { strong(&by) } else { by }),
        );
        cells.extend(words::factors(member).map(|factors| escaped(&factors)));
        self.row(&cells)
    }

    fn end(&mut self, tally: &Tally) -> io::Result<()> {
        let with_grace = self.head.as_ref().is_some_and(|head| head.with_grace);
        writeln!(
            self.out,
            "\n{}: {} with two-factor authentication, {} without, {} {UNKNOWN}.",
            strong(&words::members(tally.members)),
            tally.with,
            tally.without,
            tally.unknown
        )?;
        let overdue = with_grace.then_some((
            "Past the date by which it is required",
            tally.overdue,
            tally.unknown_grace,
        ));
        let endless = (
            "With an API key that never expires",
            tally.with_endless_key,
            tally.unknown_keys,
        );
        for (what, number, unknown) in overdue.into_iter().chain([endless]) {
            write!(self.out, "{what}: {number}")?;
            match unknown {
                0 => writeln!(self.out, ".")?,
                unknown => writeln!(self.out, ", {unknown} {UNKNOWN}.")?,
            }
        }
        for sentence in words::unread(tally) {
            writeln!(self.out, "\n{}", strong(&sentence))?;
        }
        self.out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

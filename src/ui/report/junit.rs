//! Test results, as GitLab and Jenkins read them: a member is a test.
//!
//! There is no standard. The elements and attributes are those of the schema of Jenkins' xUnit plugin
//! (`junit-10.xsd`), and of these the ones that GitLab's parser reads
//! (`lib/gitlab/ci/parsers/test/junit.rb`).

use std::io::{self, Write};

use maud::{Markup, html};

use super::{Report, Sink, spool::Spool, words};
use crate::model::{Column, Member, ReportHead, Tally};

/// Jenkins takes what stands before the last dot for a package.
const CLASS: &str = "scw.two-factor-audit";

/// Writes a test for each member. The totals stand in front, so that it is written at its end.
pub(super) struct Junit {
    out: Sink,
    head: Option<ReportHead>,
    cases: Spool,
    tests: u64,
    failures: u64,
    errors: u64,
}

impl Junit {
    /// Test results for this output.
    pub(super) fn new(out: Sink) -> Self {
        Self {
            out,
            head: None,
            cases: Spool::new(),
            tests: 0,
            failures: 0,
            errors: 0,
        }
    }

    fn add(&mut self, name: &str, problem: &Problem, details: &str) -> io::Result<()> {
        self.tests += 1;
        self.failures += u64::from(matches!(problem, Problem::Failure { .. }));
        self.errors += u64::from(matches!(problem, Problem::Error(_)));
        // The text is there twice: GitLab shows what stands in the element, others the attribute.
        let problem: Markup = html! {
            @match problem {
                Problem::None => {}
                Problem::Failure { kind, text } => {
                    @let text = characters(text);
                    failure type=(kind) message=(text) { (text) }
                }
                Problem::Error(text) => {
                    @let text = characters(text);
                    error type="unknown" message=(text) { (text) }
                }
            }
        };
        let case = html! {
            testcase classname=(CLASS) name=(characters(name)) {
                (problem)
                @if !details.is_empty() {
                    system-out { (no_attachment(&characters(details))) }
                }
            }
        };
        self.cases.add(&(case.into_string() + "\n"))
    }
}

/// What is wrong with a member.
enum Problem {
    None,
    Failure { kind: &'static str, text: String },
    Error(String),
}

/// Text without the characters that XML 1.0 has not (§2.2, `Char`): no reference can stand for them.
fn characters(text: &str) -> String {
    let stands = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.chars()
        .map(|c| if stands(c) { c } else { '\u{fffd}' })
        .collect()
}

/// Text that names no file to GitLab, which makes a link of `[[ATTACHMENT|path]]`. Nothing of the
/// tag overlaps with itself, so that none is left behind a third bracket.
fn no_attachment(text: &str) -> String {
    text.replace("[ATTACHMENT", "[ ATTACHMENT")
}

impl Report for Junit {
    fn begin(&mut self, head: &ReportHead) -> io::Result<()> {
        self.head = Some(head.clone());
        Ok(())
    }

    fn member(&mut self, member: &Member) -> io::Result<()> {
        let Some(now) = self.head.as_ref().map(|head| head.began_at) else {
            return Ok(());
        };
        let finding = words::finding(member, now);
        let problem = match member.two_factor {
            Column::Known(true) => Problem::None,
            Column::Known(false) => Problem::Failure {
                kind: if member.is_overdue(now) {
                    "expired-grace"
                } else {
                    "without"
                },
                text: format!("{finding} {}", words::REMEDY),
            },
            Column::Unknown => Problem::Error(format!("{finding} {}", words::READ_AGAIN)),
        };
        // The id makes it the only one of its name.
        let name = match member.name() {
            name if name == member.user_id.as_str() => name.to_owned(),
            name => format!("{name} ({})", member.user_id),
        };
        let details = words::details(member, now).into_iter();
        let details: Vec<String> = details
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        self.add(&name, &problem, &details.join("\n"))
    }

    fn end(&mut self, tally: &Tally) -> io::Result<()> {
        let mut names: Vec<String> = tally.unread.iter().map(words::places).collect();
        if names.is_empty() {
            // For a list of nobody.
            names.push("the members".to_owned());
        }
        for (name, sentence) in names.iter().zip(words::unread(tally)) {
            let problem = Problem::Error(format!("{sentence} {}", words::READ_AGAIN));
            self.add(name, &problem, "")?;
        }
        let Some(head) = &self.head else {
            return Ok(());
        };
        let name = format!(
            "Two-factor authentication in {}",
            characters(words::organization(head))
        );
        let (tests, failures, errors) = (self.tests, self.failures, self.errors);
        let began_at = words::second(head.began_at);
        // An element is opened here and closed behind the copied cases.
        let top = html! {
            testsuites name=(name) tests=(tests) failures=(failures) errors=(errors) {}
        };
        let suite = html! {
            testsuite name=(name) tests=(tests) failures=(failures) errors=(errors)
                timestamp=(began_at) {}
        };
        writeln!(self.out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
        for (opened, closing) in [(top, "</testsuites>"), (suite, "</testsuite>")] {
            let whole = opened.into_string();
            writeln!(self.out, "{}", whole.trim_end_matches(closing))?;
        }
        self.cases.copy_to(&mut self.out)?;
        writeln!(self.out, "</testsuite>\n</testsuites>")?;
        self.out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

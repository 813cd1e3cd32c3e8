//! A page that stands alone: no scripts, and nothing is fetched.

use std::io::{self, Write};

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{Report, Sink, spool::Spool, words};
use crate::model::{Column, Member, ReportHead, Tally, UNKNOWN};

const STYLE: &str = include_str!("html.css");

/// What the browser may load: the styles of the page itself, and nothing else (CSP Level 3).
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// Writes a page. The totals stand in front of the members, so that it is written at its end.
pub(super) struct Html {
    out: Sink,
    head: Option<ReportHead>,
    rows: Spool,
    listed: u64,
}

impl Html {
    /// A page for this output.
    pub(super) fn new(out: Sink) -> Self {
        Self {
            out,
            head: None,
            rows: Spool::new(),
            listed: 0,
        }
    }
}

/// A part of a whole, as a bar and in words.
struct Bar {
    label: &'static str,
    number: u64,
    whole: u64,
    /// What of it could not be read.
    unknown: u64,
    is_bad: bool,
}

/// A share in percent with one digit behind the point, for the width of a bar.
fn percent(number: u64, whole: u64) -> String {
    let tenths = (number * 1000).checked_div(whole).unwrap_or(0).min(1000);
    format!("{}.{}%", tenths / 10, tenths % 10)
}

/// A share for people. Only all is 100 %, and only none is 0 %.
fn share(number: u64, whole: u64) -> String {
    match (number * 100 + whole / 2).checked_div(whole) {
        None => "-".to_owned(),
        Some(0) if number > 0 => "under 1%".to_owned(),
        Some(100) if number < whole => "over 99%".to_owned(),
        Some(percent) => format!("{percent}%"),
    }
}

fn bar(bar: &Bar) -> Markup {
    html! {
        li {
            span.label { (bar.label) }
            span.number {
                b { (bar.number) } " of " (bar.whole)
                @if bar.unknown > 0 { ", " (bar.unknown) " " (UNKNOWN) }
            }
            span.bar aria-hidden="true" {
                span.off[bar.is_bad].plain[!bar.is_bad]
                    style={ "width:" (percent(bar.number, bar.whole)) } {}
                span.unknown style={ "width:" (percent(bar.unknown, bar.whole)) } {}
            }
        }
    }
}

/// The first thing to read: what there is to do.
fn verdict(tally: &Tally) -> String {
    let unread = tally.unknown + tally.unread_members();
    let without = match tally.without {
        0 => None,
        1 => Some("1 member has no two-factor authentication".to_owned()),
        number => Some(format!(
            "{number} members have no two-factor authentication"
        )),
    };
    let unread = (unread > 0).then(|| format!("it is {UNKNOWN} for {}", words::members(unread)));
    match (without, unread) {
        (None, None) if tally.members == 0 => "No member could be read.".to_owned(),
        (None, None) => "Every member has two-factor authentication.".to_owned(),
        (Some(without), None) => format!("{without}."),
        (None, Some(unread)) => format!("Not every member could be checked: {unread}."),
        (Some(without), Some(unread)) => format!("{without}, and {unread}."),
    }
}

fn totals(head: &ReportHead, tally: &Tally) -> Markup {
    let unread = tally.unread_members();
    let all = tally.members + unread;
    let unknown = tally.unknown + unread;
    let mut bars = Vec::new();
    if head.with_grace {
        bars.push(Bar {
            label: "Without it past the required date",
            number: tally.overdue,
            whole: all,
            unknown: tally.unknown_grace + unread,
            is_bad: true,
        });
    }
    bars.push(Bar {
        label: "With an API key that never expires",
        number: tally.with_endless_key,
        whole: all,
        unknown: tally.unknown_keys + unread,
        is_bad: false,
    });
    html! {
        section aria-label="Totals" {
            p.verdict { (verdict(tally)) }
            div.bar.big aria-hidden="true" {
                span.on style={ "width:" (percent(tally.with, all)) } {}
                span.off style={ "width:" (percent(tally.without, all)) } {}
                span.unknown style={ "width:" (percent(unknown, all)) } {}
            }
            ul.parts {
                @for (class, label, number) in [
                    ("on", "With two-factor authentication", tally.with),
                    ("off", "Without", tally.without),
                    ("unknown", "Unknown", unknown),
                ] {
                    li {
                        span.key.(class) aria-hidden="true" {}
                        span.label { (label) }
                        span.number { b { (number) } " (" (share(number, all)) ")" }
                    }
                }
            }
            ul.bars { @for one in &bars { (bar(one)) } }
            @for sentence in words::unread(tally) { p.unread { (sentence) } }
        }
    }
}

/// The columns behind the name: a class, which names the column where the page is narrow, and a name.
fn columns(head: &ReportHead) -> Vec<(&'static str, &'static str)> {
    let mut columns = vec![
        ("two", "2FA"),
        ("type", "Type"),
        ("last", "Last sign-in"),
        ("lock", "Locked"),
        ("keys", "Keys without end"),
    ];
    columns.extend(head.with_grace.then_some(("by", "Required by")));
    columns.extend(head.with_factors.then_some(("how", "Second factors")));
    columns
}

impl Report for Html {
    fn begin(&mut self, head: &ReportHead) -> io::Result<()> {
        self.head = Some(head.clone());
        Ok(())
    }

    fn member(&mut self, member: &Member) -> io::Result<()> {
        let Some(now) = self.head.as_ref().map(|head| head.began_at) else {
            return Ok(());
        };
        self.listed += 1;
        let state = member.two_factor_word();
        let (badge, is_marked) = match member.two_factor {
            Column::Known(true) => ("On", false),
            Column::Known(false) => ("Off", true),
            Column::Unknown => ("Unknown", true),
        };
        let is_locked = member.locked == Column::Known(true);
        let has_endless = member.endless_keys.known().is_some_and(|keys| *keys > 0);
        let row = html! {
            tr class=[is_marked.then_some(state)] {
                th scope="row" {
                    (member.name())
                    @if let Some(other) = words::other_name(member) { span.other { (other) } }
                }
                td.two { span.badge.(state) { (badge) } }
                td.type { (member.kind) }
                td.last { (words::last_sign_in(member)) }
                td.lock.strong[is_locked] { (words::locked(member)) }
                td.keys.strong[has_endless] { (words::endless_keys(member)) }
                @if let Some(by) = words::required_by(member, now) {
                    td.by.bad[member.is_overdue(now)] { (by) }
                }
                @if let Some(factors) = words::factors(member) { td.how { (factors) } }
            }
        };
        self.rows.add(&(row.into_string() + "\n"))
    }

    fn end(&mut self, tally: &Tally) -> io::Result<()> {
        let Some(head) = &self.head else {
            return Ok(());
        };
        let name = words::organization(head);
        let title = format!("Two-factor report of {name}");
        let began_at = words::minute(head.began_at);
        let start = html! {
            meta charset="utf-8";
            meta http-equiv="Content-Security-Policy" content=(POLICY);
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            title { (title) }
            style { (PreEscaped(STYLE)) }
        };
        let top = html! {
            header {
                p.kind { "Two-factor report" }
                h1 { (name) }
                p.meta {
                    time datetime=(words::second(head.began_at)) { (began_at) }
                    " by Scaleway's clock" br;
                    "Organization " code { (head.organization_id) }
                }
            }
            (totals(head, tally))
        };
        let all = tally.members + tally.unread_members();
        let listed = if self.listed < all {
            format!(
                "{} of {} are listed, the oldest account first.",
                self.listed,
                words::members(all)
            )
        } else {
            format!("{}, the oldest account first.", words::members(self.listed))
        };
        let table = html! {
            caption { "Members" span { (listed) } }
            thead {
                tr {
                    th scope="col" { "Member" }
                    @for (class, name) in columns(head) { th.(class) scope="col" { (name) } }
                }
            }
        };
        let foot = html! {
            footer {
                "Made with " code { "scw 2fa audit --format html" } " of scw "
                (env!("CARGO_PKG_VERSION")) ". Dates are in UTC."
            }
        };
        let out = &mut self.out;
        writeln!(out, "{}", DOCTYPE.into_string())?;
        let start = start.into_string();
        writeln!(out, "<html lang=\"en\">\n<head>{start}</head>\n<body>")?;
        writeln!(out, "<main>{}<table>", top.into_string())?;
        writeln!(out, "{}<tbody>", table.into_string())?;
        self.rows.copy_to(&mut *out)?;
        writeln!(out, "</tbody>\n</table></main>{}", foot.into_string())?;
        writeln!(out, "</body>\n</html>")?;
        out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

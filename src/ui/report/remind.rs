//! A text for each member without two-factor authentication, ready to send.

use std::io::{self, Write};

use serde_json::{Value, json};
use time::{OffsetDateTime, UtcOffset};

use super::Report;
use crate::model::{Column, Member, ReportHead, Tally, UNKNOWN, rfc3339};

/// The subject of every text.
const SUBJECT: &str = "Please turn on two-factor authentication for your Scaleway account";

/// What stands between two texts.
const BETWEEN: &str = "------------------------------------------------------------------------";

/// How it is turned on.
const HOW: &str = "\
You need an authenticator app on your phone. You can turn it on in two ways:

- In a browser: open https://console.scaleway.com and go to the security page of your profile.
- In a terminal: run `scw login`, then `scw 2fa on`.

Save the backup codes that you get: with one of them you can sign in if you lose your phone.";

/// Writes a text for each member that is known to have no second factor. The others are left out.
pub(super) struct Remind<W> {
    out: W,
    is_json: bool,
    organization: String,
    began_at: OffsetDateTime,
    is_first: bool,
}

impl<W: Write> Remind<W> {
    /// A writer of blocks to copy, or of one JSON object a line.
    pub(super) fn new(out: W, is_json: bool) -> Self {
        Self {
            out,
            is_json,
            organization: String::new(),
            began_at: OffsetDateTime::UNIX_EPOCH,
            is_first: true,
        }
    }

    fn text(&self, member: &Member) -> String {
        let greeting = match member.first_name.as_str() {
            "" => "Hello,".to_owned(),
            name => format!("Hello {name},"),
        };
        let (name, organization) = (member.name(), &self.organization);
        let by_when = self.by_when(member);
        format!(
            "{greeting}\n\n\
             Your account {name} in the Scaleway organization {organization} has no two-factor \
             authentication. {by_when}\n\n{HOW}\n"
        )
    }

    /// By when it is required, and what happens then.
    fn by_when(&self, member: &Member) -> String {
        match member.required_by {
            Some(Column::Known(Some(by))) if by <= self.began_at => format!(
                "The organization required it by {}. Please turn it on now. If you cannot sign in \
                 any more, ask an administrator of the organization to unlock your account.",
                moment(by)
            ),
            Some(Column::Known(Some(by))) => format!(
                "The organization requires it. Please turn it on by {}. If it is still off then, \
                 your account is locked until an administrator of the organization unlocks it.",
                moment(by)
            ),
            Some(Column::Known(None)) => "The organization has set no date for it. Please turn it \
                 on soon: without it, whoever learns your password can sign in as you."
                .to_owned(),
            Some(Column::Unknown) | None => "It is unknown by when the organization requires it. \
                 Please turn it on now. If it is off after that date, your account is locked \
                 until an administrator of the organization unlocks it."
                .to_owned(),
        }
    }
}

/// A time in a letter, which is read days later: `1 December 2026, 09:00 UTC`.
fn moment(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    format!(
        "{} {} {}, {:02}:{:02} UTC",
        at.day(),
        at.month(),
        at.year(),
        at.hour(),
        at.minute()
    )
}

/// The date for programs: a time, null where none is set, or `unknown`.
fn required_by(member: &Member) -> Value {
    match member.required_by {
        Some(Column::Known(by)) => json!(by.map(rfc3339)),
        Some(Column::Unknown) | None => json!(UNKNOWN),
    }
}

impl<W: Write + Send> Report for Remind<W> {
    fn begin(&mut self, head: &ReportHead) -> io::Result<()> {
        self.organization = match head.organization_name.as_str() {
            "" => head.organization_id.clone(),
            name => name.to_owned(),
        };
        self.began_at = head.began_at;
        Ok(())
    }

    fn member(&mut self, member: &Member) -> io::Result<()> {
        if !member.is_without() {
            return Ok(());
        }
        let text = self.text(member);
        if self.is_json {
            let document = json!({
                "user_id": member.user_id,
                "email": member.email,
                "required_by": required_by(member),
                "subject": SUBJECT,
                "text": text,
            });
            return writeln!(self.out, "{document}");
        }
        if !self.is_first {
            writeln!(self.out, "{BETWEEN}")?;
        }
        self.is_first = false;
        write!(
            self.out,
            "To: {}\nSubject: {SUBJECT}\n\n{text}",
            member.name()
        )
    }

    fn end(&mut self, _tally: &Tally) -> io::Result<()> {
        self.out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{UserId, parse_rfc3339};

    fn member(two_factor: Column<bool>, required_by: Option<Column<Option<&str>>>) -> Member {
        let at = |text: &str| parse_rfc3339(text).unwrap();
        Member {
            user_id: UserId::parse("5c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11").unwrap(),
            email: "ada@example.com".to_owned(),
            username: "ada".to_owned(),
            first_name: "Ada".to_owned(),
            kind: "member".to_owned(),
            created_at: None,
            two_factor,
            last_login_at: Column::Unknown,
            locked: Column::Known(false),
            endless_keys: Column::Known(0),
            factors: None,
            required_by: required_by.map(|column| match column {
                Column::Known(by) => Column::Known(by.map(at)),
                Column::Unknown => Column::Unknown,
            }),
        }
    }

    fn written(is_json: bool, members: &[Member]) -> String {
        let mut out = Vec::new();
        let mut remind = Remind::new(&mut out, is_json);
        let head = ReportHead {
            organization_id: "id".to_owned(),
            organization_name: "First".to_owned(),
            began_at: parse_rfc3339("2026-11-24T12:00:00Z").unwrap(),
            with_factors: false,
            with_grace: true,
        };
        remind.begin(&head).unwrap();
        for member in members {
            remind.member(member).unwrap();
        }
        remind.end(&Tally::default()).unwrap();
        String::from_utf8(out).unwrap()
    }

    const OFF: Column<bool> = Column::Known(false);

    // Issue 12, 5
    #[test]
    fn each_member_without_it_gets_a_text_with_the_date_and_what_happens_then() {
        let by = |text| Some(Column::Known(text));
        for (date, words, json) in [
            (
                by(Some("2026-12-01T10:00:00+01:00")),
                "Please turn it on by 1 December 2026, 09:00 UTC. If it is still off then, your account is locked",
                json!("2026-12-01T09:00:00Z"),
            ),
            (
                by(Some("2026-11-24T12:00:00Z")),
                "required it by 24 November 2026, 12:00 UTC. Please turn it on now",
                json!("2026-11-24T12:00:00Z"),
            ),
            (by(None), "has set no date for it", Value::Null),
            (
                Some(Column::Unknown),
                "It is unknown by when",
                json!("unknown"),
            ),
            (None, "It is unknown by when", json!("unknown")),
        ] {
            let member = member(OFF, date);
            let text = written(false, std::slice::from_ref(&member));
            let (head, body) = text.split_once("\n\n").unwrap();
            assert_eq!(head, format!("To: ada@example.com\nSubject: {SUBJECT}"));
            assert!(body.starts_with("Hello Ada,\n\nYour account ada@example.com in the Scaleway organization First has no two-factor authentication. "), "{body}");
            assert!(body.contains(words), "{body}");
            for needed in ["https://console.scaleway.com", "`scw 2fa on`"] {
                assert!(body.contains(needed), "{body}");
            }
            let document: Value = serde_json::from_str(&written(true, &[member])).unwrap();
            assert_eq!(document["required_by"], json);
            assert_eq!(document["text"], *body);
            assert_eq!(document["subject"], SUBJECT);
            assert_eq!(document["email"], "ada@example.com");
        }
    }

    // Issue 12, 5: who may have it is told nothing wrong.
    #[test]
    fn nobody_else_gets_one_and_texts_are_parted() {
        let others = [
            member(Column::Known(true), None),
            member(Column::Unknown, None),
        ];
        assert_eq!(written(false, &others), "");
        assert_eq!(written(true, &others), "");
        let mut nameless = member(OFF, None);
        nameless.email.clear();
        nameless.first_name.clear();
        let text = written(false, &[member(OFF, None), nameless.clone()]);
        let blocks: Vec<&str> = text.split(&format!("{BETWEEN}\n")).collect();
        assert_eq!(blocks.len(), 2, "{text}");
        assert!(blocks[1].starts_with("To: ada\n"), "{text}");
        assert!(blocks[1].contains("\n\nHello,\n\n"), "{text}");
        assert_eq!(
            written(true, &[nameless.clone(), nameless]).lines().count(),
            2
        );
    }
}

//! Compliance findings of the Open Cybersecurity Schema Framework, one a line.

use std::io::{self, Write};

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{Report, Sink, words};
use crate::model::{Column, Member, ReportHead, Tally};

/// The version of the schema (`schema.ocsf.io/1.5.0/classes/compliance_finding`).
const VERSION: &str = "1.5.0";

/// The standard that asks for it, and where.
const STANDARD: &str = "CIS Controls v8.1";
const REQUIREMENT: &str = "CIS Controls v8.1, 6.3: Require MFA for Externally-Exposed Applications";

/// Writes a finding for each member, also for those that pass.
pub(super) struct Ocsf {
    out: Sink,
    head: Option<ReportHead>,
}

/// What a finding says of a status: the identifiers and their captions in the schema.
struct Status {
    id: u8,
    name: &'static str,
    severity_id: u8,
    severity: &'static str,
}

const PASS: Status = Status {
    id: 1,
    name: "Pass",
    severity_id: 1,
    severity: "Informational",
};

const FAIL: Status = Status {
    id: 3,
    name: "Fail",
    severity_id: 4,
    severity: "High",
};

/// Its severity is one that filters let through.
const NOT_KNOWN: Status = Status {
    id: 0,
    name: "Unknown",
    severity_id: 3,
    severity: "Medium",
};

/// What a finding is about.
struct Subject {
    kind: &'static str,
    id: String,
    name: String,
    data: Value,
}

impl Ocsf {
    /// Findings for this output.
    pub(super) fn new(out: Sink) -> Self {
        Self { out, head: None }
    }

    fn finding(
        &mut self,
        status: &Status,
        message: &str,
        remedy: Option<&str>,
        subject: &Subject,
    ) -> io::Result<()> {
        let Some(head) = &self.head else {
            return Ok(());
        };
        let time = milliseconds(head.began_at);
        let organization_id = &head.organization_id;
        let mut finding = json!({
            "class_uid": 2003,
            "class_name": "Compliance Finding",
            "category_uid": 2,
            "category_name": "Findings",
            "activity_id": 1,
            "activity_name": "Create",
            "type_uid": 200_301,
            "type_name": "Compliance Finding: Create",
            "severity_id": status.severity_id,
            "severity": status.severity,
            "status_id": 1,
            "status": "New",
            "time": time,
            "message": message,
            "metadata": {
                "version": VERSION,
                "profiles": ["cloud"],
                "product": {
                    "name": "scw 2fa audit",
                    "vendor_name": env!("CARGO_PKG_NAME"),
                    "version": env!("CARGO_PKG_VERSION"),
                },
            },
            "cloud": {
                "provider": "Scaleway",
                "org": {"uid": organization_id, "name": words::organization(head)},
            },
            "finding_info": {
                "uid": format!("scw-2fa-audit/{organization_id}/{}", subject.id),
                "title": words::CONTROL,
                "desc": message,
                "created_time": time,
            },
            "compliance": {
                "control": words::CONTROL,
                "standards": [STANDARD],
                "requirements": [REQUIREMENT],
                "status_id": status.id,
                "status": status.name,
                "status_details": [message],
            },
            "resources": [{
                "type": subject.kind,
                "uid": subject.id,
                "name": subject.name,
            }],
            "unmapped": subject.data,
        });
        if let (Some(remedy), Some(object)) = (remedy, finding.as_object_mut()) {
            object.insert("remediation".to_owned(), json!({"desc": remedy}));
        }
        writeln!(self.out, "{finding}")
    }
}

/// A time as the schema has it: milliseconds since 1970.
fn milliseconds(at: OffsetDateTime) -> i64 {
    at.unix_timestamp() * 1000 + i64::from(at.millisecond())
}

impl Report for Ocsf {
    fn begin(&mut self, head: &ReportHead) -> io::Result<()> {
        self.head = Some(head.clone());
        Ok(())
    }

    fn member(&mut self, member: &Member) -> io::Result<()> {
        let Some(head) = &self.head else {
            return Ok(());
        };
        let message = words::finding(member, head.began_at);
        let (status, remedy) = match member.two_factor {
            Column::Known(true) => (&PASS, None),
            Column::Known(false) => (&FAIL, Some(words::REMEDY)),
            Column::Unknown => (&NOT_KNOWN, Some(words::READ_AGAIN)),
        };
        let subject = Subject {
            kind: "Scaleway IAM user",
            id: member.user_id.to_string(),
            name: member.name().to_owned(),
            data: serde_json::to_value(member)?,
        };
        self.finding(status, &message, remedy, &subject)
    }

    fn end(&mut self, tally: &Tally) -> io::Result<()> {
        let unread = words::unread(tally);
        if let (Some(head), false) = (&self.head, unread.is_empty()) {
            let places = tally.unread.iter();
            let places: Vec<Value> = places
                .map(|range| json!({"first": range.start(), "last": range.end()}))
                .collect();
            let subject = Subject {
                kind: "Scaleway organization",
                id: head.organization_id.clone(),
                name: words::organization(head).to_owned(),
                data: json!({"unread_members": places}),
            };
            let message = unread.join(" ");
            self.finding(&NOT_KNOWN, &message, Some(words::READ_AGAIN), &subject)?;
        }
        self.out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

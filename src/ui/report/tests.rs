//! The forms that programs read, with members whose texts mean harm.

mod pages;

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::Value;

use super::{Report, Sink, csv::Csv, html::Html, junit::Junit, markdown::Markdown, ocsf::Ocsf};
use crate::model::{
    AppState, Column, Factors, Member, Passkey, PasskeyId, ReportHead, Tally, UserId, clean,
    parse_rfc3339,
};

/// An output that a test looks at.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<u8>>>);

impl Seen {
    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8(bytes.clone()).unwrap()
    }
}

impl Write for Seen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How a form is made.
type Make = fn(Sink) -> Box<dyn Report>;

/// The constructor of each form.
const FORMS: [(&str, Make); 5] = [
    ("csv", |out| Box::new(Csv::new(out))),
    ("junit", |out| Box::new(Junit::new(out))),
    ("ocsf", |out| Box::new(Ocsf::new(out))),
    ("markdown", |out| Box::new(Markdown::new(out))),
    ("html", |out| Box::new(Html::new(out))),
];

fn head(with_all: bool) -> ReportHead {
    ReportHead {
        organization_id: "0b73e741-3270-4cf1-bee5-9ca0810298c2".to_owned(),
        organization_name: "R&D <\"1\">".to_owned(),
        began_at: parse_rfc3339("2026-11-24T12:00:00.123456Z").unwrap(),
        with_factors: with_all,
        with_grace: with_all,
    }
}

fn member(number: u8, name: &str, two_factor: Column<bool>) -> Member {
    Member {
        user_id: UserId::parse(&format!("5c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b{number:02}")).unwrap(),
        email: clean(name),
        username: clean(name),
        first_name: String::new(),
        kind: "member".to_owned(),
        created_at: Some(parse_rfc3339("2025-01-02T03:04:05Z").unwrap()),
        two_factor,
        last_login_at: Column::Known(None),
        locked: Column::Known(false),
        endless_keys: Column::Known(0),
        factors: None,
        required_by: None,
    }
}

/// A member of whom nothing could be read but that it is there.
fn unread(number: u8) -> Member {
    Member {
        last_login_at: Column::Unknown,
        locked: Column::Unknown,
        endless_keys: Column::Unknown,
        factors: Some(Column::Unknown),
        required_by: Some(Column::Unknown),
        ..member(number, "unread@example.com", Column::Unknown)
    }
}

const ON: Column<bool> = Column::Known(true);
const OFF: Column<bool> = Column::Known(false);

/// A report of these members in a form.
fn report(form: &str, with_all: bool, members: &[Member], tally: Tally) -> String {
    let (_, make) = FORMS.iter().find(|(name, _)| *name == form).unwrap();
    let seen = Seen::default();
    let mut report = make(Box::new(seen.clone()));
    let head = head(with_all);
    let mut tally = tally;
    report.begin(&head).unwrap();
    for member in members {
        tally.count(member, head.began_at);
        report.member(member).unwrap();
        report.flush().unwrap();
    }
    report.end(&tally).unwrap();
    seen.text()
}

fn plain(form: &str, members: &[Member]) -> String {
    report(form, false, members, Tally::default())
}

/// Two stretches of the list that could not be read.
fn stretches() -> Tally {
    Tally {
        unread: vec![3..=3, 101..=200],
        ..Tally::default()
    }
}

fn findings(members: &[Member], tally: Tally) -> Vec<Value> {
    let text = report("ocsf", true, members, tally);
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

// Issue 12, 2 and 3
#[test]
fn what_could_not_be_read_is_unknown_in_every_form_and_no_pass() {
    let members = [unread(1)];
    let csv = report("csv", true, &members, Tally::default());
    let cells: Vec<&str> = csv.lines().nth(1).unwrap().split(',').collect();
    assert_eq!(cells[5..], ["unknown"; 6], "{csv}");
    let junit = report("junit", true, &members, Tally::default());
    assert!(
        junit.contains(r#"tests="1" failures="0" errors="1""#),
        "{junit}"
    );
    assert!(junit.contains("<error type=\"unknown\""), "{junit}");
    let finding = &findings(&members, Tally::default())[0];
    assert_eq!(finding["compliance"]["status"], "Unknown");
    assert_eq!(finding["compliance"]["status_id"], 0);
    assert_eq!(finding["unmapped"]["keys_without_end"], "unknown");
    let markdown = report("markdown", true, &members, Tally::default());
    assert!(
        markdown.contains("| **unknown** | unknown | unknown | unknown | unknown | unknown |"),
        "{markdown}"
    );
    for total in [
        "0 without, 1 unknown.",
        "required: 0, 1 unknown.",
        "expires: 0, 1 unknown.",
    ] {
        assert!(markdown.contains(total), "{markdown}");
    }
    let html = report("html", true, &members, Tally::default());
    assert!(
        html.contains("Not every member could be checked: it is unknown for 1 member."),
        "{html}"
    );
    assert_eq!(html.matches(">unknown</td>").count(), 5, "{html}");
    assert!(!html.contains("Every member has"), "{html}");
}

// Issue 12, 2 and 3
#[test]
fn members_that_were_not_read_at_all_stand_in_every_form_but_csv() {
    let members = [member(1, "a@example.com", ON)];
    for (form, places) in [
        (
            "junit",
            ["Member 3 of the list", "Members 101 to 200 of the list"],
        ),
        (
            "ocsf",
            ["Member 3 of the list", "Members 101 to 200 of the list"],
        ),
        (
            "markdown",
            ["Member 3 of the list", "Members 101 to 200 of the list"],
        ),
        (
            "html",
            ["Member 3 of the list", "Members 101 to 200 of the list"],
        ),
    ] {
        let text = report(form, false, &members, stretches());
        for place in places {
            assert!(
                text.contains(&format!("{place} could not be read")),
                "{form}: {text}"
            );
        }
    }
    let junit = report("junit", false, &members, stretches());
    assert!(
        junit.contains(r#"tests="3" failures="0" errors="2""#),
        "{junit}"
    );
    let findings = findings(&members, stretches());
    assert_eq!(findings.len(), 2);
    assert_eq!(findings[0]["compliance"]["status"], "Pass");
    assert_eq!(findings[1]["compliance"]["status"], "Unknown");
    assert_eq!(
        findings[1]["resources"][0]["uid"],
        head(true).organization_id
    );
    let html = report("html", false, &members, stretches());
    assert!(
        html.contains("Not every member could be checked: it is unknown for 101 members."),
        "{html}"
    );
    // The share of all of them, also of those that are not listed.
    assert!(
        html.contains("<b>101</b> (99%)") && html.contains("<b>1</b> (1%)"),
        "{html}"
    );
}

// Issue 12, 3
#[test]
fn a_spreadsheet_runs_no_cell_and_the_names_are_those_of_the_json() {
    for text in [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "＝1",
        "=HYPERLINK(\"http://x\",\"y\")",
    ] {
        let csv = plain("csv", &[member(1, text, OFF)]);
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let record = reader.records().next().unwrap().unwrap();
        assert_eq!(record[1], format!("'{text}"));
        assert_eq!(record[2], format!("'{text}"));
    }
    let mut whole = member(1, "a, \"b\"@example.com", ON);
    whole.factors = Some(Column::Known(Factors::of_iam(true, Some(Vec::new()))));
    whole.required_by = Some(Column::Known(None));
    let csv = report("csv", true, std::slice::from_ref(&whole), Tally::default());
    assert!(
        csv.ends_with("\r\n") && csv.matches('\n').count() == 2,
        "{csv:?}"
    );
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let names: Vec<String> = reader
        .headers()
        .unwrap()
        .iter()
        .map(str::to_owned)
        .collect();
    let json = serde_json::to_string(&whole).unwrap();
    let places: Vec<usize> = names
        .iter()
        .map(|name| json.find(&format!("\"{name}\":")).unwrap())
        .collect();
    assert!(places.is_sorted(), "{names:?} {json}");
    assert_eq!(names.len(), 11);
    let record = reader.records().next().unwrap().unwrap();
    let cells: Vec<&str> = record.iter().skip(1).collect();
    let expected = ["a, \"b\"@example.com", "a, \"b\"@example.com", "member"];
    assert_eq!(cells[..3], expected);
    let rest = [
        "2025-01-02T03:04:05Z",
        "on",
        "never",
        "false",
        "0",
        "app",
        "not required",
    ];
    assert_eq!(cells[3..], rest);
}

// Issue 12, 3
#[test]
fn junit_says_what_to_do_and_lets_nothing_through_that_xml_forbids() {
    let mut late = member(1, "late@example.com", OFF);
    late.required_by = Some(Column::Known(Some(
        parse_rfc3339("2026-11-24T12:00:00Z").unwrap(),
    )));
    let odd = "]]><x a=\"1\">&amp;\u{fffe}\u{ffff}[[[ATTACHMENT|/etc/passwd]]";
    let mut hostile = member(2, "h@example.com", OFF);
    hostile.username = clean(odd);
    // The same name twice: the id tells them apart.
    let members = [late, hostile, member(3, odd, ON), member(4, odd, ON)];
    let junit = plain("junit", &members);
    assert!(
        junit.contains(r#"tests="4" failures="2" errors="0" timestamp="2026-11-24T12:00:00Z""#),
        "{junit}"
    );
    assert!(junit.contains(r#"name="Two-factor authentication in R&amp;D &lt;&quot;1&quot;&gt;""#));
    assert!(junit.contains("<failure type=\"expired-grace\" message=\"late@example.com has no two-factor authentication. The organization required it by 2026-11-24. Turn on"), "{junit}");
    assert!(
        junit.contains("<failure type=\"without\" message=\"h@example.com has no"),
        "{junit}"
    );
    assert!(!junit.contains(['\u{fffe}', '\u{ffff}']), "{junit}");
    assert!(!junit.contains("<x") && !junit.contains("]]>"), "{junit}");
    let outputs: Vec<&str> = junit.split("<system-out>").skip(1).collect();
    assert!(outputs[1].contains("User name: ]]&gt;&lt;x"), "{junit}");
    assert!(outputs.iter().all(|text| {
        !text
            .split("</system-out>")
            .next()
            .unwrap()
            .contains("[[ATTACH")
    }));
    let names: std::collections::BTreeSet<&str> = junit
        .split("<testcase ")
        .skip(1)
        .map(|case| {
            case.split(" name=")
                .nth(1)
                .unwrap()
                .split('>')
                .next()
                .unwrap()
        })
        .collect();
    assert_eq!(names.len(), 4, "{junit}");
}

// Issue 12, 3
#[test]
fn an_ocsf_finding_says_who_what_and_when() {
    let mut members = [
        member(1, "a@example.com", ON),
        member(2, "b@example.com", OFF),
    ];
    members[1].endless_keys = Column::Known(2);
    let found = findings(&members, Tally::default());
    for (finding, (status, id, severity)) in found
        .iter()
        .zip([("Pass", 1, "Informational"), ("Fail", 3, "High")])
    {
        assert_eq!(finding["compliance"]["status"], status);
        assert_eq!(finding["compliance"]["status_id"], id);
        assert_eq!(finding["severity"], severity);
        assert_eq!(finding["time"], 1_795_521_600_123_i64);
        assert_eq!(finding["type_uid"], 200_301);
    }
    assert_eq!(
        found[1]["unmapped"],
        serde_json::to_value(&members[1]).unwrap()
    );
    assert_ne!(
        found[0]["finding_info"]["uid"],
        found[1]["finding_info"]["uid"]
    );
    assert!(found[0].get("remediation").is_none());
    // The same member has the same finding in the next report.
    let again = findings(&members, Tally::default());
    assert_eq!(found, again);
}

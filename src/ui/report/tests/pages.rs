//! Markdown, the page, and reports with little in them.

use super::*;

// Issue 12, 3
#[test]
fn markdown_takes_no_orders_from_a_name() {
    let hostile = "@team a|b\\|c `d` <img src=x> **e** [f](http://g) www.h.i #12 x_y_z _u_";
    let markdown = plain("markdown", &[member(1, hostile, OFF)]);
    let row = markdown
        .lines()
        .find(|line| line.starts_with("| &#64;"))
        .unwrap();
    assert_eq!(row.matches('|').count(), 7, "{row}");
    for bad in ["`", "<", "\\", "http:", "www.h", "@", "](", " _u"] {
        assert!(!row.contains(bad), "{bad}: {row}");
    }
    assert!(row.contains("x_y_z"), "{row}");
    // GitLab also links these: a merge request, a snippet, an epic, a label, a milestone.
    for name in [
        "é@team", "日@team", "_@team", "!1", "$1", "&1", "~1", "%1", "#1",
    ] {
        let markdown = plain("markdown", &[member(1, name, OFF)]);
        let mut rows = markdown.lines();
        let row = rows.find(|line| line.contains("**off**")).unwrap();
        let cell = row.split(" | ").next().unwrap();
        assert!(cell.contains(";&#8203;") && !cell.contains('@'), "{cell}");
    }
    let row = plain("markdown", &[member(1, "first.last-1@example.com", OFF)]);
    assert!(
        row.contains("\n| first.last-1@example.com | member | **off** | never | no | 0 |\n"),
        "{row}"
    );
    assert!(row.ends_with("**1 member**: 0 with two-factor authentication, 1 without, 0 unknown.\nWith an API key that never expires: 0.\n"), "{row}");
}

// Issue 12, 6
#[test]
fn a_page_has_no_script_fetches_nothing_and_escapes_names() {
    let mut hostile = member(1, "<script>alert(1)</script>", OFF);
    let id = PasskeyId::parse("5c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11").unwrap();
    let key = Passkey {
        id,
        name: "<b>\u{1b}".to_owned(),
        created_at: None,
        last_used_at: None,
    };
    hostile.factors = Some(Column::Known(Factors {
        app: AppState::Off,
        passkeys: Some(vec![key]),
    }));
    hostile.required_by = Some(Column::Known(Some(
        parse_rfc3339("2026-11-20T12:00:00Z").unwrap(),
    )));
    let html = report(
        "html",
        true,
        &[hostile, member(2, "b@example.com", ON)],
        Tally::default(),
    );
    assert!(
        !html.contains("<script") && !html.contains("<b>\u{fffd}"),
        "{html}"
    );
    assert!(html.contains("&lt;script&gt;alert(1)"), "{html}");
    assert!(
        html.contains("passkey &quot;&lt;b&gt;\u{fffd}&quot;"),
        "{html}"
    );
    assert!(html.contains("2026-11-20, passed</td>"), "{html}");
    assert!(
        html.contains("<title>Two-factor report of R&amp;D &lt;&quot;1&quot;&gt;</title>"),
        "{html}"
    );
    for fetched in ["src=", "href=", "url(", "@import", "http:", "https:"] {
        assert!(!html.contains(fetched), "{fetched}");
    }
    assert!(
        html.contains("default-src 'none'; style-src 'unsafe-inline'"),
        "{html}"
    );
    assert!(html.contains("style=\"width:50.0%\""), "{html}");
}

// Issue 12, 3: `--without` leaves members out.
#[test]
fn a_list_that_leaves_members_out_says_so_and_counts_its_own() {
    let shown = [member(1, "a@example.com", OFF)];
    let others = Tally {
        members: 2,
        with: 2,
        ..Tally::default()
    };
    let html = report("html", false, &shown, others.clone());
    assert!(html.contains("1 of 3 members are listed"), "{html}");
    let unread = Tally {
        unread: vec![4..=10],
        ..others.clone()
    };
    let html = report("html", false, &shown, unread);
    assert!(html.contains("1 of 10 members are listed"), "{html}");
    let junit = report("junit", false, &shown, others);
    assert!(junit.contains(r#"tests="1" failures="1""#), "{junit}");
}

// Issue 12, 2 and Issue 12, 3
#[test]
fn a_list_of_nobody_is_unknown_in_every_form() {
    assert_eq!(plain("csv", &[]).lines().count(), 1);
    assert!(plain("junit", &[]).contains(r#"tests="1" failures="0" errors="1""#));
    assert!(plain("ocsf", &[]).contains(r#""status":"Unknown""#));
    for form in ["markdown", "html"] {
        let text = plain(form, &[]);
        assert!(
            text.contains("lists no member of the organization"),
            "{text}"
        );
    }
    assert!(plain("html", &[]).contains("No member could be read."));
}

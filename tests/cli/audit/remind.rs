//! `scw 2fa audit --remind`.

use serde_json::{Value, json};

use super::organization;

// Issue 12, 5
#[test]
fn each_member_without_it_gets_a_text_to_send_with_the_date() {
    let world = organization();
    let shown = world.run(&["2fa", "audit", "--remind"]).expect(0);
    let blocks: Vec<&str> = shown
        .stdout
        .split(&format!("{}\n", "-".repeat(72)))
        .collect();
    assert_eq!(blocks.len(), 2, "{}", shown.stdout);
    assert!(
        blocks[0].starts_with("To: carol@example.com\nSubject: "),
        "{}",
        blocks[0]
    );
    assert!(blocks[0].contains("\n\nHello Carol,\n\n"), "{}", blocks[0]);
    assert!(
        blocks[1].starts_with("To: dave@example.com\nSubject: "),
        "{}",
        blocks[1]
    );
    assert!(blocks[1].contains("`scw 2fa on`"), "{}", blocks[1]);

    let lines = world
        .run(&["2fa", "audit", "--remind", "-o", "json"])
        .expect(0);
    let texts: Vec<Value> = lines
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(texts.len(), 2);
    for (text, block) in texts.iter().zip(blocks) {
        let required_by = text["required_by"].as_str().unwrap();
        assert!(required_by.ends_with('Z'), "{required_by}");
        assert!(block.ends_with(text["text"].as_str().unwrap()), "{block}");
    }
    // The dates are asked for those who need them.
    assert_eq!(world.asked("GET", "/grace-periods"), 4);
}

// Issue 12, 5
#[test]
fn a_date_that_cannot_be_read_is_unknown() {
    let world = organization();
    world.fault(json!({
        "method": "GET", "path_regex": "/grace-periods$", "action": "status", "status": 403,
        "body": {"type": "permissions_denied", "message": "insufficient permissions"}, "times": 100,
    }));
    let lines = world
        .run(&["2fa", "audit", "--remind", "-o", "json"])
        .expect(0);
    assert_eq!(
        lines.stdout.matches(r#""required_by":"unknown""#).count(),
        2
    );
}

//! `scw 2fa audit diff`.

use std::{
    fmt::Write as _,
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use super::{evidence, folder, organization};
use crate::support::{Ran, World, run_with_input};

fn id(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// A report as `-o json` prints it: numbers of members, and their states.
fn lines(members: &[(u32, &str)]) -> String {
    let mut text = String::new();
    for (number, state) in members {
        let member = json!({"user_id": id(*number), "email": format!("m{number}@example.com"),
            "two_factor": state, "more": [1, 2]});
        writeln!(text, "{member}").unwrap();
    }
    text
}

fn file(world: &World, name: &str, text: &str) -> String {
    let path = folder(world, name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The document as words: each list's numbers of members.
#[track_caller]
fn numbers(ran: &Ran) -> Vec<(&'static str, Vec<u32>)> {
    let document = ran.json();
    ["turned_on", "turned_off", "joined", "left", "unknown"]
        .into_iter()
        .map(|list| {
            let of = |member: &Value| {
                let email = member["email"].as_str().unwrap();
                let number = email[1..].split('@').next().unwrap().parse().unwrap();
                assert_eq!(member["user_id"], id(number));
                number
            };
            let members = document[list].as_array().unwrap();
            (list, members.iter().map(of).collect())
        })
        .collect()
}

const OLD: [(u32, &str); 7] = [
    (1, "on"),
    (2, "off"),
    (3, "on"),
    (4, "off"),
    (5, "unknown"),
    (6, "off"),
    (7, "on"),
];
const NEW: [(u32, &str); 7] = [
    (8, "off"),
    (9, "unknown"),
    (1, "on"),
    (2, "on"),
    (3, "off"),
    (5, "on"),
    (6, "unknown"),
];

fn expected() -> Vec<(&'static str, Vec<u32>)> {
    vec![
        ("turned_on", vec![2]),
        ("turned_off", vec![3]),
        ("joined", vec![8, 9]),
        ("left", vec![4, 7]),
        ("unknown", vec![5, 6, 9]),
    ]
}

// Issue 12, 4
#[test]
fn who_turned_it_on_or_off_joined_or_left_is_told_from_files_pipes_and_stdin() {
    let world = World::new();
    let (old, new) = (lines(&OLD), lines(&NEW));
    let (old_file, new_file) = (file(&world, "old", &old), file(&world, "new", &new));
    let diff = ["2fa", "audit", "diff", "-o", "json"];
    let of = |old, new| [&diff[..], &[old, new]].concat();
    let files = world.run(&of(&old_file, &new_file)).expect(0);
    assert_eq!(files.stderr, "");
    assert_eq!(numbers(&files), expected());
    let stdin_new = world.run_with_input(&of(&old_file, "-"), &new).expect(0);
    let stdin_old = world.run_with_input(&of("-", &new_file), &old).expect(0);
    assert_eq!(stdin_new.json(), files.json());
    assert_eq!(stdin_old.json(), files.json());

    // Neither can be read again.
    let script = "exec \"$0\" 2fa audit diff -o json <(cat \"$1\") <(cat \"$2\")";
    let scw = world.command(&[]);
    let mut piped = Command::new("bash");
    piped
        .args(["-c", script])
        .arg(scw.get_program())
        .args([&old_file, &new_file]);
    for (name, value) in scw.get_envs() {
        piped.env(name, value.unwrap());
    }
    let piped = Ran::of(piped.output().unwrap()).expect(0);
    assert_eq!(piped.json(), files.json());
    let mut half = Command::new("bash");
    half.args(["-c", "exec \"$0\" 2fa audit diff -o json - <(cat \"$1\")"])
        .arg(scw.get_program())
        .arg(&new_file);
    assert_eq!(
        run_with_input(&mut half, &old).expect(0).json(),
        files.json()
    );

    let text = world
        .run(&["2fa", "audit", "diff", &old_file, &new_file])
        .expect(0);
    assert_eq!(
        text.stdout,
        "turned on   m2@example.com (off, then on)\n\
         turned off  m3@example.com (on, then off)\n\
         joined      m8@example.com (off)\n\
         joined      m9@example.com (unknown)\n\
         left        m4@example.com (off)\n\
         left        m7@example.com (on)\n\
         unknown     m5@example.com (unknown, then on)\n\
         unknown     m6@example.com (off, then unknown)\n\
         unknown     m9@example.com (unknown)\n"
    );
    let same = world
        .run(&["2fa", "audit", "diff", &old_file, &old_file])
        .expect(0);
    assert_eq!(same.stdout, "unknown     m5@example.com (unknown)\n");
    let known = file(&world, "known", &lines(&OLD[..4]));
    let same = world
        .run(&["2fa", "audit", "diff", &known, &known])
        .expect(0);
    assert_eq!(same.stdout, "");
    assert_eq!(same.stderr, "Nobody changed between the two reports\n");
    assert!(world.sandbox.requests().is_empty());
}

// Issue 12, 4
#[test]
fn evidence_is_compared_with_evidence_and_with_a_report_of_now() {
    let world = organization();
    let old = evidence(&world, "old");
    let carol = "carol@example.com";
    let listed = super::users(&world);
    let of = |email: &str| {
        let mut users = listed["users"].as_array().unwrap().iter();
        let found = users.find(|user| user["email"] == email);
        found.unwrap()["id"].as_str().unwrap().to_owned()
    };
    let user = |email: &str| format!("/iam/v1alpha1/users/{}", of(email));
    world.sandbox.add_passkey(&of(carol), "Phone").unwrap();
    let bob = user("bob@example.com");
    world.elsewhere("DELETE", &format!("{bob}/mfa-otp"), "");
    world.elsewhere("DELETE", &user("dave@example.com"), "");
    let erin = json!({"organization_id": world.info().organization_id,
        "email": "erin@example.com"});
    world.elsewhere("POST", "/iam/v1alpha1/users", &erin.to_string());
    // The service tells its time in whole seconds: two reports in the same one have no order.
    world.sandbox.advance(60);
    let new = evidence(&world, "new");
    let words = |new| {
        [
            "2fa",
            "audit",
            "diff",
            old.to_str().unwrap(),
            new,
            "-o",
            "json",
        ]
    };
    let compared = world.run(&words(new.to_str().unwrap())).expect(0);
    assert_eq!(compared.stderr, "");
    let compared = compared.json();
    assert_eq!(compared["turned_on"][0]["user_id"], of(carol));
    for (list, name) in [
        ("turned_on", "carol"),
        ("turned_off", "bob"),
        ("joined", "erin"),
        ("left", "dave"),
    ] {
        let members = compared[list].as_array().unwrap();
        assert_eq!(members.len(), 1, "{list}: {compared}");
        assert_eq!(members[0]["email"], format!("{name}@example.com"));
    }
    assert_eq!(compared["unknown"], json!([]));
    let now = world.run(&["2fa", "audit", "-o", "json"]).expect(0).stdout;
    let with_now = world.run_with_input(&words("-"), &now).expect(0);
    assert_eq!(with_now.json(), compared);

    let paths = [&new, &old].map(|path| path.to_str().unwrap());
    let swapped = world
        .run(&["2fa", "audit", "diff", paths[0], paths[1]])
        .expect(0);
    assert!(
        swapped.stderr.contains("the first report is the newer one"),
        "{}",
        swapped.stderr
    );

    fs::write(new.join("members.jsonl"), now + "\n").unwrap();
    let refused = world.run(&words(new.to_str().unwrap())).expect(1);
    assert_eq!(refused.stdout, "");
    assert!(
        refused.stderr.contains("is not as it was made"),
        "{}",
        refused.stderr
    );
    assert!(
        refused.stderr.contains("scw 2fa audit verify"),
        "{}",
        refused.stderr
    );
}

/// Gives an evidence folder a record in which some members could not be read.
fn with_gaps(folder: &Path) {
    let record = folder.join("audit.json");
    let mut changed = super::read_json(&record);
    changed["unread"] = json!([{"from": 1, "to": 2}]);
    fs::write(&record, changed.to_string()).unwrap();
    let sums = Command::new("sh")
        .args([
            "-c",
            "sha256sum audit.json members.jsonl security-settings.json >SHA256SUMS",
        ])
        .current_dir(folder)
        .status();
    assert!(sums.unwrap().success());
}

// Issue 12, 4: never a false "left".
#[test]
fn where_members_could_not_be_read_nobody_joined_or_left_for_sure() {
    let world = organization();
    let gaps = evidence(&world, "gaps");
    with_gaps(&gaps);
    super::verify(&world, &gaps).expect(0);
    let other = file(&world, "other", &lines(&[(1, "on")]));
    let compared = world
        .run(&["2fa", "audit", "diff", &other, gaps.to_str().unwrap()])
        .expect(0);
    assert!(
        compared
            .stdout
            .contains("unknown     m1@example.com (on, then unknown)"),
        "{}",
        compared.stdout
    );
    assert!(!compared.stdout.contains("left"), "{}", compared.stdout);
    assert!(
        compared
            .stderr
            .contains("the newer report could not read all members"),
        "{}",
        compared.stderr
    );
}

// Issue 12, 4
#[test]
fn a_line_that_is_no_member_is_told_by_its_number_and_not_repeated() {
    let world = World::new();
    let good = lines(&OLD);
    let good_file = file(&world, "good", &good);
    let cases = [
        "secret-text\n".to_owned(),
        "\n".to_owned(),
        r#"{"user_id":"secret-text","email":"","two_factor":"on"}"#.to_owned(),
        format!(
            r#"{{"user_id":"{}","email":"secret-text","two_factor":"maybe"}}"#,
            id(99)
        ),
        format!(
            r#"{{"user_id":"{}","email":"secret-text","two_factor":true}}"#,
            id(99)
        ),
        format!(r#"{{"user_id":"{}","email":"secret-text","two_fac"#, id(99)),
        format!("\"{}\"", "secret-text".repeat(100_000)),
        good.lines().next().unwrap().to_owned(),
    ];
    for (number, case) in cases.iter().enumerate() {
        let bad = file(&world, "bad", &format!("{good}{case}"));
        for words in [[&bad, &good_file], [&good_file, &bad]] {
            let failed = world
                .run(&["2fa", "audit", "diff", words[0], words[1]])
                .expect(1);
            let failed = failed.told(&format!("line 8 of {bad} "));
            assert!(
                !failed.stderr.contains("secret-text"),
                "{number}: {}",
                failed.stderr
            );
        }
    }
    let empty = file(&world, "empty", "");
    let failed = world.run(&["2fa", "audit", "diff", &empty, &good_file]);
    failed.expect(1).told("is empty");
    let nothing = folder(&world, "nothing");
    let failed = world.run(&[
        "2fa",
        "audit",
        "diff",
        &good_file,
        nothing.to_str().unwrap(),
    ]);
    failed.expect(7).told("could not compare the reports");
    let twice = world.run_with_input(&["2fa", "audit", "diff", "-", "-"], &good);
    twice.expect(2).told("stdin holds one");
}

// Issue 12, 4
#[test]
fn a_hundred_thousand_members_are_compared_in_little_memory() {
    let world = World::new();
    let many = |state: fn(u32) -> &'static str| {
        let mut text = String::new();
        for number in 0..100_000 {
            let (id, state) = (id(number), state(number));
            let email = format!("m{number}@example.com");
            let line = format!(r#"{{"user_id":"{id}","email":"{email}","two_factor":"{state}"}}"#);
            writeln!(text, "{line}").unwrap();
        }
        text
    };
    let old = file(&world, "old", &many(|_| "off"));
    let new = many(|number| if number == 77_777 { "on" } else { "off" });
    let mut command = world.command(&["2fa", "audit", "diff", &old, "-"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(new.as_bytes()).unwrap();
    // It has both but for what a pipe holds, and waits for more.
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    drop(stdin);
    let ran = Ran::of(child.wait_with_output().unwrap()).expect(0);
    assert_eq!(
        ran.stdout,
        "turned on   m77777@example.com (off, then on)\n"
    );
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak: u64 = peak
        .unwrap()
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .unwrap();
    assert!(peak < 32 * 1024, "{peak} KiB");
}

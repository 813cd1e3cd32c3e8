//! `scw 2fa audit verify`.

use std::{
    fs,
    io::Write,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
};

use serde_json::{Value, json};

use super::{evidence, folder, organization, sha256sum, verify};
use crate::support::World;

/// The problems of a folder that does not hold: file and word.
#[track_caller]
fn problems(world: &World, folder: &Path) -> Vec<(String, String)> {
    let document = verify(world, folder).expect(1).json();
    assert_eq!(document["verified"], false);
    let mut found: Vec<(String, String)> = document["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| {
            let text = |name: &str| problem[name].as_str().unwrap().to_owned();
            (text("file"), text("problem"))
        })
        .collect();
    found.sort();
    found
}

fn pair(file: &str, problem: &str) -> (String, String) {
    (file.to_owned(), problem.to_owned())
}

/// A copy of a folder, to be spoiled.
fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

// Issue 12, 4
#[test]
fn an_unchanged_folder_says_when_by_whom_and_with_what_it_was_made_without_a_login() {
    let world = organization();
    let made = evidence(&world, "e");
    let asked = world.sandbox.requests().len();
    let nobody = tempfile::tempdir().unwrap();
    let mut command = world.command(&["2fa", "audit", "verify", made.to_str().unwrap()]);
    command.env("HOME", nobody.path());
    let text = crate::support::Ran::of(command.output().unwrap()).expect(0);
    let id = &world.info().organization_id;
    let digest = sha256sum(&made.join("SHA256SUMS"));
    for line in [
        "files         unchanged".to_owned(),
        format!("organization  Example ({id})"),
        format!("made with     scw {}", env!("CARGO_PKG_VERSION")),
        "members       4 (2 on, 2 off, 0 unknown)".to_owned(),
        format!("SHA-256       {digest}"),
    ] {
        assert!(
            text.stdout.lines().any(|found| found == line),
            "{line}: {}",
            text.stdout
        );
    }
    let document = verify(&world, &made).expect(0);
    assert_eq!(document.stderr, "");
    let document = document.json();
    assert_eq!(document["verified"], true);
    assert_eq!(document["digest"], digest);
    assert_eq!(document["organization_id"], **id);
    assert_eq!(document["problems"], json!([]));
    let record = super::read_json(&made.join("audit.json"));
    for name in ["began_at", "ended_at"] {
        assert!(document[name].is_string());
        assert_eq!(
            document[name].as_str().unwrap()[..19],
            record[name].as_str().unwrap()[..19]
        );
    }
    assert_eq!(world.sandbox.requests().len(), asked);
    assert_eq!(fs::read_dir(nobody.path()).unwrap().count(), 0);
}

// Issue 12, 4
#[test]
fn reading_earlier_reports_tidies_nothing_up() {
    let world = organization();
    let made = evidence(&world, "e");
    let made = made.to_str().unwrap();
    let left_over = format!(".scw-{}", "0".repeat(32));
    let left_over = world.data_dir().join("secrets").join(left_over);
    fs::write(&left_over, "").unwrap();
    let asked = world.sandbox.requests().len();
    for words in [&["verify", made][..], &["diff", made, made]] {
        world.run(&[&["2fa", "audit"], words].concat()).expect(0);
        assert!(left_over.exists(), "{words:?}");
    }
    assert_eq!(world.sandbox.requests().len(), asked);
    world.run(&["2fa", "audit"]).expect(0);
    assert!(!left_over.exists());
}

// Issue 12, 4
#[test]
fn each_file_that_changed_is_gone_or_was_added_is_named() {
    let world = organization();
    let made = evidence(&world, "e");
    for file in ["audit.json", "members.jsonl", "security-settings.json"] {
        let spoiled = folder(&world, &format!("changed-{file}"));
        copy(&made, &spoiled);
        let mut opened = fs::OpenOptions::new()
            .append(true)
            .open(spoiled.join(file))
            .unwrap();
        opened.write_all(b" ").unwrap();
        assert_eq!(problems(&world, &spoiled), [pair(file, "changed")]);
        fs::remove_file(spoiled.join(file)).unwrap();
        assert_eq!(problems(&world, &spoiled), [pair(file, "missing")]);
        symlink(made.join(file), spoiled.join(file)).unwrap();
        assert_eq!(problems(&world, &spoiled), [pair(file, "not_a_file")]);
        fs::remove_file(spoiled.join(file)).unwrap();
        fs::create_dir(spoiled.join(file)).unwrap();
        assert_eq!(problems(&world, &spoiled), [pair(file, "not_a_file")]);
    }
    let spoiled = folder(&world, "added");
    copy(&made, &spoiled);
    fs::write(spoiled.join("a\x1b[2Jb"), "").unwrap();
    fs::create_dir(spoiled.join("folder")).unwrap();
    symlink("/etc/passwd", spoiled.join("link")).unwrap();
    assert_eq!(
        problems(&world, &spoiled),
        [
            pair("a\u{fffd}[2Jb", "unlisted"),
            pair("folder", "unlisted"),
            pair("link", "unlisted")
        ]
    );
    let told = world
        .run(&["2fa", "audit", "verify", spoiled.to_str().unwrap()])
        .expect(1);
    assert!(
        told.stdout.contains("folder: SHA256SUMS does not list it"),
        "{}",
        told.stdout
    );
    assert!(
        told.stderr.contains("is not as it was made (3 problems)"),
        "{}",
        told.stderr
    );
    assert!(told.stderr.contains("hint: "), "{}", told.stderr);
    verify(&world, &made).expect(0);
}

// Issue 12, 4
#[test]
fn a_manifest_that_leads_elsewhere_lists_too_little_or_is_none_is_refused() {
    let world = organization();
    let made = evidence(&world, "e");
    let text = fs::read_to_string(made.join("SHA256SUMS")).unwrap();
    let secret = folder(&world, "secret");
    fs::write(&secret, "x").unwrap();
    let digest = sha256sum(&secret);
    for (number, name) in ["../secret", secret.to_str().unwrap(), "..", "a/b"]
        .into_iter()
        .enumerate()
    {
        let spoiled = folder(&world, &format!("leads-{number}"));
        copy(&made, &spoiled);
        fs::write(
            spoiled.join("SHA256SUMS"),
            format!("{text}{digest}  {name}\n"),
        )
        .unwrap();
        assert_eq!(
            problems(&world, &spoiled),
            [pair("SHA256SUMS", "malformed")],
            "{name}"
        );
    }
    let spoiled = folder(&world, "short");
    copy(&made, &spoiled);
    let short: String = text.lines().skip(1).flat_map(|line| [line, "\n"]).collect();
    fs::write(spoiled.join("SHA256SUMS"), short).unwrap();
    assert_eq!(problems(&world, &spoiled), [pair("audit.json", "unlisted")]);
    let document = verify(&world, &spoiled).json();
    assert_eq!(document["organization_id"], Value::Null);

    fs::write(spoiled.join("SHA256SUMS"), "").unwrap();
    assert_eq!(problems(&world, &spoiled).len(), 4);
    fs::remove_file(spoiled.join("SHA256SUMS")).unwrap();
    symlink(made.join("SHA256SUMS"), spoiled.join("SHA256SUMS")).unwrap();
    assert_eq!(
        problems(&world, &spoiled),
        [pair("SHA256SUMS", "not_a_file")]
    );

    let other = folder(&world, "other");
    fs::create_dir(&other).unwrap();
    let none = verify(&world, &other).expect(1);
    assert!(
        none.stderr.contains("no folder made with `--evidence`"),
        "{}",
        none.stderr
    );
}

// Issue 12, 4
#[test]
fn a_folder_that_cannot_be_read_is_a_failure_of_its_own() {
    let world = organization();
    let made = evidence(&world, "e");
    for path in [folder(&world, "nothing"), made.join("audit.json")] {
        let failed = world.run(&["2fa", "audit", "verify", path.to_str().unwrap()]);
        failed.expect(7).told("could not read the evidence");
    }
    if !rustix::process::geteuid().is_root() {
        fs::set_permissions(
            made.join("members.jsonl"),
            fs::Permissions::from_mode(0o000),
        )
        .unwrap();
        verify(&world, &made).expect(7);
    }
}

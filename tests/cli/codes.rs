//! `scw 2fa codes`.

use std::{collections::HashSet, fs, process::Stdio};

use crate::support::{Ran, World};

#[test]
fn two_runs_at_once_never_get_the_same_code() {
    let world = World::logged_in();
    let on = world.switch_on();
    let children: Vec<_> = (0..10)
        .map(|_| {
            world
                .command(&["2fa", "codes", "next"])
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let codes: HashSet<String> = children
        .into_iter()
        .map(|child| Ran::of(child.wait_with_output().unwrap()).expect(0).stdout)
        .collect();
    assert_eq!(codes.len(), 10);
    let sent = on["backup_codes"].as_array().unwrap();
    assert!(
        sent.iter()
            .all(|code| codes.contains(&format!("{}\n", code.as_str().unwrap())))
    );
    world
        .run(&["2fa", "codes", "next"])
        .expect(1)
        .told("--renew");
}

#[test]
fn the_list_is_masked_unless_it_is_to_be_shown() {
    let world = World::logged_in();
    let on = world.switch_on();
    let first = on["backup_codes"][0].as_str().unwrap();
    let list = world.run(&["2fa", "codes", "list"]).expect(0).stdout;
    assert!(
        !list.contains(first) && list.contains(&first[..2]),
        "{list}"
    );
    assert!(
        world
            .run(&["2fa", "codes", "list", "--show"])
            .expect(0)
            .stdout
            .contains(first)
    );
    let data = world
        .run(&["2fa", "codes", "list", "-o", "json"])
        .expect(0)
        .json();
    assert_eq!(data["unused"], 10);
}

#[test]
fn a_code_used_elsewhere_is_marked() {
    let world = World::logged_in();
    let on = world.switch_on();
    let second = on["backup_codes"][1].as_str().unwrap();
    let asked = world.sandbox.requests().len();
    world
        .run_with_input(&["2fa", "codes", "used", "-"], &format!(" {second}\n"))
        .expect(0);
    let again = world
        .run_with_input(&["2fa", "codes", "used", "-"], second)
        .expect(0);
    assert!(again.stderr.contains("already"), "{}", again.stderr);
    let file = world.home.path().join("code");
    fs::write(&file, "not-one").unwrap();
    world
        .run(&["2fa", "codes", "used", file.to_str().unwrap()])
        .expect(1)
        .told("not among the saved");
    assert_eq!(
        world
            .run(&["2fa", "codes", "list"])
            .stdout
            .matches("unused")
            .count(),
        9
    );
    assert_eq!(world.sandbox.requests().len(), asked, "the API was asked");
}

#[test]
fn the_codes_outlive_the_logout_and_go_only_when_told() {
    let world = World::logged_in();
    let on = world.switch_on();
    world.run(&["logout"]).expect(0);
    let path = world.run(&["2fa", "codes", "path"]).expect(0).stdout;
    assert_eq!(path.trim(), on["backup_codes_file"].as_str().unwrap());
    world
        .run(&["2fa", "codes", "remove"])
        .expect(2)
        .told("--yes");
    world.run(&["2fa", "codes", "remove", "--yes"]).expect(0);
    assert!(!std::path::Path::new(path.trim()).exists());
    world.run(&["2fa", "codes", "remove", "--yes"]).expect(0);
    world
        .run(&["2fa", "codes", "next"])
        .expect(1)
        .told("no backup codes are saved");
}

#[test]
fn a_file_that_is_not_understood_is_left_as_it_is() {
    let world = World::logged_in();
    let on = world.switch_on();
    let path = on["backup_codes_file"].as_str().unwrap();
    let mut text = fs::read_to_string(path).unwrap();
    text.push_str("# used yesterday secret-code\n");
    fs::write(path, &text).unwrap();
    let refused = world
        .run(&["2fa", "codes", "next"])
        .expect(7)
        .told("line 15");
    assert!(
        !refused.stderr.contains("secret-code"),
        "{}",
        refused.stderr
    );
    assert_eq!(fs::read_to_string(path).unwrap(), text);
    // What the API says is worth more than the count.
    world.run(&["2fa", "status"]).expect(0);
}

#[test]
fn a_file_that_others_can_read_is_told() {
    use std::os::unix::fs::PermissionsExt;

    let world = World::logged_in();
    let on = world.switch_on();
    let path = on["backup_codes_file"].as_str().unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    world
        .run(&["2fa", "codes", "next"])
        .expect(7)
        .told("chmod 600");
}

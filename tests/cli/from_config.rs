//! `scw login --from-config`: every profile, and a config.yaml without secret keys.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::PathBuf,
    process::Command,
};

use crate::support::{Ran, World, files_with, mode, running::Running};

const ALL: [&str; 5] = ["login", "--from-config", "--all", "--storage", "file"];

const SCRUB: [&str; 6] = [
    "login",
    "--from-config",
    "--all",
    "--scrub",
    "--storage",
    "file",
];

/// `scw` without any address but those of the files.
fn scw(world: &World, arguments: &[&str]) -> Command {
    let mut command = world.command(arguments);
    command
        .env_remove("SCW_API_URL")
        .env_remove("SCW_ACCOUNT_URL");
    command
}

#[track_caller]
fn run(world: &World, arguments: &[&str]) -> Ran {
    Ran::of(scw(world, arguments).output().unwrap())
}

fn path(world: &World) -> PathBuf {
    world.home.path().join(".config/scw/config.yaml")
}

fn write(world: &World, yaml: &str) {
    let path = path(world);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, yaml).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
}

fn read(world: &World) -> String {
    fs::read_to_string(path(world)).unwrap()
}

/// A file with a top level of the first service, `work` of the second, and `ci`, which inherits.
fn three(world: &World, other: &World) -> String {
    let (top, work) = (world.info(), other.info());
    format!(
        "# Mine\naccess_key: {}\nsecret_key: {}   # laptop\napi_url: {}\nzeta: [1, 2]\nprofiles:\n  work:\n    api_url: {}\n    # of the company\n    secret_key: \"{}\"\n    access_key: {}\n  ci:\n    default_region: nl-ams",
        top.access_key, top.secret_key, top.api_url, work.api_url, work.secret_key, work.access_key
    )
}

/// What a text is without the lines of the secret keys.
fn without_secrets(yaml: &str) -> String {
    yaml.split_inclusive('\n')
        .filter(|line| !line.trim_start().starts_with("secret_key"))
        .collect()
}

// Issue 10, 3
#[test]
fn every_profile_is_moved_and_only_the_lines_of_the_secret_keys_go() {
    let (world, other) = (World::new(), World::new());
    let yaml = three(&world, &other);
    write(&world, &yaml);
    fs::set_permissions(path(&world), fs::Permissions::from_mode(0o640)).unwrap();
    let ran = run(&world, &[&SCRUB[..], &["-o", "json"]].concat()).expect(0);
    let logins = ran.json();
    let names: Vec<_> = logins
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["profile"])
        .collect();
    assert_eq!(names, ["default", "ci", "work"]);

    assert_eq!(read(&world), without_secrets(&yaml));
    assert_eq!(mode(path(&world)), 0o640);
    let left = fs::read_dir(path(&world).parent().unwrap())
        .unwrap()
        .count();
    assert_eq!(left, 1, "no copy is left");
    let data = world.data_dir();
    for secret in [&world.info().secret_key, &other.info().secret_key] {
        let holders = files_with(world.home.path(), secret);
        let ours = holders
            .iter()
            .all(|file| file.starts_with(data.join("secrets")));
        assert!(ours && !holders.is_empty(), "{holders:?}");
    }
    for (profile, service) in [("default", &world), ("ci", &world), ("work", &other)] {
        let who = run(&world, &["whoami", "-p", profile, "-o", "json"])
            .expect(0)
            .json();
        assert_eq!(who["user_id"], service.info().user_id.as_str(), "{profile}");
        assert_eq!(who["storage"], "file");
        let token = run(&world, &["token", "-p", profile]).expect(0).stdout;
        assert_eq!(token.trim(), service.info().secret_key);
    }
    // Once more there is nothing to do.
    let again = run(&world, &[&SCRUB[..], &["-o", "json"]].concat()).expect(0);
    assert_eq!(again.json(), serde_json::json!([]));
    assert_eq!(read(&world), without_secrets(&yaml));
}

// Issue 10, 3
#[test]
fn without_scrub_every_profile_is_moved_and_the_file_stays() {
    let (world, other) = (World::new(), World::new());
    let yaml = three(&world, &other);
    write(&world, &yaml);
    let ran = run(&world, &ALL).expect(0);
    assert_eq!(ran.stdout, "");
    assert_eq!(
        ran.stderr.matches("Logged in as").count(),
        3,
        "{}",
        ran.stderr
    );
    let hint = "`scw login --from-config --all --scrub`";
    assert!(ran.stderr.contains(hint), "{}", ran.stderr);
    assert!(!ran.stderr.contains(&world.info().secret_key));
    assert_eq!(read(&world), yaml);
    // A profile named beside all of them is a contradiction.
    run(&world, &[&ALL[..], &["-p", "work"]].concat())
        .expect(2)
        .told("--profile");
    run(&world, &["login", "--all"]).expect(2);
    run(&world, &["login", "--scrub", "--with-token"]).expect(2);
    let mut variable = scw(&world, &ALL);
    variable.env("SCW_SECRET_KEY", &world.info().secret_key);
    let warned = Ran::of(variable.output().unwrap()).expect(0);
    assert!(warned.stderr.contains("overrides"), "{}", warned.stderr);
}

// Issue 10, 3
#[test]
fn a_profile_that_fails_stops_no_other_and_nothing_is_scrubbed() {
    let (world, other) = (World::new(), World::new());
    let good = three(&world, &other);
    for (bad, code, words) in [
        (
            good.replace(
                &other.info().secret_key,
                "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
            ),
            4,
            "profile `work`",
        ),
        (
            good.replace("  work:", "  my work:"),
            7,
            "profile `my work`",
        ),
        (
            good.replace("default_region: nl-ams", "access_key: hunter2"),
            7,
            "profile `ci`",
        ),
    ] {
        write(&world, &bad);
        let ran = run(&world, &[&SCRUB[..], &["-o", "json"]].concat()).expect(code);
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
        assert!(
            ran.stderr.contains("scw left config.yaml as it is"),
            "{}",
            ran.stderr
        );
        assert_eq!(
            ran.json().as_array().unwrap().len(),
            2,
            "the others went on"
        );
        assert_eq!(read(&world), bad);
        run(&world, &["whoami"]).expect(0);
    }
}

// Issue 10, 3
#[test]
fn a_profile_without_any_secret_key_is_skipped_and_named() {
    let world = World::new();
    let info = world.info();
    let yaml = format!(
        "api_url: {}\nprofiles:\n  work:\n    access_key: {}\n    secret_key: {}\n  none:\n    default_zone: x\n",
        info.api_url, info.access_key, info.secret_key
    );
    write(&world, &yaml);
    let ran = run(&world, &SCRUB).expect(0);
    for name in ["default", "none"] {
        let told = format!("Skipped profile `{name}`");
        assert!(ran.stderr.contains(&told), "{}", ran.stderr);
    }
    assert_eq!(read(&world), without_secrets(&yaml));
    run(&world, &["whoami", "-p", "work"]).expect(0);
    run(&world, &["whoami", "-p", "none"]).expect(3);
    // Without `--scrub` there is nothing that could have been done.
    run(&world, &ALL).expect(3).told("no secret key");
}

// Issue 10, 3
#[test]
fn one_profile_is_scrubbed_only_where_no_other_key_takes_its_place() {
    let (world, other) = (World::new(), World::new());
    let yaml = three(&world, &other);
    write(&world, &yaml);
    let one = ["login", "--from-config", "--scrub", "--storage", "file"];
    for profile in ["work", "ci", "default"] {
        run(&world, &[&one[..], &["-p", profile]].concat())
            .expect(2)
            .told("`scw login --from-config --all --scrub`");
        assert_eq!(read(&world), yaml, "{profile}");
        assert!(!world.data_dir().join("secrets").exists(), "{profile}");
    }
    // Without a key in the top level each stands for itself.
    let apart = yaml
        .replace("secret_key: ", "# secret_key: none")
        .replace(&format!("none{}", world.info().secret_key), "none")
        .replace("# secret_key: none\"", "secret_key: \"");
    write(&world, &apart);
    run(&world, &[&one[..], &["-p", "work"]].concat()).expect(0);
    assert_eq!(read(&world), without_secrets(&apart));
    run(&world, &["whoami", "-p", "work"]).expect(0);
    // It is done already.
    let again = run(&world, &[&one[..], &["-p", "work", "-o", "json"]].concat()).expect(0);
    assert_eq!(again.json()["profile"], "work");
}

// Issue 10, 3
#[test]
fn the_top_level_alone_is_scrubbed_where_no_profile_inherits_its_key() {
    let (world, other) = (World::new(), World::new());
    let yaml = three(&world, &other).replace("  ci:\n    default_region: nl-ams", "");
    write(&world, &yaml);
    let ran = run(&world, &["login", "--from-config", "--storage", "file"]).expect(0);
    let hint = "run `scw login --from-config --scrub`";
    assert!(ran.stderr.contains(hint), "{}", ran.stderr);
    run(
        &world,
        &["login", "--from-config", "--scrub", "--storage", "file"],
    )
    .expect(0);
    let secret = &world.info().secret_key;
    let expected: String = yaml
        .split_inclusive('\n')
        .filter(|line| !line.contains(secret))
        .collect();
    assert_eq!(read(&world), expected);
}

// Issue 10, 3
#[test]
fn a_file_that_cannot_be_replaced_safely_is_left_alone() {
    let (world, other) = (World::new(), World::new());
    let yaml = three(&world, &other);
    let second = world.home.path().join("second");
    let cases: [(&str, &dyn Fn()); 3] = [
        ("hard link", &|| {
            fs::hard_link(path(&world), &second).unwrap();
        }),
        ("read-only", &|| {
            fs::remove_file(&second).unwrap();
            fs::set_permissions(path(&world), fs::Permissions::from_mode(0o400)).unwrap();
        }),
        ("line 3", &|| {
            let flow = yaml.replace("zeta: [1, 2]", "zeta: &z 1");
            write(&world, &flow.replace("# Mine\n", ""));
            let bad = read(&world)
                .replace("zeta: &z 1\n", "")
                .replace("api_url: http", "api_url: &u http");
            fs::set_permissions(path(&world), fs::Permissions::from_mode(0o600)).unwrap();
            fs::write(path(&world), bad).unwrap();
        }),
    ];
    write(&world, &yaml);
    for (words, prepare) in cases {
        fs::set_permissions(path(&world), fs::Permissions::from_mode(0o600)).unwrap();
        prepare();
        let before = (read(&world), fs::metadata(path(&world)).unwrap().ino());
        run(&world, &SCRUB).expect(7).told(words);
        let after = (read(&world), fs::metadata(path(&world)).unwrap().ino());
        assert_eq!(before, after, "{words}");
        assert!(!world.data_dir().join("secrets").exists(), "{words}");
    }
}

// Issue 10, 3
#[test]
fn the_profile_that_the_file_calls_active_stays_the_one_in_use() {
    let one = &["login", "--from-config", "--storage", "file"][..];
    for arguments in [one, &ALL, &SCRUB] {
        let (world, other) = (World::new(), World::new());
        let yaml = three(&world, &other).replace("zeta:", "active_profile: work\nzeta:");
        write(&world, &yaml);
        let before = run(&world, &["whoami", "-o", "json"]).expect(0).json();
        assert_eq!(before["user_id"], other.info().user_id.as_str());
        run(&world, arguments).expect(0);
        for profile in [&[][..], &["-p", "work"]] {
            let who = run(&world, &[&["whoami", "-o", "json"], profile].concat());
            let who = who.expect(0).json();
            assert_eq!(who["user_id"], other.info().user_id.as_str());
            assert_eq!(
                (&who["profile"], &who["storage"]),
                (&"work".into(), &"file".into())
            );
        }
    }
    // A profile that is named is not chosen for later.
    let (world, other) = (World::new(), World::new());
    write(
        &world,
        &three(&world, &other).replace("zeta:", "active_profile: work\nzeta:"),
    );
    run(&world, &[one, &["-p", "ci"]].concat()).expect(0);
    let who = run(&world, &["whoami", "-o", "json"]).expect(0).json();
    assert_eq!(who["storage"], "config");
}

// Issue 10, 3
#[test]
fn two_runs_at_once_both_succeed_and_lose_nothing() {
    let (world, other) = (World::new(), World::new());
    let yaml = three(&world, &other);
    write(&world, &yaml);
    let runs = [(); 2].map(|()| Running::start(&mut scw(&world, &SCRUB)));
    for run in runs {
        run.ended().expect(0);
    }
    assert_eq!(read(&world), without_secrets(&yaml));
    for profile in ["default", "ci", "work"] {
        run(&world, &["whoami", "-p", profile]).expect(0);
    }
}

// Issue 10, 3
#[test]
fn a_link_to_the_file_stays_a_link() {
    let (world, other) = (World::new(), World::new());
    let yaml = three(&world, &other);
    write(&world, &yaml);
    let target = world.home.path().join("dotfiles/scw.yaml");
    fs::create_dir_all(target.parent().unwrap()).unwrap();
    fs::rename(path(&world), &target).unwrap();
    symlink(&target, path(&world)).unwrap();
    run(&world, &SCRUB).expect(0);
    assert_eq!(fs::read_link(path(&world)).unwrap(), target);
    assert_eq!(fs::read_to_string(&target).unwrap(), without_secrets(&yaml));
}

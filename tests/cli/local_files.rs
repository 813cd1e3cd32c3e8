//! Files and variables of this machine that cannot be trusted, read or written.

use std::{
    ffi::OsStr,
    fs,
    os::unix::{ffi::OsStrExt, fs::PermissionsExt},
    path::Path,
    process::Command,
};

use crate::support::{OATHTOOL, Ran, World};

fn run(command: &mut Command) -> Ran {
    Ran::of(command.output().unwrap())
}

fn fifo(path: &Path) {
    let made = Command::new("mkfifo").arg(path).status().unwrap();
    assert!(made.success());
}

// Issue 7, 12
#[test]
fn a_name_below_localhost_is_not_this_machine() {
    let world = World::new();
    let port = world.info().api_url.rsplit(':').next().unwrap().to_owned();
    let url = format!("http://x.localhost:{port}");
    let refused = world.run(&["2fa", "status", "--api-url", &url]).expect(2);
    assert!(refused.stderr.contains("plain http"), "{}", refused.stderr);
    for name in ["SCW_API_URL", "SCW_ACCOUNT_URL"] {
        let mut command = world.command(&["2fa", "status"]);
        command.env(name, &url);
        run(&mut command).expect(2).told(name);
    }
    assert!(world.sandbox.requests().is_empty());
}

// Issue 7, 12
#[test]
fn a_variable_that_is_no_text_is_named_and_counts_as_set() {
    let world = World::logged_in();
    world.switch_on();
    let asked = world.sandbox.requests().len();
    let bad = OsStr::from_bytes(b"secret\xff");
    let status = &["2fa", "status"][..];
    let login = &["login", "--storage", "file", "--no-input"][..];
    for (name, arguments) in [
        ("SCW_PROFILE", status),
        ("SCW_SECRET_KEY", status),
        ("SCW_API_URL", status),
        ("SCW_ACCOUNT_URL", status),
        ("SCW_API", status),
        ("SCW_KEYRING", status),
        ("SCW_EMAIL", login),
        ("SCW_PASSWORD", login),
        ("SCW_ACCESS_KEY", &["2fa", "codes", "list"]),
        ("SCW_OTP", &["2fa", "on", "--renew", "--yes"]),
    ] {
        let mut command = world.command(arguments);
        if name != "SCW_EMAIL" {
            command.env("SCW_EMAIL", "a@example.com");
        }
        command.env(name, bad);
        let refused = run(&mut command).expect(2).told(name);
        assert!(
            !refused.stderr.contains("secret\u{fffd}"),
            "{}",
            refused.stderr
        );
    }
    let asked_more = world.sandbox.requests().len() - asked;
    assert!(asked_more <= 3, "only `2fa on` looks first: {asked_more}");
    assert_eq!(world.two_factor(), "on");
}

// Issue 7, 12
#[test]
fn a_link_that_leads_nowhere_is_left_alone() {
    let world = World::logged_in();
    let link = world.home.path().join("codes.txt");
    std::os::unix::fs::symlink("/mnt/not-mounted/codes.txt", &link).unwrap();
    let usual = world.data_dir().join("backup-codes");
    fs::create_dir_all(&usual).unwrap();
    let usual = usual.join(format!("{}.txt", world.info().user_id));
    let on = ["2fa", "on", "--otp-command", OATHTOOL];
    let named = [&on[..], &["--codes-file", link.to_str().unwrap()]].concat();
    world.run(&named).expect(7).told("a broken link");
    std::os::unix::fs::symlink("/mnt/not-mounted/codes.txt", &usual).unwrap();
    world.run(&on).expect(7).told("a broken link");
    for link in [link, usual] {
        assert!(link.symlink_metadata().unwrap().is_symlink());
    }
    assert_eq!(world.asked("POST", "/mfa-otp"), 0);
}

// Issue 7, 12: that each is synced, `tests/crash/tests/parents.rs` sees.
#[test]
fn new_parent_folders_are_private() {
    let world = World::logged_in();
    let deep = world.home.path().join("a/b/c");
    let file = deep.join("codes.txt");
    let file = file.to_str().unwrap();
    world
        .run(&["2fa", "on", "--otp-command", OATHTOOL, "--codes-file", file])
        .expect(0);
    for folder in deep.ancestors().take(3) {
        assert_eq!(crate::support::mode(folder), 0o700);
    }
}

// Issue 7, 20
#[test]
fn a_fifo_where_a_file_should_be_holds_nothing_up() {
    let world = World::logged_in();
    let path = world.home.path().join("pipe");
    fifo(&path);
    world
        .run(&[
            "2fa",
            "on",
            "--otp-command",
            OATHTOOL,
            "--codes-file",
            path.to_str().unwrap(),
        ])
        .expect(7)
        .told("not a regular file");
    assert_eq!(world.asked("POST", "/mfa-otp"), 0);

    let mut authorities = world.command(&["2fa", "status"]);
    authorities
        .env("SSL_CERT_FILE", &path)
        .env("SCW_API_URL", "https://localhost:9")
        .env("SCW_ACCESS_KEY", &world.info().access_key)
        .env("SCW_SECRET_KEY", &world.info().secret_key);
    run(&mut authorities).expect(7).told("not a regular file");
    let path = path.to_str().unwrap();
    let config = ["login", "--from-config", "--storage=file", "--config", path];
    world.run(&config).expect(7).told("not a regular file");

    let on = world.switch_on();
    let codes = on["backup_codes_file"].as_str().unwrap();
    fs::remove_file(codes).unwrap();
    fifo(Path::new(codes));
    for arguments in [&["2fa", "codes", "list"][..], &["2fa", "codes", "next"]] {
        world.run(arguments).expect(7).told("not a regular file");
    }
    world.run(&["2fa", "status"]).expect(0);
    fs::remove_file(codes).unwrap();

    let asked = world.sandbox.requests().len();
    let record = world.data_dir().join("profiles.toml");
    fs::remove_file(&record).unwrap();
    fifo(&record);
    for arguments in [
        &["whoami"][..],
        &["2fa", "status"],
        &["logout"],
        &["2fa", "codes", "list"],
    ] {
        world.run(arguments).expect(7).told("not a regular file");
    }
    assert_eq!(world.sandbox.requests().len(), asked);
}

// Issue 7, 21
#[test]
fn a_data_folder_that_is_no_text_keeps_everything_and_the_codes_are_printed() {
    let world = World::new();
    let folder = world.home.path().join(OsStr::from_bytes(b"d\xff\xfe"));
    let command = |arguments: &[&str]| {
        let mut command = world.command(arguments);
        command.env("SCW_DATA_DIR", &folder);
        command
    };
    let login = ["login", "--with-token", "--storage", "file"];
    crate::support::run_with_input(&mut command(&login), &world.key_lines()).expect(0);
    for format in ["json", "human"] {
        let on = ["2fa", "on", "--otp-command", OATHTOOL, "-o", format];
        let on = run(&mut command(&on)).expect(0);
        let codes = match format {
            "json" => on.json()["backup_codes"].as_array().unwrap().len(),
            _ => on.stdout.lines().count(),
        };
        assert_eq!(codes, 10, "{}", on.stdout);
        let listed = run(&mut command(&["2fa", "codes", "list"])).expect(0);
        assert_eq!(listed.stdout.lines().count(), 10);
        let path = command(&["2fa", "codes", "path", "-o", format])
            .output()
            .unwrap();
        assert!(path.status.success());
        if format == "human" {
            let path = OsStr::from_bytes(path.stdout.trim_ascii_end());
            assert!(Path::new(path).is_file(), "byte for byte");
        }
        run(&mut command(&["2fa", "status"])).expect(0);
        run(&mut command(&["2fa", "off", "--yes"])).expect(0);
    }
    // A place of one's own that is no text is found again.
    let own = folder.join("own.txt");
    let mut on = command(&["2fa", "on", "--otp-command", OATHTOOL, "--codes-file"]);
    on.arg(&own);
    run(&mut on).expect(0);
    run(&mut command(&["2fa", "codes", "next"])).expect(0);
    assert!(own.exists());
    run(&mut command(&["logout"])).expect(0);
}

/// Makes what a login wrote look like somebody else's.
type Spoil<'a> = &'a dyn Fn(&World) -> std::io::Result<()>;

// Issue 7, 21
#[test]
fn what_others_could_have_written_is_not_believed() {
    let me = rustix::process::geteuid();
    let record = |world: &World| world.data_dir().join("profiles.toml");
    let open = |path: &Path, mode: u32| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    let give_away = |path: &Path| std::os::unix::fs::chown(path, Some(1000), Some(1000));
    let ways: [(&str, Spoil<'_>); 5] = [
        ("chmod go-w", &|world| {
            open(&world.data_dir(), 0o777);
            Ok(())
        }),
        ("chmod go-w", &|world| {
            open(&world.data_dir(), 0o720);
            Ok(())
        }),
        ("chmod go-w", &|world| {
            open(&record(world), 0o606);
            Ok(())
        }),
        ("belongs to another user", &|world| {
            give_away(&record(world))
        }),
        ("belongs to another user", &|world| {
            give_away(&world.data_dir())
        }),
    ];
    for (told, spoil) in ways {
        let world = World::logged_in();
        let asked = world.sandbox.requests().len();
        if let Err(err) = spoil(&world) {
            assert!(!me.is_root(), "{err}");
            continue;
        }
        for arguments in [
            &["2fa", "status"][..],
            &["token"],
            &["logout"],
            &["2fa", "off", "--yes"],
        ] {
            world.run(arguments).expect(7).told(told);
        }
        world
            .run_with_input(
                &["login", "--with-token", "--storage", "file"],
                &world.key_lines(),
            )
            .expect(7);
        assert_eq!(world.sandbox.requests().len(), asked);
    }
}

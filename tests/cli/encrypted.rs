//! `--storage encrypted`: a login on a machine without a keyring.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, path::PathBuf, process::Command};

use rustix::process::Signal;

use crate::support::{
    Ran, World, age_key, files_with, mode,
    running::{Running, until},
};

const PASSPHRASE: &str = "correct horse battery staple";

/// A file below HOME that holds a passphrase, and its path.
fn passphrase_file(world: &World, passphrase: &str) -> String {
    let path = world.home.path().join("passphrase");
    fs::write(&path, format!("{passphrase}\n")).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A world whose login is encrypted with [`PASSPHRASE`], and the file that holds it.
fn encrypted() -> (World, String) {
    let world = World::new();
    let file = passphrase_file(&world, PASSPHRASE);
    let login = ["login", "--with-token", "--storage", "encrypted"];
    let login = [&login[..], &["--passphrase-file", &file]].concat();
    world.run_with_input(&login, &world.key_lines()).expect(0);
    (world, file)
}

/// A key of its own in a file, and its public half.
pub(crate) fn key(world: &World, kind: &str, passphrase: &str) -> (PathBuf, String) {
    if kind == "age" {
        let (path, recipient) = age_key(world);
        return (path.into(), recipient);
    }
    let path = world.home.path().join(format!("key-{kind}"));
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", kind, "-N", passphrase, "-C", "a comment", "-f"])
        .arg(&path)
        .output()
        .unwrap();
    assert!(made.status.success());
    let public = fs::read_to_string(path.with_extension("pub")).unwrap();
    (path, public)
}

/// `age -d`, an implementation that is not ours.
pub(crate) fn age_opens(identity: &Path, file: &Path) -> String {
    let opened = Command::new("age")
        .args(["--decrypt", "--identity"])
        .args([identity, file])
        .output()
        .unwrap();
    assert!(opened.status.success(), "{opened:?}");
    String::from_utf8(opened.stdout).unwrap()
}

// Issue 10, 7
#[test]
fn a_login_is_encrypted_with_a_passphrase_and_every_command_opens_it() {
    let (world, file) = encrypted();
    let secret = world.data_dir().join("secrets/default~1.age");
    assert_eq!(mode(&secret), 0o600);
    assert_eq!(
        files_with(world.home.path(), &world.info().secret_key),
        [] as [PathBuf; 0]
    );
    assert_eq!(
        files_with(&world.data_dir(), PASSPHRASE),
        [] as [PathBuf; 0]
    );

    let ran = world.run(&["token", "--passphrase-file", &file]).expect(0);
    assert_eq!(ran.stdout.trim(), world.info().secret_key);
    let mut command = world.command(&["whoami", "-o", "json"]);
    command.env("SCW_PASSPHRASE_FILE", &file);
    let shown = Ran::of(command.output().unwrap()).expect(0).json();
    assert_eq!(shown["storage"], "encrypted");
    assert_eq!(shown["secret_location"], secret.to_str().unwrap());
    world
        .run(&["2fa", "status", "--passphrase-file", &file])
        .expect(0);
}

// Issue 10, 7
#[test]
fn the_passphrase_comes_from_the_option_then_the_variable_then_systemd() {
    let (world, right) = encrypted();
    let wrong = world.home.path().join("wrong");
    fs::write(&wrong, "wrong").unwrap();
    let wrong = wrong.to_str().unwrap();
    let credentials = world.home.path().join("credentials");
    fs::create_dir(&credentials).unwrap();
    let in_systemd = credentials.join("scw-passphrase");
    let token = |option: Option<&str>, variable: Option<&str>, systemd: &str| {
        let mut command = world.command(&["token"]);
        command.args(
            option
                .into_iter()
                .flat_map(|file| ["--passphrase-file", file]),
        );
        fs::write(&in_systemd, systemd).unwrap();
        command.env("CREDENTIALS_DIRECTORY", &credentials);
        if let Some(file) = variable {
            command.env("SCW_PASSPHRASE_FILE", file);
        }
        Ran::of(command.output().unwrap())
    };
    token(Some(&right), Some(wrong), "wrong").expect(0);
    token(None, Some(&right), "wrong").expect(0);
    token(None, None, PASSPHRASE).expect(0);
    // One newline is cut, and no more than that.
    token(None, None, &format!("{PASSPHRASE}\r\n")).expect(0);
    token(None, None, &format!("{PASSPHRASE}\n\n")).expect(6);
    token(Some(wrong), Some(&right), PASSPHRASE)
        .expect(6)
        .told("the passphrase does not open");
    token(None, Some(wrong), PASSPHRASE).expect(6);
}

// Issue 10, 7
#[test]
fn stdin_and_file_descriptors_and_fifos_hold_the_passphrase() {
    let (world, file) = encrypted();
    world
        .run_with_input(&["token", "--passphrase-file", "-"], PASSPHRASE)
        .expect(0);
    let fifo = world.home.path().join("fifo");
    let made = Command::new("mkfifo").arg(&fifo).status().unwrap();
    assert!(made.success());
    for (script, named) in [
        ("exec \"$0\" \"$@\" 9<\"$PASSPHRASE\"", "/dev/fd/9"),
        (
            "cat \"$PASSPHRASE\" >\"$FIFO\" & exec \"$0\" \"$@\"",
            fifo.to_str().unwrap(),
        ),
    ] {
        let scw = world.command(&["token", "--passphrase-file", named]);
        let mut shell = Command::new("sh");
        shell.args(["-c", script]).arg(scw.get_program());
        shell.args(scw.get_args()).env_clear();
        for (name, value) in scw.get_envs() {
            shell.env(name, value.unwrap());
        }
        shell.env("PASSPHRASE", &file).env("FIFO", &fifo);
        let ran = Ran::of(shell.output().unwrap()).expect(0);
        assert_eq!(ran.stdout.trim(), world.info().secret_key, "{named}");
    }

    // Nobody writes into it: the wait ends when somebody wants it to.
    for arguments in [
        ["token", "--passphrase-file", fifo.to_str().unwrap()],
        ["token", "--identity", fifo.to_str().unwrap()],
    ] {
        let mut command = world.command(&arguments);
        if arguments[1] == "--identity" {
            let (_, public) = key(&world, "age", "");
            let secret = world.data_dir().join("secrets/default~1.age");
            reencrypt(&world, &public, &secret);
        }
        let run = Running::start(&mut command);
        until("it waits for a writer", || {
            let threads = fs::read_dir(format!("/proc/{}/task", run.child.id()));
            threads.unwrap().flatten().any(|thread| {
                let waits = fs::read_to_string(thread.path().join("wchan"));
                waits.is_ok_and(|waits| waits.contains("wait_for_partner"))
            })
        });
        run.signal(Signal::TERM);
        run.ended().expect(130);
    }
}

/// Replaces an encrypted secret by one for another recipient, as `age` writes it.
fn reencrypt(world: &World, public: &str, secret: &Path) {
    let mut age = Command::new("age");
    age.args(["--armor", "--recipient", public, "--output"])
        .arg(secret);
    crate::support::run_with_input(&mut age, &world.info().secret_key).expect(0);
    fs::set_permissions(secret, fs::Permissions::from_mode(0o600)).unwrap();
}

// Issue 10, 7
#[test]
fn without_a_terminal_and_a_passphrase_it_says_what_is_required() {
    let world = World::new();
    let login = ["login", "--with-token", "--storage", "encrypted"];
    let ran = world.run_with_input(&login, &world.key_lines()).expect(2);
    let ran = ran.told("a passphrase is required");
    assert!(ran.stderr.contains("`--passphrase-file`"), "{}", ran.stderr);
    let empty = passphrase_file(&world, "");
    let with_empty = [&login[..], &["--passphrase-file", &empty]].concat();
    world
        .run_with_input(&with_empty, &world.key_lines())
        .expect(2)
        .told("the file with the passphrase is empty");
    // stdin has one value only.
    let both = [&login[..], &["--passphrase-file", "-"]].concat();
    world
        .run_with_input(&both, &world.key_lines())
        .expect(2)
        .told("it was read for something else already");
    assert!(world.sandbox.requests().is_empty());

    let (world, _) = encrypted();
    let asked = world.sandbox.requests().len();
    for command in [
        &["token"][..],
        &["whoami"],
        &["2fa", "status"],
        &["2fa", "off", "--yes"],
    ] {
        let ran = world.run(command).expect(2).told("default~1.age");
        assert!(ran.stderr.contains("`--passphrase-file`"), "{}", ran.stderr);
    }
    // These need no secret, so nothing is asked.
    world.run(&["token", "--access-key"]).expect(0);
    world.run(&["--help"]).expect(0);
    assert_eq!(world.sandbox.requests().len(), asked);
}

// Issue 10, 7
#[test]
fn age_and_ssh_keys_encrypt_a_login_and_another_implementation_opens_it() {
    for kind in ["age", "ed25519", "rsa"] {
        let world = World::new();
        let (identity, _) = key(&world, kind, "");
        let named = identity.to_str().unwrap();
        let login = [
            "login",
            "--with-token",
            "--storage",
            "encrypted",
            "--identity",
            named,
        ];
        world.run_with_input(&login, &world.key_lines()).expect(0);
        let secret = world.data_dir().join("secrets/default~1.age");
        assert_eq!(
            age_opens(&identity, &secret),
            world.info().secret_key,
            "{kind}"
        );
        let mut command = world.command(&["token"]);
        command.env("SCW_IDENTITY_FILE", &identity);
        let ran = Ran::of(command.output().unwrap()).expect(0);
        assert_eq!(ran.stdout.trim(), world.info().secret_key);
    }
}

// Issue 10, 7
#[test]
fn a_key_with_a_passphrase_is_opened_with_the_passphrase_that_was_given() {
    let world = World::new();
    let (identity, _) = key(&world, "ed25519", PASSPHRASE);
    let file = passphrase_file(&world, PASSPHRASE);
    let named = identity.to_str().unwrap();
    let login = [
        "login",
        "--with-token",
        "--storage",
        "encrypted",
        "--identity",
        named,
    ];
    world
        .run_with_input(&login, &world.key_lines())
        .expect(2)
        .told("the passphrase of the identity is required");
    let given = [&login[..], &["--passphrase-file", &file]].concat();
    world.run_with_input(&given, &world.key_lines()).expect(0);
    world
        .run(&["token", "--identity", named, "--passphrase-file", &file])
        .expect(0);
    let wrong = passphrase_file(&world, "wrong");
    world
        .run(&["token", "--identity", named, "--passphrase-file", &wrong])
        .expect(6)
        .told("the passphrase does not open the identity");
}

// Issue 10, 7
#[test]
fn what_does_not_fit_and_what_is_damaged_is_told() {
    let (world, file) = encrypted();
    let (identity, _) = key(&world, "age", "");
    let identity = identity.to_str().unwrap();
    world
        .run(&["token", "--identity", identity])
        .expect(2)
        .told("encrypted with a passphrase, so the identity does not open it");
    // Both are given: what the file needs is used.
    world
        .run(&["token", "--identity", identity, "--passphrase-file", &file])
        .expect(0);

    let secret = world.data_dir().join("secrets/default~1.age");
    let (_, public) = key(&world, "ed25519", "");
    reencrypt(&world, public.trim(), &secret);
    world
        .run(&["token", "--identity", identity])
        .expect(6)
        .told("the identity does not open");
    world
        .run(&["token", "--passphrase-file", &file])
        .expect(2)
        .told("for an age or SSH key, so the passphrase does not open it");
    let no_key = passphrase_file(&world, "no key");
    world
        .run(&["token", "--identity", &no_key])
        .expect(7)
        .told("an identity is a file with age keys");

    let content = fs::read(&secret).unwrap();
    fs::write(&secret, &content[..content.len() / 2]).unwrap();
    world
        .run(&["token", "--identity", identity])
        .expect(7)
        .told("is damaged");
    fs::remove_file(&secret).unwrap();
    world
        .run(&["token", "--identity", identity])
        .expect(3)
        .told("missing from the encrypted file");
}

// Issue 10, 7
#[test]
fn a_logout_deletes_the_key_of_an_encrypted_login_and_keeps_it_without_the_passphrase() {
    let world = World::new();
    let file = passphrase_file(&world, PASSPHRASE);
    let secret = world.data_dir().join("secrets/default~1.age");
    let log_in = || {
        let mut login = world.person("iam", &["login", "--storage", "encrypted"]);
        login.args(["--passphrase-file", &file]);
        Ran::of(login.output().unwrap()).expect(0);
    };
    log_in();
    assert_eq!(world.new_keys().len(), 1);
    let ran = world.run(&["logout"]).expect(2).told("a passphrase for");
    assert!(
        ran.stderr.contains("`scw logout --keep-key`"),
        "{}",
        ran.stderr
    );
    assert!(secret.exists() && world.new_keys().len() == 1);
    world.run(&["logout", "--passphrase-file", &file]).expect(0);
    assert!(!secret.exists() && world.new_keys().is_empty());

    log_in();
    world.run(&["logout", "--keep-key"]).expect(0);
    assert!(!secret.exists() && world.new_keys().len() == 1);
}

// Issue 10, 7
#[test]
fn a_new_login_replaces_an_encrypted_one_and_deletes_its_key() {
    let world = World::new();
    let file = passphrase_file(&world, PASSPHRASE);
    for _ in 0..3 {
        let mut login = world.person("iam", &["login", "--storage", "encrypted"]);
        login.args(["--passphrase-file", &file]);
        Ran::of(login.output().unwrap()).expect(0);
        assert_eq!(world.new_keys().len(), 1);
        let secrets = fs::read_dir(world.data_dir().join("secrets")).unwrap();
        assert_eq!(secrets.count(), 1);
    }
    world.run(&["whoami", "--passphrase-file", &file]).expect(0);
}

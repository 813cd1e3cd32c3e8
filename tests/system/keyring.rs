//! A real Secret Service: gnome-keyring in a D-Bus session of its own, `secret-tool` as the
//! independent witness.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use crate::support::{OATHTOOL, Ran, World, files_with, run_with_input};

/// Waits until the service has its name on the bus: without it, half of the runs fail.
const START: &str = "
printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
until gdbus call --session --dest org.freedesktop.DBus --object-path /org/freedesktop/DBus \
    --method org.freedesktop.DBus.NameHasOwner org.freedesktop.secrets | grep -q true; do :; done
";

/// Stops the daemon until the script ends.
const STOP: &str = "pid=$(gdbus call --session --dest org.freedesktop.DBus \
    --object-path /org/freedesktop/DBus \
    --method org.freedesktop.DBus.GetConnectionUnixProcessID org.freedesktop.secrets |
    tr -dc '0-9 ' | awk '{print $NF}')
kill -STOP $pid; trap 'kill -CONT $pid' EXIT
";

/// Locks the collection that the daemon unlocked.
const LOCK: &str = "gdbus call --session --dest org.freedesktop.secrets \
    --object-path /org/freedesktop/secrets --method org.freedesktop.Secret.Service.Lock \
    \"['/org/freedesktop/secrets/collection/login']\" >/dev/null\n";

/// Runs a shell script inside a fresh D-Bus session, `scw` first in its `PATH`.
fn session(world: &World, configuration: Option<PathBuf>, script: &str) -> Ran {
    let runtime = world.home.path().join("run");
    fs::create_dir_all(&runtime).unwrap();
    fs::set_permissions(&runtime, fs::Permissions::from_mode(0o700)).unwrap();
    let scw = world.command(&[]);
    let folder = PathBuf::from(scw.get_program());
    let path = format!(
        "{}:{}",
        folder.parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    let mut command = Command::new("dbus-run-session");
    if let Some(file) = configuration {
        command.arg(format!("--config-file={}", file.display()));
    }
    command.args(["--", "sh", "-euc", script]).env_clear();
    for (name, value) in scw.get_envs() {
        command.env(name, value.unwrap());
    }
    command
        .env("PATH", path)
        .env("XDG_RUNTIME_DIR", &runtime)
        .env("LINES_WITH_KEY", world.key_lines())
        .env("SECRET", &world.info().secret_key);
    run_with_input(&mut command, "")
}

const LOGIN: &str = "printf '%s' \"$LINES_WITH_KEY\" | scw login --with-token\n";

#[test]
fn the_token_lives_in_the_keyring_and_nowhere_else() {
    let world = World::new();
    let script = format!(
        "{START}{LOGIN}
secret-tool lookup service scw username default; echo
scw -D whoami -o json
scw -D 2fa on --otp-command '{OATHTOOL}' -q >/dev/null
scw token
scw logout
secret-tool lookup service scw username default && echo still there || echo gone
scw whoami || echo \"code $?\""
    );
    let ran = session(&world, None, &script).expect(0);
    let secret = &world.info().secret_key;
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines[0], secret, "secret-tool sees it");
    assert!(
        lines[1].contains("\"storage\":\"keyring\""),
        "{}",
        ran.stdout
    );
    assert_eq!(lines[2..], [secret.as_str(), "gone", "code 3"]);
    assert!(!ran.stderr.contains(secret.as_str()), "{}", ran.stderr);
    let found = files_with(world.home.path(), secret);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_locked_keyring_is_told_as_such() {
    let world = World::new();
    let script = format!("{START}{LOGIN}{LOCK}scw 2fa status");
    let ran = session(&world, None, &script).expect(6);
    assert!(
        ran.stderr.contains("the keyring is locked"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("hint: unlock"), "{}", ran.stderr);
}

#[test]
fn a_stopped_service_does_not_hang_the_command() {
    let world = World::new();
    let script = format!("{START}{LOGIN}{STOP}scw 2fa status || exit $?");
    let began = Instant::now();
    let ran = session(&world, None, &script).expect(6);
    assert!(ran.stderr.contains("did not answer"), "{}", ran.stderr);
    // The contract's bound, not a measurement.
    assert!(
        began.elapsed() < Duration::from_secs(15),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn a_bus_without_a_service_and_no_bus_at_all_are_told_apart() {
    let world = World::new();
    let file = world.home.path().join("bus.conf");
    fs::write(
        &file,
        r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/>
<allow eavesdrop="true"/><allow own="*"/></policy></busconfig>"#,
    )
    .unwrap();
    let ran = session(&world, Some(file), LOGIN).expect(6);
    assert!(
        ran.stderr.contains("no keyring service is running"),
        "{}",
        ran.stderr
    );

    let ran = world
        .run_with_input(&["login", "--with-token"], &world.key_lines())
        .expect(6);
    assert!(
        ran.stderr.contains("there is no D-Bus session bus"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("--storage encrypted"), "{}", ran.stderr);
    world.run(&["whoami"]).expect(3).told("not logged in");
}

#[test]
fn a_service_without_a_collection_and_an_entry_that_is_gone_are_told() {
    let world = World::new();
    let start = START.replace(
        "printf pw | gnome-keyring-daemon --unlock",
        "gnome-keyring-daemon --start </dev/null",
    );
    let ran = session(&world, None, &format!("{start}{LOGIN}")).expect(6);
    assert!(
        ran.stderr.contains("no default collection"),
        "{}",
        ran.stderr
    );

    let world = World::new();
    let script =
        format!("{START}{LOGIN}secret-tool clear service scw username default; scw whoami");
    let ran = session(&world, None, &script).expect(3);
    assert!(
        ran.stderr.contains("is missing from the keyring"),
        "{}",
        ran.stderr
    );
}

#[test]
fn two_profiles_keep_two_secrets() {
    let world = World::new();
    let script = format!(
        "{START}{LOGIN}printf '%s' \"$LINES_WITH_KEY\" | scw login --with-token -p work
scw logout
secret-tool lookup service scw username work; echo
SCW_PROFILE=work scw whoami >/dev/null"
    );
    let ran = session(&world, None, &script).expect(0);
    assert_eq!(ran.stdout.trim(), world.info().secret_key);
}

// Issue 7, 20
#[test]
fn ctrl_c_ends_a_wait_for_the_keyring_at_once() {
    let world = World::new();
    let script = format!(
        "{START}{LOGIN}{STOP}scw 2fa status & scw=$!
# Until it listens for SIGTERM (bit 14 of the caught signals, proc(5)).
until [ $((0x$(awk '/^SigCgt/ {{print $2}}' /proc/$scw/status) & 0x4000)) != 0 ]; do :; done
kill -TERM $scw; wait $scw || exit $?"
    );
    let began = Instant::now();
    session(&world, None, &script).expect(130);
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
}

// Issue 9, 4
#[test]
fn the_entry_has_a_label_that_says_what_it_is_and_whoami_names_it() {
    let world = World::new();
    let script = format!(
        "{START}{LOGIN}secret-tool search service scw username default 2>/dev/null | grep label
scw whoami | grep '^secret key'"
    );
    let ran = session(&world, None, &script).expect(0);
    let label = "Scaleway API key (profile default)";
    assert_eq!(
        ran.stdout,
        format!("label = {label}\nsecret key    keyring: {label}\n")
    );
    let told = format!("The secret key is in the keyring as \"{label}\"");
    assert!(ran.stderr.contains(&told), "{}", ran.stderr);
}

// Issue 10, 3
#[test]
fn every_profile_of_the_official_file_is_moved_into_the_keyring() {
    let world = World::new();
    let info = world.info();
    let yaml = format!(
        "# Mine\naccess_key: {}\nsecret_key: {}\napi_url: {}\nprofiles:\n  work:\n    secret_key: '{}'\n    default_zone: x\n  ci:\n    default_region: y\n",
        info.access_key, info.secret_key, info.api_url, info.secret_key
    );
    let folder = world.home.path().join(".config/scw");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("config.yaml"), &yaml).unwrap();
    let script = format!(
        "{START}scw login --from-config --all --scrub
for profile in default work ci; do
    secret-tool lookup service scw username $profile; echo
    scw whoami -p $profile >/dev/null
    scw token -p $profile
done"
    );
    let ran = session(&world, None, &script).expect(0);
    assert_eq!(ran.stdout.lines().count(), 6, "{}", ran.stdout);
    for line in ran.stdout.lines() {
        assert_eq!(line, info.secret_key);
    }
    let found = files_with(world.home.path(), &info.secret_key);
    assert!(found.is_empty(), "{found:?}");
    let kept: String = yaml
        .split_inclusive('\n')
        .filter(|line| !line.contains("secret_key"))
        .collect();
    assert_eq!(
        fs::read_to_string(folder.join("config.yaml")).unwrap(),
        kept
    );
}

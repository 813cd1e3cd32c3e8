//! A D-Bus session of its own with a real keyring in it.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf, process::Command};

use crate::support::{Ran, World, run_with_input};

/// Unlocks a GNOME keyring. Waits until the service has its name on the bus: without it, half of the
/// runs fail.
pub(crate) const START: &str = "
printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
until gdbus call --session --dest org.freedesktop.DBus --object-path /org/freedesktop/DBus \
    --method org.freedesktop.DBus.NameHasOwner org.freedesktop.secrets | grep -q true; do :; done
";

/// Stops the daemon until the script ends.
pub(crate) const STOP: &str = "pid=$(gdbus call --session --dest org.freedesktop.DBus \
    --object-path /org/freedesktop/DBus \
    --method org.freedesktop.DBus.GetConnectionUnixProcessID org.freedesktop.secrets |
    tr -dc '0-9 ' | awk '{print $NF}')
kill -STOP $pid; trap 'kill -CONT $pid' EXIT
";

/// Locks the collection that the daemon unlocked.
pub(crate) const LOCK: &str = "gdbus call --session --dest org.freedesktop.secrets \
    --object-path /org/freedesktop/secrets --method org.freedesktop.Secret.Service.Lock \
    \"['/org/freedesktop/secrets/collection/login']\" >/dev/null\n";

/// Logs in with the key of the world, its secret in the keyring.
pub(crate) const LOGIN: &str = "printf '%s' \"$LINES_WITH_KEY\" | scw login --with-token\n";

/// Runs a shell script inside a fresh D-Bus session, `scw` first in its `PATH`.
pub(crate) fn session(world: &World, configuration: Option<PathBuf>, script: &str) -> Ran {
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

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

/// Starts `KeePassXC` with a database that it lends to other programs: the group to lend is named by the
/// database, and the window is drawn nowhere.
pub(crate) const KEEPASSXC: &str = r#"
mkdir -p "$HOME/.config/keepassxc" "$TMPDIR"
cat >"$HOME/db.xml" <<'END'
<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<KeePassFile><Meta><CustomData><Item><Key>FDO_SECRETS_EXPOSED_GROUP</Key>
<Value>{d5416cb3-281e-49be-97f0-861c5afa78b4}</Value></Item></CustomData></Meta>
<Root><Group><UUID>1UFssygeSb6X8IYcWvp4tA==</UUID><Name>Passwords</Name></Group></Root></KeePassFile>
END
rm -f "$HOME/db.kdbx"
printf 'pw\npw\n' | keepassxc-cli import -p "$HOME/db.xml" "$HOME/db.kdbx" >/dev/null 2>&1
cat >"$HOME/.config/keepassxc/keepassxc.ini" <<'END'
[General]
ConfigVersion=2
UpdateCheckMessageShown=true
[GUI]
CheckForUpdates=false
[FdoSecrets]
Enabled=true
ConfirmAccessItem=false
ConfirmDeleteItem=false
END
printf 'pw\n' | keepassxc --pw-stdin "$HOME/db.kdbx" >/dev/null 2>&1 &
keepassxc=$!
trap 'kill -9 $keepassxc' EXIT
call() { gdbus call --session --dest "$@" 2>/dev/null; }
until call org.freedesktop.DBus --object-path /org/freedesktop/DBus \
    --method org.freedesktop.DBus.NameHasOwner org.freedesktop.secrets | grep -q true; do :; done
until call org.freedesktop.secrets --object-path /org/freedesktop/secrets/collection/db \
    --method org.freedesktop.DBus.Properties.Get org.freedesktop.Secret.Collection Locked |
    grep -q false; do :; done
"#;

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

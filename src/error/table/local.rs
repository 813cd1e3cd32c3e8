//! The errors of this machine: stores, files, settings, other programs.

use std::{io, path::PathBuf, time::Duration};

use super::{Row, text};
use crate::{
    config::ConfigError,
    env::NotUtf8,
    error::CliError,
    fsutil::FileError,
    model::Invalid,
    process::{OfficialError, ProcessError},
    store::{Lock, StoreError},
};

pub(super) fn stores() -> Vec<Row> {
    let file =
        "run `scw login --storage encrypted` to keep the secret key in an encrypted file instead";
    rows! { StoreError:
        StoreError::NotFound => StoreError::NotFound,
            "no secret key is stored for this profile",
            ["log in with `scw login` (in a script: `scw login --with-token`)"];
        StoreError::NoBus(_) => StoreError::NoBus(text("no address")),
            "could not reach the keyring: there is no D-Bus session bus (no address)",
            [file, "or start a session bus: `dbus-run-session -- bash`"];
        StoreError::NoService(_) => StoreError::NoService(text("ServiceUnknown")),
            "could not reach the keyring: no keyring service is running (ServiceUnknown)",
            [file, "or install and start a keyring: gnome-keyring, KWallet or KeePassXC"];
        StoreError::Locked(_) => StoreError::Locked(text("dismissed")),
            "the keyring is locked (dismissed)",
            ["unlock the keyring in your desktop session, then try again",
             "without a desktop session, run `scw login --storage encrypted` to keep the secret key in an encrypted file instead"];
        StoreError::NoCollection(_) => StoreError::NoCollection(text("no alias")),
            "the keyring has no default collection (no alias)",
            [file, "or create a default keyring, for example with Seahorse"];
        StoreError::TimedOut(_) => StoreError::TimedOut(Duration::from_secs(6)),
            "the keyring did not answer within 6 s",
            ["check whether the keyring asks for its password in a window, then try again",
             "or run `scw login --storage encrypted` to keep the secret key in an encrypted file instead"];
        StoreError::Interrupted => StoreError::Interrupted, "Cancelled.", [];
        StoreError::Failed(_) => StoreError::Failed(text("broken pipe")),
            "the keyring failed: broken pipe",
            ["try again",
             "if it fails again, run `scw login --storage encrypted` to keep the secret key in an encrypted file instead"];
        StoreError::File(_) => StoreError::File(FileError::ReadBack { path: PathBuf::from("/f") }),
            "/f does not contain what scw wrote to it",
            ["check the disk, or choose another place"];
        StoreError::BadCodesFile { .. } =>
            StoreError::BadCodesFile { path: PathBuf::from("/codes"), line: 3 },
            "line 3 of /codes is malformed", ["open the file and fix or remove that line"];
        StoreError::Encrypted { with: Lock::Passphrase, .. } =>
            StoreError::Encrypted { path: PathBuf::from("/f.age"), with: Lock::Passphrase },
            "/f.age is encrypted with a passphrase",
            ["use `--passphrase-file` or `SCW_PASSPHRASE_FILE`"];
        StoreError::Encrypted { with: Lock::Key, .. } =>
            StoreError::Encrypted { path: PathBuf::from("/f.age"), with: Lock::Key },
            "/f.age is encrypted for an age or SSH key",
            ["use `--identity` or `SCW_IDENTITY_FILE`"];
        StoreError::Unopened { with: Lock::Passphrase, .. } =>
            StoreError::Unopened { path: PathBuf::from("/f.age"), with: Lock::Passphrase },
            "the passphrase does not open /f.age",
            ["check the passphrase, then try again"];
        StoreError::Unopened { with: Lock::Key, .. } =>
            StoreError::Unopened { path: PathBuf::from("/f.age"), with: Lock::Key },
            "the identity does not open /f.age",
            ["give the key that the file is encrypted for: `--identity` or `SCW_IDENTITY_FILE`"];
        StoreError::Damaged(_) => StoreError::Damaged(PathBuf::from("/f.age")),
            "/f.age is damaged: scw cannot decrypt it",
            ["restore the file from a copy", "if it holds a secret key, run `scw login`"];
    }
}

pub(super) fn files() -> Vec<Row> {
    let path = || PathBuf::from("/f");
    let io = |kind: io::ErrorKind| FileError::Io {
        what: "could not write",
        path: path(),
        source: kind.into(),
    };
    let full = FileError::Io {
        what: "could not write",
        path: path(),
        source: io::ErrorKind::StorageFull.into(),
    };
    let mut rows = rows! { FileError:
        FileError::Io { .. } => io(io::ErrorKind::PermissionDenied),
            "could not write /f: permission denied",
            ["make /f writable for you, or choose another place"];
        FileError::NoHome => FileError::NoHome,
            "could not find your home folder", ["run `export HOME=FOLDER` with your home folder"];
        FileError::InTheWay { .. } => FileError::InTheWay { path: path(), what: "a broken link" },
            "/f is a broken link; scw did not change it", ["choose another file"];
        FileError::Exposed { .. } => FileError::Exposed { path: path(), mode: 0o644 },
            "other users of this machine can read /f (mode 0644)", ["run `chmod 600 /f`"];
        FileError::Untrusted { .. } =>
            FileError::Untrusted { path: path(), why: "it belongs to another user", fix: text("fix") },
            "/f is not safe to use: it belongs to another user", ["fix"];
        FileError::NotReplaced { .. } => FileError::NotReplaced {
                path: path(), why: "it is read-only", fix: text("run `chmod u+w /f`") },
            "scw did not change /f: it is read-only", ["run `chmod u+w /f`"];
        FileError::Taken { .. } => FileError::Taken { path: path(), why: "it is not empty" },
            "scw did not write to /f: it is not empty", ["choose a folder that does not exist yet"];
        FileError::ReadBack { .. } => FileError::ReadBack { path: path() },
            "/f does not contain what scw wrote to it",
            ["check the disk, or choose another place"];
        FileError::TooLarge { .. } => FileError::TooLarge { path: path() },
            "/f is larger than 1 MiB", ["check that this is the right file"];
        FileError::Busy { pid: Some(_), .. } =>
            FileError::Busy { what: text("the backup codes"), pid: Some(7) },
            "another scw (process 7) is using the backup codes",
            ["wait until it ends, or stop it with `kill 7`"];
        FileError::Busy { pid: None, .. } =>
            FileError::Busy { what: text("the backup codes"), pid: None },
            "another scw is using the backup codes", ["wait until it ends, then try again"];
    };
    rows.push((
        full.into(),
        "could not write /f: no storage space",
        vec!["free some space on the disk that holds /f"],
    ));
    rows
}

pub(super) fn settings() -> Vec<Row> {
    let invalid = || Invalid(text("an API is `iam` or `account`"));
    let help = "run the command with `--help` to see what it accepts";
    rows! { ConfigError:
        ConfigError::Invalid(_) => ConfigError::Invalid(invalid()),
            "an API is `iam` or `account`", [help];
        ConfigError::File(_) => ConfigError::File(FileError::TooLarge { path: PathBuf::from("/f") }),
            "/f is larger than 1 MiB", ["check that this is the right file"];
        ConfigError::Variable(_) => ConfigError::Variable(NotUtf8("SCW_API")),
            "`SCW_API` is not valid UTF-8", ["fix or unset `SCW_API`"];
        ConfigError::Setting { .. } =>
            ConfigError::Setting { place: text("SCW_API"), source: invalid() },
            "SCW_API: an API is `iam` or `account`", ["fix or unset SCW_API"];
        ConfigError::NotScrubbed { .. } =>
            ConfigError::NotScrubbed { path: PathBuf::from("/c.yaml"), line: Some(3), why: "it has a tab" },
            "could not remove the secret keys from /c.yaml (line 3): it has a tab. Nothing changed.",
            ["fix /c.yaml in an editor, then run the command again"];
        ConfigError::Malformed { .. } =>
            ConfigError::Malformed { path: PathBuf::from("/c.yaml"), at: Some((3, 5)) },
            "could not parse /c.yaml (line 3, column 5)", ["fix /c.yaml or move it away"];
    }
}

pub(super) fn official_client() -> Vec<Row> {
    let path = || PathBuf::from("/opt/scw");
    rows! { OfficialError:
        OfficialError::Unusable { .. } =>
            OfficialError::Unusable { path: path(), reason: "it does not exist" },
            "could not use /opt/scw, which `SCW_OFFICIAL` names: it does not exist",
            ["set `SCW_OFFICIAL` to the file of the official client, or unset it"];
        OfficialError::Loop { .. } => OfficialError::Loop { path: path(), depth: 4 },
            "could not hand the command over: /opt/scw leads back to this program (`SCW_HANDOVER_DEPTH` is 4)",
            ["set `SCW_OFFICIAL` to the file of the official client itself"];
        OfficialError::NotRun { .. } =>
            OfficialError::NotRun { path: path(), source: io::ErrorKind::NotFound.into() },
            "could not run the official client, /opt/scw: entity not found",
            ["check that file, or set `SCW_OFFICIAL` to another one"];
    }
}

pub(super) fn processes() -> Vec<Row> {
    let by_hand = "run the command by hand: it has to print a code on its first line";
    let failed = || std::process::Command::new("false").status().unwrap();
    rows! { ProcessError:
        ProcessError::Start(_) => ProcessError::Start(io::ErrorKind::NotFound.into()),
            "could not start the one-time password command: entity not found",
            ["check that the shell `sh` is installed"];
        ProcessError::Talk(_) => ProcessError::Talk(io::ErrorKind::BrokenPipe.into()),
            "could not read the output of the one-time password command: broken pipe", [by_hand];
        ProcessError::Failed(_) => ProcessError::Failed(failed()),
            "the one-time password command failed (exit status: 1)", [by_hand];
        ProcessError::NoCode => ProcessError::NoCode,
            "the one-time password command printed no code", [by_hand];
    }
}

//! Every kind of error with its message and its hints, as a user sees them.
//!
//! The tables do not compile where a variant is missing.

use std::{io, path::PathBuf, time::Duration};

use super::{CliError, Kind};
use crate::{
    api::{ApiError, CallbackError},
    config::ConfigError,
    env::NotUtf8,
    fsutil::FileError,
    model::{Dialect, Invalid},
    process::{OfficialError, ProcessError},
    store::{Lock, StoreError},
    ui::PromptError,
};

/// A row: the error, its message, its hints.
type Row = (CliError, &'static str, Vec<&'static str>);

/// The rows of one error type. Its patterns have to cover every variant.
macro_rules! rows {
    ($type:ty: $($pattern:pat => $sample:expr, $message:expr, [$($hint:expr),*];)+) => {{
        let _exhaustive = |err: &$type| match err { $($pattern => {})+ };
        vec![$({
            let sample: $type = $sample;
            assert!(matches!(sample, $pattern), "the sample of {}", stringify!($pattern));
            (CliError::from(sample), $message, vec![$($hint),*])
        }),+]
    }};
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn refused_by_api() -> Vec<Row> {
    let login = "log in with `scw login` (in a script: `scw login --with-token`)";
    let debug = "run the command again with `--debug` to see the requests";
    rows! { ApiError:
        ApiError::Authentication { reason: Some(_), .. } =>
            ApiError::Authentication { reason: Some(text("it has expired")), gone: true },
            "the API rejected the key: it has expired", [login];
        ApiError::Authentication { reason: None, .. } =>
            ApiError::Authentication { reason: None, gone: false },
            "the API rejected the key (it gave no reason)", [login];
        ApiError::WrongPassword => ApiError::WrongPassword,
            "wrong email or password",
            ["run the command again; with single sign-on, run `scw login --web`"];
        ApiError::NoPasswordLogin { .. } =>
            ApiError::NoPasswordLogin { reason: Some(text("it asks for a captcha")) },
            "the service refused the password login: it asks for a captcha",
            ["log in with `scw login --web`"];
        ApiError::OtherDialect { answered: Dialect::Iam, .. } =>
            ApiError::OtherDialect { host: text("example.com"), answered: Dialect::Iam },
            "example.com answered with the IAM API",
            ["use `--api iam`, or pass the address of the 2017 API in `--api-url`"];
        ApiError::OtherDialect { answered: Dialect::Account, .. } =>
            ApiError::OtherDialect { host: text("example.com"), answered: Dialect::Account },
            "example.com answered with the 2017 account API",
            ["use `--api account`, or pass the address of the IAM API in `--api-url`"];
        ApiError::Denied { message: Some(_) } =>
            ApiError::Denied { message: Some(text("delete api_key")) },
            "permission denied by the API: delete api_key",
            ["ask an administrator of the organization for the permission"];
        ApiError::Denied { message: None } => ApiError::Denied { message: None },
            "permission denied by the API (it gave no reason)",
            ["ask an administrator of the organization for the permission"];
        ApiError::Locked => ApiError::Locked,
            "the account is locked",
            ["ask an administrator of the organization to unlock the account"];
        ApiError::WrongCode => ApiError::WrongCode,
            "the code is wrong, expired or already used",
            ["try a new code; if it is wrong too, set the clock of your phone to automatic"];
        ApiError::NotFound { .. } =>
            ApiError::NotFound { resource: text("user"), message: None, named: true },
            "the API found no such user",
            ["check the id, and the organization of your key"];
        ApiError::Precondition { .. } =>
            ApiError::Precondition { message: Some(text("already enabled")), transient: false },
            "the account does not allow this in its current state: already enabled", [debug];
        ApiError::Arguments { .. } => ApiError::Arguments { message: Some(text("name: too long")) },
            "the API rejected the request: name: too long", [debug];
        ApiError::ForeignSession => ApiError::ForeignSession,
            "the browser sent the session of another user",
            ["try again; if it happens again, somebody may be tampering with your login"];
        ApiError::OwnerUnknown => ApiError::OwnerUnknown,
            "the access key of this secret key is missing",
            ["pass it with `--access-key` or in `SCW_ACCESS_KEY`",
             "with a token of the 2017 API, use `--api account` and no access key"];
        ApiError::NoPasskeys => ApiError::NoPasskeys,
            "the 2017 API does not support passkeys", ["use `--api iam`"];
        ApiError::NoNewKey => ApiError::NoNewKey,
            "the 2017 API makes a token for a password only",
            ["log in again with `scw login`: it replaces the token"];
        ApiError::Application => ApiError::Application,
            "the key belongs to an application, not to a user",
            ["use the API key of a user; an application has no second factor"];
        ApiError::Connect { .. }
        | ApiError::Garbage { .. }
        | ApiError::Redirect { .. }
        | ApiError::Failing { .. }
        | ApiError::Throttled { .. }
        | ApiError::Certificates { .. } =>
            ApiError::Throttled { host: text("example.com"), wait: None },
            "example.com got too many requests", ["wait, then try again"];
    }
}

fn unreachable_api() -> Vec<Row> {
    let host = || text("example.com");
    let answers = "check `--api-url` and `SCW_API_URL`; a proxy or a login page may answer instead of the API";
    vec![
        (
            ApiError::Connect {
                host: host(),
                reason: text("connection refused"),
                sent: false,
                source: "cause".into(),
            }
            .into(),
            "could not reach example.com: connection refused",
            vec!["check your network, the proxy (`HTTPS_PROXY`) and `--api-url`, then try again"],
        ),
        (
            ApiError::Garbage {
                host: host(),
                reason: text("a body that is not JSON"),
            }
            .into(),
            "example.com sent an unexpected answer: a body that is not JSON",
            vec![answers],
        ),
        (
            ApiError::Redirect {
                host: host(),
                to: Some(text("https://portal.example")),
            }
            .into(),
            "example.com redirected to https://portal.example; scw did not send the key there",
            vec![answers],
        ),
        (
            ApiError::Failing {
                host: host(),
                status: 503,
                message: Some(text("maintenance")),
                request_id: text("r1"),
            }
            .into(),
            "example.com failed with status 503: maintenance (request id r1)",
            vec!["try again later; if it keeps failing, give the request id to Scaleway support"],
        ),
        (
            ApiError::Throttled {
                host: host(),
                wait: Some(Duration::from_secs(60)),
            }
            .into(),
            "example.com got too many requests (retry in 60 s)",
            vec!["wait, then try again"],
        ),
        (
            ApiError::Certificates {
                reason: text("no certificate in it"),
                source: "cause".into(),
            }
            .into(),
            "could not load the certificate authorities: no certificate in it",
            vec!["fix or unset `SSL_CERT_FILE`"],
        ),
    ]
}

fn stores() -> Vec<Row> {
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

fn files() -> Vec<Row> {
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

fn settings() -> Vec<Row> {
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
        ConfigError::NoHome => ConfigError::NoHome,
            "could not find your home folder", ["set `HOME` or `SCW_DATA_DIR` to a folder"];
        ConfigError::NotScrubbed { .. } =>
            ConfigError::NotScrubbed { path: PathBuf::from("/c.yaml"), line: Some(3), why: "it has a tab" },
            "could not remove the secret keys from /c.yaml (line 3): it has a tab. Nothing changed.",
            ["fix /c.yaml in an editor, then run the command again"];
        ConfigError::Malformed { .. } =>
            ConfigError::Malformed { path: PathBuf::from("/c.yaml"), at: Some((3, 5)) },
            "could not parse /c.yaml (line 3, column 5)", ["fix /c.yaml or move it away"];
    }
}

fn official_client() -> Vec<Row> {
    let path = || PathBuf::from("/opt/scw");
    rows! { OfficialError:
        OfficialError::Unusable { .. } =>
            OfficialError::Unusable { path: path(), reason: "it does not exist" },
            "could not use /opt/scw, which `SCW_OFFICIAL` names: it does not exist",
            ["set `SCW_OFFICIAL` to the file of the official client, or unset it"];
        OfficialError::Loop { .. } => OfficialError::Loop { path: path() },
            "could not hand the command over: /opt/scw leads back to this program (`SCW_HANDOVER_DEPTH` is 4)",
            ["set `SCW_OFFICIAL` to the file of the official client itself"];
        OfficialError::NotRun { .. } =>
            OfficialError::NotRun { path: path(), source: io::ErrorKind::NotFound.into() },
            "could not run the official client, /opt/scw: entity not found",
            ["check that file, or set `SCW_OFFICIAL` to another one"];
    }
}

fn processes() -> Vec<Row> {
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

// Issue 9, 4
#[test]
fn every_error_has_its_message_and_its_hints() {
    for (err, message, hints) in [
        refused_by_api(),
        unreachable_api(),
        stores(),
        files(),
        settings(),
        official_client(),
        processes(),
    ]
    .into_iter()
    .flatten()
    {
        assert_eq!(err.to_string(), message);
        assert_eq!(err.hints(), hints, "{message}");
    }
}

// Issue 9, 4
#[test]
fn a_prompt_and_a_browser_without_an_answer_say_why() {
    for (err, message) in [
        (PromptError::NotATerminal, "this is not a terminal"),
        (PromptError::NoInput, "`--no-input` is set"),
        (PromptError::Interrupted, "interrupted"),
    ] {
        match err {
            PromptError::NotATerminal | PromptError::NoInput | PromptError::Interrupted => {}
        }
        assert_eq!(err.to_string(), message);
    }
    for (err, message) in [
        (
            CallbackError::Listen(io::ErrorKind::PermissionDenied.into()),
            "could not listen on a local port: permission denied",
        ),
        (
            CallbackError::Taken,
            "another program uses every port that scw tried on ::1",
        ),
        (CallbackError::Page(Invalid(text("no path"))), "no path"),
        (
            CallbackError::TimedOut,
            "the browser sent no login within 5 minutes",
        ),
        (
            CallbackError::OpenedTwice,
            "the start page was opened twice; somebody else may have seen it",
        ),
    ] {
        match err {
            CallbackError::Listen(_)
            | CallbackError::Taken
            | CallbackError::Page(_)
            | CallbackError::TimedOut
            | CallbackError::OpenedTwice => {}
        }
        assert_eq!(err.to_string(), message);
    }
}

// Issue 9, 4
#[test]
fn every_kind_has_an_exit_code_and_a_word() {
    for (kind, code, word) in [
        (Kind::Other, 1, "failed"),
        (Kind::Usage, 2, "usage"),
        (Kind::NotLoggedIn, 3, "not_logged_in"),
        (Kind::Refused, 4, "refused"),
        (Kind::Unreachable, 5, "unreachable"),
        (Kind::Keyring, 6, "keyring"),
        (Kind::LocalFile, 7, "local_file"),
        (Kind::WithoutTwoFactor, 8, "without_two_factor"),
        (Kind::Cancelled, 1, "cancelled"),
        (Kind::Interrupted, 130, "interrupted"),
    ] {
        assert_eq!((kind.exit_code(), kind.code()), (code, word));
    }
}

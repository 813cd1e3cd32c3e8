//! Every kind of error with its message and its hints, as a user sees them.
//!
//! The tables do not compile where a variant is missing.

use std::{io, time::Duration};

use super::{CliError, Kind};
use crate::{
    api::{ApiError, CallbackError},
    model::{Dialect, Invalid},
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

mod local;
#[cfg(all(feature = "security-keys", target_os = "linux"))]
mod security_key;

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
        ApiError::NoSignIns => ApiError::NoSignIns,
            "the 2017 API does not list sign-ins", ["use `--api iam`"];
        ApiError::NoMembers => ApiError::NoMembers,
            "the 2017 API does not list the members of an organization", ["use `--api iam`"];
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

// Issue 9, 4
#[test]
fn every_error_has_its_message_and_its_hints() {
    for (err, message, hints) in [
        refused_by_api(),
        unreachable_api(),
        local::stores(),
        local::files(),
        local::settings(),
        local::official_client(),
        local::processes(),
        #[cfg(all(feature = "security-keys", target_os = "linux"))]
        security_key::security_keys(),
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
        (Kind::NotStarted, 126, "command_not_started"),
        (Kind::NotFound, 127, "command_not_found"),
        (Kind::Cancelled, 1, "cancelled"),
        (Kind::Interrupted, 130, "interrupted"),
    ] {
        assert_eq!((kind.exit_code(), kind.code()), (code, word));
    }
}

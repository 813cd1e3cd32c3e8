//! Every environment variable that `scw` reads, and the only reader of them.
//!
//! Names marked "official" are those of scaleway-sdk-go, `scw/env.go` (protocol.md D).
//! `HTTPS_PROXY` and `NO_PROXY` are read by the HTTP library.

use std::{ffi::OsString, path::PathBuf};

use secrecy::SecretString;

/// Identifier of an API key (official).
pub(crate) const ACCESS_KEY: &str = "SCW_ACCESS_KEY";
/// Secret of an API key (official).
pub(crate) const SECRET_KEY: &str = "SCW_SECRET_KEY";
/// Profile to use (official).
pub(crate) const PROFILE: &str = "SCW_PROFILE";
/// Path of the official `config.yaml` (official).
pub(crate) const CONFIG_PATH: &str = "SCW_CONFIG_PATH";
/// Base address of the IAM API (official).
pub(crate) const API_URL: &str = "SCW_API_URL";
/// Base address of the 2017 account API.
pub(crate) const ACCOUNT_URL: &str = "SCW_ACCOUNT_URL";
/// Which API is spoken: `iam` or `account`.
pub(crate) const API: &str = "SCW_API";
/// A one-time password.
pub(crate) const OTP: &str = "SCW_OTP";
/// The email address of a login.
pub(crate) const EMAIL: &str = "SCW_EMAIL";
/// The password of a login.
pub(crate) const PASSWORD: &str = "SCW_PASSWORD";
/// The program that opens web pages, as in many Unix programs.
pub(crate) const BROWSER: &str = "BROWSER";
/// Where the secret of a login is kept: `keyring` or `file`.
pub(crate) const KEYRING: &str = "SCW_KEYRING";
/// Folder for everything `scw` keeps, instead of the platform's data directory.
pub(crate) const DATA_DIR: &str = "SCW_DATA_DIR";
/// File of additional certificate authorities, in PEM.
pub(crate) const SSL_CERT_FILE: &str = "SSL_CERT_FILE";

/// A variable that holds no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not valid UTF-8")]
pub(crate) struct NotUtf8(pub &'static str);

/// The value of a variable; an empty one counts as not set.
///
/// # Errors
/// [`NotUtf8`]: a value that is there and cannot be read must not count as absent.
pub(crate) fn text(name: &'static str) -> Result<Option<String>, NotUtf8> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(NotUtf8(name)),
    }
}

/// The value of a variable that holds a secret.
///
/// # Errors
/// As [`text`].
pub(crate) fn secret(name: &'static str) -> Result<Option<SecretString>, NotUtf8> {
    Ok(text(name)?.map(SecretString::from))
}

/// Whether a variable is set to anything, whatever its bytes.
#[must_use]
pub(crate) fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

/// What a variable of the terminal or the locale says; one that is not text says nothing.
fn hint(name: &'static str) -> Option<String> {
    text(name).ok().flatten()
}

/// The value of a variable that holds a path, whatever its bytes.
#[must_use]
pub(crate) fn path(name: &str) -> Option<PathBuf> {
    std::env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

/// The arguments of the process.
pub(crate) fn args() -> impl Iterator<Item = OsString> {
    std::env::args_os()
}

/// Whether the terminal takes escape sequences (`TERM` is neither `dumb` nor missing).
#[must_use]
pub(crate) fn terminal_takes_escapes() -> bool {
    cfg!(windows) || hint("TERM").is_some_and(|term| term != "dumb")
}

/// The background of the terminal as `COLORFGBG` tells it: `Some(true)` for a dark one.
///
/// Source: the variable that rxvt introduced, `foreground;background` as palette numbers.
#[must_use]
pub(crate) fn dark_background() -> Option<bool> {
    let value = hint("COLORFGBG")?;
    let background: u8 = value.rsplit(';').next()?.parse().ok()?;
    Some(background < 7 || background == 8)
}

/// Whether the locale's characters are UTF-8 (POSIX: `LC_ALL`, then `LC_CTYPE`, then `LANG`).
///
/// Where none is set, nothing was said about the terminal, and nearly every one speaks UTF-8.
#[must_use]
pub(crate) fn locale_is_utf8() -> bool {
    ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(hint)
        .is_none_or(|locale| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        })
}

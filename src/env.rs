//! Every environment variable that `scw` reads, and the only reader of them.
//!
//! The names of the official client are those of scaleway-sdk-go, `scw/env.go` (protocol.md D).
//! Libraries read some of the others: HTTP the proxies, `directories` the `XDG_*` ones, `anstream`
//! those of the colors, the keyring its bus. The shells' scripts also set variables with the prefix
//! `_CLAP_`, between themselves and `clap_complete` (`entry/complete/`).

use std::{ffi::OsString, path::PathBuf};

use secrecy::SecretString;

/// Some variables under one heading, as `scw help environment` shows them.
#[derive(Debug)]
pub(crate) struct Group {
    /// Whose variables they are.
    pub title: &'static str,
    /// The name and the meaning of each.
    pub variables: &'static [(&'static str, &'static str)],
}

/// Makes a constant of each variable and a table of all, so that none is read without a meaning.
macro_rules! variables {
    ($($title:literal { $($(#[doc = $meaning:literal])+ $constant:ident = $name:literal;)+ })+) => {
        $($($(#[doc = $meaning])+ pub(crate) const $constant: &str = $name;)+)+

        /// Every variable, for the help and the manual.
        pub(crate) const VARIABLES: &[Group] = &[$(Group {
            title: $title,
            variables: &[$(($constant, concat!($($meaning),+))),+],
        }),+];
    };
}

variables! {
    "Variables of the official client" {
        /// Access key of the API key whose secret key is in `SCW_SECRET_KEY`
        ACCESS_KEY = "SCW_ACCESS_KEY";
        /// Secret key to use instead of the login
        SECRET_KEY = "SCW_SECRET_KEY";
        /// Profile to use (`--profile`)
        PROFILE = "SCW_PROFILE";
        /// Path of the official config.yaml (`--config`)
        CONFIG_PATH = "SCW_CONFIG_PATH";
        /// Base URL of the IAM API (`--api-url`)
        API_URL = "SCW_API_URL";
        /// Default organization, also of what `scw exec` runs
        DEFAULT_ORGANIZATION_ID = "SCW_DEFAULT_ORGANIZATION_ID";
        /// Default project, also of what `scw exec` runs
        DEFAULT_PROJECT_ID = "SCW_DEFAULT_PROJECT_ID";
        /// Default region of what `scw exec` runs
        DEFAULT_REGION = "SCW_DEFAULT_REGION";
        /// Default zone of what `scw exec` runs
        DEFAULT_ZONE = "SCW_DEFAULT_ZONE";
        /// Token for older clients. `scw exec` unsets it with `--ttl`
        TOKEN = "SCW_TOKEN";
    }
    "Variables of this program" {
        /// API to use: `iam`, or `account` (`--api`)
        API = "SCW_API";
        /// Base URL of the 2017 account API
        ACCOUNT_URL = "SCW_ACCOUNT_URL";
        /// Email address to sign in with (`--email`)
        EMAIL = "SCW_EMAIL";
        /// Password to sign in with
        PASSWORD = "SCW_PASSWORD";
        /// One-time password
        OTP = "SCW_OTP";
        /// Where to store the secret key (`--storage`)
        KEYRING = "SCW_KEYRING";
        /// File with the passphrase of encrypted storage (`--passphrase-file`)
        PASSPHRASE_FILE = "SCW_PASSPHRASE_FILE";
        /// File with the age or SSH key for encrypted storage and codes (`--identity`)
        IDENTITY_FILE = "SCW_IDENTITY_FILE";
        /// Origin that `scw 2fa keys add` adds a passkey for, instead of `https://console.scaleway.com`
        WEBAUTHN_ORIGIN = "SCW_WEBAUTHN_ORIGIN";
        /// Folder for everything that scw stores
        DATA_DIR = "SCW_DATA_DIR";
        /// Set by the completion script of a shell
        COMPLETE = "SCW_COMPLETE";
        /// Set by the completion script of bash: the line up to the cursor
        COMPLETE_LINE = "SCW_COMPLETE_LINE";
        /// `off` keeps scw from handing other commands to the official client
        HANDOVER = "SCW_HANDOVER";
        /// Path of the official client, instead of the `scw` that `PATH` leads to
        OFFICIAL = "SCW_OFFICIAL";
        /// Set for the official client: how many times scw has handed over. After 4, it tries the next `scw`, or stops
        HANDOVER_DEPTH = "SCW_HANDOVER_DEPTH";
    }
    "Variables that `scw exec --s3 COMMAND` sets" {
        /// Access key for S3 tools
        AWS_ACCESS_KEY_ID = "AWS_ACCESS_KEY_ID";
        /// Secret key for S3 tools
        AWS_SECRET_ACCESS_KEY = "AWS_SECRET_ACCESS_KEY";
        /// Unset, because it belongs to another key
        AWS_SESSION_TOKEN = "AWS_SESSION_TOKEN";
    }
    "Variables of the system" {
        /// Folders that hold the official client. Relative and empty ones are ignored
        PATH = "PATH";
        /// Program that opens web pages
        BROWSER = "BROWSER";
        /// Proxy for the API
        HTTPS_PROXY = "HTTPS_PROXY";
        /// Proxy for the API, if `HTTPS_PROXY` is not set
        ALL_PROXY = "ALL_PROXY";
        /// Hosts to reach without the proxy
        NO_PROXY = "NO_PROXY";
        /// File with additional certificate authorities (PEM)
        SSL_CERT_FILE = "SSL_CERT_FILE";
        /// Credentials of a systemd unit. scw reads the passphrase from `scw-passphrase` there
        CREDENTIALS_DIRECTORY = "CREDENTIALS_DIRECTORY";
        /// Session bus, which leads to the keyring
        DBUS_SESSION_BUS_ADDRESS = "DBUS_SESSION_BUS_ADDRESS";
        /// X11 display, on which the keyring can ask for its password
        DISPLAY = "DISPLAY";
        /// Wayland display, on which the keyring can ask for its password
        WAYLAND_DISPLAY = "WAYLAND_DISPLAY";
        /// Home folder, on Unix
        HOME = "HOME";
        /// Home folder, on Windows
        USERPROFILE = "USERPROFILE";
        /// Folder that holds the official scw/config.yaml
        XDG_CONFIG_HOME = "XDG_CONFIG_HOME";
        /// Folder that holds the data folder, on Linux
        XDG_DATA_HOME = "XDG_DATA_HOME";
        /// Turns colors off
        NO_COLOR = "NO_COLOR";
        /// Turns colors on, also without a terminal
        CLICOLOR_FORCE = "CLICOLOR_FORCE";
        /// `dumb` turns colors and escape sequences off
        TERM = "TERM";
        /// Colors of the terminal, for a QR code that can be scanned
        COLORFGBG = "COLORFGBG";
        /// Locale. A UTF-8 locale allows the small QR code
        LC_ALL = "LC_ALL";
        /// Locale of characters, if `LC_ALL` is not set
        LC_CTYPE = "LC_CTYPE";
        /// Locale, if `LC_ALL` and `LC_CTYPE` are not set
        LANG = "LANG";
    }
}

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

/// The home folder: `HOME`, else what the system's list of users says.
#[must_use]
pub(crate) fn home() -> Option<PathBuf> {
    std::env::home_dir().filter(|home| !home.as_os_str().is_empty())
}

/// The proxy of requests over TLS, as the HTTP library looks for it.
#[must_use]
pub(crate) fn proxy() -> Option<String> {
    [HTTPS_PROXY, "https_proxy", ALL_PROXY, "all_proxy"]
        .into_iter()
        .find_map(hint)
}

/// Whether a window can appear: there is a display, or the system has its own way to show one.
#[must_use]
pub(crate) fn has_display() -> bool {
    !cfg!(target_os = "linux") || is_set(DISPLAY) || is_set(WAYLAND_DISPLAY)
}

/// The name that this program was called by, without its folders: `scw` or `scw-2fa`.
#[must_use]
pub(crate) fn called_as() -> String {
    let path = std::env::args_os().next().map(PathBuf::from);
    let name = path.as_deref().and_then(std::path::Path::file_stem);
    name.map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// The file of this program, where the system tells it.
#[must_use]
pub(crate) fn current_exe() -> Option<PathBuf> {
    std::env::current_exe().ok()
}

/// The file name that a program has on this platform.
#[must_use]
pub(crate) fn program_file(name: &str) -> String {
    format!("{name}{}", std::env::consts::EXE_SUFFIX)
}

/// The folders of `PATH` in their order. One that is empty or relative depends on where the user
/// stands, so that anybody could put a program there: it is left out.
#[must_use]
pub(crate) fn search_path() -> Vec<PathBuf> {
    let path = std::env::var_os(PATH).unwrap_or_default();
    std::env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .collect()
}

/// The folders that the system looks for a program in, as the user wrote them; nothing where `PATH`
/// is not set.
#[must_use]
pub(crate) fn path_of_programs() -> Option<Vec<PathBuf>> {
    let path = std::env::var_os(PATH)?;
    Some(std::env::split_paths(&path).collect())
}

/// The folder that the process works in, where it is known.
pub(crate) fn current_dir() -> Option<PathBuf> {
    std::env::current_dir().ok()
}

/// Whether the terminal takes escape sequences (`TERM` is neither `dumb` nor missing).
#[must_use]
pub(crate) fn terminal_takes_escapes() -> bool {
    cfg!(windows) || hint(TERM).is_some_and(|term| term != "dumb")
}

/// The background of the terminal as `COLORFGBG` tells it: `Some(true)` for a dark one.
///
/// Source: the variable that rxvt introduced, `foreground;background` as palette numbers.
#[must_use]
pub(crate) fn dark_background() -> Option<bool> {
    let value = hint(COLORFGBG)?;
    let background: u8 = value.rsplit(';').next()?.parse().ok()?;
    Some(background < 7 || background == 8)
}

/// Whether the locale's characters are UTF-8 (POSIX: `LC_ALL`, then `LC_CTYPE`, then `LANG`).
///
/// Where none is set, nothing was said about the terminal, and nearly every one speaks UTF-8.
#[must_use]
pub(crate) fn locale_is_utf8() -> bool {
    [LC_ALL, LC_CTYPE, LANG]
        .into_iter()
        .find_map(hint)
        .is_none_or(|locale| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        })
}

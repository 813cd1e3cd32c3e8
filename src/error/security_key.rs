//! The errors of a security key.

use super::{CliError, Kind};
use crate::security_key::KeyError;

/// What helps a key that is confused.
const REPLUG: &str = "unplug the security key, plug it in again, then run the command again";
/// What to do where scw cannot use the key.
const BROWSER: &str = "add it in a browser, at https://console.scaleway.com";
/// What to do where the person was too late, or changed their mind.
const AGAIN: &str = "run the command again, and touch the security key when it blinks";

impl From<KeyError> for CliError {
    fn from(err: KeyError) -> Self {
        if err == KeyError::Cancelled {
            return Self::interrupted();
        }
        let hints = hints_of(&err);
        hints
            .into_iter()
            .fold(Self::of(Kind::Other, err), Self::hint)
    }
}

fn hints_of(err: &KeyError) -> Vec<&'static str> {
    match err {
        KeyError::NoKey => vec![
            "plug the security key in, then run the command again",
            "passkeys of a phone or a computer are added in a browser, at https://console.scaleway.com",
        ],
        KeyError::SeveralKeys { .. } => {
            vec!["unplug all but the one to add, then run the command again"]
        }
        // udev's own rules give a FIDO key to whoever is logged in at the screen (systemd 244,
        // `60-fido-id.rules` and `70-uaccess.rules`).
        KeyError::NoPermission { .. } if cfg!(target_os = "linux") => vec![
            "log in at the screen of this machine and plug the security key in again: udev then gives you access to it",
            "for a login over SSH, write `KERNEL==\"hidraw*\", ENV{ID_FIDO_TOKEN}==\"1\", GROUP=\"plugdev\", MODE=\"0660\"` to /etc/udev/rules.d/70-security-key.rules, join the group `plugdev`, and plug the key in again",
        ],
        KeyError::NoPermission { .. } => {
            vec!["allow your terminal to read input devices in the settings of the system"]
        }
        KeyError::NotOpened { .. }
        | KeyError::Unexpected(_)
        | KeyError::Silent
        | KeyError::PinPaused
        | KeyError::Failed(_) => vec![REPLUG],
        KeyError::Unplugged => vec!["plug the security key in, then run the command again"],
        KeyError::Busy => {
            vec![
                "end the other program, such as a browser that waits for a touch, then run the command again",
            ]
        }
        KeyError::U2fOnly | KeyError::NoAlgorithm => vec![BROWSER],
        KeyError::WrongPin { .. } => {
            vec!["check the PIN: the security key locks after too many tries"]
        }
        KeyError::PinLocked => vec![
            "reset the security key, which deletes every passkey on it: `fido2-token -R DEVICE`, or a browser's settings",
        ],
        KeyError::PinNotSet => {
            vec!["set a PIN first: `fido2-token -S DEVICE`, or a browser's settings"]
        }
        KeyError::PinPolicy => {
            vec!["change the PIN first: `fido2-token -C DEVICE`, or a browser's settings"]
        }
        KeyError::WrongFinger => vec!["run the command again"],
        KeyError::AlreadyRegistered => {
            vec!["run `scw 2fa keys list` to see the passkeys of the account"]
        }
        KeyError::Declined | KeyError::NotTouched => vec![AGAIN],
        KeyError::Full => vec!["remove a passkey from it, or use another security key"],
        KeyError::Cancelled => Vec::new(),
        #[cfg(not(any(target_os = "linux", target_os = "macos")))]
        KeyError::NoPlatform => vec![BROWSER],
    }
}

//! The errors of a security key.

use super::{Row, text};
use crate::{error::CliError, security_key::KeyError};

pub(super) fn security_keys() -> Vec<Row> {
    let replug = "unplug the security key, plug it in again, then run the command again";
    let browser = "add it in a browser, at https://console.scaleway.com";
    let again = "run the command again, and touch the security key when it blinks";
    let plug_in = "plug the security key in, then run the command again";
    rows! { KeyError:
        KeyError::NoKey => KeyError::NoKey,
            "no security key is plugged in",
            [plug_in, "passkeys of a phone or a computer are added in a browser, at https://console.scaleway.com"];
        KeyError::SeveralKeys { .. } =>
            KeyError::SeveralKeys { names: vec![text("YubiKey"), text("Nitrokey 3")] },
            "2 security keys are plugged in: YubiKey, Nitrokey 3",
            ["unplug all but the one to add, then run the command again"];
        KeyError::NoPermission { .. } => KeyError::NoPermission { path: text("/dev/hidraw3") },
            "no permission to open the security key at /dev/hidraw3",
            ["log in at the screen of this machine and plug the security key in again: udev then gives you access to it",
             "for a login over SSH, write `KERNEL==\"hidraw*\", ENV{ID_FIDO_TOKEN}==\"1\", GROUP=\"plugdev\", MODE=\"0660\"` to /etc/udev/rules.d/70-security-key.rules, join the group `plugdev`, and plug the key in again"];
        KeyError::NotOpened { .. } =>
            KeyError::NotOpened { path: text("/dev/hidraw3"), reason: text("no such device") },
            "could not open the security key at /dev/hidraw3: no such device", [replug];
        KeyError::Unplugged => KeyError::Unplugged,
            "the security key was unplugged", [plug_in];
        KeyError::Silent => KeyError::Silent, "the security key does not answer", [replug];
        KeyError::Busy => KeyError::Busy,
            "another program is using the security key",
            ["end the other program, such as a browser that waits for a touch, then run the command again"];
        KeyError::Unexpected(_) => KeyError::Unexpected("it is empty"),
            "the security key sent an unexpected answer: it is empty", [replug];
        KeyError::U2fOnly => KeyError::U2fOnly,
            "the security key supports U2F only, not FIDO2", [browser];
        KeyError::WrongPin { tries_left: Some(1) } => KeyError::WrongPin { tries_left: Some(1) },
            "the PIN is wrong (1 try left)",
            ["check the PIN: the security key locks after too many tries"];
        KeyError::WrongPin { .. } => KeyError::WrongPin { tries_left: None },
            "the PIN is wrong",
            ["check the PIN: the security key locks after too many tries"];
        KeyError::PinLocked => KeyError::PinLocked,
            "the PIN of the security key is locked: it was wrong too often",
            ["reset the security key, which deletes every passkey on it: `fido2-token -R DEVICE`, or a browser's settings"];
        KeyError::PinPaused => KeyError::PinPaused,
            "the security key takes no PIN until it is plugged in again: the PIN was wrong three times",
            [replug];
        KeyError::PinNotSet => KeyError::PinNotSet,
            "the security key needs a PIN, and none is set",
            ["set a PIN first: `fido2-token -S DEVICE`, or a browser's settings"];
        KeyError::PinPolicy => KeyError::PinPolicy,
            "the security key wants its PIN changed first",
            ["change the PIN first: `fido2-token -C DEVICE`, or a browser's settings"];
        KeyError::WrongFinger => KeyError::WrongFinger,
            "the security key did not recognize the fingerprint", ["run the command again"];
        KeyError::AlreadyRegistered => KeyError::AlreadyRegistered,
            "this security key is already a passkey of the account",
            ["run `scw 2fa keys list` to see the passkeys of the account"];
        KeyError::NoAlgorithm => KeyError::NoAlgorithm,
            "the security key supports no algorithm that the API accepts", [browser];
        KeyError::Declined => KeyError::Declined,
            "the request was declined on the security key", [again];
        KeyError::NotTouched => KeyError::NotTouched,
            "nobody touched the security key in time", [again];
        KeyError::Full => KeyError::Full,
            "the security key is full", ["remove a passkey from it, or use another security key"];
        KeyError::Failed(_) => KeyError::Failed(0x7f),
            "the security key failed with status 0x7f", [replug];
        KeyError::Cancelled => KeyError::Cancelled, "Cancelled.", [];
    }
}

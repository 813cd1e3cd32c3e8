//! What a security key can fail with.

/// What a security key can fail with. Names in it are cleaned already.
///
/// The numbers are the status codes of CTAP 2.1 §8.2, "Status codes".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyError {
    /// No key is plugged in.
    #[error("no security key is plugged in")]
    NoKey,
    /// More than one is, and nothing tells which of them is meant.
    #[error("{} security keys are plugged in: {}", .names.len(), .names.join(", "))]
    SeveralKeys {
        /// What they call themselves.
        names: Vec<String>,
    },
    /// The system does not let this user open the key.
    #[error("no permission to open the security key at {path}")]
    NoPermission {
        /// The file of the device.
        path: String,
    },
    /// The key cannot be opened for another reason.
    #[error("could not open the security key at {path}: {reason}")]
    NotOpened {
        /// The file of the device.
        path: String,
        /// The system's reason.
        reason: String,
    },
    /// The key went away.
    #[error("the security key was unplugged")]
    Unplugged,
    /// The key says nothing any more.
    #[error("the security key does not answer")]
    Silent,
    /// Another program talks to the key.
    #[error("another program is using the security key")]
    Busy,
    /// The key says something that the protocol does not have.
    #[error("the security key sent an unexpected answer: {0}")]
    Unexpected(&'static str),
    /// The key knows the protocol before FIDO2 alone.
    #[error("the security key supports U2F only, not FIDO2")]
    U2fOnly,
    /// 0x31: the PIN is wrong.
    #[error("the PIN is wrong{}", tries(*.tries_left))]
    WrongPin {
        /// How many more tries the key takes, where it tells.
        tries_left: Option<u64>,
    },
    /// 0x32: too many wrong PINs, for good.
    #[error("the PIN of the security key is locked: it was wrong too often")]
    PinLocked,
    /// 0x34: too many wrong PINs in a row, until the key is plugged in again.
    #[error(
        "the security key takes no PIN until it is plugged in again: the PIN was wrong three times"
    )]
    PinPaused,
    /// 0x35, 0x36: the key wants a PIN and has none.
    #[error("the security key needs a PIN, and none is set")]
    PinNotSet,
    /// 0x37: the key does not take this PIN any more.
    #[error("the security key wants its PIN changed first")]
    PinPolicy,
    /// 0x3C, 0x3F: the key did not know the finger.
    #[error("the security key did not recognize the fingerprint")]
    WrongFinger,
    /// 0x19: the key holds a passkey of this account.
    #[error("this security key is already a passkey of the account")]
    AlreadyRegistered,
    /// 0x26, or a key of a kind that was not asked for.
    #[error("the security key supports no algorithm that the API accepts")]
    NoAlgorithm,
    /// 0x27: the person said no on the key.
    #[error("the request was declined on the security key")]
    Declined,
    /// 0x2D: this program took the request back.
    #[error("cancelled")]
    Cancelled,
    /// 0x2F, 0x3A: nobody touched the key.
    #[error("nobody touched the security key in time")]
    NotTouched,
    /// 0x28: no room for another passkey.
    #[error("the security key is full")]
    Full,
    /// Any other status.
    #[error("the security key failed with status 0x{0:02x}")]
    Failed(u8),
    /// There is no way to a key on this platform.
    #[error("scw cannot use security keys on this system yet")]
    #[cfg(not(any(target_os = "linux", target_os = "macos")))]
    NoPlatform,
}

/// The tries that are left, in brackets.
fn tries(left: Option<u64>) -> String {
    match left {
        Some(1) => " (1 try left)".to_owned(),
        Some(left) => format!(" ({left} tries left)"),
        None => String::new(),
    }
}

impl KeyError {
    /// What a status byte other than 0 says.
    #[must_use]
    pub(super) fn of_status(status: u8) -> Self {
        match status {
            0x06 => Self::Busy,
            0x19 => Self::AlreadyRegistered,
            0x26 => Self::NoAlgorithm,
            0x27 => Self::Declined,
            0x28 => Self::Full,
            0x2d => Self::Cancelled,
            0x2f | 0x3a => Self::NotTouched,
            0x31 => Self::WrongPin { tries_left: None },
            0x32 => Self::PinLocked,
            0x34 => Self::PinPaused,
            0x35 | 0x36 => Self::PinNotSet,
            0x37 => Self::PinPolicy,
            0x3c | 0x3f => Self::WrongFinger,
            status => Self::Failed(status),
        }
    }
}

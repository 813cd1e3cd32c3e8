//! Security keys that are plugged into this machine: CTAP 2.1 over USB.
//!
//! `hid` finds a key and moves reports of 64 bytes, `frames` makes messages of them, `ctap2` and `info` know
//! what the messages say, `pin` proves that the PIN is known, and `attestation` makes of a key's
//! answer what the account service wants (WebAuthn Level 3 §5.1.3).

mod attestation;
mod cbor;
mod ctap2;
mod error;
mod frames;
mod hid;
mod info;
mod pin;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod virtual_key;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

pub(crate) use attestation::client_data;
pub(crate) use ctap2::{NewCredential, Proof, SecurityKey};
pub(crate) use error::KeyError;
pub(crate) use hid::plugged_in;
pub(crate) use pin::fault as pin_fault;

/// A device that speaks CTAP2. Everything above it is the same for a key in a USB port and for one
/// in a test.
pub(crate) trait Device: Send {
    /// Sends a request, its command byte first, and waits for the answer, its status byte first.
    ///
    /// # Errors
    /// What the way to the device fails with. [`KeyError::Cancelled`] where `wait` was ended, and
    /// [`KeyError::NotTouched`] where it is over.
    fn call(&mut self, request: &[u8], wait: &Wait) -> Result<Vec<u8>, KeyError>;
}

/// How long a key may take, and whether it is still wanted.
#[derive(Debug, Clone)]
pub(crate) struct Wait {
    stop: Arc<AtomicBool>,
    until: Instant,
}

impl Wait {
    /// Waits no longer than this.
    #[must_use]
    pub(crate) fn for_at_most(time: Duration) -> Self {
        Self {
            stop: Arc::default(),
            until: Instant::now() + time,
        }
    }

    /// Ends the wait from another thread: the key is told to stop.
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Why the wait is over; nothing while it is not.
    #[must_use]
    pub(crate) fn is_over(&self) -> Option<KeyError> {
        if self.stop.load(Ordering::Relaxed) {
            Some(KeyError::Cancelled)
        } else {
            (Instant::now() >= self.until).then_some(KeyError::NotTouched)
        }
    }
}

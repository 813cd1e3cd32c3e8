//! A security key in software, for tests: `passkey-authenticator` makes the passkeys, and this adds
//! what it has not: a PIN (CTAP 2.1 §6.5), and refusals on demand.

use std::{
    collections::VecDeque,
    pin::pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use ciborium::Value;
use passkey_authenticator::{Authenticator, MemoryStore, UiHint, UserCheck, UserValidationMethod};
use passkey_crypto::AvailableBackend;
use passkey_types::{
    Passkey,
    ctap2::{Aaguid, Ctap2Error, StatusCode, make_credential},
};

pub(crate) use super::tests::pin::Pin;
use super::{
    Device, KeyError, Wait,
    cbor::{at, bytes_at, decode, encode, number_at, numbered},
    tests::pin::PinAnswer,
};

/// Its owner, who always touches it and, where the key can tell, is who they are.
#[derive(Debug, Default)]
pub(crate) struct Owner {
    verified: Option<bool>,
}

#[async_trait::async_trait]
impl UserValidationMethod for Owner {
    type PasskeyItem = Passkey;

    async fn check_user<'a>(
        &self,
        hint: UiHint<'a, Passkey>,
        _presence: bool,
        verification: bool,
    ) -> Result<UserCheck, Ctap2Error> {
        // The library finds the passkey, and leaves the answer to its owner.
        if let UiHint::InformExcludedCredentialFound(_) = hint {
            return Err(Ctap2Error::CredentialExcluded);
        }
        Ok(UserCheck {
            presence: true,
            verification,
        })
    }

    fn is_presence_enabled(&self) -> bool {
        true
    }

    fn is_verification_enabled(&self) -> Option<bool> {
        self.verified
    }
}

/// The key. A clone is the same key.
#[derive(Clone)]
pub(crate) struct VirtualKey(Arc<Mutex<Inner>>);

struct Inner {
    authenticator: Authenticator<MemoryStore, Owner, AvailableBackend>,
    pin: Option<Pin>,
    /// What it answers the next requests for a passkey with, instead of making one.
    refusals: VecDeque<u8>,
    /// The bytes of each request.
    requests: Vec<Vec<u8>>,
}

impl VirtualKey {
    /// A key that asks for a touch alone.
    pub(crate) fn new() -> Self {
        Self::of(None, None)
    }

    /// A key with a finger that it knows.
    pub(crate) fn with_finger() -> Self {
        Self::of(Some(true), None)
    }

    /// A key with a PIN.
    pub(crate) fn with_pin(pin: Pin) -> Self {
        Self::of(Some(true), Some(pin))
    }

    fn of(verified: Option<bool>, pin: Option<Pin>) -> Self {
        let authenticator = Authenticator::new(
            Aaguid::new_empty(),
            MemoryStore::new(),
            Owner { verified },
            AvailableBackend,
        );
        Self(Arc::new(Mutex::new(Inner {
            authenticator,
            pin,
            refusals: VecDeque::new(),
            requests: Vec::new(),
        })))
    }

    /// Answers the next request for a passkey with a status.
    pub(crate) fn refuse(&self, status: u8) {
        self.0.lock().unwrap().refusals.push_back(status);
    }

    /// The requests so far with this command.
    pub(crate) fn requests(&self, command: u8) -> Vec<Value> {
        let inner = self.0.lock().unwrap();
        let wanted = inner
            .requests
            .iter()
            .filter(|request| request[0] == command);
        wanted
            .map(|request| decode(&request[1..]).unwrap())
            .collect()
    }

    /// How many passkeys it made.
    pub(crate) fn passkeys(&self) -> usize {
        self.0.lock().unwrap().authenticator.store().len()
    }
}

impl Device for VirtualKey {
    fn call(&mut self, request: &[u8], wait: &Wait) -> Result<Vec<u8>, KeyError> {
        if let Some(why) = wait.is_over() {
            return Err(why);
        }
        let mut inner = self.0.lock().unwrap();
        inner.requests.push(request.to_vec());
        Ok(match inner.answer(request) {
            Ok(Value::Null) => vec![0],
            Ok(told) => [&[0], encode(&told).as_slice()].concat(),
            Err(status) => vec![status],
        })
    }
}

impl Inner {
    fn answer(&mut self, request: &[u8]) -> Result<Value, u8> {
        let (command, about) = request.split_first().unwrap();
        match command {
            0x01 => self.make(about),
            0x04 => {
                let told = now(self.authenticator.get_info());
                let mut told = Value::serialized(&told).unwrap();
                if let Some(pin) = &self.pin {
                    pin.announce(&mut told);
                }
                Ok(told)
            }
            0x06 => match self
                .pin
                .as_mut()
                .ok_or(0x01_u8)?
                .ask(&decode(about).unwrap())
            {
                PinAnswer::Told(told) => Ok(told),
                PinAnswer::Status(status) => Err(status),
            },
            _ => Err(0x01),
        }
    }

    fn make(&mut self, about: &[u8]) -> Result<Value, u8> {
        if let Some(status) = self.refusals.pop_front() {
            return Err(status);
        }
        let mut about = decode(about).unwrap();
        if let Some(pin) = &self.pin {
            let hash = bytes_at(&about, 1).unwrap().to_vec();
            // CTAP 2.1 §6.1.2, step 11.
            let proof = bytes_at(&about, 8).ok_or(0x36_u8)?.to_vec();
            assert_eq!(number_at(&about, 9), Some(pin.version));
            if !pin.is_proof(&hash, &proof) {
                return Err(0x33);
            }
            // The library takes no proof: it is told that the owner was recognized.
            let entries = about.as_map_mut().unwrap();
            entries.retain(|(key, _)| key.as_integer().is_none_or(|key| key < 8.into()));
            entries.push((7.into(), Value::Map(vec![("uv".into(), true.into())])));
        }
        let request: make_credential::Request = about.deserialized().unwrap();
        let made = now(self.authenticator.make_credential(request));
        let made = made.map_err(|status: StatusCode| u8::from(status))?;
        let told = Value::serialized(&made).unwrap();
        Ok(numbered([1, 2, 3].map(|number| {
            (number, at(&told, number).unwrap().clone())
        })))
    }
}

/// The outcome of a future that never waits.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("it waits"),
    }
}

//! What is asked of a key, and what it answers (CTAP 2.1 §6).

use std::{fmt, time::Duration};

use ciborium::Value;
use secrecy::SecretString;

use super::{
    Device, KeyError, Wait, attestation,
    cbor::{at, bytes_at, decode, encode, number_at, numbered, worded},
    info::Info,
    pin::{self, Protocol, Shared, Token},
};
use crate::model::PasskeyAnswer;

/// The commands (§6).
const MAKE_CREDENTIAL: u8 = 0x01;
const GET_ASSERTION: u8 = 0x02;
const GET_INFO: u8 = 0x04;
const CLIENT_PIN: u8 = 0x06;

/// The parts of `authenticatorClientPIN` (§6.5.5).
const GET_RETRIES: i64 = 0x01;
const GET_KEY_AGREEMENT: i64 = 0x02;
const GET_TOKEN_WITH_PIN: i64 = 0x05;
const GET_TOKEN_WITH_FINGER: i64 = 0x06;
const GET_TOKEN_WITH_PIN_FOR: i64 = 0x09;
/// The permission to make a credential (§6.5.5.7).
const FOR_A_CREDENTIAL: i64 = 0x01;

/// How long a key may take for what needs nobody's touch.
const AT_ONCE: Duration = Duration::from_secs(10);
/// The longest message where a key does not say (§6.4, `maxMsgSize`).
const USUAL_MESSAGE: u64 = 1024;
/// What a request needs beside its list of credentials, at most: names and emails are cut.
const BESIDE_THE_LIST: u64 = 600;
/// What a list needs for a credential beside its id.
const BESIDE_THE_ID: usize = 40;
/// The most bytes of a name that a key has to keep (WebAuthn Level 3 §6.4.1).
const LONGEST_NAME: usize = 64;

/// What shows a key that its owner is there.
#[derive(Debug)]
pub(crate) enum Proof {
    /// A touch alone.
    Touch,
    /// The key asks for the finger while it makes the credential.
    Finger,
    /// The key gave a token for a PIN or a finger.
    Token(Token),
}

/// What a new passkey is for.
#[derive(Debug, Clone)]
pub(crate) struct NewCredential {
    /// The id of the relying party.
    pub rp_id: String,
    /// The bytes of the user's id.
    pub user_id: Vec<u8>,
    /// The email of the user.
    pub user_name: String,
    /// Whose passkey it must not already have: the ids of the account's passkeys.
    pub exclude: Vec<Vec<u8>>,
    /// The algorithms that the service takes, the best first (COSE).
    pub algorithms: Vec<i64>,
    /// What [`super::client_data`] made.
    pub client_data: Vec<u8>,
}

/// A key that is ready to be asked.
pub(crate) struct SecurityKey {
    device: Box<dyn Device>,
    name: String,
    info: Info,
}

impl fmt::Debug for SecurityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecurityKey")
            .field("name", &self.name)
            .field("info", &self.info)
            .finish_non_exhaustive()
    }
}

impl SecurityKey {
    /// Asks a device what it can do. `name` is what it calls itself, cleaned.
    ///
    /// # Errors
    /// [`KeyError::U2fOnly`], and what a key can fail with.
    pub(crate) fn new(device: Box<dyn Device>, name: String) -> Result<Self, KeyError> {
        let mut key = Self {
            device,
            name,
            info: Info::default(),
        };
        let told = key.ask(GET_INFO, None, &Wait::for_at_most(AT_ONCE))?;
        key.info = Info::read(&told)?;
        Ok(key)
    }

    /// What the key calls itself.
    #[must_use]
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether a PIN is set on it.
    #[must_use]
    pub(crate) fn has_pin(&self) -> bool {
        self.info.pin == Some(true)
    }

    /// Whether it knows its user by a finger or the like.
    #[must_use]
    pub(crate) fn knows_finger(&self) -> bool {
        self.info.finger
    }

    fn ask(&mut self, command: u8, about: Option<Value>, wait: &Wait) -> Result<Value, KeyError> {
        let mut request = vec![command];
        if let Some(about) = about {
            request.extend(encode(&about));
        }
        let answer = self.device.call(&request, wait)?;
        match answer.split_first() {
            None => Err(KeyError::Unexpected("it is empty")),
            Some((0, [])) => Ok(Value::Null),
            Some((0, told)) => decode(told),
            Some((status, _)) => Err(KeyError::of_status(*status)),
        }
    }

    /// How many more wrong PINs the key takes (§6.5.5.2).
    ///
    /// # Errors
    /// What a key can fail with.
    pub(crate) fn pin_tries(&mut self) -> Result<u64, KeyError> {
        let about = numbered([
            (1, self.protocol()?.number().into()),
            (2, GET_RETRIES.into()),
        ]);
        let told = self.ask(CLIENT_PIN, Some(about), &Wait::for_at_most(AT_ONCE))?;
        number_at(&told, 3).ok_or(KeyError::Unexpected("it does not tell the tries"))
    }

    fn protocol(&self) -> Result<Protocol, KeyError> {
        // A key before CTAP 2.1 may not name the only one that there was.
        match (self.info.protocol, self.info.tokens_for) {
            (Some(protocol), _) => Ok(protocol),
            (None, false) => Ok(Protocol::One),
            (None, true) => Err(KeyError::Unexpected("scw knows none of its PIN protocols")),
        }
    }

    /// Agrees on a key with the security key (§6.5.5.4).
    fn agree(&mut self, wait: &Wait) -> Result<Shared, KeyError> {
        let protocol = self.protocol()?;
        let about = numbered([(1, protocol.number().into()), (2, GET_KEY_AGREEMENT.into())]);
        let told = self.ask(CLIENT_PIN, Some(about), wait)?;
        let theirs = at(&told, 1).ok_or(KeyError::Unexpected("it sends no key"))?;
        Shared::agree(protocol, theirs)
    }

    /// Proves with the PIN that its owner is there (§6.5.5.7.1, §6.5.5.7.2).
    ///
    /// # Errors
    /// [`KeyError::WrongPin`] with the tries that are left, [`KeyError::PinPaused`],
    /// [`KeyError::PinLocked`], and what a key can fail with.
    pub(crate) fn prove_by_pin(
        &mut self,
        pin: &SecretString,
        rp_id: &str,
    ) -> Result<Proof, KeyError> {
        let wait = Wait::for_at_most(AT_ONCE);
        let shared = self.agree(&wait)?;
        let hash = shared.encrypt(&pin::hash(pin))?;
        let protocol = shared.protocol().number();
        let about = if self.info.tokens_for {
            numbered([
                (1, protocol.into()),
                (2, GET_TOKEN_WITH_PIN_FOR.into()),
                (3, shared.platform_key()),
                (6, Value::Bytes(hash)),
                (9, FOR_A_CREDENTIAL.into()),
                (10, rp_id.into()),
            ])
        } else {
            numbered([
                (1, protocol.into()),
                (2, GET_TOKEN_WITH_PIN.into()),
                (3, shared.platform_key()),
                (6, Value::Bytes(hash)),
            ])
        };
        match self.ask(CLIENT_PIN, Some(about), &wait) {
            Ok(told) => shared.token(bytes_at(&told, 2)).map(Proof::Token),
            Err(KeyError::WrongPin { .. }) => Err(match self.pin_tries() {
                Ok(0) => KeyError::PinLocked,
                Ok(left) => KeyError::WrongPin {
                    tries_left: Some(left),
                },
                Err(_) => KeyError::WrongPin { tries_left: None },
            }),
            Err(err) => Err(err),
        }
    }

    /// Proves with a finger that its owner is there (§6.5.5.7.3), where the key gives a token for
    /// it; else it asks for the finger later.
    ///
    /// # Errors
    /// [`KeyError::WrongFinger`], and what a key can fail with.
    pub(crate) fn prove_by_finger(&mut self, rp_id: &str, wait: &Wait) -> Result<Proof, KeyError> {
        if !self.info.tokens_for {
            return Ok(Proof::Finger);
        }
        let shared = self.agree(wait)?;
        let about = numbered([
            (1, shared.protocol().number().into()),
            (2, GET_TOKEN_WITH_FINGER.into()),
            (3, shared.platform_key()),
            (9, FOR_A_CREDENTIAL.into()),
            (10, rp_id.into()),
        ]);
        let told = self.ask(CLIENT_PIN, Some(about), wait)?;
        shared.token(bytes_at(&told, 2)).map(Proof::Token)
    }

    /// Makes a passkey (§6.1). The key asks for a touch, for as long as `wait` lets it.
    ///
    /// It stays with the service, not in one of the key's few places ("rk" is off): the service
    /// asks for it after a password, so it knows whose passkeys to ask for.
    ///
    /// # Errors
    /// [`KeyError::AlreadyRegistered`], and what a key can fail with.
    pub(crate) fn register(
        &mut self,
        new: &NewCredential,
        proof: &Proof,
        wait: &Wait,
    ) -> Result<PasskeyAnswer, KeyError> {
        let exclude = self.exclude(new, wait)?;
        let hash = attestation::sha256(&new.client_data);
        let name = cut(&new.user_name);
        let mut about = vec![
            (1, Value::Bytes(hash.to_vec())),
            (
                2,
                worded([
                    ("id", new.rp_id.as_str().into()),
                    ("name", new.rp_id.as_str().into()),
                ]),
            ),
            (
                3,
                worded([
                    ("id", Value::Bytes(new.user_id.clone())),
                    ("name", name.into()),
                    ("displayName", name.into()),
                ]),
            ),
            (4, Value::Array(algorithms(&new.algorithms)?)),
        ];
        if !exclude.is_empty() {
            about.push((5, Value::Array(exclude)));
        }
        match proof {
            Proof::Touch => {}
            Proof::Finger => about.push((7, worded([("uv", true.into())]))),
            Proof::Token(token) => {
                about.push((8, Value::Bytes(token.sign(&hash))));
                about.push((9, token.protocol().number().into()));
            }
        }
        let about = about
            .into_iter()
            .map(|(number, value): (i64, Value)| (number.into(), value))
            .collect();
        let told = self.ask(MAKE_CREDENTIAL, Some(Value::Map(about)), wait)?;
        attestation::answer(&told, new)
    }

    /// The list of passkeys that the key must not have, as far as one request holds it. The key is
    /// asked beforehand about each part of a longer list (WebAuthn Level 3 §5.1.3).
    fn exclude(&mut self, new: &NewCredential, wait: &Wait) -> Result<Vec<Value>, KeyError> {
        let ids: Vec<&Vec<u8>> = new
            .exclude
            .iter()
            .filter(|id| {
                self.info
                    .longest_id
                    .is_none_or(|most| id.len() as u64 <= most)
            })
            .collect();
        let longest = ids.iter().map(|id| id.len()).max().unwrap_or_default() + BESIDE_THE_ID;
        let room = self.info.longest_message.unwrap_or(USUAL_MESSAGE);
        let fitting = room.saturating_sub(BESIDE_THE_LIST) / longest as u64;
        let most = self
            .info
            .longest_list
            .unwrap_or(fitting)
            .min(fitting)
            .max(1);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let parts: Vec<Vec<Value>> = ids
            .chunks(most)
            .map(|part| part.iter().map(|id| descriptor(id)).collect())
            .collect();
        if parts.len() > 1 {
            for part in &parts {
                if self.has_one_of(&new.rp_id, part, wait)? {
                    return Err(KeyError::AlreadyRegistered);
                }
            }
        }
        Ok(parts.into_iter().next().unwrap_or_default())
    }

    /// Whether the key has one of some passkeys (§6.2, without a touch).
    fn has_one_of(&mut self, rp_id: &str, ids: &[Value], wait: &Wait) -> Result<bool, KeyError> {
        let about = numbered([
            (1, rp_id.into()),
            (2, Value::Bytes(vec![0; 32])),
            (3, Value::Array(ids.to_vec())),
            (5, worded([("up", false.into())])),
        ]);
        match self.ask(GET_ASSERTION, Some(about), wait) {
            Ok(_) => Ok(true),
            // Whatever it says about this question, it is not that it has one.
            Err(KeyError::Failed(_) | KeyError::PinNotSet) => Ok(false),
            Err(err) => Err(err),
        }
    }
}

/// A passkey in a list (WebAuthn Level 3 §5.8.3).
fn descriptor(id: &[u8]) -> Value {
    worded([
        ("id", Value::Bytes(id.to_vec())),
        ("type", "public-key".into()),
    ])
}

/// The algorithms that the service takes and [`attestation`] can tell the public key of.
fn algorithms(wanted: &[i64]) -> Result<Vec<Value>, KeyError> {
    let known: Vec<Value> = wanted
        .iter()
        .filter(|algorithm| attestation::ALGORITHMS.contains(algorithm))
        .map(|algorithm| worded([("alg", (*algorithm).into()), ("type", "public-key".into())]))
        .collect();
    if known.is_empty() {
        return Err(KeyError::NoAlgorithm);
    }
    Ok(known)
}

/// As much of a name as a key has to keep.
fn cut(name: &str) -> &str {
    let mut end = name.len().min(LONGEST_NAME);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}

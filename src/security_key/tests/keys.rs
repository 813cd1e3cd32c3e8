//! What a key is asked, and what is made of its answer.

use std::time::Duration;

use ciborium::Value;
use data_encoding::HEXLOWER;
use secrecy::SecretString;

use super::pin::Pin;
use crate::{
    model::{PasskeyAnswer, WebOrigin},
    security_key::{
        Device, KeyError, NewCredential, Proof, SecurityKey, Wait, attestation,
        cbor::{at, bytes_at, decode, encode, numbered, worded},
        client_data,
        pin::{Protocol, Shared, hash},
        virtual_key::VirtualKey,
    },
};

fn key(device: &VirtualKey) -> SecurityKey {
    SecurityKey::new(Box::new(device.clone()), "Virtual".to_owned()).unwrap()
}

fn wait() -> Wait {
    Wait::for_at_most(Duration::from_secs(60))
}

fn origin() -> WebOrigin {
    "http://localhost:8080".parse().unwrap()
}

fn new(exclude: Vec<Vec<u8>>) -> NewCredential {
    NewCredential {
        rp_id: "localhost".to_owned(),
        user_id: vec![7; 16],
        user_name: "jane@example.com".to_owned(),
        exclude,
        algorithms: vec![-257, -7],
        client_data: client_data(&[1, 2, 3], &origin()),
    }
}

/// Whether the key knew its owner (bit 2 of the flags, WebAuthn Level 3 §6.1).
fn verified(made: &PasskeyAnswer) -> bool {
    made.authenticator_data[32] & 0x04 != 0
}

fn secret(pin: &str) -> SecretString {
    SecretString::from(pin)
}

// Issue 11, 3
#[test]
fn client_data_is_byte_for_byte_what_webauthn_says() {
    // WebAuthn Level 3 §5.8.1.1: the four members in this order, without white space.
    let data = client_data(&[0xfb, 0xff, 0xfe], &origin());
    assert_eq!(
        std::str::from_utf8(&data).unwrap(),
        r#"{"type":"webauthn.create","challenge":"-__-","origin":"http://localhost:8080","crossOrigin":false}"#
    );
}

// Issue 11, 3
#[test]
fn a_touch_alone_makes_a_passkey_without_a_place_on_the_key() {
    let device = VirtualKey::new();
    let made = key(&device).register(&new(vec![]), &Proof::Touch, &wait());
    let made = made.unwrap();
    let asked = &device.requests(1)[0];
    let hash = attestation::sha256(&made.client_data_json);
    assert_eq!(bytes_at(asked, 1).unwrap(), hash);
    let algorithms = at(asked, 4).unwrap().as_array().unwrap();
    assert_eq!(
        algorithms.len(),
        1,
        "only those whose public key can be told"
    );
    let numbers: Vec<i128> = asked
        .as_map()
        .unwrap()
        .iter()
        .map(|(number, _)| number.as_integer().unwrap().into())
        .collect();
    assert_eq!(
        numbers,
        [1, 2, 3, 4],
        "neither a list, nor options, nor a proof"
    );
    assert!(!verified(&made));
    assert_eq!(made.public_key_algorithm, -7);
    assert_eq!(made.public_key.len(), 91);
    let object = decode(&made.attestation_object).unwrap();
    let fields: Vec<&str> = object
        .as_map()
        .unwrap()
        .iter()
        .map(|(name, _)| name.as_text().unwrap())
        .collect();
    assert_eq!(fields, ["fmt", "attStmt", "authData"]);
}

// Issue 11, 3
#[test]
fn a_pin_is_proven_in_both_protocols_and_in_both_versions_of_ctap() {
    for (version, tokens_for) in [(1, false), (1, true), (2, true)] {
        let device = VirtualKey::with_pin(Pin::new("1234", version, tokens_for));
        let mut key = key(&device);
        assert!(key.has_pin());
        assert_eq!(key.pin_tries(), Ok(8));
        let proof = key.prove_by_pin(&secret("1234"), "localhost").unwrap();
        let made = key.register(&new(vec![]), &proof, &wait()).unwrap();
        assert!(verified(&made), "{version} {tokens_for}");
        assert!(!format!("{proof:?}").contains('1'), "{proof:?}");
    }
}

// Issue 11, 3
#[test]
fn wrong_pins_are_counted_down_and_the_two_locks_are_told_apart() {
    let device = VirtualKey::with_pin(Pin::new("1234", 2, true));
    let mut one = key(&device);
    let mut wrong = || one.prove_by_pin(&secret("0000"), "localhost").unwrap_err();
    for left in [7, 6] {
        let tries_left = Some(left);
        assert_eq!(wrong(), KeyError::WrongPin { tries_left });
    }
    assert_eq!(wrong(), KeyError::PinPaused);
    assert_eq!(wrong(), KeyError::PinPaused);
    let device = VirtualKey::with_pin(Pin::new("1234", 2, true).with_tries(1));
    let mut last = key(&device);
    let err = last.prove_by_pin(&secret("0000"), "localhost").unwrap_err();
    assert_eq!(err, KeyError::PinLocked);
    assert_eq!(last.pin_tries(), Ok(0));
    // The right one comes too late.
    let err = last.prove_by_pin(&secret("1234"), "localhost").unwrap_err();
    assert_eq!(err, KeyError::PinLocked);
}

// Issue 11, 3
#[test]
fn the_first_protocol_agrees_with_known_numbers() {
    // From the tests of python-fido2: a shared secret, the PIN 1234, and a token.
    let hex = |text: &str| HEXLOWER.decode(text.as_bytes()).unwrap();
    let shared = Shared::of(
        Protocol::One,
        hex("c42a039d548100dfba521e487debcbbb8b66bb7496f8b1862a7a395ed83e1a1c"),
    );
    let sent = shared.encrypt(&hash(&secret("1234"))).unwrap();
    assert_eq!(HEXLOWER.encode(&sent), "afe8327ce416da8ee3d057589c2ce1a9");
    let got = shared.decrypt(&hex("7a9f98e31b77be90f9c64d12e9635040"));
    let got = HEXLOWER.encode(&got.unwrap());
    assert_eq!(got, "aff12c6dcfbf9df52f7a09211e8865cd");
}

// Issue 11, 3
#[test]
fn a_finger_is_asked_for_with_the_touch_where_the_key_gives_no_token_for_it() {
    let device = VirtualKey::with_finger();
    let mut key = key(&device);
    assert!(key.knows_finger() && !key.has_pin());
    let proof = key.prove_by_finger("localhost", &wait()).unwrap();
    let made = key.register(&new(vec![]), &proof, &wait()).unwrap();
    assert!(verified(&made));
}

// Issue 11, 3
#[test]
fn a_key_that_the_account_has_already_is_recognized() {
    let device = VirtualKey::new();
    let made = key(&device).register(&new(vec![]), &Proof::Touch, &wait());
    let id = made.unwrap().raw_id;
    let again = key(&device).register(&new(vec![id.clone()]), &Proof::Touch, &wait());
    assert_eq!(again, Err(KeyError::AlreadyRegistered));
    assert_eq!(device.passkeys(), 1);
    let other = VirtualKey::new();
    key(&other)
        .register(&new(vec![id]), &Proof::Touch, &wait())
        .unwrap();
}

/// A key that answers everything but the question what it is with a status.
struct Status(u8, Value);

impl Device for Status {
    fn call(&mut self, request: &[u8], _wait: &Wait) -> Result<Vec<u8>, KeyError> {
        Ok(match request[0] {
            4 => [&[0], encode(&self.1).as_slice()].concat(),
            _ => vec![self.0],
        })
    }
}

fn plain_info() -> Value {
    numbered([(1, Value::Array(vec!["U2F_V2".into(), "FIDO_2_0".into()]))])
}

// Issue 11, 3
#[test]
fn each_status_of_a_key_is_told_in_its_own_words() {
    for (status, told) in [
        (0x06, "another program is using the security key"),
        (
            0x19,
            "this security key is already a passkey of the account",
        ),
        (
            0x26,
            "the security key supports no algorithm that the API accepts",
        ),
        (0x27, "the request was declined on the security key"),
        (0x28, "the security key is full"),
        (0x2d, "cancelled"),
        (0x2f, "nobody touched the security key in time"),
        (0x31, "the PIN is wrong"),
        (
            0x32,
            "the PIN of the security key is locked: it was wrong too often",
        ),
        (
            0x34,
            "the security key takes no PIN until it is plugged in again: the PIN was wrong three times",
        ),
        (0x36, "the security key needs a PIN, and none is set"),
        (0x37, "the security key wants its PIN changed first"),
        (0x3c, "the security key did not recognize the fingerprint"),
        (0x7f, "the security key failed with status 0x7f"),
    ] {
        let device = Box::new(Status(status, plain_info()));
        let mut key = SecurityKey::new(device, String::new()).unwrap();
        let err = key
            .register(&new(vec![]), &Proof::Touch, &wait())
            .unwrap_err();
        assert_eq!(err.to_string(), told);
    }
}

// Issue 11, 3
#[test]
fn a_key_from_before_fido2_and_an_answer_that_is_none_are_refused() {
    let old = numbered([(1, Value::Array(vec!["U2F_V2".into()]))]);
    let open = |info| SecurityKey::new(Box::new(Status(0, info)), String::new()).map(drop);
    assert_eq!(open(old), Err(KeyError::U2fOnly));
    assert_eq!(open(Value::Null), Err(KeyError::U2fOnly));
    // "Done", and nothing else.
    let mut key = SecurityKey::new(Box::new(Status(0, plain_info())), String::new()).unwrap();
    let err = key.register(&new(vec![]), &Proof::Touch, &wait());
    assert!(matches!(err, Err(KeyError::Unexpected(_))), "{err:?}");
    assert!(matches!(key.pin_tries(), Err(KeyError::Unexpected(_))));
    let unknown = NewCredential {
        algorithms: vec![-257],
        ..new(vec![])
    };
    let err = key.register(&unknown, &Proof::Touch, &wait());
    assert_eq!(err, Err(KeyError::NoAlgorithm));
}

/// Answers questions about lists that are longer than it holds; it has the passkey `[9; 16]`.
struct Small(Vec<usize>);

impl Device for Small {
    fn call(&mut self, request: &[u8], _wait: &Wait) -> Result<Vec<u8>, KeyError> {
        let about = decode(&request[1..]).unwrap_or(Value::Null);
        Ok(match request[0] {
            4 => {
                let mut info = plain_info();
                info.as_map_mut().unwrap().push((7.into(), 2.into()));
                info.as_map_mut().unwrap().push((8.into(), 16.into()));
                [&[0], encode(&info).as_slice()].concat()
            }
            2 => {
                let list = at(&about, 3).unwrap().as_array().unwrap();
                self.0.push(list.len());
                assert!(list.len() <= 2, "its list holds two");
                let mine = worded([
                    ("id", Value::Bytes(vec![9; 16])),
                    ("type", "public-key".into()),
                ]);
                if list.contains(&mine) {
                    vec![0]
                } else {
                    vec![0x2e]
                }
            }
            _ => {
                let list = at(&about, 5).unwrap().as_array().unwrap();
                assert!(list.len() <= 2, "its list holds two");
                vec![0x27]
            }
        })
    }
}

// Issue 11, 3
#[test]
fn a_list_that_the_key_cannot_hold_is_asked_about_in_parts() {
    let other = |number: u8| vec![number; 16];
    let register = |exclude: Vec<Vec<u8>>| {
        SecurityKey::new(Box::new(Small(Vec::new())), String::new())
            .unwrap()
            .register(&new(exclude), &Proof::Touch, &wait())
            .unwrap_err()
    };
    let mine_last = vec![other(1), other(2), other(3), other(9)];
    assert_eq!(register(mine_last), KeyError::AlreadyRegistered);
    assert_eq!(
        register(vec![other(1), other(2), other(3)]),
        KeyError::Declined
    );
    // An id that is longer than its own are cannot be one of them.
    assert_eq!(
        register(vec![other(1), vec![9; 64], other(3)]),
        KeyError::Declined
    );
}

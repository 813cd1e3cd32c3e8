//! From a key's answer to what the account service wants (WebAuthn Level 3 §5.1.3, §6.5).

use ciborium::Value;
use data_encoding::BASE64URL_NOPAD;
use ring::digest;

use super::{
    KeyError, NewCredential,
    cbor::{at, bytes_at, decode, encode, worded},
};
use crate::model::{PasskeyAnswer, WebOrigin};

/// The algorithms whose public keys [`public_key`] knows: ES256, which every FIDO2 key has, and
/// `EdDSA` (IANA, "COSE Algorithms").
pub(super) const ALGORITHMS: [i64; 2] = [ES256, EDDSA];
const ES256: i64 = -7;
const EDDSA: i64 = -8;

/// What stands before a P-256 point in a `SubjectPublicKeyInfo` (RFC 5480 §2).
const P256: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];
/// What stands before an Ed25519 key (RFC 8410 §4).
const ED25519: &[u8] = &[
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// The parts of authenticator data (WebAuthn Level 3 §6.1, §6.5.2).
const FLAGS: usize = 32;
const AAGUID: std::ops::Range<usize> = 37..53;
const ID_LENGTH: std::ops::Range<usize> = 53..55;
/// Bit 6 of the flags: there is a credential in it.
const HAS_CREDENTIAL: u8 = 0x40;

/// SHA-256.
pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
}

/// The client data of a registration, byte for byte as WebAuthn Level 3 §5.8.1.1 says. Neither a
/// challenge in base64url nor an origin has a character that is escaped there.
#[must_use]
pub(crate) fn client_data(challenge: &[u8], origin: &WebOrigin) -> Vec<u8> {
    let challenge = BASE64URL_NOPAD.encode(challenge);
    format!(
        r#"{{"type":"webauthn.create","challenge":"{challenge}","origin":"{origin}","crossOrigin":false}}"#
    )
    .into_bytes()
}

/// Reads the answer to `authenticatorMakeCredential` (CTAP 2.1 §6.1.2, "response").
///
/// # Errors
/// [`KeyError::Unexpected`] where it holds no passkey, or one for another site.
pub(super) fn answer(told: &Value, new: &NewCredential) -> Result<PasskeyAnswer, KeyError> {
    let bad = |what| KeyError::Unexpected(what);
    let data = bytes_at(told, 2).ok_or(bad("it has no authenticator data"))?;
    let whole = data.len() >= ID_LENGTH.end && data[FLAGS] & HAS_CREDENTIAL != 0;
    if !whole {
        return Err(bad("it holds no passkey"));
    }
    if data[..FLAGS] != sha256(new.rp_id.as_bytes()) {
        return Err(bad("its passkey is for another site"));
    }
    let length = usize::from(u16::from_be_bytes([data[53], data[54]]));
    let rest = &data[ID_LENGTH.end..];
    let (id, rest) = rest
        .split_at_checked(length)
        .filter(|_| length > 0)
        .ok_or(bad("its passkey has no id"))?;
    let (algorithm, public_key) = public_key(&decode(rest)?)?;
    if !new.algorithms.contains(&algorithm) {
        return Err(KeyError::NoAlgorithm);
    }
    Ok(PasskeyAnswer {
        raw_id: id.to_vec(),
        client_data_json: new.client_data.clone(),
        authenticator_data: data.to_vec(),
        attestation_object: object(told, data),
        public_key,
        public_key_algorithm: algorithm,
    })
}

/// The attestation object. Nobody asked who made the key, so that is left out ("none", WebAuthn
/// Level 3 §5.4.7), unless the statement says nothing of it: the passkey signed it itself.
fn object(told: &Value, data: &[u8]) -> Vec<u8> {
    let has_certificate = |statement: &Value| {
        let entries = statement.as_map().map(Vec::as_slice).unwrap_or_default();
        entries.iter().any(|(key, _)| key.as_text() == Some("x5c"))
    };
    let packed = at(told, 1).and_then(Value::as_text) == Some("packed");
    let nameless = data[AAGUID].iter().all(|byte| *byte == 0);
    let kept = at(told, 3).filter(|statement| packed && nameless && !has_certificate(statement));
    let (format, statement) = match kept {
        Some(statement) => ("packed", statement.clone()),
        None => ("none", Value::Map(Vec::new())),
    };
    encode(&worded([
        ("fmt", format.into()),
        ("attStmt", statement),
        ("authData", Value::Bytes(data.to_vec())),
    ]))
}

/// The algorithm of a public key in the form of COSE (RFC 9053 §7), and the key as a
/// `SubjectPublicKeyInfo` (protocol.md E, inferred).
fn public_key(key: &Value) -> Result<(i64, Vec<u8>), KeyError> {
    let number = |of| {
        let integer = at(key, of).and_then(Value::as_integer)?;
        i64::try_from(i128::from(integer)).ok()
    };
    let coordinate = |of| bytes_at(key, of).filter(|bytes| bytes.len() == 32);
    match (number(1), number(3), number(-1)) {
        (Some(2), Some(ES256), Some(1)) => coordinate(-2)
            .zip(coordinate(-3))
            .map(|(x, y)| (ES256, [P256, x, y].concat())),
        (Some(1), Some(EDDSA), Some(6)) => coordinate(-2).map(|x| (EDDSA, [ED25519, x].concat())),
        _ => return Err(KeyError::NoAlgorithm),
    }
    .ok_or(KeyError::Unexpected("its public key is none"))
}

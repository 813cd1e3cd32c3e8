//! What an account service and a security key tell each other when a passkey is added
//! (protocol.md E, WebAuthn Level 3 §5.1.3).

use std::time::Duration;

/// What a service starts a registration with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyCeremony {
    /// Names the registration until it is finished.
    pub id: String,
    /// The bytes that the key has to sign for.
    pub challenge: Vec<u8>,
    /// The algorithms that the service takes, the best first (COSE).
    pub algorithms: Vec<i64>,
    /// How long the registration stays open, where the service tells.
    pub timeout: Option<Duration>,
    /// The ids, on their keys, of the passkeys that the account has.
    pub exclude: Vec<Vec<u8>>,
}

/// What a security key answers: a new passkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyAnswer {
    /// The id of the passkey on the key.
    pub raw_id: Vec<u8>,
    /// What the key signed for, in JSON.
    pub client_data_json: Vec<u8>,
    /// What the key tells of the passkey and of itself.
    pub authenticator_data: Vec<u8>,
    /// The same in the envelope of WebAuthn.
    pub attestation_object: Vec<u8>,
    /// The public key as a `SubjectPublicKeyInfo`.
    pub public_key: Vec<u8>,
    /// Its algorithm (COSE).
    pub public_key_algorithm: i64,
}

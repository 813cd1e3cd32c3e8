//! The other side of the PIN/UV auth protocols, written from CTAP 2.1 §6.5 a second time.

use aes::{
    Aes256,
    cipher::{BlockDecryptMut, BlockEncryptMut, KeyIvInit},
};
use ciborium::Value;
use ring::{
    agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral},
    digest::{SHA256, digest},
    hmac,
    rand::SystemRandom,
};

use crate::security_key::cbor::{at, bytes_at, number_at, numbered};

/// What a key answers about its PIN.
pub(crate) enum PinAnswer {
    Told(Value),
    Status(u8),
}

/// The PIN of a virtual key.
pub(crate) struct Pin {
    digits: String,
    /// The version of the protocol.
    pub(crate) version: u64,
    /// Whether tokens are for one purpose (CTAP 2.1), or for all (2.0).
    tokens_for: bool,
    tries: u64,
    in_a_row: u64,
    agreement: Option<EphemeralPrivateKey>,
    token: Vec<u8>,
}

impl Pin {
    pub(crate) fn new(pin: &str, version: u64, tokens_for: bool) -> Self {
        Self {
            digits: pin.to_owned(),
            version,
            tokens_for,
            tries: 8,
            in_a_row: 0,
            agreement: None,
            token: (1..=32).collect(),
        }
    }

    pub(crate) fn with_tries(self, tries: u64) -> Self {
        Self { tries, ..self }
    }

    /// Adds to what the key tells of itself.
    pub(crate) fn announce(&self, info: &mut Value) {
        let entries = info.as_map_mut().unwrap();
        entries.retain(|(key, _)| key.as_integer() != Some(4.into()));
        let options = [("clientPin", true), ("pinUvAuthToken", self.tokens_for)];
        let options = options.map(|(name, on)| (name.into(), on.into()));
        entries.push((4.into(), Value::Map(options.to_vec())));
        // A version that nobody has yet comes first.
        let versions = vec![9.into(), self.version.into()];
        entries.push((6.into(), Value::Array(versions)));
    }

    pub(crate) fn ask(&mut self, about: &Value) -> PinAnswer {
        assert_eq!(number_at(about, 1), Some(self.version));
        match number_at(about, 2).unwrap() {
            1 => PinAnswer::Told(numbered([(3, self.tries.into())])),
            2 => {
                let mine = EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new()).unwrap();
                let public = mine.compute_public_key().unwrap();
                let half = |from: usize| Value::Bytes(public.as_ref()[from..from + 32].to_vec());
                self.agreement = Some(mine);
                PinAnswer::Told(numbered([(
                    1,
                    numbered([
                        (1, 2.into()),
                        (3, (-25).into()),
                        (-1, 1.into()),
                        (-2, half(1)),
                        (-3, half(33)),
                    ]),
                )]))
            }
            5 if !self.tokens_for => self.token(about),
            9 if self.tokens_for => {
                assert_eq!(
                    number_at(about, 9),
                    Some(1),
                    "for making a credential alone"
                );
                assert_eq!(at(about, 10).unwrap().as_text(), Some("localhost"));
                self.token(about)
            }
            other => panic!("subcommand {other}"),
        }
    }

    fn token(&mut self, about: &Value) -> PinAnswer {
        if self.tries == 0 {
            return PinAnswer::Status(0x32);
        }
        if self.in_a_row == 3 {
            return PinAnswer::Status(0x34);
        }
        let theirs = at(about, 3).unwrap();
        let point = [
            &[4],
            bytes_at(theirs, -2).unwrap(),
            bytes_at(theirs, -3).unwrap(),
        ]
        .concat();
        let theirs = UnparsedPublicKey::new(&ECDH_P256, point);
        let mine = self.agreement.take().unwrap();
        let key = agree_ephemeral(mine, &theirs, |z| self.key(z)).unwrap();
        let sent = bytes_at(about, 6).unwrap();
        let (iv, sent) = match self.version {
            1 => (vec![0; 16], sent),
            _ => (sent[..16].to_vec(), &sent[16..]),
        };
        assert_eq!(sent.len(), 16);
        let mut hash = sent.to_vec();
        let mut cipher = cbc::Decryptor::<Aes256>::new_from_slices(&key, &iv).unwrap();
        cipher.decrypt_block_mut((&mut hash[..]).into());
        if hash != digest(&SHA256, self.digits.as_bytes()).as_ref()[..16] {
            self.tries -= 1;
            self.in_a_row += 1;
            return PinAnswer::Status(match (self.tries, self.in_a_row) {
                (0, _) => 0x32,
                (_, 3) => 0x34,
                _ => 0x31,
            });
        }
        self.tries = 8;
        self.in_a_row = 0;
        let iv = [if self.version == 1 { 0 } else { 7 }; 16];
        let mut token = self.token.clone();
        let mut cipher = cbc::Encryptor::<Aes256>::new_from_slices(&key, &iv).unwrap();
        for block in token.chunks_exact_mut(16) {
            cipher.encrypt_block_mut(block.into());
        }
        if self.version == 2 {
            token = [&iv, token.as_slice()].concat();
        }
        PinAnswer::Told(numbered([(2, Value::Bytes(token))]))
    }

    /// RFC 5869 by hand for the second version: one step gives the 32 bytes.
    fn key(&self, z: &[u8]) -> Vec<u8> {
        if self.version == 1 {
            return digest(&SHA256, z).as_ref().to_vec();
        }
        let mac = |key: &[u8], text: &[u8]| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, key);
            hmac::sign(&key, text).as_ref().to_vec()
        };
        mac(&mac(&[0; 32], z), b"CTAP2 AES key\x01")
    }

    /// Whether somebody who knows the token made this for the hash.
    pub(crate) fn is_proof(&self, hash: &[u8], proof: &[u8]) -> bool {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.token);
        let whole = hmac::sign(&key, hash);
        let length = if self.version == 1 { 16 } else { 32 };
        whole.as_ref()[..length] == *proof
    }
}

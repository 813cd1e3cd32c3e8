//! How a PIN reaches a key without being told: the PIN/UV auth protocols (CTAP 2.1 §6.5.6, §6.5.7).

use aes::{
    Aes256,
    cipher::{BlockDecryptMut, BlockEncryptMut, KeyIvInit},
};
use ciborium::Value;
use ring::{
    agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral},
    digest, hkdf, hmac,
    rand::{SecureRandom, SystemRandom},
};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::{
    KeyError,
    cbor::{bytes_at, numbered},
};

/// The bytes of a block of AES.
const BLOCK: usize = 16;
/// The fewest characters and the most bytes of a PIN (§6.5.1).
const SHORTEST_PIN: usize = 4;
const LONGEST_PIN: usize = 63;

/// A version of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// §6.5.6.
    One,
    /// §6.5.7.
    Two,
}

impl Protocol {
    /// The version with this number, where it is known here.
    pub(super) fn of(number: i128) -> Option<Self> {
        match number {
            1 => Some(Self::One),
            2 => Some(Self::Two),
            _ => None,
        }
    }

    /// Its number.
    pub(super) fn number(self) -> i64 {
        match self {
            Self::One => 1,
            Self::Two => 2,
        }
    }
}

/// Why a PIN cannot be one; nothing where it can. A key counts each wrong one, so that this is told
/// before it is asked.
#[must_use]
pub(crate) fn fault(pin: &SecretString) -> Option<&'static str> {
    let pin = pin.expose_secret();
    if pin.chars().count() < SHORTEST_PIN {
        Some("a PIN has at least 4 characters")
    } else if pin.len() > LONGEST_PIN {
        Some("a PIN has at most 63 bytes")
    } else {
        None
    }
}

/// What a key compares of a PIN (§6.5.5.7.1): it never learns more from here.
pub(super) fn hash(pin: &SecretString) -> Zeroizing<Vec<u8>> {
    let whole = digest::digest(&digest::SHA256, pin.expose_secret().as_bytes());
    Zeroizing::new(whole.as_ref()[..16].to_vec())
}

/// What both sides know after they agreed.
pub(super) struct Shared {
    protocol: Protocol,
    aes_key: Zeroizing<Vec<u8>>,
    platform_key: Vec<u8>,
}

impl Shared {
    /// Agrees with the holder of a public key, which is in the form of COSE.
    ///
    /// # Errors
    /// [`KeyError::Unexpected`] where that is no key.
    pub(super) fn agree(protocol: Protocol, theirs: &Value) -> Result<Self, KeyError> {
        let bad = || KeyError::Unexpected("its key is none");
        let (Some(x), Some(y)) = (bytes_at(theirs, -2), bytes_at(theirs, -3)) else {
            return Err(bad());
        };
        let point = [&[0x04], x, y].concat();
        let random = SystemRandom::new();
        let mine = EphemeralPrivateKey::generate(&ECDH_P256, &random).map_err(|_| no_random())?;
        let public = mine.compute_public_key().map_err(|_| no_random())?;
        let theirs = UnparsedPublicKey::new(&ECDH_P256, point);
        let aes_key = agree_ephemeral(mine, &theirs, |secret| match protocol {
            Protocol::One => {
                Zeroizing::new(digest::digest(&digest::SHA256, secret).as_ref().to_vec())
            }
            Protocol::Two => expand(secret, b"CTAP2 AES key"),
        })
        .map_err(|_| bad())?;
        Ok(Self {
            protocol,
            aes_key,
            platform_key: public.as_ref().to_vec(),
        })
    }

    /// What two sides know that agreed on this key.
    #[cfg(test)]
    pub(super) fn of(protocol: Protocol, aes_key: Vec<u8>) -> Self {
        Self {
            protocol,
            aes_key: Zeroizing::new(aes_key),
            platform_key: Vec::new(),
        }
    }

    /// The version in use.
    pub(super) fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The public key of this side, in the form of COSE (§6.5.6, `getPublicKey`).
    pub(super) fn platform_key(&self) -> Value {
        let half = |from: usize| Value::Bytes(self.platform_key[from..from + 32].to_vec());
        numbered([
            (1, 2.into()),
            (3, (-25).into()),
            (-1, 1.into()),
            (-2, half(1)),
            (-3, half(33)),
        ])
    }

    /// Encrypts whole blocks.
    ///
    /// # Errors
    /// [`KeyError::Unexpected`] where the system has no random numbers.
    pub(super) fn encrypt(&self, plain: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut iv = [0; BLOCK];
        if self.protocol == Protocol::Two {
            SystemRandom::new().fill(&mut iv).map_err(|_| no_random())?;
        }
        let mut cipher = cbc::Encryptor::<Aes256>::new_from_slices(&self.aes_key, &iv)
            .map_err(|_| KeyError::Unexpected("its key is none"))?;
        let mut text = plain.to_vec();
        for block in text.chunks_exact_mut(BLOCK) {
            cipher.encrypt_block_mut(block.into());
        }
        Ok(match self.protocol {
            Protocol::One => text,
            Protocol::Two => [&iv, text.as_slice()].concat(),
        })
    }

    pub(super) fn decrypt(&self, text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (iv, text) = match self.protocol {
            Protocol::One => ([0; BLOCK].as_slice(), text),
            Protocol::Two => text.split_at_checked(BLOCK)?,
        };
        if text.is_empty() || text.len() % BLOCK != 0 {
            return None;
        }
        let mut cipher = cbc::Decryptor::<Aes256>::new_from_slices(&self.aes_key, iv).ok()?;
        let mut plain = Zeroizing::new(text.to_vec());
        for block in plain.chunks_exact_mut(BLOCK) {
            cipher.decrypt_block_mut(block.into());
        }
        Some(plain)
    }

    /// The token that a key sent, decrypted. It has 16 or 32 bytes (§6.5.6), and 32 in the second
    /// version.
    ///
    /// # Errors
    /// [`KeyError::Unexpected`] where it is none.
    pub(super) fn token(&self, encrypted: Option<&[u8]>) -> Result<Token, KeyError> {
        let bytes = encrypted
            .and_then(|encrypted| self.decrypt(encrypted))
            .filter(|token| match self.protocol {
                Protocol::One => matches!(token.len(), 16 | 32),
                Protocol::Two => token.len() == 32,
            })
            .ok_or(KeyError::Unexpected("its token is none"))?;
        Ok(Token {
            protocol: self.protocol,
            bytes,
        })
    }
}

/// What a key gave for a PIN or a finger.
pub(crate) struct Token {
    protocol: Protocol,
    bytes: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(***)")
    }
}

impl Token {
    /// The version that it was given in.
    pub(super) fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Shows that the token is known (§6.5.6 and §6.5.7, `authenticate`).
    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.bytes);
        let tag = hmac::sign(&key, message);
        match self.protocol {
            Protocol::One => tag.as_ref()[..16].to_vec(),
            Protocol::Two => tag.as_ref().to_vec(),
        }
    }
}

/// The key for one purpose (§6.5.7, `kdf`).
fn expand(secret: &[u8], purpose: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut key = Zeroizing::new(vec![0; 32]);
    let salted = hkdf::Salt::new(hkdf::HKDF_SHA256, &[0; 32]).extract(secret);
    // 32 bytes are what the hash gives, so neither step can fail.
    if let Ok(expanded) = salted.expand(&[purpose], hkdf::HKDF_SHA256) {
        let _ = expanded.fill(&mut key);
    }
    key
}

fn no_random() -> KeyError {
    KeyError::Unexpected("the system has no random numbers for it")
}

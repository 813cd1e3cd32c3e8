//! What a key tells of itself (CTAP 2.1 §6.4).

use ciborium::Value;

use super::{
    KeyError,
    cbor::{at, number_at},
    pin::Protocol,
};

/// What a key tells of itself.
#[derive(Debug, Default)]
pub(super) struct Info {
    /// Whether a PIN is set; nothing where the key takes none.
    pub(super) pin: Option<bool>,
    /// Whether it knows its user by a finger or the like, and that is set up.
    pub(super) finger: bool,
    /// Whether a PIN or a finger gives a token for one purpose.
    pub(super) tokens_for: bool,
    /// The protocol for the PIN that both know, where the key names one.
    pub(super) protocol: Option<Protocol>,
    /// The longest message, in bytes.
    pub(super) longest_message: Option<u64>,
    /// The most passkeys in a list.
    pub(super) longest_list: Option<u64>,
    /// The longest id of a passkey, in bytes.
    pub(super) longest_id: Option<u64>,
}

impl Info {
    /// Reads the answer to `authenticatorGetInfo`.
    ///
    /// # Errors
    /// [`KeyError::U2fOnly`] where the key names no version of FIDO2.
    pub(super) fn read(told: &Value) -> Result<Self, KeyError> {
        let words = |number| {
            let list = at(told, number).and_then(Value::as_array);
            list.map(Vec::as_slice).unwrap_or_default()
        };
        if !words(1).iter().any(|version| {
            version
                .as_text()
                .is_some_and(|text| text.starts_with("FIDO_2_"))
        }) {
            return Err(KeyError::U2fOnly);
        }
        let option = |name: &str| {
            let entry = |(key, _): &&(Value, Value)| key.as_text() == Some(name);
            at(told, 4)?.as_map()?.iter().find(entry)?.1.as_bool()
        };
        // The first one that both know: the key names the one that it prefers first.
        let protocol = words(6)
            .iter()
            .filter_map(Value::as_integer)
            .find_map(|number| Protocol::of(number.into()));
        Ok(Self {
            pin: option("clientPin"),
            finger: option("uv") == Some(true),
            tokens_for: option("pinUvAuthToken") == Some(true),
            protocol,
            longest_message: number_at(told, 5),
            longest_list: number_at(told, 7),
            longest_id: number_at(told, 8),
        })
    }
}

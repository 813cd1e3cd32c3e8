//! CBOR as CTAP2 wants it: maps whose keys stand in the order of CTAP 2.1 §8, "Message encoding",
//! which is that in which they are given here.

use ciborium::Value;

use super::KeyError;

/// How deep an answer may be nested. CTAP 2.1 §8 allows four levels; a certificate's statement
/// stays within these too.
const DEPTH: usize = 8;

/// A map of numbers to values.
pub(super) fn numbered<const N: usize>(entries: [(i64, Value); N]) -> Value {
    Value::Map(
        entries
            .into_iter()
            .map(|(key, value)| (key.into(), value))
            .collect(),
    )
}

/// A map of words to values.
pub(super) fn worded<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Map(
        entries
            .into_iter()
            .map(|(key, value)| (key.into(), value))
            .collect(),
    )
}

/// The bytes of a value.
pub(super) fn encode(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A vector takes everything.
    let _ = ciborium::into_writer(value, &mut bytes);
    bytes
}

/// The first value in some bytes.
///
/// # Errors
/// [`KeyError::Unexpected`] where there is none.
pub(super) fn decode(mut bytes: &[u8]) -> Result<Value, KeyError> {
    ciborium::de::from_reader_with_recursion_limit(&mut bytes, DEPTH)
        .map_err(|_| KeyError::Unexpected("it is not CBOR"))
}

/// The value of a number in a map.
pub(super) fn at(map: &Value, number: i64) -> Option<&Value> {
    let entry = |(key, _): &&(Value, Value)| key.as_integer() == Some(number.into());
    map.as_map()?.iter().find(entry).map(|(_, value)| value)
}

/// The bytes of a number in a map.
pub(super) fn bytes_at(map: &Value, number: i64) -> Option<&[u8]> {
    at(map, number)?.as_bytes().map(Vec::as_slice)
}

/// The number of a number in a map, from zero on.
pub(super) fn number_at(map: &Value, number: i64) -> Option<u64> {
    at(map, number)?.as_integer()?.try_into().ok()
}

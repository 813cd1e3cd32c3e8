//! The registration of a passkey (protocol.md E).

use std::time::Duration;

use data_encoding::{BASE64, BASE64_NOPAD};
use serde::Deserialize;
use serde_json::json;

use super::{Iam, user_path};
use crate::{
    api::{ApiError, NewPasskey, http::Call},
    model::{PasskeyCeremony, PasskeyId, UserId, WebOrigin, parse_duration},
};

/// The answer to the start.
#[derive(Deserialize)]
struct Started {
    ceremony_id: String,
    challenge: String,
    public_key_algorithms: Vec<i64>,
    #[serde(default)]
    timeout: Option<Timeout>,
    #[serde(default)]
    exclude_credentials: Option<Vec<String>>,
}

/// A duration string as the SDK's type has it, or the milliseconds that its comment speaks of.
#[derive(Deserialize)]
#[serde(untagged)]
enum Timeout {
    Text(String),
    Milliseconds(u64),
    /// A form that nobody knows yet is no reason to stop.
    Other(serde::de::IgnoredAny),
}

impl Timeout {
    fn duration(&self) -> Option<Duration> {
        let duration = match self {
            Self::Text(text) => parse_duration(text)?,
            Self::Milliseconds(milliseconds) => Duration::from_millis(*milliseconds),
            Self::Other(_) => return None,
        };
        Some(duration).filter(|duration| !duration.is_zero())
    }
}

/// The answer to the end.
#[derive(Deserialize)]
struct Finished {
    authenticator_id: String,
}

/// `POST /iam/v1alpha1/users/{id}/start-webauthn-registration`.
pub(super) async fn start(
    iam: &Iam,
    id: &UserId,
    origin: &WebOrigin,
) -> Result<PasskeyCeremony, ApiError> {
    let path = user_path(id, "/start-webauthn-registration");
    let answer = iam.call(Call::start(path).query("origin", origin)).await?;
    let started = answer.json::<Started>()?;
    let read = |text: &str| bytes(text).ok_or_else(|| answer.garbage("bytes that are not base64"));
    Ok(PasskeyCeremony {
        challenge: read(&started.challenge)?,
        exclude: started
            .exclude_credentials
            .unwrap_or_default()
            .iter()
            .map(|id| read(id))
            .collect::<Result<_, _>>()?,
        timeout: started.timeout.as_ref().and_then(Timeout::duration),
        id: started.ceremony_id,
        algorithms: started.public_key_algorithms,
    })
}

/// `POST /iam/v1alpha1/users/{id}/finish-webauthn-registration`.
pub(super) async fn finish(
    iam: &Iam,
    id: &UserId,
    new: &NewPasskey<'_>,
) -> Result<PasskeyId, ApiError> {
    let path = user_path(id, "/finish-webauthn-registration");
    let passkey = new.answer;
    let body = json!({
        "ceremony_id": new.ceremony,
        "authenticator_name": new.name,
        "origin": new.origin.to_string(),
        "raw_id": BASE64.encode(&passkey.raw_id),
        "client_data_json": BASE64.encode(&passkey.client_data_json),
        "authenticator_data": BASE64.encode(&passkey.authenticator_data),
        "attestation_object": BASE64.encode(&passkey.attestation_object),
        "public_key": BASE64.encode(&passkey.public_key),
        "public_key_algorithm": passkey.public_key_algorithm,
    });
    let answer = iam.call(Call::post(path, body)).await?;
    let finished = answer.json::<Finished>()?;
    PasskeyId::parse(&finished.authenticator_id).map_err(|err| answer.garbage(&err.to_string()))
}

/// Bytes in base64. The service writes the standard alphabet (protocol.md E); that of WebAuthn
/// itself, and a missing end, are read too.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let standard = text
        .trim_end_matches('=')
        .replace('-', "+")
        .replace('_', "/");
    BASE64_NOPAD.decode(standard.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Issue 11, 3
    #[test]
    fn a_time_limit_is_read_in_each_form_that_it_may_have() {
        let read = |timeout: serde_json::Value| {
            let started: Started = serde_json::from_value(json!({
                "ceremony_id": "c", "challenge": "", "public_key_algorithms": [-7],
                "timeout": timeout,
            }))
            .unwrap();
            started.timeout.as_ref().and_then(Timeout::duration)
        };
        for (timeout, duration) in [
            (json!("60.000000000s"), Some(Duration::from_secs(60))),
            (json!("60s"), Some(Duration::from_secs(60))),
            (json!(60_000), Some(Duration::from_secs(60))),
            (json!("a minute"), None),
            (json!({ "seconds": 60 }), None),
            (json!(null), None),
            (json!(0), None),
        ] {
            assert_eq!(read(timeout.clone()), duration, "{timeout}");
        }
    }

    // Issue 11, 3
    #[test]
    fn bytes_are_read_in_both_alphabets_and_nothing_else_is() {
        for text in ["+/8=", "-_8=", "+/8", "-_8"] {
            assert_eq!(bytes(text).unwrap(), [0xfb, 0xff], "{text}");
        }
        assert_eq!(bytes(""), Some(Vec::new()));
        assert_eq!(bytes("not base64"), None);
    }
}

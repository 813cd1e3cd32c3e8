//! A software authenticator with the browser's part of WebAuthn: keys, attestations and signatures
//! are real.

use data_encoding::{BASE64, BASE64URL_NOPAD};
use passkey_authenticator::{Authenticator, UiHint, UserCheck, UserValidationMethod};
use passkey_client::{Client, DefaultClientData, WebauthnError};
use passkey_crypto::rust_crypto::RustCryptoBackend;
use passkey_types::{
    Passkey,
    ctap2::{Aaguid, Ctap2Error},
    webauthn::{CredentialCreationOptions, CredentialRequestOptions},
};
use serde_json::{Value, json};
use url::Url;

use super::Answer;

/// A person who touches the device, and whom it knows or not.
#[derive(Clone, Copy)]
struct Person {
    is_known: bool,
}

#[async_trait::async_trait]
impl UserValidationMethod for Person {
    type PasskeyItem = Passkey;

    async fn check_user<'a>(
        &self,
        hint: UiHint<'a, Passkey>,
        presence: bool,
        verification: bool,
    ) -> Result<UserCheck, Ctap2Error> {
        if let UiHint::InformExcludedCredentialFound(_) = hint {
            return Err(Ctap2Error::CredentialExcluded);
        }
        Ok(UserCheck {
            presence,
            verification: verification && self.is_known,
        })
    }

    fn is_presence_enabled(&self) -> bool {
        true
    }

    fn is_verification_enabled(&self) -> Option<bool> {
        Some(self.is_known)
    }
}

/// A device with room for one passkey. A copy of it is a clone, as a thief would make one.
#[derive(Clone)]
pub struct Device {
    passkey: Option<Passkey>,
    person: Person,
}

type Held = Client<Option<Passkey>, Person, RustCryptoBackend, public_suffix::PublicSuffixList, ()>;

/// Runs what waits for nothing.
fn now<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(work)
}

impl Device {
    pub fn new() -> Self {
        Self {
            passkey: None,
            person: Person { is_known: true },
        }
    }

    /// One without a PIN and without a fingerprint sensor.
    pub fn without_verification() -> Self {
        Self {
            passkey: None,
            person: Person { is_known: false },
        }
    }

    fn client(&self) -> Held {
        let store = self.passkey.clone();
        let mut authenticator =
            Authenticator::new(Aaguid::new_empty(), store, self.person, RustCryptoBackend);
        authenticator.set_make_credentials_with_signature_counter(true);
        Client::new(authenticator)
            .allows_insecure_localhost(true)
            .user_verification_when_preferred(self.person.is_known)
    }

    /// `navigator.credentials.create()` on a page of an origin, as `RegistrationResponseJSON`.
    pub fn create(&mut self, origin: &str, options: &Value) -> Result<Value, WebauthnError> {
        let request = CredentialCreationOptions {
            public_key: serde_json::from_value(options.clone()).unwrap(),
        };
        let mut client = self.client();
        let origin = Url::parse(origin).unwrap();
        let made = now(client.register(&origin, request, DefaultClientData))?;
        self.passkey.clone_from(client.authenticator().store());
        let answer = &made.response;
        Ok(json!({
            "id": base64url(&made.raw_id),
            "rawId": base64url(&made.raw_id),
            "type": "public-key",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": base64url(&answer.client_data_json),
                "authenticatorData": base64url(&answer.authenticator_data),
                "attestationObject": base64url(&answer.attestation_object),
                "publicKey": base64url(answer.public_key.as_ref().unwrap()),
                "publicKeyAlgorithm": answer.public_key_algorithm,
                "transports": ["internal"],
            },
        }))
    }

    /// `navigator.credentials.get()` on a page of an origin, as `AuthenticationResponseJSON`.
    pub fn get(&mut self, origin: &str, options: &Value) -> Result<Value, WebauthnError> {
        let mut options = options.clone();
        // An empty list stands for none.
        if options["allowCredentials"] == json!([]) {
            options.as_object_mut().unwrap().remove("allowCredentials");
        }
        let request = CredentialRequestOptions {
            public_key: serde_json::from_value(options).unwrap(),
        };
        let mut client = self.client();
        let origin = Url::parse(origin).unwrap();
        let made = now(client.authenticate(&origin, request, DefaultClientData))?;
        self.passkey.clone_from(client.authenticator().store());
        let answer = &made.response;
        Ok(json!({
            "id": base64url(&made.raw_id),
            "rawId": base64url(&made.raw_id),
            "type": "public-key",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": base64url(&answer.client_data_json),
                "authenticatorData": base64url(&answer.authenticator_data),
                "signature": base64url(&answer.signature),
                "userHandle": answer.user_handle.as_ref().map(|handle| base64url(handle)),
            },
        }))
    }
}

fn base64url(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

/// The same bytes in the base64 of the API.
pub fn standard(base64url: &Value) -> String {
    let bytes = BASE64URL_NOPAD.decode(base64url.as_str().unwrap().as_bytes());
    BASE64.encode(&bytes.unwrap())
}

/// The same bytes in the base64 of WebAuthn.
pub fn for_web(standard: &Value) -> String {
    let bytes = BASE64.decode(standard.as_str().unwrap().as_bytes());
    base64url(&bytes.unwrap())
}

/// The value of an attribute or of a hidden field on a page, after some text that stands before it.
fn quoted(page: &Answer, start: &str) -> String {
    let html = page.html();
    let rest = html.split_once(start);
    let rest = rest.unwrap_or_else(|| panic!("no {start} in {html}")).1;
    let value = rest.split('"').next().unwrap();
    value.replace("&quot;", "\"").replace("&amp;", "&")
}

/// The options of the ceremony that a page carries.
pub fn options(page: &Answer) -> Value {
    serde_json::from_str(&quoted(page, "data-options=\"")).unwrap()
}

/// The id of that ceremony.
pub fn ceremony(page: &Answer) -> String {
    quoted(page, "name=\"ceremony\" value=\"")
}

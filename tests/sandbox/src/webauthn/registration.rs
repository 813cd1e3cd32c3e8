//! Registering a passkey (WebAuthn §7.1).

use std::num::NonZeroU32;

use data_encoding::BASE64URL_NOPAD;
use serde_json::json;
use webauthn_rp::{
    PublicKeyCredentialCreationOptions, Registration,
    bin::Encode,
    request::UserVerificationRequirement,
    request::register::{
        AuthenticatorSelectionCriteria, CredProtect, RegistrationVerificationOptions,
        ResidentKeyRequirement,
    },
    response::register::{AttestationObject, error::RegCeremonyErr},
};

use super::{Begun, descriptor, handle, relying_party, wrong};
use crate::{
    service::Service,
    store::{Credential, Result, StoreError, User},
};

/// What a registration is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wanted {
    /// Any authenticator, for the API: its answer names no requirements (protocol.md E).
    Authenticator,
    /// One that signs in alone, for the panel: it finds its key itself, and knows the person.
    Passkey,
}

impl Wanted {
    /// How long the ceremony lasts, in seconds. A person reads a page before the ceremony is used,
    /// so a page has the longest time that WebAuthn §15.1 recommends.
    pub(crate) fn seconds(self) -> u32 {
        match self {
            Self::Authenticator => 60,
            Self::Passkey => 600,
        }
    }

    fn criteria(self) -> AuthenticatorSelectionCriteria {
        let mut criteria = AuthenticatorSelectionCriteria::passkey();
        if let Self::Authenticator = self {
            criteria.resident_key = ResidentKeyRequirement::Preferred;
            criteria.user_verification = UserVerificationRequirement::Preferred;
        }
        criteria
    }
}

/// Begins to register a passkey of a user; `known` are the person's passkeys, which no
/// authenticator is to register again.
///
/// # Errors
/// The service has no origin that WebAuthn works with.
pub(crate) fn begin(
    service: &Service,
    user: &User,
    known: &[Credential],
    wanted: Wanted,
) -> Result<Begun> {
    let relying_party = relying_party(service)?;
    let handle = handle(&user.id)?;
    let known = known.iter().filter_map(descriptor).collect();
    let mut options =
        PublicKeyCredentialCreationOptions::passkey(&relying_party, (&handle).into(), known);
    options.authenticator_selection = wanted.criteria();
    // A key that asks for a PIN at every use would not do as a second factor.
    options.extensions.cred_protect = CredProtect::None;
    options.timeout = NonZeroU32::new(wanted.seconds() * 1000).unwrap_or(NonZeroU32::MAX);
    let (state, client) = options
        .start_ceremony()
        .map_err(|err| wrong("origin", err.to_string()))?;
    let mut options = serde_json::to_value(&client).unwrap_or_default();
    options["rp"]["name"] = json!("Account sandbox");
    options["user"]["name"] = json!(user.email);
    options["user"]["displayName"] = json!(user.email);
    let seconds = i64::from(wanted.seconds());
    let id = service
        .ceremonies
        .registrations
        .begin(&user.id, state, seconds, service.now());
    Ok(Begun { id, options })
}

/// What an authenticator made, as `finish` takes it.
#[derive(Debug)]
pub(crate) struct Answered(Registration);

/// What the API's call sends, byte for byte.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) raw_id: Vec<u8>,
    pub(crate) client_data_json: Vec<u8>,
    pub(crate) authenticator_data: Vec<u8>,
    pub(crate) attestation_object: Vec<u8>,
    pub(crate) public_key: Vec<u8>,
    pub(crate) public_key_algorithm: i64,
}

impl Answered {
    /// `RegistrationResponseJSON` (WebAuthn §5.1), as a page's script sends it.
    ///
    /// # Errors
    /// It is not that, or contradicts itself.
    pub(crate) fn from_json(text: &str) -> Result<Self> {
        Registration::from_json_relaxed(text.as_bytes())
            .map(Self)
            .map_err(|err| wrong("attestation_object", err.to_string()))
    }

    /// The same from the fields of the API's call. What one of them says that the attestation says
    /// too has to be the same in both.
    ///
    /// # Errors
    /// The first argument that is wrong.
    pub(crate) fn from_parts(parts: &Parts) -> Result<Self> {
        AttestationObject::try_from(parts.attestation_object.as_slice())
            .map_err(|err| wrong("attestation_object", err.to_string()))?;
        let encode = |bytes: &[u8]| json!(BASE64URL_NOPAD.encode(bytes));
        let mut answer = json!({ "response": {
            "clientDataJSON": encode(&parts.client_data_json),
            "attestationObject": encode(&parts.attestation_object),
        }});
        let mut registration = Self::from_json(&answer.to_string())?;
        // One after the other, so that it is known which of them contradicts the attestation.
        let id = encode(&parts.raw_id);
        let steps = [
            (
                "authenticator_data",
                "authenticatorData",
                encode(&parts.authenticator_data),
            ),
            ("public_key", "publicKey", encode(&parts.public_key)),
            (
                "public_key_algorithm",
                "publicKeyAlgorithm",
                json!(parts.public_key_algorithm),
            ),
            ("raw_id", "id", id),
        ];
        for (argument, name, value) in steps {
            let response = if argument == "raw_id" {
                &mut answer
            } else {
                &mut answer["response"]
            };
            response[name] = value;
            registration = Registration::from_json_relaxed(answer.to_string().as_bytes())
                .map(Self)
                .map_err(|_| wrong(argument, "is not what the attestation says"))?;
        }
        Ok(registration)
    }
}

/// Ends a registration: what the new passkey will sign in with.
///
/// # Errors
/// The argument of the API's call that is wrong. The ceremony is over in any case.
pub(crate) fn finish(
    service: &Service,
    user: &User,
    ceremony_id: &str,
    answered: &Answered,
) -> Result<Credential> {
    let state = service
        .ceremonies
        .registrations
        .take(ceremony_id, &user.id, service.now())
        .ok_or_else(|| wrong("ceremony_id", "is unknown, was used before, or has expired"))?;
    let origins = [service.origin.as_str()];
    let options = RegistrationVerificationOptions::<&str, &str> {
        allowed_origins: &origins,
        // What was not asked for does no harm (WebAuthn §7.1, step 27).
        error_on_unsolicited_extensions: false,
        ..RegistrationVerificationOptions::default()
    };
    let registered = state
        .verify(&relying_party(service)?, &answered.0, &options)
        .map_err(|err| refusal(&err))?;
    let Ok(public_key) = registered.static_state().encode();
    let Ok(state) = registered.dynamic_state().encode();
    let Ok(transports) = registered.transports().encode();
    Ok(Credential {
        id: registered.id().as_ref().to_vec(),
        user_id: user.id.clone(),
        transports,
        public_key,
        state,
    })
}

/// The argument that a refusal is about.
fn refusal(err: &RegCeremonyErr) -> StoreError {
    let argument = match err {
        RegCeremonyErr::Timeout => "ceremony_id",
        RegCeremonyErr::CollectedClientData(_)
        | RegCeremonyErr::CollectedClientDataRelaxed(_)
        | RegCeremonyErr::OriginMismatch
        | RegCeremonyErr::CrossOrigin
        | RegCeremonyErr::TopOriginMismatch
        | RegCeremonyErr::ChallengeMismatch => "client_data_json",
        RegCeremonyErr::RpIdHashMismatch
        | RegCeremonyErr::UserNotPresent
        | RegCeremonyErr::UserNotVerified => "authenticator_data",
        RegCeremonyErr::PublicKeyAlgorithmMismatch => "public_key_algorithm",
        _ => "attestation_object",
    };
    wrong(argument, err.to_string())
}

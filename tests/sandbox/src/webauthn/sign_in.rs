//! Signing in with a passkey (WebAuthn §7.2): alone, or as the second factor after the password.

use std::num::NonZeroU32;

use webauthn_rp::{
    AuthenticatedCredential, DiscoverableAuthentication, DiscoverableAuthenticationServerState,
    DiscoverableCredentialRequestOptions, NonDiscoverableAuthentication,
    NonDiscoverableAuthenticationServerState, NonDiscoverableCredentialRequestOptions,
    bin::{Decode, Encode},
    request::{
        Credentials,
        auth::{AllowedCredentials, AuthenticationVerificationOptions},
        register::UserHandle16,
    },
    response::{
        CredentialId,
        register::{CompressedPubKey, DynamicState, StaticState},
    },
};

use super::{Begun, descriptor, handle, relying_party, wrong};
use crate::{
    service::Service,
    store::{Client, Credential, Issued, Result, Step, hash},
};

/// How long a page with a ceremony can be used, in seconds: the longest time that WebAuthn §15.1
/// recommends.
const SECONDS: u32 = 600;

/// A sign-in that has begun.
#[derive(Debug)]
pub(super) enum SignIn {
    Alone(DiscoverableAuthenticationServerState),
    AfterPassword(NonDiscoverableAuthenticationServerState),
}

/// What came of an answer.
#[derive(Debug)]
pub(crate) enum Entered {
    /// The person is signed in.
    Session(Box<Issued>),
    /// The passkey is unknown, was removed, or its answer is not good.
    Refused,
    /// The ceremony was used before, or has expired.
    TooLate,
}

type Known<'a> =
    AuthenticatedCredential<'a, 'a, 16, CompressedPubKey<[u8; 32], [u8; 32], [u8; 48], Vec<u8>>>;

fn timeout() -> NonZeroU32 {
    NonZeroU32::new(SECONDS * 1000).unwrap_or(NonZeroU32::MAX)
}

fn begun(service: &Service, visit: &str, state: SignIn, options: serde_json::Value) -> Begun {
    let pending = &service.ceremonies.sign_ins;
    let id = pending.begin(&hash(visit), state, SECONDS.into(), service.now());
    Begun { id, options }
}

/// Begins a sign-in with a passkey alone, which stands for both factors: its authenticator has to
/// know the person.
///
/// # Errors
/// The service has no origin that WebAuthn works with.
pub(crate) fn begin_sign_in(service: &Service, visit: &str) -> Result<Begun> {
    let relying_party = relying_party(service)?;
    let mut options = DiscoverableCredentialRequestOptions::passkey(&relying_party);
    options.0.timeout = timeout();
    let (state, client) = options
        .start_ceremony()
        .map_err(|err| wrong("origin", err.to_string()))?;
    let options = serde_json::to_value(&client).unwrap_or_default();
    Ok(begun(service, visit, SignIn::Alone(state), options))
}

/// Begins the second factor of a visit whose password was right; nothing where the account has no
/// passkey that could be it.
///
/// # Errors
/// The visit waits for no second factor; the database's.
pub(crate) fn begin_second_factor(service: &Service, visit: &str) -> Result<Option<Begun>> {
    let mut allowed = AllowedCredentials::new();
    for credential in service.store.awaited_credentials(visit, service.now())? {
        if let Some(descriptor) = descriptor(&credential) {
            allowed.push(descriptor.into());
        }
    }
    let relying_party = relying_party(service)?;
    let Ok(mut options) =
        NonDiscoverableCredentialRequestOptions::second_factor(&relying_party, allowed)
    else {
        return Ok(None);
    };
    options.options().timeout = timeout();
    let (state, client) = options
        .start_ceremony()
        .map_err(|err| wrong("origin", err.to_string()))?;
    let options = serde_json::to_value(&client).unwrap_or_default();
    let state = SignIn::AfterPassword(state);
    Ok(Some(begun(service, visit, state, options)))
}

/// Ends a sign-in; `answer` is an `AuthenticationResponseJSON` (WebAuthn §5.1).
///
/// # Errors
/// The user is locked; the visit waits for no second factor; the database's.
pub(crate) fn enter(
    service: &Service,
    visit: &str,
    ceremony_id: &str,
    answer: &str,
    client: &Client,
) -> Result<Entered> {
    let now = service.now();
    let Some(sign_in) = service
        .ceremonies
        .sign_ins
        .take(ceremony_id, &hash(visit), now)
    else {
        return Ok(Entered::TooLate);
    };
    let relying_party = relying_party(service)?;
    let origins = [service.origin.as_str()];
    let options = AuthenticationVerificationOptions::<&str, &str> {
        allowed_origins: &origins,
        // What was not asked for does no harm (WebAuthn §7.2, step 23).
        error_on_unsolicited_extensions: false,
        update_uv: true,
        ..AuthenticationVerificationOptions::default()
    };
    let store = &service.store;
    let issued = match sign_in {
        SignIn::Alone(state) => {
            let Ok(answer) = DiscoverableAuthentication::<16>::from_json_relaxed(answer.as_bytes())
            else {
                return Ok(Entered::Refused);
            };
            let check = |credential: &Credential| {
                verified(credential, |known| {
                    state.verify(&relying_party, &answer, known, &options)
                })
            };
            let id = answer.raw_id();
            store.enter_with_passkey((visit, Step::Alone), id.as_ref(), check, client, now)?
        }
        SignIn::AfterPassword(state) => {
            let Ok(answer) =
                NonDiscoverableAuthentication::<16>::from_json_relaxed(answer.as_bytes())
            else {
                return Ok(Entered::Refused);
            };
            let check = |credential: &Credential| {
                verified(credential, |known| {
                    state.verify(&relying_party, &answer, known, &options)
                })
            };
            let id = answer.raw_id();
            store.enter_with_passkey(
                (visit, Step::AfterPassword),
                id.as_ref(),
                check,
                client,
                now,
            )?
        }
    };
    Ok(issued.map_or(Entered::Refused, |issued| {
        Entered::Session(Box::new(issued))
    }))
}

/// The new state of a passkey whose answer is good.
fn verified<E>(
    credential: &Credential,
    verify: impl FnOnce(&mut Known<'_>) -> std::result::Result<bool, E>,
) -> Option<[u8; 7]> {
    let handle: UserHandle16 = handle(&credential.user_id).ok()?;
    let mut known = AuthenticatedCredential::new(
        CredentialId::try_from(credential.id.as_slice()).ok()?,
        &handle,
        StaticState::decode(&credential.public_key).ok()?,
        DynamicState::decode(credential.state).ok()?,
    )
    .ok()?;
    verify(&mut known).ok()?;
    let Ok(state) = known.dynamic_state().encode();
    Some(state)
}

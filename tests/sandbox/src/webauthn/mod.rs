//! The sandbox as a relying party (W3C WebAuthn Level 3): challenges are random, and `webauthn_rp`
//! checks what an authenticator answers (§7.1 and §7.2).
//!
//! That crate keeps the real time, so a ceremony also has an end by the service's clock, which
//! tests move.

mod ceremonies;
mod registration;
mod sign_in;

use serde_json::Value;
use webauthn_rp::{
    RegistrationServerState,
    bin::Decode,
    request::{AsciiDomain, PublicKeyCredentialDescriptor, RpId, register::UserHandle16},
    response::{AuthTransports, CredentialId},
};

use crate::{
    service::Service,
    store::{Credential, Result, StoreError},
};

use ceremonies::Pending;
pub(crate) use registration::{Answered, Parts, Wanted, begin, finish};
use sign_in::SignIn;
pub(crate) use sign_in::{Entered, begin_second_factor, begin_sign_in, enter};

/// The ceremonies that have begun, of each kind.
#[derive(Debug, Default)]
pub(crate) struct Ceremonies {
    registrations: Pending<RegistrationServerState<16>>,
    sign_ins: Pending<SignIn>,
}

/// A ceremony that has begun.
#[derive(Debug)]
pub(crate) struct Begun {
    /// What its answer is to be sent with.
    pub(crate) id: String,
    /// `PublicKeyCredentialCreationOptionsJSON` or `PublicKeyCredentialRequestOptionsJSON`
    /// (WebAuthn §5.1.8 and §5.1.9).
    pub(crate) options: Value,
}

/// An argument of the API that is not what it should be (protocol.md A, "Errors").
fn wrong(argument: &'static str, help: impl Into<String>) -> StoreError {
    StoreError::Argument {
        argument,
        reason: "constraint",
        help: help.into(),
    }
}

/// The relying party's id: the host of the panel's origin, as a browser takes it where a page names
/// none (WebAuthn §5.1.3).
fn relying_party(service: &Service) -> Result<RpId> {
    let host = service.origin.split_once("://").map(|(_, rest)| rest);
    let host = host.unwrap_or_default().split(':').next();
    let host = host.unwrap_or_default();
    AsciiDomain::try_from(host.to_owned())
        .map(RpId::Domain)
        .map_err(|err| wrong("origin", err.to_string()))
}

/// The handle that an authenticator knows a user by: the 16 bytes of its id (inferred, protocol.md E).
fn handle(user_id: &str) -> Result<UserHandle16> {
    let id = uuid::Uuid::try_parse(user_id)
        .map_err(|_| StoreError::NotFound("user", user_id.to_owned()))?;
    Ok(UserHandle16::from(id.into_bytes()))
}

/// A passkey as a page names it to an authenticator. One that cannot be read is not named.
fn descriptor(credential: &Credential) -> Option<PublicKeyCredentialDescriptor<Vec<u8>>> {
    Some(PublicKeyCredentialDescriptor {
        id: CredentialId::try_from(credential.id.clone()).ok()?,
        transports: AuthTransports::decode(credential.transports).ok()?,
    })
}

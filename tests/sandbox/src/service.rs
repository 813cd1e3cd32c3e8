//! What all dialects share: the state and the clock.

use std::{convert::Infallible, net::IpAddr};

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};

use crate::{
    clock::{Clock, Instant},
    panel::{Home, Memory},
    store::{Client, Store},
    webauthn::Ceremonies,
};

/// The account service behind its dialects.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    /// Whether connections are encrypted: then a browser sends its cookies over such ones only.
    pub(crate) tls: bool,
    /// Where the panel is.
    pub(crate) home: Home,
    /// What the panel keeps in memory for its visitors.
    pub(crate) memory: Memory,
    /// The origin of the pages (WebAuthn Level 3, section 4, "origin"): scheme, host and port, with
    /// `localhost` as the host, since WebAuthn takes no IP address.
    pub(crate) origin: String,
    /// What passkeys are being registered and used for.
    pub(crate) ceremonies: Ceremonies,
}

impl Service {
    /// The time now, by the service's clock.
    pub(crate) fn now(&self) -> Instant {
        self.clock.instant()
    }
}

/// The address at the other end of the connection, as each request carries it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let user_agent = parts.headers.get(header::USER_AGENT);
        let ip = parts.extensions.get::<Peer>();
        Ok(Self {
            ip: ip.map(|peer| peer.0.to_string()).unwrap_or_default(),
            user_agent: user_agent
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
                .to_owned(),
        })
    }
}

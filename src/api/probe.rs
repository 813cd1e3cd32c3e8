//! How far the way to a service leads: its name, a connection, an answer.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    net::{TcpStream, lookup_host},
    task::JoinSet,
    time::timeout,
};

use url::Url;

use super::{ApiError, Http, http::Call};
use crate::model::{Dialect, clean};

/// Where the way to a host ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreached {
    /// Its name has no address.
    #[error("could not find the address of {host} ({reason})")]
    Name {
        /// The host.
        host: String,
        /// The resolver's answer.
        reason: String,
    },
    /// No connection was made.
    #[error("could not connect to {host}, port {port} ({reason})")]
    Connection {
        /// The host.
        host: String,
        /// The port.
        port: u16,
        /// The system's answer.
        reason: String,
    },
}

/// Finds the addresses of a host and connects to one of them; each step takes `limit` at most.
/// Nothing is sent.
///
/// # Errors
/// [`Unreached`].
pub(crate) async fn connect(host: &str, port: u16, limit: Duration) -> Result<(), Unreached> {
    let no_answer = || format!("no answer within {} s", limit.as_secs());
    let unnamed = |reason| Unreached::Name {
        host: clean(host),
        reason,
    };
    let addresses: Vec<SocketAddr> = match timeout(limit, lookup_host((host, port))).await {
        Ok(Ok(found)) => found.collect(),
        Ok(Err(err)) => return Err(unnamed(clean(&err.to_string()))),
        Err(_) => return Err(unnamed(no_answer())),
    };
    // Side by side: one family of addresses may lead nowhere.
    let mut attempts = JoinSet::new();
    for address in addresses {
        attempts.spawn(TcpStream::connect(address));
    }
    let first = async {
        let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
        while let Some(done) = attempts.join_next().await {
            match done {
                Ok(Ok(_)) => return Ok(()),
                Ok(Err(err)) => last = err,
                Err(err) => last = err.into(),
            }
        }
        Err(last)
    };
    let reason = match timeout(limit, first).await {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(err)) => clean(&err.to_string()),
        Err(_) => no_answer(),
    };
    Err(Unreached::Connection {
        host: clean(host),
        port,
        reason,
    })
}

/// Host and port of a proxy, without the user name and password that may stand in its address;
/// nothing where it is no address.
#[must_use]
pub(crate) fn proxy_place(address: &str) -> Option<(String, u16)> {
    let url = if address.contains("://") {
        Url::parse(address)
    } else {
        Url::parse(&format!("http://{address}"))
    }
    .ok()?;
    Some((clean(url.host_str()?), url.port_or_known_default()?))
}

impl Http {
    /// Asks for a list that no service gives to a caller without a key. The refusal is what is
    /// wanted: it is in the API's form and tells the service's time.
    ///
    /// # Errors
    /// As [`Http::send`], but for the refusal.
    pub(crate) async fn knock(&self, dialect: Dialect) -> Result<(), ApiError> {
        let path = match dialect {
            Dialect::Iam => "/iam/v1alpha1/api-keys",
            Dialect::Account => "/tokens",
        };
        match self.send(Call::get(path)).await {
            Ok(_)
            | Err(
                ApiError::Authentication { .. }
                | ApiError::Denied { .. }
                | ApiError::Arguments { .. },
            ) => Ok(()),
            Err(err) => Err(err),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Issue 10, 6
    #[test]
    fn a_proxy_is_named_without_its_password() {
        for (address, place) in [
            ("http://me:hunter2@proxy:3128", ("proxy", 3128)),
            ("me:hunter2@proxy:3128", ("proxy", 3128)),
            ("proxy", ("proxy", 80)),
            ("https://proxy/", ("proxy", 443)),
        ] {
            let (host, port) = proxy_place(address).unwrap();
            assert_eq!((host.as_str(), port), place, "{address}");
        }
        assert!(proxy_place("").is_none());
    }
}

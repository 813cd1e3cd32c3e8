//! The addresses that the service listens on.
//!
//! `panel_url` names `localhost`, which a browser takes for `::1` or for `127.0.0.1`. So the service
//! has both with one port: another program on the other address would be sent the password.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
};

/// How many free ports are tried for one that is free on every address.
const TRIES: u32 = 32;

/// Listens on an address, and on both loopback addresses with the same port. The first listener is
/// the one of the address.
///
/// # Errors
/// What cannot be listened on, and why.
pub(crate) fn listen(wanted: SocketAddr) -> Result<Vec<TcpListener>, (SocketAddr, io::Error)> {
    let mut tries = 1;
    loop {
        match listen_once(wanted) {
            Err((at, err))
                if wanted.port() == 0
                    && at.ip() != wanted.ip()
                    && err.kind() == io::ErrorKind::AddrInUse
                    && tries < TRIES =>
            {
                tries += 1;
            }
            outcome => return outcome,
        }
    }
}

fn listen_once(wanted: SocketAddr) -> Result<Vec<TcpListener>, (SocketAddr, io::Error)> {
    let first = bind(wanted).map_err(|err| (wanted, err))?;
    let port = first.local_addr().map_err(|err| (wanted, err))?.port();
    let mut listeners = vec![first];
    for loopback in [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()] {
        if covers(wanted.ip(), loopback) {
            continue;
        }
        let at = SocketAddr::new(loopback, port);
        match bind(at) {
            Ok(listener) => listeners.push(listener),
            // Another program has it.
            Err(err) if err.kind() == io::ErrorKind::AddrInUse => return Err((at, err)),
            // A machine without IPv6, or without IPv4, does not have this address.
            Err(_) => {}
        }
    }
    Ok(listeners)
}

fn bind(at: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(at)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Whether whoever listens on an address is reached at another one. `::` is every address of either
/// kind.
fn covers(address: IpAddr, other: IpAddr) -> bool {
    address == other || address.is_unspecified() && (address.is_ipv6() || other.is_ipv4())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(wanted: &str) -> Vec<SocketAddr> {
        let listeners = listen(wanted.parse().unwrap()).unwrap();
        let addresses = listeners.iter().map(TcpListener::local_addr);
        addresses.map(Result::unwrap).collect()
    }

    // Issue 11, 6
    #[test]
    fn both_loopback_addresses_have_the_same_port() {
        for (wanted, expected) in [
            ("127.0.0.1:0", &["127.0.0.1", "::1"][..]),
            ("[::1]:0", &["::1", "127.0.0.1"]),
            ("127.0.0.2:0", &["127.0.0.2", "127.0.0.1", "::1"]),
            ("0.0.0.0:0", &["0.0.0.0", "::1"]),
            ("[::]:0", &["::"]),
        ] {
            let found = addresses(wanted);
            let ips: Vec<String> = found.iter().map(|at| at.ip().to_string()).collect();
            assert_eq!(ips, expected, "{wanted}");
            assert!(found.iter().all(|at| at.port() == found[0].port()));
        }
    }

    // Issue 11, 6
    #[test]
    fn a_port_that_another_program_has_on_the_other_address_is_not_taken() {
        let other = TcpListener::bind("[::1]:0").unwrap();
        let port = other.local_addr().unwrap().port();
        let wanted = SocketAddr::from(([127, 0, 0, 1], port));
        let (at, err) = listen(wanted).unwrap_err();
        assert_eq!(at, other.local_addr().unwrap());
        assert_eq!(err.kind(), io::ErrorKind::AddrInUse);
    }
}

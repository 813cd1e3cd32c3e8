//! One port on both loopback addresses, so that no other program can answer for `localhost`.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::CallbackError;

/// How many ports are tried before the login gives up.
const TRIES: usize = 20;
/// How many connections may wait to be accepted.
const BACKLOG: u32 = 1024;

/// The listeners of one port.
#[derive(Debug)]
pub(super) struct Listeners {
    v4: TcpListener,
    /// Nothing on a machine without an IPv6 loopback address.
    v6: Option<TcpListener>,
    port: u16,
}

impl Listeners {
    /// Takes a port that is free on `127.0.0.1` and on `::1`.
    ///
    /// A browser takes `localhost` for both addresses and may try either first (RFC 6761 §6.3,
    /// RFC 8252 §8.3): a program that held the other one would get the login.
    ///
    /// # Errors
    /// [`CallbackError::Listen`], and [`CallbackError::Taken`] when other programs hold `::1` on
    /// every port that was tried.
    pub(super) fn bind() -> Result<Self, CallbackError> {
        Self::bind_with(listen)
    }

    fn bind_with(
        listen: impl Fn(SocketAddr) -> io::Result<TcpListener>,
    ) -> Result<Self, CallbackError> {
        // Useless listeners are kept, so that the system offers another port each time.
        let mut useless = Vec::new();
        while useless.len() < TRIES {
            let v4 = match listen((IpAddr::from(Ipv4Addr::LOCALHOST), 0).into()) {
                Ok(v4) => v4,
                // There were ports, and another program held `::1` on each.
                Err(_) if !useless.is_empty() => break,
                Err(err) => return Err(CallbackError::Listen(err)),
            };
            let port = v4.local_addr().map_err(CallbackError::Listen)?.port();
            let v6 = match listen((IpAddr::from(Ipv6Addr::LOCALHOST), port).into()) {
                Ok(v6) => Some(v6),
                Err(err) if is_without_ipv6(&err) => None,
                Err(err) if err.kind() == io::ErrorKind::AddrInUse => {
                    useless.push(v4);
                    continue;
                }
                Err(err) => return Err(CallbackError::Listen(err)),
            };
            return Ok(Self { v4, v6, port });
        }
        Err(CallbackError::Taken)
    }

    /// Host and port for the browser: a name only where both of its addresses are ours.
    pub(super) fn authority(&self) -> String {
        let host = match self.v6 {
            Some(_) => "localhost",
            None => "127.0.0.1",
        };
        format!("{host}:{}", self.port)
    }

    /// The next connection on either address.
    ///
    /// # Errors
    /// The system's, such as too many open files.
    pub(super) async fn accept(&self) -> io::Result<TcpStream> {
        let on_v6 = async {
            match &self.v6 {
                Some(v6) => v6.accept().await,
                None => std::future::pending().await,
            }
        };
        let (stream, _) = tokio::select! {
            accepted = self.v4.accept() => accepted,
            accepted = on_v6 => accepted,
        }?;
        Ok(stream)
    }
}

/// Listens without `SO_REUSEADDR`, which `TcpListener::bind` sets: a port that another program so
/// much as binds is not taken, and none can bind this one (socket(7), `SO_REUSEADDR`).
///
/// `::1` is one address and gets no IPv4 connection, whatever `IPV6_V6ONLY` says (RFC 3493 §3.7).
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()
    } else {
        TcpSocket::new_v6()
    }?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Whether the machine has no IPv6 (no such address, or no such family): no program can listen there.
fn is_without_ipv6(err: &io::Error) -> bool {
    if err.kind() == io::ErrorKind::AddrNotAvailable {
        return true;
    }
    #[cfg(unix)]
    let no_family = rustix::io::Errno::AFNOSUPPORT.raw_os_error();
    // WSAEAFNOSUPPORT (winsock2.h).
    #[cfg(not(unix))]
    let no_family = 10047;
    err.raw_os_error() == Some(no_family)
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, net::TcpListener as Other};

    use super::*;

    /// A machine on which listening on `::1` fails so, the first `times` times.
    fn machine(
        times: usize,
        error: impl Fn() -> io::Error,
    ) -> impl Fn(SocketAddr) -> io::Result<TcpListener> {
        let failed = Cell::new(0);
        move |address| {
            if address.is_ipv6() && failed.get() < times {
                failed.set(failed.get() + 1);
                return Err(error());
            }
            listen(address)
        }
    }

    // Issue 7, 25
    #[tokio::test]
    async fn nobody_else_can_bind_the_port_on_either_family() {
        let ours = Listeners::bind().unwrap();
        assert_eq!(ours.authority(), format!("localhost:{}", ours.port));
        // std sets SO_REUSEADDR on Unix, which is what somebody else would try.
        for address in ["127.0.0.1", "[::1]", "0.0.0.0", "[::]"] {
            let taken = Other::bind(format!("{address}:{}", ours.port));
            let kind = taken.err().map(|err| err.kind());
            assert_eq!(kind, Some(io::ErrorKind::AddrInUse), "{address}");
        }
    }

    // Issue 7, 25
    #[tokio::test]
    async fn another_port_is_tried_where_somebody_holds_the_second_family() {
        let in_use = || io::ErrorKind::AddrInUse.into();
        let ours = Listeners::bind_with(machine(TRIES - 1, in_use)).unwrap();
        assert!(ours.v6.is_some());
        assert!(matches!(
            Listeners::bind_with(machine(TRIES, in_use)),
            Err(CallbackError::Taken)
        ));
        let ports = Cell::new(2);
        let few_ports = |address: SocketAddr| {
            if address.is_ipv6() || ports.get() == 0 {
                return Err(in_use());
            }
            ports.set(ports.get() - 1);
            listen(address)
        };
        assert!(matches!(
            Listeners::bind_with(few_ports),
            Err(CallbackError::Taken)
        ));
    }

    // Issue 7, 25
    #[tokio::test]
    async fn a_machine_without_ipv6_hands_out_the_address_it_has() {
        let absent = [
            rustix::io::Errno::ADDRNOTAVAIL.raw_os_error(),
            rustix::io::Errno::AFNOSUPPORT.raw_os_error(),
        ];
        for code in absent {
            let error = || io::Error::from_raw_os_error(code);
            let ours = Listeners::bind_with(machine(1, error)).unwrap();
            assert_eq!(ours.authority(), format!("127.0.0.1:{}", ours.port));
        }
    }

    #[tokio::test]
    async fn a_failure_of_another_kind_is_told_and_not_tried_again() {
        let denied = || io::ErrorKind::PermissionDenied.into();
        assert!(matches!(
            Listeners::bind_with(machine(1, denied)),
            Err(CallbackError::Listen(_))
        ));
    }
}

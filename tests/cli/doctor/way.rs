//! Problems on the way to the API, and ways that would never end.

use std::{
    net::{TcpListener, TcpStream},
    time::{Duration, Instant},
};

use super::Machine;
use crate::support::{Ran, World};

/// The contract's bound for a whole run, not a measurement.
const BOUND: Duration = Duration::from_secs(7);

/// The one finding about the API with this address, within the bound.
#[track_caller]
fn api(machine: &Machine, url: &str) -> String {
    let began = Instant::now();
    let (code, found) = machine.findings(|command| {
        command.env("SCW_API_URL", url);
    });
    assert!(began.elapsed() < BOUND, "{:?}", began.elapsed());
    assert_eq!(code, 1, "{found:#?}");
    let lines: Vec<&String> = found
        .iter()
        .filter(|line| line.starts_with("api problem"))
        .collect();
    assert_eq!(lines.len(), 1, "{found:#?}");
    lines[0].clone()
}

// Issue 10, 6
#[test]
fn a_name_a_connection_and_tls_are_told_apart() {
    let machine = Machine::new();
    machine.is_healthy();
    let told = api(&machine, "https://no-such-host.invalid");
    assert!(
        told.contains("could not find the address of no-such-host.invalid"),
        "{told}"
    );
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let told = api(&machine, &format!("https://{free}"));
    assert!(
        told.contains("could not connect to 127.0.0.1, port"),
        "{told}"
    );
    assert!(told.contains("`curl -sv https://127.0.0.1:"), "{told}");

    let folder = tempfile::tempdir().unwrap();
    let world = World::with(scw_sandbox::Options {
        tls: Some(folder.path().to_owned()),
        ..scw_sandbox::Options::default()
    });
    let machine = Machine::of(world);
    machine.is_healthy();
    let (_, found) = machine.findings(|command| {
        command.env_remove("SSL_CERT_FILE");
    });
    let told = found.iter().find(|line| line.starts_with("api problem"));
    let told = told.unwrap_or_else(|| panic!("{found:#?}"));
    assert!(
        told.contains("the TLS connection to") && told.contains("SSL_CERT_FILE"),
        "{told}"
    );
    let (_, found) = machine.findings(|command| {
        command.env("SSL_CERT_FILE", "/no/such/file");
    });
    let told = found.iter().find(|line| line.starts_with("api problem"));
    assert!(
        told.is_some_and(|line| line.contains("`SSL_CERT_FILE`")),
        "{found:#?}"
    );
}

// Issue 10, 6
#[test]
fn an_api_that_accepts_and_never_answers_holds_nothing_up() {
    let machine = Machine::new();
    let black_hole = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", black_hole.local_addr().unwrap());
    let told = api(&machine, &url);
    assert!(told.contains("did not answer within"), "{told}");
}

// Issue 10, 6
#[test]
fn an_address_that_drops_packets_holds_nothing_up() {
    let machine = Machine::new();
    // Where the backlog is full, the system drops what asks for a connection (listen(2)).
    let full = rustix::net::socket(
        rustix::net::AddressFamily::INET,
        rustix::net::SocketType::STREAM,
        None,
    )
    .unwrap();
    let any = std::net::SocketAddrV4::new(std::net::Ipv4Addr::LOCALHOST, 0);
    rustix::net::bind(&full, &any).unwrap();
    rustix::net::listen(&full, 0).unwrap();
    let full = TcpListener::from(full);
    let address = full.local_addr().unwrap();
    let mut filling = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
        filling.push(stream);
    }
    let told = api(&machine, &format!("http://{address}"));
    assert!(told.contains("could not connect to 127.0.0.1"), "{told}");
    assert!(told.contains("no answer within 2 s"), "{told}");
}

// Issue 10, 6
#[test]
fn clocks_that_are_apart_are_told_by_how_much() {
    let machine = Machine::new();
    machine.is_healthy();
    machine.world.sandbox.advance(22);
    let (code, found) = machine.findings(|_| {});
    let told = found.iter().find(|line| line.starts_with("clock warning"));
    assert!(
        told.is_some_and(|line| line.contains("s behind the API's")),
        "{found:#?}"
    );
    assert_eq!(code, 0);
    machine.world.sandbox.advance(40);
    let (code, found) = machine.findings(|_| {});
    let told = found.iter().find(|line| line.starts_with("clock problem"));
    assert!(
        told.is_some_and(|line| line.contains("set-ntp")),
        "{found:#?}"
    );
    assert_eq!(code, 1);
}

// Issue 10, 6
#[test]
fn a_proxy_is_named_without_its_password_and_a_dead_one_is_the_problem() {
    let machine = Machine::new();
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let mut command = machine.command(&["doctor"]);
    command
        .env("HTTPS_PROXY", format!("http://me:hunter2@{free}"))
        .env("SCW_API_URL", "https://api.example.com");
    let ran = Ran::of(command.output().unwrap()).expect(1);
    let text = ran.stdout;
    assert!(
        text.contains("requests go through 127.0.0.1, port"),
        "{text}"
    );
    assert!(text.contains("could not connect to 127.0.0.1"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}

// Issue 10, 6
#[test]
fn a_request_to_end_ends_it_at_once() {
    let machine = Machine::new();
    let black_hole = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", black_hole.local_addr().unwrap());
    let mut command = machine.command(&["doctor"]);
    let mut child = command.env("SCW_API_URL", url).spawn().unwrap();
    // It listens for signals before it connects.
    let connected = black_hole.accept().unwrap();
    let began = Instant::now();
    let process = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(
        began.elapsed() < Duration::from_secs(2),
        "{:?}",
        began.elapsed()
    );
    drop(connected);
}

//! The port of a browser login: ours alone, and never held up.

use std::{
    fs, io,
    net::{TcpListener, TcpStream},
    time::{Duration, Instant},
};

use crate::support::{
    World,
    browser::{Waiting, login_of_first},
};

/// The state of a socket that listens, in the kernel's table (`proc_net_tcp(5)`).
const LISTENING: &str = "0A";
/// The state of one that is connected.
const CONNECTED: &str = "01";

/// The local addresses, as the kernel writes them, of the sockets in a state at this port.
fn sockets(table: &str, state: &str, port: u16) -> Vec<String> {
    let port = format!(":{port:04X}");
    fs::read_to_string(table)
        .unwrap()
        .lines()
        .filter_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let is_so = fields.get(3) == Some(&state);
            let address = fields.get(1)?.strip_suffix(&port)?;
            is_so.then(|| address.to_owned())
        })
        .collect()
}

// Issue 7, 25
#[test]
fn nobody_else_can_have_the_port_on_either_family() {
    let world = World::new();
    let mut waiting = Waiting::start(&world);
    let port = waiting.browser.port;
    assert_eq!(sockets("/proc/net/tcp", LISTENING, port), ["0100007F"]);
    assert_eq!(
        sockets("/proc/net/tcp6", LISTENING, port),
        ["00000000000000000000000001000000"]
    );
    for address in ["127.0.0.1", "::1", "0.0.0.0", "::"] {
        let kind = TcpListener::bind((address, port)).err().map(|e| e.kind());
        assert_eq!(kind, Some(io::ErrorKind::AddrInUse), "{address}");
    }
    waiting.child.kill().unwrap();
    waiting.child.wait().unwrap();
}

/// Connections that say nothing, on both families.
fn idle(port: u16, count: usize) -> Vec<TcpStream> {
    (0..count)
        .map(|n| {
            let address = if n % 2 == 0 { "127.0.0.1" } else { "::1" };
            TcpStream::connect((address, port)).unwrap()
        })
        .collect()
}

// Issue 7, 27
#[test]
fn idle_connections_neither_delay_the_login_nor_end_it() {
    for count in [5, 70, 500] {
        let world = World::new();
        let mut waiting = Waiting::start(&world);
        let token = login_of_first(&world);
        let began = Instant::now();
        let _before = idle(waiting.browser.port, count);
        waiting.browser.open_start();
        let kept = || -> usize {
            ["/proc/net/tcp", "/proc/net/tcp6"]
                .iter()
                .map(|table| sockets(table, CONNECTED, waiting.browser.port).len())
                .sum()
        };
        // Those that wait to be accepted are connected for the kernel.
        while kept() > 66 {
            let took = began.elapsed();
            assert!(took < Duration::from_secs(5), "{} are kept", kept());
            crate::support::running::pause();
        }
        let _between = idle(waiting.browser.port, count);
        let answer = waiting.browser.bring(&token);
        assert!(answer.contains("You are logged in"), "{answer}");
        waiting.finish().expect(0);
        let took = began.elapsed();
        // One alone would take five seconds to be given up.
        assert!(took < Duration::from_secs(5), "{count}: {took:?}");
    }
}

/// The processor time of a process so far, in ticks of 10 ms (`proc_pid_stat(5)`, fields 14, 15).
fn ticks(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split(' ').collect();
    fields[12].parse::<u64>().unwrap() + fields[13].parse::<u64>().unwrap()
}

// Issue 7, 27
#[test]
fn too_many_open_files_do_not_make_it_spin() {
    let world = World::new();
    let plain = world.command(&[
        "login",
        "--web",
        "--no-browser",
        "--storage",
        "file",
        "--email",
        &world.info().email,
    ]);
    let mut command = std::process::Command::new("sh");
    command
        .args(["-c", "ulimit -n 24; exec \"$0\" \"$@\""])
        .arg(plain.get_program())
        .args(plain.get_args())
        .env_clear();
    for (name, value) in plain.get_envs() {
        command.env(name, value.unwrap());
    }
    let mut waiting = Waiting::of(&mut command);
    let crowd = idle(waiting.browser.port, 60);
    let before = ticks(waiting.child.id());
    // Its turn comes when the crowd before it was accepted, each in the place of another.
    waiting.browser.open_start();
    let spent = ticks(waiting.child.id()) - before;
    assert!(spent < 50, "{spent} ticks");
    drop(crowd);
    let answer = waiting.browser.bring(&login_of_first(&world));
    assert!(answer.contains("You are logged in"), "{answer}");
    waiting.finish().expect(0);
}

//! What never ends, what is too many, and what is too long: connections and durations.

use std::{
    fs,
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    process::Command,
    time::{Duration, Instant},
};

use crate::served::Served;
use crate::wire::Wire;
use scw_sandbox::{Limits, Options};
use serde_json::{Value, json};

/// A limit that a test waits for.
const SHORT: Duration = Duration::from_millis(100);

/// Far more than a limit, and less than the usual ones.
const PATIENCE: Duration = Duration::from_secs(9);

fn limited(limits: Limits) -> Wire {
    Wire::with(Options {
        control: true,
        limits,
        ..Options::default()
    })
}

fn connect(wire: &Wire) -> TcpStream {
    let url = &wire.sandbox.info().api_url;
    let stream = TcpStream::connect(url.split("://").nth(1).unwrap()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// What comes until the service closes the connection.
fn rest(mut stream: TcpStream) -> String {
    let mut text = String::new();
    match stream.read_to_string(&mut text) {
        Ok(_) => text,
        Err(err) if err.kind() == ErrorKind::ConnectionReset => text,
        Err(err) => panic!("the connection stays: {err}"),
    }
}

/// An answer with its body, whose end is known by its length.
fn answer(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut byte = [0];
    while !text.ends_with("\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        text.push(char::from(byte[0]));
    }
    let length = text.split("content-length: ").nth(1).unwrap();
    let length = length.split("\r\n").next().unwrap().parse().unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    text + &String::from_utf8(body).unwrap()
}

// Issue 11, 6
#[test]
fn headers_that_do_not_come_and_connections_without_use_are_closed() {
    let wire = limited(Limits {
        headers: SHORT,
        ..Limits::default()
    });
    for begun in [
        "",
        "GET /tok",
        "GET /tokens HTTP/1.1\r\nhost: localhost\r\nx-auth",
    ] {
        let mut stream = connect(&wire);
        stream.write_all(begun.as_bytes()).unwrap();
        let closed = rest(stream);
        assert!(!closed.contains(" 200 "), "{begun}: {closed}");
    }
    let mut idle = connect(&wire);
    let whole = b"GET /tokens HTTP/1.1\r\nhost: localhost\r\n\r\n";
    idle.write_all(whole).unwrap();
    assert!(answer(&mut idle).starts_with("HTTP/1.1 401 "));
    assert_eq!(rest(idle), "");
}

// Issue 11, 6
#[test]
fn a_body_that_does_not_come_is_refused_and_nothing_is_done() {
    let wire = limited(Limits {
        body: SHORT,
        ..Limits::default()
    });
    let key = &wire.sandbox.info().secret_key;
    for path in [wire.user_path("/mfa-otp"), "/_sandbox/clock".to_owned()] {
        let mut stream = connect(&wire);
        let begun = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nx-auth-token: {key}\r\n\
             content-length: 100\r\n\r\n{{"
        );
        stream.write_all(begun.as_bytes()).unwrap();
        let text = rest(stream);
        assert!(text.starts_with("HTTP/1.1 408 "), "{text}");
        assert!(text.contains("did not come in time"), "{text}");
    }
    assert_eq!(wire.sandbox.state().unwrap()["two_factor"], "off");
}

// Issue 11, 6
#[test]
fn a_handshake_that_does_not_end_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let wire = Wire::with(Options {
        tls: Some(folder.path().to_owned()),
        limits: Limits {
            handshake: SHORT,
            ..Limits::default()
        },
        ..Options::default()
    });
    for begun in [&b""[..], b"\x16\x03\x01\x02\x00\x01"] {
        let mut stream = connect(&wire);
        stream.write_all(begun).unwrap();
        assert_eq!(rest(stream), "");
    }
}

// Issue 11, 6
#[test]
fn only_so_many_connections_are_served_and_the_others_wait() {
    let wire = limited(Limits {
        connections: 3,
        ..Limits::default()
    });
    let whole = b"GET /tokens HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let mut three: Vec<TcpStream> = (0..3).map(|_| connect(&wire)).collect();
    for stream in &mut three {
        stream.write_all(whole).unwrap();
        answer(stream);
    }
    let mut fourth = connect(&wire);
    fourth.write_all(whole).unwrap();
    fourth.set_read_timeout(Some(SHORT)).unwrap();
    let early = fourth.read(&mut [0]).unwrap_err();
    assert!(matches!(
        early.kind(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut
    ));
    assert_eq!(wire.sandbox.requests().len(), 3);
    three.pop();
    fourth.set_read_timeout(Some(PATIENCE)).unwrap();
    assert!(answer(&mut fourth).starts_with("HTTP/1.1 401 "));
}

/// The processor time that a process has used, in ticks (proc(5): fields 14 and 15; a second has
/// 100 of them on Linux).
fn ticks(process: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let after_name = stat.rsplit(") ").next().unwrap();
    let fields: Vec<&str> = after_name.split(' ').collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

// Issue 11, 6
#[test]
fn without_file_descriptors_the_service_waits_and_does_not_spin() {
    let program = env!("CARGO_BIN_EXE_scw-sandbox");
    let line = format!("ulimit -n 24; exec '{program}' serve --control");
    let served = Served::of(Command::new("sh").args(["-c", &line]));
    let address = served.text("api_url").strip_prefix("http://").unwrap();
    let mut many: Vec<TcpStream> = (0..40)
        .map(|_| TcpStream::connect(address).unwrap())
        .collect();
    let mut last = many.pop().unwrap();
    last.write_all(b"GET /tokens HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .unwrap();
    // Nothing but time shows that it does nothing; a read that finds nothing passes it.
    let (before, begun) = (ticks(served.child.id()), Instant::now());
    last.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    last.read(&mut [0]).unwrap_err();
    let used = ticks(served.child.id()) - before;
    assert!(used < 20, "{used} ticks in {:?}", begun.elapsed());
    drop(many);
    last.set_read_timeout(Some(PATIENCE)).unwrap();
    assert!(answer(&mut last).starts_with("HTTP/1.1 401 "));
}

// Issue 11, 6
#[test]
fn the_longest_durations_end_nothing_at_once() {
    let wire = Wire::seeded(
        &json!({"organizations": [{"requires_two_factor": true, "users": [
        {"email": "a@example.com", "key_expires_in_s": i64::MAX},
        {"email": "b@example.com", "key_expires_in_s": i64::MIN}]}]}),
    );
    let info = wire.sandbox.info().clone();
    let settings = format!(
        "/iam/v1alpha1/organizations/{}/security-settings",
        info.organization_id
    );
    let longest = "315576000000s";
    let all = json!({"grace_period_duration": longest, "max_login_session_duration": longest,
        "max_api_key_expiration_duration": longest});
    wire.request("PATCH", &settings, Some(all)).expect(200);
    let session = wire.log_in_first("").expect(200);
    let token = session["token"].as_str().unwrap();
    wire.in_session(token, "GET", &wire.user_path(""), None)
        .expect(200);
    let periods = wire
        .get(&format!(
            "/iam/v1alpha1/grace-periods?user_id={}",
            info.user_id
        ))
        .expect(200);
    let end = "9999-12-31T23:59:59.999999Z";
    assert_eq!(periods["grace_periods"][0]["expires_at"], end);
    let key = |expires_at: &str| {
        let body = json!({"user_id": info.user_id, "expires_at": expires_at});
        wire.post("/iam/v1alpha1/api-keys", body)
    };
    for far in ["9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59-23:59"] {
        let made = key(far).expect(200);
        assert_eq!(made["expires_at"], end);
        let secret = made["secret_key"].as_str().unwrap();
        wire.request_with("GET", &wire.user_path(""), Some(secret), None)
            .expect(200);
    }
    for past in [
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
    ] {
        let refused = key(past).expect(400);
        assert_eq!(refused["details"][0]["argument_name"], "expires_at");
    }
    for none in ["", "10000-01-01T00:00:00Z", "+99999-01-01T00:00:00Z"] {
        key(none).expect(400);
    }
    let keys = format!(
        "/iam/v1alpha1/api-keys?organization_id={}",
        info.organization_id
    );
    for key in wire.get(&keys).expect(200)["api_keys"].as_array().unwrap() {
        assert_ne!(key["expires_at"], "");
    }
}

// Issue 11, 6
#[test]
fn a_clock_is_not_moved_where_no_time_has_a_name() {
    let wire = limited(Limits::default());
    let advance = |seconds: Value| wire.post("/_sandbox/clock", json!({"advance_s": seconds}));
    for beyond in [i64::MAX, i64::MIN, -4_000_000_000, 300_000_000_000] {
        let refused = advance(json!(beyond)).expect(400);
        let message = refused["message"].as_str().unwrap();
        assert!(message.contains("1970 to 9000"), "{message}");
    }
    advance(json!(1e30)).expect(400);
    // Near the end everything still works, and nothing is born expired.
    let year_8990 = 221_500_000_000 - wire.sandbox.now();
    advance(json!(year_8990)).expect(200);
    let session = wire.log_in_first("").expect(200);
    let token = session["token"].as_str().unwrap();
    wire.in_session(token, "GET", &wire.user_path(""), None)
        .expect(200);
    advance(json!(-year_8990)).expect(200);
    wire.get(&wire.user_path("")).expect(200);
}

// Issue 11, 6
#[test]
fn a_seed_with_a_setting_that_no_api_would_take_is_refused() {
    for (name, value) in [
        ("grace_period_s", i64::MAX),
        ("grace_period_s", -1),
        ("max_session_s", 315_576_000_001),
        ("max_session_s", i64::MIN),
        ("max_api_key_s", i64::MAX),
        ("login_attempts", 0),
        ("login_attempts", i64::MAX),
    ] {
        let mut organization = json!({"name": "A", "users": [{"email": "a@example.com"}]});
        organization[name] = json!(value);
        let seed = json!({"organizations": [organization]}).to_string();
        let err = scw_sandbox::Seed::parse(&seed).unwrap_err().to_string();
        assert_eq!(err, format!("{name} of \"A\" is out of range"));
    }
}

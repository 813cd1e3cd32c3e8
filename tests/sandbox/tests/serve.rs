//! The binary: the line that it prints, data files, signals, TLS.

use std::{
    io::{Read, Write},
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    process::Command,
    sync::Arc,
};

use crate::served::Served;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use serde_json::json;

/// Whether a data file, or what SQLite keeps beside it, holds a text in clear.
fn holds(data: &str, text: &str) -> bool {
    ["", "-wal"].iter().any(|suffix| {
        let bytes = std::fs::read(format!("{data}{suffix}")).unwrap_or_default();
        bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    })
}

#[test]
fn what_was_answered_outlives_a_kill_and_the_identities_stay() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("accounts.db");
    let data = data.to_str().unwrap();
    let before = Served::start(&["--data", data]);
    let secret = before.call("POST", "/mfa-otp")["secret"]
        .as_str()
        .unwrap()
        .to_owned();
    let info = before.info.clone();
    drop(before);

    let after = Served::start(&["--data", data, "--control"]);
    for name in [
        "email",
        "password",
        "user_id",
        "organization_id",
        "project_id",
        "access_key",
        "secret_key",
        "token",
    ] {
        assert_eq!(after.info[name], info[name], "{name}");
    }
    assert_eq!(after.call("GET", "")["mfa"], false);
    assert_eq!(after.door("state")["two_factor"], "pending");
    // Secrets are kept hashed; the pending key is not one of them, it must be computed with.
    for secret in [
        info["secret_key"].as_str().unwrap(),
        info["password"].as_str().unwrap(),
        &secret,
    ] {
        assert!(!holds(data, secret));
    }
}

#[test]
fn serve_ends_on_sigterm_with_success_however_early_it_comes() {
    for _ in 0..20 {
        let mut served = Served::start(&[]);
        served.terminate();
        assert!(served.child.wait().unwrap().success());
    }
}

#[test]
fn a_request_that_is_under_way_is_answered_before_the_end() {
    let mut served = Served::start(&["--control", "--latency-ms", "200"]);
    let address = served.text("api_url").strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .write_all(b"GET /tokens HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .unwrap();
    while served.door("requests").as_array().unwrap().is_empty() {}
    served.terminate();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    assert!(served.child.wait().unwrap().success());
}

#[test]
fn members_of_a_data_file_are_not_added_again() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("accounts.db");
    for (members, users) in [("3", 4), ("3", 4), ("5", 6), ("0", 6)] {
        let served = Served::start(&[
            "--control",
            "--data",
            data.to_str().unwrap(),
            "--members",
            members,
        ]);
        let state = served.door("state");
        assert_eq!(state["users"].as_array().unwrap().len(), users);
    }
}

#[test]
fn secrets_that_a_seed_names_are_printed_after_a_restart_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (seed, data) = (path("seed.json"), path("accounts.db"));
    let user = json!({"email": "a@example.com", "password": "a password of one's own",
        "secret_key": "11111111-2222-4333-8444-555555555555"});
    let text = json!({"organizations": [{"users": [user]}]}).to_string();
    std::fs::write(&seed, text).unwrap();
    let before = Served::start(&["--data", &data, "--seed", &seed])
        .info
        .clone();
    assert_eq!(before["password"], user["password"]);
    let after = Served::start(&["--data", &data]);
    for name in ["password", "secret_key", "access_key", "token"] {
        assert_eq!(after.info[name], before[name], "{name}");
    }
    after.call("GET", "");
    for name in ["password", "secret_key"] {
        let secret = before[name].as_str().unwrap();
        assert!(!holds(&data, secret), "{name}");
    }
}

#[test]
fn a_seed_that_cannot_be_used_is_a_wrong_usage_and_told_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let seed = folder.path().join("seed.json");
    for text in [
        "nonsense",
        r#"{"organizations": []}"#,
        r#"{"organizations": [{"users": [{"email": "a@example.com", "type": "king"}]}]}"#,
        r#"{"organizations": [{"users": [{"email": "a@example.com", "otp_secret": "1"}]}]}"#,
    ] {
        std::fs::write(&seed, text).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_scw-sandbox"))
            .args(["serve", "--seed", seed.to_str().unwrap()])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("seed.json: "));
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn tls_is_vouched_for_by_the_authority_that_is_written_and_by_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(&["--tls", folder.path().to_str().unwrap()]);
    let ca_file = served.text("ca_file");
    assert!(served.text("api_url").starts_with("https://127.0.0.1:"));
    let mode = std::fs::metadata(folder.path().join("key.pem")).unwrap();
    assert_eq!(mode.permissions().mode() & 0o777, 0o600);
    assert_eq!(over_tls(&served, ca_file).unwrap(), "HTTP/1.1 401 ");
    let other = tempfile::tempdir().unwrap();
    let _other = Served::start(&["--tls", other.path().to_str().unwrap()]);
    let stranger = other.path().join("ca.pem");
    over_tls(&served, stranger.to_str().unwrap()).unwrap_err();
}

/// The beginning of an answer over TLS, where this authority vouches for the service.
fn over_tls(served: &Served, ca_file: &str) -> std::io::Result<String> {
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(ca_file).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let address = served.text("api_url").strip_prefix("https://").unwrap();
    let name = "127.0.0.1".try_into().unwrap();
    let connection = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = rustls::StreamOwned::new(connection, TcpStream::connect(address)?);
    stream.write_all(b"GET /tokens HTTP/1.1\r\nhost: localhost\r\n\r\n")?;
    let mut begin = [0; 13];
    stream.read_exact(&mut begin)?;
    Ok(String::from_utf8_lossy(&begin).into_owned())
}

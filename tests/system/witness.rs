//! A second implementation of the wire, in Python and from protocol.md alone, agrees.

use std::{path::Path, process::Command};

use super::qr::python;
use crate::support::{Ran, World};

#[test]
fn plain_requests_log_in_and_out_in_both_dialects() {
    for dialect in ["iam", "account"] {
        let world = World::seeded(
            r#"{"organizations": [
                {"name": "Alpha", "users": [{"email": "a@example.com"}]},
                {"name": "Beta", "users": [{"email": "a@example.com"}]}]}"#,
        );
        let info = world.info();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/system/witness.py");
        let output = Command::new(python())
            .arg(script)
            .arg(dialect)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("API_URL", &info.api_url)
            .env("ACCOUNT_URL", &info.account_url)
            .env("EMAIL", &info.email)
            .env("PASSWORD", &info.password)
            .output()
            .unwrap();
        let ran = Ran::of(output).expect(0);
        assert_eq!(ran.stdout.trim(), "agreed", "{dialect}");
    }
}

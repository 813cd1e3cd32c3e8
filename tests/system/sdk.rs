//! The official Python SDK turns a second factor on and off, and `scw` sees it.

use std::{path::Path, process::Command};

use super::qr::python;
use crate::support::{Ran, World};

#[test]
fn what_the_official_sdk_does_scw_sees() {
    let world = World::logged_in();
    let sdk = |action: &str| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/system/sdk.py");
        let info = world.info();
        let output = Command::new(python())
            .arg(script)
            .arg(action)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", world.home.path())
            .env("API_URL", &info.api_url)
            .env("ACCESS_KEY", &info.access_key)
            .env("SECRET_KEY", &info.secret_key)
            .env("ORGANIZATION_ID", &info.organization_id)
            .env("PROJECT_ID", &info.project_id)
            .env("USER_ID", &info.user_id)
            .output()
            .unwrap();
        Ran::of(output).expect(0).stdout
    };
    assert_eq!(sdk("look").trim(), "off");
    assert_eq!(sdk("on").lines().count(), 10);
    let status = world.run(&["2fa", "status", "-o", "json"]).expect(0).json();
    assert_eq!(status["two_factor"], "on");
    assert_eq!(sdk("look").trim(), "on");
    sdk("off");
    world.run(&["2fa", "status", "--check"]).expect(8);

    world.switch_on();
    assert_eq!(sdk("look").trim(), "on", "and the SDK sees what scw does");
    sdk("keys");
}

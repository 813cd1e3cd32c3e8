//! The app and passkeys, together and alone (protocol.md E).

mod cells;
mod claims;
mod cut;
mod keys;
#[cfg(feature = "security-keys")]
mod keys_add;
mod left;
mod readings;

use serde_json::json;

use crate::support::{SECOND_READING, World};

/// Whether `mfa` is on for a passkey alone.
const COUNTS_PASSKEYS: bool = !SECOND_READING;

/// A state of the factors of an account.
#[derive(Debug, Clone, Copy)]
struct State {
    app: bool,
    passkey: bool,
    pending: bool,
}

impl State {
    fn of(name: &str) -> Self {
        Self {
            app: matches!(name, "app" | "both"),
            passkey: matches!(name, "passkey" | "both"),
            pending: name == "pending",
        }
    }

    fn make(self, world: &World) {
        if self.app {
            let key = world.home.path().join(KEY_FILE);
            let command = format!("tee {} | oathtool --totp -b -", key.display());
            world
                .run(&["2fa", "on", "--otp-command", &command])
                .expect(0);
        }
        if self.passkey {
            add_passkey(world, "Laptop");
        }
        if self.pending {
            let path = format!("/iam/v1alpha1/users/{}/mfa-otp", world.info().user_id);
            world.elsewhere("POST", &path, "{}");
        }
    }

    /// The key in the app, where there is one.
    fn app_key(world: &World) -> Option<String> {
        std::fs::read_to_string(world.home.path().join(KEY_FILE)).ok()
    }
}

const KEY_FILE: &str = "key-of-the-app";

/// Adds a passkey to the first user; its id.
fn add_passkey(world: &World, name: &str) -> String {
    let user = &world.info().user_id;
    world.sandbox.add_passkey(user, name).unwrap()
}

// Issue 8, "done when" 1
#[test]
fn every_cell_of_the_table_has_its_test() {
    let states = ["none", "app", "passkey", "both", "pending"];
    let reading = if COUNTS_PASSKEYS {
        "mfa counts passkeys, codes outlive the app"
    } else {
        "mfa is the app alone, codes go with the app"
    };
    let binary = env!("CARGO_CRATE_NAME");
    println!("{reading}:");
    println!(
        "{:<12} {}",
        "",
        states.map(|state| format!("{state:<9}")).join(" ")
    );
    for (command, cells) in cells::TABLE {
        let row = states.map(|state| {
            assert!(cells.contains(&state), "no test of {command} with {state}");
            format!("{:<9}", "tested")
        });
        println!("{command:<12} {}", row.join(" "));
    }
    println!("each is {binary}::factors::cells::COMMAND::STATE");
    assert_eq!(cells::TABLE.len() * states.len(), 45);
}

// Issue 8, 1: what each reading is, on the wire, so that the two binaries are known to differ.
#[test]
fn the_sandbox_has_the_reading_that_this_binary_is_for() {
    let world = World::logged_in();
    world.switch_on();
    add_passkey(&world, "Laptop");
    let path = format!("/iam/v1alpha1/users/{}", world.info().user_id);
    world.elsewhere("DELETE", &format!("{path}/mfa-otp"), "{}");
    let user = world.elsewhere("GET", &path, "");
    assert_eq!(user["mfa"], json!(COUNTS_PASSKEYS));
    let codes = if COUNTS_PASSKEYS { 10 } else { 0 };
    assert_eq!(world.sandbox.state().unwrap()["backup_codes_unused"], codes);
}

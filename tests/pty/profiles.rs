//! The question of `scw profile remove`.

use expectrl::{ControlCode, Expect};

use crate::support::World;
use crate::terminal::{finish, terminal, wait_for};

// Issue 10, 4
#[test]
fn the_question_names_account_organization_and_profile_and_only_a_yes_removes() {
    let world = World::logged_in();
    let email = world.info().email.clone();
    for (answer, code) in [(Some("n"), 1), (None, 130), (Some("y"), 0)] {
        let mut session = terminal(&world, &["profile", "remove", "default"]);
        let about = wait_for(&mut session, "Remove profile `default`?");
        let named = format!("This logs out of {email} (organization ");
        assert!(about.contains(&named), "{about}");
        assert!(
            about.contains("profile `default`) and removes the secret key"),
            "{about}"
        );
        match answer {
            Some(answer) => session.send_line(answer).unwrap(),
            None => session.send(ControlCode::EndOfText).unwrap(),
        }
        let (rest, ended) = finish(&mut session);
        assert_eq!(ended, code, "{rest}");
        let left = if code == 0 { 3 } else { 0 };
        world.run(&["token"]).expect(left);
    }
}

//! The parents of a new file: each is durable before anything is made in it.

use crate::binary;
use scw_crash::{
    process::Ending,
    tracer::{Action, Start, run},
    world::{OWNER, Place},
};

// Issue 7, 12
#[test]
fn a_new_folder_is_synced_into_its_parent_before_the_next_one_is_made() {
    let place = Place::new(&binary()).unwrap();
    let world = place.world(None, None).unwrap();
    let traced = run(&world.login(&OWNER), Start::Undumpable, &mut |_| {
        Action::Pass
    })
    .unwrap();
    assert_eq!(
        traced.ran.ending,
        Ending::Exit(0),
        "run `cargo build` first: {}",
        traced.ran.stderr
    );
    let names: Vec<&str> = traced.calls.iter().map(|call| call.name).collect();
    let made: Vec<usize> = (0..names.len())
        .filter(|at| names[*at].starts_with("mkdir"))
        .collect();
    // The data folder below two that are missing too, and the two that the login needs in it.
    assert!(made.len() >= 5, "{names:?}");
    for at in made {
        let next = names[at + 1..].iter().find(|name| {
            name.starts_with("mkdir") || name.starts_with("rename") || **name == "fsync"
        });
        assert_eq!(next, Some(&"fsync"), "behind call {at}: {names:?}");
    }
}

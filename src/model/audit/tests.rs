//! What a report comes to.

use super::*;

fn tally(change: impl FnOnce(&mut Tally)) -> Tally {
    let mut tally = Tally {
        members: 10,
        with: 10,
        ..Tally::default()
    };
    change(&mut tally);
    tally
}

// Issue 12, 2
#[test]
fn nothing_passes_that_is_not_known() {
    use FailOn::{ExpiredGrace, KeyWithoutEnd, Unknown, Without};

    let failed = |conditions: &[FailOn]| Verdict::Failed(conditions.to_vec());
    let incomplete = |conditions: &[FailOn]| Verdict::Incomplete(conditions.to_vec());
    let unknown = tally(|tally| tally.unknown = 1);
    let unread = tally(|tally| tally.unread = vec![3..=4]);
    let without = tally(|tally| tally.without = 1);
    let no_keys = tally(|tally| tally.unknown_keys = 1);
    let no_grace = tally(|tally| tally.unknown_grace = 1);
    for (tally, chosen, expected) in [
        (
            &tally(|_| ()),
            &[Without, ExpiredGrace, Unknown, KeyWithoutEnd][..],
            Verdict::Passed,
        ),
        (&without, &[], Verdict::Passed),
        (&without, &[KeyWithoutEnd, Without], failed(&[Without])),
        (&unknown, &[], incomplete(&[])),
        (&unknown, &[Without], incomplete(&[])),
        (&unknown, &[Unknown], failed(&[Unknown])),
        (&unread, &[], incomplete(&[])),
        (&unread, &[Without, Unknown], failed(&[Unknown])),
        // A side column decides where it was chosen, and only there.
        (&no_keys, &[Without, Unknown], Verdict::Passed),
        (&no_keys, &[KeyWithoutEnd], incomplete(&[KeyWithoutEnd])),
        (&no_grace, &[Without, Unknown], Verdict::Passed),
        (&no_grace, &[ExpiredGrace], incomplete(&[ExpiredGrace])),
        (&Tally::default(), &[], incomplete(&[])),
        (&Tally::default(), &[Unknown], failed(&[Unknown])),
        (
            &tally(|tally| (tally.overdue, tally.unknown_keys) = (1, 1)),
            &[ExpiredGrace, KeyWithoutEnd],
            failed(&[ExpiredGrace]),
        ),
    ] {
        let conditions = chosen.iter().copied().collect();
        assert_eq!(tally.verdict(&conditions), expected, "{tally:?} {chosen:?}");
    }
    assert_eq!(unread.unread_members(), 2);
}

//! CTAPHID against a device that answers byte for byte what is written here.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use crate::security_key::{
    Device, KeyError, Wait,
    frames::{Channel, REPORT, Reports},
};

/// The nonce and the channel of every test.
const NONCE: [u8; 8] = *b"noncenon";
const CHANNEL: [u8; 4] = [0, 0, 0, 7];

/// What the device does when it is read.
#[derive(Clone)]
enum Step {
    Report([u8; REPORT]),
    Nothing,
    Gone,
}

#[derive(Clone, Default)]
struct Wire(Arc<Mutex<Exchange>>);

#[derive(Default)]
struct Exchange {
    steps: VecDeque<Step>,
    written: Vec<[u8; REPORT]>,
}

impl Wire {
    fn of(steps: impl IntoIterator<Item = Step>) -> Self {
        let wire = Self::default();
        wire.0.lock().unwrap().steps.extend(steps);
        wire
    }

    fn written(&self) -> Vec<[u8; REPORT]> {
        self.0.lock().unwrap().written.clone()
    }
}

impl Reports for Wire {
    fn write(&mut self, report: &[u8; REPORT]) -> Result<(), KeyError> {
        self.0.lock().unwrap().written.push(*report);
        Ok(())
    }

    fn read(&mut self, _wait: Duration) -> Result<Option<[u8; REPORT]>, KeyError> {
        match self.0.lock().unwrap().steps.pop_front() {
            Some(Step::Report(report)) => Ok(Some(report)),
            Some(Step::Nothing) | None => Ok(None),
            Some(Step::Gone) => Err(KeyError::Unplugged),
        }
    }
}

/// A report: these bytes, then zeros.
fn report(parts: &[&[u8]]) -> [u8; REPORT] {
    let mut report = [0; REPORT];
    let bytes = parts.concat();
    report[..bytes.len()].copy_from_slice(&bytes);
    report
}

fn tells(parts: &[&[u8]]) -> Step {
    Step::Report(report(parts))
}

/// The answer to the request for a channel: the protocol's version 2, a device 1.2.3, and what it
/// can do.
fn hello(capabilities: u8) -> Step {
    tells(&[
        &[0xff; 4],
        &[0x86, 0, 17],
        &NONCE,
        &CHANNEL,
        &[2, 1, 2, 3, capabilities],
    ])
}

fn keepalive() -> Step {
    tells(&[&CHANNEL, &[0xbb, 0, 1, 2]])
}

fn error(code: u8) -> Step {
    tells(&[&CHANNEL, &[0xbf, 0, 1, code]])
}

/// The answer to a request, and what was written, the request for the channel aside.
fn exchange(
    request: &[u8],
    wait: &Wait,
    steps: impl IntoIterator<Item = Step>,
) -> (Result<Vec<u8>, KeyError>, Vec<[u8; REPORT]>) {
    let wire = Wire::of(std::iter::once(hello(0x0c)).chain(steps));
    let mut channel = Channel::open(wire.clone(), NONCE).unwrap();
    let answer = channel.call(request, wait);
    (answer, wire.written().split_off(1))
}

fn long() -> Wait {
    Wait::for_at_most(Duration::from_secs(3600))
}

// Issue 11, 3
#[test]
fn a_channel_is_asked_for_with_a_nonce_and_the_answer_to_another_program_is_passed_over() {
    let other = tells(&[
        &[0xff; 4],
        &[0x86, 0, 17],
        b"elsewher",
        &[0, 0, 0, 9],
        &[2, 1, 2, 3, 4],
    ]);
    let wire = Wire::of([other, hello(0x04), tells(&[&CHANNEL, &[0x90, 0, 1, 0]])]);
    let mut channel = Channel::open(wire.clone(), NONCE).unwrap();
    assert_eq!(channel.call(&[4], &long()), Ok(vec![0]));
    assert_eq!(
        wire.written(),
        [
            report(&[&[0xff; 4], &[0x86, 0, 8], &NONCE]),
            report(&[&CHANNEL, &[0x90, 0, 1, 4]]),
        ]
    );
}

// Issue 11, 3
#[test]
fn a_key_without_ctap2_and_one_without_an_answer_are_told_apart() {
    let open = |steps: Vec<Step>| Channel::open(Wire::of(steps), NONCE).map(drop);
    assert_eq!(open(vec![hello(0x08)]), Err(KeyError::U2fOnly));
    assert_eq!(open(vec![]), Err(KeyError::Silent));
    assert_eq!(open(vec![Step::Gone]), Err(KeyError::Unplugged));
    let short = tells(&[&[0xff; 4], &[0x86, 0, 8], &NONCE]);
    assert!(matches!(open(vec![short]), Err(KeyError::Unexpected(_))));
}

// Issue 11, 3
#[test]
fn a_long_message_is_cut_into_reports_and_put_together_again() {
    let request: Vec<u8> = (0..200_u8).collect();
    let answer: Vec<u8> = (0..130_u8).collect();
    let steps = [
        tells(&[&CHANNEL, &[0x90, 0, 130], &answer[..57]]),
        tells(&[&CHANNEL, &[0], &answer[57..116]]),
        tells(&[&[9, 9, 9, 9], &[1], &[0xee; 59]]),
        tells(&[&CHANNEL, &[1], &answer[116..]]),
    ];
    let (got, written) = exchange(&request, &long(), steps);
    assert_eq!(got.unwrap(), answer);
    assert_eq!(
        written,
        [
            report(&[&CHANNEL, &[0x90, 0, 200], &request[..57]]),
            report(&[&CHANNEL, &[0], &request[57..116]]),
            report(&[&CHANNEL, &[1], &request[116..175]]),
            report(&[&CHANNEL, &[2], &request[175..]]),
        ]
    );
}

// Issue 11, 3
#[test]
fn a_key_that_waits_for_its_user_is_waited_for() {
    // More often than a silent key is waited for.
    let steps = std::iter::repeat_n([keepalive(), Step::Nothing], 100)
        .flatten()
        .chain([tells(&[&CHANNEL, &[0x90, 0, 1, 0x27]])]);
    let (got, written) = exchange(&[1], &long(), steps);
    assert_eq!((got, written.len()), (Ok(vec![0x27]), 1));
}

// Issue 11, 3
#[test]
fn a_key_that_falls_silent_or_away_is_given_up() {
    let first = || tells(&[&CHANNEL, &[0x90, 0, 100], &[1; 57]]);
    for (steps, err) in [
        (vec![keepalive()], KeyError::Silent),
        (vec![first()], KeyError::Silent),
        (vec![keepalive(), Step::Gone], KeyError::Unplugged),
        (vec![first(), Step::Gone], KeyError::Unplugged),
    ] {
        assert_eq!(exchange(&[1], &long(), steps).0, Err(err));
    }
}

// Issue 11, 3
#[test]
fn a_message_with_a_part_missing_or_of_no_possible_length_is_refused() {
    let first = || tells(&[&CHANNEL, &[0x90, 0, 130], &[1; 57]]);
    for steps in [
        vec![first(), tells(&[&CHANNEL, &[1], &[1; 59]])],
        vec![first(), first()],
        vec![tells(&[&CHANNEL, &[0x90, 0xff, 0xff], &[1; 57]])],
        vec![tells(&[&CHANNEL, &[0x86, 0, 1, 0]])],
        vec![error(0x04)],
    ] {
        let got = exchange(&[1], &long(), steps).0;
        assert!(matches!(got, Err(KeyError::Unexpected(_))), "{got:?}");
    }
    let (got, written) = exchange(&[1; 8000], &long(), []);
    assert!(matches!(got, Err(KeyError::Unexpected(_))));
    assert_eq!(written.len(), 0, "a request that is too long is not begun");
}

// Issue 11, 3
#[test]
fn a_key_that_another_program_uses_is_asked_again_for_a_while() {
    let busy = || [error(0x06), Step::Nothing];
    let freed = busy()
        .into_iter()
        .chain([tells(&[&CHANNEL, &[0x90, 0, 1, 0]])]);
    let (got, written) = exchange(&[4], &long(), freed);
    assert_eq!((got, written.len()), (Ok(vec![0]), 2));
    let always = std::iter::repeat_n(busy(), 50).flatten();
    let (got, written) = exchange(&[4], &long(), always);
    assert_eq!((got, written.len()), (Err(KeyError::Busy), 20));
}

// Issue 11, 3
#[test]
fn a_request_that_is_no_longer_wanted_is_taken_back() {
    let cancel = report(&[&CHANNEL, &[0x91, 0, 0]]);
    let stopped = long();
    stopped.stop();
    let late = Wait::for_at_most(Duration::ZERO);
    let took_back = || vec![keepalive(), tells(&[&CHANNEL, &[0x90, 0, 1, 0x2d]])];
    for (wait, steps, err) in [
        (&stopped, took_back(), KeyError::Cancelled),
        (&late, took_back(), KeyError::NotTouched),
        // It does not answer, or goes on as if nothing was said: it is left alone.
        (&stopped, vec![], KeyError::Cancelled),
        (&stopped, vec![keepalive(); 100], KeyError::Cancelled),
    ] {
        let (got, written) = exchange(&[1], wait, steps);
        assert_eq!(got, Err(err));
        assert_eq!(written, [report(&[&CHANNEL, &[0x90, 0, 1, 1]]), cancel]);
    }
}

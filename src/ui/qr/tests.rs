//! The forms of a code, painted as a terminal would show them and read with rqrr.

use super::{
    Form, Shape,
    screen::{Fit, Terminal, first, fit},
};
use crate::model::QrChoice;

const PROMPT: &str = "Six-digit code (r redraws the QR code)";

/// What an account with this email shows.
fn uri(email: &str) -> String {
    format!(
        "otpauth://totp/Scaleway:{email}?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Scaleway"
    )
}

/// An email address of so many characters.
fn email(length: usize) -> String {
    let domain = "@example.com";
    format!("{}{domain}", "o".repeat(length - domain.len()))
}

fn terminal(columns: usize, rows: usize) -> Terminal {
    Terminal {
        escapes: true,
        utf8: true,
        size: Some((columns, rows)),
        dark: None,
    }
}

fn text(email: &str, form: Form, terminal: &Terminal) -> String {
    match fit(&uri(email), form, terminal, PROMPT).unwrap() {
        Fit::Text(text) => text,
        Fit::TooLarge { needed, .. } => panic!("{email}, {form:?}: it needs {needed:?}"),
    }
}

/// Pixels of a character cell, in the shape that it has on a screen.
const CELL: (usize, usize) = (4, 8);

/// What rqrr reads off the text on a screen with this background.
fn read(text: &str, dark: bool) -> String {
    let (ink, paper) = if dark { (229, 0) } else { (30, 255) };
    let columns = 120;
    let width = columns * CELL.0;
    let mut pixels = vec![paper; width * CELL.1 * 2];
    for line in text.lines() {
        let mut cells = cells(line, ink, paper);
        cells.splice(0..0, [(paper, paper); 2]);
        cells.resize(columns, (paper, paper));
        for half in 0..2 {
            let row: Vec<u8> = cells
                .iter()
                .flat_map(|(upper, lower)| [if half == 0 { *upper } else { *lower }; CELL.0])
                .collect();
            for _ in 0..CELL.1 / 2 {
                pixels.extend(&row);
            }
        }
    }
    pixels.resize(pixels.len() + width * CELL.1 * 2, paper);
    let height = pixels.len() / width;
    let mut picture =
        rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| pixels[y * width + x]);
    let found = picture.detect_grids();
    assert_eq!(found.len(), 1, "no code in:\n{text}");
    found[0].decode().unwrap().1
}

/// The upper and the lower half of each character of a line.
fn cells(line: &str, ink: u8, paper: u8) -> Vec<(u8, u8)> {
    let (mut front, mut back) = (ink, paper);
    let mut cells = Vec::new();
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        if let Some(escape) = rest.strip_prefix("\x1b[") {
            let (codes, behind) = escape.split_once('m').unwrap();
            match codes {
                "0" => (front, back) = (ink, paper),
                "39" => front = ink,
                "49" => back = paper,
                "38;5;0" => front = 0,
                "38;5;15" => front = 255,
                "48;5;0" | "40" => back = 0,
                "48;5;15" | "107" => back = 255,
                other => panic!("an escape that is not known: {other}"),
            }
            rest = behind;
            continue;
        }
        cells.push(match c {
            ' ' => (back, back),
            '▄' => (back, front),
            '▀' => (front, back),
            '█' | '@' => (front, front),
            other => panic!("a character that is not known: {other}"),
        });
        rest = &rest[c.len_utf8()..];
    }
    cells
}

fn every_form() -> Vec<Form> {
    let mut forms = terminal(0, 0).forms();
    let dumb = Terminal {
        escapes: false,
        ..terminal(0, 0)
    };
    forms.extend(dumb.forms());
    forms
}

// Issue 9, 6
#[test]
fn rqrr_reads_every_form_with_the_whole_border_and_with_half_of_it() {
    for form in every_form() {
        let whole = form.size(37 + 8);
        for (columns, rows) in [(120, 100), (whole.0 - 1, 100), (120, whole.1)] {
            let drawn = text(&email(17), form, &terminal(columns, rows));
            let halved = (columns, rows) != (120, 100);
            let lines = drawn.lines().count();
            assert_eq!(lines < whole.1, halved, "{form:?}: {lines} lines");
            let backgrounds = match form {
                Form::Plain { dark, .. } => vec![dark],
                _ => vec![true, false],
            };
            for dark in backgrounds {
                assert_eq!(read(&drawn, dark), uri(&email(17)), "{form:?}");
            }
        }
    }
}

// Issue 9, 6
#[test]
fn eighty_by_twenty_four_takes_the_code_and_the_prompt_of_emails_up_to_60_characters() {
    for length in [13, 32, 33, 60] {
        let drawn = text(&email(length), Form::ColouredHalfBlocks, &terminal(80, 24));
        assert!(drawn.lines().count() <= 23, "{length}");
        assert_eq!(read(&drawn, true), uri(&email(length)));
    }
    // One more version of the code, and it would scroll away.
    let longer = fit(
        &uri(&email(70)),
        Form::ColouredHalfBlocks,
        &terminal(80, 24),
        PROMPT,
    );
    let Fit::TooLarge { needed, window } = longer.unwrap() else {
        panic!("it does not fit");
    };
    assert_eq!((needed, window), ((49, 26), (80, 24)));
}

#[test]
fn the_code_is_never_wrapped_and_the_prompt_below_it_counts_as_it_is() {
    let fits = |columns, rows, prompt| {
        let form = Form::ColouredHalfBlocks;
        let drawn = fit(&uri(&email(17)), form, &terminal(columns, rows), prompt);
        matches!(drawn.unwrap(), Fit::Text(_))
    };
    assert!(fits(41, 23, PROMPT) && !fits(40, 23, PROMPT));
    // The prompt takes two rows at 41 columns, and one at 80.
    assert!(!fits(41, 22, PROMPT) && fits(80, 22, PROMPT) && !fits(80, 21, PROMPT));
    assert!(fits(41, 22, ""));
}

// Issue 9, 6
#[test]
fn the_forms_follow_each_other_from_half_blocks_to_ascii() {
    let plain = |shape, dark| Form::Plain { shape, dark };
    let colours = terminal(80, 24);
    assert_eq!(
        colours.forms(),
        [
            Form::ColouredHalfBlocks,
            Form::ColouredFullBlocks,
            plain(Shape::Ascii, true),
            plain(Shape::Ascii, false),
        ]
    );
    let dumb_and_light = Terminal {
        escapes: false,
        dark: Some(false),
        ..colours
    };
    assert_eq!(
        dumb_and_light.forms(),
        [Shape::HalfBlocks, Shape::FullBlocks, Shape::Ascii].map(|shape| plain(shape, false))
    );
    for form in every_form() {
        let drawn = text(&email(17), form, &terminal(200, 100));
        assert_eq!(drawn.is_ascii(), form.is_ascii(), "{form:?}");
        let plain = matches!(form, Form::Plain { .. });
        assert_ne!(drawn.contains('\x1b'), plain, "{form:?}");
    }
}

// Issue 9, 6
#[test]
fn the_first_form_is_what_the_locale_shows_or_what_was_asked_for() {
    for (escapes, utf8, choice, expected) in [
        (true, true, QrChoice::Auto, Form::ColouredHalfBlocks),
        (true, false, QrChoice::Auto, Form::ColouredFullBlocks),
        (true, false, QrChoice::Utf8, Form::ColouredHalfBlocks),
        (true, true, QrChoice::Ascii, Form::ColouredFullBlocks),
        (
            false,
            false,
            QrChoice::Auto,
            Form::Plain {
                shape: Shape::Ascii,
                dark: true,
            },
        ),
    ] {
        let terminal = Terminal {
            escapes,
            utf8,
            ..terminal(80, 24)
        };
        let forms = terminal.forms();
        assert_eq!(forms[first(&forms, choice, &terminal)], expected);
    }
}

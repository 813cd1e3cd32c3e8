//! The QR code as a picture in the page.

use maud::{Markup, html};
use qrcode::{Color, QrCode};

use crate::authenticate::encode;

/// The light modules around the code that a reader needs.
const QUIET: usize = 4;

/// What an authenticator app reads (Key Uri Format, protocol.md C).
pub(super) fn address(email: &str, key: &str) -> String {
    // An `@` needs no escape in a path.
    let email = encode(email).replace("%40", "@");
    format!("otpauth://totp/Scaleway:{email}?secret={key}&issuer=Scaleway")
}

/// The code for a key; nothing where the email address is too long for one.
pub(super) fn picture(email: &str, key: &str) -> Option<Markup> {
    let code = QrCode::new(address(email, key)).ok()?;
    let width = code.width();
    let dark = code
        .to_colors()
        .into_iter()
        .enumerate()
        .filter(|(_, color)| *color == Color::Dark);
    let path = dark.fold(String::new(), |mut path, (at, _)| {
        use std::fmt::Write;
        // Writing to a string cannot fail.
        let _ = write!(
            path,
            "M{} {}h1v1h-1z",
            at % width + QUIET,
            at / width + QUIET
        );
        path
    });
    let side = width + 2 * QUIET;
    Some(html! {
        svg.qr role="img" aria-label="QR code of the key, for the camera of an authenticator app"
            viewBox={ "0 0 " (side) " " (side) } shape-rendering="crispEdges" {
            path fill="#fff" d={ "M0 0h" (side) "v" (side) "H0z" } {}
            path fill="#000" d=(path) {}
        }
    })
}

/// A key in groups of four, to be typed by hand.
pub(super) fn groups(key: &str) -> String {
    let letters: Vec<char> = key.chars().collect();
    let groups: Vec<String> = letters
        .chunks(4)
        .map(|group| group.iter().collect())
        .collect();
    groups.join(" ")
}

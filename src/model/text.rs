//! Text that came from outside: from the network, from a file, from a person.

/// Replaces what could drive a terminal or hide text: control characters (also C1),
/// line and paragraph separators, and the bidirectional overrides.
///
/// White space that would break a line becomes one space; everything else that is refused
/// becomes U+FFFD, so that it stays visible that something was there.
///
/// ```
/// assert_eq!(scw::model::clean("a\x1b[31mb\nc"), "a\u{fffd}[31mb c");
/// ```
#[must_use]
pub fn clean(text: &str) -> String {
    text.trim()
        .chars()
        .map(|c| match c {
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => ' ',
            c if c.is_control() || is_invisible(c) => '\u{fffd}',
            c => c,
        })
        .collect()
}

/// A message as a sentence: with a capital letter at its beginning and a period at its end.
///
/// ```
/// assert_eq!(scw::model::sentence("the code is wrong"), "The code is wrong.");
/// ```
#[must_use]
pub fn sentence(message: &str) -> String {
    let mut chars = message.chars();
    let first: String = chars
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    let end = if message.ends_with('.') { "" } else { "." };
    format!("{first}{}{end}", chars.as_str())
}

/// Marks of direction, and characters that take no room: both let a text look like another.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{061c}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn escape_sequences_and_c1_controls_lose_their_power() {
        let cleaned = clean("\x1b]0;title\x07x\u{9b}2Jy\x00");
        assert!(!cleaned.chars().any(char::is_control), "{cleaned:?}");
        assert!(cleaned.contains('x') && cleaned.contains('y'));
    }

    #[test]
    fn direction_overrides_are_shown_as_replacement_characters() {
        assert_eq!(clean("abc\u{202e}def"), "abc\u{fffd}def");
    }

    #[test]
    fn ordinary_unicode_stays() {
        assert_eq!(clean("Zoë Ω 日本"), "Zoë Ω 日本");
    }
}

//! The name of a browser or a program, read from its `User-Agent` (RFC 9110, section 10.1.5).
//!
//! Anybody can send any text there. The name helps a person to recognize a session, and proves
//! nothing.

use maud::{Markup, html};

/// Words of browsers, the most telling first: each browser also names others, for old pages.
const BROWSERS: [(&str, &str); 10] = [
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    // Also as `HeadlessChrome/`.
    ("Chrome/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Version/", "Safari"),
];

/// Words of systems, in the same order.
const SYSTEMS: [(&str, &str); 7] = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

/// Programs whose products have other names than people know.
const PROGRAMS: [(&str, &str); 5] = [
    ("scw-2fa", "scw"),
    ("scaleway-cli", "Scaleway CLI"),
    ("python-requests", "Python"),
    ("Python-urllib", "Python"),
    ("node", "Node.js"),
];

/// The longest name of a product that is shown, in bytes.
const MAX_NAME: usize = 32;

/// The most that is shown of the whole text, in characters.
const MAX_TEXT: usize = 300;

/// What a person calls a client, such as "Chrome on Linux" or "curl".
pub(super) fn name(user_agent: &str) -> String {
    let find = |words: &[(&str, &'static str)]| {
        let found = words.iter().find(|(word, _)| user_agent.contains(word));
        found.map(|(_, name)| *name)
    };
    if user_agent.starts_with("Mozilla/") {
        let browser = find(&BROWSERS).unwrap_or("Unknown browser");
        return match find(&SYSTEMS) {
            Some(system) => format!("{browser} on {system}"),
            None => browser.to_owned(),
        };
    }
    let product = user_agent.split(['/', ' ']).next().unwrap_or_default();
    let is_plain = product
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if product.is_empty() || !is_plain || product.len() > MAX_NAME {
        return "Unknown program".to_owned();
    }
    let known = PROGRAMS.iter().find(|(word, _)| *word == product);
    known.map_or(product, |(_, name)| *name).to_owned()
}

/// The name, with the whole text in its title.
pub(super) fn named(user_agent: &str) -> Markup {
    html! { span title=[(!user_agent.is_empty()).then(|| whole(user_agent))] { (name(user_agent)) } }
}

/// The whole text, or the beginning of one that is very long.
pub(super) fn whole(user_agent: &str) -> String {
    user_agent.chars().take(MAX_TEXT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Issue 11, 1
    #[test]
    fn a_client_has_the_name_that_people_know() {
        let webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
        for (user_agent, expected) in [
            (
                format!("Mozilla/5.0 (X11; Linux x86_64) {webkit} Chrome/156.0.0.0 Safari/537.36"),
                "Chrome on Linux",
            ),
            (
                format!("Mozilla/5.0 (X11; Linux x86_64) {webkit} HeadlessChrome/156.0.0.0"),
                "Chrome on Linux",
            ),
            (
                format!("Mozilla/5.0 (Linux; Android 10; K) {webkit} Chrome/156.0.0.0 Mobile"),
                "Chrome on Android",
            ),
            (
                format!(
                    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) {webkit} Chrome/1 Safari/5 Edg/1"
                ),
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".into(),
                "Firefox on Linux",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 \
                 (KHTML, like Gecko) Version/18.5 Safari/605.1.15"
                    .into(),
                "Safari on macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 \
                 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
                    .into(),
                "Safari on iPhone",
            ),
            ("Mozilla/5.0".into(), "Unknown browser"),
            ("scw-2fa/0.1.0".into(), "scw"),
            ("curl/8.14.1".into(), "curl"),
            ("python-requests/2.32.4".into(), "Python"),
            ("scaleway-cli/2.40.0 (linux; amd64)".into(), "Scaleway CLI"),
            (String::new(), "Unknown program"),
            ("<script>/1".into(), "Unknown program"),
            ("x".repeat(33), "Unknown program"),
        ] {
            assert_eq!(name(&user_agent), expected, "{user_agent}");
        }
    }

    // Issue 11, 1
    #[test]
    fn a_very_long_text_is_cut_in_the_title() {
        let shown = named(&format!("curl/{}", "é".repeat(4000))).into_string();
        assert!(shown.starts_with("<span title=\"curl/é"), "{shown}");
        assert!(shown.ends_with("é\">curl</span>"), "{shown}");
        assert_eq!(shown.matches('é').count(), MAX_TEXT - "curl/".len());
    }
}

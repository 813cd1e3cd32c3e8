//! Files that lose their secret keys, with the exact lines that go, and files that are refused.

use super::{super::ConfigError, *};

const A: &str = "11111111-aaaa-4111-8111-111111111111";
const B: &str = "22222222-bbbb-4222-8222-222222222222";

/// The text of a case: `A` and `B` stand for secret keys.
fn text(pattern: &str) -> String {
    pattern.replace("{A}", A).replace("{B}", B)
}

fn scrub_all(yaml: &str) -> Result<String, Refused> {
    let content = Content::parse(yaml, std::path::Path::new("/c.yaml")).map_err(|err| {
        let ConfigError::Malformed { at, .. } = err else {
            panic!("{err}")
        };
        Refused {
            line: at.map(|(line, _)| line),
            why: "it is no YAML",
        }
    })?;
    let names: Vec<&str> = content.names().collect();
    scrub(yaml, &content, &names).map(|new| (*new).clone())
}

/// What is left, where a file loses its secret keys: lines that begin with `-` go, and the others
/// stay byte for byte.
const ACCEPTED: &[(&str, &str)] = &[
    (
        "the top level",
        "access_key: X\n-secret_key: {A}\ndefault_region: fr-par\n",
    ),
    ("nothing to remove", "access_key: X\n# secret_key: 0\n"),
    ("only a secret key", "-secret_key: {A}\n"),
    (
        "only a secret key and a comment",
        "# mine\n-secret_key: {A}\n",
    ),
    (
        "a named profile",
        "profiles:\n  work:\n    access_key: X\n-    secret_key: {A}\n",
    ),
    (
        "both, and one that inherits",
        "-secret_key: {A}\naccess_key: X\nprofiles:\n  work:\n-    secret_key: {B}\n    access_key: Y\n  ci:\n    default_region: nl-ams\n",
    ),
    (
        "the same key twice",
        "-secret_key: {A}\nprofiles:\n  w:\n    access_key: X\n-    secret_key: {A}\n",
    ),
    ("double quotes", "a: 1\n-secret_key: \"{A}\"\n"),
    ("single quotes", "a: 1\n-secret_key: '{A}'\n"),
    ("a quoted key", "a: 1\n-\"secret_key\": {A}\n"),
    ("a key in single quotes", "a: 1\n-'secret_key': {A}\n"),
    ("a space before the colon", "a: 1\n-secret_key : {A}\n"),
    ("spaces around the value", "a: 1\n-secret_key:    {A}   \n"),
    (
        "a comment behind the value",
        "a: 1\n-secret_key: {A} # of the laptop\n",
    ),
    (
        "a comment behind quotes",
        "a: 1\n-secret_key: \"{A}\"  # of the laptop\n",
    ),
    (
        "Windows line breaks",
        "a: 1\r\n-secret_key: {A}\r\nb: 2\r\n",
    ),
    (
        "mixed line breaks",
        "a: 1\n-secret_key: {A}\r\nb: 2\r\nc: 3\n",
    ),
    ("a byte order mark", "\u{feff}a: 1\n-secret_key: {A}\n"),
    ("no final line break", "a: 1\n-secret_key: {A}"),
    ("no final line break elsewhere", "-secret_key: {A}\na: 1"),
    (
        "trailing spaces and blank lines",
        "a: 1  \n\n-secret_key: {A}\n   \n\nb: 2 \n",
    ),
    ("a document marker", "---\na: 1\n-secret_key: {A}\n"),
    ("an end marker", "a: 1\n-secret_key: {A}\n...\n"),
    ("an indented file", "  a: 1\n-  secret_key: {A}\n"),
    (
        "deep indentation",
        "profiles:\n      work:\n              a: 1\n-              secret_key: {A}\n",
    ),
    (
        "a quoted profile",
        "profiles:\n  \"my work\":\n    a: 1\n-    secret_key: {A}\n",
    ),
    (
        "a profile of two words",
        "profiles:\n  my work:\n    a: 1\n-    secret_key: {A}\n",
    ),
    (
        "comments everywhere",
        "# 1\na: 1 # 2\n  # 3\n-secret_key: {A}\n# 4\n",
    ),
    ("a tab in a comment", "#\tx\na: 1\n-secret_key: {A}\n"),
    (
        "unknown keys",
        "zeta: [1, {b: 2}]\nalpha: ~\n-secret_key: {A}\nlist:\n- x\n- y: 1\n",
    ),
    (
        "an empty map of profiles",
        "profiles: {}\na: 1\n-secret_key: {A}\n",
    ),
    ("no profiles", "a: 1\n-secret_key: {A}\nprofiles:\n"),
    (
        "a block of text with the key's name",
        "note: |\n  secret_key: none\n-secret_key: {A}\n",
    ),
    (
        "a colon in a value",
        "api_url: https://a.example:8443/x\n-secret_key: {A}\n",
    ),
    (
        "capital letters",
        "a: 1\n-secret_key: 0F1E2D3C-4B5A-6978-8796-A5B4C3D2E1F0\n",
    ),
    (
        "letters of all kinds",
        "user_agent: Zoë 日本\n-secret_key: {A}\n",
    ),
];

// Issue 10, 3
#[test]
fn a_file_loses_the_lines_of_its_secret_keys_and_nothing_else() {
    for (what, pattern) in ACCEPTED {
        let lines = || pattern.split_inclusive('\n');
        // A list of YAML begins with the same sign and a space.
        let goes = |line: &str| line.starts_with('-') && line.contains("secret_key");
        let before: String = lines()
            .map(|line| if goes(line) { &line[1..] } else { line })
            .collect();
        let after: String = lines().filter(|line| !goes(line)).collect();
        let new = scrub_all(&text(&before)).unwrap_or_else(|err| panic!("{what}: {err:?}"));
        assert_eq!(new, text(&after), "{what}");
    }
}

/// Files that are refused, with the line that is to blame.
const REFUSED: &[(&str, Option<usize>, &str)] = &[
    ("a tab before the key", Some(1), "\tsecret_key: {A}\n"),
    (
        "flow style",
        Some(2),
        "profiles:\n  work: {a: 1, secret_key: {A}}\n",
    ),
    (
        "flow style at the top",
        Some(1),
        "{secret_key: {A}, a: 1}\n",
    ),
    (
        "flow style over lines",
        Some(3),
        "profiles: {\n  work: {\n    secret_key: {A}\n  }\n}\n",
    ),
    (
        "JSON",
        Some(2),
        "{\n  \"secret_key\": \"{A}\",\n  \"a\": 1\n}\n",
    ),
    (
        "an anchor on the value",
        Some(2),
        "a: 1\nsecret_key: &key {A}\n",
    ),
    ("an alias", Some(1), "x: &key {A}\nsecret_key: *key\n"),
    (
        "an anchor on a profile",
        Some(2),
        "profiles:\n  work: &w\n    a: 1\n    secret_key: {A}\n",
    ),
    (
        "an anchor elsewhere",
        Some(1),
        "default_region: &r fr-par\nsecret_key: {A}\n",
    ),
    (
        "a merge key",
        Some(1),
        "base: &base\n  secret_key: {A}\nprofiles:\n  work:\n    <<: *base\n",
    ),
    ("a tag", Some(2), "a: 1\nsecret_key: !!str {A}\n"),
    (
        "a tag on a list item",
        Some(2),
        "l:\n- !!str x\nsecret_key: {A}\n",
    ),
    ("a literal block", Some(1), "secret_key: |-\n  {A}\na: 1\n"),
    ("a folded block", Some(1), "secret_key: >-\n  {A}\na: 1\n"),
    (
        "the value on the next line",
        Some(1),
        "secret_key:\n  {A}\na: 1\n",
    ),
    (
        "an escape in the key",
        Some(2),
        "a: 1\n\"secret\\x5fkey\": {A}\n",
    ),
    (
        "an escape in the value",
        Some(2),
        "a: 1\nsecret_key: \"\\x31{A}\"\n",
    ),
    ("an explicit key", Some(1), "? secret_key\n: {A}\n"),
    (
        "a tab before the value",
        Some(2),
        "a: 1\nsecret_key:\t{A}\n",
    ),
    (
        "a tab behind the value",
        Some(2),
        "a: 1\nsecret_key: {A}\t\n",
    ),
    ("a tab elsewhere", Some(1), "a:\t1\nsecret_key: {A}\n"),
    ("a directive", Some(1), "%YAML 1.1\n---\nsecret_key: {A}\n"),
    (
        "the secret in a comment",
        Some(2),
        "a: 1\n# was {A}\nsecret_key: {A}\n",
    ),
    (
        "the secret in a comment in capitals",
        Some(1),
        "# 11111111-AAAA-4111-8111-111111111111\nsecret_key: {A}\n",
    ),
    (
        "the secret under another key",
        Some(3),
        "secret_key: {A}\na: 1\ntoken: {A}\n",
    ),
    (
        "the secret behind another value",
        Some(2),
        "secret_key: {A}\na: 1 # {A}\n",
    ),
    (
        "a profile that would be empty",
        Some(3),
        "profiles:\n  work:\n    secret_key: {A}\n  ci:\n    a: 1\n",
    ),
    (
        "a profile with a comment that would be empty",
        Some(4),
        "profiles:\n  work:\n    # mine\n    secret_key: {A}\n",
    ),
    (
        "a secret in a profile called default",
        Some(3),
        "profiles:\n  default:\n    secret_key: {A}\n    a: 1\n",
    ),
    ("a line that ends early", Some(1), "a: 1\rsecret_key: {A}\n"),
    (
        "a line that the official client ends early",
        Some(1),
        "# x\u{2028}a: 1\nsecret_key: {A}\n",
    ),
    ("a control character", Some(1), "# \u{7}\nsecret_key: {A}\n"),
    (
        "a byte order mark elsewhere",
        Some(1),
        "# \u{feff}\nsecret_key: {A}\n",
    ),
    (
        "a value over two lines",
        Some(1),
        "secret_key: '{A}\n\n  '\na: 1\n",
    ),
    (
        "a key of a profile in a text",
        Some(4),
        "profiles:\n  work:\n    a: \"\n    secret_key: {A}\"\n    secret_key : '{A}'\n",
    ),
];

// Issue 10, 3
#[test]
fn a_file_in_any_other_form_is_refused_by_its_line() {
    for (what, line, pattern) in REFUSED {
        let yaml = text(pattern);
        let refused = scrub_all(&yaml).expect_err(what);
        assert_eq!(refused.line, *line, "{what}: {refused:?}");
        assert!(!refused.why.contains("1111"), "{what}");
    }
}

// Issue 10, 3
#[test]
fn two_keys_of_one_name_and_two_documents_are_no_file_at_all() {
    for pattern in [
        "secret_key: {A}\nsecret_key: {B}\n",
        "profiles:\n  w:\n    secret_key: {A}\n  w:\n    secret_key: {B}\n",
        "secret_key: {A}\n---\nsecret_key: {B}\n",
        "access_key: X secret_key: {A}\n",
    ] {
        let parsed = Content::parse(&text(pattern), std::path::Path::new("/c.yaml"));
        let err = parsed.map(drop).expect_err(pattern);
        assert!(!err.to_string().contains("1111"), "{err}");
    }
}

// Issue 10, 3
#[test]
fn one_profile_alone_loses_its_secret_key() {
    let yaml = text(
        "a: 1\nprofiles:\n  one:\n    a: 1\n    secret_key: {A}\n  two:\n    a: 1\n    secret_key: {B}\n",
    );
    let content = Content::parse(&yaml, std::path::Path::new("/c.yaml")).unwrap();
    let new = scrub(&yaml, &content, &["two"]).unwrap();
    assert_eq!(*new, yaml.replace(&format!("    secret_key: {B}\n"), ""));
    // Where another profile has the same key, its bytes would stay.
    let same = yaml.replace(B, A);
    let content = Content::parse(&same, std::path::Path::new("/c.yaml")).unwrap();
    let refused = scrub(&same, &content, &["two"]).unwrap_err();
    assert_eq!(refused.line, Some(5));
}

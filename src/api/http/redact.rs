//! What may be shown of an exchange: everything but secrets.

use serde_json::Value;
use url::Url;
use zeroize::Zeroizing;

/// The fields and query parameters whose text may be shown. Any other is hidden, so that one
/// nobody thought of cannot leak: protocol.md names them all.
const SHOWN: [&str; 50] = [
    "type",
    "message",
    "method",
    "reason",
    "resource",
    "resource_id",
    "action",
    "argument_name",
    "help_message",
    "precondition",
    "quota",
    "current",
    "current_state",
    "expired_since",
    "id",
    "jti",
    "issuer_id",
    "audience_id",
    "user_id",
    "application_id",
    "organization_id",
    "default_project_id",
    "account_root_user_id",
    "bearer_id",
    "access_key",
    "email",
    "username",
    "first_name",
    "last_name",
    "name",
    "locale",
    "description",
    "status",
    "created_at",
    "updated_at",
    "expires_at",
    "last_login_at",
    "creation_ip",
    "role",
    "grace_period_duration",
    "max_login_session_duration",
    "max_api_key_expiration_duration",
    "login_attempts_before_locked",
    "total_count",
    "page",
    "page_size",
    "per_page",
    "order_by",
    "expires",
    "mfa",
];

/// What stands for a secret.
pub(super) const HIDDEN: &str = "***";

/// The secrets of one exchange, and how to hide them.
#[derive(Default)]
pub(super) struct Redaction {
    known: Vec<Zeroizing<String>>,
}

impl Redaction {
    /// Hides this text wherever it stands from now on.
    pub(super) fn know(&mut self, secret: &str) {
        if !secret.is_empty() {
            self.known.push(Zeroizing::new(secret.to_owned()));
            // A long one first: a short one may be a part of it.
            self.known
                .sort_by_key(|known| std::cmp::Reverse(known.len()));
        }
    }

    pub(super) fn learn_path(&mut self, url: &Url) {
        for (segment, secret) in segments(url) {
            if secret {
                self.know(segment);
            }
        }
    }

    pub(super) fn learn_body(&mut self, bytes: &[u8]) {
        if let Ok(value) = serde_json::from_slice::<Value>(bytes) {
            let mut found = Vec::new();
            walk(&value, &Place::default(), &mut found);
            for secret in &found {
                self.know(secret);
            }
        }
    }

    /// An address with its secrets hidden: tokens in the path, and query parameters that are not
    /// known to be harmless.
    pub(super) fn address(&self, url: &Url) -> String {
        let path: Vec<&str> = segments(url)
            .map(|(segment, secret)| if secret { HIDDEN } else { segment })
            .collect();
        let mut line = format!("{}/{}", url.origin().ascii_serialization(), path.join("/"));
        for (at, (name, value)) in url.query_pairs().enumerate() {
            line.push(if at == 0 { '?' } else { '&' });
            line.push_str(&name);
            line.push('=');
            let shown = SHOWN.contains(&&*name);
            line.push_str(if shown { &value } else { HIDDEN });
        }
        self.text(&line)
    }

    /// A body as one line: JSON with its secrets hidden; of anything else only the size.
    pub(super) fn body(&self, bytes: &[u8]) -> String {
        if bytes.is_empty() {
            return String::new();
        }
        match serde_json::from_slice::<Value>(bytes) {
            Ok(mut value) => {
                self.hide(&mut value, &Place::default());
                value.to_string()
            }
            Err(_) => format!("({} bytes that are not JSON)", bytes.len()),
        }
    }

    fn hide(&self, value: &mut Value, place: &Place) {
        match value {
            Value::Object(fields) => {
                for (name, field) in fields {
                    self.hide(field, &place.below(name));
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.hide(item, place)),
            // An old answer has a switch where a new one has a time: it is shown.
            Value::Null | Value::Bool(_) => {}
            Value::String(text) if place.shown => *text = self.text(text),
            Value::Number(_) if place.shown => {}
            Value::String(_) | Value::Number(_) => *value = Value::from(HIDDEN),
        }
    }

    /// Hides what is known to be secret, and what looks like a session's token, wherever it stands.
    pub(super) fn text(&self, line: &str) -> String {
        let mut line = line.to_owned();
        for secret in &self.known {
            line = without(&line, secret);
        }
        without_jwts(&line)
    }
}

/// Where a value stands in a body.
#[derive(Default)]
struct Place {
    /// Whether text there may be shown.
    shown: bool,
    /// Whether it is a token of 2017, whose `id` is the secret (protocol.md B).
    token: bool,
}

impl Place {
    fn below(&self, name: &str) -> Self {
        Self {
            shown: SHOWN.contains(&name) && !(self.token && name == "id"),
            token: matches!(name, "token" | "tokens"),
        }
    }
}

/// Collects the texts that may not be shown.
fn walk<'v>(value: &'v Value, place: &Place, found: &mut Vec<&'v str>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                walk(field, &place.below(name), found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| walk(item, place, found)),
        Value::String(text) if !place.shown => found.push(text),
        _ => {}
    }
}

/// The parts of a path, and whether each is a secret: whatever follows `tokens` (protocol.md B).
fn segments(url: &Url) -> impl Iterator<Item = (&str, bool)> {
    let mut below_tokens = false;
    url.path()
        .trim_start_matches('/')
        .split('/')
        .map(move |segment| {
            let secret = below_tokens;
            below_tokens |= segment == "tokens";
            (segment, secret)
        })
}

/// `line` with every `secret` in it hidden, in any letter case: a service may echo a UUID or an
/// email address in the other one.
fn without(line: &str, secret: &str) -> String {
    let secret = secret.to_lowercase();
    // The line in small letters, and for each byte of it the character that it comes from.
    let (mut lower, mut origin) = (String::with_capacity(line.len()), Vec::new());
    for (at, c) in line.char_indices() {
        lower.extend(c.to_lowercase());
        origin.resize(lower.len(), at..at + c.len_utf8());
    }
    let mut shown = String::with_capacity(line.len());
    let mut rest = 0;
    for (at, found) in lower.match_indices(&secret) {
        let (Some(first), Some(last)) = (origin.get(at), origin.get(at + found.len() - 1)) else {
            continue;
        };
        shown.push_str(line.get(rest..first.start).unwrap_or_default());
        shown.push_str(HIDDEN);
        rest = last.end;
    }
    shown.push_str(line.get(rest..).unwrap_or_default());
    shown
}

/// `line` with every JWT in it hidden: all begin with the base64 of `{"` (RFC 7519 §3).
fn without_jwts(line: &str) -> String {
    let mut shown = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find("eyJ") {
        let token = &rest[at..];
        let end = token
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')))
            .unwrap_or(token.len());
        shown.push_str(&rest[..at]);
        shown.push_str(if token[..end].contains('.') {
            HIDDEN
        } else {
            &token[..end]
        });
        rest = &token[end..];
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn knowing(secrets: &[&str]) -> Redaction {
        let mut redaction = Redaction::default();
        for secret in secrets {
            redaction.know(secret);
        }
        redaction
    }

    fn body(text: &str) -> String {
        Redaction::default().body(text.as_bytes())
    }

    fn address(text: &str) -> String {
        Redaction::default().address(&text.parse().unwrap())
    }

    // Issue 7, 2
    #[test]
    fn every_secret_field_of_both_apis_is_hidden() {
        let shown = body(
            r#"{"secret":"A1","secret_key":"A2","token":"A3","renew_token":"A4",
            "one_time_password":"A5","recovery_codes":["A6","A7"],"password":"A8","otp":"A9",
            "2FA_token":"A10","2FA_backup_code":"A11","2FA":{"secret":"A12","backup_codes":["A13"]},
            "unheard_of":{"deep":["A14"]},"renewToken":"A15","code":9991234,
            "access_key":"SCWX","mfa":true,"total_count":3}"#,
        );
        for n in 1..=15 {
            assert!(!shown.contains(&format!("\"A{n}\"")), "A{n} in {shown}");
        }
        assert!(!shown.contains("9991234"), "{shown}");
        for harmless in ["SCWX", "true", "\"total_count\":3"] {
            assert!(shown.contains(harmless), "{shown}");
        }
    }

    // Issue 7, 2
    #[test]
    fn the_id_of_a_token_is_hidden_and_any_other_id_is_shown() {
        let one = r#"{"id":"S1","user_id":"U1","roles":{"organization":{"id":"O1"}}}"#;
        for text in [
            format!(r#"{{"token":{one}}}"#),
            format!(r#"{{"tokens":[{one},{one}]}}"#),
        ] {
            let shown = body(&text);
            assert!(!shown.contains("S1"), "{shown}");
            assert!(shown.contains("U1") && shown.contains("O1"), "{shown}");
        }
        assert!(body(r#"{"user":{"id":"U2"}}"#).contains("U2"));
    }

    // Issue 7, 2
    #[test]
    fn whatever_stands_behind_tokens_in_an_address_is_hidden() {
        let origin = "https://account.example";
        for secret in ["5c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11", "x/y", "login"] {
            let shown = address(&format!("{origin}/base/tokens/{secret}"));
            assert!(
                shown.starts_with(&format!("{origin}/base/tokens/***")),
                "{shown}"
            );
            assert!(!shown.contains(secret), "{shown}");
        }
        assert_eq!(
            address(&format!("{origin}/users/u1")),
            format!("{origin}/users/u1")
        );
    }

    // Issue 7, 2
    #[test]
    fn a_query_is_hidden_but_for_what_is_known_to_be_harmless() {
        let shown = address("https://a.example/tokens?page=2&per_page=50&token=S1&code=S2");
        assert_eq!(
            shown,
            "https://a.example/tokens?page=2&per_page=50&token=***&code=***"
        );
    }

    // Issue 7, 2
    #[test]
    fn what_a_request_hides_is_hidden_in_an_answer_that_echoes_it() {
        let url: Url = "https://a.example/tokens/0ther-t0ken".parse().unwrap();
        let mut redaction = Redaction::default();
        redaction.learn_path(&url);
        redaction.learn_body(br#"{"email":"a@example.com","password":"h\"x","otp":"123456"}"#);
        let echoed = r#"{"message":"h\"x and 123456 and 0THER-T0KEN of a@example.com"}"#;
        let shown = redaction.body(echoed.as_bytes());
        assert_eq!(
            shown,
            r#"{"message":"*** and *** and *** of a@example.com"}"#
        );
    }

    // Issue 7, 2
    #[test]
    fn a_known_secret_is_hidden_where_a_shown_field_echoes_it() {
        let shown = knowing(&["s3cr-et"]).body(br#"{"message":"no key S3CR-ET here"}"#);
        assert_eq!(shown, r#"{"message":"no key *** here"}"#);
        // One that looks like what stands for it does not go round for ever.
        assert_eq!(knowing(&["*"]).text("a*b"), "a***b");
    }

    // Issue 7, 2
    #[test]
    fn a_known_secret_is_hidden_in_any_letter_case_of_any_alphabet() {
        assert_eq!(knowing(&["Größe"]).text("İ GRÖßE größe"), "İ *** ***");
        assert_eq!(knowing(&["i\u{307}x"]).text("aİXb"), "a***b");
    }

    #[test]
    fn a_jwt_is_hidden_wherever_it_stands() {
        let shown = body(r#"{"message":"no session eyJhbGciOi.eyJqdGki.c2ln, sorry"}"#);
        assert_eq!(shown, r#"{"message":"no session ***, sorry"}"#);
        assert_eq!(without_jwts("eyJ is no token"), "eyJ is no token");
    }

    // Issue 7, 2
    #[test]
    fn a_body_that_is_no_json_is_not_shown() {
        assert_eq!(body("<html>secret"), "(12 bytes that are not JSON)");
    }
}

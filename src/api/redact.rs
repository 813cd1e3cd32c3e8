//! What `--debug` may show of an exchange: everything but secrets.

use serde_json::Value;

/// The fields whose text may be shown. Any other text is hidden, so that a field nobody thought
/// of cannot leak: protocol.md names them all.
const SHOWN: [&str; 40] = [
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
];

/// A body as one line: JSON with its secrets hidden; of anything else only the size.
pub(super) fn body(bytes: &[u8], secrets: &[&str]) -> String {
    if bytes.is_empty() {
        return String::new();
    }
    match serde_json::from_slice::<Value>(bytes) {
        Ok(mut value) => {
            hide(&mut value, false);
            text(&value.to_string(), secrets)
        }
        Err(_) => format!("({} bytes that are no JSON)", bytes.len()),
    }
}

fn hide(value: &mut Value, shown: bool) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                hide(field, SHOWN.contains(&name.as_str()));
            }
        }
        Value::Array(items) => {
            for item in items {
                hide(item, shown);
            }
        }
        Value::String(text) if !shown => "***".clone_into(text),
        _ => {}
    }
}

/// Hides the secrets that are known, wherever they stand (an address, an echoed message).
pub(super) fn text(line: &str, secrets: &[&str]) -> String {
    let mut line = line.to_owned();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        // A service may echo a UUID in the other letter case.
        while let Some(at) = line.to_ascii_lowercase().find(&secret.to_ascii_lowercase()) {
            line.replace_range(at..at + secret.len(), "***");
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_secret_field_of_both_apis_is_hidden() {
        let sent = r#"{"secret":"A1","secret_key":"A2","token":"A3","renew_token":"A4",
            "one_time_password":"A5","recovery_codes":["A6","A7"],"password":"A8","otp":"A9",
            "2FA_token":"A10","2FA_backup_code":"A11","2FA":{"secret":"A12","backup_codes":["A13"]},
            "unheard_of":{"deep":["A14"]},"access_key":"SCWX","mfa":true}"#;
        let shown = body(sent.as_bytes(), &[]);
        for n in 1..=14 {
            assert!(!shown.contains(&format!("\"A{n}\"")), "A{n} in {shown}");
        }
        assert!(shown.contains("SCWX") && shown.contains("true"), "{shown}");
    }

    #[test]
    fn a_known_secret_is_hidden_where_a_shown_field_echoes_it() {
        let shown = body(br#"{"message":"no key S3CR-ET here"}"#, &["s3cr-et"]);
        assert_eq!(shown, r#"{"message":"no key *** here"}"#);
    }

    #[test]
    fn a_body_that_is_no_json_is_not_shown() {
        assert_eq!(body(b"<html>secret", &[]), "(12 bytes that are no JSON)");
    }
}

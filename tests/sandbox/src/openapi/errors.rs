//! The errors of today's API (protocol.md A, "Errors"), each by its status.

use serde_json::{Map, Value, json};

use super::schemas::closed;

/// What every answer carries.
pub(super) fn headers() -> Value {
    json!({ "X-Request-Id": { "$ref": "#/components/headers/X-Request-Id" } })
}

/// An error: its type, and what it has besides a message.
fn error(description: &str, kind: &str, more: Value) -> Value {
    let mut properties = json!({
        "type": { "const": kind },
        "message": { "type": "string" },
    });
    if let (Some(all), Value::Object(more)) = (properties.as_object_mut(), more) {
        all.extend(more);
    }
    json!({
        "description": description,
        "headers": headers(),
        "content": { "application/json": { "schema": closed(properties) } },
    })
}

fn list_of(properties: Value) -> Value {
    json!({ "type": "array", "minItems": 1, "items": closed(properties) })
}

fn wrong_argument(description: &str) -> Value {
    let text = || json!({ "type": "string" });
    error(
        description,
        "invalid_arguments",
        json!({ "details": list_of(json!({
            "argument_name": text(),
            "reason": { "enum": ["unknown", "required", "format", "constraint"] },
            "help_message": text(),
        })) }),
    )
}

/// Every error that a call can refer to, by its status.
pub(super) fn responses() -> Value {
    let text = || json!({ "type": "string" });
    let any_of = |words: &[&str]| json!({ "type": "string", "enum": words });
    let thing = || json!({ "resource": text(), "resource_id": text() });
    let responses = [
        (400, wrong_argument("An argument is missing or wrong.")),
        (
            401,
            error(
                "The key, the session or the password is not good.",
                "denied_authentication",
                json!({
                    "method": any_of(&["unknown_method", "jwt", "api_key"]),
                    "reason": any_of(&["unknown_reason", "invalid_argument", "not_found", "expired"]),
                }),
            ),
        ),
        (
            403,
            error(
                "The caller may not do this.",
                "permissions_denied",
                json!({ "details": list_of(json!({ "resource": text(), "action": text() })) }),
            ),
        ),
        (404, error("There is no such thing.", "not_found", thing())),
        (
            412,
            error(
                "The account is in another state than the call needs.",
                "precondition_failed",
                json!({
                    "precondition": any_of(&[
                        "unknown_precondition", "resource_still_in_use", "attribute_must_be_set",
                    ]),
                    "help_message": text(),
                }),
            ),
        ),
        (413, wrong_argument("The body is too long (type inferred).")),
        (
            423,
            error("The user is locked (status inferred).", "locked", thing()),
        ),
    ];
    let named: Map<String, Value> = responses
        .into_iter()
        .map(|(status, response)| (status.to_string(), response))
        .collect();
    Value::Object(named)
}

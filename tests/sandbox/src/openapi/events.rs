//! Sign-ins.

use serde_json::{Value, json};

use super::{
    operation::{Operation, call},
    schemas::{closed, or_null, text, time, uuid, word},
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        call(
            "get",
            "/audit-trail/v1alpha1/regions/{region}/authentication-events",
            "ListAuthenticationEvents",
            "The sign-ins of an organization, also those that failed.",
        )
        .must("organization_id", uuid())
        .may("recorded_after", time())
        .may("recorded_before", time())
        .may("order_by", word(&["recorded_at_desc", "recorded_at_asc"]))
        .may(
            "page_size",
            json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 20 }),
        )
        .may("page_token", text())
        .answers("ListAuthenticationEventsResponse")
        .fails(&[400, 403, 404]),
    ]
}

/// A sign-in (protocol.md F): the words of the SDKs, without those for what the sandbox never says.
pub(super) fn event() -> Value {
    closed(json!({
        "id": uuid(),
        "recorded_at": time(),
        "organization_id": uuid(),
        "source_ip": text(),
        "user_agent": text(),
        "resources": { "type": "array", "minItems": 1, "items": closed(json!({
            "id": uuid(),
            "type": { "const": "iam_user" },
            "created_at": time(),
            "updated_at": time(),
            "deleted_at": or_null(time()),
            "name": text(),
        })) },
        "result": word(&["success", "failure"]),
        "failure_reason": or_null(word(&["invalid_mfa", "invalid_password"])),
        "method":
            word(&["unknown_method", "password", "authentication_code", "oauth2", "saml"]),
        "origin": word(&["public_api", "admin_api"]),
        "mfa_type": or_null(word(&["unknown_mfa_type", "totp"])),
        "country_code": or_null(text()),
    }))
}

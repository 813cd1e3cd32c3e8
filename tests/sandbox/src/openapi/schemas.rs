//! The forms of what is sent and answered (protocol.md A, E and F).

use serde_json::{Map, Value, json};

use super::events;

/// A schema of the document by its name.
pub(super) fn named(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// An id.
pub(super) fn uuid() -> Value {
    json!({ "type": "string", "format": "uuid" })
}

/// An access key (protocol.md A).
pub(super) fn access_key() -> Value {
    json!({ "type": "string", "pattern": "^SCW[A-Z0-9]{17}$" })
}

/// A text, of any length.
pub(super) fn text() -> Value {
    json!({ "type": "string" })
}

/// Bytes in standard base64.
pub(super) fn base64() -> Value {
    json!({ "type": "string", "format": "byte",
        "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$" })
}

/// Yes or no.
pub(super) fn flag() -> Value {
    json!({ "type": "boolean" })
}

/// A time.
pub(super) fn time() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

/// One of some words.
pub(super) fn word(words: &[&str]) -> Value {
    json!({ "type": "string", "enum": words })
}

/// Seconds, as protobuf writes a duration in JSON; twelve digits are about 10,000 years, its most.
fn duration() -> Value {
    json!({ "type": "string", "pattern": "^[0-9]{1,12}(\\.0{9})?s$" })
}

/// The types of users (protocol.md A).
pub(super) const USER_TYPES: &[&str] = &["unknown_type", "guest", "owner", "member"];

/// Something, or null.
pub(super) fn or_null(schema: Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

fn list_of(name: &str) -> Value {
    json!({ "type": "array", "items": named(name) })
}

/// An object with all of these fields and no others.
pub(super) fn closed(properties: Value) -> Value {
    closed_but(properties, &[])
}

/// An object with these fields, of which some may be missing, and no others.
fn closed_but(properties: Value, optional: &[&str]) -> Value {
    let required: Vec<&str> = properties
        .as_object()
        .into_iter()
        .flat_map(Map::keys)
        .map(String::as_str)
        .filter(|name| !optional.contains(name))
        .collect();
    json!({
        "type": "object",
        "required": required,
        "additionalProperties": false,
        "properties": properties,
    })
}

/// A page of something, and how many there are on all pages.
fn page_of(field: &str, name: &str) -> Value {
    let mut properties = json!({ "total_count": { "type": "integer", "minimum": 0 } });
    properties[field] = list_of(name);
    closed(properties)
}

fn user() -> Value {
    closed(json!({
        "id": uuid(),
        "email": { "type": "string", "format": "email" },
        "username": text(),
        "first_name": text(),
        "last_name": text(),
        "phone_number": text(),
        "locale": text(),
        "created_at": time(),
        "updated_at": time(),
        "organization_id": uuid(),
        "deletable": flag(),
        "last_login_at": or_null(time()),
        "type": word(USER_TYPES),
        "two_factor_enabled": { "type": "boolean", "deprecated": true },
        "status": {
            "type": "string",
            "enum": ["unknown_status", "invitation_pending", "activated"],
            "deprecated": true,
        },
        "mfa": flag(),
        // Members have none.
        "account_root_user_id": { "anyOf": [uuid(), { "const": "" }] },
        "tags": { "type": "array", "items": text() },
        "locked": flag(),
    }))
}

fn api_key() -> Value {
    let mut key = closed_but(
        json!({
            "access_key": access_key(),
            "secret_key": or_null(uuid()),
            "description": text(),
            "created_at": time(),
            "updated_at": time(),
            "expires_at": or_null(time()),
            "default_project_id": uuid(),
            "editable": flag(),
            "deletable": flag(),
            "managed": flag(),
            "creation_ip": text(),
            "user_id": uuid(),
            "application_id": uuid(),
        }),
        &["user_id", "application_id"],
    );
    key["oneOf"] = json!([{ "required": ["user_id"] }, { "required": ["application_id"] }]);
    key
}

fn settings() -> [(&'static str, Value); 5] {
    [
        ("enforce_password_renewal", flag()),
        ("grace_period_duration", duration()),
        (
            "login_attempts_before_locked",
            json!({ "type": "integer", "minimum": 1, "maximum": u32::MAX }),
        ),
        ("max_login_session_duration", duration()),
        ("max_api_key_expiration_duration", duration()),
    ]
}

/// A change of them: what is left out, or null, stays as it is.
fn settings_change() -> Value {
    let fields: Map<String, Value> = settings()
        .into_iter()
        .map(|(name, schema)| (name.to_owned(), or_null(schema)))
        .collect();
    json!({ "type": "object", "properties": fields })
}

/// Every schema that has a name.
pub(super) fn schemas() -> Value {
    json!({
        "User": user(),
        "ListUsersResponse": page_of("users", "User"),
        "Connection": closed(json!({
            "organization": closed(json!({ "id": uuid(), "name": text(), "locked": flag() })),
            "user": closed(json!({ "id": uuid(), "username": text(), "type": word(USER_TYPES) })),
        })),
        "GetUserConnectionsResponse": closed(json!({ "connections": list_of("Connection") })),
        "MFAOTP": closed(json!({ "secret": { "type": "string", "pattern": "^[A-Z2-7]{16,}$" } })),
        "ValidateUserMFAOTPResponse": closed(json!({
            "recovery_codes": { "type": "array", "minItems": 1, "items": text() },
        })),
        "WebAuthnAuthenticator": closed(json!({
            "id": uuid(),
            "name": text(),
            "created_at": time(),
            "last_login_at": or_null(time()),
        })),
        "StartUserWebAuthnRegistrationResponse": closed(json!({
            "ceremony_id": uuid(),
            "challenge": base64(),
            "public_key_algorithms":
                { "type": "array", "minItems": 1, "items": { "type": "integer" } },
            "timeout": duration(),
            "exclude_credentials": { "type": "array", "items": base64() },
        })),
        "FinishUserWebAuthnRegistrationResponse": closed(json!({ "authenticator_id": uuid() })),
        "ListUserWebAuthnAuthenticatorsResponse":
            page_of("authenticators", "WebAuthnAuthenticator"),
        "GracePeriod": closed(json!({
            "type": word(&["unknown_type", "update_password", "set_mfa"]),
            "created_at": time(),
            "expires_at": time(),
        })),
        "ListGracePeriodsResponse": closed(json!({ "grace_periods": list_of("GracePeriod") })),
        "Organization": closed(json!({
            "id": uuid(),
            "name": text(),
            "alias": text(),
            "login_password_enabled": flag(),
            "login_magic_code_enabled": flag(),
            "login_oauth2_enabled": flag(),
            "login_saml_enabled": flag(),
        })),
        "OrganizationSecuritySettings": closed(settings().into_iter().collect()),
        "OrganizationSecuritySettingsChange": settings_change(),
        "Project": closed(json!({
            "id": uuid(),
            "name": text(),
            "organization_id": uuid(),
            "description": text(),
            "created_at": time(),
            "updated_at": time(),
            "status": word(&["unknown_status", "active"]),
            "qualification": { "type": "null" },
        })),
        "ListProjectsResponse": page_of("projects", "Project"),
        "Person": closed(json!({
            "id": uuid(),
            "email": { "type": "string", "format": "email" },
            "organizations": {
                "type": "array",
                "items": closed(json!({ "id": uuid(), "name": text() })),
            },
        })),
        "APIKey": api_key(),
        "ListAPIKeysResponse": page_of("api_keys", "APIKey"),
        "JWT": closed(json!({
            "jti": uuid(),
            "issuer_id": uuid(),
            "audience_id": uuid(),
            "created_at": time(),
            "updated_at": time(),
            "expires_at": time(),
            "ip": text(),
            "user_agent": text(),
        })),
        "ListJWTsResponse": page_of("jwts", "JWT"),
        "EncodedJWT": closed(json!({
            "jwt": named("JWT"),
            "token": text(),
            "renew_token": text(),
        })),
        "AuthenticationEvent": events::event(),
        "ListAuthenticationEventsResponse": closed(json!({
            "events": list_of("AuthenticationEvent"),
            "next_page_token": or_null(text()),
        })),
        "SwitchOrganizationResponse": closed(json!({ "token": text(), "user_id": uuid() })),
    })
}

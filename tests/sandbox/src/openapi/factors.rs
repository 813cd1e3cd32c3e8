//! The second factors of a user: the app and passkeys.

use serde_json::{Map, Value, json};

use super::{
    operation::{Operation, call},
    schemas::{base64, text, uuid},
};

fn passkey_name() -> Value {
    json!({ "type": "string", "pattern": "[A-Za-z0-9]", "maxLength": 100 })
}

fn registration() -> Value {
    let properties = json!({
        "ceremony_id": uuid(),
        "authenticator_name": passkey_name(),
        "origin": { "type": "string", "format": "uri" },
        "raw_id": base64(),
        "client_data_json": base64(),
        "authenticator_data": base64(),
        "attestation_object": base64(),
        "public_key": base64(),
        "public_key_algorithm": { "type": "integer", "format": "int64" },
    });
    let required: Vec<&String> = properties
        .as_object()
        .into_iter()
        .flat_map(Map::keys)
        .collect();
    json!({ "type": "object", "required": required, "properties": properties })
}

pub(super) fn operations() -> Vec<Operation> {
    let nothing = json!({ "type": "object" });
    let one_time_password = json!({
        "type": "object",
        "required": ["one_time_password"],
        "properties": { "one_time_password": text() },
    });
    let name = json!({
        "type": "object",
        "required": ["authenticator_name"],
        "properties": { "authenticator_name": passkey_name() },
    });
    vec![
        call(
            "post",
            "/iam/v1alpha1/users/{id}/mfa-otp",
            "CreateUserMFAOTP",
            "Make a key for an authenticator app, which waits for its confirmation.",
        )
        .body(false, &nothing)
        .answers("MFAOTP")
        .fails(&[403, 404, 412]),
        call(
            "delete",
            "/iam/v1alpha1/users/{id}/mfa-otp",
            "DeleteUserMFAOTP",
            "Remove the authenticator app.",
        )
        .answers_nothing()
        .fails(&[403, 404]),
        call(
            "post",
            "/iam/v1alpha1/users/{id}/validate-mfa-otp",
            "ValidateUserMFAOTP",
            "Confirm the key of an authenticator app.",
        )
        .body(true, &one_time_password)
        .answers("ValidateUserMFAOTPResponse")
        .fails(&[403, 404, 412]),
        call(
            "get",
            "/iam/v1alpha1/users/{id}/webauthn-authenticators",
            "ListUserWebAuthnAuthenticators",
            "The passkeys of a user.",
        )
        .pages(&["created_at_asc", "created_at_desc"])
        .answers("ListUserWebAuthnAuthenticatorsResponse")
        .fails(&[403, 404]),
        call(
            "post",
            "/iam/v1alpha1/users/{id}/start-webauthn-registration",
            "StartUserWebAuthnRegistration",
            "Begin to register a passkey.",
        )
        .must("origin", json!({ "type": "string", "format": "uri" }))
        .answers("StartUserWebAuthnRegistrationResponse")
        .fails(&[400, 403, 404]),
        call(
            "post",
            "/iam/v1alpha1/users/{id}/finish-webauthn-registration",
            "FinishUserWebAuthnRegistration",
            "Register the passkey that an authenticator has made.",
        )
        .body(true, &registration())
        .answers("FinishUserWebAuthnRegistrationResponse")
        .fails(&[403, 404]),
        call(
            "patch",
            "/iam/v1alpha1/webauthn-authenticator/{id}",
            "UpdateWebAuthnAuthenticator",
            "Give a passkey another name.",
        )
        .body(true, &name)
        .answers("WebAuthnAuthenticator")
        .fails(&[403, 404]),
        call(
            "delete",
            "/iam/v1alpha1/webauthn-authenticator/{id}",
            "DeleteWebAuthnAuthenticator",
            "Remove a passkey.",
        )
        .answers_nothing()
        .fails(&[403, 404]),
    ]
}

//! The second factors of a user: the app and passkeys.

use serde_json::json;

use super::{
    operation::{Operation, call},
    schemas::text,
};

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
        "properties": { "authenticator_name": { "type": "string", "pattern": "[A-Za-z0-9]" } },
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

//! Users, their factors and their grace periods.

use serde_json::json;

use super::{
    operation::{Operation, call},
    schemas::{USER_TYPES, flag, text, uuid, word},
};

const ORDERS: &[&str] = &[
    "created_at_asc",
    "created_at_desc",
    "updated_at_asc",
    "updated_at_desc",
    "email_asc",
    "email_desc",
    "last_login_asc",
    "last_login_desc",
    "username_asc",
    "username_desc",
];

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
            "get",
            "/iam/v1alpha1/users",
            "ListUsers",
            "The users of an organization.",
        )
        .must("organization_id", uuid())
        .pages(ORDERS)
        .may("mfa", flag())
        .may("type", word(USER_TYPES))
        .may("tag", text())
        .each("user_ids", uuid())
        .answers("ListUsersResponse")
        .fails(&[403]),
        call("get", "/iam/v1alpha1/users/{id}", "GetUser", "A user.")
            .answers("User")
            .fails(&[403, 404]),
        call(
            "post",
            "/iam/v1alpha1/users/{id}/lock",
            "LockUser",
            "Lock a user.",
        )
        .body(false, &nothing)
        .answers("User")
        .fails(&[403, 404]),
        call(
            "post",
            "/iam/v1alpha1/users/{id}/unlock",
            "UnlockUser",
            "Unlock a user.",
        )
        .body(false, &nothing)
        .answers("User")
        .fails(&[403, 404]),
        call(
            "get",
            "/iam/v1alpha1/users/{id}/connections",
            "GetUserConnections",
            "The same person's users in other organizations.",
        )
        .answers("GetUserConnectionsResponse")
        .fails(&[403, 404]),
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
        call(
            "get",
            "/iam/v1alpha1/grace-periods",
            "ListGracePeriods",
            "Until when a user may be without a second factor.",
        )
        .may("user_id", uuid())
        .answers("ListGracePeriodsResponse")
        .fails(&[400, 403, 404]),
    ]
}

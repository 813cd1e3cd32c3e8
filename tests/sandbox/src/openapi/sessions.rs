//! Sessions.

use serde_json::json;

use super::{
    operation::{Operation, call},
    schemas::{flag, or_null, text, uuid},
};

pub(super) fn operations() -> Vec<Operation> {
    const SESSION: &str = "/iam/v1alpha1/jwts/{jti}";
    let log_in = json!({
        "type": "object",
        "required": ["email", "password"],
        "properties": { "email": text(), "password": text(), "otp": or_null(text()) },
    });
    let renew = json!({
        "type": "object",
        "required": ["renew_token"],
        "properties": { "renew_token": text() },
    });
    let switch = json!({
        "type": "object",
        "required": ["organization_id"],
        "properties": { "organization_id": uuid() },
    });
    vec![
        call(
            "post",
            "/account/v2/login",
            "LogIn",
            "Begin a session with a password, and a code where the account has a second factor.",
        )
        .open()
        .body(true, &log_in)
        .answers("EncodedJWT")
        .fails(&[403]),
        call(
            "get",
            "/iam/v1alpha1/jwts",
            "ListJWTs",
            "The sessions of a user.",
        )
        .must("audience_id", uuid())
        .pages(&[
            "created_at_asc",
            "created_at_desc",
            "updated_at_asc",
            "updated_at_desc",
        ])
        .may("expired", flag())
        .answers("ListJWTsResponse")
        .fails(&[400, 403, 404]),
        call("get", SESSION, "GetJWT", "A session.")
            .answers("JWT")
            .fails(&[403, 404]),
        call("delete", SESSION, "DeleteJWT", "End a session.")
            .answers_nothing()
            .fails(&[403, 404]),
        call(
            "post",
            "/iam/v1alpha1/jwts/{jti}/renew",
            "RenewJWT",
            "Give a session another hour, and new tokens.",
        )
        .open()
        .body(true, &renew)
        .answers("EncodedJWT"),
        call(
            "post",
            "/iam-private/v1/jwts/{jti}/switch-organization",
            "SwitchOrganization",
            "Begin a session for the same person's user in another organization.",
        )
        .body(true, &switch)
        .answers("SwitchOrganizationResponse")
        .fails(&[404]),
    ]
}

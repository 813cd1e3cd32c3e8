//! Users and their grace periods.

use serde_json::{Value, json};

use super::{
    operation::{Operation, call},
    schemas::{USER_TYPES, flag, or_null, text, uuid, word},
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

/// Who joins: a guest by its email address, or a member with all that belongs to one.
fn joining() -> Value {
    let email = || json!({ "type": "string", "format": "email", "maxLength": 320 });
    let member = json!({
        "type": "object",
        "required": ["email", "username"],
        "properties": {
            "email": email(),
            "username": { "type": "string", "minLength": 1 },
            "password": or_null(text()),
            "first_name": text(),
            "last_name": text(),
        },
    });
    json!({
        "type": "object",
        "required": ["organization_id"],
        "properties": {
            "organization_id": uuid(),
            "email": or_null(email()),
            "member": or_null(member),
            "tags": or_null(json!({ "type": "array", "maxItems": 0 })),
        },
        "oneOf": [
            { "required": ["email"],
              "properties": { "email": text(), "member": { "type": "null" } } },
            { "required": ["member"],
              "properties": { "member": { "type": "object" }, "email": { "type": "null" } } },
        ],
    })
}

pub(super) fn operations() -> Vec<Operation> {
    let nothing = json!({ "type": "object" });
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
        call(
            "post",
            "/iam/v1alpha1/users",
            "CreateUser",
            "Let a guest or a member join an organization.",
        )
        .body(true, &joining())
        .answers("User")
        .fails(&[403]),
        call("get", "/iam/v1alpha1/users/{id}", "GetUser", "A user.")
            .answers("User")
            .fails(&[403, 404]),
        call(
            "delete",
            "/iam/v1alpha1/users/{id}",
            "DeleteUser",
            "Delete a user with its keys and sessions.",
        )
        .answers_nothing()
        .fails(&[403, 404, 412]),
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

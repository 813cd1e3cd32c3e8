//! API keys.

use serde_json::json;

use super::{
    operation::{Operation, call},
    schemas::{flag, or_null, text, time, uuid, word},
};

const ORDERS: &[&str] = &[
    "created_at_asc",
    "created_at_desc",
    "updated_at_asc",
    "updated_at_desc",
    "expires_at_asc",
    "expires_at_desc",
    "access_key_asc",
    "access_key_desc",
];

pub(super) fn operations() -> Vec<Operation> {
    const KEYS: &str = "/iam/v1alpha1/api-keys";
    const KEY: &str = "/iam/v1alpha1/api-keys/{access_key}";
    let description = json!({ "type": "string", "maxLength": 200 });
    let change = json!({
        "description": or_null(description.clone()),
        "expires_at": or_null(time()),
        "default_project_id": or_null(uuid()),
    });
    let create = json!({
        "type": "object",
        "required": ["user_id"],
        "properties": {
            "user_id": uuid(),
            "description": description,
            "expires_at": or_null(time()),
            "default_project_id": or_null(uuid()),
        },
    });
    vec![
        call("post", KEYS, "CreateAPIKey", "Make an API key.")
            .body(true, &create)
            .answers("APIKey")
            .fails(&[403, 404]),
        call(
            "get",
            KEYS,
            "ListAPIKeys",
            "The API keys of an organization.",
        )
        .must("organization_id", uuid())
        .pages(ORDERS)
        .may("bearer_id", uuid())
        .may("user_id", uuid())
        .may("application_id", uuid())
        .may(
            "bearer_type",
            word(&["unknown_bearer_type", "user", "application"]),
        )
        .each("access_keys", text())
        .may("access_key", text())
        .may("description", text())
        .may("expired", flag())
        .may("editable", flag())
        .answers("ListAPIKeysResponse")
        .fails(&[400, 403, 404]),
        call("get", KEY, "GetAPIKey", "An API key, without its secret.")
            .answers("APIKey")
            .fails(&[403, 404]),
        call("patch", KEY, "UpdateAPIKey", "Change an API key.")
            .body(false, &json!({ "type": "object", "properties": change }))
            .answers("APIKey")
            .fails(&[403, 404]),
        call("delete", KEY, "DeleteAPIKey", "Delete an API key.")
            .answers_nothing()
            .fails(&[403, 404]),
    ]
}

//! API keys.

use serde_json::json;

use super::{
    operation::{Operation, call},
    schemas::{or_null, time, uuid},
};

pub(super) fn operations() -> Vec<Operation> {
    const KEYS: &str = "/iam/v1alpha1/api-keys";
    const KEY: &str = "/iam/v1alpha1/api-keys/{access_key}";
    let description = json!({ "type": "string", "maxLength": 200 });
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
        call("get", KEYS, "ListAPIKeys", "The API keys of a user.")
            .must("bearer_id", uuid())
            .pages(&[])
            .answers("ListAPIKeysResponse")
            .fails(&[400, 403, 404]),
        call("get", KEY, "GetAPIKey", "An API key, without its secret.")
            .answers("APIKey")
            .fails(&[403, 404]),
        call("delete", KEY, "DeleteAPIKey", "Delete an API key.")
            .answers_nothing()
            .fails(&[403, 404]),
    ]
}

//! The users that the same person has in other organizations.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::answer::{Caller, Path, Result};
use crate::{service::Service, store::User};

/// A connection as scaleway-sdk-go has it (protocol.md A).
fn connection_json((organization_name, user): &(String, User)) -> Value {
    json!({
        "organization": {
            "id": user.organization_id,
            "name": organization_name,
            "locked": user.locked,
        },
        "user": { "id": user.id, "username": user.username, "type": user.kind },
    })
}

/// Inferred: the user that is asked about is not among its own connections, an organization counts
/// as locked where the person's user in it is, and who may read the user may read this.
pub(super) async fn list(
    State(service): State<Arc<Service>>,
    Caller(caller): Caller,
    Path(id): Path,
) -> Result<Json<Value>> {
    let connected = service.store.connections(&caller, &id)?;
    let connections: Vec<Value> = connected.iter().map(connection_json).collect();
    Ok(Json(json!({ "connections": connections })))
}

//! The OpenAPI document of the IAM dialect, at `GET /openapi.json`.
//!
//! It says what this sandbox answers, so that a tool can hold the sandbox against it; the facts are
//! those of protocol.md A, E and F. A call of `iam::calls` that is not here fails a test, and so does
//! a call here that the router does not have.

#![expect(
    clippy::needless_pass_by_value,
    reason = "schemas are made where they are handed over; that `json!` only borrows them helps nobody"
)]

mod errors;
mod events;
mod factors;
mod keys;
mod operation;
mod organizations;
mod schemas;
mod sessions;
mod users;

use std::sync::Arc;

use axum::{Json, Router, routing::get};
use serde_json::{Map, Value, json};

use self::operation::Operation;
use crate::service::Service;

/// The route of the document.
pub(crate) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/openapi.json", get(|| async { Json(document()) }))
}

fn operations() -> Vec<Operation> {
    [
        users::operations(),
        factors::operations(),
        organizations::operations(),
        keys::operations(),
        sessions::operations(),
        events::operations(),
    ]
    .concat()
}

/// The whole document.
fn document() -> Value {
    let mut paths = Map::new();
    for operation in operations() {
        let (path, method, described) = operation.finish();
        paths.entry(path).or_insert_with(|| json!({}))[method] = described;
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "The IAM side of scw-sandbox",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What a client of two-factor authentication needs of Scaleway's API, \
                as the sandbox serves it.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": schemas::schemas(),
            "responses": errors::responses(),
            "headers": { "X-Request-Id": {
                "description": "Names the request in an error about the service's own failure.",
                "required": true,
                "schema": schemas::uuid(),
            }},
            "securitySchemes": {
                "key": {
                    "type": "apiKey", "in": "header", "name": "X-Auth-Token",
                    "description": "The secret key of an API key.",
                },
                "session": {
                    "type": "apiKey", "in": "header", "name": "X-Session-Token",
                    "description": "The token of a session, which a login gives.",
                },
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::operations;

    // Issue 8, 5: the document has the calls of the router, all of them and no other.
    #[test]
    fn the_document_and_the_router_have_the_same_calls() {
        let routed: BTreeSet<_> = crate::iam::calls()
            .iter()
            .map(|call| (call.path, call.method))
            .collect();
        let operations = operations();
        let described: BTreeSet<_> = operations
            .iter()
            .map(|operation| (operation.path, operation.method))
            .collect();
        assert_eq!(described, routed);
        assert_eq!(operations.len(), described.len(), "one is described twice");
    }
}

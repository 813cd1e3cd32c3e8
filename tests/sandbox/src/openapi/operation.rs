//! One call of the document, put together from what it shares with others and what is its own.

use serde_json::{Map, Value, json};

use super::{errors, schemas};

/// A call: what it takes, and everything that it can answer.
#[derive(Debug, Clone)]
pub(super) struct Operation {
    /// In small letters.
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    described: Map<String, Value>,
    parameters: Vec<Value>,
    responses: Map<String, Value>,
}

/// A call that needs a key or a session. `id` is the name of the official SDK's function for it, or
/// one in its style.
pub(super) fn call(method: &'static str, path: &'static str, id: &str, what: &str) -> Operation {
    let operation = Operation {
        method,
        path,
        described: Map::new(),
        parameters: path.split('/').filter_map(in_path).collect(),
        responses: Map::new(),
    };
    operation
        .with("operationId", json!(id))
        .with("summary", json!(what))
        .with("security", json!([{ "key": [] }, { "session": [] }]))
        .fails(&[401, 413, 423])
}

/// The parameter that a part of a path is, where it is one.
fn in_path(part: &str) -> Option<Value> {
    let name = part.strip_prefix('{')?.strip_suffix('}')?;
    let schema = match name {
        "access_key" => schemas::access_key(),
        "region" => schemas::word(&["fr-par", "nl-ams"]),
        _ => schemas::uuid(),
    };
    Some(json!({ "name": name, "in": "path", "required": true, "schema": schema }))
}

impl Operation {
    fn with(mut self, name: &str, value: Value) -> Self {
        self.described.insert(name.to_owned(), value);
        self
    }

    /// Anybody may call it.
    pub(super) fn open(self) -> Self {
        self.with("security", json!([]))
    }

    /// A parameter of the query that may be left out, or be empty, which means the same.
    pub(super) fn may(self, name: &str, schema: Value) -> Self {
        self.query(name, false, json!({ "anyOf": [schema, { "const": "" }] }))
    }

    /// One that may come any number of times: the official SDKs repeat the name.
    pub(super) fn each(self, name: &str, schema: Value) -> Self {
        let item = json!({ "anyOf": [schema, { "const": "" }] });
        self.query(name, false, json!({ "type": "array", "items": item }))
    }

    /// A parameter of the query that must be there.
    pub(super) fn must(self, name: &str, schema: Value) -> Self {
        self.query(name, true, schema)
    }

    fn query(mut self, name: &str, is_required: bool, schema: Value) -> Self {
        self.parameters.push(
            json!({ "name": name, "in": "query", "required": is_required, "schema": schema }),
        );
        self
    }

    /// Pages and an order, as the lists of today's API have them (protocol.md A).
    pub(super) fn pages(self, orders: &[&str]) -> Self {
        self.may(
            "page",
            json!({ "type": "integer", "minimum": 1, "maximum": u32::MAX, "default": 1 }),
        )
        .may(
            "page_size",
            json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 20 }),
        )
        .may("order_by", json!({ "type": "string", "enum": orders }))
        .fails(&[400])
    }

    /// A body; one that may be left out counts as `{}`.
    pub(super) fn body(self, is_required: bool, schema: &Value) -> Self {
        self.with(
            "requestBody",
            json!({
                "required": is_required,
                "content": { "application/json": { "schema": schema } },
            }),
        )
        .fails(&[400])
    }

    /// The answer where all went well: a schema's name.
    pub(super) fn answers(mut self, schema: &str) -> Self {
        self.responses.insert(
            "200".to_owned(),
            json!({
                "description": schema,
                "headers": errors::headers(),
                "content": { "application/json": { "schema": schemas::named(schema) } },
            }),
        );
        self
    }

    /// Nothing is answered but that it was done.
    pub(super) fn answers_nothing(mut self) -> Self {
        self.responses.insert(
            "204".to_owned(),
            json!({ "description": "It is done.", "headers": errors::headers() }),
        );
        self
    }

    /// The statuses of the errors that it can answer besides those of every call.
    pub(super) fn fails(mut self, statuses: &[u16]) -> Self {
        for status in statuses {
            let reference = json!({ "$ref": format!("#/components/responses/{status}") });
            self.responses.insert(status.to_string(), reference);
        }
        self
    }

    /// Its path, its method, and the rest as the document has it.
    pub(super) fn finish(mut self) -> (&'static str, &'static str, Value) {
        self.described
            .insert("parameters".to_owned(), Value::Array(self.parameters));
        self.described
            .insert("responses".to_owned(), Value::Object(self.responses));
        (self.path, self.method, Value::Object(self.described))
    }
}

//! What a call is to the router and to the OpenAPI document: one method, one path.

use std::sync::Arc;

use axum::{
    handler::Handler,
    routing::{self, MethodRouter},
};

use crate::service::Service;

/// A call of the API.
#[derive(Debug)]
pub(crate) struct Call {
    /// In small letters, as an OpenAPI document has it.
    #[cfg_attr(
        not(test),
        expect(
            dead_code,
            reason = "the test that compares router and document reads it"
        )
    )]
    pub(crate) method: &'static str,
    /// With `{…}` for what changes, which axum and OpenAPI write alike.
    pub(crate) path: &'static str,
    pub(super) handler: MethodRouter<Arc<Service>>,
}

/// A function that makes calls of one method.
macro_rules! calls_by {
    ($method:ident) => {
        pub(super) fn $method<H, T>(path: &'static str, handler: H) -> Call
        where
            H: Handler<T, Arc<Service>>,
            T: 'static,
        {
            Call {
                method: stringify!($method),
                path,
                handler: routing::$method(handler),
            }
        }
    };
}

calls_by!(delete);
calls_by!(get);
calls_by!(patch);
calls_by!(post);

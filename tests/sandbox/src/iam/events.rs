//! The audit trail's sign-ins (protocol.md F).

use std::sync::Arc;

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{
    answer::{Caller, IamError, Path, Result},
    query::Asked,
};
use crate::{
    clock::Instant,
    service::Service,
    store::{SignIn, SignInFilter, StoreError},
};

/// Where sign-ins are kept (inferred; protocol.md F names two regions, and not which one).
const HOME_REGION: &str = "fr-par";

/// The other region that has the call. It keeps none.
const OTHER_REGION: &str = "nl-ams";

/// How far back a list begins where nothing is said, in seconds. Inferred: the SDKs say so of the
/// audit trail's other lists.
const USUAL_S: i64 = 3600;

/// A sign-in as the SDKs have it. What is not on record is inferred: that the resource is the user,
/// as in recorded answers of the trail's `events`; that a backup code counts as `totp`; that a
/// passkey, for which the wire has no word, is a method or a type that is not told; that a
/// sign-in which was refused for another reason than password or code has no `failure_reason`; and
/// that an address of no country has no `country_code`.
fn sign_in_json(sign_in: &SignIn) -> Value {
    let user = &sign_in.user;
    json!({
        "id": sign_in.id,
        "recorded_at": sign_in.recorded_at.rfc3339(),
        "organization_id": user.organization_id,
        "source_ip": sign_in.client.ip,
        "user_agent": sign_in.client.user_agent,
        "resources": [{
            "id": user.id,
            "type": "iam_user",
            "created_at": user.created_at.rfc3339(),
            "updated_at": user.updated_at.rfc3339(),
            "deleted_at": user.deleted_at.map(Instant::rfc3339),
            "name": user.email,
        }],
        "result": if sign_in.failure.is_none() { "success" } else { "failure" },
        "failure_reason": match sign_in.failure.as_deref() {
            Some("password") => Some("invalid_password"),
            Some("factor") => Some("invalid_mfa"),
            _ => None,
        },
        "method": match sign_in.method.as_str() {
            "passkey" => "unknown_method",
            told => told,
        },
        "origin": "public_api",
        "mfa_type": sign_in.factor.as_deref().map(|factor| match factor {
            "passkey" => "unknown_mfa_type",
            _ => "totp",
        }),
        "country_code": null,
    })
}

/// A time of the query. The Python SDK writes a space where RFC 3339 has a `T`.
fn time(asked: &Asked, name: &'static str) -> Result<Option<Instant>> {
    asked
        .text(name)
        .map(|text| Instant::parse(&text.replacen(' ', "T", 1)))
        .map(|at| at.ok_or_else(|| IamError::argument(name, "format", "is no RFC 3339 time")))
        .transpose()
}

/// Inferred: the newest sign-in comes first where no order is asked for.
pub(super) async fn list(
    State(service): State<Arc<Service>>,
    Caller(caller): Caller,
    Path(region): Path,
    asked: Asked,
) -> Result<Json<Value>> {
    if region != HOME_REGION && region != OTHER_REGION {
        return Err(StoreError::NotFound("region", region).into());
    }
    let now = service.now();
    let after = time(&asked, "recorded_after")?.unwrap_or_else(|| now.plus_s(-USUAL_S));
    let before = time(&asked, "recorded_before")?.unwrap_or(now);
    let order = asked.word("order_by", "recorded_at_desc", &["recorded_at_asc"])?;
    let filter = SignInFilter {
        recorded: (after, before),
        newest_first: order.is_none(),
        size: asked.page_size()?,
        after: asked.text("page_token"),
    };
    let organization_id = asked.required("organization_id")?;
    // Asked for either region: who may not read them is told so in both.
    let (found, next) = service.store.sign_ins(&caller, organization_id, &filter)?;
    let (found, next) = if region == HOME_REGION {
        (found, next)
    } else {
        (Vec::new(), None)
    };
    let events: Vec<Value> = found.iter().map(sign_in_json).collect();
    Ok(Json(json!({ "events": events, "next_page_token": next })))
}

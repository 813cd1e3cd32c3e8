//! Users that join an organization, and users that are deleted.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::Value;

use super::{
    answer::{Body, Caller, IamError, Path, Result},
    users::user_json,
};
use crate::{
    service::Service,
    store::{Joining, NewMember},
};

/// The longest email address, in characters (RFC 5321, section 4.5.3.1: 64 before the `@`, and 255
/// after it).
const MAX_EMAIL: usize = 320;

/// `CreateUserRequest` of scaleway-sdk-go (protocol.md A).
#[derive(Deserialize)]
pub(super) struct Create {
    organization_id: Option<String>,
    /// Of a guest.
    email: Option<String>,
    member: Option<Member>,
    tags: Option<Vec<String>>,
}

/// `CreateUserRequestMember` of scaleway-sdk-go. The sandbox sends no email and keeps no phone
/// number and no locale.
#[derive(Deserialize)]
struct Member {
    #[serde(default)]
    email: String,
    #[serde(default)]
    username: String,
    password: Option<String>,
    #[serde(default)]
    first_name: String,
    #[serde(default)]
    last_name: String,
}

/// Inferred: the arguments that are refused and their names.
pub(super) async fn create(
    State(service): State<Arc<Service>>,
    Caller(caller): Caller,
    Body(body): Body<Create>,
) -> Result<Json<Value>> {
    let organization_id = body
        .organization_id
        .as_deref()
        .filter(|id| !id.is_empty())
        .ok_or_else(|| IamError::argument("organization_id", "required", "is required"))?;
    if body.tags.is_some_and(|tags| !tags.is_empty()) {
        let help = "are not kept by the sandbox";
        return Err(IamError::argument("tags", "constraint", help));
    }
    let email = match (&body.email, &body.member) {
        (Some(email), None) => email,
        (None, Some(member)) => &member.email,
        (None, None) => return Err(IamError::argument("email", "required", "is required")),
        (Some(_), Some(_)) => {
            let help = "goes with no email: a user is a guest or a member";
            return Err(IamError::argument("member", "constraint", help));
        }
    };
    if !is_email(email) {
        return Err(IamError::argument("email", "format", "is no email address"));
    }
    if body
        .member
        .as_ref()
        .is_some_and(|member| member.username.is_empty())
    {
        return Err(IamError::argument("username", "required", "is required"));
    }
    let member = body.member.as_ref().map(|member| NewMember {
        username: &member.username,
        password: member.password.as_deref().filter(|text| !text.is_empty()),
        first_name: &member.first_name,
        last_name: &member.last_name,
    });
    let joining = Joining {
        organization_id,
        email,
        member,
    };
    let user = service
        .store
        .create_user(&caller, &joining, service.now())?;
    Ok(Json(user_json(&user)))
}

/// Whether a text can be an email address. Only a message to it would show whether it is one.
fn is_email(text: &str) -> bool {
    let is_plain = |part: &str| {
        let mut letters = part.chars();
        !part.is_empty() && letters.all(|letter| !letter.is_control() && !letter.is_whitespace())
    };
    text.chars().count() <= MAX_EMAIL
        && text
            .rsplit_once('@')
            .is_some_and(|(name, host)| is_plain(name) && is_plain(host))
}

pub(super) async fn delete(
    State(service): State<Arc<Service>>,
    Caller(caller): Caller,
    Path(id): Path,
) -> Result<StatusCode> {
    service.store.delete_user(&caller, &id, service.now())?;
    Ok(StatusCode::NO_CONTENT)
}

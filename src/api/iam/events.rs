//! The audit trail's sign-ins (protocol.md F).

use serde::Deserialize;
use time::OffsetDateTime;

use super::{Iam, organization};
use crate::{
    api::{
        ApiError, SignIns,
        http::{Answer, Call},
    },
    model::{SignInEvent, parse_rfc3339, rfc3339},
};

/// How many sign-ins a page has (inferred; it is the most that the other lists of the API allow).
const PAGE_SIZE: usize = 100;

/// How many sign-ins of one region are read. Ten thousand are some megabytes, and more than a person
/// looks through.
const MOST: usize = 10_000;

/// A page of sign-ins.
#[derive(Deserialize)]
struct Page {
    events: Vec<Event>,
    #[serde(default)]
    next_page_token: Option<String>,
}

/// A sign-in. The id alone must be there: one that this program cannot read whole is shown all the
/// same.
#[derive(Deserialize)]
struct Event {
    id: String,
    #[serde(default)]
    recorded_at: Option<String>,
    #[serde(default)]
    source_ip: Option<String>,
    #[serde(default)]
    user_agent: Option<String>,
    #[serde(default)]
    result: Option<String>,
    #[serde(default)]
    failure_reason: Option<String>,
    #[serde(default)]
    method: Option<String>,
    #[serde(default)]
    origin: Option<String>,
    #[serde(default)]
    mfa_type: Option<String>,
    #[serde(default)]
    country_code: Option<String>,
    #[serde(default)]
    resources: Option<Vec<Resource>>,
}

/// What a sign-in is about: the user (inferred; recorded answers of the trail's `events` have it so).
#[derive(Deserialize)]
struct Resource {
    #[serde(default)]
    id: Option<String>,
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    name: Option<String>,
}

impl Event {
    fn into_model(self, answer: &Answer, region: &str) -> SignInEvent {
        let shown = |text: Option<String>| answer.shown(&text.unwrap_or_default());
        // SDKs have a word of this form for what is not told.
        let told = |text: Option<String>| {
            Some(shown(text)).filter(|word| !word.is_empty() && !word.starts_with("unknown_"))
        };
        let user = self.resources.into_iter().flatten().find(|resource| {
            let kind = resource.kind.as_deref().unwrap_or_default();
            ["iam_user", "account_user"].contains(&kind)
        });
        let (user_id, user) = user.map_or((None, None), |user| (user.id, user.name));
        SignInEvent {
            id: answer.shown(&self.id),
            recorded_at: self.recorded_at.as_deref().and_then(parse_rfc3339),
            region: region.to_owned(),
            user_id: told(user_id),
            user: told(user),
            result: told(self.result).unwrap_or_else(|| "unknown".to_owned()),
            failure_reason: told(self.failure_reason),
            method: told(self.method),
            mfa_type: told(self.mfa_type),
            origin: told(self.origin),
            source_ip: shown(self.source_ip),
            country_code: told(self.country_code).map(|code| code.to_uppercase()),
            user_agent: shown(self.user_agent),
        }
    }
}

impl Iam {
    /// The sign-ins of one region since then, the newest first.
    pub(super) async fn sign_ins_of(
        &self,
        region: &str,
        organization_id: &str,
        since: OffsetDateTime,
    ) -> Result<SignIns, ApiError> {
        let organization_id = organization(organization_id)?;
        let path = format!("/audit-trail/v1alpha1/regions/{region}/authentication-events");
        let mut events = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let mut call = Call::get(&path)
                .query("organization_id", &organization_id)
                .query("recorded_after", &rfc3339(since))
                .query("order_by", &"recorded_at_desc")
                .query("page_size", &PAGE_SIZE);
            if let Some(token) = &token {
                call = call.query("page_token", token);
            }
            let answer = self.call(call).await?;
            let page = answer.json::<Page>()?;
            events.extend(
                page.events
                    .into_iter()
                    .map(|event| event.into_model(&answer, region)),
            );
            let next = page.next_page_token.filter(|next| !next.is_empty());
            if next.is_some() && next == token {
                return Err(answer.garbage("a list that does not end"));
            }
            let complete = next.is_none();
            if complete || events.len() >= MOST {
                events.truncate(MOST);
                return Ok(SignIns { events, complete });
            }
            token = next;
        }
    }
}

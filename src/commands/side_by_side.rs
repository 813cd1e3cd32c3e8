//! Questions that do not depend on each other, asked at the same time: a person waits for the round
//! trips that follow one another.

use crate::{
    api::{Account, ApiError},
    context::Context,
    credentials::{Credential, known_organization},
    model::OrganizationDetails,
};

/// Asks the main question, and a side question beside it. Where the main one fails, the other is not
/// waited for.
///
/// # Errors
/// What the main question fails with.
pub(super) async fn beside<T, E, S>(
    main: impl Future<Output = Result<T, E>>,
    side: impl Future<Output = S>,
) -> Result<(T, S), E> {
    tokio::try_join!(main, async { Ok(side.await) })
}

/// The organization that a credential is most likely for, before the service tells it: the one of the
/// login or of a setting, else the one whose default project the key has. A default project has the
/// id of its organization (protocol.md A).
pub(super) fn likely_organization(
    ctx: &Context,
    credential: &Credential,
    default_project: Option<&str>,
) -> Option<String> {
    let known = ctx
        .settings()
        .and_then(|settings| known_organization(settings, credential));
    known
        .ok()
        .flatten()
        .or_else(|| default_project.map(str::to_owned))
}

/// Reads a user, and its organization at the same time where `likely` is the right one, else after
/// it. `id` is where the answer names the organization.
///
/// # Errors
/// What reading the user fails with. The organization is a nicety: its failure stops nothing.
pub(super) async fn with_organization<T>(
    account: &dyn Account,
    likely: Option<String>,
    read: impl Future<Output = Result<T, ApiError>>,
    id: impl FnOnce(&T) -> &str,
) -> Result<(T, Option<OrganizationDetails>), ApiError> {
    let early = async {
        match &likely {
            Some(likely) => account.organization(likely).await.ok(),
            None => None,
        }
    };
    let (found, early) = beside(read, early).await?;
    let own = id(&found);
    let organization = if likely.as_deref() == Some(own) {
        early
    } else {
        account.organization(own).await.ok()
    };
    Ok((found, organization))
}

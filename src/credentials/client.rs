//! The only place that makes a client with a secret in it.

use std::{path::PathBuf, rc::Rc};

use super::Credential;
use crate::{
    api::{Account, Account2017, ApiError, Auth, Http, Iam},
    config::{Record, Target},
    env,
    error::Result,
    model::{ApiUrl, Dialect, Notices, Trace, UserFactors, UserId},
};

/// Makes clients of account services.
#[derive(Clone)]
pub(crate) struct Clients {
    authorities: Option<PathBuf>,
    trace: Option<Rc<dyn Trace>>,
    notices: Rc<dyn Notices>,
}

impl Clients {
    /// Clients that show their exchanges to `trace`, where there is one, and tell `notices` what
    /// they wait for.
    #[must_use]
    pub(crate) fn new(trace: Option<Rc<dyn Trace>>, notices: Rc<dyn Notices>) -> Self {
        Self {
            authorities: env::path(env::SSL_CERT_FILE),
            trace,
            notices,
        }
    }

    /// The service that a credential is for, called with its secret.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub(crate) fn account(&self, credential: &Credential) -> Result<Box<dyn Account>> {
        let auth = Auth::Key(credential.secret.clone());
        let service = self.http(&credential.target.origin, &auth)?;
        Ok(match credential.target.dialect {
            Dialect::Iam => Box::new(Iam::new(service)),
            Dialect::Account => Box::new(Account2017::new(service)),
        })
    }

    /// A service called without any credential, for a login.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub(crate) fn anonymous(&self, target: &Target) -> Result<Http> {
        self.http(&target.origin, &Auth::Anonymous)
    }

    fn http(&self, url: &ApiUrl, auth: &Auth) -> Result<Http> {
        let authorities = self.authorities.as_deref();
        let trace = self.trace.clone();
        let notices = Rc::clone(&self.notices);
        Ok(Http::new(url.clone(), auth, authorities, trace, notices)?)
    }
}

/// An account service with the credential that opens it.
pub(crate) struct Authed {
    account: Box<dyn Account>,
    credential: Credential,
    known_owner: Option<UserId>,
}

impl Authed {
    /// Opens the service that a credential is for. `record` may tell whose key it is.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub(crate) fn new(clients: &Clients, credential: Credential, record: &Record) -> Result<Self> {
        let known_owner = match &credential.login {
            Some(login) => Some(login.user_id.clone()),
            None => credential
                .access_key
                .as_ref()
                .and_then(|key| record.owner_of(key)),
        };
        Ok(Self {
            account: clients.account(&credential)?,
            credential,
            known_owner,
        })
    }

    /// The account service.
    #[must_use]
    pub(crate) fn account(&self) -> &dyn Account {
        &*self.account
    }

    /// The credential in use.
    #[must_use]
    pub(crate) fn credential(&self) -> &Credential {
        &self.credential
    }

    /// Whose key is in use, as far as that is known without asking the API.
    #[must_use]
    pub(crate) fn known_owner(&self) -> Option<&UserId> {
        self.known_owner.as_ref()
    }

    /// Whose key is in use; the API is asked only where that is not known yet.
    ///
    /// # Errors
    /// What the API says.
    pub(crate) async fn user_id(&self) -> Result<UserId, ApiError> {
        if let Some(owner) = &self.known_owner {
            return Ok(owner.clone());
        }
        let access_key = self.credential.access_key.as_ref();
        // Most commands then ask three questions about the user side by side.
        let own_key = self.account.own_key(access_key);
        let (key, ()) = tokio::join!(own_key, self.account.prepare(2));
        Ok(key?.user_id)
    }

    /// The user whose key is in use, and its second factors.
    ///
    /// # Errors
    /// What the API says.
    pub(crate) async fn user_factors(&self) -> Result<UserFactors, ApiError> {
        let id = self.user_id().await?;
        self.account.user_factors(&id).await
    }
}

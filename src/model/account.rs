//! What both dialects of the API tell about a user and a key.

use std::{fmt, str::FromStr};

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{AccessKey, Invalid, UserId};

/// Which API is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// The IAM API
    #[default]
    Iam,
    /// The account API of 2017
    Account,
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Iam => "iam",
            Self::Account => "account",
        })
    }
}

impl FromStr for Dialect {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text {
            "iam" => Ok(Self::Iam),
            "account" => Ok(Self::Account),
            _ => Err(Invalid::new("an API is `iam` or `account`")),
        }
    }
}

/// A user as far as this program needs one. Text is as the service sent it: not yet cleaned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The user's id.
    pub id: UserId,
    /// The email address, which also labels the key in an authenticator app.
    pub email: String,
    /// The organization this user belongs to.
    pub organization_id: String,
    /// The person behind the users of several organizations, where the dialect knows one.
    pub root_id: Option<UserId>,
    /// Whether the user is locked out.
    pub locked: bool,
    /// When the user was changed last, by the service's clock, where the dialect tells it.
    pub updated_at: Option<OffsetDateTime>,
}

/// An API key without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The identifier, where the service told it.
    pub access_key: Option<AccessKey>,
    /// Whose key it is.
    pub user_id: UserId,
    /// When it stops working; nothing for a key without an end.
    pub expires_at: Option<OffsetDateTime>,
    /// The project that other commands use unless told otherwise.
    pub default_project_id: Option<String>,
}

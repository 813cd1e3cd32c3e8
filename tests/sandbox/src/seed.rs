//! The accounts that the service starts with.

use std::{collections::HashSet, iter, path::Path};

use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    clock::Instant,
    store::{NewOrganization, NewPerson, NewUser, Planted, Result, Store, StoreError},
};

/// What a seed file holds; without one there is one organization with its owner and an
/// application.
///
#[doc = include_str!("seed_form.md")]
///
/// Secrets that no file names are derived from random bytes in the database, and those that a file
/// names for the first user are kept there masked with the same bytes: that is how a service
/// restarted with `--data` can print them again. It holds nothing else that gives a secret away
/// but the tokens of the 2017 API, which lists them. A key that was deleted stays deleted, though
/// it is still printed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    organizations: Vec<SeedOrganization>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SeedOrganization {
    name: String,
    requires_two_factor: bool,
    grace_period_s: i64,
    login_attempts: i64,
    max_session_s: i64,
    max_api_key_s: i64,
    password_login: bool,
    projects: Vec<String>,
    users: Vec<SeedUser>,
    applications: Vec<SeedKey>,
}

impl Default for SeedOrganization {
    fn default() -> Self {
        Self {
            name: "Sandbox".to_owned(),
            requires_two_factor: false,
            grace_period_s: 7 * 86_400,
            login_attempts: 10,
            max_session_s: 0,
            max_api_key_s: 0,
            password_login: true,
            projects: Vec::new(),
            users: Vec::new(),
            applications: Vec::new(),
        }
    }
}

#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct SeedUser {
    email: String,
    username: Option<String>,
    id: Option<Uuid>,
    password: Option<String>,
    r#type: Option<String>,
    #[serde(default)]
    admin: bool,
    #[serde(default)]
    first_name: String,
    #[serde(default)]
    last_name: String,
    #[serde(default)]
    locked: bool,
    otp_secret: Option<String>,
    key_expires_in_s: Option<i64>,
    access_key: Option<String>,
    secret_key: Option<String>,
    token: Option<String>,
}

#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct SeedKey {
    access_key: Option<String>,
    secret_key: Option<String>,
}

/// A seed cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// Its file cannot be read.
    #[error("the seed cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// It is no JSON, or JSON of another form.
    #[error("it is no seed: {0}")]
    Form(#[from] serde_json::Error),
    /// An organization's name is what its id is made of.
    #[error("two organizations are called {0:?}")]
    SameName(String),
    /// An organization has a person as one user.
    #[error("{0} is there twice in one organization")]
    SameEmail(String),
    /// A person has one password and one second factor.
    #[error("the password and the second factor of {0} belong where it is first")]
    NotFirst(String),
    /// The key of a second factor cannot be read.
    #[error("the otp_secret of {0} is no base32")]
    OtpSecret(String),
    /// The API knows no such type of user.
    #[error("the type of {0} is none of owner, member, guest")]
    UserType(String),
    /// Nobody could be printed by `serve`.
    #[error("it names no user")]
    Nobody,
}

impl Seed {
    /// Reads a seed file.
    ///
    /// # Errors
    /// [`SeedError`], without the file's name.
    pub fn load(path: &Path) -> std::result::Result<Self, SeedError> {
        Self::parse(&std::fs::read_to_string(path)?)
    }

    /// Reads a seed from JSON.
    ///
    /// # Errors
    /// [`SeedError`].
    pub fn parse(json: &str) -> std::result::Result<Self, SeedError> {
        let seed: Self = serde_json::from_str(json)?;
        let mut names = HashSet::new();
        let mut people = HashSet::new();
        for organization in &seed.organizations {
            if !names.insert(&organization.name) {
                return Err(SeedError::SameName(organization.name.clone()));
            }
            let mut here = HashSet::new();
            for user in &organization.users {
                let email = user.email.to_lowercase();
                if !here.insert(email.clone()) {
                    return Err(SeedError::SameEmail(email));
                }
                if !people.insert(email) && (user.password.is_some() || user.otp_secret.is_some()) {
                    return Err(SeedError::NotFirst(user.email.clone()));
                }
                if user.otp_secret.is_some() && user.otp_key().is_none() {
                    return Err(SeedError::OtpSecret(user.email.clone()));
                }
                let kinds = [None, Some("owner"), Some("member"), Some("guest")];
                if !kinds.contains(&user.r#type.as_deref()) {
                    return Err(SeedError::UserType(user.email.clone()));
                }
            }
        }
        if people.is_empty() {
            return Err(SeedError::Nobody);
        }
        Ok(seed)
    }
}

impl Default for Seed {
    fn default() -> Self {
        Self {
            organizations: vec![SeedOrganization {
                users: vec![SeedUser {
                    email: "owner@example.com".to_owned(),
                    first_name: "Ada".to_owned(),
                    last_name: "Owner".to_owned(),
                    ..SeedUser::default()
                }],
                applications: vec![SeedKey::default()],
                ..SeedOrganization::default()
            }],
        }
    }
}

impl SeedUser {
    /// The key of the second factor; nothing where there is none, or it is no base32.
    fn otp_key(&self) -> Option<Vec<u8>> {
        let secret = totp_rs::Secret::try_from_base32(self.otp_secret.as_ref()?).ok()?;
        Some(secret.as_ref().to_vec())
    }
}

/// The secrets of the first user, as `serve` prints them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct FirstSecrets {
    pub(crate) password: String,
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
    pub(crate) token: String,
}

/// Derives everything random from the bytes in the database.
pub(crate) struct Derive<'a>(pub(crate) &'a [u8]);

impl Derive<'_> {
    pub(crate) fn bytes(&self, purpose: &str, of: &str) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(self.0);
        hasher.update([0]);
        hasher.update(purpose);
        hasher.update([0]);
        hasher.update(of);
        hasher.finalize().into()
    }

    pub(crate) fn uuid(&self, purpose: &str, of: &str) -> String {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&self.bytes(purpose, of)[..16]);
        uuid::Builder::from_random_bytes(bytes)
            .into_uuid()
            .to_string()
    }

    /// Masks bytes, or unmasks them: an exclusive or with a stream of derived ones.
    fn masked(&self, bytes: &[u8]) -> Vec<u8> {
        let stream = (0..).flat_map(|block: u32| self.bytes("mask", &block.to_string()));
        bytes
            .iter()
            .zip(stream)
            .map(|(byte, mask)| byte ^ mask)
            .collect()
    }

    /// The key that a file names, or a made one.
    fn key(&self, access: Option<&String>, secret: Option<&String>, of: &str) -> (String, String) {
        let made = || access_key(&self.bytes("access key", of));
        (
            access.cloned().unwrap_or_else(made),
            secret
                .cloned()
                .unwrap_or_else(|| self.uuid("secret key", of)),
        )
    }

    /// The secrets of a user; `of` tells it from every other.
    fn secrets(&self, user: &SeedUser, of: &str) -> FirstSecrets {
        let or = |given: &Option<String>, made: String| given.clone().unwrap_or(made);
        let (access_key, secret_key) =
            self.key(user.access_key.as_ref(), user.secret_key.as_ref(), of);
        FirstSecrets {
            password: or(&user.password, self.uuid("password", of)),
            access_key,
            secret_key,
            token: or(&user.token, self.uuid("token", of)),
        }
    }
}

/// `SCW` and 17 capital letters or digits (protocol.md A).
pub(crate) fn access_key(random: &[u8]) -> String {
    const ALPHABET: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let rest: String = random
        .iter()
        .take(17)
        .map(|byte| char::from(ALPHABET[usize::from(byte % 36)]))
        .collect();
    format!("SCW{rest}")
}

/// Makes the accounts, or finds the ones that a data file holds already, and returns the id of
/// the first user with its secrets.
pub(crate) fn plant(store: &Store, seed: &Seed, now: Instant) -> Result<(String, FirstSecrets)> {
    if let Some(planted) = store.planted()? {
        let secrets = Derive(&planted.random).masked(&planted.masked_secrets);
        let secrets = serde_json::from_slice(&secrets).map_err(|_| StoreError::OtherVersion)?;
        return Ok((planted.first_user, secrets));
    }
    let random = rand::random::<[u8; 32]>();
    let derive = Derive(&random);
    let Some(first) = first_user(seed) else {
        return Err(StoreError::NotFound(
            "user",
            "the seed names none".to_owned(),
        ));
    };
    let first_id = user_id(&derive, first, &first.email);
    let secrets = derive.secrets(first, &first.email);
    let planted = Planted {
        random: random.to_vec(),
        first_user: first_id.clone(),
        masked_secrets: derive.masked(json!(secrets).to_string().as_bytes()),
    };
    let mut people = HashSet::new();
    store.populate(
        |maker| {
            for organization in &seed.organizations {
                let id = derive.uuid("organization", &organization.name);
                let projects = organization.projects.iter().map(|name| {
                    let of = format!("{}/{name}", organization.name);
                    (derive.uuid("project", &of), name.clone())
                });
                let usual = derive.uuid("project", &organization.name);
                maker.organization(&NewOrganization {
                    projects: iter::once((usual, "default".to_owned()))
                        .chain(projects)
                        .collect(),
                    id: id.clone(),
                    name: organization.name.clone(),
                    requires_two_factor: organization.requires_two_factor,
                    grace_period_s: organization.grace_period_s,
                    login_attempts: organization.login_attempts,
                    max_session_s: organization.max_session_s,
                    max_api_key_s: organization.max_api_key_s,
                    password_login: organization.password_login,
                })?;
                for (number, user) in organization.users.iter().enumerate() {
                    let email = user.email.to_lowercase();
                    let is_first = people.insert(email.clone());
                    let of = if is_first {
                        user.email.clone()
                    } else {
                        format!("{}/{}", organization.name, user.email)
                    };
                    let secrets = derive.secrets(user, &of);
                    let new = NewUser {
                        id: user_id(&derive, user, &of),
                        root_user_id: derive.uuid("person", &email),
                        person: is_first.then(|| NewPerson {
                            password: Some(secrets.password),
                            otp_secret: user.otp_key(),
                        }),
                        organization_id: id.clone(),
                        email: user.email.clone(),
                        username: user.username.as_ref().unwrap_or(&user.email).clone(),
                        first_name: user.first_name.clone(),
                        last_name: user.last_name.clone(),
                        kind: user.r#type.clone().unwrap_or_else(|| {
                            if number == 0 { "owner" } else { "member" }.to_owned()
                        }),
                        admin: user.admin,
                        locked: user.locked,
                        last_login_at: None,
                    };
                    maker.user(&new)?;
                    let expires_at = user.key_expires_in_s.map(|seconds| now.plus_s(seconds));
                    let key = (secrets.access_key.as_str(), secrets.secret_key.as_str());
                    maker.api_key(key, (Some(&new.id), None), &id, expires_at)?;
                    maker.token(&secrets.token, &new.id)?;
                }
                for (number, key) in organization.applications.iter().enumerate() {
                    let of = format!("{}/{number}", organization.name);
                    let application = derive.uuid("application", &of);
                    let (access, secret) =
                        derive.key(key.access_key.as_ref(), key.secret_key.as_ref(), &of);
                    maker.api_key((&access, &secret), (None, Some(&application)), &id, None)?;
                }
            }
            Ok(())
        },
        &planted,
        now,
    )?;
    Ok((first_id, secrets))
}

fn first_user(seed: &Seed) -> Option<&SeedUser> {
    seed.organizations.iter().find_map(|org| org.users.first())
}

fn user_id(derive: &Derive<'_>, user: &SeedUser, of: &str) -> String {
    user.id
        .map_or_else(|| derive.uuid("user", of), |id| id.to_string())
}

//! The accounts that the service starts with.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

use serde::Deserialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::store::{NewOrganization, NewUser, Result, Store, StoreError};

/// What a seed file holds.
///
/// Without `--seed` there is one organization with its owner. A seed file describes others:
///
/// ```json
/// {"organizations": [{
///     "name": "Example",
///     "requires_two_factor": true, "grace_period_s": 604800,
///     "login_attempts": 10, "max_session_s": 0, "max_api_key_s": 0, "password_login": true,
///     "users": [{
///         "email": "owner@example.com", "password": "…", "type": "owner", "admin": false,
///         "first_name": "Ada", "last_name": "Owner", "locked": false,
///         "otp_secret": "BASE32", "key_expires_in_s": 3600
///     }],
///     "applications": [{"access_key": "SCW…", "secret_key": "uuid"}]
/// }]}
/// ```
///
/// Only `users[].email` is required. Each user gets an API key (`access_key` and `secret_key` name
/// it, else it is made) and a 2017 token (`token`). The first user is the one that `serve` prints.
///
/// The same `email` in several organizations is one person, whose id (`account_root_user_id`) is
/// that of its first user; `password` and `otp_secret` are given there only, since they are the
/// person's. With `password_login: false` an organization's users sign in through a browser only.
///
/// Secrets that no file names are derived from random bytes in the database, which holds nothing
/// else in clear (but the tokens of the 2017 API, which lists them): that is how a service restarted with `--data` can print them again.
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
            users: Vec::new(),
            applications: Vec::new(),
        }
    }
}

#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct SeedUser {
    email: String,
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

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedKey {
    access_key: String,
    secret_key: String,
}

impl Seed {
    /// Reads a seed file.
    ///
    /// # Errors
    /// A text that says what is wrong with it.
    pub fn load(path: &Path) -> std::result::Result<Self, String> {
        let text = std::fs::read_to_string(path)
            .map_err(|err| format!("{} cannot be read: {err}", path.display()))?;
        Self::parse(&text).map_err(|err| format!("{} is no seed: {err}", path.display()))
    }

    /// Reads a seed from JSON.
    ///
    /// # Errors
    /// A text that says what is wrong with it.
    pub fn parse(json: &str) -> std::result::Result<Self, String> {
        let seed: Self = serde_json::from_str(json).map_err(|err| err.to_string())?;
        let mut names = HashSet::new();
        let mut people = HashSet::new();
        for organization in &seed.organizations {
            if !names.insert(&organization.name) {
                return Err(format!(
                    "two organizations are called {:?}",
                    organization.name
                ));
            }
            let mut here = HashSet::new();
            for user in &organization.users {
                let email = user.email.to_lowercase();
                if !here.insert(email.clone()) {
                    return Err(format!("{email} is there twice in one organization"));
                }
                if !people.insert(email) && (user.password.is_some() || user.otp_secret.is_some()) {
                    return Err(format!(
                        "the password and the second factor of {} belong where it is first",
                        user.email
                    ));
                }
                if let Some(secret) = &user.otp_secret {
                    decode_base32(secret)?;
                }
            }
        }
        if people.is_empty() {
            return Err("it names no user".to_owned());
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
                ..SeedOrganization::default()
            }],
        }
    }
}

fn decode_base32(text: &str) -> std::result::Result<Vec<u8>, String> {
    totp_rs::Secret::try_from_base32(text)
        .map(|secret| secret.as_ref().to_vec())
        .map_err(|_| "otp_secret is no base32".to_owned())
}

/// The secrets of the first user, as `serve` prints them.
#[derive(Debug, Clone)]
pub(crate) struct FirstSecrets {
    pub(crate) password: String,
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
    pub(crate) token: String,
}

/// Derives everything random from the bytes in the database.
struct Derive<'a>(&'a [u8]);

impl Derive<'_> {
    fn bytes(&self, purpose: &str, of: &str) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(self.0);
        hasher.update([0]);
        hasher.update(purpose);
        hasher.update([0]);
        hasher.update(of);
        hasher.finalize().into()
    }

    fn uuid(&self, purpose: &str, of: &str) -> String {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&self.bytes(purpose, of)[..16]);
        uuid::Builder::from_random_bytes(bytes)
            .into_uuid()
            .to_string()
    }

    /// The secrets of a user; `of` tells it from every other.
    fn secrets(&self, user: &SeedUser, of: &str) -> FirstSecrets {
        let or = |given: &Option<String>, made: String| given.clone().unwrap_or(made);
        FirstSecrets {
            password: or(&user.password, self.uuid("password", of)),
            access_key: or(&user.access_key, access_key(&self.bytes("access key", of))),
            secret_key: or(&user.secret_key, self.uuid("secret key", of)),
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
pub(crate) fn plant(store: &Store, seed: &Seed, now: i64) -> Result<(String, FirstSecrets)> {
    if let Some((random, first_id)) = store.seed()? {
        let email = store.any_user(&first_id)?.email;
        let first = first_user(seed).filter(|user| user.email == email);
        let user = first.cloned().unwrap_or_else(|| SeedUser {
            email,
            ..SeedUser::default()
        });
        let secrets = Derive(&random).secrets(&user, &user.email);
        return Ok((first_id, secrets));
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
    let mut people = HashMap::new();
    store.populate(
        |maker| {
            for organization in &seed.organizations {
                let id = derive.uuid("organization", &organization.name);
                maker.organization(&NewOrganization {
                    project_id: derive.uuid("project", &organization.name),
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
                    let root_user_id = people.get(&user.email.to_lowercase()).cloned();
                    let of = match &root_user_id {
                        None => user.email.clone(),
                        Some(_) => format!("{}/{}", organization.name, user.email),
                    };
                    let secrets = derive.secrets(user, &of);
                    let new = NewUser {
                        id: user_id(&derive, user, &of),
                        root_user_id,
                        organization_id: id.clone(),
                        email: user.email.clone(),
                        first_name: user.first_name.clone(),
                        last_name: user.last_name.clone(),
                        kind: user.r#type.clone().unwrap_or_else(|| {
                            if number == 0 { "owner" } else { "member" }.to_owned()
                        }),
                        admin: user.admin,
                        password: Some(secrets.password),
                        locked: user.locked,
                        otp_secret: user
                            .otp_secret
                            .as_deref()
                            .and_then(|text| decode_base32(text).ok()),
                        last_login_at: None,
                    };
                    maker.user(&new)?;
                    people
                        .entry(user.email.to_lowercase())
                        .or_insert_with(|| new.id.clone());
                    let expires_at = user.key_expires_in_s.map(|seconds| now + seconds);
                    let key = (secrets.access_key.as_str(), secrets.secret_key.as_str());
                    maker.api_key(key, (Some(&new.id), None), &id, expires_at)?;
                    maker.token(&secrets.token, &new.id)?;
                }
                for key in &organization.applications {
                    let application = derive.uuid("application", &key.access_key);
                    let pair = (key.access_key.as_str(), key.secret_key.as_str());
                    maker.api_key(pair, (None, Some(&application)), &id, None)?;
                }
            }
            Ok((random.to_vec(), first_id.clone()))
        },
        now,
    )?;
    Ok((first_id, derive.secrets(first, &first.email)))
}

fn first_user(seed: &Seed) -> Option<&SeedUser> {
    seed.organizations.iter().find_map(|org| org.users.first())
}

fn user_id(derive: &Derive<'_>, user: &SeedUser, of: &str) -> String {
    user.id
        .map_or_else(|| derive.uuid("user", of), |id| id.to_string())
}

/// Adds `count` members to an organization, the same ones every time; one in three has a second
/// factor. They cannot sign in: none has a password.
pub(crate) fn add_members(
    store: &Store,
    organization_id: &str,
    count: u64,
    now: i64,
) -> Result<()> {
    const FIRST: [&str; 8] = ["Noor", "Ines", "Max", "Liv", "Otto", "Yuki", "Zoë", "Paul"];
    const LAST: [&str; 7] = ["Martin", "Okafor", "Silva", "Novak", "Berg", "Rossi", "Kim"];
    // The random bytes are a constant here, which makes the members reproducible.
    let derive = Derive(b"members");
    store.add(now, |maker| {
        let there = maker.generated(organization_id)?;
        for number in there + 1..=there + count {
            let label = format!("{organization_id}/{number}");
            let pick = derive.bytes("member", &label);
            let has_second_factor = number % 3 == 0;
            maker.user(&NewUser {
                id: derive.uuid("member", &label),
                root_user_id: None,
                organization_id: organization_id.to_owned(),
                email: format!("member-{number}@example.com"),
                first_name: FIRST[usize::from(pick[0]) % FIRST.len()].to_owned(),
                last_name: LAST[usize::from(pick[1]) % LAST.len()].to_owned(),
                kind: "member".to_owned(),
                admin: false,
                password: None,
                locked: false,
                otp_secret: has_second_factor.then(|| derive.bytes("otp", &label)[..20].to_vec()),
                last_login_at: (pick[2] % 4 != 0).then(|| now - i64::from(pick[3]) * 3600),
            })?;
        }
        Ok(())
    })
}

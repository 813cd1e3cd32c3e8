//! The accounts that the service starts with.

mod derive;

use std::{collections::HashSet, iter, path::Path};

use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

pub(crate) use derive::{Derive, FirstSecrets, access_key, uuid_of};

use crate::{
    clock::Instant,
    store::{
        DURATIONS_S, LOGIN_ATTEMPTS, LoginWays, NewOrganization, NewPerson, NewUser, Passkey,
        Planted, Result, Store, StoreError,
    },
};

/// What a seed file holds; without one there is one organization with its owner and an
/// application.
///
#[doc = include_str!("seed_form.md")]
///
/// Secrets that no file names are derived from random bytes in the database, and those that a file
/// names for the first user are kept there masked with the same bytes: that is how a service
/// restarted with `--data` can print them again. Whoever can read the data file can do the same. A
/// key that was deleted stays deleted, though it is still printed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    organizations: Vec<SeedOrganization>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the file has the names of the wire, flat beside the others"
)]
struct SeedOrganization {
    name: String,
    requires_two_factor: bool,
    grace_period_s: i64,
    login_attempts: i64,
    max_session_s: i64,
    max_api_key_s: i64,
    /// Seed files called it `password_login` before the other ways were there.
    #[serde(alias = "password_login")]
    login_password_enabled: bool,
    login_magic_code_enabled: bool,
    login_oauth2_enabled: bool,
    login_saml_enabled: bool,
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
            login_password_enabled: true,
            login_magic_code_enabled: false,
            login_oauth2_enabled: false,
            login_saml_enabled: false,
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
    #[serde(default)]
    passkeys: Vec<String>,
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
    /// A person has one password, one app and its passkeys.
    #[error("the password and the second factors of {0} belong where it is first")]
    NotFirst(String),
    /// The key of a second factor cannot be read.
    #[error("the otp_secret of {0} is no base32")]
    OtpSecret(String),
    /// The API knows no such type of user.
    #[error("the type of {0} is none of owner, member, guest")]
    UserType(String),
    /// A setting that `PATCH …/security-settings` would refuse, too.
    #[error("{0} of {1:?} is out of range")]
    OutOfRange(&'static str, String),
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
            organization.check_range()?;
            let mut here = HashSet::new();
            for user in &organization.users {
                let email = user.email.to_lowercase();
                if !here.insert(email.clone()) {
                    return Err(SeedError::SameEmail(email));
                }
                let is_first = people.insert(email);
                if !is_first && user.says_of_the_person() {
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

impl SeedOrganization {
    fn check_range(&self) -> std::result::Result<(), SeedError> {
        for (name, value, range) in [
            ("grace_period_s", self.grace_period_s, DURATIONS_S),
            ("max_session_s", self.max_session_s, DURATIONS_S),
            ("max_api_key_s", self.max_api_key_s, DURATIONS_S),
            ("login_attempts", self.login_attempts, LOGIN_ATTEMPTS),
        ] {
            if !range.contains(&value) {
                return Err(SeedError::OutOfRange(name, self.name.clone()));
            }
        }
        Ok(())
    }

    fn login_ways(&self) -> LoginWays {
        LoginWays {
            password: self.login_password_enabled,
            magic_code: self.login_magic_code_enabled,
            oauth2: self.login_oauth2_enabled,
            saml: self.login_saml_enabled,
        }
    }
}

impl SeedUser {
    /// Whether it names something that is the person's, and the same for all of its users.
    fn says_of_the_person(&self) -> bool {
        self.password.is_some() || self.otp_secret.is_some() || !self.passkeys.is_empty()
    }

    /// Its passkeys, whose ids are the same whenever `of` and the seed are.
    fn passkeys(&self, derive: &Derive<'_>, of: &str, now: Instant) -> Vec<Passkey> {
        let named = self.passkeys.iter().enumerate();
        named
            .map(|(number, name)| Passkey {
                id: derive.uuid("passkey", &format!("{of}/{number}")),
                name: name.clone(),
                created_at: now,
                last_login_at: None,
            })
            .collect()
    }

    /// The key of the second factor; nothing where there is none, or it is no base32.
    fn otp_key(&self) -> Option<Vec<u8>> {
        let secret = totp_rs::Secret::try_from_base32(self.otp_secret.as_ref()?).ok()?;
        Some(secret.as_ref().to_vec())
    }
}

/// The accounts that are there once the seed is planted.
#[derive(Debug)]
pub(crate) struct Accounts {
    /// The id of the first user.
    pub(crate) first_user: String,
    /// Its secrets.
    pub(crate) secrets: FirstSecrets,
    /// What the panel's path is made of.
    pub(crate) panel_secret: [u8; 16],
}

impl Accounts {
    fn new(derive: &Derive<'_>, first_user: String, secrets: FirstSecrets) -> Self {
        let mut panel_secret = [0; 16];
        panel_secret.copy_from_slice(&derive.bytes("panel", "")[..16]);
        Self {
            first_user,
            secrets,
            panel_secret,
        }
    }
}

/// Makes the accounts, or finds the ones that a data file holds already.
pub(crate) fn plant(store: &Store, seed: &Seed, now: Instant) -> Result<Accounts> {
    if let Some(planted) = store.planted()? {
        let derive = Derive(&planted.random);
        let secrets = derive.masked(&planted.masked_secrets);
        let secrets = serde_json::from_slice(&secrets).map_err(|_| StoreError::OtherVersion)?;
        return Ok(Accounts::new(&derive, planted.first_user, secrets));
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
                // A default project has the id of its organization (protocol.md A).
                let usual = id.clone();
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
                    ways: organization.login_ways(),
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
                            without_since: None,
                            passkeys: user.passkeys(&derive, &of, now),
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
                        grace_s: None,
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
    Ok(Accounts::new(&derive, first_id, secrets))
}

fn first_user(seed: &Seed) -> Option<&SeedUser> {
    seed.organizations.iter().find_map(|org| org.users.first())
}

fn user_id(derive: &Derive<'_>, user: &SeedUser, of: &str) -> String {
    user.id
        .map_or_else(|| derive.uuid("user", of), |id| id.to_string())
}

//! Generated members of the first organization.

use crate::{
    clock::Instant,
    seed::Derive,
    store::{NewPerson, NewUser, Passkey, Result, Store},
};

/// How many members there are to be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Members {
    /// So many with those that are there already, as a data file may hold some.
    InAll(u64),
    /// So many more.
    More(u64),
}

/// Adds members to the first organization, the same ones in every sandbox; one in three has a
/// second factor: the app, in one case of six a passkey instead, in another one both. Another one in three has a user name that is not the email address. They cannot sign in: none has a password.
pub(crate) fn add(
    store: &Store,
    organization_id: &str,
    wanted: Members,
    now: Instant,
) -> Result<()> {
    const FIRST: [&str; 8] = ["Noor", "Ines", "Max", "Liv", "Otto", "Yuki", "Zoë", "Paul"];
    const LAST: [&str; 7] = ["Martin", "Okafor", "Silva", "Novak", "Berg", "Rossi", "Kim"];
    // The random bytes are a constant here, which makes the members reproducible.
    let derive = Derive(b"members");
    store.add(now, |maker| {
        let there = maker.generated()?;
        let end = match wanted {
            Members::InAll(count) => count,
            Members::More(count) => there + count,
        };
        for number in there + 1..=end {
            let label = number.to_string();
            let pick = derive.bytes("member", &label);
            let first = FIRST[usize::from(pick[0]) % FIRST.len()];
            let last = LAST[usize::from(pick[1]) % LAST.len()];
            let email = format!("member-{number}@example.com");
            let has_second_factor = number % 3 == 0;
            let has_passkey = number % 9 == 0;
            let has_app = has_second_factor && number % 18 != 9;
            let last_login_at = (pick[2] % 4 != 0).then(|| now.plus_s(i64::from(pick[3]) * -3600));
            maker.user(&NewUser {
                id: derive.uuid("member", &label),
                root_user_id: derive.uuid("person", &label),
                person: Some(NewPerson {
                    password: None,
                    otp_secret: has_app.then(|| derive.bytes("otp", &label)[..20].to_vec()),
                    passkeys: has_passkey
                        .then(|| Passkey {
                            id: derive.uuid("passkey", &label),
                            name: "Security key".to_owned(),
                            created_at: now,
                            last_login_at,
                        })
                        .into_iter()
                        .collect(),
                }),
                organization_id: organization_id.to_owned(),
                username: if number % 3 == 1 {
                    format!("{first}.{last}-{number}").to_lowercase()
                } else {
                    email.clone()
                },
                email,
                first_name: first.to_owned(),
                last_name: last.to_owned(),
                kind: "member".to_owned(),
                admin: false,
                locked: false,
                last_login_at,
            })?;
        }
        Ok(())
    })
}

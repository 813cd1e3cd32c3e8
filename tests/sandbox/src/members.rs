//! Generated members of the first organization, the same ones in every sandbox. What a member has
//! follows from its number, by rules that docs/sandbox.md states ("Generated members").

use crate::{
    clock::Instant,
    seed::{Derive, uuid_of},
    store::{Maker, Members, NewPerson, NewUser, Passkey, Result, Store},
};

/// A day, in seconds.
const DAY_S: i64 = 86_400;

/// The grace period of those who have one of their own, in seconds.
const GRACE_S: i64 = 14 * DAY_S;

/// Adds members to the first organization. They cannot sign in: none has a password, and their keys
/// have no secret.
pub(crate) fn add(
    store: &Store,
    organization_id: &str,
    wanted: Members,
    now: Instant,
) -> Result<()> {
    store.generate(organization_id, wanted, now, |maker, number| {
        let member = Member::new(number, now);
        maker.user(&member.user(organization_id))?;
        member.keys(maker, organization_id)
    })
}

/// A member that is to be made.
struct Member {
    number: u64,
    /// The number in decimal, of which everything random is derived.
    label: String,
    /// Of which whatever is random about the user is taken.
    random: [u8; 32],
    id: String,
    now: Instant,
}

/// Where everything random comes from. The bytes are a constant here, which makes the members
/// reproducible.
const DERIVE: Derive<'_> = Derive(b"members");

impl Member {
    fn new(number: u64, now: Instant) -> Self {
        let label = number.to_string();
        let random = DERIVE.bytes("member", &label);
        Self {
            number,
            id: uuid_of(&random[..16]),
            random,
            label,
            now,
        }
    }

    /// So many days before now.
    fn days_ago(&self, days: i64) -> Instant {
        self.now.plus_s(-days * DAY_S)
    }

    fn has_second_factor(&self) -> bool {
        self.number.is_multiple_of(3)
    }

    fn last_login_at(&self) -> Option<Instant> {
        let days = i64::try_from(self.number % 90).unwrap_or_default() + 1;
        (!self.number.is_multiple_of(4)).then(|| self.days_ago(days))
    }

    fn person(&self) -> NewPerson {
        let has_passkey = self.number.is_multiple_of(9);
        let has_app = self.has_second_factor() && self.number % 18 != 9;
        let passkey = has_passkey.then(|| Passkey {
            id: DERIVE.uuid("passkey", &self.label),
            name: "Security key".to_owned(),
            created_at: self.days_ago(100),
            last_login_at: self.last_login_at(),
        });
        NewPerson {
            password: None,
            otp_secret: has_app.then(|| DERIVE.bytes("otp", &self.label)[..20].to_vec()),
            without_since: self.grace_began_at(),
            passkeys: passkey.into_iter().collect(),
        }
    }

    /// When its own grace period began: a while ago, or so long ago that it is over.
    fn grace_began_at(&self) -> Option<Instant> {
        match (self.has_second_factor(), self.number % 10) {
            (false, 0) => Some(self.days_ago(30)),
            (false, 5) => Some(self.days_ago(4)),
            _ => None,
        }
    }

    fn user(&self, organization_id: &str) -> NewUser {
        const FIRST: [&str; 8] = ["Noor", "Ines", "Max", "Liv", "Otto", "Yuki", "Zoë", "Paul"];
        const LAST: [&str; 7] = ["Martin", "Okafor", "Silva", "Novak", "Berg", "Rossi", "Kim"];
        let number = self.number;
        let first = FIRST[usize::from(self.random[0]) % FIRST.len()];
        let last = LAST[usize::from(self.random[1]) % LAST.len()];
        let email = format!("member-{number}@example.com");
        NewUser {
            id: self.id.clone(),
            root_user_id: uuid_of(&self.random[16..]),
            person: Some(self.person()),
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
            locked: number.is_multiple_of(25),
            last_login_at: self.last_login_at(),
            grace_s: self.grace_began_at().map(|_| GRACE_S),
        }
    }

    /// Makes the member's keys, and for some numbers the key of an application.
    fn keys(&self, maker: &Maker<'_>, organization_id: &str) -> Result<()> {
        let (ends, ended) = (Some(self.days_ago(-90)), Some(self.days_ago(10)));
        let ends: &[Option<Instant>] = match self.number % 10 {
            1 => &[ends],
            2 => &[None],
            3 => &[None, None],
            4 => &[ended],
            5 => &[ends, None],
            _ => &[],
        };
        for (key, expires_at) in ends.iter().enumerate() {
            let access = format!("SCWMEMBER{:09}K{key}", self.number);
            let bearer = (Some(self.id.as_str()), None);
            maker.lost_key(&access, bearer, organization_id, *expires_at)?;
        }
        if self.number.is_multiple_of(20) {
            let application = DERIVE.uuid("application", &self.label);
            let access = format!("SCWAPP{:014}", self.number);
            let bearer = (None, Some(application.as_str()));
            maker.lost_key(&access, bearer, organization_id, None)?;
        }
        Ok(())
    }
}

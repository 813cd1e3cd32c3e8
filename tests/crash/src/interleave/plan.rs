//! What happens in one round: a seed decides all of it.

use serde_json::{Value, json};

use crate::{
    process::Program,
    random::Random,
    scenarios,
    world::{OWNER, World},
};

/// How many processes there are.
const PROCESSES: usize = 4;

/// How many commands each of them runs at most.
const COMMANDS: usize = 2;

/// A command of the round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// `scw 2fa on`.
    On,
    /// `scw 2fa on` with an authenticator that shows a wrong code.
    OnWithAWrongCode,
    /// `scw 2fa off --yes`.
    Off,
    /// `scw 2fa off --all --yes`.
    OffAll,
    /// `scw 2fa keys remove Laptop --yes`.
    KeysRemove,
    /// `scw 2fa on --renew --yes`.
    Renew,
    /// `scw login`.
    Login,
    /// `scw logout`.
    Logout,
    /// `scw 2fa codes next`.
    Next,
    /// `scw login --renew`.
    LoginRenew,
    /// `scw logout --all`.
    LogoutAll,
    /// `scw profile rename default work`.
    Rename,
    /// `scw exec --ttl 1h -- true`.
    Exec,
}

/// What the commands of a round are drawn from: all of them in one round, in another those that
/// are about the same thing, so that they meet.
const MIXTURES: [&[Command]; 7] = [
    &[
        Command::On,
        Command::Off,
        Command::Renew,
        Command::Login,
        Command::Logout,
        Command::Next,
    ],
    &[Command::On, Command::OnWithAWrongCode, Command::Next],
    &[Command::On, Command::Off, Command::Renew, Command::Next],
    &[
        Command::On,
        Command::Off,
        Command::OffAll,
        Command::KeysRemove,
        Command::Renew,
        Command::Next,
    ],
    &[Command::Login, Command::Login, Command::Logout, Command::On],
    &[
        Command::Login,
        Command::LoginRenew,
        Command::LoginRenew,
        Command::Exec,
        Command::Exec,
        Command::Logout,
    ],
    &[
        Command::Login,
        Command::LoginRenew,
        Command::LogoutAll,
        Command::Rename,
        Command::Rename,
        Command::Exec,
        Command::On,
    ],
];

/// What is there when a round begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Before {
    /// Nobody is logged in.
    Nobody,
    /// Somebody is logged in; the second factor is off.
    Off,
    /// Somebody is logged in; the second factor is on.
    On,
    /// Somebody is logged in, and has [`PASSKEYS`] without the app.
    Passkeys,
    /// Somebody is logged in, and has the app beside [`PASSKEYS`].
    OnBeside,
}

impl Before {
    /// Whether the app is on.
    #[must_use]
    pub fn app_is_on(self) -> bool {
        matches!(self, Self::On | Self::OnBeside)
    }

    /// The names of the passkeys.
    #[must_use]
    pub fn passkeys(self) -> &'static [&'static str] {
        match self {
            Self::Passkeys | Self::OnBeside => &PASSKEYS,
            Self::Nobody | Self::Off | Self::On => &[],
        }
    }
}

/// The passkeys of an account that has some. [`Command::KeysRemove`] names the first one.
pub(super) const PASSKEYS: [&str; 2] = ["Laptop", "Safe"];

/// One round.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What is there.
    pub before: Before,
    /// Whether `mfa` counts passkeys, and codes outlive the app beside them.
    pub counted: bool,
    /// The commands of each process, with the seed of its pauses.
    pub processes: Vec<(Vec<Command>, Random)>,
    /// The sandbox's faults.
    pub faults: Vec<Value>,
}

impl Plan {
    /// The round that belongs to a seed.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let before = random
            .one_of(&[
                Before::Nobody,
                Before::Off,
                Before::Off,
                Before::On,
                Before::On,
                Before::Passkeys,
                Before::OnBeside,
                Before::OnBeside,
            ])
            .unwrap_or(Before::Off);
        let counted = random.below(2) == 0;
        let mixture = random.one_of(&MIXTURES).unwrap_or_default();
        let processes = (0..PROCESSES)
            .map(|_| {
                let count = 1 + random.below(COMMANDS);
                let commands = (0..count).filter_map(|_| random.one_of(mixture)).collect();
                let pauses = Random::new(random.number());
                (commands, pauses)
            })
            .collect();
        let faults = (0..random.below(3)).map(|_| fault(&mut random)).collect();
        Self {
            before,
            counted,
            processes,
            faults,
        }
    }

    /// Whether any process runs one of these commands.
    #[must_use]
    pub fn any(&self, wanted: &[Command]) -> bool {
        self.processes
            .iter()
            .flat_map(|(commands, _)| commands)
            .any(|command| wanted.contains(command))
    }
}

fn fault(random: &mut Random) -> Value {
    let (method, path) = random
        .one_of(&[
            ("POST", "validate-mfa-otp$"),
            ("POST", "validate-mfa-otp$"),
            ("POST", "/mfa-otp$"),
            ("DELETE", "/mfa-otp$"),
            ("POST", "/api-keys$"),
            ("DELETE", "/api-keys/"),
            ("POST", "/account/v2/login$"),
            ("GET", "/users/"),
            ("DELETE", "/webauthn-authenticator/"),
        ])
        .unwrap_or_default();
    let action = random.below(5);
    let mut fault = match action {
        0 | 1 => json!({"action": "drop_after"}),
        2 => json!({"action": "drop_before"}),
        3 => json!({"action": "status", "status": 503, "body": ""}),
        _ => json!({"action": "status", "status": 429, "body": ""}),
    };
    fault["method"] = json!(method);
    fault["path_regex"] = json!(path);
    fault["times"] = json!(1);
    fault
}

impl Command {
    /// The command line. `turn` counts the commands of the round: a one-time password works once.
    #[must_use]
    pub fn program(self, world: &World<'_>, turn: usize) -> Program {
        match self {
            Self::On => scenarios::on(world, &[]),
            Self::OnWithAWrongCode => {
                world.program(&["2fa", "on", "--otp-command", "echo 000000", "-o", "json"])
            }
            Self::Off => world.program(&["2fa", "off", "--yes", "-o", "json"]),
            Self::OffAll => world.program(&["2fa", "off", "--all", "--yes", "-o", "json"]),
            Self::KeysRemove => world.program(&["2fa", "keys", "remove", PASSKEYS[0], "--yes"]),
            Self::Renew => scenarios::renew(world),
            Self::Logout => world.program(&["logout", "-o", "json"]),
            Self::Next => world.program(&["2fa", "codes", "next"]),
            Self::LoginRenew => world.program(&["login", "--renew", "-o", "json"]),
            Self::LogoutAll => world.program(&["logout", "--all", "-o", "json"]),
            Self::Rename => world.program(&["profile", "rename", "default", "work"]),
            Self::Exec => world.program(&["exec", "--ttl", "1h", "--", "true"]),
            Self::Login => {
                let program = world.password_login(&OWNER);
                let step = i64::try_from(turn % 3).unwrap_or_default() - 1;
                match world.code_now(step) {
                    Some(code) => program.with("SCW_OTP", code),
                    None => program,
                }
            }
        }
    }
}

//! The commands on an account with passkeys, under each reading that matters to them.

use super::{
    Leaves, OWNER, PLAIN, Scenario, log_in, log_in_and_switch_on, on, renew, switched_off,
    switched_on,
};
use crate::passkeys::{Passkeys, Reading};

/// `mfa` counts passkeys, and codes stay with them: what the sandbox does of itself.
const COUNTED: Reading = Reading {
    mfa_counts: true,
    codes_stay: true,
};

/// The other way round.
const APART: Reading = Reading {
    mfa_counts: false,
    codes_stay: false,
};

/// The hardest of all: nothing tells that the app is gone, and its codes are dead.
const HIDDEN: Reading = Reading {
    mfa_counts: true,
    codes_stay: false,
};

/// As [`APART`], but codes stay.
const KEPT: Reading = Reading {
    mfa_counts: false,
    codes_stay: true,
};

const fn beside(name: &'static str, reading: Reading, base: &Scenario) -> Scenario {
    let Some(passkeys) = base.passkeys else {
        return *base;
    };
    Scenario {
        name,
        before: Some(OWNER),
        after: Some(OWNER),
        passkeys: Some(Passkeys {
            reading,
            ..passkeys
        }),
        ..*base
    }
}

const fn with(names: &'static [&'static str], removed: &'static [&'static str]) -> Scenario {
    Scenario {
        passkeys: Some(Passkeys {
            names,
            removed,
            app_is_gone: false,
            reading: COUNTED,
        }),
        ..PLAIN
    }
}

const ON: Scenario = Scenario {
    prepare: log_in,
    command: |world| on(world, &[]),
    undone: switched_on,
    again: true,
    ..with(&["Laptop"], &[])
};

/// Beside codes of an app that the console removed: they are dead once the new one is on.
const ON_ANEW: Scenario = Scenario {
    leaves: Leaves::CodesOfAPasskey,
    prepare: log_in_and_switch_on,
    passkeys: Some(Passkeys {
        names: &["Laptop"],
        removed: &[],
        app_is_gone: true,
        reading: COUNTED,
    }),
    ..ON
};

const RENEW: Scenario = Scenario {
    prepare: log_in_and_switch_on,
    command: renew,
    undone: switched_on,
    again: true,
    ..with(&["Laptop"], &[])
};

const OFF: Scenario = Scenario {
    prepare: log_in_and_switch_on,
    command: |world| world.program(&["2fa", "off", "--yes"]),
    undone: switched_off,
    again: true,
    ..with(&["Laptop"], &[])
};

const OFF_ALL: Scenario = Scenario {
    prepare: log_in_and_switch_on,
    command: |world| world.program(&["2fa", "off", "--all", "--yes"]),
    undone: |world, ran| {
        let left = world.passkeys()?.len();
        if left > 0 {
            return Ok(Some(format!("{left} passkeys are left")));
        }
        switched_off(world, ran)
    },
    again: true,
    ..with(&["Laptop", "Phone"], &["Laptop", "Phone"])
};

/// The last factor of an account with codes of an app that the console removed. They may work as
/// long as the passkey is there.
const REMOVE_LAST: Scenario = Scenario {
    leaves: Leaves::CodesOfAPasskey,
    passkeys: Some(Passkeys {
        names: &["Laptop"],
        removed: &["Laptop"],
        app_is_gone: true,
        reading: COUNTED,
    }),
    ..REMOVE
};

/// As [`REMOVE_LAST`], with two passkeys and by the other command.
const ALL_OF_THEM: Scenario = Scenario {
    leaves: Leaves::CodesOfAPasskey,
    passkeys: Some(Passkeys {
        names: &["Laptop", "Phone"],
        removed: &["Laptop", "Phone"],
        app_is_gone: true,
        reading: COUNTED,
    }),
    ..OFF_ALL
};

const REMOVE: Scenario = Scenario {
    prepare: log_in_and_switch_on,
    command: |world| world.program(&["2fa", "keys", "remove", "Laptop", "--yes"]),
    undone: |world, _| {
        let there = world.passkeys()?.values().any(|name| name == "Laptop");
        Ok(there.then(|| "the passkey is still there".to_owned()))
    },
    ..with(&["Laptop"], &["Laptop"])
};

const RENAME: Scenario = Scenario {
    prepare: log_in_and_switch_on,
    command: |world| world.program(&["2fa", "keys", "rename", "Laptop", "Desk"]),
    undone: |world, _| {
        let renamed = world.passkeys()?.values().any(|name| name == "Desk");
        Ok((!renamed).then(|| "the passkey has its old name".to_owned()))
    },
    ..with(&["Laptop"], &[])
};

/// All of them.
pub(super) const ALL: &[Scenario] = &[
    beside("passkey-on", COUNTED, &ON),
    beside("passkey-on-apart", APART, &ON),
    beside("passkey-on-anew", COUNTED, &ON_ANEW),
    beside("passkey-on-anew-apart", KEPT, &ON_ANEW),
    beside("passkey-renew", COUNTED, &RENEW),
    beside("passkey-renew-apart", APART, &RENEW),
    beside("passkey-renew-hidden", HIDDEN, &RENEW),
    beside("passkey-off", COUNTED, &OFF),
    beside("passkey-off-apart", APART, &OFF),
    beside("passkey-off-hidden", HIDDEN, &OFF),
    beside("passkey-off-all", COUNTED, &OFF_ALL),
    beside("passkey-off-all-apart", APART, &OFF_ALL),
    beside("passkey-off-all-hidden", HIDDEN, &OFF_ALL),
    beside("passkeys-off-all", COUNTED, &ALL_OF_THEM),
    beside("passkeys-off-all-apart", KEPT, &ALL_OF_THEM),
    beside("keys-remove-last", COUNTED, &REMOVE_LAST),
    beside("keys-remove-last-apart", KEPT, &REMOVE_LAST),
    beside("keys-remove", COUNTED, &REMOVE),
    beside("keys-remove-apart", APART, &REMOVE),
    beside("keys-rename", COUNTED, &RENAME),
    beside("keys-rename-apart", APART, &RENAME),
];

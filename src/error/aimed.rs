//! Hints whose commands act where the failed one acted.

use super::CliError;
use crate::model::ProfileName;

/// The commands of hints that act on a profile.
const FOR_PROFILE: [&str; 6] = [
    "login",
    "logout",
    "whoami",
    "2fa on",
    "2fa off",
    "2fa status",
];

/// The login that hints offer where no keyring can be used.
const INSTEAD: &str = "scw login --storage encrypted";

impl CliError {
    /// Aims the commands of the hints at the profile that `--profile` named.
    #[must_use]
    pub(crate) fn for_profile(mut self, profile: &ProfileName) -> Self {
        for hint in &mut self.hints {
            *hint = for_profile(hint, profile);
        }
        self
    }

    /// Gives the login that a hint offers instead the same way of logging in, as in
    /// `--from-config --all`.
    #[must_use]
    pub(crate) fn for_login(mut self, way: &str) -> Self {
        if !way.is_empty() {
            for hint in &mut self.hints {
                *hint = hint.replace(INSTEAD, &format!("{INSTEAD} {way}"));
            }
        }
        self
    }
}

/// Adds the profile to the commands of a hint that name none.
#[must_use]
pub(crate) fn for_profile(hint: &str, profile: &ProfileName) -> String {
    // What stands between two backticks is a command at every second place.
    let pieces = hint.split('`').enumerate().map(|(at, piece)| {
        if at % 2 == 1 {
            aimed(piece, profile).unwrap_or_else(|| piece.to_owned())
        } else {
            piece.to_owned()
        }
    });
    pieces.collect::<Vec<_>>().join("`")
}

fn aimed(command: &str, profile: &ProfileName) -> Option<String> {
    let words = command.strip_prefix("scw ")?;
    if ["-p", "--profile", "--all"].iter().any(|named| words.split(' ').any(|word| word == *named))
        // All factors, not all profiles.
        && words != "2fa off --all"
    {
        return None;
    }
    FOR_PROFILE
        .iter()
        .filter_map(|name| words.strip_prefix(name))
        .any(|rest| rest.is_empty() || rest.starts_with(' '))
        .then(|| format!("{command} -p {profile}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Kind, LOGIN_HINT};

    // Issue 10, 6
    #[test]
    fn a_hint_names_the_profile_of_the_failed_command() {
        let work: ProfileName = "work".parse().unwrap();
        for (hint, aimed) in [
            (
                LOGIN_HINT,
                "log in with `scw login -p work` (in a script: `scw login --with-token -p work`)",
            ),
            (
                "run `scw 2fa on --renew`",
                "run `scw 2fa on --renew -p work`",
            ),
            ("run `scw 2fa off --all`", "run `scw 2fa off --all -p work`"),
            ("run `scw login -p NAME`", "run `scw login -p NAME`"),
            ("run `scw logout --all`", "run `scw logout --all`"),
            ("run `scw doctor` again", "run `scw doctor` again"),
            ("set `SCW_OFFICIAL`", "set `SCW_OFFICIAL`"),
        ] {
            assert_eq!(for_profile(hint, &work), aimed);
        }
    }

    // Issue 10, 7
    #[test]
    fn the_way_out_of_a_missing_keyring_keeps_the_way_of_logging_in() {
        let offered = || {
            CliError::new(Kind::Keyring, "no keyring").hint("run `scw login --storage encrypted`")
        };
        let kept = offered().for_login("--from-config --all --scrub");
        assert_eq!(
            kept.hints(),
            ["run `scw login --storage encrypted --from-config --all --scrub`"]
        );
        assert_eq!(offered().for_login("").hints(), offered().hints());
    }
}

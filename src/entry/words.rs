//! Which word of the command line comes first, before clap looks at it: where it is no command of
//! this program, the official client gets the arguments as they were typed.

use std::ffi::{OsStr, OsString};

use clap::{Arg, Command};

use crate::cli::topics;

/// The global options that the official client has too (scaleway-cli, `core/bootstrap.go`), by the
/// names of ours.
const OF_BOTH: [&str; 5] = ["profile", "config", "output", "debug", "help"];

/// A command line whose command is not one of this program.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Foreign {
    /// The command.
    pub word: OsString,
    /// The profile that it names. The last one counts, as for the official client.
    pub profile: Option<OsString>,
    /// The `config.yaml` that it names.
    pub config: Option<OsString>,
    /// The first option before the command that neither program knows.
    pub unknown: Option<OsString>,
    /// The options of this program alone, each with its value behind a `=`.
    pub ours: Vec<OsString>,
    /// The arguments for the official client.
    pub args: Vec<OsString>,
    /// The same without the profile that is named before the command.
    pub args_without_profile: Vec<OsString>,
}

/// Reads the arguments behind the program's name. Nothing where the command is one of this program,
/// or there is none.
pub(super) fn foreign(root: &Command, args: &[OsString]) -> Option<Foreign> {
    let mut scan = Scan {
        root,
        found: Foreign::default(),
    };
    let mut at = 0;
    while let Some(arg) = args.get(at) {
        let bytes = arg.as_encoded_bytes();
        if bytes == b"--" || bytes == b"-" {
            return None;
        }
        if !bytes.starts_with(b"-") {
            if is_ours(root, arg, &args[at + 1..]) {
                return None;
            }
            arg.clone_into(&mut scan.found.word);
            return Some(scan.with_rest(&args[at..]));
        }
        at += scan.option(arg, args.get(at + 1))?;
    }
    None
}

/// Whether a command is one of this program. `help` is, unless it is asked about another one's.
fn is_ours(root: &Command, word: &OsStr, behind: &[OsString]) -> bool {
    let Some(command) = root.find_subcommand(word) else {
        return false;
    };
    if command.get_name() != "help" {
        return true;
    }
    let mut scan = Scan {
        root,
        found: Foreign::default(),
    };
    let mut at = 0;
    while let Some(about) = behind.get(at) {
        if !about.as_encoded_bytes().starts_with(b"-") {
            let is_topic = topics::TOPICS.iter().any(|(topic, _)| about == topic);
            return is_topic || root.find_subcommand(about).is_some();
        }
        match scan.option(about, behind.get(at + 1)) {
            Some(taken) => at += taken,
            None => break,
        }
    }
    true
}

struct Scan<'a> {
    root: &'a Command,
    found: Foreign,
}

impl Scan<'_> {
    /// Takes an option with its value, and gives how many arguments they are. Nothing where it asks
    /// for this program's version.
    ///
    /// What neither program knows goes along: the official one says what is wrong with it.
    fn option(&mut self, arg: &OsStr, next: Option<&OsString>) -> Option<usize> {
        let bytes = arg.as_encoded_bytes();
        if let Some(long) = bytes.strip_prefix(b"--") {
            let (name, value) = match long.iter().position(|byte| *byte == b'=') {
                Some(at) => (&long[..at], Some(part(arg, at + 3))),
                None => (long, None),
            };
            let mut options = self.root.get_arguments();
            let known = options.find(|known| known.get_long().map(str::as_bytes) == Some(name));
            let Some(known) = known else {
                self.found.unknown.get_or_insert_with(|| arg.to_owned());
                self.both(arg, true);
                return Some(1);
            };
            return self.known(known, arg, value, next);
        }
        self.group(arg, next)
    }

    /// A long option.
    fn known(
        &mut self,
        known: &Arg,
        arg: &OsStr,
        value: Option<OsString>,
        next: Option<&OsString>,
    ) -> Option<usize> {
        if known.get_id() == "version" {
            return None;
        }
        let from_next = known.get_action().takes_values() && value.is_none();
        let value = if from_next { next.cloned() } else { value };
        let is_of_both = OF_BOTH.contains(&known.get_id().as_str());
        let stays = known.get_id() != "profile";
        if is_of_both {
            self.both(arg, stays);
            if from_next && let Some(next) = next {
                self.both(next, stays);
            }
        }
        self.acts_here(known, value);
        Some(1 + usize::from(from_next && next.is_some()))
    }

    /// Short options behind one dash, of which the last may take a value.
    fn group(&mut self, arg: &OsStr, next: Option<&OsString>) -> Option<usize> {
        let bytes = arg.as_encoded_bytes();
        let mut flags = String::from("-");
        let mut taken = 1;
        let mut whole = None;
        let mut at = 1;
        while let Some(byte) = bytes.get(at) {
            let mut options = self.root.get_arguments();
            let known = options.find(|known| known.get_short() == Some(char::from(*byte)));
            let Some(known) = known else {
                // The rest is no option of this program's, and no other letter ends where a
                // character does not.
                whole = Some((part(arg, at), true, None));
                break;
            };
            at += 1;
            if known.get_id() == "version" {
                return None;
            }
            let is_of_both = OF_BOTH.contains(&known.get_id().as_str());
            if !known.get_action().takes_values() {
                if is_of_both {
                    flags.push(char::from(*byte));
                }
                self.acts_here(known, None);
                continue;
            }
            let attached = part(arg, at);
            let value = match (attached.is_empty(), next) {
                (true, Some(next)) => {
                    taken = 2;
                    Some(next.clone())
                }
                (true, None) => None,
                (false, _) => {
                    let equals = usize::from(bytes.get(at) == Some(&b'='));
                    Some(part(arg, at + equals))
                }
            };
            if is_of_both {
                let stays = known.get_id() != "profile";
                let behind = next.filter(|_| taken == 2).cloned();
                whole = Some((part(arg, at - 1), stays, behind));
            }
            self.acts_here(known, value);
            break;
        }
        self.regroup(&flags, whole);
        Some(taken)
    }

    /// Puts a group together again, without what is this program's alone.
    fn regroup(&mut self, flags: &str, last: Option<(OsString, bool, Option<OsString>)>) {
        let mut full = OsString::from(flags);
        let mut without = full.clone();
        let mut behind = None;
        if let Some((text, stays, value)) = last {
            full.push(&text);
            if stays {
                without.push(&text);
            }
            behind = value.map(|value| (value, stays));
        }
        self.found.args.extend(Some(full).filter(|arg| arg != "-"));
        let without = Some(without).filter(|arg| arg != "-");
        self.found.args_without_profile.extend(without);
        if let Some((value, stays)) = behind {
            self.both(&value, stays);
        }
    }

    /// An argument for the official client.
    fn both(&mut self, arg: &OsStr, stays: bool) {
        self.found.args.push(arg.to_owned());
        if stays {
            self.found.args_without_profile.push(arg.to_owned());
        }
    }

    /// What an option means for this program.
    fn acts_here(&mut self, known: &Arg, value: Option<OsString>) {
        match known.get_id().as_str() {
            "profile" => self.found.profile = value,
            "config" => self.found.config = value,
            "output" | "debug" | "help" | "verbose" => {}
            _ => {
                let mut option = OsString::from("--");
                option.push(known.get_long().unwrap_or_default());
                if let Some(value) = value {
                    option.push("=");
                    option.push(value);
                }
                self.found.ours.push(option);
            }
        }
    }

    /// The command and everything behind it, byte for byte. The official client finds its profile and
    /// its file there too.
    fn with_rest(mut self, rest: &[OsString]) -> Foreign {
        let before = std::mem::take(&mut self.found);
        let mut at = 1;
        while let Some(arg) = rest.get(at).filter(|arg| *arg != "--") {
            let is_option = arg.as_encoded_bytes().starts_with(b"-") && *arg != "-";
            let taken = if is_option {
                self.option(arg, rest.get(at + 1))
            } else {
                None
            };
            at += taken.unwrap_or(1);
        }
        let behind = self.found;
        let mut found = before;
        found.profile = behind.profile.or(found.profile);
        found.config = behind.config.or(found.config);
        found.args.extend_from_slice(rest);
        found.args_without_profile.extend_from_slice(rest);
        found
    }
}

/// What stands in an argument from a byte on. Everything before it is ASCII.
fn part(arg: &OsStr, from: usize) -> OsString {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;

        OsStr::from_bytes(&arg.as_bytes()[from..]).to_owned()
    }
    #[cfg(not(unix))]
    {
        arg.to_string_lossy()[from..].into()
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    fn scan(line: &str) -> Option<Foreign> {
        let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        foreign(&Cli::command(), &args)
    }

    fn texts(args: &[OsString]) -> String {
        let args: Vec<_> = args.iter().map(|arg| arg.to_str().unwrap()).collect();
        args.join(" ")
    }

    // Issue 10, 2
    #[test]
    fn our_commands_are_ours_whatever_stands_before_them() {
        for line in [
            "login",
            "-p instance login",
            "-pinstance whoami",
            "--profile=instance 2fa on",
            "-qDp instance token",
            "-o yaml login",
            "--api-url http://127.0.0.1 whoami",
            "--color never help",
            "help",
            "help json",
            "help 2fa on",
            "help -o json",
            "--version instance",
            "-qV instance",
            "--help",
            "-- instance",
            "-",
            "-p instance",
        ] {
            assert_eq!(scan(line), None, "{line}");
        }
    }

    // Issue 10, 2
    #[test]
    fn options_of_both_go_along_and_ours_do_not() {
        for (line, args, without, ours) in [
            ("i -q login", "i -q login", "i -q login", ""),
            ("-p x instance", "-p x instance", "instance", ""),
            (
                "-px instance -p y",
                "-px instance -p y",
                "instance -p y",
                "",
            ),
            ("-qDpx instance", "-Dpx instance", "-D instance", "--quiet"),
            (
                "-Dqp x instance",
                "-Dp x instance",
                "-D instance",
                "--quiet",
            ),
            ("--profile=x i", "--profile=x i", "i", ""),
            ("--profile x i", "--profile x i", "i", ""),
            ("-o yaml i", "-o yaml i", "-o yaml i", ""),
            (
                "-otemplate={{.ID}} i",
                "-otemplate={{.ID}} i",
                "-otemplate={{.ID}} i",
                "",
            ),
            ("-q -c=f i", "-c=f i", "-c=f i", "--quiet"),
            (
                "--color never --api account i",
                "i",
                "i",
                "--color=never --api=account",
            ),
            (
                "--no-input --api-url=u i",
                "i",
                "i",
                "--no-input --api-url=u",
            ),
            (
                "--new -x i login",
                "--new -x i login",
                "--new -x i login",
                "",
            ),
            ("help instance", "help instance", "help instance", ""),
            ("-h instance", "-h instance", "-h instance", ""),
            (
                "help -o json instance",
                "help -o json instance",
                "help -o json instance",
                "",
            ),
        ] {
            let found = scan(line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(texts(&found.args), args, "{line}");
            assert_eq!(texts(&found.args_without_profile), without, "{line}");
            assert_eq!(texts(&found.ours), ours, "{line}");
        }
    }

    // Issue 10, 2
    #[test]
    fn the_profile_and_the_file_are_found_on_both_sides_of_the_command() {
        for (line, profile, config) in [
            ("i list", None, None),
            ("-p x -c f i", Some("x"), Some("f")),
            ("-p x i --profile y -cf", Some("y"), Some("f")),
            ("i -Dp=y", Some("y"), None),
            ("i -o -p x", None, None),
            ("i -- -p y", None, None),
        ] {
            let found = scan(line).unwrap();
            assert_eq!(found.profile.as_deref(), profile.map(OsStr::new), "{line}");
            assert_eq!(found.config.as_deref(), config.map(OsStr::new), "{line}");
        }
    }
}

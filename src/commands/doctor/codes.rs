//! The backup codes of an account whose second factor is on.

use crate::{
    commands::codes_key::is_void,
    context::Context,
    error::{CliError, Result},
    model::{Finding, UserId},
    store::StoreError,
};

const NAME: &str = "backup-codes";

/// At how many unused codes it is time for new ones.
const FEW: usize = 3;

/// How to get new codes.
const RENEW: &str = "to make new backup codes, run `scw 2fa on --renew`";

/// Counts the codes that are saved on this machine.
///
/// # Errors
/// When the record cannot be read.
pub(super) fn check(ctx: &Context, user: &UserId) -> Result<Option<Finding>> {
    let record = ctx.local()?.record()?;
    let own_place = record
        .user(user)
        .and_then(|known| known.codes_file.as_ref());
    let file = ctx.codes_file(user)?;
    let path = file.path().display();
    Ok(Some(match file.load(None) {
        Ok(Some(codes)) => judge(codes.unused()),
        Ok(None) if own_place.is_some() => Finding::problem(
            NAME,
            format!("the backup codes are missing: {path} is not there"),
            format!("put the file back; else {RENEW}"),
        ),
        Ok(None) => Finding::warning(NAME, "no backup codes are saved here", RENEW),
        Err(StoreError::Encrypted { .. }) => {
            if is_void(ctx, &file)? {
                Finding::warning(NAME, format!("the codes in {path} are void"), RENEW)
            } else {
                Finding::ok(NAME, format!("they are encrypted in {path}"))
            }
        }
        Err(err) => super::failure(NAME, &CliError::from(err)),
    }))
}

fn judge(unused: usize) -> Finding {
    match unused {
        0 => Finding::warning(NAME, "no backup code is left", RENEW),
        1 => Finding::warning(NAME, "only one backup code is left", RENEW),
        few @ 2..=FEW => Finding::warning(NAME, format!("only {few} backup codes are left"), RENEW),
        many => Finding::ok(NAME, format!("{many} are unused")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Health;

    // Issue 10, 6
    #[test]
    fn three_codes_are_few_and_four_are_not() {
        for (unused, state) in [(0, Health::Warning), (3, Health::Warning), (4, Health::Ok)] {
            assert_eq!(judge(unused).state, state, "{unused}");
        }
    }
}

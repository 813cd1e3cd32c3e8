//! The email address that somebody signs in with.

use super::Invalid;

/// Checks that a text can be an email address, and drops the white space around it: something on
/// both sides of one `@`, and no white space or control character within. The service decides
/// whether it is somebody's.
///
/// # Errors
/// [`Invalid`] when it cannot be one.
pub fn parse_email(text: &str) -> Result<String, Invalid> {
    let text = text.trim();
    let parts = text.rsplit_once('@');
    let well_formed = parts.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty())
        && !text.chars().any(|c| c.is_whitespace() || c.is_control());
    if well_formed {
        Ok(text.to_owned())
    } else {
        Err(Invalid::new("an email address looks like jane@example.com"))
    }
}

#[cfg(test)]
mod tests {
    use super::parse_email;

    #[test]
    fn an_address_has_something_on_both_sides_of_the_at_sign() {
        assert_eq!(parse_email(" a@example.com\n").unwrap(), "a@example.com");
        for bad in [
            "",
            " ",
            "a",
            "@example.com",
            "a@",
            "a b@example.com",
            "a@b\u{7}",
        ] {
            assert!(parse_email(bad).is_err(), "{bad:?}");
        }
    }
}

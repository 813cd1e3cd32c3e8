//! What each command prints with `-o json`. The test `tests/cli/help.rs` compares it with what the
//! commands print.

/// One document.
#[derive(Debug)]
pub(super) struct Document {
    /// The command, without `scw`.
    pub command: &'static str,
    /// The fields of the document.
    pub fields: &'static [&'static str],
}

const fn document(command: &'static str, fields: &'static [&'static str]) -> Document {
    Document { command, fields }
}

/// The document of every command that prints one.
pub(super) const DOCUMENTS: &[Document] = &[
    document(
        "login",
        &[
            "email",
            "user_id",
            "organization_id",
            "organization_name",
            "access_key",
            "profile",
            "storage",
            "secret_location",
            "expires_at",
        ],
    ),
    document("logout", &["logged_out", "was_logged_in", "changed"]),
    document("logout --all", &["changed", "profiles", "backup_codes"]),
    document(
        "whoami",
        &[
            "email",
            "user_id",
            "organization_id",
            "organization_name",
            "profile",
            "api",
            "api_url",
            "access_key",
            "storage",
            "secret_location",
            "expires_at",
            "two_factor",
        ],
    ),
    document("whoami --all", &["profiles"]),
    document("token", &["secret_key"]),
    document("token --access-key", &["access_key"]),
    document("profile list", &["profiles"]),
    document("profile use", &["changed", "profile"]),
    document("profile remove", &["changed", "profile"]),
    document("profile rename", &["changed", "old_profile", "profile"]),
    document(
        "2fa on",
        &[
            "two_factor",
            "changed",
            "user_id",
            "backup_codes",
            "backup_codes_file",
        ],
    ),
    document("2fa off", &["two_factor", "changed", "user_id", "factors"]),
    document(
        "2fa status",
        &[
            "two_factor",
            "user_id",
            "backup_codes_left",
            "required_by",
            "factors",
        ],
    ),
    document("2fa keys list", &["user_id", "passkeys"]),
    document("2fa keys add", &["changed", "user_id", "passkey"]),
    document("2fa keys rename", &["changed", "id", "name"]),
    document(
        "2fa keys remove",
        &["two_factor", "changed", "user_id", "factors"],
    ),
    document(
        "2fa events",
        &[
            "organization_id",
            "since",
            "events",
            "unread_regions",
            "truncated",
        ],
    ),
    document(
        "2fa audit",
        &[
            "user_id",
            "email",
            "username",
            "type",
            "created_at",
            "two_factor",
            "last_login_at",
            "locked",
            "keys_without_end",
        ],
    ),
    document(
        "2fa audit --factors --grace",
        &[
            "user_id",
            "email",
            "username",
            "type",
            "created_at",
            "two_factor",
            "last_login_at",
            "locked",
            "keys_without_end",
            "factors",
            "required_by",
        ],
    ),
    document(
        "2fa audit --remind",
        &["user_id", "email", "required_by", "subject", "text"],
    ),
    document(
        "2fa audit verify",
        &[
            "verified",
            "digest",
            "organization_id",
            "organization_name",
            "began_at",
            "ended_at",
            "version",
            "problems",
        ],
    ),
    document(
        "2fa audit diff",
        &["turned_on", "turned_off", "joined", "left", "unknown"],
    ),
    document("2fa recover", &["ways"]),
    document("2fa codes list", &["user_id", "path", "unused", "codes"]),
    document("2fa codes next", &["code", "left"]),
    document("2fa codes used", &["left"]),
    document("2fa codes path", &["path", "exists"]),
    document("2fa codes remove", &["removed"]),
    document("2fa codes encrypt", &["encrypted", "changed", "path"]),
    document("2fa codes decrypt", &["encrypted", "changed", "path"]),
    document("2fa codes export", &["exported"]),
    document("doctor", &["checks", "problems", "warnings"]),
];

/// The fields of a command's document, for a test that cannot run the command.
#[cfg(all(test, feature = "security-keys"))]
pub(crate) fn fields_of(command: &str) -> &'static [&'static str] {
    let found = DOCUMENTS
        .iter()
        .find(|document| document.command == command);
    found.map(|document| document.fields).unwrap_or_default()
}

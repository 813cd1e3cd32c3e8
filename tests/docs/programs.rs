//! The programs that the pages name: `scw` itself, and stand-ins for what a test has not.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
};

use super::person::APP_KEY;
use crate::support::binary;

/// A program that stands for another one.
fn stand_in(folder: &Path, name: &str, script: &str) {
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/bash\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
}

/// Puts what the pages name into a folder: `scw` itself, and stand-ins for what a test has not.
pub(crate) fn programs(folder: &Path) {
    symlink(binary(), folder.join("scw")).unwrap();
    let sandbox = Path::new(binary()).with_file_name("scw-sandbox");
    assert!(
        sandbox.exists(),
        "build it first: cargo build --workspace (tests/run does)"
    );
    stand_in(
        folder,
        "cargo",
        &format!(
            "[ \"$1 $2 $3 $4\" = 'run -p scw-sandbox --' ] || exit 99\nshift 4\nexec '{}' \"$@\"",
            sandbox.display()
        ),
    );
    // The real addresses are the sandbox's here, and an answer that refuses is a failure.
    stand_in(
        folder,
        "curl",
        "words=(\"${@//https:\\/\\/api.scaleway.com/$SCW_API_URL}\")\n\
         words=(\"${words[@]//https:\\/\\/account.scaleway.com/$SCW_ACCOUNT_URL}\")\n\
         exec \"$CURL\" -sSf \"${words[@]}\"",
    );
    stand_in(
        folder,
        "pass",
        &format!(
            "[ \"$1\" != insert ] || exec cat >\"$HOME/codes\"\nexec oathtool --totp -b {APP_KEY}"
        ),
    );
    for name in ["terraform", "aws"] {
        stand_in(folder, name, "[ -n \"$SCW_SECRET_KEY\" ] || exit 98");
    }
    // Opens the start page, keeps the cookie, and brings the session of somebody who signed in.
    stand_in(
        folder,
        "browser",
        "as=(-s -H 'Sec-Fetch-Mode: navigate' -H 'Sec-Fetch-Dest: document')\n\
         page=$(\"$CURL\" \"${as[@]}\" -c \"$HOME/jar\" -o /dev/null -w '%{redirect_url}' \"$1\")\n\
         callback=${page#*redirectToUrl=}\n\
         callback=$(printf '%b' \"${callback//%/\\\\x}\")\n\
         exec \"$CURL\" \"${as[@]}\" -b \"$HOME/jar\" \"$callback?token=$SESSION\"",
    );
}

//! The sandbox's OpenAPI document: other people's programs hold the sandbox against it, and call
//! all that it names.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
};

use scw_sandbox::{Options, Seed};
use serde_json::Value;

use super::qr::python;
use crate::support::{Ran, World};

/// A user who is not the caller: what locks and deletes is aimed at it.
const OTHER: [(&str, &str); 3] = [
    ("OTHER_USER_ID", "5c9e0a3e-1d0f-4a55-9d6f-0f0e4a6d2b11"),
    ("OTHER_EMAIL", "other@example.com"),
    ("OTHER_PASSWORD", "a password for the tests"),
];

/// Calls that stand in protocol.md and in no official SDK.
const IN_NO_SDK: [&str; 4] = [
    "GET /account/v2/users/{id}",
    "POST /account/v2/login",
    "POST /iam-private/v1/jwts/{jti}/switch-organization",
    "POST /iam/v1alpha1/jwts/{jti}/renew",
];

/// Calls that the JavaScript SDK does not have yet.
const NOT_IN_JAVASCRIPT: [&str; 5] = [
    "DELETE /iam/v1alpha1/webauthn-authenticator/{id}",
    "GET /iam/v1alpha1/users/{id}/webauthn-authenticators",
    "PATCH /iam/v1alpha1/webauthn-authenticator/{id}",
    "POST /iam/v1alpha1/users/{id}/finish-webauthn-registration",
    "POST /iam/v1alpha1/users/{id}/start-webauthn-registration",
];

fn tests_system(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/system")
        .join(file)
}

/// Two organizations with the caller in both, who owns the first, and somebody else in that one.
fn world() -> World {
    let [(_, id), (_, email), (_, password)] = OTHER;
    let seed = format!(
        r#"{{"organizations": [
            {{"name": "Alpha", "requires_two_factor": true, "users": [
                {{"email": "owner@example.com"}},
                {{"email": "{email}", "id": "{id}", "password": "{password}"}}]}},
            {{"name": "Beta", "users": [{{"email": "owner@example.com"}}]}}]}}"#
    );
    World::with(Options {
        seed: Some(Seed::parse(&seed).unwrap()),
        control: true,
        ..Options::default()
    })
}

/// A program that knows the world and nothing else.
fn command(world: &World, program: impl AsRef<Path>) -> Command {
    let info = world.info();
    let mut command = Command::new(program.as_ref());
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", world.home.path())
        .env("LC_ALL", "C.UTF-8")
        // Nothing is left beside the scripts.
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("API_URL", &info.api_url)
        .env("ACCESS_KEY", &info.access_key)
        .env("SECRET_KEY", &info.secret_key)
        .env("ORGANIZATION_ID", &info.organization_id)
        .env("PROJECT_ID", &info.project_id)
        .env("USER_ID", &info.user_id)
        .env("EMAIL", &info.email)
        .env("PASSWORD", &info.password)
        .envs(OTHER)
        .current_dir(world.home.path());
    command
}

/// Every call that the document names: `GET /iam/v1alpha1/users/{id}`.
fn named(world: &World) -> BTreeSet<String> {
    let url = format!("{}/openapi.json", world.info().api_url);
    let output = Command::new("curl").args(["-sSf", &url]).output().unwrap();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let calls = paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().keys();
        methods.map(move |method| format!("{} {path}", method.to_uppercase()))
    });
    calls.collect()
}

/// Whether a call of the document is what was asked for.
fn is_call(call: &str, method: &str, path: &str) -> bool {
    let asked = format!("{method} {path}");
    let (parts, asked): (Vec<_>, Vec<_>) = (call.split('/').collect(), asked.split('/').collect());
    parts.len() == asked.len()
        && parts
            .iter()
            .zip(&asked)
            .all(|(part, asked)| part == asked || part.starts_with('{') && !asked.is_empty())
}

/// The statuses that each call of the document was answered with.
fn answered(world: &World) -> BTreeMap<String, BTreeSet<u16>> {
    let mut answered: BTreeMap<_, BTreeSet<u16>> = named(world)
        .into_iter()
        .map(|call| (call, BTreeSet::new()))
        .collect();
    for seen in world.sandbox.requests() {
        for (call, statuses) in &mut answered {
            if is_call(call, &seen.method, &seen.path) {
                statuses.extend(seen.status);
            }
        }
    }
    answered
}

/// The calls of the document that nothing was done by.
fn not_done(world: &World) -> BTreeSet<String> {
    let mut answered = answered(world);
    answered.retain(|_, statuses| !statuses.iter().any(|status| (200..300).contains(status)));
    answered.into_keys().collect()
}

/// How schemathesis looks for answers outside the document: with what it makes of each parameter, and
/// with so many examples of each call on top, the same in every run.
fn schemathesis(world: &World, examples: &str, more: &[&str]) -> Command {
    const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
        response_headers_conformance,response_schema_conformance,negative_data_rejection,\
        missing_required_header,ignored_auth";
    let mut command = command(world, python().with_file_name("schemathesis"));
    command
        .args(["run", &format!("{}/openapi.json", world.info().api_url)])
        .args(["--checks", CHECKS, "--phases", "coverage,fuzzing"])
        .args(["--max-examples", examples, "--generation-deterministic"])
        .args(["--no-color", "--warnings", "off", "--request-timeout", "20"])
        .arg("--continue-on-failure")
        .args(more);
    command
}

// Issue 8, 5: schemathesis finds no 5xx and no answer outside the document, and has reached what
// each call does.
#[test]
fn schemathesis_finds_no_answer_outside_the_document() {
    let world = world();
    let key = format!("X-Auth-Token: {}", world.info().secret_key);
    let output = schemathesis(&world, "25", &["--header", &key])
        .env("PYTHONPATH", tests_system(""))
        .env("SCHEMATHESIS_HOOKS", "openapi_hooks")
        .output()
        .unwrap();
    let ran = Ran::of(output);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let not_done = not_done(&world);
    assert!(not_done.is_empty(), "it never came to this: {not_done:?}");
}

// Issue 8, 5: whoever shows no key gets nothing, and that too as the document says.
#[test]
fn schemathesis_without_a_key_gets_nothing() {
    let world = world();
    let ran = Ran::of(schemathesis(&world, "3", &[]).output().unwrap());
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let answered = answered(&world);
    for (call, statuses) in &answered {
        let refused = statuses.iter().all(|status| (400..500).contains(status));
        assert!(refused && !statuses.is_empty(), "{call}: {statuses:?}");
    }
    assert_eq!(answered.len(), named(&world).len());
}

/// Asserts that an SDK did all of the document but for what it does not have.
#[track_caller]
fn expect_all_but(world: &World, absent: &[&str]) {
    let absent: BTreeSet<String> = absent.iter().map(|call| (*call).to_owned()).collect();
    let mut not_done = not_done(world);
    // The login is plain HTTP in both scripts, for a session that there is something to do with.
    not_done.insert("POST /account/v2/login".to_owned());
    assert_eq!(not_done, absent);
}

// Issue 8, 5: the official Python SDK runs every call that the document names and it has.
#[test]
fn the_python_sdk_runs_every_call_of_the_document() {
    let world = world();
    let output = command(&world, python())
        .arg(tests_system("sdk_calls.py"))
        .output()
        .unwrap();
    Ran::of(output).expect(0);
    expect_all_but(&world, &IN_NO_SDK);
}

// Issue 8, 5: and so do the official JavaScript SDKs.
#[test]
fn the_javascript_sdks_run_every_call_of_the_document() {
    let world = world();
    let folder = std::env::var_os("SCW_TEST_JS")
        .expect("SCW_TEST_JS is not set: run the tests with ./tests/run");
    let output = command(&world, "node")
        .arg(tests_system("sdk_calls.mjs"))
        .env("SDK_FOLDER", folder)
        .output()
        .unwrap();
    Ran::of(output).expect(0);
    expect_all_but(&world, &[&IN_NO_SDK[..], &NOT_IN_JAVASCRIPT[..]].concat());
}

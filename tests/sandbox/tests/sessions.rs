//! Sessions of the IAM dialect: login, lock-out, renewal, organizations.

use crate::wire::Wire;
use scw_sandbox::{Options, Sandbox, Seed};
use serde_json::{Value, json};

const PASSWORD: &str = "correct horse";

/// Three organizations; one person is in two of them, under two spellings of its address.
fn two_organizations() -> Wire {
    Wire::seeded(&json!({"organizations": [
        {"name": "First", "login_attempts": 3, "users": [
            {"email": "ada@example.com", "password": PASSWORD},
            {"email": "bob@example.com", "password": PASSWORD}]},
        {"name": "Second", "login_attempts": 5, "users": [
            {"email": "carl@example.com"}, {"email": "Ada@example.com"}]},
        {"name": "Third", "users": [{"email": "carl@example.com"}]}]}))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn organizations(wire: &Wire, session: &Value) -> Vec<Value> {
    let path = format!(
        "/account/v2/users/{}",
        session["jwt"]["issuer_id"].as_str().unwrap()
    );
    let person = wire
        .in_session(&text(&session["token"]), "GET", &path, None)
        .expect(200);
    assert_eq!(person["email"], "ada@example.com");
    person["organizations"].as_array().unwrap().clone()
}

#[test]
fn a_login_answers_with_a_session_that_is_good_for_an_hour() {
    let wire = Wire::new();
    let answer = wire.log_in_first("").expect(200);
    let mut names: Vec<&String> = answer["jwt"].as_object().unwrap().keys().collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "audience_id",
            "created_at",
            "expires_at",
            "ip",
            "issuer_id",
            "jti",
            "updated_at",
            "user_agent"
        ]
    );
    assert_eq!(
        answer["jwt"]["audience_id"],
        wire.sandbox.info().user_id.as_str()
    );
    assert_eq!(answer["jwt"]["ip"], "127.0.0.1");
    let token = text(&answer["token"]);
    assert_eq!(token.split('.').count(), 3, "the form of a JWT");
    let path = wire.user_path("");
    let user = wire.in_session(&token, "GET", &path, None).expect(200);
    assert_eq!(user["last_login_at"], answer["jwt"]["created_at"]);
    assert_eq!(wire.sandbox.state().unwrap()["sessions"], 1);

    wire.sandbox.advance(3599);
    wire.in_session(&token, "GET", &path, None).expect(200);
    wire.sandbox.advance(1);
    let expired = wire.in_session(&token, "GET", &path, None).expect(401);
    assert_eq!(
        expired,
        json!({"type": "denied_authentication", "message": "authentication is denied",
            "method": "jwt", "reason": "expired"})
    );
    assert_eq!(wire.sandbox.state().unwrap()["sessions"], 0);
}

#[test]
fn a_wrong_password_and_an_unknown_address_look_alike() {
    let wire = Wire::new();
    let email = wire.sandbox.info().email.clone();
    let wrong = wire.log_in(&email, "wrong", "").expect(401);
    let unknown = wire.log_in("nobody@example.com", "wrong", "").expect(401);
    assert_eq!(wrong, unknown);
    assert_eq!(
        wrong,
        json!({"type": "denied_authentication", "message": "authentication is denied",
            "method": "jwt", "reason": "invalid_argument"})
    );
    let odd = wire.in_session("nonsense", "GET", &wire.user_path(""), None);
    let odd = odd.expect(401);
    assert_eq!(
        (&odd["method"], &odd["reason"]),
        (&json!("jwt"), &json!("not_found"))
    );
    let missing = wire.request_with("POST", "/account/v2/login", None, Some(json!({})));
    assert_eq!(missing.expect(400)["details"][0]["argument_name"], "email");
}

#[test]
fn the_data_file_holds_no_secret_of_a_session() {
    let folder = tempfile::tempdir().unwrap();
    let wire = Wire::with(Options {
        data: Some(folder.path().join("accounts.db")),
        ..Options::default()
    });
    let (_, codes) = wire.switch_on();
    let session = wire.log_in_first(&codes[0]).expect(200);
    let token = text(&session["token"]);
    let signature = token.rsplit('.').next().unwrap();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let holds = |secret: &str| {
            bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes())
        };
        assert!(!holds(signature) && !holds(session["renew_token"].as_str().unwrap()));
        assert!(!codes.iter().any(|code| holds(code)));
    }
}

#[test]
fn a_data_file_of_another_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("accounts.db");
    let start = || {
        Sandbox::start(Options {
            data: Some(data.clone()),
            ..Options::default()
        })
    };
    drop(start().unwrap());
    drop(start().unwrap());
    let file = rusqlite::Connection::open(&data).unwrap();
    file.execute_batch("PRAGMA user_version=1").unwrap();
    drop(file);
    assert!(start().unwrap_err().to_string().contains("version"));
}

#[test]
fn a_member_without_a_password_cannot_log_in() {
    let wire = Wire::with(Options {
        members: 1,
        ..Options::default()
    });
    wire.log_in("member-1@example.com", "", "").expect(401);
}

#[test]
fn a_second_factor_is_asked_for_and_a_code_works_once() {
    let wire = Wire::new();
    let (secret, _) = wire.switch_on();
    let asked = wire.log_in_first("").expect(400);
    assert_eq!(asked["type"], "invalid_arguments");
    assert_eq!(asked["details"][0]["argument_name"], "2FA_token");
    assert_eq!(asked["details"][0]["reason"], "required");
    let info = wire.sandbox.info().clone();
    // Who does not know the password does not learn that there is a second factor.
    wire.log_in(&info.email, "wrong", "").expect(401);

    let code = wire.code(&secret);
    wire.log_in_first(&code).expect(200);
    let again = wire.log_in_first(&code).expect(400);
    assert_eq!(again["details"][0]["argument_name"], "2FA_token");
    assert_eq!(again["details"][0]["reason"], "constraint");
    wire.sandbox.advance(30);
    wire.log_in_first(&wire.code(&secret)).expect(200);
}

#[test]
fn the_code_that_confirmed_a_second_factor_does_not_log_in() {
    let wire = Wire::new();
    let made = wire.post(&wire.user_path("/mfa-otp"), json!({}));
    let code = wire.code(made.expect(200)["secret"].as_str().unwrap());
    let body = json!({"one_time_password": code});
    wire.post(&wire.user_path("/validate-mfa-otp"), body)
        .expect(200);
    wire.log_in_first(&code).expect(400);
}

#[test]
fn a_backup_code_logs_in_once() {
    let wire = Wire::new();
    let (_, codes) = wire.switch_on();
    wire.log_in_first(&codes[0].to_uppercase()).expect(400);
    wire.log_in_first(&format!(" {} ", codes[0])).expect(200);
    wire.log_in_first(&codes[0]).expect(400);
    assert_eq!(wire.sandbox.state().unwrap()["backup_codes_unused"], 9);
    wire.log_in_first(&codes[1]).expect(200);
}

#[test]
fn too_many_failures_lock_the_account_whatever_follows() {
    let wire = two_organizations();
    let (secret, _) = wire.switch_on();
    wire.log_in("ada@example.com", "wrong", "").expect(401);
    // Asking for the code forgets nothing.
    wire.log_in("ada@example.com", PASSWORD, "").expect(400);
    wire.log_in("ada@example.com", PASSWORD, "000000")
        .expect(400);
    wire.log_in("ada@example.com", "wrong", "").expect(401);
    let locked = wire.log_in("ada@example.com", PASSWORD, &wire.code(&secret));
    assert_eq!(locked.expect(423)["type"], "locked");
    // Only the right password is told of the lock.
    wire.log_in("ada@example.com", "wrong", "").expect(401);
    wire.log_in("bob@example.com", PASSWORD, "").expect(200);
}

#[test]
fn a_success_forgets_the_failures() {
    let wire = two_organizations();
    for _ in 0..3 {
        wire.log_in("bob@example.com", "wrong", "").expect(401);
        wire.log_in("bob@example.com", "wrong", "").expect(401);
        wire.log_in("bob@example.com", PASSWORD, "").expect(200);
    }
}

#[test]
fn an_organization_can_forbid_passwords_to_those_who_know_one() {
    let wire = Wire::seeded(&json!({"organizations": [{"login_password_enabled": false,
        "users": [{"email": "ada@example.com", "password": PASSWORD}]}]}));
    let refused = wire.log_in("ada@example.com", PASSWORD, "").expect(403);
    assert_eq!(refused["type"], "permissions_denied");
    assert!(text(&refused["message"]).contains("forbids logging in with a password"));
    wire.log_in("ada@example.com", "wrong", "").expect(401);
}

#[test]
fn sessions_are_listed_and_ended() {
    let wire = two_organizations();
    let ada = wire.log_in("ada@example.com", PASSWORD, "").expect(200);
    let bob = wire.log_in("bob@example.com", PASSWORD, "").expect(200);
    let (ada_token, bob_token) = (text(&ada["token"]), text(&bob["token"]));
    let list = |session: &Value| {
        let user = text(&session["jwt"]["audience_id"]);
        format!("/iam/v1alpha1/jwts?audience_id={user}")
    };
    let own = wire
        .in_session(&bob_token, "GET", &list(&bob), None)
        .expect(200);
    assert_eq!(own, json!({"jwts": [bob["jwt"]], "total_count": 1}));
    let denied = wire.in_session(&bob_token, "GET", &list(&ada), None);
    assert_eq!(denied.expect(403)["details"][0]["resource"], "jwt");

    let path = |session: &Value| format!("/iam/v1alpha1/jwts/{}", text(&session["jwt"]["jti"]));
    wire.in_session(&bob_token, "DELETE", &path(&ada), None)
        .expect(403);
    wire.in_session(&ada_token, "DELETE", &path(&bob), None)
        .expect(204);
    wire.in_session(&bob_token, "GET", &list(&bob), None)
        .expect(401);
    let gone = wire.in_session(&ada_token, "DELETE", &path(&bob), None);
    assert_eq!(gone.expect(404)["resource"], "jwt");
}

#[test]
fn a_session_is_renewed_with_new_tokens_while_it_lives() {
    let wire = Wire::new();
    let first = wire.log_in_first("").expect(200);
    let path = format!("/iam/v1alpha1/jwts/{}/renew", text(&first["jwt"]["jti"]));
    let renew = |with: &Value| {
        let body = json!({"renew_token": with["renew_token"]});
        wire.request_with("POST", &path, None, Some(body))
    };
    wire.sandbox.advance(3000);
    let second = renew(&first).expect(200);
    assert_eq!(second["jwt"]["jti"], first["jwt"]["jti"]);
    assert_ne!(second["jwt"]["expires_at"], first["jwt"]["expires_at"]);
    let user = wire.user_path("");
    wire.in_session(&text(&first["token"]), "GET", &user, None)
        .expect(401);
    wire.sandbox.advance(3000);
    wire.in_session(&text(&second["token"]), "GET", &user, None)
        .expect(200);
    assert_eq!(renew(&first).expect(401)["method"], "jwt");
    wire.sandbox.advance(3000);
    assert_eq!(renew(&second).expect(401)["reason"], "expired");
}

#[test]
fn a_session_ends_where_the_organization_s_longest_one_does() {
    let wire = Wire::seeded(&json!({"organizations": [{"max_session_s": 60,
        "users": [{"email": "ada@example.com", "password": PASSWORD}]}]}));
    let session = wire.log_in("ada@example.com", PASSWORD, "").expect(200);
    wire.sandbox.advance(60);
    let answer = wire.in_session(&text(&session["token"]), "GET", &wire.user_path(""), None);
    assert_eq!(answer.expect(401)["reason"], "expired");
}

#[test]
fn a_person_switches_between_its_organizations_only() {
    let wire = two_organizations();
    let session = wire.log_in("ada@example.com", PASSWORD, "").expect(200);
    let token = text(&session["token"]);
    let found = organizations(&wire, &session);
    let names: Vec<&Value> = found.iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["First", "Second"]);

    let jti = text(&session["jwt"]["jti"]);
    let path = format!("/iam-private/v1/jwts/{jti}/switch-organization");
    let body = json!({"organization_id": found[1]["id"]});
    let switched = wire
        .in_session(&token, "POST", &path, Some(body.clone()))
        .expect(200);
    let user_id = text(&switched["user_id"]);
    let user_path = format!("/iam/v1alpha1/users/{user_id}");
    let user = wire
        .in_session(&text(&switched["token"]), "GET", &user_path, None)
        .expect(200);
    assert_eq!(user["organization_id"], found[1]["id"]);
    assert_eq!(user["account_root_user_id"], "", "a member there");
    assert_ne!(user["id"], session["jwt"]["audience_id"]);
    wire.in_session(&token, "GET", &user_path, None).expect(404);

    let nowhere = json!({"organization_id": "99999999-1d0f-4a55-9d6f-0f0e4a6d2b11"});
    let refused = wire.in_session(&token, "POST", &path, Some(nowhere));
    assert_eq!(refused.expect(404)["resource"], "organization");
    let bob = wire.log_in("bob@example.com", PASSWORD, "").expect(200);
    wire.in_session(&text(&bob["token"]), "POST", &path, Some(body))
        .expect(404);
}

// Issue 8, 3: `GET jwts/{jti}`.
#[test]
fn a_session_is_told_by_its_id_to_its_user_and_to_an_administrator() {
    let wire = two_organizations();
    let ada = wire.log_in("ada@example.com", PASSWORD, "").expect(200);
    let bob = wire.log_in("bob@example.com", PASSWORD, "").expect(200);
    let path = |session: &Value| format!("/iam/v1alpha1/jwts/{}", text(&session["jwt"]["jti"]));
    let ask =
        |by: &Value, about: &Value| wire.in_session(&text(&by["token"]), "GET", &path(about), None);
    assert_eq!(ask(&bob, &bob).expect(200), bob["jwt"]);
    assert_eq!(ask(&ada, &bob).expect(200), bob["jwt"]);
    ask(&bob, &ada).expect(403);
    let nobody = "/iam/v1alpha1/jwts/99999999-1d0f-4a55-9d6f-0f0e4a6d2b11";
    let missing = wire.in_session(&text(&bob["token"]), "GET", nobody, None);
    assert_eq!(missing.expect(404)["resource"], "jwt");
}

#[test]
fn a_second_factor_is_the_person_s_in_every_organization() {
    let wire = two_organizations();
    wire.switch_on();
    let state = wire.sandbox.state().unwrap();
    let users = state["users"].as_array().unwrap();
    let ada = users
        .iter()
        .filter(|user| text(&user["email"]).eq_ignore_ascii_case("ada@example.com"));
    let factors: Vec<&Value> = ada.map(|user| &user["two_factor"]).collect();
    assert_eq!(factors, ["on", "on"]);
    wire.delete(&wire.user_path("/mfa-otp")).expect(204);
    let state = wire.sandbox.state().unwrap();
    assert!(!state.to_string().contains("\"on\""));
}

#[test]
fn a_seed_that_contradicts_itself_is_refused() {
    let refused = |organizations: Value| {
        Seed::parse(&json!({ "organizations": organizations }).to_string()).unwrap_err()
    };
    let user = json!({"email": "a@example.com", "password": "x"});
    let twice = refused(json!([{"users": [user, user]}]));
    assert!(twice.to_string().contains("twice"), "{twice}");
    let names = refused(json!([{"users": [user]}, {"users": []}]));
    assert!(names.to_string().contains("called"), "{names}");
    let password = refused(json!([{"users": [user]}, {"name": "B", "users": [user]}]));
    assert!(
        password.to_string().contains("belong where it is first"),
        "{password}"
    );
}
